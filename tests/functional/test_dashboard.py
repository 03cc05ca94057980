"""`volon pipeline ui`: what a pipeline does is seen as it happens, and a key or a click pauses it.

The pipelines that are paused here really run, in processes of their own; the dashboard is driven by Textual's pilot,
and once in a terminal. How it looks is kept as text, at three sizes.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import signal
import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.functional.test_pipeline import PATIENCE, ended, logs, pipeline, ran, status, until
from tests.support.running import PROJECT_ROOT, volon_argv, volon_environment

pytest.importorskip("textual", reason="not verified: the dashboard is an extra: pip install 'volon[tui]'")

from textual.widgets import Button

from volon.errors import Corrupt, NothingToDo
from volon.model.pipeline import records as r
from volon.runfiles import RunFiles
from volon.tui import app as dashboard
from volon.tui.app import Dashboard
from volon.tui.keys import Keys
from volon.tui.log import Log
from volon.usecases.pipeline.apart import RunApart
from volon.usecases.pipeline.following import Following
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.support.golden import Golden
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess
    from volon.files import Place

    Runner = Callable[..., subprocess.Popen[bytes]]
    Script = Callable[["Screen"], Awaitable[None]]

WAITS = "a | run: 'touch begun; echo one; while ! test -e go; do sleep 0.02; done; echo a >> ran'"


class Screen:
    """A dashboard that is shown and driven.

    Attributes:
        app: it.
        pilot: presses keys, clicks.
    """

    def __init__(self, app: Dashboard, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    def text(self) -> str:
        """What is seen, as lines of text."""
        strips = self.app.screen._compositor.render_strips()  # noqa: SLF001  there is no other way to its text
        return "\n".join(strip.text.rstrip() for strip in strips) + "\n"

    async def sees(self, *words: str) -> None:
        """Wait until all of that is seen."""
        await self.until(lambda: all(word in self.text() for word in words), words)

    async def until(self, holds: Callable[[], bool], what: object = "") -> None:
        """Wait for something to become true."""
        give_up = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < give_up, f"not seen: {what}\n{self.text()}"
            await asyncio.sleep(0.05)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def gate(self, label: str, *, enabled: bool) -> None:
        """Wait until the button says that, and can be pressed, or not."""
        button = self.app.query_one("#gate", Button)
        await self.until(lambda: (str(button.label), not button.disabled) == (label, enabled), (label, enabled))


@pytest.fixture
def shown(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Show the dashboard, and drive it by a script; what it starts is waited for in the end."""
    started: list[int] = []

    class Noted(RunApart):
        def __init__(self, *where: Any, **how: Any) -> None:  # noqa: ANN401  whatever it takes
            super().__init__(*where, **how)
            started.append(self.pid)

    monkeypatch.setattr(dashboard, "RunApart", Noted)
    # What it starts is this checkout's volon, too.
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))

    def show(script: Script, *, named: bool = True, size: tuple[int, int] = (90, 26)) -> None:
        workspace = Workspace.open(World.real(os.environ), repo.root)
        path = repo.root / "p.yaml" if named else None

        async def drive() -> None:
            with closing(Following(workspace, path)) as following:
                app = Dashboard(workspace, following, path)
                async with app.run_test(size=size, notifications=True) as pilot:
                    await script(Screen(app, pilot))

        asyncio.run(drive())

    yield show
    repo.write("go", "")
    for pid in started:
        until(partial(_is_gone, pid))


def _is_gone(pid: int) -> bool:
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return True


@pytest.fixture
def runner(repo: RepoBuilder, volon_process: VolonProcess) -> Iterator[Runner]:
    """Start a pipeline of which a ticket `a` waits for a file `go`."""
    started = []

    def start(*words: str, jobs: int = 1) -> subprocess.Popen[bytes]:
        started.append(process := volon_process.start("pipeline", "run", "p.yaml", "-j", str(jobs), *words))
        until(lambda: process.poll() is not None or (repo.root / "begun").exists())
        assert process.poll() is None
        return process

    yield start
    repo.write("go", "")
    for process in started:
        ended(process)


