"""`volon checkpoint bisect -- COMMAND`: the first checkpoint whose files make a command fail, as they were then.

The command runs in a throw-away working tree for each state it is tried on; the user's own is not looked at. Naming it
is consent to run it. Status 0 is good, 125 means that the state cannot be tested, everything else is bad.

Source: issue "Every byte back" (time travel); contract §7 (consent).
"""

from __future__ import annotations

from volon.errors import ExitCode, NothingToDo, UsageError
from volon.model.bisecting import Search, Verdict
from volon.model.results.checkpoints import CheckpointBisectResult, TreeView, TrialView
from volon.plain import dataclass, replace
from volon.process import ProgramMissing
from volon.repo.git import KEPT
from volon.repo.questions import commits_along
from volon.repo.trials.throwaway import files_of
from volon.supervised import supervise
from volon.usecases import records
from volon.usecases.running.hooks import tail
from volon.usecases.travel.states import Trees, remarks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_UNTESTABLE = 125
DEFAULT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class BisectRequest:
    """What is asked for.

    Attributes:
        command: the program and its arguments; no shell sees them.
        good: the checkpoint to begin from; the first one behind `bad` when None.
        bad: the checkpoint to end at; the newest when None.
        seconds: how long one run may take; more is bad.
        commits: go on with the commits between the two checkpoints.
    """

    command: tuple[str, ...]
    good: str | None = None
    bad: str | None = None
    seconds: int = DEFAULT_SECONDS
    commits: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    """Something that can be tried: a checkpoint's files, or a commit's.

    Attributes:
        base: the commit they are on.
        exact: files whose very bytes are known: path, mode, blob.
    """

    tree: TreeView
    base: str | None
    number: int | None = None
    exact: tuple[tuple[str, str, str], ...] = ()

    @property
    def key(self) -> str:
        """Tells states apart that have other files."""
        return self.tree.commit or f"checkpoint {self.number}"

    @property
    def untried(self) -> TrialView:
        return TrialView(checkpoint=self.number, commit=self.tree.commit or "", verdict=Verdict.SKIPPED)


@dataclass(frozen=True, slots=True)
class _Found:
    """How far it is known: the last good state, and those of which one is the first bad one."""

    outcome: str
    good: _State | None
    suspects: tuple[_State, ...]


def bisect_checkpoints(
    workspace: Workspace, request: BisectRequest, on_start: Callable[[str, int], None] | None = None
) -> CheckpointBisectResult:
    """Try checkpoints along their line of parents until it is known where the command begins to fail.

    Args:
        workspace: where.
        request: what is asked for.
        on_start: told before each run.

    Raises:
        UsageError: no command or none of that name in PATH, no such checkpoint, or no line leads from the one to the
            other.
        NothingToDo: there are no checkpoints.
        NotCommitted: there is no room for a throw-away working tree.
    """
    if not request.command or request.seconds < 1:
        raise UsageError("No command to try.", hints=["volon checkpoint bisect -- COMMAND"])
    if "/" not in (program := request.command[0]) and not workspace.world.processes.has(program):
        raise UsageError(f"{program} was not found in PATH; nothing was tried.")
    line, known = _line(workspace, request), Trees(workspace)
    trees = [known.of(file.checkpoint) for file in line]
    states = [
        _State(tree, file.checkpoint.paused_commit, file.checkpoint.number, known.saved(file.checkpoint))
        for file, tree in zip(line, trees, strict=True)
    ]
    trials = _Trials(workspace, request, on_start)
    found = _bisect(trials, states)
    if request.commits and found.outcome == "found" and found.good is not None:
        found = _bisect(trials, [found.good, *_commits(workspace, found.good, *found.suspects), *found.suspects])
    names = (f"checkpoint {state.number:02d}" for state in states)
    return trials.result(found, remarks(zip(names, trees, strict=True)))


