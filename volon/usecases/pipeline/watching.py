"""What is needed to look at a run while it goes on: its journal, the ends of its logs, how long tickets took before.

Source: contract §6 (pipeline), seed 004 (FR3, FR4).
"""

from __future__ import annotations

from contextlib import closing, suppress

from volon.errors import VolonError
from volon.model.pipeline.board import Boards, last_line, usual
from volon.usecases.pipeline.runs import Run, earlier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from volon.model.pipeline.board import Board
    from volon.model.pipeline.spec import Spec
    from volon.model.pipeline.state import RunState
    from volon.workspace import Workspace

_RUNS = 5
"""At most so many earlier runs are read for their durations."""
_END = 1 << 14
"""So much of the end of a log is looked at, for a last line without secrets."""


class Watch:
    """Looks at a run, of this process or of another.

    Args:
        workspace: where.
        run: which; whoever does not run it lets `run.journal.refresh()` take in what was written since.
        spec: what it goes by.
        scope: the only tickets that are to run; all when None.
    """

    def __init__(self, workspace: Workspace, run: Run, spec: Spec, scope: Collection[str] | None = None) -> None:
        self._run, self._clock, self._spec = run, workspace.world.clock, spec
        self._boards = Boards(spec, usual(_earlier(workspace, run), spec.tickets), scope)
        self._ends: dict[str, tuple[bytes, str]] = {}

    def board(self) -> Board:
        """How it stands now, by what was taken in of its journal."""
        state = self._run.state
        # A journal that a stranger wrote may name anything.
        known = ((ticket, attempt) for ticket, attempt in state.running.items() if ticket in self._spec.tickets)
        lines = {ticket: self._line(f"{ticket}.{attempt}.log") for ticket, attempt in known}
        return self._boards.board(
            state, self._clock.now(), lines, attended=self._run.attended(), over=self._run.over(self._spec)
        )

    def _line(self, log: str) -> str:
        end = self._run.files.tail(self._run.logs / log, _END)
        known = self._ends.get(log)
        if known is None or known[0] != end:
            known = self._ends[log] = (end, last_line(end))
        return known[1]


def _earlier(workspace: Workspace, run: Run) -> Iterator[RunState]:
    """How the last earlier runs of the same file ended; one that is damaged ends the list."""
    with suppress(VolonError, OSError):
        for place in earlier(workspace, run, _RUNS):
            with closing(Run(workspace, run.files, place)) as one:
                yield one.state
