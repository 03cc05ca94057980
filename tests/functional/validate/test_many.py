"""Many capsules: each is read once and then known, whatever changes is seen, and the answer is that of looking at all.

What a directory of many files and a damaged cache have to stand is in `tests/functional/test_many.py`.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.functional.validate.conftest import FILES, TASK
from volon import cached, copies, peek
from volon.repo.git import Git
from volon.store import shelf
from volon.store.store import Store
from volon.usecases.validating import survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

MANY = 40


def name_of(number: int) -> str:
    return f"TASK-20250101-{number:03d}"


@pytest.fixture
def crowd(paused: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> RepoBuilder:
    """One real pause, and many like it with tasks of their own; all are at rest, and so many count as many."""
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))
    monkeypatch.setattr(peek, "LEAST", MANY)
    for number in range(MANY):
        for kind in ("task", "capsule"):
            path = FILES[kind].replace(TASK, name_of(number))
            paused.write(path, paused.read(FILES[kind]).decode().replace(TASK, name_of(number)))
    return paused


def answer(volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is wrong, by rule and path: from the cache, and by looking at each, which have to say the same."""
    quick = volon("validate", "--json")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "read_rows", lambda *_: None)
        assert volon("validate", "--json") == quick
    return [(one["rule"], one["path"]) for one in json.loads(quick.out)["problems"]]


def test_a_capsule_that_nobody_touches_is_read_once(
    crowd: RepoBuilder, volon: VolonInProcess, opened: list[str]
) -> None:
    volon.cwd = crowd.root
    first = volon.ok("validate", "--json")
    assert len(opened) == MANY + 1
    opened.clear()
    assert volon.ok("validate", "--json") == first
    assert opened == []
    path = crowd.root / FILES["capsule"].replace(TASK, name_of(7))
    path.write_text(path.read_text().replace("Double the wait", "Triple the wait"))
    assert volon.ok("validate", "--json") == first
    assert opened == [path.name]


def test_all_of_them_together_ask_git_twice(
    crowd: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[str] = []
    ask = Git.ask

    def noting(self: Git, *args: str, **options: Any) -> tuple[int, bytes]:  # noqa: ANN401
        words.append(args[0])
        return ask(self, *args, **options)

    monkeypatch.setattr(Git, "ask", noting)
    volon.cwd = crowd.root
    for _ in range(2):
        volon.ok("validate", ".volon/pcc/tasks")
    assert words == ["cat-file", "for-each-ref"] * 2


def test_rows_that_other_rules_have_made_are_not_believed(
    crowd: RepoBuilder, volon: VolonInProcess, opened: list[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    volon.cwd = crowd.root
    first = volon.ok("validate", "--json")
    kept = list((home / "cache/volon").iterdir())
    opened.clear()
    monkeypatch.setattr(survey, "rules", lambda: 1)
    assert volon.ok("validate", "--json") == first
    assert len(opened) == MANY + 1
    assert list((home / "cache/volon").iterdir()) == kept


def _capsule(change: Callable[[str], str]) -> Callable[[RepoBuilder], object]:
    def changed(repo: RepoBuilder) -> None:
        path = repo.root / FILES["capsule"].replace(TASK, name_of(7))
        found = path.stat()
        text = change(path.read_text())
        assert text != path.read_text()
        path.write_text(text)
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    return changed


def _deleted(path: str) -> Callable[[RepoBuilder], object]:
    return lambda repo: (repo.root / path).unlink()


def _linked(repo: RepoBuilder) -> None:
    path = repo.root / FILES["capsule"].replace(TASK, name_of(7))
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt").name)


def _without_objects(repo: RepoBuilder) -> None:
    oid = repo.git("rev-parse", "HEAD").strip()
    repo.git("update-ref", "refs/heads/feat/retry", "HEAD~1")
    (repo.root / ".git/objects" / oid[:2] / oid[2:]).unlink()


ALL = [FILES["capsule"].replace(TASK, name) for name in (*map(name_of, range(MANY)), TASK)]
SEVENTH = FILES["capsule"].replace(TASK, name_of(7))
CHANGES: dict[str, tuple[Callable[[RepoBuilder], object], str, list[str]]] = {
    "a section, same size, time put back": (
        _capsule(lambda text: text.replace("## Evidence", "## Evidense")),
        "capsule.section-missing",
        [SEVENTH],
    ),
    "the branch": (
        _capsule(lambda text: text.replace("feat/retry", "feat/rerty")),
        "claim.differs",
        [SEVENTH],
    ),
    "a key file": (
        _capsule(lambda text: text.replace("src/old.py", "src/odd.py")),
        "claim.path-missing",
        [SEVENTH],
    ),
    "a link in its place": (_linked, "record.unreadable", [SEVENTH]),
    "a task that is gone": (
        _deleted(FILES["task"].replace(TASK, name_of(7))),
        "claim.task-missing",
        [SEVENTH],
    ),
    "the checkpoint that is gone": (_deleted(FILES["checkpoint"]), "claim.checkpoint-missing", ALL),
    "a file that is gone, and committed so": (
        lambda repo: (repo.git("rm", "-q", "src/old.py"), repo.git("commit", "-q", "-m", "Remove")),
        "claim.path-gone",
        ALL,
    ),
    "the branch renamed": (
        lambda repo: repo.git("branch", "-m", "feat/retry", "feat/other"),
        "claim.branch-renamed",
        ALL,
    ),
    "the commit that is gone": (_without_objects, "claim.unverified", ALL),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_changes_the_answer(
    crowd: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    volon.cwd = crowd.root
    assert answer(volon, monkeypatch) == []
    deed, rule, paths = CHANGES[change]
    deed(crowd)
    found = answer(volon, monkeypatch)
    assert {path for one, path in found if one == rule} == set(paths)
    assert answer(volon, monkeypatch) == found


def test_capsules_that_come_and_go_are_counted(
    crowd: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    volon.cwd = crowd.root
    count = json.loads(volon.ok("validate", "--json"))["checked"]
    (crowd.root / SEVENTH).unlink()
    crowd.write(".volon/pcc/tasks/notes.txt", "no record")
    crowd.write(".volon/pcc/tasks/bad.md", "---\n")
    found = volon("validate", "--json")
    assert json.loads(found.out)["checked"] == count
    assert answer(volon, monkeypatch) == [("frontmatter.unclosed", ".volon/pcc/tasks/bad.md")]


def test_one_of_many_is_looked_at_alone(crowd: RepoBuilder, volon: VolonInProcess, opened: list[str]) -> None:
    volon.cwd = crowd.root
    assert json.loads(volon.ok("validate", "--json", SEVENTH))["checked"] == 1
    assert opened == []


def test_copies_of_the_process_say_the_same(
    crowd: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    volon.cwd = crowd.root
    _capsule(lambda text: text.replace("## Evidence", "## Evidense"))(crowd)
    alone = volon("validate", "--json")
    shutil.rmtree(home / "cache/volon")
    monkeypatch.setattr(shelf, "_WORTH_A_COPY", 10)
    monkeypatch.setattr(copies, "processors", lambda: 3)
    assert volon("validate", "--json") == alone
    assert volon("validate", "--json") == alone
