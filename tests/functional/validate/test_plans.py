"""A plan whose records contradict each other cannot come about; made by hand, it is damage wherever one looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.functional.validate.conftest import FILES, PLAN_DIRECTORY

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def test_the_phases_that_are_complete_are_those_that_have_results_or_every_look_says_so(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    result = paused.read(FILES["result"])
    second = f"{PLAN_DIRECTORY}/results/phase-2.md"
    assert re.search(r"phases +1 of 1 complete", volon.ok("conduct", "status"))
    for path, data, says in (
        (FILES["result"], None, "complete.md cannot be: phase 1 has no result"),
        (FILES["rollback"], None, "rolled-back/1-phase-1.md cannot be: rollback 1 has no record"),
        (second, result.replace(b"phase: 1", b"phase: 2"), "results/phase-2.md cannot be: the plan has 1 phase"),
    ):
        before = (paused.root / path).read_bytes() if data is None else None
        (paused.root / path).unlink() if data is None else paused.write(path, data)
        ran = volon("conduct", "status")
        assert (ran.code, says in " ".join(ran.err.split())) == (9, True), ran.err
        assert volon("validate").code == 9
        assert f"records of {PLAN_DIRECTORY.rpartition('/')[2]} are missing or damaged" in volon("doctor").out
        paused.write(path, before) if before is not None else (paused.root / path).unlink()
    assert volon("validate").code == 0