def test_a_key_pauses_what_really_runs_a_click_resumes_it_and_leaving_changes_nothing(
    repo: RepoBuilder, volon: VolonInProcess, runner: Runner, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline(WAITS, "b: a", "c: b"))
    running, journal = runner(), list[bytes]()

    async def script(screen: Screen) -> None:
        await screen.sees("executing", "0 of 3 tickets done, 1 running", "one")
        await screen.gate("Pause", enabled=True)
        await screen.press("p")
        await screen.sees("PAUSED - waiting for 1: a", "running at the pause: a; next on resume: nothing")
        assert (status(volon)["status"], status(volon)["paused_by"]) == ("paused", "volon pipeline pause")
        await screen.gate("Resume", enabled=True)
        await screen.pilot.click("#gate")
        await screen.sees("executing")
        assert status(volon)["status"] == "executing"
        await screen.gate("Pause", enabled=True)
        await screen.pilot.click(Keys, offset=(2, 0))
        await screen.sees("PAUSED - waiting for 1: a")
        repo.write("go", "")
        await screen.sees("PAUSED - settled", "running at the pause: a; next on resume: b")
        await screen.until(lambda: running.poll() is not None)
        journal.append((logs(repo) / "journal").read_bytes())
        await screen.press("q")

    shown(script)
    assert (logs(repo) / "journal").read_bytes() == journal[0]
    assert ended(running) == 11
    assert ran(repo) == ["a"]


def test_a_pause_that_has_to_wait_for_somebody_does_not_stop_the_display(
    repo: RepoBuilder, volon: VolonInProcess, runner: Runner, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline(WAITS))
    runner()

    async def script(screen: Screen) -> None:
        await screen.sees("executing", "one")
        with (logs(repo) / "journal").open("rb") as journal, (logs(repo) / "logs/a.1.log").open("ab") as log:
            fcntl.flock(journal, fcntl.LOCK_EX)
            await screen.press("p", "p")
            await screen.gate("Pause", enabled=False)
            log.write(b"and it goes on\n")
            log.flush()
            await screen.sees("and it goes on")
            assert status(volon)["status"] == "executing"
        await screen.sees("PAUSED - waiting for 1: a")
        await screen.gate("Resume", enabled=True)

    shown(script)


