"""The changed paths of a pause, one line each: `XY mode blob path`.

What is absent is `-`. A path that would not fit on a line is C-quoted as git does; a rename adds ` <- "origin"`,
and then both paths are quoted.

Source: contract §7 (dirty facts), house rules of the records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from volon.model.facts import Change
from volon.model.gitpath import force_quote, quote_path, unquote_path
from volon.model.markdown import code_block

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE = re.compile(r"(?P<status>\S{2}) (?P<mode>[0-7]{6}|-) (?P<blob>[0-9a-f]{40,64}|-) (?P<path>.+)")
_RENAME = re.compile(r'(?P<path>"(?:\\.|[^"\\])*") <- (?P<origin>"(?:\\.|[^"\\])*")')


def render_changes(changes: Iterable[Change]) -> str:
    """A fenced block with one line for each change, or `None.`."""
    lines = [change_line(change) for change in changes]
    return code_block("\n".join(lines)) if lines else "None."


def change_line(change: Change) -> str:
    """One change on one line."""
    path = quote_path(change.path)
    if change.origin is not None:
        path = f"{force_quote(change.path)} <- {force_quote(change.origin)}"
    return f"{change.status} {change.mode or '-'} {change.blob or '-'} {path}"


def parse_changes(text: str) -> tuple[Change, ...]:
    """The changes of a block's lines; lines of another form are passed over."""
    return tuple(change for line in text.split("\n") if (change := parse_change(line)))


def parse_change(line: str) -> Change | None:
    """The change that `change_line` wrote, or None."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    rename = _RENAME.fullmatch(match["path"])
    path, origin = (rename["path"], unquote_path(rename["origin"])) if rename else (match["path"], None)
    return Change(unquote_path(path), match["status"], _known(match["mode"]), _known(match["blob"]), origin)


def _known(text: str) -> str | None:
    return None if text == "-" else text
