"""Whatever a manifest says of whatever files: only what volon writes is renewed, taken out or deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import quick
from volon.digests import sha256
from volon.model.agents.changes import State
from volon.model.agents.forms import calls_volon_only, guarded, is_block, is_whole
from volon.model.agents.hosts import HOSTS
from volon.model.agents.manifest import Manifest, parse
from volon.model.agents.parts import DEFAULT, PARTS
from volon.model.agents.placing import place, placeable
from volon.model.agents.telling import block_paths, skill_paths
from volon.model.agents.texts import BEGIN, BLOCK, END, READ_SHARED, SKILLS
from volon.model.agents.wiring import PLUGIN, wired_paths
from volon.templating import packaged

TEMPLATES = {PLUGIN: packaged(f"agents/{PLUGIN}"), **{name: packaged(f"skills/{name}.md") for name in SKILLS}}
NAMED = {path: sorted(names) for path, names in wired_paths().items()}
FEW = sorted({".mcp.json", *(path for path in NAMED if not NAMED[path]), ".claude/settings.json", ".cursor/hooks.json"})
PLACES = [*FEW, ".claude/skills/pause-task/SKILL.md", ".goose/recipes/conduct.yaml", "AGENTS.md", ".aider.conf.yml"]
PERSONS = re.compile(rb"@@\d+")


def installed(*agents: str) -> tuple[dict[str, bytes], Manifest]:
    """What stands there once volon is installed where nothing was."""
    changes, manifest = place(agents, Manifest(parts=tuple(PARTS)), lambda _: None, TEMPLATES)
    return {one.path: one.after for one in changes if one.after is not None}, manifest


VOLONS, _ = installed(*HOSTS)


def persons(number: int, *calls: str) -> list[Any]:
    """Values that a person may have in settings, with calls of volon among other things."""
    mark = f"@@{number}"
    hooks = [{"command": mark}, *({"command": one} for one in calls)]
    return [
        mark,
        f"volon {mark}",
        ["volon", mark],
        {"type": "command", "command": f"volon hook session-end && {mark}"},
        {"command": "volon", "args": ["mcp", mark]},
        {"command": "volon", "args": ["mcp"], "env": {"TOKEN": mark}},
        {"hooks": hooks},
        {"matcher": mark, "hooks": hooks[1:]},
    ]


@st.composite
def settings(draw: st.DrawFn, path: str) -> str:
    """Settings with a person's values at the places of volon's, and perhaps volon's beside them."""
    said: Any = json.loads(VOLONS[path]) if draw(st.booleans()) else {}
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMED[path]), unique=True, max_size=3))):
        value = draw(st.sampled_from(persons(number, "volon hook session-start --agent claude")))
        inside = said
        *way, last = name.split("/")
        for key in way:
            inside = inside.setdefault(key, {})
        inside[last] = [*inside.get(last, []), value] if way[:1] == ["hooks"] else value
    return json.dumps(said, indent=draw(st.sampled_from([None, 2])))


@st.composite
def files(draw: st.DrawFn) -> dict[str, bytes]:
    found = {}
    for number, path in enumerate(draw(st.lists(st.sampled_from(PLACES), unique=True, min_size=1))):
        mark, ours = f"@@{number}", VOLONS.get(path, BLOCK.encode()).decode()
        choices = [ours, f"{mark}\n", f"{mark}\n\n{ours}", f"# {ours}{mark}", f"{mark}{BEGIN}\n{END}\n"]
        # What is laid out as volon's, with a person's words in its body, is told from volon's by the digest alone.
        choices += [f"{ours}{mark}"] if path in block_paths() else []
        choices += ["{}\n", "", f'{{"version": 1, "hooks": {{"x": [{{"command": "volon hook; {mark}"}}]}}}}']
        choices += [f'---\nname: pause-task\ndescription: "{mark}"\n---\n`volon status`\n', f"{READ_SHARED}{mark}\n"]
        found[path] = draw(settings(path) if NAMED.get(path) else st.sampled_from(choices)).encode()
    return found


def claims(data: bytes) -> list[str]:
    """Digests of everything in a file."""
    found = [sha256(data)]
    try:
        values = [json.loads(data)]
    except ValueError:
        values = []
    while values:
        one = values.pop()
        found.append(sha256(json.dumps(one, sort_keys=True).encode()))
        values += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
    return found


