"""The typer application: which commands there are, and which of them the short help shows.

Source: contract §4 (the short help shows the everyday commands; aliases work and stay out of it).
"""

from __future__ import annotations

import copy
from typing import Annotated

import typer

from volon import __version__
from volon.cli import agents, care, checkpoints, conduct, handoff, imports, mcp, pipeline, tasks, work
from volon.cli.helping import Group, dress
from volon.cli.options import Directory
from volon.cli.restore import restore
from volon.cli.run import SETTINGS, run_command
from volon.cli.trust import trust
from volon.errors import INTERRUPTED, ExitCode, Interrupted, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.cli.edge import Edge

app = typer.Typer(
    name="volon",
    help="Stop anywhere, lose nothing: write down where the work stands, and see what changed when you come back.",
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.find_root().obj.stdout.write(f"volon {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    directory: Directory = None,
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take `-C` and `--version` before the command."""
    ctx.obj.set(directory=directory)


app.command("init")(care.init)
app.add_typer(tasks.app, name="task")
app.command("pause-task")(work.pause_task)
app.command("resume-task")(work.resume_task)
app.command("status")(work.status_command)
app.command("restore")(restore)
app.command("undo")(care.undo)
app.command("validate")(care.validate)

app.command("pause", hidden=True)(work.pause_task)
app.command("resume", hidden=True)(work.resume_task)
app.command("continue")(work.continue_task)
app.add_typer(checkpoints.app, name="checkpoint")
app.add_typer(handoff.app, name="handoff")
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(conduct.app, name="conduct")
app.add_typer(agents.app, name="agents")
app.command("import")(imports.import_work)
app.command("brief")(work.brief_command)
app.command("prompt")(work.prompt_command)
app.command("statusline")(work.statusline_command)
app.command("hook")(agents.hook_command)
app.command("doctor")(care.doctor)
app.command("schema")(care.schema)
app.command("mcp")(mcp.mcp)
app.command("trust")(trust)
app.command("run", context_settings=SETTINGS)(run_command)
dress(app)


def app_for(argv: Sequence[str]) -> typer.Typer:
    """The application with no more commands than the words ask for: typer takes its time to prepare each.

    Help, completion and words that name no command get the whole of it.
    """
    return _only(app, _without_place(argv))


def _without_place(argv: Sequence[str]) -> Sequence[str]:
    return argv[2:] if argv[:1] == ["-C"] else argv


def _only(whole: typer.Typer, words: Sequence[str]) -> typer.Typer:
    name = (words or [""])[0]
    chosen = copy.copy(whole)
    chosen.registered_commands = [one for one in whole.registered_commands if one.name == name]
    chosen.registered_groups = [copy.copy(one) for one in whole.registered_groups if one.name == name]
    for group in chosen.registered_groups:
        if group.typer_instance is not None:
            group.typer_instance = _only(group.typer_instance, words[1:])
    return chosen if chosen.registered_commands or chosen.registered_groups else whole


def run(argv: Sequence[str], edge: Edge) -> int:
    """Let typer read the words and run the command they name.

    Raises:
        UsageError: the words make no sense to typer.
        Interrupted: the user stopped it.
        Finished: it is over.
    """
    try:
        code = int(app_for(argv)(args=list(argv), prog_name="volon", standalone_mode=False, obj=edge) or 0)
    except typer.TyperException as error:
        if not error.format_message():
            return ExitCode.USAGE
        if (help_page := _help_page(error)) is not None:
            edge.stderr.write(help_page)
            return ExitCode.USAGE
        raise UsageError(error.format_message(), hints=[_help_line(error, argv)]) from error
    except typer.Abort:
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:
        # Typer turns Ctrl-C into its exit code; nothing of ours returns it.
        raise Interrupted(INTERRUPTED)
    return code


def _help_page(error: typer.TyperException) -> str | None:
    """The help, when that is all typer has to say: a group of commands was named and none of them."""
    context = getattr(error, "ctx", None)
    page = context.get_help() if context else None
    return f"{page}\n" if page == error.format_message() else None


def _help_line(error: typer.TyperException, argv: Sequence[str]) -> str:
    context = getattr(error, "ctx", None)
    # An option without its value is said by a parser that does not know whose option it is.
    path = context.command_path if context else " ".join(["volon", *_named(app_for(argv), _without_place(argv))])
    return f"{path} --help"


def _named(chosen: typer.Typer, words: Sequence[str]) -> list[str]:
    """The command that the words name, group by group."""
    name = (words or [""])[0]
    below = [one.typer_instance for one in chosen.registered_groups if one.name == name and one.typer_instance]
    if below:
        return [name, *_named(below[0], words[1:])]
    return [name] if any(one.name == name for one in chosen.registered_commands) else []
