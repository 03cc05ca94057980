"""Where the repository is and what its HEAD says, from a few small files: no process, next to nothing imported.

It walks up from the start like git does. Whatever is unusual (`core.worktree`, includes in the configuration, refs
kept in tables, a `.git` that is neither directory nor pointer) is not guessed at: `Unsure` sends the caller to git.

Source: contract §4 (any subdirectory, linked worktrees), reliability G1 to G17; performance, rows 1 and 4.
"""

from __future__ import annotations

import os
import stat as st

_UNUSUAL = frozenset((b"worktree", b"path", b"refstorage"))
_HEADS = b"refs/heads/"
_MOST_LINKS = 5
_HEX = b"0123456789abcdef"
_ID_LENGTHS = (40, 64)
MOST = 1 << 20
"""More bytes than any file of git's that is read here has; but for packed refs, which may be many."""
MOST_PACKED = 1 << 26


class Unsure(Exception):
    """The files do not say; ask git."""


class Directories:
    """The directories of one working tree, absolute and without links in them.

    Attributes:
        root: top of the working tree.
        git_dir: its own git directory.
        common_dir: the one shared by all working trees; the same as `git_dir` in the main one.
        object_format: `sha1` or `sha256`.
    """

    __slots__ = ("common_dir", "git_dir", "object_format", "root")

    def __init__(self, root: str, git_dir: str, common_dir: str, object_format: str) -> None:
        self.root, self.git_dir, self.common_dir, self.object_format = root, git_dir, common_dir, object_format


def find(start: str) -> Directories | None:
    """The working tree that `start` lies in; None when no directory above it holds anything of git's.

    Args:
        start: an existing directory, absolute and without links.

    Raises:
        Unsure: what was found is unusual.
    """
    directory = start
    while True:
        marker = f"{directory}/.git" if directory != "/" else "/.git"
        if os.path.lexists(marker):
            return _linked(directory, marker) if os.path.isfile(marker) else _main(directory, marker)
        if os.path.basename(directory) == ".git" or os.path.isfile(f"{directory}/HEAD"):
            raise Unsure
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def is_anothers(found: Directories) -> bool:
    """Whether something git looks at has another owner: the working tree, its `.git`, the git directory."""
    return any(_owner(path) != os.geteuid() for path in (found.root, f"{found.root}/.git", found.git_dir))


def head(git_dir: str, common_dir: str) -> tuple[str | None, str | None]:
    """The branch that is checked out (None when detached) and the commit of HEAD (None when there is none yet).

    Raises:
        Unsure: refs are not kept in files here, or HEAD makes no sense.
    """
    text = head_text(git_dir)
    if os.path.exists(f"{common_dir}/reftable"):
        raise Unsure
    if not text.startswith(b"ref: "):
        return None, _checked(text)
    name = text[5:].strip()
    branch = os.fsdecode(name.removeprefix(_HEADS)) if name.startswith(_HEADS) else None
    return branch, _commit(common_dir, name, _MOST_LINKS)


def head_text(git_dir: str) -> bytes:
    """What HEAD says: `ref: ` and a name, or an id. One that is a link, as old versions of git made it, says where."""
    path = f"{git_dir}/HEAD"
    target = os.fsencode(os.readlink(path)) if os.path.islink(path) else b""
    return b"ref: " + target if target.startswith(b"refs/") else content(path).strip()


def ref(common_dir: str, name: str) -> str | None:
    """The id that a shared ref points at; None when there is no such ref.

    Args:
        common_dir: where refs are.
        name: in full, such as `refs/heads/main`.

    Raises:
        Unsure: refs are not kept in files here, or this one makes no sense.
    """
    if os.path.exists(f"{common_dir}/reftable"):
        raise Unsure
    return _commit(common_dir, os.fsencode(name), _MOST_LINKS)


def relative_worktree(root: str, common_dir: str) -> str:
    """The path of a working tree relative to the main one (to the git directory of a bare repository), with `/`."""
    main = os.path.dirname(common_dir) if os.path.basename(common_dir) == ".git" else common_dir
    return os.path.relpath(root, main)


def content(path: str, most: int = MOST) -> bytes:
    """The first bytes of a small file; empty when it cannot be read or is no file, such as a pipe nobody writes to."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.read(descriptor, most) if st.S_ISREG(os.fstat(descriptor).st_mode) else b""
        finally:
            os.close(descriptor)
    except (OSError, ValueError):  # No path has a null in it.
        return b""


def _owner(path: str) -> int | None:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def _main(root: str, git_dir: str) -> Directories:
    whole = os.path.isfile(f"{git_dir}/HEAD") and _is_common(git_dir)
    if os.path.islink(git_dir) or not whole or os.path.exists(f"{git_dir}/commondir"):
        raise Unsure
    return Directories(root, git_dir, git_dir, _format(git_dir, strict=True))


def _linked(root: str, marker: str) -> Directories:
    """Read a working tree whose `.git` is a file that says where the git directory is."""
    text = content(marker).strip()
    git_dir = _below(root, text.removeprefix(b"gitdir: "))
    pointer = content(f"{git_dir}/commondir").strip()
    if not text.startswith(b"gitdir: ") or not pointer or not os.path.isfile(f"{git_dir}/HEAD"):
        raise Unsure
    common = _below(git_dir, pointer)
    if not _is_common(common):
        raise Unsure
    return Directories(root, git_dir, common, _format(common, strict=False))


def _is_common(path: str) -> bool:
    return os.path.isdir(f"{path}/objects") and os.path.isdir(f"{path}/refs")


def _below(base: str, pointer: bytes) -> str:
    return os.path.realpath(os.path.join(base, os.fsdecode(pointer)))


def _format(common_dir: str, *, strict: bool) -> str:
    """The object format; a configuration with settings that move things about is not ours to read.

    Args:
        common_dir: where the configuration is.
        strict: whether such settings matter; a linked working tree is where its own files say.
    """
    found = "sha1"
    config = content(f"{common_dir}/config")
    if len(config) >= MOST:
        raise Unsure
    for line in config.lower().splitlines():
        text = line.strip()
        text = text.partition(b"]")[2].strip() if text.startswith(b"[") else text
        key, _, value = (part.strip(b' \t"') for part in text.partition(b"="))
        if strict and (key in _UNUSUAL or (key == b"bare" and value != b"false")):
            raise Unsure
        if key == b"objectformat" and value.startswith(b"sha256"):
            found = "sha256"
    return found


def _commit(common_dir: str, name: bytes, links: int) -> str | None:
    if not name.startswith(b"refs/") or b".." in name or b"\0" in name:
        # It leads out of the git directory, and git would not follow it.
        raise Unsure
    text = content(f"{common_dir}/{os.fsdecode(name)}").strip()
    if text.startswith(b"ref: ") and links:
        return _commit(common_dir, text[5:].strip(), links - 1)
    if text:
        return _checked(text)
    packed = content(f"{common_dir}/packed-refs", MOST_PACKED)
    end = packed.find(b" " + name + b"\n")
    return None if end < 0 else _checked(packed[packed.rfind(b"\n", 0, end) + 1 : end])


def _checked(text: bytes) -> str:
    if len(text) not in _ID_LENGTHS or text.strip(_HEX):
        raise Unsure
    return text.decode("ascii")
