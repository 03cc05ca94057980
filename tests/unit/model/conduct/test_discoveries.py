"""The page of discoveries: of what is on it volon takes away what it wrote, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from volon.model.conduct.discoveries import MOST_LINES, Discovery, shortened, with_entry, without_entry

PLAN = "PLAN-20261122-001"
LINES = st.sampled_from(
    ["mine", "## Mine", "**Status**: mine", "- one", "", "é\r", "# Top", " ", "### Three", "a\x0bb"]
)
TEXT = st.lists(LINES, min_size=1, max_size=4).map(lambda lines: "".join(f"{one}\n" for one in (*lines, "own")))


def entry(number: int) -> str:
    return Discovery(number, "gotcha", f"G{number}", "x:1", "minor", True, False, "user", "now").entry(PLAN)  # noqa: FBT003


def entry_of(heading: str) -> str | None:
    return next((one for one in map(entry, range(20)) if one.startswith(f"{heading}\n")), None)


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


@given(before=TEXT, between=TEXT, inside=TEXT, after=TEXT, at=st.integers(1, 4))
def test_what_is_written_around_an_entry_and_into_it_stays_byte_for_byte(
    before: str, between: str, inside: str, after: str, at: int
) -> None:
    one, two = entry(1), entry(2)
    split = one.splitlines(keepends=True)
    page = before + "".join(split[:at]) + inside + "".join(split[at:]) + between + two + after
    # A heading of the user's ends an entry: lines of volon's below it may stay, none of the user's may go.
    rest = without_entry(page, one)
    assert rest.startswith(before)
    assert rest.endswith(between + two + after)
    assert inside in rest
    assert without_entry(before + one + between + two + after, one) == before + between + two + after
    assert without_entry(before + one + between + two + after, two) == before + one + between + after
    assert with_entry(before, one).startswith(before)
    # An example in code is the user's; below a fence that he never closed an entry is an entry.
    assert without_entry(f"```\n{one}```\n", one) == f"```\n{one}```\n"
    assert without_entry(f"```\n```\n~~~\n{one}{after}", one) == f"```\n```\n~~~\n{after}"


@given(parts=st.lists(st.one_of(TEXT, st.none()), min_size=12, max_size=12))
def test_only_entries_leave_a_page_that_is_too_long_and_the_users_text_stays_in_its_place(
    parts: list[str | None],
) -> None:
    page = ""
    for number, text in enumerate(parts):
        page = with_entry(page, entry(number)) + (text or "")
    kept, left = shortened(page, entry_of)
    assert left == [entry(number) for number in range(len(left))]
    assert entry(11).split("\n")[0] in lines(kept)
    assert kept.count("\n") <= MOST_LINES or len(left) == len(parts) - 1
    at = 0
    for text in filter(None, parts):
        at = kept.index(text, at) + len(text)
    # Nothing piles up where one entry goes after the other.
    assert any(parts) or "\n\n\n" not in kept
