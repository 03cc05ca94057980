"""The last line: the keys that may be pressed, or clicked. Where room is short, those that do nothing now go first.

Textual's own footer makes a widget of each key, and all of them anew whenever one changes.
"""

from __future__ import annotations

from volon.plain import NamedTuple
from volon.tui.lines import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.events import Click


class Key(NamedTuple):
    """A key, what it does, and whether it does it now."""

    key: str
    label: str
    works: bool

    @property
    def width(self) -> int:
        """How many columns it takes, with what parts it from the next."""
        return len(self.key) + len(self.label) + 3


class Keys(Lines, can_focus=False):
    """The line of keys."""

    DEFAULT_CSS = "Keys { height: 1; background: $panel; overflow: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[Key] = ()

    def show(self, keys: Sequence[Key]) -> None:
        """Show these."""
        self._keys = keys
        self.resized(0, 1)

    def _fitting(self) -> Sequence[Key]:
        fits = sum(one.width for one in self._keys) <= self.size.width
        return self._keys if fits else [one for one in self._keys if one.works]

    def pieces(self, y: int) -> Iterator[tuple[str, str]]:  # noqa: ARG002  there is only one
        """The keys."""
        for key, label, works in self._fitting():
            yield f" {key}", "way" if works else "dim"
            yield f" {label} ", "" if works else "dim"

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        x = event.x
        for one in self._fitting():
            if 0 <= x < one.width:
                self.app.simulate_key(one.key)
            x -= one.width
