"""The short way to know a task: canonical frontmatter read with string methods alone, next to nothing imported.

Whatever is not written as volon writes it gets None, and the caller asks `Document.parse` and `parse_task`; what is
answered is what they would have said. Lists of thousands of tasks and commands at every prompt need this.

What agents say to such commands (`statusline`, `hook`) is JSON, and read in the same way: as `json.loads` reads it,
which is asked where the short way is not sure. Loading `json` takes longer than all the rest of such a command.

Source: performance (rows 1 and 11), reliability S9 (any faster reader must agree with the strict one).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar

    from volon.model.syntax.nodes import Value

_FENCE, _CLOSING = b"---\n", b"\n---\n"
_LONGEST = 32 * 1024
_MOST, _LONGEST_KEY = 200, 61
_LONGEST_RECORD = 16 * 1024 * 1024
_BACKSLASH, _QUOTE = r"\\", r"\""
_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./- "
_NULLS = frozenset(("null", "Null", "NULL"))
_STATUSES = frozenset(("todo", "doing", "paused", "blocked", "done"))
_CHOICES = {
    "priority": frozenset(("A", "B", "C")),
    "blocker_type": frozenset(("external", "human_action", "technical", "paused")),
    "prior_status": _STATUSES,
}
_COMMIT_LENGTHS = (40, 64)
_CAPSULE, _VERSION = "task-pcc-capsule", "2"
_CHECKPOINTS = ".design/checkpoints/"
_KNOWN: dict[str, tuple[str, Value]] = {}
_MOST_KNOWN = 1000
_ULID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ID_PARTS = range(2, 6)
_ULID_LENGTH, _LONGEST_ID, _TIME_LENGTH = 26, 64, 20
_BLANKS, _SCALAR_ENDS = " \t\r\n", frozenset(",:]} \t\r\n")
_WORDS = {"true": True, "false": False, "null": None}
_MOST_DIGITS, _LONGEST_NUMBER, _DEEPEST = 15, 19, 20
HIGH, PAUSE_AT = 70.0, 85.0
"""Above these shares of what an agent can hold, in percent, it is much, and a pause is suggested."""
_DAYS = {f"{month:02d}": 31 - (month in (4, 6, 9, 11)) - 3 * (month == 2) for month in range(1, 13)}  # noqa: PLR2004
"""The days that a month has in every year."""

PAUSE = ("uid", "branch", "worktree", "paused_commit", "paused_at", "checkpoint")
"""The attributes of a pause."""
ROW = ("id", "title", "status", "priority", "blocker_type", "prior_status", "updated_at", "uid")
"""The attributes of a row, in the order of its constructor."""


class TaskRow:
    """What a list of tasks knows of one. `blocked` with `blocker_type: paused` is `paused` here.

    Attributes:
        updated_at: as `volon.model.text.iso` writes it, or None.
    """

    KIND: ClassVar[str] = "tasks-1"
    __slots__ = ("blocker_type", "id", "prior_status", "priority", "status", "title", "uid", "updated_at")

    def __init__(
        self,
        id: str,  # noqa: A002  the field's name
        title: str,
        status: str,
        priority: str | None,
        blocker_type: str | None,
        prior_status: str | None,
        updated_at: str | None,
        uid: str | None,
    ) -> None:
        self.id, self.title, self.status, self.priority = id, title, status, priority
        self.blocker_type, self.prior_status, self.updated_at, self.uid = blocker_type, prior_status, updated_at, uid
        if status == "blocked" and blocker_type == "paused":
            self.status, self.blocker_type = "paused", None

    def key(self) -> tuple[str | None, ...]:
        """All of it, in the order of the constructor."""
        return tuple(getattr(self, name) for name in ROW)

    @classmethod
    def read(cls, data: bytes) -> TaskRow | None:
        """See `task_row`."""
        return task_row(data)

    def text(self) -> str:
        """All of it on one line, the status first. Nothing that the quick reader takes has a tab in it, or is empty."""
        return "\t".join((self.status, *(value or "" for value in self.key())))

    @classmethod
    def of_text(cls, text: str) -> TaskRow | None:
        """The row that `text` was made of; None when it was none."""
        values = [value or None for value in text.split("\t")]
        return cls(*values[1:]) if len(values) == len(ROW) + 1 and None not in values[:4] else None  # type: ignore[arg-type]


def task_row(data: bytes) -> TaskRow | None:
    """The row of a task file; None when this reader is not sure to say what the strict one says."""
    meta = front(data) or {}
    values = text_values(meta, ROW)
    if values is None:
        return None
    identity, title, status, priority, blocker, prior, updated_at, uid = values
    named = identity and title and status in _STATUSES and is_plain_id(identity)
    known = all(word is None or word in _CHOICES[name] for name, word in zip(_CHOICES, values[3:6], strict=True))
    if not named or not known or not is_sure_time(updated_at) or not is_ulid(uid):
        return None
    return TaskRow(identity or "", title or "", status or "", priority, blocker, prior, updated_at, uid)


def front(data: bytes) -> dict[str, Value] | None:
    """The frontmatter of a record written as volon writes it, as `Document.meta` has it; None for any other."""
    end = data.find(_CLOSING, len(_FENCE), _LONGEST)
    if end < 0 or not data.startswith(_FENCE) or b"<<<<<<<" in data or len(data) > _LONGEST_RECORD:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not text.isascii():
        end = text.find("\n---\n", len(_FENCE))
    return plain_lines(text[len(_FENCE) : end])


def plain_lines(text: str) -> dict[str, Value] | None:
    """The values of YAML written as volon writes it, as the strict loader has them; None for any other."""
    if len(text) > _LONGEST:
        return None
    lines = text.removesuffix("\n").split("\n")
    found: dict[str, Value] = {}
    for line in lines:
        pair = _KNOWN.get(line) or _pair(line)
        if pair is None:
            return None
        key, value = pair
        found[key] = [] if value == [] else value
    return found if len(found) == len(lines) <= _MOST else None


def _pair(line: str) -> tuple[str, Value] | None:
    """Key and value of a line; in a list of tasks most lines come again and again, so they are remembered."""
    key, colon, value = line.partition(": ")
    if not colon or not _is_key(key) or not _is_value(value):
        return None
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[line] = key, _value(value)
    return key, _value(value)


def text_values(meta: dict[str, Value], names: Iterable[str]) -> list[str | None] | None:
    """The values under these keys, when each is absent, null or a text without blanks around it."""
    found: list[str | None] = []
    for name in names:
        value = meta.get(name)
        if value is not None and (not isinstance(value, str) or value != value.strip()):
            return None
        found.append(value)
    return found


def _is_key(key: str) -> bool:
    return key.isascii() and key.isidentifier() and key == key.lower() and len(key) <= _LONGEST_KEY


def _is_value(text: str) -> bool:
    r"""Whether a value is plain words, a quoted text whose only escapes are `\\` and `\"`, or an empty list."""
    if text[:1] == '"':
        inner = text[1:-1].replace(_BACKSLASH, "").replace(_QUOTE, "")
        return len(text) > 1 and text[-1] == '"' and '"' not in inner and "\\" not in inner and inner.isprintable()
    if text == "[]":
        return True
    first, last = text[:1], text[-1:]
    return first.isalnum() and not text.strip(_WORD) and last != " " and "  " not in text


def _value(text: str) -> Value:
    if text[0] == '"':
        inner = text[1:-1]
        return inner.replace(_BACKSLASH, "\0").replace(_QUOTE, '"').replace("\0", "\\") if "\\" in inner else inner
    if text == "[]":
        return []
    return None if text in _NULLS else text


class Pause:
    """What a capsule says about where and when its task was paused.

    Attributes:
        paused_at: as `volon.model.text.iso` writes it.
    """

    __slots__ = PAUSE

    def __init__(self, values: Iterable[str | None]) -> None:
        self.uid, self.branch, self.worktree, self.paused_commit, self.paused_at, self.checkpoint = values


class Glance:
    """What a glance saw.

    Attributes:
        branch, head: of HEAD now; None when detached, or when there is no commit yet.
        worktree: `.`, or this linked working tree relative to the main one.
        row: the task that is in progress, paused or blocked here, if there is one.
        pause: where it was paused last, if it was.
        moved: `head`, `branch`, `worktree`: what is not as it was at the pause.
        others: the other tasks that are paused, newest first.
        unreadable: paths of task files that cannot be read.
    """

    __slots__ = ("branch", "head", "moved", "others", "pause", "row", "unreadable", "worktree")

    def __init__(self, branch: str | None, head: str | None, worktree: str) -> None:
        self.branch, self.head, self.worktree = branch, head, worktree
        self.row: TaskRow | None = None
        self.pause: Pause | None = None
        self.moved: tuple[str, ...] = ()
        self.others: tuple[TaskRow, ...] = ()
        self.unreadable: tuple[str, ...] = ()


class Line:
    """One thing worth reading; see `volon.model.results.brief.BriefLine`."""

    __slots__ = ("command", "label", "must", "source", "text")

    def __init__(self, source: str, label: str, text: str, command: str | None = None, *, must: bool = True) -> None:
        self.source, self.label, self.text, self.command, self.must = source, label, text, command, must


class Brief:
    """What to read; see `volon.model.results.brief.BriefResult`."""

    __slots__ = ("hints", "lines", "next_command", "says", "sources")

    def __init__(
        self, says: str, next_command: str, sources: tuple[str, ...], lines: tuple[Line, ...], hints: tuple[str, ...]
    ) -> None:
        self.says, self.next_command, self.sources, self.lines, self.hints = says, next_command, sources, lines, hints


def pause_row(data: bytes) -> Pause | None:
    """What a capsule file says; None when this reader is not sure to say what the strict one says."""
    meta = front(data) or {}
    texts = text_values(meta, (*PAUSE, "task_id", "type", "schema_version"))
    if texts is None or texts[-2:] != [_CAPSULE, _VERSION] or None in (texts[0], *texts[4:7]):
        return None
    uid, branch, worktree, commit, paused_at, checkpoint, task_id = (text or "" for text in texts[:-2])
    name = checkpoint.removeprefix(_CHECKPOINTS)
    sound = is_ulid(uid) and is_sure_time(paused_at) and is_plain_id(task_id) and "paused_commit" in meta
    sound = sound and is_sure_commit(commit or None)
    # A name in quotes holds bytes that are no text; see `volon.model.syntax.gitpath`.
    sound = sound and branch[:1] != '"' != worktree[:1]
    return Pause(texts[: len(PAUSE)]) if sound and name != checkpoint and "/" not in name else None


def is_plain_id(text: str) -> bool:
    """Whether the text surely is a task id; names that some systems reserve have no dash, so they are none."""
    parts = text.split("-")
    letters = len(text) <= _LONGEST_ID and not "".join(parts).strip(_ID_LETTERS)
    return letters and len(parts) in _ID_PARTS and all(parts) and not text[0].isdigit()


def is_sure_commit(text: str | None) -> bool:
    """Whether a value is absent, or surely a full object id."""
    return text is None or (len(text) in _COMMIT_LENGTHS and not text.strip("0123456789abcdef"))


def is_sure_time(text: object) -> bool:
    """Whether a value is absent, or a time of the one form that volon writes, on a day that every month has."""
    if text is None:
        return True
    if not isinstance(text, str) or len(text) != _TIME_LENGTH or not text.isascii():
        return False
    digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19]
    if text[4::3] != "--T::Z" or not digits.isdigit() or digits < "0001":
        return False
    clock = digits[8:10] < "24" and digits[10:12] < "60" and digits[12:] < "60"
    return clock and 1 <= int(digits[6:8]) <= _DAYS.get(digits[4:6], 0)


def is_ulid(text: object) -> bool:
    """Whether a value is absent, or surely a ULID."""
    if text is None:
        return True
    return (
        isinstance(text, str) and len(text) == _ULID_LENGTH and text[0] in "01234567" and not text.strip(_ULID_LETTERS)
    )


def whole_number(text: str) -> int | None:
    """The number of a few plain digits; None for every other text: `isdigit` is true of more than `int` takes."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def advice(share: float | None) -> str:
    """Return what a share asks for: `pause`, `high` or nothing."""
    return "" if share is None or share <= HIGH else "high" if share <= PAUSE_AT else "pause"


