"""The runs of this repository: found, opened, begun; and how one stands, as a result shows it.

A run lies in `<common git dir>/volon/runs/<ulid>/`: the journal, each version of its spec that counted, the file of
witnesses and a log for each attempt. The newest run of a file in this working tree is the one that commands mean.

Source: product §3 (runs live in the common git directory), contract §6.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from itertools import islice

from volon.engine.journal import Journal, damaged
from volon.errors import Corrupt, NotCommitted, UsageError, VolonError
from volon.files import Roots
from volon.model.ids import is_ulid
from volon.model.pipeline.board import counted, unwritten, worded
from volon.model.pipeline.plan import scope_of, upcoming
from volon.model.pipeline.reading import MAX_BYTES, parse_spec
from volon.model.pipeline.records import VERSION, Entry, Opened, Wanted, decode, encode, whole_lines
from volon.model.pipeline.state import Phase, RunState
from volon.model.results.pipeline import PipelineGlance, PipelineView, TicketView
from volon.model.text import digest, iso
from volon.plain import dataclass
from volon.runfiles import RunFiles
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from volon.background import Witnessed
    from volon.files import Place
    from volon.model.pipeline.spec import Spec
    from volon.workspace import Workspace

_HEAD = 1 << 16
_NEXT = 10
_PRIVATE = 0o600
_NEEDED = "name a pipeline's file; volon schema pipeline prints what is in one"
LOCK = "runner.lock"
"""The name in a run's directory that is held by the process that runs it."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as a file has it; `file` is its path as records name it."""

    file: str
    data: bytes
    spec: Spec

    @property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return digest(self.data)


def read_pipeline(workspace: Workspace, path: Path) -> Pipeline:
    """Read the spec that the user named.

    Raises:
        NotCommitted: it cannot be read.
        UsageError: it cannot be used; what the user named is input, and no state of volon's that is damaged.
    """
    name = named(workspace, path)
    try:
        if not path.is_file():
            raise NotCommitted(f"{name} is not a file" if path.exists() else f"there is no {name}", hints=[_NEEDED])
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotCommitted(f"{name} cannot be read", causes=[str(error)]) from error
    try:
        return Pipeline(name, data, parse_spec(data, name))
    except Corrupt as error:
        raise UsageError(error.message, causes=error.causes, hints=error.hints) from error


def named(workspace: Workspace, path: Path) -> str:
    """How records name a spec: relative to the working tree where it lies in it."""
    real, root = os.path.realpath(path), os.path.realpath(workspace.repository.root)
    return os.path.relpath(real, root) if os.path.commonpath([real, root]) == root else real


class Run:
    """One run, with its journal open.

    Args:
        workspace: where.
        files: reads and writes what belongs to runs.
        place: its directory.
    """

    def __init__(self, workspace: Workspace, files: RunFiles, place: Place) -> None:
        self.files, self.place, self.id = files, place, place.name
        self.state = RunState()
        self.journal = Journal(
            files.open_appended(place / "journal"), workspace.world.clock, self.state.apply, f"{place}/journal"
        )
        self.journal.refresh()
        assert self.state.opened is not None  # noqa: S101  the journal begins with it, or is damaged
        self.file = self.state.opened.file

    def close(self) -> None:
        """Let go of its files."""
        self.journal.close()
        self.files.close()

    @property
    def lock(self) -> Place:
        """Held by the process that runs it."""
        return self.place / LOCK

    @property
    def logs(self) -> Place:
        """Where the logs of attempts lie."""
        return self.place / "logs"

    def held(self) -> bool:
        """Whether a process has the right to run it, be it only what a runner that is gone has left."""
        return self.files.is_held(self.lock)

    def attended(self) -> bool:
        """Whether a process runs it."""
        if not self.held():
            return False
        from volon.usecases.pipeline.holding import left_over  # noqa: PLC0415  mostly nobody runs it

        # In this order: keepers that let go between the two leave nobody.
        return not left_over(self) and self.held()

    def over(self, spec: Spec) -> dict[str, int | None]:
        """The tickets that run by the journal only, because nobody was there to see how they ended; by exit status.

        Witnesses are read, and nothing is written: that is for whoever runs it next.
        """
        # A journal that a stranger wrote may name anything.
        running = {one: f"{one}.{attempt}" for one, attempt in self.state.running.items() if one in spec.tickets}
        if not running or self.state.engaged is not None or self.held():
            return {}
        # In this order: what ends between the two has written its end.
        held = {one for one, tag in running.items() if self.files.is_held(self.logs / f"{tag}.log")}
        known, living = unwatched(self.files, self.place)
        # What the machine refused to start has an end in the books, and no exit status.
        seen = {one: known[tag] for one, tag in running.items() if tag in known and not known[tag].lacks}
        ends = {one: seen[one].exit_status if one in seen else None for one in running}
        held |= {one for one, tag in running.items() if tag in living}
        return {one: status for one, status in ends.items() if status is not None or one not in held}

    def spec(self) -> Spec:
        """The spec it goes by, as it was written down when it began, or when a change was accepted.

        Raises:
            Corrupt: that is gone, or damaged.
        """
        return parse_spec(self.spec_text(), self.file)

    def spec_text(self) -> bytes:
        """The text of it; see `spec`."""
        data = self.files.read(self.place / spec_name(self.state.spec), MAX_BYTES + 1)
        if data is None or digest(data) != self.state.spec:
            raise Corrupt(f"what run {self.id} goes by is gone or damaged", hints=["volon pipeline run --fresh FILE"])
        return data


