"""Composing a pause: from what was said and what was seen to the bytes of every record. No reading, no writing.

What was not said is kept from the previous capsule, so that a quick second pause never replaces a good capsule by an
emptier one.

Source: contract §3 (records), §7 (definitions), seed 003 step 5.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from volon.errors import VolonError
from volon.model import handoff, infull, runlog
from volon.model.capsule import FIELDS as CAPSULE_FIELDS
from volon.model.capsule import MAX_LINE, MAX_WORDS, fit, normalised, parse_capsule, render_capsule
from volon.model.capsulevalues import Capsule, CommandOutcome, KeyFile
from volon.model.checkpoint import Checkpoint, filename, render_checkpoint
from volon.model.frontmatter import Document
from volon.model.gitpath import quote_name, quote_path
from volon.model.secrets import redact
from volon.model.task import Status
from volon.model.text import clip_line, one_line
from volon.store import layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from volon.model.facts import Change, GitFacts
    from volon.model.requests import PauseRequest
    from volon.model.task import Task
    from volon.usecases.records import TaskFile
    from volon.usecases.surroundings import Surroundings

CapsuleFile = tuple[Document, Capsule]

_HINT_LENGTH = 100
_NAMES_IN_NOTE = 3
_CARRIED_KEYS = 64
_KEY_FILES = 5
_TOKENS_HIGH = 0.7
DERIVED = frozenset({"conflicted", "modified", "added", "deleted", "renamed"})
"""What a pause writes as the reason of a key file that nobody named."""


@dataclass(frozen=True, slots=True)
class Note:
    """The user's note, or one derived from what is there."""

    text: str
    derived: bool


@dataclass(frozen=True, slots=True)
class Pointers:
    """What bootstrap and STATE.md are told."""

    task_id: str
    paused_at: datetime
    hint: str
    next_line: str
    blockers: tuple[str, ...]
    state_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a pause is composed from."""

    request: PauseRequest
    facts: GitFacts
    now: datetime
    op: str
    note: Note
    task_file: TaskFile
    capsule: CapsuleFile | None
    previous: Checkpoint | None
    surroundings: Surroundings
    number: int
    diffstat: str
    you_were: str | None
    commits: tuple[str, ...]
    missing_key_files: tuple[str, ...]
    capsule_template: str
    checkpoint_template: str
    handoff_template: str

    @property
    def resumed(self) -> bool:
        """Whether the task was resumed after its last pause, so that the old next actions may be done."""
        return self.capsule is None or self.capsule[1].resumed_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The records of one pause, ready to be put."""

    task: Task
    task_uid: str
    note: Note
    capsule: Capsule
    capsule_data: bytes
    checkpoint: Checkpoint
    checkpoint_name: str
    checkpoint_data: bytes
    handoff_data: bytes
    pointers: Pointers
    update_line: str
    log_line: bytes
    warnings: tuple[str, ...]


def compose(material: Material) -> Composed:
    """Compose all records of a pause."""
    capsule, kinds = _capsule(material)
    full = infull.shortened(normalised(capsule), fit(capsule, material.capsule_template))
    note = replace(material.note, text=clip_line(material.note.text, MAX_LINE))
    capsule_data = _capsule_data(material, capsule)
    checkpoint = replace(_checkpoint(material, capsule, note, capsule_data), full=full)
    name = name_of(checkpoint)
    task = material.task_file.task
    return Composed(
        task=task,
        task_uid=task.uid or material.op,
        note=note,
        capsule=capsule,
        capsule_data=capsule_data,
        checkpoint=checkpoint,
        checkpoint_name=name,
        checkpoint_data=render_checkpoint(checkpoint, material.checkpoint_template),
        handoff_data=handoff.render_handoff(
            layout.checkpoint_place(name).path, checkpoint.number, material.handoff_template
        ),
        pointers=_pointers(material, capsule, checkpoint, note),
        update_line=f"paused ({material.request.mode}) at checkpoint {checkpoint.number:02d}: {one_line(note.text)}",
        log_line=_log_line(material, checkpoint, note),
        warnings=_warnings(material, capsule, checkpoint, kinds),
    )


def name_of(checkpoint: Checkpoint) -> str:
    """Return the checkpoint's file name."""
    if checkpoint.saved_at is None:
        message = "BUG: a checkpoint without saved_at has no file name"
        raise AssertionError(message)
    return filename(checkpoint.number, checkpoint.stage or "work", checkpoint.saved_at)


def nothing_changed(task: Task, previous: Checkpoint, facts: GitFacts) -> bool:
    """Whether the task is paused already and neither HEAD nor a file moved since its last checkpoint."""
    return (
        task.status is Status.PAUSED
        and (previous.paused_commit, previous.branch) == (facts.head, facts.branch)
        and (previous.worktree or ".") == facts.worktree
        and previous.operation == facts.operation
        and _contents(previous.changes) == _contents(facts.recorded)
    )


