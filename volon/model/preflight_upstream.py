"""What became of the upstream branch of a pause, and how much can be known of it without fetching.

Pushing one's own work is no drift: commits that HEAD or the paused commit has are not counted.

Source: contract §5 (`upstream.*`, `fetch.stale`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from volon.model.finding import Finding, are, commit_lines, count, finding, handle, short
from volon.model.gitpath import shell_word
from volon.model.observed import Relation
from volon.model.preflight_head import (
    CUT,
    UNSHALLOW,
    both_command,
    counterpart_lines,
    log_command,
    lost_lines,
    rewritten_words,
)
from volon.model.text import age

if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.observed import Observed, PausedState, Story

STALE = timedelta(hours=24)
"""After this long, what is known of the upstream branch is called old."""


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about the upstream branch."""
    if not paused.place_known:
        return
    name = paused.upstream or observed.facts.upstream
    if paused.upstream is not None and not observed.upstream_exists and observed.made_here is False:
        yield finding("fetch.stale", f"{paused.upstream} was never fetched in this clone", command="git fetch --all")
        return
    if paused.upstream is not None and not observed.upstream_exists:
        named = paused.branch and not paused.branch.startswith("-")
        command = f"git branch -vv --list {shell_word(paused.branch if named and paused.branch else '*')}"
        yield finding("upstream.gone", f"{paused.upstream} does not exist any more", command=command)
    elif observed.upstream is not None and name is not None:
        yield from _moved(name, observed.upstream, paused)
    if name is not None:
        yield from _fetched(observed)


def _moved(name: str, story: Story, paused: PausedState) -> Iterator[Finding]:
    if story.relation in {Relation.SAME, Relation.STATE_ONLY}:
        return
    if story.relation is Relation.AHEAD:
        yield _ahead(name, story, paused)
    elif story.relation is Relation.MISSING:
        sentence = (
            f"{name} has {count(story.gained_total, 'commit')} you have not; where it stood at the pause is unknown"
        )
        detail = commit_lines(story.gained, story.gained_total, paused.named_paths)
        yield finding("upstream.ahead", sentence, detail, f"git log --oneline -10 {handle(story.now or '')}")
    elif story.cut and not story.counterparts:
        detail = commit_lines(story.gained, story.gained_total, paused.named_paths)
        yield finding("upstream.ahead", f"{name} is at {short(story.now)} now: {CUT}", detail, UNSHALLOW)
    else:
        yield _rewritten(name, story, paused)


def _ahead(name: str, story: Story, paused: PausedState) -> Finding:
    yours = (
        f", your {count(len({pair.old.oid for pair in story.counterparts}), 'commit')} among them"
        if story.counterparts
        else ""
    )
    total = story.gained_total + len({pair.new.oid for pair in story.counterparts})
    detail = (*counterpart_lines(story), *commit_lines(story.gained, story.gained_total, paused.named_paths))
    return finding("upstream.ahead", f"{name}: {count(total, 'new commit')}{yours}", detail, log_command(story))


def _rewritten(name: str, story: Story, paused: PausedState) -> Finding:
    detail = (
        *counterpart_lines(story),
        *(f"new: {line}" for line in commit_lines(story.gained, story.gained_total, paused.named_paths)),
        *lost_lines(story),
    )
    if story.relation is Relation.BEHIND:
        sentence = f"{name} was moved back to {short(story.now)}: {are(len(story.lost), 'commit')} not in it any more"
        command = f"git log --oneline {handle(story.now or '')}..{handle(story.then or '')}"
        return finding("upstream.rewritten", sentence, detail, command)
    if story.counterparts:
        words = rewritten_words(story, "its")
        return finding("upstream.rewritten", f"{name} rewritten: {words}", detail, both_command("range-diff", story))
    gone, new = are(len(story.lost), "commit"), story.gained_total
    sentence = f"{name} was replaced: {gone} not there any more, {new} new"
    command = both_command("log --oneline --left-right", story)
    return finding("upstream.rewritten", sentence, detail, command)


def _fetched(observed: Observed) -> Iterator[Finding]:
    at = observed.facts.fetched_at
    if at is None:
        yield finding("fetch.stale", "never fetched here", command="git fetch")
    elif observed.now - at > STALE:
        yield finding("fetch.stale", f"last fetched {age(at, observed.now)}", command="git fetch")
