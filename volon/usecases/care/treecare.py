"""Doctor's look at the working trees that tickets of pipelines left behind, when their run was killed or is done.

What is in one is kept as a snapshot before it is taken away; one that holds more than could be kept is named and stays.
That of a ticket whose end nobody has written down belongs to whoever goes on with the run.

Source: contract §4 (`doctor`); issue "the pipeline" (worktrees).
"""

from __future__ import annotations

from contextlib import closing, suppress

from volon.errors import VolonError
from volon.model.pipeline.state import RunState
from volon.model.results.protocol import CheckView
from volon.model.syntax.gitpath import shell_word
from volon.plain import NamedTuple
from volon.repo.runtrees import RunTrees
from volon.store import layout
from volon.usecases.pipeline.runs import LOCK, Run, opened, run_files, run_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.files import Place
    from volon.runfiles import RunFiles
    from volon.workspace import Workspace

_FIX = "volon doctor --fix"


class _Left(NamedTuple):
    """A working tree that nobody works in: of an attempt that is over, or `waits` for whoever goes on with its run."""

    trees: RunTrees
    tag: str
    shown: str
    waits: str = ""


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return the working trees of tickets that are left; nothing when none is."""
    found = list(_found(workspace))
    over = tuple(one.shown for one in found if not one.waits)
    waiting = [one for one in found if one.waits]
    rows = []
    if over:
        sentence = f"{_trees(len(over))} whose tickets are over; what is in them is kept before they go"
        rows.append(CheckView(name="pipelines", state="note", sentence=sentence, detail=over, command=_FIX))
    if waiting:
        sentence = f"{_trees(len(waiting))} of a run that nobody goes on with"
        command = f"volon pipeline run {shell_word(waiting[0].waits)}"
        detail = tuple(one.shown for one in waiting)
        rows.append(CheckView(name="pipelines", state="note", sentence=sentence, detail=detail, command=command))
    return tuple(rows)


def mend(workspace: Workspace) -> tuple[CheckView, ...]:
    """Keep what is in them, and take them away."""
    gone: list[str] = []
    stay: list[str] = []
    for one in _found(workspace):
        if not one.waits:
            (gone if _taken_away(one) else stay).append(one.shown)
    rows = []
    if gone:
        sentence = f"{_trees(len(gone))} taken away, what was in them is kept"
        rows.append(CheckView(name="pipelines", state="fixed", sentence=sentence, detail=tuple(gone)))
    if stay:
        sentence = f"{_trees(len(stay))} with more in them than could be kept; move out what you need"
        rows.append(CheckView(name="pipelines", state="problem", sentence=sentence, detail=tuple(stay)))
    return tuple(rows)


def _taken_away(one: _Left) -> bool:
    with suppress(VolonError, OSError):
        if one.trees.is_there(one.tag) and one.trees.kept(one.tag) is None:
            one.trees.salvage(one.tag)
        return one.trees.remove(one.tag)
    return False


def _found(workspace: Workspace) -> Iterator[_Left]:
    files = run_files(workspace)
    for run in run_ids(files):
        place = layout.RUNS / run
        trees = RunTrees.of(workspace.world, workspace.repository, run)
        tags = trees.left()
        if not tags or files.is_held(place / LOCK):
            continue
        state = _state(workspace, files, place)
        needed = state.needed()
        for tag in tags:
            if not files.is_held(place / "logs" / f"{tag}.log"):
                file = state.opened.file if state.opened else ""
                yield _Left(trees, tag, files.shown(place / "trees" / tag), file if tag in needed else "")


def _state(workspace: Workspace, files: RunFiles, place: Place) -> RunState:
    """Where a run stands; of one that never began, or has a damaged journal, nothing runs: nobody goes on with it."""
    try:
        if opened(files, place) is None:
            return RunState()
        with closing(Run(workspace, files, place)) as run:
            return run.state
    except (OSError, VolonError):
        return RunState()


def _trees(number: int) -> str:
    return f"{number} working tree{'s' * (number != 1)}"
