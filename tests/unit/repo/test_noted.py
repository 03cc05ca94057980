"""What git has noted of a large tree: looks by it see what looks without it see, or it does not count."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.roundtrip.corpus import RECIPES
from tests.roundtrip.ground import Ground
from tests.unit.repo.samples import open_at
from volon import cached
from volon.cli.main import main
from volon.peek import signature
from volon.repo import noted, noting, status, studied
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.roundtrip.corpus import Recipe
    from tests.support.repos import RepoBuilder
    from volon.repo.repository import Repository

IS_KNOWN, IS_CHANGING = noting.is_known, noting.is_changing
LONG_AGO = 1_700_000_000
SOMEWHERE = st.integers(0, 1 << 16)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the smallest tree, with an index at rest, on whatever file system the tests run."""
    monkeypatch.setattr(studied, "LARGE", 1)
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))
    monkeypatch.setattr(noting, "is_known", lambda *_: True)
    monkeypatch.setattr(noting, "is_changing", lambda *_: False)


def _age(root: Path) -> None:
    """Let everything be as if it had been there for years: what is young is looked at in any case."""
    for one in (*_below(root), root):
        os.utime(one, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    subprocess.run(["git", "status"], cwd=root, capture_output=True, check=False)
    index = subprocess.run(["git", "rev-parse", "--git-path", "index"], cwd=root, capture_output=True, check=True)
    path = root / os.fsdecode(index.stdout.rstrip(b"\n"))
    if path.exists():
        os.utime(path, (LONG_AGO + 1, LONG_AGO + 1))


def _below(root: Path) -> Iterator[Path]:
    for above, directories, files in os.walk(root):
        directories[:] = [name for name in directories if name != ".git"]
        yield from (Path(above, name) for name in (*directories, *files) if name != ".git")


def _directory(root: Path, at: int) -> Path:
    found = sorted((root, *(one for one in _below(root) if one.is_dir() and not one.is_symlink())))
    return found[at % len(found)]


def _file(root: Path, at: int) -> Path | None:
    found = sorted(one for one in _below(root) if one.is_file() or one.is_symlink())
    return found[at % len(found)] if found else None


def _new_file(root: Path, at: int) -> None:
    (_directory(root, at) / f"new-{at}").write_bytes(b"new\n")


def _wait_a_second() -> None:
    """Until the next one: git tells change times apart by seconds; who is as quick as that leaves nothing noted."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.05)


def _new_file_as_if_nothing_happened(root: Path, at: int) -> None:
    directory = _directory(root, at)
    _wait_a_second()
    before = directory.stat()
    (directory / f"hidden-{at}").write_bytes(b"new\n")
    os.utime(directory, ns=(before.st_atime_ns, before.st_mtime_ns))


def _new_directory(root: Path, at: int) -> None:
    directory = _directory(root, at) / f"in-{at}"
    directory.mkdir(exist_ok=True)
    (directory / "new").write_bytes(b"new\n")


def _empty_directory(root: Path, at: int) -> None:
    (_directory(root, at) / f"empty-{at}").mkdir(exist_ok=True)


def _repository(root: Path, at: int) -> None:
    subprocess.run(["git", "init", "-q", _directory(root, at)], check=False, capture_output=True)


def _no_repository(root: Path, at: int) -> None:
    found = sorted(one for one in _below(root) if not one.is_symlink() and (one / ".git").is_dir())
    if found:
        shutil.rmtree(found[at % len(found)] / ".git")


def _gone(root: Path, at: int) -> None:
    if (found := _file(root, at)) is not None:
        found.unlink()


def _renamed(root: Path, at: int) -> None:
    directory = _directory(root, at)
    target = directory.with_name(f"renamed-{at}")
    if directory != root and not os.path.lexists(target):
        directory.rename(target)


def _ignoring(root: Path, at: int) -> None:
    path = _directory(root, at) / ".gitignore"
    if path.is_file() or not os.path.lexists(path):
        before = path.read_bytes() if path.is_file() else b""
        path.write_bytes(before + (b"new*\n", b"!new*\n", b"in-*/\n", b"a\n")[at % 4])


def _excluding(root: Path, at: int) -> None:
    found = subprocess.run(
        ["git", "rev-parse", "--git-path", "info/exclude"], cwd=root, capture_output=True, check=True
    )
    path = root / os.fsdecode(found.stdout.rstrip(b"\n"))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((b"new*\n", b"*\n", b"")[at % 3])


def _written(root: Path, at: int) -> None:
    if (found := _file(root, at)) is not None and found.is_file():
        found.write_bytes(bytes(reversed(found.read_bytes())))


def _a_link_instead(root: Path, at: int) -> None:
    directory = _directory(root, at)
    if directory != root:
        shutil.rmtree(directory)
        directory.symlink_to(".")


DEEDS: tuple[Callable[[Path, int], None], ...] = (
    *(_new_file, _new_file_as_if_nothing_happened, _new_directory, _empty_directory, _repository, _no_repository),
    *(_gone, _renamed, _ignoring, _excluding, _written, _a_link_instead),
)


@pytest.mark.usefixtures("users_filter")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(RECIPES, *[st.lists(st.tuples(st.sampled_from(DEEDS), SOMEWHERE), max_size=5)] * 2)
def test_who_looks_by_notes_sees_what_others_see(
    recipe: Recipe,
    before: list[tuple[Callable[[Path, int], None], int]],
    after: list[tuple[Callable[[Path, int], None], int]],
) -> None:
    assume(not any(extra.startswith("submodule") for extra in recipe.extras))
    with tempfile.TemporaryDirectory() as top:
        ground = Ground(Path(top), recipe)
        ground.build()
        for deed, at in before:
            deed(ground.root, at)
        _age(ground.root)
        repository = open_at(ground.root)
        notes = _notes(repository)
        assume(notes is not None)
        assert notes is not None
        for deed, at in after:
            deed(ground.root, at)
            told = status.parse(notes.door(repository.git).run(*status.COMMAND))
            assert told == status.parse(repository.git.run(*status.COMMAND))


def _notes(repository: Repository) -> noted.Noted | None:
    """What git notes, as a pause keeps it; None where it does not."""
    if repository.git.submodules or not (repository.git_dir / "index").exists():
        return None
    (repository.git_dir / "volon").mkdir(exist_ok=True)
    repository.study_index()
    repository = open_at(repository.root)
    repository.study_index()
    workspace = Workspace.around(World.real(os.environ), repository)
    workspace.take_notes()
    return noted.recall(repository.memory, repository.git_dir, repository.git.environment)


@pytest.fixture
def noted_repo(repo: RepoBuilder) -> RepoBuilder:
    """A repository of which git has noted what there is, years after it was made."""
    repo.commit("More", {"lib/code.py": "pass\n"})
    _age(repo.root)
    assert _notes(open_at(repo.root)) is not None
    return repo


def _counts(repo: RepoBuilder) -> bool:
    repository = open_at(repo.root)
    return noted.recall(repository.memory, repository.git_dir, repository.git.environment) is not None


def _another_index(repo: RepoBuilder) -> None:
    repo.write("README.md", "staged\n")
    repo.git("add", "README.md")


def _copied(repo: RepoBuilder) -> None:
    notes = repo.root / ".git/volon/noted"
    shutil.copy2(notes, notes.with_name("copy"))
    notes.with_name("copy").rename(notes)


LOSSES: dict[str, Callable[[RepoBuilder], object]] = {
    "the index was written": _another_index,
    "the index was written as it was": lambda repo: (repo.root / ".git/index").touch(),
    "the notes are gone": lambda repo: (repo.root / ".git/volon/noted").unlink(),
    "the notes were written": lambda repo: (repo.root / ".git/volon/noted").touch(),
    "somebody brought notes": _copied,
    "the repository is configured": lambda repo: repo.git("config", "core.ignoreCase", "true"),
    "the working tree is configured": lambda repo: repo.write(".git/config.worktree", "[core]\n"),
    "the user configures": lambda _: Path(os.environ["GIT_CONFIG_GLOBAL"]).touch(),
    "the user has settings elsewhere": lambda _: os.environ.update(GIT_CONFIG_GLOBAL="/dev/null"),
    "the user has another home": lambda _: os.environ.update(HOME="/"),
    "nothing is known of them": lambda _: shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"], "volon")),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_notes_count_no_longer_than_all_is_as_it_was(
    noted_repo: RepoBuilder, lose: Callable[[RepoBuilder], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.setenv(name, os.environ[name])  # is put back at the end
    assert _counts(noted_repo)
    lose(noted_repo)
    assert not _counts(noted_repo)


def test_notes_count_no_longer_than_the_machine_runs(
    noted_repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "boot").write_text("another\n")
    monkeypatch.setattr(noted, "_BOOT", str(tmp_path / "boot"))
    assert not _counts(noted_repo)


def test_where_nobody_can_tell_since_when_the_machine_runs_no_notes_count(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "_BOOT", str(repo.root / "none"))
    assert _notes(open_at(repo.root)) is None


def test_where_git_cannot_look_by_notes_it_looks_without(
    noted_repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = open_at(noted_repo.root)
    (noted_repo.root / "new").write_bytes(b"new\n")
    (noted_repo.root / ".git/volon/noted").write_bytes(b"no index")
    monkeypatch.setattr(noted.Noted, "stays", True)
    assert [(one.path, one.status) for one in repository.facts().changes] == [("new", "??")]


def test_notes_that_go_while_git_looks_are_no_answer(noted_repo: RepoBuilder) -> None:
    repository = open_at(noted_repo.root)
    (noted_repo.root / "new").write_bytes(b"new\n")
    begin = type(repository.git).begin

    def too_late(git: object, *words: str) -> None:
        (noted_repo.root / ".git/volon/noted").unlink()
        begin(git, *words)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(repository.git), "begin", too_late)
        repository.look_ahead()
    assert [(one.path, one.status) for one in repository.facts().changes] == [("new", "??")]


def test_notes_of_an_index_that_is_written_meanwhile_do_not_count(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = noting.note

    def too_slow(repository: Repository, aside: Path, at_ns: int) -> bytes:
        data = note(repository, aside, at_ns)
        _another_index(repo)
        return data

    monkeypatch.setattr(noting, "note", too_slow)
    assert _notes(open_at(repo.root)) is None
    assert not _counts(repo)


UNSETTLED: dict[str, Callable[[RepoBuilder], object]] = {
    "new": lambda repo: repo.write("new/file", "new\n"),
    "empty": lambda repo: (repo.root / "lib/empty").mkdir(),
    "a repository": lambda repo: repo.git("init", "-q", "nested"),
    "beside volon's": lambda repo: repo.write(".design/notes/mine.md", "mine\n"),
}


@pytest.mark.parametrize("make", UNSETTLED.values(), ids=UNSETTLED)
def test_where_a_directory_may_become_a_repository_nothing_is_noted(
    repo: RepoBuilder, make: Callable[[RepoBuilder], object]
) -> None:
    repo.commit("More", {"lib/code.py": "pass\n"})
    make(repo)
    assert _notes(open_at(repo.root)) is None
    assert not (repo.root / ".git/volon/noted").exists()
    assert not (repo.root / ".git/volon/scratch").exists()


def test_what_is_ignored_and_what_is_volons_own_is_in_nobodys_way(repo: RepoBuilder) -> None:
    repo.commit("More", {".gitignore": "build/\n"})
    for path in ("build/out", ".volon/pcc/tasks/TASK-20261119-001.md", ".design/checkpoints/01.md"):
        repo.write(path, "x\n")
    assert _notes(open_at(repo.root)) is not None


def test_who_says_that_it_cannot_be_relied_on_has_no_notes(repo: RepoBuilder) -> None:
    repo.git("config", "core.untrackedCache", "False")
    assert _notes(open_at(repo.root)) is None


@pytest.mark.parametrize(
    ("changing", "noted_then"), [(b"", False), (b"lib/deep", False), (b".volon/pcc", True), (b".design", True)]
)
def test_while_a_directory_changes_nothing_is_noted(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, changing: bytes, *, noted_then: bool
) -> None:
    """Who unpacks there may give it its old time again; the pause before this has just written volon's own."""
    records = {".volon/pcc/bootstrap.md": "as a pause does\n", ".design/HANDOFF.md": "as a pause does\n"}
    repo.commit("More", {"lib/deep/code.py": "pass\n", **records})
    monkeypatch.setattr(noting, "is_changing", lambda _root, _second, path: path == changing)
    assert (_notes(open_at(repo.root)) is not None) == noted_then


def test_a_directory_changes_from_the_second_on_that_its_inode_was_changed_in(tmp_path: Path) -> None:
    os.utime(tmp_path, (LONG_AGO, LONG_AGO))
    changed = int(tmp_path.stat().st_ctime)
    root = os.fsencode(tmp_path)
    assert [IS_CHANGING(root, second, b"") for second in (changed, changed + 1)] == [True, False]
    assert not IS_CHANGING(root, changed, b"gone")


def test_who_looks_by_notes_looks_at_a_file_as_often_as_others_do(repo: RepoBuilder) -> None:
    """Of a file that the index does not know to be as it was, git compares the bytes each time."""
    repo.git("config", "core.autocrlf", "true")
    repo.commit("Lines", {"lines.txt": "a\r\nb\r\n"})
    os.utime(repo.root / "lines.txt", (LONG_AGO, LONG_AGO))
    assert _notes(open_at(repo.root)) is not None
    repo.write(".gitattributes", "*.txt -text\n")
    repository = open_at(repo.root)
    notes = noted.recall(repository.memory, repository.git_dir, repository.git.environment)
    assert notes is not None
    assert [one.path for one in repository.facts().changes] == [".gitattributes", "lines.txt"]


def test_where_git_complains_while_it_looks_nothing_is_noted(repo: RepoBuilder) -> None:
    """As of what it may not open, and would not look at again: here of rules that are a link."""
    repo.commit("More", {"lib/code.py": "pass\n", "rules": "*.log\n"})
    (repo.root / "lib/.gitignore").symlink_to("../rules")
    assert _notes(open_at(repo.root)) is None
    (repo.root / "lib/.gitignore").unlink()
    assert _notes(open_at(repo.root)) is not None


def test_while_somebody_configures_git_nothing_is_noted_and_nobody_is_told(repo: RepoBuilder) -> None:
    (repo.root / ".git/volon").mkdir()
    open_at(repo.root).study_index()
    repository = open_at(repo.root)
    repository.study_index()
    assert repository.knows_index
    soon = time.time() + 60
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cached, "SETTLED_NS", 0)
        os.utime(repo.root / ".git/config", (soon, soon))
        Workspace.around(World.real(os.environ), repository).take_notes()
    assert not (repo.root / ".git/volon/noted").exists()
    assert not _counts(repo)


