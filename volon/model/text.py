"""Small, exact rules about text and time that every record shares.

Times are UTC and written `2026-11-19T10:00:00Z`; lines volon writes are one line; nothing here reads a clock.

Source: contract §1 (times), reliability S10 (control characters), G11 (line ends).
"""

from __future__ import annotations

from volon.dates import UTC, date, datetime, timedelta
from volon.digests import sha256
from volon.light import suppress
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME = pattern(
    r"(?a)(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?[ ]?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?"
)
_OURS = "--T::Z"
"""Every third sign of a time as volon writes it, from the fifth on."""
_BREAK = pattern(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_CLIPPED = pattern(r"(?:^|\s)… (\d{1,9}) more words$")
_WORD = pattern(r"\S+")
_SKEW, _NOW = 60, 10
"""Seconds that clocks of two machines may differ, and that still are now."""
LISTED = 12
"""So many names one line lists."""
_DAY, _MONTH, _YEAR = 86_400, 30, 365
_AGES = ((60, "second"), (60, "min"), (24, "h"), (7, "day"), (9, "week"))


def iso(moment: datetime) -> str:
    """Write a time the one way volon writes times: UTC, whole seconds, `Z`.

    Args:
        moment: an aware datetime; a naive one is taken as UTC.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def parse_time(text: str) -> datetime | None:
    """Read an ISO-8601 time: date only (midnight), `Z`, an offset, or none of them (UTC); None when it is no time.

    Fractions of a second are dropped: no record of volon is ordered by them.
    """
    if text[4::3] == _OURS and len(text) == len("2026-11-19T10:00:00Z"):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return moment - _offset(match[7])
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> timedelta:
    """How far ahead of UTC; nothing and `Z` are UTC itself."""
    if text is None:
        return timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -away if text.startswith("-") else away


def parse_date(text: str) -> date | None:
    """Read `YYYY-MM-DD`, or None."""
    day = text.strip()
    if day[4::3] != "--" or len(day) != len("2026-11-19"):
        return None
    with suppress(ValueError):
        return date.fromisoformat(day)
    return None


def age(then: datetime, now: datetime) -> str:
    """Say how long ago, in the words people use: `just now`, `5 min ago`, `16 h ago`, `3 days ago`, `2 years ago`.

    A time that lies ahead (another machine's clock) is `in the future`, never a negative age.
    """
    seconds = (now - then).total_seconds()
    if seconds < -_SKEW:
        return "in the future"
    if seconds < _NOW:
        return "just now"
    amount, unit = _in_units(int(seconds))
    plural = "s" if amount != 1 and unit not in ("min", "h") else ""
    return f"{amount} {unit}{plural} ago"


def _in_units(seconds: int) -> tuple[int, str]:
    amount = seconds
    for size, unit in _AGES:
        if amount < size:
            return amount, unit
        amount //= size
    days = seconds // _DAY
    return (days // _MONTH, "month") if days < _YEAR else (days // _YEAR, "year")


def one_line(text: str) -> str:
    """Fold text to one trimmed line: line breaks become a space, control characters go, the rest stays as it is."""
    if text.isprintable():
        return text.strip()
    parts = (_without_controls(part).strip() for part in _BREAK.split(text))
    return " ".join(part for part in parts if part)


def block(text: str) -> str:
    """Normalise text of several lines: LF, no control characters, no blank edge lines, no trailing blanks."""
    lines = [_without_controls(line).rstrip() for line in lf(text).split("\n")]
    return "\n".join(lines).strip("\n")


def _without_controls(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub("", text.replace("\t", " "))


def lf(text: str) -> str:
    """The text with every CRLF and lone CR as LF: what digests and parsers look at."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def digest(data: bytes) -> str:
    """The sha256 of a record's LF-normalised bytes without a byte-order mark, so that autocrlf is no tampering."""
    plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return sha256(plain)


def count_words(text: str) -> int:
    """Count words as `wc -w` does: runs of anything but white space."""
    return len(text.split())


def clip_line(text: str, limit: int) -> str:
    """Keep a line within `limit` characters, the last one `…` when it was longer."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clip_words(text: str, limit: int) -> str:
    """Keep the first `limit` words, saying how many more there were; the text itself when it fits.

    Clipping a clipped text adds up what was left out.
    """
    clipped = _CLIPPED.search(text)
    hidden = int(clipped[1]) if clipped else 0
    words = list(_WORD.finditer(text[: clipped.start()] if clipped else text))
    if len(words) <= limit:
        return text
    kept = text[: words[limit - 1].end()] + " " if limit > 0 else ""
    return f"{kept}… {len(words) - max(limit, 0) + hidden} more words"


def listed(names: Sequence[str]) -> str:
    """Return names in one line, and of many how many more there are."""
    return ", ".join(names[:LISTED]) + (f" … {len(names) - LISTED} more" if len(names) > LISTED else "")
