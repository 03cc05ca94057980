"""A glance: what the records alone say about where the work stands, for commands that run at every prompt.

No process is started. The files are read directly, with next to nothing imported; where they are unusual (an unfinished
operation, links, frontmatter that was not written by volon) the same questions go through the workspace, which knows
every case. Which task is meant is decided by `select`, as for every other command.

Source: performance (row 1), contract §4.
"""

from __future__ import annotations

import os

from volon import gitfiles, peek
from volon.model.quick import Glance, TaskRow, front, is_plain_id, pause_row, task_row
from volon.usecases import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol, TypeVar

    from volon.model.quick import Pause

    T = TypeVar("T")

    class Source(Protocol):
        """Where records and HEAD are read.

        Attributes:
            worktree: `.`, or this linked working tree relative to the main one.
        """

        worktree: str

        def head(self) -> tuple[str | None, str | None]:
            """Branch and commit of HEAD."""

        def tasks(self) -> Mapping[str, TaskRow | None]:
            """The rows of all tasks by path, finished ones and mere todos may be left out; None for one unreadable."""

        def pause(self, task_id: str) -> Pause | None:
            """What a task's capsule says; None without one."""

        def in_this_tree(self, pause: Pause) -> bool:
            """Whether a pause was made in this working tree, wherever that has been moved to."""

        def pointed(self) -> str | None:
            """The task that the bootstrap points to."""


_TASKS, _CAPSULES, _BOOTSTRAP = ".volon/tasks", ".volon/pcc/tasks", ".volon/bootstrap.md"
_OPEN = ("doing", "paused", "blocked")
"""The tasks that a glance may be about or name; see `select.task_here`."""
_POINTER = "paused_task_id"
_HEADER = 3
"""Which line of an operation's record is its header; see `volon.store.journal`."""
_TREE = b'"tree":"'
"""How the header of an operation names its working tree; inside of a text the quotes would have backslashes."""


class NoGlance(Exception):
    """The files are unusual."""


UNSURE = (NoGlance, gitfiles.Unsure, OSError)
"""What `glance` raises when the long way has to answer."""


class Item:
    """A task as `select` takes it."""

    __slots__ = ("row",)

    def __init__(self, row: TaskRow) -> None:
        self.row = row


def glance(start: str, looked: tuple[Mapping[str, str], Mapping[str, str]] | None = None) -> Glance | None:
    """Look from a directory, reading files only.

    Args:
        start: any directory.
        looked: signatures of tasks, by file name, that this command took a moment ago and has not changed since, and
            the rows of those tasks that were kept; only the one it is about is looked at again.

    Returns:
        What was seen, or None when there is no repository around.

    Raises:
        NoGlance, Unsure, OSError: something is unusual; `glancing.glance_through` a workspace has the answer.
    """
    found = gitfiles.find(os.path.realpath(start))
    if found is None:
        return None
    if gitfiles.is_anothers(found):
        raise NoGlance
    source = _Files(found, looked)
    before = generation(found)
    seen = look(source)
    if generation(found) != before or (seen.row is not None and not source.is_as_looked(seen.row.id)):
        raise NoGlance
    return seen


def generation(found: gitfiles.Directories) -> tuple[object, ...]:
    """Changes with every operation of volon; see `Store.consistently`.

    Raises:
        NoGlance: an operation is not finished.
        OSError: see `glance`.
    """
    state = f"{found.git_dir}/volon"
    if os.path.lexists(f"{state}/journal"):
        raise NoGlance
    try:
        operations = os.lstat(f"{found.common_dir}/volon/ops")
    except FileNotFoundError:
        return ()
    return operations.st_mtime_ns, operations.st_ino, gitfiles.content(f"{state}/lock")


def look(source: Source) -> Glance:
    """Choose the task and say what is known of it."""
    seen = Glance(*source.head(), source.worktree)
    rows = source.tasks()
    items = [Item(row) for row in rows.values() if row is not None]

    def is_here(item: Item) -> bool:
        return select.was_here(source.pause(item.row.id), seen.branch, source.in_this_tree)

    here = select.task_here(items, source.pointed(), is_here)
    if here is not None:
        seen.row, seen.pause = here.row, source.pause(here.row.id)
        seen.moved = () if seen.pause is None else _moved(source, seen, seen.pause)
    paused = (item.row for item in items if item.row.status == "paused" and item is not here)
    seen.others = tuple(sorted(paused, key=lambda row: row.updated_at or "", reverse=True))
    seen.unreadable = tuple(path for path, row in rows.items() if row is None)
    return seen


