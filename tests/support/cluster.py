"""dask on this machine: a scheduler and workers as real processes, a wire between them to cut, and the end of all."""

from __future__ import annotations

import json
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
    from typing import Any

_DASK = [sys.executable, "-P", "-m", "dask"]
_HERE, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104  reached from another name space too
_PATIENCE = 60.0
CAREFUL = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
"""What a scheduler must be told for volon."""


class Wire:
    """Two name spaces of the network, this one and another, with a pair of interfaces between them; needs root.

    Raises:
        OSError, subprocess.CalledProcessError: this machine gives none.

    Attributes:
        here, there: the addresses of its ends.
        within: what has to stand before a command line that is to run there.
    """

    def __init__(self) -> None:
        # One for each process that tests at a time, so that none has another's addresses.
        self._name, net = f"volon{os.getpid()}", 4 * (os.getpid() % (1 << 14))
        self.here, self.there = (f"10.213.{net >> 8}.{(net & 255) + end}" for end in (1, 2))
        self.within = ("ip", "netns", "exec", self._name)
        self._ours, theirs = f"v{os.getpid()}a", f"v{os.getpid()}b"
        _ip("netns", "add", self._name)
        try:
            _ip("link", "add", self._ours, "type", "veth", "peer", "name", theirs, "netns", self._name)
            for within, name, address in (((), self._ours, self.here), (("-n", self._name), theirs, self.there)):
                _ip(*within, "addr", "add", f"{address}/30", "dev", name)
                _ip(*within, "link", "set", name, "up")
            subprocess.run([*self.within, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.end()
            raise

    def cut(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        _ip("link", "set", self._ours, "down")

    def mend(self) -> None:
        """Everything comes through again."""
        _ip("link", "set", self._ours, "up")

    def end(self) -> None:
        """Leave nothing of it behind: with the name space, or with the last process in it, the pair goes."""
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._ours)
        _ip("netns", "del", self._name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Cluster:
    """A scheduler with workers of one thread each.

    Args:
        home: an empty directory for all they write.
        env: variables for the scheduler.
        wire: what lies between it and its workers, where they are on another machine, as it were.

    Attributes:
        file: where the scheduler says how it is reached.
        workers: they, by their numbers.
    """

    def __init__(self, home: Path, env: dict[str, str], wire: Wire | None = None) -> None:
        self.file, self._home, self._wire = home / "scheduler.json", home, wire
        where = ("--scheduler-file", str(self.file), "--host", _EVERYWHERE if wire else _HERE)
        self._scheduler = self._start("scheduler", "--port", "0", *where, env=env)
        self.workers: list[subprocess.Popen[bytes]] = []
        give_up = time.monotonic() + _PATIENCE
        while not self.file.exists():
            assert time.monotonic() < give_up
            time.sleep(0.05)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        words = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--name", str(len(self.workers)))
        where = str(self._home / f"worker-{len(self.workers)}")
        to: tuple[str, ...] = ("--scheduler-file", str(self.file), "--host", _HERE)
        if self._wire:
            to = (f"tcp://{self._wire.here}:{self.port}", "--host", self._wire.there)
        self.workers.append(self._start("worker", *words, "--local-directory", where, *to, wire=self._wire))
        return self.workers[-1]

    @property
    def port(self) -> int:
        """Where the scheduler listens."""
        return int(json.loads(self.file.read_bytes())["address"].rpartition(":")[2])

    def give_up(self) -> None:
        """Let the scheduler think that it has not heard of its workers for so long that it gives them up for lost."""
        from distributed import Client  # noqa: PLC0415  an extra, and only here

        async def give_up(dask_scheduler: Any = None) -> None:  # noqa: ANN401  dask has no types
            for worker in dask_scheduler.workers.values():
                worker.last_seen = 0
            await dask_scheduler.check_worker_ttl()

        with Client(f"tcp://{_HERE}:{self.port}", set_as_default=False) as client:
            client.run_on_scheduler(give_up)

    def end(self) -> None:
        """Leave nothing of it behind."""
        for one in (*self.workers, self._scheduler):
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()

    def _start(
        self, kind: str, *words: str, env: dict[str, str] | None = None, wire: Wire | None = None
    ) -> subprocess.Popen[bytes]:
        argv = [*(wire.within if wire else ()), *_DASK, kind, "--no-dashboard", *words]
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
