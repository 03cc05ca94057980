"""`pause-task`, `resume-task`, `continue` and `status`: the everyday commands."""

from __future__ import annotations

import difflib
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from volon.cli.complete import checkpoint_numbers, task_ids
from volon.cli.options import Directory, DryRun, Json, Quiet, TaskOption, edge
from volon.errors import UsageError
from volon.model.requests import MODES, PauseRequest, ResumeRequest

if TYPE_CHECKING:
    from volon.cli.edge import Edge

_NEAR = 0.75
_MODE_AND_NOTE = 2
ModeAndNote = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[soft|restart|compact] [NOTE]",
        help="Why you stop, which changes the advice only (soft: a break, the default; restart: the session ends; "
        "compact: the context will be compacted), and where you are.",
    ),
]
_QUESTION = "What are you in the middle of? (Enter: volon describes it)"


def pause_task(
    ctx: typer.Context,
    words: ModeAndNote = None,
    task: TaskOption = None,
    next_actions: Annotated[
        list[str] | None, typer.Option("--next", metavar="TEXT", help="Next action; up to 3 times.")
    ] = None,
    plan: Annotated[str | None, typer.Option(metavar="TEXT", help="Current plan or hypothesis.")] = None,
    goal: Annotated[str | None, typer.Option(metavar="TEXT", help="The goal in one sentence.")] = None,
    question: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Open question; repeatable.")] = None,
    blocker: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="External blocker; repeatable.")] = None,
    key_file: Annotated[list[str] | None, typer.Option(metavar="PATH", help="Key file (PATH or 'PATH: why').")] = None,
    cmd: Annotated[list[str] | None, typer.Option(metavar="'CMD => OUTCOME'", help="Command run; repeatable.")] = None,
    confidence: Annotated[str | None, typer.Option(metavar="LEVEL", help="high, medium or low.")] = None,
    summary: Annotated[str | None, typer.Option(metavar="TEXT", help="What happened so far.")] = None,
    completed: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Done this session; repeatable.")] = None,
    tokens: Annotated[str | None, typer.Option(metavar="USED/LIMIT", help="Token usage.")] = None,
    source: Annotated[str | None, typer.Option("--from", metavar="FILE|-", help="Read the request from JSON.")] = None,
    commit_state: Annotated[
        bool, typer.Option("--commit-state", help="Commit volon's own files, nothing else.")
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Write down where the work stands, so that you can stop here."""
    from volon.usecases.pause import pause, wants_note

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    mode, note = _mode_and_note(words or [], at)
    request = PauseRequest.of(
        mode=mode,
        note=note,
        task=task,
        next_actions=next_actions,
        plan=plan,
        goal=goal,
        questions=question,
        blockers=blocker,
        key_files=key_file,
        commands=cmd,
        confidence=confidence,
        summary=summary,
        completed=completed,
        tokens=tokens,
        commit_state=commit_state,
        dry_run=dry_run,
    )
    if source is not None:
        request = request.with_json(_read_source(source, at), source)
    workspace = at.workspace()
    if at.interactive() and not dry_run and wants_note(workspace, request):
        request = request.with_note(at.ask(_QUESTION))
    at.show(pause(workspace, request))


def resume_task(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NOTE | N]", help="A note, or a checkpoint's number.", autocompletion=checkpoint_numbers
        ),
    ] = None,
    task: TaskOption = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="N", help="Work from checkpoint N.", autocompletion=checkpoint_numbers)
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Next actions only.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at warnings too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on past blockers; this is logged.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """See what changed since the pause, and go on."""
    from volon.usecases.resume import resume

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    note = " ".join(words or []).strip()
    if note.isascii() and note.isdigit():
        if checkpoint is not None and checkpoint != note:
            message = f"Two checkpoints were named: {note} and {checkpoint}."
            raise UsageError(message, hints=["Name one of them."])
        checkpoint, note = note, ""
    request = ResumeRequest(
        note=note or None, checkpoint=checkpoint, task=task, short=short, strict=strict, force=force, dry_run=dry_run
    )
    at.show(resume(at.workspace(), request, at.starting))


def continue_task(
    ctx: typer.Context,
    task: Annotated[str | None, typer.Argument(metavar="[ID]", help="The task.", autocompletion=task_ids)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at warnings too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on past blockers; this is logged.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Go on with the next actions only (the light resume; same preflight)."""
    from volon.usecases.resume import resume

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    request = ResumeRequest(task=task, short=True, strict=strict, force=force, dry_run=dry_run)
    at.show(resume(at.workspace(), request, at.starting))


def status_command(
    ctx: typer.Context,
    porcelain: Annotated[
        bool, typer.Option("--porcelain", help="Stable lines for scripts, from files alone; see docs/PORCELAIN.md.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Say in a few lines where the work stands, here and elsewhere."""
    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    if porcelain:
        from volon.render.porcelain import porcelain as lines
        from volon.usecases.glancing import glance_through

        if at.json:
            raise UsageError("--porcelain and --json are two forms of the same answer.", hints=["Name one of them."])
        at.stdout.write(lines(glance_through(at.workspace())))
        return
    from volon.usecases.status import status

    at.show(status(at.workspace()))


def prompt_command(ctx: typer.Context, directory: Directory = None) -> None:
    """Print a few words for a shell's prompt; nothing when nothing is in progress or it cannot be known."""
    from volon.errors import VolonError
    from volon.render.porcelain import prompt
    from volon.usecases.glancing import glance_through

    at = edge(ctx, json=False, quiet=True, directory=directory)
    with suppress(VolonError):
        at.stdout.write(prompt(glance_through(at.workspace())))


def _mode_and_note(words: list[str], at: Edge) -> tuple[str, str | None]:
    """Split the words into mode and note; a near miss of a mode is asked about, or refused without a terminal."""
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


def _near_mode(word: str) -> str | None:
    found = difflib.get_close_matches(word.lower(), MODES, n=1, cutoff=_NEAR)
    return found[0] if found else None


def _standard_input(at: Edge) -> str:
    """JSON is UTF-8 whatever the locale says."""
    raw = getattr(at.stdin, "buffer", None)
    return raw.read().decode("utf-8-sig") if raw is not None else at.stdin.read()


def _read_source(source: str, at: Edge) -> str:
    try:
        return _standard_input(at) if source == "-" else (at.start / source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The request {source} cannot be read."
        raise UsageError(message, causes=[str(error)], hints=["volon schema pause-request"]) from error
