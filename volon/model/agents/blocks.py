"""A text of volon's in a file that may be the user's: the block in a file of instructions.

Source: issue "Where agents live" (an AGENTS.md block, uninstalled byte for byte).
"""

from __future__ import annotations

from volon.model.agents.changes import EDITED, Barred, Change, State
from volon.model.agents.manifest import Written
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.changes import Settled


class Block(NamedTuple):
    """A text and the mark by which one is told that was edited."""

    path: str
    text: str
    agents: tuple[str, ...]
    part: str
    mark: str

    def put(self, before: Written | None, there: bytes | Barred | None) -> Settled:
        """Return what has to change so that the text stands in the file; see `Wanted`."""
        whom = (self.agents, (self.part,))
        if isinstance(there, bytes) and b"\0" in there:
            there = Barred("is no text in UTF-8")
        if isinstance(there, Barred):
            return Change(self.path, State.KEPT, *whom, reason=there.reason), before
        old = _present(before, there)
        if old is not None and there is not None and before is not None:
            gap = before.added[: len(before.added) - len(before.added.lstrip("\n"))]
            new = _in_style(gap + self.text, there)
            if new == old:
                return Change(self.path, State.UNCHANGED, *whom), before
            after = there.replace(old, new)
            return Change(self.path, State.UPDATED, *whom, after), before._replace(added=_plain(new))
        if there is not None and _present(Written(added=self.text), there):
            # Where the manifest is not shared, the text may have come with a commit.
            return Change(self.path, State.UNCHANGED, *whom), _found(self.text, there)
        if there is not None and self.mark.encode() in there:
            return Change(self.path, State.KEPT, *whom, reason=EDITED), before
        lines = there or b""
        gap = "" if not lines.strip(b"\r\n") else "\n" if lines.endswith(b"\n") else "\n\n"
        new = _in_style(gap + self.text, lines)
        state = State.CREATED if there is None else State.UPDATED
        return Change(self.path, state, *whom, lines + new), Written(added=_plain(new), made=there is None)


def taken_back(path: str, before: Written, there: bytes) -> Change:
    """Return what becomes of a file in which nobody wants the text any more."""
    old = _present(before, there)
    if old is None:
        return Change(path, State.KEPT, reason=EDITED)
    rest = there.replace(old, b"")
    return Change(path, State.REMOVED) if before.made and not rest else Change(path, State.UPDATED, after=rest)


def _present(before: Written | None, there: bytes | None) -> bytes | None:
    """What volon added to a file, as it stands there, whatever line ends git gave it; None unless it is there once."""
    if before is None or not before.added or there is None:
        return None
    forms = (before.added.encode(), before.added.replace("\n", "\r\n").encode())
    return next((form for form in forms if there.count(form) == 1 and _begins_a_line(form, there)), None)


def _begins_a_line(form: bytes, there: bytes) -> bool:
    at = there.find(form)
    return not at or form[:1] in {b"\r", b"\n"} or there[at - 1 : at] == b"\n"


def _found(text: str, there: bytes) -> Written:
    """What volon must have written where the text stands: with the blank line before it."""
    head, _, rest = there.replace(b"\r\n", b"\n").partition(text.encode())
    gap = "\n" if head.strip(b"\n") and head.endswith(b"\n\n") else ""
    return Written(added=gap + text, made=not head and not rest)


def _in_style(text: str, there: bytes) -> bytes:
    return (text.replace("\n", "\r\n") if b"\r\n" in there else text).encode()


def _plain(added: bytes) -> str:
    return added.replace(b"\r\n", b"\n").decode()
