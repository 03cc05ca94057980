"""Faults of what is called: the program that hooks, servers and the status line name, and MCP servers as such.

Source: issue "Where agents live"; agents.md §1.3, §1.5, §2.
"""

from __future__ import annotations

import os

import volon
from volon.model.agents.fault import Sighting
from volon.model.agents.hosts import HOSTS
from volon.model.agents.parts import STATUSLINE
from volon.model.agents.settings import CONTEXT, LISTED, PROJECT, SERVER_KEYS, TEMPORARY, USER
from volon.usecases.agents.faults.scene import installed, is_program
from volon.usecases.agents.faults.sheets import servers, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.usecases.agents.faults.scene import Scene
    from volon.usecases.agents.faults.sheets import Call, Sheet, Sheets

_WITHOUT = "volon agents install --agent claude --without statusline"
_BARE = "write `volon`, which is looked up on PATH"


def look(scene: Scene, settings: Sheets) -> Iterator[Sighting]:
    """Yield what is wrong with what is called."""
    for sheet in settings.sheets:
        if sheet.root is None and (sheet.is_ours or sheet.file.agent in scene.agents):
            line, what = sheet.wrong
            sentence = f"{HOSTS[sheet.file.agent].title} cannot read it: {what}"
            yield Sighting("agents.settings-broken", sentence, sheet.shown, line, way="mend that line")
        yield from _misplaced(sheet)
        yield from _context(scene, sheet)
    for call in (*settings.hooks, *settings.servers, *(line for line in settings.lines if line.program)):
        yield from _program(scene, call)
    for call in settings.servers:
        yield from _server(scene, call)
    yield from _off(settings)
    yield from _twice(settings.servers)
    yield from _lines(scene, settings.lines)


def _program(scene: Scene, call: Call) -> Iterator[Sighting]:
    """A program that is named by a path."""
    path, place = call.program, (call.sheet.shown, call.line, call.key)
    if not path.startswith("/"):
        return
    if not is_program(path):
        yield Sighting("agents.path-gone", f"{scene.shown(path)} is no program here", *place, _BARE)
    elif (version := installed(path).version) and version != volon.__version__:
        sentence = f"{scene.shown(path)} is {version}, and this is {volon.__version__}"
        yield Sighting("agents.path-other", sentence, *place, f"{_BARE}, or upgrade that one")
    elif path.startswith(_temporary(scene)):
        sentence = f"{scene.shown(path)} is in a temporary directory, and will be gone"
        yield Sighting("agents.path-temporary", sentence, *place, _BARE)
    elif call.sheet.file.scope == PROJECT:
        sentence = f"{scene.shown(path)} is a path of this machine, in a file that colleagues get"
        yield Sighting("agents.path-shared", sentence, *place, _BARE)


def _temporary(scene: Scene) -> tuple[str, ...]:
    said = scene.env.get("TMPDIR", "").rstrip("/")
    return (*TEMPORARY, f"{said}/") if said.startswith("/") else TEMPORARY


def _misplaced(sheet: Sheet) -> Iterator[Sighting]:
    """Servers of volon's under a key that the agent does not read."""
    wanted = sheet.file.servers
    for key in sorted(SERVER_KEYS - {wanted}) if wanted else ():
        for call in servers(sheet, key):
            sentence = f"{HOSTS[sheet.file.agent].title} looks for servers under `{wanted}`"
            yield Sighting("agents.server-key", sentence, sheet.shown, call.line, call.key, f"move it to `{wanted}`")


