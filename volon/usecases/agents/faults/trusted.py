"""Faults of trust: what an agent's user has not agreed to yet. It is told, and never written.

Source: issue "Where agents live"; agents.md §1.5.
"""

from __future__ import annotations

import tomllib

from volon.model.agents.agreed import digests
from volon.model.agents.fault import Sighting
from volon.model.agents.hosts import HOMES
from volon.model.agents.wiring import HOOKED
from volon.model.syntax.jsonc import NotJson, read
from volon.paths import Path
from volon.patterns import pattern
from volon.usecases.agents.faults.scene import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from volon.usecases.agents.faults.scene import Scene
    from volon.usecases.agents.faults.sheets import Call, Sheet, Sheets

_HUMP = pattern(r"(?<=[a-z])(?=[A-Z])")
_PLACE = pattern(r"\[(\d+)\]\.hooks\[(\d+)\]$")
_MOST_DOTS = 1000
"""In one line: a key of so many words takes its reader longer than anybody waits."""
_REFUSED, _PARENT = "DO_NOT_TRUST", "TRUST_PARENT"


def look(scene: Scene, settings: Sheets) -> Iterator[Sighting]:
    """Yield what is not trusted; of an agent whose user has no such file nothing is known."""
    calls = settings.hooks
    yield from _codex(scene, [call for call in calls if call.sheet.shown == HOOKED["codex"].path and call.grouped])
    if any(call.sheet.file.agent == "gemini" for call in calls) or "gemini" in scene.agents:
        yield from _gemini(scene, settings.sheets)


def _codex(scene: Scene, calls: list[Call]) -> Iterator[Sighting]:
    path = scene.home("config.toml", *HOMES["codex"])
    text = scene.own(path)
    said = _toml(text) if text is not None and calls else None
    if said is None:
        return
    if not _is_trusted(scene, said.get("projects")):
        sentence = f"Codex does not trust {scene.shown(scene.root)}, and runs no hook of its"
        way = "start Codex there and agree, if you do"
        yield Sighting("agents.codex-project", sentence, scene.shown(path), _mention(text or "", scene.root), way=way)
        return
    hooked = said.get("hooks")
    state = hooked.get("state") if isinstance(hooked, dict) else None
    for call in calls:
        rows = [state.get(key) for key in _keys(scene, call)] if isinstance(state, dict) else []
        agreed = {
            str(row["trusted_hash"]).partition("/")[0] for row in rows if isinstance(row, dict) if "trusted_hash" in row
        }
        known = digests(_event(call), call.node.plain) if not call.matcher else frozenset()
        if not agreed or (known and not known & agreed):
            why = "it was changed since somebody agreed to it" if agreed else "nobody has agreed to it yet"
            sentence, way = f"Codex does not run this hook: {why}", "type /hooks in Codex and look at it"
            yield Sighting("agents.codex-hook", sentence, call.sheet.shown, call.line, call.key, way)


def _is_trusted(scene: Scene, rows: object) -> bool:
    """Whether Codex's user trusts the repository: this working tree, a directory of it, or the main one."""
    trusted = [path for path, row in rows.items() if _level(row) == "trusted"] if isinstance(rows, dict) else []
    return any(Path(path).is_relative_to(root) for path in trusted for root in (scene.root, scene.main))


def _level(row: object) -> object:
    return row.get("trust_level") if isinstance(row, dict) else None


def _keys(scene: Scene, call: Call) -> list[str]:
    """What Codex may call a hook where it writes down who agreed to it."""
    place = _PLACE.search(call.key)
    if place is None:
        return []
    name = f"{call.sheet.shown}:{_event(call)}:{place[1]}:{place[2]}"
    return [f"{root}/{name}" for root in (scene.root, scene.main)]


def _event(call: Call) -> str:
    """What it calls an event there."""
    return _HUMP.sub("_", call.event).lower()


def _toml(text: str) -> dict[str, Any] | None:
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _mention(text: str, what: str) -> int | None:
    at = text.find(what)
    return line_of(text, at) if at >= 0 else None


def _gemini(scene: Scene, found: list[Sheet]) -> Iterator[Sighting]:
    """The rule that is the longest of those about this directory counts, unless the user wants none of this."""
    nodes = [sheet.at("security", "folderTrust", "enabled") for sheet in found if sheet.file.agent == "gemini"]
    if scene.env.get("GEMINI_CLI_TRUST_WORKSPACE") == "true" or any(node and node.plain is False for node in nodes):
        return
    path = scene.env.get("GEMINI_CLI_TRUSTED_FOLDERS_PATH") or scene.home(".gemini/trustedFolders.json")
    text = scene.own(path)
    try:
        rules = read(text).plain if text is not None else None
    except NotJson:
        return
    root, longest, refused = Path(scene.root), "", False
    for rule, level in rules.items() if isinstance(rules, dict) else ():
        base = Path(rule).parent if level == _PARENT else Path(rule)
        if base.is_absolute() and root.is_relative_to(base) and len(rule) > len(longest):
            longest, refused = rule, level == _REFUSED
    if refused:
        sentence = f"Gemini CLI was told not to trust {scene.shown(longest)}, and reads no settings of the repository"
        way = "type /permissions in Gemini CLI, if you do trust it"
        yield Sighting("agents.gemini-folder", sentence, scene.shown(path), _mention(text or "", longest), longest, way)
