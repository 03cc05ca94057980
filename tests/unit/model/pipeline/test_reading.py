"""Pipeline specs: what is read, and that every fault is named with file, line and column."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import FORMATS, quick
from volon.errors import Corrupt
from volon.model.pipeline.cycles import find_cycles
from volon.model.pipeline.reading import parse_spec
from volon.model.pipeline.spec import Isolation, Rerun, Spec, Ticket
from volon.model.problems import InvalidRecord, RecordError, UnreadableRecord
from volon.usecases.schema import schema as schema_of

FULL = (FORMATS / "pipeline-v1.yaml").read_text(encoding="utf-8")


def read(text: str) -> Spec:
    return parse_spec(text.encode(), "ci/shop.yaml")


def faults(text: str) -> list[str]:
    with pytest.raises(RecordError) as caught:
        read(text)
    assert isinstance(caught.value, Corrupt)
    return [f"{one.where}: {one.message}" for one in caught.value.problems]


def tickets(*lines: str) -> str:
    return "version: 1\ntickets:\n" + "".join(f"  - {line}\n" for line in lines)


def test_everything_a_spec_can_say_is_read() -> None:
    proto = Ticket("proto", ("make", "proto"), timeout=7200, retries=1, outputs=("proto/*.py",), locks=("protoc",))
    server = Ticket(
        "server",
        text="make server\nmake check\n",
        needs=("proto",),
        priority=-5,
        env={"PORT": "80", "EMPTY": ""},
        timeout=90,
        rerun=Rerun.NEVER,
        isolation=Isolation.INPLACE,
    )
    spec = read(FULL)
    assert spec == Spec("shop", {"proto": proto, "server": server}, {"LANG": "C"})
    assert (spec.tickets["server"].line, spec.tickets["server"].column) == (13, 5)
    assert server.holds == ("",)
    assert spec.with_needs(["server"]) == {"server", "proto"}


def test_a_pipeline_without_a_name_has_that_of_its_file_and_tickets_that_ask() -> None:
    spec = read(tickets("id: a\n    run: [x]"))
    assert (spec.name, spec.tickets["a"].rerun, spec.tickets["a"].retries) == ("shop", Rerun.ASK, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            tickets("id: a\n    run: x\n    needs: [b]"),
            "3:5|ci/shop.yaml:5:13: `a` needs `b`, and there is no such ticket",
        ),
        (tickets("id: a\n    run: x", "id: a\n    run: y"), "ci/shop.yaml:5:9: `a` is at ci/shop.yaml:3 already"),
        (tickets("id: a\n    run: x", "id: A\n    run: y"), "`A` is at ci/shop.yaml:3 already as `a`"),
        (
            tickets("id: a\n    run: x\n    needs: b", "id: b\n    run: x\n    needs: a"),
            "3:5: these need each other, so that none could begin: a (ci/shop.yaml:3) → b (ci/shop.yaml:6) → a",
        ),
        (tickets("id: a\n    run: x\n    needs: a"), "a (ci/shop.yaml:3) → a (ci/shop.yaml:3)"),
        (tickets("id: a"), "3:5: `run` must be a list of words, or text for a shell"),
        (tickets("id: a\n    run: []"), "4:10: the list must begin with a program"),
        (tickets("id: a\n    run: [~]"), "4:11: expected text"),
        (tickets('id: a\n    run: ["a\\0"]'), "4:11: no program can be given a NUL character"),
        (tickets('id: a\n    run: "a\\0"'), "4:10: no program can be given a NUL character"),
        (tickets("run: x"), "3:5: `id` is missing"),
        (tickets("id: a/b\n    run: x"), "3:9: `id: a/b` is not text matching"),
        (tickets("id: a\n    run: x\n    rerun: maybe"), "5:12: `rerun: maybe` is not one of safe, ask, never"),
        (
            tickets("id: a\n    run: x\n    isolation: docker"),
            "5:16: `isolation: docker` is not one of none, inplace, worktree",
        ),
        (tickets("id: a\n    run: x\n    timeout: soon"), "5:14: `soon` is no time such as 90, 90s, 30m or 2h"),
        (tickets("id: a\n    run: x\n    timeout: 0"), "5:14: `0` is no time"),
        (tickets("id: a\n    run: x\n    retries: -1"), "5:14: expected 0 to 1000"),
        (tickets("id: a\n    run: x\n    priority: high"), "5:15: `priority: high` is not a whole number"),
        (
            tickets("id: a\n    run: x\n    outputs: /etc/x"),
            "5:14: `/etc/x` is no path relative to the repository root",
        ),
        (tickets("id: a\n    run: x\n    outputs: [ok, ../x]"), "5:14: `../x` is no path relative"),
        (tickets("id: a\n    run: x\n    outputs: a/**b"), "5:14: `a/**b` is no path relative"),
        (tickets("id: a\n    run: x\n    env:\n      1A: x"), "6:7: no name of a variable"),
        (tickets("id: a\n    run: x\n    env: [A=1]"), "5:10: `env` must hold `NAME: value` lines"),
        (tickets("id: a\n    run: x\n    command: y"), "5:5: volon does not know `tickets[0].command`"),
        (tickets("just text"), "3:5: a ticket is `key: value` lines"),
        ("version: 1\n", "1:1: `tickets` must be a list"),
        ("version: 2\ntickets:\n  - id: a\n    run: x\n", "1:10: this volon reads version 1"),
        ("tickets:\n  - id: a\n    run: x\n", "1:1: `version` is missing"),
        ("version: 1\ndefaults: 3\n" + tickets("id: a\n    run: x")[11:], "2:11: `defaults` must hold"),
        ("version: 1\ndefaults:\n  jobs: 3\n" + tickets("id: a\n    run: x")[11:], "3:3: volon does not know"),
        ("version: 1\nversion: 1\n", "2:1: the key `version` was already given on line 1"),
        ("version: 1\ntickets: &x\n", "2:10: anchors and aliases are not accepted"),
        ("version: [\n", "not readable as YAML"),
        ("", "1:1: `version` is missing"),
    ],
)
def test_each_fault_is_named_with_its_place(text: str, said: str) -> None:
    assert said.rpartition("|")[2] in "\n".join(faults(text))


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    found = faults(tickets("id: a\n    run: x\n    needs: [nobody]", "id: b\n    run: []", "id: a\n    run: x"))
    assert [line.split(": ")[0] for line in found] == ["ci/shop.yaml:5:13", "ci/shop.yaml:7:10", "ci/shop.yaml:8:9"]


def test_what_is_no_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(UnreadableRecord) as caught:
        parse_spec(b"version: 1\nname: \xff\n", "p.yaml")
    assert caught.value.message == "p.yaml:2: byte 0xff is not UTF-8"


def test_thousands_of_tickets_in_one_chain_are_read() -> None:
    lines = [f"id: t{n}\n    run: [x]" + (f"\n    needs: t{n - 1}" if n else "") for n in range(2_000)]
    assert len(read(tickets(*lines)).tickets) == 2_000
    assert "t1999 (ci/shop.yaml:" in faults(tickets(lines[0] + "\n    needs: t1999", *lines[1:]))[0]


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    names = [str(n) for n in range(draw(st.integers(1, 8)))]
    return {name: draw(st.lists(st.sampled_from(names), max_size=4)) for name in names}


@quick
@given(graphs())
def test_a_circle_is_found_whenever_there_is_one_and_is_one(needs: dict[str, list[str]]) -> None:
    left = dict(needs)
    while free := [name for name, wanted in left.items() if not any(one in left for one in wanted)]:
        left = {name: wanted for name, wanted in left.items() if name not in free}
    cycles = find_cycles(needs)
    assert bool(cycles) == bool(left)
    assert all(b in needs[a] for cycle in cycles for a, b in pairwise((*cycle, cycle[0])))
    assert len({one for cycle in cycles for one in cycle}) == sum(map(len, cycles))


def test_the_published_schema_accepts_what_the_reader_does_and_refuses_what_it_refuses() -> None:
    schema: dict[str, Any] = json.loads(schema_of("pipeline").text)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(yaml.safe_load(FULL))
    for wrong in (
        tickets("id: a"),
        tickets("id: a/b\n    run: x"),
        tickets("id: a\n    run: []"),
        tickets("id: a\n    run: x\n    rerun: maybe"),
        tickets("id: a\n    run: x\n    command: y"),
        "version: 2\ntickets:\n  - id: a\n    run: x\n",
        "version: 1\ntickets: []\n",
    ):
        assert faults(wrong)
        assert not validator.is_valid(yaml.safe_load(wrong)), wrong


@pytest.mark.parametrize("junk", ["tickets: x", "- a", "version: 1\ntickets:\n  - - a", "a: b: c", "\t"])
def test_junk_is_refused_and_never_a_crash(junk: str) -> None:
    with pytest.raises((InvalidRecord, UnreadableRecord)):
        read(junk)
