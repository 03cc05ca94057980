"""The bootstrap: the record a new session reads first. volon owns three keys and one line of it.

`paused_task_id`, `paused_at` and `resume_hint` are set by a pause and taken out by a resume; the line under
"What to do next" says the same to people. The rest belongs to whoever wrote it and comes back byte for byte.

Source: seed 001 (bootstrap additions), contract §3 (bootstrap), origins §2.3.
"""

from __future__ import annotations

from volon.model.records import fields
from volon.model.records.fields import Field, Kind
from volon.model.syntax import markdown
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.template import fill
from volon.model.text import iso, one_line
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.problems import Problem

PATH = ".volon/bootstrap.md"
SECTION = "What to do next"
MAX_HINT = 200
NOTHING_PAUSED = "Nothing is paused. `volon status` says what is in progress."
_MARK = "<!-- volon -->"

FIELDS = (
    Field("version", Kind.INT, "The format's version."),
    Field("type", Kind.LINE, "Says what the file is.", choices=("bootstrap",)),
    Field("iteration", Kind.LINE, "Which iteration of the work this is; counted by the user's own tools."),
    Field("updated_at", Kind.TIME, "When the file was last written by the user's own tools."),
    Field("config", Kind.MAP, "Where things are; read by the user's own tools."),
    Field("execution", Kind.MAP, "How a run goes; read by the user's own tools."),
    Field("paused_task_id", Kind.TASK_ID, "The task paused last; absent when nothing is paused."),
    Field("paused_at", Kind.TIME, "When it was paused."),
    Field("resume_hint", Kind.LINE, "One line for whoever comes back."),
)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What volon reads in the bootstrap. A pointer at a task that is done is reported, not followed."""

    paused_task_id: str | None = None
    paused_at: datetime | None = None
    resume_hint: str | None = None
    iteration: str | None = None


def parse_bootstrap(document: Document) -> Bootstrap:
    """Read the pointer; a file without frontmatter points at nothing, and a wrong value counts as absent."""
    values, _ = fields.decode(document, FIELDS, "bootstrap")
    iteration = values["iteration"] or _iteration_line(document.body)
    return Bootstrap(values["paused_task_id"], values["paused_at"], values["resume_hint"], iteration)


def check_bootstrap(document: Document) -> tuple[Problem, ...]:
    """Every rule the bootstrap breaks."""
    return fields.decode(document, FIELDS, "bootstrap")[1]


def new_bootstrap(template: str, next_line: str = NOTHING_PAUSED) -> bytes:
    """The bytes of a bootstrap that points at nothing.

    Args:
        template: the text of `bootstrap.md`.
        next_line: the line under "What to do next".
    """
    return fill(template, {"next": _line(next_line)}).encode("utf-8")


def set_paused(
    document: Document | None, template: str, task_id: str, paused_at: datetime, hint: str, next_line: str
) -> Document:
    """Point at a paused task.

    Args:
        document: the bootstrap as it is, or None when there is none yet.
        template: the text of `bootstrap.md`, used only then.
        task_id: the paused task.
        paused_at: when.
        hint: folded to one line and shortened.
        next_line: the line under "What to do next".
    """
    if document is None:
        document = Document.parse(new_bootstrap(template), PATH)
    document = document.set("paused_task_id", task_id).set("paused_at", iso(paused_at))
    return _set_next(document.set("resume_hint", _short(hint)), next_line)


def clear_paused(document: Document, next_line: str) -> Document:
    """Take the pointer out and refresh the line under "What to do next"."""
    for key in ("paused_task_id", "paused_at", "resume_hint"):
        document = document.remove(key)
    return _set_next(document, next_line)


def next_line(document: Document) -> str | None:
    """volon's line under "What to do next", or None."""
    marked = next((line.text for line in markdown.walk(document.body) if line.text.endswith(_MARK)), None)
    return None if marked is None else markdown.unescape_line(marked.removesuffix(_MARK).strip())


def _line(text: str) -> str:
    """volon's own line: it ends with a comment that renders as nothing and lets volon find it again."""
    return f"{markdown.escape_line(one_line(one_line(text).replace(_MARK, '')))} {_MARK}".lstrip()


def _short(hint: str) -> str:
    line = one_line(hint)
    return line if len(line) <= MAX_HINT else line[: MAX_HINT - 1].rstrip() + "…"


def _set_next(document: Document, text: str) -> Document:
    """Replace volon's line where it stands; else put it first under the heading, which is made when absent."""
    line = _line(text)
    for one in markdown.walk(document.body):
        if not one.fenced and one.text.endswith(_MARK):
            return document.replace_line(one.number + document.body_line - 1, line)
    return document.prepend_to_section(SECTION, line)


def _iteration_line(body: str) -> str | None:
    """The original's other shape says the iteration in a `**Iteration**: 3` line of the body."""
    _, label, rest = f"\n{body}".partition("\n**Iteration**:")
    return (rest.partition("\n")[0].strip() or None) if label else None
