"""The harness looks at what it says it looks at: every command, every family, every kind of deed in a trace."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile import judge
from tests.hostile.cases.catalogue import CASES
from tests.hostile.ground import INJECTED, OUTSIDE_MARK, Case, Ground
from tests.hostile.tracing import Call, Ran, parse
from tests.hostile.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = {f"S{number}" for number in range(1, 16)} - {"S13"}
"""S13, secrets, is about what volon writes of its own accord: `tests/unit/model/test_secrets.py`."""


def _commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - typer's own
    for name, command in group.commands.items():
        words = (*before, name)
        if hasattr(command, "commands"):
            yield from _commands(command, words)
        else:
            yield words


def test_every_command_runs_on_every_repository() -> None:
    import typer.main

    from volon.cli.app import app

    group = typer.main.get_command(app)
    seen = {words[:2] for words in VERBS} | {words[:1] for words in VERBS}
    assert not [words for words in _commands(group) if words not in seen]


def test_names_are_unique_and_every_row_of_the_threat_model_has_cases() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert {row for case in CASES for row in re.findall(r"S\d+", case.stands_for)} >= ROWS
    assert all(case.attack and case.base in {"plain", "paused", "cloned"} for case in CASES)


TRACE = """\
7 openat(AT_FDCWD</w>, ".git/HEAD", O_RDONLY) = 3</w/.git/HEAD>
7 openat(5</w/.volon>, "x\\303\\251\\n", O_WRONLY|O_CREAT|O_EXCL, 0666) = 6</w/.volon/x\\303\\251\\n>
8 execve("/usr/bin/git", ["git", "--no-pager", "-c", "a=b", "status"], ["A=1"]) = 0
8 openat(AT_FDCWD</w>, "/etc/passwd", O_RDONLY) = -1 ENOENT (No such file or directory)
8 link(".git/a", ".git/b" <unfinished ...>
7 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4<TCP:[1]>
8 <... link resumed>)    = 0
7 renameat(5</w/.volon>, "t", 6</w/.volon/tasks>, "T.md") = 0
7 unlinkat(5</w/.volon>, "gone", 0) = -1 ENOENT (No such file or directory)
8 chdir("/w/sub") = 0
8 mkdir("made", 0777) = 0
8 openat(5</w/.volon>, ".", O_WRONLY|O_CLOEXEC|O_TMPFILE, 0600) = 9</w/.volon/#12>(deleted)
8 linkat(AT_FDCWD</w>, "/proc/self/fd/9", 5</w/.volon>, "line", AT_SYMLINK_FOLLOW) = 0
7 linkat(AT_FDCWD</w>, "/proc/self/fd/9", 5</w/.volon>, "line", AT_SYMLINK_FOLLOW) = 0
7 +++ exited with 0 +++
"""


def test_a_trace_is_read_call_by_call() -> None:
    calls = list(parse(TRACE.splitlines()))
    assert [(call.name, call.paths, call.writes) for call in calls] == [
        ("openat", ("/w/.git/HEAD",), False),
        ("openat", ("/w/.volon/xé\n",), True),
        ("execve", ("/usr/bin/git",), False),
        ("socket", (), False),
        ("link", ("/w/.git/a", "/w/.git/b"), True),
        ("renameat", ("/w/.volon/t", "/w/.volon/tasks/T.md"), True),
        ("mkdir", ("/w/sub/made",), True),
        ("openat", ("/w/.volon/#12",), True),
        ("linkat", ("/w/.volon/#12", "/w/.volon/line"), True),
        ("linkat", (f"{Path('/proc/self').resolve()}/fd/9", "/w/.volon/line"), True),
    ]
    assert calls[2].words == ("git", "--no-pager", "-c", "a=b", "status")


def _case() -> Case:
    return Case("x/y", "nothing", "S1", lambda _: None)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path / "live", tmp_path / "home")
    ground.begin()
    return ground


def _ran(*calls: Call, out: str = "", err: str = "", code: int = 0) -> Ran:
    return Ran(("status",), code, out, err, 0.1, 1 << 20, calls)


@pytest.mark.parametrize(
    ("calls", "out", "code", "found"),
    [
        ((), "fine\n", 0, None),
        ((Call("execve", ("GIT",), ("git", "-c", "x=y", "status")),), "", 0, None),
        ((Call("execve", ("/bin/sh",), ("sh", "-c", "x")),), "", 0, "starts /bin/sh"),
        ((Call("execve", ("GIT",), ("git", "fetch")),), "", 0, "starts git fetch"),
        ((Call("openat", ("ROOT/.volon/tasks/x",), writes=True),), "", 0, None),
        ((Call("openat", ("ROOT/src/app.py",), writes=True),), "", 0, "writes "),
        ((Call("openat", ("ROOT/.volonx/y",), writes=True),), "", 0, "writes "),
        ((Call("mkdir", ("ROOT/.git/hooks/x",), writes=True),), "", 0, "writes "),
        ((Call("openat", ("OUTSIDE/secret.txt",)),), "", 0, "opens "),
        ((Call("socket", (), text="socket(AF_INET6, SOCK_STREAM)"),), "", 0, "connects"),
        ((), f"{OUTSIDE_MARK}\n", 0, "reveals"),
        ((), "\x1b[2J", 0, "U+001B"),
        ((), "\u202e", 0, "U+202E"),
        ((), f"Hint: {INJECTED}", 0, "where volon speaks"),
        ((), "", 70, "exit code 70"),
        ((), "", -9, "exit code -9"),
        ((), "Traceback (most recent call last)", 1, "traceback"),
    ],
)
def test_the_judge_sees_each_kind_of_deed(
    ground: Ground, calls: tuple[Call, ...], out: str, code: int, found: str | None
) -> None:
    git = shutil.which("git") or ""
    places = {"GIT": git, "ROOT": str(ground.root), "OUTSIDE": str(ground.outside)}
    real = tuple(
        Call(call.name, tuple(_replaced(path, places) for path in call.paths), call.words, call.writes, call.text)
        for call in calls
    )
    wrong = judge.findings(_case(), ground, _ran(*real, out=out, code=code), judge.Outside(ground))
    assert bool(wrong) == (found is not None), wrong
    assert found is None or found in "\n".join(wrong)


def _replaced(path: str, places: dict[str, str]) -> str:
    for name, place in places.items():
        path = path.replace(name, place)
    return path


def test_what_changes_outside_and_a_canary_are_seen(ground: Ground) -> None:
    outside = judge.Outside(ground)
    ground.far("secret.txt", "changed")
    subprocess.run([str(ground.fire), "x"], check=True, stdin=subprocess.DEVNULL)
    wrong = "\n".join(judge.findings(_case(), ground, _ran(), outside))
    assert "changed outside" in wrong
    assert "the canary fired" in wrong
