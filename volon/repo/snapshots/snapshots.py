"""Snapshots: uncommitted work as git objects, one commit at `refs/volon/snap/<ulid>`; see `volon.model.snapshot`.

Promises: working tree, index, HEAD, branches, stash and reflogs are only read; no filter runs that only the repository
names; the ref has a name of its own and is never moved. When `capture` has returned, every object was read back and is
on disk, with the names that lead to it. A crash before that leaves objects without a ref, or an orphan: a ref whose
operation was never committed. Orphans are kept and listed.

Not survived: a disk that lies about fsync. Not captured: empty directories, and what `LeftOut` names.

Source: issue "Every byte back"; reliability §0 (3, 4), §3.3, G1-G18; contract §7.
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.files import NoBytes
from volon.model.saving import Rules
from volon.model.snapshot import NAME, Manifest
from volon.patterns import pattern
from volon.plain import dataclass
from volon.repo import fastimport
from volon.repo.blobs import decode
from volon.repo.catfile import objects
from volon.repo.events import FROM
from volon.repo.git import GitFailed, is_object_id
from volon.repo.snapshots.writing import Writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from volon.model.facts import GitFacts
    from volon.repo.contents import GitContents
    from volon.repo.fastimport import Import
    from volon.repo.git import Git
    from volon.repo.snapshots.collecting import Collected
    from volon.repo.snapshots.indexed import IndexFiles
    from volon.repo.status import Entry, Status

REF = "refs/volon/snap/"
_ULID = pattern(r"[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot.

    Attributes:
        oid: of its commit.
        base: HEAD at the time; None on an unborn branch.
        index: the commit with the index as a tree.
        work: the commit with the working tree as git would commit it.
    """

    oid: str
    base: str | None
    index: str
    work: str
    manifest: Manifest


