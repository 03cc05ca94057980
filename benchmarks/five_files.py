"""Row 12, inside one process: five files changed durably, by volon's store and one by one.

    five_files.py singly|commit|whole REPOSITORY

The last line is the median in seconds. It runs with the interpreter that the wheel is installed for.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from volon.store.journal import Journal

ROUNDS = 15
DATA = b"content of a record of about the usual size\n" * 40


def singly(root: Path) -> float:
    """The careful recipe for one file, five times."""
    where = root / ".volon/bench"
    where.mkdir(exist_ok=True)
    began = time.perf_counter()
    for number in range(5):
        temporary = where / f".tmp-{number}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(fd, DATA + os.urandom(4).hex().encode())
        os.fsync(fd)
        os.close(fd)
        temporary.rename(where / f"{number}.md")
        fd = os.open(where, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
    return time.perf_counter() - began


def together(root: Path) -> tuple[float, float]:
    """One transaction of volon: seconds to the commit point, and to the end."""
    from volon.store import layout  # noqa: PLC0415
    from volon.workspace import Workspace  # noqa: PLC0415
    from volon.world import World  # noqa: PLC0415

    store = Workspace.open(World.real(os.environ), root).store
    with store.begin("bench") as tx:
        for number in range(5):
            tx.put(layout.TASKS / f"BENCH-{number}.md", DATA + os.urandom(4).hex().encode())
        marks: list[float] = []
        roll_forward = tx._finish  # noqa: SLF001

        def finish(journal: Journal) -> None:
            marks.append(time.perf_counter())
            roll_forward(journal)

        tx._finish = finish  # type: ignore[method-assign]  # noqa: SLF001
        began = time.perf_counter()
        tx.commit("bench")
        ended = time.perf_counter()
    return marks[0] - began, ended - began


if __name__ == "__main__":
    kind, place = sys.argv[1], Path(sys.argv[2])
    if kind == "singly":
        print(statistics.median(singly(place) for _ in range(ROUNDS)))
    else:
        print(statistics.median(together(place)[kind == "whole"] for _ in range(ROUNDS)))
