"""Builds of volon that are wrong in one step each. The model must see every one of them.

* *dropped*: one fsync of one file or directory, named by the function that asks for it, is never done.
* *late*: the same fsync is done, but only after the step that relies on it.
* *wrong*: a piece of the protocol is replaced by what somebody might have written instead.

The list of fsyncs is not kept by hand: it is what the store is seen to ask for in all scenarios and stories.
"""

from __future__ import annotations

import contextlib
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

from tests.crash.model.explore import Depth, Explorer, record
from tests.crash.model.oracle import Violation
from tests.crash.model.scenarios import SCENARIOS, open_store
from tests.crash.model.stories import STORIES
from volon.errors import VolonError
from volon.model.facts import TEMPORARY_PREFIX
from volon.store import apply, layout, reader, recover, transaction
from volon.store.apply import Conflict, Deed, Verdict
from volon.store.journal import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.crash.model.scenarios import Scenario
    from tests.crash.model.stories import Story
    from tests.crash.simfs import Event, Rule, SimFs
    from volon.files import FileSystem, Place
    from volon.store.journal import Entry, Journal
    from volon.store.reader import Overlay
    from volon.store.recover import Recovery
    from volon.store.transaction import Transaction

PASSES = (
    Depth(states=12, after_kill=4, after_cut=4, kills=12, again=0, recoveries=1, edits=1),
    Depth(states=48, after_kill=16, after_cut=12, kills=200, recoveries=3, edits=3),
    Depth(states=96, after_kill=32, after_cut=24, kills=10_000, recoveries=6, edits=6),
)
"""Most mutants show at once; the rest get a closer look."""
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True, order=True)
class Label:
    """One fsync of the protocol."""

    by: str
    what: str
    path: str

    @classmethod
    def of(cls, event: Event) -> Label:
        """Names of files are told apart by their part in the protocol, directories by their path."""
        path = _ULID.sub("OP", event.path)
        return cls(event.by, event.what, path if event.what == "fsync-dir" else _part(path))

    def __str__(self) -> str:
        return f"{self.what} of {self.path} by {self.by}"


def _part(path: str) -> str:
    for word in ("/volon/tmp/", "/volon/conflicts/", "/volon/corrupt/", "/volon/ops/"):
        if word in path:
            return word
    return "target"


@dataclass(frozen=True)
class Mutant:
    """One wrong build.

    Attributes:
        meddle: called with every disk before volon runs on it.
        patch: replaces code while the mutant lives.
        differs_in: the scenarios and stories in which it does anything else than a right build; None for all.
    """

    name: str
    meddle: Callable[[SimFs], None] = lambda _fs: None
    patch: Callable[[], contextlib.AbstractContextManager[object]] = contextlib.nullcontext
    differs_in: frozenset[str] | None = None

    def killed_by(self) -> str | None:
        """What sees it, in words; None when it survives."""
        with self.patch():
            return next((seen for depth in PASSES for seen in self._violations(depth)), None)

    def _violations(self, depth: Depth) -> Iterator[str]:
        for story in filter(self._differs, STORIES):
            try:
                story.run(depth, self.meddle)
            except Violation as violation:
                yield str(violation)
            except VolonError:
                # The story could not even begin on such a build; that shows nothing.
                continue
        for scenario in filter(self._differs, sorted(SCENARIOS, key=lambda each: len(each.files))):
            try:
                Explorer(scenario, depth, self.meddle).run()
            except Violation as violation:
                yield f"{scenario.name}: {violation}"

    def _differs(self, where: Scenario | Story) -> bool:
        return self.differs_in is None or where.name in self.differs_in


@functools.cache
def all_mutants() -> list[Mutant]:
    """Every mutant, in a fixed order."""
    seen = labels_seen()
    dropped = [
        Mutant(f"dropped: {label}", _dropper(label), differs_in=frozenset(seen[label])) for label in sorted(seen)
    ]
    late = [
        Mutant(f"late: {label}", _delayer(label, step), differs_in=frozenset(seen[label]))
        for label in sorted(seen)
        if (step := _relied_on_by(label))
    ]
    return [*dropped, *late, *WRONG]


