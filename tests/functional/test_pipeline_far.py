"""`--executor dask`: the same pipeline on workers that have nothing of ours but what a git remote brings them.

A real scheduler and real workers on this machine; what ran there is told by files outside every repository.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.test_pipeline import ended, pipeline, status, tickets_of, until
from tests.functional.test_pipeline_trees import files, result, trees, untouched
from tests.support.cluster import CAREFUL, Cluster, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

pytest.importorskip("distributed", reason="not verified: dask is an extra: pip install 'volon[dask]'")

# One process has them all, and so one cluster.
pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler; each test sees to its workers."""
    made = Cluster(tmp_path_factory.mktemp("cluster"), CAREFUL)
    yield made
    made.end()


@pytest.fixture
def far(cluster: Cluster) -> list[str]:
    """Two workers, and how a command line names them."""
    while sum(one.poll() is None for one in cluster.workers) < 2:
        cluster.add_worker()
    return ["-j", "2", "--executor", "dask", "--scheduler-file", str(cluster.file)]


@pytest.fixture
def spec(repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Commit `p.yaml`; the repository has a remote. Tickets say what they do in `$SAID`."""
    # The workers see the runs of all tests, which must not have the same name.
    monkeypatch.setenv("VOLON_SEED", tmp_path.name)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    repo.git("remote", "add", "origin", "../remote.git")

    def write(*tickets: str) -> None:
        head = f"env:\n  SAID: {tmp_path / 'said'}\n  GO: {tmp_path / 'go'}"
        repo.commit("Plan", {"p.yaml": pipeline(*tickets, head=head)})

    return write


@pytest.fixture
def begin(
    volon_process: VolonProcess, far: list[str], tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start the pipeline; what a test that fails leaves of it is ended."""
    begun = []

    def start() -> subprocess.Popen[bytes]:
        begun.append(volon_process.start("pipeline", "run", "p.yaml", *far))
        return begun[-1]

    yield start
    (tmp_path / "go").touch()
    for one in begun:
        one.kill()
        one.communicate()


WAIT = "echo $VOLON_TICKET.$VOLON_ATTEMPT $$ >> $SAID; until test -e $GO; do sleep 0.05; done"
"""Say that it runs, and wait until it may end."""


BAD_TREE = """\
import subprocess

def git(*words, data=b""):
    return subprocess.run(["git", *words], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().strip()

row = b"100644 .git\\0" + bytes.fromhex(git("rev-parse", "HEAD:p.yaml"))
tree = git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", data=row)
bad = git("commit-tree", "-p", "HEAD", "-m", "Bad", tree)
git("update-ref", "HEAD", git("commit-tree", "-p", bad, "-m", "Good", "HEAD^{tree}"))
"""
"""Commit what no checkout would show, and go on as if nothing had been."""


def said(tmp_path: Path) -> list[str]:
    """Which attempts have run, in their order."""
    path = tmp_path / "said"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def test_the_same_file_runs_there_and_its_results_come_back_as_commits(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., None], far: list[str]
) -> None:
    spec(
        "a | run: echo a > a.txt; echo said by a",
        "b | run: echo b > b.txt; echo $HERE",
        "c: a b | run: cat a.txt b.txt > c.txt; test ! -e dirty | outputs: [c.txt]",
        "d: c | run: echo half > d.txt; exit 3",
    )
    repo.write("dirty", "not committed\n")
    before = untouched(repo)
    got = volon_process("pipeline", "run", "p.yaml", *far, env={"HERE": "what only this machine has"})
    assert (got.code, untouched(repo), trees(repo)) == (1, before, []), got
    assert "workers dask at tcp://127.0.0.1:" in got.out
    assert tickets_of(volon) == dict.fromkeys("abc", "done") | {"d": "failed"}
    (whole,) = status(volon)["results"]
    assert files(repo, whole)["c.txt"] == "a\nb\n"
    (saved,) = (one["saved"] for one in status(volon)["tickets"] if one["ticket"] == "d")
    assert files(repo, f"{saved}^3")["d.txt"] == "half\n"
    logs = {path.name: path.read_text() for path in repo.root.glob(".git/volon/runs/0*/logs/*")}
    assert (logs["a.1.log"], logs["b.1.log"]) == ("said by a\n", "\n")
    assert repo.git("fsck", "--strict") == ""


