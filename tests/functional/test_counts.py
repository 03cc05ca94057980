"""What noise cannot touch: how many programs a command starts, and how many fsyncs stand before the commit point.

The timings that go with these counts are in docs/BENCHMARKS.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.support.running import PROJECT_ROOT, volon_environment
from volon import cached, peek
from volon.cli import conduct
from volon.cli.app import app, app_for
from volon.clock import FROZEN_NOW
from volon.ids import SEED
from volon.paths import Path
from volon.process import Begun, Processes
from volon.repo.repository import Repository
from volon.store import journal, layout, operations
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess
    from volon.repo.status import Status


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that volon starts from now on, by their first word."""
    words: list[str] = []
    begin = Processes.begin

    def noting(self: Processes, argv: Sequence[str | bytes], **options: Any) -> Begun:  # noqa: ANN401
        texts = [os.fsdecode(word) for word in argv]
        settings = {place for place, word in enumerate(texts) if place and texts[place - 1] in {"-c", "-C"}}
        words.append(next(w for place, w in enumerate(texts[1:], 1) if w[0] != "-" and place not in settings))
        return begin(self, argv, **options)

    monkeypatch.setattr(Processes, "begin", noting)
    return words


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository with a paused task and a changed file."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", "untested")
    return repo


def test_looking_before_a_resume_asks_git_once(paused: RepoBuilder, volon: VolonInProcess, started: list[str]) -> None:
    volon.cwd = paused.root
    volon.ok("resume-task", "--dry-run")
    assert started == ["status"]


def test_a_brief_asks_git_once(paused: RepoBuilder, volon: VolonInProcess, started: list[str]) -> None:
    volon.cwd = paused.root
    volon.ok("brief", "--agent")
    assert started == ["status"]


def test_the_status_asks_git_once_and_for_the_pauses_elsewhere(
    paused: RepoBuilder, volon: VolonInProcess, started: list[str]
) -> None:
    volon.cwd = paused.root
    volon.ok("status")
    assert sorted(started) == ["cat-file", "for-each-ref", "status"]


