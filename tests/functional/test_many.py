"""Large directories: a record is read once and then known, and whatever happens to it is seen.

The counts are the promise; times are only reported (docs/BENCHMARKS.md).
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from volon import cached, peek
from volon.cli import promptline
from volon.model.quick import TaskRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess
    from volon.workspace import Workspace

MANY = 2 * peek.LEAST


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has just written counts as at rest."""
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))


@pytest.fixture
def crowd(repo: RepoBuilder, volon: VolonInProcess) -> Path:
    """The directory of many tasks, one of them paused."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", "untested")
    where = repo.root / ".volon/tasks"
    for number in range(MANY):
        (where / f"{name_of(number)}.md").write_bytes(task(number, "todo" if number % 10 == 0 else "done"))
    return where


def name_of(number: int) -> str:
    """The id of one of the crowd."""
    return f"TASK-20250101-{number:03d}"


def task(number: int, status: str, title: str = "Work item") -> bytes:
    """A task as volon writes it."""
    return (
        f"---\nid: {name_of(number)}\ntitle: {title}\nstatus: {status}\npriority: B\ntype: task\ntags: []\n"
        f'updated_at: "2025-01-01T00:00:00Z"\nuid: "01JGFJJZ00{number:016d}"\n---\n\n# {title}\n'
    ).encode()


def cache_of(home: Path) -> Path:
    """Where rows are kept."""
    return home / "cache/volon"


@pytest.mark.usefixtures("settled")
def test_a_task_that_nobody_touches_is_read_once(
    crowd: Path, volon: VolonInProcess, opened: list[str], home: Path
) -> None:
    first = volon.ok("task", "list", "--json")
    assert len(opened) == MANY + 1
    opened.clear()
    assert volon.ok("task", "list", "--json") == first
    assert opened == []
    (crowd / f"{name_of(7)}.md").write_bytes(task(7, "todo"))
    assert volon.ok("task", "list", "--json") != first
    assert opened == [f"{name_of(7)}.md"]
    [kept] = cache_of(home).iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("crowd")
def test_what_was_written_a_moment_ago_is_not_relied_on(volon: VolonInProcess, opened: list[str], home: Path) -> None:
    """The clock of a file system may be too coarse to show that a file was changed once more."""
    volon.ok("task", "list")
    opened.clear()
    volon.ok("task", "list")
    assert len(opened) == MANY + 1
    assert not cache_of(home).exists()


@pytest.mark.usefixtures("settled")
def test_a_few_records_leave_nothing_in_the_cache(repo: RepoBuilder, volon: VolonInProcess, home: Path) -> None:
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", "untested")
    volon.ok("task", "list")
    assert not cache_of(home).exists()


def _same_size_and_time(path: Path) -> None:
    found = path.stat()
    path.write_bytes(path.read_bytes().replace(b"status: done", b"status: todo"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _replaced(path: Path) -> None:
    found = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().replace(b"Work item", b"Wirk item"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.rename(path)


def _linked(path: Path) -> None:
    (path.parent.parent / "away.md").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to("../away.md")


def _a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "in place, same size, time put back": _same_size_and_time,
    "another file under its name": _replaced,
    "a symbolic link": _linked,
    "gone": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name(f"{name_of(900)}.md")),
    "swapped": lambda path: path.write_bytes(task(7, "doing")),
    "written by hand": lambda path: path.write_bytes(b"---\nstatus:   doing\nid: X-1\ntitle: >\n  a\n---\n"),
    "not text": lambda path: path.write_bytes(b"\xff"),
    "conflicting": lambda path: path.write_bytes(b"<<<<<<< a\n=======\n>>>>>>> b\n"),
    "a directory": _a_directory,
    "a new one": lambda path: path.with_name(f"{name_of(901)}.md").write_bytes(task(901, "todo")),
}


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_happens_to_a_task_is_seen(
    crowd: Path, volon: VolonInProcess, home: Path, change: Callable[[Path], object]
) -> None:
    volon.ok("task", "list")
    change(crowd / f"{name_of(5)}.md")
    for words in (("task", "list", "--json"), ("status", "--json"), ("prompt",), ("status", "--porcelain")):
        known = volon(*words)
        assert known == volon(*words, env={"XDG_CACHE_HOME": str(home / "nothing-in-here")}), words


def forged(home: Path) -> bytes:
    """The cache, made again with another title for each task."""
    [kept] = cache_of(home).iterdir()
    rows = cached.decode(kept.read_bytes(), TaskRow.KIND)
    assert len(rows) == MANY + 1
    return cached.encode({key: text.replace("Work item", "Forged") for key, text in rows.items()}, TaskRow.KIND)


@pytest.mark.usefixtures("settled", "crowd")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:99] + b"\0" + data[100:],
        lambda data: data.replace(b" tasks-1 ", b" tasks-0 ", 1),
        lambda data: data.replace(b"volon ", b"volon 0", 1),
        lambda data: b"\0" * len(data),
        lambda _data: b"",
    ],
)
def test_a_damaged_cache_is_as_good_as_none(
    volon: VolonInProcess, home: Path, damage: Callable[[bytes], bytes]
) -> None:
    truth = volon.ok("task", "list", "--json")
    data = damage(forged(home))
    [kept] = cache_of(home).iterdir()
    kept.write_bytes(data)
    assert volon.ok("task", "list", "--json") == truth
    assert b"Forged" not in kept.read_bytes()


def _through_a_link(kept: Path) -> None:
    kept.rename(kept.with_name("elsewhere"))
    kept.symlink_to("elsewhere")


def _directory_through_a_link(kept: Path) -> None:
    kept.parent.rename(kept.parent.with_name("elsewhere"))
    kept.parent.symlink_to("elsewhere")


def _pipe(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)


@pytest.mark.usefixtures("settled", "crowd")
@pytest.mark.parametrize(
    "expose",
    [
        lambda kept: kept.chmod(0o660),
        lambda kept: kept.chmod(0o602),
        lambda kept: kept.parent.chmod(0o770),
        lambda kept: os.link(kept, kept.with_name("second")),
        _through_a_link,
        _directory_through_a_link,
        _pipe,
    ],
)
def test_what_somebody_else_could_have_written_is_not_believed(
    volon: VolonInProcess, home: Path, expose: Callable[[Path], object]
) -> None:
    truth = volon.ok("task", "list", "--json")
    [kept] = cache_of(home).iterdir()
    kept.write_bytes(forged(home))
    assert "Forged" in volon.ok("task", "list", "--json"), "the forgery would work"
    expose(kept)
    assert volon.ok("task", "list", "--json") == truth


@pytest.mark.usefixtures("settled", "crowd")
def test_a_cache_that_came_with_the_repository_is_not_believed(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    truth = volon.ok("task", "list", "--json")
    [kept] = cache_of(home).iterdir()
    for inside in (repo.root, repo.root / ".git", repo.root / "src"):
        planted = inside / "volon" / kept.name
        planted.parent.mkdir(exist_ok=True)
        planted.write_bytes(forged(home))
        planted.chmod(0o600)
        assert volon.ok("task", "list", "--json", XDG_CACHE_HOME=str(inside)) == truth
        assert b"Forged" in planted.read_bytes(), "and nothing is written there"


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("block", ["no home", "relative", "a file", "not writable"])
def test_without_a_cache_everything_works(crowd: Path, volon: VolonInProcess, home: Path, block: str) -> None:
    env = {"XDG_CACHE_HOME": str(home / "here")}
    if block == "no home":
        env = {"XDG_CACHE_HOME": "", "HOME": ""}
    elif block == "relative":
        env = {"XDG_CACHE_HOME": "here", "HOME": ""}
    elif block == "a file":
        (home / "here").write_bytes(b"")
    else:
        (home / "here").mkdir(mode=0o500)
    assert volon("task", "list", "--json", env=env).code == 0
    assert len(json.loads(volon("task", "list", "--json", env=env).out)["tasks"]) == MANY + 1
    assert len(list(crowd.iterdir())) == MANY + 1


@pytest.mark.usefixtures("settled", "crowd")
def test_one_more_pause_beside_many_tasks_reads_its_own_alone(volon: VolonInProcess, opened: list[str]) -> None:
    volon.ok("pause-task", "still untested")
    opened.clear()
    volon.ok("pause-task", "and still")
    assert [name for name in opened if "20250101" in name] == []
    assert len(opened) <= 4


@pytest.fixture
def checkpoints(repo: RepoBuilder, volon: VolonInProcess) -> Path:
    """The directory of many checkpoints, each as sound as the one that volon wrote."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", "untested")
    [written] = (repo.root / ".design/checkpoints").iterdir()
    for number in range(2, MANY):
        text = written.read_text().replace("number: 1\n", f"number: {number}\n")
        text = re.sub(r"^uid: .*$", f'uid: "01JGFJJZ00{number:016d}"', text, count=1, flags=re.MULTILINE)
        bare = re.sub(r"^content_sha256: .*\n", "", text, count=1, flags=re.MULTILINE)
        stamp = f'content_sha256: "{sha256(bare.encode()).hexdigest()}"\n'
        text = re.sub(r"^content_sha256: .*\n", stamp, text, count=1, flags=re.MULTILINE)
        (written.parent / f"{number:02d}-work-2026-11-19.md").write_text(text)
    return written.parent


