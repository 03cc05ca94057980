"""What the worker of an engine does with a job: it starts a process of volon's for it, and passes words on.

This runs inside the engine's worker process, in a thread of its. The ticket is not its child but that process's, which
hears at once when the worker is gone, and then ends the ticket.

Source: issue "the pipeline" (beyond one machine).
"""

from __future__ import annotations

import json
import os
import threading

from volon import __version__
from volon.again import Aide
from volon.engine.far import MOST_LOG
from volon.ids import Ids
from volon.keeper import scarce
from volon.model.pipeline.state import Outcome
from volon.process import ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MODULE = "volon.usecases.pipeline.there"
_TICK_SECONDS = 0.5
_NOTHING = {"how": Outcome.UNSTARTED.value, "exit_status": None, "ms": 0, "commit": "", "log": b"", "lacks": 0}
_LOCK = threading.Lock()
_AIDES: dict[str, tuple[int, Aide]] = {}
"""The jobs of this worker by their keys, each with the number of its directory, which it has for itself alone."""


def do(
    key: str,
    job: dict[str, object],
    home: str,
    say: Callable[[int, int, str | None], None],
    is_open: Callable[[], bool],
) -> dict[str, object]:
    """Do a job, and return the report on it.

    Args:
        key: its name on this engine.
        job: what `volon.usecases.pipeline.there` reads.
        home: a directory of this worker's.
        say: passes on who asks for leave, for the how manieth time, or shows which line.
        is_open: whether the worker still is one; one that was told to end waits for its threads, and nobody for it.

    Raises:
        RuntimeError: the job is of another volon.
        ProgramMissing: no process can be started, and not because the machine has no room for one.
    """
    if job["version"] != __version__:
        raise RuntimeError(f"volon is {__version__} there, and {job['version']} here")
    who, report = int(Ids().token(), 16), dict[str, object]()
    with _LOCK:
        used = {number for number, _ in _AIDES.values()}
        number = next(one for one in range(len(used) + 1) if one not in used)
        try:
            _AIDES[key] = number, (aide := Aide(MODULE, os.environ))
        except (OSError, ProgramMissing) as error:
            if not (lacks := scarce(error)):
                raise
            return {**_NOTHING, "why": f"its worker could not start it: {error}", "lacks": lacks, "who": who}
    try:
        aide.tell(json.dumps({**job, "home": f"{home}/{number}"}).encode())
        for line in aide.heard(_TICK_SECONDS):
            if not is_open():
                break
            said = json.loads(line or "{}")
            if "ask" in said:
                say(who, said["ask"], None)
            elif "line" in said:
                say(who, 0, said["line"])
            elif said:
                report = {**said, "log": _end(said["log"])}
    finally:
        status = aide.finish()
        with _LOCK:
            del _AIDES[key]
    lost = {**_NOTHING, "how": Outcome.LOST.value, "why": f"the process around it ended with {status}"}
    return {**(report or lost), "who": who}


def pass_on(key: str, word: str) -> None:
    """Pass a word on to a job, if this worker has it."""
    if (found := _AIDES.get(key)) is not None:
        found[1].tell(word.encode())


def _end(log: str) -> bytes:
    try:
        with open(log, "rb") as file:  # noqa: PTH123  only the end of it
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - MOST_LOG, 0))
            left = b"" if size <= MOST_LOG else b"[the first %d bytes did not come back]\n" % (size - MOST_LOG)
            return left + file.read(MOST_LOG)
    except OSError:
        return b""
