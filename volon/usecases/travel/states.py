"""The files as they were at a checkpoint: which commit holds them, and what is not in it.

A snapshot holds everything. Where there is none, a checkpoint of a clean working tree is its paused commit; else the
uncommitted work is not to be had, and that is said.

Source: issue "Every byte back" (time travel); contract §7 (dirty facts).
"""

from __future__ import annotations

import os
from functools import cached_property

from volon.errors import UsageError, VolonError
from volon.model.facts import NESTED
from volon.model.results.checkpoints import TreeView
from volon.model.snapshot import is_git_name
from volon.model.syntax.gitpath import quote_path
from volon.paths import Path
from volon.repo.diffstat import EMPTY_TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.records.checkpoint import Checkpoint
    from volon.model.snapshot import Manifest
    from volon.repo.snapshots.snapshots import Snapshot
    from volon.workspace import Workspace

NOW = "now"
_NAMED = 3


class Trees:
    """Finds the files of checkpoints.

    Args:
        workspace: where.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._repository = workspace.repository

    def of(self, checkpoint: Checkpoint) -> TreeView:
        """Return the files of a checkpoint as far as they are to be had."""
        if checkpoint.uid is None:
            return TreeView(commit=None, kind="missing", note="it was not written by volon and names no commit")
        try:
            snapshot = self.snapshot(checkpoint)
        except VolonError as error:
            return self._commit(checkpoint, f"unreadable: {error.message.rstrip('.')}")
        if snapshot is None:
            return self._commit(checkpoint, "not saved, or not here")
        return TreeView(commit=snapshot.work, kind="saved", note=_left_out(snapshot.manifest))

    def snapshot(self, checkpoint: Checkpoint) -> Snapshot | None:
        """Return what the pause saved, or None when it saved nothing, or not here.

        Raises:
            GitFailed: it is damaged.
            UnreadableRecord: it is none of volon's.
        """
        oid = self._refs.get(checkpoint.uid or "")
        return None if oid is None else self._repository.snapshots.read(oid)

    def saved(self, checkpoint: Checkpoint) -> tuple[tuple[str, str, str], ...]:
        """Return `(path, mode, blob)` of every file whose very bytes were saved and that git can have in a tree."""
        try:
            snapshot = self.snapshot(checkpoint)
        except VolonError:
            return ()
        rows = ((one.path, one.mode, one.blob) for one in snapshot.manifest.files) if snapshot else ()
        return tuple((path, mode, blob) for path, mode, blob in rows if mode and blob and not is_git_name(path))

    @cached_property
    def _refs(self) -> dict[str, str]:
        return self._repository.snapshots.everywhere()

    def _commit(self, checkpoint: Checkpoint, why: str) -> TreeView:
        """The commit that was paused, which is all of it when the working tree was clean."""
        commit: str | None = EMPTY_TREE[self._repository.object_format]
        if checkpoint.paused_commit is not None:
            commit = self._repository.git.resolve(checkpoint.paused_commit)
        if commit is None:
            note = f"its commit {checkpoint.paused_commit} is not in this repository"
            return TreeView(commit=None, kind="missing", note=note)
        dirty = sum(change.mode != NESTED for change in checkpoint.changes)
        if not dirty and checkpoint.snapshot is None:
            return TreeView(commit=commit, kind="clean")
        files = "1 uncommitted file was" if dirty == 1 else f"{dirty or 'its'} uncommitted files were"
        return TreeView(commit=commit, kind="commit", note=f"{files} {why}")


def _left_out(manifest: Manifest) -> str:
    names = [quote_path(one.path) for one in manifest.left_out]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"not saved at the time: {', '.join(names[:_NAMED])}{more}" if names else ""


def remarks(trees: Iterable[tuple[str, TreeView]]) -> tuple[str, ...]:
    """Return a sentence for each state, by name, that is not exact."""
    return tuple(f"{name}: {tree.note}." for name, tree in trees if tree.note)


def inside(workspace: Workspace, path: str) -> str:
    """Return an absolute path as git names it: relative to the repository root; empty for the root itself.

    Links on the way are followed, the last component is not: it may be gone, and what it was is the question.

    Raises:
        UsageError: it lies outside.
    """
    head, tail = os.path.split(os.path.normpath(path))
    full = Path(os.path.realpath(head)) / tail
    found = Path(os.path.relpath(full, workspace.repository.root.resolve())).as_posix()
    if found == ".." or found.startswith("../"):
        message = f"{path} lies outside this repository."
        raise UsageError(message)
    return "" if found == "." else found
