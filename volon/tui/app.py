"""The dashboard: what a pipeline does, and a pause in reach.

It reads the run's journal and adds to it what the commands would add, by the same use-cases: nothing is known here that
another process does not know, and leaving has no effect. Whatever may take its time happens in a thread, so that the
display goes on.

Source: contract §6 (pipeline: ui), §2.11; seed 004 (FR1 to FR4, non-blocking).
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial

from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, Static

from volon.errors import VolonError
from volon.render.safe import safe
from volon.tui.graph import Graph
from volon.tui.keys import Key, Keys
from volon.tui.lines import Choosing
from volon.tui.log import Log
from volon.tui.standing import about, banner, title
from volon.tui.table import Table
from volon.usecases.pipeline.apart import RunApart
from volon.usecases.pipeline.gate import pause_pipeline, resume_pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import ClassVar

    from rich.text import Text
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.notifications import SeverityLevel

    from volon.model.pipeline.board import Board, Row
    from volon.model.results.pipeline import PipelinePauseResult, PipelineRunResult
    from volon.usecases.pipeline.following import Following
    from volon.workspace import Workspace

LOOK_SECONDS = 0.2
_SHARE = 5
"""A look that takes long is taken more seldom: at most a fifth of the time goes into it."""
_SAID = 12


class Dashboard(App[None]):
    """The dashboard of one pipeline.

    Args:
        workspace: where.
        following: the pipeline.
        path: its file, where the user named it: only then is it ever run from here.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #top { height: 1; background: $panel; }
    #title { width: 1fr; height: 1; padding: 0 1; }
    #gate { min-width: 12; margin: 0 1 0 0; }
    #banner { display: none; padding: 0 1; background: $warning; color: $text; }
    #title, #banner, #about { text-wrap: nowrap; text-overflow: ellipsis; }
    #banner.settled { background: $warning-muted; color: $text-warning; }
    #banner.quiet { background: $panel; color: $text-warning; }
    #table, #graph { height: 3fr; }
    #about { height: 1; padding: 0 1; background: $panel; }
    #log { height: 2fr; padding: 0 1; }
    #graph { display: none; }
    .graph #graph { display: block; }
    .graph #table { display: none; }
    .log #table, .log #graph { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause"),
        Binding("p", "resume", "resume"),
        Binding("s", "start", "start"),
        Binding("l", "log", "log"),
        Binding("g", "graph", "graph"),
        Binding("f", "kind", "filter"),
        Binding("r", "mark('rerun')", "rerun"),
        Binding("d", "mark('done')", "done"),
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
    ]

    def __init__(self, workspace: Workspace, following: Following, path: Path | None) -> None:
        super().__init__()
        self.animation_level = "none"
        self._workspace, self._following, self._path = workspace, following, path
        self._clock = workspace.world.clock
        self._due = 0.0
        self._busy = False
        self._touched = False
        self._chosen = ""
        self._said: dict[str, str] = {}
        self._apart: RunApart | None = None
        self._board: Board = following.look()
        self._rows: dict[str, Row] = {}
        self._last: dict[tuple[str, str, int], str] = {}
        self._put_there: dict[str, Text] = {}
        self._keys: list[Key] = []

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Horizontal(id="top"):
            yield Static(id="title", markup=False)
            yield Button("Pause", id="gate", compact=True)
        yield Static(id="banner", markup=False)
        yield Table(id="table", last=self._last_line)
        yield Graph(id="graph")
        yield Static(id="about", markup=False)
        yield Log(id="log")
        yield Keys()

    def on_mount(self) -> None:
        """Look for the first time, and from then on."""
        with suppress(ValueError, RuntimeError):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.query_one(Table).focus()
        self._show()
        self.set_interval(LOOK_SECONDS, self._look)

    def _fatal_error(self) -> None:
        """Leave quietly: what went wrong is raised again once the terminal is as it was, and told in volon's words."""
        self._close_messages_no_wait()

    # --- What is seen ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        began = self._clock.monotonic()
        if began < self._due or not self.is_running:
            return
        before, self._board = self._board, self._following.look()
        self._hear()
        if self._board is not before:
            self._show()
        else:
            self._show_log()
        self._due = began + _SHARE * (self._clock.monotonic() - began)

    def _show(self) -> None:
        board = self._board
        self._rows = {row.ticket: row for row in board.rows}
        asked = self._asked()
        self._said = {ticket: word for ticket, word in self._said.items() if ticket in asked}
        if not self._touched or self._chosen not in self._rows:
            self._follow()
        self._put("#title", title(board, self._following.file or ""))
        text = banner(board, self._following, self._said, can_run=self._path is not None)
        shown = self.query_one("#banner", Static)
        shown.display = bool(text)
        shown.set_class(board.status == "paused" and board.settled, "settled")
        shown.set_class(board.status != "paused", "quiet")
        self._put("#banner", text)
        self._show_tickets()
        self._show_log()
        self._show_gate()

    def _show_tickets(self) -> None:
        if self.screen.has_class("graph"):
            statuses = {row.ticket: row.status for row in self._board.rows}
            self.query_one(Graph).show(self._following.spec, statuses)
        else:
            self.query_one(Table).show(self._board.rows, self._said)

    def _put(self, place: str, text: Text) -> None:
        """Write a line anew where it has changed: every change makes Textual lay out the whole screen."""
        if self._put_there.get(place) != text:
            self._put_there[place] = text
            self.query_one(place, Static).update(text)

    def _follow(self) -> None:
        """Until the user chooses, what runs is what is looked at; then what failed."""
        here = self._rows.get(self._chosen)
        if here is None or here.status != "running":
            wanted = next(
                (row for word in ("running", "unknown", "failed") for row in self._board.rows if row.status == word),
                here,
            )
            self._choose(wanted.ticket if wanted else next(iter(self._rows), ""))

    def _choose(self, ticket: str) -> None:
        self._chosen = ticket
        for pane in self.query(Choosing):
            pane.choose(ticket)

    def _show_log(self) -> None:
        row = self._rows[self._chosen]
        self._put("#about", about(row, self._following.spec.tickets[self._chosen]))
        self.query_one(Log).show(f"{self._chosen}.{row.attempt}", self._following.log(self._chosen))

    def _show_gate(self) -> None:
        """Say what may be done."""
        shown = [one for one in self.BINDINGS if isinstance(one, Binding) and one.show]
        may = [(one, self.check_action(one.action.partition("(")[0], ())) for one in shown]
        keys = [Key(one.key, one.description, bool(works)) for one, works in may if works is not False]
        if keys == self._keys:
            return
        self._keys = keys
        self.query_one(Keys).show(keys)
        paused = self._board.status == "paused"
        gate = self.query_one("#gate", Button)
        gate.label = "Resume" if paused else "Pause"
        gate.variant = "success" if paused else "warning"
        gate.disabled = not keys[0].works

    def _last_line(self, row: Row) -> str:
        """What a ticket said last; what runs is known, and what has ended is read once."""
        if row.status == "running" or not row.attempt or self._following.run is None:
            return row.line
        key = self._following.run.id, row.ticket, row.attempt
        if key not in self._last:
            lines = self._following.log(row.ticket, last=True)
            self._last[key] = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return self._last[key] or row.why

    # --- What may be done --------------------------------------------------------------------------------------------

    def _asked(self) -> set[str]:
        """The tickets that somebody may say something about before a resume."""
        state = self._following.state
        return {*state.unknown, *state.failed} if self._board.status == "paused" else set()

    def _may_pause(self) -> bool:
        return self._board.may == "pause" and not self._busy

    def _may_resume(self) -> bool:
        undecided = [one for one in self._board.undecided if one not in self._said]
        heard = self._apart is None or not self._has_to_run()
        return self._board.status == "paused" and not undecided and not self._busy and heard

    def _has_to_run(self) -> bool:
        """Whether a resume is for this dashboard to run: the file was named, and nobody is left who could go on."""
        return self._path is not None and not (self._board.attended and self._following.state.jobs > 0)

    def _may_start(self) -> bool:
        begun = self._board.status == "planning" or (self._board.status == "executing" and not self._board.attended)
        return begun and self._path is not None and self._apart is None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  Textual's
        """What makes no sense now is grey, and its key does nothing."""
        paused = self._board.status == "paused"
        may: dict[str, Callable[[], bool | None]] = {
            "pause": lambda: not paused and (self._may_pause() or None),
            "resume": lambda: paused and (self._may_resume() or None),
            "start": lambda: self._may_start() or None,
            "mark": lambda: self._chosen in self._asked() or None,
        }
        return may[action]() if action in may else True

    def action_pause(self) -> None:
        """Close the gate, as `volon pipeline pause` does."""
        self._do(lambda: pause_pipeline(self._workspace, self._following.file, _quiet))

    def action_resume(self) -> None:
        """Open the gate; where nobody is left who could go on, run the file that was named."""
        rerun, done = (tuple(one for one, said in self._said.items() if said == word) for word in ("rerun", "done"))
        if self._path is not None and self._has_to_run():
            self._run(partial(RunApart, self._workspace, self._path, resume=True, rerun=rerun, done=done))
        else:
            self._do(lambda: resume_pipeline(self._workspace, self._following.file, rerun, done))

    def action_start(self) -> None:
        """Run the file that was named, in a process of its own."""
        if self._path is not None:
            self._run(partial(RunApart, self._workspace, self._path, resume=False))

    def action_mark(self, word: str) -> None:
        """Say of the chosen ticket that it has to run again, or is done; it counts with the resume."""
        if self._said.get(self._chosen) == word:
            del self._said[self._chosen]
        else:
            self._said[self._chosen] = word
        self._show()

    def action_log(self) -> None:
        """Show the log alone, or what else there is beside it."""
        self.screen.toggle_class("log")
        (self.query_one(Log) if self.screen.has_class("log") else self._upper()).focus()

    def action_graph(self) -> None:
        """Show the graph in place of the table, or the other way round."""
        self.screen.remove_class("log")
        self.screen.toggle_class("graph")
        self._show_tickets()
        self._upper().focus()

    def action_kind(self) -> None:
        """Hold the table to some tickets."""
        self.query_one(Table).next_kind()

    def _upper(self) -> Choosing:
        return self.query_one(Graph) if self.screen.has_class("graph") else self.query_one(Table)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        if self._board.status == "paused":
            self.action_resume()
        else:
            self.action_pause()

    def on_choosing_chosen(self, event: Choosing.Chosen) -> None:
        """Take over what was chosen in a pane."""
        self._touched = True
        self._choose(event.ticket)
        self._show_log()
        self._show_gate()

    def _do(self, work: Callable[[], PipelinePauseResult | PipelineRunResult]) -> None:
        """Do something in a thread, and show at once what came of it."""
        self._busy = True
        self._show_gate()
        self.run_worker(self._done(work))

    async def _done(self, work: Callable[[], PipelinePauseResult | PipelineRunResult]) -> None:
        try:
            result = await asyncio.to_thread(work)
        except (VolonError, OSError) as error:
            self._tell("\n".join((getattr(error, "message", str(error)), *getattr(error, "hints", ()))), "warning")
        else:
            for warning in result.warnings:
                self._tell(warning, "warning")
            if result.checkpoint is not None:
                self._tell(f"checkpoint {result.checkpoint:02d}; {result.task_id} is paused with it", "information")
        self._busy, self._due = False, 0.0
        if self.is_running:
            self._look()
            self._show_gate()

    def _run(self, start: Callable[[], RunApart]) -> None:
        try:
            self._apart = start()
        except VolonError as error:
            self._tell(error.message, "error")
        self._show_gate()

    def _hear(self) -> None:
        """Whether the volon that was started from here has ended, and had something to say."""
        if self._apart is not None and (said := self._apart.refusal()) is not None:
            self._apart = None
            if said:
                self._tell("\n".join(said.splitlines()[:_SAID]), "error")
            self._show_gate()

    def _tell(self, text: str, severity: SeverityLevel) -> None:
        shown = "\n".join(map(safe, text.splitlines()))
        self.notify(shown, severity=severity, markup=False, timeout=10)

    def on_unmount(self) -> None:
        """Leave: what runs goes on."""
        if self._apart is not None:
            self._apart.leave()
            self._apart = None


def _quiet(_entry: object, _output: object) -> None:
    """Say nothing: the display shows it."""


def show(workspace: Workspace, following: Following, path: Path | None) -> None:
    """Show the dashboard until the user leaves it.

    Raises:
        Exception: what went wrong meanwhile; the terminal is as it was.
    """
    app = Dashboard(workspace, following, path)
    asyncio.run(app.run_async())
    if app._exception is not None:  # noqa: SLF001  Textual would print it with every local variable
        raise app._exception  # noqa: SLF001  see above
