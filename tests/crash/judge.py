"""What must be true after something bad has happened: the rules that all the harnesses share.

A command under test is run a few times in a row without disturbance first. That gives a chain of reference states:
state 0 before it, state 1 after it, state 2 after it was run again. Whatever is done to the command afterwards, volon's
readers must see one state of the chain and never a mix; running the command again must go one step further, with the
exit code it has in the chain; and the oracle must find nothing wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from tests.crash import oracle
from tests.crash.bench import HarnessBroken
from tests.crash.nthkill import Plan

if TYPE_CHECKING:
    from tests.crash.bench import Bench, State
    from tests.crash.nthkill import Traced
    from tests.crash.scenarios import Scenario

# git itself leaves these when it is killed while it moves a branch; whoever asked for a commit accepts that.
_LOCK_OF_GIT = re.compile(r"left-over lock (?:HEAD|index|refs/heads/[^ ]+)\.lock$")
_MOVED_HEAD = re.compile(
    rf"(?:git|common)/(?:HEAD|index|logs/.*|refs/heads/.*)(?:\.lock)? changed: |{_LOCK_OF_GIT.pattern}"
)
_BRANCH = re.compile(r"(?:git|common)/(?:HEAD|logs/|refs/heads/)")
_FILE = re.compile(r"(?:work/|(?:git|common)/(?:sharedi|i)ndex[^/]*).* changed: ", re.DOTALL)
_ON_THE_WAY = re.compile(r"[.]volon-tmp-\w+-\d+ changed: absent|index[.]lock(?: changed: absent|$)")
_MADE_BESIDE = re.compile(r"(?:git|common)/worktrees(?:/beside.*)? changed: ", re.DOTALL)
# Between its first files git itself finds fault with a working tree that it makes, until it is made.
_HALF_MADE = r"left-over lock worktrees/beside|git fsck: error: (?:invalid )?worktrees/beside\d*/HEAD"
_BEING_MADE = re.compile(rf"{_MADE_BESIDE.pattern}|{_HALF_MADE}", re.DOTALL)
_PURGED = re.compile(r"refs/volon/snap/[0-9A-Z]{26} was moved or deleted$")


HALF = "the task was not resumed."
"""What is said where the first of two operations is committed, and the second, which readers would see, is not."""


@dataclass(frozen=True)
class Chain:
    """The undisturbed states of a scenario, and the exit codes between them.

    Attributes:
        states: before, after one run, after two runs, …; `reach` makes more of them.
        codes: `codes[i]` led from state i to state i + 1.
        calls: the file-changing calls of the first run, as nthkill lists them.
        wide_calls: the same with calls that can fail without changing anything: opening, reading, locking, forking.
        moves_head, restores: see `Scenario`.
        made: what readers say in the working tree that the first run makes beside, but for `status`.
        between: what there is halfway from state 0 to state 1, where two operations lead there.
        loose: see `loosely`.
    """

    states: list[State]
    codes: list[int]
    calls: tuple[str, ...]
    wide_calls: tuple[str, ...] = ()
    moves_head: bool = False
    loose: bool = False
    restores: bool = False
    between: State | None = None
    made: list[tuple[str, ...]] = field(default_factory=list)

    @classmethod
    def of(cls, bench: Bench, scenario: Scenario, *, wide: bool = False) -> Chain:
        """Run a scenario undisturbed, and the same command again.

        Args:
            bench: with the scenario built.
            scenario: what to run.
            wide: count the wide points too.

        Raises:
            HarnessBroken: its command fails, or leaves something that the oracle does not like.
        """
        bench.restore()
        bench.wholes = [whole(bench, scenario)]
        start = bench.state()
        wide_calls = bench.run(scenario.argv, Plan(below=bench.live), listed=True).calls if wide else ()
        between = _halfway(bench, scenario) if scenario.halfway else None
        bench.restore()
        first = bench.run(scenario.argv, Plan(), listed=True)
        kind = {"moves_head": scenario.moves_head, "restores": scenario.restores or scenario.page}
        chain = cls([start], [], first.calls, wide_calls, between=between, made=[], **kind)
        if first.code != scenario.ends or not first.calls:
            message = f"{scenario.name} exits {first.code} after {first.count} changing calls: {first.err}"
            raise HarnessBroken(message)
        chain._go_on(bench, scenario, first)
        if scenario.beside:
            chain.made.append(bench.view(bench.live / scenario.beside)[1:])
        # Once a run of the gate: the sweep of errors asks the same of the same repository.
        if calls := () if wide else bench.calls_of_readers():
            message = f"{scenario.name}: readers changed something: {calls}"
            raise HarnessBroken(message)
        chain.reach(2, bench, scenario)
        return chain

    @classmethod
    def unjudged(cls, bench: Bench, scenario: Scenario) -> Chain:
        """Only the calls of a scenario, for a harness that compares no states."""
        bench.restore()
        return cls([], [], bench.run(scenario.argv, Plan(), listed=True).calls, moves_head=scenario.moves_head)

    @property
    def points(self) -> int:
        """How many file-changing calls the first run makes."""
        return len(self.calls)

    def reach(self, last: int, bench: Bench, scenario: Scenario) -> None:
        """Make the chain go on to state `last`; the repository is as it was afterwards.

        Raises:
            HarnessBroken: what is left there is something that the oracle does not like.
        """
        if last < len(self.states):
            return
        bench.save("aside")
        bench.restore("reached")
        for step in range(len(self.states), last + 1):
            self._go_on(bench, scenario, bench.run(scenario.argv, seed=str(step)))
        bench.restore("aside")

    def _go_on(self, bench: Bench, scenario: Scenario, ran: Traced) -> None:
        """The command has led to the next state of the chain."""
        bench.wholes.append(whole(bench, scenario))
        self.codes.append(ran.code)
        self.states.append(bench.state())
        if wrong := look(bench, scenario, settled=True):
            message = f"{scenario.name}, run {len(self.codes)} undisturbed: {wrong}"
            raise HarnessBroken(message)
        bench.save("reached")

    def loosely(self) -> Chain:
        """The same chain, of which only the tasks are compared.

        Where git cannot read the user's files it says less or something else about them; then the evidence in the
        records differs from the chain's, and rightly so.
        """
        return replace(self, loose=True)

    def alike(self, shape: str, index: int) -> bool:
        """Whether records are those of a state; where HEAD moves between attempts, ids are not compared."""
        if self.loose:
            return True
        expected = self.states[index].shape
        return _no_ids(shape) == _no_ids(expected) if self.moves_head else shape == expected

    def seen(self, state: State, among: range) -> set[int]:
        """Which states of the chain the readers may be looking at; halfway, the next is the same as from state 0."""
        found = {index for index in among if self.view(state) == self.view(self.states[index])}
        halfway = self.between is not None and 0 in among and self.view(state) == self.view(self.between)
        return found | ({0} if halfway else set())

    def view(self, state: State) -> tuple[str, ...]:
        """Where the command moves HEAD or puts files back, `status` (which tells of them) is no part of the view."""
        if self.loose:
            return (state.view[1],)
        return state.view[1 if self.moves_head or self.restores else 0 :]


def _halfway(bench: Bench, scenario: Scenario) -> State:
    """Do the first of two operations alone."""
    bench.restore()
    ran = bench.run(scenario.halfway.split("|"))
    if ran.code != 0:
        message = f"{scenario.name}: {scenario.halfway} exits {ran.code}: {ran.err}"
        raise HarnessBroken(message)
    bench.wholes.append(whole(bench, scenario))
    return bench.state()


def _no_ids(shape: str) -> str:
    return re.sub(r"<\d+>", "<id>", shape)


def look(bench: Bench, scenario: Scenario, *, settled: bool, refused: bool = False) -> list[str]:
    """Ask the oracle; what a command does on purpose to the user's own branch is no fault.

    Where the machine `refused` something once, that may have been to remove a directory which was empty by then.
    """
    wrong = oracle.inspect(bench.root, bench.before, settled=settled, undone=scenario.undoes)
    moved = [one for one in wrong if scenario.moves_head and _MOVED_HEAD.match(one)]
    moved += [one for one in wrong if scenario.purges and _PURGED.match(one)]
    wrong = [one for one in wrong if one not in moved and one not in bench.known]
    if scenario.beside:
        # What git keeps about that working tree; that it is whole shows in its files.
        own = _MADE_BESIDE if settled else _BEING_MADE
        wrong = [one for one in wrong if not own.match(one)]
        return wrong if not settled or whole(bench, scenario) in bench.wholes else [*wrong, "it is not whole"]
    return _put_back(bench, scenario, wrong, settled=settled, refused=refused) if scenario.restores else wrong


def whole(bench: Bench, scenario: Scenario) -> dict[str, str]:
    """Everything that is the user's, with the files of the working tree that is made beside."""
    found = oracle.user_bytes(bench.root)
    if scenario.moves_head:
        found = {path: value for path, value in found.items() if not _BRANCH.match(path)}
    if not scenario.beside:
        return found
    found = {path: value for path, value in found.items() if "/worktrees" not in path}
    return found | {f"beside/{path}": value for path, value in oracle.files_of(bench.live / scenario.beside).items()}