def derived_note(facts: GitFacts, subject: str | None) -> Note:
    """Describe the work from the changed paths and the last commit, for a user who said nothing."""
    paths = [change.path for change in facts.changes]
    parts = []
    if facts.operation:
        parts.append(f"in the middle of a {facts.operation}")
    if paths:
        more = f" and {len(paths) - _NAMES_IN_NOTE} more" if len(paths) > _NAMES_IN_NOTE else ""
        parts.append("changing " + ", ".join(map(quote_path, paths[:_NAMES_IN_NOTE])) + more)
    if subject:
        parts.append(f'after "{one_line(subject)}"')
    return Note((one_line(" ".join(parts)) or "nothing changed yet") + " (derived)", derived=True)


def counts(facts: GitFacts) -> dict[str, int]:
    """Count the changed paths by kind."""
    return dict(Counter(_kind(change) for change in facts.changes))


def _kind(change: Change) -> str:
    if change.untracked:
        return "untracked"
    if "U" in change.status or change.status in {"AA", "DD"}:
        return "conflicted"
    for letter, kind in (("R", "renamed"), ("C", "renamed"), ("A", "added"), ("D", "deleted")):
        if letter in change.status:
            return kind
    return "modified"


def _contents(changes: tuple[Change, ...]) -> set[tuple[str | None, ...]]:
    return {(change.path, *change.content) for change in changes}


