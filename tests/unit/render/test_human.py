"""Every result has its page, although a command loads no page but its own."""

from __future__ import annotations

import pytest

from volon.model.results.protocol import ErrorResult
from volon.model.results.table import RESULTS
from volon.render import human

PAGES = sorted(cls.__name__ for cls in RESULTS.values() if cls is not ErrorResult)


@pytest.mark.parametrize("name", PAGES)
def test_every_result_has_a_page(name: str) -> None:
    assert callable(human.renderer(name))