def _put_back(bench: Bench, scenario: Scenario, wrong: list[str], *, settled: bool, refused: bool) -> list[str]:
    """Files and index may be those of any undisturbed state, on the way mixed; when all is settled, of one of them."""
    if settled:
        now = whole(bench, scenario)
        rest = [one for one in wrong if not _FILE.match(one)]
        known = any(now == one or (refused and _without_emptied(now, one) == one) for one in bench.wholes)
        return rest if known else [*rest, f"the files are those of no state: {wrong}"]
    return [one for one in wrong if not (_ON_THE_WAY.search(one) or _is_of_a_state(bench, one))]


def _without_emptied(now: dict[str, str], then: dict[str, str]) -> dict[str, str]:
    """What is there, without directories that are empty and that were not there in another state."""
    held = {above for path, what in now.items() if what != "directory" for above in map(str, PurePath(path).parents)}
    return {path: what for path, what in now.items() if what != "directory" or path in then or path in held}


def _is_of_a_state(bench: Bench, line: str) -> bool:
    path, _, change = line.partition(" changed: ")
    now = change.rpartition(" -> ")[2]
    return _FILE.match(line) is not None and any(whole.get(path, "absent") == now for whole in bench.wholes)


def disturbed(
    bench: Bench, scenario: Scenario, chain: Chain, *, settled: bool = False, among: range = range(2)
) -> tuple[set[int], list[str]]:
    """Look at a repository right after a disturbance.

    Returns:
        The states of the chain that the readers see, and what is wrong.
    """
    wrong = look(bench, scenario, settled=settled, refused=settled)
    state = bench.state()
    seen = chain.seen(state, among)
    if not seen:
        differ = [(a, b) for a, b in zip(chain.view(state), chain.view(chain.states[among[0]]), strict=True) if a != b]
        wrong.append(f"readers see none of the states {list(among)}: {_first_difference(*differ[0])}")
    # Readers see nothing of a working tree that is being made beside: the command may still have to end.
    return seen | ({0} if scenario.beside and seen else set()), wrong


