"""What a compaction takes away comes back: `python -m tests.clients --compaction`.

Three agents compact a session in earnest, each in the way its user can ask for that. Before it the work must have been
saved; and what the agent asks its model next must hold, once, the next action of the pause and the note of the
checkpoint that the compaction made.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

from tests.clients.agents import each, prepared
from tests.clients.hooks import NEXT
from tests.clients.shop import FILE, Shop
from tests.clients.talks import CodexTalk, Talk
from tests.clients.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.clients.agents import Ready

_SECONDS = 60


@contextmanager
def _claude(ready: Ready) -> Iterator[bool]:
    form = ("--input-format", "stream-json", "--output-format", "stream-json", "--verbose")
    with Talk(ready, ["claude", "-p", *form]) as talk:
        for words in ("hello", "/compact", "go on"):
            talk.say(type="user", message={"role": "user", "content": words})
            if words == "/compact":
                talk.until(lambda one: one.get("subtype") == "compact_boundary")
            talk.until(lambda one: one["type"] == "result")
        yield True


@contextmanager
def _codex(ready: Ready) -> Iterator[bool]:
    with CodexTalk(ready) as talk:
        thread = talk.ask("thread/start", cwd=str(ready.where))["thread"]["id"]
        talk.ask("turn/start", threadId=thread, input=[{"type": "text", "text": "hello"}])
        talk.until(lambda one: one.get("method") == "turn/completed")
        talk.ask("thread/compact/start", threadId=thread)
        talk.until(lambda one: one.get("method") == "item/completed" and _kind(one) == "contextCompaction")
        talk.until(lambda one: one.get("method") == "turn/completed")
        talk.ask("turn/start", threadId=thread, input=[{"type": "text", "text": "go on"}])
        talk.until(lambda one: one.get("method") == "turn/completed")
        yield True


def _kind(said: dict[str, Any]) -> str:
    return str(said["params"]["item"]["type"])


@contextmanager
def _opencode(ready: Ready) -> Iterator[bool]:
    with Talk(ready, ["opencode", "serve", "--port", "0"]) as talk:
        found = re.search(r"http://([\w.]+:\d+)", talk.line(lambda line: "http://" in line))
        assert found is not None
        address, model = found[1], {"providerID": "mock", "modelID": "mock-model"}

        def post(path: str, **body: Any) -> Any:  # noqa: ANN401  JSON
            server = HTTPConnection(address, timeout=_SECONDS)
            server.request("POST", path, json.dumps(body), {"content-type": "application/json"})
            return json.load(server.getresponse())

        session = post("/session")["id"]
        post(f"/session/{session}/message", model=model, parts=[{"type": "text", "text": "hello"}])
        is_done = post(f"/session/{session}/summarize", **model)
        # It is told of that by an event, which nothing of its waits for.
        _wait(lambda: ready.calls.read_text("utf-8").count("hook session-start") > 1)
        post(f"/session/{session}/message", model=model, parts=[{"type": "text", "text": "go on"}])
        yield is_done is True


COMPACTS: dict[str, Callable[[Ready], AbstractContextManager[bool]]] = {
    "claude": _claude,
    "codex": _codex,
    "opencode": _opencode,
}
"""How each says hello, compacts, and goes on; it says whether it did while the session is still there."""


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Let the agents compact, and say what went wrong; 1 when anything did."""
    asked, good = [one for one in chosen if one in COMPACTS], "saves before a compaction, and is told after it"
    return each("compaction", asked, modules, lambda agent: lost(agent, modules, scratch / agent), good)


def lost(agent: str, modules: Path, scratch: Path) -> list[str]:
    """Let an agent compact a session, and say what was lost by that.

    Args:
        agent: its name.
        modules: where `node_modules` is.
        scratch: a directory of its own.
    """
    shop = Shop(scratch / "shop", [agent])
    shop.pause("Half of them are packed", NEXT)
    shop.volon("resume-task", "-q")
    (shop.root / FILE).write_text("three quarters of them\n", "utf-8")
    with Wire() as wire:
        ready = prepared(agent, modules, scratch / "home", wire.url, shop.root)
        with COMPACTS[agent](ready) as is_done:
            standing, told = shop.standing(), wire.heard[-1]
    wrong = [] if is_done else ["it did not compact"]
    wrong += [] if "hook pre-compact" in ready.calls.read_text("utf-8") else ["no hook pre-compact"]
    wrong += [] if standing[:2] == ("doing", 2) else [f"it is {standing.status} at checkpoint {standing.checkpoint}"]
    wrong += [] if "\nmode: compact\n" in standing.capsule else ["no checkpoint of a compaction"]
    return wrong + [
        f"{text!r} came {told.count(text)} times" for text in (NEXT, f"changing {FILE}") if told.count(text) != 1
    ]


def _wait(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _SECONDS
    while not is_so():
        assert time.monotonic() < give_up, "it was waited for in vain"
        time.sleep(0.05)