def test_a_result_with_a_tree_that_git_would_never_make_is_none(
    repo: RepoBuilder,
    volon: VolonInProcess,
    volon_process: VolonProcess,
    spec: Callable[..., None],
    far: list[str],
    tmp_path: Path,
) -> None:
    """A commit of the ticket's own, which nobody checks out there; it would be merged here."""
    (tmp_path / "bad.py").write_text(BAD_TREE)
    spec(f"a | run: {sys.executable} {tmp_path / 'bad.py'}")
    got = volon_process("pipeline", "run", "p.yaml", *far)
    assert (got.code, tickets_of(volon)) == (1, {"a": "failed"}), got
    assert "hasDotgit" in got.out
    assert repo.git("fsck", "--strict") == ""


def test_a_lost_worker_is_a_crash_and_pause_and_resume_are_as_here(
    cluster: Cluster,
    volon: VolonInProcess,
    volon_process: VolonProcess,
    spec: Callable[..., None],
    far: list[str],
    begin: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    spec(f"a | run: {WAIT}", f"b | run: {WAIT} | rerun: safe", f"c | run: {WAIT}")
    runner = begin()
    until(lambda: sorted(said(tmp_path)) == ["a.1", "b.1"])
    shell = shell_of(tmp_path, "a.1")
    worker = worker_of(cluster, shell)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: tickets_of(volon)["a"] == "unknown")
    until(lambda: not alive(shell))
    assert (status(volon)["status"], tickets_of(volon)["b"]) == ("paused", "running")
    (tmp_path / "go").touch()
    assert (ended(runner), sorted(said(tmp_path))) == (11, ["a.1", "b.1"])
    assert tickets_of(volon) == {"a": "unknown", "b": "done", "c": "ready"}
    cluster.add_worker()
    assert volon_process("pipeline", "resume", "p.yaml", *far).code == 11
    again = volon_process("pipeline", "resume", "p.yaml", "--rerun", "a", *far)
    assert (again.code, sorted(said(tmp_path))) == (0, ["a.1", "a.2", "b.1", "c.1"]), again


def shell_of(tmp_path: Path, attempt: str) -> int:
    """The process of an attempt."""
    return next(int(line.split()[1]) for line in (tmp_path / "said").read_text().splitlines() if attempt in line)


def worker_of(cluster: Cluster, shell: int) -> subprocess.Popen[bytes]:
    """The worker that has it: a ticket's process is a child of its keeper, that one of volon's, that one of it."""
    return next(one for one in cluster.workers if one.pid == parent(parent(parent(shell))))


