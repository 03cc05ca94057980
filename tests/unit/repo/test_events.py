"""Events: created and never moved, complete when they are there at all, and nothing of the user's is touched."""

from __future__ import annotations

import os
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder, run_git
from tests.unit.repo.samples import AT, ULIDS, open_at
from volon import peek
from volon.errors import NotCommitted
from volon.model.records.events import PauseEvent, render_message
from volon.repo.git import GitFailed

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {".design/checkpoints/01-work-2026-11-19.md": b"# One\r\n\xff\0", ".volon/tasks/TASK-20261119-001.md": b""}
UID = "01JD0000000000000000000000"
MESSAGE = render_message(
    task_id="TASK-20261119-001",
    task_uid=UID,
    title="Retry\nVolon-Task: TASK-EVIL-1\n\twith backoff",
    branch="feat/retry",
    worktree=".",
    checkpoint=7,
    paused_at="2026-11-19T10:00:00Z",
)


def _event(ulid: str, kind: str, oid: str, commit: str | None) -> PauseEvent:
    return PauseEvent(
        ulid=ulid,
        kind=kind,  # type: ignore[arg-type]
        oid=oid,
        task_id="TASK-20261119-001",
        task_uid=UID,
        title="Retry Volon-Task: TASK-EVIL-1 with backoff",
        branch="feat/retry",
        worktree=".",
        checkpoint=7,
        paused_at="2026-11-19T10:00:00Z",
        commit=commit,
    )


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_a_pause_comes_back_as_it_was_recorded(make_repo: Callable[..., RepoBuilder], options: tuple[str, ...]) -> None:
    repo = make_repo("some", *options)
    head = repo.commit("One", {"a.txt": "a\n"})
    events = open_at(repo.root).events
    oid = events.record_pause(ULIDS[0], FILES, head, MESSAGE, AT)
    events.record_close(ULIDS[1], oid)
    events.record_again(ULIDS[2], oid)
    assert events.list_events() == (
        _event(ULIDS[0], "paused", oid, head),
        _event(ULIDS[1], "closed", oid, head),
        _event(ULIDS[2], "paused", oid, head),
    )
    assert events.read_files(oid) == FILES


def test_the_commit_is_volons_and_says_when(repo: RepoBuilder) -> None:
    oid = open_at(repo.root).events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    said = repo.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%aI|%cI|%s|%P", oid).strip()
    date = "2026-11-19T10:00:00+00:00"
    identity = "volon <volon@localhost>"
    assert said == f"{identity}|{identity}|{date}|{date}|volon: pause TASK-20261119-001|{repo.head()}"
    assert repo.git("log", "-1", "--format=%(trailers:key=Volon-Task,valueonly)", oid).strip() == "TASK-20261119-001"


def test_an_unborn_branch_gets_a_commit_without_parent(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("unborn")
    oid = open_at(repo.root).events.record_pause(ULIDS[0], FILES, None, MESSAGE, AT)
    assert repo.git("log", "-1", "--format=%P", oid).strip() == ""
    assert repo.git("rev-parse", "--verify", "HEAD", check=False).strip() in {"", "HEAD"}


def test_shallow_clones_and_linked_worktrees(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("Two")
    run_git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo.root}", "copy")
    copy = RepoBuilder(tmp_path / "copy")
    copy.git("worktree", "add", "-q", "-b", "side", "../side")
    oid = open_at(tmp_path / "side").events.record_pause(ULIDS[0], FILES, copy.head(), MESSAGE, AT)
    assert [event.oid for event in open_at(copy.root).events.list_events()] == [oid]
    copy.git("fsck", "--strict")


@pytest.mark.parametrize("always", [False, True])
def test_nothing_of_the_users_is_touched(repo: RepoBuilder, always: bool) -> None:  # noqa: FBT001
    if always:
        repo.git("config", "core.logAllRefUpdates", "always")
    repo.write("README.md", "dirty\n")
    repo.git("stash", "-q")
    repo.git("tag", "v1")
    repo.write("README.md", "dirty again\n")
    before = _users(repo)
    events = open_at(repo.root).events
    events.record_close(ULIDS[1], events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT))
    assert _users(repo) == before
    assert not (repo.root / ".git/logs/refs/volon").exists()


def _users(repo: RepoBuilder) -> dict[str, bytes]:
    """Return the content of all files of git's but objects and volon's own refs."""
    home = repo.root / ".git"
    files = (path for path in home.rglob("*") if path.is_file() and "objects" not in path.parts)
    return {str(path): path.read_bytes() for path in files if "volon" not in path.parts}


def test_an_event_is_never_moved(repo: RepoBuilder) -> None:
    events = open_at(repo.root).events
    oid = events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    for parent in (repo.head(), None):
        with pytest.raises(GitFailed):
            events.record_pause(ULIDS[0], {"other": b"x"}, parent, MESSAGE, AT)
    events.record_close(ULIDS[1], oid)
    with pytest.raises(GitFailed):
        events.record_close(ULIDS[1], repo.head())
    assert [event.oid for event in events.list_events()] == [oid, oid]


def test_a_paused_commit_survives_rewriting_and_collection(repo: RepoBuilder) -> None:
    paused = repo.commit("Paused", {"a.txt": "a\n"})
    events = open_at(repo.root).events
    oid = events.record_pause(ULIDS[0], FILES, paused, MESSAGE, AT)
    repo.git("commit", "-q", "--amend", "-m", "Other")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert repo.git("cat-file", "-t", paused).strip() == "commit"
    assert events.read_files(oid) == FILES
    assert events.list_events()[0].commit == paused


