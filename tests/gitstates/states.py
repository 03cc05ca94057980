"""The states: each begins as a repository with a paused task and is brought where its name says."""

from __future__ import annotations

import os
import socket
import subprocess
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.repos import RepoBuilder, run_git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFLICT, REFUSED = 7, 5


class Place:
    """Where a state is built: `live/repo`, and whatever lies beside it.

    Attributes:
        repo: the repository in which the work was paused.
        work: the directory in which commands run.
    """

    def __init__(self, live: Path) -> None:
        self.live = live
        self.repo = RepoBuilder(live / "repo")
        self.work = live / "repo"

    def git(self, *words: str, check: bool = True) -> str:
        """Run git in the repository."""
        return self.repo.git(*words, check=check)

    def sides(self) -> None:
        """Two branches that change the same line."""
        self.git("checkout", "-q", "--", ".")
        self.git("switch", "-q", "-c", "side")
        self.repo.commit("Side", {"src/app.py": "def run():\n    return 'side'\n"})
        self.git("switch", "-q", "main")
        self.repo.commit("Main", {"src/app.py": "def run():\n    return 'main'\n"})

    def beside(self, path: Path) -> None:
        """Let commands run in another directory, with the paused records of this one."""
        for name in (".volon", ".design"):
            subprocess.run(["cp", "-a", str(self.repo.root / name), str(path / name)], check=True)
        self.work = path
        self.repo = RepoBuilder(path)


@dataclass(frozen=True)
class State:
    """One state.

    Attributes:
        name: of it.
        row: of the failure model.
        build: brings a paused repository there.
        pause: what `pause-task` must exit with.
        options: of `git init`.
        fresh: nothing was paused before.
    """

    name: str
    row: str
    build: Callable[[Place], None]
    pause: int = 0
    options: tuple[str, ...] = ()
    fresh: bool = False


def _do(*commands: str, check: bool = True) -> Callable[[Place], None]:
    """Git command lines, one after the other; `W path text` writes a file."""

    def build(place: Place) -> None:
        for command in commands:
            words = command.split()
            if words[0] == "W":
                place.repo.write(words[1], " ".join(words[2:]) + "\n")
            else:
                place.git(*words, check=check)

    return build


def _conflict(*words: str) -> Callable[[Place], None]:
    def build(place: Place) -> None:
        place.sides()
        place.git(*words, check=False)

    return build


def _am(place: Place) -> None:
    place.sides()
    patch = place.git("format-patch", "-1", "--stdout", "side")
    (place.live / "patch").write_text(patch)
    place.git("am", "-q", str(place.live / "patch"), check=False)


def _bisect(place: Place) -> None:
    _do("checkout -q -- .", "commit -q --allow-empty -m Two", "commit -q --allow-empty -m Three")(place)
    _do("bisect start HEAD HEAD~2")(place)


def _markers(place: Place) -> None:
    path = next((place.work / ".volon/pcc/tasks").iterdir())
    text = path.read_text()
    path.write_text(
        text.replace("note: ", "<<<<<<< HEAD\nnote: ours\n=======\nnote: theirs\n>>>>>>> side\nsummary2: ", 1)
    )


def _partly_committed(place: Place) -> None:
    _do("add -f .volon/tasks", "commit -q -m Part", "W src/app.py later")(place)


def _shallow(place: Place) -> None:
    for number in range(3):
        place.git("commit", "-q", "--allow-empty", "-m", f"More {number}")
    target = place.live / "shallow"
    run_git(place.live, "clone", "-q", "--depth=1", f"file://{place.repo.root}", str(target))
    place.beside(target)


def _partial(place: Place) -> None:
    place.git("config", "uploadpack.allowFilter", "true")
    target = place.live / "partial"
    run_git(place.live, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{place.repo.root}", str(target))
    run_git(target, "checkout", "-q", "main")
    place.beside(target)


def _shared(place: Place) -> None:
    target = place.live / "shared"
    run_git(place.live, "clone", "-q", "--shared", str(place.repo.root), str(target))
    place.beside(target)


def _missing(place: Place) -> None:
    _do("checkout -q -- .", "checkout -q --orphan fresh", "commit -q -m Fresh", "branch -D main")(place)


def _linked(*options: str) -> Callable[[Place], None]:
    def build(place: Place) -> None:
        place.git("worktree", "add", "-q", *options, str(place.live / "linked"))
        place.work = place.live / "linked"
        place.repo = RepoBuilder(place.work)
        place.repo.write("src/app.py", "changed here\n")

    return build


def _locked(place: Place) -> None:
    _linked("-b", "beside")(place)
    place.git("worktree", "lock", str(place.work))


def _submodule(place: Place) -> None:
    other = RepoBuilder.init(place.live / "library")
    other.commit("Library", {"lib.py": "x = 1\n"})
    place.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "lib")
    place.git("commit", "-q", "-m", "Library")


def _submodule_dirty(place: Place) -> None:
    _submodule(place)
    place.repo.write("lib/lib.py", "x = 2\n")
    place.repo.write("lib/new.py", "new\n")


