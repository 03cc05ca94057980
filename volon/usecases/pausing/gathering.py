"""What a pause is about, and all that it is composed from: read from the records, asked of git; nothing is written.

Source: contract §4 and §7, seed 003 (steps 1-4).
"""

from __future__ import annotations

from volon.errors import NothingToDo, UsageError
from volon.model.checks.claims import Claim, What, marked, paths_in
from volon.model.ids import next_task_id
from volon.model.records.capsule import lost_parts, parse_capsule
from volon.model.records.checkpoint import verify
from volon.model.records.task import Status, new_task
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.gitpath import quote_name, shell_word
from volon.model.text import clip_line, one_line
from volon.plain import dataclass, replace
from volon.repo import fewpaths, questions
from volon.repo.snapshots.faithful import look_ahead
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.elsewhere import paused_here
from volon.usecases.pausing import compose, saving
from volon.usecases.pausing.material import DERIVED_MARK, Material, Note, derived_note
from volon.usecases.pausing.surroundings import read_surroundings
from volon.usecases.running.evidence import rows_for, runs_since

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.evidence import Evidence
    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.events import PauseEvent
    from volon.model.requests import PauseRequest
    from volon.repo.status import Status as Seen
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.pausing.material import CapsuleFile
    from volon.usecases.pausing.surroundings import Surroundings
    from volon.usecases.records import CheckpointFile, TaskFile
    from volon.workspace import Workspace

_TITLE_LENGTH = 72
_MARKS = ("resumed_at", "resumed_commit", "resumed_from", "resumed_from_uid")
"""What a resume writes into a capsule, and its checkpoint does not have."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The task to pause, None when the pause itself has to bring one into being; `previous` is its last checkpoint."""

    file: TaskFile | None
    capsule: CapsuleFile | None = None
    previous: Checkpoint | None = None
    warnings: tuple[str, ...] = ()
    damaged: bool = False
    runs: tuple[Evidence, ...] = ()

    def unchanged(self, workspace: Workspace, reader: Reader, request: PauseRequest, look: saving.Looked) -> bool:
        """Whether the task is paused already, whole and with its files, nothing was said and nothing moved since."""
        if self.file is None or self.previous is None or request.says_something or self.damaged or self.runs:
            return False
        moved = not compose.nothing_changed(self.file.task, self.previous, look[0])
        return not moved and saving.is_saved(workspace, reader, request, look, self.previous)


def subject_of(workspace: Workspace, reader: Reader, request: PauseRequest, facts: GitFacts) -> Subject:
    """Find the task, or see that there is something to make one for.

    Raises:
        NothingToDo, UsageError, Corrupt, HumanConflict: as `pause`.
    """
    subject = find_subject(workspace, reader, request)
    refuse_nothing(subject, request, facts)
    return subject


def refuse_nothing(subject: Subject, request: PauseRequest, facts: GitFacts) -> None:
    """Refuse a pause about no task, no words and no work.

    Raises:
        NothingToDo: it is that.
    """
    if subject.file is None and not (request.says_something or facts.changes or facts.operation):
        message = "Nothing to pause: the working tree is clean, no task is in progress and no note was given."
        raise NothingToDo(message, hints=['volon pause-task "what you are in the middle of"'])


def find_subject(workspace: Workspace, reader: Reader, request: PauseRequest) -> Subject:
    """Find the task, whatever git sees; without a file where there is none.

    Raises:
        UsageError, Corrupt, HumanConflict: as `pause`.
    """
    if request.task is not None:
        return _known(reader, _pausable(records.find_task(reader, request.task)), ())
    files, broken = records.read_tasks(reader, Status.DOING, Status.PAUSED)
    pointed = records.read_bootstrap(reader)[1].paused_task_id
    try:
        active = select.active_task(files) or paused_here(workspace, reader, files)
    except UsageError as error:
        note = f" {shell_word(request.note)}" if request.note else ""
        raise UsageError(error.message, hints=[f"{hint}{note}" for hint in error.hints]) from error
    if active is not None:
        return _known(reader, active, records.broken_warnings(broken))
    select.refuse_unreadable(broken, pointed)
    return Subject(None, runs=runs_since(reader, None, None))


def _known(reader: Reader, file: TaskFile, warnings: tuple[str, ...]) -> Subject:
    file.document.study()
    capsule = records.read_capsule(reader, file.task.id)
    previous = records.checkpoint_of(reader, capsule[1]) if capsule else None
    last = previous.checkpoint if previous else None
    subject = Subject(file, capsule, last, warnings, runs=runs_since(reader, file.task, last))
    return subject if capsule is None or not lost_parts(capsule[0]) else _whole(subject, capsule, previous)


def _whole(subject: Subject, capsule: CapsuleFile, previous: CheckpointFile | None) -> Subject:
    """Go on from what the last pause wrote where the capsule has lost some of it; what it says is kept, too."""
    document, said = capsule
    what = f"{document.path} is damaged: {lost_parts(document)[0].message}"
    if previous is None or verify(previous.document) or not previous.checkpoint.capsule_text:
        warning = f"{what}; no checkpoint has a copy of it, so what it still says was used."
        return replace(subject, damaged=True, warnings=(*subject.warnings, warning))
    whole = parse_capsule(Document.parse(previous.checkpoint.capsule_text.encode(), document.path))
    marks = {name: getattr(said, name) for name in _MARKS}
    warning = f"{what}; the copy in checkpoint {previous.checkpoint.number:02d} was used."
    return replace(
        subject, damaged=True, capsule=(document, replace(whole, **marks)), warnings=(*subject.warnings, warning)
    )


