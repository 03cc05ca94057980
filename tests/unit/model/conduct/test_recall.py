"""What is read again of a plan: how short by how many tokens are used, what is next, and what is only an estimate."""

from __future__ import annotations

import pytest

from volon.model.conduct.ready import Ready, ReadyPhase
from volon.model.conduct.recall import Stop, cost, next_steps, percent, remaining_ms, shortened, told
from volon.model.quick import advice

VALUES = {
    "tests_passing": True,
    "checkpoint": "a" * 40,
    "fixes": 1,
    "files_created": tuple(f"f{n}" for n in range(30)),
    "files_changed": (),
    "files_deleted": ("gone",),
}
BODY = """\
## Validation

- tests: passed
- lint: skipped

## Issues (reported, not checked)

- slow (p1.implement.main)

## Discoveries (reported, not checked)

- one
- two
- three
"""


@pytest.mark.parametrize(
    ("used", "share", "said", "short"),
    [
        (85_000, 42.5, "", ()),
        (139_999, 70.0, "", (1, 2)),
        (139_800, 69.9, "", ()),
        (140_400, 70.2, "high", (1, 2)),
        (170_000, 85.0, "high", (1, 2)),
        (170_200, 85.1, "pause", (1, 2, 3)),
        (900_000, 450.0, "pause", (1, 2, 3)),
    ],
)
def test_older_phases_are_short_by_the_share_of_tokens_that_is_used(
    used: int, share: float, said: str, short: tuple[int, ...]
) -> None:
    assert (percent(used, 200_000), advice(share)) == (share, said)
    assert shortened((1, 2, 3, 4, 5), share) == frozenset(short)
    assert shortened((1,), share) == frozenset()
    assert (percent(used, None), advice(None), shortened((1, 2, 3, 4), None)) == (None, "", frozenset())


def test_short_is_less_than_full_and_keeps_key_files_and_gotchas() -> None:
    full, short = list(told(VALUES, BODY, short=False)), list(told(VALUES, BODY, short=True))
    assert full[0] == "complete at aaaaaaaaaaaa, tests pass, 1 fix"
    assert full[1].endswith("f19 and 10 more")
    assert full[2:5] == ["files deleted: gone", "checked: tests: passed", "checked: lint: skipped"]
    assert full[-4:] == [
        "issues: slow (p1.implement.main)",
        "discoveries: one",
        "discoveries: two",
        "discoveries: three",
    ]
    assert short == ["complete, tests pass; key files: f0, f1, f2", "gotcha: one", "gotcha: two"]
    assert cost(short) * 3 < cost(full)
    assert (cost([]), cost(["abc"]), cost(["abcd"])) == (0, 1, 2)


def test_next_steps_are_what_stands_in_the_plan_and_estimates_need_something_to_go_by() -> None:
    phases = tuple(
        ReadyPhase(n, f"P{n}", modules=("a", "b") if n == 2 else ("main",), tests=("t", "u")) for n in range(1, 6)
    )
    ready = Ready("x", "", phases)
    assert next_steps(ready, {1}, Stop("failure", ("p2.check.0",))) == (
        "Mend what stopped p2.check.0",
        "Complete phase 2: P2",
        "Merge what a, b make",
        "Run its tests: t and 1 more",
        "Look at the whole: volon conduct complete",
    )
    assert next_steps(ready, {1, 2, 3}, Stop("user", ()))[2:] == (
        "Go on to phase 5: P5",
        "Look at the whole: volon conduct complete",
    )
    assert next_steps(ready, {1, 2, 3, 4, 5}, Stop()) == ()
    assert (remaining_ms([], 3), remaining_ms([0], 3), remaining_ms([10, 0, 20], 4)) == (None, None, 60)
