"""`volon pipeline run` on a terminal: what goes on is seen, a key pauses it, and the terminal is given back."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.functional.test_pipeline import ended, logs, pipeline, status, tickets_of, until
from tests.support.running import volon_argv, volon_environment
from tests.support.screens import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

HELD = "until test -e go; do sleep 0.02; done"
FROZEN = "2026-11-21T15:00:00Z"


@pytest.fixture
def show(repo: RepoBuilder) -> Iterator[Callable[..., Screen]]:
    """Run a pipeline of the given tickets on a terminal; nothing of it is left behind."""
    screens: list[Screen] = []

    def begin(
        *tickets: str, argv: tuple[str, ...] = (), words: Sequence[str] = (), columns: int = 80, **env: str
    ) -> Screen:
        if tickets:
            repo.write("p.yaml", pipeline(*tickets))
        screen = Screen(repo.root, [*words] or [*volon_argv(), "pipeline", "run", "p.yaml", *argv], columns, env)
        screens.append(screen)
        return screen

    yield begin
    repo.write("go", "")
    for screen in screens:
        screen.child.close(force=True)


def runs(command: str) -> str:
    return f"run: {json.dumps(command)}"


def go(repo: RepoBuilder) -> None:
    repo.write("go", "")


class TestWhatIsSeen:
    def test_progress_counts_and_the_last_line_of_what_runs_fit_a_narrow_terminal_and_harm_none(
        self, repo: RepoBuilder, show: Callable[..., Screen]
    ) -> None:
        evil = r"\033]0;owned\007\033[2J\033[5;5Hfirst\r\377 \342\200\256 " + "世界" * 30
        long = "c" + "-long" * 19
        said = runs(f'printf "{evil}\\n"; {HELD}')
        screen = show("a", f"b: a | {said}", f"{long}: a | {runs(HELD)}", "d: b", columns=40)
        seen = screen.until("世").splitlines()
        assert seen[0].startswith("p  ━━") or seen[0].startswith("p  ──")
        assert "  1/4" in seen[0]
        assert seen[1] == "  1 done, 2 running, 1 waiting"
        assert re.fullmatch(r"  b {12}  0:\d\d  \\xff \\u202e 世 …", seen[2]), seen[2]
        assert re.fullmatch(r"  c-long-long-…  0:\d\d", seen[3])
        assert len(seen) == 5
        go(repo)
        assert screen.ended() == 0
        assert screen.text == "Done: 4 tickets of p.yaml."
        assert b"owned" not in screen.written

    def test_failures_stay_and_what_is_left_is_told_by_earlier_runs(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        tickets = (
            "a",
            "b | run: sleep 2; if ! test -e fine; then exit 3; fi",
            f"c: a | {runs(f'echo oh no; {HELD}; test -e fine')}",
        )
        repo.write("p.yaml", pipeline(*tickets))
        repo.write("fine", "")
        go(repo)
        volon.ok("pipeline", "run", "p.yaml", VOLON_FROZEN_NOW="")
        for name in ("go", "fine"):
            (repo.root / name).unlink()
        screen = show(*tickets, argv=("--keep-going",), VOLON_FROZEN_NOW="")
        screen.until(r"0/3  \d s left(?s:.*)b +0:0\d/0:02")
        seen = screen.until("failed  b: exit status 3")
        assert "failed  b: exit status 3" in seen.splitlines()[0]
        go(repo)
        assert screen.ended() == 1
        assert "    oh no" in screen.text.splitlines()
        assert screen.text.splitlines()[-1] == "Next: volon pipeline resume p.yaml"

    def test_it_is_drawn_at_most_four_times_a_second_and_only_when_something_has_changed(
        self, show: Callable[..., Screen]
    ) -> None:
        began = time.monotonic()
        screen = show(*(f"t{n}" for n in range(100)), f"held | priority: -1 | run: {HELD}", VOLON_FROZEN_NOW=FROZEN)
        screen.until("100/101")
        screen.until("held")
        assert screen.written.count(b"/101") <= 4 * (time.monotonic() - began) + 2
        before = len(screen.written)
        calm = time.monotonic() + 0.6
        while time.monotonic() < calm:
            screen.pump()
        assert len(screen.written) == before

    @pytest.mark.parametrize("how", [{"argv": ("--plain",)}, {"CI": "true"}, {"TERM": "dumb"}], ids=str)
    def test_who_cannot_or_would_not_see_it_gets_lines(self, show: Callable[..., Screen], how: dict[str, str]) -> None:
        screen = show("a", **how)
        assert screen.ended() == 0
        assert re.sub(r"\d\.\d s", "T", screen.text).splitlines() == [
            "start   a",
            "done    a  T",
            "Done: 1 ticket of p.yaml.",
        ]
        assert b"\x1b[?25l" not in screen.written

    def test_without_colour_it_is_drawn_as_well(self, repo: RepoBuilder, show: Callable[..., Screen]) -> None:
        screen = show(f"a | run: {HELD}", NO_COLOR="1")
        screen.until("1 running")
        go(repo)
        assert screen.ended() == 0
        assert not re.search(rb"\x1b\[[\d;]*[1-9]\d*m", screen.written)

    def test_where_nobody_looks_rich_is_not_loaded(self, repo: RepoBuilder) -> None:
        repo.write("p.yaml", pipeline("a"))
        code = "import sys; from volon.cli.main import main; main(sys.argv[1:]); print('rich' in sys.modules)"
        words = [sys.executable, "-c", code, "pipeline", "run", "p.yaml"]
        done = subprocess.run(words, cwd=repo.root, env=volon_environment(), capture_output=True, check=True)
        assert done.stdout.endswith(b"\nFalse\n")


class TestWatching:
    def test_what_another_process_runs_can_be_watched_until_it_is_done(
        self, repo: RepoBuilder, volon_process: VolonProcess, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        repo.write("p.yaml", pipeline(f"a | run: echo hello; {HELD}", "b: a"))
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until(lambda: tickets_of(volon, "p.yaml")["a"] == "running")
        watcher = [*volon_argv(), "pipeline", "status", "--watch"]
        screen, other = show(words=watcher), show(words=watcher)
        for one in (screen, other):
            assert "q leaves" in one.until("a +0:.*hello")
            assert not one.echoes()
        other.kill(signal.SIGTERM)
        assert other.ended() == 130
        assert other.restored
        go(repo)
        assert screen.ended() == 0
        assert screen.restored
        assert screen.text.startswith("p: done")
        assert ended(runner) == 0

    def test_q_leaves_and_what_is_no_terminal_is_told_so(
        self, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        screen = show("a", words=[*volon_argv(), "pipeline", "status", "p.yaml", "-w"])
        screen.until("q leaves")
        screen.child.send("q")
        assert screen.ended() == 0
        assert screen.text.startswith("p: planning")
        assert volon("pipeline", "status", "--watch").code == 2


class TestTheKey:
    def test_p_pauses_as_any_pause_and_once_more_goes_on_also_when_nothing_runs_any_more(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        screen = show(f"a | run: {HELD}", "b: a", argv=("-j", "1"))
        screen.until("a +0:")
        screen.child.send("p")
        assert "p goes on" in screen.until("pausing, waiting for 1: a")
        found = status(volon)
        assert (found["status"], found["paused_by"], found["reason"]) == ("paused", "the key p", "user")
        go(repo)
        screen.until("(?m)^PAUSED$")
        assert tickets_of(volon) == {"a": "done", "b": "ready"}
        screen.child.send("p")
        assert screen.ended() == 0
        assert screen.text.splitlines()[-1] == "Done: 2 tickets of p.yaml."

    def test_who_leaves_after_p_has_paused_the_task_as_well(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        volon.ok("task", "start", "Run it all")
        screen = show("a", f"b: a | run: {HELD}", "c: b")
        screen.until("b +0:")
        screen.child.send("p")
        screen.until("pausing")
        go(repo)
        screen.until("Ctrl-C leaves")
        screen.child.sendintr()
        assert screen.ended() == 11
        assert "is paused with it" in screen.text
        assert json.loads(volon("task", "list", "--json").out)["tasks"][0]["status"] == "paused"

    def test_p_does_not_go_on_while_somebody_has_to_look_at_a_ticket(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        screen = show(f"a | run: {HELD}", "b | run: kill -9 $PPID")
        seen = screen.until("look at b first")
        assert "p goes on" not in seen
        screen.child.send("p")
        screen.child.sendintr()
        go(repo)
        assert screen.ended() == 11
        assert status(volon)["status"] == "paused"

    def test_ctrl_c_keeps_its_meaning_and_a_resume_after_it_is_not_taken_back(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        screen = show(f"a | run: {HELD}", "b: a", "c: b | run: 'until test -e gone; do sleep 0.02; done'")
        screen.until("a +0:")
        screen.child.sendintr()
        screen.until("pausing, waiting for 1: a")
        volon.ok("pipeline", "resume")
        go(repo)
        screen.until("c +0:")
        screen.child.sendintr()
        screen.until("pausing, waiting for 1: c")
        screen.child.sendintr()
        assert screen.ended() == 11
        assert tickets_of(volon)["c"] == "unknown"


class TestTheTerminal:
    def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_shows_it_again(
        self, repo: RepoBuilder, show: Callable[..., Screen]
    ) -> None:
        run = shlex.join([*volon_argv(), "pipeline", "run", "p.yaml"])
        modes = "stty -a | grep -o -w -e '-*echo' -e '-*icanon'"
        script = f"set -m; {run}; echo stopped $?; {modes}; read x; fg; echo ended $?"
        screen = show(f"a | run: {HELD}", words=["bash", "-c", script])
        screen.until("a +0:")
        assert not screen.echoes()
        screen.child.send("\x1a")
        seen = screen.until("(?s)stopped 148.*echo")
        assert "-echo" not in seen
        assert "-icanon" not in seen
        screen.child.sendline("")
        screen.until("p pauses")
        go(repo)
        screen.until("ended 0")
        assert screen.ended() == 0

    @pytest.mark.parametrize("how", ["damage", "quit", "term"])
    def test_however_it_ends_the_terminal_is_as_it_was(
        self, repo: RepoBuilder, show: Callable[..., Screen], how: str
    ) -> None:
        screen = show(f"a | run: {HELD}")
        screen.until("a +0:")
        assert not screen.echoes()
        if how == "damage":
            with (logs(repo) / "journal").open("a") as journal:
                journal.write("no record\n")
        else:
            screen.kill({"quit": signal.SIGQUIT, "term": signal.SIGTERM}[how])
        if how == "term":
            screen.until("pausing")
            go(repo)
        assert screen.ended() == {"damage": 9, "quit": -signal.SIGQUIT, "term": 11}[how]
        assert screen.restored

    def test_a_terminal_that_goes_away_pauses_it_and_what_runs_goes_on(
        self, repo: RepoBuilder, show: Callable[..., Screen], volon: VolonInProcess
    ) -> None:
        screen = show(f"a | run: {HELD}", "b: a", argv=("-j", "1"))
        screen.until("a +0:")
        screen.hang_up()
        until(lambda: status(volon)["status"] == "paused")
        assert status(volon)["paused_by"] == "SIGHUP"
        go(repo)
        until(lambda: not screen.child.isalive())
        assert tickets_of(volon) == {"a": "done", "b": "ready"}
        assert not status(volon)["attended"]

    def test_without_keys_to_listen_to_none_is_offered(self, repo: RepoBuilder, show: Callable[..., Screen]) -> None:
        run = shlex.join([*volon_argv(), "pipeline", "run", "p.yaml"])
        screen = show(f"a | run: {HELD}", words=["bash", "-c", f"{run} </dev/null"])
        assert "pauses" not in screen.until("a +0:")
        go(repo)
        assert screen.ended() == 0
