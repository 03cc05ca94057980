"""What is known of coding agents' command lines: one table, dated, so that it can be looked over as a whole.

Each was run once, without a person, against a stand-in for its model, in its version in `hosts`: the words it takes,
and what it writes. They change from day to day; whoever knows better names the words himself.

Source: agents.md §0; contract §6 (conduct: a worker is any command line).
"""

from __future__ import annotations

import json

from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

_MOST_TRIES = 32


class Heard(NamedTuple):
    """What an agent's own output says.

    Attributes:
        tokens: what it read, with what was cached, and what it wrote, with its thoughts; None when it does not say.
        last: its last message.
    """

    tokens: tuple[int, int] | None = None
    last: str = ""


class Agent(NamedTuple):
    """A coding agent's program.

    Attributes:
        words: start it without a person, allowed to edit files and, where it knows the difference, no more; `{text}` is
            what it is told.
        hear: what one of the objects of JSON that it writes says; nothing where it is None.
    """

    words: tuple[str, ...]
    hear: Callable[[dict[str, Any]], Heard]


def _claude(said: dict[str, Any]) -> Heard:
    if said.get("type") != "result":
        return Heard()
    models = list(said["modelUsage"].values())
    read = sum(one["inputTokens"] + one["cacheReadInputTokens"] + one["cacheCreationInputTokens"] for one in models)
    return Heard((read, sum(one["outputTokens"] for one in models)) if models else None, said.get("result", ""))


def _codex(said: dict[str, Any]) -> Heard:
    if said.get("type") == "turn.completed":
        return Heard((said["usage"]["input_tokens"], said["usage"]["output_tokens"]))
    item = said.get("item", {})
    return Heard(last=item["text"] if item.get("type") == "agent_message" else "")


def _gemini(said: dict[str, Any]) -> Heard:
    if "stats" not in said:
        return Heard()
    models = [one["tokens"] for one in said["stats"]["models"].values()]
    read, wrote = sum(one["prompt"] for one in models), sum(one["candidates"] + one["thoughts"] for one in models)
    return Heard((read, wrote) if models else None, said.get("response", said.get("result", "")))


def _opencode(said: dict[str, Any]) -> Heard:
    part = said.get("part", {})
    if said.get("type") == "step_finish":
        one = part["tokens"]
        read = one["input"] + one["cache"]["read"] + one["cache"]["write"]
        return Heard((read, one["output"] + one["reasoning"]))
    return Heard(last=part["text"] if said.get("type") == "text" else "")


def _copilot(said: dict[str, Any]) -> Heard:
    """It writes requests that cost something, and no tokens."""
    return Heard(last=said["data"]["content"] if said.get("type") == "assistant.message" else "")


AGENTS = {
    "claude": Agent(
        ("claude", "-p", "{text}", "--output-format", "json", "--permission-mode", "acceptEdits"),
        _claude,
    ),
    "codex": Agent(("codex", "exec", "--json", "--sandbox", "workspace-write", "{text}"), _codex),
    "copilot": Agent(
        ("copilot", "-p", "{text}", "--trust-folder", "--allow-all-tools", "--output-format", "json"),
        _copilot,
    ),
    "gemini": Agent(("gemini", "-p", "{text}", "-o", "json", "--approval-mode", "auto_edit"), _gemini),
    "opencode": Agent(("opencode", "run", "--format", "json", "{text}"), _opencode),
    "qwen": Agent(("qwen", "-p", "{text}", "-o", "json", "--approval-mode", "auto-edit"), _gemini),
}
"""By the names of their programs."""


def expanded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that start an agent where nothing but its name is said; others as they are."""
    known = AGENTS.get(words[0]) if len(words) == 1 else None
    return known.words if known else words


def heard(words: Sequence[str], output: Callable[[], bytes]) -> Heard:
    """Return what an agent says of itself in what it wrote, whatever stands around it; of other programs nothing.

    Args:
        words: that started it.
        output: reads all of it, or its end.
    """
    agent = AGENTS.get(words[0].rpartition("/")[2]) if words else None
    if agent is None:
        return Heard()
    tokens, last = None, ""
    for one in _objects(output().decode("utf-8", "replace")):
        try:
            found = agent.hear(one)
            if found.tokens is not None:
                tokens = (found.tokens[0] + (tokens or (0, 0))[0], found.tokens[1] + (tokens or (0, 0))[1])
            last = str(found.last) or last
        except (KeyError, TypeError, AttributeError):
            # Another version may say it in other words: then it is not known.
            continue
    return Heard(tokens if tokens and min(tokens) >= 0 else None, last)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects in a text: each on a line of its own, in a list on one line, or one over many lines."""
    decoder, at, tries = json.JSONDecoder(), 0, _MOST_TRIES
    while at < len(text):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)].strip()
        many = line == "{" and tries > 0
        found: Any = None
        if many or line.startswith(("{", "[")):
            try:
                found, stop = decoder.raw_decode(text, text.index(line, at)) if many else (json.loads(line), at)
                end = text.find("\n", max(stop, at)) if many else end
            except (ValueError, RecursionError):
                tries -= many
        yield from (one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict))
        at = end + 1 if end >= 0 else len(text)
