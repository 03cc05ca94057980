"""`volon run -- COMMAND …`: run a command and keep what came of it as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, BinaryIO, TextIO

import typer

from volon.cli.options import Directory, Json, Quiet, TaskOption, shared_options
from volon.errors import UsageError

if TYPE_CHECKING:
    from volon.foreground import Streams

SETTINGS = {"allow_interspersed_args": False}
"""Options end where the command begins, with or without `--` before it."""


def run_command(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND …", help="The command and its arguments; no shell.")
    ] = None,
    task: TaskOption = None,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Run a command; record how it ended and on which tree.

    Its output is shown as it comes and its exit status is given back. With --json its standard output goes to
    standard error, so that standard output holds the one object.
    """
    from volon.model.requests import RunRequest
    from volon.usecases.running.run import run

    at = shared_options(ctx, json=json, quiet=quiet, directory=directory)
    # A --json among the command's own words is not volon's.
    at.json = json
    if not command:
        raise UsageError("No command was given.", hints=["volon run -- pytest -q"])
    request = RunRequest(argv=tuple(command), directory=str(at.start.resolve()), task=task)
    out, err = _binary(at.stderr if json else at.stdout), _binary(at.stderr)
    result = run(at.workspace(), request, _streams(at.stdin, out, err))
    # The command's own output stays as it is: what volon has to say is for a person who looks at the terminal.
    at.quiet = quiet or not at.stderr.isatty()
    at.show(result, stream=at.stdout if json else at.stderr)


def _streams(source: TextIO, out: BinaryIO, err: BinaryIO) -> Streams:
    from volon.foreground import Streams

    try:
        return Streams(source.fileno(), out, err)
    except OSError:
        return Streams(None, out, err)


def _binary(stream: TextIO) -> BinaryIO:
    """The stream below a text stream, with nothing left above it."""
    stream.flush()
    return stream.buffer
