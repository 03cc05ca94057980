"""What became of the uncommitted work of a pause.

Source: contract §5 (`tree.*`), §7 (dirty facts).
"""

from __future__ import annotations

from volon.model.drift.finding import Finding, called, count, finding, handle, path_lines, pathspec, short, some_paths
from volon.model.drift.head import branch_command, head_moved, over, switch_command
from volon.model.drift.observed import Fate, Relation
from volon.model.facts import BEGUN_AGAIN, NESTED, SUBMODULE
from volon.model.syntax.gitpath import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.model.drift.observed import Observed, PathFate, PausedState
    from volon.model.facts import Change


_NAMED = 3


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about uncommitted work."""
    if paused.changes is None:
        yield from _unrecorded(observed)
        return
    by_fate = {fate: [found for found in (*observed.fates, *observed.staged) if found.fate is fate] for fate in Fate}
    all_there = all(found.fate is Fate.SAME for found in observed.fates)
    further = by_fate[Fate.EDITED] + by_fate[Fate.MOVED_ON] + by_fate[Fate.RENAMED]
    went_on = [found for found in further if not found.staged]
    if went_on or observed.fresh:
        yield _dirty(went_on, observed)
    if by_fate[Fate.LOST]:
        yield _lost(by_fate[Fate.LOST], paused, observed)
    if by_fate[Fate.COMMITTED]:
        yield _absorbed(by_fate[Fate.COMMITTED])
    moved = by_fate[Fate.LOST] or by_fate[Fate.COMMITTED]
    if observed.fates and all_there and not moved and not observed.fresh:
        yield _same(observed.fates)


def _same(fates: Sequence[PathFate]) -> Finding:
    """Say what is the same, and of what that is not known: it is named in the detail."""
    changes = [fate.change for fate in fates]
    compared = [fate.change.path for fate in fates if fate.change.readable and not fate.unread]
    files = len(compared)
    submodules = sum(change.mode == SUBMODULE for change in changes)
    nested = sum(change.mode == NESTED for change in changes)
    unread = len(changes) - files - submodules - nested
    parts = [f"{count(files, 'uncommitted file')}, unchanged byte for byte"] if files else []
    parts += [f"{count(submodules, 'submodule')} at the same commit, content not looked at"] if submodules else []
    parts += [f"{'1 nested repository' if nested == 1 else f'{nested} nested repositories'} not looked into"] * bool(
        nested
    )
    parts += [f"{count(unread, 'file')} not compared"] if unread else []
    unknown = [f"{quote_path(change.path)}: not compared" for change in changes if change.path not in compared]
    return finding("tree.same", "; ".join(parts), path_lines(unknown))


def _unrecorded(observed: Observed) -> Iterator[Finding]:
    """Old capsules do not say what was changed: say what is, and that nobody knows since when."""
    if observed.fresh:
        sentence = f"{count(len(observed.fresh), 'changed file')}; the pause did not record which there were"
        paths = [change.path for change in observed.fresh]
        yield finding("tree.dirty", sentence, path_lines([quote_path(path) for path in paths]), _status(paths))


def _dirty(went_on: list[PathFate], observed: Observed) -> Finding:
    lines = [*(_went_on(fate) for fate in went_on)]
    lines += [_fresh_line(change) for change in observed.fresh]
    renamed = sum(fate.fate is Fate.RENAMED for fate in went_on)
    parts = [f"{count(len(went_on) - renamed, 'file')} changed further"] if len(went_on) > renamed else []
    parts += [f"{count(renamed, 'file')} under another name"] if renamed else []
    parts += _fresh_words(observed.fresh)
    dirty = [fate.now_at or fate.change.path for fate in went_on if fate.fate in {Fate.EDITED, Fate.RENAMED}]
    dirty += [change.path for change in observed.fresh]
    command = _status(dirty) if dirty else f"git log --oneline -5{pathspec([fate.change.path for fate in went_on])}"
    return finding("tree.dirty", f"since the pause: {', '.join(parts)}", path_lines(sorted(lines)), command)


def _went_on(fate: PathFate) -> str:
    if fate.fate is Fate.EDITED and fate.change.deleted:
        return f"{quote_path(fate.change.path)}: was deleted, is back"
    if fate.fate is Fate.EDITED:
        what = "edited since" if fate.change.mode != SUBMODULE else "another commit is checked out in this submodule"
        return f"{quote_path(fate.change.path)}: {what}"
    if fate.fate is Fate.RENAMED:
        return f"{quote_path(fate.change.path)}: now {quote_path(fate.now_at or '')}"
    by = f" as {short(fate.commit.oid)}" if fate.commit else ""
    doubt = "; how much of yours cannot be told" if fate.doubt else ""
    return f"{quote_path(fate.change.path)}: committed since{by}, in another version{doubt}"


_FRESH = ("new", "changed", "deleted", "renamed")


def _fresh_kind(change: Change) -> str:
    if change.origin is not None:
        return "renamed"
    if change.deleted:
        return "deleted"
    return "new" if change.untracked or change.status[0] == "A" else "changed"


def _fresh_words(fresh: Sequence[Change]) -> list[str]:
    kinds = [_fresh_kind(change) for change in fresh]
    return [f"{kinds.count(kind)} {kind}" for kind in _FRESH if kind in kinds]


def _fresh_line(change: Change) -> str:
    if change.origin is not None:
        return f"{quote_path(change.origin)}: renamed to {quote_path(change.path)} since"
    return f"{quote_path(change.path)}: {_fresh_kind(change)} since"


def _status(paths: list[str]) -> str:
    return f"git status --short{pathspec(paths)}"


def _lost(fates: list[PathFate], paused: PausedState, observed: Observed) -> Finding:
    never_here = observed.made_here is False and not any(fate.holder or fate.commit for fate in fates)
    lines = path_lines([_never_line(fate) if never_here else _lost_line(fate) for fate in fates])
    sentence = f"{_lost_words(fates)}{_unsaved(fates, paused)}{_why(paused, observed, never_here=never_here)}"
    if paused.restorable and paused.checkpoint is not None:
        command = _restore(paused, observed)
        if _ONTO in command and any(fate.staged for fate in fates):
            sentence += f"; {_ONTO.strip()} leaves the index as it is, --worktree DIR in its place brings it back there"
        return finding("tree.lost", sentence, lines, command)
    if never_here and paused.checkpoint is not None:
        return finding("tree.lost", sentence, lines, f"volon checkpoint show {called(paused)}")
    held = [fate.holder for fate in fates if fate.holder]
    command = held[0].command if held else _look(fates, paused, observed)
    return finding("tree.lost", sentence, lines, command)


_ONTO = " --onto HEAD"


def _restore(paused: PausedState, observed: Observed) -> str:
    """The restore that can be done: on the branch of the pause, or else onto what HEAD is now."""
    command, now = f"volon restore {called(paused)}", observed.facts.branch
    if observed.facts.operation not in (None, paused.operation):
        # Neither a restore here nor git switch would do anything in the middle of it.
        return f"{command} --worktree {paused.beside}"
    if not head_moved(observed.head):
        return _over(command, paused, observed) if over(paused, observed) else command
    if paused.branch is not None and now not in (None, paused.branch) and observed.branch_exists:
        moved = observed.brought.onto is not None and observed.brought.onto.branch
        there = f"{command}{_onto(paused, observed)}" if moved else "volon resume-task --restore"
        return f"{switch_command(paused.branch)} && {there}"
    if paused.branch is not None and not observed.branch_exists and observed.made_here is False:
        made = branch_command(paused, paused.branch, observed)
        if made is not None:
            return f"{made} && volon resume-task --restore"
    return f"{command}{_onto(paused, observed)}"


def _over(command: str, paused: PausedState, observed: Observed) -> str:
    """The restore of what was in conflict in the middle of something that is over: git has to be there again."""
    if not any(change.kind == "conflicted" for change in paused.changes or ()):
        return command
    if paused.operation not in BEGUN_AGAIN or paused.operation_head is None:
        return f"{command} --path PATH"
    # What git then writes is in the way; what somebody else wrote here is asked about.
    agreed = "" if observed.facts.changes else " --yes"
    return f"git {paused.operation} {handle(paused.operation_head)}; {command}{agreed}"


def _onto(paused: PausedState, observed: Observed) -> str:
    """How to put it onto HEAD without being refused; what cannot go there is taken file by file."""
    onto = observed.brought.onto
    if onto is None:
        return _ONTO
    if onto.refused:
        return " --path PATH"
    beside = onto.changed or observed.facts.operation is not None
    return f"{_ONTO}{' --conflicts' * bool(onto.conflicts)}{f' --worktree {paused.beside}' if beside else ''}"


def _never_line(fate: PathFate) -> str:
    return f"{'staged version of ' * fate.staged}{quote_path(fate.change.path)}: uncommitted in the other clone"


def _why(paused: PausedState, observed: Observed, *, never_here: bool) -> str:
    """Say what else explains the loss."""
    if never_here:
        return ": paused in another clone, they never came here"
    return "" if head_moved(observed.head) else over(paused, observed)


def _lost_words(fates: list[PathFate]) -> str:
    staged = sum(fate.staged for fate in fates)
    files = len(fates) - staged
    parts = [f"{_of_the_pause(files, 'uncommitted change')} not in the tree"] if files else []
    parts += [f"{_of_the_pause(staged, 'staged version')} not in the index"] if staged else []
    return "; ".join(parts)


def _unsaved(fates: list[PathFate], paused: PausedState) -> str:
    """What no restore brings back, where it brings the others."""
    left_out = frozenset(paused.unsaved)
    unsaved = [fate.change.path for fate in fates if not fate.staged and fate.change.path in left_out]
    return f"; {len(unsaved)} of them not saved: {some_paths(unsaved, _NAMED)}" if unsaved and paused.restorable else ""


def _of_the_pause(number: int, what: str) -> str:
    return f"{count(number, what)} of the pause {'is' if number == 1 else 'are'}"


def _look(fates: list[PathFate], paused: PausedState, observed: Observed) -> str:
    """Without a copy there is only what differs from the pause's commit to look at, or what the pause wrote down."""
    if paused.checkpoint is not None and all(fate.gone for fate in fates):
        return f"volon checkpoint show {called(paused)}"
    known = paused.paused_commit and observed.head.relation is not Relation.MISSING
    base = handle(paused.paused_commit) if known and paused.paused_commit else "HEAD"
    return f"git diff --stat {base}{pathspec([fate.change.path for fate in fates])}"