def _submodule_moved(place: Place) -> None:
    _submodule(place)
    RepoBuilder(place.work / "lib").commit("Inside", {"lib.py": "x = 3\n"})


def _nested(*, commits: bool) -> Callable[[Place], None]:
    def build(place: Place) -> None:
        inner = RepoBuilder.init(place.work / "nested")
        if commits:
            inner.commit("Inner", {"a": "b"})

    return build


def _sha256(place: Place) -> None:
    place.repo.write("src/app.py", "other\n")


def _names(*names: str) -> Callable[[Place], None]:
    def build(place: Place) -> None:
        for number, name in enumerate(names):
            place.repo.write(name, f"{number}\n")
        place.git("add", "-A", "--", "src")

    return build


def _fifo(place: Place) -> None:
    os.mkfifo(place.work / "pipe")


def _socket(place: Place) -> None:
    before = os.getcwd()
    os.chdir(place.work)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket")
    finally:
        os.chdir(before)


def _links(place: Place) -> None:
    for name, target in (("loop", "loop"), ("outside", "/etc"), ("gone", "nowhere"), ("src/up", "..")):
        (place.work / name).symlink_to(target)
    place.git("add", "-A", "src", "loop")


def _sparse_file(place: Place) -> None:
    with (place.work / "large.bin").open("wb") as file:
        file.truncate(200 << 20)


def _many(place: Place) -> None:
    for number in range(2000):
        place.repo.write(f"many/{number}", "x")


def _long_path(place: Place) -> None:
    place.repo.write("/".join(["d" * 60] * 20) + "/" + "f" * 200, "x")


def _modes(place: Place) -> None:
    (place.work / "src/app.py").chmod(0o755)
    (place.work / "README.md").chmod(0o600)
    (place.work / "empty/inside").mkdir(parents=True)


def _type_changed(place: Place) -> None:
    (place.work / "README.md").unlink()
    (place.work / "README.md").symlink_to("src/app.py")


def _renamed(place: Place) -> None:
    _do("checkout -q -- .", "mv README.md READ.me", "W READ.me changed", "rm -q --cached src/app.py")(place)


def _attributes(text: str, content: bytes = b"a\r\nb\r\n", *config: str) -> Callable[[Place], None]:
    def build(place: Place) -> None:
        for pair in config:
            place.git("config", *pair.split("=", 1))
        place.repo.write(".gitattributes", text)
        place.repo.write("text.txt", content)
        place.git("add", "-A", "text.txt", ".gitattributes", check=False)
        place.git("commit", "-q", "-m", "Text", check=False)
        place.repo.write("text.txt", content + b"more\n")

    return build