def test_where_a_pause_or_a_resume_makes_no_sense_the_button_is_disabled_and_the_key_does_nothing(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a"))

    async def planning(screen: Screen) -> None:
        await screen.sees("planning", "0 of 2 tickets done")
        await screen.press("p", "r", "d")
        await screen.gate("Pause", enabled=False)

    async def done(screen: Screen) -> None:
        await screen.sees("done", "2 of 2 tickets done")
        await screen.press("p", "s", "r", "d")
        await screen.gate("Pause", enabled=False)

    shown(planning)
    assert not (repo.root / ".git/volon/runs").exists()
    volon.ok("pipeline", "run", "p.yaml")
    before = (logs(repo) / "journal").read_bytes()
    shown(done)
    assert (logs(repo) / "journal").read_bytes() == before


def test_it_runs_the_file_that_was_named_in_a_process_that_outlives_it_and_no_other(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline(WAITS, "b: a"))

    async def start(screen: Screen) -> None:
        await screen.sees("planning")
        await screen.press("s")
        await screen.sees("executing", "1 running", "one")
        await screen.press("p")
        await screen.sees("PAUSED - waiting for 1: a")

    async def unnamed(screen: Screen) -> None:
        await screen.sees("PAUSED - settled")
        await screen.press("p")
        await screen.sees("not done, and nobody runs it")
        await screen.gate("Pause", enabled=True)
        await screen.press("s", "p")
        await screen.sees("PAUSED - settled")

    async def resume(screen: Screen) -> None:
        await screen.sees("PAUSED - settled")
        await screen.press("p")
        await screen.sees("done", "2 of 2 tickets done")

    shown(start)
    assert status(volon)["attended"] is True
    repo.write("go", "")
    until(lambda: not status(volon)["attended"])
    shown(unnamed, named=False)
    assert ran(repo) == ["a"]
    shown(resume)
    assert ran(repo) == ["a", "b"]


def test_what_the_other_volon_refuses_is_told(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a | run: exit 1"))
    volon("pipeline", "run", "p.yaml")
    repo.write("p.yaml", pipeline("a", "b: a | run: 'true'"))

    async def script(screen: Screen) -> None:
        await screen.press("p")
        await screen.sees("Error: p.yaml has changed since its run began.", "--accept-spec")

    shown(script, size=(120, 40))


def test_a_ticket_of_which_nobody_knows_is_decided_before_a_resume(
    repo: RepoBuilder, volon: VolonInProcess, runner: Runner, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline(WAITS, "b: a"))
    running = runner()
    volon.ok("pipeline", "pause", "--now")
    assert ended(running) == 11
    repo.write("go", "")

    async def script(screen: Screen) -> None:
        await screen.sees("PAUSED - settled", "nobody knows how it ended: a", "unknown")
        await screen.gate("Resume", enabled=False)
        await screen.press("r")
        await screen.sees("→ rerun")
        await screen.press("r", "d")
        await screen.sees("next on resume: nothing")
        await screen.gate("Resume", enabled=True)
        await screen.press("p")
        await screen.sees("2 of 2 tickets done")
        # What was seen running meanwhile is the chosen one.
        await screen.press("up")
        await screen.sees("said to be done")

    shown(script)
    assert ran(repo) == ["b"]


HOSTILE = r"\033[31mred\033[0m \033]0;owned\007 [b]bold[/b] [@click=app.quit]x[/] \377 \342\200\256"


def test_text_from_logs_and_files_is_data(repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]) -> None:
    repo.write("out", HOSTILE)
    head = 'name: "[@click=app.quit]x[/] \\e[2J"'
    repo.write("p.yaml", pipeline('a | run: printf "$(cat out)"; exit 1', head=head))
    assert volon("pipeline", "run", "p.yaml").code == 1

    async def script(screen: Screen) -> None:
        await screen.sees("red  [b]bold[/b] [@click=app.quit]x[/] \\xff \\u202e", "[@click=app.quit]x[/] [2J")
        assert "\x1b" not in screen.text()

    shown(script)


def test_a_journal_that_a_stranger_wrote_is_data_too_and_damage_to_it_ends_the_display_with_its_name(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline("a"))
    volon.ok("pipeline", "run", "p.yaml", "--only", "a")
    journal = logs(repo) / "journal"
    opened = journal.read_bytes().splitlines(keepends=True)[0]
    said: tuple[r.Record, ...] = (
        r.Attached(1, "h", "b", 2),
        r.Started("../../../../outside", 1),
        r.Paused("[b]x\x1b[2J\nPAUSED - settled", "user", now=False),
    )
    forged = [r.encode(r.Entry(n, "2026-11-19T10:00:00Z", record)) for n, record in enumerate(said, 2)]
    journal.write_bytes(b"".join([opened, *forged]))

    async def script(screen: Screen) -> None:
        await screen.sees(r"PAUSED - waiting for 1: ../../../../outside   (with [b]x\x1b[2J\nPAUSED - settled)")
        journal.write_bytes(journal.read_bytes() + b"noise\n")
        await screen.until(lambda: not screen.app.is_running)

    with pytest.raises(Corrupt, match="line 5"):
        shown(script)


def test_a_log_of_gigabytes_is_read_at_its_end_only_and_followed(
    repo: RepoBuilder, runner: Runner, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline(WAITS))
    runner()
    log = logs(repo) / "logs/a.1.log"
    os.truncate(log, 1 << 40)
    with log.open("ab") as file:
        file.write(b"\n" + b"\n".join(b"line %d" % n for n in range(300)))

    async def script(screen: Screen) -> None:
        await screen.press("l")
        await screen.sees("line 299")
        with log.open("ab") as file:
            file.write(b"\nand one more")
        await screen.sees("and one more")
        await screen.press("pageup", "pageup")
        await screen.sees("line 250")
        with log.open("ab") as file:
            file.write(b"\nthe very last")
        pane = screen.app.query_one(Log)
        await screen.until(lambda: pane.lines[-1] == "the very last")
        await screen.pilot.pause()
        await screen.sees("line 250")
        assert "the very last" not in screen.text(), "who looks further up is left there"

    shown(script)


def test_a_new_run_of_the_file_takes_the_place_of_the_one_before(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None]
) -> None:
    repo.write("p.yaml", pipeline("a | run: 'echo before; exit 1'"))
    assert volon("pipeline", "run", "p.yaml").code == 1

    async def script(screen: Screen) -> None:
        await screen.sees("PAUSED - settled", "before")
        repo.write("p.yaml", pipeline("a | run: echo after", "y"))
        volon.ok("pipeline", "run", "p.yaml", "--fresh")
        await screen.sees("done", "2 of 2 tickets done", " y ", "after")
        assert "before" not in screen.text()

    shown(script)