def _lost_line(fate: PathFate) -> str:
    name = quote_path(fate.change.path)
    if fate.staged:
        return _staged_line(fate, name)
    if fate.change.mode is None:
        return f"{name}: was deleted, is back"
    if fate.change.mode == SUBMODULE:
        return f"{name}: the submodule is no longer at {short(fate.change.blob or '')}"
    if fate.change.mode == NESTED:
        return f"{name}: the nested repository is gone; volon never looked into it"
    if fate.mode_only:
        return f"{name}: the bytes are there, but its mode is no longer {fate.change.mode}"
    where = f"; the bytes are in {fate.holder.where}" if fate.holder else "; no copy found here"
    return f"{name}: {'gone' if fate.gone else 'not as it was'}{_by(fate)}{where}"


def _by(fate: PathFate) -> str:
    """Say what a commit has to do with the loss."""
    if fate.commit is None:
        return ""
    commit = short(fate.commit.oid)
    if fate.how == "dropped":
        return f", committed as {commit} and taken out again since"
    if fate.how == "untracked":
        return f", {commit} took it out of git"
    return f", part of it is in {commit}" if fate.how == "part" else f", {commit} has another version"


def _staged_line(fate: PathFate, name: str) -> str:
    if fate.mode_only:
        return f"staged version of {name}: the bytes are in the index, but its mode is no longer {fate.change.mode}"
    kept = f"the bytes are in {fate.holder.where}" if fate.holder else f"git has its {short(fate.change.blob)} no more"
    return f"staged version of {name} is no longer in the index; {kept}"


def _absorbed(fates: list[PathFate]) -> Finding:
    commits = list(dict.fromkeys(fate.commit.oid for fate in fates if fate.commit))
    as_commits = f" as {' '.join(short(oid) for oid in commits[:5])}" if commits else ""
    sentence = f"{count(len(fates), 'uncommitted change')} of the pause committed since{as_commits}"
    lines = path_lines([_absorbed_line(fate) for fate in fates])
    command = f"git show --stat {handle(commits[0])}" if commits else "git log --oneline -5"
    return finding("tree.absorbed", sentence, lines, command)


def _absorbed_line(fate: PathFate) -> str:
    name = f"{'staged version of ' * fate.staged}{quote_path(fate.change.path)}"
    name += f" → {quote_path(fate.now_at)}" if fate.now_at else ""
    return f"{name}: {short(fate.commit.oid)} {fate.commit.subject}" if fate.commit else f"{name}: committed"
