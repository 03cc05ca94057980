"""The seven sections of a capsule as Markdown, there and back.

Reading is lenient, because capsules are also written by agents and people; writing has one form.

Source: origins §2.2 (the sections and what stands in them).
"""

from __future__ import annotations

from volon.light import lru_cache
from volon.model.ids import is_short_commit
from volon.model.records.capsulevalues import CommandOutcome, KeyFile
from volon.model.records.task import BOXES, AcceptanceItem, boxed, bullets, checklist
from volon.model.syntax import markdown
from volon.model.syntax.gitpath import quote_path, unquote_path
from volon.model.text import block, clip_words, lf, one_line
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from volon.model.records.capsulevalues import Capsule

TITLES = (
    "Goal",
    "Current plan / hypothesis",
    "State markers",
    "Evidence",
    "Next 1–3 actions",
    "Open questions / blockers",
    "Non-goal reminders",
)
_NOTHING = "None recorded."
_BLOCKER = "**Blocker**: "
_NONES = {"none", "none.", "none recorded", "none recorded."}
_MORE = pattern(r"… \d+ more\b")
_BETWEEN = pattern(r" (?:—|–|-|->|→|=>) |: ")
_SEPARATORS = ("—", "–", "->", "→", "=>", ":")
_MOST_DIGITS, _INDENT = 3, 3
_ENDS = frozenset(".)")
"""What ends the number of an action."""


def render_body(capsule: Capsule, more: Mapping[str, int]) -> dict[str, str]:
    """The values of the template's places, by name; `more` says how many entries of a list were left out."""
    return {
        "goal": markdown.escape_line(capsule.goal) or _NOTHING,
        "acceptance": _listed((_check(item) for item in capsule.acceptance), more.get("acceptance", 0)),
        "plan": markdown.escape(capsule.plan) or _NOTHING,
        "where": "\n".join(_where(capsule)),
        "key_files": _listed(
            (_entry(_path(f.path), " — ", f.why) for f in capsule.key_files), more.get("key_files", 0)
        ),
        "commands": _listed(
            (_entry(markdown.code_span(c.command), " → ", c.outcome) for c in capsule.commands), more.get("commands", 0)
        ),
        "diffstat": markdown.code_block(capsule.diffstat) if capsule.diffstat else "No tracked changes.",
        "untracked": _listed((f"- {_path(path)}" for path in capsule.untracked), more.get("untracked", 0)),
        "paused_commit": f"`{capsule.paused_commit}`" if capsule.paused_commit else "none (no commit yet)",
        "next_actions": "\n".join(_numbered(capsule.next_actions)) or _NOTHING,
        "questions": _questions(capsule, more),
    }


def _check(item: AcceptanceItem) -> str:
    return f"- [{'x' if item.done else ' '}] {markdown.escape_line(item.text)}"


def _path(path: str) -> str:
    return markdown.code_span(quote_path(path))


def _entry(code: str, separator: str, text: str) -> str:
    return f"- {code}{separator}{text}" if text else f"- {code}"


def _listed(entries: Iterable[str], more: int, nothing: str = _NOTHING) -> str:
    lines = list(entries)
    if more:
        lines.append(f"- … {more} more")
    return "\n".join(lines) or nothing


def _numbered(actions: Iterable[str]) -> list[str]:
    return [f"{number}. {markdown.escape_line(action)}" for number, action in enumerate(actions, 1)]


def _questions(capsule: Capsule, more: Mapping[str, int]) -> str:
    blockers = [f"- [ ] {_BLOCKER}{text}" for text in capsule.blockers]
    questions = [f"- [ ] {markdown.escape_line(text)}" for text in capsule.questions]
    return _listed([*blockers, *questions], more.get("blockers", 0) + more.get("questions", 0), "None.")


def _where(capsule: Capsule) -> list[str]:
    """For people; programs read the frontmatter."""
    worktree = "main worktree" if capsule.worktree in (None, ".") else _path(_short(capsule.worktree))
    lines = [f"- Branch: {_path(_short(capsule.branch)) if capsule.branch else 'none (detached HEAD)'}"]
    lines.append(f"- Worktree: {worktree}")
    if capsule.upstream:
        lines.append(f"- Upstream: {_path(_short(capsule.upstream))}")
    if capsule.operation:
        lines.append(f"- In progress: {_short(capsule.operation)}")
    return lines


def _short(text: str) -> str:
    return clip_words(text, 8)


@lru_cache(maxsize=1)
def parse_body(body: str) -> Mapping[str, Any]:
    """The values of `BODY`, and `body_branch`, `body_worktree` and `evidence_commit` for the frontmatter's sake.

    The last answer is kept, because a capsule is read and then checked.
    """
    text = lf(body)
    parts = {title: _section(text, title) for title in TITLES}
    goal, acceptance = _goal(parts[TITLES[0]])
    markers, evidence = _labelled(parts[TITLES[2]]), _labelled(parts[TITLES[3]])
    questions = [item.text for item in _open_items(parts[TITLES[5]])]
    return {
        "goal": goal,
        "acceptance": acceptance,
        "plan": _unless_nothing(block(parts[TITLES[1]])),
        "key_files": tuple(KeyFile(unquote_path(path), why) for path, why in _pairs(_under(markers, "key files"))),
        "commands": tuple(CommandOutcome(*pair) for pair in _pairs(_under(markers, "commands"))),
        "diffstat": block(markdown.first_code_block(parts[TITLES[3]]) or ""),
        "untracked": tuple(unquote_path(path) for path, _ in _pairs(_under(evidence, "untracked"))),
        "next_actions": _actions(parts[TITLES[4]]),
        "questions": tuple(markdown.unescape_line(text) for text in questions if not text.startswith(_BLOCKER)),
        "blockers": tuple(text.removeprefix(_BLOCKER) for text in questions if text.startswith(_BLOCKER)),
        "body_branch": _marker(parts[TITLES[2]], "branch"),
        "body_worktree": _marker(parts[TITLES[2]], "worktree"),
        "evidence_commit": _commit(_under(evidence, "paused_commit")),
    }


