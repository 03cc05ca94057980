"""Trust: show exactly what would run by itself, and remember the user's decision about exactly that.

The decision is the digest's, not the name's: approving takes the digest that was shown, and is refused when that is no
longer what would run.

Source: contract §2.15, §7 (Consent); reliability §1.5 S4, S6.
"""

from __future__ import annotations

from volon.errors import ExitCode, NothingToDo, NotTrusted
from volon.model.results.hooks import CommandView, CoveredView, TrustEntryView, TrustListResult, TrustResult
from volon.model.text import iso
from volon.paths import Path
from volon.plain import asdict
from volon.store.lock import refuse_in_hook
from volon.trust import ALLOW, Approvals, Site, Verdict
from volon.usecases.running.approval import judge, plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.usecases.running.approval import Command, Plan
    from volon.workspace import Workspace
    from volon.world import World


def show(workspace: Workspace) -> TrustResult:
    """What would run, and how it stands; exit code 8 unless it is approved or there is nothing.

    Raises:
        Corrupt: the settings cannot be read.
    """
    return _result(workspace, plan(workspace, workspace.store), "shown")


def approve(workspace: Workspace, digest: str) -> TrustResult:
    """Approve what was shown under this digest.

    Raises:
        NotTrusted: something else would run now, or it can be approved by nobody, or it is denied.
        NothingToDo: nothing would run.
        Busy: called from a hook.
        Corrupt, NotCommitted: see docs/EXIT_CODES.md.
    """
    refuse_in_hook(workspace.world)
    found = plan(workspace, workspace.store)
    if found is None:
        raise NothingToDo("Nothing here runs by itself: the settings name no hooks and nothing to replay.")
    if found.problem is not None:
        raise NotTrusted("This cannot be approved.", causes=[found.problem], hints=["volon trust"])
    if digest != found.digest:
        message = "What would run is not what that digest stands for; nothing was approved."
        raise NotTrusted(message, hints=["volon trust"])
    workspace.approvals().approve(found.site, found.digest, iso(workspace.now()))
    return _result(workspace, found, "approved")


def deny(workspace: Workspace) -> TrustResult:
    """Refuse whatever this repository may ever want to run here; it beats every approval.

    Raises:
        Busy: called from a hook.
        Corrupt, NotTrusted, NotCommitted: see docs/EXIT_CODES.md.
    """
    refuse_in_hook(workspace.world)
    workspace.approvals().deny(workspace.site(), iso(workspace.now()))
    return _result(workspace, plan(workspace, workspace.store), "denied", exit_code=ExitCode.DONE)


def revoke(workspace: Workspace) -> TrustResult:
    """Forget every decision about this working tree.

    Raises:
        NothingToDo: there is none.
        Busy: called from a hook.
        Corrupt, NotTrusted, NotCommitted: see docs/EXIT_CODES.md.
    """
    refuse_in_hook(workspace.world)
    if not workspace.approvals().revoke(workspace.site()):
        raise NothingToDo("There is no decision about this working tree.", hints=["volon trust --list"])
    return _result(workspace, plan(workspace, workspace.store), "revoked", exit_code=ExitCode.DONE)


def list_decisions(world: World) -> TrustListResult:
    """Every decision of this user on this machine.

    Raises:
        NotTrusted: the place where they are kept cannot be used.
    """
    return TrustListResult(
        entries=tuple(
            TrustEntryView(
                root=entry.site.root,
                decision="approved" if entry.kind == ALLOW else "denied",
                at=entry.at,
                digest=entry.digest,
                present=_is_present(entry.site),
            )
            for entry in Approvals(world).entries()
        )
    )


def _is_present(site: Site) -> bool:
    try:
        return Site.of(Path(site.root), Path(site.git_dir)) == site
    except NotTrusted:
        return False


def _result(workspace: Workspace, found: Plan | None, done: str, *, exit_code: int | None = None) -> TrustResult:
    if found is None:
        return TrustResult(verdict="none", done=done, directory=workspace.site().root, settings=None, digest=None)
    judgement = judge(workspace, found)
    fine = judgement.verdict is Verdict.APPROVED
    return TrustResult(
        verdict=judgement.verdict,
        done=done,
        directory=found.site.root,
        settings=found.settings,
        digest=found.digest,
        reason=judgement.reason,
        commands=tuple(_view(command) for command in found.commands),
        exit_code=exit_code if exit_code is not None else ExitCode.DONE if fine else ExitCode.NOT_TRUSTED,
    )


def _view(command: Command) -> CommandView:
    return CommandView(
        event=command.event,
        argv=command.hook.argv,
        program=command.program,
        timeout_seconds=command.hook.timeout_seconds,
        required=command.hook.required,
        files=tuple(CoveredView(**asdict(file)) for file in command.files),
        uncovered=command.uncovered,
        problem=command.problem,
    )
