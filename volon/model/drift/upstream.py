"""What became of the upstream branch of a pause, and how much can be known of it without fetching.

Pushing one's own work is no drift: commits that HEAD or the paused commit has are not counted.

Source: contract §5 (`upstream.*`, `fetch.stale`).
"""

from __future__ import annotations

from datetime import timedelta

from volon.model.drift.finding import Finding, are, commit_lines, count, finding, handle, short
from volon.model.drift.head import (
    CUT,
    UNSHALLOW,
    both_command,
    counterpart_lines,
    log_command,
    lost_lines,
    rewritten_words,
)
from volon.model.drift.observed import Relation
from volon.model.syntax.gitpath import shell_word
from volon.model.text import age
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.drift.observed import Observed, PausedState, Story

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
        yield _dated(_gone(paused.upstream, paused, observed), observed)
    elif observed.upstream is not None and name is not None:
        yield from (_dated(found, observed) for found in _moved(name, observed.upstream, paused))
    if name is not None and observed.upstream_fetched:
        yield from _fetched(observed)


def _dated(found: Finding, observed: Observed) -> Finding:
    """Say how old the knowledge is, unless a finding of its own is going to say that it is too old."""
    at = observed.facts.fetched_at
    if at is None or observed.now - at > STALE or not observed.upstream_fetched:
        return found
    return replace(found, sentence=f"{found.sentence}, fetched {age(at, observed.now)}")


def _gone(name: str, paused: PausedState, observed: Observed) -> Finding:
    """Say where the commits are, if they were merged; else how to stop following what is not there."""
    sentence, story, facts = f"{name} does not exist any more", observed.merged, observed.facts
    if story is not None and story.relation is Relation.SAME:
        command = f"git log --oneline -5 {handle(story.now or '')}"
        return finding("upstream.gone", f"{sentence}; it is merged into {observed.merged_into}", command=command)
    if story is not None:
        words = rewritten_words(story, "your").replace(" there ", f" in {observed.merged_into} ", 1)
        command = f"git show --stat {handle(story.counterparts[-1].new.oid)}"
        return finding(
            "upstream.gone", f"{sentence}; {words}", (*counterpart_lines(story), *lost_lines(story)), command
        )
    here = facts.branch is not None and facts.branch == paused.branch
    if here and facts.upstream not in {None, name}:
        command = f"git branch -vv --list {shell_word(facts.branch or '')}"
        return finding("upstream.gone", f"{sentence}; {facts.branch} follows {facts.upstream} now", command=command)
    follows = paused.branch and not paused.branch.startswith("-") and observed.branch_exists
    if not follows or (here and facts.upstream is None):
        return finding("upstream.gone", sentence, command="git branch -vv --all")
    return finding("upstream.gone", sentence, command=f"git branch --unset-upstream {shell_word(paused.branch or '')}")


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
    detail = (*counterpart_lines(story), *commit_lines(story.gained, story.gained_total, paused.named_paths))
    words = rewritten_words(story, "your") if story.counterparts else count(story.gained_total, "new commit")
    return finding("upstream.ahead", f"{name}: {words}", detail, log_command(story))


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
