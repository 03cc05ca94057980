r"""The output edge: text from files, git and users becomes visible characters only.

Terminal escapes, C1 controls, bidirectional overrides and zero-width characters are shown as `\x1b`, `\u202e` and so
on. It happens after parsing, because YAML `"\e[2J"` decodes to a real escape.

Source: reliability §1.5 S10.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_UNSAFE = (
    "["
    # Controls, and what ends a line elsewhere.
    "\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029"
    # Direction, joining, deprecated formats, byte-order marks, annotations: seen as nothing, or as something else.
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    # Letters without a shape.
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    # Formats of notations and scripts; tags and selectors, with which whole sentences can be hidden.
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    # Bytes that are no text.
    "\ud800-\udfff"
    "]"
)


_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""What Unicode counts as printable all the same, below the selectors."""
_SELECTORS = "\U000e0000"


def safe(text: str) -> str:
    r"""Return `text` as one harmless line: every control or invisible character is spelled out.

    A tab becomes a space; a newline is shown as `\n`. Surrogate escapes (file names that are no UTF-8) become `\xNN`.
    """
    if text.isprintable() and (text.isascii() or (max(text) < _SELECTORS and _SHAPELESS.isdisjoint(text))):
        return text
    import re  # noqa: PLC0415  seldom needed, and slow to load

    return re.sub(_UNSAFE, _spell, text.replace("\t", " "))


def _spell(match: re.Match[str]) -> str:
    if "\udc80" <= match[0] <= "\udcff":
        return f"\\x{ord(match[0]) & 0xFF:02x}"
    return match[0].encode("unicode_escape").decode()
