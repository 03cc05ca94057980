"""What Get-Shit-Done writes when work is paused: `.planning/HANDOFF.json`, and `.continue-here.md` beside the work.

The JSON has fields for each thing; the Markdown a frontmatter and tags of its own around lists. Neither names a commit
or a branch.

Source: the workflow `pause-work` of get-shit-done-cc 1.42.3, as of 2026-11-22; peers.md, origins.md §6.
"""

from __future__ import annotations

import json

from volon.model.imports.source import Source, front, inside, unreadable
from volon.model.syntax.frontmatter import Document
from volon.model.text import one_line, parse_time
from volon.patterns import pattern
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME, BESIDE = "HANDOFF.json", (".continue-here.md", ".continue-here")
HOME = ".planning"
_KNOWN = frozenset({"next_action", "context_notes", "completed_tasks", "remaining_tasks", "phase_name"})
_ITEM = pattern(r"[ \t]*(?:[-*]|\d{1,4}\.)[ \t]+(?:\[[ xX]\][ \t]+)?(.*)")
_START = "start with:"
_DEEP = 20
_DONE = ("done", "complete", "completed")


def read_json(data: bytes, path: str, key: str) -> Source:
    """Return what a `HANDOFF.json` says.

    Args:
        data: the file.
        path: as people name it.
        key: what tells it from others.

    Raises:
        UnreadableRecord: it is no such file.
    """
    said = _object(data, path)
    tasks = [*_rows(said, "completed_tasks"), *_rows(said, "remaining_tasks")]
    phase = " ".join(filter(None, (_text(said, "phase"), _text(said, "phase_name"))))
    human = [_text(row, "action") for row in _rows(said, "human_actions_pending")]
    return replace(
        _bare(path, key, _text(said, "timestamp"), phase),
        note=_text(said, "context_notes") or _text(said, "next_action"),
        plan="\n".join(_plan(said, tasks)),
        next_actions=tuple(filter(None, (_text(said, "next_action"), *human))),
        blockers=tuple(filter(None, map(_blocker, _rows(said, "blockers")))),
        key_files=inside(one for one in _items(said, "uncommitted_files") if isinstance(one, str)),
        completed=tuple(_name(row) for row in tasks if _text(row, "status") in _DONE),
    )


def _bare(path: str, key: str, at: str, phase: str) -> Source:
    """What both of its files say alike."""
    goal = f"Phase {phase}" if phase else ""
    return Source(kind="gsd", name=path, key=key, at=parse_time(at), goal=goal)


def _object(data: bytes, path: str) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except json.JSONDecodeError as error:
        raise unreadable(path, error.lineno, f"it is no JSON: {error.msg}", error.colno) from error
    except RecursionError as error:
        raise unreadable(path, 1, "its values are nested too deeply") from error
    except ValueError as error:
        raise unreadable(path, 1, f"it is no JSON: {error}") from error
    if not isinstance(said, dict) or not _KNOWN & said.keys():
        raise unreadable(path, 1, f"it has none of the fields of a {NAME} of GSD")
    if not _shallow(said, _DEEP):
        raise unreadable(path, 1, "its values are nested too deeply")
    return said


def _shallow(value: object, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left > 0 and all(_shallow(one, left - 1) for one in inner)


def _plan(said: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[str]:
    place = [f"{word} {_text(said, word)}" for word in ("plan", "task") if _text(said, word)]
    if place:
        total = _text(said, "total_tasks")
        yield ", ".join(place) + (f" of {total}" if total else "")
    for row in tasks:
        mark = "x" if _text(row, "status") in _DONE else " "
        yield f"- [{mark}] {_name(row)}"
    for row in _rows(said, "decisions"):
        why = _text(row, "rationale")
        yield f"- Decided: {_text(row, 'decision')}" + (f" ({why})" if why else "")


def _name(row: dict[str, Any]) -> str:
    more = _text(row, "progress") or _text(row, "commit")
    return one_line(_text(row, "name") + (f" ({more})" if more else ""))


def _blocker(row: dict[str, Any]) -> str:
    kind, way = _text(row, "type"), _text(row, "workaround")
    return _text(row, "description") + (f" ({kind})" if kind else "") + (f"; workaround: {way}" if way else "")


def _text(row: dict[str, Any], name: str) -> str:
    """A text or a number, in one line; empty for everything else."""
    value = row.get(name)
    return one_line(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _items(row: dict[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    return value if isinstance(value, list) else []


def _rows(row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in _items(row, name) if isinstance(one, dict)]


def read_markdown(data: bytes, path: str, key: str) -> Source:
    """Return what a `.continue-here.md` says.

    Args:
        data: the file.
        path: as people name it.
        key: what tells it from others.

    Raises:
        UnreadableRecord: its frontmatter cannot be read, or it has none of the parts of such a file.
    """
    document = Document.parse(data, path)
    parts = {name: _part(document.body, name) for name in _PARTS}
    if not any(parts.values()):
        raise unreadable(path, 1, "it has none of the parts of a .continue-here file, such as <current_state>")
    task, total, phase = (front(document, name) for name in ("task", "total_tasks", "phase"))
    place = f"Task {task} of {total}\n" if task and total else ""
    action = one_line(parts["next_action"])
    if action.lower().startswith(_START):
        action = action[len(_START) :].strip()
    state, thoughts = one_line(parts["current_state"]), parts["context"]
    decided = (f"- Decided: {item}" for item in _list(parts["decisions_made"]))
    left = (f"- [ ] {item}" for item in _list(parts["remaining_work"]))
    return replace(
        _bare(path, key, front(document, "last_updated"), phase),
        note=state or one_line(thoughts) or action,
        plan=place + "\n".join((*left, *decided, *filter(None, (thoughts if state else "",)))),
        next_actions=(action,) if action else (),
        blockers=_list(parts["blockers"]),
        completed=tuple(item for item in _list(parts["completed_work"]) if not item.endswith(":")),
    )


_PARTS = (
    *("current_state", "completed_work", "remaining_work", "decisions_made"),
    *("blockers", "context", "next_action"),
)


def _part(body: str, name: str) -> str:
    """What stands between a tag and its end, each at the beginning of a line; empty when one of them is missing."""
    text = "\n" + body.replace("\r\n", "\n")
    start = text.find(f"\n<{name}>")
    end = text.find(f"\n</{name}>", start + 1) if start >= 0 else -1
    return text[start + len(name) + 3 : end].strip() if end >= 0 else ""


def _list(text: str) -> tuple[str, ...]:
    """The items of a list; lines that begin none go on with the one before."""
    found: list[str] = []
    for line in text.split("\n"):
        if match := _ITEM.fullmatch(line):
            found.append(match[1])
        elif found and line.strip():
            found[-1] = f"{found[-1]} {line.strip()}"
    return tuple(one_line(item) for item in found if item.strip())
