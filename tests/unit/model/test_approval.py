"""What an approval is about: the same things give the same digest for ever, anything else another."""

from __future__ import annotations

import pytest

from volon.model.approval import Covered, digest, table
from volon.model.records.config import Config, Hook

SCRIPT = Covered("tools/note", "ab" * 32)
ABSENT = Covered("Makefile", None)
KNOWN = "b12028aa509cece611b195d780710df9f09ab20fa61b5abc44ce5a9beaf3e1eb"


def test_a_digest_means_the_same_in_every_release() -> None:
    assert digest("/work", b"{}", [SCRIPT, ABSENT]) == KNOWN
    assert digest("/work", b"{}", [ABSENT, SCRIPT]) == KNOWN


@pytest.mark.parametrize(
    ("root", "commands", "files"),
    [
        ("/work2", b"{}", [SCRIPT, ABSENT]),
        ("/work", b"{ }", [SCRIPT, ABSENT]),
        ("/work", b"{}", [SCRIPT]),
        ("/work", b"{}", [SCRIPT, Covered("Makefile", "00" * 32)]),
        ("/work", b"{}", [SCRIPT, Covered("makefile", None)]),
        ("/work{", b"}", [SCRIPT, ABSENT]),
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
