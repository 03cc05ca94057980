"""What differs between the trees of two commits, as values and as a patch, without volon's own files.

Promises: only objects are read, no file, no index; no external diff and no text conversion runs.

Source: issue "Every byte back" (`checkpoint diff`); reliability S7, S14.
"""

from __future__ import annotations

from volon.model.facts import WITHOUT_STATE, is_state_path
from volon.plain import dataclass, replace
from volon.repo.blobs import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.repo.git import Git

_WORDS = ("diff-tree", "-r", "--find-renames", "--no-ext-diff", "--no-textconv")
_LARGE = ("-c", "core.bigFileThreshold=8m")
"""A file beyond this size counts as binary: nobody reads such a patch, and it would fill the memory."""
_NOTHING = "000000"


@dataclass(frozen=True, slots=True)
class Delta:
    """One path that differs.

    Attributes:
        status: git's letter: `A D M R T`.
        origin: of a rename.
        old_mode, new_mode: None where there is nothing.
        old, new: the ids; all zeros where there is nothing.
        added, deleted: lines; None when it is binary.
    """

    path: str
    status: str
    origin: str | None
    old_mode: str | None
    new_mode: str | None
    old: str
    new: str
    added: int | None = None
    deleted: int | None = None


def pathspecs(paths: Sequence[str]) -> tuple[str, ...]:
    """Return paths relative to the root (all without) for git, volon's own files left out; nothing in them is magic."""
    everything, *without = WITHOUT_STATE
    return (*(f":(top,literal){path}" if path else everything for path in paths or ("",)), *without)


def deltas(git: Git, old: str, new: str, paths: Sequence[str] = ()) -> tuple[Delta, ...]:
    """Return what differs between two commits or trees.

    Args:
        git: where to ask.
        old: a full id.
        new: a full id.
        paths: relative to the root; all without.

    Raises:
        GitFailed: one of them is missing.
    """
    words = (*_WORDS, "--raw", "--numstat", "--no-abbrev", "-z", old, new, "--", *pathspecs(paths))
    fields = git.run(*_LARGE, *words).split(b"\0")[:-1]
    return tuple(_merged(iter(fields)))


def absent(git: Git, trees: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return those of some paths, relative to the root, that none of some commits or trees has; never volon's own.

    Raises:
        GitFailed: one of them is missing.
    """
    words = ("ls-tree", "--full-tree", "--name-only", "-z")
    literally = [f":(literal){path}" for path in paths if path]
    out = b"".join(git.run(*words, tree, "--", *literally) for tree in trees if literally)
    there = set(decode(out).split("\0"))
    return [path for path in paths if path and path not in there and not is_state_path(path)]


def patch(git: Git, old: str, new: str, paths: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the lines of a unified diff; bytes that are no UTF-8 are surrogate-escaped. Arguments as for `deltas`."""
    out = git.run(*_LARGE, *_WORDS, "--patch", old, new, "--", *pathspecs(paths))
    return tuple(decode(out).removesuffix("\n").split("\n")) if out else ()


def _merged(fields: Iterator[bytes]) -> Iterator[Delta]:
    """Put the raw rows, which come first, together with the counts; both are in the same order."""
    rows: list[Delta] = []
    counts: list[tuple[int | None, int | None]] = []
    for field in fields:
        if field.startswith(b":"):
            rows.append(_row(field, fields))
        else:
            more, less, path = field.split(b"\t", 2)
            if not path:
                next(fields), next(fields)
            counts.append((_count(more), _count(less)))
    for row, (added, deleted) in zip(rows, counts, strict=True):
        yield replace(row, added=added, deleted=deleted)


def _row(field: bytes, fields: Iterator[bytes]) -> Delta:
    old_mode, new_mode, old, new, status = decode(field[1:]).split(" ")
    first = decode(next(fields))
    renamed = status[0] == "R"
    path = decode(next(fields)) if renamed else first
    modes = [None if mode == _NOTHING else mode for mode in (old_mode, new_mode)]
    return Delta(path, status[0], first if renamed else None, modes[0], modes[1], old, new)


def _count(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None
