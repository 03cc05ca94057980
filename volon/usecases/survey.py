"""What every capsule of a large directory claims, most of them known at a glance or from the last time.

A row is what the bytes of one file say, so the store keeps it under the file's signature (`volon.cached`). A file that
breaks a rule of its format has none, and goes the full way each time.

Source: contract §4 (`volon validate`); performance (rows 9 and 10).
"""

from __future__ import annotations

import json
from functools import cache

from volon.model.checks.canonical import recogniser
from volon.model.checks.gist import Gist, Vouch, gist_of, vouch_of
from volon.model.checks.inspecting import inspect, vouching
from volon.templating import packaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.checks.canonical import Recogniser

_CAPSULE, _CHECKPOINT = ".volon/pcc/tasks/x.md", ".design/checkpoints/x.md"
"""Their directories decide which rules apply; no rule that a row depends on looks at the name."""


@cache
def _recogniser() -> Recogniser:
    return recogniser(packaged("task-pcc-capsule.md"))


class GistRow:
    """The gist of a capsule that keeps every rule of its format; see `volon.store.reader.Row`.

    Attributes:
        task: the task it belongs to; empty without one.
        rest: all else, as text: the same for capsules that claim the same.
    """

    KIND: ClassVar[str] = "gists-1"
    __slots__ = ("rest", "task")

    def __init__(self, task: str, rest: str) -> None:
        self.task, self.rest = task, rest

    @classmethod
    def read(cls, data: bytes) -> GistRow | None:
        """The row of a capsule; None where only the long way can tell."""
        gist = _recogniser()(data)
        if gist is None:
            found = inspect(data, _CAPSULE)
            gist = None if found.problems or found.said is None else gist_of(found.said)
        task = "" if gist is None or not gist.tasks else gist.tasks[0]
        return cls(task, json.dumps(gist[1:])) if gist is not None and task.isprintable() else None

    @classmethod
    def of_text(cls, text: str) -> GistRow | None:
        """The row that `text` was made of."""
        task, _, rest = text.rpartition("\t")
        return cls(task, rest)

    def text(self) -> str:
        """All of it on one line."""
        return f"{self.task}\t{self.rest}"

    def gist(self) -> Gist:
        """What `rest` says; the task is not in it."""
        numbers, commits, branches, needed, checkpoint, uid, seen, facts = json.loads(self.rest)
        return Gist((), numbers, commits, branches, needed, checkpoint, uid, seen, facts)


class VouchRow:
    """What a checkpoint vouches for, if it can; see `volon.store.reader.Row`."""

    KIND: ClassVar[str] = "vouches-1"
    __slots__ = ("vouch",)

    def __init__(self, vouch: Vouch | None) -> None:
        self.vouch = vouch

    @classmethod
    def read(cls, data: bytes) -> VouchRow:
        """The row of a checkpoint."""
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
