"""What a transcript says of a session, and what gathers it while lines go by.

A transcript is data from a stranger and may be as long as it likes: every text is cut, every list keeps its last, so
that what is gathered stays small whatever is read.

Source: issue "Where agents live" (derived capsules, importers); agents.md §1.5.
"""

from __future__ import annotations

from volon.model.secrets import clean_command
from volon.model.text import parse_time
from volon.patterns import pattern
from volon.plain import NamedTuple, StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Any

LINE = 300
"""So many letters of a text are kept where it is told in one line."""
MOST_COMMANDS = 8
"""So many of the last commands are kept, refused ones left out: what a capsule has room for."""
MOST_FILES = 500
_MOST_CALLS = 200
_MOST_TEXT = 4000
_MOST_WORD = 1024
_MOST_TOKENS = 10**12
_MOST_CODE = 255
_HALF = pattern("[\ud800-\udfff]")


class Outcome(StrEnum):
    """How a command ended, as far as it was told."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Command(NamedTuple):
    """A command that the agent ran.

    Attributes:
        text: as it was given to the shell; cut after 4000 characters.
        outcome: how it ended.
        exit_code: None where no number was told; also of many that ended well.
    """

    text: str
    outcome: Outcome = Outcome.UNKNOWN
    exit_code: int | None = None

    @property
    def said(self) -> str:
        """It and how it ended, in one line and without secrets, as a pause is told of commands."""
        code = f" (exit {self.exit_code})" if self.exit_code else ""
        return f"{clean_command(self.text, LINE)} => {self.outcome}{code}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A session of a coding agent. Empty, or None, is what the transcript does not tell.

    Every text is data: not yet free of secrets, of control characters or of line ends.

    Attributes:
        agent: volon's name for it, as in the table of hosts.
        session: its own id of the session.
        version: of the agent's program.
        directory: absolute, where the session began.
        branch: the last that was named.
        commit: HEAD when the session began.
        goal: the first thing a person asked for; no command of the agent's own and nothing it added by itself.
        last_message: the last that the agent said.
        commands: the last ones, oldest first; without those that were refused before they ran.
        files: what its tools for editing changed, absolute or from `directory`, in the order of the first change.
        tokens: what the last request read and wrote, cached parts too: how full the context was, not a sum.
        window: how many tokens the context has room for.
        ended_at: the last time in it.
        interrupted: the agent had not finished its turn where the transcript ends.
        subagent: it is the session of another agent's helper.
    """

    agent: str
    session: str = ""
    version: str = ""
    directory: str = ""
    branch: str = ""
    commit: str = ""
    goal: str = ""
    last_message: str = ""
    commands: tuple[Command, ...] = ()
    files: tuple[str, ...] = ()
    tokens: int | None = None
    window: int | None = None
    ended_at: datetime | None = None
    interrupted: bool = False
    subagent: bool = False

    @property
    def tokens_said(self) -> str | None:
        """The tokens, of how many, as a pause is told; None where either is not known."""
        return f"{self.tokens}/{self.window}" if self.tokens and self.window else None


