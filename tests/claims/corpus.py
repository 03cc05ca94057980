"""True capsules: real pauses of real work in repositories of many kinds, and the work that goes on afterwards.

Nothing here knows how volon finds claims; it only uses git and the command line.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.repos import RepoBuilder, run_git
from tests.support.running import VolonInProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CAPSULES = ".volon/pcc/tasks"
PLAIN = [f"src/part{n}/module{n}.py" for n in range(8)] + ["README.md", "Makefile", "docs/guide.md", "src/empty/.keep"]
SPARE = [f"spare/{n}.txt" for n in range(60)]
"""Files that nobody names: work may delete them, and no capsule has anything to say about it."""
ODD = ["a b/c d.py", "src/ünï.py", "-dash/-x.py", 'quo"te/x.py', "semi;colon/$x.py", "src/(x).md", "tab\there/x.py"]
WORDS = (
    "retry",
    "backoff",
    "jitter",
    "cache",
    "the",
    "queue",
    "of",
    "test",
    "when",
    "slow",
    "again",
    "maybe",
    "not",
    "yet",
)


@dataclass
class Corpus:
    """One repository with its paused work.

    Attributes:
        kind: what is special about it.
        repo: where the work was paused.
        count: how many pauses to make.
    """

    kind: str
    repo: RepoBuilder
    count: int
    rng: random.Random
    volon: VolonInProcess = field(init=False)
    pauses: int = 0

    def __post_init__(self) -> None:
        """Run volon in the working tree."""
        self.volon = VolonInProcess(self.repo.root)

    def pause(self, *extra: str) -> None:
        """Make some changes and pause a task of their own, with whatever a person might say."""
        changed = self.change()
        self.volon.ok("task", "start", f"{self.kind} {self.pauses}")
        task = max(path.stem for path in (self.repo.root / ".volon/tasks").glob("*.md"))
        words = ["pause-task", f"{self.kind} {self.pauses}: {self.words(6)}", "--task", task, *extra]
        words += [word for path in self.some(changed, 3) for word in ("--key-file", f"{path}: {self.words(5)}")]
        words += [word for _ in range(self.rng.randint(0, 3)) for word in ("--next", self.action(changed))]
        words += [word for _ in range(self.rng.randint(0, 2)) for word in ("--cmd", f"pytest {self.words(2)} => fail")]
        if self.rng.random() < 0.3:
            words += ["--plan", self.words(self.rng.choice((5, 60, 500))), "--goal", self.words(9)]
        if self.rng.random() < 0.2:
            words += ["--question", f"Is `{self.words(1)}/none.py` needed?"]
        self.volon.ok(*words)
        self.pauses += 1

    def change(self) -> list[str]:
        """Edit, add, delete, stage; give back paths that are there now."""
        tracked = [path for path in run_git(self.repo.root, "ls-files", "-z").split("\0") if path and self.mine(path)]
        rng, done = self.rng, []
        for path in self.some([path for path in tracked if path not in SPARE], 4):
            self.repo.write(path, f"{self.words(9)}\n" * rng.randint(1, 9))
            done.append(path)
        for number in range(rng.choice((0, 0, 1, 2, 40))):
            path = f"fresh/{rng.choice('abc')}/new{self.pauses}-{number}.py"
            self.repo.write(path, self.words(3))
            done.append(path)
        if rng.random() < 0.3:
            run_git(self.repo.root, "add", "-A", "--", "src")
        for path in self.some([path for path in tracked if path in SPARE], 1):
            (self.repo.root / path).unlink(missing_ok=True)
        there = [path for path in tracked if (self.repo.root / path).exists() and path not in SPARE]
        return [path for path in (*done, *self.some(there, 3)) if "\t" not in path]

    def mine(self, path: str) -> bool:
        """Whether a path is an ordinary file of the user's."""
        return not path.startswith((".volon/", ".design/", "sub")) and path != ".gitmodules"

    def action(self, changed: list[str]) -> str:
        """A next action that names what is there, what is to be made, or what lies elsewhere."""
        path = self.rng.choice(changed) if changed else "src/part0/module0.py"
        here = f"`{path}`" if "`" not in path and changed else "the module"
        choices = (
            f"Fix {here} before the rest",
            f"Run `pytest -q` on {here}:12, then rebase onto `origin/main`",
            "Write `tests/test_later.py` (new) and `and/or` read `application/json`",
            "Ask about `../other/api.py` (external)",
            f"{self.words(60)} in {here}",
            self.words(4),
        )
        return self.rng.choice(choices)

    def words(self, count: int) -> str:
        """Some words."""
        return " ".join(self.rng.choice(WORDS) for _ in range(count))

    def some(self, items: list[str], most: int) -> list[str]:
        """A few of them, maybe none."""
        return self.rng.sample(items, min(len(items), self.rng.randint(0, most)))

    def commit(self, message: str = "Work") -> None:
        """Commit everything; volon's own files are not shared yet."""
        run_git(self.repo.root, "add", "-A")
        run_git(self.repo.root, "commit", "-q", "--allow-empty", "-m", message)

    def branch(self, name: str) -> None:
        """Begin another branch; without it a second pause would be about the same task."""
        run_git(self.repo.root, "checkout", "-q", "-b", name)

    def capsules(self) -> list[Path]:
        """The capsules there are."""
        return sorted((self.repo.root / CAPSULES).glob("*.md"))


