"""A snapshot holds every byte of the uncommitted work, touches nothing, and names what it does not hold."""

from __future__ import annotations

import os
import socket
import stat
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.support.digests import user_digest
from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import AT, ULIDS, open_at
from volon import cached
from volon.errors import NotCommitted
from volon.files import NoBytes, SymlinkRefused
from volon.model.problems import UnreadableRecord
from volon.model.saving import Rules
from volon.model.snapshot import LeftOut, RawIndex, Staged
from volon.plain import replace
from volon.repo import fastimport, quiet, studied
from volon.repo.git import GitFailed
from volon.repo.snapshots import indexed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from volon.repo.snapshots.snapshots import Snapshot

KEY = "ghp_" + "a1B2" * 9
EOL = b"one\r\ntwo\n$Id: stale $\r\n"


def capture(repo: RepoBuilder, rules: Rules | None = None, ulid: str = ULIDS[0]) -> Snapshot:
    """Take a snapshot, and hold it against the working tree byte by byte, mode by mode."""
    before = user_digest(repo.root)
    repository = open_at(repo.root)
    made = repository.snapshots.capture(ulid, *repository.look(), rules or Rules(), AT)
    assert user_digest(repo.root) == before
    assert repository.snapshots.read(made.oid) == made
    for file in made.manifest.files:
        full = repo.root / file.path
        if file.kind == "deleted":
            behind_a_link = full.parent.is_symlink()
            assert behind_a_link or not os.path.lexists(full) or (full.is_dir() and not full.is_symlink())
            continue
        data = repository.contents.read(file.blob or "")
        if file.kind == "link":
            assert os.fsencode(full.readlink()) == data
        else:
            assert full.read_bytes() == data
            assert (file.mode == "100755") == bool(full.lstat().st_mode & stat.S_IXUSR)
    git_dir = repo.root / repo.git("rev-parse", "--git-dir").strip()
    index = git_dir / "index"
    assert repository.snapshots.index_files(made)[0] == (index.read_bytes() if index.exists() else None)
    assert repo.git("fsck", "--strict", "--no-dangling") == ""
    return made


def tree(repo: RepoBuilder, commit: str) -> dict[str, str]:
    """Path to mode and blob."""
    rows = (row.partition("\t") for row in repo.git("ls-tree", "-r", "-z", commit).split("\0") if row)
    return {path: " ".join(head.split(" ")[::2]) for head, _, path in rows}


def as_git_would_commit(repo: RepoBuilder, tmp_path: Path) -> dict[str, str]:
    """The tree of `git add -A` with an index of its own."""
    env = {"GIT_INDEX_FILE": str(tmp_path / "other-index")}
    repo.git("read-tree", "HEAD", env=env)
    repo.git("add", "-A", env=env)
    return tree(repo, repo.git("write-tree", env=env).strip())


def why(made: Snapshot) -> dict[str, str]:
    """Path to reason of what was left out."""
    return {one.path: one.why for one in made.manifest.left_out}


def kinds(made: Snapshot) -> dict[str, str]:
    """Path to kind of what was taken in."""
    return {one.path: one.kind for one in made.manifest.files}


@pytest.fixture
def busy(repo: RepoBuilder) -> RepoBuilder:
    """A repository in which everything ordinary has happened at once."""
    repo.commit(
        "Base", {name: f"{name}\n" for name in ("kept", "edited", "staged", "both", "gone", "unlisted", "moved")}
    )
    repo.write("edited", "edited\nmore\n")
    repo.write("staged", "staged\nmore\n")
    repo.write("both", "in the index\n")
    repo.git("add", "staged", "both")
    repo.write("both", "in the tree\n")
    (repo.root / "gone").unlink()
    repo.git("rm", "-q", "--cached", "unlisted")
    repo.git("mv", "moved", "elsewhere")
    repo.write("new/untracked", b"\0\xff\r\n")
    repo.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    (repo.root / "link").symlink_to("no/such/place")
    repo.write("planned", "later\n")
    repo.git("add", "-N", "planned")
    return repo


