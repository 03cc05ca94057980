"""A restore as people read it: counts and names, what stays and why, and the way back.

Source: contract §4, §7 (*restore N*).
"""

from __future__ import annotations

from volon.model.drift.finding import pathspec
from volon.model.restoring import UNSAVED
from volon.model.text import LISTED, listed
from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.restore import LeftView, RestoreResult


def restore(page: Page, result: RestoreResult) -> None:
    """Write the page of a restore."""
    number = f"{result.checkpoint:02d}"
    if result.already:
        blocked = any(one.why.startswith(UNSAVED) for one in result.left)
        page.add(
            Span(f"{'Not everything' if blocked else 'Everything'} is as checkpoint {number} saved it.", Style.STRONG)
        )
        left_alone(page, result.left)
        return
    verb = "Would restore" if result.dry_run or result.stopped else "Restored"
    page.prose(Span(f"{verb} checkpoint {number}: ", Style.STRONG), _counts(result))
    planned = result.op is None
    names(page, "create" if planned else "created", result.created)
    names(page, "overwrite" if planned else "overwrote", result.overwritten)
    names(page, "delete" if planned else "deleted", result.deleted)
    names(page, "conflicts", result.conflicts)
    if result.stopped:
        names(page, "only here", result.asked)
    left_alone(page, result.left)
    if result.worktree is not None:
        page.field("in", result.worktree)
    untouched = "HEAD, branches, stash, ignored files"
    page.field("untouched", untouched if result.index or result.conflicts else f"index, {untouched}")
    _way_on(page, result)


def _way_on(page: Page, result: RestoreResult) -> None:
    if result.dry_run:
        page.add(Span("Dry run: nothing was written.", Style.DIM))
    elif result.stopped:
        page.add("Nothing was changed yet. What stands there now is saved first. Go on:")
        page.add("  ", Span(result.next_command or "", Style.STRONG))
    elif result.worktree is not None:
        page.add("Next: ", Span(f"cd {result.worktree}", Style.STRONG))
    if result.conflicts and result.op is not None:
        marked = pathspec(result.conflicts)
        page.add("Not done yet: git has these conflicts as unmerged. Resolve them in the files, then:")
        page.add("  ", Span(f"git add{marked}" if marked else "git status", Style.STRONG))
    if result.op is not None and result.worktree is None:
        page.add("To take this back: ", Span(result.undo_command, Style.STRONG))


def _counts(result: RestoreResult) -> str:
    counted = (
        (len(result.created), "to create" if result.op is None else "created"),
        (len(result.overwritten), "to overwrite" if result.op is None else "overwritten"),
        (len(result.deleted), "to delete" if result.op is None else "deleted"),
    )
    said = [f"{number} {words}" for number, words in counted if number]
    return ", ".join([*said, *(["git's index"] if result.index else [])])


def names(page: Page, label: str, paths: tuple[str, ...]) -> None:
    """Write the names of paths, if there are any."""
    if paths:
        page.field(label, listed(paths), lines=LISTED)


def left_alone(page: Page, left: tuple[LeftView, ...]) -> None:
    """Write what stays as it is, by the reasons why."""
    whys = dict.fromkeys(one.why for one in left)
    for why in whys:
        page.field("left alone", f"{listed([one.path for one in left if one.why == why])} ({why})", lines=LISTED)
