"""How a transaction sees the disk: as readers do, through a published journal; what cannot be read is NotCommitted.

Source: design §2.
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.light import contextmanager
from volon.store.checking import edited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from volon.files import FileSystem, Place
    from volon.store.reader import Overlay, R, Rows


class Views:
    """The looks of a store, for a transaction.

    Args:
        fs: where files are looked at.
        overlay: what readers see.
    """

    def __init__(self, fs: FileSystem, overlay: Overlay) -> None:
        self._fs, self._overlay = fs, overlay
        self._relied: dict[Place, dict[str, str]] = {}

    def look(self, place: Place) -> bytes | None:
        """The content of a file; None when there is none.

        Raises:
            HumanConflict: it is not the one any more whose row was given before.
        """
        with legible(self._fs, place):
            data = self._overlay.look(place)
            relied = self._relied[place.parent].get(place.name, "") if place.parent in self._relied else None
            if relied is not None and self._fs.signature(place) != relied:
                raise edited(self._fs, [place])
        return data

    def names(self, place: Place) -> list[str]:
        """The names in a directory."""
        with legible(self._fs, place):
            return self._overlay.names(place)

    def contents(self, place: Place) -> dict[str, bytes | None]:
        """All of a directory; None for what cannot be read like this."""
        with legible(self._fs, place):
            return self._overlay.contents(place)

    def rows(self, place: Place, kind: type[R], start: str | tuple[str, ...]) -> Rows[R] | None:
        """What lists know of a large directory, which `look` then insists on; None for a small one."""
        with legible(self._fs, place):
            rows = self._overlay.rows(place, kind, start)
            if rows is not None:
                self._relied[place] = rows[1]
        return rows

    def forget(self, places: Iterable[Place]) -> None:
        """These files are being changed: what was seen of them before does not count any more."""
        for place in places if self._relied else ():
            self._relied.get(place.parent, {}).pop(place.name, None)


@contextmanager
def legible(fs: FileSystem, place: Place) -> Iterator[None]:
    """Whatever the disk refuses becomes an error that says what could not be read.

    Raises:
        NotCommitted: it cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise NotCommitted(f"{fs.shown(place)} cannot be read", causes=[str(error)]) from error
