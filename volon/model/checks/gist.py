"""The gist of a capsule: what has to be so for none of its claims to be wrong, as plain values without their places.

`settled` asks the checkpoint, `holds` the rest of the world; both are sure or say no. Where both say yes,
`judging.judge` has nothing to tell; where one says no, nothing is known yet and the judgement in full has the word.

Source: contract §8.6 (claims check); performance (rows 9 and 10).
"""

from __future__ import annotations

from volon.model.checks.claims import FACTS, What
from volon.model.checks.judging import is_same, recorded_paths
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from typing import Protocol

    from volon.model.checks.claims import Said
    from volon.model.records.checkpoint import Checkpoint

    Spellings = tuple[str, ...]
    """What a path that is claimed may be called."""
else:
    Protocol = object

CHECKPOINT = "checkpoint"
_LONGEST_NUMBER = 9


class Gist(NamedTuple):
    """What a capsule claims.

    Attributes:
        tasks: the ids of tasks that have to be there.
        numbers: the numbers of checkpoints.
        commits, branches: what git has to know.
        needed: paths that have to be here.
        checkpoint: the path of the pause's checkpoint.
        uid, seen, facts: what that has to say as well: the pause, the paths it saw, and pairs of key and value; nothing
            of them without a checkpoint.
    """

    tasks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    needed: tuple[Spellings, ...] = ()
    checkpoint: str | None = None
    uid: str | None = None
    seen: tuple[Spellings, ...] = ()
    facts: tuple[tuple[str, str | None], ...] = ()


class Vouch(NamedTuple):
    """What a checkpoint that can vouch says of its pause."""

    uid: str | None
    facts: dict[str, str | None]
    recorded: AbstractSet[str]


class Ground(Protocol):
    """What the repository answers."""

    def has_task(self, task_id: str) -> bool:
        """Whether there is a task."""

    def has_number(self, number: int) -> bool:
        """Whether there is a checkpoint of that number."""

    def has_object(self, name: str) -> bool:
        """Whether git has an object of that id."""

    def has_local_branch(self, name: str) -> bool:
        """Whether there is a branch."""

    def is_now(self, path: str) -> bool:
        """Whether something is at a path in the working tree, or in the index where that counts."""


def gist_of(said: Said) -> Gist | None:
    """The gist of what a capsule says; None when some of it is wrong whatever is answered."""
    found: dict[str, list[str]] = {what: [] for what in What}
    needed: list[Spellings] = []
    seen: list[Spellings] = []
    checkpoint = None
    for claim in said.claims:
        if claim.what is What.PATH:
            if claim.outside:
                return None
            (seen if claim.seen else needed).append(claim.paths)
        elif claim.key == CHECKPOINT:
            checkpoint = claim.value
        else:
            found[claim.what].append(claim.value)
    kinds = (What.TASK, What.CHECKPOINT, What.COMMIT, What.BRANCH)
    tasks, numbers, commits, branches = (tuple(dict.fromkeys(found[kind])) for kind in kinds)
    gist = Gist(tasks, numbers, commits, branches, tuple(needed))
    if checkpoint is None:
        return gist
    facts = tuple((fact.key, fact.value) for fact in said.facts)
    return gist._replace(checkpoint=checkpoint, uid=said.uid, seen=tuple(seen), facts=facts)


def vouch_of(checkpoint: Checkpoint) -> Vouch:
    """What a checkpoint whose digests hold has to say."""
    return Vouch(checkpoint.uid, {key: getattr(checkpoint, key) for key in FACTS}, recorded_paths(checkpoint))


def settled(gist: Gist, vouch: Vouch | None) -> Gist | None:
    """What is left to be asked when the checkpoint has spoken; None when it speaks against the capsule.

    Args:
        gist: of a capsule that names a checkpoint, which is there.
        vouch: what that says; None when it cannot vouch for anything.
    """
    if vouch is None:
        return gist
    same = all(is_same(key, value, vouch.facts[key]) for key, value in gist.facts)
    if vouch.uid != gist.uid or not same or any(map(vouch.recorded.isdisjoint, gist.seen)):
        return None
    return gist._replace(needed=tuple(paths for paths in gist.needed if vouch.recorded.isdisjoint(paths)))


def holds(gist: Gist, ground: Ground) -> bool:
    """Whether everything surely is so that is not the checkpoint's business."""
    return (
        all(map(ground.has_task, gist.tasks))
        and all(_is_number(number) and ground.has_number(int(number)) for number in gist.numbers)
        and all(map(ground.has_object, gist.commits))
        and all(map(ground.has_local_branch, gist.branches))
        and all(any(map(ground.is_now, paths)) for paths in gist.needed)
    )


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER
