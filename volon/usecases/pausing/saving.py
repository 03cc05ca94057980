"""What a pause saves of the uncommitted work, and what it says about the rest.

The snapshot is made before the records, which carry its id, and written together with them; a pause that is refused
meanwhile leaves an orphan, which holds work and harms nobody. A clean tree needs none where no attribute and no setting
could have a checkout write other bytes: there the paused commit is all there is.

Source: contract §4 (the first minute), §7 (secrets); issue "Every byte back" (capture); reliability §3.3.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

from volon.errors import NotCommitted, VolonError
from volon.model.records.config import Snapshot as Settings
from volon.model.results.protocol import NotSavedView
from volon.model.saving import BY_NAME, Rules, matches
from volon.plain import dataclass, field, replace
from volon.repo.blobs import Blobs
from volon.repo.snapshots.faithful import with_unfaithful
from volon.usecases.settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import ExitStack

    from volon.model.facts import Change, GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.requests import PauseRequest
    from volon.model.snapshot import LeftOut, SavedFile
    from volon.repo.fastimport import Import
    from volon.repo.status import Status
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace

    Looked = tuple[GitFacts, Status]

_WITHOUT = "volon pause-task --no-snapshot"
_WORDS = {
    "secret": "looks secret",
    "excluded": "excluded by the settings",
    "size": "too large",
    "total": "over the total size",
    "nested": "nested repository",
    "submodule": "submodule, only its commit is noted",
    "special": "not a regular file",
    "unreadable": "cannot be read",
    "changed-while-reading": "changed or taken away while it was read",
}


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the uncommitted work.

    Attributes:
        facts: with the ids of the bytes that were saved.
        snapshot: the full id of its commit, or None.
        counts: how many paths are in it, by kind; None when it was not wanted, so that nothing was saved.
        left_out: by name, with the reason.
        warnings: what else should be said.
        begun: writes the snapshot, which is there when that has ended; None when there is none.
    """

    facts: GitFacts
    snapshot: str | None = None
    counts: dict[str, int] | None = None
    left_out: tuple[NotSavedView, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    begun: Import | None = None


def reads_all(request: PauseRequest) -> bool:
    """Whether `save` reads every changed file anyway, and nobody asks before it what is in them."""
    return request.says_something and not (request.no_snapshot or request.dry_run)


def save(
    workspace: Workspace, tx: Transaction, request: PauseRequest, look: tuple[GitFacts, Status], stack: ExitStack
) -> Saved:
    """Save what differs from HEAD, or under a dry run see what would be.

    Args:
        workspace: where.
        tx: reads, and names the operation.
        request: what was said.
        look: what git sees; where `reads_all`, without the ids of files.
        stack: in it the snapshot is begun; it ends with the records.

    Raises:
        NotCommitted: git failed or the disk did; nothing is recorded.
    """
    repository, (facts, seen) = workspace.repository, look
    settings, warnings = _settings(tx)
    nested = [NotSavedView(path=path, why="nested", detail=_WORDS["nested"]) for path in facts.nested]
    if request.no_snapshot or not settings.enabled:
        facts = repository.identified(facts, seen, {}) if reads_all(request) else facts
        off = () if request.no_snapshot else ("Files are not saved: `snapshot.enabled` is false in the settings.",)
        return Saved(facts, left_out=tuple(nested), warnings=(*warnings, *off))
    snapshots, rules = repository.snapshots, _rules(settings, request)
    whole = with_unfaithful(repository, facts, seen)
    if not request.include_ignored and not whole.converts and not snapshots.is_needed(facts, seen):
        return Saved(facts, counts={}, left_out=tuple(nested), warnings=warnings)
    begun = None
    if request.dry_run:
        found = snapshots.preview(facts, whole, rules)
        oid, files, left_out = None, found.files, found.left_out
    else:
        with explained():
            begun = stack.enter_context(snapshots.begin())
            made = snapshots.take(begun, tx.op, facts, whole, rules, workspace.now())
        oid, files, left_out = made.oid, {one.path: one for one in made.manifest.files}, list(made.manifest.left_out)
    named = {one.path for one in left_out}
    views = (*map(view, left_out), *(one for one in nested if one.path not in named))
    warnings += tuple(
        f"No ignored file fits --include-ignored {pattern}."
        for pattern in request.include_ignored
        if not any(matches(path, (pattern,)) for path in (*files, *named))
    )
    if reads_all(request):
        known = {path: (one.mode, one.blob) for path, one in files.items() if one.blob is not None}
        facts = repository.identified(facts, seen, known)
    changes = tuple(as_saved(change, files.get(change.path)) for change in facts.changes)
    return Saved(replace(facts, changes=changes), oid, counts(changes, files, named), views, warnings, begun)


@contextmanager
def explained() -> Iterator[None]:
    """Say of what fails that it is about the files, and that a pause is possible without them."""
    try:
        yield
    except NotCommitted as error:
        message = f"The files could not be saved: {error.message}"
        raise NotCommitted(message, causes=error.causes, hints=[*error.hints, _WITHOUT]) from error


def is_saved(workspace: Workspace, reader: Reader, request: PauseRequest, looked: Looked, last: Checkpoint) -> bool:
    """Whether the task's last checkpoint has a snapshot that is here, or needs none, also of what git does not name."""
    if request.no_snapshot or not _settings(reader)[0].enabled:
        return True
    repository, (facts, seen) = workspace.repository, looked
    unfaithful = with_unfaithful(repository, facts, seen).entries[len(seen.entries) :]
    unnamed = [*repository.snapshots.unnamed(facts, seen), *unfaithful]
    if not facts.changes and not unnamed:
        return True
    if last.snapshot is None or repository.git.resolve(last.snapshot) is None:
        return False
    if not unnamed:
        return True
    then = {one.path: (one.mode, one.blob) for one in repository.snapshots.read(last.snapshot).manifest.files}
    blobs = Blobs(repository.root, repository.object_format)
    return all(then.get(one.path) == blobs.of_path(one.path) for one in unnamed)


def _settings(reader: Reader) -> tuple[Settings, tuple[str, ...]]:
    """A pause is not stopped by settings that cannot be read: it saves with the defaults, and says so."""
    try:
        return read_settings(reader).config.snapshot, ()
    except VolonError as error:
        return Settings(), (f"Files were saved by the default rules: {error.message.rstrip('.')}. See: volon validate",)


def _rules(settings: Settings, request: PauseRequest) -> Rules:
    return Rules(
        max_file=settings.max_file,
        max_total=settings.max_total,
        exclude=settings.exclude,
        include_ignored=request.include_ignored,
        allowed=frozenset(request.allow_secrets),
    )


def view(left: LeftOut) -> NotSavedView:
    """Say of a path why it was not saved."""
    words, detail = _WORDS[left.why], left.detail
    named = f"{words}; {detail.removeprefix(BY_NAME)}" if detail.startswith(BY_NAME) else f"{words}: {detail}"
    return NotSavedView(path=left.path, why=left.why, detail=named if detail else words)


def as_saved(change: Change, saved: SavedFile | None) -> Change:
    """The records name the bytes that were saved, also when a file changed after git had looked."""
    if saved is None or (saved.blob == change.blob and saved.blob is not None):
        return change
    return replace(change, blob=saved.blob, mode=None if saved.blob is None else change.mode or saved.mode)


def counts(changes: Iterable[Change], files: dict[str, SavedFile], left_out: Collection[str]) -> dict[str, int]:
    """How many paths are saved, by kind; what git does not name as changed is modified all the same.

    What is no file, and not left out, is in the index alone, as outside of a sparse checkout.
    """
    found = Counter(change.kind for change in changes if change.path in files)
    found["ignored"] = sum(one.ignored for one in files.values())
    found["modified"] += len(files) - found.total()
    found.update(change.kind for change in changes if change.path not in files and change.path not in left_out)
    return {kind: number for kind, number in found.items() if number}
