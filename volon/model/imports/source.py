"""What a source says of paused work, in the words of a pause.

Source: issue "Where agents live" (importers); contract §3 (capsule), §7 (`--from`).
"""

from __future__ import annotations

from volon.errors import Corrupt
from volon.model.problems import Problem, UnreadableRecord
from volon.model.requests import MAX_ITEMS, MAX_NEXT, PauseRequest
from volon.model.secrets import clean_line, redact
from volon.model.syntax.gitpath import unquote_path
from volon.model.text import iso, one_line
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from volon.model.syntax.frontmatter import Document
    from volon.model.syntax.nodes import Value

STASH = "stash"
KINDS = ("gsd", "continuous", "transcript", STASH)
"""What can be imported, by the words people type."""
TITLES = {
    STASH: "the stash",
    "gsd": "GSD",
    "continuous": "Continuous-Claude",
    "transcript": "a session",
}
MOST_BYTES = 256 << 10
"""More than any handoff that somebody wrote to be read."""
_MOST_TEXT = 15_000
_MOST_LINE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Paused work as another tool wrote it down. Empty, or None, is what it does not say.

    Every text is data: not yet free of secrets.

    Attributes:
        kind: one of `KINDS`.
        name: how people name it: a path, `stash@{0}`.
        key: what it is the same by when it is imported again.
        part: what is the same of it however it goes on; `key` begins with it.
        agent: whose it is, in words.
        at: when it was written, as it says itself.
        note: the line that says where the work stood.
        commit: HEAD at the time, as it says.
        branch: as it says.
        derived: no person and no agent wrote it to be read by the next one.
    """

    kind: str
    name: str
    key: str
    part: str = ""
    agent: str = ""
    at: datetime | None = None
    note: str = ""
    goal: str = ""
    plan: str = ""
    next_actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    key_files: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    tokens: str | None = None
    commit: str | None = None
    branch: str | None = None
    derived: bool = False

    @property
    def title(self) -> str:
        """What people call the work."""
        return one_line(self.goal or self.note or self.name)

    @property
    def origin(self) -> str:
        """Where it is from and from when, for records."""
        when = f", {iso(self.at)}" if self.at else ""
        return one_line(f"{self.agent or TITLES[self.kind]}: {self.name}{when}")

    def request(self, summary: str, *, dry_run: bool, allow_secrets: Iterable[str] = ()) -> PauseRequest:
        """What a pause would have been told; what is too much for it is cut.

        Args:
            summary: one sentence on what the records are made of.
            dry_run: as of a pause.
            allow_secrets: as of a pause.
        """
        more = tuple(f"- [ ] {one_line(text)}" for text in self.next_actions[MAX_NEXT:])
        return PauseRequest(
            note=clean_line(self.note, _MOST_LINE) or None,
            goal=_cut(self.goal),
            plan=_cut("\n".join((*filter(None, (self.plan.strip("\n"),)), *more))),
            summary=summary,
            confidence="low" if self.derived else None,
            tokens=self.tokens,
            next_actions=_lines(self.next_actions[:MAX_NEXT]),
            questions=_lines(self.questions),
            blockers=_lines(self.blockers),
            key_files=_lines(self.key_files),
            commands=_lines(self.commands),
            completed=_lines(self.completed),
            allow_secrets=tuple(allow_secrets),
            dry_run=dry_run,
        )


def _cut(text: str) -> str | None:
    text = redact(text)[0]
    return (text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…") or None


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for text in list(texts)[:MAX_ITEMS] if (line := clean_line(text, _MOST_LINE)))


def front(document: Document, name: str) -> str:
    """A text of a file's frontmatter, in one line; empty when there is none."""
    return line_of(document.get(name) if document.has_frontmatter else None)


def line_of(value: Value) -> str:
    """A text in one line; empty for everything else."""
    return one_line(value) if isinstance(value, str) else ""


def inside(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that are relative and stay in the working tree, tidied; others are left out."""
    tidy = (one.strip().strip("`").removeprefix("./") for one in paths)
    return tuple(dict.fromkeys(one for one in tidy if one and not _leaves(one)))


def _leaves(path: str) -> bool:
    parts = unquote_path(path).split("/")
    return path.startswith(("/", "~", "-")) or "\\" in path or "\0" in path or bool({"..", ".git", ""} & set(parts))


def unreadable(path: str, line: int | None, message: str, column: int | None = None) -> UnreadableRecord:
    """The error for a file that cannot be read as what it seems to be; it was not changed.

    Args:
        path: as people name it.
        line: where, None for the whole of it.
        message: what is wrong.
        column: where in the line.
    """
    hint = "Mend it, or write down what matters of it: volon pause-task --from FILE.json (volon schema pause-request)"
    return UnreadableRecord(Problem(path, line, column, None, "import.unreadable", message, hint))


def too_large(path: str, size: int) -> Corrupt:
    """The error for a file that is larger than any handoff."""
    message = f"{path} has {size:,} bytes; at most {MOST_BYTES:,} are read of a handoff."
    return Corrupt(message, hints=["Cut it down to what matters, or name another file."])