def parent(pid: int) -> int:
    """The process that started another."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return int(file.read().rpartition(")")[2].split()[1])


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_runner_that_is_killed_finds_again_what_runs_and_behind_a_pause_nothing_begins(
    repo: RepoBuilder,
    volon: VolonInProcess,
    volon_process: VolonProcess,
    spec: Callable[..., None],
    far: list[str],
    begin: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    spec(f"a | run: echo a > a.txt; {WAIT}", f"b: a | run: {WAIT}", f"c | run: {WAIT}", f"d | run: {WAIT}")
    runner = begin()
    until(lambda: sorted(said(tmp_path)) == ["a.1", "c.1"])
    runner.kill()
    ended(runner)
    assert tickets_of(volon) == {"a": "running", "b": "waiting", "c": "running", "d": "ready"}
    here = volon("pipeline", "run", "p.yaml")
    assert (here.code, "--executor dask --address tcp://127.0.0.1:" in here.err) == (5, True)
    assert "Hint: if that is dead for good: another scheduler, or a new run by --fresh\n" in here.err
    volon.ok("pipeline", "pause")
    assert "nobody sees to what runs on the workers" in volon("pipeline", "pause", "--wait").err
    (tmp_path / "go").touch()
    assert volon_process("pipeline", "resume", "p.yaml", *far).code == 0
    assert sorted(said(tmp_path)) == ["a.1", "b.1", "c.1", "d.1"]
    assert files(repo, result(volon, "b"))["a.txt"] == "a\n"


def test_a_worker_that_is_told_to_end_takes_its_ticket_with_it(
    cluster: Cluster,
    volon: VolonInProcess,
    spec: Callable[..., None],
    begin: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    spec(f"a | run: {WAIT}")
    runner = begin()
    until(lambda: said(tmp_path))
    shell = shell_of(tmp_path, "a.1")
    worker = worker_of(cluster, shell)
    worker.terminate()
    assert (ended(runner), tickets_of(volon)) == (11, {"a": "unknown"})
    worker.wait()
    until(lambda: not alive(shell))


LOGS = ".git/volon/runs/0*/logs/*"


def test_the_last_line_of_what_runs_there_is_here_and_pause_now_ends_it(
    repo: RepoBuilder,
    volon: VolonInProcess,
    spec: Callable[..., None],
    begin: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    spec(f"a | run: echo half > a.txt; echo first; echo last so far; {WAIT}", "b: a")
    runner = begin()
    until(lambda: said(tmp_path))
    until(lambda: any(one.read_bytes().endswith(b"end]\nlast so far\n") for one in repo.root.glob(LOGS)))
    volon.ok("pipeline", "pause", "--now")
    assert [one.read_text() for one in repo.root.glob(LOGS)] == ["first\nlast so far\n"]
    assert (ended(runner), tickets_of(volon)) == (11, {"a": "unknown", "b": "blocked"})
    assert status(volon)["tickets"][0]["saved"]


def test_a_scheduler_that_would_run_again_by_itself_what_was_lost_is_refused(
    volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., None], tmp_path: Path
) -> None:
    spec("a")
    (tmp_path / "careless").mkdir()
    careless = Cluster(tmp_path / "careless", {})
    try:
        got = volon_process("pipeline", "run", "p.yaml", "--executor", "dask", "--scheduler-file", str(careless.file))
    finally:
        careless.end()
    assert (got.code, "ALLOWED_FAILURES=0 dask scheduler" in got.err) == (5, True), got
    assert status(volon, "p.yaml")["status"] == "planning"


def test_only_the_command_line_says_which_scheduler(
    repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None], tmp_path: Path
) -> None:
    spec("a")
    repo.write("volon.yaml", "pipeline:\n  executor: dask\n")
    assert volon("pipeline", "run", "p.yaml").code == 2
    assert volon("pipeline", "run", "p.yaml", "--executor", "local", "--remote", "origin").code == 2
    far = volon("pipeline", "run", "p.yaml", "--address", "tcp://127.example.com:8786")
    assert (far.code, "not encrypted" in far.err) == (5, True)
    (tmp_path / "s.json").write_text(json.dumps({"address": 7}))
    assert volon("pipeline", "run", "p.yaml", "--scheduler-file", "../s.json").code == 5
    assert status(volon, "p.yaml")["status"] == "planning"


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A real one, between two name spaces."""
    try:
        made = Wire()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not verified: no second name space of the network here: {error}")
    yield made
    made.end()


def test_a_cut_wire_is_waited_out_behind_a_pause_nothing_begins_and_what_came_late_is_kept_and_runs_once(
    wire: Wire, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., None], tmp_path: Path
) -> None:
    last = WAIT.replace("$GO;", "$GO.2;")
    spec(f"a | run: {WAIT}", f"b: a | run: echo b > b.txt; {last}")
    (tmp_path / "far").mkdir()
    far = Cluster(tmp_path / "far", CAREFUL, wire)
    words = ("p.yaml", "--executor", "dask", "--address", f"tcp://127.0.0.1:{far.port}")
    begun = []

    def is_sent(ticket: str) -> bool:
        remote = ["git", "--git-dir", str(tmp_path / "remote.git"), "for-each-ref", f"refs/volon/run/*/{ticket}/1"]
        return bool(subprocess.run(remote, check=True, capture_output=True).stdout)

    try:
        far.add_worker()
        begun.append(volon_process.start("pipeline", "run", *words))
        until(lambda: said(tmp_path) == ["a.1"])
        wire.cut()
        (tmp_path / "go").touch()
        until(lambda: is_sent("a"))
        volon.ok("pipeline", "pause")
        assert (status(volon)["settled"], begun[0].poll()) == (False, None)
        wire.mend()
        assert (ended(begun[0]), tickets_of(volon)) == (11, {"a": "done", "b": "ready"})
        assert said(tmp_path) == ["a.1"]
        begun.append(volon_process.start("pipeline", "resume", *words))
        until(lambda: said(tmp_path) == ["a.1", "b.1"])
        wire.cut()
        far.give_up()
        assert (ended(begun[1]), tickets_of(volon)) == (11, {"a": "done", "b": "unknown"})
        (tmp_path / "go.2").touch()
        until(lambda: is_sent("b"))
        assert volon_process("pipeline", "resume", *words).code == 0
        assert (said(tmp_path), tickets_of(volon)) == (["a.1", "b.1"], {"a": "done", "b": "done"})
    finally:
        for one in begun:
            one.kill()
            one.communicate()
        far.end()