def committed_beside(bench: Bench, scenario: Scenario, chain: Chain) -> bool:
    """Whether readers in the working tree that is made beside see the operation done.

    Its journal is there; until that is in the files, readers anywhere else rightly see nothing of it.
    """
    where = bench.live / scenario.beside
    return where.is_dir() and bench.view(where)[1:] in chain.made


def retried(
    bench: Bench, scenario: Scenario, chain: Chain, seen: set[int], *, seed: str, refused: bool = False
) -> list[str]:
    """Run the command again, which must take the repository one step further along the chain."""
    if scenario.sends and any(bench.live.glob("hub.git/refs/volon/**/*.lock")):
        return []
    if scenario.moves_head and any(map(_LOCK_OF_GIT.match, oracle.inspect(bench.root, settled=False))):
        return []
    ran = bench.run(scenario.argv, seed=seed)
    wrong = look(bench, scenario, settled=True, refused=refused)
    shape = bench.shape()
    if not any(ran.code == chain.codes[start] and chain.alike(shape, start + 1) for start in seen):
        wrong.append(_misstep(chain, seen, ran, shape))
    if scenario.beside and whole(bench, scenario) == bench.wholes[0]:
        wrong.append("the same command again made no working tree")
    return wrong


def _misstep(chain: Chain, seen: set[int], ran: Traced, shape: str) -> str:
    expected = min(seen) + 1
    if ran.code != chain.codes[expected - 1]:
        said = (ran.err or ran.out).strip()
        return f"the same command again exited {ran.code} instead of {chain.codes[expected - 1]}: {said[:600]}"
    return f"the same command again ended elsewhere: {_first_difference(shape, chain.states[expected].shape)}"


def recovered(bench: Bench, scenario: Scenario, chain: Chain, seen: set[int], *, seed: str) -> list[str]:
    """Let `doctor --fix` finish what was begun: the records must be, to the byte, those of the state readers saw.

    Where it mends by itself what the command does, they must be those of state 1, however early the kill came.
    """
    ran = bench.run(["doctor", "--fix"], seed=seed)
    wrong = look(bench, scenario, settled=True)
    if left := list(bench.root.glob(".git/volon/scratch/*")):
        wrong.append(f"doctor --fix left {left}")
    if ran.code != 0:
        wrong.append(f"doctor --fix exited {ran.code}: {(ran.out + ran.err).strip()[:600]}")
    records = bench.records()
    ends = {max(index, int(scenario.mends)) for index in seen}
    if not any(records == chain.states[index].records for index in ends):
        expected = chain.states[min(ends)].records
        paths = sorted(path for path in records | expected if records.get(path) != expected.get(path))
        wrong.append(f"after doctor --fix the records are not those that readers saw: {paths}")
    return wrong


def _first_difference(seen: str, expected: str) -> str:
    if seen == expected:
        return ""
    at = next((index for index, (a, b) in enumerate(zip(seen, expected, strict=False)) if a != b), len(expected))
    start = max(0, at - 120)
    return f"…{seen[start : at + 120]!r} instead of …{expected[start : at + 120]!r}"
