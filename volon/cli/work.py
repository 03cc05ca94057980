"""`pause-task`, `resume-task`, `continue` and `status`: the everyday commands."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import checkpoint_numbers, task_ids, tasks_and_numbers
from volon.cli.edge import Edge
from volon.cli.options import Directory, DryRun, TaskOption, with_edge

ModeAndNote = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[soft|restart|compact] [NOTE]",
        help="Why you stop, which changes the advice only (soft: a break, the default; restart: the session ends; "
        "compact: the context will be compacted), and where you are.",
    ),
]


@with_edge
def pause_task(
    at: Edge,
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
    no_snapshot: Annotated[bool, typer.Option("--no-snapshot", help="Save the records only, no files.")] = False,
    include_ignored: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Save these ignored files too; repeatable.")
    ] = None,
    allow_secret: Annotated[
        list[str] | None,
        typer.Option(metavar="FINGERPRINT", help="Save a file that looks secret; a pause tells its fingerprint."),
    ] = None,
    commit_state: Annotated[
        bool, typer.Option("--commit-state", help="Commit volon's own files, nothing else.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Write down where the work stands, so that you can stop here."""
    everyday.pause_task(
        at,
        words or (),
        source,
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
        include_ignored=include_ignored,
        allow_secrets=allow_secret,
        no_snapshot=no_snapshot,
        commit_state=commit_state,
        dry_run=dry_run,
    )


@with_edge
def resume_task(
    at: Edge,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID] [NOTE | N]",
            help="The task; a note, which becomes the first next action, or a checkpoint's number.",
            autocompletion=tasks_and_numbers,
        ),
    ] = None,
    task: TaskOption = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="N", help="Work from checkpoint N.", autocompletion=checkpoint_numbers)
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Next actions only.")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Run recorded commands again that are allowed and trusted here.")
    ] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Put the files back first; see restore.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at warnings too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on past blockers; this is logged.")] = False,
    dry_run: DryRun = False,
) -> None:
    """See what changed since the pause, and go on."""
    everyday.resume_task(
        at,
        words or (),
        task=task,
        checkpoint=checkpoint,
        short=short,
        replay=replay,
        restore=restore,
        strict=strict,
        force=force,
        dry_run=dry_run,
    )


@with_edge
def continue_task(
    at: Edge,
    task: Annotated[str | None, typer.Argument(metavar="[ID]", help="The task.", autocompletion=task_ids)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at warnings too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on past blockers; this is logged.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Go on with the next actions only (the light resume; same preflight)."""
    everyday.continue_task(at, (task,) if task is not None else (), strict=strict, force=force, dry_run=dry_run)


@with_edge
def status_command(
    at: Edge,
    porcelain: Annotated[
        bool, typer.Option("--porcelain", help="Stable lines for scripts, from files alone; see docs/PORCELAIN.md.")
    ] = False,
    conflicts: Annotated[
        bool,
        typer.Option(
            "--conflicts",
            help="Try whether unfinished work fits HEAD, its upstream, the default branch and each other.",
        ),
    ] = False,
) -> None:
    """Say in a few lines where the work stands, here and elsewhere."""
    everyday.status(at, porcelain=porcelain, conflicts=conflicts)


@with_edge
def brief_command(
    at: Edge,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="N", help="At most N tokens of four bytes; 1000, with --agent 400."),
    ] = None,
    agent: Annotated[
        bool, typer.Option("--agent", help="For an agent's context: shorter, and how to pause stands in it.")
    ] = False,
) -> None:
    """Say what to read on return, the most valuable first; text from files is fenced as data."""
    everyday.brief(at, budget=budget, agent=agent)


def prompt_command(ctx: typer.Context, directory: Directory = None) -> None:
    """Print a few words for a shell's prompt; nothing when nothing is in progress or it cannot be known."""
    from volon.errors import VolonError
    from volon.render.porcelain import prompt
    from volon.usecases.glancing import glance_through

    at: Edge = ctx.find_root().obj.set(directory=directory)
    with suppress(VolonError):
        at.stdout.write(prompt(glance_through(at.workspace())))


def statusline_command(ctx: typer.Context, directory: Directory = None) -> None:
    """Print a line for an agent's status line: what `prompt` says about the directory it names on standard input.

    Behind that stands how full the agent's context window is, where its JSON says so.
    """
    from volon.errors import VolonError
    from volon.model.quick import status_told
    from volon.render.porcelain import statusline
    from volon.usecases.glancing import glance_through

    at: Edge = ctx.find_root().obj.set(directory=directory)
    where, share = status_told(everyday.told(at))
    seen = None
    with suppress(VolonError, OSError, ValueError):
        seen = glance_through(at.set(directory=where).workspace())
    at.stdout.write(statusline(seen, share))
