"""What no journal may say, judged from its bytes alone, by code that shares nothing with volon's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.pipeline.spec import Spec


class Checker:
    """Reads a journal from its beginning; says what is wrong by an AssertionError.

    Args:
        spec: of the pipeline.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.how = dict.fromkeys(spec.tickets, "pending")
        self.attempts = dict.fromkeys(spec.tickets, 0)
        self.failures = dict.fromkeys(spec.tickets, 0)
        self.paused = self.finished = False
        self.jobs = 0

    def read(self, data: bytes) -> None:
        """Judge every whole line."""
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n")[:-1], 1):
            body, _, crc = line.rpartition(b',"c":')
            assert crc == b'"%08x"}' % crc32(body), f"line {number} is damaged"
            record = json.loads(line)
            assert record["n"] == number, f"line {number} is number {record['n']}"
            assert not self.finished, "something stands behind the end"
            judge: Callable[[dict[str, Any]], None] = getattr(self, f"see_{record['e']}")
            judge(record)

    def see_open(self, record: dict[str, Any]) -> None:
        assert record["n"] == 1

    def see_runner(self, record: dict[str, Any]) -> None:
        self.jobs = record["jobs"]

    def see_leave(self, _record: dict[str, Any]) -> None:
        assert "running" not in self.how.values(), "its runner left what runs"
        self.jobs = 0

    def see_start(self, record: dict[str, Any]) -> None:
        ticket = record["ticket"]
        assert not self.paused, f"{ticket} starts behind a pause"
        assert self.how[ticket] == "pending", f"{ticket} starts and is {self.how[ticket]}"
        assert ticket == self._first(), f"{ticket} starts before {self._first()}"
        running = sum(one == "running" for one in self.how.values())
        assert running < self.jobs, f"{ticket} starts beside {running} others"
        self.attempts[ticket] += 1
        assert record["attempt"] == self.attempts[ticket], f"{ticket} starts with another number"
        self.how[ticket] = "running"

    def _first(self) -> str | None:
        """The one that must start: of the highest priority, then the first in the file."""
        held = {lock for one, how in self.how.items() if how == "running" for lock in self.spec.tickets[one].holds}
        free = [
            one
            for one in self.spec.tickets.values()
            if self.how[one.id] == "pending"
            and all(self.how[need] == "done" for need in one.needs)
            and not held & set(one.holds)
        ]
        return min(free, key=lambda one: -one.priority).id if free else None

    def see_end(self, record: dict[str, Any]) -> None:
        ticket, how = record["ticket"], record["how"]
        assert self.how[ticket] == "running", f"{ticket} ends and is {self.how[ticket]}"
        assert record["attempt"] == self.attempts[ticket], f"another attempt of {ticket} ends"
        one = self.spec.tickets[ticket]
        if how in {"done", "unstarted"}:
            self.how[ticket] = "done" if how == "done" else "pending"
        elif how == "failed":
            self.failures[ticket] += 1
            self.how[ticket] = "pending" if self.failures[ticket] <= one.retries else "failed"
        else:
            assert one.rerun == "safe" or not record["again"], f"{ticket} runs again without a word from anybody"
            self.how[ticket] = "pending" if record["again"] else "unknown"
        assert record["again"] == (self.how[ticket] == "pending"), f"{ticket}: whether it runs again is told wrongly"

    def see_pause(self, _record: dict[str, Any]) -> None:
        self.paused = True

    def see_resume(self, _record: dict[str, Any]) -> None:
        assert self.paused, "it goes on and was not paused"
        assert "unknown" not in self.how.values(), "it goes on and nobody said how something ended"
        self.paused = False
        for ticket, how in self.how.items():
            if how == "failed":
                self.how[ticket], self.failures[ticket] = "pending", 0

    def see_decide(self, record: dict[str, Any]) -> None:
        assert self.how[record["ticket"]] in {"unknown", "failed"}, "somebody decided what was no question"
        self.how[record["ticket"]] = "done" if record["done"] else "pending"
        self.failures[record["ticket"]] = 0

    def see_finish(self, _record: dict[str, Any]) -> None:
        assert set(self.how.values()) == {"done"}, "it finished before everything was done"
        self.finished = True
