"""volon started once more, in a session of its own: heard while somebody listens, and going on when nobody does."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.support.running import volon_environment
from volon.background import Apart
from volon.process import ProgramMissing


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_it_says_on_stderr_and_its_exit_code_are_known_once_it_has_ended() -> None:
    before = descriptors()
    apart = Apart(["no-such-command"], volon_environment())
    while (over := apart.over()) is None:
        time.sleep(0.02)
    assert (over[0], "no-such-command" in over[1]) == (2, True)
    assert descriptors() == before


def test_who_leaves_keeps_nothing_of_it() -> None:
    before = descriptors()
    apart = Apart(["--version"], volon_environment())
    apart.leave()
    assert descriptors() == before
    assert os.waitpid(apart.pid, 0)[1] == 0


def test_an_interpreter_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ProgramMissing, match="volon could not be started once more"):
        Apart([], {})
    assert descriptors() == before