def _moved(source: Source, seen: Glance, pause: Pause) -> tuple[str, ...]:
    """What is not as it was at the pause; one that does not say which it was cannot tell."""
    if pause.uid is None:
        return ()
    stays = {
        "head": pause.paused_commit == seen.head,
        "branch": pause.branch == seen.branch,
        "worktree": source.in_this_tree(pause),
    }
    return tuple(what for what, same in stays.items() if not same)


class _Files:
    """The files as they are, read without a store. Implements `Source`."""

    def __init__(self, found: gitfiles.Directories, looked: tuple[Mapping[str, str], Mapping[str, str]] | None) -> None:
        self._found = found
        self._looked, known = looked or ({}, {})
        self._known = dict(known)
        for changed in known.keys() - self._looked.keys():
            del self._known[changed]
        linked = found.git_dir != found.common_dir
        self.worktree = gitfiles.relative_worktree(found.root, found.common_dir) if linked else "."

    def head(self) -> tuple[str | None, str | None]:
        return gitfiles.head(self._found.git_dir, self._found.common_dir)

    def tasks(self) -> dict[str, TaskRow | None]:
        directory = peek.open_directory(self._found.root, _TASKS)
        if directory is None:
            return {}
        try:
            return {f"{_TASKS}/{name}": row for name, row in self._rows(directory)}
        finally:
            os.close(directory)

    def _rows(self, directory: int) -> Iterator[tuple[str, TaskRow]]:
        """The rows of all tasks by name; where there are many, those that were read before are not read again."""
        names = os.listdir(directory)
        known = self._known or (self._kept(directory, names) if len(names) >= peek.LEAST else {})
        others = [name for name, text in known.items() if not text.startswith(_OPEN)]
        for name in sorted(set(names).difference(others)):
            if name.endswith(".md") and is_plain_id(name.removesuffix(".md")):
                text = known.get(name)
                yield name, _sure(TaskRow.of_text(text) if text else task_row(peek.read_at(directory, name)))

    def _kept(self, directory: int, names: list[str]) -> dict[str, str]:
        """The rows that were kept, by name."""
        from volon import cached  # noqa: PLC0415  not needed for a few tasks

        ours = cached.beside(self._found.root, self._found.common_dir)
        kept = cached.rows(os.environ, ours, TaskRow.KIND, peek.identity(directory))
        found = ((name, kept.get(f"{name}\t{peek.signature(directory, name)}")) for name in names if kept)
        return {name: text for name, text in found if text is not None}

    def is_as_looked(self, task_id: str) -> bool:
        """Whether the file of a task is still the one whose signature was taken before, if one was."""
        looked = self._looked.get(f"{task_id}.md")
        directory = None if looked is None else peek.open_directory(self._found.root, _TASKS)
        if directory is None:
            return looked is None
        try:
            return peek.signature(directory, f"{task_id}.md") == looked
        finally:
            os.close(directory)

    def pause(self, task_id: str) -> Pause | None:
        data = peek.read_file(self._found.root, f"{_CAPSULES}/{task_id}.md")
        return None if data is None else _sure(pause_row(data))

    def in_this_tree(self, pause: Pause) -> bool:
        own = "." if self.worktree == "." else os.path.basename(self._found.git_dir)  # noqa: PTH119  no time for it
        record = gitfiles.content(f"{self._found.common_dir}/volon/ops/{pause.uid}")
        header = b"".join(record.split(b"\n", _HEADER)[_HEADER - 1 : _HEADER])
        tree = header.partition(_TREE)[2].partition(b'"')[0]
        if tree:
            return tree == own.encode()
        return _sure(True if (pause.worktree or ".") == self.worktree else None)

    def pointed(self) -> str | None:
        data = peek.read_file(self._found.root, _BOOTSTRAP)
        if data is None or _POINTER.encode() not in data:
            return None
        pointed = _sure(front(data)).get(_POINTER)
        if pointed is not None and not (isinstance(pointed, str) and is_plain_id(pointed)):
            raise NoGlance
        return pointed


def _sure(value: T | None) -> T:
    if value is None:
        raise NoGlance
    return value
