"""Composing a pause: from what was said and what was seen to the bytes of every record. No reading, no writing.

Source: contract §3 (records), §7 (definitions), seed 003 step 5.
"""

from __future__ import annotations

from volon.model.records import handoff, infull, runlog
from volon.model.records.capsule import MAX_WORDS, fit, normalised
from volon.model.records.capsulefit import MAX_LINE, ON_ONE_LINE
from volon.model.records.capsulevalues import Capsule
from volon.model.records.checkpoint import Checkpoint, filename, render_checkpoint
from volon.model.records.task import Status
from volon.model.secrets import redact
from volon.model.syntax.gitpath import quote_name
from volon.model.text import clip_line, one_line
from volon.plain import dataclass, replace
from volon.store import layout
from volon.usecases.pausing.newcapsule import capsule_data, new_capsule, overwritten
from volon.usecases.pointers import Pointers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.evidence import Evidence
    from volon.model.facts import Change, GitFacts
    from volon.model.records.capsulevalues import Capsule
    from volon.model.records.task import Task
    from volon.model.requests import PauseRequest
    from volon.usecases.pausing.material import Material, Note

_HINT_LENGTH = 100
_TOKENS_HIGH = 0.7


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
    capsule, kinds = new_capsule(material)
    before, secrets = redact(overwritten(material))
    full = infull.shortened(normalised(capsule), fit(capsule, material.capsule_template))
    if before:
        full[infull.OVERWRITTEN] = before
    note = replace(material.note, text=clip_line(material.note.text, MAX_LINE))
    data = capsule_data(material, capsule)
    checkpoint = replace(_checkpoint(material, capsule, note, data), full=full)
    name = name_of(checkpoint)
    task = material.task_file.task
    return Composed(
        task=task,
        task_uid=task.uid or material.op,
        note=note,
        capsule=capsule,
        capsule_data=data,
        checkpoint=checkpoint,
        checkpoint_name=name,
        checkpoint_data=render_checkpoint(checkpoint, material.checkpoint_template),
        handoff_data=handoff.render_handoff(
            layout.checkpoint_place(name).path, checkpoint.number, material.handoff_template
        ),
        pointers=_pointers(material, capsule, checkpoint, note),
        update_line=f"{_happened(material)} at checkpoint {checkpoint.number:02d}: {one_line(note.text)}",
        log_line=_log_line(material, checkpoint, note),
        warnings=_warnings(material, capsule, checkpoint, tuple(sorted({*kinds, *secrets}))),
    )


def _happened(material: Material) -> str:
    if material.imported_from is not None:
        return f"imported ({material.imported_from})"
    return f"paused ({material.request.mode})"


def name_of(checkpoint: Checkpoint) -> str:
    """Return the checkpoint's file name."""
    if checkpoint.saved_at is None:
        message = "BUG: a checkpoint without saved_at has no file name"
        raise AssertionError(message)
    return filename(checkpoint.number, checkpoint.stage or "work", checkpoint.saved_at)


def nothing_changed(task: Task, previous: Checkpoint, facts: GitFacts) -> bool:
    """Whether the task is paused already and neither HEAD nor a file moved since its last checkpoint."""
    return task.status is Status.PAUSED and is_as_saved(previous, facts)


def is_as_saved(previous: Checkpoint, facts: GitFacts) -> bool:
    """Whether neither HEAD nor a file moved since a checkpoint."""
    return (
        (previous.paused_commit, previous.branch) == (facts.head, facts.branch)
        and (previous.worktree or ".") == facts.worktree
        and previous.operation == facts.operation
        and _contents(previous.changes) == _contents(facts.recorded)
    )


def _contents(changes: tuple[Change, ...]) -> set[tuple[str | None, ...]]:
    return {(change.path, *change.content) for change in changes}


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
        snapshot=material.snapshot,
        operation=facts.operation,
        operation_head=facts.operation_head,
        saved_at=material.now,
        stage=around.stage,
        cycle=state.cycle if state else None,
        mode=material.request.mode,
        tokens=material.request.tokens,
        note=note.text,
        imported_from=material.imported_from,
        in_progress=in_progress,
        next=capsule.next_actions[0] if capsule.next_actions else None,
        context=note.text,
        active_sketch=", ".join(around.sketches) or None,
        open_todos=around.open_todos,
        completed=_completed(material),
        capsule_text=capsule_data.decode("utf-8"),
        changes=facts.recorded,
        evidence=_evidence(material),
    )


def _evidence(material: Material) -> tuple[Evidence, ...]:
    if not material.evidence:
        return ()
    from volon.model.evidence import folded  # noqa: PLC0415  most pauses have none

    return folded(material.evidence, material.facts.recorded)


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
        verb="import" if material.imported_from else "pause",
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


def _shortened(names: tuple[str, ...], where: str) -> str:
    """Say what got shorter: texts of the frontmatter that were far too long, or what the words had no room for."""
    if set(names) <= set(ON_ONE_LINE):
        words = " and ".join(names)
        return f"In the capsule the {words} {'were' if len(names) > 1 else 'was'} clipped; {where} has all of it."
    words = ", ".join(name.replace("_", " ") for name in names)
    return f"The capsule was shortened to {MAX_WORDS} words ({words}); {where} has everything."


def _warnings(material: Material, capsule: Capsule, checkpoint: Checkpoint, kinds: tuple[str, ...]) -> tuple[str, ...]:
    missing = (
        f"{path} is not in the working tree; mark it (new) or (external)." for path in material.missing_key_files
    )
    warnings = [*material.surroundings.warnings, *_token_warnings(material.request), *missing]
    if not capsule.next_actions and material.imported_from is None:
        warnings.append('No next action was given; add one with: volon pause-task --next "…"')
    where = f"checkpoint {checkpoint.number:02d}"
    if names := tuple(name for name in checkpoint.full if name != infull.OVERWRITTEN):
        warnings.append(_shortened(names, where))
    if infull.OVERWRITTEN in checkpoint.full:
        warnings.append(f"The capsule held what no checkpoint had; {where} keeps it whole.")
    if kinds:
        warnings.append(f"Left out what looks like a secret: {', '.join(kinds)}.")
    return tuple(warnings)
