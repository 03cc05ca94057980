"""From a commit of then to a commit of now: what is new, what is there under another id, what is gone.

Source: contract §2 (8), §5 (`head.*`, `upstream.*`).
"""

from __future__ import annotations

from volon.model.drift.observed import Counterpart, Relation, Story
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.repo.drift.history import Commit, History
    from volon.repo.drift.patches import Patch

_MOST_WHOLES = 30
"""How many of the newest commits are held against a whole branch."""


def tell(
    history: History, then: str | None, now: str | None, before: Sequence[str] = ()
) -> tuple[Story, tuple[Commit, ...]]:
    """Return what lies between two commits that exist; None stands for a branch without commits.

    Args:
        history: where to ask.
        then: full id of the commit of then.
        now: full id of the commit of now.
        before: commits that were there then as well: whatever they contain was not made since.

    Returns:
        The story, and the commits of now that may have been made since, newest first.
    """
    if then == now:
        return Story(Relation.SAME, then, now), ()
    if now is None:
        return Story(Relation.DIVERGED, then, None), ()
    base = history.merge_base(then, now) if then is not None else None
    new = history.commits(now, [then] if then else []) if base != now else ()
    old = history.commits(then, [now]) if then is not None and base != then else ()
    made = history.ids(now, [then, *before]) if then and before else None
    since = new if made is None else tuple(commit for commit in new if commit.oid in made)
    story = _story(history, then, now, old, new, since)
    return replace(story, there_before=len(effective(new)) - len(effective(since))), since


def _story(
    history: History,
    then: str | None,
    now: str,
    old: Sequence[Commit],
    new: Sequence[Commit],
    since: Sequence[Commit],
) -> Story:
    pairs = _pairs(history, old, since, then) if old and since and then else ()
    paired_old = {pair.old.oid for pair in pairs}
    paired_new = {pair.new.oid for pair in pairs}
    gained = [commit for commit in effective(new) if commit.oid not in paired_new]
    lost = [commit for commit in effective(old) if commit.oid not in paired_old]
    if pairs:
        lost = [commit for commit in lost if not commit.note.merge or history.has_more(commit, now)]
    total = len(gained)
    from volon.repo.drift.history import MOST_COMMITS  # noqa: PLC0415  only when HEAD moved

    if len(new) >= MOST_COMMITS:
        total = max(total, history.count(now, [then] if then else []) - len(paired_new))
    return Story(
        relation=_relation(gained, lost, pairs),
        then=then,
        now=now,
        gained=tuple(commit.note for commit in gained),
        gained_total=total,
        lost=tuple(commit.note for commit in lost),
        counterparts=pairs,
        state_only=sum(commit.state_only for commit in new),
        cut=bool(old) and any(commit.cut for commit in (*old, *new)),
    )


def _relation(gained: Sequence[Commit], lost: Sequence[Commit], pairs: Sequence[Counterpart]) -> Relation:
    if pairs:
        return Relation.REWRITTEN
    if gained and lost:
        return Relation.DIVERGED
    if gained:
        return Relation.AHEAD
    return Relation.BEHIND if lost else Relation.STATE_ONLY


def _pairs(history: History, old: Sequence[Commit], new: Sequence[Commit], tip: str) -> tuple[Counterpart, ...]:
    """Return the counterparts of old commits, of which `tip` is the newest."""
    mine, theirs = _single(old), _single(new)
    if not mine or not theirs:
        return ()
    from volon.repo.drift.rewrites import Pairing  # noqa: PLC0415  only when commits are gone

    pairs = Pairing(mine, theirs, history.patches).find()
    paired = {pair.old.oid for pair in pairs}
    if len(paired) < len(mine) > 1 and (whole := _as_one(history, tip, theirs)) is not None:
        return tuple(Counterpart(commit.note, whole.note, "squashed") for commit in mine)
    return pairs


def _as_one(history: History, tip: str, theirs: Sequence[Commit]) -> Commit | None:
    """Return the commit that did what the whole branch does, its merges of the other side taken together with it.

    Where such a merge had conflicts, the branch's own commits do not add up to what was squashed in the end.
    """
    branch: dict[str | None, Patch | None] = {None: None}
    for commit in reversed(theirs[-_MOST_WHOLES:]):
        base = history.merge_base(tip, commit.parents[0]) if commit.parents else None
        if base not in branch:
            branch[base] = history.difference(base, tip) if base else None
        mine, other = branch[base], history.patches([commit.oid]).get(commit.oid)
        if mine is not None and other is not None and mine.same_as(other):
            return commit
    return None


