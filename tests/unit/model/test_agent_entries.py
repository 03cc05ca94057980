"""Entries of volon's come into anybody's settings and go again, and every other byte stays where it is."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import quick
from tests.unit.model.syntax.jsontexts import EDITS, OBJECTS, edited
from volon.model.agents.changes import Change, State
from volon.model.agents.entries import Entry, Settings
from volon.model.agents.forms import unguarded
from volon.model.agents.manifest import Manifest, Written, parse
from volon.model.agents.wiring import HOOKED, events, wired, wired_paths

WANTED = {
    one.path: one
    for one in wired(HOOKED, ("hooks", "statusline", "mcp"), {"opencode.ts": ""})
    if isinstance(one, Settings)
}
CLAUDE = WANTED[".claude/settings.json"]
STARTS = ("hooks", "SessionStart")
THEIRS = '{"hooks": {"SessionStart": [{"hooks": [{"command": "theirs"}]}]}}'


def put(wanted: Settings, before: Written | None, there: bytes | None) -> tuple[Change, Written | None, bytes | None]:
    """Also the file as it is then."""
    change, written = wanted.put(before, there)
    if written is not None:
        said = Manifest(("claude",), files={wanted.path: written}).text()
        assert parse(said.encode(), "").files == {wanted.path: written}, "it is what the manifest gives back"
    return change, written, None if change.state is State.REMOVED else change.after or there


def nobody(wanted: Settings) -> Settings:
    return wanted._replace(entries=(), agents=())


@st.composite
def settings(draw: st.DrawFn) -> str:
    """Settings of somebody who may have hooks, or something else under that name."""
    text = draw(OBJECTS)
    for key in draw(st.sampled_from([(), ("hooks",), ("hooks", "SessionStart"), ("mcpServers", "volon")])):
        text = re.sub(r'"@@\d+k"', f'"{key}"', text, count=1)
    return text


@quick
@given(settings(), st.sampled_from(sorted(WANTED)), EDITS, st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_settings_are_given_back_to_the_byte_with_what_was_edited_meanwhile(
    text: str, path: str, edits: list[tuple[str, int, str]], bom: bytes
) -> None:
    wanted, theirs = WANTED[path], bom + text.encode()
    change, written, there = put(wanted, None, theirs)
    assert there is not None
    again = put(wanted, written, there)
    assert (again[1], again[2]) == (written, there), "a second run changes nothing"
    if change.state is State.UPDATED and not change.reason:
        assert again[0].state is State.UNCHANGED
    after = edited(there.decode(), edits).encode()
    assert put(nobody(wanted), written, after)[2] == edited(theirs.decode(), edits).encode()


@quick
@given(st.permutations(sorted(name for name in wired_paths()[CLAUDE.path])), st.booleans())
def test_entries_go_one_by_one_in_any_order_and_the_file_with_the_last(names: list[str], there_was_one: bool) -> None:  # noqa: FBT001
    theirs = b"{}" if there_was_one else None
    _, written, there = put(CLAUDE, None, theirs)
    for count in range(len(names) + 1):
        left = tuple(one for one in CLAUDE.entries if one.name not in names[:count])
        _, written, there = put(CLAUDE._replace(entries=left), written, there)
        assert [one.name for one in left] == [
            one for one in (written.entries if written else ()) if one in names[count:]
        ]
    assert there == theirs


@pytest.mark.parametrize("path", sorted(WANTED))
def test_a_file_of_settings_that_volon_made_says_only_what_it_wants_and_goes_with_it(path: str) -> None:
    change, written, there = put(WANTED[path], None, None)
    assert change.state is State.CREATED
    assert json.loads(there or b"")
    assert put(WANTED[path], written, there)[0].state is State.UNCHANGED
    assert put(nobody(WANTED[path]), written, there)[0].state is State.REMOVED


def test_hooks_of_others_stay_in_order_before_volons() -> None:
    _, _, there = put(CLAUDE, None, THEIRS.encode())
    first, second = json.loads(there or b"")["hooks"]["SessionStart"]
    assert first["hooks"][0]["command"] == "theirs"
    assert unguarded(second["hooks"][0]["command"]) == "volon hook session-start --agent claude"


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('"timeout": 10', '"timeout": 60', "hooks.SessionStart"),
        ("volon hook pre-compact", "/opt/volon hook pre-compact --quiet", "hooks.PreCompact"),
        ("volon statusline", "volon statusline --plain", "statusLine"),
    ],
)
def test_an_entry_that_was_edited_is_named_and_kept(before: str, after: str, named: str) -> None:
    _, written, there = put(CLAUDE, None, b'{"model": "x"}')
    by_hand = (there or b"").decode().replace(before, after, 1).encode()
    change, again, kept = put(CLAUDE, written, by_hand)
    assert (change.state, kept, change.reason) == (State.KEPT, by_hand, f"{named} was edited since volon wrote it")
    change, again, kept = put(nobody(CLAUDE), again, by_hand)
    assert (change.state, change.reason) == (State.UPDATED, f"{named} was edited since volon wrote it")
    assert again is None
    left = json.loads(kept or b"")
    for key in named.split("."):
        left = left[key]
    assert after.strip('"') in json.dumps(left)
    assert len(re.findall(rb"volon (?:hook|statusline)", kept or b"")) == 1


def test_an_entry_with_a_comment_of_somebodys_is_kept() -> None:
    _, written, there = put(CLAUDE, None, b'{"model": "x"}')
    for before, after in (
        ('"command": "volon statusline"', '"command": "volon statusline" /* good */'),
        ('"statusLine":', '"statusLine": /* good */'),
    ):
        by_hand = (there or b"").decode().replace(before, after, 1).encode()
        change, _, kept = put(nobody(CLAUDE), written, by_hand)
        assert (change.state, change.reason) == (State.UPDATED, "statusLine was edited since volon wrote it")
        assert b"good" in (kept or b"")
        assert put(CLAUDE, written, by_hand)[2] == by_hand


def test_what_is_laid_out_anew_or_comes_from_an_older_volon_is_known() -> None:
    _, written, there = put(CLAUDE, None, b"{}")
    assert put(CLAUDE, written, json.dumps(json.loads(there or b""), indent=7).encode())[0].state is State.UNCHANGED
    older = tuple(one._replace(value={"command": "volon old"}) for one in CLAUDE.entries)
    _, written, there = put(CLAUDE._replace(entries=older), None, THEIRS.encode())
    change, written, there = put(CLAUDE, written, there)
    assert (change.state, change.reason) == (State.UPDATED, "")
    assert there == put(CLAUDE, None, THEIRS.encode())[2]
    assert put(nobody(CLAUDE), written, there)[2] == THEIRS.encode()


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        ('{\n"statusLine": {"type": "command", "command": "theirs"}}', "statusLine is of another tool"),
        ('{"hooks": {"SessionStart": [{"command": "volon brief"}]}}', "hooks.SessionStart calls volon already"),
        ('{"hooks": []}', "hooks is no object"),
        ('{"hooks": {"SessionStart": {}}}', "hooks.SessionStart is no array"),
        ("[]", "it is no object"),
    ],
)
def test_what_is_in_the_way_is_named_and_the_rest_is_written(theirs: str, reason: str) -> None:
    change, written, there = put(CLAUDE, None, theirs.encode())
    assert change.reason == reason
    assert put(nobody(CLAUDE), written, there)[2] == theirs.encode()


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        (b'{\n"a": 1,\n"a": 2}', 'line 3: "a" stands here a second time'),
        (b"{", "line 1: it ends too early"),
        (b"", "line 1: it ends too early"),
        (b'{"a": "\xff"}', "it is not UTF-8"),
        (b"[" * 99, "it is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_kept_and_what_would_stand_there_is_said(theirs: bytes, reason: str) -> None:
    change, written, there = put(CLAUDE, None, theirs)
    assert (change.state, written, there) == (State.KEPT, None, theirs)
    assert reason in change.reason
    assert change.paste.encode() == put(CLAUDE, None, None)[2]


def test_what_is_no_file_of_settings_by_its_size_is_left_alone() -> None:
    change, written, there = put(CLAUDE, None, b" " * (1 << 20) + b"{}")
    assert (change.state, written, change.after) == (State.KEPT, None, None)
    assert len(there or b"") == (1 << 20) + 2


def test_what_a_manifest_claims_and_does_not_name_volon_is_nobodys_to_take() -> None:
    """A manifest may come from a stranger, with the digest of what is its reader's own."""
    theirs = THEIRS[:-1] + ', "statusLine": {"command": "theirs"}}'
    forged = Settings(
        CLAUDE.path,
        (
            Entry("hooks", STARTS, json.loads(THEIRS)["hooks"]["SessionStart"][0], listed=True),
            Entry("statusline", ("statusLine",), {"command": "theirs"}),
        ),
    )
    _, claimed, _ = put(forged, None, b"{}")
    assert claimed is not None
    assert set(claimed.entries) == {"hooks/SessionStart", "statusLine"}
    assert put(nobody(CLAUDE), claimed, theirs.encode())[2] == theirs.encode()
    _, _, there = put(CLAUDE, claimed, theirs.encode())
    assert b'"statusLine": {"command": "theirs"}' in (there or b"")


@pytest.mark.parametrize("agent", sorted(HOOKED))
def test_every_command_is_a_program_on_path_and_its_time_limit_is_in_the_agents_own_unit(agent: str) -> None:
    placed = list(wired([agent], ("hooks",), {"opencode.ts": ""}))
    text = "".join(str(getattr(one, "data", b"").decode() or one) for one in placed)
    limits = {int(found) for found in re.findall(r"timeout(?:Sec)?['\"]: (\d+)", text)}
    assert limits <= ({10_000, 3000} if agent == "gemini" else {10, 3})
    called = re.findall(r"(?:['\"]|&& )(volon hook [^'\"|]*?)(?: \|\| true)?['\"]", text)
    assert set(called) <= {f"volon hook {event} --agent {agent}" for event in events(agent)}
    assert agent == "opencode" or {one.split()[2] for one in called} == set(events(agent))
