"""dask on this machine: a scheduler and workers as real processes, and the end of all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.support.running import volon_environment

if TYPE_CHECKING:
    from pathlib import Path

_DASK = [sys.executable, "-P", "-m", "dask"]
_LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]
_PATIENCE = 60.0
CAREFUL = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
"""What a scheduler must be told for volon."""


class Cluster:
    """A scheduler with workers of one thread each.

    Args:
        home: an empty directory for all they write.
        env: variables for the scheduler.

    Attributes:
        file: where the scheduler says how it is reached.
        workers: they, by their numbers.
    """

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.file, self._home = home / "scheduler.json", home
        self._scheduler = self._start("scheduler", "--port", "0", env=env)
        self.workers: list[subprocess.Popen[bytes]] = []
        give_up = time.monotonic() + _PATIENCE
        while not self.file.exists():
            assert time.monotonic() < give_up
            time.sleep(0.05)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        words = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--name", str(len(self.workers)))
        where = str(self._home / f"worker-{len(self.workers)}")
        self.workers.append(self._start("worker", *words, "--local-directory", where))
        return self.workers[-1]

    def end(self) -> None:
        """Leave nothing of it behind."""
        for one in (*self.workers, self._scheduler):
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()

    def _start(self, kind: str, *words: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        argv = [*_DASK, kind, *_LOCAL, "--scheduler-file", str(self.file), *words]
        with (self._home / "log").open("ab") as log:
            return subprocess.Popen(
                argv,
                cwd=self._home,
                env=volon_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
