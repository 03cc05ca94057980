"""Paths as text: any file name git can hold fits on one line and comes back exactly.

Ordinary paths stay as they are. A path with control characters, quotes, backslashes, edge blanks or bytes that
are no UTF-8 is written in double quotes with C escapes, as git does.

Source: reliability G12.
"""

from __future__ import annotations

import re

_NAMED = {'"': '"', "\\": "\\", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_LETTERS = {char: letter for letter, char in _NAMED.items()}
_ESCAPE = re.compile(rb'\\([0-3][0-7]{2}|["\\abtnvfr])')


def quote_path(path: str) -> str:
    """The path on one line; itself when that is safe, else C-quoted."""
    return path if _is_plain(path) else force_quote(path)


def force_quote(path: str) -> str:
    """The path in double quotes, whether it needs them or not."""
    return '"' + "".join(_quoted(char) for char in path) + '"'


def unquote_path(text: str) -> str:
    """The path that `quote_path` was given; text that is not quoted is its own path."""
    if not (text[1:] and text[0] == text[-1] == '"'):
        return text
    raw = text[1:-1].encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(_byte, raw).decode("utf-8", "surrogateescape")


def _is_plain(path: str) -> bool:
    return bool(path) and path == path.strip() and path.isprintable() and '"' not in path and "\\" not in path


def _quoted(char: str) -> str:
    if char in _LETTERS:
        return "\\" + _LETTERS[char]
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def _byte(match: re.Match[bytes]) -> bytes:
    code = match[1].decode("ascii")
    return bytes([int(code, 8)]) if code[0].isdigit() else _NAMED[code].encode("ascii")