def _pausable(file: TaskFile) -> TaskFile:
    if file.task.status is Status.DONE:
        message = f"{file.task.id} is done; there is nothing to pause."
        raise UsageError(message, hints=['volon task start "the next thing"'])
    return file


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a pause needs and git's look at the working tree has no part in; templates by their fields in `Material`."""

    number: int
    surroundings: Surroundings
    templates: dict[str, str]


def meanwhile(workspace: Workspace, tx: Transaction, request: PauseRequest) -> Ahead:
    """Do what can be done while git looks, which takes as long as the tree is large."""
    repository = workspace.repository
    repository.look_ahead(pauses=True)
    if not request.dry_run:
        repository.git.require_modern()
    if not request.no_snapshot:
        repository.study_index()
        look_ahead(repository)
        _ = repository.snapshots  # loads what saves files, which takes a while as well
    if not request.dry_run:
        fewpaths.look_ahead(repository)
    return ahead(workspace, tx)


def ahead(workspace: Workspace, tx: Transaction) -> Ahead:
    """Read what has nothing to do with the working tree."""
    names = {"capsule": "task-pcc-capsule.md", "checkpoint": "checkpoint.md", "handoff": "handoff.md"}
    templates = {f"{field}_template": workspace.template(name, tx) for field, name in names.items()}
    return Ahead(next_number(tx, workspace.repository.events.known()), read_surroundings(tx), templates)


def gather(
    workspace: Workspace,
    tx: Transaction,
    request: PauseRequest,
    look: tuple[GitFacts, Seen],
    subject: Subject,
    ahead: Ahead,
) -> Material:
    """Return what a pause is composed from but for what git compares; a task is composed where the subject has none.

    Args:
        workspace: where.
        tx: reads, and is given nothing yet.
        request: what was said.
        look: what git sees.
        subject: what the pause is about.
        ahead: what was found while git looked.
    """
    facts = look[0]
    return Material(
        request=request,
        facts=facts,
        now=workspace.now(),
        op=tx.op,
        note=_note(workspace, request, facts, subject.capsule),
        task_file=subject.file or _new_task(workspace, tx, request, facts),
        capsule=subject.capsule,
        previous=subject.previous,
        surroundings=ahead.surroundings,
        number=ahead.number,
        commits=_commits_since(workspace, subject.capsule, facts),
        missing_key_files=missing(workspace, request),
        **ahead.templates,
        evidence=rows_for(subject.previous, subject.runs),
    )


def missing(workspace: Workspace, request: PauseRequest) -> tuple[str, ...]:
    """The key files and the paths in next actions that `volon validate` would miss; see `volon.model.checks.claims`."""
    named = [(path.strip(), why) for path, _, why in (text.partition(": ") for text in request.key_files)]
    said = (Claim(What.PATH, path, "key_files", 1, 1).paths for path, why in named if not marked(why))
    wanted = [paths for paths in (*said, *paths_in(request.next_actions)) if paths]
    there = (any(questions.exists(workspace.repository, path) for path in paths) for paths in wanted)
    return tuple(paths[0] for paths, found in zip(wanted, there, strict=True) if not found)


def next_number(tx: Transaction, events: tuple[PauseEvent, ...]) -> int:
    """One more than every number known here or on another branch or worktree; never one that was used before."""
    here = records.latest_checkpoint(tx)
    known = [event.checkpoint for event in events if event.checkpoint is not None]
    return max([0 if here is None else here[0], *known]) + 1


def _commits_since(workspace: Workspace, capsule: CapsuleFile | None, facts: GitFacts) -> tuple[str, ...]:
    since = (capsule[1].resumed_commit or capsule[1].paused_commit) if capsule else None
    if facts.head is None or since is None or since == facts.head:
        return ()
    return questions.commits_between(workspace.repository, since, facts.head)


def _note(workspace: Workspace, request: PauseRequest, facts: GitFacts, before: CapsuleFile | None) -> Note:
    """What was said, else what was said at the last pause when nothing was resumed since, else what can be seen."""
    if request.note:
        return Note(redact(one_line(request.note))[0], derived=False)
    old = before[1] if before is not None else None
    if old is not None and old.resumed_at is None and old.note and not old.note.endswith(DERIVED_MARK):
        return Note(old.note, derived=False)
    return derived_note(facts, questions.subject(workspace.repository, facts.head) if facts.head else None)


def _new_task(workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts) -> TaskFile:
    """Compose a task titled by the note, else by the branch; it is put with the rest of the pause."""
    now = workspace.now()
    title = redact(one_line(request.note or request.goal or f"Work on {_place(facts)}"))[0]
    task_id = next_task_id(now.date(), records.task_ids(workspace, tx))
    data = new_task(
        workspace.template("task.md", tx),
        id=task_id,
        uid=tx.op,
        title=clip_line(title, _TITLE_LENGTH),
        created_at=now,
        status=Status.DOING,
        update="started by a pause",
    )
    place = layout.task_place(task_id)
    tx.read(place)
    document = Document.parse(data, place.path)
    return records.TaskFile.of(place, document)


def _place(facts: GitFacts) -> str:
    return "a detached HEAD" if facts.branch is None else quote_name(facts.branch)
