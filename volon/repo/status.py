"""One `git status`, read: HEAD, branch, upstream and every path that differs, with the ids of its bytes.

Promises: one process, the index is not written, names may be anything but NUL, volon's own files are left out.
Renames are recorded as what they are on disk, one path gone and one path new: only so can each be looked for again.

Source: contract §7 (dirty facts), design §4, reliability G8, G9, G12.
"""

from __future__ import annotations

from volon.plain import dataclass, field, replace
from volon.repo.git import NOT_INSIDE, GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.facts import Change

    OfPath = Callable[[str], tuple[str | None, str | None]]

_TRACKED = ("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--no-ahead-behind")
COMMAND = (*_TRACKED, "--untracked-files=all")
"""Of the whole tree: for volon's records to be left out, git would compare each path with five patterns, and that takes
longer than looking at those of them that are not ignored."""
IN_TWO = ((*_TRACKED, NOT_INSIDE, "--untracked-files=no"), ("ls-files", "--others", "--exclude-standard", "-z"))
"""The same, asked of two processes at once: one git looks at what it tracks first, then for what it does not, and in a
large tree either takes as long. Together they say the same only where both read the same index, in which there is no
submodule: the one is not let into any, the other never looks into one."""
ABSENT = "000000"
_GITLINK = "160000"
STAGED = "MTA"
"""The first letter of a path whose version in the index is another than HEAD's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of porcelain v2.

    Attributes:
        mode: in the working tree; `000000` when absent, empty when git does not say (untracked).
        staged: the blob in the index, where there is exactly one.
        submodule: git's four letters, `N...` for what is none.
        stages: mode and blob of the stages 1 to 3 of a conflict; None for a side that has no such path.
    """

    path: str
    status: str
    mode: str = ""
    staged_mode: str = ""
    staged: str | None = None
    submodule: str = "N..."
    stages: tuple[tuple[str, str] | None, ...] = ()


@dataclass(slots=True)
class Status:
    """What one `git status` said.

    Attributes:
        upstream_same: git said that the upstream branch is exactly HEAD.
        upstream_known: the upstream ref exists.
        converts: whether git may hold files in another form than that on disk, see `volon.repo.snapshots.faithful`;
            None as long as nobody has looked.
    """

    head: str | None = None
    branch: str | None = None
    upstream: str | None = None
    upstream_known: bool = False
    upstream_same: bool = False
    entries: list[Entry] = field(default_factory=list)
    converts: bool | None = None

    @property
    def nested(self) -> tuple[str, ...]:
        """Nested repositories: untracked directories that git does not look into."""
        return tuple(entry.path for entry in self.entries if entry.path.endswith("/"))

    @property
    def gone(self) -> bool:
        """Whether a tracked file is not there."""
        return any(entry.mode == ABSENT for entry in self.entries)

    @property
    def submodules(self) -> tuple[str, ...]:
        """Submodules with changes inside, or at another commit."""
        return tuple(entry.path for entry in self.entries if entry.submodule.startswith("S"))


def parse(data: bytes, others: bytes = b"") -> Status:
    """Read the output of `COMMAND`, or of both of `IN_TWO`; lines of a kind we do not know are passed over.

    Raises:
        GitFailed: a line of a kind we know is not as it should be.
    """
    from volon.model.facts import is_state_path  # noqa: PLC0415  git is begun before
    from volon.repo.blobs import decode  # noqa: PLC0415

    status = Status()
    for record in (*data.split(b"\0"), *(b"? " + path for path in others.split(b"\0") if path)):
        text = decode(record)
        if text.startswith("# "):
            _header(status, text[2:])
        elif (entry := _read(text)) is not None and not is_state_path(entry.path):
            status.entries.append(entry)
    return status


def _header(status: Status, text: str) -> None:
    key, _, value = text.partition(" ")
    if key == "branch.oid":
        status.head = value if is_object_id(value) else None
    elif key == "branch.head":
        status.branch = None if value == "(detached)" else value
    elif key == "branch.upstream":
        status.upstream = value
    elif key == "branch.ab":
        status.upstream_known, status.upstream_same = True, value == "+0 -0"


def _read(text: str) -> Entry | None:
    try:
        return _entry(text)
    except ValueError as error:
        raise GitFailed(("status",), 0, "its answer could not be read") from error


def _entry(text: str) -> Entry | None:
    match text.split(" ", 1)[0]:
        case "?":
            return Entry(text[2:], "??")
        case "1":
            xy, sub, _, staged_mode, mode, _, staged, path = text[2:].split(" ", 7)
            # Added with `-N` and gone: nobody merged it, and of a conflict the same letters say more.
            return Entry(path, "D." if xy == "DD" else xy, mode, staged_mode, staged, sub)
        case "u":
            xy, sub, one, two, three, mode, *blobs, path = text[2:].split(" ", 9)
            sides = zip((one, two, three), blobs, strict=True)
            stages = tuple(None if side[0] == ABSENT else side for side in sides)
            return Entry(path, xy, mode, submodule=sub, stages=stages)
        case _:
            return None


def changes(status: Status, of_path: OfPath, submodule_commit: dict[str, str | None]) -> tuple[Change, ...]:
    """Return the changed paths with mode and id of their bytes now, in the order of their names.

    Args:
        status: what git said.
        of_path: gives mode and id of a file's bytes.
        submodule_commit: what is checked out in each changed submodule.
    """
    found: dict[str, Change] = {}
    for entry in status.entries:
        if entry.path.endswith("/"):
            continue
        change = _change(entry, of_path, submodule_commit)
        # Taken out of the index and still there, git names a path twice: once as deleted, once as untracked.
        staged = found[entry.path].status[0] if entry.path in found else ""
        found[entry.path] = replace(change, status=f"{staged}?") if staged else change
    return tuple(sorted(found.values(), key=lambda change: change.path))


def _change(entry: Entry, of_path: OfPath, submodule_commit: dict[str, str | None]) -> Change:
    change = _in_tree(entry, of_path, submodule_commit)
    staged = (entry.staged_mode, entry.staged)
    # Both letters: the index differs from HEAD, and the working tree from the index.
    only_there = entry.staged is not None and entry.status[0] in STAGED and entry.status[1] != "."
    if not only_there or staged == (change.mode, change.blob):
        return change
    return replace(change, staged_mode=entry.staged_mode, staged_blob=entry.staged)


def _in_tree(entry: Entry, of_path: OfPath, submodule_commit: dict[str, str | None]) -> Change:
    from volon.model.facts import Change  # noqa: PLC0415  git is begun before

    if entry.mode == ABSENT:
        return Change(entry.path, entry.status)
    if entry.mode == _GITLINK:
        return Change(entry.path, entry.status, _GITLINK, submodule_commit.get(entry.path))
    mode, blob = of_path(entry.path)
    return Change(entry.path, entry.status, entry.mode or mode, blob)
