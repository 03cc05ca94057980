"""Ways to run volon in a test: inside this process, or as a real program.

`VolonInProcess` is quick and is what most tests want. `VolonProcess` is for what only a real process shows: signals,
terminals, standard input, start-up.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""The checkout that these tests belong to."""


class Ran(NamedTuple):
    """What one run of volon gave back; unpacks as `code, out, err`."""

    code: int
    out: str
    err: str


def volon_argv() -> list[str]:
    """The words that start this checkout's volon, whatever the working directory holds."""
    return [sys.executable, "-P", "-m", "volon"]


def volon_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The sealed environment with this checkout importable."""
    return {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), **(extra or {})}


class VolonInProcess:
    """Call it with arguments: it drives `volon.cli.main.main` and gives back `(code, out, err)`.

    Attributes:
        cwd: where the commands run; change it to run elsewhere.
    """

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(self, *argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: str = "") -> Ran:
        """Run one command.

        Args:
            argv: the words after `volon`.
            cwd: another directory for this call.
            env: variables on top of the sealed environment, for this call.
            stdin: what standard input holds; it is never a terminal.
        """
        from volon.cli.main import main  # noqa: PLC0415 - the seal must stand before volon is imported

        out, err = _Captured(), _Captured()
        with (
            _environment(env or {}),
            contextlib.chdir(cwd or self.cwd),
            _standard_input(stdin),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(list(argv))
        return Ran(int(code), out.text(), err.text())

    def ok(self, *argv: str, **options: str) -> str:
        """Run one command that must succeed, and give back its standard output."""
        ran = self(*argv, env=options or None)
        assert ran.code == 0, f"volon {' '.join(argv)} exited {ran.code}\n{ran.out}{ran.err}"
        return ran.out


class VolonProcess:
    """Call it with arguments: it starts a real `python -m volon` and gives back `(code, out, err)`.

    Attributes:
        cwd: where the commands run.
    """

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(
        self,
        *argv: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: bytes = b"",
        timeout: float = 60,
    ) -> Ran:
        """Run one command; arguments as for `VolonInProcess`."""
        done = subprocess.run(
            [*volon_argv(), *argv],
            cwd=cwd or self.cwd,
            env=volon_environment(env),
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, _decoded(done.stdout), _decoded(done.stderr))

    def start(self, *argv: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one command and leave it running, in a process group of its own so that it can be signalled."""
        return _start([*volon_argv(), *argv], self.cwd, volon_environment(env))


def _start(argv: list[str], cwd: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


class _Captured(io.TextIOWrapper):
    """A standard stream in memory that also takes bytes through `.buffer`, as the real ones do."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return _decoded(buffer.getvalue())


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@contextlib.contextmanager
def _environment(extra: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _standard_input(text: str) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before
