"""A worker whose git remote is gone for a while keeps what came of a ticket, and sends it once that is back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from volon.engine.attempts import Over
from volon.errors import NotCommitted
from volon.model.pipeline.state import Outcome
from volon.repo.exchange import relay
from volon.usecases.pipeline.there import SEND_SECONDS, Ear, Place, sent

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT = "c" * 40
MOST_TRIES = 20


class Line:
    """Who hears words, and what time it is: it passes while somebody waits."""

    def __init__(self, stops_at: float = 1e9) -> None:
        self.now, self.tries, self._stops_at = 0.0, 0, stops_at

    def is_gone(self) -> bool:
        return False

    def wait(self, seconds: float) -> list[str]:
        self.now += seconds
        return ["stop"] if self.now >= self._stops_at else []

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> Callable[[Line, float, type[NotCommitted]], Over]:
    """What becomes of a ticket that is done while the remote is away until some instant."""

    def become(line: Line, back: float, error: type[NotCommitted]) -> Over:
        def put(*_words: object) -> None:
            line.tries += 1
            if line.now < back:
                raise error("the remote does not answer")

        monkeypatch.setattr(relay, "put", put)
        trees = SimpleNamespace(ref=lambda *_, **__: "ref")
        place = SimpleNamespace(world=SimpleNamespace(clock=line), trees=trees, repository=None, remote=None)
        done = Over("a", Outcome.DONE, 0, 5, "", COMMIT)
        return sent(cast("Ear", line), cast("Place", place), done, "a.1")

    return become


def test_a_result_is_sent_once_the_remote_is_back_and_the_waiting_for_that_has_an_end(
    over: Callable[[Line, float, type[NotCommitted]], Over],
) -> None:
    assert over(Line(), SEND_SECONDS / 2, NotCommitted).commit == COMMIT
    never = over(line := Line(), 1e9, NotCommitted)
    assert (never.how, never.why) == (Outcome.FAILED, "its result cannot be kept: the remote does not answer")
    assert SEND_SECONDS <= line.now <= 2 * SEND_SECONDS
    assert line.tries <= MOST_TRIES


def test_nobody_waits_for_a_remote_behind_a_stop_nor_with_what_may_never_be_sent(
    over: Callable[[Line, float, type[NotCommitted]], Over],
) -> None:
    assert over(line := Line(stops_at=3.0), 1e9, NotCommitted).how is Outcome.FAILED
    assert line.tries == 2
    assert over(line := Line(), 1e9, relay.LooksSecret).how is Outcome.FAILED
    assert line.tries == 1
