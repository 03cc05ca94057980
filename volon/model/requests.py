"""What a user asks for, checked as soon as it is said: plain values that the use-cases take.

`pause-task --from` takes the same request as JSON; its fields are `REQUEST_FIELDS`, and `volon schema pause-request`
prints them.

Source: contract §4 (flags), §7 (`--from`).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.text import clip_line
from volon.patterns import pattern
from volon.plain import dataclass, fields, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

MODES = ("soft", "restart", "compact")
CONFIDENCES = ("high", "medium", "low")
BLOCKER_TYPES = ("external", "human_action", "technical")
PRIORITIES = ("A", "B", "C")
MAX_NEXT = 3
MAX_ITEMS = 100
MAX_TEXT = 20_000
MAX_ALL = 1_000_000
"""What one request may hold: entries in a list, characters in a text, characters altogether."""

_LISTS = (
    *("next_actions", "questions", "blockers", "key_files", "commands", "completed"),
    *("include_ignored", "allow_secrets"),
)
_TEXTS = ("mode", "note", "task", "plan", "goal", "confidence", "summary", "tokens")
_OPTIONS = {
    "next_actions": "--next",
    "questions": "--question",
    "blockers": "--blocker",
    "key_files": "--key-file",
    "commands": "--cmd",
    "include_ignored": "--include-ignored",
    "allow_secrets": "--allow-secret",
    "note": "the note",
    "mode": "the mode",
}
_SURROGATE = pattern("[\ud800-\udfff]")
_KEEP = "Keep what matters to whoever goes on; put the rest into a file and name it with --key-file."
_NUMBER = pattern(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequest:
    """What `pause-task` was told; None or empty means: not said.

    Attributes:
        next_actions: at most three.
        key_files: `PATH` or `PATH: why`.
        commands: `CMD => OUTCOME`.
        tokens: `USED/LIMIT`, two whole numbers.
        include_ignored: patterns of ignored files that are saved too.
        allow_secrets: fingerprints of files that look secret and are saved all the same.
        no_snapshot: the records only; files are not saved.
        going_on: the work goes on at once, so that no hook is told of a pause.
    """

    mode: str = "soft"
    note: str | None = None
    task: str | None = None
    plan: str | None = None
    goal: str | None = None
    confidence: str | None = None
    summary: str | None = None
    tokens: str | None = None
    next_actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    key_files: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    include_ignored: tuple[str, ...] = ()
    allow_secrets: tuple[str, ...] = ()
    no_snapshot: bool = False
    commit_state: bool = False
    dry_run: bool = False
    going_on: bool = False

    @classmethod
    def of(
        cls,
        *,
        no_snapshot: bool = False,
        commit_state: bool = False,
        dry_run: bool = False,
        **said: str | Iterable[str] | None,
    ) -> Self:
        """Build a request from what the command line gave, empty lists and texts meaning *not said*.

        Raises:
            UsageError: a value is not allowed; the message names the option.
        """
        values: dict[str, Any] = {name: _said(name, said.get(name)) for name in _TEXTS}
        values |= {name: _texts(said.get(name)) for name in _LISTS}
        values["mode"] = values["mode"] or "soft"
        return cls(**values, no_snapshot=no_snapshot, commit_state=commit_state, dry_run=dry_run).checked()

    def with_note(self, note: str) -> Self:
        """Return the request with a note that was asked for; an empty one leaves it to volon to derive one."""
        return replace(self, note=_text(note)).checked()

    def _check_sizes(self) -> None:
        texts = {name: (getattr(self, name) or "",) for name in _TEXTS} | {name: getattr(self, name) for name in _LISTS}
        for name, values in texts.items():
            option = _OPTIONS.get(name, f"--{name}")
            if len(values) > MAX_ITEMS:
                message = f"{len(values):,} times {option} were given; at most {MAX_ITEMS} are taken."
                raise UsageError(message, hints=[_KEEP])
            if (longest := max(map(len, values), default=0)) > MAX_TEXT:
                message = f"{option} has {longest:,} characters; at most {MAX_TEXT:,} are taken."
                raise UsageError(message, hints=[_KEEP])
        if (size := sum(len(text) for values in texts.values() for text in values)) > MAX_ALL:
            message = f"The request has {size:,} characters; at most {MAX_ALL:,} are taken."
            raise UsageError(message, hints=[_KEEP])

    def with_json(self, text: str, source: str) -> Self:
        """Return the request with what the JSON says; what the command line said wins.

        Raises:
            UsageError: it is no JSON object, has an unknown key or a value of the wrong kind.
        """
        given = _json_object(text, source)
        empty = PauseRequest()
        said = {item.name for item in fields(self) if getattr(self, item.name) != getattr(empty, item.name)}
        update: dict[str, Any] = {name: _typed(name, value, source) for name, value in given.items()}
        return replace(self, **{name: value for name, value in update.items() if name not in said}).checked()

    def checked(self) -> Self:
        """Return itself when every value is allowed.

        Raises:
            UsageError: a value is not allowed.
        """
        self._check_sizes()
        _choice("mode", self.mode, MODES)
        if self.confidence is not None:
            _choice("--confidence", self.confidence, CONFIDENCES)
        if len(self.next_actions) > MAX_NEXT:
            message = f"{len(self.next_actions)} next actions were given; at most {MAX_NEXT} fit a capsule."
            raise UsageError(message, hints=["Keep the three that matter; put the rest into --plan."])
        for command in self.commands:
            if "=>" not in command:
                message = f"--cmd '{command}' says no outcome."
                raise UsageError(message, hints=[f"--cmd '{command} => pass'"])
        if self.tokens is not None:
            self.token_counts()
        return self

    def token_counts(self) -> tuple[int, int] | None:
        """Return (used, limit), or None when not said.

        Raises:
            UsageError: it is not two whole numbers with a slash between.
        """
        if self.tokens is None:
            return None
        used, slash, limit = self.tokens.replace(",", "").replace("_", "").partition("/")
        counts = [int(part) for part in (used.strip(), limit.strip()) if _NUMBER.fullmatch(part)]
        if not slash or len(counts) != len(("used", "limit")) or not counts[1]:
            message = f"--tokens '{clip_line(self.tokens, 40)}' is not USED/LIMIT."
            raise UsageError(message, hints=["--tokens 85000/200000"])
        return counts[0], counts[1]

    @property
    def says_something(self) -> bool:
        """Whether anything was said that a new capsule should hold."""
        bare = replace(
            self, mode="soft", task=None, no_snapshot=False, commit_state=False, dry_run=False, going_on=False
        )
        return bare != PauseRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequest:
    """What `resume-task` and `continue` were told; `checkpoint` is the number as typed (`1`, `01`).

    Attributes:
        going_on: this process has just paused it, and nothing happened to it since: no hook is asked.
    """

    note: str | None = None
    checkpoint: str | None = None
    task: str | None = None
    short: bool = False
    strict: bool = False
    force: bool = False
    dry_run: bool = False
    replay: bool = False
    restore: bool = False
    going_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What `restore` was told.

    Attributes:
        checkpoint: the number as typed, or a uid.
        paths: files and directories below the top of the working tree; everything when empty.
        exact: remove untracked files that the checkpoint does not know.
        onto: merge into this commit.
        conflicts: write files with conflict markers where the merge has conflicts.
        worktree: a directory for a new working tree.
        yes: overwriting and removing is agreed to.
        typed: the command that asks for all this but `yes`, as a person here would type it.
    """

    checkpoint: str
    paths: tuple[str, ...] = ()
    exact: bool = False
    onto: str | None = None
    conflicts: bool = False
    worktree: str | None = None
    yes: bool = False
    dry_run: bool = False
    typed: str = ""

    def __post_init__(self) -> None:
        """Refuse what makes no sense together before anything is read."""
        if self.onto is not None and (self.paths or self.exact):
            raise UsageError("--onto brings everything that was saved; --path and --exact do not go with it.")
        if self.conflicts and self.onto is None:
            raise UsageError("--conflicts says what to do when --onto has conflicts.")
        if self.paths and self.exact:
            raise UsageError("--exact is about the whole working tree; it does not go with --path.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRequest:
    """What `volon handoff …` was told.

    Attributes:
        checkpoint: the number or uid as typed; None for the latest of the task at hand.
        remote: its name; None for the branch's own, else `origin`, else the only one.
        file: of `export` and `import`.
        allow_secrets: fingerprints of what looks secret and may leave.
        task: whose claim it is.
        take_over: the clone whose claim is replaced.
    """

    checkpoint: str | None = None
    remote: str | None = None
    file: str = ""
    allow_secrets: tuple[str, ...] = ()
    task: str | None = None
    take_over: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What `volon task …` was told; `subject` is a title or an id."""

    subject: str
    priority: str = "B"
    description: str = ""
    acceptance: tuple[str, ...] = ()
    note: str = ""
    blocker_type: str = "external"
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse what is not allowed before anything is read."""
        _choice("--priority", self.priority, PRIORITIES)
        _choice("--type", self.blocker_type, BLOCKER_TYPES)


def request_schema() -> dict[str, object]:
    """Return the JSON Schema of `pause-task --from`."""
    text = {"type": "string", "maxLength": MAX_TEXT}
    properties: dict[str, object] = dict.fromkeys(_TEXTS, text)
    properties |= {name: {"type": "array", "items": text, "maxItems": MAX_ITEMS} for name in _LISTS}
    properties["mode"] = {"enum": list(MODES)}
    properties["confidence"] = {"enum": list(CONFIDENCES)}
    properties["next_actions"] = {"type": "array", "items": text, "maxItems": MAX_NEXT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "volon/pause-request@1",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _json_object(text: str, source: str) -> dict[str, object]:
    import json  # noqa: PLC0415  few requests are JSON

    hints = ["volon schema pause-request"]
    try:
        given = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        message = f"{source} is not JSON."
        raise UsageError(message, causes=[str(error)], hints=hints) from error
    if not isinstance(given, dict):
        message = f"{source} is not a JSON object."
        raise UsageError(message, hints=hints)
    unknown = sorted(set(given) - {*_TEXTS, *_LISTS})
    if unknown:
        message = f"{source} has unknown keys: {', '.join(unknown)}."
        known = ", ".join(sorted((*_TEXTS, *_LISTS)))
        raise UsageError(message, hints=[f"The keys are {known}.", *hints])
    return given


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    given = dict(pairs)
    if len(given) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in given if names.count(name) > 1)
        message = f"the key {clip_line(twice, 40)!r} stands there twice"
        raise ValueError(message)
    return given


def _refuse_surrogates(name: str, texts: Iterable[str], source: str) -> None:
    if any(_SURROGATE.search(text) for text in texts):
        message = f"{source}: {name} holds half a character (a lone surrogate such as \\ud800)."
        raise UsageError(message, hints=["Write the text as UTF-8."])


def _typed(name: str, value: object, source: str) -> object:
    if name in _TEXTS and isinstance(value, str):
        _refuse_surrogates(name, [value], source)
        return _said(name, value) or ("soft" if name == "mode" else None)
    if name in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        _refuse_surrogates(name, value, source)
        return _texts(value)
    wanted = "a text" if name in _TEXTS else "a list of texts"
    message = f"{source}: {name} is not {wanted}."
    raise UsageError(message, hints=["volon schema pause-request"])


def _choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        import difflib  # noqa: PLC0415  only for a typing error

        message = f"{option} '{value}' is not one of {', '.join(choices)}."
        near = difflib.get_close_matches(value, choices, n=1) or choices[:1]
        raise UsageError(message, hints=[f"For example: {option} {near[0]}"])


def _said(name: str, value: object) -> str | None:
    """A text as it was said: a plan keeps the indentation of its first line."""
    text = _text(value)
    if text is None or name != "plan":
        return text
    whole = str(value).rstrip()
    return whole[whole.rfind("\n", 0, whole.index(text)) + 1 :]


def _text(value: object) -> str | None:
    return (str(value).strip() or None) if value is not None else None


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, (list, tuple)) else ()
    return tuple(text for item in items if (text := str(item).strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateRequest:
    """What `validate` was told.

    Attributes:
        paths: files or directories as the user named them, absolute; all records when empty.
        staged: judge the index instead of the working tree, and only what the next commit changes.
        strict: warnings count as errors.
    """

    paths: tuple[str, ...] = ()
    staged: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What `run` was told.

    Attributes:
        argv: the command and its arguments, as typed.
        directory: where it is to run, absolute.
        task: what it is run for; the task in progress when None.
    """

    argv: tuple[str, ...]
    directory: str
    task: str | None = None
