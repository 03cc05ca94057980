"""Text in a pane takes exactly the columns it is given, whatever it is made of, and nothing of it is invisible."""

from __future__ import annotations

import pytest

pytest.importorskip("textual", reason="not verified: the dashboard is an extra: pip install 'volon[tui]'")

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from volon.render.safe import safe
from volon.tui.lines import fit


@given(st.text(max_size=30), st.integers(min_value=-1, max_value=20))
def test_any_text_takes_the_columns_it_is_given(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == max(width, 0)
    assert safe(fitted) == fitted


def test_what_does_not_fit_is_cut_with_a_sign() -> None:
    assert fit("0123456789", 5) == "0123…"
    assert fit("ab", 5) == "ab   "
    assert fit("\x1b[2J", 9) == "\\x1b[2J  "
