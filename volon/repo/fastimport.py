"""What `git fast-import` reads, and what makes its work last: objects and a new ref under `refs/volon/`.

Why fast-import: one process writes blobs, trees, commits and ref. git fsyncs the files it writes but never a
directory; `settle` does that.

Source: reliability §0 (3, 4), §3.3.
"""

from __future__ import annotations

import os
import re

from volon.errors import NotCommitted
from volon.files import SymlinkRefused
from volon.repo.blobs import encode
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from volon.repo.git import Git

COMMAND = ("fast-import", "--quiet", "--date-format=raw", "--done")
REFS = "refs/volon/"
_PARENTS = (b"from", b"merge", b"merge")
IDENTITY = "volon <volon@localhost>"
_PLACES = ("refs", "refs/volon", *(f"refs/volon/{name}" for name in ("paused", "closed", "state", "snap", "from")))


def import_stream(
    ref: str,
    files: Mapping[str, bytes],
    parent: str | None,
    message: str,
    at: datetime,
    *,
    identity: str = IDENTITY,
    whole: bool = True,
) -> bytes:
    """Return what fast-import reads to make one commit; a stream that ends early is an error, thanks to `done`.

    Args:
        ref: the ref that will name the commit.
        files: path to content.
        parent: a full commit id, or None.
        message: the commit message.
        at: the committer's date.
        identity: `name <email>`.
        whole: the tree holds exactly these files; else they are put on top of the parent's.
    """
    lines = [
        b"feature done\n",
        b"commit %s\n" % encode(ref),
        b"committer %s %d +0000\n" % (encode(identity), int(at.timestamp())),
        data(encode(message)),
    ]
    if parent is not None:
        lines.append(b"from %s\n" % parent.encode("ascii"))
        lines += [b"deleteall\n"] if whole else []
    for path, content in sorted(files.items()):
        lines += [b"M 100644 inline %s\n" % quoted(path), data(content)]
    return b"".join([*lines, b"done\n"])


def data(content: bytes) -> bytes:
    """Return content as fast-import reads it."""
    return b"data %d\n%s\n" % (len(content), content)


def blob(content: bytes) -> bytes:
    """Return the command that writes a blob."""
    return b"blob\n" + data(content)


def blob_pieces(content: bytes) -> tuple[bytes, ...]:
    """The same for a large one, without a copy of it."""
    return b"blob\ndata %d\n" % len(content), content, b"\n"


def commit(ref: str, mark: int, message: str, at: datetime, parents: Sequence[str]) -> bytes:
    """Return the beginning of a commit that goes on from its first parent's tree, or from nothing.

    Args:
        ref: moves there; what it was before in this stream does not count.
        mark: its number in this stream.
        message: the commit message.
        at: the committer's date.
        parents: full ids, or marks such as `:1`.
    """
    lines = [
        b"reset %s\ncommit %s\nmark :%d\n" % (encode(ref), encode(ref), mark),
        b"committer %s %d +0000\n" % (encode(IDENTITY), int(at.timestamp())),
        data(encode(message)),
        *(b"%s %s\n" % (word, parent.encode("ascii")) for word, parent in zip(_PARENTS, parents, strict=False)),
    ]
    return b"".join(lines)


def put(mode: str, oid: str, path: str) -> bytes:
    """Return the command that puts an object that exists into a commit's tree."""
    return b"M %s %s %s\n" % (mode.encode("ascii"), oid.encode("ascii"), quoted(path))


def remove(path: str) -> bytes:
    """Return the command that takes a path out of a commit's tree."""
    return b"D %s\n" % quoted(path)


def quoted(path: str) -> bytes:
    """Return a path as fast-import reads it, C-quoted where it must be."""
    name = encode(path)
    if not re.search(rb'[\x00-\x1f"\\\x7f-\xff]', name):
        return name
    return b'"' + re.sub(rb'[\x00-\x1f"\\\x7f-\xff]', lambda found: b"\\%03o" % found[0][0], name) + b'"'


def refuse_links(common_dir: Path) -> None:
    """Refuse links where refs of volon's will lie: git follows them, and would write where they lead.

    Raises:
        SymlinkRefused: there is one.
    """
    for name in _PLACES:
        path = common_dir / name
        if path.is_symlink():
            raise SymlinkRefused(str(path))


def read_new_ref(git: Git, common_dir: Path, ref: str) -> str | None:
    """Return what a ref made just now points at: from its file, or from git where refs are kept otherwise."""
    try:
        text = (common_dir / ref).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return git.resolve(ref)
    return text if is_object_id(text) else None


def settle(common_dir: Path, ref: str, objects: Iterable[str]) -> None:
    """Make the names of a ref and of loose or packed objects durable.

    Raises:
        NotCommitted: a directory could not be fsynced.
    """
    settle_objects(common_dir, objects)
    where = (common_dir / ref).parent
    for directory in (where.parent.parent, where.parent, where):
        sync_directory(directory)


def settle_objects(common_dir: Path, objects: Iterable[str]) -> None:
    """Make the names of loose or packed objects durable.

    Raises:
        NotCommitted: a directory could not be fsynced.
    """
    store = common_dir / "objects"
    for name in sorted({"", "pack", *(oid[:2] for oid in objects)}):
        sync_directory(store / name)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable; one that is not there (objects went into a pack) has none."""
    _sync(directory, os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Make the content of a file durable that git wrote and did not sync."""
    _sync(path, os.O_NOFOLLOW)


def _sync(path: Path, flag: int) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | flag | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _not_durable(path, error) from error
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise _not_durable(path, error) from error
    finally:
        os.close(descriptor)


def _not_durable(directory: Path, error: OSError) -> NotCommitted:
    return NotCommitted(f"{directory} could not be made durable", causes=[str(error)])
