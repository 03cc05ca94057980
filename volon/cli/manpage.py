"""The manual page, made of what `--help` says: so that `git volon --help`, for which git asks `man`, has an answer.

`docs/generate.py` writes it to docs/man; the wheel puts it where `man` looks beside the programs on PATH.

Source: agents, "CLI conventions" (`git volon --help`); contract §4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from volon import __version__
from volon.cli.app import app
from volon.cli.helping import EXAMPLES, SECTIONS
from volon.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DATE = "2026-11-22"
"""Of the last change of what is not made of the commands; readers of manual pages want one."""
_SHARED = ("json", "quiet", "directory")
_ABOUT = """\
volon writes down where unfinished work stands, with the uncommitted files, so that it can be stopped at any moment
and taken up again, by a person or by a coding agent, here or on another machine. What changed meanwhile is told from
what was written down and from what git says. It needs no server, no daemon and no set-up: the first pause makes what
it needs.

Every command works from any directory of the working tree and from linked working trees, and as `git volon`."""
_FILES = {
    ".volon/, .design/": "The records: tasks, capsules, checkpoints, plans. They are yours to read, edit and commit.",
    "volon.yaml": "Settings, and hooks that run only after `volon trust`.",
    "refs/volon/": "Uncommitted work and each pause, as git objects.",
    "$GIT_DIR/volon/": "Lock, journal and log of operations; nothing of it comes with a clone.",
    "$XDG_STATE_HOME/volon/": "What you approved to run by itself.",
    "$XDG_CACHE_HOME/volon/": "What may be deleted at any time.",
}
_ENVIRONMENT = {
    "NO_COLOR": "Where it is set and not empty, nothing is coloured.",
    "FORCE_COLOR, CLICOLOR_FORCE": "Colour, even where the output is no terminal.",
    "XDG_STATE_HOME, XDG_CACHE_HOME": "Where files of your own lie; without them ~/.local/state and ~/.cache.",
    "VOLON_DEBUG": "Where it is set, `volon hook` says on standard error what it did not do, and why.",
    "CI": "Where it is set, nothing moves on the screen.",
    "GIT_INDEX_FILE": "The index that `volon validate --staged` looks at, when it lies in the git directory.",
}
_SEE = ("git(1)", "git-stash(1)", "git-worktree(1)")


def manual_page() -> str:
    """Return docs/man/volon.1."""
    root: Any = typer.main.get_command(app)
    shown = root.commands["status"]
    parts = [
        f'.\\" Made by docs/generate.py; do not edit.\n.TH VOLON 1 {_DATE} "volon {__version__}" "volon"',
        _section(
            "NAME", "volon, git\\-volon \\- pause unfinished work in any git repository, and come back to the truth"
        ),
        _section("SYNOPSIS", ".B volon\n[\\fB\\-C\\fR \\fIDIR\\fR] \\fICOMMAND\\fR [\\fIOPTIONS\\fR]"),
        _section("DESCRIPTION", _prose(_ABOUT)),
        _section("OPTIONS", "Nearly every command has these:\n" + "\n".join(_options(shown, _SHARED))),
        _section("COMMANDS", "\n".join(_commands(root))),
        _section("EXIT STATUS", _terms({str(int(code)): code.meaning for code in ExitCode})),
        _section("FILES", _terms(_FILES)),
        _section("ENVIRONMENT", _terms(_ENVIRONMENT)),
        _section("SEE ALSO", ", ".join(f"\\fB{_escaped(name[:-3])}\\fR(1)" for name in _SEE)),
    ]
    return "\n".join(parts) + "\n"


def other_name() -> str:
    """Return docs/man/git-volon.1, by which git finds the page."""
    return ".so man1/volon.1\n"


def _section(title: str, text: str) -> str:
    return f".SH {title}\n{text}"


def _commands(root: Any) -> Iterator[str]:  # noqa: ANN401  typer's own copy of click has no public types
    """Each command with its help, those of every day first."""
    first = [name for names in SECTIONS.values() for name in names]
    names = [*first, *(name for name, one in root.commands.items() if name not in first and not one.hidden)]
    for name in names:
        yield from _command(name, root.commands[name])


def _command(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401  as above
    inner = getattr(command, "commands", None)
    if inner is not None:
        for word, one in inner.items():
            if not one.hidden:
                yield from _command(f"{name} {word}", one)
        return
    context = command.context_class(command, info_name=name)
    yield f'.SS "{_escaped(" ".join(("volon", name, *command.collect_usage_pieces(context))))}"'
    yield _prose(command.help)
    yield from _options(command, [one.name for one in command.params if one.name not in _SHARED])
    if name in EXAMPLES:
        yield ".PP\n.EX\n" + "\n".join(_escaped(line) for line in EXAMPLES[name]) + "\n.EE"


def _options(command: Any, names: Iterable[str]) -> Iterator[str]:  # noqa: ANN401  as above
    """What may follow a command; an argument that needs no words has none."""
    context = command.context_class(command, info_name="volon")
    wanted = set(names)
    records = (one.get_help_record(context) for one in command.params if one.name in wanted)
    yield from (_term(record[0], record[1]) for record in records if record and record[1])


def _terms(terms: dict[str, str]) -> str:
    return "\n".join(_term(name, says) for name, says in terms.items())


def _term(name: str, says: str) -> str:
    return f".TP\n.B {_escaped(name)}\n{_inline(says)}"


def _prose(text: str) -> str:
    r"""Paragraphs; what follows a `\b` keeps its lines."""
    parts = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            parts.append(".EX\n" + "\n".join(_escaped(line) for line in paragraph[2:].split("\n")) + "\n.EE")
        else:
            parts.append(_inline(" ".join(paragraph.split())))
    return "\n.PP\n".join(parts)


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _escaped(text))


def _escaped(text: str) -> str:
    """Text that begins no request and holds no character beyond ASCII."""
    plain = text.replace("…", "...").replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    plain = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in plain)
    return f"\\&{plain}" if plain[:1] in {".", "'"} else plain
