"""Questions about history, asked only when HEAD or an upstream branch moved.

This is the one place that uses GitPython: its command interface starts git with the same fixed settings as
`volon.repo.git`. It is imported on first use, the process's own `GIT_*` variables are out of its sight while it
works, it is closed afterwards, its errors become ours, and only plain values come out.

Source: design §4 (GitPython), reliability S7, S8, S16; contract §5.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from volon.errors import NotCommitted
from volon.model.drift.observed import CommitNote
from volon.model.facts import WITHOUT_STATE, is_state_path
from volon.plain import dataclass, replace
from volon.repo.blobs import decode
from volon.repo.drift.patches import Patch, read_patch, read_patches
from volon.repo.drift.versions import ABSENT, Versions, tree
from volon.repo.git import SETTINGS, GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from git.cmd import Git as Command

    from volon.repo.drift.versions import Version
    from volon.repo.git import Git

MOST_COMMITS = 1000
"""How many commits of one side are looked at; more are only counted."""

_MARK = "\x1e"
_FORMAT = f"--format={_MARK}%H%x00%P%x00%an%x00%ae%x00%aI%x00%s%x00"
_RAW = ("--raw", "--no-abbrev", "--no-renames", "--diff-merges=dense-combined", "--no-ext-diff", "--no-textconv")
_PATCH = (
    "-p",
    "-U0",
    "--inter-hunk-context=0",
    "--full-index",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-indent-heuristic",
    "--diff-algorithm=myers",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as the comparison of two histories needs it.

    Attributes:
        note: what a person sees of it.
        parents: ids.
        identity: author's name and address, and the author date: what a rebase keeps.
        results: path → `mode blob` after it, without volon's own files; of a merge only what was resolved by hand.
        state_only: it touches volon's own files and nothing else.
        cut: its parents are not in this shallow clone, so that what it changed is not known: `results` has all files.
    """

    note: CommitNote
    parents: tuple[str, ...]
    identity: tuple[str, str, str]
    results: Mapping[str, str]
    state_only: bool = False
    cut: bool = False

    @property
    def oid(self) -> str:
        """The full id."""
        return self.note.oid


