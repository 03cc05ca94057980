"""The rows: what is measured against what, and what it should be. See docs/BENCHMARKS.md for each in words."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.graphs import WORDS, spawn_loop, write_graph
from benchmarks.places import run
from benchmarks.timing import Contender, Goal, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.places import Places

_STATUS = "git --no-optional-locks status --porcelain=v2 --branch -z"
_LOOPS = 500
_READING = "import os, sys\nfor e in os.scandir(sys.argv[1]): open(e.path, 'rb').read()"
_READING_BARELY = """
import os, sys
below = os.open(sys.argv[1], os.O_RDONLY)
for name in os.listdir(below):
    file = os.open(name, os.O_RDONLY, dir_fd=below)
    os.read(file, 1 << 16)
    os.close(file)
"""
_TOLD = {
    "session_id": "0f9c1e9a",
    "model": {"id": "model", "display_name": "Model"},
    "cost": {"total_cost_usd": 0.0123, "total_duration_ms": 4500},
    "context_window": {"context_window_size": 200000, "used_percentage": 42, "remaining_percentage": 58},
}
"""What an agent says to its status line and to a hook, but for where it is."""
_PROMPT_LINE = Path(__file__).resolve().parents[1] / "docs/PROMPT.md"


def at_a_prompt(at: Places) -> list[Row]:
    """Row 1."""
    bare = Contender("bare `python -I -c pass`", at.python, at.small)
    told = json.dumps(_TOLD | {"cwd": str(at.small)}).encode()
    line = replace(_volon(at, at.small, "statusline"), told=told)
    hook = replace(_volon(at, at.small, "hook", "session-start", "--agent", "claude"), told=told)
    rows = [
        ("1a", _volon(at, at.small, "status", "--porcelain")),
        ("1b", _volon(at, at.small, "prompt")),
        ("1c", line),
        ("1d", hook),
    ]
    return [
        Row(number, volon, [Goal(bare, bare.name, 1.5)], rounds=40, counted="modules, children")
        for number, volon in rows
    ]


def in_the_shell(at: Places) -> list[Row]:
    """Row 2: both in the same shell, many times in a row."""
    text = _PROMPT_LINE.read_text(encoding="utf-8")
    function = "volon_top=" + text.partition("\nvolon_top=")[2].partition("\n```")[0] + "\n"
    reading = f"{function}for ((i = 0; i < {_LOOPS}; i++)); do volon_words; done; [[ -n $REPLY ]]"
    asking = f"for ((i = 0; i < {_LOOPS}; i++)); do git rev-parse HEAD >/dev/null; done"
    own = Contender("prompt segment read by bash", ["bash", "-c", reading], at.small, divisor=_LOOPS)
    git = Contender("`git rev-parse HEAD`", ["bash", "-c", asking], at.small, divisor=_LOOPS)
    return [Row("2", own, [Goal(git, git.name, 1 / 50)], rounds=5)]


def for_people(at: Places) -> list[Row]:
    """Rows 3 and 4."""
    bare = Contender("bare `python -I -c pass`", at.python, at.small)
    both = f"{at.bin}/python -I -c pass; {_STATUS}; git rev-parse HEAD"
    calls = Contender("bare Python and two git calls", ["sh", "-c", both], at.small)
    return [
        Row("3", _volon(at, at.small, "status"), [Goal(bare, bare.name, 4)]),
        Row("4", _volon(at, at.small, "resume-task", "--dry-run"), [Goal(calls, calls.name, 5)]),
    ]


def in_a_large_repository(at: Places) -> list[Row]:
    """Rows 5 to 8."""
    both = Contender(
        "`git status` and `rev-list --count`", ["sh", "-c", f"{_STATUS}; git rev-list --count HEAD"], at.large
    )
    status = Contender("one `git status --porcelain=v2`", ["sh", "-c", _STATUS], at.large)
    pause = Contender(
        "volon pause-task", (), at.large, lambda turn: at.volon("pause-task", f"note {turn}", *_plain(at))
    )
    return [
        Row("5", _volon(at, at.large, "resume-task", "--dry-run"), [Goal(both, both.name, 1.15)], rounds=9),
        Row("6", pause, [Goal(status, status.name, 1.3)], rounds=9),
        Row("7", _saving(at, at.large), [Goal(status, status.name, 1.5)], rounds=9),
        Row("8", _saving(at, at.busy), [_status_of(at.busy, 2.5), _stash(at)], rounds=5),
    ]


def _saving(at: Places, where: Path) -> Contender:
    return Contender("volon pause-task, files saved", (), where, lambda turn: at.volon("pause-task", f"saved {turn}"))


def _status_of(where: Path, at_most: float) -> Goal:
    status = Contender("one `git status --porcelain=v2`", ["sh", "-c", _STATUS], where)
    return Goal(status, status.name, at_most)


def _stash(at: Places) -> Goal:
    """In a copy of its own: what it stashed is put back before each turn, outside of the time."""

    def again(_turn: int) -> None:
        if run("git", "stash", "list", cwd=at.stashed, env=at.env):
            run("git", "stash", "pop", "-q", cwd=at.stashed, env=at.env)

    stash = Contender("`git stash push -u`", ["git", "stash", "push", "-q", "-u"], at.stashed, again)
    return Goal(stash, stash.name, 0.45)


def many_capsules(at: Places) -> list[Row]:
    """Rows 9 and 10."""
    where = at.capsules / ".volon/pcc/tasks"
    python = [str(at.bin / "python"), "-I", "-c"]
    reading = Contender("reading the bytes", [*python, _READING, str(where)], at.capsules)
    barely = Contender("reading them with system calls alone", [*python, _READING_BARELY, str(where)], at.capsules)
    cold = _cold(at, at.capsules, "validate", ".volon/pcc/tasks")
    warm = Contender("`volon validate` again", at.volon("validate", ".volon/pcc/tasks"), at.capsules)
    program = shutil.which("check-jsonschema", path=at.env["PATH"])
    others = []
    for form in ("yaml", "json"):
        schema, *files = at.frontmatters(form) if program else [""]
        others.append(
            Contender(f"check-jsonschema, {form.upper()}", [program, "--schemafile", schema, *files], at.home)
            if program
            else None
        )
    return [
        Row("9a", cold, [Goal(others[0], "check-jsonschema, YAML", 1 / 50)], rounds=1),
        Row("9a", cold, [Goal(others[1], "check-jsonschema, JSON", float("inf"))], rounds=1),
        Row("9b", cold, [Goal(reading, reading.name, 2.2), Goal(barely, barely.name, float("inf"))], rounds=5),
        Row("10", warm, [Goal(reading, reading.name, 0.25), Goal(barely, barely.name, float("inf"))], rounds=7),
    ]


def many_tasks(at: Places) -> list[Row]:
    """Row 11."""
    task, backlog = at.taskwarrior, shutil.which("backlog", path=at.env["PATH"])
    cold, own = _cold(at, at.tasks, "task", "list"), _volon(at, at.tasks, "task", "list")
    words = [task or "", "rc.verbose=nothing", "rc.defaultwidth=200", "list"]
    warrior = Contender("taskwarrior's list", words, at.home) if task else None
    listing = Contender("backlog.md's list", [backlog, "task", "list", "--plain"], at.backlog) if backlog else None
    return [
        Row("11a", cold, [Goal(warrior, "taskwarrior's list", 4)], rounds=7),
        Row("11a", own, [Goal(warrior, "taskwarrior's list", 4)], rounds=7),
        Row("11b", cold, [Goal(listing, "backlog.md's list", 0.2)], rounds=1),
    ]


def durable(at: Places) -> list[Row]:
    """Row 12: both in the same kind of process, many times in a row; a process tells its own median."""
    script = str(Path(__file__).with_name("five_files.py"))

    def contender(name: str, kind: str) -> Contender:
        return Contender(name, [str(at.bin / "python"), "-I", script, kind, str(at.small)], at.small, reports=True)

    single = contender("5 × (temp, fsync, rename, dir fsync)", "singly")
    return [
        Row("12", contender("5 files, to the commit point", "commit"), [Goal(single, single.name, 0.7)], 9, "fsyncs"),
        Row("12b", contender("5 files, to the end", "whole"), [Goal(single, single.name, float("inf"))], 9, "fsyncs"),
    ]


def pipelines(at: Places) -> list[Row]:
    """Rows 13 and 14."""
    others = ("make", "doit", "snakemake", "luigi")
    return [
        _graph(at, "13", 10_000, "argv", {"spawn_loop": 1.3, "ninja": 0.65, "make": 1.15, "spawn_floor": float("inf")}),
        _graph(at, "14a", 1_000, "shell", {"ninja": 1.3, **dict.fromkeys(others, float("inf"))}),
        _graph(at, "14b", 10_000, "shell", {"ninja": 1.3, "make": float("inf")}),
    ]


def _graph(at: Places, number: str, size: int, kind: str, goals: Mapping[str, float]) -> Row:
    where = write_graph(at.home / f"graph-{kind}-{size}", size, kind)
    words = {
        "ninja": ("-j2", "--quiet"),
        "make": ("-j2", "-s"),
        "doit": ("-n", "2", "-P", "thread"),
        "snakemake": ("--cores", "2", "--forceall", "--quiet", "all"),
        "spawn_loop": (str(size), "2", WORDS[kind]),
    }
    own = Contender(f"{size} tickets", at.volon("pipeline", "run", "p.yaml", "-j", "2", "-q", "--fresh"), where)
    others = []
    for name, at_most in goals.items():
        program: Path | str | None = shutil.which(name, path=at.env["PATH"])
        argv = [str(program), *words.get(name, ())]
        if name == "spawn_loop":
            program = spawn_loop(where)
            argv[0] = str(program)
        elif name == "spawn_floor":
            program = Path(__file__).with_name("spawn_floor.py")
            argv = [sys.executable, str(program), str(size), "2", WORDS[kind]]
        elif name == "luigi" and program:
            # It is a library: the interpreter beside its own program has it.
            argv = [str(Path(program).with_name("python")), "tickets.py"]
        others.append(Goal(Contender(f"{name} of {size}", argv, where) if program else None, name, at_most))
    return Row(number, own, others, rounds=3)


def pausing(at: Places) -> list[Row]:
    """Row 15: a process tells its own 99th percentile."""
    script = str(Path(__file__).with_name("pauses.py"))
    python = [str(at.bin / "python"), "-I"]
    limit = Contender("the seed's limit, 500 ms", [*python, "-c", "print(0.5)"], at.home, reports=True)

    def request(name: str, *options: str) -> Contender:
        return Contender(name, [*python, script, str(at.home), *options], at.home, reports=True)

    many = ("--requests", "10000")
    return [
        Row("15a", request("pause, p99 of 10,000", *many), [Goal(limit, limit.name, 1 / 50)], rounds=1),
        Row("15b", request("the same beside 2 hogs", *many, "--hogs", "2"), [Goal(limit, limit.name, 3 / 50)], 1),
        Row(
            "15c",
            request("`volon pipeline pause`, p99 of 200", "--requests", "200", "--processes"),
            [Goal(limit, limit.name, float("inf"))],
            rounds=1,
        ),
    ]


def many_checkpoints(at: Places) -> list[Row]:
    """Row 16."""
    where = at.crowded / ".design/checkpoints"
    listing = Contender("the directory listing", ["ls", str(where)], at.crowded)
    first = Contender("a pause in a small repository", (), at.small, lambda turn: _pause(at, turn))
    again = Contender("one more pause", (), at.crowded, lambda turn: _pause(at, turn))
    return [
        Row("16a", _cold(at, at.crowded, "checkpoint", "list"), [Goal(listing, listing.name, 20)], rounds=3),
        Row("16a", _volon(at, at.crowded, "checkpoint", "list"), [Goal(listing, listing.name, 20)], rounds=9),
        Row("16b", again, [Goal(first, first.name, 1.2)], rounds=9),
    ]


def ready_servers(at: Places) -> list[Row]:
    """Row 17: a process of its own takes the time until each has answered."""
    python, script = str(at.bin / "python"), str(Path(__file__).with_name("servers.py"))

    def contender(name: str, words: Sequence[str]) -> Contender:
        return Contender(name, [python, "-I", script, *words], at.small, reports=True)

    hello = contender("the SDK's hello-world server", [python, "-I", script, "--hello"])
    return [Row("17", contender("`volon mcp` is ready", at.volon("mcp")), [Goal(hello, hello.name, 1.2)], rounds=9)]


def _pause(at: Places, turn: int) -> Sequence[str]:
    return at.volon("pause-task", f"note {turn}", *_plain(at))


def _plain(at: Places) -> Sequence[str]:
    """`--no-snapshot`, where there are snapshots."""
    return ("--no-snapshot",) if at.has_snapshots else ()


def _cold(at: Places, where: Path, *words: str) -> Contender:
    """A command that finds nothing in the cache."""

    def forget(_turn: int) -> Sequence[str]:
        shutil.rmtree(at.env["XDG_CACHE_HOME"], ignore_errors=True)
        return at.volon(*words)

    return Contender(f"`volon {' '.join(words[:2])}`, cold", (), where, forget)


def _volon(at: Places, where: Path, *words: str) -> Contender:
    return Contender(f"`volon {' '.join(words)}`", at.volon(*words), where)


GROUPS: dict[str, Callable[[Places], list[Row]]] = {
    "1": at_a_prompt,
    "2": in_the_shell,
    "3": for_people,
    "5": in_a_large_repository,
    "9": many_capsules,
    "11": many_tasks,
    "12": durable,
    "13": pipelines,
    "15": pausing,
    "16": many_checkpoints,
    "17": ready_servers,
}
"""The groups by the number of their first row."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))
