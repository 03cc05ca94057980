"""What became of the commit, the branch and the working tree of a pause.

Source: contract §5 (`head.*`, `branch.*`, `worktree.*`, `keyfile.*`).
"""

from __future__ import annotations

from volon.model.drift.finding import (
    LISTED,
    Finding,
    are,
    commit_line,
    commit_lines,
    count,
    finding,
    handle,
    path_lines,
    pathspec,
    short,
)
from volon.model.drift.observed import Relation
from volon.model.syntax.gitpath import quote_path, shell_word
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.drift.observed import Counterpart, KeyFileFate, Observed, PausedState, Story

CUT = "this clone is shallow, and the history in between is cut off"
UNSHALLOW = "git fetch --unshallow"
_SHOWN_IDS = 5
_HOW = {"content": "same content", "unread": "content not compared"}


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about HEAD, branch, working tree and key files."""
    found = _head(observed.head, paused)
    yield replace(found, sentence=found.sentence + over(paused, observed)) if head_moved(observed.head) else found
    if paused.place_known:
        yield from _branch(paused, observed)
        yield from _worktree(paused, observed)
    yield from _key_files(paused, observed)


def head_moved(story: Story) -> bool:
    """Whether HEAD is at another commit than at the pause, but for volon's own files."""
    return story.relation not in {Relation.SAME, Relation.STATE_ONLY}


def over(paused: PausedState, observed: Observed) -> str:
    """Say that what git was in the middle of at the pause is over, if so."""
    ended = paused.operation is not None and observed.facts.operation != paused.operation
    return f"; the {paused.operation} of the pause is over" if ended else ""


def _head(story: Story, paused: PausedState) -> Finding:
    return {
        Relation.SAME: _same,
        Relation.STATE_ONLY: _state_only,
        Relation.AHEAD: _ahead,
        Relation.BEHIND: _behind,
        Relation.DIVERGED: _diverged,
        Relation.REWRITTEN: _rewritten,
        Relation.MISSING: _missing,
    }[story.relation](story, paused)


def _same(story: Story, _paused: PausedState) -> Finding:
    where = short(story.now) if story.now else "still without a commit"
    return finding("head.same", f"{where}, as you left it")


def _state_only(story: Story, _paused: PausedState) -> Finding:
    return finding("head.state-only", f"{short(story.now)}: only volon's own files were committed since")


def _ahead(story: Story, paused: PausedState) -> Finding:
    since = f" since {short(story.then)}" if story.then else " on a branch that had none"
    detail = commit_lines(story.gained, story.gained_total, paused.named_paths)
    sentence = f"{_gained(story)}{since}"
    return finding("head.ahead", sentence, detail, log_command(story))


def _gained(story: Story) -> str:
    """Return `2 new commits`, or `1 commit of before the pause`, or both."""
    before = f"{count(story.there_before, 'commit')} of before the pause" if story.there_before else ""
    new = story.gained_total - story.there_before
    return f"{count(new, 'new commit')}{' and ' * bool(before)}{before}" if new or not before else before


def _behind(story: Story, paused: PausedState) -> Finding:
    sentence = f"{short(story.now)} is older than the pause: {are(len(story.lost), 'commit')} not in it"
    sentence += "; what was in them is in the tree, uncommitted" * story.uncommitted
    detail = commit_lines(story.lost, len(story.lost), paused.named_paths)
    command = f"git log --oneline {handle(story.now or '')}..{handle(story.then or '')}"
    return finding("head.behind", sentence, detail, command)


def _diverged(story: Story, paused: PausedState) -> Finding:
    if story.now is None:
        command = f"git log --oneline -10 {handle(story.then or '')}"
        return finding("head.diverged", f"no commit here; the pause was on {short(story.then)}", command=command)
    if story.cut:
        sentence = f"{short(story.now)}, was {short(story.then)}: {CUT}"
        detail = commit_lines(story.gained, story.gained_total, paused.named_paths)
        return finding("head.diverged", sentence, detail, UNSHALLOW)
    sentence = (
        f"{short(story.now)} and the paused {short(story.then)} went different ways: "
        f"{_gained(story)} here, {count(len(story.lost), 'paused commit')} not here"
    )
    if story.gained_total > len(story.gained):
        sentence += f" (only the newest {len(story.gained)} were compared)"
    detail = (*commit_lines(story.gained, story.gained_total, paused.named_paths), *lost_lines(story))
    return finding("head.diverged", sentence, detail, both_command("log --oneline --left-right", story))


def _rewritten(story: Story, paused: PausedState) -> Finding:
    sentence = f"rewritten: {rewritten_words(story, 'your')}"
    detail = (
        *counterpart_lines(story),
        *(f"new: {line}" for line in commit_lines(story.gained, story.gained_total, paused.named_paths)),
        *((CUT,) if story.cut else lost_lines(story)),
    )
    return finding("head.rewritten", sentence, detail, both_command("range-diff", story))


