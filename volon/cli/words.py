"""The everyday commands' words, read without typer, which takes longer to load than these commands take to run.

One table says which commands and which of their options are known here. Whatever is not plainly one of these (help, an
option or a word too many, a value that begins with a dash, a repeated option) is not read but left to typer, and so is
every mistake. `tests/functional/test_words.py` holds the table against typer's own, and compares what both make of
many command lines.

Source: performance (rows 3 to 6).
"""

from __future__ import annotations

from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

MANY = 1_000_000
"""More words than a command line can hold."""


@dataclass(frozen=True, slots=True)
class Form:
    """One command: the function of `volon.cli.everyday` that runs it, and what may follow its name.

    Attributes:
        words: how many plain words.
        flags: option → parameter.
        values: option that has one value → parameter.
        lists: option that may be repeated → parameter.
        ends: `--` may end the options, and all after it are words.
    """

    run: str
    words: int = 0
    flags: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the command, the values of its parameters, those of every command, and `-C` before it."""

    run: str
    said: dict[str, Any]
    shared: dict[str, Any]
    start: str | None


_SHARED = {"--json": "json", "--quiet": "quiet", "-q": "quiet"}
_DRY_RUN = {"--dry-run": "dry_run", "-n": "dry_run"}
_GOING_ON = {"--strict": "strict", "--force": "force", **_DRY_RUN}
_RESUME = Form(
    "resume_task",
    MANY,
    {"--short": "short", "--replay": "replay", "--restore": "restore", **_GOING_ON},
    {"--task": "task", "--checkpoint": "checkpoint"},
)
_PAUSE = Form(
    "pause_task",
    MANY,
    {"--no-snapshot": "no_snapshot", "--commit-state": "commit_state", **_DRY_RUN},
    {
        **{f"--{name}": name for name in ("task", "plan", "goal", "confidence", "summary", "tokens")},
        "--from": "source",
    },
    {
        "--next": "next_actions",
        "--question": "questions",
        "--blocker": "blockers",
        "--key-file": "key_files",
        "--cmd": "commands",
        "--completed": "completed",
        "--include-ignored": "include_ignored",
        "--allow-secret": "allow_secrets",
    },
)
FORMS: dict[tuple[str, ...], Form] = {
    ("status",): Form("status", flags={"--porcelain": "porcelain", "--conflicts": "conflicts"}),
    ("pause-task",): _PAUSE,
    ("pause",): _PAUSE,
    ("resume-task",): _RESUME,
    ("resume",): _RESUME,
    ("continue",): Form("continue_task", 1, _GOING_ON),
    ("brief",): Form("brief", flags={"--agent": "agent"}, values={"--budget": "budget"}),
    ("task", "list"): Form("list_tasks"),
    ("checkpoint", "list"): Form("list_checkpoints", flags={"--files": "files"}),
    ("conduct", "step"): Form(
        "conduct_step",
        MANY,
        {"--last": "last"},
        {"--module": "module", "--round": "number"},
        {"--test": "test", "--imports": "imports", "--lint": "lint"},
        ends=True,
    ),
    ("pipeline", "pause"): Form("pause_pipeline", 1, {"--wait": "wait", "--now": "now"}),
    ("pipeline", "status"): Form("pipeline_status", 1),
    ("validate",): Form("validate", MANY, {"--staged": "staged", "--strict": "strict"}, {"--explain": "rule"}),
}
"""The commands by their names; aliases like the command itself."""


def read(argv: Sequence[str], environ: Mapping[str, str]) -> Read | None:
    """Return what the words mean, or None when that is for typer to say."""
    if "_VOLON_COMPLETE" in environ or not all(argv):
        return None
    rest = list(argv)
    start = rest[1] if rest[:1] == ["-C"] and rest[1:] and rest[1][0] != "-" else None
    rest = rest[2:] if start is not None else rest
    for size in (1, 2):
        if (form := FORMS.get(tuple(rest[:size]))) is not None:
            return _read(form, rest[size:], start)
    return None


def _read(form: Form, rest: list[str], start: str | None) -> Read | None:
    said: dict[str, Any] = {"words": []} if form.words else {}
    shared: dict[str, Any] = {"json": False, "quiet": False, "directory": None}
    left = iter(rest)
    for word in left:
        if word == "--" and form.ends:
            said["words"] += left
        elif word[0] != "-" and form.words:
            said["words"].append(word)
        elif word in form.flags:
            said[form.flags[word]] = True
        elif word in _SHARED:
            shared[_SHARED[word]] = True
        elif not _take_value(form, word, left, said, shared):
            return None
    return Read(form.run, said, shared, start) if len(said.get("words", ())) <= form.words else None


def _take_value(form: Form, word: str, left: Iterator[str], said: dict[str, Any], shared: dict[str, Any]) -> bool:
    """Take an option and its value; False where typer has to say what is wrong, or right."""
    name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
    if not equals:
        value = next(left, "")
    if not value or value[0] == "-":
        return False
    if name in form.lists:
        said.setdefault(form.lists[name], []).append(value)
    elif name in form.values and form.values[name] not in said:
        said[form.values[name]] = value
    elif name == "-C" and shared["directory"] is None:
        shared["directory"] = value
    else:
        return False
    return True
