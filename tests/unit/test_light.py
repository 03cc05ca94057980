"""`volon.light` does what the standard library does."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import types
from typing import TYPE_CHECKING

import pytest

from volon import dates, light

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.mark.parametrize("library", [contextlib, light], ids=["contextlib", "light"])
def test_a_generator_is_entered_and_left_around_a_block(library: ModuleType) -> None:
    seen: list[str] = []

    @library.contextmanager  # type: ignore[untyped-decorator]  # of either
    def around(word: str, *, swallows: bool = False, turns: int = 1) -> Iterator[str]:
        """Around."""
        try:
            for _ in range(turns):
                yield word
        except LookupError as error:
            if not swallows:
                raise KeyError("another") from error
        except ZeroDivisionError:
            yield "again"
        finally:
            seen.append(word)

    with around("one") as word:
        assert (word, seen) == ("one", [])
    with around("swallowed", swallows=True):
        _raise(IndexError("gone"))
    with pytest.raises(KeyError, match="another") as other, around("two"):
        _raise(IndexError("first"))
    assert isinstance(other.value.__cause__, IndexError)
    for error in (ValueError("as it is"), StopIteration("as it is"), KeyboardInterrupt("as it is")):
        with pytest.raises(type(error), match="as it is") as same, around("three"):
            raise error
        assert same.value is error
    with pytest.raises(RuntimeError, match="generator"), around("goes on", turns=2):
        pass
    with pytest.raises(RuntimeError, match="generator"), around("goes on"):
        _raise(ZeroDivisionError())
    assert [seen.count(word) for word in ("one", "swallowed", "two", "three", "goes on")] == [1, 1, 1, 3, 2]
    assert around.__doc__ == "Around."


@pytest.mark.parametrize("library", [functools, light], ids=["functools", "light"])
def test_the_last_answers_are_kept(library: ModuleType) -> None:
    asked: list[int] = []

    @library.lru_cache(maxsize=2)  # type: ignore[untyped-decorator]  # of either
    def double(number: int) -> int:
        """Twice."""
        asked.append(number)
        return 2 * number

    assert [double(number) for number in (1, 2, 1, 3, 1, 2)] == [2, 4, 2, 6, 2, 4]
    assert asked == [1, 2, 3, 2]
    assert (double.__doc__, double.__wrapped__(4)) == ("Twice.", 8)


def test_what_is_the_standard_librarys_is_the_very_same() -> None:
    assert light.MappingProxyType is types.MappingProxyType
    for name in dates.__all__:
        assert getattr(dates, name) is getattr(dt, name)
