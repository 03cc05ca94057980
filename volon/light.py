"""`suppress` and `cached_property` for what runs before git begins to look, as the standard library has them.

`contextlib` and `functools` load `collections` and take longer than what these two are wanted for. To a type checker
they *are* the standard library's (`tests/unit/test_light.py` compares them).

Source: performance (rows 4 to 7).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import suppress
    from functools import cached_property
    from typing import Any
else:

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


__all__ = ["cached_property", "suppress"]
