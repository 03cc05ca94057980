"""What goes from machine to machine: the names of refs on a remote, and who has claimed a task.

A claim is one commit at `refs/volon/claim/<task uid>` on the remote. A task that is released keeps its ref: the next
commit in the same line says so. So the line only ever moves forward, which every server allows, and says who had it.

Privacy: the commit's author is whom git would name; of the machine nothing is said. A clone is told from others by a
ULID that it gave itself.

Source: contract §7 (claim), §2.14, issue "Every byte back" (two machines).
"""

from __future__ import annotations

from volon.model.records.events import one_line
from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Literal

    Kind = Literal["paused", "closed", "snap"]

REFS, CLAIMS = "refs/volon/", "refs/volon/claim/"
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_SENT = pattern(rf"{REFS}(?P<kind>paused|closed|snap)/(?P<ulid>{_ULID})")
_CLAIM = pattern(rf"{CLAIMS}(?P<uid>{_ULID})")
_TRAILER = pattern(r"Volon-(Claim|Task|Task-Uid|Checkpoint|Clone|At): (.*)")
_AUTHOR = pattern(r"author (?P<who>.*) -?\d+ [-+]\d{4}")


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A ref that was sent: what it is and whose operation made it."""

    ulid: str
    kind: Kind

    @property
    def ref(self) -> str:
        """Its full name on a remote."""
        return f"{REFS}{self.kind}/{self.ulid}"


def names(refs: Mapping[str, str]) -> dict[Name, str]:
    """Return the commits that were sent, by name, oldest first; refs of other names are passed over.

    A ULID beyond the year 6000 is nobody's: it would leave no room for those that must sort behind it.

    Args:
        refs: full names and ids, as a remote lists them.
    """
    found = {}
    for ref, oid in refs.items():
        match = _SENT.fullmatch(ref)
        kind: Kind | None = next((k for k in ("paused", "closed", "snap") if match and match["kind"] == k), None)
        if match and kind and match["ulid"] < "4":
            found[Name(match["ulid"], kind)] = oid
    return dict(sorted(found.items()))


def claimed(refs: Mapping[str, str]) -> dict[str, str]:
    """Return the commits of claims by the uid of their task."""
    return {match["uid"]: oid for ref, oid in refs.items() if (match := _CLAIM.fullmatch(ref))}


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has a task, or who gave it back last.

    Attributes:
        held: whether somebody has it; else it was released.
        who: `name <email>`, as git names the one.
        clone: the ULID that the clone gave itself.
        at: ISO 8601 with `Z`.
        checkpoint: the number of the checkpoint they go on from; empty when there is none.
    """

    held: bool
    task_id: str
    task_uid: str
    who: str
    clone: str
    at: str
    checkpoint: str = ""

    def render(self, tree: str, parent: str | None, when: datetime) -> bytes:
        """Return the commit.

        Args:
            tree: the id of the empty tree.
            parent: the claim before this one on the same task.
            when: the date of the commit.
        """
        stamp = f"{one_line(self.who)} {int(when.timestamp())} +0000"
        verb = "claim" if self.held else "release"
        values = {
            "Claim": "held" if self.held else "released",
            "Task": self.task_id,
            "Task-Uid": self.task_uid,
            "Checkpoint": self.checkpoint,
            "Clone": self.clone,
            "At": self.at,
        }
        lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {stamp}", f"committer {stamp}", ""]
        lines += [f"volon: {verb} {one_line(self.task_id)}", ""]
        lines += [f"Volon-{name}: {one_line(value)}" for name, value in values.items() if value]
        return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def parse_claim(commit: str, task_uid: str) -> Claim | None:
    """Read the commit of a claim; None when it is none, or one of another task.

    Args:
        commit: the raw commit.
        task_uid: what its ref says.
    """
    head, _, message = commit.partition("\n\n")
    author = next((match for line in head.split("\n") if (match := _AUTHOR.fullmatch(line))), None)
    values: dict[str, str] = {}
    for line in message.split("\n"):
        if match := _TRAILER.fullmatch(line):
            values.setdefault(match[1], match[2].strip())
    state = values.get("Claim")
    if author is None or state not in {"held", "released"} or values.get("Task-Uid") != task_uid:
        return None
    return Claim(
        held=state == "held",
        task_id=values.get("Task", ""),
        task_uid=task_uid,
        who=author["who"],
        clone=values.get("Clone", ""),
        at=values.get("At", ""),
        checkpoint=values.get("Checkpoint", ""),
    )
