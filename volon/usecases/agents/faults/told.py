"""Faults of what agents are told: the files that volon wrote, its block in files of instructions, and its skills.

Source: issue "Where agents live"; agents.md §1.2, §1.6.
"""

from __future__ import annotations

from volon.model.agents.changes import State
from volon.model.agents.fault import Sighting
from volon.model.agents.hosts import HOMES, HOSTS, NAME, SHARED
from volon.model.agents.telling import AIDER, skill_paths
from volon.model.agents.texts import BEGIN, END
from volon.model.syntax.gitpath import shell_word
from volon.patterns import pattern
from volon.usecases.agents.faults.scene import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.agents.changes import Change
    from volon.usecases.agents.faults.scene import Scene

_UPGRADE = "volon agents upgrade"
_SPECIFIED = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
_CLAUDES = frozenset({"argument-hint", "disable-model-invocation", "user-invocable", "context", "agent", "model"})
_KEY = pattern(r"(?m)^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*?)[ \t]*$")
_HEAD = pattern(r"(?m)---\r?\n(?s:(.*?))^---[ \t]*\r?$")
_SKILL = "/SKILL.md"


def look(scene: Scene, named: set[str]) -> Iterator[Sighting]:
    """Yield what is wrong with what agents are told.

    Args:
        scene: what is looked at.
        named: files of which it was said already what is wrong.
    """
    special = [*_blocks(scene), *_skills(scene)]
    yield from special
    already = named | {one.path for one in special}
    changes = [one for one in scene.changes if one.path not in already]
    hidden = [one for one in changes if _hides(scene, one)]
    for one in hidden:
        sentence = f"{HOSTS['claude'].title} reads this and not {SHARED}, where volon's block is"
        yield Sighting(
            "agents.block-hidden", sentence, one.path, 1, way=f"write @{SHARED} into it, or", command=_UPGRADE
        )
    for one in changes:
        if one not in hidden and (one.agents or not hidden):
            yield from _changed(scene, one)
    yield from _clashes(scene)


def _hides(scene: Scene, change: Change) -> bool:
    """Whether an agent's own file of instructions came after the block was written elsewhere."""
    owns = {host.own for name, host in HOSTS.items() if name in scene.agents and host.own and host.shares}
    return (
        change.state is State.UPDATED
        and change.path in owns
        and change.path not in scene.manifest.files
        and scene.has_block(SHARED)
    )


def _changed(scene: Scene, change: Change) -> Iterator[Sighting]:
    path, known = change.path, scene.manifest.files.get(change.path)
    if change.state is State.KEPT:
        yield _kept(scene, change)
    elif change.state is State.CREATED and known:
        yield Sighting("agents.file-gone", "volon wrote this, and it is gone", path, command=_UPGRADE)
    elif change.state is State.UPDATED and known and BEGIN in known.added and not scene.has_block(path):
        yield Sighting("agents.file-gone", "volon's block is gone from it", path, command=_UPGRADE)
    elif change.state is not State.UNCHANGED:
        what = {State.CREATED: "it is missing", State.REMOVED: "nobody needs it any more"}.get(change.state, "")
        sentence = what or "it is not as this volon writes it"
        yield Sighting("agents.file-old", sentence, path, command=_UPGRADE)


def _kept(scene: Scene, change: Change) -> Sighting:
    path = change.path
    if scene.is_link(path):
        way = "put a real file or directory in the place of the link, then"
        return Sighting(
            "agents.file-linked", "it is reached through a link, or is no file", path, way=way, command=_UPGRADE
        )
    if path in scene.manifest.files and scene.manifest.files[path].entries:
        way = "keep it as it is; or take it out, and"
        return Sighting("agents.file-edited", change.reason, path, way=way, command=_UPGRADE)
    if path == AIDER and path not in scene.manifest.files:
        text = scene.text(path) or ""
        line = line_of(text, found.start()) if (found := pattern(r"(?m)^read\s*:").search(text)) else 1
        sentence = f"what Aider reads is listed here, without {SHARED}"
        return Sighting("agents.aider-reads", sentence, path, line, "read", f"add {SHARED} to the list")
    if path in scene.manifest.files or scene.has_block(path):
        way = "keep it as it is; or move it away, and"
        return Sighting("agents.file-edited", "it was edited since volon wrote it", path, way=way, command=_UPGRADE)
    if path not in skill_paths():
        return Sighting(
            "agents.file-unfit", f"it {change.reason}", path, way="save it as UTF-8, then", command=_UPGRADE
        )
    sentence = f"neither this name nor volon-{_name(path)} is free for volon's skill"
    return Sighting("agents.name-taken", sentence, path, 1, way="rename one of the two, then", command=_UPGRADE)