def test_everything_ordinary_is_there(busy: RepoBuilder, tmp_path: Path) -> None:
    made = capture(busy)
    assert kinds(made) == {
        "both": "file",
        "edited": "file",
        "elsewhere": "file",
        "gone": "deleted",
        "link": "link",
        "moved": "deleted",
        "new/untracked": "file",
        "planned": "file",
        "run.sh": "file",
        "staged": "file",
        "unlisted": "file",
    }
    assert made.manifest.left_out == ()
    assert {one.path for one in made.manifest.files if not one.tracked} == {
        *("link", "moved", "new/untracked", "run.sh", "unlisted")
    }
    assert tree(busy, made.work) == as_git_would_commit(busy, tmp_path)
    assert tree(busy, made.index) == tree(busy, busy.git("write-tree").strip())
    assert {one.path for one in made.manifest.stages} == {"staged", "both", "elsewhere"}


def test_the_commit_stands_on_the_paused_one(busy: RepoBuilder) -> None:
    made = capture(busy)
    assert busy.git("rev-parse", f"{made.oid}^@").split() == [busy.head(), made.index, made.work]
    assert busy.git("rev-parse", f"{made.index}^@", f"{made.work}^@").split() == [busy.head()] * 2
    assert busy.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/volon/").strip() == (
        f"refs/volon/snap/{ULIDS[0]} {made.oid}"
    )
    assert open_at(busy.root).snapshots.list() == ((ULIDS[0], made.oid),)
    assert open_at(busy.root).snapshots.find(ULIDS[0]) == made.oid


def test_nothing_of_it_is_lost_by_gc(busy: RepoBuilder) -> None:
    made = capture(busy)
    busy.git("read-tree", "HEAD")
    busy.git("reflog", "expire", "--expire=now", "--all")
    busy.git("gc", "-q", "--prune=now")
    contents = open_at(busy.root).contents
    assert contents.announce(sorted(made.manifest.blobs))[1] == ()
    assert b"in the index\n" in [contents.read(one.blob) for one in made.manifest.stages]


def test_a_second_one_needs_another_name(busy: RepoBuilder) -> None:
    first = capture(busy)
    busy.write("edited", "again\n")
    second = capture(busy, ulid=ULIDS[1])
    assert open_at(busy.root).snapshots.list() == ((ULIDS[0], first.oid), (ULIDS[1], second.oid))
    with pytest.raises(GitFailed):
        capture(busy, ulid=ULIDS[0])
    assert open_at(busy.root).snapshots.find(ULIDS[0]) == first.oid
    with pytest.raises(NotCommitted):
        capture(busy, ulid="../heads/main")


@pytest.mark.parametrize(
    "attributes",
    [
        "* text=auto\n",
        "* text eol=lf\n",
        "* text eol=crlf\n",
        "* text=auto ident\n",
        "* working-tree-encoding=latin1\n",
        "* filter=upper\n",
        "* filter=lost\n",
        "* -text\n",
    ],
)
def test_bytes_are_raw_under_any_attributes(
    repo: RepoBuilder, tmp_path: Path, attributes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(
        '[filter "upper"]\n\tclean = tr a-z A-Z\n\tsmudge = tr A-Z a-z\n[filter "lost"]\n\tclean = false\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    repo.commit("Base", {".gitattributes": attributes, "a.txt": "old\n"})
    repo.write("a.txt", EOL + "é".encode("latin1"))
    repo.write("b.txt", EOL)
    made = capture(repo)
    by_path = {one.path: one for one in made.manifest.files}
    assert set(by_path) == {"a.txt", "b.txt"}
    # What git believes to be unchanged stays, although a new index would have it filtered now.
    changed = {path: one for path, one in as_git_would_commit(repo, tmp_path).items() if path in by_path}
    assert tree(repo, made.work) == tree(repo, "HEAD") | changed


def test_a_filter_that_only_the_repository_names_does_not_run(repo: RepoBuilder) -> None:
    fired = repo.root.parent / "fired"
    repo.commit("Base", {".gitattributes": "* filter=evil\n", "a.txt": "old\n"})
    repo.git("config", "filter.evil.clean", f"touch {fired}; cat")
    repo.write("a.txt", "new\n")
    repository = open_at(repo.root)
    made = repository.snapshots.capture(ULIDS[0], *repository.look(), Rules(), AT)
    assert not fired.exists()
    assert repository.contents.read(tree(repo, made.work)["a.txt"].split(" ")[1]) == b"new\n"


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9",
        b"new\nline",
        b'quo"te\\',
        b"-rf",
        b" edge ",
        b"tab\t\x1b[2J",
        "e\u0301😀".encode(),
        b"d/\xff\n/x",
        b":(top)",
    ],
)
def test_any_name_is_taken_in(repo: RepoBuilder, name: bytes) -> None:
    repo.write(os.fsdecode(name), "here\n")
    made = capture(repo)
    assert [os.fsencode(one.path) for one in made.manifest.files] == [name]
    assert [os.fsencode(path) for path in tree(repo, made.work)] == sorted(
        [*map(os.fsencode, tree(repo, "HEAD")), name]
    )


