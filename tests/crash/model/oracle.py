"""What must hold of every state the machine may come back in: before recovery, after it, and after doing it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash.model.scenarios import look, open_store, raw
from tests.crash.simfs import SimFs
from volon.errors import HumanConflict, VolonError
from volon.files import OF_THE_USER, Place, Root
from volon.model.facts import TEMPORARY_PREFIX
from volon.store import layout
from volon.store.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.crash.simfs import Image
    from volon.files import Roots
    from volon.store.journal import Journal


@dataclass(frozen=True)
class Truth:
    """What the records say at one moment between steps, and which operations there are, newest first."""

    records: Mapping[Place, bytes | None]
    operations: tuple[str, ...]


class Violation(Exception):
    """A promise is broken; the words say which, and the state shows how."""


@dataclass(frozen=True)
class Machine:
    """What does not change when the power goes."""

    roots: Roots
    hard_links: bool = True
    settled: set[tuple[int, Image]] = field(default_factory=set, compare=False, repr=False)
    """Disks after a recovery that were found in order, each with what was to be true there."""

    def boot(self, image: Image) -> SimFs:
        """The machine comes back."""
        return SimFs.boot(image, self.roots, hard_links=self.hard_links)


def check(machine: Machine, image: Image, allowed: tuple[Truth, ...], *, acknowledged: bool) -> None:
    """A state after a power cut.

    Args:
        machine: what it runs on.
        image: the state.
        allowed: what may be true now: old and new, or only one of them.
        acknowledged: whether volon had said that it was done.

    Raises:
        Violation: it is neither, or recovery makes it so, or leaves something lying about.
    """
    fs = machine.boot(image)
    truth = _recognised(fs, allowed)
    if acknowledged and fs.read(layout.JOURNAL) is not None:
        raise Violation("a journal is there though the operation was acknowledged")
    recover(fs)
    settled = fs.image()
    if (id(truth), settled) in machine.settled:
        return
    if raw(fs) != truth.records:
        raise Violation(f"after recovery the files differ: {_difference(raw(fs), truth.records)}")
    _check_clean(fs, truth)
    recover(fs)
    if fs.image() != settled:
        raise Violation("recovering again changed something")
    machine.settled.add((id(truth), settled))


def recover(fs: SimFs) -> None:
    """What every writing command does first.

    Raises:
        Violation: it fails, or runs into a conflict that nobody made.
    """
    try:
        with open_store(fs).begin("next", wait=0):
            pass
    except VolonError as error:
        raise Violation(f"recovery failed: {error.message} {error.causes}") from error


def _recognised(fs: SimFs, allowed: tuple[Truth, ...]) -> Truth:
    seen = look(fs)
    operations = tuple(each.ulid for each in open_store(fs).operations())
    for truth in allowed:
        if truth.records == seen:
            if truth.operations != operations:
                raise Violation(f"the operations are {operations}, not {truth.operations}")
            return truth
    raise Violation(f"readers see neither old nor new: {_difference(seen, allowed[-1].records)}")


def _check_clean(fs: SimFs, truth: Truth) -> None:
    store = open_store(fs)
    pending = store.pending()
    if pending.journal or pending.damaged or pending.conflicts or pending.corrupt or pending.temporaries:
        raise Violation(f"left lying about: {pending}")
    names = (path.rpartition("/")[2] for path, *_ in fs.image())
    if leftovers := [name for name in names if name.startswith(TEMPORARY_PREFIX) or name == "index.lock"]:
        raise Violation(f"left lying about: {leftovers}")
    found = tuple(each.ulid for each in store.operations())
    if found != truth.operations:
        raise Violation(f"after recovery the operations are {found}, not {truth.operations}")
    for ulid in found[:1]:
        store.operation(ulid)


def check_with_edit(machine: Machine, image: Image, place: Place, human: bytes | None, *, durable: bool) -> SimFs:
    """A state after a power cut in which somebody then edits one file, before volon is called again.

    Raises:
        Violation: the edit is lost, or our version of it, or anything else of the operation.
    """
    fs = machine.boot(image)
    journal = _unfinished(fs)
    wanted = look(fs) | {place: human}
    fs.user_writes(place, human, durable=durable)
    entry = None if journal is None else journal.entry(place)
    if entry is None and look(fs) != wanted:
        raise Violation(f"readers do not see the edit: {_difference(look(fs), wanted)}")
    if entry is None or human == entry.after or entry.kind is Kind.APPEND:
        recover(fs)
    elif human == entry.before:
        # Back to what it was before the operation: nobody can tell that from not yet written.
        recover(fs)
        wanted[place] = entry.after
    else:
        _expect_conflict(fs, place, entry.after, journal.op if journal else "")
    if entry is not None and entry.kind is Kind.APPEND:
        _check_line(fs.read(place) or b"", human or b"", entry.after or b"")
        wanted[place] = fs.read(place)
    if raw(fs) != wanted:
        raise Violation(f"after an edit the files differ: {_difference(raw(fs), wanted)}")
    recover(fs)
    return fs


def _unfinished(fs: SimFs) -> Journal | None:
    store = open_store(fs)
    pending = store.pending().journal
    return None if pending is None else store.operation(pending.ulid)


def _expect_conflict(fs: SimFs, place: Place, ours: bytes | None, op: str) -> None:
    try:
        with open_store(fs).begin("next", wait=0):
            pass
    except HumanConflict as error:
        if place.root in OF_THE_USER:
            # Its bytes are in git; what must not be lost is their name.
            kept = ours if ours is None or ours.split()[1].decode() in " ".join(error.causes) else None
        else:
            kept = fs.read(Place(Root.COMMON, f"conflicts/{op}/{place.root}/{place.path}"))
        if kept != ours:
            raise Violation(f"our version of {place} is lost") from None
        return
    raise Violation(f"an edit of {place} was passed over in silence")


def _check_line(found: bytes, human: bytes, line: bytes) -> None:
    if found.count(line) != 1 or human not in found:
        raise Violation(f"the log is {found!r}")


def _difference(found: Mapping[Place, bytes | None], wanted: Mapping[Place, bytes | None]) -> str:
    return ", ".join(
        f"{place}: {found[place]!r} not {wanted[place]!r}" for place in wanted if found[place] != wanted[place]
    )
