"""What is live: the latest event of each task, when its operation was committed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from volon.model.records.events import PauseEvent, live_pauses, parse_event, render_message

ONE = PauseEvent("01", "paused", "a" * 40, "TASK-1", "uid-1", "One", "main", ".", 1, "2026-11-19T10:00:00Z")


def test_the_latest_event_of_a_task_decides() -> None:
    again = replace(ONE, ulid="03", checkpoint=2)
    other = replace(ONE, ulid="02", task_uid="uid-2")
    closed = replace(again, ulid="04", kind="closed")
    everything = {"01", "02", "03", "04"}
    assert live_pauses([ONE, other, again], everything.__contains__) == (again, other)
    assert live_pauses([closed, again, other, ONE], everything.__contains__) == (other,)


def test_an_event_whose_operation_was_not_committed_does_not_count() -> None:
    again, closed = replace(ONE, ulid="03"), replace(ONE, ulid="04", kind="closed")
    assert live_pauses([ONE, again, closed], {"01"}.__contains__) == (ONE,)
    assert live_pauses([ONE], lambda _op: False) == ()


_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


@given(title=_TEXT, branch=st.none() | _TEXT.filter(str.strip), worktree=_TEXT.filter(str.strip))
def test_a_message_comes_back_and_no_value_can_forge_another(title: str, branch: str | None, worktree: str) -> None:
    message = render_message(
        task_id="TASK-1",
        task_uid="uid",
        title=title,
        branch=branch,
        worktree=worktree,
        checkpoint=3,
        paused_at="2026-11-19T10:00:00Z",
    )
    found = parse_event("01", "paused", "a" * 40, None, message)
    assert found is not None
    assert (found.task_id, found.task_uid, found.checkpoint) == ("TASK-1", "uid", 3)
    assert found.title.split() == title.replace("\0", " ").split()
    assert (found.branch or "").replace("\0", " ").split() == (branch or "").replace("\0", " ").split()


def test_what_is_not_ours_is_none() -> None:
    for message in ("", "Fix\n\nbody", "volon: pause\n\nVolon-Task: T\n", "Volon-Task-Uid: u\n"):
        assert parse_event("01", "paused", "a", None, message) is None
    for number in ("٣", "²", "9" * 5000):
        message = f"x\n\nVolon-Task: T\nVolon-Task-Uid: u\nVolon-Checkpoint: {number}\n"
        found = parse_event("01", "paused", "a", "b", message)
        assert found is not None
        assert (found.checkpoint, found.worktree, found.branch) == (None, ".", None)


WORDS = st.text(st.characters(exclude_categories=()), max_size=6)
MAYBE = st.one_of(st.none(), WORDS)


@given(
    WORDS, WORDS, st.one_of(st.none(), WORDS), st.one_of(st.none(), st.integers(0, 10**6)), st.one_of(st.none(), WORDS)
)
def test_an_event_comes_back_from_its_text(
    title: str, worktree: str, branch: str | None, number: int | None, commit: str | None
) -> None:
    event = replace(ONE, title=title, worktree=worktree, branch=branch, checkpoint=number, commit=commit)
    text = event.text()
    if text is not None:
        assert "\n" not in text
        assert text.encode()
        assert PauseEvent.of_text(event.ulid, event.kind, event.oid, text) == event
    assert ONE.text() is not None