def test_a_name_git_refuses_is_in_the_manifest_only(repo: RepoBuilder) -> None:
    repo.write(".GIT/config", "mine\n")
    made = capture(repo)
    assert kinds(made) == {".GIT/config": "file"}
    assert ".GIT/config" not in tree(repo, made.work)


def test_a_file_where_a_directory_was_and_the_other_way_round(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("Base", {"dir/file": "1\n", "dir/more": "2\n", "plain": "3\n"})
    for path in ("dir/file", "dir/more", "plain"):
        (repo.root / path).unlink()
    (repo.root / "dir").rmdir()
    repo.write("dir", "a file now\n")
    repo.write("plain/now", "a directory now\n")
    made = capture(repo)
    assert kinds(made) == {
        "dir": "file",
        "dir/file": "deleted",
        "dir/more": "deleted",
        "plain": "deleted",
        "plain/now": "file",
    }
    assert tree(repo, made.work) == as_git_would_commit(repo, tmp_path)


def test_the_sides_of_a_conflict_are_there(repo: RepoBuilder) -> None:
    repo.commit("Base", {"a": "base\n", "d": "base\n"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("Side", {"a": "side\n", "d": "side\n"})
    repo.git("checkout", "-q", "main")
    (repo.root / "d").unlink()
    repo.commit("Main", {"a": "main\n"})
    repo.git("merge", "side", check=False)
    made = capture(repo)
    listed = [row.split() for row in repo.git("ls-files", "-u").splitlines()]
    assert [(one.mode, one.blob, str(one.stage), one.path) for one in made.manifest.stages] == list(map(tuple, listed))
    assert made.manifest.operation == "merge"
    assert tree(repo, made.index) == tree(repo, "HEAD")
    repo.write("a", "resolved\n")
    repo.git("add", "a")
    again = capture(repo, ulid=ULIDS[1])
    assert {(one.path, one.stage) for one in again.manifest.undone} == {("a", 1), ("a", 2), ("a", 3)}


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_an_unborn_branch_has_a_snapshot_without_base(
    make_repo: Callable[..., RepoBuilder], options: tuple[str, ...]
) -> None:
    repo = make_repo("unborn", *options)
    repo.write("a", "a\n")
    repo.write("b", "b\n")
    repo.git("add", "a")
    made = capture(repo)
    assert made.base is None
    assert set(tree(repo, made.work)) == {"a", "b"}
    assert set(tree(repo, made.index)) == {"a"}
    assert repo.git("rev-parse", f"{made.oid}^@").split() == [made.index, made.work]


def test_no_index_at_all_is_said_so(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("bare-bones")
    repo.write("a", "a\n")
    assert capture(repo).manifest.index is None


def test_a_split_index_has_both_halves(busy: RepoBuilder) -> None:
    busy.git("update-index", "--split-index")
    busy.git("add", "run.sh")
    repository = open_at(busy.root)
    made = capture(busy)
    raw = made.manifest.index
    assert raw is not None
    assert raw.shared is not None
    assert repository.snapshots.index_files(made)[1] == (busy.root / ".git" / raw.shared).read_bytes()


def test_what_is_not_taken_in_is_named(repo: RepoBuilder) -> None:
    repo.commit("Base", {"was-file": "x\n", "big": "x\n", "data/x.bin": "x\n"})
    (repo.root / "was-file").unlink()
    os.mkfifo(repo.root / "was-file")
    repo.write("big", b"x" * 2000)
    repo.write("data/x.bin", "y\n")
    repo.write(".env", "A=1\n")
    repo.write("z1", b"1" * 900)
    repo.write("z2", b"2" * 900)
    RepoBuilder.init(repo.root / "vendor/lib").commit("Inner", {"a": "a\n"})
    made = capture(repo, Rules(max_file=1000, max_total=1000, exclude=("data/",)))
    assert why(made) == {
        ".env": "secret",
        "big": "size",
        "data/x.bin": "excluded",
        "vendor/lib/": "nested",
        "was-file": "special",
        "z2": "total",
    }
    assert tree(repo, made.work)["big"] == tree(repo, "HEAD")["big"]


def test_a_file_that_cannot_be_read_is_named(repo: RepoBuilder) -> None:
    if os.getuid() == 0:
        pytest.skip("not verified: root reads everything")
    repo.write("closed", "x\n").chmod(0)
    assert why(capture(repo)) == {"closed": "unreadable"}


def test_a_socket_is_no_reason_to_fail(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        repo.write("a", "a\n")
        assert kinds(capture(repo)) == {"a": "file"}


def test_submodules_are_named_and_their_commit_kept(repo: RepoBuilder, make_repo: Callable[..., RepoBuilder]) -> None:
    other = make_repo("other")
    other.commit("One", {"x": "x\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "sub")
    repo.commit("With a submodule")
    inner = RepoBuilder(repo.root / "sub")
    commit = inner.commit("Two", {"x": "y\n"})
    inner.write("x", "dirty\n")
    made = capture(repo)
    assert why(made) == {"sub": "submodule"}
    assert tree(repo, made.work)["sub"] == f"160000 {commit}"
    repo.git("add", "sub")
    assert capture(repo, ulid=ULIDS[1]).manifest.stages == (Staged("sub", 0, "160000", commit),)


def test_secrets_stay_out_of_every_object(repo: RepoBuilder) -> None:
    repo.commit("Base", {"config.py": "token = None\n", "known.py": f"token = '{KEY}'\n"})
    repo.write("config.py", f"token = '{KEY}'\n")
    repo.write("known.py", f"token = '{KEY}'\nmore = 1\n")
    repo.write("id_ed25519", "not even a key\n")
    repo.write("staged.py", f"x = '{KEY}'\n")
    repo.git("add", "staged.py")
    repo.write("staged.py", "x = None\n")
    made = capture(repo)
    assert why(made) == {"config.py": "secret", "id_ed25519": "secret", "staged.py": "secret"}
    assert kinds(made) == {"known.py": "file", "staged.py": "file"}
    assert KEY not in repo.git("grep", "-h", "-e", "ghp_", made.work, "--", "config.py", "staged.py", check=False)
    assert tree(repo, made.work)["config.py"] == tree(repo, "HEAD")["config.py"]
    marks = {one.path: one.detail.rpartition(" ")[2] for one in made.manifest.left_out}
    allowed = capture(repo, Rules(allowed=frozenset(marks.values())), ULIDS[1])
    assert why(allowed) == {}
    repo.write("id_ed25519", "another one\n")
    assert why(capture(repo, Rules(allowed=frozenset(marks.values())), ULIDS[2])) == {"id_ed25519": "secret"}


def test_a_file_that_grows_while_it_is_read_is_marked(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("log", "1\n")
    real = os.fstat

    def growing(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        with (repo.root / "log").open("ab") as file:
            file.write(b"more\n")
        return found

    repository = open_at(repo.root)
    seen = repository.look()
    monkeypatch.setattr(os, "fstat", growing)
    found = repository.snapshots.preview(*seen, Rules())
    assert found.left_out == [LeftOut("log", "changed-while-reading")]


def test_a_file_that_is_taken_away_before_it_is_read_is_named(repo: RepoBuilder) -> None:
    """It was not deleted when git looked, and its bytes are not here."""
    repo.write("README.md", "changed\n")
    repo.write("new", "new\n")
    repository = open_at(repo.root)
    seen = repository.look()
    for name in ("README.md", "new"):
        (repo.root / name).rename(repo.root / f"{name}.moved")
    found = repository.snapshots.preview(*seen, Rules())
    assert found.left_out == [LeftOut(name, "changed-while-reading") for name in ("README.md", "new")]
    assert found.files == {}


def test_a_preview_says_the_same_and_writes_nothing(busy: RepoBuilder) -> None:
    busy.write(".env", "A=1\n")
    repository = open_at(busy.root)
    before = sorted((busy.root / ".git").rglob("*"))
    found = repository.snapshots.preview(*repository.look(), Rules())
    assert sorted((busy.root / ".git").rglob("*")) == before
    made = capture(busy)
    assert sorted(found.files) == [one.path for one in made.manifest.files]
    assert tuple(found.left_out) == made.manifest.left_out


def test_what_lies_behind_a_link_is_not_read(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("Base", {"dir/a": "a\n"})
    (repo.root / "dir/a").unlink()
    (repo.root / "dir").rmdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("not yours\n")
    (repo.root / "dir").symlink_to(outside)
    made = capture(repo)
    assert kinds(made) == {"dir": "link", "dir/a": "deleted"}


def test_refs_are_not_made_through_a_link(busy: RepoBuilder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (busy.root / ".git/refs/volon").mkdir()
    (busy.root / ".git/refs/volon/snap").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SymlinkRefused):
        capture(busy)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_no_snapshot_is_refused(busy: RepoBuilder) -> None:
    snapshots = open_at(busy.root).snapshots
    made = capture(busy)
    for oid in (busy.head(), "0" * 40, "HEAD"):
        with pytest.raises((GitFailed, UnreadableRecord)):
            snapshots.read(oid)
    with pytest.raises(NoBytes):
        open_at(busy.root).contents.read("0" * 40)
    lost = replace(made, manifest=replace(made.manifest, index=RawIndex("0" * 40, "")))
    with pytest.raises(GitFailed):
        snapshots.index_files(lost)
    assert snapshots.find("HEAD") is None
    assert snapshots.read(made.oid) == made


@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_edits_that_git_was_told_not_to_look_at_are_there(repo: RepoBuilder, version: str, mark: str) -> None:
    long = "/".join("d" * 200 for _ in range(22))
    repo.commit("Base", {"a": "a\n", "b": "b\n", "settings": "theirs\n", "z": "z\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{repo.git('rev-parse', 'HEAD:a').strip()},{long}/x")
    repo.git("commit", "-q", "-m", "A name longer than any file's")
    repo.git("update-index", "--index-version", version)
    repo.git("update-index", "--skip-worktree", f"{long}/x")
    repo.git("update-index", mark, "settings", "z")
    repo.write("settings", "mine\n")
    assert repo.git("status", "--porcelain") == ""
    repository = open_at(repo.root)
    assert repository.snapshots.is_needed(*repository.look())
    made = capture(repo)
    assert kinds(made) == {"settings": "file"}
    assert tree(repo, made.work) == tree(repo, "HEAD")


def test_a_sparse_checkout_is_no_change(repo: RepoBuilder) -> None:
    repo.commit("Base", {"in/a": "a\n", "out/b": "b\n", "out/deep/c": "c\n"})
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert not (repo.root / "out").exists()
    repository = open_at(repo.root)
    assert not repository.snapshots.is_needed(*repository.look())
    repo.write("in/a", "changed\n")
    made = capture(repo)
    assert kinds(made) == {"in/a": "file"}
    assert set(tree(repo, made.work)) == set(tree(repo, "HEAD"))


def test_what_is_staged_outside_of_a_sparse_checkout_is_kept_and_was_not_taken_away(repo: RepoBuilder) -> None:
    repo.commit("Base", {"in/a": "a\n", "out/b": "b\n" * 20})
    repo.git("mv", "out", "moved")
    repo.write("moved/new", "new\n")
    repo.git("add", "moved/new")
    repo.git("sparse-checkout", "set", "in")
    assert not (repo.root / "moved").exists()
    made = capture(repo)
    assert made.manifest.left_out == ()
    assert kinds(made) == {"out/b": "deleted"}
    assert [one.path for one in made.manifest.stages] == ["moved/b", "moved/new"]
    assert tree(repo, made.work) == tree(repo, repo.git("write-tree").strip())
    repository = open_at(repo.root)
    assert repository.snapshots.preview(*repository.look(), Rules()).left_out == []


def test_what_is_staged_of_volons_own_files_is_kept_with_the_index(repo: RepoBuilder) -> None:
    repo.commit("Base", {".volon/tasks/old.md": "old\n", ".volon/tasks/gone.md": "gone\n"})
    repo.write(".volon/tasks/new.md", "new\n")
    repo.write(".volon/tasks/old.md", "newer\n")
    repo.write("a", "a\n")
    repo.git("add", "-A")
    repo.git("rm", "-q", "--cached", ".volon/tasks/gone.md")
    made = capture(repo)
    assert kinds(made) == {"a": "file"}
    assert [one.path for one in made.manifest.stages] == [".volon/tasks/new.md", ".volon/tasks/old.md", "a"]
    assert tree(repo, made.index) == tree(repo, repo.git("write-tree").strip())


def test_volons_own_files_on_an_unborn_branch(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("unborn")
    repo.write(".volon/tasks/new.md", "new\n")
    repo.write("a", "a\n")
    repo.git("add", "-A")
    made = capture(repo)
    assert set(tree(repo, made.index)) == {".volon/tasks/new.md", "a"}


def test_an_index_that_was_read_ahead_counts_as_long_as_it_stays(busy: RepoBuilder) -> None:
    repository = open_at(busy.root)
    repository.study_index()
    busy.write("later.txt", "later\n")
    busy.git("add", "later.txt")
    busy.git("update-index", "--assume-unchanged", "always.txt" if (busy.root / "always.txt").exists() else "README.md")
    made = repository.snapshots.capture(ULIDS[0], *repository.look(), Rules(), AT)
    assert repository.snapshots.index_files(made)[0] == (busy.root / ".git/index").read_bytes()
    again = open_at(busy.root)
    again.study_index()
    assert again.snapshots.capture(ULIDS[1], *again.look(), Rules(), AT).manifest.index == made.manifest.index


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every index is as good as a large one at rest; each that fast-import is told from now on."""
    said: list[bytes] = []
    pieces = fastimport.blob_pieces

    def noting(data: bytes) -> tuple[bytes, ...]:
        said.append(data)
        return pieces(data)

    monkeypatch.setattr(studied, "LARGE", 1)
    monkeypatch.setattr(cached, "SETTLED_NS", -(10**18))
    monkeypatch.setattr(fastimport, "blob_pieces", noting)
    return said


def test_a_large_index_that_is_saved_already_is_not_written_again(repo: RepoBuilder, told: list[bytes]) -> None:
    repo.write("README.md", "changed\n")
    first, second = capture(repo), capture(repo, ulid=ULIDS[1])
    assert first.manifest.index == second.manifest.index
    assert len(told) == 1
    # git does not make every object durable that has a file of its own.
    repo.loosen()
    capture(repo, ulid=ULIDS[2])
    assert len(told) == 2
    repo.write("later", "later\n")
    repo.git("add", "later")
    capture(repo, ulid=ULIDS[3])
    assert len(told) == 3


def as_known(repo: RepoBuilder) -> indexed.IndexFiles:
    """The index as the next command knows it."""
    repository = open_at(repo.root)
    repository.study_index()
    index = repository.index_files()
    assert index is not None
    return index


@pytest.mark.parametrize("path", [".gitattributes", ".volon/x", "plain", "hidden"])
def test_what_is_remembered_of_a_large_index_is_what_is_in_it(repo: RepoBuilder, told: list[bytes], path: str) -> None:
    repo.commit("More", {path: "*.txt text\n"})
    if path == "hidden":
        repo.git("update-index", "--assume-unchanged", path)
    before, index = as_known(repo), as_known(repo)
    assert (index.blob, index.digest, index.words) == (before.blob, before.digest, before.words)
    assert index.digest == sha256(repo.read(".git/index")).hexdigest()
    assert [one.path for one in index.hidden or []] == [path] * (path == "hidden")
    assert index.may_name(indexed.ATTRIBUTES) == (path == ".gitattributes")
    assert index.may_name_state == (path == ".volon/x")
    assert ("data" in vars(index)) == (path == "hidden")
    assert index.data == repo.read(".git/index")
    assert not told


@pytest.mark.usefixtures("told")
def test_an_index_that_is_known_is_not_searched_for_submodules_and_those_in_it_are_found(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_known(repo)
    with monkeypatch.context() as blind:
        blind.delattr(quiet, "_holds_gitlink")
        assert open_at(repo.root).git.unseen == ()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},lib")
    repo.write("lib/.git/config", '[filter "x"]\n\tclean = touch never\n')
    assert open_at(repo.root).git.unseen == ("lib",)
    as_known(repo)
    monkeypatch.delattr(quiet, "_holds_gitlink")
    assert open_at(repo.root).git.unseen == ("lib",)


@pytest.mark.usefixtures("told")
def test_what_is_remembered_of_a_large_index_is_believed_of_no_other(repo: RepoBuilder) -> None:
    as_known(repo)
    known = as_known(repo)
    repo.write("later", "later\n")
    repo.git("add", "later")
    with pytest.raises(NotCommitted):
        _ = known.data
    assert as_known(repo).digest == sha256(repo.read(".git/index")).hexdigest() != known.digest


def test_what_is_found_out_of_an_index_that_was_written_a_moment_ago_is_not_remembered(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studied, "LARGE", 1)
    monkeypatch.setattr(cached, "SETTLED_NS", 10**18)
    as_known(repo)
    assert "data" in vars(as_known(repo))
