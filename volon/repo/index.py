"""The index as git would commit it: which of volon's files are staged, and their bytes; nothing is written.

Within a hook git says through `GIT_INDEX_FILE` which index it is about to commit: for `git commit PATH` that is not the
usual one. It is the only variable of git's that volon heeds, for `--staged` only, and only when it names a regular file
in this working tree's own git directory.

Source: issue "CI on capsule validity" (`--staged`), reliability S7 (the scrubbed environment).
"""

from __future__ import annotations

import stat

from volon.errors import UsageError
from volon.files import Place, Root
from volon.model.facts import STATE_PATHS, is_state_path
from volon.plain import dataclass, field
from volon.repo.blobs import decode
from volon.repo.catfile import objects
from volon.repo.git import GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

VARIABLE = "GIT_INDEX_FILE"
_STATE = (*(f":(top){path}" for path in STATE_PATHS), ":(top,literal)volon.yaml")
_REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Index:
    """One reading of the index; it reads like the store does, so that records can be asked for by their place.

    Attributes:
        paths: every path in it, and the directories above them.
        staged: volon's paths that differ from HEAD, the deleted ones too.
        unmerged: volon's paths that a merge left with several versions.
    """

    paths: frozenset[str]
    staged: frozenset[str]
    unmerged: frozenset[str]
    _blobs: Mapping[str, bytes] = field(repr=False)

    def read(self, place: Place) -> bytes | None:
        """The staged content; None when there is none, or no regular file."""
        return self._blobs.get(place.path) if place.root is Root.WORKTREE else None

    def read_all(self, place: Place) -> dict[str, bytes | None]:
        """Every name in a directory with its staged content; None for what is no regular file."""
        return {name: self.read(place / name) for name in self.listdir(place)}

    def read_rows(self, _place: Place, _kind: object, _start: object = "") -> None:
        """Nothing is kept of the index: all of it has been read."""

    def listdir(self, place: Place) -> list[str]:
        """The names in a directory, sorted."""
        start = f"{place.path}/"
        below = (path.removeprefix(start) for path in self.paths if path.startswith(start))
        return sorted({path.partition("/")[0] for path in below})


def read_index(repository: Repository, environment: Mapping[str, str]) -> Index:
    """Read the index that is about to be committed.

    Args:
        repository: where.
        environment: the caller's; only `GIT_INDEX_FILE` is looked at.

    Raises:
        UsageError: `GIT_INDEX_FILE` names no file in the git directory of this working tree.
        GitFailed: git could not say.
    """
    named = environment.get(VARIABLE)
    git = repository.git.with_index(_checked(repository, named)) if named else repository.git
    rows = [row for row in git.run("ls-files", "-s", "-z", "--full-name", "--", ":/").split(b"\0") if row]
    entries = [_entry(row) for row in rows]
    ours = {path: (mode, oid) for mode, oid, stage, path in entries if stage == "0" and _is_ours(path)}
    paths = {path for *_, path in entries}
    return Index(
        paths=frozenset(paths | {above for path in paths for above in _above(path)}),
        staged=_staged(git),
        unmerged=frozenset(path for *_, stage, path in entries if stage != "0" and _is_ours(path)),
        _blobs=_contents(git, {path: oid for path, (mode, oid) in ours.items() if mode in _REGULAR}),
    )


def _checked(repository: Repository, named: str) -> Path:
    path = repository.root / named
    inside = path.resolve().parent == repository.git_dir.resolve()
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        regular = False
    if inside and regular:
        return path
    message = f"{VARIABLE} names no index of this working tree: {named}"
    raise UsageError(message, hints=[f"env -u {VARIABLE} volon validate --staged"])


def _entry(row: bytes) -> tuple[str, str, str, str]:
    head, _, path = row.partition(b"\t")
    mode, oid, stage = head.decode("ascii").split(" ")
    return mode, oid, stage, decode(path)


def _is_ours(path: str) -> bool:
    return is_state_path(path) or path == "volon.yaml"


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _staged(git: Git) -> frozenset[str]:
    """The paths that the next commit changes; before the first commit, all of them."""
    base = git.resolve("HEAD")
    if base is None:
        out = git.run("ls-files", "-z", "--full-name", "--", *_STATE)
    else:
        words = ("diff-index", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", base, "--")
        out = git.run(*words, *_STATE)
    return frozenset(decode(path) for path in out.split(b"\0") if path)


def _contents(git: Git, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes of each path, by one `cat-file`."""
    if not blobs:
        return {}
    out = git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in blobs.values()).encode())
    contents = {oid: data for oid, kind, data in objects(out) if kind == "blob" and data is not None}
    if lost := [path for path, oid in blobs.items() if oid not in contents]:
        raise GitFailed(("cat-file", lost[0]), 0, f"the staged content of {lost[0]} is missing or damaged")
    return {path: contents[oid] for path, oid in blobs.items()}
