"""Working trees of one repository: what one does never stands in another's way."""

from __future__ import annotations

import json
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
    assert not {"/.volon/", "/.design/checkpoints/"} & set(exclude.read_text().splitlines())


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


def test_no_two_working_trees_give_the_same_id(repo: RepoBuilder, volon: VolonInProcess) -> None:
    beside = repo.root.parent / "beside"
    repo.git("worktree", "add", "-q", str(beside), "-b", "other")
    volon.ok("task", "start", "A")
    assert "TASK-20261119-002" in volon("task", "start", "B", cwd=beside).out
    assert "TASK-20261119-003" in volon("task", "create", "C").out


def test_a_paused_task_whose_id_another_task_has_here_is_brought_back_under_a_free_one(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    beside, first, second = repo.root.parent / "beside", "TASK-20261119-001", "TASK-20261119-002"
    repo.git("worktree", "add", "-q", str(beside), "-b", "other")
    volon.ok("task", "start", "A")
    volon("task", "start", "B", cwd=beside)
    tasks = beside / ".volon/tasks"
    (tasks / f"{first}.md").write_text((tasks / f"{second}.md").read_text().replace(second, first))
    (tasks / f"{second}.md").unlink()
    assert volon("pause-task", "b note", "--next", "important step", cwd=beside).code == 0
    volon.ok("pause-task", "a note")
    repo.git("worktree", "remove", "--force", str(beside))
    repo.git("switch", "-q", "other")
    third = "TASK-20261119-003"
    assert volon("doctor").code == 1
    assert f"{first} is back as {third}" in volon("doctor", "--fix").out
    assert volon("doctor").code == 0
    tasks = repo.root / ".volon/tasks"
    assert "title: A\n" in (tasks / f"{first}.md").read_text()
    resumed = json.loads(volon.ok("resume-task", "1", "--force", "--json"))
    assert (resumed["task_id"], resumed["next_actions"]) == (third, ["important step"])
    assert json.loads(volon.ok("pause-task", "on", "--json"))["task_id"] == third
    assert volon("validate").code == 0
    assert volon("doctor").code == 0
