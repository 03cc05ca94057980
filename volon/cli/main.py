"""`main(argv) -> int`: the one way in, and the one place where errors become text and an exit code."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from volon.cli import words
from volon.cli.edge import Edge, Finished
from volon.errors import INTERRUPTED, CheckFailed, ExitCode, Interrupted, NotCommitted, VolonError
from volon.paths import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO


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
        json="--json" in _own(argv),
    )
    for stream in (edge.stdout, edge.stderr):
        if isinstance(stream, TextIOWrapper):
            # What the terminal's encoding does not have is spelled out; it is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        edge.start = cwd or _here()
        return _run(argv, edge)
    except VolonError as error:
        return _report(edge, error)
    except KeyboardInterrupt:
        return _report(edge, Interrupted(INTERRUPTED))
    except BrokenPipeError:
        return _reader_gone(edge)
    except OSError as error:
        return _reporting(edge, _truthful(edge, refused(error)))
    except Exception as error:  # noqa: BLE001  the one broad except of the program: a bug is reported, not lost
        return report_bug(edge, error)


def _own(argv: Sequence[str]) -> Sequence[str]:
    """The words that are volon's: what follows `--` is somebody else's command."""
    return argv[: argv.index("--")] if "--" in argv else argv


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        message = "The directory that volon was started in is gone."
        raise NotCommitted(message, causes=[str(error)], hints=["cd to a directory that exists."]) from error


def _run(argv: Sequence[str], edge: Edge) -> int:
    read = words.read(argv, edge.environ)
    try:
        if read is None:
            from volon.cli.app import run

            code = run(argv, edge)
        else:
            code = _run_everyday(read, edge)
    except Finished as finished:
        code = finished.code
    finally:
        edge.look_away()
    edge.stdout.flush()
    edge.take_notes()
    return code


def _run_everyday(read: words.Read, edge: Edge) -> int:
    from volon.cli import everyday

    edge.set(directory=read.start).set(**read.shared)
    getattr(everyday, read.run)(edge, **read.said)
    return ExitCode.DONE


def _truthful(edge: Edge, error: VolonError) -> VolonError:
    """Once an operation is committed, no failure of what comes after it may say that nothing has changed."""
    if not edge.committed or not isinstance(error, NotCommitted | Interrupted):
        return error
    cause = "it was interrupted" if isinstance(error, Interrupted) else error.message
    message = "The operation is done, but what came after it failed."
    failed = CheckFailed(message, causes=[cause, *error.causes], hints=["volon status", *error.hints])
    failed.__cause__ = error.__cause__
    return failed


def refused(error: OSError) -> NotCommitted:
    """Return what was not foreseen where it happened, but is no bug: a disk or a permission."""
    found = NotCommitted("The machine refused.", causes=[str(error)])
    found.__cause__ = error
    return found


def told(edge: Edge, error: VolonError) -> VolonError:
    """Return an error as it is told: true to what has been done, its ways out as they are typed here."""
    from volon.render.problems import remedies

    error, spelling = _truthful(edge, error), edge.spelling()
    error.hints = (*remedies(error.__cause__), *(map(spelling.text, error.hints) if spelling else error.hints))
    return error


def _report(edge: Edge, error: VolonError) -> int:
    from volon.render.problems import error_page, error_result

    error = told(edge, error)
    if edge.json:
        from volon.render.machine import to_json

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
        edge.fall_silent()
        from volon.render.problems import error_page

        edge.print(error_page(error), edge.stderr)
        return int(error.exit_code)


def _reader_gone(edge: Edge) -> int:
    """The reader of our output closed it: go quietly, as other tools do."""
    edge.fall_silent()
    return int(ExitCode.FAILED)


def report_bug(edge: Edge, error: Exception) -> int:
    """Write what is to be reported, and return the exit code."""
    import platform
    import traceback

    from volon import __version__

    edge.stderr.write(
        f"Error: a bug in volon: {type(error).__name__}\n"
        "Your files are as the last finished operation left them; volon doctor says whether anything is unfinished.\n"
        "Hint: please report the lines below.\n\n"
        f"volon {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}\n"
    )
    edge.stderr.writelines(traceback.format_exception(error))
    return int(ExitCode.BUG)