def labels_seen() -> dict[Label, set[str]]:
    """Every fsync the store asks for, and where: in operations, in recoveries from a kill at any step, in stories."""
    found: dict[Label, set[str]] = {}
    for scenario in SCENARIOS:
        listener = _Listener(found, scenario.name)
        fs = scenario.disk()
        for number in range(len(scenario.steps)):
            fs.rule = listener
            for point in record(fs, functools.partial(scenario.take, number=number)):
                after_kill = point.fork()
                after_kill.rule = listener
                with open_store(after_kill).begin("next", wait=0):
                    pass
    for story in STORIES:
        story.run(Depth(states=1), _with_rule(functools.partial(_Listener, found, story.name)))
    return found


class _Listener:
    """Hears of every sync and lets it happen."""

    def __init__(self, found: dict[Label, set[str]], where: str) -> None:
        self.found, self.where = found, where

    def sync(self, event: Event, action: Callable[[], None]) -> None:
        self.found.setdefault(Label.of(event), set()).add(self.where)
        action()

    def happened(self, event: Event) -> None:
        pass


@dataclass
class _Dropping:
    label: Label

    def sync(self, event: Event, action: Callable[[], None]) -> None:
        if Label.of(event) != self.label:
            action()

    def happened(self, event: Event) -> None:
        pass


class _Delaying:
    def __init__(self, label: Label, step: Callable[[Event], bool]) -> None:
        self.label, self.step = label, step
        self.waiting: list[Callable[[], None]] = []

    def sync(self, event: Event, action: Callable[[], None]) -> None:
        if Label.of(event) == self.label:
            self.waiting.append(action)
        else:
            action()

    def happened(self, event: Event) -> None:
        if self.waiting and self.step(event):
            waiting, self.waiting = self.waiting, []
            for action in waiting:
                action()


def _with_rule(make: Callable[[], Rule]) -> Callable[[SimFs], None]:
    def meddle(fs: SimFs) -> None:
        fs.rule = make()

    return meddle


def _dropper(label: Label) -> Callable[[SimFs], None]:
    return _with_rule(lambda: _Dropping(label))


def _delayer(label: Label, step: Callable[[Event], bool]) -> Callable[[SimFs], None]:
    return _with_rule(lambda: _Delaying(label, step))


def _is_publishing(event: Event) -> bool:
    return event.what == "rename" and event.path.endswith("/volon/journal")


def _is_applying(event: Event) -> bool:
    visible = event.what in {"rename", "link"} and "/volon/" not in event.path.replace("/.volon/", "/")
    return visible and TEMPORARY_PREFIX not in event.path


def _is_archiving(event: Event) -> bool:
    return event.what in {"rename", "link"} and "/volon/ops/" in event.path


def _is_clearing(event: Event) -> bool:
    return event.what == "unlink" and event.path.endswith("/volon/journal")


def _relied_on_by(label: Label) -> Callable[[Event], bool] | None:
    """The step that must not be taken before this sync; None where being late is the same as being dropped."""
    steps: dict[tuple[str, str], Callable[[Event], bool]] = {
        ("_publish", "create fsync"): _is_publishing,
        ("_publish", "fsync-dir"): _is_applying,
        ("_prepare", "fsync-dir"): _is_applying,
        ("_recover", "fsync-dir"): _is_applying,
        ("_write", "create fsync"): _is_applying,
        ("_do", "append fsync"): _is_archiving,
        ("_do", "fsync"): _is_archiving,
        ("apply", "fsync-dir"): _is_archiving,
        ("_install", "create fsync"): _is_clearing,
        ("roll_forward", "fsync-dir"): _is_clearing,
        ("_move_aside", "create fsync"): _is_clearing,
    }
    if (label.by, label.what) == ("_move_aside", "fsync-dir"):
        return _is_clearing if "corrupt" in label.path or "conflicts" in label.path else None
    return steps.get((label.by, label.what))


# --- wrong builds ----------------------------------------------------------------------------------------------------


def _archive_first(fs: FileSystem, journal: Journal) -> tuple[Conflict, ...]:
    if fs.stat(layout.operation_place(journal.op)) is not None:
        apply.clear(fs)
        return ()
    apply.archive(fs, journal.op)
    fs.sync_parents([layout.operation_place(journal.op)])
    conflicts = apply.apply(fs, journal)
    apply.clear(fs)
    return conflicts


