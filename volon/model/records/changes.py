"""The changed paths of a pause, one line each: `XY mode blob path`.

What is absent is `-`. A path that would not fit on a line is C-quoted as git does; a rename adds ` <- "origin"`, and a
version that only the index has ` staged mode blob`. Then the paths are quoted, so that neither can be taken for part of
a name; lines without them read as they always did.

Source: contract §7 (dirty facts), house rules of the records.
"""

from __future__ import annotations

from volon.model.facts import Change
from volon.model.syntax.gitpath import force_quote, quote_path, unquote_path
from volon.model.syntax.markdown import code_block
from volon.patterns import pattern
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OCTAL, _HEX, _FULL = "01234567", "0123456789abcdef", range(40, 65)
_MORE = pattern(
    r'(?P<path>"(?:\\.|[^"\\])*")(?: <- (?P<origin>"(?:\\.|[^"\\])*"))?'
    r"(?: staged (?P<mode>[0-7]{6}) (?P<blob>[0-9a-f]{40,64}))?"
)


def render_changes(changes: Iterable[Change]) -> str:
    """A fenced block with one line for each change, or `None.`."""
    lines = [change_line(change) for change in changes]
    return code_block("\n".join(lines)) if lines else "None."


def change_line(change: Change) -> str:
    """One change on one line."""
    origin = "" if change.origin is None else f" <- {force_quote(change.origin)}"
    staged = f" staged {change.staged_mode} {change.staged_blob}" if change.staged else ""
    path = force_quote(change.path) if origin or staged else quote_path(change.path)
    return f"{change.status} {change.mode or '-'} {change.blob or '-'} {path}{origin}{staged}"


def parse_changes(text: str) -> tuple[Change, ...]:
    """The changes of a block's lines; lines of another form are passed over."""
    return tuple(change for line in text.split("\n") if (change := parse_change(line)))


def parse_change(line: str) -> Change | None:
    """The change that `change_line` wrote, or None."""
    status, mode, blob, path = (*line.split(" ", 3), "", "", "", "")[:4]
    if not (path and _is_status(status) and _is_mode(mode) and _is_blob(blob)):
        return None
    plain = Change(unquote_path(path), status, _known(mode), _known(blob))
    more = _MORE.fullmatch(path) if path[0] == '"' else None
    if more is None:
        return plain
    origin = None if more["origin"] is None else unquote_path(more["origin"])
    return replace(
        plain, path=unquote_path(more["path"]), origin=origin, staged_mode=more["mode"], staged_blob=more["blob"]
    )


def _is_status(text: str) -> bool:
    return len(text) == len("XY") == len(text.strip())


def _is_mode(text: str) -> bool:
    return text == "-" or (len(text) == len("100644") and not text.strip(_OCTAL))


def _is_blob(text: str) -> bool:
    return text == "-" or (len(text) in _FULL and not text.strip(_HEX))


def _known(text: str) -> str | None:
    return None if text == "-" else text
