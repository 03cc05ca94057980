"""A sketch is open until it has an ending."""

from __future__ import annotations

from volon.model.records import sketches


def test_a_sketch_is_open_until_it_has_an_ending() -> None:
    listing = {
        sketches.SKETCHES: {"b": ["INTAKE.md"], "a": [], "done": ["WINNER.md"], "spike-like": ["FINDINGS.md"]},
        sketches.SPIKES: {"c": ["HYPOTHESIS.md"], "done": ["FINDINGS.md"]},
    }
    assert sketches.open_directories(listing) == (
        ".design/sketches/a",
        ".design/sketches/b",
        ".design/sketches/spike-like",
        ".design/spikes/c",
    )
    assert sketches.open_directories({}) == ()
    assert sketches.is_open("spikes", ["x"])
    assert not sketches.is_open("sketches", ["WINNER.md"])
