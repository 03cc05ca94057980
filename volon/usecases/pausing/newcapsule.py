"""Composing the capsule of a pause.

What was not said is kept from the previous one, so that a quick second pause never replaces a good capsule by an
emptier one.

Source: contract §3 (capsule), §7 (definitions).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records import infull
from volon.model.records.capsule import FIELDS, MAX_WORDS, parse_capsule, render_capsule
from volon.model.records.capsulevalues import DERIVED, Capsule, CommandOutcome, KeyFile
from volon.model.records.checkpoint import filename
from volon.model.records.handwritten import edited, own_sections
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.text import count_words, lf, one_line
from volon.patterns import pattern
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.facts import GitFacts
    from volon.model.records.task import Task
    from volon.model.requests import PauseRequest
    from volon.usecases.pausing.material import Material

_CARRIED_KEYS = 64
_KEY_FILES = 5
_MARKED = pattern(r" \(from (?:checkpoint \d+|an earlier pause)\)$")


def new_capsule(material: Material) -> tuple[Capsule, tuple[str, ...]]:
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
        snapshot=material.snapshot,
        operation=facts.operation,
        operation_head=facts.operation_head,
        you_were=material.you_were,
        note=material.note.text,
        goal=clean(request.goal or (old.goal if old else "") or _goal_of(task)),
        acceptance=task.acceptance or (old.acceptance if old else ()),
        plan=clean(request.plan or (old.plan if old else "")),
        summary=clean(request.summary or (old.summary if old and not material.resumed else None) or "") or None,
        key_files=_key_files(request, old, facts),
        commands=_commands(material, old, clean),
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
    """Next actions nobody gave: those of the capsule, marked when they may be done by now, else the open criteria."""
    if old is None or not old.next_actions:
        return tuple(item.text for item in task.acceptance if not item.done)[:3]
    if not material.resumed:
        return old.next_actions
    where = f"checkpoint {material.previous.number:02d}" if material.previous else "an earlier pause"
    return tuple(text if _MARKED.search(text) else f"{text} (from {where})" for text in old.next_actions)


def _key_files(request: PauseRequest, old: Capsule | None, facts: GitFacts) -> tuple[KeyFile, ...]:
    """The files that were named now, else those named before, else the tracked files that changed.

    Those that changed are taken anew at each pause: what they were at the last one may be committed by now.
    """
    said = [(path.strip(), why.strip()) for path, _, why in (text.partition(": ") for text in request.key_files)]
    named = tuple(item for item in old.key_files if item.why not in DERIVED) if old else ()
    changed = (change for change in facts.changes if not change.untracked)
    derived = tuple(KeyFile(change.path, change.kind) for change in changed)[:_KEY_FILES]
    return tuple(KeyFile(path, why) for path, why in said) or named or derived


def _commands(material: Material, old: Capsule | None, clean: Callable[[str], str]) -> tuple[CommandOutcome, ...]:
    """What was said now, else what was said before; then what was run and recorded, which speaks for itself."""
    said = (text.rpartition("=>") for text in material.request.commands)
    new = tuple(CommandOutcome(clean(command.strip()), clean(outcome.strip())) for command, _, outcome in said)
    ran = tuple(CommandOutcome(one_line(row.command), row.outcome) for row in material.evidence)
    known = {one.command for one in ran}
    kept = new or (old.commands if old else ())
    return (*(one for one in kept if one.command not in known), *ran)


def overwritten(material: Material) -> str:
    """The capsule that this pause overwrites, whole, when it holds what the checkpoint of its own pause does not."""
    if material.capsule is None:
        return ""
    document, previous = material.capsule[0], material.previous
    if previous is not None and not edited(document, previous.capsule_text):
        return ""
    return lf(document.data.decode("utf-8").removeprefix("\ufeff"))


def capsule_data(material: Material, capsule: Capsule) -> bytes:
    """Render the capsule; keys and sections volon does not know stay from the previous one, as far as they fit."""
    data = render_capsule(capsule, material.capsule_template)
    document = Document.parse(data, layout.capsule_place(capsule.task_id).path)
    if material.capsule is None:
        return document.data
    old, known = material.capsule[0], {field.name for field in FIELDS}
    for key, value in list(old.meta.items())[:_CARRIED_KEYS]:
        if key not in known and (value is None or isinstance(value, str)):
            document = document.set(key, value)
    return document.data + _carried_sections(old, document).encode("utf-8")


def _carried_sections(old: Document, new: Document) -> str:
    """What people wrote under headings of their own, as much of it as there is room for."""
    room, carried = MAX_WORDS - count_words(new.body), ""
    for section in own_sections(lf(old.body), new.body):
        text = redact(section)[0].strip("\n")
        if (words := count_words(text)) <= room:
            room, carried = room - words, f"{carried}\n{text}\n"
    return carried