def unwatched(files: RunFiles, place: Place) -> tuple[dict[str, Witnessed], set[str]]:
    """The witnesses of a run that nobody runs; and the attempts without an end whose first process lives."""
    from volon.background import is_attempt, witnesses  # noqa: PLC0415  only after a runner has died
    from volon.usecases.pipeline.holding import witnessed  # noqa: PLC0415  as above

    known: dict[str, Witnessed] = {}
    witnesses(witnessed(files, place), known)
    untold = [(tag, one) for tag, one in known.items() if one.exit_status is None and one.pid]
    return known, {tag for tag, one in untold if is_attempt(one, place.name, tag)}


def spec_name(sha256: str) -> str:
    """The file that holds a version of a run's spec."""
    return f"spec-{sha256[:16]}.yaml"


def run_files(workspace: Workspace) -> RunFiles:
    """The files of this repository's runs."""
    own = workspace.repository
    return RunFiles(Roots(str(own.root), str(own.git_dir), str(own.common_dir)))


def begin(workspace: Workspace, files: RunFiles, pipeline: Pipeline) -> Run:
    """Begin a run: it is there, durable, when its journal is."""
    now = workspace.now()
    run = workspace.world.ids.ulid(now, after=next(run_ids(files), None))
    place = layout.RUNS / run
    tree = workspace.relative(str(workspace.repository.root.resolve()))
    first = Entry(1, iso(now), Opened(VERSION, run, tree, pipeline.file, pipeline.digest))
    files.mkdir(place / "logs")
    files.create(place / spec_name(pipeline.digest), pipeline.data, _PRIVATE)
    files.create(place / "exits", b"", _PRIVATE)
    files.create(place / "journal", encode(first), _PRIVATE)
    files.sync_parents([place / "journal", place / "logs", place, layout.RUNS])
    return Run(workspace, files, place)


def newest(workspace: Workspace, files: RunFiles, file: str | None) -> Run | None:
    """The newest run of a file in this working tree, or of any."""
    return next((Run(workspace, files, place) for place, _ in _mine(workspace, files, file)), None)


def wanted(workspace: Workspace, files: RunFiles, file: str | None) -> Run | None:
    """The run that a command means: of the named file, or the only one that is not done.

    Raises:
        UsageError: several are not done, and none was named.
    """
    if file is not None:
        return newest(workspace, files, file)
    runs = under_way(workspace, files)
    if len(runs) > 1:
        for run in runs:
            run.close()
        message = f"Several pipelines are not done: {', '.join(run.file for run in runs)}."
        raise UsageError(message, hints=["Name the file of one."])
    return runs[0] if runs else newest(workspace, files, None)


def under_way(workspace: Workspace, files: RunFiles) -> list[Run]:
    """The newest run of each file, newest first, as far as they are not done."""
    of_file: dict[str, Place] = {}
    for place, found in _mine(workspace, files, None):
        of_file.setdefault(found.file, place)
    with ExitStack() as opened:
        runs = []
        for place in of_file.values():
            run = Run(workspace, files, place)
            if run.state.phase is Phase.DONE:
                run.close()
            else:
                opened.callback(run.close)
                runs.append(run)
        opened.pop_all()
    return runs


def glance(workspace: Workspace) -> tuple[PipelineGlance, ...]:
    """What is under way, in a few words; nothing where that cannot be read, which is for `doctor` to say."""
    try:
        runs = under_way(workspace, run_files(workspace))
    except (VolonError, OSError):
        return ()
    with ExitStack() as opened:
        for run in runs:
            opened.callback(run.close)
        return tuple(
            PipelineGlance(file=run.file, status=run.state.phase.value, attended=run.attended()) for run in runs
        )


def _mine(workspace: Workspace, files: RunFiles, file: str | None) -> Iterator[tuple[Place, Opened]]:
    for place, found in _of_this_tree(workspace, files, file):
        if isinstance(found, Corrupt):
            raise found
        yield place, found


