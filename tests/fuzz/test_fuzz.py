"""The committed corpus holds, mutations are repeatable, and what breaks a promise is told."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.engine import CORPUS, Finding, attempt, corpus, mutants, steep
from tests.fuzz.targets import TARGETS, Target

INPUTS = [(target, name, data) for target in TARGETS for name, data in corpus(target)]


@pytest.mark.parametrize(("target", "name", "data"), INPUTS, ids=[f"{t.name}-{n}" for t, n, _ in INPUTS])
def test_what_was_once_found_stays_mended(target: Target, name: str, data: bytes) -> None:
    assert attempt(target, data) is None, name


def test_every_directory_of_the_corpus_belongs_to_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= {target.name for target in TARGETS}


def test_the_same_seed_makes_the_same_inputs() -> None:
    target = TARGETS[0]
    assert list(mutants(target, "1", 50)) == list(mutants(target, "1", 50)) != list(mutants(target, "2", 50))


def _raises(data: bytes) -> None:
    if b"x" in data:
        raise KeyError("x")


def _waits(data: bytes) -> None:
    began = time.process_time()
    while time.process_time() - began < (len(data) / 10_000) ** 2 / 100:
        pass


def test_an_exception_is_a_finding() -> None:
    target = Target("t", _raises, (b"x",))
    assert attempt(target, b"y") is None
    assert attempt(target, b"x") == Finding("t", b"x", "KeyError: 'x'")


def test_quadratic_time_is_a_finding_and_linear_time_is_none() -> None:
    assert list(steep(Target("t", _waits, ()), (b"ab",)))
    assert not list(steep(Target("t", lambda data: list(data).sort(), ()), (b"ab",)))