def _single(commits: Sequence[Commit]) -> list[Commit]:
    """Return what can have a counterpart, oldest first: no merges, nothing of volon's own, nothing without a parent."""
    return [c for c in reversed(commits) if not (c.note.merge or c.state_only or c.cut)]


def effective(commits: Sequence[Commit]) -> list[Commit]:
    """Return the commits that count: none of volon's own files only, nor the merges that bring nothing else."""
    counted = [commit for commit in commits if not commit.state_only]
    bare_merges = [commit for commit in counted if commit.note.merge and not commit.note.files]
    only_state = len(bare_merges) == len(counted) and len(counted) < len(commits)
    return [] if only_state else counted


def tell_upstream(history: History, then: str | None, now: str, known: Sequence[str], head: str | None) -> Story | None:
    """Return what others did to an upstream branch, or None when nothing; pushing one's own work is nothing.

    Args:
        history: where to ask.
        then: where the branch stood at the pause; None when it was not known or did not exist.
        now: where it stands.
        known: HEAD and the paused commit, as far as they exist: their commits are no news.
        head: where HEAD stands.
    """
    if now in (then, head):
        return None
    if then is not None and not history.exists(then):
        return _unknown_past(history, then, now, known)
    moved_back = then is not None and history.is_ancestor(now, then)
    if not moved_back and any(history.is_ancestor(now, tip) for tip in known):
        return None
    if then is None:
        return _with_mine(history, _unknown_past(history, None, now, known), head)
    return _with_mine(history, _news(history, tell(history, then, now)[0], known), head)


def _with_mine(history: History, story: Story | None, head: str | None) -> Story | None:
    """Mark what is new on the upstream branch but only HEAD's own unpushed work under other ids (a squash-merge)."""
    if story is None or not story.gained or head is None or story.now is None:
        return story
    mine = history.commits(head, [story.now])
    fresh = {note.oid for note in story.gained}
    theirs = [commit for commit in history.commits(story.now, [head]) if commit.oid in fresh]
    pairs = _pairs(history, mine, theirs, head) if mine else ()
    paired = {pair.new.oid for pair in pairs}
    return replace(
        story,
        counterparts=(*story.counterparts, *pairs),
        gained=tuple(note for note in story.gained if note.oid not in paired),
        gained_total=story.gained_total - len(paired),
        mine_left=len(_single(mine)) - len({pair.old.oid for pair in pairs}) if pairs else 0,
    )


def tell_merged(history: History, tip: str, into: str) -> Story | None:
    """Return how a branch came into another one: as it is, or under new ids; None when it did not.

    Args:
        history: where to ask.
        tip: full id of the branch's newest commit.
        into: full id of where the other branch stands.
    """
    if history.is_ancestor(tip, into):
        return Story(Relation.SAME, tip, into)
    mine = history.commits(tip, [into])
    pairs = _pairs(history, mine, history.commits(into, [tip]), tip)
    paired = {pair.old.oid for pair in pairs}
    lost = tuple(commit.note for commit in _single(mine) if commit.oid not in paired)
    return Story(Relation.REWRITTEN, tip, into, lost=lost, counterparts=pairs) if pairs else None


def _unknown_past(history: History, then: str | None, now: str, known: Sequence[str]) -> Story | None:
    gained = tuple(commit.note for commit in effective(history.commits(now, known)))
    relation = Relation.AHEAD if then is None else Relation.MISSING
    return Story(relation, then, now, gained, len(gained)) if gained else None


def _news(history: History, story: Story, known: Sequence[str]) -> Story | None:
    """Return the story without what HEAD or the paused commit have: what somebody else did."""
    fresh = history.ids(story.now or "", known)
    gained = tuple(note for note in story.gained if note.oid in fresh)
    pairs = tuple(pair for pair in story.counterparts if pair.new.oid in fresh)
    mine = {pair.old.oid for pair in story.counterparts} - {pair.old.oid for pair in pairs}
    relation = story.relation
    if relation is Relation.REWRITTEN and not pairs:
        relation = Relation.DIVERGED if story.lost else Relation.AHEAD
    if relation is Relation.AHEAD and not gained:
        return None
    hidden = len(story.gained) - len(gained)
    total = max(story.gained_total - hidden, len(gained))
    lost = tuple(note for note in story.lost if note.oid not in mine)
    return Story(relation, story.then, story.now, gained, total, lost, pairs, story.state_only, cut=story.cut)
