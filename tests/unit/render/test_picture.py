"""The picture of a pipeline: every ticket behind all it needs, every need a line that leads there."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from volon.model.pipeline.spec import Spec, Ticket
from volon.render.graph.picture import DOWN, GLYPHS, LEFT, RIGHT, UP, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOP = (
    "proto",
    "server: proto",
    "client: proto",
    "docs",
    "check: server client",
    "tell: check docs",
    "end: tell proto",
)


def spec_of(*tickets: str) -> Spec:
    split = [ticket.partition(":") for ticket in tickets]
    return Spec("p", {name: Ticket(name, needs=tuple(needs.split())) for name, _, needs in split})


def drawn(picture: Picture) -> str:
    """The whole picture as text."""
    lines = []
    for row in range(max(map(len, picture.columns))):
        line = ""
        for number, column in enumerate(picture.columns):
            strokes, width = picture.drawn(number), max(len(cell.ticket) for cell in column) + 1
            cell = column[row] if row < len(column) else None
            name = "" if cell is None or cell.passing else f"{cell.ticket} "
            line += name + ("─" if (row, 0) in strokes else " ") * (width - len(name))
            line += "".join(GLYPHS[strokes.get((row, at), 0)] for at in range(picture.width(number)))
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def random_spec(seed: int, size: int) -> Spec:
    rolled = random.Random(seed)
    needs = [{f"t{rolled.randrange(n)}" for _ in range(rolled.randrange(4))} if n else set() for n in range(size)]
    return Spec("p", {f"t{n}": Ticket(f"t{n}", needs=tuple(sorted(some))) for n, some in enumerate(needs)})


def test_lines_lead_from_what_is_needed_to_what_needs_it() -> None:
    assert drawn(Picture(spec_of(*SHOP))) == (
        "proto ─┬──server ──┬─check ──┬─tell ───┬─end\n"
        "docs ──┼┬─client ─┬┴─────────┼─────────╯\n"
        "       ╰┼─────────╯╭─────────╯\n"
        "        ╰──────────╯\n"
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_ticket_stands_behind_all_it_needs_and_every_line_arrives(seed: int) -> None:
    spec = random_spec(seed, 25)
    picture = Picture(spec)
    assert sorted(picture.place) == sorted(spec.tickets)
    for one in spec.tickets.values():
        for need in one.needs:
            assert picture.place[need][0] < picture.place[one.id][0]
            assert arrives(picture, need, one.id)


def arrives(picture: Picture, source: str, target: str) -> bool:
    """Whether a line can be walked along its strokes, through every gap, to the row of the target."""
    column, row = picture.place[source]
    pieces = list(picture.way(source, target))
    assert [number for number, _ in pieces] == list(range(column, picture.place[target][0]))
    for number, line in pieces:
        assert line.above == row
        strokes = picture.draw(number, [line])
        assert (line.below, picture.width(number) - 1) in set(walked(strokes, row))
        row = line.below
    return row == picture.place[target][1]


def walked(strokes: dict[tuple[int, int], int], row: int) -> Iterator[tuple[int, int]]:
    seen, todo = set(), [(row, 0)]
    steps = {LEFT: (0, -1, RIGHT), RIGHT: (0, 1, LEFT), UP: (-1, 0, DOWN), DOWN: (1, 0, UP)}
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        yield here
        for side, (down, right, back) in steps.items():
            there = here[0] + down, here[1] + right
            if strokes.get(here, 0) & side and strokes.get(there, 0) & back:
                todo.append(there)


def test_a_gap_that_is_too_full_is_not_drawn_but_the_lines_of_one_ticket_are() -> None:
    rolled = random.Random(0)
    needs = [" ".join(f"a{n}" for n in rolled.sample(range(40), 4)) for _ in range(40)]
    spec = spec_of(*(f"a{n}" for n in range(40)), *(f"b{n}: {some}" for n, some in enumerate(needs)))
    picture = Picture(spec)
    assert picture.drawn(0) == {}
    assert arrives(picture, spec.tickets["b3"].needs[0], "b3")


def test_ten_thousand_tickets_take_steps_in_proportion() -> None:
    chain = Picture(spec_of("t0", *(f"t{n}: t{n - 1}" for n in range(1, 3000))))
    assert len(chain.columns) == 3000
    fan = Picture(spec_of("a", *(f"b{n}: a" for n in range(3000)), "c: " + " ".join(f"b{n}" for n in range(3000))))
    assert list(map(len, fan.columns)) == [1, 3000, 1]