def status_told(data: bytes) -> tuple[str | None, float | None]:
    """What an agent says to its status line: its directory, and how full its context window is, in percent.

    The keys are those of Claude Code 2.1 (2026-11-20). Whatever is missing or no such thing is None.
    """
    told = json_object(data)
    workspace, window = told.get("workspace"), told.get("context_window")
    inner = workspace.get("current_dir") if isinstance(workspace, dict) else None
    directory, share = inner or told.get("cwd"), window.get("used_percentage") if isinstance(window, dict) else None
    sound = isinstance(directory, str) and directory and "\0" not in directory
    # A truth is a whole number to Python.
    known = type(share) in {int, float} and 0 <= share <= 100  # type: ignore[operator]  # noqa: PLR2004
    return directory if sound else None, share if known else None


def json_object(data: bytes) -> dict[str, Any]:
    """The object that JSON from elsewhere holds, raw controls in its texts or not; an empty one when there is none."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    found = plain_json(text)
    if found is None:
        import json  # noqa: PLC0415  see above

        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def plain_json(text: str) -> object:
    """What `json.loads` makes of a text without escapes, odd numbers and depths; None for any other, and for `null`."""
    try:
        found, end = _json(text, _skip(text, 0), _DEEPEST) if len(text) <= _LONGEST else (None, 0)
    except (IndexError, ValueError):
        return None
    return None if text[end:].strip(_BLANKS) else found


def _json(text: str, at: int, depth: int) -> tuple[object, int]:
    """The value that begins here, and where it ends."""
    if text[at] == '"':
        end = text.index('"', at + 1)
        if not text[at:end].isprintable() or "\\" in text[at:end]:
            raise ValueError
        return text[at + 1 : end], end + 1
    if text[at] in "{[":
        return _members(text, at, depth - 1)
    end = at
    while end < len(text) and text[end] not in _SCALAR_ENDS:
        end += 1
    word = text[at:end]
    return _WORDS[word] if word in _WORDS else _number(word), end


def _members(text: str, at: int, depth: int) -> tuple[object, int]:
    """The object or list that begins here, and where it ends."""
    if not depth:
        raise ValueError
    keyed, found, listed = text[at] == "{", dict[str, object](), list[object]()
    close, at = "}" if keyed else "]", _skip(text, at + 1)
    while text[at] != close:
        if found or listed:
            at = _past(text, at, ",")
        value, end = _json(text, at, depth)
        if keyed:
            key = value
            value, end = _json(text, _past(text, _skip(text, end), ":"), depth)
            if not isinstance(key, str):
                raise ValueError
            found[key] = value
        else:
            listed.append(value)
        at = _skip(text, end)
    return found if keyed else listed, at + 1


def _past(text: str, at: int, mark: str) -> int:
    if text[at] != mark:
        raise ValueError
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in _BLANKS and at < len(text):
        at += 1
    return at


def _number(word: str) -> float:
    whole, dot, part = word.removeprefix("-").partition(".")
    sound = word.isascii() and whole.isdigit() and (whole == "0" or whole[0] != "0") and len(word) <= _MOST_DIGITS
    if not sound or (dot and not part.isdigit()):
        raise ValueError
    return float(word) if dot else int(word)
