"""Forecast: would paused work fit HEAD, its upstream, the default branch and the other paused work, if brought there?

Nothing is touched, and nothing is said that git was not asked: where a question has no answer, the reason stands.

Source: contract §4 (`status --conflicts`), §8 (3); design §4.
"""

from __future__ import annotations

from itertools import combinations

from volon.errors import NotCommitted, VolonError
from volon.model.records.checkpoint import parse_checkpoint
from volon.model.results.elsewhere import ForecastView
from volon.model.syntax.frontmatter import Document
from volon.plain import dataclass
from volon.repo import branches
from volon.repo.trials.forecast import forecasting
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.events import PauseEvent
    from volon.repo.trials.forecast import Forecast
    from volon.workspace import Workspace

MOST_WORKS = 12
"""How many paused tasks are held against each other, the newest first."""
PRESENT = "the working tree"


@dataclass(frozen=True, slots=True)
class _Work:
    """Something that may be brought to another place.

    Attributes:
        name: of the task, or `PRESENT`.
        base: the commit it is on; None on an unborn branch.
        tip: a commit with everything, the uncommitted included; None when there is none, and `why`.
        upstream: the branch its branch follows.
    """

    name: str
    base: str | None
    tip: str | None
    upstream: str | None = None
    why: str = ""


def forecast(workspace: Workspace, facts: GitFacts, missing: str | None = None) -> tuple[ForecastView, ...]:
    """Say of each piece of unfinished work whether it fits the other places, and of each two whether they fit together.

    Args:
        workspace: where.
        facts: what git says now.
        missing: a task in progress whose saved files are not here.

    Raises:
        NotCommitted: there is no room for it in the git directory.
    """
    with forecasting(workspace.repository) as tries:
        works = [
            *_present(facts, tries),
            *(_missing(workspace, missing) if missing else ()),
            *(_paused(workspace, event) for event in workspace.live_pauses()[:MOST_WORKS]),
        ]
        alone = [
            _against(tries, work, name, commit) for work in works for name, commit in _sides(workspace, facts, work)
        ]
        return (*alone, *(_together(tries, *pair) for pair in combinations(works, 2)))


def _present(facts: GitFacts, tries: Forecast) -> Iterator[_Work]:
    """The uncommitted work of now, where there is any."""
    if not facts.changes:
        return
    try:
        tip = tries.present(facts.head, [change.path for change in facts.changes])
    except NotCommitted as error:
        yield _Work(PRESENT, facts.head, None, facts.upstream, error.message)
    else:
        yield _Work(PRESENT, facts.head, tip, facts.upstream)


def _missing(workspace: Workspace, task_id: str) -> Iterator[_Work]:
    """What the last pause of a task in progress saved."""
    capsule = records.read_capsule(workspace.store, task_id)
    last = records.checkpoint_of(workspace.store, capsule[1]) if capsule else None
    if last is not None:
        saved = last.checkpoint
        yield _saved(workspace, task_id, saved.uid or "", saved, saved.paused_commit)


def _paused(workspace: Workspace, event: PauseEvent) -> _Work:
    try:
        checkpoint = _checkpoint(workspace, event)
    except VolonError as error:
        return _Work(event.task_id, event.commit, None, why=error.message)
    return _saved(workspace, event.task_id, event.ulid, checkpoint, event.commit)


def _saved(workspace: Workspace, name: str, uid: str, checkpoint: Checkpoint | None, base: str | None) -> _Work:
    """What a pause saved, on the commit that it was on."""
    try:
        found = workspace.repository.snapshots.find(uid)
        snapshot = workspace.repository.snapshots.read(found) if found is not None else None
    except VolonError as error:
        return _Work(name, base, None, why=error.message)
    upstream = checkpoint.upstream if checkpoint else None
    if snapshot is not None:
        return _Work(name, base, snapshot.work, upstream)
    if checkpoint is None or checkpoint.changes:
        return _Work(name, base, None, upstream, "it was paused without a snapshot")
    return _Work(name, base, base, upstream)


def _checkpoint(workspace: Workspace, event: PauseEvent) -> Checkpoint | None:
    """The checkpoint that a pause wrote, as git keeps it, whatever became of the file."""
    files = workspace.repository.events.read_files(event.oid)
    prefix = f"{layout.CHECKPOINTS.path}/"
    found = next(((path, data) for path, data in files.items() if path.startswith(prefix)), None)
    return parse_checkpoint(Document.parse(found[1], found[0])) if found else None


def _sides(workspace: Workspace, facts: GitFacts, work: _Work) -> Iterator[tuple[str, str]]:
    """The places a piece of work may be brought to, each once."""
    git = workspace.repository.git
    if work.name != PRESENT and facts.head is not None:
        yield "HEAD", facts.head
    upstream = branches.upstream_commit(git, work.upstream) if work.upstream else None
    if work.upstream and upstream:
        yield work.upstream, upstream
    default = branches.default_upstream(git, work.upstream or "origin/")
    if default is not None:
        yield default


def _against(tries: Forecast, work: _Work, name: str, commit: str) -> ForecastView:
    if work.tip is None:
        return ForecastView(work=work.name, against=name, reason=work.why)
    try:
        return ForecastView(work=work.name, against=name, paths=tries.brought_to(work.base, work.tip, commit))
    except NotCommitted as error:
        return ForecastView(work=work.name, against=name, reason=error.message)


def _together(tries: Forecast, one: _Work, other: _Work) -> ForecastView:
    if other.tip is None:
        return ForecastView(work=one.name, against=other.name, reason=other.why)
    return _against(tries, one, other.name, other.tip)
