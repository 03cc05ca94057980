"""What git is in the middle of, read from the files it keeps for itself; no process is started.

Source: reliability G3, contract §5 (`operation.in-progress`).
"""

from __future__ import annotations

from volon.plain import dataclass
from volon.repo.capped import start_of
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation in progress.

    Attributes:
        name: `merge`, `rebase`, `am`, `cherry-pick`, `revert` or `bisect`.
        head: the commit merged, picked, reverted or rebased onto, where git records one.
        branch: the branch being rebased, or from which a bisection began.
    """

    name: str
    head: str | None = None
    branch: str | None = None


def in_progress(git_dir: Path) -> Operation | None:
    """Return what is in progress in a working tree, or None; a rebase before what it picks.

    Args:
        git_dir: the working tree's own git directory.
    """
    return _rebase(git_dir) or _by_head(git_dir) or _sequencer(git_dir) or _bisect(git_dir)


def _rebase(git_dir: Path) -> Operation | None:
    for state in (git_dir / "rebase-merge", git_dir / "rebase-apply"):
        if state.is_dir():
            name = "am" if (state / "applying").exists() else "rebase"
            return Operation(name, _object_id(state / "onto"), _branch(state / "head-name"))
    return None


def _by_head(git_dir: Path) -> Operation | None:
    for file, name in (("MERGE_HEAD", "merge"), ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert")):
        if (git_dir / file).exists():
            return Operation(name, _object_id(git_dir / file))
    return None


def _sequencer(git_dir: Path) -> Operation | None:
    """Between two commits of a longer cherry-pick or revert only the list of what remains exists."""
    words = _first_line(git_dir / "sequencer" / "todo").split()
    names = {"pick": "cherry-pick", "p": "cherry-pick", "revert": "revert"}
    return Operation(names[words[0]]) if words and words[0] in names else None


def _bisect(git_dir: Path) -> Operation | None:
    if not (git_dir / "BISECT_LOG").exists():
        return None
    start = _first_line(git_dir / "BISECT_START")
    return Operation("bisect", start if is_object_id(start) else None, None if is_object_id(start) else start or None)


def _object_id(path: Path) -> str | None:
    line = _first_line(path)
    return line if is_object_id(line) else None


def _branch(path: Path) -> str | None:
    line = _first_line(path)
    return line.removeprefix("refs/heads/") if line.startswith("refs/heads/") else None


def _first_line(path: Path) -> str:
    return start_of(path).partition(b"\n")[0].decode("utf-8", "surrogateescape").strip()
