"""What is tried: a disk to begin with, and the steps taken on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.crash.simfs import LINKED, MAIN, SimFs
from volon.clock import FrozenClock
from volon.files import Place, Root
from volon.ids import Ids
from volon.model.version import Version
from volon.process import Processes
from volon.store import layout
from volon.store.journal import RepoIdentity
from volon.store.store import Store
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from volon.files import Roots
    from volon.store.transaction import Transaction

NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
TASK = layout.task_place("TASK-20261119-001")
CAPSULE = layout.capsule_place("TASK-20261119-001")
FIRST = layout.checkpoint_place("01-work-2026-11-19.md")
SECOND = layout.checkpoint_place("02-work-2026-11-19.md")
HISTORY = layout.bootstrap_history_place(1)
APP, NEW, OLD = Place(Root.FILES, "src/app.py"), Place(Root.FILES, "new/one"), Place(Root.FILES, "old/one")
PLACES = (
    *(APP, NEW, OLD, layout.INDEX),
    *(FIRST, SECOND, HISTORY, CAPSULE, TASK, layout.RUN_LOG),
    *(layout.STATE, layout.BOOTSTRAP, layout.EXCLUDE, layout.HANDOFF),
)


@dataclass(frozen=True)
class Commit:
    """One operation of volon."""

    verb: str
    plan: Callable[[Transaction], None]


@dataclass(frozen=True)
class Undo:
    """volon takes back its newest operation."""


@dataclass(frozen=True)
class Edit:
    """Somebody else changes files; None removes one."""

    files: Mapping[Place, bytes | None]
    durable: bool = True


@dataclass(frozen=True)
class ForgetHistory:
    """Somebody clears the record of old operations, and that reaches the disk."""


Step = Commit | Undo | Edit | ForgetHistory


@dataclass(frozen=True)
class Scenario:
    """A disk to begin with, and what is done on it."""

    name: str
    steps: tuple[Step, ...]
    files: Mapping[Place, bytes] = field(default_factory=dict)
    unsynced: Mapping[Place, bytes] = field(default_factory=dict)
    roots: Roots = MAIN
    hard_links: bool = True

    def disk(self) -> SimFs:
        """The disk to begin with."""
        fs = SimFs(self.roots, hard_links=self.hard_links)
        for place, data in self.files.items():
            fs.user_writes(place, data)
        fs.power_stays()
        for place, data in self.unsynced.items():
            fs.user_writes(place, data)
            # The content has arrived, the names of the directories above it have not.
        return fs

    def take(self, fs: SimFs, number: int) -> None:
        """Take one step on a disk; errors of volon pass through."""
        step = self.steps[number]
        match step:
            case Commit():
                with open_store(fs).begin(step.verb, wait=0) as tx:
                    step.plan(tx)
                    tx.commit(f"step {number}")
            case Undo():
                store = open_store(fs)
                newest = store.operations(1)[0]
                with store.begin("undo", wait=0) as tx:
                    tx.take_back(store.operation(newest.ulid))
                    tx.commit("undo")
            case Edit():
                for place, data in step.files.items():
                    fs.user_writes(place, data, durable=step.durable)
            case ForgetHistory():
                for name in fs.listdir(layout.OPERATIONS):
                    fs.user_writes(layout.operation_place(name), None)


def open_store(fs: SimFs) -> Store:
    """The store on a disk; identities repeat, so that images can be compared."""
    world = World(FrozenClock(NOW), Ids("model"), Processes({}), lambda _roots: fs, {})
    return Store(world, fs, RepoIdentity.of(fs.roots.worktree, fs.roots.common_dir))


def look(fs: SimFs) -> dict[Place, bytes | None]:
    """Every record as volon's readers see it."""
    store = open_store(fs)
    with store.begin("look", dry_run=True) as tx:
        return store.consistently(lambda: {place: tx.read(place) for place in PLACES})


def raw(fs: SimFs) -> dict[Place, bytes | None]:
    """Every record as `cat` sees it."""
    return {place: fs.read(place) for place in PLACES}


