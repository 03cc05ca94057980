"""Working trees of one repository: what one does never stands in another's way."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

from tests.support.running import VolonInProcess
from volon.store.transaction import Transaction

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from volon.store.transaction import Outcome

_FORK = multiprocessing.get_context("fork")
_ROUNDS = 10


def _pause_together(where: Path, note: str, ready: Barrier) -> None:
    """Pause; all processes have read what they need before the first of them commits."""
    commit = Transaction.commit

    def together(self: Transaction, summary: str = "", **header: object) -> Outcome:
        ready.wait(20)
        return commit(self, summary, **header)

    Transaction.commit = together  # type: ignore[method-assign]
    ran = VolonInProcess(where)("pause-task", note, env={"VOLON_SEED": f"{where.name} {note}"})
    raise SystemExit(ran.err or None)


def test_pauses_at_the_same_time_in_two_working_trees_both_succeed(repo: RepoBuilder, volon: VolonInProcess) -> None:
    beside = repo.root.parent / "beside"
    repo.git("worktree", "add", "-q", str(beside), "-b", "other")
    exclude = repo.root / ".git/info/exclude"
    for turn in range(_ROUNDS):
        if turn % 2:
            exclude.write_text("# mine\n")
        else:
            exclude.unlink(missing_ok=True)
        ready = _FORK.Barrier(2)
        racers = [_FORK.Process(target=_pause_together, args=(at, f"{turn}", ready)) for at in (repo.root, beside)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(120)
        assert [racer.exitcode for racer in racers] == [0, 0]
        for where in (repo.root, beside):
            assert repo.git("-C", str(where), "status", "--porcelain") == ""
    assert exclude.read_text().startswith("# mine\n# volon")
    volon.ok("init")
    assert exclude.read_text() == "# mine\n"


def test_undo_takes_only_its_own_lines_out_of_the_exclude_file(repo: RepoBuilder, volon: VolonInProcess) -> None:
    exclude = repo.root / ".git/info/exclude"
    exclude.write_text("# mine\n")
    volon.ok("pause-task", "one")
    exclude.write_text(exclude.read_text() + "*.log\n")
    volon.ok("undo")
    assert exclude.read_text() == "# mine\n*.log\n"
    volon.ok("undo")
    assert "/.volon/" in exclude.read_text().splitlines()
    assert "*.log" in exclude.read_text().splitlines()
