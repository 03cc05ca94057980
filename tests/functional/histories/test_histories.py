"""Preflight says the truth about every labelled history, no more and no less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.histories.bench import Scene, seen, tidy
from tests.functional.histories.catalogue import HISTORIES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.histories.bench import History
    from volon.model.drift.preflight import Preflight

FLOOR = 276
"""The corpus never shrinks: raise it when histories are added."""


@pytest.mark.parametrize(
    "history", HISTORIES, ids=lambda history: f"{history.build.__module__.rpartition('.')[2]}.{history.name}"
)
def test_a_history_is_told_as_labelled(history: History, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    history.build(scene)
    observed, outcome = scene.resume()
    assert seen(observed, outcome) == tidy(history.label), "\n".join(_told(outcome))


def test_the_corpus_never_shrinks() -> None:
    assert len(HISTORIES) >= FLOOR
    assert len({(history.build.__module__, history.name) for history in HISTORIES}) == len(HISTORIES)


def _told(outcome: Preflight) -> list[str]:
    return [f"{f.code}: {f.sentence} {f.detail} {f.command}" for f in outcome.findings]