def test_of_a_thousand_tickets_only_those_that_are_seen_are_read(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("p.yaml", pipeline(*(f"t{n}" + (f": t{n // 2}" if n else "") for n in range(1_000))))
    volon.ok("pipeline", "run", "p.yaml", "--only", "t0")
    asked: set[str] = set()
    tail = RunFiles.tail

    def noting(files: RunFiles, place: Place, most: int) -> bytes:
        asked.add(place.name)
        return tail(files, place, most)

    monkeypatch.setattr(RunFiles, "tail", noting)

    async def script(screen: Screen) -> None:
        await screen.sees("1 of 1000 tickets done", "t0", "t11")
        await screen.press("end")
        await screen.sees("t999")
        await screen.press("g")
        await screen.sees("t999")
        await screen.press("left", "left", "f", "f")
        await screen.sees("t249")

    shown(script)
    assert asked == {"t0.1.log"}


def shop(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """A pipeline of which one part failed while another went on, and which was then paused."""
    repo.write(
        "p.yaml",
        pipeline(
            "proto | run: 'echo reading; echo wrote 14 files'",
            "server: proto | run: 'echo linked build/server; exit 3'",
            "client: proto | run: echo added 214 packages",
            "docs | run: echo 12 pages",
            "check: server client | run: 'true'",
            "package: check docs | run: 'true'",
            "tell: package proto | run: 'true'",
            head="name: shop",
        ),
    )
    assert volon("pipeline", "run", "p.yaml", "-j", "1", "--keep-going").code == 1


@pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24), (140, 40)])
def test_how_it_looks(
    repo: RepoBuilder, volon: VolonInProcess, shown: Callable[..., None], golden: Golden, width: int, height: int
) -> None:
    shop(repo, volon)

    async def script(screen: Screen) -> None:
        await screen.sees("PAUSED - settled", "p resume")
        seen = [screen.text()]
        for keys in ("g", "l", "lgf"):
            await screen.press(*keys)
            await screen.pilot.pause()
            seen.append(screen.text())
        golden(f"dashboard-{width}x{height}", "\n".join(seen))

    shown(script, size=(width, height))


PICTURE = PROJECT_ROOT / "docs/dashboard.svg"