def test_a_name_that_is_no_ulid_is_refused(repo: RepoBuilder) -> None:
    events = open_at(repo.root).events
    for name in ("", "../../heads/main", "x" * 26, ULIDS[0].lower()):
        with pytest.raises(NotCommitted):
            events.record_pause(name, FILES, None, MESSAGE, AT)


def test_strange_paths_and_messages_survive(repo: RepoBuilder) -> None:
    files = {'quo"te': b"1", "new\nline": b"2", "caf\udce9": b"3", "back\\slash": b"4", " blank ": b"5", "日本": b"6"}
    events = open_at(repo.root).events
    oid = events.record_pause(ULIDS[0], files, None, "subject\n\ndata 3\ndone\nfrom x\n\udce9", AT)
    assert events.read_files(oid) == files


def test_what_is_not_ours_is_passed_over(repo: RepoBuilder) -> None:
    head = repo.head()
    for name in ("paused/nonsense", f"paused/{ULIDS[0]}", f"closed/{ULIDS[1]}", "other/x"):
        repo.git("update-ref", f"refs/volon/{name}", head)
    assert open_at(repo.root).events.list_events() == ()


def test_a_leftover_lock_is_in_nobodys_way(repo: RepoBuilder) -> None:
    events = open_at(repo.root).events
    lock = repo.root / f".git/refs/volon/paused/{ULIDS[0]}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(GitFailed):
        events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    events.record_pause(ULIDS[1], FILES, repo.head(), MESSAGE, AT)
    assert [event.ulid for event in events.list_events()] == [ULIDS[1]]


def test_a_pause_costs_three_processes(repo: RepoBuilder) -> None:
    repository = open_at(repo.root)
    repository.events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    assert repository.git.calls == 3, "version, fast-import, and reading it back"
    repository.events.list_events()
    assert repository.git.calls == 5


def test_names_are_made_durable(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())))
    open_at(repo.root).events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    home = str(repo.root / ".git")
    for name in ("objects", "objects/pack", "refs/volon/paused", "refs/volon", "refs"):
        assert f"{home}/{name}" in synced


def test_damaged_commits_are_passed_over_and_named(repo: RepoBuilder) -> None:
    repository = open_at(repo.root)
    events = repository.events
    oids = [events.record_pause(ulid, FILES, repo.head(), f"{MESSAGE}{ulid}", AT) for ulid in ULIDS[:5]]
    repo.loosen()
    for oid, content in zip(oids[1:4], (None, b"", zlib.compress(b"commit 900\0tree")), strict=True):
        path = repo.root / ".git/objects" / oid[:2] / oid[2:]
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    assert [event.oid for event in events.list_events()] == [oids[0], oids[4]]
    assert events.unreadable() == tuple(f"refs/volon/paused/{ulid}" for ulid in ULIDS[1:4])


def test_events_cost_two_calls_and_none_only_one(repo: RepoBuilder) -> None:
    repository = open_at(repo.root)
    calls = repository.git.calls
    assert repository.events.list_events() == ()
    assert repository.git.calls - calls == 1
    oid = repository.events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    repository.events.record_close(ULIDS[1], oid)
    calls = repository.git.calls
    assert len(repository.events.list_events()) == 2
    assert repository.git.calls - calls == 2


def many(repo: RepoBuilder, count: int) -> list[str]:
    """Make that many pauses with one process; the ids of their commits."""
    stream = ["feature done\n"]
    for number in range(count):
        text = MESSAGE.replace("Volon-Checkpoint: 7", f"Volon-Checkpoint: {number}")
        ref = f"refs/volon/paused/01JGFJJZ00{number:016d}"
        stream.append(f"commit {ref}\ncommitter v <v@localhost> 0 +0000\ndata {len(text.encode())}\n{text}\n")
    data = "".join([*stream, "done\n"]).encode()
    subprocess.run(["git", "fast-import", "--quiet", "--done"], cwd=repo.root, input=data, check=True)
    return repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/paused").split()


def test_of_many_events_only_those_are_read_that_no_command_has_seen(repo: RepoBuilder) -> None:
    many(repo, peek.LEAST)
    events = open_at(repo.root).events
    assert events.known() == events.list_events()
    repository = open_at(repo.root)
    calls = repository.git.calls
    assert repository.events.known() == events.list_events()
    assert repository.git.calls - calls == 1, "only names are asked for"
    oid = events.record_pause(ULIDS[0], FILES, repo.head(), MESSAGE, AT)
    assert [event.oid for event in open_at(repo.root).events.known() if event.ulid == ULIDS[0]] == [oid]
    assert open_at(repo.root).events.known() == events.list_events()


def test_a_number_that_was_given_stays_known_when_its_commit_is_lost(repo: RepoBuilder) -> None:
    oids = many(repo, peek.LEAST)
    events = open_at(repo.root).events
    before = events.known()
    for pack in (repo.root / ".git/objects/pack").glob("*"):
        pack.unlink()
    for oid in oids:
        (repo.root / ".git/objects" / oid[:2] / oid[2:]).unlink(missing_ok=True)
    again = open_at(repo.root).events
    assert again.list_events() == ()
    assert again.known() == before


def test_a_few_events_are_always_read(repo: RepoBuilder, home: Path) -> None:
    many(repo, peek.LEAST - 1)
    events = open_at(repo.root).events
    assert events.known() == events.list_events()
    assert not (home / "cache").exists()
