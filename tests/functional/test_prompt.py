"""What runs at every prompt: the same answer by the short way and by the long one, next to nothing loaded, no child.

The counts are the promise; times are only reported (docs/BENCHMARKS.md).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.running import PROJECT_ROOT, VolonInProcess, VolonProcess, volon_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder

MOST_MODULES = 45
COUNTING = """
import os, sys
def forbid(event, arguments):
    if event in {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"}:
        os._exit(99)
sys.addaudithook(forbid)
sys.path.insert(0, sys.argv.pop(1))
from volon.__main__ import run_words
try:
    code = run_words(sys.argv[1:])
finally:
    sys.stderr.write(str(len(sys.modules)))
sys.exit(code)
"""


def counted(where: Path, *words: str, stdin: bytes = b"") -> tuple[str, int]:
    """Run one command as an installed script does; give back what it printed and how many modules it loaded."""
    argv = [sys.executable, "-I", "-S", "-c", COUNTING, str(PROJECT_ROOT), *words]
    done = subprocess.run(argv, cwd=where, input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), int(done.stderr)


def long_way(volon: VolonInProcess, *words: str) -> str:
    """Ask the command line proper, which never takes the short way."""
    return volon.ok(*words)


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository with a paused task."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", 'said "stop"')
    return repo


@pytest.mark.parametrize("words", [("prompt",), ("status", "--porcelain")], ids=" ".join)
def test_at_a_prompt_no_more_than_45_modules_are_loaded_and_no_program_is_started(
    paused: RepoBuilder, words: tuple[str, ...]
) -> None:
    printed, modules = counted(paused.root, *words)
    # `site`, `_sitebuiltins`, and in an environment with setuptools `_distutils_hack` come on top.
    assert modules + len(("site", "_sitebuiltins", "_distutils_hack")) <= MOST_MODULES
    assert "Retry with backoff" in printed


def test_the_short_way_and_the_long_way_say_the_same(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.cwd = repo.root
    steps: list[tuple[str, ...]] = [
        ("status",),
        ("task", "create", "Later"),
        ("task", "start", 'Käse: für "alle"?'),
        ("pause-task", "first"),
        ("task", "start", "Another"),
        ("task", "block", "TASK-20261119-003", "waits"),
        ("resume-task", "--task", "TASK-20261119-002"),
        ("task", "done", "TASK-20261119-002"),
        ("undo",),
    ]
    for step in steps:
        volon.ok(*step)
        for words in (("prompt",), ("status", "--porcelain")):
            assert counted(repo.root, *words)[0] == long_way(volon, *words), step


def test_states_of_git_are_read_from_files(paused: RepoBuilder, volon: VolonInProcess) -> None:
    def states() -> tuple[str, str]:
        return counted(paused.root, "status", "--porcelain")[0], long_way(volon, "status", "--porcelain")

    short, long = states()
    assert short == long
    assert "moved" not in short
    paused.git("switch", "-q", "-c", "topic/x")
    paused.commit("More", {"more.txt": "1\n"})
    paused.git("pack-refs", "--all")
    short, long = states()
    assert short == long
    assert "branch topic/x\n" in short
    assert "moved head\nmoved branch\n" in sorted_moves(short)
    paused.git("checkout", "-q", "--detach")
    short, long = states()
    assert short == long
    assert "\nbranch " not in short


def sorted_moves(text: str) -> str:
    """Return the lines about what moved, `head` first."""
    return "".join(f"moved {what}\n" for what in ("head", "branch", "worktree") if f"moved {what}\n" in text)


def test_a_branch_whose_name_a_tag_has_too_is_called_by_its_name(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("tag", "new")
    head = repo.root / ".git/HEAD"
    head.unlink()
    # As git once wrote it, and still reads it: volon asks git then, whose short form is `heads/new`.
    head.symlink_to("refs/heads/new")
    assert "\nbranch new\n" in volon.ok("status", "--porcelain")


def test_a_linked_worktree_is_found_by_reading(paused: RepoBuilder, tmp_path: Path) -> None:
    paused.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    printed, _ = counted(tmp_path / "side", "status", "--porcelain")
    assert "worktree ../side\n" in printed
    assert "branch side\n" in printed
    assert "state idle\n" in printed


@pytest.mark.parametrize("words", [("prompt",), ("-C", ".", "prompt"), ("prompt", "-C", "nowhere")], ids=" ".join)
def test_prompt_exits_0_and_says_nothing_where_there_is_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = VolonProcess(tmp_path)(*words)
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_prompt_exits_0_whatever_the_records_are_like(paused: RepoBuilder) -> None:
    task = next((paused.root / ".volon/tasks").iterdir())
    for damage in (b"<<<<<<< a\n=======\n>>>>>>> b\n", b"\xff", b"---\nstatus: &a paused\n"):
        task.write_bytes(damage)
        ran = VolonProcess(paused.root)("prompt")
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    task.unlink()
    os.mkfifo(task)
    assert VolonProcess(paused.root)("prompt").code == 0


def test_a_title_cannot_write_to_the_terminal(paused: RepoBuilder) -> None:
    task = next((paused.root / ".volon/tasks").iterdir())
    task.write_bytes(task.read_bytes().replace(b"title: Retry with backoff", rb'title: "a\e]0;owned\a\u202eb"'))
    for words in (("prompt",), ("status", "--porcelain")):
        ran = VolonProcess(paused.root)(*words)
        assert ran.code == 0
        assert "a\\x1b" not in ran.out or "\x1b" not in ran.out
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.out)


def test_an_unfinished_operation_is_seen_as_done(paused: RepoBuilder, volon: VolonInProcess) -> None:
    """A published journal sends the short way to the store, which looks through it."""
    before = long_way(volon, "status", "--porcelain")
    (paused.root / ".git/volon/journal").write_bytes(b"VOLON1\n")
    assert VolonProcess(paused.root)("status", "--porcelain").out == before


def test_outside_a_repository_the_porcelain_is_refused_like_the_status(tmp_path: Path) -> None:
    assert VolonProcess(tmp_path)("status", "--porcelain").code == VolonProcess(tmp_path)("status").code == 5


SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]


def documented_function() -> str:
    """Return the shell function that docs/PROMPT.md shows."""
    text = (PROJECT_ROOT / "docs/PROMPT.md").read_text(encoding="utf-8")
    found = re.search(r"```bash\n(volon_top=.*?\nvolon_words\(\) \{.*?\n\})\n```", text, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_the_line_itself_and_asks_when_it_may_be_old(
    paused: RepoBuilder, volon: VolonInProcess, shell: str
) -> None:
    asked = "volon() { printf asked; }\n"

    def words(where: Path = paused.root) -> str:
        script = f'{asked}{documented_function()}\nvolon_words; printf "%s" "$REPLY"'
        done = subprocess.run(
            [shell, "-c", script], cwd=where, env=volon_environment(), capture_output=True, check=True
        )
        return done.stdout.decode()

    assert words() == "paused Retry with backoff"
    assert words(paused.root / "src") == "paused Retry with backoff"
    volon.ok("resume-task")
    assert words() == "doing Retry with backoff"
    volon.ok("undo")
    assert words() == "paused Retry with backoff"
    task = next((paused.root / ".volon/tasks").iterdir())
    later = (paused.root / ".git/volon/prompt").stat().st_mtime_ns + 10_000_000
    for touched in (task, task.parent, paused.root / ".volon/bootstrap.md"):
        volon.ok("task", "create", f"Make the line new for {touched.name}")
        assert words() == "paused Retry with backoff"
        later += 10**10
        os.utime(touched, ns=(later, later))
        assert words() == "asked"
        os.utime(touched, ns=(0, 0))
    paused.git("switch", "-q", "-c", "other")
    assert words() == "asked"
    head, line = paused.root / ".git/HEAD", paused.root / ".git/volon/prompt"
    # The line is never believed for being just as old as HEAD: then what HEAD holds is read.
    stamp = line.stat().st_mtime_ns
    os.utime(head, ns=(stamp, stamp))
    assert words() == "asked"
    paused.git("switch", "-q", "main")
    os.utime(head, ns=(stamp + 1, stamp + 1))
    assert words() == "paused Retry with backoff"
    shutil.rmtree(paused.root / ".volon")
    assert words() == ""


def test_a_command_that_changes_nothing_leaves_the_line_alone(paused: RepoBuilder, volon: VolonInProcess) -> None:
    line = paused.root / ".git/volon/prompt"
    before = line.stat()
    volon.ok("status")
    volon.ok("pause-task", "again", "--dry-run")
    assert line.stat().st_mtime_ns == before.st_mtime_ns
    assert line.read_text().split("\t")[2].splitlines()[0] == "paused Retry with backoff"


class Shell:
    """A shell that goes on from one prompt to the next, as people's do; it says `asked` where it has to ask volon."""

    def __init__(self, shell: str, where: Path) -> None:
        options = ["--norc", "--noprofile"] if shell == "bash" else ["-f"]
        argv = [shell, *options, "-u"]
        self._shell = subprocess.Popen(
            argv, cwd=where, env=volon_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._do(f"volon() {{ printf asked; }}\n{documented_function()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.communicate()

    def _do(self, text: str) -> str:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{text}\necho\n")
        self._shell.stdin.flush()
        return self._shell.stdout.readline().rstrip("\n")

    def words(self, where: Path | None = None) -> str:
        """What the prompt shows now; twice in a row it is the same."""
        first = self._do(f'{f"cd {where}; " if where else ""}volon_words; printf %s "$REPLY"')
        assert self._do('volon_words; printf %s "$REPLY"') == first
        return first

    def remembers(self) -> bool:
        """Whether it would show the words without reading them again."""
        return self._do('[[ -e "$volon_mark" ]] && printf yes') == "yes"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_remembers_the_words_never_shows_those_of_another_branch_or_task(
    paused: RepoBuilder, volon: VolonInProcess, shell: str, tmp_path: Path
) -> None:
    with Shell(shell, paused.root) as at:
        assert at.words() == "paused Retry with backoff"
        assert at.remembers()
        volon.ok("resume-task")
        assert at.words() == "doing Retry with backoff"
        assert at.remembers()
        paused.git("switch", "-q", "-c", "other")
        assert at.words() == "asked"
        volon.ok("task", "block", "TASK-20261119-001", "waits")
        assert at.words() == "blocked Retry with backoff"
        later = (paused.root / ".git/volon/prompt").stat().st_mtime_ns + 10**10
        [task] = (paused.root / ".volon/tasks").iterdir()
        for touched in (task, task.parent, paused.root / ".volon/bootstrap.md", paused.root / ".git/HEAD"):
            was = touched.stat().st_mtime_ns
            os.utime(touched, ns=(later, later))
            assert at.words() == ("blocked Retry with backoff" if touched.name == "HEAD" else "asked")
            os.utime(touched, ns=(was, was))
        assert at.words() == "blocked Retry with backoff"
        journal = paused.root / ".git/volon/journal"
        journal.write_bytes(b"VOLON1\n")
        assert at.words() == "asked"
        journal.unlink()
        assert at.words(paused.root / "src") == "blocked Retry with backoff"
        assert at.remembers()
        paused.git("init", "-q", "src")
        assert at.words() == ""
        assert at.words(tmp_path) == ""
        assert at.words(paused.root) == "blocked Retry with backoff"
        (paused.root / ".git/volon/prompt").unlink()
        for mark in (paused.root / ".git/volon").glob("prompt-*"):
            mark.unlink()
        assert at.words() == "asked"
        volon.ok("task", "create", "Later")
        assert at.words() == "blocked Retry with backoff"
        shutil.rmtree(paused.root / ".volon")
        assert at.words() == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_that_an_older_volon_wrote_is_read_each_time(paused: RepoBuilder, shell: str) -> None:
    line = paused.root / ".git/volon/prompt"
    line.write_text(line.read_text().split("\n")[0] + "\n")
    with Shell(shell, paused.root) as at:
        assert at.words() == "paused Retry with backoff"
        assert not at.remembers()


@pytest.mark.parametrize("shell", SHELLS)
def test_in_a_linked_worktree_the_line_is_read_each_time(
    paused: RepoBuilder, volon: VolonInProcess, shell: str, tmp_path: Path
) -> None:
    paused.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    volon.cwd = tmp_path / "side"
    volon.ok("task", "start", "Beside")
    with Shell(shell, tmp_path / "side") as at:
        assert at.words() == "doing Beside"
        assert not at.remembers()
        assert at.words(paused.root) == "paused Retry with backoff"
        assert at.words(tmp_path / "side") == "doing Beside"


def test_older_names_of_the_line_are_gone(paused: RepoBuilder, volon: VolonInProcess) -> None:
    where = paused.root / ".git/volon"
    for title in ("One", "Two"):
        volon.ok("task", "start", title)
        [mark] = where.glob("prompt-*")
        assert mark.samefile(where / "prompt")
        assert mark.read_text().splitlines()[-1] == mark.name


@pytest.mark.skipif(not shutil.which("strace"), reason="not verified: needs strace")
def test_at_a_prompt_the_shell_makes_ten_system_calls(paused: RepoBuilder, tmp_path: Path) -> None:
    """All of them looks at a name; the first time it reads."""

    def calls(prompts: int) -> list[str]:
        script = f"{documented_function()}\nfor ((i = 0; i < {prompts}; i++)); do volon_words; done"
        where = tmp_path / "calls"
        argv = ["strace", "-qq", "-o", str(where), "bash", "-c", script]
        done = subprocess.run(argv, cwd=paused.root, env=volon_environment(), capture_output=True, check=False)
        if done.returncode:
            pytest.skip("not verified: strace may not look here")
        lines = where.read_text(errors="replace").splitlines()
        return [line.partition("(")[0] for line in lines if not line.startswith(("brk", "mmap", "munmap"))]

    few, many = calls(10), calls(60)
    assert len(many) - len(few) == 10 * 50
    assert set(many[-200:-10]) <= {"newfstatat", "stat", "statx"}
