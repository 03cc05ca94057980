"""Faults of hooks that call volon: never run, run otherwise than meant, or run twice.

Only what is volon's is looked at; of other hooks nothing is known.

Source: issue "Where agents live"; agents.md §1.4, §1.5.
"""

from __future__ import annotations

from volon.marks import FAILURES
from volon.model.agents.events import EVENTS, PROTOCOLS, SECONDS
from volon.model.agents.fault import Sighting
from volon.model.agents.hosts import HOSTS
from volon.model.agents.settings import EXECUTED, LONGEST_END, PASCAL, USER
from volon.model.agents.wiring import HOOKED
from volon.model.secrets import redact, redact_words
from volon.usecases.agents.faults.scene import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.usecases.agents.faults.scene import Scene
    from volon.usecases.agents.faults.sheets import Call, Sheet, Sheets

_SHORTEST, _LONGEST = 0.3, 900
"""No time limit of a hook of volon's is meant to be outside of these seconds."""
_HIGHEST = 10**12
"""What is more than that would not be a number one can divide."""
_END = "session-end"
_SHOWN = 300
_OPTION = "--agent"


def look(scene: Scene, settings: Sheets) -> Iterator[Sighting]:
    """Yield what is wrong with hooks."""
    found, calls = settings.sheets, settings.hooks
    for sheet in found:
        yield from _unwrapped(sheet)
    for call in calls:
        yield from _event(call)
        yield from _shape(call)
        yield from _limit(call)
    yield from _off(found, calls)
    yield from _twice(calls)
    yield from _plugin(found, calls)
    yield from _plugins(scene)
    yield from _failed(scene)


def _title(call: Call) -> str:
    return HOSTS[call.sheet.file.agent].title


def _found(code: str, call: Call, sentence: str, way: str, part: str = "") -> Sighting:
    """A fault of a hook, or of one of its members."""
    member = call.part(part) if part else None
    line, key = member[1:] if member else (call.line, call.key)
    return Sighting(code, sentence, call.sheet.shown, line, key, way)


def _unwrapped(sheet: Sheet) -> Iterator[Sighting]:
    """Events at the top of a file that has to have them under a key."""
    key, known = sheet.file.hooks, PROTOCOLS.get(sheet.file.agent)
    alone = key and sheet.is_ours and not sheet.file.path.endswith("settings.json")
    for item in sheet.root.items if alone and known and sheet.root else ():
        if known and item.key in known.names.values():
            title, line = HOSTS[sheet.file.agent].title, line_of(sheet.text, item.start)
            sentence = f"{title} looks for events under `{key}`, and this one stands beside it"
            way = f'put all events into `"{key}": {{ … }}`'
            yield Sighting("agents.hooks-unwrapped", sentence, sheet.shown, line, item.key, way)
            return


def _event(call: Call) -> Iterator[Sighting]:
    """The name of the event, and what volon is told of it."""
    agent = call.sheet.file.agent
    known = PROTOCOLS[agent]
    native = {name: event for event, name in known.names.items()}
    native |= dict(zip(PASCAL.get(agent, ()), known.names, strict=True) if agent in PASCAL else ())
    elsewhere = {name for one in PROTOCOLS.values() for name in one.names.values()}
    if call.event not in native and call.event in elsewhere:
        meant = next((known.names[one] for one in EVENTS if one in call.rest and one in known.names), "")
        sentence = f"{_title(call)} has no event {call.event}, so this never runs"
        way = f"call it {meant}" if meant else f"take one of {', '.join(known.names.values())}"
        yield _found("agents.event-unknown", call, sentence, way)
        return
    if "hook" not in call.rest[:1]:
        return
    said = next((one for one in call.rest[1:] if not one.startswith("-")), "")
    if call.event in native and said != native[call.event]:
        sentence = f"at {call.event} volon is told of {said or 'nothing'}"
        yield _found("agents.hook-event", call, sentence, f"write `volon hook {native[call.event]} --agent {agent}`")
    named = _agent(call.rest)
    if named and named != agent:
        sentence = f"{_title(call)} reads this, and volon is told to answer as for {named[:64]}"
        yield _found("agents.hook-agent", call, sentence, f"write `{_OPTION} {agent}`")


def _agent(rest: tuple[str, ...]) -> str:
    """The agent that a command names."""
    if _OPTION in rest[:-1]:
        return rest[rest.index(_OPTION) + 1]
    return next((one.partition("=")[2] for one in rest if one.startswith(f"{_OPTION}=")), "")


