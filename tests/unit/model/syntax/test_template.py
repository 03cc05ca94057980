"""Filling a template happens once, and nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import line, quick
from volon.model.syntax.template import BadTemplate, fill


@quick
@given(st.dictionaries(st.sampled_from(["a", "b"]), line, min_size=2))
def test_filling_a_template_happens_once(values: dict[str, str]) -> None:
    hostile = {name: value + "{{a}}{{b}}" for name, value in values.items()}
    assert fill("{{a}}|{{b}}", hostile) == f"{hostile['a']}|{hostile['b']}"


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(BadTemplate, match=r"\{\{nope\}\}"):
        fill("{{nope}}", {"a": ""})
    assert fill("{{ a }} {{A}} {a}", {"a": "x"}) == "{{ a }} {{A}} {a}"
