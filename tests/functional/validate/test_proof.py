"""The proof itself is no rubber stamp: it fails when claims are not judged, and when true ones are doubted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.claims import __main__ as proof
from volon.model.problems import Problem
from volon.usecases.validating import certain, claimed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from volon.model.checks.claims import Said

    Judge = Callable[[Said, object, object], tuple[Problem, ...]]


def _believes(_said: Said, _known: object, _evidence: object) -> tuple[Problem, ...]:
    return ()


def _doubts(said: Said, _known: object, _evidence: object) -> tuple[Problem, ...]:
    return (Problem(said.path, 1, 1, None, "claim.path-missing", "`x` is not there"),)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "part", "broken", "word"),
    [
        (claimed, "judge", _believes, "MISSED"),
        (claimed, "judge", _doubts, "FALSE ALARM"),
        (certain, "holds", lambda *_: True, "DISAGREED"),
    ],
)
def test_a_judge_that_is_broken_on_purpose_fails_the_proof(
    module: ModuleType,
    part: str,
    broken: Judge,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The repositories are tried in child processes, which inherit the broken judge."""
    monkeypatch.setattr(module, part, broken)
    monkeypatch.setattr(proof, "SHORT", 2)
    assert proof.main(["--only", "sha256", "--jobs", "1"]) == 1
    assert word in capfd.readouterr().out
