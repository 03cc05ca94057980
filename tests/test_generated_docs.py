"""The pages under docs/ that are made from the code say what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from volon.model.agents.plugin import ICON

if TYPE_CHECKING:
    from types import ModuleType


def _generator() -> ModuleType:
    path = Path(__file__).parent.parent / "docs" / "generate.py"
    spec = importlib.util.spec_from_file_location("docs_generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


STALE = GENERATOR.stale()


@pytest.mark.parametrize("path", sorted(GENERATOR.wanted()))
def test_what_is_made_from_the_code_is_up_to_date(path: str) -> None:
    assert path not in STALE, "run: python docs/generate.py"


def test_nothing_else_lies_in_the_plugin() -> None:
    top = Path(__file__).parent.parent
    beside = {path.relative_to(top).as_posix() for path in (top / "plugins").rglob("*") if path.is_file()}
    assert beside - GENERATOR.wanted().keys() == {ICON}
