"""A program that is talked with by lines of JSON, until it has said what is waited for."""

from __future__ import annotations

import json
import subprocess
from threading import Timer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.agents import Ready

_SECONDS = 120


class Talk:
    """A running program; `with Talk(ready, words) as talk:` ends it.

    Args:
        ready: where and with what environment it runs.
        words: the program.

    Attributes:
        process: it.
    """

    def __init__(self, ready: Ready, words: list[str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            words, cwd=ready.where, env=ready.env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        self._late = Timer(_SECONDS, self.process.kill)

    def __enter__(self) -> Self:
        self._late.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._late.cancel()
        self.process.kill()
        self.process.communicate()

    def say(self, **said: Any) -> None:  # noqa: ANN401  JSON
        """Tell it something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()

    def line(self, is_it: Callable[[str], bool]) -> str:
        """Wait for a line of its."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if is_it(line):
                return line
        raise AssertionError("it ended before it had said so")

    def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for an object of its that is so, and return it."""
        found: dict[str, Any] = json.loads(self.line(lambda line: line.startswith("{") and is_it(json.loads(line))))
        return found


class CodexTalk(Talk):
    """A talk with the server of Codex' own, which answers by number; arguments as for `Talk`."""

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready, ["codex", "app-server"])
        self._last = 0

    def __enter__(self) -> Self:
        super().__enter__()
        self.ask("initialize", clientInfo={"name": "tests", "version": "1"})
        self.say(jsonrpc="2.0", method="initialized")
        return self

    def ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
        """Ask it something, and return the answer."""
        self._last += 1
        number = self._last
        self.say(jsonrpc="2.0", id=number, method=method, params=params)
        found: dict[str, Any] = self.until(lambda one: one.get("id") == number)["result"]
        return found
