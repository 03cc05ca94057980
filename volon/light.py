"""Small things of `contextlib`, `functools` and `types`, as the standard library has them.

Those load `collections`, and with it take a third of what a bare interpreter takes: longer than most that these few are
wanted for. To a type checker they *are* the standard library's (`tests/unit/test_light.py` compares them).

Source: performance (rows 3 to 7).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import contextmanager, suppress
    from functools import cached_property, lru_cache
    from types import MappingProxyType
    from typing import Any
else:
    try:
        from _functools import _lru_cache_wrapper
    except ImportError:
        # An interpreter without it in C has it in Python there.
        from functools import _lru_cache_wrapper

    MappingProxyType = type(type.__dict__)

    def lru_cache(maxsize: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Keeps the last so many answers of a function."""

        def made(function: Callable[..., Any]) -> Callable[..., Any]:
            kept = _lru_cache_wrapper(function, maxsize, False, None)  # noqa: FBT003  as `functools` calls it
            kept.__doc__, kept.__wrapped__ = function.__doc__, function
            return kept

        return made

    def contextmanager(function: Callable[..., Iterator[Any]]) -> Callable[..., _Block]:
        """Makes of a generator function what a `with` enters where it yields, and leaves by its end."""

        def begun(*args: Any, **kwargs: Any) -> _Block:  # noqa: ANN401  whatever it takes
            return _Block(function(*args, **kwargs))

        begun.__doc__, begun.__wrapped__ = function.__doc__, function
        return begun

    class _Block:
        """A generator around a block."""

        __slots__ = ("_around",)

        def __init__(self, around: Iterator[Any]) -> None:
            self._around = around

        def __enter__(self) -> Any:  # noqa: ANN401  whatever it yields
            return next(self._around)

        def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
            try:
                if error is None:
                    next(self._around)
                else:
                    self._around.throw(error)
            except StopIteration as ended:
                return error is not None and ended is not error
            except RuntimeError as raised:
                # That is what a generator makes of a `StopIteration` from its block.
                if not (isinstance(error, StopIteration) and raised.__cause__ is error):
                    raise
                return False
            raise RuntimeError("the generator goes on behind its block")

    class suppress:  # noqa: N801  used like the one it stands for
        """Goes on behind the block where one of these errors ends it."""

        def __init__(self, *errors: type[BaseException]) -> None:
            self._errors = errors

        def __enter__(self) -> None:
            pass

        def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
            return kind is not None and issubclass(kind, self._errors)

    class cached_property:  # noqa: N801  used like the one it stands for
        """A value that is found when it is first asked for, and kept among the attributes of the instance."""

        def __init__(self, find: Callable[[Any], Any]) -> None:
            self._find, self.__doc__ = find, find.__doc__

        def __set_name__(self, _owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, _owner: type | None = None) -> Any:  # noqa: ANN401  of whatever class
            if instance is None:
                return self
            # Found there, it is not looked for here again.
            found = instance.__dict__[self._name] = self._find(instance)
            return found


__all__ = ["MappingProxyType", "cached_property", "contextmanager", "lru_cache", "suppress"]
