"""The oracle is awake: each promise that is broken by hand in a good repository is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash import oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = ".volon/tasks/TASK-20261119-001.md"
CAPSULE = ".volon/pcc/tasks/TASK-20261119-001.md"
CHECKPOINT = ".design/checkpoints/01-work-2026-11-19.md"


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> Path:
    """Give a repository with one paused task, in which the oracle finds nothing."""
    volon.ok("task", "start", "Retry")
    repo.write("src/app.py", "changed")
    volon.ok("pause-task", "a note")
    assert oracle.inspect(repo.root) == []
    return repo.root


def edit(path: Path, old: str, new: str) -> None:
    """Change a file, read-only or not."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.chmod(0o644)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def damage(path: Path) -> None:
    """Change the last byte but one."""
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


BREAKAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "status": (lambda root: edit(root / TASK, "status: paused", "status: doing"), "its capsule was not resumed"),
    "unknown status": (lambda root: edit(root / TASK, "status: paused", "status: asleep"), "has status asleep"),
    "task id": (lambda root: edit(root / TASK, "id: TASK-20261119-001", "id: TASK-20261119-009"), "says it is"),
    "capsule gone": (lambda root: (root / CAPSULE).unlink(), "its capsule is missing"),
    "capsule edited": (lambda root: edit(root / CAPSULE, "a note", "another"), "is not what its checkpoint embeds"),
    "capsule of another pause": (lambda root: edit(root / CAPSULE, 'uid: "01', 'uid: "02'), "has uid"),
    "checkpoint edited": (lambda root: edit(root / CHECKPOINT, "**Stage**: work", "**Stage**: x"), "own digest"),
    "capsule in the checkpoint": (lambda root: edit(root / CHECKPOINT, "## Goal", "## Gaol"), "the embedded capsule"),
    "checkpoint renamed": (
        lambda root: (root / CHECKPOINT).rename((root / CHECKPOINT).with_name("02-work-2026-11-19.md")),
        "has number 1",
    ),
    "checkpoint doubled": (
        lambda root: (
            (root / CHECKPOINT).with_name("02-work-2026-11-19.md").write_bytes((root / CHECKPOINT).read_bytes())
        ),
        "checkpoint uid",
    ),
    "checkpoint writable": (lambda root: (root / CHECKPOINT).chmod(0o644), "can be written"),
    "bootstrap points elsewhere": (
        lambda root: edit(root / ".volon/bootstrap.md", "TASK-20261119-001", "TASK-20261119-007"),
        "bootstrap points to",
    ),
    "handoff gone": (lambda root: (root / ".design/HANDOFF.md").unlink(), "HANDOFF points to nothing"),
    "run log torn": (lambda root: damage(root / ".volon/logs/run.jsonl"), "run log"),
    "journal left": (lambda root: (root / ".git/volon/journal").write_bytes(b""), "unfinished: journal"),
    "temporary left": (lambda root: (root / ".volon/.volon-tmp-x").touch(), "left over"),
    "operation damaged": (lambda root: damage(max((root / ".git/volon/ops").iterdir())), "is damaged"),
    "lock left": (lambda root: (root / ".git/index.lock").touch(), "left-over lock index.lock"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_is_broken_is_named(paused: Path, name: str) -> None:
    breakage, sentence = BREAKAGES[name]
    breakage(paused)
    found = oracle.inspect(paused)
    assert any(sentence in one for one in found), found


def test_a_lost_object_is_named(paused: Path, repo: RepoBuilder) -> None:
    ref = repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/paused/").split()[0]
    blob = repo.git("ls-tree", "-r", ref).split()[2]
    repo.loosen()
    (paused / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = oracle.inspect(paused)
    assert any("git fsck" in one for one in found)
    assert any("cannot be read" in one for one in found)


def test_a_pause_that_only_the_refs_know_is_named(paused: Path, repo: RepoBuilder) -> None:
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/volon/paused/").split()[0]
    repo.git("update-ref", "-d", ref)
    assert any("its newest event is none" in one for one in oracle.inspect(paused))


USER_CHANGES: dict[str, Callable[[RepoBuilder], object]] = {
    "a file": lambda repo: repo.write("src/app.py", "lost"),
    "a mode": lambda repo: (repo.root / "src/app.py").chmod(0o755),
    "a new file": lambda repo: repo.write("new.txt"),
    "the index": lambda repo: repo.git("add", "-A"),
    "a branch": lambda repo: repo.git("branch", "other"),
    "HEAD": lambda repo: repo.git("switch", "-q", "-c", "other"),
    "a tag": lambda repo: repo.git("tag", "v1"),
    "the stash": lambda repo: repo.git("stash", "-q"),
    "a reflog": lambda repo: (repo.root / ".git/logs/HEAD").write_text(""),
    "the configuration": lambda repo: repo.git("config", "volon.x", "1"),
    "the exclude file": lambda repo: (repo.root / ".git/info/exclude").write_text("*.o\n"),
    "a design file": lambda repo: repo.write(".design/TODO.md", "- [ ] one"),
}


@pytest.mark.parametrize("name", USER_CHANGES)
def test_every_change_to_what_is_the_users_is_named(paused: Path, repo: RepoBuilder, name: str) -> None:
    before = oracle.Before.of(paused)
    assert oracle.inspect(paused, before) == []
    USER_CHANGES[name](repo)
    assert any("changed:" in one for one in oracle.inspect(paused, before))


def test_immutable_means_neither_rewritten_nor_gone(paused: Path) -> None:
    before = oracle.Before.of(paused)
    edit(paused / CHECKPOINT, "a note", "another")
    assert any("was rewritten" in one for one in oracle.inspect(paused, before))
    (paused / CHECKPOINT).unlink()
    assert any("is gone" in one for one in oracle.inspect(paused, before))
    assert not any("is gone" in one for one in oracle.inspect(paused, before, undone=True))


def test_the_oracle_shares_no_code_with_volon() -> None:
    source = Path(oracle.__file__).read_text(encoding="utf-8")
    assert "import volon" not in source
    assert "from volon" not in source
    assert "from tests" not in source


def test_the_tiny_reader_agrees_with_json_on_quoted_values() -> None:
    text = 'a "quoted" \\ value \u00e9\n'
    assert oracle.front(f"---\nx: {json.dumps(text)}\ny: null\nz: plain: text\n---\n".encode()) == {
        "x": text,
        "y": "",
        "z": "plain: text",
    }
