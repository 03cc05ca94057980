"""What tests of the whole program share, beside the fixtures of `tests/conftest.py`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from volon import peek

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@pytest.fixture
def hangups() -> Iterator[None]:
    """Let what a test starts hear that its terminal is gone, also when the tests were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
