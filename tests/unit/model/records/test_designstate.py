"""STATE.md belongs to another tool: three places change, every other byte stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import FORMATS, NOW, quick, texts
from volon.model.problems import InvalidRecord, RecordError
from volon.model.records.designstate import DesignState, check_state, parse_state, set_paused, set_resumed
from volon.model.text import one_line

STATE = (FORMATS / "STATE.md").read_bytes()
BLOCKS = (
    "<decisions>\nD-01: grid (locked)\nstatus: no\n</decisions>",
    "<blockers>\n[plan] [2026-04-21]: late\n</blockers>",
    "<blockers>\n</blockers>",
    "<timestamps>\nstarted_at: x\ndesign_checkpoint_at: ~\n</timestamps>",
    "<timestamps>\n</timestamps>",
    "<todos>\npending: 2\n</todos>",
    "<unheard-of a=1/>",
    "<novel>\nstatus: x\n</novel>",
    "```\n<position>\nstatus: example\n</position>\n```",
    "text\n\n# heading",
)
STAMPS = ("last_checkpoint: 2026-04-24T16:20:00Z  # when\n", 'last_checkpoint: "x"\n', "last_checkpoint:\n", "")


def tag_of(block: str) -> str:
    return block.partition(">")[0]


@st.composite
def states(draw: st.DrawFn) -> bytes:
    status = draw(st.sampled_from(["in_progress", "blocked", "a b  # note", "", '"quoted"', "paused:blocked"]))
    gap = draw(st.sampled_from([" ", "   "]))
    position = f"<position>\nstage: design\n  task_progress: 3/7\nstatus:{gap}{status}\n</position>"
    rest = draw(st.lists(st.sampled_from(BLOCKS), unique_by=tag_of, max_size=6))
    rest.insert(draw(st.integers(0, len(rest))), position)
    stamp = draw(
        st.sampled_from(
            ["last_checkpoint: 2026-04-24T16:20:00Z  # when\n", 'last_checkpoint: "x"\n', "last_checkpoint:\n", ""]
        )
    )
    text = f"---\nstage: design\ncycle: ''\n{stamp}unknown: [a, b]\n---\n" + "\n\n".join(rest)
    text += draw(st.sampled_from(["", "\n", "\n\n"]))
    return (draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))).encode()


def untouched(data: bytes) -> list[str]:
    """Every line but those a pause may change; inside the blockers only what a pause did not add."""
    rows = data.decode().replace("\r\n", "\n").split("\n")
    mine = ("status:", "last_checkpoint:", "design_checkpoint_at:", "[design] [2026-11-19]: ")
    return [row for row in rows if not row.strip().startswith(mine) and row not in {"", "<blockers>", "</blockers>"}]


@quick
@given(states(), st.lists(texts, max_size=2))
def test_a_pause_changes_status_stamps_and_blockers_and_nothing_else(data: bytes, blockers: list[str]) -> None:
    before, after = parse_state(data), parse_state(paused := set_paused(data, NOW, blockers))
    assert untouched(paused) == untouched(data)
    assert after.paused
    assert after.prior_status == before.prior_status
    assert after.stage == before.stage == "design"
    assert after.last_checkpoint == "2026-11-19T10:00:00Z"
    assert len(after.blockers) == len(before.blockers) + sum(1 for text in blockers if one_line(text))
    assert (b"\r\n" in paused) == (b"\r\n" in data)
    assert paused.count(b"\n") - paused.count(b"\r\n") == data.count(b"\n") - data.count(b"\r\n") or b"\r\n" not in data


@quick
@given(states())
def test_pausing_twice_prefixes_once_and_is_stable(data: bytes) -> None:
    once = set_paused(data, NOW)
    assert set_paused(once, NOW) == once


@quick
@given(states())
def test_a_resume_gives_the_status_back(data: bytes) -> None:
    before = parse_state(data)
    resumed = set_resumed(set_paused(data, NOW), NOW)
    assert parse_state(resumed).status == before.prior_status
    assert untouched(resumed) == untouched(data)
    if not before.paused:
        assert set_resumed(data, NOW) == data


def test_the_sample_of_the_original() -> None:
    assert parse_state(STATE) == DesignState(
        stage="design",
        cycle=None,
        wave="1",
        task_progress="3/7",
        status="in_progress",
        last_checkpoint="2026-04-24T16:20:00Z",
        blockers=("[plan] [2026-04-21]: palette not delivered",),
    )
    before, after = STATE.decode().splitlines(), set_paused(STATE, NOW, ["no\nGPU"]).decode().splitlines()
    assert [row for row in after if row not in before] == [
        "last_checkpoint: 2026-11-19T10:00:00Z",
        "status: paused:in_progress",
        "[design] [2026-11-19]: no GPU",
        "design_checkpoint_at: 2026-11-19T10:00:00Z",
    ]
    assert [row for row in before if row not in after] == [
        "last_checkpoint: 2026-04-24T16:20:00Z",
        "status: in_progress",
        "design_checkpoint_at: ~",
    ]


def test_a_missing_blockers_block_goes_where_the_format_wants_it() -> None:
    data = b"---\nstage: plan\n---\n<position>\nstatus: x\n</position>\n\n<todos>\n</todos>\n"
    assert set_paused(data, NOW, ["late"]).endswith(
        b"</position>\n\n<blockers>\n[plan] [2026-11-19]: late\n</blockers>\n\n<todos>\n</todos>\n"
    )
    bare = set_paused(data.replace(b"\n<todos>\n</todos>\n", b""), NOW, ["late"])
    assert bare.endswith(b"</position>\n\n<blockers>\n[plan] [2026-11-19]: late\n</blockers>\n")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ((FORMATS / "STATE-stub.md").read_bytes(), "state.frontmatter-missing"),
        (b"---\nstage: x\n---\nno blocks\n", "state.status-missing"),
        (b"---\nstage: x\n---\n<position>\nstage: x\n</position>\n", "state.status-missing"),
        (b"---\nstage: x\n---\n<position>\nstatus: x\n", "state.block-unclosed"),
        (b"---\nstage: x\n---\n<position>\nstatus: x\n</position>\n<position>\n</position>\n", "state.block-duplicate"),
        (b"---\nstage: x\nstage: y\n---\n", "yaml.duplicate-key"),
        (b"---\nstage: x\n", "frontmatter.unclosed"),
        (b"\xff", "record.encoding"),
        (b"<<<<<<< a\n=======\n>>>>>>> b\n", "record.conflict-markers"),
    ],
)
def test_what_cannot_be_understood_is_a_problem_and_is_not_edited(data: bytes, rule: str) -> None:
    assert [problem.rule for problem in check_state(data)] == [rule]
    for edit in (set_paused, set_resumed):
        with pytest.raises(RecordError):
            edit(data, NOW)


def test_a_problem_names_the_files_line() -> None:
    data = b"---\nstage: x\n---\n\n<position>\nstatus: x\n</position>\n<a>\n"
    with pytest.raises(InvalidRecord) as caught:
        parse_state(data)
    assert caught.value.problem.where == ".design/STATE.md:8"


def test_a_state_that_is_far_too_large_is_named_and_left_alone_at_once() -> None:
    data = (FORMATS / "STATE.md").read_bytes() + b"<a>\n" * 1_500_000
    before = time.process_time()
    assert [problem.rule for problem in check_state(data)] == ["state.too-large"]
    assert time.process_time() - before < 1
