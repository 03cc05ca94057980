"""`volon.light` does what the standard library does."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

import pytest

from volon import light

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize("library", [contextlib, light], ids=["contextlib", "light"])
def test_only_the_named_errors_are_suppressed(library: ModuleType) -> None:
    for named in (FileNotFoundError, ValueError):
        with library.suppress(OSError, ValueError):
            _raise(named)
    for other in (KeyError, KeyboardInterrupt):
        with pytest.raises(other), library.suppress(OSError, ValueError):
            _raise(other)
    with library.suppress(OSError) as nothing:
        assert nothing is None
    with pytest.raises(OSError, match="twice"), library.suppress():
        _raise(OSError("twice"))


def _raise(error: type[BaseException] | BaseException) -> None:
    raise error


@pytest.mark.parametrize("library", [functools, light], ids=["functools", "light"])
def test_a_property_is_found_once_for_each_instance(library: ModuleType) -> None:
    class Counted:
        def __init__(self, number: int) -> None:
            self.number, self.asked = number, 0

        def _find(self) -> int:
            """What it is."""
            self.asked += 1
            if self.number < 0:
                raise ValueError("below zero")
            return self.number

        found = library.cached_property(_find)

    one, other, wrong = Counted(1), Counted(2), Counted(-1)
    assert (one.found, one.found, other.found) == (1, 1, 2)
    assert (one.asked, other.asked) == (1, 1)
    assert vars(one)["found"] == 1
    assert (Counted.found.__doc__, isinstance(Counted.found, library.cached_property)) == ("What it is.", True)
    for _ in range(2):
        with pytest.raises(ValueError, match="below zero"):
            _ = wrong.found
    assert wrong.asked == 2
    del one.found
    assert (one.found, one.asked) == (1, 2)
