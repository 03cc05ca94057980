"""A source made a paused task with capsule and checkpoint, in one operation, out of the pieces a pause is made of.

Records say what the source says and where it is from; the commit is the one the source names, else the tip of the
branch it names, else HEAD now, and they say which. A stash entry becomes a snapshot, so that `volon restore` puts its
work back. Bootstrap and STATE.md are pointed to the task only when they point to nothing.

Source: issue "Where agents live" (importers); contract §3, §7; reliability §3.3.
"""

from __future__ import annotations

from contextlib import ExitStack

from volon.model.facts import GitFacts
from volon.model.ids import next_task_id
from volon.model.records.task import Status, new_task
from volon.model.results.imports import ImportedView
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.text import clip_line, iso, one_line
from volon.patterns import pattern
from volon.plain import NamedTuple, replace
from volon.repo import diffstat, questions
from volon.store import layout
from volon.usecases import records
from volon.usecases.pausing import compose, gathering, saving
from volon.usecases.pausing.material import DERIVED_MARK, Material, Note
from volon.usecases.pausing.putting import make_known, put_records, refuse_too_much
from volon.usecases.pausing.surroundings import Surroundings
from volon.usecases.restoring.restorable import rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.imports.source import Source
    from volon.model.requests import PauseRequest
    from volon.repo.stashes import Stash
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.importing.sources import Origin
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

KEY = "imported_from"
"""What tells in a task's frontmatter which source it was made of."""
_TITLE_LENGTH = 72
_CUT_OUT = pattern(r"^[^:]*\[redacted: ")
"""A key file of whose path something was taken out."""
_NOWHERE = Surroundings(state=None, open_todos=None, sketches=(), context=())
_STANDS = {
    "said": "",
    "branch": " It names no commit: the tip of its branch stands for it.",
    "HEAD": " It names no commit: HEAD at the import stands for it.",
}


class Recorded(NamedTuple):
    """What became of a source, and what a person should know of it."""

    view: ImportedView
    warnings: tuple[str, ...] = ()


