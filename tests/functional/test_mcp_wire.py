"""What `volon mcp` does to the wire, the repository and its own end: lines are written to a real process and read."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

pytestmark = pytest.mark.slow

OLDEST = "2024-11-05"
SECONDS = 60
GARBAGE = (b"", b"{", b"\xff\xfe\x00", b"[]", b"[1,", b'"x"', b'{"jsonrpc": "1.0"}', b'{"jsonrpc":"2.0"}')
HALF = b'{"jsonrpc":"2.0","id":"h","method":"tools/call","params":{"name":"pause","arguments":{"note":"\\ud800"}}}'


class Server:
    """A running server, and the client's end of its pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self._last = process, 0

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def tell(self, method: str, params: dict[str, object], **more: object) -> None:
        """Send a message."""
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode() + b"\n")

    def ask(self, method: str, **params: object) -> int:
        """Send a request and return its id."""
        self._last += 1
        self.tell(method, params, id=self._last)
        return self._last

    def call(self, name: str, **arguments: object) -> int:
        return self.ask("tools/call", name=name, arguments=arguments)

    def hear(self) -> dict[str, Any]:
        """The next message; whatever stands on standard output is one."""
        assert self.process.stdout is not None
        message = json.loads(self.process.stdout.readline())
        assert message["jsonrpc"] == "2.0"
        return dict(message)

    def answer(self, asked: int) -> dict[str, Any]:
        """The answer to a request; what comes before it is no answer to anything."""
        while (message := self.hear()).get("id") != asked:
            assert message.get("id") is None
        return message

    def greet(self) -> dict[str, Any]:
        client = {"name": "test", "version": "1"}
        found = self.answer(self.ask("initialize", protocolVersion=OLDEST, capabilities={}, clientInfo=client))
        self.tell("notifications/initialized", {})
        return found

    def hang_up(self) -> int:
        """Close standard input, and return the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(SECONDS)


@contextmanager
def served(where: Path, *words: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [*volon_argv(), *words, "mcp"],
        cwd=where,
        env=volon_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


def test_the_oldest_handshake_is_answered_and_garbage_ends_nothing(repo: RepoBuilder) -> None:
    with served(repo.root) as server:
        for line in GARBAGE:
            server.write(line + b"\n")
        greeted = server.greet()["result"]
        assert greeted["protocolVersion"] == OLDEST
        assert greeted["serverInfo"]["name"] == "volon"
        assert set(greeted["capabilities"]) == {"tools", "resources", "prompts"}
        for line in GARBAGE:
            server.write(line + b"\n")
        big = server.answer(server.call("pause", note="x" * 5_000_000))
        assert big["result"]["isError"] is True
        assert "at most" in big["result"]["content"][0]["text"]
        assert server.answer(server.ask("no/such"))["error"]["code"] == -32601
        server.write(HALF + b"\n")
        assert server.answer(server.call("get_state"))["result"]["structuredContent"]["state"] == "idle"
        assert server.hang_up() == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == b""


def test_nothing_of_the_repository_is_held_between_two_calls(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    with served(repo.root) as server:
        server.greet()
        for number in range(1, 4):
            paused = server.answer(server.call("pause", note=f"number {number}"))["result"]
            assert paused["structuredContent"]["checkpoint"] == 2 * number - 1
            assert held(server.process.pid, repo.root) == []
            # It would wait for a lock, and say so.
            ran = volon("pause-task", f"beside {number}")
            assert (ran.code, ran.err) == (0, "")
        assert server.hang_up() == 0


def held(process: int, root: Path) -> list[str]:
    """What a process, and whatever it started, holds below a directory."""
    proc = Path("/proc")
    found = []
    for one in (process, *children(process)):
        links = [proc / str(one) / "cwd", *(proc / str(one) / "fd").iterdir()]
        found += [str(link.readlink()) for link in links if link.readlink().is_relative_to(root)]
    return found


def children(process: int) -> list[int]:
    tasks = Path("/proc", str(process), "task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@contextmanager
def waiting(repo: RepoBuilder) -> Iterator[tuple[Server, int, int]]:
    """A server in which a call waits: the server, the descriptor of the lock that it waits for, and its id."""
    lock = os.open(repo.root / ".git/volon/lock", os.O_RDWR)
    try:
        with served(repo.root) as server:
            server.greet()
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield server, lock, server.call("pause", note="it waits")
    finally:
        os.close(lock)


def test_a_call_that_waits_keeps_no_ping_waiting_and_can_be_cancelled(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    with waiting(repo) as (server, lock, waits):
        taken_back = server.call("pause", note="never mind")
        server.tell("notifications/cancelled", {"requestId": taken_back})
        assert server.answer(server.ask("ping"))["result"] == {}
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert "it waits" in json.dumps(server.answer(waits)["result"]["structuredContent"])
        state = server.answer(server.call("log"))["result"]["structuredContent"]
        assert len(state["operations"]) == 2
        assert server.hang_up() == 0


@pytest.mark.parametrize("ends", ["hang up", "SIGTERM", "SIGINT"])
def test_whoever_hangs_up_while_a_call_waits_leaves_no_lock(
    repo: RepoBuilder, volon: VolonInProcess, ends: str
) -> None:
    volon.ok("pause-task", "one")
    with waiting(repo) as (server, lock, _):
        assert server.answer(server.ask("ping"))["result"] == {}
        if ends == "hang up":
            assert server.process.stdin is not None
            server.process.stdin.close()
            fcntl.flock(lock, fcntl.LOCK_UN)
        else:
            server.process.send_signal(getattr(signal, ends))
        assert server.process.wait(SECONDS) == 0
        assert server.process.stderr is not None
        assert b"Traceback" not in server.process.stderr.read()
    assert volon("pause-task", "after").err == ""
    # Whoever hangs up cannot know whether the call has begun: then it is done, and else it never is.
    assert volon.ok("undo", "--list").count("pause  ") in ({2, 3} if ends == "hang up" else {2})


def test_it_serves_the_directory_it_was_given(repo: RepoBuilder, tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.greet()
        assert server.answer(server.ask("resources/list"))["result"]["resources"] == []
        outside = server.answer(server.call("pause", note="x"))["result"]
        assert outside["structuredContent"]["exit_code"] == 5
    with served(tmp_path, "-C", repo.root.name) as server:
        server.greet()
        said = server.answer(server.call("pause", note="x"))["result"]
        assert f"volon -C {repo.root.name} resume-task" in said["content"][0]["text"]
        brief = server.answer(server.call("brief"))["result"]
        assert f"\nNext: volon -C {repo.root.name} resume-task\n" in brief["content"][0]["text"]
        assert brief["structuredContent"]["next_command"] == f"volon -C {repo.root.name} resume-task"
        assert (repo.root / ".volon").is_dir()


def test_a_client_that_went_away_without_a_word_is_no_failure(repo: RepoBuilder) -> None:
    with served(repo.root) as server:
        server.greet()
        process = server.process
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        for _ in range(3):
            server.ask("ping")
        assert server.hang_up() == 0
        assert process.stderr.read() == b""


def test_a_person_who_starts_it_is_told_what_it_waits_for(repo: RepoBuilder) -> None:
    program, *words = volon_argv()
    terminal = pexpect.spawn(program, [*words, "mcp"], cwd=str(repo.root), env=volon_environment(), timeout=SECONDS)
    terminal.expect_exact("Waiting for a client")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