def _section(text: str, title: str) -> str:
    found = markdown.find_section(text, title)
    return "" if found is None else text[found.start : found.end].strip("\n")


def _unless_nothing(text: str) -> str:
    return "" if text == _NOTHING else markdown.unescape(text)


def _goal(text: str) -> tuple[str, tuple[AcceptanceItem, ...]]:
    """The goal is what stands above the acceptance criteria, or above the first check box when they have no label."""
    lines = text.split("\n")
    cut = next((n for n, line in enumerate(lines) if line.startswith("**Acceptance criteria")), None)
    if cut is None:
        boxes = (n for n, line in enumerate(lines) if (markdown.entry_of(line.lstrip()) or "")[:3] in BOXES)
        cut = next(boxes, len(lines))
    goal = one_line(_unless_nothing("\n".join(lines[:cut]).strip()))
    items = checklist("\n".join(lines[cut:]))
    return goal, tuple(AcceptanceItem(markdown.unescape_line(item.text), item.done) for item in items)


def _labelled(text: str) -> dict[str, str]:
    """What stands under each `**Label**` line, by lower-case label; text behind the label comes first."""
    parts: dict[str, list[str]] = {}
    label = ""
    for line in markdown.walk(text):
        found = None if line.fenced else _label(line.text)
        if found:
            label, rest = found
            parts[label] = [rest]
        elif not line.fenced:
            parts.setdefault(label, []).append(line.text)
    return {name: "\n".join(lines) for name, lines in parts.items()}


def label_of(line: str) -> str | None:
    """The label that a line such as `**Key files touched**` begins with, in lower case; None when it has none."""
    found = _label(line)
    return found[0] if found else None


def is_entry(text: str) -> bool:
    """Whether a bullet's text is an entry of a list, not the word that there is none or that there are more."""
    return not _says_more(text) and text.strip().lower() not in _NONES


def _says_more(text: str) -> bool:
    return text[:1] == "…" and _MORE.match(text) is not None


def _label(line: str) -> tuple[str, str] | None:
    found = markdown.bold(line, "**")
    return (found[0].strip().rstrip(":").casefold(), found[1].removeprefix(":").lstrip(" \t")) if found else None


def _under(parts: Mapping[str, str], label: str) -> str:
    return next((text for name, text in parts.items() if name.startswith(label)), "")


def _pairs(text: str) -> list[tuple[str, str]]:
    """Entries such as ``- `path` — why``, with or without the code marks; the "… n more" entry is not one."""
    return [_pair(entry) for entry in bullets(text) if is_entry(entry)]


def _pair(entry: str) -> tuple[str, str]:
    code = markdown.parse_code_span(entry)
    if code is not None:
        return code[0], _without_separator(code[1])
    words = " ".join(entry.split())
    found = _BETWEEN.search(words)
    return (words, "") if found is None else (words[: found.start()], words[found.end() :])


def _without_separator(text: str) -> str:
    rest = text.lstrip()
    is_dash = rest[:1] == "-" and len(rest) < len(text) and rest[1:2].isspace()
    mark = next(filter(rest.startswith, _SEPARATORS), "-" if is_dash else "")
    return rest.removeprefix(mark).strip()


def _actions(text: str) -> tuple[str, ...]:
    actions: list[str] = []
    for line in markdown.walk(text):
        action = None if line.fenced else _action(line.text)
        if action is not None:
            actions.append(markdown.unescape_line(one_line(action)))
        elif actions and line.text[:2] == "  " and line.text.strip():
            actions[-1] = one_line(f"{actions[-1]} {line.text.strip()}")
    return tuple(action for action in actions if action)


def _action(line: str) -> str | None:
    """What stands behind the number that a line begins with; None when there is none."""
    text = line.lstrip(" ")
    size = next((place for place in range(1, _MOST_DIGITS + 1) if text[place : place + 1] in _ENDS), 0)
    is_numbered = text[:size].isdecimal() and len(line) - len(text) <= _INDENT
    return markdown.entry_of(text[size:], _ENDS) if is_numbered else None


def _open_items(text: str) -> list[AcceptanceItem]:
    """Open check boxes, and plain bullets; `None.` and ticked boxes are nothing open."""
    found = []
    for entry in bullets(text):
        box = boxed(entry) if entry not in BOXES else None
        words = box[1] if box else entry
        nothing = words in {"None.", _NOTHING} or (not box and words.lower() in _NONES)
        if not (box and box[0]) and not _says_more(entry) and not nothing:
            found.append(AcceptanceItem(words))
    return found


def _marker(text: str, name: str) -> str | None:
    pairs = (line.lstrip(" \t").partition(":") for line in text.split("\n"))
    found = next((rest.lstrip("*") for key, colon, rest in pairs if colon and _is_bullet_of(key, name)), "")
    code = markdown.parse_code_span(found.strip())
    return (unquote_path(code[0]) if code else found.strip()) or None


def _is_bullet_of(key: str, name: str) -> bool:
    return (markdown.entry_of(key) or "").strip(" \t").strip("*").lower() == name


def _commit(text: str) -> str | None:
    words = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in text).split()
    return next(filter(is_short_commit, words), None)
