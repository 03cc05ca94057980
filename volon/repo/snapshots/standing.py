"""What stands at paths of the working tree now, and what a checkout of a tree would put there; nothing is changed.

A checkout is tried in a scratch directory, by git itself, so that line ends, `ident`, encodings and the user's own
filters are as git makes them; filters that only the repository names do not run (`volon.repo.quiet`).

Source: reliability §3.7, G10.
"""

from __future__ import annotations

import os
import stat

from volon.model.version import LINK, SOMETHING, Version
from volon.repo.blobs import Blobs, decode, encode
from volon.scratch import put, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

_MODES = ("100644", "100755", LINK)


class Standing:
    """Looks at one working tree.

    Args:
        root: its top.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, root: Path, object_format: str) -> None:
        self._root, self._blobs = root, Blobs(root, object_format)

    def look(self, path: str) -> Version | bytes | None:
        """Return the version of a file or link, `SOMETHING` for what else there is, None where there is nothing."""
        mode, blob = self._blobs.of_path(path)
        if mode is not None and blob is not None:
            return Version(mode, blob)
        try:
            found = self._blobs.parents_are_real(encode(path)) and os.lstat(os.fsencode(self._root / path))
        except OSError:
            return None
        return SOMETHING if found else None

    def has_other_names(self, path: str) -> bool:
        """Return whether the file at a path is a hard link: whoever replaces it leaves the other names as they are."""
        try:
            found = os.lstat(os.fsencode(self._root / path))
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_nlink > 1

    def below(self, path: str) -> Iterator[str]:
        """Yield every file in a directory, at any depth, and every empty directory in it; no link is followed."""
        try:
            found = sorted(os.scandir(self._root / path), key=lambda one: one.name)
        except OSError:
            return
        for one in found:
            inner = f"{path}/{one.name}"
            if one.is_dir(follow_symlinks=False):
                yield from list(self.below(inner)) or [inner]
            else:
                yield inner


def tree_of(git: Git, commit: str, modes: Collection[str] = _MODES) -> dict[str, Version]:
    """Return every file and link in the tree of a commit, as git has it; or what else has one of these modes.

    Raises:
        GitFailed: git could not say.
    """
    rows = git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")
    split = (row.partition(b"\t") for row in rows if row)
    heads = ((head.decode("ascii").split(" "), path) for head, _, path in split)
    return {decode(path): Version(mode, oid) for (mode, _, oid), path in heads if mode in modes}


def checked_out(
    repository: Repository,
    commit: str,
    paths: Collection[str],
    rules: Mapping[str, bytes | None] | None = None,
    door: Git | None = None,
) -> tuple[dict[str, Version], dict[str, bytes]]:
    """Return what a checkout of a commit would write for some paths, and the bytes that are no objects yet, by id.

    Args:
        repository: where.
        commit: a full id.
        paths: those that its tree does not have are left out.
        door: where the commit is, when not in the repository itself.
        rules: `.gitattributes` files that count instead of the commit's; None for one that is not there.

    Raises:
        GitFailed: git could not, for instance because a filter failed.
    """
    door = door or repository.git
    known = tree_of(door, commit) if paths else {}
    wanted = [path for path in paths if path in known and path not in (rules or {})]
    if not wanted:
        return {}, {}
    with repository.scratch() as where:
        tree = room(where / "tree")
        git = door.checking_out(where / "index", tree)
        git.run("read-tree", commit)
        # Where there is no .gitattributes in that working tree, the one of the commit counts.
        for path, data in (rules or {}).items():
            git.run("update-index", "--force-remove", "-z", "--stdin", stdin=encode(path) + b"\0")
            if data is not None:
                put(tree / path, data)
        git.run("checkout-index", "-z", "--stdin", stdin=b"".join(encode(path) + b"\0" for path in wanted))
        made = {path: _read(tree, path, known[path].mode) for path in wanted}
    blobs = Blobs(repository.root, repository.object_format)
    found = {path: Version(known[path].mode, blobs.of_bytes(data)) for path, data in made.items()}
    return found, {
        found[path].blob: made[path]
        for path in wanted
        if door is not repository.git or found[path].blob != known[path].blob
    }


def _read(tree: Path, path: str, mode: str) -> bytes:
    full = os.fsencode(tree / path)
    if mode == LINK and stat.S_ISLNK(os.lstat(full).st_mode):
        return os.readlink(full)  # noqa: PTH115  names are bytes here
    with open(full, "rb") as file:  # noqa: PTH123  names are bytes here
        return file.read()


def ignored(git: Git, paths: Iterable[str]) -> frozenset[str]:
    """Return which of these paths git ignores; what the index knows is never ignored.

    Raises:
        GitFailed: git could not say.
    """
    names = b"".join(encode(path) + b"\0" for path in paths)
    out = git.run("check-ignore", "-z", "--stdin", stdin=names, ok=(0, 1)) if names else b""
    return frozenset(decode(path) for path in out.split(b"\0") if path)