def runs_of(workspace: Workspace, files: RunFiles, file: str) -> Iterator[Place]:
    """All runs of a file in this working tree, and those whose beginning is damaged: they may have been of it."""
    return (place for place, _ in _of_this_tree(workspace, files, file))


def files_run(workspace: Workspace) -> frozenset[str]:
    """The files of all runs of this working tree, also of those that are gone."""
    with closing(run_files(workspace)) as files:
        known = (found for _, found in _of_this_tree(workspace, files, None))
        return frozenset(found.file for found in known if not isinstance(found, Corrupt))


def _of_this_tree(workspace: Workspace, files: RunFiles, file: str | None) -> Iterator[tuple[Place, Opened | Corrupt]]:
    """Runs of a file, or of any, newest first, with how each began, or what is wrong with that."""
    tree = workspace.relative(str(workspace.repository.root.resolve()))
    for place in (layout.RUNS / run for run in run_ids(files)):
        try:
            found = opened(files, place)
        except Corrupt as damage:
            yield place, damage
            continue
        if found is not None and found.tree == tree and file in {None, found.file}:
            yield place, found


def earlier(workspace: Workspace, run: Run, most: int) -> Iterator[Place]:
    """Runs of the same file that began before, newest first."""
    places = (place for place, _ in _mine(workspace, run.files, run.file) if place.name < run.id)
    return islice(places, most)


def run_ids(files: RunFiles) -> Iterator[str]:
    """The runs of all working trees, newest first."""
    return (name for name in reversed(files.listdir(layout.RUNS)) if is_ulid(name))


def opened(files: RunFiles, place: Place) -> Opened | None:
    """How a run began; None of one that never did.

    Raises:
        Corrupt: its journal is damaged there.
    """
    lines, _ = whole_lines(files.read(place / "journal", _HEAD) or b"")
    try:
        record = decode(lines[0], 1).record if lines else None
    except ValueError as error:
        raise damaged(f"{place}/journal", 1, error) from error
    return record if isinstance(record, Opened) else None


def view_of(workspace: Workspace, run: Run, spec: Spec) -> PipelineView:
    """How a run stands."""
    state, pause = run.state, run.state.pause
    results, not_merged, trees = _kept(workspace, run, spec) if state.base else ((), (), ())
    tickets = tuple(_tickets(run, spec))
    chosen = Wanted() if scope_of(spec, state) is None else state.wanted
    return PipelineView(
        name=spec.name,
        file=run.file,
        run=run.id,
        status=state.phase.value,
        settled=state.settled,
        attended=run.attended(),
        reason=pause.reason if pause else None,
        paused_by=pause.by if pause else None,
        paused_at=pause.at if pause else None,
        running_at_pause=pause.running if pause else (),
        next=tuple(upcoming(spec, state)[:_NEXT]),
        counts=counted(one.status for one in tickets),
        tickets=tickets,
        only=tuple(chosen.only.split()),
        until=tuple(chosen.until.split()),
        base=state.base or None,
        results=results,
        unmerged=not_merged,
        trees=trees,
    )


def _kept(workspace: Workspace, run: Run, spec: Spec) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    from volon.usecases.pipeline.trees import left_of, results_of, unmerged  # noqa: PLC0415  most pipelines have none

    results = results_of(workspace, run, spec)
    return results, unmerged(workspace, results), left_of(workspace, run)


def plan_of(pipeline: Pipeline) -> PipelineView:
    """A pipeline that never ran."""
    nothing = RunState()
    words = worded(pipeline.spec, nothing, ())
    return PipelineView(
        name=pipeline.spec.name,
        file=pipeline.file,
        run=None,
        status="planning",
        settled=True,
        attended=False,
        reason=None,
        paused_by=None,
        paused_at=None,
        running_at_pause=(),
        next=tuple(upcoming(pipeline.spec, nothing)[:_NEXT]),
        counts=counted(words.values()),
        tickets=tuple(
            TicketView(ticket=one, status=word, attempt=0, exit_status=None, ms=0, why="", log=None)
            for one, word in words.items()
        ),
    )


def _tickets(run: Run, spec: Spec) -> Iterator[TicketView]:
    over, logs = run.over(spec), run.files.shown(run.logs)
    for ticket, word in worded(spec, run.state, over).items():
        one = run.state.standing(ticket)
        yield TicketView(
            ticket=ticket,
            status=word,
            attempt=one.attempt,
            exit_status=over.get(ticket, one.exit_status),
            ms=one.ms,
            why=unwritten(over[ticket]) if ticket in over else one.why,
            result=one.result or None,
            saved=one.saved or None,
            log=f"{logs}/{ticket}.{one.attempt}.log" if one.attempt else None,
        )
