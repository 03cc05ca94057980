"""What the disk can do for volon: names below known roots, and about fifteen primitives on them.

This file holds the words (`Root`, `Place`, `FileSystem`); `volon.disk` does the deeds on a real disk, and the crash
model has a file system of its own that can lose power. Everything that must be durable says so: `create`, `append`
and `sync` have made the content durable when they return, `sync_dir` and `sync_parents` the names. OSError passes
through; what it means is decided by who called.

Source: reliability S2, H0.
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.plain import StrEnum, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Protocol
else:
    Protocol = object


class Root(StrEnum):
    """The directories volon may write below."""

    WORKTREE = "worktree"
    GIT = "git"
    COMMON = "common"
    INFO = "info"
    REFS = "refs"
    FILES = "files"
    INDEX = "index"


OF_THE_USER = frozenset({Root.FILES, Root.INDEX})
"""Roots of what is the user's: content there is told by mode and object id (`volon.model.version`), not as bytes."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A path below a root: relative, with `/`, no `..`; the empty path is the root's own directory.

    Raises:
        NotCommitted: the path is absolute, leaves its root, or names git's own directory.
    """

    root: Root
    path: str = ""

    def __post_init__(self) -> None:
        if not all(map(_allowed, self.parts)) or self._names_git():
            raise NotCommitted(f"{self.path!r} is not a path volon may use")

    def _names_git(self) -> bool:
        if self.root is Root.FILES:
            return any(map(_is_git, self.parts))
        return self.root is Root.WORKTREE and any(map(is_gits, self.parts))

    @property
    def parts(self) -> tuple[str, ...]:
        """The components of the path."""
        return tuple(self.path.split("/")) if self.path else ()

    @property
    def name(self) -> str:
        """The last component."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> Place:
        """The directory that holds it; a root's own directory is its own parent."""
        return Place(self.root, self.path.rpartition("/")[0])

    def above(self) -> Iterator[Place]:
        """The directories that hold it, innermost first, its root's own last."""
        place = self
        while place.path:
            place = place.parent
            yield place

    def __truediv__(self, name: str) -> Place:
        return Place(self.root, f"{self.path}/{name}" if self.path else name)

    def __str__(self) -> str:
        """As a person would name it from the top of the working tree."""
        return f"{_PREFIX[self.root]}{self.path}"


_PREFIX = {
    Root.WORKTREE: "",
    Root.GIT: "<git dir>/volon/",
    Root.COMMON: "<common git dir>/volon/",
    Root.INFO: "<common git dir>/info/",
    Root.REFS: "<common git dir>/refs/volon/",
    Root.FILES: "",
    Root.INDEX: "<git dir>/",
}
_UNSEEN = dict.fromkeys((*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))


def _allowed(part: str) -> bool:
    return part not in ("", ".", "..") and "\0" not in part


def is_gits(part: str) -> bool:
    """Whether a name is that of git's own directory, which volon has no records in."""
    return part.casefold() in (".git", "git~1")


def _is_git(part: str) -> bool:
    """Whether some file system would take the name for git's own directory: as git itself sees it (HFS+, NTFS)."""
    plain = part.translate(_UNSEEN).partition(":")[0].rstrip(". ")
    return is_gits(plain)


class Contents(Protocol):
    """The bytes of versions of the user's files, by their object ids."""

    object_format: str

    def read(self, blob: str) -> bytes:
        """The bytes; InTheWay when nobody has them, OSError when they cannot be read now."""

    def announce(self, blobs: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """Say what will be read, in that order; returns how many bytes that is, and what nobody has."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the roots are. All three paths exist; `volon` and `info` below them need not.

    Attributes:
        worktree: the top of the working tree.
        git_dir: the working tree's own git directory.
        common_dir: the git directory shared by all working trees; equal to `git_dir` in the main one.
        contents: gives, once it is asked for, where the bytes of the user's files come from.
    """

    worktree: str
    git_dir: str
    common_dir: str
    contents: Callable[[], Contents] | None = field(default=None, compare=False, repr=False)

    def locate(self, place: Place) -> tuple[str, tuple[str, ...]]:
        """The existing directory to start from, and the components to walk from there."""
        base, prefix = {
            Root.WORKTREE: (self.worktree, ()),
            Root.GIT: (self.git_dir, ("volon",)),
            Root.COMMON: (self.common_dir, ("volon",)),
            Root.INFO: (self.common_dir, ("info",)),
            Root.REFS: (self.common_dir, ("refs", "volon")),
            Root.FILES: (self.worktree, ()),
            Root.INDEX: (self.git_dir, ()),
        }[place.root]
        return base, (*prefix, *place.parts)


@dataclass(frozen=True, slots=True)
class Stat:
    """What a name stands for, links not followed. `stamp` changes whenever the file or directory does."""

    is_file: bool
    is_dir: bool
    mode: int
    size: int
    links: int
    stamp: tuple[int, ...]


class InTheWay(NotCommitted):
    """Something else stands where volon's state should be."""


class SymlinkRefused(InTheWay):
    """A component of a state path is a symbolic link."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"{shown} is a symbolic link; volon neither reads nor writes its state through links",
            hints=[f"look where it points (`ls -ld {shown}`) and put a real file or directory in its place"],
        )


class NotAFile(InTheWay):
    """A state path is a directory, a pipe, a socket or a device, or a lock with a second name elsewhere."""

    def __init__(self, shown: str, what: str = "is not a regular file with one name") -> None:
        super().__init__(
            f"{shown} {what}", hints=[f"look at it with `ls -ld {shown}`, and give it another name if it is yours"]
        )


class TooLarge(NotAFile):
    """A state path is a file that volon cannot have written."""

    def __init__(self, shown: str, largest: int) -> None:
        super().__init__(shown, f"is larger than {largest >> 20} MiB, which no file of volon's is")


class NoBytes(InTheWay):
    """The bytes of a version are in no object of this repository."""

    def __init__(self, blob: str) -> None:
        super().__init__(f"git has no whole object {blob} here", hints=["git fsck"])


class NotADirectory(InTheWay):
    """A component of a state path is there and is no directory."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"{shown} is not a directory, and volon keeps its state in a directory of that name",
            hints=[f"look at it with `ls -ld {shown}`, and give it another name if it is yours"],
        )


