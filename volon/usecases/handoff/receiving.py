"""`volon handoff pull` and `import`: what another machine sent becomes known here, and nothing else changes.

What is offered is brought as objects without a ref, looked at, and only then given the refs of an arrival, which
count from the commit of this operation on (`repo.exchange.arrivals`). Its ULID sorts behind all that came, so that what
is done here later is later, whatever the clocks say. No record is written: `resume-task` does that.

Source: contract §2.14, §4, §7; reliability M11, S14; issue "Every byte back" (two machines).
"""

from __future__ import annotations

from volon.errors import ExitCode, NotCommitted
from volon.model.handoff import CLAIMS, Name, claimed, names
from volon.model.records import runlog
from volon.model.results.handoff import HandoffReceiveResult, SentView
from volon.paths import Path
from volon.repo import questions
from volon.repo.exchange import arrivals, bundles
from volon.repo.exchange.remotes import Remote
from volon.store import layout
from volon.usecases import claims, records
from volon.usecases.elsewhere import forked, waiting
from volon.usecases.forks import fork_words
from volon.usecases.handoff.alongside import came_along
from volon.usecases.handoff.offered import Refused, check_snapshot, event_of
from volon.usecases.handoff.sending import view
from volon.usecases.pausedviews import take_up_command
from volon.usecases.statefiles import exclude_state
from volon.workspace import ARRIVAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.records.events import PauseEvent
    from volon.model.requests import HandoffRequest
    from volon.model.results.handoff import PlanAlongView
    from volon.workspace import Workspace

_MOST = 2000
"""How much is taken in at once; the rest comes the next time."""


def pull(workspace: Workspace, request: HandoffRequest) -> HandoffReceiveResult:
    """Learn what a remote has.

    Raises:
        UsageError: there is no such remote.
        NotTrusted: see `Remote.open`.
        NotCommitted: there is no remote, or it cannot be reached; nothing was changed.
        Busy: another volon is writing.
    """
    repository = workspace.repository
    remote = Remote.open(repository.git, questions.current_branch(repository), request.remote)
    refs = remote.refs("refs/volon/*")
    fresh, differing = _fresh(workspace, names(refs))
    held = claimed(refs)
    if not request.dry_run:
        remote.fetch([name.ref for name in fresh] + [f"{CLAIMS}{uid}" for uid in _unread(workspace, held)])
    seen = claims.seen(workspace, remote.name, held)
    return _receive(workspace, request, fresh, differing, source=remote.name, seen=seen)


def take_in(workspace: Workspace, request: HandoffRequest) -> HandoffReceiveResult:
    """Learn what a file holds that `handoff export` wrote.

    Raises:
        NotCommitted: it is no such file, or it builds on commits that are not here; nothing was changed.
        Busy: another volon is writing.
    """
    git, source = workspace.repository.git, Path(request.file)
    if not source.is_file():
        raise NotCommitted(f"There is no file {request.file}.", hints=["write one: volon handoff export FILE"])
    shown = {_without_arrival(ref): oid for ref, oid in bundles.heads(git, source).items()}
    fresh, differing = _fresh(workspace, names(shown))
    if fresh and not request.dry_run:
        bundles.unbundle(git, source)
    return _receive(workspace, request, fresh, differing, source=request.file, seen=None)


def _without_arrival(ref: str) -> str:
    """The name that a ref had where it was made; who hands on what they got has it below an arrival."""
    top, _, rest = ref.removeprefix("refs/volon/from/").partition("/")
    return f"refs/volon/{rest}" if ref.startswith("refs/volon/from/") and top else ref


def _fresh(workspace: Workspace, offered: Mapping[Name, str]) -> tuple[dict[Name, str], list[str]]:
    """Return what is not known here, oldest first, and words for what is known as something else."""
    known = arrivals.known(workspace.repository.git, workspace.arrivals())
    differing = [
        f"{name.ref}: it is another commit here" for name, oid in offered.items() if known.get(name, oid) != oid
    ]
    fresh = [(name, oid) for name, oid in offered.items() if name not in known]
    return dict(fresh[:_MOST]), differing


def _unread(workspace: Workspace, held: Mapping[str, str]) -> list[str]:
    """The tasks whose claims are not here yet."""
    here = arrivals.commits(workspace.repository.git, held.values())
    return [uid for uid, oid in held.items() if oid not in here]