def _files(corpus: Corpus, paths: list[str]) -> None:
    for path in (*paths, *SPARE):
        corpus.repo.write(path, f"{corpus.words(20)}\n")
    corpus.commit("Begin")


def plain(corpus: Corpus) -> None:
    """One branch after the other, committed now and then, resumed now and then."""
    _files(corpus, PLAIN)
    for number in range(corpus.count):
        corpus.branch(f"feat/{number}")
        corpus.pause()
        if corpus.rng.random() < 0.3:
            corpus.volon("resume-task", "--force")
        if corpus.rng.random() < 0.6:
            corpus.commit(f"Work {number}")


def odd_names(corpus: Corpus) -> None:
    """Blanks, quotes, dashes, letters of all kinds in file and branch names."""
    _files(corpus, [*PLAIN, *ODD])
    for number in range(corpus.count):
        corpus.branch(f"fix/ünï-{number}+x@y")
        corpus.pause()
        if number % 3:
            corpus.commit()


def merged(corpus: Corpus) -> None:
    """Each branch is merged after its pause and deleted, some squashed; files are removed later."""
    _files(corpus, PLAIN)
    for number in range(corpus.count):
        corpus.branch(f"feat/{number}")
        corpus.commit(f"On the branch {number}")
        corpus.pause()
        corpus.commit(f"Finish {number}")
        corpus.repo.git("checkout", "-q", "main")
        squash = ["--squash"] if number % 3 == 0 else ["--no-ff"]
        corpus.repo.git("merge", "-q", *squash, f"feat/{number}", "-m", f"Merge {number}")
        if squash == ["--squash"]:
            corpus.commit(f"Squash {number}")
        corpus.repo.git("branch", "-q", "-D" if number % 3 else "-m", f"feat/{number}", *_kept(number))


def _kept(number: int) -> list[str]:
    """A squashed branch is kept under its own name: deleting it unmerged would be worth a warning."""
    return [] if number % 3 else [f"feat/{number}"]


def detached(corpus: Corpus) -> None:
    """Work on no branch at all."""
    _files(corpus, PLAIN)
    for _ in range(corpus.count):
        corpus.repo.git("checkout", "-q", "--detach")
        corpus.pause()
        corpus.commit()


def unborn(corpus: Corpus) -> None:
    """Before the first commit."""
    for number in range(corpus.count):
        corpus.repo.write(f"src/first{number}.py", "x\n")
        corpus.pause()


def linked(corpus: Corpus) -> None:
    """In a linked working tree."""
    _files(corpus, PLAIN)
    corpus.repo.git("worktree", "add", "-q", "../linked", "-b", "linked")
    corpus.repo = RepoBuilder(corpus.repo.root.parent / "linked")
    corpus.volon = VolonInProcess(corpus.repo.root)
    plain_branches(corpus)


