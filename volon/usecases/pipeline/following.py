"""A pipeline that somebody looks at for a long time, without running it: its newest run, whichever that becomes.

Reads only and takes no lock, so that several may look and none is noticed. A run that begins meanwhile takes the place
of the one before.

Source: contract §6 (pipeline); seed 004 (FR3, FR4).
"""

from __future__ import annotations

from volon.errors import NothingToDo
from volon.model.pipeline.board import Boards, log_lines
from volon.model.pipeline.plan import upcoming
from volon.model.pipeline.state import RunState
from volon.plain import replace
from volon.store import layout
from volon.usecases.pipeline.runs import named, newest, read_pipeline, run_files, run_ids, wanted
from volon.usecases.pipeline.watching import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from volon.model.pipeline.board import Board
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

_LOG = 1 << 16
_LINE = 1 << 12


class Following:
    """A pipeline and its newest run.

    Args:
        workspace: where.
        path: the pipeline's file, where the user named it; else the only one that is not done.

    Attributes:
        file: the pipeline's, as records name it.
        run: the newest run; None while there is none.
        spec: what it goes by.
        state: where it stands, as of the last look.

    Raises:
        NothingToDo: none was named, and none ever ran.
        UsageError, NotCommitted, Corrupt: see `wanted` and `read_pipeline`.
    """

    def __init__(self, workspace: Workspace, path: Path | None) -> None:
        self._workspace, self._files = workspace, run_files(workspace)
        self.file = None if path is None else named(workspace, path)
        self._watch: Watch | None = None
        self._spec_of = ("", "")
        self._board: tuple[tuple[str, int, bool], Board] | None = None
        self._seen = next(run_ids(self._files), "")
        self.run: Run | None = wanted(workspace, self._files, self.file)
        if self.run is not None:
            self.file = self.run.file
            self.state, self.spec = self.run.state, self.run.spec()
            self._spec_of = self.run.id, self.state.spec
        elif path is None:
            raise NothingToDo("No pipeline has run here.", hints=["volon pipeline ui FILE", "volon pipeline run FILE"])
        else:
            self.state, self.spec = RunState(), read_pipeline(workspace, path).spec

    def close(self) -> None:
        """Let go of the run's files."""
        if self.run is not None:
            self.run.close()

    def look(self) -> Board:
        """How it stands now, the very same board while nothing changes; of what never ran the status is `planning`.

        Raises:
            Corrupt: the journal is damaged.
        """
        self._turn_to_newest()
        run = self.run
        if run is not None:
            run.journal.refresh()
        key = (run.id, run.state.n, run.attended()) if run else ("", 0, False)
        # Of what runs, time and output change as well.
        if self._board is None or self._board[0] != key or self.state.running:
            self._board = key, self._look_at(run)
        return self._board[1]

    def _look_at(self, run: Run | None) -> Board:
        if run is None:
            board = Boards(self.spec, {}).board(self.state, self._workspace.now(), {}, attended=False)
            return replace(board, status="planning", banner="", may="")
        self.state = run.state
        if self._spec_of != (run.id, run.state.spec):
            self.spec, self._spec_of, self._watch = run.spec(), (run.id, run.state.spec), None
        if self._watch is None:
            self._watch = Watch(self._workspace, run, self.spec)
        return self._watch.board()

    def _turn_to_newest(self) -> None:
        latest = next(run_ids(self._files), "")
        if latest == self._seen or self._files.stat(layout.RUNS / latest / "journal") is None:
            return
        self._seen = latest
        run = newest(self._workspace, self._files, self.file)
        if run is not None and (self.run is None or run.id != self.run.id):
            self.close()
            self.run = run

    def next(self) -> list[str]:
        """See `upcoming`."""
        return upcoming(self.spec, self.state)

    def log(self, ticket: str, *, last: bool = False) -> list[str]:
        """The end of what a ticket's last attempt wrote, without secrets; no more of it is read than is shown.

        Args:
            ticket: whose.
            last: only the last lines of it are wanted.
        """
        attempt = self.state.standing(ticket).attempt
        if self.run is None or not attempt:
            return []
        most = _LINE if last else _LOG
        data = self.run.files.tail(self.run.logs / f"{ticket}.{attempt}.log", most)
        # It begins in the middle of a line, unless that line is all there is.
        return log_lines(data if len(data) < most else data.partition(b"\n")[2] or data)
