"""What the everyday commands do once their words are read: by typer, or by `volon.cli.words` without it.

Each takes the edge of the run and the values of its options, and shows one result.
"""

from __future__ import annotations

import os
import sys

from volon.errors import UsageError
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.cli.edge import Edge
    from volon.model.pipeline.records import Entry
    from volon.workspace import Workspace

_NEAR = 0.75
_MODE_AND_NOTE = 2
_DIGITS = 9
_STEP = 3
_QUESTION = "What are you in the middle of? (Enter: volon describes it)"


def pause_task(
    at: Edge,
    words: Sequence[str] = (),
    source: str | None = None,
    *,
    no_snapshot: bool = False,
    commit_state: bool = False,
    dry_run: bool = False,
    **said: str | Sequence[str] | None,
) -> None:
    """Pause; `said` holds the fields of a `PauseRequest` as they were said, `source` is where JSON with more is."""
    at.look_ahead()
    from volon.model.requests import PauseRequest
    from volon.usecases.pausing.pause import pause, wants_note

    mode, note = _mode_and_note(words, at)
    request = PauseRequest.of(
        mode=mode, note=note, no_snapshot=no_snapshot, commit_state=commit_state, dry_run=dry_run, **said
    )
    if request.key_files:
        request = replace(request, key_files=_from_top(at, request.key_files))
    if source is not None:
        request = request.with_json(_read_source(source, at), source)
    workspace = at.workspace()
    at.expect("PauseResult", commits=not dry_run)
    if at.interactive() and not dry_run and wants_note(workspace, request):
        request = request.with_note(at.ask(_QUESTION))
    at.show(pause(workspace, request))