class History:
    """Asks git about commits; made by `opened`.

    Args:
        git: where, and in which environment.
        command: GitPython's command interface.
        cut: the commits where a shallow clone ends.
    """

    def __init__(self, git: Git, command: Command, cut: Collection[str] = ()) -> None:
        self._git = git
        self._command = command
        self._cut = frozenset(cut)

    def exists(self, oid: str) -> bool:
        """Return whether the commit is in this repository."""
        return self._ask("cat-file", "-e", f"{oid}^{{commit}}", ok=(0, 1, 128))[0] == 0

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, or None when their histories are unrelated."""
        out = self._ask("merge-base", one, other, ok=(0, 1))[1].decode("ascii").strip()
        return out if is_object_id(out) else None

    def is_ancestor(self, old: str, new: str) -> bool:
        """Return whether `new` contains `old`."""
        return self._ask("merge-base", "--is-ancestor", old, new, ok=(0, 1))[0] == 0

    def commits(self, tip: str, exclude: Sequence[str] = ()) -> tuple[Commit, ...]:
        """Return the commits that `tip` has and none of `exclude` has, newest first, at most `MOST_COMMITS`.

        Args:
            tip: a full id.
            exclude: full ids.
        """
        bounds = [tip, *(f"^{oid}" for oid in exclude), "--"]
        words = ("log", "-z", "--topo-order", f"--max-count={MOST_COMMITS}", _FORMAT)
        status, out = self._ask(*words, *_RAW, *bounds, ok=(0, 128))
        # A partial clone may lack the trees: then commits are known, and their files are not.
        found = parse_log(out if status == 0 else self._ask(*words, *bounds)[1])
        return tuple(_cut_off(commit) if commit.oid in self._cut else commit for commit in found)

    def ids(self, tip: str, exclude: Sequence[str]) -> frozenset[str]:
        """Return the ids of the commits that `tip` has and none of `exclude` has, newest `MOST_COMMITS`."""
        bounds = [tip, *(f"^{oid}" for oid in exclude), "--"]
        out = self._ask("rev-list", "--topo-order", f"--max-count={MOST_COMMITS}", *bounds)[1]
        return frozenset(out.decode("ascii").split())

    def visited(self, then: str, until: float) -> tuple[str, ...]:
        """Return where HEAD of this working tree was up to the last time, until an instant, that it was at `then`.

        Nothing when its log does not know that.

        Args:
            then: a full id.
            until: seconds since the epoch.
        """
        words = ("log", "--walk-reflogs", f"--max-count={MOST_COMMITS}", "--date=unix", "--format=%H %gd", "HEAD", "--")
        status, out = self._ask(*words, ok=(0, 128))
        rows = [line.split(" ") for line in decode(out).splitlines()] if status == 0 else []
        for place, (oid, when) in enumerate(rows):
            if oid == then and int(when.removeprefix("HEAD@{").removesuffix("}")) <= until:
                return tuple(dict.fromkeys(oid for oid, _ in rows[place:]))
        return ()

    def count(self, tip: str, exclude: Sequence[str]) -> int:
        """Return how many commits that touch more than volon's own files `tip` has and none of `exclude` has."""
        bounds = [tip, *(f"^{oid}" for oid in exclude), "--", *WITHOUT_STATE]
        return int(self._ask("rev-list", "--count", *bounds)[1])

    def has_more(self, merge: Commit, now: str) -> bool:
        """Return whether a merge brought lines of its own, by hand, that are not in the files of `now`.

        Args:
            merge: whose files are those that were resolved by hand.
            now: a full id.
        """
        paths = merge.note.files
        if not paths:
            return False
        versions = Versions(self._git, now, merge.oid, paths)
        sides = [tree(self._git, parent, paths) for parent in merge.parents]
        return any(self._lacks(path, versions, sides) for path in paths)

    @staticmethod
    def _lacks(path: str, versions: Versions, sides: Sequence[Mapping[str, Version]]) -> bool:
        was, now = versions.lines(versions.at_pause(path)), versions.lines(versions.in_head(path))
        if was is None or now is None:
            return False
        known = now.copy()
        for side in sides:
            known |= versions.lines(side.get(path, ABSENT)) or known
        return bool(was - known)

    def patches(self, oids: Sequence[str]) -> dict[str, Patch]:
        """Return what each of the commits changed, without volon's own files.

        Nothing when git cannot say, as in a partial clone that lacks the content: weaker evidence has to do then.
        """
        if not oids:
            return {}
        words = ("log", "--no-walk=unsorted", f"--format={_MARK}%H", *_PATCH, *oids, "--")
        status, out = self._ask(*words, ok=(0, 128))
        return read_patches(out) if status == 0 else {}

    def difference(self, old: str, new: str) -> Patch | None:
        """Return what lies between two commits as one patch, without volon's own files; None when git cannot say."""
        status, out = self._ask("diff-tree", "-r", *_PATCH, old, new, "--", ok=(0, 128))
        return read_patch(out) if status == 0 else None

    def changed_paths(self, old: str, new: str, paths: Sequence[str]) -> frozenset[str]:
        """Return which of the paths differ between two commits."""
        words = ("--literal-pathspecs", "diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, "--", *paths)
        return frozenset(decode(path) for path in self._ask(*words)[1].split(b"\0") if path)

    def _ask(self, *words: str, ok: Collection[int] = (0,)) -> tuple[int, bytes]:
        from git.exc import GitCommandError  # noqa: PLC0415  loaded by `opened`

        self._git.calls += 1
        try:
            status, out, err = self._command.execute(
                [self._git.program, *SETTINGS, *words],
                env=self._git.environment,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except GitCommandError as error:
            raise GitFailed(words, -1, str(error)) from error
        if status not in ok:
            raise GitFailed(words, status, err)
        return status, bytes(out)


def _cut_off(commit: Commit) -> Commit:
    return replace(commit, note=replace(commit.note, files=()), state_only=False, cut=True)


@contextmanager
def opened(git: Git, cut: Collection[str] = ()) -> Iterator[History]:
    """Give access to history; GitPython is loaded, hidden from the caller's `GIT_*` variables, and closed again.

    Args:
        git: where to ask.
        cut: the commits where a shallow clone ends.

    Raises:
        NotCommitted: GitPython is missing or git cannot be started.
    """
    with _without_git_variables(git.program):
        try:
            from git.cmd import Git as Command  # noqa: PLC0415  costs 70 ms and starts a process
        except ImportError as error:
            raise NotCommitted(
                "GitPython cannot be loaded, so what happened since the pause cannot be told",
                causes=[str(error).partition("\n")[0]],
                hints=["install volon again with its dependencies"],
            ) from error
        command = Command(str(git.directory))
        try:
            yield History(git, command, cut)
        finally:
            command.clear_cache()


@contextmanager
def _without_git_variables(program: str) -> Iterator[None]:
    """Hide every `GIT_*` of this process, and name the git that GitPython may start."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}
    for name in hidden:
        del os.environ[name]
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = program
    try:
        yield
    finally:
        os.environ.pop("GIT_PYTHON_GIT_EXECUTABLE", None)
        os.environ.update(hidden)


def parse_log(data: bytes) -> tuple[Commit, ...]:
    """Read `git log -z` with our format and raw differences.

    Raises:
        GitFailed: that is not what this is.
    """
    try:
        return _parsed(data)
    except (ValueError, LookupError, StopIteration, RuntimeError) as error:
        raise GitFailed(("log",), 0, "its answer could not be read") from error


def _parsed(data: bytes) -> tuple[Commit, ...]:
    fields = iter(data.split(b"\0"))
    found: list[tuple[list[str], dict[str, str]]] = []
    for field in fields:
        text = field.lstrip(b"\n")
        if text.startswith(_MARK.encode()):
            found.append(([decode(text[1:]), *(decode(next(fields)) for _ in range(5))], {}))
        elif text.startswith(b":"):
            found[-1][1][decode(next(fields))] = _result(text)
    return tuple(_commit(head, results) for head, results in found)


def _result(raw: bytes) -> str:
    """Return `mode blob` after the commit; a merge's line has one more column for each further parent."""
    sides = len(raw) - len(raw.lstrip(b":"))
    words = raw.lstrip(b":").decode("ascii").split(" ")
    return f"{words[sides]} {words[2 * sides + 1]}"


def _commit(head: list[str], results: dict[str, str]) -> Commit:
    oid, parents, name, address, date, subject = head
    ours = {path: result for path, result in results.items() if not is_state_path(path)}
    merge = " " in parents
    note = CommitNote(oid, subject, name, date, tuple(sorted(ours)), merge=merge)
    return Commit(note, tuple(parents.split()), (name, address, date), ours, state_only=bool(results) and not ours)