def test_a_status_reads_the_record_of_the_pause_once(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []
    decode_head = journal.decode_head

    def noting(start: bytes) -> journal.Journal:
        read.append(start)
        return decode_head(start)

    monkeypatch.setattr(operations, "decode_head", noting)
    volon.cwd = paused.root
    volon.ok("status")
    assert len(read) == 1


def test_who_still_has_lost_bytes_is_asked_of_git_for_all_of_them_at_once(
    repo: RepoBuilder, volon: VolonInProcess, started: list[str]
) -> None:
    volon.cwd = repo.root
    volon.ok("task", "start", "Retry with backoff")
    repo.write("kept.py", "kept\n")
    repo.git("hash-object", "-w", "kept.py")
    names = [f"new{number}.py" for number in range(8)]
    for name in names:
        repo.write(name, f"{name}\n")
    volon.ok("pause-task", "untested", "--no-snapshot")
    for name in names:
        (repo.root / name).unlink()
    started.clear()
    volon("status")
    of_eight = started.copy()
    (repo.root / "kept.py").unlink()
    started.clear()
    told = volon("status", "--json")
    assert started == of_eight
    assert "git's object store" in told.out


def test_listing_tasks_starts_nothing(paused: RepoBuilder, volon: VolonInProcess, started: list[str]) -> None:
    volon.cwd = paused.root
    volon.ok("task", "list")
    assert started == []


def test_a_pause_looks_at_the_whole_tree_once(paused: RepoBuilder, volon: VolonInProcess, started: list[str]) -> None:
    """What reads or compares every file is `status` alone: all else is about the paths that it named."""
    volon.cwd = paused.root
    volon.ok("pause-task", "still untested")
    assert started.count("status") == 1
    assert "ls-files" not in started
    assert len(started) <= 9


@pytest.mark.parametrize("options", [(), ("--no-snapshot",)], ids=["with files", "without"])
def test_a_pause_reads_the_index_while_git_looks(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """It is as large as the tree: whoever reads it behind the look has everybody wait."""
    order: list[str] = []
    read, taken = Path.read_bytes, Repository._status  # noqa: SLF001  the instant at which git's answer is taken

    def reading(path: Path) -> bytes:
        order.extend(["index"] if path.name == "index" else [])
        return read(path)

    def taking(self: Repository) -> Status:
        order.append("answer")
        return taken(self)

    monkeypatch.setattr(Path, "read_bytes", reading)
    monkeypatch.setattr(Repository, "_status", taking)
    volon.cwd = paused.root
    volon.ok("pause-task", "still untested", *options)
    assert order == ["index", "answer"]


def test_a_pause_with_files_makes_durable_no_more_than_it_writes(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six directories of git's, the journal with its own, each record and each directory once; git's files besides."""
    synced: list[int] = []
    fsync = os.fsync

    def noting(fd: int) -> None:
        synced.append(fd)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noting)
    volon.cwd = paused.root
    volon.ok("pause-task", "still untested")
    assert len(synced) <= 26
    assert list((paused.root / ".git/objects/pack").glob("*.pack"))


def test_a_pause_beside_many_records_starts_no_more_programs_than_beside_few(
    paused: RepoBuilder, volon: VolonInProcess, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it read one more record, once they have been read."""
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))
    volon.cwd = paused.root
    volon.ok("pause-task", "beside few")
    few = started.copy()
    [sample] = (paused.root / ".volon/tasks").iterdir()
    [*_, checkpoint] = sorted((paused.root / ".design/checkpoints").iterdir())
    for number in range(2 * peek.LEAST):
        task_id = f"TASK-20250101-{number:03d}"
        text = sample.read_text().replace(sample.stem, task_id).replace("status: paused", "status: done")
        (sample.parent / f"{task_id}.md").write_text(text)
        (checkpoint.parent / f"{number + 10}-work-2026-11-19.md").write_bytes(checkpoint.read_bytes())
    volon.ok("pause-task", "the first beside many")
    started.clear()
    read: list[str] = []
    read_at = peek.read_at

    def noting(directory: int, name: str) -> bytes:
        read.append(name)
        return read_at(directory, name)

    monkeypatch.setattr(peek, "read_at", noting)
    volon.ok("pause-task", "one more beside many")
    assert started == few
    assert [name for name in read if "20250101" in name or "-work-" in name] == []


def test_five_records_are_durable_after_two_fsyncs(paused: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Workspace.open(World.real(os.environ), paused.root).store
    synced: list[str] = []
    fsync = os.fsync

    def noting(fd: int) -> None:
        synced.append("before" if not store.committed else "after")
        fsync(fd)

    with store.begin("measure") as tx:
        for number in range(5):
            tx.put(layout.TASKS / f"TASK-20261119-10{number}.md", b"record\n")
        monkeypatch.setattr(os, "fsync", noting)
        finish = tx._finish  # noqa: SLF001  the instant after the commit point

        def noting_finish(journal: Any) -> None:  # noqa: ANN401
            synced.append("commit point")
            finish(journal)

        monkeypatch.setattr(tx, "_finish", noting_finish)
        tx.commit("five at once")
    assert synced.index("commit point") == 2


LOADED = """
import sys
sys.path[:0] = sys.argv[1:3]
del sys.argv[1:3]
from volon.__main__ import run_words
try:
    code = run_words(sys.argv[1:])
finally:
    sys.stderr.write("\\n".join(sys.modules))
sys.exit(code)
"""
NOT_NEEDED = {
    *("typer", "rich", "click", "git", "gitdb", "frontmatter", "yaml"),
    *("dataclasses", "inspect", "typing", "ast", "platform", "traceback", "tempfile", "random", "socket", "logging"),
    *("pathlib", "urllib", "_hashlib", "textwrap", "subprocess", "threading", "selectors", "locale", "importlib"),
}
NOT_BEFORE_GIT_LOOKS = {"collections", "contextlib", "datetime", "enum", "functools", "re", "select", "signal", "fcntl"}
MOST_MODULES = {
    ("status",): 141,
    ("resume-task", "--dry-run"): 196,
    ("task", "list"): 132,
    ("checkpoint", "list"): 120,
    ("pause-task", "still untested"): 222,
    ("brief", "--agent"): 152,
    ("pipeline", "status"): 152,
}
SLOW = {"re", "enum", "signal", "json", "collections", "functools", "contextlib", "datetime"}
"""Of the standard library; together they take as long as a bare interpreter."""
WITHOUT_THEM = {("status",), ("task", "list"), ("checkpoint", "list"), ("brief", "--agent")}
MOST_OF_A_STEP = 188
"""With Python's own, some fifty of which every program has loaded; the packages above would add five hundred."""


@pytest.mark.parametrize("argv", MOST_MODULES, ids=" ".join)
def test_a_person_waits_for_no_module_that_the_command_does_not_need(
    paused: RepoBuilder, argv: tuple[str, ...]
) -> None:
    command = [sys.executable, "-I", "-S", "-c", LOADED, str(PROJECT_ROOT), sysconfig.get_path("purelib"), *argv]
    done = subprocess.run(command, cwd=paused.root, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    loaded = done.stderr.decode().splitlines()
    assert not {name.partition(".")[0] for name in loaded} & NOT_NEEDED
    assert not set(loaded) & (SLOW if argv in WITHOUT_THEM else set())
    assert len(loaded) <= MOST_MODULES[argv]


UNTIL_GIT_LOOKS = """
import os, sys
sys.path[:0] = sys.argv[1:3]
from volon import cached
from volon.repo import studied
# As in a large tree whose index is at rest.
cached.SETTLED_NS, studied.LARGE = -(10**18), 0
if sys.argv[3] == "until":
    os.posix_spawn = lambda *_, **__: sys.exit(os.write(2, "\\n".join(sys.modules).encode()) < 0)
del sys.argv[1:4]
from volon.__main__ import run
run()
"""
MOST_UNTIL_GIT_LOOKS = 67
"""With Python's own, twenty-seven of which every program has loaded. What is loaded later is loaded while git looks."""


@pytest.mark.parametrize("known", [True, False], ids=["index known", "index unknown"])
@pytest.mark.parametrize("argv", [("resume-task", "--dry-run"), ("pause-task", "still untested")], ids=" ".join)
def test_git_begins_to_look_before_what_it_does_not_need_is_loaded(
    paused: RepoBuilder, argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    for name in (FROZEN_NOW, SEED):
        monkeypatch.delenv(name)

    def run(until: str, *words: str) -> bytes:
        paths = (str(PROJECT_ROOT), sysconfig.get_path("purelib"))
        command = [sys.executable, "-I", "-S", "-c", UNTIL_GIT_LOOKS, *paths, until, *words]
        done = subprocess.run(command, cwd=paused.root, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stderr

    if known:
        run("end", "pause-task", "studied")
    loaded = set(run("until", *argv).decode().splitlines())
    assert not {name.partition(".")[0] for name in loaded} & (NOT_NEEDED | NOT_BEFORE_GIT_LOOKS)
    assert len(loaded) <= MOST_UNTIL_GIT_LOOKS


def test_a_status_of_a_full_capsule_loads_no_expressions_and_no_enumerations(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    """They take as long as a bare interpreter takes to start: what volon writes is read without them."""
    volon.cwd = paused.root
    paused.write("new.py", "new\n")
    said = (
        *("--goal", "Retry at most 3 times", "--plan", "measure, then `README.md`", "--completed", "measured"),
        *("--next", "see `README.md`: line 3", "--question", "is 3 s enough?", "--blocker", "a key from Anna"),
        *("--key-file", "new.py: has the loop", "--cmd", "pytest -q => 3 failed"),
    )
    volon.ok("pause-task", "half done — see new.py", *said)
    command = [sys.executable, "-I", "-S", "-c", LOADED, str(PROJECT_ROOT), sysconfig.get_path("purelib"), "status"]
    done = subprocess.run(command, cwd=paused.root, capture_output=True, check=False, timeout=60)
    assert b"a key from Anna" in done.stdout
    assert not set(done.stderr.decode().splitlines()) & SLOW


def test_a_step_of_a_plan_waits_for_no_module_that_it_does_not_need(repo: RepoBuilder) -> None:
    """Each phase has a dozen, of which most find nothing to do; one that is no ticket's comes as far."""
    words = (*("conduct", "step", "fix", "PLAN-20261119-001", "1", "--round", "1", "--"), "worker", "--json")
    command = [sys.executable, "-I", "-S", "-c", LOADED, str(PROJECT_ROOT), sysconfig.get_path("purelib"), *words]
    done = subprocess.run(command, cwd=repo.root, capture_output=True, check=False, timeout=60)
    error, *_, loaded = (part.split("\n") for part in done.stderr.decode().partition("sys\n"))
    assert (done.returncode, error[0]) == (2, "Error: Steps are run by the pipeline of a plan, and by nothing else.")
    assert not {name.partition(".")[0] for name in loaded} & NOT_NEEDED
    assert len(loaded) <= MOST_OF_A_STEP


def test_only_the_command_that_is_asked_for_is_prepared() -> None:
    """Typer takes as long for each command as a bare interpreter takes to start."""
    assert [one.name for one in app_for(["status"]).registered_commands] == ["status"]
    assert [one.name for one in app_for(["-C", "x", "undo", "--list"]).registered_commands] == ["undo"]
    (group,) = app_for(["conduct", "status", "--json"]).registered_groups
    assert group.typer_instance is not None
    assert (group.name, [one.name for one in group.typer_instance.registered_commands]) == ("conduct", ["status"])
    for words in ([], ["--help"], ["stauts"], ["-C"]):
        assert app_for(words) is app
    for word in ("", "--help", "stauts"):
        assert app_for(["conduct", word]).registered_groups[0].typer_instance is conduct.app


def test_a_command_leaves_without_taking_apart_what_it_has_loaded(paused: RepoBuilder) -> None:
    """That would take as long as starting a bare interpreter; what was written is there, and so is the exit code."""
    script = "import atexit, volon.__main__ as m; atexit.register(print, 'taken apart'); m.run()"
    command = [sys.executable, "-c", script, "status"]
    env = volon_environment()
    done = subprocess.run(command, cwd=paused.root, env=env, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Retry with backoff" in done.stdout
    assert b"taken apart" not in done.stdout
