"""How what volon writes for agents is known without a manifest's word: by its form, whichever volon it comes from.

A manifest comes with a clone and may come from a stranger, who can put the digest of anybody's file into it. So
nothing is ever taken out or renewed that does not have one of these forms.

Source: issue "Where agents live" (what a person wrote is left alone).
"""

from __future__ import annotations

import json

from volon.model.agents.texts import BEGIN, END, PREFIX, READ_SHARED, SKILLS, Skill, skill_text
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.syntax.jsonc import Json

_GUARD, _AFTER = "command -v volon >/dev/null && ", " || true"
"""Around a hook in a shared file: at a colleague's without volon it does nothing, and no agent speaks of a failure."""
_CALL = pattern(r"volon [a-z][a-z -]*")
_RUN = {"command", "bash", "powershell"}
"""Under which keys a command stands, each in one text, or in a list of its words."""
_BESIDE = frozenset(
    {"type", "args", "timeout", "timeoutSec", "enabled", "refreshInterval", "hooks", "action", "name", "trigger"}
)
"""What else volon says of one."""
_MADE = "// Written by `volon agents install`."
"""How a plugin begins."""
_NAMES = frozenset({*SKILLS, *(f"{PREFIX}{name}" for name in SKILLS)})
_DESCRIBED = pattern(r'description(?:: | = )"([^"\n]*)"')
_BODIES = ("\n---\n", "\nprompt = '''\n", "\ninstructions: |\n")
"""What stands before the body of a skill, in each of its formats."""


def guarded(command: str) -> str:
    """Return a command for a shell that does nothing, and does not fail, where volon is not installed."""
    return f"{_GUARD}{command}{_AFTER}"


def unguarded(command: str) -> str:
    """Return a command without what `guarded` puts around it."""
    return command.removeprefix(_GUARD).removesuffix(_AFTER) if command.startswith(_GUARD) else command


def is_block(added: str) -> bool:
    """Return whether a text is one that volon puts into somebody's file of instructions, with blank lines before it."""
    text = added.lstrip("\n")
    if len(added) - len(text) > len("\n\n"):
        return False
    marked = text.startswith(f"{BEGIN}\n") and text.endswith(f"\n{END}\n")
    return text == READ_SHARED or (marked and text.count(BEGIN) == text.count(END) == 1)


def calls_volon_only(plain: Json) -> bool:
    """Return whether a value from somebody's settings runs volon, and says nothing that volon never says of that."""
    calls = list(_calls(plain))
    return bool(calls) and all(calls)


def is_whole(path: str, data: bytes) -> bool:
    """Return whether a file is one that volon writes from the first byte to the last.

    Args:
        path: of a skill, or of hooks in a file of their own.
        data: the file.
    """
    try:
        text = data.decode().replace("\r\n", "\n")
        return _FORMS.get(path.rpartition(".")[2], _is_skill)(path, text)
    except (ValueError, RecursionError):
        return False


def _calls(plain: Json) -> Iterator[bool]:
    """Whether each command, and each key beside, is volon's."""
    if isinstance(plain, list):
        for one in plain:
            yield from _calls(one)
    if not isinstance(plain, dict):
        return
    for key, value in plain.items():
        if key in _RUN:
            words = value if isinstance(value, list) else [value]
            more = plain.get("args", [])
            said = " ".join(map(str, [*words, *(more if isinstance(more, list) else [more])]))
            yield _CALL.fullmatch(unguarded(said)) is not None
        elif key in {"hooks", "action"}:
            yield from _calls(value)
        elif key not in _BESIDE:
            yield False


def _is_plugin(path: str, text: str) -> bool:  # noqa: ARG001  as of the other forms
    return text.startswith(_MADE)


def _is_hooks(path: str, text: str) -> bool:  # noqa: ARG001  as of the other forms
    said = json.loads(text)
    if not isinstance(said, dict) or set(said) != {"version", "hooks"}:
        return False
    hooks = said["hooks"]
    return calls_volon_only(list(hooks.values()) if isinstance(hooks, dict) else hooks)


def _is_skill(path: str, text: str) -> bool:
    """Whether a skill is laid out as volon lays it out, has one of its names, and says that it is about volon."""
    stem = path.removesuffix("/SKILL.md").rpartition("/")[2].partition(".")[0]
    described = _DESCRIBED.search(text)
    if stem not in _NAMES or described is None or "volon" not in described[1]:
        return False
    bodies = (text.partition(lead)[2] for lead in _BODIES)
    forms = (Skill(stem, described[1], _plain(path, body, described[1])) for body in bodies if "volon " in body)
    return any(skill_text(one, path) == text for one in forms)


def _plain(path: str, body: str, description: str) -> str:
    """The body of a skill, out of what its format wraps around it."""
    if path.endswith(".toml"):
        return body.removesuffix("'''\n")
    if path.endswith(".yaml"):
        lines = body.removesuffix(f"prompt: {description}\n").splitlines()
        return "".join(f"{line[2:]}\n" for line in lines)
    return body


_FORMS = {"ts": _is_plugin, "json": _is_hooks}
"""By the ending of a path; every other is a skill's."""