@st.composite
def manifests(draw: st.DrawFn, there: dict[str, bytes]) -> Manifest:
    """Whatever the stranger likes who knows every file."""
    said = {}
    for path, data in there.items():
        text = data.decode()
        begin, end = sorted(draw(st.tuples(*(st.integers(0, len(text)) for _ in range(2)))))
        added = draw(st.sampled_from([text, text[begin:end], BLOCK, f"\n\n{BLOCK}", READ_SHARED]))
        named = [*NAMED.get(path, []), "x"]
        entries = st.dictionaries(st.sampled_from(named), st.sampled_from(claims(data)))
        within = ["", *named, *(name.rpartition("/")[0] for name in named)]
        forms: list[dict[str, Any]] = [{"sha256": sha256(data)}, {"added": added, "made": True}]
        forms += [{"entries": draw(entries), "within": within}, {**forms[0], **forms[1]}]
        said[path] = draw(st.sampled_from(forms))
    agents = draw(st.lists(st.sampled_from(sorted(HOSTS)), unique=True, max_size=3))
    whole = {"schema_version": 2, "agents": agents, "parts": draw(st.sampled_from([[], DEFAULT])), "files": said}
    return parse(json.dumps(whole).encode(), "")


@quick
@given(st.data())
def test_whatever_a_manifest_says_nothing_of_a_persons_goes(data: st.DataObject) -> None:
    there = data.draw(files())
    manifest = data.draw(manifests(there))
    for agents in ((), manifest.agents, ("claude", "goose", "kiro")):
        for change in place(agents, manifest, there.get, TEMPLATES)[0]:
            before = there.get(change.path, b"")
            after = b"" if change.state is State.REMOVED else before if change.after is None else change.after
            assert PERSONS.findall(after) == PERSONS.findall(before), change
            assert change.state is not State.REMOVED or b"volon" in before or change.path == ".aider.conf.yml", change


def test_every_file_of_volons_is_known_by_its_form_and_what_a_manifest_of_volons_says_is_believed() -> None:
    assert placeable() == skill_paths() | block_paths() | set(NAMED)
    for path in skill_paths() | {path for path, names in NAMED.items() if not names}:
        if path in VOLONS:
            assert is_whole(path, VOLONS[path]), path
            assert is_whole(path, VOLONS[path].replace(b"\n", b"\r\n")), path
            assert not is_whole(path, b"mine\n" + VOLONS[path]), path
    for agent in HOSTS:
        there, manifest = installed(agent)
        gone, left = place((), manifest, there.get, TEMPLATES)
        assert {one.path: one.state for one in gone} == dict.fromkeys(there, State.REMOVED), agent
        assert left.files == {}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('---\nname: pause-task\ndescription: "Pause with volon."\n---\nRun `volon pause-task`.\n', True),
        ('---\nname: pause-task\ndescription: "Pause with volon."\nlicense: x\n---\nRun `volon pause-task`.\n', False),
        ('---\nname: pause\ndescription: "Pause with volon."\n---\nRun `volon pause-task`.\n', False),
        ('---\nname: pause-task\ndescription: "Pause."\n---\nRun `volon pause-task`.\n', False),
        ('---\nname: pause-task\ndescription: "Pause with volon."\n---\nNothing.\n', False),
    ],
)
def test_a_skill_of_another_volon_is_known_by_how_it_is_laid_out(text: str, whole: bool) -> None:  # noqa: FBT001
    assert is_whole(".claude/skills/pause-task/SKILL.md", text.encode()) is whole


def test_a_text_or_an_entry_is_volons_only_as_a_whole() -> None:
    assert is_block(f"\n\n{BLOCK}")
    assert is_block(f"{BEGIN}\nold\n{END}\n")
    for text in ("", "x", f"x{BLOCK}", f"{BLOCK}x", f"\n\n\n{BLOCK}", f"{BLOCK}mine\n{BLOCK}", READ_SHARED[:-1]):
        assert not is_block(text), text
    call = "volon hook session-end --agent claude"
    assert calls_volon_only({"command": call, "timeout": 3})
    assert calls_volon_only({"command": guarded(call), "timeout": 3})
    assert not calls_volon_only({"command": guarded(f"{call}; rm x")})
    for value in persons(0, "volon hook session-start"):
        assert not calls_volon_only(value), value
