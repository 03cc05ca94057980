"""Any path git can hold fits on one line and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import paths, quick
from volon.model.syntax.gitpath import force_quote, quote_name, quote_path, shell_word, unquote_name, unquote_path


@quick
@given(paths)
def test_any_path_fits_on_one_line(path: str) -> None:
    for written in (quote_path(path), force_quote(path)):
        assert len(written.splitlines()) == 1
        assert written.isprintable()
        assert unquote_path(written) == path


def test_ordinary_paths_stay_as_they_are() -> None:
    assert [quote_path(path) for path in ("a b/ü.py", "-x", "a#b")] == ["a b/ü.py", "-x", "a#b"]
    assert quote_path("a\n\udcff") == '"a\\n\\377"'


@quick
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | paths)
def test_any_name_of_a_branch_or_a_working_tree_comes_back(name: str) -> None:
    written = quote_name(name)
    assert written.isprintable()
    assert written.encode()
    assert unquote_name(written) == name


@pytest.mark.parametrize("name", ["main", "feat/retry", "caf\u00e9", '"quoted"', "../a b", "c:\\dir", "-x", "."])
def test_names_that_can_be_written_are_written_as_they_always_were(name: str) -> None:
    assert (quote_name(name), unquote_name(name)) == (name, name)


def test_a_name_that_is_no_utf8_is_spelled_out() -> None:
    assert quote_name("caf\udce9") == '"caf\\351"'
    assert shell_word("caf\udce9's") == "$'caf\\351\\'s'"
    assert shell_word("it's") == """'it'"'"'s'"""