def _shape(call: Call) -> Iterator[Sighting]:
    file = call.sheet.file
    if call.grouped != file.nested:
        where = 'in a list `"hooks": [ … ]` of a group' if file.nested else "in the list of the event itself"
        sentence = f"{_title(call)} looks for hooks {where}, so this never runs"
        yield _found("agents.hook-shape", call, sentence, f"put it {where}")
    elif file.nested and not call.part("type"):
        sentence = f"it does not say that it is a command, and {_title(call)} passes it over"
        yield _found("agents.hook-type", call, sentence, 'add `"type": "command"`')
    if call.part("args") and file.agent not in EXECUTED:
        sentence = f"{_title(call)} drops `args` without a word, and runs `{call.words[0][:64]}` alone"
        way = f"write the whole line into `command`: `{' '.join(redact_words(call.words))[:_SHOWN]}`"
        yield _found("agents.hook-args", call, sentence, way, "args")


def _limit(call: Call) -> Iterator[Sighting]:
    agent = call.sheet.file.agent
    known = PROTOCOLS[agent]
    member = call.part(known.limit) or call.part("timeout")
    value = member[0].plain if member else None
    if member is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    value = max(min(value, _HIGHEST), -1)
    seconds, event = value / known.second, next((one for one in EVENTS if one in call.rest), "session-start")
    unit = "seconds" if known.second == 1 else "milliseconds"
    part = member[2].rpartition(".")[2]
    if not _SHORTEST <= seconds <= _LONGEST:
        sentence = f"the time limit is {value:g}, and {_title(call)} counts {unit}"
        yield _found("agents.timeout-unit", call, sentence, f"write {SECONDS[event] * known.second}", part)
    elif event == _END and seconds > LONGEST_END.get(agent, seconds):
        sentence = f"the time limit is {value:g} seconds, and {_title(call)} waits {LONGEST_END[agent]} at the end"
        yield _found("agents.timeout-end", call, sentence, f"write {LONGEST_END[agent] * known.second}", part)


def _off(found: list[Sheet], calls: list[Call]) -> Iterator[Sighting]:
    """Switches that turn off every hook of an agent that calls volon."""
    callers = {call.sheet.file.agent for call in calls}
    for sheet in found:
        agent = sheet.file.agent
        if agent not in callers or sheet.file.hooks is None:
            continue
        for keys, off in ((("disableAllHooks",), True), (("hooksConfig", "enabled"), False)):
            node = sheet.at(*keys)
            if node is not None and node.plain is off:
                sentence = f"{HOSTS[agent].title} runs no hook at all, volon's neither"
                way = f"take it out, or write {str(not off).lower()}"
                yield Sighting("agents.hooks-off", sentence, sheet.shown, sheet.line(node), ".".join(keys), way)


def _twice(calls: list[Call]) -> Iterator[Sighting]:
    """The same event calls volon from two places that one agent reads."""
    seen: dict[tuple[str, str, str], Call] = {}
    for call in calls:
        first = seen.setdefault((call.sheet.file.agent, call.event, call.matcher), call)
        if first is call or "hook" not in call.rest[:1]:
            continue
        sentence = f"{_title(call)} calls volon at {call.event} from {first.sheet.shown}:{first.line} already"
        whose = "the other, if it is meant for all your repositories" if call.sheet.file.scope == USER else "the other"
        yield _found("agents.hook-twice", call, sentence, f"take this out, or {whose}")


def _plugin(found: list[Sheet], calls: list[Call]) -> Iterator[Sighting]:
    """A plugin of volon's beside hooks in settings."""
    called = next((call for call in calls if call.sheet.file.agent == "claude"), None)
    for sheet in found if called else ():
        node = sheet.at("enabledPlugins") if sheet.file.agent == "claude" else None
        for item in node.items if node else ():
            if called and item.key.partition("@")[0] == "volon" and item.node.plain is True:
                sentence = f"volon's plugin has the hooks that {called.sheet.shown}:{called.line} has, too"
                way = "turn the plugin off here, or `volon agents uninstall --agent claude`"
                line = line_of(sheet.text, item.start)
                yield Sighting("agents.plugin-twice", sentence, sheet.shown, line, f"enabledPlugins.{item.key}", way)


def _plugins(scene: Scene) -> Iterator[Sighting]:
    """OpenCode loads what is in both of its directories."""
    one = HOOKED["opencode"].path
    directory, _, name = one.rpartition("/")
    other = f"{directory}s"
    if name in scene.names(directory) and name in scene.names(other):
        sentence = f"OpenCode loads {one} as well"
        yield Sighting("agents.plugin-twice", sentence, f"{other}/{name}", 1, way="move one of the two away")


def _failed(scene: Scene) -> Iterator[Sighting]:
    """What hooks could not do, and wrote down."""
    path = f"{scene.git_dir}/{FAILURES}"
    lines = (scene.own(path) or "").splitlines()
    if lines:
        sentence = f"a hook could not do its work: {redact(lines[-1])[0][:_SHOWN]}"
        way = "mend what it says, then delete the file"
        yield Sighting("agents.hook-failed", sentence, scene.shown(path), len(lines), way=way)
