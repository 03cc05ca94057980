"""`main(argv) -> int`: the one way in, and the one place where errors become text and an exit code."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from volon import __version__
from volon.cli.app import app_for
from volon.cli.edge import Edge
from volon.errors import CheckFailed, ExitCode, Interrupted, NotCommitted, UsageError, VolonError
from volon.render.machine import to_json
from volon.render.problems import error_page, error_result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INTERRUPTED = "Interrupted; nothing was changed."


def main(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name.
        environ: the environment; the process's own when None.
        cwd: where to start; the process's own working directory when None.
        stdin: where answers come from.
        stdout: where output goes.
        stderr: where messages go.

    Returns:
        The exit code, as documented in docs/EXIT_CODES.md. Nothing is raised, whatever happens.
    """
    edge = Edge(
        environ=os.environ if environ is None else environ,
        start=cwd or Path(),
        stdin=stdin or sys.stdin,
        stdout=stdout or sys.stdout,
        stderr=stderr or sys.stderr,
        json="--json" in argv,
    )
    for stream in (edge.stdout, edge.stderr):
        if isinstance(stream, TextIOWrapper):
            # What the terminal's encoding does not have is spelled out; it is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        edge.start = cwd or _here()
        return _run(argv, edge)
    except VolonError as error:
        return _report(edge, _truthful(edge, error))
    except KeyboardInterrupt:
        return _report(edge, _truthful(edge, Interrupted(_INTERRUPTED)))
    except BrokenPipeError:
        return _reader_gone(edge)
    except OSError as error:
        # Not foreseen where it happened, but no bug: a disk or a permission.
        return _reporting(edge, _truthful(edge, NotCommitted("The machine refused.", causes=[str(error)])))
    except Exception as error:  # noqa: BLE001  the one broad except of the program: a bug is reported, not lost
        return _bug(edge, error)


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        message = "The directory that volon was started in is gone."
        raise NotCommitted(message, causes=[str(error)], hints=["cd to a directory that exists."]) from error


def _run(argv: Sequence[str], edge: Edge) -> int:
    try:
        code = int(app_for(argv)(args=list(argv), prog_name="volon", standalone_mode=False, obj=edge) or 0)
        edge.stdout.flush()
    except typer.TyperException as error:
        if not error.format_message():
            return ExitCode.USAGE
        if (help_page := _help_page(error)) is not None:
            edge.stderr.write(help_page)
            return ExitCode.USAGE
        raise UsageError(error.format_message(), hints=[_help_line(error)]) from error
    except typer.Abort:
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:
        # Typer turns Ctrl-C into its exit code; nothing of ours returns it.
        raise Interrupted(_INTERRUPTED)
    return code


def _truthful(edge: Edge, error: VolonError) -> VolonError:
    """Once an operation is committed, no failure of what comes after it may say that nothing has changed."""
    if not edge.committed or not isinstance(error, NotCommitted | Interrupted):
        return error
    cause = "it was interrupted" if isinstance(error, Interrupted) else error.message
    message = "The operation is done, but what came after it failed."
    return CheckFailed(message, causes=[cause, *error.causes], hints=["volon status", *error.hints])


def _help_page(error: typer.TyperException) -> str | None:
    """The help, when that is all typer has to say: a group of commands was named and none of them."""
    context = getattr(error, "ctx", None)
    page = context.get_help() if context else None
    return f"{page}\n" if page == error.format_message() else None


def _help_line(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'volon'} --help"


def _report(edge: Edge, error: VolonError) -> int:
    if edge.json:
        edge.stdout.write(to_json(error_result(error)))
    else:
        edge.print(error_page(error), edge.stderr)
    return int(error.exit_code)


def _reporting(edge: Edge, error: VolonError) -> int:
    """Report what may be about the output itself: a full disk behind it must not raise again at the very end."""
    try:
        edge.stdout.flush()
        return _report(edge, error)
    except OSError:
        if edge.stdout is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        edge.print(error_page(error), edge.stderr)
        return int(error.exit_code)


def _reader_gone(edge: Edge) -> int:
    """The reader of our output closed it: go quietly, as other tools do."""
    if edge.stdout is sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.FAILED)


def _bug(edge: Edge, error: Exception) -> int:
    edge.stderr.write(
        f"Error: a bug in volon: {type(error).__name__}\n"
        "Your files are as the last finished operation left them; volon doctor says whether anything is unfinished.\n"
        "Hint: please report the lines below.\n\n"
        f"volon {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}\n"
    )
    edge.stderr.writelines(traceback.format_exception(error))
    return int(ExitCode.BUG)
