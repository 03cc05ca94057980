"""The facts: right in every kind of repository, with one call, and without touching anything."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder, run_git
from tests.unit.repo.samples import diffstat, open_at, paused_as
from volon.model.facts import Change
from volon.repo.fewpaths import differences

if TYPE_CHECKING:
    from collections.abc import Callable


def _blob(repo: RepoBuilder, path: str) -> str:
    return repo.git("hash-object", "--no-filters", "--", path).strip()


def test_changes_carry_the_ids_of_their_bytes(repo: RepoBuilder) -> None:
    repo.write("README.md", "changed\n")
    repo.write("new file.txt", "new\n")
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    facts = open_at(repo.root).facts()
    assert facts.changes == (
        Change("README.md", ".M", "100644", _blob(repo, "README.md")),
        Change("new file.txt", "??", "100644", _blob(repo, "new file.txt")),
        Change("src/app.py", "M.", "100644", _blob(repo, "src/app.py")),
    )


def test_deleted_linked_and_executable_files(repo: RepoBuilder) -> None:
    (repo.root / "README.md").unlink()
    (repo.root / "link").symlink_to("src/app.py")
    (repo.root / "src/app.py").chmod(0o755)
    facts = open_at(repo.root).facts()
    assert [(c.path, c.status, c.mode) for c in facts.changes] == [
        ("README.md", ".D", None),
        ("link", "??", "120000"),
        ("src/app.py", ".M", "100755"),
    ]


def test_a_link_is_known_by_its_text(repo: RepoBuilder) -> None:
    (repo.root / "link").symlink_to("src/app.py")
    repo.git("add", "link")
    staged = repo.git("ls-files", "-s", "link").split()[1]
    assert open_at(repo.root).facts().changes == (Change("link", "A.", "120000", staged),)


def test_renames_are_one_path_gone_and_one_new(repo: RepoBuilder) -> None:
    repo.git("config", "status.renames", "copies")
    repo.git("mv", "README.md", "READ.md")
    changes = open_at(repo.root).facts().changes
    assert [(change.path, change.status, change.mode) for change in changes] == [
        ("READ.md", "A.", "100644"),
        ("README.md", "D.", None),
    ]


def test_conflicted_paths(repo: RepoBuilder) -> None:
    repo.git("switch", "-q", "-c", "side")
    repo.commit("Side", {"README.md": "side\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Main", {"README.md": "main\n"})
    repo.git("merge", "-q", "side", check=False)
    facts = open_at(repo.root).facts()
    assert [(change.path, change.status) for change in facts.changes] == [("README.md", "UU")]
    assert facts.changes[0].blob == _blob(repo, "README.md")
    assert (facts.operation, facts.operation_head) == ("merge", repo.git("rev-parse", "side").strip())


def test_versions_that_only_the_index_has_are_recorded_and_no_others(repo: RepoBuilder) -> None:
    repo.write("src/app.py", "staged\n")
    repo.write("both.txt", "both\n")
    repo.write("removed.txt", "removed\n")
    repo.write("wanted.txt", "wanted\n")
    repo.git("add", "src/app.py", "both.txt", "removed.txt")
    repo.git("add", "-N", "wanted.txt")
    staged = repo.git("rev-parse", ":src/app.py", ":removed.txt").split()
    repo.write("src/app.py", "edited\n")
    (repo.root / "removed.txt").unlink()
    repo.git("rm", "-q", "--cached", "README.md")
    changes = {change.path: change for change in open_at(repo.root).facts().changes}
    assert {path: (change.status, change.staged_mode, change.staged_blob) for path, change in changes.items()} == {
        "README.md": ("D?", None, None),
        "both.txt": ("A.", None, None),
        "removed.txt": ("AD", "100644", staged[1]),
        "src/app.py": ("MM", "100644", staged[0]),
        "wanted.txt": (".A", None, None),
    }
    assert changes["README.md"].blob == _blob(repo, "README.md")


def test_names_of_every_kind(repo: RepoBuilder) -> None:
    names = [b"caf\xe9", b"new\nline", b'"quoted"', b"-rf", b" blank ", "日本".encode(), b"tab\t", b"? x", b"1 .M N..."]
    for name in names:
        (repo.root / os.fsdecode(name)).write_bytes(name)
    changes = open_at(repo.root).facts().changes
    assert sorted(change.path.encode("utf-8", "surrogateescape") for change in changes) == sorted(names)
    assert all(change.blob for change in changes)


def test_volons_own_files_are_no_changes(repo: RepoBuilder) -> None:
    repo.commit("State", {".volon/a.md": "a\n", ".design/HANDOFF.md": "b\n"})
    for path in (".volon/a.md", ".volon/new.md", ".design/HANDOFF.md", ".design/checkpoints/new.md"):
        repo.write(path, "changed\n")
    repo.write(".volonx", "mine\n")
    repo.write("sub/.volon/x", "mine\n")
    assert [change.path for change in open_at(repo.root).facts().changes] == [".volonx", "sub/.volon/x"]


def test_unborn_and_detached(make_repo: Callable[..., RepoBuilder], repo: RepoBuilder) -> None:
    unborn = make_repo("unborn")
    facts = open_at(unborn.root).facts()
    assert (facts.head, facts.branch, facts.changes) == (None, "main", ())
    repo.git("checkout", "-q", "--detach")
    facts = open_at(repo.root).facts()
    assert (facts.head, facts.branch) == (repo.head(), None)


def test_sha256(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("sha256", "--object-format=sha256")
    repo.commit("One", {"a.txt": "a\n"})
    repo.write("a.txt", "b\n")
    facts = open_at(repo.root).facts()
    assert facts.object_format == "sha256"
    assert len(facts.head or "") == 64
    assert facts.changes[0].blob == _blob(repo, "a.txt")


def test_upstream_in_every_state(repo: RepoBuilder, tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "hub.git")
    repo.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    repo.git("push", "-q", "-u", "origin", "main")
    pushed = repo.head()
    repository = open_at(repo.root)
    assert repository.facts().upstream_commit == pushed
    assert repository.git.calls == 1
    repo.commit("More")
    facts = repository.facts()
    assert (facts.upstream, facts.upstream_commit) == ("origin/main", pushed)
    assert repository.git.calls == 3
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    facts = repository.facts()
    assert (facts.upstream, facts.upstream_commit) == ("origin/main", None)


def test_linked_worktrees_have_their_own_facts(repo: RepoBuilder) -> None:
    repo.git("worktree", "add", "-q", "-b", "side", "../beside/side")
    side = repo.root.parent / "beside/side"
    (side / "x.txt").write_text("x\n")
    linked = open_at(side)
    assert (linked.is_linked, linked.worktree) == (True, "../beside/side")
    assert linked.common_dir == repo.root / ".git"
    assert linked.git_dir == repo.root / ".git/worktrees/side"
    assert [change.path for change in linked.facts().changes] == ["x.txt"]
    assert open_at(repo.root).worktree == "."


def test_nested_repositories_are_named(repo: RepoBuilder) -> None:
    for name in ("unborn", "born"):
        run_git(repo.root, "init", "-q", name)
    run_git(repo.root / "born", "commit", "-q", "--allow-empty", "-m", "x")
    facts = open_at(repo.root).facts()
    assert facts.nested == ("born/", "unborn/")
    assert facts.changes == ()


def test_submodules_by_their_commit(repo: RepoBuilder, tmp_path: Path) -> None:
    library = RepoBuilder.init(tmp_path / "library")
    library.commit("L", {"l.txt": "l\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "lib")
    repo.commit("Submodule")
    inner = RepoBuilder(repo.root / "lib")
    moved = inner.commit("M", {"l.txt": "m\n"})
    facts = open_at(repo.root).facts()
    assert facts.changes == (Change("lib", ".M", "160000", moved),)
    assert facts.submodules == ("lib",)
    assert open_at(repo.root / "lib").root == repo.root / "lib"


def test_the_age_of_the_last_fetch(repo: RepoBuilder, tmp_path: Path) -> None:
    assert open_at(repo.root).facts().fetched_at is None
    run_git(tmp_path, "clone", "-q", str(repo.root), "copy")
    clone = tmp_path / "copy"
    assert open_at(clone).facts().fetched_at == datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
    run_git(clone, "worktree", "add", "-q", "../copy-side")
    side = tmp_path / "copy-side"
    run_git(side, "fetch", "-q")
    at = datetime(2026, 11, 20, tzinfo=UTC)
    os.utime(clone / ".git/worktrees/copy-side/FETCH_HEAD", (at.timestamp(), at.timestamp()))
    assert open_at(clone).facts().fetched_at == at
    assert open_at(side).facts().fetched_at == at


def test_shallow_is_said(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("Two")
    run_git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo.root}", "copy")
    assert open_at(tmp_path / "copy").facts().shallow
    assert not open_at(repo.root).facts().shallow


def test_unreadable_and_special_files_have_no_id(repo: RepoBuilder) -> None:
    os.mkfifo(repo.root / "pipe")
    repo.write("big.bin", b"\0" * (3 << 20))
    changes = {change.path: change for change in open_at(repo.root).facts().changes}
    assert changes["big.bin"].blob == _blob(repo, "big.bin")
    assert "pipe" not in changes or changes["pipe"].blob is None


@pytest.mark.parametrize("layout", ["plain", "split", "untracked-cache", "sparse"])
def test_nothing_of_the_users_is_touched(repo: RepoBuilder, layout: str) -> None:
    if layout == "split":
        repo.git("update-index", "--split-index")
    if layout == "untracked-cache":
        repo.git("update-index", "--untracked-cache")
    if layout == "sparse":
        repo.git("sparse-checkout", "set", "--no-cone", "README.md")
    # Same size, another time stamp: a plain `git status` or `git diff` would refresh the index now.
    repo.write("README.md", "# Soap\n")
    os.utime(repo.root / "README.md", (1, 1))
    before = _print(repo)
    repository = open_at(repo.root)
    facts = repository.facts()
    diffstat(repository)
    repository.observe(paused_as(facts))
    assert _print(repo) == before


def _print(repo: RepoBuilder) -> dict[str, tuple[bytes, int]]:
    """Return every file of the git directory; git dates a shared index anew whenever anybody reads it."""
    files = (path for path in sorted((repo.root / ".git").rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), _written(path)) for path in files}


def _written(path: Path) -> int:
    return 0 if path.name.startswith("sharedindex.") else path.stat().st_mtime_ns


def test_an_unchanged_repository_costs_one_call(repo: RepoBuilder) -> None:
    repo.write("README.md", "changed\n")
    repository = open_at(repo.root)
    facts = repository.facts()
    assert repository.git.calls == 1
    repository.observe(paused_as(facts, key_files=("src/app.py",), made_here=True))
    assert repository.git.calls == 2


def test_gitpython_is_not_loaded_until_something_moved(repo: RepoBuilder) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.unit.repo.samples import open_at, paused_as;"
        "r = open_at(Path(sys.argv[1])); p = paused_as(r.facts(), made_here=True); r.observe(p);"
        "assert 'git' not in sys.modules, 'GitPython loaded'"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program, str(repo.root)], cwd=root, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_stamp_moves_with_head_and_index(repo: RepoBuilder) -> None:
    repository = open_at(repo.root)
    first = repository.stamp()
    assert repository.stamp() == first
    repo.write("README.md", "x\n")
    assert repository.stamp() == first
    repo.git("add", "README.md")
    second = repository.stamp()
    assert second != first
    repo.git("commit", "-q", "-m", "Two")
    assert repository.stamp() != second
    repo.git("pack-refs", "--all")
    repo.git("switch", "-q", "-c", "other")
    assert repository.stamp()[0] == b"ref: refs/heads/other"
    assert repository.git.calls == 0


def test_diffstat_says_what_git_says(repo: RepoBuilder) -> None:
    repo.write("README.md", "one\ntwo\nthree\n")
    repo.write("src/app.py", "")
    repo.write("new.bin", b"\0\1")
    repo.write("untracked.txt", "x\n")
    repo.write(".volon/x.md", "x\n")
    repo.git("add", "new.bin", ".volon/x.md")
    mine = diffstat(open_at(repo.root))
    theirs = repo.git("diff", "--stat", "HEAD", "--", ".", ":(exclude).volon")
    assert mine.splitlines()[-1] == theirs.splitlines()[-1]
    assert [line.split("|")[0].strip() for line in mine.splitlines()[:-1]] == ["README.md", "new.bin", "src/app.py"]
    assert " | 4 +++-" in mine
    assert " | Bin" in mine


def test_diffstat_of_nothing_asks_nothing(repo: RepoBuilder) -> None:
    repo.write("untracked.txt", "x\n")
    repository = open_at(repo.root)
    look = repository.look()
    calls = repository.git.calls
    with differences(repository, *look) as said:
        assert said()[0] == ""
    assert repository.git.calls == calls


def test_diffstat_of_an_unborn_branch(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("unborn")
    repo.write("a.txt", "a\n")
    repo.git("add", "a.txt")
    assert diffstat(open_at(repo.root)) == " a.txt | 1 +\n 1 file changed, 1 insertion(+)"