def first_pause(tx: Transaction) -> None:
    """Everything is new: directories, the exclusion in `info/`, all records."""
    tx.create(HISTORY, b"history\n")
    tx.create(FIRST, b"checkpoint 1\n")
    tx.put(CAPSULE, b"capsule 1\n")
    tx.put(TASK, b"task paused\n")
    tx.append(layout.RUN_LOG, b"log 1\n")
    tx.put(layout.BOOTSTRAP, b"bootstrap 1\n")
    tx.append(layout.EXCLUDE, b"/.volon/\n")
    tx.put(layout.HANDOFF, b"handoff 1\n")


def next_pause(tx: Transaction) -> None:
    """One new file, five replaced ones, one removed, one line more."""
    tx.create(SECOND, b"checkpoint 2\n")
    tx.put(CAPSULE, b"capsule 2\n")
    tx.put(TASK, b"task paused again\n")
    tx.append(layout.RUN_LOG, b"log 2\n")
    tx.put(layout.STATE, b"state 2\n")
    tx.delete(HISTORY)
    tx.put(layout.HANDOFF, b"handoff 2\n")


def small(tx: Transaction) -> None:
    """Two files and a line: small enough for faults within faults."""
    tx.put(TASK, b"task small\n")
    tx.append(layout.RUN_LOG, b"log small\n")
    tx.put(layout.STATE, b"state small\n")


def restore(tx: Transaction) -> None:
    """Files of the user's: one removed with its directory, one new, one replaced; git's index; a line for the log."""
    one, two = Version("100644", "1" * 40), Version("100755", "2" * 40)
    tx.turn(OLD, one, None)
    tx.turn(APP, one, two)
    tx.turn(NEW, None, one)
    tx.append(layout.RUN_LOG, b"log restore\n")
    tx.turn(layout.INDEX, one, two)


USERS: dict[Place, bytes] = dict.fromkeys((APP, OLD, layout.INDEX), b"100644 " + b"1" * 40)
PAUSED_ONCE: dict[Place, bytes] = {
    FIRST: b"checkpoint 1\n",
    CAPSULE: b"capsule 1\n",
    TASK: b"task doing\n",
    layout.RUN_LOG: b"log 1\n",
    layout.STATE: b"state 1\n",
    HISTORY: b"history\n",
    layout.HANDOFF: b"handoff 1\n",
}
SMALL: dict[Place, bytes] = {TASK: b"task doing\n", layout.RUN_LOG: b"log 1\n", layout.STATE: b"state 1\n"}

SCENARIOS = (
    Scenario("first pause", (Commit("pause", first_pause),)),
    Scenario("first pause, linked worktree", (Commit("pause", first_pause),), roots=LINKED),
    Scenario("next pause", (Commit("pause", next_pause),), PAUSED_ONCE),
    Scenario("no hard links", (Commit("pause", next_pause),), PAUSED_ONCE, hard_links=False),
    Scenario("directories not yet synced", (Commit("pause", next_pause),), {}, PAUSED_ONCE),
    Scenario("pause and undo", (Commit("pause", small), Undo(), Undo()), SMALL),
    Scenario("restore", (Commit("restore", restore),), USERS),
    Scenario("restore, no hard links", (Commit("restore", restore),), USERS, hard_links=False),
    Scenario("restore and undo", (Commit("restore", restore), Undo(), Undo()), USERS),
    Scenario("two pauses", (Commit("pause", first_pause), Commit("pause", next_pause)), {layout.STATE: b"state 1\n"}),
    Scenario(
        "reverted after the pause",
        (
            Commit("pause", small),
            Edit({layout.STATE: b"state 1\n", TASK: b"task doing\n"}),
            Commit("x", lambda _: None),
        ),
        SMALL,
    ),
    Scenario(
        "reverted and history forgotten",
        (Commit("pause", small), ForgetHistory(), Edit({layout.STATE: b"state 1\n", TASK: b"task doing\n"})),
        SMALL,
    ),
)

SMALLEST = Scenario("smallest, every outcome", (Commit("pause", small),), SMALL)
