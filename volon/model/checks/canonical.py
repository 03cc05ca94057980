"""Recognise a capsule that volon wrote and nobody changed in a way that matters, by one expression for all of it.

The expression is made from the very table of fields and the very template that capsules are written from. It is no
second set of rules: it only tells capsules that surely break none, and what they claim. Whatever it does not know goes
the full way (`inspecting.inspect`); tests and a fuzz target hold that what it does know has no problem there, and the
same gist. Everything it matches is printable, so that blanks and line feeds are the only white space.

Source: performance (row 9), reliability S9 (any faster reader must agree with the strict one).
"""

from __future__ import annotations

import re

from volon.model.checks.claims import What, in_action, spellings, stat_path
from volon.model.checks.gist import CHECKPOINT, Gist
from volon.model.ids import MAX_ID, TASK_ID, ULID
from volon.model.records.capsule import FIELDS, MAX_WORDS, SCHEMA_VERSION
from volon.model.records.capsulevalues import FACTS
from volon.model.records.fields import Kind
from volon.model.text import count_words
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.records.fields import Field

    Recogniser = Callable[[bytes], Gist | None]

_LONGEST = 32 * 1024
_VISIBLE, _BLANKS = bytes(range(ord("!"), ord("~") + 1)), b" \n"
"""Without the first a capsule is its blanks and the bytes of other letters, which remain whole."""
_WRITTEN = [field for field in FIELDS if field.name != "external"]
"""What every capsule that volon wrote has, each on a line of its own."""
_DATE = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_TIME = f"(?!0000)[0-9]{{4}}-(?:{_DATE})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_BARE = "[A-Za-z_][A-Za-z0-9_./@+-]*"
_FORMS: dict[Kind, tuple[str, str]] = {
    Kind.ULID: (ULID.strip("^$"), ""),
    Kind.COMMIT: ("[0-9a-f]{40}(?:[0-9a-f]{24})?", ""),
    Kind.TIME: (_TIME, ""),
    Kind.PATH: (r'(?![/\\])(?![^\n]*\.\.)[^"\\\n]+', ""),
    Kind.NAME: (r'[^"\\\s`]+', _BARE),
    Kind.LINE: (r'[^"\\\n]+', f"{_BARE}(?: [A-Za-z0-9_][A-Za-z0-9_./@+-]*)*"),
    Kind.TASK_ID: ("", rf"(?=[A-Z0-9-]{{1,{MAX_ID}}}\n){TASK_ID.strip('^$')}"),
    Kind.INT: ("", "[1-9][0-9]{0,8}"),
}
"""How a value of each kind is written: in quotes, and bare."""

_PROSE = r'[^"\\\n]*(?:\\["\\][^"\\\n]*)*'
"""What nobody asks for may have escapes."""

_FREE = r"(?! *(?:[#]|```|~~~|[*][*]))[^\n]*"
_CODE = r'- `(?! )[^`"\\\n]*[^`"\\\n ]`'
_FILE = rf"{_CODE}(?: — (?![ (])[^\n]*)?"
_MORE = r"(?:\n- … [0-9]+ more)?"
_NONE = r"None recorded\."
_PLACES = {
    "task_id": "(?P=task_id)",
    "goal": _FREE,
    "acceptance": rf"(?:{_NONE}|- [^\n]*(?:\n- [^\n]*)*+)",
    "plan": rf"{_FREE}(?:\n{_FREE})*",
    "where": r"- Branch: (?:`(?P=branch)`|none \(detached HEAD\))\n- Worktree: [^\n]+"
    r"(?:\n- Upstream: [^\n]+)?(?:\n- In progress: [^\n]+)?",
    "key_files": rf"(?:{_NONE}|(?P<key_files>{_FILE}(?:\n{_FILE})*){_MORE})",
    "commands": rf"(?:{_NONE}|- [`…][^\n]*(?:\n- [`…][^\n]*)*+)",
    "diffstat": r"(?:No tracked changes\.|```text\n(?P<diffstat>(?:(?! *`)[^\n]*\n)*+)```)",
    "untracked": rf"(?:{_NONE}|(?P<untracked>{_CODE}(?:\n{_CODE})*){_MORE})",
    "paused_commit": r"(?:`(?P=paused_commit)`|none \(no commit yet\))",
    "next_actions": rf"(?:{_NONE}|(?P<next_actions>1\. [^\n]*(?:\n2\. [^\n]*(?:\n3\. [^\n]*)?)?))",
    "questions": r"(?:None\.|- [^\n]*(?:\n- [^\n]*)*+)",
}
"""What stands in each place of the template. Free text opens no heading, no fence and no label."""
_PLACE = pattern(r"\\\{\\\{([a-z_]+)\\\}\\\}")
_NAMED = pattern("^- `([^`]+)`", re.MULTILINE)
_COMMITS = ("paused_commit", "upstream_commit", "operation_head", "resumed_commit")

_CLAIMING = (
    *("task_id", "resumed_from", "branch", "key_files", "next_actions", "you_were", "diffstat", "untracked"),
    *(CHECKPOINT, "uid", *_COMMITS, *FACTS),
)
"""What a gist is made of; all that was matched would take five times as long."""


def recogniser(template: str) -> Recogniser:
    """What recognises capsules written from a template: the one that ships with volon."""
    whole = re.compile(_expression(template), re.ASCII)

    def recognise(data: bytes) -> Gist | None:
        """The gist of a capsule that surely has no problem but in what it claims; None for any other."""
        try:
            text = data.decode() if len(data) <= _LONGEST else ""
        except UnicodeDecodeError:
            return None
        match = whole.fullmatch(text)
        rest = data.translate(None, _VISIBLE)
        odd = rest.translate(None, _BLANKS)
        if match is None or b"<<<<<<<" in data or not odd.decode().isprintable():
            return None
        # Where there are too few blanks for more words, none is counted; each field has two of its own.
        more = len(rest) - len(odd) - 2 * len(_WRITTEN) - MAX_WORDS
        few = more < 0 or more < data.count(b"\n\n")
        said = dict(zip(_CLAIMING, match.group(*_CLAIMING), strict=True))
        return _gist(said) if few or count_words(match["body"]) <= MAX_WORDS else None

    return recognise


def _expression(template: str) -> str:
    head, fence, body = re.escape(template).partition("\\\n\\-\\-\\-\\\n\\\n")
    front = r"\n".join(f"{field.name}: {_form(field)}" for field in _WRITTEN)
    places = _PLACES | {"frontmatter": front}
    return _PLACE.sub(lambda place: places[place[1]], rf"{head}{fence}(?P<body>{body})(?:- [^\n]*\n)*")


def _form(field: Field) -> str:
    """How the value of a field is written; what need not be there may be null."""
    if field.name == "schema_version":
        return str(SCHEMA_VERSION)
    quoted, bare = ("", "|".join(field.choices)) if field.choices else _FORMS[field.kind]
    quoted = _PROSE if field.name in ("note", "summary") else quoted
    ways = [rf'"(?=(?:{quoted})"\n)'] * bool(quoted) + [rf"(?!(?:[Nn]ull|NULL)\n)(?=(?:{bare})\n)"] * bool(bare)
    value = f"(?:{'|'.join(ways)})(?P<{field.name}>{quoted or bare})" + '"?' * bool(quoted)
    return value if field.required and not field.nullable else f"(?:null|{value})"


def _gist(said: dict[str, str | None]) -> Gist | None:
    """What a capsule claims, in the order in which `claims.said_by` tells it."""
    lines = (said["next_actions"] or "").split("\n")
    actions = [one for line in lines if "`" in line for one in in_action(line)]
    commits = [commit for key in _COMMITS if (commit := said[key])]
    commits += [value for kind, value, _ in actions if kind is What.COMMIT]
    needed = _NAMED.findall(said["key_files"] or "")
    needed += [value for kind, value, _ in actions if kind is What.PATH]
    seen = [you_were] if (you_were := said["you_were"]) else []
    seen += [path for line in (said["diffstat"] or "").split("\n") if (path := stat_path(line))]
    seen += _NAMED.findall(said["untracked"] or "")
    for path in (*needed, *seen):
        if path[0] in "/~" or ".." in path:
            return None
    task, number, branch = said["task_id"], said["resumed_from"], said["branch"]
    gist = Gist(
        (task,) if task else (),
        (number,) if number else (),
        tuple(dict.fromkeys(commits)),
        (branch,) if branch else (),
        tuple([spellings(path) for path in needed]),
    )
    if said[CHECKPOINT] is None:
        return gist
    facts = tuple((key, said[key]) for key in FACTS)
    return gist._replace(checkpoint=said[CHECKPOINT], uid=said["uid"], seen=tuple(map(spellings, seen)), facts=facts)
