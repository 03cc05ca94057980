"""volon itself, started once more: to run what is then not this process's own, or to help a worker of an engine.

Promises: it has a session of its own, of our descriptors only those it is heard and told by, and no part of it is
taken from the directory that it stands in.

Source: contract §6 (pipeline); issue "the pipeline" (live, beyond one machine).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from volon.background import wait
from volon.keeper import IGNORED_BY_PYTHON
from volon.process import ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SAID = 1 << 16


class Apart:
    """volon itself, in a session of its own, which goes on when this process is gone; heard until then.

    Args:
        words: its arguments.
        env: its whole environment.

    Raises:
        ProgramMissing: it could not be started.
    """

    def __init__(self, words: Sequence[str], env: Mapping[str, str]) -> None:
        self._heard, theirs = os.pipe()
        os.set_blocking(self._heard, False)
        ends = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, flags, 0) for fd, flags in ((0, os.O_RDONLY), (1, os.O_RDWR))]
        # `-P`: what lies in the directory it stands in is no part of volon.
        argv = [sys.executable, "-P", "-m", "volon", *words]
        try:
            pid = os.posix_spawn(
                argv[0],
                argv,
                dict(env),
                file_actions=[*ends, (os.POSIX_SPAWN_DUP2, theirs, 2)],
                setsid=True,
                setsigdef=IGNORED_BY_PYTHON,
            )
        except (OSError, ValueError) as error:
            os.close(self._heard)
            raise ProgramMissing("volon could not be started once more", causes=[str(error)]) from error
        finally:
            os.close(theirs)
        self.pid, self._said = pid, b""

    def over(self) -> tuple[int, str] | None:
        """Its exit code and what it wrote to stderr, once it has ended; None until then. Not to be asked again."""
        ended, status = os.waitpid(self.pid, os.WNOHANG)
        with suppress(BlockingIOError):
            self._said = (self._said + os.read(self._heard, _SAID))[-_SAID:]
        if not ended:
            return None
        self.leave()
        return os.waitstatus_to_exitcode(status), self._said.decode("utf-8", "replace")

    def leave(self) -> None:
        """Hear no more of it."""
        os.close(self._heard)


class Aide:
    """A module of volon's as a process of its own, told and heard line by line; it hears that this process is gone.

    Args:
        module: its name.
        env: its whole environment.

    Raises:
        ProgramMissing: it could not be started.
    """

    def __init__(self, module: str, env: Mapping[str, str]) -> None:
        theirs, tell = os.pipe()
        try:
            hear, said = os.pipe()
        except OSError:
            os.close(theirs)
            os.close(tell)
            raise
        self._tell, self._hear = (open(*end, buffering=0) for end in ((tell, "wb"), (hear, "rb")))  # noqa: PTH123, SIM115
        os.set_blocking(hear, False)
        ends = [(os.POSIX_SPAWN_DUP2, theirs, 0), (os.POSIX_SPAWN_DUP2, said, 1)]
        argv = [sys.executable, "-P", "-X", "utf8", "-m", module]
        try:
            self._pid = os.posix_spawn(
                argv[0], argv, dict(env), file_actions=ends, setsid=True, setsigdef=IGNORED_BY_PYTHON
            )
        except (OSError, ValueError) as error:
            self._leave()
            raise ProgramMissing("volon could not be started once more", causes=[str(error)]) from error
        finally:
            os.close(theirs)
            os.close(said)

    def tell(self, line: bytes) -> None:
        """Tell it something; one that has ended hears nothing any more."""
        with suppress(BrokenPipeError, ValueError):
            self._tell.write(line + b"\n")

    def heard(self, seconds: float) -> Iterator[bytes]:
        """The lines it says, as long as it lives; an empty one whenever it has said nothing for so long."""
        half, data = b"", b"so far"
        while data:
            wait(self._hear.fileno(), seconds)
            try:
                data = os.read(self._hear.fileno(), _SAID)
            except BlockingIOError:
                yield b""
                continue
            *lines, half = (half + data).split(b"\n")
            yield from lines

    def finish(self) -> int:
        """Say no more, which it hears, and wait for its end: its exit status, or the negative number of a signal."""
        self._leave()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _leave(self) -> None:
        self._tell.close()
        self._hear.close()
