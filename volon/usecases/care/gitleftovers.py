"""Doctor's look at what a killed git left behind; with `--fix`, what is volon's own is set aside.

Set aside means moved to `volon/corrupt/` in the git directory. What may be somebody else's is named and left alone: a
lock file does not tell whether its owner lives.

Source: contract §4 (`doctor`), reliability C4.
"""

from __future__ import annotations

from datetime import timedelta

from volon import scratch
from volon.model.results.protocol import CheckView
from volon.model.syntax.gitpath import quote_path
from volon.model.text import age
from volon.repo import leftovers
from volon.repo.snapshots.purging import LOCK_NAME, Purging
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.repo.leftovers import Leftover
    from volon.workspace import Workspace

_OLD = timedelta(minutes=10)
"""A lock younger than this may well belong to a git that runs."""
_FIX = "volon doctor --fix"
_PURGED = (
    CheckView(
        name="git files",
        state="problem",
        sentence="volon was stopped while it removed saved files, or is doing it; until then git packs no refs",
        detail=(LOCK_NAME,),
        command=_FIX,
    ),
)


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return what lies in the git directory and should not; nothing when it is clean."""
    common = workspace.repository.common_dir
    purged = Purging(workspace.world, workspace.repository).leftover()
    locks = [one for one in leftovers.locks(common) if not (purged and one.path == LOCK_NAME)]
    return (
        *(_PURGED if purged else ()),
        *_scratch(scratch.left_behind(workspace.repository.git_dir), "note", "left by a kill", _FIX),
        *_locks(workspace, locks),
        *_refs(workspace, leftovers.broken_refs(common), leftovers.unknown_refs(common)),
        *_reports(workspace, leftovers.crash_reports(common)),
    )


def set_aside(workspace: Workspace) -> tuple[CheckView, ...]:
    """Move volon's own locks and broken refs out of the way; doing it twice changes nothing."""
    if Purging(workspace.world, workspace.repository).settle():
        sentence = "the lock on packed refs that a removal of saved files left behind is gone"
        return (CheckView(name="git files", state="fixed", sentence=sentence), *set_aside(workspace))
    swept = scratch.left_behind(workspace.repository.git_dir, remove=True)
    return (*_scratch(swept, "fixed", "removed"), *_set_aside(workspace))


def _scratch(count: int, state: str, said: str, command: str | None = None) -> tuple[CheckView, ...]:
    """Directories in which a command tried something out; nothing in them is anybody's work."""
    if not count:
        return ()
    sentence = f"{count} throw-away director{'y' if count == 1 else 'ies'} of volon's {said}"
    return (CheckView(name="git files", state=state, sentence=sentence, command=command),)


def _set_aside(workspace: Workspace) -> tuple[CheckView, ...]:
    common = workspace.repository.common_dir
    found = (*leftovers.locks(common), *leftovers.broken_refs(common))
    ours = [one for one in found if one.ours and _is_old(workspace, one)]
    if not ours:
        return ()
    workspace.store.set_aside([layout.ref_place(one.path) for one in ours])
    detail = tuple(one.path for one in ours)
    sentence = f"{_files(len(ours), 'of git under refs/volon')} set aside"
    return (CheckView(name="git files", state="fixed", sentence=sentence, detail=detail),)


def _locks(workspace: Workspace, found: Sequence[Leftover]) -> list[CheckView]:
    """Tell volon's own, which `--fix` may move, from those of the user's git, which only a person may judge."""
    rows = []
    ours, theirs = [one for one in found if one.ours], [one for one in found if not one.ours]
    for group, said in ((ours, "of volon's own git"), (theirs, "of git")):
        if group:
            old = any(_is_old(workspace, one) for one in group)
            sentence = f"{_files(len(group), f'{said} in the git directory, owner unknown')}"
            if not group[0].ours:
                sentence += "; while one is there git refuses to go on. Remove it only when no git runs here"
            command = _FIX if old and group[0].ours else None
            rows.append(_row(workspace, "problem" if old else "note", sentence, group, command))
    return rows


def _refs(workspace: Workspace, broken: Sequence[Leftover], unknown: Sequence[Leftover]) -> list[CheckView]:
    rows = []
    if broken:
        sentence = (
            f"{_files(len(broken), 'under refs/volon without a commit')}; the pause's own files do not depend on it"
        )
        rows.append(_row(workspace, "problem", sentence, broken, _FIX if any(one.ours for one in broken) else None))
    strange = [one for one in unknown if one not in broken]
    if strange:
        rows.append(
            _row(workspace, "note", f"{_files(len(strange), 'under refs/volon')} not of volon's making", strange)
        )
    return rows


def _reports(workspace: Workspace, found: Sequence[Leftover]) -> list[CheckView]:
    if not found:
        return []
    own = sum(one.ours for one in found)
    whose = f"{own} of them volon's" if own else "none of them volon's"
    sentence = f"{_files(len(found), 'with crash reports of git fast-import')}, {whose}; nothing reads them again"
    return [_row(workspace, "note", sentence, found)]


def _row(
    workspace: Workspace, state: str, sentence: str, found: Sequence[Leftover], command: str | None = None
) -> CheckView:
    now = workspace.now()
    detail = tuple(f"{quote_path(one.path)}  {age(one.at, now)}" for one in found)
    return CheckView(name="git files", state=state, sentence=sentence, detail=detail, command=command)


def _is_old(workspace: Workspace, one: Leftover) -> bool:
    return workspace.now() - one.at >= _OLD


def _files(number: int, what: str) -> str:
    return f"{number} file{'s' * (number != 1)} {what}"