def _server(scene: Scene, call: Call) -> Iterator[Sighting]:
    title, listed = HOSTS[call.sheet.file.agent].title, call.sheet.file.agent in LISTED
    place = (call.sheet.shown, call.line, call.key)
    command = call.part("command")
    plain = command[0].plain if command else None
    if command and isinstance(plain, list) is not listed:
        way = 'write `"command": ["volon", "mcp"]`' if listed else 'write `"command": "volon", "args": ["mcp"]`'
        sentence = f"{title} wants the command as {'one list' if listed else 'a word, and the rest in `args`'}"
        yield Sighting("agents.server-command", sentence, place[0], *command[1:], way)
        return
    if command and isinstance(plain, str) and len(words_of({"command": plain})) > 1:
        sentence = f"{title} looks for a program whose name is the whole line"
        way = 'write `"command": "volon", "args": ["mcp"]`'
        yield Sighting("agents.server-command", sentence, place[0], *command[1:], way)
        return
    path = call.program if call.program.startswith("/") else next(iter(scene.programs(call.program)), "")
    packages = installed(path).packages if path and is_program(path) else ""
    if packages and not os.path.lexists(f"{packages}/mcp/__init__.py"):
        sentence = f"{scene.shown(path)} was installed without the extra `mcp`, so the server cannot start"
        yield Sighting("agents.server-extra", sentence, *place, "install `volon[mcp]`, or take the entry out")


def _off(settings: Sheets) -> Iterator[Sighting]:
    """Servers of volon's that are turned off, by themselves or in a list of those that are."""
    for call in settings.servers:
        for part, off in (("enabled", False), ("disabled", True)):
            member = call.part(part)
            if member and member[0].plain is off:
                sentence = "the server is turned off"
                way = f"write {str(not off).lower()}, or take the entry out"
                yield Sighting("agents.server-off", sentence, call.sheet.shown, *member[1:], way)
    names = {call.name for call in settings.servers if call.sheet.file.agent == "claude"}
    for sheet in settings.sheets:
        node = sheet.at("disabledMcpjsonServers") if sheet.file.agent == "claude" else None
        for item in node.items if node else ():
            if isinstance(item.node.plain, str) and item.node.plain in names:
                line = sheet.line(item.node)
                sentence = f"the server {item.node.plain} is turned off here"
                yield Sighting(
                    "agents.server-off", sentence, sheet.shown, line, "disabledMcpjsonServers", "take it out"
                )


def _twice(ours: list[Call]) -> Iterator[Sighting]:
    """Servers of volon's that one agent starts with different commands, or under different names."""
    first: dict[str, Call] = {}
    for call in ours:
        known = first.setdefault(call.sheet.file.agent, call)
        if known is not call and (known.words, known.name) != (call.words, call.name):
            sentence = f"{known.sheet.shown}:{known.line} has a server of volon's as well, which runs another command"
            if known.words == call.words:
                sentence = f"{known.sheet.shown}:{known.line} has the same server under another name"
            place = (call.sheet.shown, call.line, call.key)
            yield Sighting("agents.server-twice", sentence, *place, "take one of the two out")


def _lines(scene: Scene, lines: list[Call]) -> Iterator[Sighting]:
    """A status line of another tool's, in the place of volon's or in a file that counts more."""
    owned = [line for line in lines if line.sheet.file.agent == "claude"]
    wanted = "claude" in scene.agents and STATUSLINE in scene.manifest.parts
    if not wanted and not any(line.program for line in owned):
        return
    for line in owned:
        if not line.program and line.sheet.file.scope != USER:
            sentence = "another tool's status line is shown in the place of volon's"
            place = (line.sheet.shown, line.line, line.key)
            yield Sighting("agents.status-line", sentence, *place, "keep it, and leave volon's out:", _WITHOUT)


def _context(scene: Scene, sheet: Sheet) -> Iterator[Sighting]:
    """Files of instructions that an agent was told to read in the place of the one with volon's block."""
    agent = sheet.file.agent
    node = sheet.at("context", "fileName") if agent in CONTEXT and agent in scene.agents else None
    if node is None:
        return
    names = [one for one in (node.plain if isinstance(node.plain, list) else [node.plain]) if isinstance(one, str)]
    if CONTEXT[agent] in scene.manifest.files and names and not any(scene.has_block(one) for one in names):
        sentence = f"{HOSTS[agent].title} reads {', '.join(names)[:200]}, and volon's block is in {CONTEXT[agent]}"
        way = f'add "{CONTEXT[agent]}" to the list'
        yield Sighting("agents.context-name", sentence, sheet.shown, sheet.line(node), "context.fileName", way)