def _receive(
    workspace: Workspace,
    request: HandoffRequest,
    fresh: Mapping[Name, str],
    differing: list[str],
    *,
    source: str,
    seen: claims.Seen | None,
) -> HandoffReceiveResult:
    accepted, views, refused = dict(fresh), tuple(view(name, oid, None) for name, oid in fresh.items()), differing
    if not request.dry_run:
        accepted, views, words = _looked_at(workspace, fresh)
        refused = [*differing, *words]
        _keep(workspace, accepted, source, seen)
    return HandoffReceiveResult(
        source=source,
        came=views,
        refused=tuple(refused),
        claims=claims.views(workspace, seen) if seen else (),
        plan=_plan(workspace, views),
        next_command=_next(workspace, views),
        warnings=(*(f"Not taken: {one}" for one in refused), *_forked(workspace, views)),
        exit_code=ExitCode.FAILED if refused else ExitCode.DONE,
        dry_run=request.dry_run,
    )


def _forked(workspace: Workspace, views: tuple[SentView, ...]) -> list[str]:
    """Of each task that something came of, whether both sides went on with it."""
    came = {one.ref.rpartition("/")[2] for one in views}
    forks = [one for one in forked(workspace, workspace.store).values() if one.ulid in came] if came else []
    tasks = {file.row.uid: file for file in records.read_tasks(workspace.store)[0]} if forks else {}
    return [fork_words(workspace, one, tasks.get(one.task_uid)) for one in forks]


def _plan(workspace: Workspace, views: tuple[SentView, ...]) -> PlanAlongView | None:
    """The plan that came along with the newest of these pauses."""
    came = {one.commit for one in views if one.ref.startswith("refs/volon/paused/")}
    last = max((one for one in workspace.live_pauses() if one.oid in came), key=lambda one: one.ulid, default=None)
    return came_along(workspace, last) if last else None


def _next(workspace: Workspace, views: tuple[SentView, ...]) -> str:
    came = {one.ref.rpartition("/")[2] for one in views if one.task_id and one.ref.startswith("refs/volon/paused/")}
    last = next((one for one in waiting(workspace, workspace.store) if one.ulid in came), None)
    ids = {file.row.id: file.row.uid for file in records.read_tasks(workspace.store)[0]}
    return take_up_command(last, ids) if last else "volon status"


def _looked_at(
    workspace: Workspace, fresh: Mapping[Name, str]
) -> tuple[dict[Name, str], tuple[SentView, ...], list[str]]:
    """Return what is as volon writes it, for machines and for people, and words for the rest."""
    texts = arrivals.commits(workspace.repository.git, fresh.values())
    accepted, views, refused = dict[Name, str](), list[SentView](), list[str]()
    for name, oid in fresh.items():
        try:
            event: PauseEvent | None = None
            if name.kind == "snap":
                check_snapshot(workspace.repository, name, oid, texts.get(oid))
            else:
                event = event_of(workspace.repository, name, oid, texts.get(oid))
        except Refused as error:
            refused.append(f"{name.ref}: {error}")
            continue
        accepted[name] = oid
        views.append(view(name, oid, event))
    return accepted, tuple(views), refused


def _keep(workspace: Workspace, came: Mapping[Name, str], source: str, seen: claims.Seen | None) -> None:
    """Give what came its refs and make it count, in one operation; none when there is nothing new by now."""
    latest = max((name.ulid for name in came), default=None)
    with workspace.store.begin(f"{ARRIVAL}pull", on_wait=workspace.on_wait, after=latest) as tx:
        if seen is not None:
            claims.remember(tx, seen)
        known = arrivals.known(workspace.repository.git, workspace.arrivals()) if came else {}
        came = {name: oid for name, oid in came.items() if name not in known}
        if came:
            exclude_state(workspace, tx)
            entry = runlog.entry(op=tx.op, verb=f"{ARRIVAL}pull", at=workspace.now(), source=source, refs=len(came))
            tx.append(layout.RUN_LOG, entry)
            arrivals.keep(workspace.repository.git, workspace.repository.common_dir, tx.op, came)
        tx.commit(f"{len(came)} refs from {source}" if came else f"claims of {source}", said=not came)
