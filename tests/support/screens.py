"""A program on a pseudo terminal, and what a person would see there: a terminal emulator reads what it writes."""

from __future__ import annotations

import re
import signal
import termios
import time
from typing import TYPE_CHECKING

import pexpect
import pyte

from tests.support.running import volon_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATIENCE = 60.0
_OF_COMMANDS = ("CI", "NO_COLOR")


class Screen:
    """A terminal with a program on it.

    Args:
        cwd: where it runs.
        words: the program.
        columns: of the terminal.
        env: variables on top.

    Attributes:
        child: the process.
        written: all that it wrote.
        restored: whether, at its end, the terminal was as a shell wants it.
    """

    def __init__(self, cwd: Path, words: list[str], columns: int = 80, env: dict[str, str] | None = None) -> None:
        variables = {name: value for name, value in volon_environment().items() if name not in _OF_COMMANDS}
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            words[0],
            words[1:],
            cwd=str(cwd),
            env=variables | {"TERM": "xterm-256color"} | (env or {}),
            dimensions=(24, columns),
            timeout=_PATIENCE,
            preexec_fn=_hear_all,
        )
        self.written, self.restored = b"", False
        self._emulated = pyte.Screen(columns, 24)
        self._stream = pyte.ByteStream(self._emulated)

    def pump(self) -> bool:
        """Take in what is written for a moment; whether it is still open."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=0.05)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.written += data
        self._stream.feed(data)
        return True

    @property
    def text(self) -> str:
        """What stands on it."""
        return "\n".join(line.rstrip() for line in self._emulated.display).rstrip()

    def until(self, pattern: str | Callable[[], bool]) -> str:
        """Wait until something can be seen, or holds; what stands there then."""
        give_up = time.monotonic() + _PATIENCE
        while not (re.search(pattern, self.text) if isinstance(pattern, str) else pattern()):
            assert self.pump(), f"it ended with {self.ended()}:\n{self.text}"
            assert time.monotonic() < give_up, self.text
        return self.text

    def ended(self) -> int | None:
        """Wait for its end; its exit code, or the negative number of the signal that ended it."""
        give_up = time.monotonic() + _PATIENCE
        while self.pump():
            assert time.monotonic() < give_up, self.text
        if not self.child.closed:
            self.restored = self.echoes() and all(
                self.written.rfind(on) >= self.written.rfind(off) for on, off in _SWITCHES
            )
            self.child.close()
        signalled = self.child.signalstatus
        return self.child.exitstatus if signalled is None else -signalled

    def echoes(self) -> bool:
        """Whether the terminal is as a shell wants it: it echoes and waits for whole lines."""
        local = termios.tcgetattr(self.child.child_fd)[3]
        return bool(local & termios.ECHO and local & termios.ICANON)

    def hang_up(self) -> None:
        """Take the terminal away, as when its window is closed."""
        self.child.ptyproc.fileobj.close()  # type: ignore[attr-defined]  # the stubs leave it out

    def kill(self, number: int) -> None:
        """Send it a signal."""
        self.child.kill(number)


def _hear_all() -> None:
    """Who was started in the background ignores some signals, and so would what it starts."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


_SWITCHES = ((b"\x1b[?25h", b"\x1b[?25l"), (b"\x1b[?7h", b"\x1b[?7l"))