def _never_archive(fs: FileSystem, journal: Journal) -> tuple[Conflict, ...]:
    conflicts = apply.apply(fs, journal)
    apply.clear(fs)
    return conflicts


def _always_apply(fs: FileSystem, journal: Journal) -> tuple[Conflict, ...]:
    conflicts = apply.apply(fs, journal)
    apply.archive(fs, journal.op)
    fs.sync_parents([layout.operation_place(journal.op)])
    apply.clear(fs)
    return conflicts


def _publish_in_place(self: Transaction, journal: Journal, _held: object) -> None:
    fs = self._fs
    fs.create(layout.JOURNAL, encode(journal), 0o600)
    fs.sync_dir(layout.JOURNAL.parent)


def _apply_unpublished(self: Transaction, journal: Journal, _held: object) -> None:
    fs = self._fs
    fs.mkdir(layout.TMP)
    fs.create(layout.staging_place(journal.op), encode(journal), 0o600)
    apply.apply(fs, journal)
    fs.rename(layout.staging_place(journal.op), layout.JOURNAL)
    fs.sync_dir(layout.JOURNAL.parent)


def _write_in_place(fs: FileSystem, entry: Entry, verdict: Verdict, _temporary: Place) -> bool:
    data = apply.view(entry, fs.read(entry.place)) or b""
    fs.unlink(entry.place)
    fs.create(entry.place, data, 0o644)
    return verdict.deed is not Deed.LEAVE


_JUDGE = apply.judge


def _clobber(entry: Entry, current: bytes | None) -> Verdict:
    verdict = _JUDGE(entry, current)
    if verdict.deed is not Deed.LEAVE:
        return verdict
    return Verdict(Deed.REMOVE) if entry.after is None else Verdict(Deed.WRITE, entry.after)


def _append_blindly(entry: Entry, current: bytes | None) -> Verdict:
    return (
        Verdict(Deed.APPEND if current is not None else Deed.WRITE, entry.after or b"")
        if entry.after
        else _JUDGE(entry, current)
    )


def _forget_ours(_fs: FileSystem, _op: str, _index: int, entry: Entry, reason: str) -> Conflict:
    return Conflict(entry.place, None, reason)


def _discard_journal(fs: FileSystem, _identity: object) -> Recovery:
    fs.unlink(layout.JOURNAL)
    return recover.Recovery()


def _load_without_guard(self: Overlay) -> Journal | None:
    data = self._fs.read(layout.JOURNAL)
    return None if data is None else decode(data)


def _patched(target: object, name: str, replacement: object) -> Callable[[], contextlib.AbstractContextManager[object]]:
    return lambda: mock.patch.object(target, name, replacement)


@contextlib.contextmanager
def _patched_roll_forward(replacement: object) -> Iterator[None]:
    with (
        mock.patch.object(transaction, "roll_forward", replacement),
        mock.patch.object(recover, "roll_forward", replacement),
    ):
        yield


WRONG = [
    Mutant("wrong: archived before it is applied", patch=lambda: _patched_roll_forward(_archive_first)),
    Mutant("wrong: never archived", patch=lambda: _patched_roll_forward(_never_archive)),
    Mutant("wrong: applied again though archived", patch=lambda: _patched_roll_forward(_always_apply)),
    Mutant(
        "wrong: journal written under its final name",
        patch=_patched(transaction.Transaction, "_publish", _publish_in_place),
    ),
    Mutant(
        "wrong: applied before it is published", patch=_patched(transaction.Transaction, "_publish", _apply_unpublished)
    ),
    Mutant("wrong: targets written in place", patch=_patched(apply, "_write", _write_in_place)),
    Mutant("wrong: edits by hand overwritten", patch=_patched(apply, "judge", _clobber)),
    Mutant("wrong: our bytes dropped at a conflict", patch=_patched(apply, "_set_aside", _forget_ours)),
    Mutant("wrong: lines appended without looking", patch=_patched(apply, "_judge_append", _append_blindly)),
    Mutant("wrong: recovery forgets instead of finishing", patch=_patched(recover, "recover", _discard_journal)),
    Mutant("wrong: readers ignore the journal", patch=_patched(reader.Overlay, "published", lambda _self: None)),
    Mutant("wrong: readers trust an archived journal", patch=_patched(reader.Overlay, "load", _load_without_guard)),
]
