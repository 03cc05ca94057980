"""The files as they were at a checkpoint: which commit holds them, and what is not in it.

A snapshot holds everything. Where there is none, a checkpoint of a clean working tree is its paused commit; else the
uncommitted work is not to be had, and that is said.

Source: issue "Every byte back" (time travel); contract §7 (dirty facts).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from volon.errors import CheckFailed, UsageError
from volon.model.facts import NESTED
from volon.model.result_checkpoints import TreeView
from volon.repo.diffstat import EMPTY_TREE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.records.checkpoint import Checkpoint
    from volon.workspace import Workspace

NOW = "now"


def tree_of(workspace: Workspace, checkpoint: Checkpoint) -> TreeView:
    """Return the files of a checkpoint as far as they are to be had."""
    dirty = sum(change.mode != NESTED for change in checkpoint.changes)
    if checkpoint.uid is None:
        return TreeView(commit=None, kind="missing", note="it was not written by volon and names no commit")
    if checkpoint.paused_commit is None:
        commit: str | None = EMPTY_TREE[workspace.repository.object_format]
    else:
        commit = workspace.repository.git.resolve(checkpoint.paused_commit)
    if commit is None:
        note = f"its commit {checkpoint.paused_commit} is not in this repository"
        return TreeView(commit=None, kind="missing", note=note)
    if dirty:
        return TreeView(commit=commit, kind="commit", note=f"the files of {dirty} uncommitted changes were not saved")
    return TreeView(commit=commit, kind="clean")


def required(tree: TreeView, name: str) -> str:
    """Return the commit of a state.

    Raises:
        CheckFailed: its files cannot be had.
    """
    if tree.commit is None:
        message = f"The files of {name} cannot be had: {tree.note}."
        raise CheckFailed(message, hints=["volon checkpoint list"])
    return tree.commit


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
