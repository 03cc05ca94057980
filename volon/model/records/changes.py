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

_LINE = pattern(r"(?P<status>\S{2}) (?P<mode>[0-7]{6}|-) (?P<blob>[0-9a-f]{40,64}|-) (?P<path>.+)")
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
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    plain = Change(unquote_path(match["path"]), match["status"], _known(match["mode"]), _known(match["blob"]))
    more = _MORE.fullmatch(match["path"]) if match["path"][0] == '"' else None
    if more is None:
        return plain
    origin = None if more["origin"] is None else unquote_path(more["origin"])
    return replace(
        plain, path=unquote_path(more["path"]), origin=origin, staged_mode=more["mode"], staged_blob=more["blob"]
    )


def _known(text: str) -> str | None:
    return None if text == "-" else text
