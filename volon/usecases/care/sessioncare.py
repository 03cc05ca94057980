"""Doctor's look at the sessions of agents that hooks noted here: why what one left is not paused, or not saved yet.

Source: issue "Where agents live" (session end, interruption); contract §4 (`doctor`).
"""

from __future__ import annotations

from volon import marks
from volon.model.results.protocol import CheckView
from volon.model.text import listed, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.marks import Mark
    from volon.workspace import Workspace


_LONGEST_NAME = 40


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return what is to be said of sessions; nothing where none goes on and none left anything to be looked at."""
    noted, now = marks.others(str(workspace.repository.git_dir)), workspace.world.clock.file_ns()
    everyone = [mark for mark in noted if mark.began_ns]  # what never began is no session
    over = [mark for mark in everyone if mark.is_over(now)]
    going = [mark for mark in everyone if mark not in over]
    rows = []
    if over:
        sentence = f"{_counted(over)} over, and nobody has looked yet for what was left unsaved"
        way = "the next session of an agent that begins here does; or save it now"
        command = 'volon pause-task "where you are"'
        rows.append(CheckView(name="sessions", state="note", sentence=sentence, detail=(way,), command=command))
    if going:
        sentence = f"{_counted(going)} not over; at the end of the last one the task in progress is paused"
        rows.append(CheckView(name="sessions", state="ok", sentence=sentence))
    return tuple(rows)


def _counted(those: list[Mark]) -> str:
    names = listed([one_line(mark.agent)[:_LONGEST_NAME] or "of no name" for mark in those])
    return f"{len(those)} ({names}) {'is' if len(those) == 1 else 'are'}"
