"""Digests of what belongs to the user: a test takes one before and one after, and they must be equal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.support.repos import run_git

if TYPE_CHECKING:
    from pathlib import Path

_STATE = (".volon", ".design")


def user_digest(root: Path) -> dict[str, str]:
    """Return what a pause must never change: every file with mode, the index, HEAD, all refs but ours, all reflogs."""
    found = {f"file {path}": _content(root / path) for path in _files(root)}
    git_dir = root / run_git(root, "rev-parse", "--git-dir").strip()
    for name in ("index", "HEAD", "ORIG_HEAD", "MERGE_HEAD"):
        found[name] = _content(git_dir / name)
    found["refs"] = "\n".join(line for line in run_git(root, "for-each-ref").splitlines() if "refs/volon/" not in line)
    for log in sorted((git_dir / "logs").rglob("*")) if (git_dir / "logs").is_dir() else ():
        if log.is_file():
            found[f"log {log.relative_to(git_dir)}"] = _content(log)
    return found


def tree_digest(root: Path) -> dict[str, str]:
    """Return every path below a directory with mode and content, git's and volon's own included."""
    return {str(path.relative_to(root)): _content(path) for path in sorted(root.rglob("*"))}


def _files(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if not path.is_dir() and path.relative_to(root).parts[0] not in {".git", *_STATE}
    )


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    if path.is_dir():
        return "directory"
    if not path.exists():
        return "absent"
    if not path.is_file():
        return f"special {path.stat().st_mode:o}"
    return f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
