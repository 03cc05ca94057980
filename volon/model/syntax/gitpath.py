"""Names as text: any path, branch or working tree git can hold fits on one line and comes back exactly.

Ordinary names stay as they are. A path with control characters, quotes, backslashes, edge blanks or bytes that
are no UTF-8 is written in double quotes with C escapes, as git does; a branch or a working tree, which records hold
without quotes since their first version, only when it could not be written otherwise.

Source: reliability G12.
"""

from __future__ import annotations

from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_NAMED = {'"': '"', "\\": "\\", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_LETTERS = {char: letter for letter, char in _NAMED.items()}
_ESCAPE = pattern(rb'\\([0-3][0-7]{2}|["\\abtnvfr])')


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


def quote_name(name: str) -> str:
    """The name of a branch or a working tree on one line; itself wherever it comes back from that."""
    return name if name.isprintable() and not _looks_quoted(name) else force_quote(name)


def unquote_name(text: str) -> str:
    """The name that `quote_name` was given."""
    return unquote_path(text) if _looks_quoted(text) else text


def shell_word(text: str) -> str:
    r"""The text as one word for a shell; what cannot be typed is spelled out: `$'caf\351'` for bash, zsh and ksh."""
    if text.isprintable():
        import shlex  # noqa: PLC0415  only where a command is shown

        return shlex.quote(text)
    return "$'" + "".join(f"\\{char}" if char == "'" else _quoted(char).replace('\\"', '"') for char in text) + "'"


def _looks_quoted(text: str) -> bool:
    """Whether it stands in quotes and has an escape; a branch never has a backslash of its own."""
    return bool(text[1:]) and text[0] == text[-1] == '"' and "\\" in text


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
