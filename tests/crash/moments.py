"""Which points of a command are worth a try each: what is about to happen there, and has the disk changed since.

A command makes hundreds of file-changing calls, and most of them do the same to another file: git writes a dozen
objects with seven calls each, and a sample of points would mostly be those. So points are put together by what is about
to happen (the call, and the path without what is only chance in it). A sample takes one of each *kind* before a second
of any.

A kill leaves what is on the disk, and a sync changes nothing that a process can see: before a sync and after it a kill
leaves the same bytes. Of a row of syncs only the first point is a *state* of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

SYNCS = {"fsync", "fdatasync"}
_CHANCE = (
    (re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}"), "ULID"),
    (re.compile(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b"), "OID"),
    (re.compile(r"/objects/[0-9a-f]{2}(?=/|$)"), "/objects/xx"),
    (re.compile(r"/objects/xx/[0-9a-f]{38}(?:[0-9a-f]{24})?\b"), "/objects/xx/OID"),
    (re.compile(r"(?<=/tmp_)(obj|pack|idx|rev)_\w{6}"), r"\1"),
    (re.compile(r"#\d+ \(deleted\)"), "unnamed"),
    (re.compile(r"/volon-bench-\w+/"), "/"),
)


def kind_of(call: str) -> str:
    """What a line of nthkill's list is about to do, without its number and without what is only chance in its path."""
    what = call.partition(" ")[2]
    for pattern, word in _CHANCE:
        what = pattern.sub(word, what)
    return what


def kinds(calls: Sequence[str], points: Iterable[int]) -> list[list[int]]:
    """Points (from 1) by what is about to happen there."""
    found: dict[str, list[int]] = {}
    for at in points:
        found.setdefault(kind_of(calls[at - 1]), []).append(at)
    return list(found.values())


def states(calls: Sequence[str]) -> list[int]:
    """The points before which the disk is another than before all earlier ones."""
    return [at for at in range(1, len(calls) + 1) if at == 1 or calls[at - 2].split(" ", 2)[1] not in SYNCS]


def sample(rng: random.Random, groups: list[list[int]], count: int) -> list[int]:
    """So many points: one of each kind before a second of any, each kind as likely as any other."""
    left = [rng.sample(group, len(group)) for group in groups]
    chosen: list[int] = []
    while left and len(chosen) < count:
        rng.shuffle(left)
        chosen += [group.pop() for group in left[: count - len(chosen)]]
        left = [group for group in left if group]
    return sorted(chosen)
