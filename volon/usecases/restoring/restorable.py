"""Finding what a checkpoint saved of the user's files, and whether it can be put back here and now.

Source: contract §7 (*restore N*), reliability §3.7 (preconditions), G3, G7.
"""

from __future__ import annotations

from itertools import chain, count

from volon.errors import CheckFailed, Corrupt, PreflightStopped, UsageError
from volon.model.drift.finding import handle
from volon.model.facts import BEGUN_AGAIN, NESTED
from volon.model.saving import Rules
from volon.model.snapshot import Manifest
from volon.model.syntax.gitpath import quote_name, shell_word
from volon.plain import dataclass, replace
from volon.repo import questions
from volon.repo.snapshots.snapshots import Snapshot
from volon.usecases import records
from volon.usecases.settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.store.store import Reader
    from volon.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint and the snapshot its pause made; `clean` when the tree was, and there was nothing to make one of.

    Attributes:
        operation_head: what was being merged, picked or rebased onto, where the record says it.
        typed: the commands that restore it here, without options; by its number when empty.
        again: all that was asked for, where restoring it is only a part of that.
        imported: git wrote the files for it, and not the user.
    """

    number: int
    uid: str
    snapshot: Snapshot
    clean: bool = False
    operation_head: str | None = None
    typed: str = ""
    again: str = ""
    imported: bool = False

    @property
    def command(self) -> str:
        """What a person types to restore it, before any option."""
        return self.typed or f"volon restore {self.number:02d}"

    @property
    def manifest(self) -> Manifest:
        """What the snapshot says about itself."""
        return self.snapshot.manifest


def find_saved(workspace: Workspace, reader: Reader, number: str) -> Saved:
    """Return what a checkpoint saved.

    Raises:
        UsageError: there is no such checkpoint, or several.
        CheckFailed: its pause saved no files, or they are gone.
        Corrupt: they cannot be read, or are those of another pause.
    """
    checkpoint = records.find_checkpoint(reader, number).checkpoint
    shown, uid = f"{checkpoint.number:02d}", checkpoint.uid or ""
    oid = workspace.repository.snapshots.find(uid)
    # What another tool wrote down says nothing of the files it left out.
    whole = checkpoint.snapshot is None and checkpoint.imported_from is None
    clean = whole and all(change.mode == NESTED for change in checkpoint.changes)
    if oid is None and checkpoint.paused_commit is not None and clean and checkpoint.uid is not None:
        found = _clean(workspace, checkpoint, checkpoint.paused_commit)
        return replace(found, typed=f"volon restore {records.called(reader, checkpoint)}")
    if oid is None:
        message = f"Checkpoint {shown} has no saved files here."
        why = "its pause saved none, it was made in another clone, or they were purged"
        raise CheckFailed(message, causes=[why], hints=["volon checkpoint list --files"])
    snapshot = workspace.repository.snapshots.read(oid)
    foreign = checkpoint.snapshot is not None and checkpoint.snapshot != oid
    if foreign or snapshot.manifest.uid != uid or snapshot.manifest.object_format != workspace.repository.object_format:
        raise Corrupt(f"What is saved as checkpoint {shown} belongs to another pause; nothing was changed.")
    return Saved(
        checkpoint.number,
        uid,
        snapshot,
        operation_head=checkpoint.operation_head,
        typed=f"volon restore {records.called(reader, checkpoint)}",
        imported=checkpoint.imported_from is not None,
    )


def _clean(workspace: Workspace, checkpoint: Checkpoint, commit: str) -> Saved:
    """A pause on a clean tree saves nothing: its commit says it all, and nothing was staged."""
    manifest = Manifest(
        uid=checkpoint.uid or "",
        object_format=workspace.repository.object_format,
        head=commit,
        branch=checkpoint.branch,
        created_at="",
        worktree="",
        operation=checkpoint.operation,
    )
    return Saved(checkpoint.number, manifest.uid, Snapshot(commit, commit, commit, commit, manifest), clean=True)


def rules_of(reader: Reader) -> Rules:
    """Return what a safety snapshot takes in: as a pause does."""
    settings = read_settings(reader).config.snapshot
    return Rules(max_file=settings.max_file, max_total=settings.max_total, exclude=settings.exclude)


def refuse_elsewhere(workspace: Workspace, saved: Saved, facts: GitFacts) -> None:
    """Refuse where HEAD is not what the work was on, or git is in the middle of something else.

    Raises:
        PreflightStopped: nothing was changed; the hints lead on.
    """
    refuse_operation(saved, facts)
    base, number = saved.manifest.head, f"{saved.number:02d}"
    if base == facts.head:
        return
    if base is not None and facts.head is not None and questions.same_work(workspace.repository, base, facts.head):
        return
    onto = (f"merge the saved work into what is here: {saved.command} --onto HEAD",) if facts.head else ()
    whole = (
        *onto,
        f"put it beside: {saved.command} --worktree {beside(workspace, number)}",
    )
    raise PreflightStopped(
        f"HEAD is not the commit that checkpoint {number} was made on; nothing was changed.",
        causes=[f"it was {_named(base, saved.manifest.branch)}, it is {_named(facts.head, facts.branch)}"],
        hints=[
            *_way_there(workspace, saved, facts),
            *(whole if base and not had_conflicts(saved) else ()),
            f"take single files: {saved.command} --path PATH",
        ],
    )


def _way_there(workspace: Workspace, saved: Saved, facts: GitFacts) -> tuple[str, ...]:
    """How to be on the branch of the pause, where that leads to its commit; it is made where there is none."""
    branch, base, repository = saved.manifest.branch, saved.manifest.head, workspace.repository
    if branch is None or base is None or branch.startswith("-"):
        return ()
    tip = repository.git.resolve(f"refs/heads/{branch}")
    if tip is None and repository.git.resolve(base) is not None:
        return (f"make the branch it was on, then run this again: git switch -c {shell_word(branch)} {base[:12]}",)
    if tip is None or facts.branch in (None, branch) or not (tip == base or questions.same_work(repository, base, tip)):
        return ()
    return (f"go back to the branch it was on: git switch {shell_word(branch)} && {saved.again or saved.command}",)


def beside(workspace: Workspace, number: str) -> str:
    """A directory that is not there yet, for a working tree beside this one, as a person here would type it."""
    root = workspace.repository.root
    name = f"{root.name}-{number}"
    names = chain([name], (f"{name}-{more}" for more in count(2)))
    return shell_word(f"../{next(one for one in names if not (root.parent / one).exists())}")


def refuse_operation(saved: Saved, facts: GitFacts, *, single: bool = False) -> None:
    """Refuse in the middle of an operation of git's that was not in progress at the pause, or with its conflicts.

    Args:
        saved: what would be put back.
        facts: what there is.
        single: single files without the index, which a conflict at the pause does not hinder.

    Raises:
        PreflightStopped: nothing was changed.
    """
    then, now = saved.manifest.operation, facts.operation
    if now not in (None, then):
        raise PreflightStopped(
            f"A {now} is in progress that was not at the pause; nothing was changed.",
            hints=[f"Finish the {now}, then run the command again."],
        )
    if had_conflicts(saved) and then != now and not single:
        raise PreflightStopped(
            f"The checkpoint was made in the middle of a {then}, which is not in progress now; nothing was changed.",
            hints=begin_again(saved),
        )
    if not had_conflicts(saved) and any(
        "U" in change.status or change.status in ("AA", "DD") for change in facts.changes
    ):
        raise PreflightStopped(
            "There are conflicts here that were not at the pause; nothing was changed.",
            hints=["Resolve them, then run the command again.", "git status"],
        )


def begin_again(saved: Saved) -> tuple[str, ...]:
    """How to be in the middle of the operation again, or do without; of a rebase its commit is not all that it needs.

    What the operation then writes is in the way of what was saved of it, so that the restore has to be agreed to.
    """
    then, head = saved.manifest.operation, saved.operation_head
    way = f"Begin the {then} again first."
    if then in BEGUN_AGAIN and head is not None:
        way = f"begin the {then} again and restore into it: git {then} {handle(head)}; {saved.command} --yes"
    return way, f"take single files: {saved.command} --path PATH"


def had_conflicts(saved: Saved) -> bool:
    """Whether the pause came in the middle of a merge with conflicts."""
    return any(one.stage for one in saved.manifest.stages)


def resolved(workspace: Workspace, revision: str) -> str:
    """Return the full id of a commit that a person named.

    Raises:
        UsageError: there is no such commit.
    """
    commit = workspace.repository.git.resolve(revision)
    if commit is None:
        raise UsageError(f"There is no commit {revision!r} here.", hints=["git log --oneline --all"])
    return commit


def _named(commit: str | None, branch: str | None) -> str:
    return ("no commit yet" if commit is None else commit[:12]) + (f" on {quote_name(branch)}" if branch else "")
