"""`volon handoff push` and `export`: a checkpoint, its snapshot and what became of it leave this machine.

Nothing is written here and no branch moves anywhere. Every object that would leave is searched for secrets first; one
that is found stops everything. What the other side has already is not sent again, so that a try that was cut short is
simply made again.

Source: contract §4, §7 (`handoff push` carries records and snapshots), reliability S13, G18.
"""

from __future__ import annotations

from volon.errors import CheckFailed, NotCommitted, NothingToDo
from volon.files import Roots
from volon.model.conduct.records import SHARE
from volon.model.drift.finding import count
from volon.model.handoff import Name, names
from volon.model.results.handoff import HandoffSendResult, SentView
from volon.model.syntax.gitpath import shell_word
from volon.paths import Path
from volon.plain import dataclass, replace
from volon.repo import questions
from volon.repo.exchange import arrivals, bundles, outgoing
from volon.repo.exchange.remotes import Remote
from volon.repo.snapshots.filtering import behind_filters
from volon.store import layout
from volon.usecases import claims, records, select
from volon.usecases.elsewhere import is_here
from volon.usecases.handoff.alongside import left_behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from volon.model.records.events import PauseEvent
    from volon.model.requests import HandoffRequest
    from volon.model.results.handoff import PlanAlongView
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Load:
    """What is handed over: the event of a checkpoint, and everything of its task that may have to go with it."""

    event: PauseEvent
    number: int
    events: tuple[PauseEvent, ...]
    snapshots: Mapping[Name, str]

    def beside(self, there: Mapping[Name, str]) -> dict[Name, str]:
        """Return what the other side lacks.

        That is the pause, its snapshot, and the ends of pauses that it has or gets now.

        Raises:
            NotCommitted: it has something else under one of the names.
        """
        pauses = {self.event.oid, *(oid for name, oid in there.items() if name.kind == "paused")}
        wanted = {Name(self.event.ulid, "paused"): self.event.oid}
        wanted |= {Name(e.ulid, e.kind): e.oid for e in self.events if e.oid in pauses and _is_turn(e, self.events)}
        wanted |= {name: oid for name, oid in self.snapshots.items() if Name(name.ulid, "paused") in {*wanted, *there}}
        other = [name.ref for name, oid in wanted.items() if there.get(name, oid) != oid]
        if other:
            message = f"The other side has something else as {', '.join(other)}; nothing was sent."
            raise NotCommitted(message, hints=["volon doctor"])
        return {name: oid for name, oid in wanted.items() if name not in there}

    def views(self, sent: Mapping[Name, str]) -> tuple[SentView, ...]:
        """Return what was sent, for people."""
        known = {(event.ulid, event.kind): event for event in self.events}
        return tuple(view(name, oid, known.get((name.ulid, name.kind))) for name, oid in sent.items())  # type: ignore[arg-type]


def view(name: Name, oid: str, event: PauseEvent | None) -> SentView:
    """Return one ref for people; a snapshot has no event."""
    if event is None:
        return SentView(ref=name.ref, commit=oid)
    return SentView(ref=name.ref, commit=oid, task_id=event.task_id, title=event.title, checkpoint=event.checkpoint)


def push(workspace: Workspace, request: HandoffRequest) -> HandoffSendResult:
    """Send a checkpoint to a remote.

    Raises:
        NothingToDo: nothing is paused here.
        UsageError: there is no such checkpoint or remote.
        CheckFailed: something looks secret; nothing was sent.
        NotTrusted: see `Remote.open`.
        NotCommitted: there is no remote, it cannot be reached, or its server refuses; nothing was changed.
    """
    load = _load(workspace, request)
    repository = workspace.repository
    remote = Remote.open(repository.git, questions.current_branch(repository), request.remote)
    refs = remote.refs(pushing=True)
    sent = load.beside(names(refs))
    searched = _searched(workspace, sent, set(refs.values()), request)
    if sent:
        refused = remote.push({name.ref: (oid, None) for name, oid in sent.items()}, dry_run=request.dry_run)
        if refused is not None:
            message = f"The remote {remote.shown} refuses what was sent; nothing was changed."
            hint = (
                "run the command again"
                if refused.raced
                else "ask whoever runs it about refs/volon, or: volon handoff export FILE"
            )
            raise NotCommitted(message, causes=refused.said, hints=[hint])
    done = _result(
        workspace, load, sent, to=remote.name, searched=searched, request=request, next_command="volon handoff pull"
    )
    whose = claims.warning(claims.held(workspace, load.event.task_uid), load.event.task_id)
    return replace(done, warnings=(*done.warnings, *whose))


def export(workspace: Workspace, request: HandoffRequest) -> HandoffSendResult:
    """Write a checkpoint into one file, for a machine that shares no remote.

    What the remote-tracking branches hold is not in it: the other machine is another clone.

    Raises:
        NothingToDo, UsageError, CheckFailed: as `push`.
        NotCommitted: the file exists, or cannot be written.
    """
    load = _load(workspace, request)
    git, target = workspace.repository.git, Path(request.file)
    if target.exists() or target.is_symlink():
        raise NotCommitted(f"{request.file} exists already and is never overwritten.", hints=["name another file"])
    sent = load.beside({})
    bases = bundles.bases(git, sent.values())
    searched = _searched(workspace, sent, bases, request)
    if not request.dry_run:
        refs = arrivals.local_refs(git, workspace.arrivals())
        own = workspace.repository
        there = workspace.world.files(Roots(str(target.parent), str(own.git_dir), str(own.common_dir)))
        bundles.write(git, there, target, workspace.world.ids.token(), [refs[name] for name in sent], bases)
    command = f"volon handoff import {shell_word(target.name)}"
    result = _result(workspace, load, sent, to=request.file, searched=searched, request=request, next_command=command)
    return replace(result, needs=tuple(bases))