def _missing(story: Story, paused: PausedState) -> Finding:
    where = f"the paused commit {short(story.then)} is not here: "
    if story.reason == "shallow":
        return finding("head.missing", where + "this clone is shallow", command=UNSHALLOW)
    if story.reason == "pruned":
        sentence = where + "it was, and git pruned it since"
        return finding("head.missing", sentence, command="git fetch --all")
    if story.reason == "unknown":
        return finding("head.missing", f"{where}pruned, or made in another clone", command="git fetch --all")
    branch = f" on {paused.branch}" if paused.branch else ""
    sentence = f"{where}it was made in another clone{branch} and did not come here; push it there, then"
    return finding("head.missing", sentence, command="git fetch --all")


def rewritten_words(story: Story, whose: str) -> str:
    """Return `your 2 commits are there as 72ae525 d49331f, 3 new`, or `1 of your 2 commits is there squashed as …`."""
    new_ids = list(dict.fromkeys(short(pair.new.oid) for pair in story.counterparts))
    ids = " ".join(new_ids[:_SHOWN_IDS]) + (f" … {len(new_ids) - _SHOWN_IDS} more" * (len(new_ids) > _SHOWN_IDS))
    number = len({pair.old.oid for pair in story.counterparts})
    left = len(story.lost) + story.mine_left
    every = number + left
    subject = (
        f"{number} of {whose} {every} commits" if left else f"{whose} {f'{every} commits' if every > 1 else 'commit'}"
    )
    squashed = "squashed " * all(pair.how == "squashed" for pair in story.counterparts)
    parts = [f"{subject} {'is' if number == 1 else 'are'} there {squashed}as {ids}"]
    if changed := sum(pair.how == "changed" for pair in story.counterparts):
        parts.append(f"{changed} changed on the way")
    if story.gained_total:
        parts.append(f"{story.gained_total} new")
    return ", ".join(parts)


def counterpart_lines(story: Story) -> tuple[str, ...]:
    """Return `9a1… → 72a…  subject` for each commit that is there under a new id."""
    return path_lines([_counterpart(pair) for pair in story.counterparts])


def _counterpart(pair: Counterpart) -> str:
    how = "" if pair.how == "same" else f"  ({_HOW.get(pair.how, pair.how)})"
    subject = pair.new.subject if pair.new.subject == pair.old.subject else f"{pair.old.subject} → {pair.new.subject}"
    return f"{short(pair.old.oid)} → {short(pair.new.oid)} {subject}{how}"


def lost_lines(story: Story) -> tuple[str, ...]:
    """Return the commits of then that are not there now."""
    lines = [f"not there: {commit_line(note)}" for note in story.lost[:LISTED]]
    more = len(story.lost) - LISTED
    return (*lines, *((f"… {more} more not there",) if more > 0 else ()))


def log_command(story: Story) -> str:
    """Return the command that lists what is new."""
    if story.then is None:
        return f"git log --oneline {handle(story.now or '')}"
    return f"git log --oneline {handle(story.then)}..{handle(story.now or '')}"


def both_command(what: str, story: Story) -> str:
    """Return a command that compares both sides."""
    return f"git {what} {handle(story.then or '')}...{handle(story.now or '')}"


