"""What `git fast-import` reads, and what makes its work last: objects and new refs under `refs/volon/`.

Why fast-import: one process writes blobs, trees, commits and refs, the objects into one pack, which is two files to
fsync however many they are. git fsyncs the files it writes but never a directory; `settle` does that.

Source: reliability §0 (3, 4), §3.3.
"""

from __future__ import annotations

import os
from contextlib import suppress

from volon.errors import NotCommitted
from volon.files import SymlinkRefused
from volon.patterns import pattern
from volon.repo.blobs import decode, encode, format_of, tree_ids
from volon.repo.git import GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Self

    from volon.repo.git import Git

COMMAND = ("fast-import", "--quiet", "--date-format=raw", "--done")
_READ_BACK = ("cat-file", "--batch-check", "-z")
_ONE_PACK = ("fastimport.unpackLimit=0", "pack.compression=1")
"""Hardly compressed: an index has megabytes of noise, and what is in a pack git's own gc packs better."""
_ODD = pattern(rb'[\x00-\x1f"\\\x7f-\xff]')
REFS = "refs/volon/"
_PARENTS = (b"from", b"merge", b"merge")
ALONE = 4
"""The mark of a commit that is no part of a snapshot, which has three."""
IDENTITY = "volon <volon@localhost>"
_PLACES = (
    "refs",
    "refs/volon",
    *(f"refs/volon/{name}" for name in ("paused", "closed", "state", "snap", "from", "run")),
)