def _blocks(scene: Scene) -> Iterator[Sighting]:
    for path in dict.fromkeys((SHARED, *(host.own for host in HOSTS.values() if host.own))):
        text = scene.text(path) or ""
        begins, ends = _lines(text, BEGIN), _lines(text, END)
        if len(begins) != len(ends):
            line = (begins or ends)[-1]
            sentence = f"volon's block has {len(begins)} first and {len(ends)} last lines"
            yield Sighting(
                "agents.block-open", sentence, path, line, way="delete what is left of it, then", command=_UPGRADE
            )
        elif len(begins) > 1:
            sentence = f"volon's block stands here {len(begins)} times"
            way = f"delete lines {begins[-1]} to {ends[-1]}, then"
            yield Sighting("agents.block-twice", sentence, path, begins[-1], way=way, command=_UPGRADE)


def _lines(text: str, mark: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == mark]


def _skills(scene: Scene) -> Iterator[Sighting]:
    skills = {path: _name(path) for path in scene.manifest.files if path.endswith(_SKILL)}
    for path, name in skills.items():
        yield from _head(scene, path, name)
        yield from _copies(scene, path, name)
    names = dict.fromkeys(skills.values())
    for agent, host in HOSTS.items():
        if agent in scene.agents:
            ours = [name for name in names if host.skills.replace(NAME, name) in scene.manifest.files]
            for path in (rival.replace(NAME, name) for rival in host.rivals for name in ours):
                if scene.text(path) is not None:
                    sentence = f"{host.title} runs this, and not volon's skill of the same name"
                    yield Sighting("agents.skill-shadowed", sentence, path, 1, way="rename the file")


def _name(path: str) -> str:
    """What a skill has to be called, by its path."""
    return path.removesuffix(_SKILL).rpartition("/")[2]


def _head(scene: Scene, path: str, name: str) -> Iterator[Sighting]:
    text = scene.text(path) or ""
    head = _HEAD.match(text)
    allowed = _SPECIFIED | (_CLAUDES if path.startswith(".claude/") else frozenset())
    for row in _KEY.finditer(text, 0, head.end(1)) if head else ():
        line = line_of(text, row.start())
        if row[1] == "name" and row[2].strip("\"'") != name:
            sentence = f"it calls itself {shell_word(row[2][:64])}, and its directory {name}"
            yield Sighting("agents.skill-name", sentence, path, line, "name", f"write `name: {name}`")
        elif row[1] not in allowed:
            sentence = f"the specification of skills has no key {row[1][:64]}"
            yield Sighting("agents.skill-key", sentence, path, line, row[1][:64], "delete the line")


def _copies(scene: Scene, path: str, name: str) -> Iterator[Sighting]:
    if not path.startswith(".agents/") or "codex" not in scene.agents:
        return
    sentence = f"Codex lists this and {path} under the same name"
    inside, outside = f".codex/skills/{name}{_SKILL}", scene.home(f"skills/{name}{_SKILL}", *HOMES["codex"])
    if scene.text(inside) is not None:
        yield Sighting("agents.skill-twice", sentence, inside, 1, way="move it away")
    if scene.own(outside) is not None:
        yield Sighting("agents.skill-twice", sentence, scene.shown(outside), 1, way="move it away")


def _clashes(scene: Scene) -> Iterator[Sighting]:
    """Names beside what volon wrote that differ from it in capitals only, in any part of the path."""
    seen = set[str]()
    for path in scene.manifest.files:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            above = "/".join(parts[:depth])
            for name in scene.names(above):
                other = f"{above}/{name}".lstrip("/")
                if name != part and name.casefold() == part.casefold() and other not in seen:
                    seen.add(other)
                    sentence = f"beside {'/'.join(parts[: depth + 1])}, which only differs in capitals"
                    yield Sighting("agents.name-clash", sentence, other, way="keep one of the two names")
