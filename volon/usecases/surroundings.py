"""What lies around a task and belongs into its checkpoint: STATE.md, todos, open sketches and spikes, L0 context.

All of it is read where present and tolerated where absent.

Source: seed 003 step 1, contract §3 and §7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from volon.errors import VolonError
from volon.model.designstate import DesignState, parse_state
from volon.model.sketches import open_directories
from volon.model.todo import open_todos
from volon.store import layout

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
    """Read what lies around the task. A STATE.md that cannot be understood is named and then left alone."""
    todo = reader.read(layout.TODO)
    state, warnings = _state(reader)
    return Surroundings(
        state=state,
        open_todos=open_todos(todo.decode("utf-8", "replace") if todo is not None else None),
        sketches=open_directories({place.path: _listings(reader, place) for place in (layout.SKETCHES, layout.SPIKES)}),
        context=_context(reader),
        warnings=warnings,
    )


def _state(reader: Reader) -> tuple[DesignState | None, tuple[str, ...]]:
    data = reader.read(layout.STATE)
    if data is None:
        return None, ()
    try:
        return parse_state(data, layout.STATE.path), ()
    except VolonError as error:
        return None, (f"{error.message.rstrip('.')}; it was left as it is. See: volon validate",)


def _listings(reader: Reader, parent: Place) -> dict[str, list[str]]:
    return {name: reader.listdir(parent / name) for name in reader.listdir(parent) if not name.startswith(".")}


def _context(reader: Reader) -> tuple[str, ...]:
    names = sorted(name for name in reader.listdir(layout.CONTEXT) if name.endswith(".md"))
    return tuple(f"{layout.CONTEXT.path}/{name}" for name in names)
