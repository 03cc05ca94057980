"""What a capsule has no room for: the user's own texts, whole, in a section of the checkpoint.

A capsule is short, a checkpoint need not be. Each text that got shorter stands under `## In full` in a fenced block of
its own, in the words `pause-task` takes: one entry a line, `PATH: why`, `CMD => OUTCOME`. The next pause goes on from
it. A capsule that was edited by hand and then overwritten stands there too, whole. Without either there is no section.

Source: contract §2.1, §3 (capsule, checkpoint: enough by itself to resume from).
"""

from __future__ import annotations

from volon.model.records.capsulevalues import CommandOutcome, KeyFile
from volon.model.syntax import markdown
from volon.model.syntax.gitpath import quote_path, unquote_path
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from volon.model.records.capsulevalues import Capsule
    from volon.model.syntax.frontmatter import Document

TITLE = "In full"
FIELDS = (
    *("note", "summary", "goal", "plan", "key_files", "commands"),
    *("next_actions", "questions", "blockers"),
)
OVERWRITTEN = "overwritten"
"""The capsule that the pause overwrote, when nothing else had all of it."""
_INTRO = "The texts that the capsule has no room for."
_LISTS = ("next_actions", "questions", "blockers")
_LEVEL = 3


def shortened(whole: Capsule, fitted: Capsule) -> dict[str, str]:
    """The user's texts that fitting changed, by field, as they were before.

    Args:
        whole: normalised, not yet trimmed.
        fitted: what was left of it.
    """
    return {name: text for name in FIELDS if (text := _text(whole, name)) != _text(fitted, name)}


def restored(capsule: Capsule, written: Capsule, full: Mapping[str, str]) -> Capsule:
    """A capsule with its whole texts back; a field that somebody edited since it was written stays as edited.

    Args:
        capsule: as it is now.
        written: as its pause wrote it.
        full: what the same pause's checkpoint has in full.
    """
    names = (name for name in FIELDS if name in full and getattr(capsule, name) == getattr(written, name))
    changed: dict[str, Any] = {name: _value(name, full[name]) for name in names}
    return replace(capsule, **changed)


def render(full: Mapping[str, str]) -> str:
    """The section as it stands at the end of a checkpoint; nothing when nothing got shorter."""
    if not full:
        return ""
    parts = (f"### {name}\n\n{markdown.code_block(text)}\n" for name, text in full.items())
    return "\n".join([f"\n## {TITLE}\n\n{_INTRO}\n", *parts])


def parse(document: Document) -> dict[str, str]:
    """Each text of the section, by field."""
    text = document.section(TITLE) or ""
    blocks = ((one.title, markdown.first_code_block(text[one.start : one.end])) for one in _parts(text))
    return {name: block.removesuffix("\n") for name, block in blocks if block is not None}


def _parts(text: str) -> tuple[markdown.Section, ...]:
    return markdown.sections(text, _LEVEL) if text else ()


def _text(capsule: Capsule, name: str) -> str:
    if name == "key_files":
        named = ((quote_path(one.path), one.why) for one in capsule.key_files)
        return "\n".join(f"{path}: {why}" if why else path for path, why in named)
    if name == "commands":
        return "\n".join(f"{one.command} => {one.outcome}" for one in capsule.commands)
    value = getattr(capsule, name)
    return "\n".join(value) if name in _LISTS else value or ""


def _value(name: str, text: str) -> object:
    if name == "key_files":
        pairs = (line.partition(": ") for line in text.split("\n"))
        return tuple(KeyFile(unquote_path(path), why) for path, _, why in pairs)
    if name == "commands":
        outcomes = (line.rpartition(" => ") for line in text.split("\n"))
        return tuple(CommandOutcome(command, outcome) for command, _, outcome in outcomes)
    return tuple(text.split("\n")) if name in _LISTS else text
