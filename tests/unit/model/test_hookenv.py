"""What a hook is told: exactly the table, harmless as values, and the same after a crash as before it."""

from __future__ import annotations

import pytest

from volon.model.hookenv import VARIABLES, decode_owed, encode_owed, environment, variables


def test_what_is_not_known_is_empty_and_nothing_is_missing() -> None:
    told = variables(event="on_pause", checkpoint=7, note=None)
    assert told["VOLON_CHECKPOINT"] == "7"
    assert told["VOLON_NOTE"] == ""
    assert {*told, "VOLON_ROOT", "VOLON_IN_HOOK"} == set(VARIABLES)


@pytest.mark.parametrize("note", ["a\nb", "a\0b", "a\r\x1b[2Jb", "\ud800", "x" * 100_000])
def test_a_value_is_one_line_that_any_environment_can_hold(note: str) -> None:
    value = variables(note=note)["VOLON_NOTE"]
    assert not set(value) & set("\n\r\0\x1b")
    assert len(value) <= 2000


def test_the_environment_is_the_users_with_the_table_and_nothing_misleading() -> None:
    outer = {"HOME": "/h", "PATH": "/bin:.::rel:/usr/bin", "VOLON_SEED": "1", "VOLON_NOTE": "old", "GIT_DIR": "/g"}
    env = environment(outer | {"GIT_SSH_COMMAND": "ssh"}, variables(note="new"), root="/r", op="X")
    assert {name: env[name] for name in ("HOME", "PATH", "VOLON_NOTE", "VOLON_ROOT", "VOLON_IN_HOOK")} == {
        "HOME": "/h",
        "PATH": "/bin:/usr/bin",
        "VOLON_NOTE": "new",
        "VOLON_ROOT": "/r",
        "VOLON_IN_HOOK": "X",
    }
    assert env["GIT_SSH_COMMAND"] == "ssh"
    assert not {"VOLON_SEED", "GIT_DIR"} & set(env)
    assert {name for name in env if name.startswith("VOLON_")} == set(VARIABLES)


def test_what_is_owed_comes_back_as_it_was() -> None:
    told = variables(event="on_pause", task_id="TASK-1-1", note="é “quoted” \\ $x")
    assert decode_owed(encode_owed(told)) == told


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"format": 1}',
        b'{"format": 1, "variables": []}',
        b'{"format": 1, "variables": {"VOLON_NOTE": "x"}}',
        encode_owed(variables()).replace(b'"format": 1', b'"format": 2'),
        encode_owed(variables()).replace(b'"VOLON_NOTE": ""', b'"VOLON_NOTE": 5'),
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_makes_no_sense_is_nothing(data: bytes) -> None:
    assert decode_owed(data) is None


def test_what_is_owed_can_say_nothing_but_values_of_the_table() -> None:
    forged = encode_owed({**variables(note="a\nb"), "PATH": "/evil", "VOLON_ROOT": "/evil", "LD_PRELOAD": "x"})
    told = decode_owed(forged)
    assert told is not None
    assert set(told) == set(variables())
    assert "\n" not in told["VOLON_NOTE"]
