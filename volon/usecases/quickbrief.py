"""The brief that an agent gets when its session begins, from files alone: no process, next to nothing imported.

It says what the task, the capsule and HEAD say, in the words of `usecases.briefing`, which has them from here, and
`volon.render.brief` makes text of both. Whether files changed takes git, so nothing is said of that. Where a record
is not plainly as volon writes it, or a plan is under way, `briefing` has the answer.

Source: issue "Where agents live" (session start injects the brief); performance (row 1).
"""

from __future__ import annotations

import os

from volon import gitfiles, peek
from volon.digests import sha256
from volon.model.quick import Brief, Line, front, whole_number
from volon.usecases.glance import NoGlance, glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.quick import Glance, Pause, TaskRow

PARTING = 'Before you stop: volon pause-task restart "WHERE YOU ARE" --next "WHAT COMES NEXT"'
"""What an agent does before it stops."""
MORE = "This is from files alone. More, and what changed since: volon brief --agent"
_GOAL, _CRITERIA = "\n## Goal\n\n", "\n\n**Acceptance criteria (brief)**\n"
_EVIDENCE, _NEXT, _QUESTIONS = "\n## Evidence\n", "\n## Next 1–3 actions\n\n", "\n\n## Open questions / blockers\n"
_NOTHING = "None recorded."
_TITLES = 8
"""A capsule's title and its sections."""
_UNPLAIN = (
    "\r",
    "\t",
    "\n\n\n\n",
    "<!--",
    "~~~",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
)
_FENCES: tuple[list[str], ...] = ([], ["```text", "```"])


def says(task_id: str, status: str, checkpoint: int | None, paused_at: str | None) -> str:
    """What a brief is about, in volon's words."""
    at = f" at checkpoint {checkpoint:02d}," if checkpoint is not None else ""
    return f"{task_id} is {status}" + (f", last paused{at} {paused_at}" if paused_at else "")


def way_back(status: str) -> str:
    """How to go on with a task."""
    return 'volon pause-task "where you are"' if status == "doing" else "volon resume-task"


def quick_brief(found: gitfiles.Directories) -> Brief | None:
    """Return the brief of the task that is in progress, paused or blocked here; None where there is none.

    Raises:
        NoGlance, Unsure, OSError: ask `briefing`.
    """
    seen = glance(found.root)
    if seen is None or _plans(found.root):
        raise NoGlance
    if seen.row is None:
        return None
    row, pause, path = seen.row, seen.pause, f".volon/pcc/tasks/{seen.row.id}.md"
    data = peek.read_file(found.root, path)
    if pause is None or data is None or pause.paused_at is None or row.blocker_type == "external":
        raise NoGlance
    task = peek.read_file(found.root, f".volon/tasks/{row.id}.md") or b""
    note, goal, actions = said_in(data, pause)
    if not actions and any(b"[ ]" in line and line.strip() != b"- [ ]" for line in task.split(b"\n")):
        # The open criteria stand for them then.
        raise NoGlance
    number = whole_number(os.path.basename(pause.checkpoint or "").partition("-")[0])
    lines = (
        Line("task", "title", row.title),
        *(Line("capsule", f"next {place}", text) for place, text in enumerate(actions, 1)),
        *(Line("capsule", label, text) for label, text in (("goal", goal), ("note", note)) if text != row.title),
        *_of_git(seen, row, pause),
    )
    kept = f"capsule {path} ({_made(found, pause, data)})"
    about = says(row.id, row.status, number, pause.paused_at)
    sources = (f"task .volon/tasks/{row.id}.md", kept, "HEAD")
    said = tuple(line for line in lines if line.text.strip())
    return Brief(about, way_back(row.status), sources, said, (PARTING, MORE))


def _plans(root: str) -> bool:
    try:
        return bool(os.listdir(f"{root}/.volon/plans"))
    except FileNotFoundError:
        return False


def _of_git(seen: Glance, row: TaskRow, pause: Pause) -> Iterator[Line]:
    """Where HEAD is; of a task that is not in progress also how that differs from where it was paused."""
    place = f"{seen.branch or 'a detached HEAD'} at {seen.head[:12] if seen.head else 'no commit yet'}"
    yield Line("git", "branch", place)
    if row.status == "doing":
        return
    then = {
        "head": pause.paused_commit and pause.paused_commit[:12],
        "branch": pause.branch,
        "worktree": pause.worktree,
    }
    for what in seen.moved:
        told = f"it was {then[what]} at the pause" if then[what] else "it is not what it was at the pause"
        yield Line("git", f"{'HEAD' if what == 'head' else what} moved", told, "volon resume-task --dry-run")
    if not seen.moved and pause.uid:
        yield Line("git", "HEAD", "the paused commit, on the branch of the pause; files were not looked at", must=False)


def _made(found: gitfiles.Directories, pause: Pause, data: bytes) -> str:
    """Whether a pause in this clone wrote the capsule; see `briefing`."""
    record = gitfiles.content(f"{found.common_dir}/volon/ops/{pause.uid}")
    if not record:
        return "not known to be written in this clone"
    written = sha256(data).encode() in record
    return "written by a pause in this clone" if written else "of a pause in this clone; not looked for edits since"


def said_in(data: bytes, pause: Pause) -> tuple[str, str, tuple[str, ...]]:
    """Note, goal and next actions of a capsule that is written as volon writes it, as the strict reader has them.

    Args:
        data: of its file.
        pause: what was read of it before.

    Raises:
        NoGlance: it may be another one, or may mean something else to the strict reader.
    """
    meta = front(data) or {}
    body = data.decode("utf-8", "replace").partition("\n---\n")[2]
    if meta.get("uid") != pause.uid or "\ufffd" in body or any(text in body for text in _UNPLAIN):
        raise NoGlance
    before, _, rest = body.partition(_EVIDENCE)
    _, _, goal = before.partition(_GOAL)
    goal, found, _ = goal.partition(_CRITERIA)
    evidence, _, after = rest.partition(_NEXT)
    actions, asked, _ = after.partition(_QUESTIONS)
    titles = sum(line.lstrip(" ")[:1] == "#" for line in body.split("\n"))
    rules = any(line.strip(" ") and not line.strip(" -=") for line in body.split("\n"))
    fenced = _fences(evidence) in _FENCES and not _fences(before) and not _fences(after)
    if not (found and asked and fenced) or titles != _TITLES or rules:
        raise NoGlance
    note = meta.get("note") or ""
    if not isinstance(note, str) or note != " ".join(note.split()) or not note.isprintable():
        raise NoGlance
    return note, _plain(goal), tuple(_numbered(actions))


def _fences(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.lstrip(" ").startswith("```")]


def _plain(text: str) -> str:
    """A goal on one line that begins with a letter or a figure, and is no list.

    Raises:
        NoGlance: it is another one.
    """
    if text == _NOTHING:
        return ""
    if not _is_plain(text) or not text[:1].isalpha():
        raise NoGlance
    return text


def _is_plain(text: str) -> bool:
    return text.isprintable() and text == " ".join(text.split()) and "\\" not in text


def _numbered(text: str) -> Iterator[str]:
    """The actions of a numbered list, one on a line; the errors are those of `_plain`."""
    for number, line in enumerate(text.split("\n") if text != _NOTHING else (), 1):
        mark, _, action = line.partition(" ")
        if mark != f"{number}." or not action or not _is_plain(action):
            raise NoGlance
        yield action