def upstream(corpus: Corpus) -> None:
    """A clone with a remote that moves on: others push, branches are rebased and force-pushed."""
    _files(corpus, PLAIN)
    origin = corpus.repo.root.parent / "origin.git"
    run_git(corpus.repo.root.parent, "clone", "-q", "--bare", str(corpus.repo.root), str(origin))
    corpus.repo.git("remote", "add", "origin", str(origin))
    corpus.repo.git("fetch", "-q", "origin")
    for number in range(corpus.count):
        corpus.branch(f"feat/{number}")
        corpus.commit(f"Work {number}")
        corpus.repo.git("push", "-q", "-u", "origin", f"feat/{number}")
        corpus.pause()
        corpus.commit(f"More {number}")
        if number % 4 == 0:
            corpus.repo.git("commit", "-q", "--amend", "--allow-empty", "-m", f"Amended {number}")
            corpus.repo.git("push", "-q", "--force", "origin", f"feat/{number}")


def plain_branches(corpus: Corpus) -> None:
    """A branch for each pause, nothing else."""
    for number in range(corpus.count):
        corpus.branch(f"task-{number}")
        corpus.pause()
        corpus.commit()


def plain_branches_of(corpus: Corpus) -> None:
    """The same in a repository of its own."""
    _files(corpus, PLAIN)
    plain_branches(corpus)


def submodule(corpus: Corpus) -> None:
    """With a submodule that has changes of its own."""
    inner = RepoBuilder.init(corpus.repo.root.parent / "inner")
    inner.commit("Inner", {"lib/x.py": "x\n"})
    _files(corpus, PLAIN)
    corpus.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "sub")
    corpus.commit("Add the submodule")
    for number in range(corpus.count):
        corpus.branch(f"task-{number}")
        corpus.repo.write("sub/lib/x.py", corpus.words(3))
        corpus.pause("--key-file", "sub/lib/x.py: inside the submodule")
        corpus.repo.git("-C", "sub", "checkout", "-q", "--", ".")
        corpus.commit()


def conflicted(corpus: Corpus) -> None:
    """In the middle of a merge with conflicts."""
    _files(corpus, PLAIN)
    for number in range(corpus.count):
        corpus.branch(f"ours-{number}")
        corpus.repo.write("src/part0/module0.py", f"ours {number}\n")
        corpus.commit()
        corpus.repo.git("checkout", "-q", "-b", f"theirs-{number}", "HEAD~1")
        corpus.repo.write("src/part0/module0.py", f"theirs {number}\n")
        corpus.commit()
        corpus.repo.git("merge", "-q", f"ours-{number}", check=False)
        corpus.pause()
        corpus.commit(f"Merge {number}")


KINDS: dict[str, tuple[Callable[[Corpus], None], tuple[str, ...]]] = {
    "plain": (plain, ()),
    "odd names": (odd_names, ()),
    "merged": (merged, ()),
    "detached": (detached, ()),
    "unborn": (unborn, ()),
    "linked": (linked, ()),
    "upstream": (upstream, ()),
    "submodule": (submodule, ()),
    "conflicted": (conflicted, ()),
    "sha256": (plain_branches_of, ("--object-format=sha256",)),
}
"""Kind → how its story goes, and options of `git init`."""


def build(kind: str, place: Path, count: int, seed: int) -> Corpus:
    """Make one repository with its pauses, and share and commit the records at the end."""
    story, options = KINDS[kind]
    repo = RepoBuilder.init(place / "work", *options)
    corpus = Corpus(kind, repo, count, random.Random(f"{kind} {seed}"))
    story(corpus)
    corpus.volon.ok("init")
    run_git(corpus.repo.root, "add", "-A", "--", ".volon", ".design")
    run_git(corpus.repo.root, "commit", "-q", "-m", "Share the records")
    return corpus


def copy_of(corpus: Corpus, place: Path) -> Path:
    """A copy to be broken; of a linked working tree its main one goes with it."""
    shutil.copytree(corpus.repo.root.parent, place, symlinks=True)
    return place / corpus.repo.root.name
