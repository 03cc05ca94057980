"""What lies around a task and belongs into its checkpoint: STATE.md, todos, open sketches and spikes, L0 context.

All of it is read where present and tolerated where absent.

Source: seed 003 step 1, contract §3 and §7.
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.designstate import DesignState, parse_state
from volon.model.records.sketches import open_directories
from volon.model.records.todo import open_todos
from volon.plain import dataclass
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import Place
    from volon.store.store import Reader


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The state of the workspace around the task.

    Attributes:
        state: STATE.md, or None when it is not there or cannot be understood; `warnings` then says why.
        open_todos: how many are open in TODO.md, in words; None without that file.
        sketches: paths of open sketches and spikes.
        context: paths of the L0 context files.
    """

    state: DesignState | None
    open_todos: str | None
    sketches: tuple[str, ...]
    context: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def stage(self) -> str:
        """The design stage, `work` without a STATE.md."""
        return (self.state.stage if self.state else None) or "work"


def read_surroundings(reader: Reader) -> Surroundings:
    """Read what lies around the task. It is not volon's: what cannot be read or understood is named and left alone."""
    todo, unreadable = _foreign(reader, layout.TODO)
    state, warnings = _state(reader)
    return Surroundings(
        state=state,
        open_todos=open_todos(todo.decode("utf-8", "replace") if todo is not None else None),
        sketches=open_directories({place.path: _listings(reader, place) for place in (layout.SKETCHES, layout.SPIKES)}),
        context=_context(reader),
        warnings=(*warnings, *unreadable),
    )


def _foreign(reader: Reader, place: Place) -> tuple[bytes | None, tuple[str, ...]]:
    """The content of somebody else's file, or a warning."""
    try:
        return reader.read(place), ()
    except VolonError as error:
        return None, (_left_alone(error),)


def _left_alone(error: VolonError) -> str:
    return f"{error.message.rstrip('.')}; it was left as it is. See: volon validate"


def _state(reader: Reader) -> tuple[DesignState | None, tuple[str, ...]]:
    data, warnings = _foreign(reader, layout.STATE)
    if data is None:
        return None, warnings
    try:
        return parse_state(data, layout.STATE.path), ()
    except VolonError as error:
        return None, (_left_alone(error),)


def _listings(reader: Reader, parent: Place) -> dict[str, list[str]]:
    """The names in each directory below; a file among them, or one in its place, is no sketch."""
    found = {}
    for name in _names(reader, parent) or ():
        if not name.startswith(".") and (names := _names(reader, parent, name)) is not None:
            found[name] = names
    return found


def _names(reader: Reader, parent: Place, name: str = "") -> list[str] | None:
    """The names in a directory; None when it is none, or cannot be read."""
    try:
        return reader.listdir(parent / name if name else parent)
    except VolonError:
        return None


def _context(reader: Reader) -> tuple[str, ...]:
    names = sorted(name for name in reader.listdir(layout.CONTEXT) if name.endswith(".md"))
    return tuple(f"{layout.CONTEXT.path}/{name}" for name in names)
