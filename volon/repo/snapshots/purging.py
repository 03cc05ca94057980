"""Remove refs of snapshots, by git's own lock protocol, so that a kill leaves nothing in the user's way for long.

Everywhere else refs are only ever created. Removing one means holding git's `packed-refs.lock`, and one that a killed
`git update-ref` leaves is empty, as everybody's is: nobody could tell whose. So it is taken here: as a second name of a
note of ours in the git directory, whose content no other has. Whoever finds it together with the note, while nobody
holds the lock of purges, knows that its owner is dead and takes it away; the next purge and `doctor --fix` do.

    note · its second name is packed-refs.lock · packed-refs without the refs, by one rename · the refs' own files and
    their reflogs · the lock's name is taken away · the note

Promises: only refs under `refs/volon/snap/` that stand at the id they are expected at go; no object is removed, that is
for git's own collection; stopped anywhere, each ref is there or gone, and every other one is as it was.

Not done: repositories that keep refs in a reftable, which are refused.

Source: issue "Every byte back" (`purge-files`); reliability §0 (4), G18, P7.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress

from volon.errors import Busy, NotCommitted
from volon.files import Place, Root, Roots
from volon.repo.snapshots.snapshots import REF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from volon.files import FileSystem
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.world import World


def _git(path: str) -> Place:
    return Place(Root.COMMON, path)


_TURN = _git("volon/purges")
_NOTE = _git("volon/purging")
_WITHOUT = _git("volon/purging-refs")
_PACKED = _git("packed-refs")
_LOCK = _git("packed-refs.lock")
LOCK_NAME = _LOCK.path
_LARGEST = 1 << 30
_MOST_ASKED = 1000
_WORDS = b"volon purge-files "


class _GitRoots(Roots):
    """The common git directory itself; nothing but a purge may change what lies there."""

    __slots__ = ()

    def locate(self, place: Place) -> tuple[str, tuple[str, ...]]:
        return self.common_dir, place.parts


class Purging:
    """Removes refs of snapshots.

    Args:
        world: for the disk.
        repository: whose refs.
    """

    def __init__(self, world: World, repository: Repository) -> None:
        common = str(repository.common_dir)
        self._files: FileSystem = world.files(_GitRoots(common, common, common))
        self._reftable = (repository.common_dir / "reftable").exists()

    def remove(self, op: str, refs: Mapping[str, str]) -> None:
        """Remove the refs of some snapshots.

        Args:
            op: names this purge; no other has it.
            refs: operation of a snapshot to the id of its commit.

        Raises:
            Busy: another purge runs, or git holds its lock.
            NotCommitted: the disk refuses; what was removed already stays removed.
        """
        if self._reftable:
            raise NotCommitted("volon does not remove refs from a reftable", hints=["volon checkpoint list --files"])
        try:
            with self._turn():
                self._sweep()
                self._hold(op)
                try:
                    self._remove({f"{REF}{ulid}": oid for ulid, oid in refs.items()})
                finally:
                    self._sweep()
        except OSError as error:
            raise NotCommitted("what was saved could not be removed", causes=[str(error)]) from error

    def leftover(self) -> bool:
        """Whether a purge that was killed has left git's lock behind."""
        try:
            return self._is_ours()
        except (OSError, NotCommitted):
            return False

    def settle(self) -> bool:
        """Take away what a killed purge left; returns whether there was anything, False while a purge runs.

        Raises:
            NotCommitted: the disk refuses.
        """
        if not self.leftover():
            return False
        try:
            with suppress(Busy), self._turn():
                self._sweep()
                return True
        except OSError as error:
            raise NotCommitted("what a purge left could not be removed", causes=[str(error)]) from error
        return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._files.mkdir(_git("volon"))
        held = self._files.lock(_TURN, _WORDS + b"\n")
        if held is None:
            raise Busy("Another volon is removing saved files.", hints=["Try again when it is done."])
        try:
            yield
        finally:
            held.release()

    def _is_ours(self) -> bool:
        note = self._files.read(_NOTE)
        return note is not None and note.startswith(_WORDS) and self._files.read(_LOCK) == note

    def _sweep(self) -> None:
        """Take away the lock, then what tells that it is ours."""
        if self._is_ours():
            self._files.unlink(_LOCK)
            self._files.sync_dir(_git(""))
        self._files.unlink(_WITHOUT)
        self._files.unlink(_NOTE)

    def _hold(self, op: str) -> None:
        self._files.create(_NOTE, _WORDS + op.encode("ascii") + b"\n", 0o600)
        try:
            self._files.link(_NOTE, _LOCK)
        except FileExistsError as error:
            self._files.unlink(_NOTE)
            message = "git holds its lock on packed refs; nothing was removed."
            raise Busy(message, causes=[f"{LOCK_NAME} is there"], hints=["see how old it is: volon doctor"]) from error

    def _remove(self, refs: Mapping[str, str]) -> None:
        packed = self._files.read(_PACKED, _LARGEST)
        kept = _without(packed or b"", refs)
        found = self._files.stat(_PACKED)
        if packed is not None and kept != packed and found is not None:
            self._files.create(_WITHOUT, kept, found.mode, exact=True)
            self._files.rename(_WITHOUT, _PACKED)
            self._files.sync_dir(_git(""))
        for ref, oid in refs.items():
            if self._files.read(_git(ref)) == f"{oid}\n".encode("ascii"):
                self._files.unlink(_git(ref))
            self._files.unlink(_git(f"logs/{ref}"))
        with suppress(FileNotFoundError):
            self._files.sync_dir(_git(REF.rstrip("/")))


def _without(packed: bytes, refs: Mapping[str, str]) -> bytes:
    """The file of packed refs without some of them, and without what is said of those (`^…` behind a tag)."""
    gone = {f"{oid} {ref}\n".encode("ascii") for ref, oid in refs.items()}
    kept: list[bytes] = []
    below = False
    for line in packed.splitlines(keepends=True):
        below = line in gone or (below and line.startswith(b"^"))
        if not below:
            kept.append(line)
    return b"".join(kept)


def unique_bytes(git: Git, refs: Mapping[str, str]) -> int | None:
    """Return how many bytes on disk nothing but these snapshots reaches; None when git cannot say.

    Args:
        git: where to ask.
        refs: operation of a snapshot to the id of its commit.
    """
    others = (*(f"--exclude={REF}{ulid}" for ulid in refs), "--all", "--reflog", "--indexed-objects")
    words = ("rev-list", "--disk-usage", "--objects", *refs.values(), "--not", *others)
    if not refs or len(refs) > _MOST_ASKED:
        return 0 if not refs else None
    status, out = git.ask(*words, ok=(0, 128))
    return int(out) if status == 0 and out.strip().isdigit() else None