class _Trials:
    """Runs the command on states, once for the same files."""

    def __init__(
        self, workspace: Workspace, request: BisectRequest, on_start: Callable[[str, int], None] | None
    ) -> None:
        self._workspace, self._request, self._on_start = workspace, request, on_start
        self._env = {name: value for name, value in workspace.world.env.items() if _is_for_it(name)}
        self._known: dict[str, TrialView] = {}
        self._outputs: dict[str, tuple[str, ...]] = {}

    def verdict(self, state: _State) -> Verdict:
        """Return what the command says about a state."""
        if state.key not in self._known:
            self._known[state.key] = self._try(state)
        return Verdict(self._known[state.key].verdict)

    def result(self, found: _Found, warnings: tuple[str, ...]) -> CheckpointBisectResult:
        """Return what was found, with everything that was tried."""
        bad = next((one.key for one in found.suspects if self._told(one).verdict == Verdict.BAD), "")
        return CheckpointBisectResult(
            command=self._request.command,
            outcome=found.outcome,
            good=self._told(found.good) if found.good else None,
            suspects=tuple(map(self._told, found.suspects)),
            trials=tuple(self._known.values()),
            output=self._outputs.get(bad, ()),
            warnings=warnings,
            exit_code=ExitCode.DONE if found.outcome == "found" else ExitCode.FAILED,
        )

    def _told(self, state: _State) -> TrialView:
        return replace(self._known.get(state.key, state.untried), checkpoint=state.number)

    def _try(self, state: _State) -> TrialView:
        if state.tree.commit is None:
            return replace(state.untried, reason=state.tree.note)
        if self._on_start is not None:
            self._on_start(self._request.command[0], self._request.seconds)
        with files_of(self._workspace.repository, state.tree.commit, state.exact) as work:
            return self._run(state, work)

    def _run(self, state: _State, work: Path) -> TrialView:
        program, *rest = self._request.command
        here = str(work / program) if "/" in program else program
        env, seconds = self._env | {"PWD": str(work)}, self._request.seconds
        try:
            processes = self._workspace.world.processes
            ended = supervise(processes, [here, *rest], cwd=work, env=env, timeout=float(seconds))
        except ProgramMissing:
            return replace(state.untried, reason=f"{program} is not there, or cannot be started")
        self._outputs[state.key] = tail(ended.output)
        if ended.timed_out:
            return replace(state.untried, verdict=Verdict.BAD, reason=f"it did not end within {seconds} s")
        verdict = {0: Verdict.GOOD, _UNTESTABLE: Verdict.SKIPPED}.get(ended.returncode, Verdict.BAD)
        reason = f"ended by signal {-ended.returncode}" if ended.returncode < 0 else ""
        return replace(state.untried, verdict=verdict, exit_status=ended.returncode, reason=reason)


def _is_for_it(name: str) -> bool:
    """Whether the command gets a variable: of what git is told, only whose work it is and where the settings are."""
    return not name.startswith("GIT_") or name in KEPT or name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))


def _bisect(trials: _Trials, states: Sequence[_State]) -> _Found:
    """Find where it begins; both ends are tried first, or what is next to them where they cannot be tested."""
    testable = (n for n in reversed(range(len(states))) if trials.verdict(states[n]) is not Verdict.SKIPPED)
    last = next(testable, None)
    if last is None:
        return _Found("undecided", None, tuple(states))
    if trials.verdict(states[last]) is Verdict.GOOD:
        return _Found("never-bad", states[last], ())
    first = next(n for n in range(last + 1) if trials.verdict(states[n]) is not Verdict.SKIPPED)
    if trials.verdict(states[first]) is Verdict.BAD:
        return _Found("always-bad", None, (states[first],))
    search = Search(first, last)
    while (state := search.following()) is not None:
        search.tell(state, trials.verdict(states[state]))
    suspects = tuple(states[one] for one in search.suspects)
    return _Found("found" if len(suspects) == 1 else "undecided", states[search.good], suspects)


def _line(workspace: Workspace, request: BisectRequest) -> list[CheckpointFile]:
    """The checkpoints from the one to the other, oldest first, each the parent of the next."""
    files = records.read_checkpoints(workspace.store)[0]
    if not files:
        raise NothingToDo("There are no checkpoints to try.", hints=["volon pause-task"])
    bad = files[-1] if request.bad is None else records.find_checkpoint(workspace.store, request.bad)
    good = None if request.good is None else records.find_checkpoint(workspace.store, request.good)
    line = [bad]
    while (good is None or line[-1].place != good.place) and (parent := _parent(files, line[-1])) is not None:
        line.append(parent)
    if good is not None and (line[-1].place != good.place or len(line) == 1):
        message = f"No line leads from checkpoint {good.checkpoint.number:02d} to {bad.checkpoint.number:02d}."
        raise UsageError(message, hints=["see which came out of which: volon checkpoint list"])
    return list(reversed(line))


def _parent(files: Sequence[CheckpointFile], file: CheckpointFile) -> CheckpointFile | None:
    """The checkpoint that one came out of; it was always written before, so that no line can be a circle."""
    child = file.checkpoint
    before = [other for other in files if other.checkpoint.number < child.number]
    if child.parent_uid is not None:
        return next((other for other in before if other.checkpoint.uid == child.parent_uid), None)
    named = [other for other in before if other.checkpoint.number == child.parent]
    return named[0] if len(named) == 1 else None


def _commits(workspace: Workspace, good: _State, bad: _State) -> list[_State]:
    """The commits that lead from the one to the other; none where one did not come out of the other."""
    found = commits_along(workspace.repository, good.base, bad.base) if good.base and bad.base else ()
    return [_State(TreeView(commit=oid, kind="commit"), oid) for oid in found]
