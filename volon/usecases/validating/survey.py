"""What every capsule of a large directory claims, most of them known at a glance or from the last time.

A row is what the bytes of one file say, so the store keeps it under the file's signature (`volon.cached`). A file that
breaks a rule of its format has none, and goes the full way each time.

Source: contract §4 (`volon validate`); performance (rows 9 and 10).
"""

from __future__ import annotations

import json
from functools import cache

from volon.model.checks.gist import Vouch, is_printable, written
from volon.usecases.validating.ruled import rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.checks.canonical import Recogniser

_CAPSULE, _CHECKPOINT = ".volon/pcc/tasks/x.md", ".design/checkpoints/x.md"
"""Their directories decide which rules apply; no rule that a row depends on looks at the name."""


@cache
def _recogniser() -> Recogniser:
    from volon.model.checks.canonical import recogniser  # noqa: PLC0415  seldom is there anything to be read
    from volon.templating import packaged  # noqa: PLC0415  as above

    return recogniser(packaged("task-pcc-capsule.md"))


class _Kind:
    """A kind of rows that are made by rules: others when any of the files is another that the rules are written in."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _row: object, _kind: type) -> str:
        return f"{self._name}.{rules():08x}"


class GistRow:
    """The gist of a capsule that keeps every rule of its format; see `volon.store.reader.Row`.

    Attributes:
        words: as `volon.model.checks.gist.written` has them.
    """

    KIND: ClassVar[str] = _Kind("gists")  # type: ignore[assignment]  # it gives a str
    __slots__ = ("words",)

    def __init__(self, words: str) -> None:
        self.words = words

    @classmethod
    def read(cls, data: bytes) -> GistRow | None:
        """The row of a capsule; None where only the long way can tell."""
        gist = _recogniser()(data)
        if gist is None:
            from volon.model.checks.gisting import gist_of  # noqa: PLC0415  seldom needed
            from volon.model.checks.inspecting import inspect  # noqa: PLC0415  as above

            found = inspect(data, _CAPSULE)
            gist = None if found.problems or found.said is None else gist_of(found.said)
            gist = gist if gist and is_printable(gist) else None
        words = None if gist is None else written(gist)
        return cls(words) if words else None

    @classmethod
    def of_text(cls, text: str) -> GistRow | None:
        """The row that `text` was made of."""
        return cls(text)

    def text(self) -> str:
        """All of it on one line."""
        return self.words


class VouchRow:
    """What a checkpoint vouches for, if it can; see `volon.store.reader.Row`."""

    KIND: ClassVar[str] = _Kind("vouches")  # type: ignore[assignment]  # as above
    __slots__ = ("vouch",)

    def __init__(self, vouch: Vouch | None) -> None:
        self.vouch = vouch

    @classmethod
    def read(cls, data: bytes) -> VouchRow:
        """The row of a checkpoint."""
        from volon.model.checks.gisting import vouch_of  # noqa: PLC0415  seldom is there anything to be read
        from volon.model.checks.inspecting import vouching  # noqa: PLC0415  as above

        checkpoint = vouching(data, _CHECKPOINT)
        return cls(None if checkpoint is None else vouch_of(checkpoint))

    @classmethod
    def of_text(cls, text: str) -> VouchRow | None:
        """The row that `text` was made of."""
        found = json.loads(text)
        return cls(None if found is None else Vouch(found[0], found[1], frozenset(found[2])))

    def text(self) -> str:
        """All of it on one line."""
        if self.vouch is None:
            return "null"
        return json.dumps((self.vouch.uid, self.vouch.facts, sorted(self.vouch.recorded)))
