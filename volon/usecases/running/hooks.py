"""Hooks: programs of the user's that run when a pause is safe on disk, and before a task is taken up again.

Nothing runs that its user has not approved, byte for byte, at the moment it is started: before each single hook the
settings and every file they name are read and held against the approval again. No lock of the store is held while
hooks run. A hook that fails un-does nothing.

`on_pause` is owed by the transaction that pauses, runs after it, and is owed no longer once it has run, whatever came
of it. `on_resume` runs before the transaction that resumes, and a required one that fails keeps it from happening.

Source: contract §6 (hooks); reliability §1.5 S4-S6, §1.6, C2, C3.
"""

from __future__ import annotations

from volon.errors import ExitCode, VolonError
from volon.model.hookenv import decode_owed, encode_owed, environment
from volon.model.results.hooks import HookState, HookView
from volon.model.results.protocol import PauseResult
from volon.model.secrets import redact
from volon.plain import dataclass, replace
from volon.process import ProgramMissing
from volon.store import layout
from volon.trust import Judgement, Verdict
from volon.usecases.running.approval import judge, plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from volon.model.results import Result
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.supervised import Supervised
    from volon.usecases.running.approval import Command, Plan
    from volon.workspace import Workspace

    OnStart = Callable[[str, int], None]

_LINES = 10
_WIDTH = 300
_OTHERS_TURN = "Another volon is running the hooks; this pause is on its list. If it is not: volon doctor"


@dataclass(frozen=True, slots=True)
class Ready:
    """The hooks of one event as they stand before anything runs."""

    event: str
    plan: Plan | None = None
    judgement: Judgement | None = None

    @property
    def commands(self) -> tuple[Command, ...]:
        """What would run, in order."""
        return self.plan.on(self.event) if self.plan else ()

    @property
    def approved(self) -> bool:
        """Whether there is something to run and it may."""
        return bool(self.commands) and self.judgement is not None and self.judgement.approved

    @property
    def untrusted(self) -> bool:
        """Whether there is something that waits for the user's decision."""
        undecided = self.judgement is not None and self.judgement.verdict is not Verdict.DENIED
        return bool(self.commands) and undecided and not self.approved

    def views(self, op: str, *, dry_run: bool) -> tuple[HookView, ...]:
        """What can be said without running: what would run, or why nothing will."""
        if self.judgement is None or (self.approved and not dry_run):
            return ()
        denied = self.judgement.verdict is Verdict.DENIED
        state = HookState.WOULD_RUN if self.approved else HookState.DENIED if denied else HookState.UNTRUSTED
        return tuple(_view(command, op, state, reason=self.judgement.reason) for command in self.commands)


def ready(workspace: Workspace, reader: Reader, event: str) -> Ready:
    """How the hooks of an event stand; nothing is started.

    Raises:
        Corrupt, HumanConflict: the settings cannot be read.
    """
    found = plan(workspace, reader)
    return Ready(event, found, judge(workspace, found)) if found is not None and found.on(event) else Ready(event)


def ready_or_why(workspace: Workspace, reader: Reader, event: str) -> tuple[Ready, tuple[str, ...]]:
    """Like `ready`, for a pause, which settings that cannot be read do not stop: no hooks then, and a warning."""
    try:
        return ready(workspace, reader, event), ()
    except VolonError as error:
        return Ready(event), (f"No hook ran: {error.message.rstrip('.')}. See: volon validate",)


def owe(tx: Transaction, found: Ready, known: Mapping[str, str]) -> None:
    """Let the transaction owe the hooks of its event, if they may run."""
    if found.approved:
        tx.put(layout.outbox_place(tx.op), encode_owed(known))


def run(
    workspace: Workspace, found: Ready, op: str, known: Mapping[str, str], on_start: OnStart | None = None
) -> tuple[HookView, ...]:
    """Run the approved hooks of an event one after the other, each only if all is still as it was approved.

    After one that was interrupted, or a required one that keeps a resume from happening, the rest is skipped.

    Args:
        workspace: where.
        found: from `ready`; its commands are what is run.
        op: the operation they run for.
        known: what they are told.
        on_start: called before each with its words and its seconds.
    """
    views: list[HookView] = []
    for command in found.commands:
        why = _stop(views) or changed(workspace, found)
        if why:
            views.append(_view(command, op, HookState.SKIPPED, reason=why))
            continue
        if on_start is not None:
            on_start(command.hook.argv[0], command.hook.timeout_seconds)
        views.append(_run(workspace, command, op, known))
    return tuple(views)


def vetoes(views: tuple[HookView, ...]) -> bool:
    """Whether a required hook did not end well."""
    return any(view.required and view.bad for view in views)


def interrupted(views: tuple[HookView, ...]) -> bool:
    """Whether the user stopped one of them."""
    return any(view.state == HookState.INTERRUPTED for view in views)


def after(workspace: Workspace, result: Result, on_start: OnStart | None = None) -> Result:
    """What every front door does with the result of a writing command: run what is owed and say so in the result.

    Args:
        workspace: where.
        result: of the command that has just succeeded; given back unchanged when nothing was owed.
        on_start: see `run`.

    Raises:
        NotCommitted: the outbox cannot be used; what is owed stays owed.
    """
    if result.exit_code != ExitCode.DONE or result.dry_run or not workspace.store.held:
        return result
    own = result.uid if isinstance(result, PauseResult) and not result.already else None
    views, notes = deliver(workspace, on_start, own=own)
    if isinstance(result, PauseResult):
        mine = tuple(view for view in views if view.op == own)
        failed = vetoes(mine) or interrupted(mine)
        notes += ("The pause is safe; only what should have followed it failed.",) if failed else ()
        result = replace(result, hooks=(*result.hooks, *mine), exit_code=ExitCode.FAILED if failed else ExitCode.DONE)
        views = tuple(view for view in views if view.op != own)
    return replace(result, warnings=(*result.warnings, *map(sentence, views), *notes))


