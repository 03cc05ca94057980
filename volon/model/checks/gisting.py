"""The gist of what a capsule that was read in full says, and of its checkpoint; see `volon.model.checks.gist`.

Source: contract §8.6 (claims check); performance (row 9).
"""

from __future__ import annotations

from volon.model.checks.claims import What
from volon.model.checks.gist import CHECKPOINT, Gist, Vouch
from volon.model.checks.judging import recorded_paths
from volon.model.records.capsulevalues import FACTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.checks.claims import Said
    from volon.model.checks.gist import Spellings
    from volon.model.records.checkpoint import Checkpoint


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
