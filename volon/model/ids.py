"""Names that people type and that become file names: an allow-list, never a deny-list.

Source: reliability S1, contract §2.14 (labels are for people, identity is a ULID).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

TASK_ID = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+){1,4}$"
ULID = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
COMMIT = r"^([0-9a-f]{40}|[0-9a-f]{64})$"
SHORT_COMMIT = r"^[0-9a-f]{4,64}$"
MAX_ID = 64
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of a ULID: Crockford's base 32."""
ULID_LENGTH = 26
_FIRST = LETTERS[:8]
_ULID_DIGITS = 32
_CAPITALS, _DIGITS, _MOST_WORDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", 5
_HEX, _OBJECT_IDS, _SHORTEST = "0123456789abcdef", (40, 64), 4
_GIVEN = pattern(r"(?:TASK|task)-[0-9]{8}-[0-9]+")
_NUMBER = pattern(r"[0-9]{1,9}")
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(10))})


def is_task_id(text: str) -> bool:
    """Whether the text may name a task, and so a file, on every system."""
    words = text.split("-")
    matches = len(text) <= MAX_ID and 1 < len(words) <= _MOST_WORDS and all(words) and text[0] in _CAPITALS
    return matches and not "".join(words).strip(_CAPITALS + _DIGITS) and text.upper() not in _RESERVED


def task_id(text: str) -> str:
    """The text, when it is a task id.

    Raises:
        UsageError: it is none; nothing is looked up on disk.
    """
    if not is_task_id(text):
        shown = text if len(text) <= MAX_ID and text.isprintable() else f"{text[:20]!r}…"
        raise UsageError(f"{shown} is no task id", hints=["a task id looks like TASK-20261119-001"])
    return text


def names_a_task(text: str) -> bool:
    """Whether a person means a task by it: one word of capitals, digits and dashes with a number in it."""
    return is_task_id(text) and any(letter.isdigit() for letter in text)


def leads_with_task(words: Sequence[str]) -> bool:
    """Whether the first of the words is a task and no part of a note: an id as volon gives them, or any id alone."""
    first = words[0] if words else ""
    return _GIVEN.fullmatch(first) is not None or (len(words) == 1 and names_a_task(first))


def is_ulid(text: str) -> bool:
    """Whether the text is a ULID in its canonical upper-case form."""
    return len(text) == ULID_LENGTH and text[0] in _FIRST and not text.strip(LETTERS)


def ulid_of(sha256: str) -> str:
    """Return the ULID that follows from a digest, for what had no operation of its own to give it one."""
    number = int(sha256[:_ULID_DIGITS], 16)
    return "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(ULID_LENGTH)))


def is_commit(text: str, *, short: bool = False) -> bool:
    """Whether the text is a full object id (40 or 64 hex digits); with `short`, also an abbreviated one."""
    return (_SHORTEST <= len(text) <= MAX_ID if short else len(text) in _OBJECT_IDS) and not text.strip(_HEX)


def is_short_commit(text: str) -> bool:
    """Whether the text is an object id, in full or abbreviated."""
    return is_commit(text, short=True)


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 in hex."""
    return len(text) == MAX_ID and not text.strip(_HEX)


def next_task_id(today: date, existing: Iterable[str]) -> str:
    """The next free id of the day: one more than the highest, so that a deleted task's id is not reused below it."""
    prefix = f"TASK-{today:%Y%m%d}-"
    taken = (name.removeprefix(prefix) for name in existing if name.startswith(prefix))
    highest = max((int(number) for number in taken if _NUMBER.fullmatch(number)), default=0)
    return f"{prefix}{highest + 1:03d}"


def parse_checkpoint_number(text: str) -> int:
    """Read a checkpoint's number as people write it: `1`, `01` and `007` are one, one and seven.

    Raises:
        UsageError: it is no number from 1 on.
    """
    if not _NUMBER.fullmatch(text) or int(text) == 0:
        raise UsageError(f"{text[:40]!r} is no checkpoint number", hints=["volon checkpoint list"])
    return int(text)


def checkpoint_label(number: int) -> str:
    """A checkpoint's number as volon writes it: two digits, growing past 99."""
    return f"{number:02d}"
