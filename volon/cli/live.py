"""A run as it goes on, on a terminal: drawn at most four times a second, and only when something has changed.

What deserves to stay, such as a failure with its output, is printed above; the rest is drawn over and, at the end,
taken away. `p` pauses and goes on: the same record as `volon pipeline pause`. Text gets here made safe (`render.page`).

Source: contract §2.11, §4; seed 004 (FR1 to FR4).
"""

from __future__ import annotations

from contextlib import contextmanager

from rich.console import Console, ConsoleDimensions, Group
from rich.live import Live
from rich.text import Text

from volon.cli.terminal import of_this_process
from volon.model.pipeline.records import Ended, Paused, Resumed
from volon.model.pipeline.state import Outcome, Phase
from volon.render.board import Size, page_of
from volon.render.pipeline import event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from volon.cli.edge import Edge
    from volon.cli.terminal import Terminal
    from volon.clock import Clock
    from volon.engine.runner import Asked
    from volon.model.pipeline.board import Board
    from volon.model.pipeline.records import Entry
    from volon.render.page import Line, Page
    from volon.usecases.pipeline.watching import Watch

_SECONDS = 0.25
_SHARE = 20
"""At most such a part of the time goes into it."""
_TICK_SECONDS = 0.05
_KEY, _LEAVE = "p", "q"


class Display:
    """Draws boards.

    Args:
        at: the surroundings.
        clock: for how often.
        terminal: where.
    """

    def __init__(self, at: Edge, clock: Clock, terminal: Terminal) -> None:
        self._terminal, self._clock, self._styled = terminal, clock, at.colourful(at.stdout)
        self._console = Console(
            file=at.stdout, force_terminal=True, force_interactive=True, markup=False, highlight=False, emoji=False
        )
        self._live: Live | None = None
        self._drawn: tuple[object, ...] = ()
        self._began = self._due = 0.0
        self._kept: list[Line] = []
        self._gone = False

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw until the end, then leave nothing but what was kept."""
        with self._terminal.heard():
            try:
                yield
            finally:
                self._flush()
                self._away()

    def keep(self, page: Page) -> None:
        """Print lines that stay, and what follows from them, as soon as may be."""
        self._kept += page.lines
        self._due = min(self._due, self._began + _SECONDS)

    def is_due(self) -> bool:
        """Whether it is time to draw; whoever pressed Ctrl-Z gets the terminal first."""
        if self._terminal.stopping:
            self._away()
            self._terminal.stop_here()
        if not self._terminal.ours and self._terminal.is_in_front():
            self._terminal.take()
            self._drawn = ()
        now = self._clock.monotonic()
        if self._gone or not self._terminal.ours or now < self._due:
            return False
        self._began, self._due = now, now + _SECONDS
        return True

    def draw(self, board: Board, keys: str) -> None:
        """Draw it, if it is not there already."""
        width, height = self._terminal.size()
        size = Size(width - 1, height, not self._console.encoding.startswith("utf"))
        lines = page_of(board, size, keys).lines
        seen = (size, [[(span.text, span.style) for span in line] for line in lines])
        if seen == self._drawn and not self._kept:
            return
        self._drawn = seen
        self._flush()
        self._console.size = ConsoleDimensions(width, height)
        texts = [self._text(line) for line in lines]
        for text in texts:
            text.truncate(size.width, overflow="ellipsis")
        with self._unless_gone():
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    auto_refresh=False,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                self._live.start()
            self._live.update(Group(*texts), refresh=True)
        # Of ten thousand tickets a board takes a while; what runs them comes first.
        now = self._clock.monotonic()
        self._due = max(self._due, now + _SHARE * (now - self._began))

    def _flush(self) -> None:
        """Print what is to stay where the board was, which is drawn below it again."""
        kept, self._kept = self._kept, []
        if kept and not self._gone:
            self._away()
            self._terminal.wrap(on=True)
            with self._unless_gone():
                for line in kept:
                    self._console.print(self._text(line), soft_wrap=True)
            self._terminal.wrap(on=not self._terminal.ours)

    def _away(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            with self._unless_gone():
                live.stop()

    def _text(self, line: Line) -> Text:
        return Text.assemble(*((span.text, str(span.style) if self._styled else "") for span in line))

    @contextmanager
    def _unless_gone(self) -> Iterator[None]:
        """A terminal that is gone is no fault of the run's, which goes on until it is told to pause."""
        try:
            yield
        except OSError:
            self._gone = True


class Screen:
    """What `volon pipeline run` shows on a terminal.

    Args:
        at: the surroundings.
    """

    def __init__(self, at: Edge) -> None:
        self._terminal = of_this_process()
        self._display = Display(at, at.world().clock, self._terminal)

    def show(self, entry: Entry, output: tuple[str, ...]) -> None:
        """Keep what happened, if it was no plain start or end."""
        record = entry.record
        if isinstance(record, Paused | Resumed) or (isinstance(record, Ended) and record.how != Outcome.DONE):
            self._display.keep(event(entry, output))

    @contextmanager
    def __call__(self, watch: Watch, asked: Asked) -> Iterator[Callable[[], None]]:
        """Be on the terminal while a run goes on; what is given is to be called again and again."""

        def look() -> None:
            asked.turns += self._terminal.pressed().count(_KEY)
            if self._display.is_due():
                board = watch.board()
                self._display.draw(board, _keys(board) if self._terminal.listens else "")

        with self._display.shown():
            yield look


def watch(at: Edge, look: Callable[[], Board]) -> None:
    """Draw what somebody else runs until it is done, or nobody wants to see it any more.

    Args:
        at: the surroundings.
        look: says how it stands.
    """
    terminal, clock = of_this_process(), at.world().clock
    display = Display(at, clock, terminal)
    with display.shown():
        while _LEAVE not in terminal.pressed():
            if display.is_due():
                board = look()
                if board.status == Phase.DONE:
                    return
                display.draw(board, "q leaves")
            clock.sleep(_TICK_SECONDS)


def _keys(board: Board) -> str:
    ways = {"pause": "p pauses", "resume": "p goes on"}
    ctrl_c = "Ctrl-C leaves" if board.settled else "Ctrl-C twice ends what runs"
    return ", ".join(filter(None, [ways.get(board.may), ctrl_c]))