def _capsule(material: Material) -> tuple[Capsule, tuple[str, ...]]:
    """Return the new capsule and the kinds of secrets that were taken out of it."""
    request, facts, task = material.request, material.facts, material.task_file.task
    old = _old_capsule(material)
    kinds: set[str] = set()

    def clean(text: str) -> str:
        redacted, found = redact(text)
        kinds.update(found)
        return redacted

    def cleaned(said: tuple[str, ...], kept: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(clean(text) for text in (said or kept))

    capsule = Capsule(
        task_id=task.id,
        uid=material.op,
        paused_commit=facts.head,
        paused_at=material.now,
        confidence=request.confidence or (old.confidence if old and not material.resumed else None) or "medium",
        branch=facts.branch,
        upstream=facts.upstream,
        upstream_commit=facts.upstream_commit,
        worktree=facts.worktree,
        mode=request.mode,
        checkpoint=layout.checkpoint_place(filename(material.number, material.surroundings.stage, material.now)).path,
        operation=facts.operation,
        operation_head=facts.operation_head,
        you_were=material.you_were,
        note=material.note.text,
        goal=clean(request.goal or (old.goal if old else "") or _goal_of(task)),
        acceptance=task.acceptance or (old.acceptance if old else ()),
        plan=clean(request.plan or (old.plan if old else "")),
        summary=clean(request.summary or (old.summary if old and not material.resumed else None) or "") or None,
        key_files=_key_files(request, old, facts, resumed=material.resumed),
        commands=_commands(request, old, clean),
        diffstat=material.diffstat,
        untracked=tuple(change.path for change in facts.changes if change.untracked),
        next_actions=cleaned(request.next_actions, _kept_actions(material, old, task)),
        questions=cleaned(request.questions, old.questions if old else ()),
        blockers=cleaned(request.blockers, old.blockers if old and task.blocker_type else ()),
    )
    return capsule, tuple(sorted(kinds))


def _old_capsule(material: Material) -> Capsule | None:
    """The previous capsule, with the texts it had no room for from its checkpoint."""
    if material.capsule is None:
        return None
    old, previous = material.capsule[1], material.previous
    if previous is None or not previous.full:
        return old
    try:
        written = parse_capsule(Document.parse(previous.capsule_text.encode(), material.capsule[0].path))
    except VolonError:
        return old
    return infull.restored(old, written, previous.full)


def _goal_of(task: Task) -> str:
    first = task.description.strip().split("\n\n")[0]
    return one_line(first) or task.title


def _kept_actions(material: Material, old: Capsule | None, task: Task) -> tuple[str, ...]:
    """Next actions nobody gave: those of the capsule while it was not resumed, else the open acceptance criteria."""
    if old is not None and not material.resumed and old.next_actions:
        return old.next_actions
    return tuple(item.text for item in task.acceptance if not item.done)[:3]


def _key_files(request: PauseRequest, old: Capsule | None, facts: GitFacts, *, resumed: bool) -> tuple[KeyFile, ...]:
    """The files that were named now, else those named before, else the tracked files that changed."""
    said = [(path.strip(), why.strip()) for path, _, why in (text.partition(": ") for text in request.key_files)]
    kept = old.key_files if old else ()
    named = tuple(item for item in kept if item.why not in DERIVED) if resumed else kept
    changed = (change for change in facts.changes if not change.untracked)
    derived = tuple(KeyFile(change.path, _kind(change)) for change in changed)[:_KEY_FILES]
    return tuple(KeyFile(path, why) for path, why in said) or named or derived


def _commands(request: PauseRequest, old: Capsule | None, clean: Callable[[str], str]) -> tuple[CommandOutcome, ...]:
    said = (text.rpartition("=>") for text in request.commands)
    new = tuple(CommandOutcome(clean(command.strip()), clean(outcome.strip())) for command, _, outcome in said)
    return new or (old.commands if old else ())


def _capsule_data(material: Material, capsule: Capsule) -> bytes:
    """Render the capsule; keys volon does not know stay from the previous one."""
    data = render_capsule(capsule, material.capsule_template)
    document = Document.parse(data, layout.capsule_place(capsule.task_id).path)
    if material.capsule is not None:
        known = {field.name for field in CAPSULE_FIELDS}
        for key, value in list(material.capsule[0].meta.items())[:_CARRIED_KEYS]:
            if key not in known and (value is None or isinstance(value, str)):
                document = document.set(key, value)
    return document.data


def _checkpoint(material: Material, capsule: Capsule, note: Note, capsule_data: bytes) -> Checkpoint:
    facts, around = material.facts, material.surroundings
    state = around.state
    parent, parent_uid = _parent(material)
    in_progress = material.task_file.task.title
    if state is not None and state.task_progress:
        in_progress += f" (wave {state.wave or '-'}, {state.task_progress})"
    return Checkpoint(
        number=material.number,
        uid=material.op,
        parent=parent,
        parent_uid=parent_uid,
        resumed_from=_resumed_from(material),
        task_id=capsule.task_id,
        task_uid=material.task_file.task.uid or material.op,
        capsule=layout.capsule_place(capsule.task_id).path,
        paused_commit=facts.head,
        branch=facts.branch,
        upstream=facts.upstream,
        upstream_commit=facts.upstream_commit,
        worktree=facts.worktree,
        operation=facts.operation,
        operation_head=facts.operation_head,
        saved_at=material.now,
        stage=around.stage,
        cycle=state.cycle if state else None,
        mode=material.request.mode,
        tokens=material.request.tokens,
        note=note.text,
        in_progress=in_progress,
        next=capsule.next_actions[0] if capsule.next_actions else None,
        context=note.text,
        active_sketch=", ".join(around.sketches) or None,
        open_todos=around.open_todos,
        completed=_completed(material),
        capsule_text=capsule_data.decode("utf-8"),
        changes=facts.recorded,
    )


def _completed(material: Material) -> tuple[str, ...]:
    said = tuple(redact(one_line(text))[0] for text in material.request.completed)
    return (*said, *material.commits)


def _parent(material: Material) -> tuple[int | None, str | None]:
    """The checkpoint this work came out of: the one resumed from, else the task's last one."""
    if (resumed := _resumed_from(material)) is not None and material.capsule is not None:
        return resumed, material.capsule[1].resumed_from_uid
    if material.previous is not None:
        return material.previous.number, material.previous.uid
    return None, None


def _resumed_from(material: Material) -> int | None:
    return material.capsule[1].resumed_from if material.capsule else None


def _pointers(material: Material, capsule: Capsule, checkpoint: Checkpoint, note: Note) -> Pointers:
    hint = capsule.next_actions[0] if capsule.next_actions else note.text
    return Pointers(
        task_id=capsule.task_id,
        paused_at=material.now,
        hint=one_line(hint)[:_HINT_LENGTH],
        next_line=f"Resume {capsule.task_id} from checkpoint {checkpoint.number:02d}: volon resume-task",
        blockers=tuple(redact(one_line(text))[0] for text in material.request.blockers),
        state_seen=material.surroundings.state is not None,
    )


def _log_line(material: Material, checkpoint: Checkpoint, note: Note) -> bytes:
    return runlog.entry(
        op=material.op,
        verb="pause",
        at=material.now,
        task_id=checkpoint.task_id,
        checkpoint=checkpoint.number,
        mode=checkpoint.mode,
        note=note.text,
        paused_commit=checkpoint.paused_commit,
        branch=None if checkpoint.branch is None else quote_name(checkpoint.branch),
    )


def _token_warnings(request: PauseRequest) -> tuple[str, ...]:
    """Say when the token budget runs low; seed 000's threshold."""
    counts = request.token_counts()
    if counts is None or counts[0] <= _TOKENS_HIGH * counts[1]:
        return ()
    return (f"{counts[0] / counts[1]:.0%} of the token budget is used; a fresh session would start with all of it.",)


def _warnings(material: Material, capsule: Capsule, checkpoint: Checkpoint, kinds: tuple[str, ...]) -> tuple[str, ...]:
    missing = (
        f"{path} is not in the working tree; mark it (new) or (external)." for path in material.missing_key_files
    )
    warnings = [*material.surroundings.warnings, *_token_warnings(material.request), *missing]
    if not capsule.next_actions:
        warnings.append('No next action was given; add one with: volon pause-task --next "…"')
    if checkpoint.full:
        where = f"checkpoint {checkpoint.number:02d} has everything"
        warnings.append(f"The capsule was shortened to {MAX_WORDS} words; {where}.")
    if kinds:
        warnings.append(f"Left out what looks like a secret: {', '.join(kinds)}.")
    return tuple(warnings)
