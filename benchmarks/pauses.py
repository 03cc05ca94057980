"""Row 15: how long a pause takes until it returns, beside a pipeline that starts tickets all the time.

    pauses.py DIRECTORY [--requests 10000] [--hogs 2] [--processes] [--last p99]

A runner, a process of its own, runs tickets of 4 ms on two places; a third is held by one that never ends, so that the
runner stays. Each request closes the gate as `volon pipeline pause` does, in this process or, with `--processes`, in a
fresh one; then the journal is searched for starts behind it, and the gate is opened again. A start behind a pause, or a
runner that started next to nothing between them, is a failure. The last line is a figure in seconds.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VOLON = [sys.executable, "-m", "volon", "pipeline"]
LOOK_SECONDS = 0.01
"""How long after each pause it is waited for something that starts all the same."""
SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
_PATIENCE = 120.0


def main() -> None:
    """Measure, and print the distribution."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--hogs", type=int, default=0)
    parser.add_argument("--processes", action="store_true")
    parser.add_argument("--last", choices=SHARES, default="p99")
    options = parser.parse_args()
    where = _prepare(options.directory / f"pauses-{time.monotonic_ns()}", 8 * options.requests + 1_000)
    with ExitStack() as stack:
        stack.enter_context(_runner(where))
        for _ in range(options.hogs):
            stack.enter_context(_hog())
        gate = _Gate(where)
        seconds = sorted(_requests(gate, options.requests, by_process=options.processes))
    shares = {name: seconds[min(len(seconds) - 1, int(share * len(seconds)))] for name, share in SHARES.items()}
    print(*(f"{name} {1000 * value:.2f} ms" for name, value in shares.items()), sep=", ")
    counts = f"{gate.starts} starts between them, {gate.late} behind a pause"
    print(f"{len(seconds)} requests, {options.hogs} hogs, {counts}")
    assert not gate.late, "something started behind a pause"
    print(shares[options.last])


def _prepare(where: Path, tickets: int) -> Path:
    where.mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=where, check=True)
    holding = "version: 1\ntickets:\n  - id: hold\n    priority: 1\n    run: [sleep, '100000']\n"
    short = "".join(f"  - id: t{n}\n    run: [sleep, '0.004']\n" for n in range(tickets))
    (where / "p.yaml").write_text(holding + short)
    return where


@contextmanager
def _runner(where: Path) -> Iterator[None]:
    """The pipeline runs, until this is left; then what it left is ended."""
    process = subprocess.Popen([*VOLON, "run", "p.yaml", "-j", "3", "-q"], cwd=where, stdin=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + _PATIENCE
        while not list(where.glob(".git/volon/runs/0*/logs/t9.*")):
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.01)
        yield
        assert process.poll() is None, "the runner did not stay"
    finally:
        process.kill()
        process.wait()
        for exits in where.glob(".git/volon/runs/0*/exits"):
            said = [line.split() for line in exits.read_text().splitlines() if line.startswith("S hold.")]
            # Number 0 says that it was about to begin, and to `killpg` that this very group is meant.
            for group in {int(words[2]) for words in said} - {0}:
                os.killpg(group, signal.SIGKILL)


@contextmanager
def _hog() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


class _Gate:
    """The gate of the run, and what was seen behind it.

    Attributes:
        starts: how many tickets started between the pauses.
        late: how many behind one.
    """

    def __init__(self, where: Path) -> None:
        from volon.usecases.pipeline.gate import write_pause, write_resume  # noqa: PLC0415  of the installed wheel
        from volon.usecases.pipeline.runs import newest, run_files  # noqa: PLC0415
        from volon.workspace import Workspace  # noqa: PLC0415
        from volon.world import World  # noqa: PLC0415

        workspace = Workspace.open(World.real(os.environ), where)
        run = newest(workspace, run_files(workspace), "p.yaml")
        assert run is not None
        self.where, self.starts, self.late, self._read = where, 0, 0, 0
        self._journal = next(where.glob(".git/volon/runs/0*/journal"))
        self.pause: Callable[[], object] = lambda: write_pause(run)
        self.resume: Callable[[], object] = lambda: write_resume(run, (), ())

    def look(self) -> None:
        """Count the starts since the last look: those before the last pause, and those behind it."""
        with self._journal.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        before, _, behind = data.rpartition(b'"e":"pause"')
        self.starts += before.count(b'"e":"start"')
        self.late += behind.count(b'"e":"start"')


def _requests(gate: _Gate, count: int, *, by_process: bool) -> Iterator[float]:
    """Seconds from each request to its return."""
    for _ in range(count):
        time.sleep(LOOK_SECONDS)
        began = time.perf_counter()
        if by_process:
            subprocess.run([*VOLON, "pause", "-q"], cwd=gate.where, stdin=subprocess.DEVNULL, check=True)
        else:
            gate.pause()
        yield time.perf_counter() - began
        gate.look()
        time.sleep(LOOK_SECONDS)
        gate.look()
        gate.resume()
    assert gate.starts > count / 2, "the runner had nothing to do, so this says nothing"


if __name__ == "__main__":
    main()
