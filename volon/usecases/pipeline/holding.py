"""Who has the right to run a pipeline: its runner, and when that was killed its keeper, which lets go of it at once.

Unless somebody has stopped that keeper: then it is let go on, by whoever wants to run the pipeline. That a process is
the one it is taken for is told by its having the run's lock open, never by a number alone.

Source: issue 5 (survives kill -9); reliability §1.6.
"""

from __future__ import annotations

import signal

from volon.background import is_stopped, signal_group
from volon.errors import Busy
from volon.model.syntax.gitpath import shell_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.clock import Clock
    from volon.files import Place
    from volon.runfiles import RunFiles
    from volon.usecases.pipeline.runs import Run

WAIT_SECONDS = 2.0
"""How long whoever wants to run a pipeline waits for who does so."""
_TICK_SECONDS = 0.02
_MOST = 1 << 24
_LONGEST = 10
"""So many digits has the number of a process, at most."""


def witnessed(files: RunFiles, place: Place) -> bytes:
    """The file of witnesses in the directory of a run; of an absurdly long one its end."""
    return files.tail(place / "exits", _MOST)


def relieve(run: Run, clock: Clock) -> None:
    """Let a keeper go on that somebody has stopped, where its runner is gone, and wait until it has let go."""
    patience = clock.monotonic() + WAIT_SECONDS
    while run.held() and clock.monotonic() < patience and (keepers := left_over(run)):
        for one in keepers:
            signal_group(one, signal.SIGCONT)
        clock.sleep(_TICK_SECONDS)


def held_by(files: RunFiles, lock: Place, file: str, runner: int = 0, since: str = "") -> Busy:
    """What is said to whoever waited for a run in vain: who has it, and what can be done.

    Args:
        files: where it lies.
        lock: what is held.
        file: the pipeline's.
        runner: the process that runs it by the journal.
        since: when that began.
    """
    causes, hints = [], [f"volon pipeline {word} {shell_word(file)}" for word in ("status", "pause")]
    for one in (runner, *_keepers(files, lock)):
        if one and files.is_open_by(lock, one, anyhow=True):
            stopped = is_stopped(one)
            gone = ", which is gone," if runner else ""
            who = f"it, since {since}" if one == runner else f"what its runner{gone} had started"
            causes.append(f"process {one} {'runs' if one == runner else 'keeps'} {who}{', and is stopped' * stopped}")
            hints += [f"kill -CONT {one}"] * stopped
            break
    return Busy(f"another process runs {file}", causes=causes, hints=hints)


def left_over(run: Run) -> list[int]:
    """The keepers that have the right to run it, where its runner has not."""
    runner = run.state.runner
    if runner is not None and run.files.is_open_by(run.lock, runner.pid, anyhow=True):
        return []
    return [one for one in _keepers(run.files, run.lock) if run.files.is_open_by(run.lock, one, anyhow=True)]


def _keepers(files: RunFiles, lock: Place) -> list[int]:
    """Those that the witnesses name, the last one first."""
    lines = witnessed(files, lock.parent).split(b"\n")
    words = [line[2:] for line in lines if line.startswith(b"K ") and len(line) <= _LONGEST + 2]
    return [int(word) for word in reversed(words) if word.isdigit()]