def deliver(
    workspace: Workspace, on_start: OnStart | None = None, *, own: str | None = None
) -> tuple[tuple[HookView, ...], tuple[str, ...]]:
    """Run what is owed, oldest first; what may not run stays owed unless its user has refused it.

    Args:
        workspace: where.
        on_start: see `run`.
        own: the pause that was made just now; what it owes and may not run after all is told.

    Returns:
        What ran, and sentences for the user.

    Raises:
        NotCommitted: the outbox cannot be used.
    """
    outbox = workspace.store.outbox
    views: list[HookView] = []
    notes: list[str] = []
    if not outbox.owed():
        return (), ()
    with outbox.turn() as mine:
        for op in outbox.owed() if mine else ():
            ran, why = _deliver_one(workspace, op, on_start)
            views += ran
            if op == own and why:
                notes.append(f"The hooks of this pause stay owed: {why.rstrip('.')}. See: volon doctor")
            if interrupted(ran):
                break
    return tuple(views), (*notes, *([] if mine or own is None else [_OTHERS_TURN]))


def sentence(view: HookView) -> str:
    """One hook that was owed by an earlier pause, in words."""
    how = {HookState.DONE: "it ended well"}.get(HookState(view.state), view.reason)
    return f"Ran the {view.event} hook {view.argv[0]} that an earlier pause owed: {how}."


def _deliver_one(workspace: Workspace, op: str, on_start: OnStart | None) -> tuple[tuple[HookView, ...], str]:
    """Run what is owed for one operation; when it may not run, say why it stays owed."""
    data = workspace.store.outbox.read(op)
    known = decode_owed(data) if data is not None else None
    if known is None:
        return (), "what was to be told them cannot be read" if data is not None else ""
    try:
        found = ready(workspace, workspace.store, "on_pause")
    except VolonError as error:
        return (), error.message
    if found.untrusted:
        return (), found.judgement.reason if found.judgement else ""
    views = run(workspace, found, op, known, on_start) if found.approved else ()
    workspace.store.outbox.settle(op)
    return views, ""


def _stop(views: list[HookView]) -> str:
    if not views:
        return ""
    if interrupted((views[-1],)):
        return "an earlier one was interrupted"
    return views[-1].reason if views[-1].state == HookState.SKIPPED else _vetoed(views)


def _vetoed(views: list[HookView]) -> str:
    vetoed = views[-1].event == "on_resume" and vetoes(tuple(views))
    return "a required one before it failed" if vetoed else ""


def changed(workspace: Workspace, found: Ready) -> str:
    """Why what was approved may not run any more, from the bytes as they are this moment."""
    try:
        now = ready(workspace, workspace.store, found.event)
    except VolonError as error:
        return error.message
    same = now.plan is not None and found.plan is not None and now.plan.digest == found.plan.digest
    same = same and [c.program for c in now.commands] == [c.program for c in found.commands]
    return "" if same and now.approved else "what was approved has changed"


def _run(workspace: Workspace, command: Command, op: str, known: Mapping[str, str]) -> HookView:
    root = str(workspace.repository.root)
    env = environment(workspace.world.env, known, root=root, op=op)
    argv = [command.program or command.hook.argv[0], *command.hook.argv[1:]]
    from volon.supervised import supervise  # noqa: PLC0415  most commands owe none

    try:
        ended = supervise(
            workspace.world.processes, argv, cwd=root, env=env, timeout=float(command.hook.timeout_seconds)
        )
    except ProgramMissing as error:
        return _view(command, op, HookState.NOT_STARTED, reason=error.message)
    except KeyboardInterrupt:
        return _view(command, op, HookState.INTERRUPTED, reason="interrupted")
    return _ended(command, op, ended)


def _ended(command: Command, op: str, ended: Supervised) -> HookView:
    view = _view(command, op, HookState.DONE, output=tail(ended.output))
    if ended.timed_out:
        reason = f"stopped after {command.hook.timeout_seconds} s"
        return replace(view, state=HookState.TIMED_OUT, reason=reason)
    if ended.returncode == 0:
        return replace(view, exit_status=0)
    how = f"exit status {ended.returncode}" if ended.returncode > 0 else f"ended by signal {-ended.returncode}"
    return replace(view, state=HookState.FAILED, exit_status=ended.returncode, reason=how)


def tail(output: bytes) -> tuple[str, ...]:
    """The last lines, without secrets, also those of many lines; the renderer makes what is left visible."""
    lines = redact(output.decode("utf-8", "replace"))[0].splitlines()[-_LINES:]
    return tuple(line[:_WIDTH] for line in lines)


def _view(command: Command, op: str, state: HookState, *, reason: str = "", output: tuple[str, ...] = ()) -> HookView:
    return HookView(
        event=command.event,
        op=op,
        argv=command.hook.argv,
        state=state,
        required=command.hook.required,
        reason=reason,
        output=output,
    )
