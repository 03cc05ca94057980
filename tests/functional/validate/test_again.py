"""`validate` of the capsules at the front door: what it says is what the long way says, or it says nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.functional.test_prompt import COUNTING
from tests.functional.validate.conftest import FILES, TASK
from tests.functional.validate.test_many import CHANGES, SEVENTH, name_of
from tests.support.running import PROJECT_ROOT, volon_environment
from volon import cached, peek
from volon.__main__ import answered
from volon.usecases.validating import ruled
from volon.usecases.validating.again import checked_again

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

MANY, MOST_MODULES = peek.LEAST, 58
WHERE = ".volon/pcc/tasks"


@pytest.fixture(params=[1, MANY], ids=["one checkpoint", "many checkpoints"])
def known(
    paused: RepoBuilder,
    volon: VolonInProcess,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    request: pytest.FixtureRequest,
) -> RepoBuilder:
    """One real pause, and many like it with tasks, or also with checkpoints, of their own, looked at twice."""
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for number in range(MANY):
        for kind in ("task", "capsule"):
            path = FILES[kind].replace(TASK, name_of(number))
            paused.write(path, paused.read(FILES[kind]).decode().replace(TASK, name_of(number)))
    for number in range(10, 10 + request.param - 1):
        copy = FILES["checkpoint"].replace("/01", f"/{number}")
        paused.write(copy, _sealed(paused.read(FILES["checkpoint"]).decode(), number))
    volon.cwd = paused.root
    for _ in range(3):
        volon.ok("validate", WHERE)
    return paused


def _sealed(text: str, number: int) -> str:
    text = text.replace("number: 1\n", f"number: {number}\n", 1)
    bare = re.sub(r"^content_sha256: .*\n", "", text, count=1, flags=re.MULTILINE)
    stamp = f'content_sha256: "{sha256(bare.encode()).hexdigest()}"\n'
    return re.sub(r"^content_sha256: .*\n", stamp, text, count=1, flags=re.MULTILINE)


def again(repo: RepoBuilder, path: str = WHERE) -> int | None:
    return checked_again(str(repo.root), str(repo.root / path))


def test_capsules_that_nobody_touches_are_checked_at_the_front_door(
    known: RepoBuilder, volon: VolonInProcess, capfd: pytest.CaptureFixture[str], opened: list[str]
) -> None:
    opened.clear()
    assert answered(["-C", str(known.root), "validate", WHERE])
    assert capfd.readouterr().out == volon.ok("validate", WHERE) == f"{MANY + 1} records checked, no problems.\n"
    assert opened == []


def test_no_program_is_started_for_it_and_next_to_nothing_loaded(known: RepoBuilder, home: Path) -> None:
    argv = [sys.executable, "-I", "-S", "-c", COUNTING, str(PROJECT_ROOT), "validate", WHERE]
    env = {**volon_environment(), "XDG_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(argv, cwd=known.root, env=env, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.decode()) == (0, f"{MANY + 1} records checked, no problems.\n")
    assert int(done.stderr) <= MOST_MODULES


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_takes_the_long_way(known: RepoBuilder, volon: VolonInProcess, change: str) -> None:
    assert again(known) == MANY + 1
    deed, rule, _ = CHANGES[change]
    deed(known)
    assert again(known) is None
    assert rule in volon("validate", WHERE, "--json").out
    assert again(known) is None


HARMLESS: dict[str, Callable[[RepoBuilder], object]] = {
    "one more capsule": lambda repo: repo.write(
        FILES["capsule"].replace(TASK, "TASK-20250101-900"),
        repo.read(FILES["capsule"]).decode().replace(TASK, name_of(3)),
    ),
    "a word of the plan": lambda repo: repo.write(
        SEVENTH, repo.read(SEVENTH).decode().replace("Double the wait", "Triple the wait")
    ),
    "one more checkpoint": lambda repo: repo.write(
        FILES["checkpoint"].replace("/01", "/900"), repo.read(FILES["checkpoint"])
    ),
    "another file": lambda repo: repo.write(f"{WHERE}/notes.txt", "no record"),
    "a finished operation": lambda repo: repo.write(".git/volon/journal", b"VOLON1\n"),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_changes_nothing_is_looked_at_once_more(known: RepoBuilder, volon: VolonInProcess, change: str) -> None:
    HARMLESS[change](known)
    assert again(known) is None
    for _ in range(3):
        said = volon("validate", WHERE)
        number = again(known)
        assert number is None or said.out == f"{number} records checked, no problems.\n"


def test_packed_objects_and_refs_are_found(known: RepoBuilder) -> None:
    known.git("branch", "aside")
    known.git("gc", "-q", "--prune=now")
    known.git("switch", "-q", "--detach")
    assert again(known) == MANY + 1


@pytest.mark.parametrize("path", ["", ".volon", ".volon/tasks", SEVENTH, "elsewhere"])
def test_other_records_take_the_long_way(known: RepoBuilder, path: str) -> None:
    assert again(known, path) is None
    assert again(known, f"{WHERE}/") == MANY + 1


def test_what_other_rules_have_said_is_not_believed(known: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruled, "_known", [1])
    assert again(known) is None


def test_without_the_cache_it_takes_the_long_way_and_looks_at_no_capsule_before(
    known: RepoBuilder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    stat = os.stat

    def noting(path: str | int, **how: Any) -> os.stat_result:  # noqa: ANN401
        looked.append(str(path))
        return stat(path, **how)

    monkeypatch.setattr(os, "stat", noting)
    [kept] = (home / "cache/volon").glob("sound-*")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert again(known) is None
    kept.unlink()
    assert again(known) is None
    assert [name for name in looked if name.startswith("TASK-")] == []
