"""An agent's status line: one line about the directory the agent names, whatever it says, as quick as the prompt."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.test_prompt import MOST_MODULES, counted
from tests.support.running import VolonProcess
from volon.model.quick import json_object, plain_json, status_told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TITLE = "paused Retry with backoff"
GARBAGE = [
    b"",
    b"\n",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"cwd": 1, "workspace": [], "context_window": {"used_percentage": "full"}}',
    b'{"cwd": "", "workspace": {"current_dir": null}, "context_window": {"used_percentage": true}}',
    b'{"cwd": "\\u0000", "context_window": {"used_percentage": 101}}',
    b'{"cwd": null, "context_window": {"used_percentage": -1}}',
    b'{"cwd": "a\\u0000b", "context_window": {"used_percentage": NaN}}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"context_window": {"used_percentage": 1e999}}',
]


def payload(cwd: Path | str, share: float | None = None, **more: Any) -> bytes:  # noqa: ANN401
    """What Claude Code writes."""
    window = {"context_window_size": 200000, "current_usage": {"input_tokens": 10}, "used_percentage": share}
    told = {
        "session_id": "0f9c",
        "cwd": "/",
        "model": {"id": "m", "display_name": "M"},
        "workspace": {"current_dir": str(cwd), "project_dir": str(cwd), "added_dirs": []},
        "cost": {"total_cost_usd": 0.0123, "total_duration_ms": 4500},
        "context_window": window,
        "exceeds_200k_tokens": False,
        "rate_limits": {"five_hour": {"used_percentage": 99.5}},
    }
    return json.dumps(told | more).encode()


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository with a paused task."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task")
    return repo


def both(where: Path, said: bytes) -> str:
    """What the short way and the long way print, which is the same."""
    short = VolonProcess(where)("statusline", stdin=said)
    # Words in another order are none of the short way's.
    long = VolonProcess(where)("statusline", "-C", ".", stdin=said)
    assert (short.code, short.err) == (long.code, long.err) == (0, "")
    assert short.out == long.out
    return short.out


def test_it_is_about_the_directory_that_the_agent_names(paused: RepoBuilder, tmp_path: Path) -> None:
    assert both(tmp_path, payload(paused.root / "src")) == f"{TITLE}\n"
    assert both(tmp_path, json.dumps({"cwd": str(paused.root)}).encode()) == f"{TITLE}\n"
    assert both(paused.root, payload(tmp_path)) == ""
    assert both(tmp_path, json.dumps({"cwd": paused.root.name}).encode()) == f"{TITLE}\n"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, ""),
        (0, " · context 0%"),
        (42.4, " · context 42%"),
        (70, " · context 70%"),
        (70.6, " · context 71%, much of it used"),
        (85, " · context 85%, much of it used"),
        (86, " · context 86%, time for volon pause-task"),
        (100, " · context 100%, time for volon pause-task"),
    ],
)
def test_it_says_how_full_the_context_is_and_advises(
    paused: RepoBuilder, volon: VolonInProcess, share: float | None, said: str
) -> None:
    assert volon("statusline", stdin=payload(paused.root, share).decode()).out == f"{TITLE}{said}\n"
    printed, _ = counted(paused.root, "statusline", stdin=payload(paused.root, share))
    assert printed == f"{TITLE}{said}\n"


def test_without_a_task_it_still_says_how_full_the_context_is(tmp_path: Path) -> None:
    assert both(tmp_path, payload(tmp_path, 90)) == "context 90%, time for volon pause-task\n"


@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
def test_whatever_it_is_told_it_exits_0_with_the_prompts_words(paused: RepoBuilder, said: bytes) -> None:
    assert both(paused.root, said) == f"{TITLE}\n"


def test_a_directory_on_standard_input_is_no_reason_to_fail(paused: RepoBuilder) -> None:
    running = VolonProcess(paused.root)
    assert running("statusline").out == f"{TITLE}\n"
    assert running("statusline", "-C", "nowhere").code == 0


def test_records_that_cannot_be_read_leave_the_context(paused: RepoBuilder) -> None:
    task = next((paused.root / ".volon/tasks").iterdir())
    task.write_bytes(b"<<<<<<< a\n=======\n>>>>>>> b\n")
    assert both(paused.root, payload(paused.root, 12)) == "context 12%\n"
    assert both(paused.root, payload(paused.root / "nowhere/at/all", 12)) == "context 12%\n"
    # Half of a character.
    assert both(paused.root, payload("\ud800", 12)) == "context 12%\n"


def test_a_title_cannot_write_to_the_terminal_or_begin_a_line(paused: RepoBuilder) -> None:
    task = next((paused.root / ".volon/tasks").iterdir())
    task.write_bytes(task.read_bytes().replace(b"title: Retry with backoff", rb'title: "a\e]0;o\a\n\u202eb"'))
    said = both(paused.root, payload(paused.root, 12))
    assert said.startswith("paused a")
    assert said.endswith("b · context 12%\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
    assert said.count("\n") == 1


def test_it_loads_no_more_than_the_prompt_and_starts_no_program(paused: RepoBuilder) -> None:
    printed, modules = counted(paused.root, "statusline", stdin=payload(paused.root, 42))
    assert printed == f"{TITLE} · context 42%\n"
    # `site`, `_sitebuiltins`, and in an environment with setuptools `_distutils_hack` come on top.
    assert modules + len(("site", "_sitebuiltins", "_distutils_hack")) <= MOST_MODULES


# --- JSON, the short way ---------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def same(one: object, other: object) -> bool:
    """Equal in kind, too: 1, 1.0 and True are three things."""
    return repr(one) == repr(other)


@given(VALUES, st.sampled_from([None, 1, "\t"]))
def test_the_short_way_reads_json_as_the_standard_library_does_or_not_at_all(
    value: object, indent: int | str | None
) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
        found = plain_json(text)
        assert found is None or same(found, json.loads(text))


@given(st.text(st.sampled_from('{}[]",:\\ \n\t0123456789.-+eEtruefalsn')))
def test_what_is_no_json_is_none_to_the_short_way_either(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    found = plain_json(text)
    assert found is None or same(found, expected)


def test_what_agents_say_takes_the_short_way() -> None:
    said = payload("/home/dev/shop", 42)
    assert same(plain_json(said.decode()), json.loads(said))
    assert status_told(said) == ("/home/dev/shop", 42)
    assert json_object(b'{"cwd": "C:\\\\work"}') == {"cwd": "C:\\work"}
