"""Search the files of many commits at once: each version of a file is read once, however many commits have it.

All versions become one tree in a git directory that is thrown away, and `git grep` searches that.

Promises: only objects are read; nothing of the repository changes; binary files are passed over; a search ends when
its time is up.

Source: issue "Every byte back" (`checkpoint grep`); reliability S14 (regular expressions without end).
"""

from __future__ import annotations

from collections import defaultdict

from volon.errors import CheckFailed, UsageError
from volon.model.facts import is_state_path
from volon.model.syntax.gitpath import force_quote
from volon.plain import dataclass
from volon.process import ProgramTimedOut
from volon.repo.blobs import decode, encode
from volon.repo.catfile import sizes
from volon.repo.git import GitFailed
from volon.repo.trials.aside import git_aside
from volon.repo.trials.treediff import deltas
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

SECONDS = 60.0
_REGULAR = frozenset({"100644", "100755"})
_MOST_IN_ONE = "1000"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is searched for, and how it is meant; a basic regular expression unless something else is said."""

    text: str
    extended: bool = False
    fixed: bool = False
    ignore_case: bool = False
    word: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The options and the pattern for `git grep`."""
        kind = "-F" if self.fixed else "-E" if self.extended else "-G"
        return (kind, *(["-i"] if self.ignore_case else []), *(["-w"] if self.word else []), "-e", self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that matches, in one version of a file."""

    blob: str
    number: int
    text: str


class Versions:
    """Which version of which file stands in which of some commits."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
        self._count = 0

    def add(self, git: Git, before: str | None, commit: str, paths: Sequence[str]) -> None:
        """Take in the next commit.

        Args:
            git: where to ask.
            before: the one that was taken in before it; None for the first.
            commit: a full id.
            paths: relative to the root; all without.

        Raises:
            GitFailed: it is missing, or a part of it.
        """
        if before is None:
            for path, blob in _listed(git, commit, paths):
                self._begin(path, blob)
        elif before != commit:
            for delta in deltas(git, before, commit, paths):
                if delta.old_mode in _REGULAR:
                    self._spans[delta.origin or delta.path, delta.old][-1][1:] = [self._count]
                if delta.new_mode in _REGULAR:
                    self._begin(delta.path, delta.new)
        self._count += 1

    def _begin(self, path: str, blob: str) -> None:
        self._spans[path, blob].append([self._count])

    def blobs(self) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
        """Return blob → the paths it stands at, each with the positions of the commits that have it there."""
        found: dict[str, list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
        for (path, blob), spans in self._spans.items():
            there = {one for span in spans for one in range(span[0], [*span, self._count][1])}
            found[blob].append((path, tuple(sorted(there))))
        return found


def search(
    repository: Repository, pattern: Pattern, blobs: Sequence[str], texts: Mapping[str, bytes]
) -> tuple[tuple[Line, ...], int]:
    """Return the lines that match, and how many versions are not here: a partial clone has not all.

    Args:
        repository: whose objects are searched.
        pattern: what for.
        blobs: the ids of versions.
        texts: more to search, by a name that stands for the id.

    Raises:
        UsageError: git cannot make sense of the pattern.
        CheckFailed: its time was up.
        GitFailed: a version is damaged.
    """
    with repository.scratch() as where:
        # Not in the user's working tree: what its attributes call binary is searched all the same.
        git = git_aside(repository, where / "git", where)
        # That git directory names no remote from which git would rather fetch than say what is missing.
        here = [oid for oid, size in zip(blobs, sizes(git, blobs), strict=True) if size is not None]
        named = {oid: oid for oid in here} | _kept(git, where / "texts", texts)
        rows = (f"100644 blob {oid}\t{name}\0".encode() for name, oid in named.items())
        tree = decode(git.run("mktree", "-z", stdin=b"".join(rows))).strip()
        return tuple(_lines(_grep(git, pattern, tree), len(tree) + 1)), len(blobs) - len(here)


def _kept(git: Git, where: Path, texts: Mapping[str, bytes]) -> dict[str, str]:
    files = [where / str(number) for number in range(len(texts))]
    for path, data in zip(files, texts.values(), strict=True):
        put(path, data)
    names = "".join(f"{force_quote(str(path))}\n" for path in files)
    out = git.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=encode(names))
    return dict(zip(texts, decode(out).split(), strict=True))


def _grep(git: Git, pattern: Pattern, tree: str) -> bytes:
    words = ("grep", "-I", "-z", "-n", "--no-color", "--max-count", _MOST_IN_ONE, *pattern.words, tree)
    try:
        return git.ask(*words, seconds=SECONDS)[1]
    except GitFailed as error:
        if "unable to read" in error.stderr or not error.stderr.startswith("fatal: "):
            raise
        message = f"git cannot search for {pattern.text!r}."
        raise UsageError(message, causes=error.causes, hints=["-F searches for the very characters"]) from error
    except ProgramTimedOut as error:
        message = f"The search was ended after {SECONDS:g} seconds; nothing is known."
        raise CheckFailed(
            message, hints=["Name paths or checkpoints, or search for the very characters: -F"]
        ) from error


def _lines(out: bytes, prefix: int) -> Iterator[Line]:
    for row in out.removesuffix(b"\n").split(b"\n") if out else []:
        name, number, text = row.split(b"\0", 2)
        yield Line(decode(name)[prefix:], int(number), decode(text))


def _listed(git: Git, commit: str, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for row in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        head, _, name = row.partition(b"\t")
        mode, _, oid = decode(head).split(" ")
        path = decode(name)
        wanted = not paths or any(not one or path == one or path.startswith(f"{one}/") for one in paths)
        if mode in _REGULAR and wanted and not is_state_path(path):
            yield path, oid
