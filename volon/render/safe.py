r"""The output edge: text from files, git and users becomes visible characters only.

Terminal escapes, C1 controls, bidirectional overrides and zero-width characters are shown as `\x1b`, `\u202e` and so
on. It happens after parsing, because YAML `"\e[2J"` decodes to a real escape.

Source: reliability §1.5 S10.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]|[\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    r"""Return `text` as one harmless line: every control or invisible character is spelled out.

    A tab becomes a space; a newline is shown as `\n`. Surrogate escapes (file names that are no UTF-8) become `\xNN`.
    """
    return _UNSAFE.sub(_spell, text.replace("\t", " "))


def _spell(match: re.Match[str]) -> str:
    if "\udc80" <= match[0] <= "\udcff":
        return f"\\x{ord(match[0]) & 0xFF:02x}"
    return match[0].encode("unicode_escape").decode()
