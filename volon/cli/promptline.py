"""The prompt's words kept in a file, so that a shell can show them without starting a program.

`<worktree git dir>/volon/prompt` is one line with tabs in it: what the file `HEAD` held, the path of the task file that
the words are about (`-` without one), the words. It is derived, never the truth: a reader believes it only while `HEAD`
still holds that, and neither the tasks' directory nor that task file nor the bootstrap is newer; else it asks
`volon prompt`.

A second line is another name of that very file, made of the first line: while it is there, who has read the first line
need not read it again, and has one file to hold against the others.

Source: performance (row 2); docs/PROMPT.md has the reader.
"""

from __future__ import annotations

from volon import gitfiles
from volon.model.text import digest
from volon.render.porcelain import prompt
from volon.store import layout
from volon.usecases.glance import UNSURE, glance
from volon.usecases.glancing import glance_through

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.quick import Glance
    from volon.workspace import Workspace

_ENOUGH = 16
"""Digits of a digest that tell one line from every other."""


def keep_prompt_line(workspace: Workspace) -> None:
    """Bring the file up to date; where that fails there is none, and nobody is told."""
    workspace.store.derive(layout.PROMPT, lambda: _lines(workspace), twin=True)


def _lines(workspace: Workspace) -> bytes:
    head = gitfiles.content(f"{workspace.repository.git_dir}/HEAD").split(b"\n", 1)[0]
    seen = _look(workspace)
    about = layout.task_place(seen.row.id).path if seen is not None and seen.row is not None else "-"
    line = b"%s\t%s\t%s\n" % (head, about.encode(), prompt(seen).encode("utf-8", "backslashreplace"))
    return line + f"{layout.PROMPT.name}-{digest(line)[:_ENOUGH]}\n".encode()


def _look(workspace: Workspace) -> Glance | None:
    shelf = workspace.store.shelf
    looked = shelf.looked.get(layout.TASKS) if shelf is not None else None
    try:
        return glance(str(workspace.repository.root), looked)
    except UNSURE:
        return glance_through(workspace)
