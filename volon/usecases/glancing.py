"""The same glance through a workspace, for the records and repositories that `usecases.glance` is not sure of.

Source: performance (row 1; no second implementation).
"""

from __future__ import annotations

from volon import gitfiles
from volon.errors import VolonError
from volon.model.quick import PAUSE, Pause
from volon.model.text import iso
from volon.usecases import records
from volon.usecases.glance import look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.quick import Glance, TaskRow
    from volon.workspace import Workspace


def glance_through(workspace: Workspace) -> Glance:
    """Look through a workspace; what cannot be read is named, not raised.

    Raises:
        VolonError: git or the directory of the tasks cannot be read at all.
    """
    return look(_Records(workspace))


class _Records:
    """The records as the store has them. Implements `glance.Source`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.worktree = workspace.repository.worktree

    def head(self) -> tuple[str | None, str | None]:
        """See `glance.Source`."""
        repository = self._workspace.repository
        try:
            return gitfiles.head(str(repository.git_dir), str(repository.common_dir))
        except gitfiles.Unsure:
            # In full: git's own short form of a branch that a tag has the name of, too, is `heads/…`.
            _, name = repository.git.ask("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
            branch = name.decode("utf-8", "surrogateescape").strip().removeprefix("refs/heads/")
            return branch or None, repository.git.resolve("HEAD")

    def tasks(self) -> dict[str, TaskRow | None]:
        """See `glance.Source`."""
        files, broken = records.read_tasks(self._workspace.store)
        rows: dict[str, TaskRow | None] = {file.place.path: file.row for file in files}
        return rows | {item.path: None for item in broken}

    def pause(self, task_id: str) -> Pause | None:
        """See `glance.Source`; a capsule that cannot be read says nothing."""
        try:
            found = records.read_capsule(self._workspace.store, task_id)
        except VolonError:
            return None
        if found is None:
            return None
        values = {name: getattr(found[1], name) for name in PAUSE} | {"paused_at": iso(found[1].paused_at)}
        return Pause(values.values())

    def in_this_tree(self, pause: Pause) -> bool:
        """See `glance.Source`."""
        return self._workspace.locate(pause.worktree or ".", pause.uid) == self._workspace.repository.root

    def pointed(self) -> str | None:
        """See `glance.Source`; a bootstrap that cannot be read points nowhere."""
        try:
            return records.read_bootstrap(self._workspace.store)[1].paused_task_id
        except VolonError:
            return None
