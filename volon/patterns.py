"""Regular expressions that are compiled when they are first used: a command needs a fifth of those it loads.

Source: performance (rows 3 and 4).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as pattern
    from typing import Any
else:

    class pattern:  # noqa: N801  used like the function it stands for
        """Stands for `re.compile(text, flags)`; what is asked of it is asked of that, from the first time on."""

        def __init__(self, text: str | bytes, flags: int = 0) -> None:
            self._said = (text, flags)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever a pattern has
            import re  # noqa: PLC0415  only when one is used

            # As an attribute of its own it is found without coming here again.
            self.__dict__[name] = found = getattr(re.compile(*self._said), name)
            return found


__all__ = ["pattern"]
