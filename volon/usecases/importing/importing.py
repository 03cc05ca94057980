"""Import what other tools wrote down of paused work, and list what there is to import.

Each source is an operation of its own, so that each can be undone; the oldest is imported first, as it happened.

Source: issue "Where agents live" (importers).
"""

from __future__ import annotations

from itertools import islice

from volon.errors import NothingToDo, UsageError, VolonError
from volon.model.imports.source import STASH
from volon.model.results.imports import ImportListResult, ImportResult, SourceView
from volon.model.secrets import clean_line
from volon.model.syntax.gitpath import shell_word
from volon.model.text import iso
from volon.plain import dataclass
from volon.usecases.importing import recording, sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.usecases.importing.sources import Origin
    from volon.workspace import Workspace

_SESSION = "transcript"
_MOST_LISTED = {STASH: 20, "gsd": 20, "continuous": 20, _SESSION: 3}
"""Sessions are many, and most of them are done with."""
_TITLE = 100
_NONE = {
    STASH: "The stash is empty.",
    "gsd": "There is no .planning/HANDOFF.json or .continue-here file of GSD here.",
    "continuous": "There is no handoff below thoughts/shared/handoffs here.",
    _SESSION: "No session of an agent that volon knows began here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What `import` was told.

    Attributes:
        kind: of `volon.model.imports.source.KINDS`; None when only paths say it.
        paths: absolute, or entries of the stash; without one whatever there is of the kind.
        agent: whose session it is; nothing else is any agent's.
        allow_secrets: fingerprints of stashed files that look secret and are saved all the same.
    """

    kind: str | None = None
    paths: tuple[str, ...] = ()
    agent: str | None = None
    allow_secrets: tuple[str, ...] = ()
    dry_run: bool = False


def import_work(workspace: Workspace, request: ImportRequest) -> ImportResult:
    """Import what is named, or what there is of a kind: all of the stash, of the others the newest.

    Raises:
        NothingToDo: there is nothing of the kind.
        UsageError, Corrupt, NotCommitted, Busy, CommittedNotApplied: see docs/EXIT_CODES.md; what was imported before
            the source that is to blame stays imported.
    """
    done = [
        recording.record(workspace, one, dry_run=request.dry_run, allow_secrets=request.allow_secrets)
        for one in _chosen(workspace, request)
    ]
    return ImportResult(
        imported=tuple(one.view for one in done),
        warnings=tuple(warning for one in done for warning in one.warnings),
        dry_run=request.dry_run,
    )


def _chosen(workspace: Workspace, request: ImportRequest) -> list[Origin]:
    kind, agent = request.kind or "", request.agent
    if request.paths:
        found = [sources.named(workspace, request.kind, path, agent) for path in request.paths][::-1]
    else:
        found = list(islice(_of_kind(workspace, kind, agent), None if kind == STASH else 1))
    _refuse_odd(request, {kind, *(one.kind for one in found)} - {""})
    if not found:
        raise NothingToDo(_NONE[kind], hints=["volon import"])
    return found[::-1]


def _refuse_odd(request: ImportRequest, kinds: set[str]) -> None:
    """Refuse an option that means nothing to one of the kinds that are imported."""
    for option, is_given, only, says in (
        ("--agent", request.agent is not None, _SESSION, "says whose session it is"),
        ("--allow-secret", bool(request.allow_secrets), STASH, "names files of the stash"),
    ):
        if is_given and (odd := kinds - {only}):
            raise UsageError(f"{option} {says}; {min(odd)} has none.", hints=["volon import --help"])


def _of_kind(workspace: Workspace, kind: str, agent: str | None) -> Iterator[Origin]:
    if kind == STASH:
        return iter(sources.entries(workspace))
    if kind == _SESSION:
        return sources.sessions(workspace, agent)
    return iter(sources.handoffs(workspace, kind))


def list_sources(workspace: Workspace) -> ImportListResult:
    """List what can be imported here; nothing is written.

    Raises:
        GitFailed: git could not say what is stashed.
    """
    there = {kind: list(islice(_of_kind(workspace, kind, None), most + 1)) for kind, most in _MOST_LISTED.items()}
    return ImportListResult(
        found=tuple(_view(workspace, one) for kind, found in there.items() for one in found[: _MOST_LISTED[kind]]),
        more=tuple(kind for kind, found in there.items() if len(found) > _MOST_LISTED[kind]),
    )


def _view(workspace: Workspace, one: Origin) -> SourceView:
    command = f"volon import {one.kind} {shell_word(one.name)}"
    try:
        source = one.read()
    except VolonError as error:
        problem = error.causes[0] if error.causes else error.message
        return SourceView(
            kind=one.kind, source=one.name, at=None, title="", task_id=None, command=command, problem=problem
        )
    return SourceView(
        kind=one.kind,
        source=one.name,
        at=iso(source.at) if source.at else None,
        title=clean_line(source.title, _TITLE),
        agent=source.agent.partition(",")[0] if one.kind == "transcript" else "",
        task_id=recording.made_of(workspace.store, source),
        command=command,
    )