class Gathered:
    """What was seen so far. Whoever reads a format tells it; `transcript` is the sum.

    Attributes:
        said: the fields of `Transcript` that are texts.
        resting: the agent had finished its turn; None before it had one.
        subagent: it is the session of another agent's helper.
        directory_sha256: of the path where the session began, where only that is told.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.said: dict[str, str] = {}
        self.resting: bool | None = None
        self.tokens: int | None = None
        self.window: int | None = None
        self.subagent = False
        self.directory_sha256 = ""
        self._ended_at: datetime | None = None
        self._commands: dict[str, Command] = {}
        self._edits: dict[str, list[str]] = {}
        self._files: dict[str, None] = {}

    def first(self, name: str, text: str) -> None:
        """Take the text of a field unless it has one."""
        if text and name not in self.said:
            self.said[name] = text

    def last(self, name: str, text: str) -> None:
        """Take the text of a field, whatever it was before."""
        if text:
            self.said[name] = text

    def at(self, text: str) -> None:
        """Take a time; what is none is passed over."""
        self._ended_at = parse_time(text) or self._ended_at

    def used(self, *counts: int | None) -> None:
        """Take the counts of a request, which are added; nothing when it gave none."""
        known = [count for count in counts if count is not None]
        if any(known):
            self.tokens = sum(known)

    def room(self, window: int | None) -> None:
        """Take the size of the context."""
        self.window = window or self.window

    def asked(self, text: str) -> None:
        """A person asked for something."""
        self.first("goal", text)
        self.resting = False

    def answered(self, text: str, *, over: bool = True) -> None:
        """The agent said something; with `over` its turn ended with that."""
        self.last("last_message", text)
        self.resting = over

    def ran(self, call: str, text: str) -> None:
        """A command began."""
        if text:
            _keep(self._commands, call, self._commands.get(call, Command(""))._replace(text=text), _MOST_CALLS)

    def ended(self, call: str, outcome: Outcome, exit_code: int | None = None) -> None:
        """A command ended; one that did not begin here is passed over."""
        if call in self._commands:
            self._commands[call] = Command(self._commands[call].text, outcome, exit_code)

    def refused(self, call: str) -> None:
        """A command, or a change, never came to be."""
        self._commands.pop(call, None)
        self._edits.pop(call, None)

    def edits(self, call: str, paths: Iterable[str]) -> None:
        """Files are to be changed."""
        _keep(self._edits, call, [path for path in paths if path], _MOST_CALLS)

    def edited(self, call: str) -> None:
        """They were changed."""
        for path in self._edits.pop(call, []):
            if len(self._files) < MOST_FILES:
                self._files.setdefault(path)

    def transcript(self) -> Transcript:
        """The sum of it."""
        return Transcript(
            self.agent,
            commands=tuple(self._commands.values())[-MOST_COMMANDS:],
            files=tuple(self._files),
            tokens=self.tokens,
            window=self.window,
            ended_at=self._ended_at,
            interrupted=self.resting is False,
            subagent=self.subagent,
            **self.said,
        )


def _keep(kept: dict[str, Any], key: str, value: object, most: int) -> None:
    """Put it last, or where it was; the oldest goes when there are too many."""
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


def table(value: object, *keys: str) -> dict[str, Any]:
    """The object below these keys, whatever is really there; empty when that is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The list, or an empty one when it is none."""
    return value if isinstance(value, list) else []


def word(value: object) -> str:
    """A short text, such as a path or an id; empty when it is none, too long to be one, or has a null in it."""
    return clean(value) if isinstance(value, str) and len(value) <= _MOST_WORD and "\0" not in value else ""


def clean(value: object) -> str:
    """A text without blank ends and without halves of characters, cut after 4000; empty when it is none."""
    if not isinstance(value, str):
        return ""
    text = value[: _MOST_TEXT * 2].strip()
    return _HALF.sub("\ufffd", text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…")


def count(value: object) -> int | None:
    """A number of tokens, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None


def code(value: object) -> int | None:
    """An exit code, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_CODE else None


def of_code(exit_code: int | None) -> Outcome:
    """What an exit code says."""
    return Outcome.UNKNOWN if exit_code is None else Outcome.FAILED if exit_code else Outcome.OK


def found_code(expression: Callable[[str], re.Match[str] | None], text: str) -> int | None:
    """The exit code that an expression's first group finds in a text."""
    match = expression(text)
    return code(int(match[1])) if match and len(match[1]) <= len(str(_MOST_CODE)) else None


def spoken(added: Iterable[str], texts: Iterable[object]) -> str:
    """What a person said, cleaned: without the blocks in front of it that an agent, or a hook, has put there.

    Args:
        added: the tags of such blocks. One that does not end is all that there is.
        texts: the parts of a message; what is no text is passed over.
    """
    text, at = "\n".join(one for one in texts if isinstance(one, str)), 0
    marks = [(f"<{tag}>", f"</{tag}>") for tag in added]
    while True:
        while text[at : at + 1].isspace():
            at += 1
        end = next((end for start, end in marks if text.startswith(start, at)), None)
        if end is None:
            return clean(text[at : at + _MOST_TEXT * 2])
        if (found := text.find(end, at)) < 0:
            return ""
        at = found + len(end)