def test_where_nothing_can_be_noted_that_is_tried_once(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit("More", {"lib/code.py": "pass\n"})
    repo.write("new/file", "new\n")
    tried: list[Path] = []
    note = noting.note

    def counted(repository: Repository, aside: Path, at_ns: int) -> bytes:
        tried.append(aside)
        return note(repository, aside, at_ns)

    monkeypatch.setattr(noting, "note", counted)
    assert [_notes(open_at(repo.root)) for _ in range(3)] == [None] * 3
    assert len(tried) == 1
    repo.git("add", "new")
    assert _notes(open_at(repo.root)) is not None


@pytest.mark.parametrize("extension", [b"sdir\0\0\0\0", b"UNTR\0\0\0\0"], ids=["sparse", "with notes of its own"])
def test_an_index_that_git_reads_otherwise_is_left_alone(repo: RepoBuilder, extension: bytes) -> None:
    index = repo.root / ".git/index"
    data = index.read_bytes()
    index.write_bytes(data[:-20] + extension + data[-20:])
    assert _notes(open_at(repo.root)) is None


def test_what_is_as_young_as_the_index_is_compared_by_its_bytes(repo: RepoBuilder) -> None:
    """Whoever writes a file in the same instant as git its index leaves it with the times that are in there."""
    index, file = repo.root / ".git/index", repo.root / "README.md"
    data = bytearray(index.read_bytes())
    file.write_bytes(bytes(reversed(file.read_bytes())))
    found = file.stat()
    for at, when in ((12, found.st_ctime_ns), (20, found.st_mtime_ns)):
        data[at : at + 8] = (when // 10**9).to_bytes(4, "big") + (when % 10**9).to_bytes(4, "big")
    index.write_bytes(data)
    os.utime(index, ns=(found.st_mtime_ns, found.st_mtime_ns))
    repository = open_at(repo.root)
    notes = _notes(repository)
    assert notes is not None
    assert [one.path for one in repository.facts().changes] == ["README.md"]


MOUNTS = rb"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /net rw - nfs4 server:/ rw
24 22 0:21 / /over rw - xfs /dev/sdb rw
25 22 0:22 / /over rw - fuse.sshfs host: rw
26 22 0:23 / /with\040space rw - btrfs /dev/sdc rw
27 26 0:24 / /with\040space/repo/below rw - ext4 /dev/sdd rw
"""


@pytest.mark.parametrize(
    ("where", "known"),
    [
        *(("/home/repo", "known"), ("/net/repo", "unknown"), ("/network/repo", "known"), ("/over/repo", "unknown")),
        *(
            ("/with space/other", "known"),
            ("/with space/repo", "unknown"),
            ("/with space", "unknown"),
            ("/with space/repo/below", "known"),
        ),
    ],
)
def test_notes_are_taken_on_known_file_systems_alone(
    where: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mountinfo").write_bytes(MOUNTS)
    monkeypatch.setattr(noting, "_MOUNTS", str(tmp_path / "mountinfo"))
    monkeypatch.setattr(os.path, "realpath", lambda _: where)
    assert IS_KNOWN(tmp_path, tmp_path) == (known == "known")


def test_where_the_system_does_not_tell_what_is_mounted_nothing_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "_MOUNTS", str(tmp_path / "none"))
    assert not IS_KNOWN(tmp_path, tmp_path)
    assert not IS_KNOWN(tmp_path, Path("/proc"))


def test_a_pause_that_saves_no_files_notes_as_well(repo: RepoBuilder) -> None:
    for note, *more in (("one",), ("two", "--no-snapshot")):
        assert not (repo.root / ".git/volon/noted").exists()
        words = ["pause-task", note, *more]
        assert main(words, cwd=repo.root, stdout=StringIO(), stderr=StringIO()) == 0
    assert (repo.root / ".git/volon/noted").exists()


def test_the_second_pause_of_an_index_notes_and_those_that_follow_see_what_is_new(repo: RepoBuilder) -> None:
    repo.commit("More", {"lib/code.py": "pass\n"})
    _age(repo.root)
    index = signature(None, str(repo.root / ".git/index"))
    for number, path in enumerate(("lib/one", "two", "lib/three")):
        assert (repo.root / ".git/volon/noted").exists() == (number > 1)
        repo.write(path, "new\n")
        assert main(["pause-task", f"wrote {path}"], cwd=repo.root, stdout=StringIO(), stderr=StringIO()) == 0
    assert signature(None, str(repo.root / ".git/index")) == index
    snapshots = open_at(repo.root).snapshots
    saved = snapshots.read(snapshots.list()[-1][1]).manifest
    assert {"lib/one", "two", "lib/three"} <= {one.path for one in saved.files}