@pytest.mark.usefixtures("settled", "checkpoints")
def test_a_checkpoint_that_nobody_touches_is_read_once(volon: VolonInProcess, opened: list[str]) -> None:
    first = volon.ok("checkpoint", "list", "--json")
    listed = json.loads(first)["checkpoints"]
    assert len(listed) == MANY - 1
    assert not any(row["problems"] for row in listed)
    assert len([name for name in opened if name.endswith("-work-2026-11-19.md")]) == MANY - 1
    opened.clear()
    assert volon.ok("checkpoint", "list", "--json") == first
    assert [name for name in opened if name.endswith("-work-2026-11-19.md")] == []


def calls_for_each(volon: VolonInProcess, *words: str) -> dict[tuple[str, str], int]:
    """How often a command calls functions of volon, by module and name, for each of so many records."""
    calls: Counter[tuple[str, str]] = Counter()

    def counting(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and f"{os.sep}volon{os.sep}" in frame.f_code.co_filename:
            calls[Path(frame.f_code.co_filename).stem, frame.f_code.co_qualname] += 1

    sys.setprofile(counting)
    try:
        volon.ok(*words)
    finally:
        sys.setprofile(None)
    return {name: count // (MANY - 1) for name, count in calls.items() if count >= MANY - 1}


@pytest.mark.usefixtures("settled", "checkpoints")
def test_a_checkpoint_that_was_read_before_takes_few_calls_to_its_line(volon: VolonInProcess) -> None:
    """From its signature to its two lines."""
    volon.ok("checkpoint", "list")
    calls = calls_for_each(volon, "checkpoint", "list")
    assert sum(calls.values()) <= 15, calls


@pytest.mark.usefixtures("settled")
def test_the_tasks_beside_one_more_pause_are_gone_through_all_at_once(crowd: Path, volon: VolonInProcess) -> None:
    """Whatever looks at them, compares them with what was kept or chooses among them calls nothing for each."""
    volon.ok("pause-task", "still untested")
    calls = calls_for_each(volon, "pause-task", "and still")
    looking = {"peek", "cached", "shelf", "glance", "promptline", "store", "transaction", "views", "records"}
    assert [name for name in calls if name[0] in looking] == []
    assert len(list(crowd.iterdir())) > MANY


@pytest.mark.usefixtures("checkpoints")
def test_a_list_is_the_same_however_its_commands_are_spelled(volon: VolonInProcess) -> None:
    assert volon.ok("-C", ".", "checkpoint", "list", "--json") == volon.ok("checkpoint", "list", "--json")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a word of the capsule": lambda path: path.write_text(path.read_text().replace("Retry", "Retro", 4)),
    "the digest taken out": lambda path: path.write_text(re.sub(r"content_sha256.*\n", "", path.read_text())),
    "line ends": lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")),
    "one more": lambda path: path.with_name("998-work-2026-11-19.md").write_bytes(path.read_bytes()),
    "another name": lambda path: path.rename(path.with_name("999-work-2026-11-20.md")),
    "gone": Path.unlink,
    "not text": lambda path: path.write_bytes(b"\xff"),
}


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_whatever_happens_to_a_checkpoint_is_seen(
    checkpoints: Path, volon: VolonInProcess, home: Path, damage: Callable[[Path], object]
) -> None:
    before = volon.ok("checkpoint", "list", "--json")
    path = checkpoints / "07-work-2026-11-19.md"
    path.chmod(0o644)
    damage(path)
    after = volon("checkpoint", "list", "--json")
    assert after == volon("checkpoint", "list", "--json", env={"XDG_CACHE_HOME": str(home / "nothing-in-here")})
    assert (after.out == before) == (damage is DAMAGES["line ends"])
    text = volon("checkpoint", "list").out
    assert ("changed after it was written" in text) == (damage is DAMAGES["a word of the capsule"])
    assert ("the digest of the file was taken out" in text) == (damage is DAMAGES["the digest taken out"])


@pytest.mark.usefixtures("settled", "checkpoints")
def test_a_checkpoint_is_found_by_its_uid_among_many(volon: VolonInProcess, opened: list[str]) -> None:
    uid = f"01JGFJJZ00{7:016d}"
    volon.ok("checkpoint", "list")
    opened.clear()
    assert json.loads(volon.ok("checkpoint", "show", uid, "--json"))["checkpoint"]["number"] == 7
    assert opened == []


@pytest.mark.usefixtures("settled", "checkpoints")
def test_one_more_pause_beside_many_checkpoints_reads_none_and_takes_the_next_number(
    volon: VolonInProcess, opened: list[str]
) -> None:
    text = volon.ok("pause-task", "still untested")
    assert f"checkpoint {MANY}" in text
    assert [name for name in opened if name.endswith("-work-2026-11-19.md")] == []


@pytest.mark.usefixtures("settled")
def test_the_prompts_line_is_made_of_what_the_command_has_seen(
    crowd: Path, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause looks at each task once; the line for the shell is the one that a fresh look would make."""
    volon.ok("pause-task", "once more")
    looked: list[str] = []
    stat = os.stat

    def noting(path: str, **how: Any) -> os.stat_result:  # noqa: ANN401
        looked.append(str(path))
        return stat(path, **how)

    monkeypatch.setattr(os, "stat", noting)
    volon.ok("pause-task", "and again")
    assert max(Counter(name for name in looked if "20250101" in name).values()) == 1
    line = crowd.parents[1] / ".git/volon/prompt"
    assert line.read_text().splitlines()[0].split("\t")[2] == volon.ok("prompt").rstrip("\n")


@pytest.mark.usefixtures("settled")
def test_a_task_edited_during_a_command_is_in_the_prompts_line_as_it_is(
    crowd: Path, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command saw does not count for the one task that the line is about."""
    other = crowd / f"{name_of(5)}.md"
    other.write_bytes(task(5, "doing", "Before").replace(b"2025-01-01T", b"2026-12-01T"))
    volon.ok("task", "list")

    def edited(workspace: Workspace) -> None:
        other.write_bytes(other.read_bytes().replace(b"Before", b"After!"))
        keep(workspace)

    keep = promptline.keep_prompt_line
    monkeypatch.setattr(promptline, "keep_prompt_line", edited)
    volon.ok("task", "start", "Another")
    assert "After!" in (crowd.parents[1] / ".git/volon/prompt").read_text()


def test_doctor_opens_no_directory_again_for_each_record(
    crowd: Path, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight for each: whoever walks from the top to each of them, and asks each time who wrote meanwhile, has fifty."""
    opened: list[object] = []
    open_file = os.open

    def noting(path: str, *words: int, **how: int) -> int:
        opened.append(path)
        return open_file(path, *words, **how)

    volon("doctor")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", noting)
        volon("doctor")
        few = len(opened)
        for number in range(MANY, 2 * MANY):
            (crowd / f"{name_of(number)}.md").write_bytes(task(number, "done"))
        opened.clear()
        volon("doctor")
    assert len(opened) - few <= 8 * MANY


def test_doctor_opens_each_of_many_nested_directories_once(
    crowd: Path, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = "/".join(["deep"] * 60)
    (crowd.parents[1] / ".design/sketches" / deep).mkdir(parents=True)
    opened: list[str] = []
    open_file = os.open

    def noting(path: str, *words: int, **how: int) -> int:
        opened.append(str(path))
        return open_file(path, *words, **how)

    monkeypatch.setattr(os, "open", noting)
    volon("doctor")
    assert opened.count("deep") == len(deep.split("/"))


def test_doctor_goes_down_as_far_as_there_are_directories(crowd: Path, volon: VolonInProcess) -> None:
    """Further than Python calls itself, with few descriptors; and finds what a crash left there."""
    deep = crowd.parents[1] / ".design/sketches" / "/".join("d" * 700)
    deep.mkdir(parents=True)
    (deep / ".volon-tmp-left").write_text("half")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        told = volon("doctor", "--json")
        volon("doctor", "--fix")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    row = next(one for one in json.loads(told.out)["checks"] if one["name"] == "leftovers")
    assert row["sentence"].startswith("1 temporary file of a crash")
    assert row["command"] == "volon doctor --fix"
    assert list(deep.iterdir()) == []
