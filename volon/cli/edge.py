"""Where volon meets its surroundings: streams, terminal, working directory; nothing below this prints or asks.

An `Edge` is made once per process by `volon.cli.main` and handed to every command whatever reads its words.

Source: contract §4 (colour only on a terminal, output to stdout, messages to stderr, never wait without a terminal).
"""

from __future__ import annotations

import os
import sys

from volon.errors import VolonError
from volon.light import suppress
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any, NoReturn, TextIO

    from volon.cli.spelling import Spelling
    from volon.model.results import Result
    from volon.render.page import Page
    from volon.repo.repository import Repository
    from volon.workspace import Workspace
    from volon.world import World


class Finished(Exception):
    """The command is over; it carries the exit code past whatever called the command."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _line(text: str) -> Page:
    from volon.render.page import Page

    page = Page()
    page.add(text)
    return page


def _in_path(name: str, path: str) -> bool:
    return any(os.access(f"{directory}/{name}", os.X_OK) for directory in path.split(os.pathsep) if directory)


@dataclass(slots=True)
class Edge:
    """The surroundings of one run.

    Attributes:
        start: the directory volon was called in, or what `-C` named.
        json: print one JSON object instead of text.
        quiet: print at most one identifier.
        opened: the workspace, once a command has asked for it.
        directory: what `-C` named, as it was typed.
    """

    environ: Mapping[str, str]
    start: Path
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    json: bool = False
    quiet: bool = False
    opened: Workspace | None = None
    directory: str | None = None
    _ahead: tuple[World, Repository] | None = None

    def set(self, *, json: bool = False, quiet: bool = False, directory: Path | str | None = None) -> Edge:
        """Take the options every command has, wherever they stood; returns itself."""
        self.json = self.json or json
        self.quiet = self.quiet or quiet
        if directory is not None:
            self.start = self.start / directory
            self.directory = os.path.join(self.directory or "", directory)  # noqa: PTH118  `./x` stays as it was typed
        return self

    def world(self) -> World:
        """Return the real world with this run's environment."""
        from volon.world import World

        return World.real(self.environ)

    def workspace(self) -> Workspace:
        """Open the workspace the run stands in.

        Raises:
            VolonError: there is no git repository here, or git cannot be used.
        """
        from volon.workspace import Workspace

        if self._ahead is not None:
            self.opened = Workspace.around(*self._ahead, on_wait=self._waiting)
        else:
            self.opened = Workspace.open(self.world(), self.start, on_wait=self._waiting)
        return self.opened

    def look_ahead(self, *, pauses: bool = False) -> None:
        """Let git look at the working tree while the rest of volon is loaded; call it before a command that will ask.

        Where that fails, nothing is said: the command will ask, and say what is wrong.
        """
        from volon.repo.repository import Repository

        with suppress(VolonError, OSError):
            world = self.world()
            self._ahead = (world, Repository.open(world, self.start))
            self._ahead[1].look_ahead(pauses=pauses)

    def expect(self, name: str, *, commits: bool = False) -> None:
        """Load what a page needs that will be shown; call it while git looks.

        Args:
            name: the class of the result.
            commits: an operation will be committed before, so that the prompt's words change.
        """
        if commits:
            from volon.cli import promptline as _  # noqa: F401
        if not self.json:
            from volon.render import human

            human.renderer(name)

    def look_away(self) -> None:
        """End what was begun and not asked for."""
        if self._ahead is not None:
            self._ahead[1].look_away()

    def take_notes(self) -> None:
        """Do for the commands that follow what nobody should wait for; call it when everything is said."""
        if self.opened is not None and self.committed:
            with suppress(KeyboardInterrupt):
                self.opened.take_notes()

    @property
    def committed(self) -> bool:
        """Whether an operation of this run has passed its commit point."""
        return self.opened is not None and bool(self.opened.store.committed)

    def show(
        self,
        result: Result,
        text: str | None = None,
        stream: TextIO | None = None,
        dress: Callable[[Any], Result] = lambda result: result,
    ) -> NoReturn:
        """Run what is owed, print the result in the clothes that were asked for, and leave with its exit code.

        Args:
            result: what a use-case returned.
            text: the result in a form of its own, instead of the page or the JSON of every command.
            stream: where to, when not to standard output.
            dress: what is done to the result once its commands are as they are typed here.
        """
        result = self.settled(result)
        for notice in self.opened.store.notices if self.opened is not None else ():
            self.stderr.write(f"Note: {notice}\n")
        if text is not None:
            self.stdout.write(text)
        elif self.json:
            from volon.render.machine import to_json

            self.stdout.write(to_json(dress(self.spelled(result))))
        else:
            self.print(self.laid_out(dress(self.spelled(result))), stream or self.stdout)
        raise Finished(result.exit_code)

    def settled(self, result: Result) -> Result:
        """Do what is owed once an operation is committed, and say so in the result."""
        if self.opened is not None and self.committed:
            from volon.cli.promptline import keep_prompt_line

            keep_prompt_line(self.opened)
        if self.opened is not None and self.opened.store.held:
            from volon.usecases.running.hooks import after

            result = after(self.opened, result, self.starting)
        return result

    def page(self, result: Result) -> Page:
        """Return the page of a result, its commands as they are typed here."""
        return self.laid_out(self.spelled(result))

    def laid_out(self, result: Result) -> Page:
        """Return the page of a result whose commands are as they are typed here."""
        from volon.render import human

        if self.quiet:
            return human.quiet_page_of(result)
        spelling = self.spelling()
        return human.page_of(result) if spelling is None else human.page_of(result, spelling.text, spelling.path)

    def spelled(self, result: Result) -> Result:
        """Return a result with its commands as they are typed here."""
        spelling = self.spelling()
        found: Result = result if spelling is None else spelling.result(result)
        return found

    def spelling(self) -> Spelling | None:
        """Return how commands are to be typed where this run was started; None where they are right as they are."""
        started = sys.argv[0] if os.path.basename(sys.argv[0]) == "volon" else "volon"  # noqa: PTH119  cheaper
        found = started == "volon" or _in_path("volon", self.environ.get("PATH", ""))
        top, start = self._apart()
        if found and self.directory is None and not top:
            return None
        from volon.cli.spelling import Spelling

        return Spelling(self.directory, "volon" if found else started, top, start)

    def _apart(self) -> tuple[str, str]:
        """The top of the working tree and the directory volon works in, where these differ."""
        if self.opened is None or str(self.opened.repository.root) == str(self.start):
            return "", ""
        top, start = (os.path.realpath(one) for one in (self.opened.repository.root, self.start))
        return ("", "") if top == start else (top, start)

    def print(self, page: Page, stream: TextIO) -> None:
        """Write a page; with styles only on a terminal that wants them."""
        if not self.colourful(stream):
            stream.write(page.text())
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True, force_terminal=True)
        for line in page.lines:
            console.print(Text.assemble(*((span.text, str(span.style)) for span in line)))

    def colourful(self, stream: TextIO) -> bool:
        """Whether the stream should get colour: `NO_COLOR` and a dumb terminal say no, `FORCE_COLOR` says yes."""
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR") or self.environ.get("CLICOLOR_FORCE", "0") != "0":
            return True
        return stream.isatty() and self.environ.get("TERM") != "dumb"

    def interactive(self) -> bool:
        """Whether a person is there to answer: a terminal on both ends, and neither `--json` nor `--quiet`."""
        return self.stdin.isatty() and self.stderr.isatty() and not (self.json or self.quiet)

    def fall_silent(self) -> None:
        """Say nothing more on standard output: who read it is gone. What was not written yet goes nowhere, too."""
        if self.stdout is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def ask(self, question: str) -> str:
        """Ask one question on the terminal and return the answer, stripped; only call when `interactive`."""
        self.stderr.write(f"{question} ")
        self.stderr.flush()
        return self.stdin.readline().strip()

    def starting(self, program: str, seconds: int) -> None:
        """Tell a person who may have to wait that a hook is running."""
        if self.stderr.isatty() and not (self.json or self.quiet):
            self.print(_line(f"Running {program} (at most {seconds} s) …"), self.stderr)

    def _waiting(self, holder: str) -> None:
        self.look_away()
        self.stderr.write(f"Waiting for another volon ({holder}) …\n")
