"""What tests of the whole program share, beside the fixtures of `tests/conftest.py`."""

from __future__ import annotations

import pytest

from volon import peek


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from now on, one after the other, from large directories."""
    names: list[str] = []
    read_at = peek.read_at

    def noting(directory: int, name: str) -> bytes:
        names.append(name)
        return read_at(directory, name)

    monkeypatch.setattr(peek, "read_at", noting)
    return names