def record(workspace: Workspace, found: Origin, *, dry_run: bool, allow_secrets: tuple[str, ...]) -> Recorded:
    """Import one source.

    Raises:
        UsageError, Corrupt, NotCommitted: it cannot be read as what it is said to be; nothing was changed.
        Busy, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    source = found.read()
    with workspace.store.begin("import", dry_run=dry_run, on_wait=workspace.on_wait) as tx, ExitStack() as stack:
        same, earlier = _known(tx, source)
        if same is not None:
            return Recorded(_already(tx, source, same))
        facts, commit_from = _facts(workspace, source)
        summary = f"Imported from {source.origin}.{_STANDS[commit_from]}"
        request = source.request(summary, dry_run=dry_run, allow_secrets=allow_secrets)
        request, gone = _there(workspace, request)
        saved, warnings = saving.Saved(facts), tuple[str, ...]()
        if found.stash is not None:
            saved, warnings = _save(workspace, tx, found.stash, request, stack, facts.branch)
        material = _material(workspace, tx, source, request, saved)
        if found.stash is not None:
            rows = diffstat.of_trees(workspace.repository.git, found.stash.base, found.stash.oid)
            material = replace(material, diffstat=diffstat.render(rows))
        composed = compose.compose(material)
        pointing = records.read_bootstrap(tx)[1].paused_task_id is None and not records.read_tasks(tx, Status.DOING)[0]
        put_warnings = put_records(workspace, tx, composed, material, pointing=pointing)
        refuse_too_much(tx, saved.facts)
        if not dry_run:
            make_known(workspace, tx, composed, material, saved)
        tx.commit(
            f"{found.name} as {composed.task.id}, checkpoint {composed.checkpoint.number:02d}",
            task_id=composed.task.id,
            task_uid=composed.task_uid,
            checkpoint=composed.checkpoint.number,
        )
    view = replace(
        _view(source, composed.task.id, composed.checkpoint.number),
        title=composed.task.title,
        checkpoint_path=layout.checkpoint_place(composed.checkpoint_name).path,
        uid="" if dry_run else tx.op,
        paused_commit=facts.head,
        commit_from=commit_from,
        branch=facts.branch,
        saved=saved.counts,
        not_saved=saved.left_out,
        next_actions=composed.capsule.next_actions,
        next_command=_next(workspace, composed.task.id, composed.checkpoint.number, found, facts),
    )
    more = (f"An earlier state of it was imported as {earlier}.",) if earlier else ()
    return Recorded(view, (*more, *gone, *warnings, *composed.warnings, *saved.warnings, *put_warnings))


def _known(reader: Reader, source: Source) -> tuple[TaskFile | None, str | None]:
    """The task that was made of the very same source, else the id of one made of an earlier state of it."""
    earlier = None
    for file in records.read_tasks(reader)[0]:
        key = file.document.get(KEY)
        if key == source.key:
            return file, None
        if key and source.part and key.startswith(f"{source.part} "):
            earlier = file.row.id
    return None, earlier


def made_of(reader: Reader, source: Source) -> str | None:
    """The id of the task that was made of a source; None when none was."""
    same = _known(reader, source)[0]
    return same.row.id if same else None


def _already(tx: Transaction, source: Source, file: TaskFile) -> ImportedView:
    last = records.last_checkpoint(tx, file.task)
    view = _view(source, file.row.id, last.checkpoint.number if last else None)
    return replace(view, title=file.row.title, already=True)


def _view(source: Source, task_id: str, number: int | None) -> ImportedView:
    return ImportedView(
        kind=source.kind,
        source=source.name,
        at=iso(source.at) if source.at else None,
        title=source.title,
        task_id=task_id,
        checkpoint=number,
        derived=source.derived,
    )


def _facts(workspace: Workspace, source: Source) -> tuple[GitFacts, str]:
    """What is known of the commit the work was on, and from where; the files of now are none of it."""
    repository = workspace.repository
    git = repository.git
    tip = git.resolve(f"refs/heads/{source.branch}") if source.branch and not source.branch.startswith("-") else None
    branch = source.branch if tip else None
    bare = GitFacts(head=None, branch=branch, worktree=repository.worktree, object_format=repository.object_format)
    if source.commit and (commit := git.resolve(f"{source.commit}^{{commit}}")):
        return replace(bare, head=commit), "said"
    if tip:
        return replace(bare, head=tip), "branch"
    now = repository.facts()
    return replace(bare, head=now.head, branch=now.branch), "HEAD"


def _there(workspace: Workspace, request: PauseRequest) -> tuple[PauseRequest, tuple[str, ...]]:
    """The request with those key files only that are in the working tree and can be named, and words for the others."""
    named = tuple(one for one in request.key_files if not _CUT_OUT.search(one))
    hidden = len(request.key_files) - len(named)
    request = replace(request, key_files=named)
    missing = set(gathering.missing(workspace, replace(request, next_actions=())))
    kept = tuple(one for one in request.key_files if one.partition(": ")[0] not in missing)
    gone = (f"{one} is not in the working tree now; it was left out of the key files." for one in sorted(missing))
    secret = (f"Left out of the key files: {hidden} with what looks like a secret in the name.",) if hidden else ()
    return replace(request, key_files=kept), (*gone, *secret)


def _material(
    workspace: Workspace, tx: Transaction, source: Source, request: PauseRequest, saved: saving.Saved
) -> Material:
    ahead = gathering.ahead(workspace, tx)
    text = redact(request.note or source.title)[0]
    return Material(
        request=request,
        facts=saved.facts,
        now=workspace.now(),
        op=tx.op,
        note=Note(text + DERIVED_MARK if source.derived else text, derived=source.derived),
        task_file=_task(workspace, tx, source),
        capsule=None,
        previous=None,
        surroundings=_NOWHERE,
        number=ahead.number,
        commits=(),
        missing_key_files=(),
        snapshot=saved.snapshot,
        imported_from=clip_line(source.origin, _TITLE_LENGTH * 3),
        **ahead.templates,
        evidence=(),
    )


def _task(workspace: Workspace, tx: Transaction, source: Source) -> TaskFile:
    now = workspace.now()
    task_id = next_task_id(now.date(), records.task_ids(workspace, tx))
    data = new_task(
        workspace.template("task.md", tx),
        id=task_id,
        uid=tx.op,
        title=clip_line(redact(source.title)[0], _TITLE_LENGTH),
        created_at=now,
        status=Status.DOING,
        update="started by an import",
        description=redact(one_line(source.goal or source.note))[0],
    )
    place = layout.task_place(task_id)
    tx.read(place)
    return records.TaskFile.of(place, Document.parse(data, place.path).set(KEY, source.key))


def _save(
    workspace: Workspace, tx: Transaction, stash: Stash, request: PauseRequest, stack: ExitStack, branch: str | None
) -> tuple[saving.Saved, tuple[str, ...]]:
    """Make the snapshot of a stash entry, or under a dry run see what it would hold."""
    from volon.repo.snapshots.filtering import not_run_words  # noqa: PLC0415  only of a stash
    from volon.repo.snapshots.stashed import standing  # noqa: PLC0415

    snapshots = workspace.repository.snapshots
    rules = replace(rules_of(tx), allowed=frozenset(request.allow_secrets))
    with standing(workspace.repository, stash, branch) as stashed:
        begun, oid = None, None
        if request.dry_run:
            found = stashed.snapshots.preview(stashed.facts, stashed.seen, rules)
            files, left_out = found.files, tuple(found.left_out)
        else:
            begun = stack.enter_context(snapshots.begin())
            made = stashed.snapshots.take(begun, tx.op, stashed.facts, stashed.seen, rules, workspace.now())
            oid, left_out = made.oid, made.manifest.left_out
            files = {one.path: one for one in made.manifest.files}
    changes = tuple(saving.as_saved(change, files.get(change.path)) for change in stashed.facts.changes)
    facts = replace(stashed.facts, changes=changes)
    views = tuple(map(saving.view, left_out))
    own = (f"{len(stashed.own)} of volon's own files are in {stash.name}; they stay there.",) if stashed.own else ()
    raw = (not_run_words(stashed.raw),) if stashed.raw else ()
    counts = saving.counts(changes, files, {one.path for one in views})
    return saving.Saved(facts, oid, counts, views, begun=begun), (*own, *raw)


def _next(workspace: Workspace, task_id: str, number: int, found: Origin, facts: GitFacts) -> str:
    if found.stash is None:
        return f"volon resume-task --task {task_id}"
    head = workspace.repository.git.resolve("HEAD")
    here = head == facts.head or (head and facts.head and questions.same_work(workspace.repository, facts.head, head))
    return f"volon restore {number:02d}" if here else f"volon restore {number:02d} --onto HEAD"
