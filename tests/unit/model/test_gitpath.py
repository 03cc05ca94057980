"""Any path git can hold fits on one line and comes back."""

from __future__ import annotations

from hypothesis import given

from tests.unit.model.samples import paths, quick
from volon.model.gitpath import force_quote, quote_path, unquote_path


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