def _crlf_records(place: Place) -> None:
    for path in (place.work / ".volon").rglob("*.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _packed(place: Place) -> None:
    _do("tag -a -m One v1", "gc -q", "pack-refs --all")(place)


def _stashed(place: Place) -> None:
    place.git("stash", "push", "-q", "-u")
    place.repo.write("src/app.py", "after the stash\n")


def _index_lock(place: Place) -> None:
    place.repo.write(".git/index.lock", "")


def _upstream(place: Place, *, gone: bool = False) -> None:
    bare = place.live / "bare.git"
    run_git(place.live, "clone", "-q", "--bare", str(place.repo.root), str(bare))
    _do(f"remote add origin {bare}", "fetch -q origin", "branch -q --set-upstream-to=origin/main")(place)
    if gone:
        _do("update-ref -d refs/remotes/origin/main")(place)


def _diverged(place: Place) -> None:
    _upstream(place)
    _do("commit -q --allow-empty -m Ours")(place)
    head = place.git("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Theirs").strip()
    _do(f"update-ref refs/remotes/origin/main {head}")(place)


def _moved_directory(place: Place) -> None:
    (place.live / "repo").rename(place.live / "moved")
    place.work = place.live / "moved"
    place.repo = RepoBuilder(place.work)


def _bare(place: Place) -> None:
    run_git(place.live, "clone", "-q", "--bare", str(place.repo.root), str(place.live / "bare.git"))
    place.work = place.live / "bare.git"
    place.repo = RepoBuilder(place.work)


STATES = (
    State("unborn", "G1", _do("W new.txt x"), fresh=True),
    State("unborn-staged", "G1", _do("W new.txt x", "add new.txt"), fresh=True),
    State("orphan-branch", "G1", _do("checkout -q --orphan fresh")),
    State("detached", "G2", _do("checkout -q --detach")),
    State("detached-at-tag", "G2", _do("tag v1", "checkout -q v1")),
    State("bisect", "G2", _bisect),
    State("merge-conflict", "G3", _conflict("merge", "-q", "side")),
    State("merge-uncommitted", "G3", _conflict("merge", "-q", "--no-commit", "-s", "ours", "side")),
    State("rebase-conflict", "G3", _conflict("rebase", "-q", "side")),
    State("rebase-apply-conflict", "G3", _conflict("rebase", "-q", "--apply", "side")),
    State("cherry-pick-conflict", "G3", _conflict("cherry-pick", "side")),
    State("revert-conflict", "G3", _conflict("revert", "--no-edit", "HEAD~1")),
    State("am-conflict", "G3", _am),
    State("capsule-with-markers", "G4", _markers, CONFLICT),
    State("records-partly-committed", "G5", _partly_committed),
    State("shallow", "G6, G8", _shallow),
    State("partial-clone", "G6, G8", _partial),
    State("paused-commit-unreachable", "G6", _missing),
    State("amended", "G7", _do("commit -q --amend -m Amended")),
    State("ahead", "G7", _do("commit -q -a -m More", "W src/app.py again")),
    State("behind", "G7", _do("commit -q -a -m More", "checkout -q -B main HEAD~1")),
    State("branch-switched", "G7", _do("switch -q -c other")),
    State("branch-renamed", "G7", _do("branch -m main trunk")),
    State("upstream-equal", "G7", _upstream),
    State("upstream-gone", "G7", lambda place: _upstream(place, gone=True)),
    State("upstream-diverged", "G7", _diverged),
    State("sparse-checkout", "G8", _do("checkout -q -- .", "sparse-checkout set --cone src")),
    State("sparse-index", "G8", _do("checkout -q -- .", "sparse-checkout set --cone --sparse-index src")),
    State("skip-worktree", "G8", _do("update-index --skip-worktree README.md", "W README.md hidden")),
    State("assume-unchanged", "G8", _do("update-index --assume-unchanged README.md", "W README.md hidden")),
    State("split-index", "G8", _do("update-index --split-index", "W new.txt x", "add new.txt")),
    State("untracked-cache", "G8", _do("update-index --force-untracked-cache", "status -s")),
    State("index-version-4", "G8", _do("update-index --index-version 4")),
    State("sha256", "G8", _sha256, options=("--object-format=sha256",)),
    State("sha256-merge", "G8", _conflict("merge", "-q", "side"), options=("--object-format=sha256",)),
    State("submodule", "G9", _submodule),
    State("submodule-dirty", "G9", _submodule_dirty),
    State("submodule-moved", "G9", _submodule_moved),
    State("nested-repository", "G9", _nested(commits=True)),
    State("nested-without-commits", "G9", _nested(commits=False)),
    State("autocrlf", "G10", _attributes("", b"a\r\nb\r\n", "core.autocrlf=true")),
    State("text-auto", "G10", _attributes("* text=auto\n")),
    State("eol-crlf", "G10", _attributes("*.txt eol=crlf\n")),
    State("ident", "G10", _attributes("*.txt ident\n", b"$Id$\n")),
    State("encoding", "G10", _attributes("*.txt working-tree-encoding=UTF-16\n", "ä\n".encode("utf-16"))),
    State("filter", "G10", _attributes("*.txt filter=up\n", b"a\n", "filter.up.clean=tr a-z A-Z")),
    State("records-with-crlf", "G11", _crlf_records),
    State("odd-names", "G12", _names('src/"q"', "src/a\nb", "src/-x", "src/\udcff\udcfe", "src/🎉", " x", "--all")),
    State("composed-and-decomposed", "G12", _names("src/é", f"src/{unicodedata.normalize('NFD', 'é')}")),
    State("case-twins", "G13", _names("src/Name", "src/name", ".Volon/x", "CON", "src/dot.")),
    State("long-path", "G13", _long_path),
    State("pipe", "G14", _fifo),
    State("socket", "G14", _socket),
    State("links", "G14, G15", _links),
    State("large-file", "G14", _sparse_file),
    State("many-untracked", "G14", _many),
    State("modes-and-empty-directories", "G15", _modes),
    State("file-became-link", "G15", _type_changed),
    State("renamed-and-dropped", "G15", _renamed),
    State("intent-to-add", "G15", _do("W new.txt x", "add -N new.txt")),
    State("staged-and-changed", "G15", _do("W src/app.py one", "add -A src", "W src/app.py two")),
    State("staged-and-removed", "G15", _do("W gone.txt x", "add gone.txt", "rm -q -f --cached README.md")),
    State("ignored-files", "G15", _do("W .gitignore *.log", "W a.log x")),
    State("clean", "G15", _do("checkout -q -- .")),
    State("bare", "G16", _bare, REFUSED),
    State("linked-worktree", "G16", _linked("-b", "beside")),
    State("linked-detached", "G16", _linked("--detach")),
    State("linked-locked", "G16", _locked),
    State("moved-directory", "G16", _moved_directory),
    State("index-lock", "G16", _index_lock),
    State("stash", "G18", _stashed),
    State("packed", "G18", _packed),
    State(
        "notes-and-replace", "G18", _do("notes add -m note", "commit -q --allow-empty -m Two", "replace --graft HEAD")
    ),
    State("alternates", "G18", _shared),
    State("worktree-config", "G18", _do("config extensions.worktreeConfig true", "config --worktree core.x y")),
    State("reflogs-off", "G18", _do("config core.logAllRefUpdates false")),
)