def test_the_picture_in_the_manual_shows_what_is_shown_today(
    repo: RepoBuilder,
    volon: VolonInProcess,
    runner: Runner,
    shown: Callable[..., None],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = "touch {}; while ! test -e go; do sleep 0.02; done"
    tests = "echo tests/test_orders.py::test_refund PASSED; echo tests/test_orders.py::test_stock PASSED; "
    repo.write(
        "p.yaml",
        pipeline(
            "proto | run: echo wrote 14 files",
            "server: proto | run: echo linked build/server",
            "client: proto | run: echo added 214 packages",
            "docs | run: 'echo no such page: refunds; exit 3'",
            f"check-server: server | run: '{tests}{waits.format('first')}'",
            f"check-client: client server | run: 'echo vitest run; {waits.format('begun')}'",
            "package: check-server check-client",
            "deploy: package docs",
            head="name: shop",
        ),
    )
    monkeypatch.delenv("NO_COLOR")
    runner("--keep-going", jobs=2)
    until((repo.root / "first").exists)
    volon.ok("pipeline", "pause")

    async def script(screen: Screen) -> None:
        await screen.press("up", "down")
        await screen.sees("PAUSED - waiting for 2: check-server, check-client", "test_stock PASSED", "vitest run")
        drawn = screen.app.export_screenshot(title="volon pipeline ui", simplify=True)
        drawn = re.sub(r"@font-face\s*\{[^}]*\}|<!--.*?-->|(?<=terminal-)\d+", "", drawn, flags=re.DOTALL)
        if request.config.getoption("--update-golden"):
            PICTURE.write_text(drawn, encoding="utf-8")
        kept = PICTURE.read_text(encoding="utf-8")
        words = [re.findall(r"<text[^>]*>([^<]*)</text>", one) for one in (drawn, kept)]
        assert words[0] == words[1], "pytest --update-golden draws it anew"

    shown(script, size=(96, 22))


class TestInATerminal:
    def spawn(self, repo: RepoBuilder, *words: str, **env: str) -> pexpect.spawn[str]:
        program, *rest = volon_argv()
        variables = volon_environment({"TERM": "xterm-256color"} | env)
        argv = [*rest, "pipeline", "ui", *words]
        return pexpect.spawn(
            program, argv, cwd=str(repo.root), env=variables, encoding="utf-8", dimensions=(24, 80), timeout=PATIENCE
        )

    def test_it_pauses_by_a_key_is_left_by_another_and_leaves_the_terminal_as_it_was(
        self, repo: RepoBuilder, volon: VolonInProcess, runner: Runner
    ) -> None:
        repo.write("p.yaml", pipeline(WAITS, "b: a"))
        running = runner()
        child = self.spawn(repo)
        child.expect("executing")
        child.send("p")
        child.expect("PAUSED - waiting for 1: a")
        assert status(volon)["status"] == "paused"
        child.send("q")
        child.expect_exact("\x1b[?1049l")
        child.expect("pausing, waiting for 1: a")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert running.poll() is None

    def test_a_polite_kill_leaves_the_terminal_as_it_was_too(self, repo: RepoBuilder) -> None:
        repo.write("p.yaml", pipeline("a"))
        child = self.spawn(repo, "p.yaml")
        child.expect("planning")
        child.kill(signal.SIGTERM)
        child.expect_exact("\x1b[?1049l")
        child.expect(pexpect.EOF)
        child.close()

    @pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "latin-1"}], ids=str)
    def test_a_terminal_that_cannot_show_it_is_told(self, repo: RepoBuilder, env: dict[str, str]) -> None:
        child = self.spawn(repo, "p.yaml", **env)
        child.expect_exact("Hint: volon pipeline status")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 2

    def test_without_textual_it_says_what_to_install(self, repo: RepoBuilder, tmp_path: Path) -> None:
        (tmp_path / "without/textual").mkdir(parents=True)
        (tmp_path / "without/textual/__init__.py").write_text("raise ModuleNotFoundError('No module named textual')\n")
        path = f"{tmp_path / 'without'}:{volon_environment()['PYTHONPATH']}"
        child = self.spawn(repo, "p.yaml", PYTHONPATH=path)
        child.expect_exact("Hint: pip install 'volon[tui]'")
        child.expect_exact("Hint: in a clone of volon: pip install '.[tui]'")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 5


def test_it_needs_a_terminal_and_a_pipeline(repo: RepoBuilder, volon: VolonInProcess) -> None:
    asked = volon("pipeline", "ui")
    assert (asked.code, "Hint: volon pipeline status" in asked.err) == (2, True)
    with pytest.raises(NothingToDo):
        Following(Workspace.open(World.real(os.environ), repo.root), None)