def resume_task(
    at: Edge,
    words: Sequence[str] = (),
    *,
    task: str | None = None,
    checkpoint: str | None = None,
    short: bool = False,
    replay: bool = False,
    restore: bool = False,
    strict: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> None:
    """Resume: the words are a task's id, and a note, or a checkpoint's number or uid."""
    at.look_ahead()
    from volon.model.ids import is_ulid, leads_with_task
    from volon.model.requests import ResumeRequest
    from volon.usecases.resuming.resume import resume

    if leads_with_task(words):
        if task is not None and task.upper() != words[0].upper():
            message = f"Two tasks were named: {words[0]} and {task}."
            raise UsageError(message, hints=["Name one of them."])
        task, words = words[0], words[1:]
    note = " ".join(words).strip()
    if (note.isascii() and note.isdigit()) or is_ulid(note.upper()):
        if checkpoint is not None and checkpoint != note:
            message = f"Two checkpoints were named: {note} and {checkpoint}."
            raise UsageError(message, hints=["Name one of them."])
        checkpoint, note = note, ""
    request = ResumeRequest(
        note=note or None,
        checkpoint=checkpoint,
        task=task,
        short=short,
        strict=strict,
        force=force,
        dry_run=dry_run,
        replay=replay,
        restore=restore,
    )
    if restore:
        from volon.usecases.resuming.return_with_files import resume_and_restore

        at.show(resume_and_restore(at.workspace(), request, at.starting))
    at.expect("ResumeResult", commits=not dry_run)
    at.show(resume(at.workspace(), request, at.starting))


def continue_task(
    at: Edge, words: Sequence[str] = (), *, strict: bool = False, force: bool = False, dry_run: bool = False
) -> None:
    """Resume with the next actions only; the word is a task."""
    at.look_ahead()
    from volon.model.requests import ResumeRequest
    from volon.usecases.resuming.resume import resume

    task = next(iter(words), None)
    request = ResumeRequest(task=task, short=True, strict=strict, force=force, dry_run=dry_run)
    at.expect("ResumeResult", commits=not dry_run)
    at.show(resume(at.workspace(), request, at.starting))


def status(at: Edge, *, porcelain: bool = False, conflicts: bool = False) -> None:
    """Say where the work stands, for people or for scripts."""
    if porcelain and conflicts:
        raise UsageError("--porcelain answers from files alone; --conflicts asks git.", hints=["Name one of them."])
    if porcelain:
        from volon.render.porcelain import porcelain as lines
        from volon.usecases.glancing import glance_through

        if at.json:
            raise UsageError("--porcelain and --json are two forms of the same answer.", hints=["Name one of them."])
        at.stdout.write(lines(glance_through(at.workspace())))
        return
    at.look_ahead(pauses=True)
    from volon.usecases.status import status as usecase

    at.expect("StatusResult")
    at.show(usecase(at.workspace(), conflicts=conflicts))


def brief(at: Edge, *, budget: str | None = None, agent: bool = False) -> None:
    """Say what to read on return, within a budget of tokens."""
    at.look_ahead()
    from volon.render.brief import FOR_AGENTS, FOR_PEOPLE, fitted
    from volon.usecases.briefing import brief as usecase

    tokens = budget or str(FOR_AGENTS if agent else FOR_PEOPLE)
    if not (tokens.isascii() and tokens.isdigit() and len(tokens) < _DIGITS):
        raise UsageError(f"{tokens!r} is no number of tokens.", hints=["volon brief --budget 400"])
    at.show(usecase(at.workspace(), agent=agent), dress=lambda found: fitted(found, int(tokens)))


def list_tasks(at: Edge) -> None:
    """List all tasks."""
    from volon.usecases import task as usecase

    at.show(usecase.list_tasks(at.workspace()))


def list_checkpoints(at: Edge, *, files: bool = False) -> None:
    """List all checkpoints, or what was saved of the user's files."""
    if files:
        from volon.usecases.restoring.saved import list_files

        at.show(list_files(at.workspace()))
    from volon.usecases import checkpoint as usecase

    at.show(usecase.list_checkpoints(at.workspace()))


def validate(
    at: Edge,
    words: Sequence[str] = (),
    *,
    form: str = "human",
    staged: bool = False,
    strict: bool = False,
    rule: str | None = None,
) -> None:
    """Check the records that the words name, or all; or say what a rule wants."""
    from volon.model.requests import ValidateRequest
    from volon.usecases.validating.validate import explain
    from volon.usecases.validating.validate import validate as usecase

    if rule is not None:
        at.show(explain(rule))
    named = tuple(str(at.start / path) for path in words)
    result = usecase(at.workspace(), ValidateRequest(paths=named, staged=staged, strict=strict))
    if at.json or form == "human":
        at.show(result)
    from volon.render.formats import RENDERERS

    at.show(result, RENDERERS[form](result))


def conduct_step(
    at: Edge,
    words: Sequence[str] = (),
    *,
    module: str = "",
    number: str = "0",
    last: bool = False,
    test: Sequence[str] = (),
    imports: Sequence[str] = (),
    lint: Sequence[str] = (),
) -> None:
    """Do one step of a plan; the words are the step, the plan, the phase, and those of the worker."""
    from volon.usecases.conduct.steps import StepRequest, step

    kind, plan, phase, *worker = (*words, *[""] * _STEP)[: max(_STEP, len(words))]
    request = StepRequest(
        kind=kind,
        plan_id=plan,
        phase=_number(phase),
        module=module,
        round=_number(number),
        last=last,
        test=tuple(test),
        imports=tuple(imports),
        lint=tuple(lint),
        worker=tuple(worker),
    )
    at.show(step(at.workspace(), request, sys.stdout.buffer))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        raise UsageError(f"{text!r} is no number.", hints=["volon conduct step STEP PLAN PHASE"])
    return int(text)


def pause_pipeline(at: Edge, words: Sequence[str] = (), *, wait: bool = False, now: bool = False) -> None:
    """Close a pipeline's gate; the word is its file."""
    from volon.usecases.pipeline.gate import pause_pipeline as usecase

    workspace = at.workspace()
    at.show(usecase(workspace, _pipeline(at, workspace, words), _silently, wait=wait, now=now))


def pipeline_status(at: Edge, words: Sequence[str] = (), name: str | None = None) -> None:
    """Say how a pipeline stands; the word is its file, `name` the pipeline where that is known already."""
    from volon.usecases.pipeline.gate import pipeline_status as usecase
    from volon.usecases.pipeline.runs import read_pipeline

    workspace = at.workspace()
    name = name or _pipeline(at, workspace, words)
    at.show(usecase(workspace, name, lambda: read_pipeline(workspace, at.start / words[0])))


def _pipeline(at: Edge, workspace: Workspace, words: Sequence[str]) -> str | None:
    from volon.usecases.pipeline.runs import named

    return named(workspace, at.start / words[0]) if words else None


def _silently(_entry: Entry, _output: tuple[str, ...]) -> None:
    """Say nothing while something is ended that another process left."""


def _mode_and_note(words: Sequence[str], at: Edge) -> tuple[str, str | None]:
    """Split the words into mode and note; a near miss of a mode is asked about, or refused without a terminal."""
    from volon.model.requests import MODES

    if words and words[0] in MODES:
        return words[0], " ".join(words[1:]).strip() or None
    if words and len(words) <= _MODE_AND_NOTE and (meant := _near_mode(words[0])):
        if at.interactive() and at.ask(f"Did you mean the mode {meant}? [Y/n]").lower() in {"", "y", "yes"}:
            return meant, " ".join(words[1:]).strip() or None
        if not at.interactive():
            message = f"'{words[0]}' is close to the mode '{meant}'."
            rest = "".join(f' "{word}"' for word in words[1:])
            raise UsageError(
                message, hints=[f"volon pause-task {meant}{rest}", f'volon pause-task soft "{" ".join(words)}"']
            )
    return "soft", " ".join(words).strip() or None


def _from_top(at: Edge, named: Sequence[str]) -> tuple[str, ...]:
    """Key files as records name them; those that lie where they were typed from are typed from there, as for git."""
    repository = at.workspace().repository
    below = os.path.relpath(os.path.realpath(at.start), os.path.realpath(repository.root))
    if below == os.curdir:
        return tuple(named)
    from volon.model.checks.claims import spellings
    from volon.repo.questions import exists

    def whole(said: str) -> str:
        path, colon, why = said.partition(": ")
        moved = os.path.normpath(f"{below}/{path.strip()}")
        return f"{moved}{colon}{why}" if any(exists(repository, one) for one in spellings(moved)) else said

    return tuple(map(whole, named))


def _near_mode(word: str) -> str | None:
    import difflib

    from volon.model.requests import MODES

    found = difflib.get_close_matches(word.lower(), MODES, n=1, cutoff=_NEAR)
    return found[0] if found else None


def told(at: Edge) -> bytes:
    """Return what a program says on standard input, and nothing where a person sits there or it cannot be read."""
    try:
        return b"" if at.stdin.isatty() else _raw_input(at)
    except OSError:
        return b""


def _raw_input(at: Edge) -> bytes:
    raw = getattr(at.stdin, "buffer", None)
    return raw.read() if raw is not None else at.stdin.read().encode("utf-8", "surrogateescape")


def _standard_input(at: Edge) -> str:
    """JSON is UTF-8 whatever the locale says."""
    return _raw_input(at).decode("utf-8-sig")


def _read_source(source: str, at: Edge) -> str:
    try:
        return _standard_input(at) if source == "-" else (at.start / source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The request {source} cannot be read."
        raise UsageError(message, causes=[str(error)], hints=["volon schema pause-request"]) from error