def _branch(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    now = observed.facts.branch
    if now == paused.branch:
        return
    if paused.branch is None:
        yield _was_detached(paused, observed)
    elif observed.facts.operation_branch == paused.branch:
        return
    elif observed.branch_renamed_to is not None:
        yield from _renamed(paused.branch, observed)
    elif not observed.branch_exists and observed.made_here is False:
        yield _never_here(paused, paused.branch, observed)
    elif not observed.branch_exists and paused.paused_commit is not None:
        yield _deleted(paused, observed)
    elif now is None:
        yield _detached(paused.branch, observed)
    else:
        yield finding("branch.switched", f"{now}, was {paused.branch}", command=_switch(paused.branch, observed))


def _never_here(paused: PausedState, branch: str, observed: Observed) -> Finding:
    """The pause came from another clone, with a branch that is made here from the remote's, if that was fetched."""
    now = observed.facts.branch or f"detached at {short(observed.facts.head)}"
    command = branch_command(paused, branch, observed) or "git branch --all"
    return finding("branch.switched", f"{now}, was {branch}, which this clone has not", command=command)


def branch_command(paused: PausedState, branch: str, observed: Observed) -> str | None:
    """Return how to make and switch to a branch that another clone has, at the commit of the pause if that came along.

    None when there is nothing here to make it of.
    """
    upstream, commit = paused.upstream or "", paused.paused_commit
    fetched = observed.upstream_exists and upstream.endswith(f"/{branch}") and not upstream.startswith("-")
    came = commit is not None and observed.head.relation is not Relation.MISSING and not branch.startswith("-")
    if fetched and not (came and paused.upstream_commit != commit):
        return f"git switch --track {shell_word(upstream)}"
    return f"git switch -c {shell_word(branch)} {handle(commit)}" if came and commit else None


def _switch(branch: str, observed: Observed) -> str:
    """Return the way back to a branch; when only HEAD holds commits made since, keep them first."""
    facts = observed.facts
    loose = facts.branch is None and facts.operation is None and observed.head.gained_total
    if loose and facts.head:
        return f"git branch keep-{short(facts.head)} {handle(facts.head)}"
    return switch_command(branch) if observed.branch_exists else "git status"


def switch_command(branch: str) -> str:
    """Return how to switch to a branch, whatever its name begins with."""
    return f"git switch {'-- ' * branch.startswith('-')}{shell_word(branch)}"


def _was_detached(paused: PausedState, observed: Observed) -> Finding:
    commit = paused.paused_commit
    # In the middle of what is over there is nothing to go back to.
    nowhere = commit is None or observed.head.relation is Relation.MISSING or over(paused, observed)
    command = "git status" if nowhere or commit is None else f"git switch --detach {handle(commit)}"
    during = f" in a {paused.operation}" if paused.operation else f" at {short(commit)}"
    return finding("branch.switched", f"{observed.facts.branch}, was detached{during}", command=command)


def _renamed(old: str, observed: Observed) -> Iterator[Finding]:
    new, now = observed.branch_renamed_to or "", observed.facts.branch
    back = switch_command(new)
    if now == new:
        # Its reflog says when it was renamed; there is nothing to resolve.
        sentence = f"{old} is called {new} now; the next pause will say so"
        yield finding("branch.renamed", sentence, command=f"git reflog -3 {shell_word(f'refs/heads/{new}')}")
        return
    yield finding("branch.renamed", f"{old} is called {new} now", command=back)
    if now is None:
        yield _detached(new, observed)
    else:
        yield finding("branch.switched", f"{now}, was {old}", command=back)


def _deleted(paused: PausedState, observed: Observed) -> Finding:
    now = observed.facts.branch or "a detached HEAD"
    commit = paused.paused_commit or ""
    # Git makes no branch whose name looks like an option.
    can = observed.head.relation is not Relation.MISSING and not (paused.branch or "").startswith("-")
    command = f"git branch {shell_word(paused.branch or '')} {handle(commit)}" if can else "git branch --all"
    return finding("branch.deleted", f"{paused.branch} is gone; on {now} now", command=command)


def _detached(branch: str, observed: Observed) -> Finding:
    sentence = f"detached at {short(observed.facts.head)}, was {branch}"
    return finding("branch.detached", sentence, command=_switch(branch, observed))


def _worktree(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    here = observed.facts.worktree
    if observed.worktree_same:
        return
    names = {".": "the main working tree"}
    was, now = names.get(paused.worktree, paused.worktree), names.get(here, here)
    if observed.worktree_moved:
        sentence = f"paused in {was}, which was moved here, or made again here: {now}"
        yield finding("worktree.other", sentence, command="git worktree list")
    elif observed.worktree_path is not None:
        task = f" --task {paused.task_id}" if paused.task_id else ""
        command = f"volon -C {shell_word(observed.worktree_path)} resume-task{task}"
        yield finding("worktree.other", f"paused in {was}, not in {now}", command=command)
    elif observed.made_here is False:
        sentence = f"paused in {was} of another clone"
        yield finding("worktree.other", sentence, command="git worktree list")
    else:
        yield finding("worktree.missing", f"paused in {was}, which is gone", command=_bring_here(paused, observed))


def _bring_here(paused: PausedState, observed: Observed) -> str:
    """Its records are here already: go to its branch, then say that the working tree is not waited for."""
    if observed.worktree_astray:
        return "git worktree list"
    if paused.branch is not None and paused.branch != observed.facts.branch and observed.branch_exists:
        return _switch(paused.branch, observed)
    return f"volon resume-task{f' --task {paused.task_id}' if paused.task_id else ''} --force"


def _key_files(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    changed = [fate for fate in observed.key_files if fate.kind != "missing"]
    missing = [fate for fate in observed.key_files if fate.kind == "missing"]
    commit = paused.paused_commit
    then = handle(commit) if commit and observed.head.relation is not Relation.MISSING else "HEAD"
    if changed:
        sentence = f"{_names(changed)} changed since the pause; this may invalidate the plan"
        command = f"git diff {then}{pathspec([fate.path for fate in changed])}"
        yield finding("keyfile.changed", sentence, path_lines([_key_line(fate) for fate in changed]), command)
    if missing:
        sentence = f"{_names(missing)} gone since the pause; this may invalidate the plan"
        command = f"git log --oneline -3{pathspec([fate.path for fate in missing])}"
        yield finding("keyfile.missing", sentence, path_lines([_key_line(fate) for fate in missing]), command)


def _names(fates: list[KeyFileFate]) -> str:
    return f"{quote_path(fates[0].path)}" if len(fates) == 1 else f"{len(fates)} key files"


def _key_line(fate: KeyFileFate) -> str:
    if fate.commit is not None:
        return f"{quote_path(fate.path)}: {short(fate.commit.oid)} {fate.commit.subject} – {fate.commit.author}"
    words = {
        "edited": "edited here, not committed",
        "missing": "not in the working tree",
        "committed": "another version in HEAD",
    }
    return f"{quote_path(fate.path)}: {words[fate.kind]}"
