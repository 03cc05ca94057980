"""`volon checkpoint diff A [B]`: what differs in the records and in the files, uncommitted work included.

Nothing is written but for what is thrown away: the present working tree becomes a commit in a git directory of our own.

Source: issue "Every byte back" (time travel), seed 003.
"""

from __future__ import annotations

import difflib
from contextlib import nullcontext

from volon.errors import CheckFailed, UsageError
from volon.model.ids import is_ulid
from volon.model.results.checkpoints import CheckpointDiffResult, FileDiffView, TreeView
from volon.model.text import listed
from volon.repo import questions
from volon.repo.diffstat import EMPTY_TREE
from volon.repo.trials import treediff
from volon.repo.trials.forecast import forecasting
from volon.usecases import records
from volon.usecases.checkpoint import view
from volon.usecases.travel.states import NOW, Trees, inside, remarks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from volon.model.records.checkpoint import Checkpoint
    from volon.repo.git import Git
    from volon.repo.trials.forecast import Forecast
    from volon.repo.trials.treediff import Delta
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_FIELDS = (
    "task_id",
    "stage",
    "cycle",
    "mode",
    "branch",
    "worktree",
    "paused_commit",
    "operation",
    "next",
    "note",
    "open_todos",
)
_MOST_LINES = 50_000
_CHANGES = {"A": "added", "D": "deleted", "M": "modified", "R": "renamed", "T": "type"}


def is_checkpoint(word: str) -> bool:
    """Whether a word names a checkpoint, or now, and not a file."""
    return word == NOW or (word.isascii() and word.isdigit()) or is_ulid(word.upper())


def diff_checkpoints(
    workspace: Workspace, a: str, b: str | None = None, paths: Sequence[str] = (), *, patch: bool = False
) -> CheckpointDiffResult:
    """Return what differs between two checkpoints, or between one and now.

    Args:
        workspace: where.
        a: a checkpoint's number or uid.
        b: another one; `now` and None stand for the present working tree.
        paths: absolute; only these files are compared.
        patch: whether the lines that differ are asked for, too.

    Raises:
        UsageError: there is no such checkpoint, a path lies outside, or neither has it.
        CheckFailed: paths or a patch were asked for, and the files of a checkpoint cannot be had.
        GitFailed: git could not say.
    """
    before = records.find_checkpoint(workspace.store, a)
    after = None if b in (None, NOW) else records.find_checkpoint(workspace.store, b or "")
    wanted = [inside(workspace, path) for path in paths]
    door: AbstractContextManager[Forecast | None] = nullcontext() if after else forecasting(workspace.repository)
    with door as aside:
        trees = Trees(workspace).of(before.checkpoint), _second(workspace, after, aside)
        git = aside.git if aside else workspace.repository.git
        found, lines = _code(git, trees, wanted, patch=patch)
        known = [tree.commit for tree in trees if tree.commit is not None]
        gone = treediff.absent(git, known, wanted) if len(known) == len(trees) else []
        if gone:
            raise UsageError(f"{listed(gone)}: in neither {_name(before)} nor {_name(after)}.")
    warnings = remarks(zip((_name(before), _name(after)), trees, strict=True))
    if not found and (wanted or patch) and None in {tree.commit for tree in trees}:
        raise CheckFailed("The files cannot be compared.", causes=warnings)
    exact = not warnings
    return CheckpointDiffResult(
        a=view(before),
        b=view(after) if after else None,
        fields=_fields(before, after),
        capsule_diff=_capsules(before, after),
        commits=_commits(workspace, before, after, trees[1]),
        tree_a=trees[0],
        tree_b=trees[1],
        files=tuple(map(_file, found)),
        patched=patch,
        patch=lines[:_MOST_LINES],
        more=max(len(lines) - _MOST_LINES, 0),
        recorded=_recorded(before.checkpoint, after.checkpoint) if after and not exact else (),
        warnings=warnings,
    )


def _second(workspace: Workspace, after: CheckpointFile | None, aside: Forecast | None) -> TreeView:
    if after is not None:
        return Trees(workspace).of(after.checkpoint)
    assert aside is not None  # noqa: S101  opened for want of a second checkpoint
    facts = workspace.repository.facts()
    left_out = f"not in it: {', '.join(facts.nested)} (nested repositories)" if facts.nested else ""
    if not facts.changes:
        commit = facts.head or EMPTY_TREE[facts.object_format]
    else:
        commit = aside.present(facts.head, [change.path for change in facts.changes])
    return TreeView(commit=commit, kind=NOW, note=left_out)


def _code(
    git: Git, trees: tuple[TreeView, TreeView], paths: Sequence[str], *, patch: bool
) -> tuple[tuple[Delta, ...], tuple[str, ...]]:
    old, new = (tree.commit for tree in trees)
    if old is None or new is None:
        return (), ()
    found = treediff.deltas(git, old, new, paths)
    return found, treediff.patch(git, old, new, paths) if patch and found else ()


def _file(delta: Delta) -> FileDiffView:
    return FileDiffView(
        path=delta.path,
        change=_CHANGES[delta.status],
        origin=delta.origin,
        old_mode=delta.old_mode,
        new_mode=delta.new_mode,
        added=delta.added,
        deleted=delta.deleted,
    )


def _name(file: CheckpointFile | None) -> str:
    return f"checkpoint {file.checkpoint.number:02d}" if file else NOW


def _fields(before: CheckpointFile, after: CheckpointFile | None) -> tuple[tuple[str, str, str], ...]:
    if after is None:
        return ()
    sides = before.checkpoint, after.checkpoint
    rows = ((name, *(_word(getattr(side, name)) for side in sides)) for name in _FIELDS)
    return tuple((name, old, new) for name, old, new in rows if old != new)


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _capsules(before: CheckpointFile, after: CheckpointFile | None) -> tuple[str, ...]:
    if after is None:
        return ()
    old, new = (_prose(side.checkpoint.capsule_text) for side in (before, after))
    return tuple(difflib.unified_diff(old, new, before.place.path, after.place.path, lineterm="", n=1))


def _prose(capsule: str) -> list[str]:
    """The capsule's sections; its frontmatter is compared field by field."""
    return (capsule.partition("\n---\n")[2] or capsule).splitlines()


def _recorded(old: Checkpoint, new: Checkpoint) -> tuple[tuple[str, str], ...]:
    before = {change.path: change.content for change in old.changes}
    after = {change.path: change.content for change in new.changes}
    differing = (path for path in sorted({*before, *after}) if before.get(path) != after.get(path))
    return tuple(
        (path, "added" if path not in before else "gone" if path not in after else "changed") for path in differing
    )


def _commits(
    workspace: Workspace, before: CheckpointFile, after: CheckpointFile | None, tree: TreeView
) -> tuple[str, ...]:
    old = before.checkpoint.paused_commit
    new = after.checkpoint.paused_commit if after else workspace.repository.git.resolve("HEAD")
    if not old or not new or old == new or tree.commit is None:
        return ()
    return questions.commits_between(workspace.repository, old, new)