class Snapshots:
    """The snapshots of one repository, seen from one working tree.

    Args:
        git: the door to git.
        root: the top of the working tree.
        common_dir: where refs and objects are.
        contents: the bytes of blobs.
        index: reads the index.
    """

    def __init__(
        self,
        git: Git,
        root: Path,
        common_dir: Path,
        contents: GitContents,
        index: Callable[[], IndexFiles | None],
    ) -> None:
        self._git, self._root, self._common, self._index = git, root, common_dir, index
        self._contents, self._format = contents, contents.object_format

    def capture(self, ulid: str, facts: GitFacts, seen: Status, rules: Rules, at: datetime) -> Snapshot:
        """Save what differs from HEAD and make `refs/volon/snap/<ulid>` for it.

        Args:
            ulid: the operation; no snapshot has it yet.
            facts: the state of the working tree.
            seen: what `facts` was read from; see `Repository.look`.
            rules: what to take in.
            at: the date of the commits.

        Raises:
            GitFailed: git failed, or what was read back is not what was written; nothing is recorded.
            NotCommitted: it could not be made durable, or the index cannot be read.
        """
        with self.begin() as importing:
            made = self.take(importing, ulid, facts, seen, rules, at)
            importing.end()
        return made

    def begin(self) -> Import:
        """Begin to write; see `take`.

        Raises:
            NotCommitted: git is too old, or could make other refs that are written with a snapshot and not its own.
        """
        home = self._common / REF.rstrip("/")
        if home.is_file():
            raise NotCommitted(f"{home} is in the way of volon's refs", hints=["look what it is, and move it away"])
        return fastimport.Import(self._git, self._common)

    def take(
        self,
        importing: Import,
        ulid: str,
        facts: GitFacts,
        seen: Status,
        rules: Rules,
        at: datetime,
        ref: str | None = None,
    ) -> Snapshot:
        """As `capture`, but it is there, and `refs/volon/snap/<ulid>` or `ref`, only when `importing` has ended."""
        if not _ULID.fullmatch(ulid):
            raise NotCommitted(f"{ulid!r} is no ULID, so it cannot name a snapshot")
        ref, writing = ref or REF + ulid, Writing(self._git, self._root, self._common, facts, seen, rules)
        importing.say(writing.stream(ref, ulid, self._index(), at))
        importing.say(writing.ending())
        index, work, oid = importing.ids_of(1, 2, 3)
        importing.promise(index, writing.staged_paths)
        importing.promise(work, writing.work_paths)
        importing.promise(oid, (), [*([facts.head] if facts.head else []), index, work])
        importing.promise_whole(oid, writing.tree)
        filtered = [one.filtered for one in writing.manifest.files if one.filtered is not None]
        importing.name(ref, oid, beside=filtered)
        return Snapshot(oid, facts.head, index, work, writing.manifest)

    def preview(self, facts: GitFacts, seen: Status, rules: Rules) -> Collected:
        """Return what `capture` would take in and leave out; every file is read, nothing is written."""
        writing = Writing(self._git, self._root, self._common, facts, seen, rules)
        for _ in writing.collect(self._index()):
            pass
        writing.name_specials()
        return writing.collector.found

    def is_needed(self, facts: GitFacts, seen: Status) -> bool:
        """Whether there is anything to save: changes, or edits of files that git was told not to look at."""
        return bool(facts.changes or self.unnamed(facts, seen))

    def unnamed(self, facts: GitFacts, seen: Status) -> list[Entry]:
        """The edited files that git was told not to look at."""
        return Writing(self._git, self._root, self._common, facts, seen, Rules()).hidden(self._index())

    def list(self) -> tuple[tuple[str, str], ...]:
        """Return the operation and the commit of every snapshot of this repository's own, oldest first."""
        return tuple(sorted(self._named(REF).items()))

    def everywhere(self) -> dict[str, str]:
        """Return the commit of every operation that `find` finds one for, in one question."""
        return self._named(f"{FROM}*/snap/*", REF)

    def _named(self, *patterns: str) -> dict[str, str]:
        out = decode(self._git.run("for-each-ref", "--format=%(objectname) %(refname)", *patterns))
        # Own names come behind those of other machines in git's order, and count.
        rows = (line.partition(" ") for line in out.splitlines())
        named = ((ref.rpartition("/snap/")[2], oid) for oid, _, ref in rows)
        return {ulid: oid for ulid, oid in named if _ULID.fullmatch(ulid)}

    def find(self, ulid: str) -> str | None:
        """Return the commit of an operation's snapshot, made here or come from elsewhere; None when there is none."""
        if not _ULID.fullmatch(ulid):
            return None
        came = ("for-each-ref", "--count=1", "--format=%(objectname)", f"{FROM}*/snap/{ulid}")
        return self._git.resolve(REF + ulid) or decode(self._git.run(*came)).strip() or None

    def read(self, oid: str) -> Snapshot:
        """Read a snapshot.

        Args:
            oid: the full id of its commit.

        Raises:
            GitFailed: the commit or its manifest is missing or damaged.
            UnreadableRecord: it is no snapshot, or one that no volon wrote.
        """
        if not is_object_id(oid):
            raise GitFailed(("cat-file", oid), 0, f"{oid!r} is no full object id")
        out = self._git.run("cat-file", "--batch", stdin=f"{oid}\n{oid}:{NAME}\n".encode())
        found = [data for _, _, data in objects(out)]
        if len(found) != 2 or found[0] is None or found[1] is None:  # noqa: PLR2004  two were asked for
            raise GitFailed(("cat-file", oid), 0, f"the snapshot {oid} is missing or damaged")
        head = decode(found[0]).partition("\n\n")[0].split("\n")
        parents = [line.removeprefix("parent ") for line in head if line.startswith("parent ")]
        manifest = Manifest.parse(found[1])
        if len(parents) != 2 + (manifest.head is not None):
            raise GitFailed(("cat-file", oid), 0, f"the commit {oid} does not have the parents of a snapshot")
        return Snapshot(oid, manifest.head, parents[-2], parents[-1], manifest)

    def index_files(self, snapshot: Snapshot) -> tuple[bytes | None, bytes | None]:
        """Return the raw bytes of the index, and of the other half of a split one; None for what was not there.

        Raises:
            GitFailed: one is missing or damaged.
            NotCommitted: git could not say.
        """
        raw = snapshot.manifest.index
        return (self._bytes(raw.blob), self._bytes(raw.shared_blob)) if raw else (None, None)

    def _bytes(self, blob: str | None) -> bytes | None:
        try:
            return self._contents.read(blob) if blob else None
        except NoBytes as error:
            raise GitFailed(("cat-file", blob or ""), 0, f"{blob} cannot be read") from error
        except OSError as error:
            raise NotCommitted("the saved index cannot be read", causes=[str(error)]) from error
