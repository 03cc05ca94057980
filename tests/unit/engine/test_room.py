"""How many tickets at once a machine has room for that has refused some."""

from __future__ import annotations

import errno

from volon.clock import SystemClock
from volon.engine.room import AGAIN_SECONDS, Room


class Clock(SystemClock):
    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def since(self, began: float) -> float:
        return self.seconds - began


def test_no_more_run_than_there_was_room_for_until_a_while_later_twice_as_many_are_tried() -> None:
    room = Room(10, clock := Clock())
    room.taken("a", 1)
    for ticket, running in (("b", 5), ("c", 4), ("d", 3)):
        room.taken(ticket, running + 1)
        room.refused(ticket, running, errno.EMFILE)
    found = [room.most()]
    for _ in range(3):
        clock.seconds += AGAIN_SECONDS
        found.append(room.most())
    assert (found, room.lacking) == ([3, 6, 10, 10], 0)


def test_what_is_refused_with_nothing_else_under_way_stops_it_and_what_was_refused_beside_others_does_not() -> None:
    room = Room(2, Clock())
    for ticket, running in (("a", 1), ("b", 2)):
        room.taken(ticket, running)
    for ticket, running in (("a", 1), ("b", 0)):
        room.refused(ticket, running, errno.EAGAIN)
    assert (room.most(), room.lacking) == (1, 0)
    room.taken("a", 1)
    room.refused("a", 0, errno.EAGAIN)
    assert (room.most(), room.lacking) == (0, errno.EAGAIN)
