"""What an approval is about: the same things give the same digest for ever, anything else another."""

from __future__ import annotations

import pytest

from volon.model.approval import Covered, digest, table
from volon.model.records.config import Config, Hook

SCRIPT = Covered("tools/note", "ab" * 32)
ABSENT = Covered("Makefile", None)
KNOWN = "9d5db0c5147b8ec00648a761d666638be388dce68bc2065922732c68710bb51a"


def test_a_digest_means_the_same_in_every_release() -> None:
    assert digest("/shop", b"{}", [SCRIPT, ABSENT]) == KNOWN
    assert digest("/shop", b"{}", [ABSENT, SCRIPT]) == KNOWN


@pytest.mark.parametrize(
    ("root", "commands", "files"),
    [
        ("/shop2", b"{}", [SCRIPT, ABSENT]),
        ("/shop", b"{ }", [SCRIPT, ABSENT]),
        ("/shop", b"{}", [SCRIPT]),
        ("/shop", b"{}", [SCRIPT, Covered("Makefile", "00" * 32)]),
        ("/shop", b"{}", [SCRIPT, Covered("makefile", None)]),
        ("/shop{", b"}", [SCRIPT, ABSENT]),
    ],
)
def test_anything_else_is_another_question(root: str, commands: bytes, files: list[Covered]) -> None:
    assert digest(root, commands, files) != KNOWN


def test_names_that_are_no_utf8_are_covered_too() -> None:
    first, second = (digest("/caf\udce9", b"{}", [Covered(name, None)]) for name in ("\udce9", "\udcea"))
    assert first != second


def test_everything_that_runs_is_in_the_table_in_one_way_of_writing_it() -> None:
    config = Config(on_pause=(Hook(("./tools/note", "é"), 30, required=True),), on_resume=())
    hook = b'{"argv":["./tools/note","\\u00e9"],"files":[],"required":true,"timeout_seconds":30}'
    assert table(config) == b'{"on_pause":[' + hook + b'],"on_resume":[]}'
