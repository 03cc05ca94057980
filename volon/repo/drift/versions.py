"""The versions of some paths: what HEAD has, what the paused commit had, and the lines of each.

Everything is asked once, for all paths together, and only when somebody wants to know.

Source: contract §5 (`tree.*`), §7 (dirty facts).
"""

from __future__ import annotations

from volon.light import cached_property
from volon.repo.blobs import decode, encode
from volon.repo.catfile import objects
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from volon.repo.drift.kept import Lines
    from volon.repo.git import Git

Version: TypeAlias = tuple[str | None, str | None]
"""Mode and blob of a path; `ABSENT` where there is none."""

ABSENT: Version = (None, None)
MOST_NAMED = 200
"""More paths than this do not surely fit on a command line: then git is asked for all."""

_REGULAR = frozenset({"100644", "100755"})
_MOST_READ, _MOST_READ_OF_ONE = 64 << 20, 2 << 20
_MANY_BYTES = 8000


def tree(git: Git, commit: str | None, paths: Sequence[str]) -> dict[str, Version]:
    """Return what a commit has at the paths; those it has not are left out.

    Args:
        git: where to ask.
        commit: a full id; None for no commit at all.
        paths: relative to the root.
    """
    if commit is None or not paths:
        return {}
    few = paths if len(paths) <= MOST_NAMED else ()
    out = git.run("--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--", *few)
    split = (row.partition(b"\t") for row in out.split(b"\0") if row)
    rows = ((decode(path), decode(head).split(" ")) for head, _, path in split)
    return {path: (words[0], words[2]) for path, words in rows}


class Versions:
    """Answers for some paths.

    Args:
        git: where to ask.
        head: HEAD; None on an unborn branch.
        then: the paused commit, when it is here.
        paths: the paths that will be asked for.
    """

    def __init__(self, git: Git, head: str | None, then: str | None, paths: Iterable[str]) -> None:
        self._git, self._head, self._then = git, head, then
        self._paths = sorted(paths)
        self._contents: dict[str, bytes | None] = {}

    @cached_property
    def _now(self) -> Mapping[str, Version]:
        return tree(self._git, self._head, self._paths)

    @cached_property
    def _before(self) -> Mapping[str, Version]:
        return self._now if self._then == self._head else tree(self._git, self._then, self._paths)

    def in_head(self, path: str) -> Version:
        """Return what HEAD has at the path."""
        return self._now.get(path, ABSENT)

    def at_pause(self, path: str) -> Version:
        """Return what the paused commit has at the path."""
        return self._before.get(path, ABSENT)

    @cached_property
    def _skipped(self) -> frozenset[str]:
        few = self._paths if len(self._paths) <= MOST_NAMED else ()
        out = self._git.run("--literal-pathspecs", "ls-files", "-v", "-z", "--", *few)
        return frozenset(decode(row[2:]) for row in out.split(b"\0") if row[:1].islower() or row[:1] == b"S")

    def is_skipped(self, path: str) -> bool:
        """Whether git was told not to look at the path: marked as skip-worktree or assume-unchanged."""
        return path in self._skipped

    @cached_property
    def _modes_count(self) -> bool:
        words = ("config", "--type=bool", "--default=true", "--get", "core.fileMode")
        return self._git.ask(*words, ok=(0, 1, 128))[1].strip() != b"false"

    def same(self, one: Version, other: Version) -> bool:
        """Whether two versions are the same; the executable bit counts only where git looks at it."""
        if one == other or one[1] is None or one[1] != other[1]:
            return one == other
        return {one[0], other[0]} <= _REGULAR and not self._modes_count

    def read(self, blobs: Iterable[str | None]) -> None:
        """Read the contents of many blobs at once; those that are missing or very large stay unknown."""
        wanted = sorted({blob for blob in blobs if blob and is_object_id(blob)} - self._contents.keys())
        self._contents |= dict.fromkeys(wanted)
        sized, left = [], _MOST_READ
        for row in self._cat("--batch-check", wanted).splitlines():
            words = row.split(b" ")
            size = int(words[2]) if words[1:2] == [b"blob"] else _MOST_READ
            if size <= min(left, _MOST_READ_OF_ONE):
                sized.append(words[0].decode("ascii"))
                left -= size
        self._contents |= {oid: data for oid, _, data in objects(self._cat("--batch", sized))}

    def _cat(self, how: str, blobs: Sequence[str]) -> bytes:
        if not blobs:
            return b""
        status, out = self._git.ask("cat-file", how, stdin=encode("\n".join(blobs) + "\n"), ok=(0, 128))
        return out if status == 0 else b""

    def content(self, blob: str | None) -> bytes | None:
        """Return the content of a blob; None when it is not in this repository."""
        if blob is None:
            return None
        if blob not in self._contents:
            self.read([blob])
        return self._contents[blob]

    def lines(self, version: Version) -> Lines | None:
        """Return the lines that say something, however they end; none of what is absent, None of unknown bytes."""
        from volon.repo.drift.kept import telling_lines  # noqa: PLC0415  only when something is lost

        if version == ABSENT:
            return telling_lines(b"")
        data = self.content(version[1])
        if data is None or b"\0" in data[:_MANY_BYTES]:
            return None
        return telling_lines(data)
