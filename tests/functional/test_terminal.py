"""On a terminal volon asks at most once and colours; without one nothing ever waits and nothing is coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonProcess

TASK = "TASK-20261119-001"
QUESTION = "What are you in the middle of"


def spawn(repo: RepoBuilder, *argv: str, **env: str) -> pexpect.spawn[str]:
    """Start volon on a pseudo terminal of 80 columns."""
    program, *rest = volon_argv()
    variables = {name: value for name, value in volon_environment().items() if name != "NO_COLOR"} | env
    return pexpect.spawn(
        program, [*rest, *argv], cwd=str(repo.root), env=variables, encoding="utf-8", dimensions=(24, 80), timeout=30
    )


def finish(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """Wait for the end; return the exit code and what was printed since the last match."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before or ""


def test_it_asks_what_you_are_in_the_middle_of_and_takes_the_answer(repo: RepoBuilder) -> None:
    repo.write("src/app.py", "changed\n")
    child = spawn(repo, "pause-task")
    child.expect(QUESTION)
    child.sendline("writing the parser")
    code, out = finish(child)
    assert code == 0
    assert "writing the parser" in out
    assert "title: writing the parser\n" in repo.read(f".volon/tasks/{TASK}.md").decode()


def test_enter_derives_a_note_and_says_so(repo: RepoBuilder) -> None:
    repo.write("src/app.py", "changed\n")
    child = spawn(repo, "pause-task")
    child.expect(QUESTION)
    child.sendline("")
    code, out = finish(child)
    assert code == 0
    assert "changing src/app.py" in out
    assert "(derived)" in out


def test_ctrl_c_at_the_question_writes_nothing_and_exits_130(repo: RepoBuilder) -> None:
    repo.write("src/app.py", "changed\n")
    child = spawn(repo, "pause-task")
    child.expect(QUESTION)
    child.sendintr()
    code, out = finish(child)
    assert code == 130
    assert "nothing was changed" in out
    assert not (repo.root / ".volon").exists()
    assert not (repo.root / ".git/volon/ops").exists()


def test_with_nothing_to_pause_it_does_not_even_ask(repo: RepoBuilder) -> None:
    code, out = finish(spawn(repo, "pause-task"))
    assert code == 10
    assert QUESTION not in out


def test_a_near_miss_of_a_mode_is_asked_about(repo: RepoBuilder) -> None:
    child = spawn(repo, "pause-task", "restrat", "half way")
    child.expect("Did you mean the mode restart")
    child.sendline("y")
    code, _ = finish(child)
    assert code == 0
    assert "mode: restart\n" in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals_that_want_it(repo: RepoBuilder, env: dict[str, str], coloured: bool) -> None:  # noqa: FBT001
    code, out = finish(spawn(repo, "task", "start", "Retry", **({"TERM": "xterm"} | env)))
    assert code == 0
    assert ("\x1b[" in out) is coloured


def test_without_a_terminal_it_never_waits_and_derives(repo: RepoBuilder, volon_process: VolonProcess) -> None:
    repo.write("src/app.py", "changed\n")
    ran = volon_process("pause-task", timeout=30)
    assert ran.code == 0
    assert "(derived)" in ran.out
    assert "\x1b" not in ran.out


def test_an_escape_sequence_in_a_title_or_file_name_is_spelled_out(repo: RepoBuilder) -> None:
    repo.write("a\x1b[2Jb.txt", "x\n")
    code, out = finish(spawn(repo, "pause-task", "note \x1b]0;owned\x07 end", TERM="xterm"))
    assert code == 0
    assert "\x1b]0" not in out
    assert "\x1b[2J" not in out