def subject(workspace: Workspace, number: str | None) -> CheckpointFile:
    """Return the checkpoint that is meant: the one named, else the latest of the task at hand.

    Raises:
        NothingToDo: nothing is paused here.
        UsageError, Corrupt: as `records.find_checkpoint`.
    """
    if number is not None:
        return records.find_checkpoint(workspace.store, number)
    files, broken = records.read_tasks(workspace.store)
    pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
    chosen = select.task_here(files, pointed, lambda file: is_here(workspace, workspace.store, file))
    if chosen is None:
        select.refuse_unreadable(broken, pointed)
    capsule = records.read_capsule(workspace.store, chosen.row.id) if chosen else None
    found = records.checkpoint_of(workspace.store, capsule[1]) if capsule else None
    if found is None:
        message = "Nothing to hand over: nothing has been paused here."
        hints = ['volon pause-task "where you are"', "volon checkpoint list"]
        if workspace.store.listdir(layout.PLANS):
            hints.append(f"a plan goes with git: {SHARE} && git push")
        raise NothingToDo(message, hints=hints)
    return found


def _load(workspace: Workspace, request: HandoffRequest) -> _Load:
    file = subject(workspace, request.checkpoint)
    events = workspace.events(file.checkpoint.task_uid)
    uid = file.checkpoint.uid
    event = next((one for one in events if one.ulid == uid and one.kind == "paused"), None)
    if event is None:
        message = f"{file.place.path} has no copy in git that could be handed over."
        raise NotCommitted(message, hints=["pause again: every pause of this volon leaves one"])
    known = arrivals.known(workspace.repository.git, workspace.arrivals())
    snapshots = {name: oid for name, oid in known.items() if name.kind == "snap"}
    ulids = {one.ulid for one in events}
    return _Load(event, file.checkpoint.number, events, {n: o for n, o in snapshots.items() if n.ulid in ulids})


def _is_turn(event: PauseEvent, events: Collection[PauseEvent]) -> bool:
    """Whether an event ends a pause, or makes one live again; the pause itself comes first."""
    return event.kind == "closed" or event.ulid != min(one.ulid for one in events if one.oid == event.oid)


def _searched(workspace: Workspace, sent: Mapping[Name, str], there: Collection[str], request: HandoffRequest) -> int:
    """Search all that would leave; return how much it is.

    Raises:
        CheckFailed: something looks secret.
    """
    git = workspace.repository.git
    leaving = outgoing.leaving(git, sent.values(), there) if sent else {}
    allowed = tuple(word.lower() for word in request.allow_secrets)
    looked = [*outgoing.search(git, leaving), *_unfiltered(workspace, sent, leaving)] if leaving else []
    found = [one for one in looked if one.fingerprint not in allowed]
    if found:
        shown = [f"{one.path or 'a commit message'}: {', '.join(one.kinds)} ({one.fingerprint})" for one in found]
        more = len(shown) - _SHOWN
        known = {one.fingerprint for one in looked}
        unknown = [f"--allow-secret {word} fits none of them" for word in allowed if word not in known]
        raise CheckFailed(
            f"{len(found)} of {len(leaving)} objects that would leave look secret; nothing was sent.",
            causes=[*shown[:_SHOWN], *([f"… {more} more"] if more > 0 else []), *unknown],
            hints=[
                "if one may leave all the same: --allow-secret FINGERPRINT",
                "a secret that was shared is changed, not hidden",
            ],
        )
    return len(leaving)


def _unfiltered(workspace: Workspace, sent: Mapping[Name, str], leaving: Collection[str]) -> Iterator[outgoing.Secret]:
    """Yield the files of snapshots that no commit would hold as they are, because a filter stands before it."""
    snapshots = workspace.repository.snapshots
    for oid in (oid for name, oid in sent.items() if name.kind == "snap"):
        for blob, (path, name) in behind_filters(workspace.repository, snapshots.read(oid)).items():
            if blob in leaving:
                yield outgoing.Secret(blob, path, (f"its bytes before the filter {name}",))


def _result(
    workspace: Workspace,
    load: _Load,
    sent: Mapping[Name, str],
    *,
    to: str,
    searched: int,
    request: HandoffRequest,
    next_command: str,
) -> HandoffSendResult:
    plan = left_behind(workspace, load.event.commit)
    return HandoffSendResult(
        to=to,
        task_id=load.event.task_id,
        title=load.event.title,
        checkpoint=load.number,
        sent=load.views(sent),
        searched=searched,
        plan=plan,
        next_command=next_command,
        dry_run=request.dry_run,
        warnings=(*(_in_progress(load) if request.checkpoint is None else ()), *_stays(plan)),
    )


def _stays(plan: PlanAlongView | None) -> Iterator[str]:
    """Nobody goes on with a plan elsewhere whose records are not in a commit."""
    if plan is not None and plan.missing:
        lacks = f"{count(plan.missing, 'record')} of it {'is' if plan.missing == 1 else 'are'} not in {plan.commit[:7]}"
        yield f"{plan.plan_id} stays here: {lacks}. Commit it, then git push, or pause and hand over again: {SHARE}"


def _in_progress(load: _Load) -> tuple[str, ...]:
    """Nobody can go on elsewhere with what goes on here."""
    last = max(load.events, key=lambda one: (one.ulid, one.kind))
    if last.kind == "paused":
        return ()
    return (
        f'{load.event.task_id} is not paused here; to go on with it there, first: volon pause-task "where you are"',
    )