class Held(Protocol):
    """A lock this process holds."""

    def mark(self, line: bytes) -> None:
        """Add a line to the note: something has happened. Not durable, and only for those who look on now."""

    def release(self) -> None:
        """Give it back; the kernel does the same when the process dies."""


class FileSystem(Protocol):
    """The primitives. See the module.

    Below the roots `OF_THE_USER`, `read` and `create` speak of versions instead of bytes.
    """

    def read(self, place: Place, limit: int | None = None) -> bytes | None:
        """The content, or its first `limit` bytes; None when there is no such file."""

    def announce(self, versions: Iterable[bytes]) -> tuple[int, tuple[str, ...]]:
        """Say which versions of the user's files will be created, in that order; see `Contents.announce`."""

    def stat(self, place: Place) -> Stat | None:
        """What the name stands for; None when there is nothing."""

    def listdir(self, place: Place) -> list[str]:
        """The names in a directory, sorted; none when there is no such directory."""

    def read_all(self, place: Place, names: Iterable[str] | None = None) -> dict[str, bytes]:
        """The content of every file in a directory that can be read, or of these, by name, in the order of names."""

    def files_below(self, place: Place) -> list[Place]:
        """All that is below a directory and no directory itself, but for git's own; none without such a directory."""

    def signatures(self, place: Place, least: int) -> tuple[str, dict[str, str]] | None:
        """What tells a directory from every other one, and by name the signatures of what is in it, in order.

        A signature changes whenever the file does; see `volon.cached`. None when there are fewer names than `least`.
        """

    def signature(self, place: Place) -> str:
        """One of them; empty where there is nothing that can be looked at."""

    def create(self, place: Place, data: bytes, mode: int, *, exact: bool = False) -> None:
        """A new file with durable content; FileExistsError when the name is taken. `exact`: umask does not apply."""

    def derive(self, place: Place, make: Callable[[], bytes], *, twin: bool = False, at_ns: int | None = None) -> None:
        """Replace a file that is worth nothing by itself, not durably; its time is that of before `make` was called.

        With `at_ns` it is that, in nanoseconds.

        So what `make` read and somebody changed meanwhile is newer than the file. It has no name before it is whole, so
        that nothing is left over wherever this stops; OSError where the system has no files without a name. With `twin`
        its last line is a second name for it in the same directory.
        """

    def append(self, place: Place, data: bytes) -> None:
        """Add to the end of an existing file, durably."""

    def sync(self, place: Place) -> None:
        """Make an existing file's content durable."""

    def rename(self, source: Place, target: Place) -> None:
        """Move a file, replacing the target in one step."""

    def link(self, source: Place, target: Place) -> None:
        """A second name for a file; FileExistsError when the name is taken."""

    def unlink(self, place: Place) -> None:
        """Remove a name; no error when it is gone."""

    def mkdir(self, place: Place) -> None:
        """Make the directory `place` and all above it up to the root; 0700 outside the working tree."""

    def rmdir(self, place: Place) -> None:
        """Remove an empty directory; no error when it is gone or not empty."""

    def sync_dir(self, place: Place) -> None:
        """Make the names in the directory `place` durable."""

    def sync_parents(self, places: Iterable[Place]) -> None:
        """Make these names durable, and those of every directory above them; each directory once."""

    def lock(self, place: Place, note: bytes) -> Held | None:
        """Take an exclusive lock and leave `note` in the file; None when another holds it."""

    def writable(self, place: Place) -> bool:
        """Whether `place` could be written: asked of the nearest directory above it that exists."""

    def free(self, root: Root) -> int | None:
        """Free bytes for this user, or None when the file system does not say."""

    def shown(self, place: Place) -> str:
        """The path to print for a person."""


def holders(roots: Roots, places: Iterable[Place]) -> list[tuple[str, tuple[str, ...]]]:
    """Every directory from each root's base down to the one that holds a place; each once, outermost first."""
    located = [roots.locate(place) for place in places]
    found = {(base, parts[:depth]) for base, parts in located for depth in range(len(parts))}
    return sorted(found)


def publish(files: FileSystem, directory: Root, aside: str, name: str) -> None:
    """Give a whole file its name, durably; its first one is gone afterwards, whatever happens.

    Raises:
        FileExistsError: something has that name.
        OSError: the machine refused.
    """
    try:
        files.sync(Place(directory, aside))
        files.link(Place(directory, aside), Place(directory, name))
    finally:
        files.unlink(Place(directory, aside))
    files.sync_dir(Place(directory))
