"""What lies about of volon's own that nobody works on: what a crash left, what was set aside, what stands in the way.

Source: contract §4 (`doctor`), reliability P7.
"""

from __future__ import annotations

from contextlib import suppress

from volon.errors import Corrupt
from volon.files import InTheWay
from volon.model.facts import TEMPORARY_PREFIX
from volon.plain import dataclass
from volon.store import layout
from volon.store.operations import Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from volon.files import FileSystem, Place
    from volon.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Pending:
    """What lies about; nothing of it is ever deleted unasked.

    Attributes:
        journal: the operation that the next writing command finishes.
        damaged: why the published journal cannot be read.
        conflicts, corrupt: what was set aside.
        temporaries: leftovers of a crash.
        in_the_way: what stands where volon keeps a file or a directory and is none; in what it hides nothing is seen.
    """

    journal: Operation | None
    damaged: str | None
    conflicts: tuple[Place, ...]
    corrupt: tuple[Place, ...]
    temporaries: tuple[Place, ...]
    in_the_way: tuple[InTheWay, ...]


def look(fs: FileSystem, load: Callable[[], Journal | None]) -> Pending:
    """Return what lies about; `load` reads the published journal.

    Raises:
        InTheWay, OSError: the journal cannot be looked at, or a directory cannot be read.
    """
    damaged, unfinished = None, None
    try:
        published = load()
        unfinished = None if published is None else Operation.of(published)
    except Corrupt as error:
        damaged = error.message
    return Pending(
        unfinished,
        damaged,
        conflicts=_below(fs, layout.CONFLICTS),
        corrupt=tuple(layout.CORRUPT / name for name in _names(fs, layout.CORRUPT)),
        temporaries=temporaries(fs),
        in_the_way=tuple(_in_the_way(fs)),
    )


def temporaries(fs: FileSystem) -> tuple[Place, ...]:
    """Return the leftovers of a crash: what was staged, and what lies beside the records."""
    beside = (file for top in (*layout.STATE_TOPS, layout.READY.parent) for file in _below(fs, top))
    staged = (layout.TMP / name for name in _names(fs, layout.TMP))
    return (*staged, *(file for file in beside if file.name.startswith(TEMPORARY_PREFIX)))


def _names(fs: FileSystem, place: Place) -> list[str]:
    with suppress(InTheWay):
        return fs.listdir(place)
    return []


def _below(fs: FileSystem, place: Place) -> tuple[Place, ...]:
    with suppress(InTheWay):
        return tuple(fs.files_below(place))
    return ()


def _in_the_way(fs: FileSystem) -> Iterator[InTheWay]:
    """Each once: what is in the way of a directory is in the way of all that belongs into it."""
    said = set[str]()
    opened = (
        *((fs.listdir, place) for place in layout.directories()),
        *((lambda one: fs.read(one, 0), place) for place in layout.single_files()),
    )
    for look_at, place in opened:
        try:
            look_at(place)
        except InTheWay as error:
            if error.message not in said:
                said.add(error.message)
                yield error
