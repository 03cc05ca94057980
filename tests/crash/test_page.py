"""The page on reliability names tests and harnesses that exist."""

from __future__ import annotations

import ast
import importlib.util
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (PROJECT_ROOT / "docs/RELIABILITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)+)`", PAGE)))


def named_in(path: str) -> Iterator[str]:
    for node in ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield f"{path}::{node.name}"
        elif isinstance(node, ast.ClassDef):
            yield from (f"{path}::{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("name", NAMED)
def test_every_test_it_names_exists(name: str) -> None:
    assert name in set(named_in(name.partition("::")[0]))


def test_every_promise_has_its_row() -> None:
    rows = re.findall(r"^\| \*\*(P\d)\*\* .*$", PAGE, re.MULTILINE)
    assert rows == [f"P{number}" for number in range(1, 8)]
    for row in re.findall(r"^\| \*\*P\d\*\* .*$", PAGE, re.MULTILINE):
        assert "`tests/" in row or "Not yet" in row


@pytest.mark.parametrize("module", sorted(set(re.findall(r"tests\.crash\.\w+", PAGE))))
def test_every_harness_it_names_exists(module: str) -> None:
    assert importlib.util.find_spec(module) is not None