class Import:
    """One fast-import that is told things as they become known; objects and refs are there when it has ended.

    Use it as a context. What has a name when something else goes wrong is written all the same: work that is kept
    harms nobody. What has none, and what an interruption cuts short, leaves a temporary file that git removes.

    Args:
        git: the door to git.
        common_dir: where refs and objects are.

    Raises:
        GitTooOld, SymlinkRefused: nothing is written.
    """

    def __init__(self, git: Git, common_dir: Path) -> None:
        git.require_modern()
        refuse_links(common_dir)
        self._plain, self._git, self._common = git, git.with_settings(*_ONE_PACK), common_dir
        self._refs: dict[str, str] = {}
        self._beside: list[str] = []
        self._promised: dict[str, str | None] = {}
        self._git.begin(*COMMAND)
        git.calls += 1
        self._over = False
        self.say([b"feature done\nfeature get-mark\n"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None and issubclass(kind, Exception) and self._refs and not self._over:
                with suppress(NotCommitted):
                    self.end()
        finally:
            self._git.forget()
            self._plain.forget(*_READ_BACK)

    def say(self, stream: Iterable[bytes]) -> None:
        """Let it read a part of the stream."""
        self._git.tell(*COMMAND, stdin=stream)

    def ids_of(self, *marks: int) -> list[str]:
        """Return the ids of commits that were made.

        Raises:
            GitFailed: git has given up.
        """
        self.say([b"get-mark :%d\n" % mark for mark in marks])
        oids = [self._git.hear(*COMMAND).decode("ascii", "replace").strip() for _ in marks]
        if not all(map(is_object_id, oids)):
            self._over = True
            self._git.run(*COMMAND, stdin=b"done\n")
            raise GitFailed(COMMAND, 0, "it did not say what it made")
        return oids

    def promise(self, oid: str, paths: Iterable[str], parents: Sequence[str] = ()) -> None:
        """Note a commit that has to be there in the end, and every tree that leads to these paths.

        Args:
            oid: of a commit that was made.
            paths: what was written below its first parent's tree.
            parents: ids of its parents, where they were made as well.
        """
        above = {path.rpartition("/")[0] for path in paths}
        self._promised |= {oid: oid, f"{oid}^{{tree}}": None, **{f"{oid}:{path}": None for path in above if path}}
        self._promised |= {f"{oid}^{number}": parent for number, parent in enumerate(parents, 1)}

    def promise_whole(self, oid: str, files: Mapping[str, str]) -> None:
        """Note a commit of exactly these files: each of them and each of its trees has to be there, by its id.

        That of the whole tree says what it is made of, so that nothing has to be looked for by its path, which takes
        git ten times as long.

        Args:
            oid: of a commit that was made.
            files: path to blob, all plain ones.
        """
        trees = tree_ids(files, format_of(oid))
        self._promised |= {oid: oid, f"{oid}^{{tree}}": trees[""]}
        self._promised |= {one: one for one in (*trees.values(), *files.values())}

    def name(self, ref: str, oid: str, beside: Iterable[str] = ()) -> None:
        """Note a ref that has to be there, for a commit whose objects are complete.

        Args:
            ref: as it was said.
            oid: of the commit.
            beside: ids of objects of its that something else has written.
        """
        self._refs[ref] = oid
        self._beside += beside

    def end(self) -> None:
        """Let it write everything, read back every object that was promised, and make names and refs durable.

        Trees count: a commit whose tree is lost breaks the user's git.

        Raises:
            GitFailed: git failed, or what was read back is not what was written.
            NotCommitted: a directory could not be fsynced.
        """
        self._over = True
        # It looks for nothing before it is asked, and by then everything is written.
        self._plain.begin(*_READ_BACK)
        self._git.run(*COMMAND, stdin=b"done\n")
        question = b"".join(encode(name) + b"\0" for name in self._promised)
        self._plain.tell(*_READ_BACK, stdin=[question])
        # Meanwhile: nothing leads to what is made durable here before it was found to be right.
        settle(self._common, self._refs, self._beside)
        listed = decode(self._plain.run(*_READ_BACK)).splitlines()
        found = [line.partition(" ")[0] for line in listed]
        whole = len(found) == len(self._promised) and all(map(is_object_id, found))
        right = all(oid in {None, there} for oid, there in zip(self._promised.values(), found, strict=False))
        named = all(read_new_ref(self._plain, self._common, ref) == oid for ref, oid in self._refs.items())
        if not (whole and right and named):
            raise GitFailed(("fast-import", *self._refs), 0, "what was read back is not what was written")


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
    """Return what fast-import reads to make one commit, whose mark is `ALONE`.

    Args:
        ref: the ref that will name the commit; it is new.
        files: path to content.
        parent: a full commit id, or None.
        message: the commit message.
        at: the committer's date.
        identity: `name <email>`.
        whole: the tree holds exactly these files; else they are put on top of the parent's.
    """
    lines = [
        b"commit %s\nmark :%d\n" % (encode(ref), ALONE),
        b"committer %s %d +0000\n" % (encode(identity), int(at.timestamp())),
        data(encode(message)),
    ]
    if parent is not None:
        lines.append(b"from %s\n" % parent.encode("ascii"))
        lines += [b"deleteall\n"] if whole else []
    for path, content in sorted(files.items()):
        lines += [b"M 100644 inline %s\n" % quoted(path), data(content)]
    return b"".join(lines)


def alone(stream: bytes) -> bytes:
    """Return a stream that is all that is said; one that ends early is an error, thanks to `done`."""
    return b"feature done\n" + stream + b"done\n"


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
    if not _ODD.search(name):
        return name
    return b'"' + _ODD.sub(lambda found: b"\\%03o" % found[0][0], name) + b'"'


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
        text = (common_dir / ref).read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return git.resolve(ref)
    return text if is_object_id(text) else None


def settle(common_dir: Path, refs: Iterable[str], objects: Iterable[str]) -> None:
    """Make the names of refs and of loose or packed objects durable.

    Raises:
        NotCommitted: a directory could not be fsynced.
    """
    settle_objects(common_dir, objects)
    homes = [ref.split("/")[:-1] for ref in refs]
    for name in sorted({"/".join(home[: len(home) - up]) for home in homes for up in range(3)}):
        sync_directory(common_dir / name)


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
