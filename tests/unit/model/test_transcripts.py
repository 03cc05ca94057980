"""Transcripts of coding agents: what real ones say is read, and whatever else stands in one does no harm.

The samples were written by the agents of the table, run offline; paths were replaced and long texts left out.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from volon.model.agents.hosts import HOSTS
from volon.model.agents.transcripts.reading import FORMATS, below, read_transcript
from volon.model.agents.transcripts.transcript import MOST_COMMANDS, MOST_FILES, Command, Outcome, Transcript

SAMPLES = Path(__file__).parents[2] / "golden/transcripts"
_ROOT = "/home/dev/shop"
_PRINT = "printf 'one\\ntwo\\n'"


def _read(name: str, agent: str | None = None) -> Transcript:
    found = read_transcript((SAMPLES / name).read_bytes().split(b"\n"), agent)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "agent", "fails", "code", "tokens", "window"),
    [
        ("claude-2.1.329-compacted.jsonl", "claude", "sh -c 'echo broken >&2; exit 3'", None, 2722, None),
        ("codex-0.169.0.jsonl", "codex", "echo broken >&2; exit 3", 0, 503, 258400),
        ("copilot-1.0.102.jsonl", "copilot", "echo broken >&2; exit 3", 0, 503, 128000),
        ("gemini-0.61.0.jsonl", "gemini", "sh -c 'echo broken >&2; exit 3'", None, 503, None),
    ],
)
def test_the_session_of_each_agent_is_read(
    name: str, agent: str, fails: str, code: int | None, tokens: int, window: int | None
) -> None:
    found = _read(name)
    assert (found.agent, found.goal, found.last_message) == (
        agent,
        "Fix the retry in the shop",
        "All done: the tests pass.",
    )
    assert found.commands == (Command(_PRINT, Outcome.OK, code), Command(fails, Outcome.FAILED, 3))
    assert below(_ROOT, found) == ("new.py", "README.md")
    assert (found.tokens, found.window, found.interrupted, found.subagent) == (tokens, window, False, False)
    assert found.ended_at is not None
    assert found.session in (SAMPLES / name).read_text("utf-8")
    assert found == _read(name, agent)


@pytest.mark.parametrize("name", ["claude-2.1.329-compacted.jsonl", "codex-0.169.0.jsonl", "copilot-1.0.102.jsonl"])
def test_where_a_session_was_is_read(name: str) -> None:
    found = _read(name)
    assert (found.directory, found.branch) == (_ROOT, "main")
    assert found.version == HOSTS[found.agent].version


@pytest.mark.parametrize("name", ["claude-2.1.329-interrupted.jsonl", "codex-0.169.0-interrupted.jsonl"])
def test_an_interrupted_session_says_so_and_claims_no_end_of_its_command(name: str) -> None:
    found = _read(name)
    assert found.interrupted
    assert [one.outcome for one in found.commands] == [Outcome.UNKNOWN]


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_wherever_a_file_ends_what_was_read_so_far_holds(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    whole = _read(name)
    for end in range(0, len(data), 97):
        found = read_transcript(data[:end].split(b"\n"), whole.agent)
        assert found is None or found.goal in {"", whole.goal}
        assert found is None or set(found.files) <= set(whole.files)


def test_a_command_of_the_agents_own_is_no_goal() -> None:
    assert _read("claude-2.1.329-command.jsonl").goal == "Now the till"


def test_a_summary_of_what_was_forgotten_is_no_goal() -> None:
    lines = (SAMPLES / "claude-2.1.329-compacted.jsonl").read_bytes().split(b"\n")
    after = [line for line in lines if b"Fix the retry" not in line or b"isCompactSummary" in line]
    assert any(b"isCompactSummary" in line for line in after)
    found = read_transcript(after)
    assert found is not None
    assert found.goal == ""


def _claude(**said: object) -> bytes:
    return json.dumps({"sessionId": "s-1", "cwd": _ROOT, **said}).encode()


def _says(text: str, **said: object) -> bytes:
    return _claude(type="user", message={"role": "user", "content": text}, **said)


def _calls(call: str, command: str) -> bytes:
    used = {"type": "tool_use", "id": call, "name": "Bash", "input": {"command": command}}
    return _claude(type="assistant", message={"content": [used], "stop_reason": "tool_use"})


def _gives(call: str, text: str, **said: object) -> bytes:
    return _claude(
        type="user", message={"content": [{"type": "tool_result", "tool_use_id": call, "content": text, **said}]}
    )


def test_what_helpers_and_the_program_say_is_not_the_persons() -> None:
    found = read_transcript(
        [
            _says("Warmup", isSidechain=True),
            _says("Caveat", isMeta=True),
            _says("<command-name>/clear</command-name>"),
            _says("[Request interrupted by user]"),
            _says("<p> should be a <div>"),
        ]
    )
    assert found is not None
    assert found.goal == "<p> should be a <div>"


def test_what_a_hook_put_before_a_prompt_is_not_the_persons_however_long_it_is() -> None:
    entry = {"type": "user", "content": [{"text": f"<hook_context>{'brief ' * 5000}</hook_context>\n\nGo on"}]}
    head = {"sessionId": "s", "projectHash": "h", "kind": "main"}
    found = read_transcript([json.dumps(one).encode() for one in (head, entry)])
    assert found is not None
    assert (found.agent, found.goal) == ("gemini", "Go on")


def test_a_command_that_was_refused_was_not_run() -> None:
    found = read_transcript(
        [_calls("1", "rm x"), _gives("1", "<tool_use_error>Blocked</tool_use_error>", is_error=True)]
    )
    assert found is not None
    assert found.commands == ()


def test_only_the_last_commands_are_kept_and_every_text_is_cut() -> None:
    lines = [_says("x" * 100_000)]
    for number in range(MOST_COMMANDS + 5):
        lines += [_calls(str(number), f"run {number}"), _gives(str(number), "Exit code 1", is_error=True)]
    found = read_transcript(lines)
    assert found is not None
    assert len(found.goal) == 4001
    assert [one.text for one in found.commands] == [f"run {number}" for number in range(5, MOST_COMMANDS + 5)]


def test_commands_that_never_ran_take_no_place_among_the_last() -> None:
    lines = []
    for number in range(MOST_COMMANDS):
        lines += [_calls(str(number), f"run {number}"), _gives(str(number), "Exit code 1", is_error=True)]
    for number in range(3):
        call = f"never {number}"
        lines += [_calls(call, "rm x"), _gives(call, "<tool_use_error>Blocked</tool_use_error>", is_error=True)]
    found = read_transcript(lines)
    assert found is not None
    assert [one.text for one in found.commands] == [f"run {number}" for number in range(MOST_COMMANDS)]


def test_what_no_file_and_no_branch_can_be_called_is_not_told() -> None:
    line = {"sessionId": "s", "type": "user", "cwd": "/x\0", "gitBranch": "a\0b", "message": {"content": "Go"}}
    found = read_transcript([json.dumps(line).encode()])
    assert found is not None
    assert (found.session, found.goal, found.directory, found.branch) == ("s", "Go", "", "")


def test_files_are_counted_once_and_are_not_too_many() -> None:
    lines = []
    for number in [*range(MOST_FILES + 5), 0]:
        used = {"type": "tool_use", "id": str(number), "name": "Write", "input": {"file_path": f"{_ROOT}/{number}"}}
        lines += [_claude(type="assistant", message={"content": [used]}), _gives(str(number), "done")]
    found = read_transcript(lines)
    assert found is not None
    assert len(found.files) == len(set(found.files)) == MOST_FILES


def test_paths_that_leave_the_directory_are_not_below_it() -> None:
    found = Transcript(
        "claude", directory=_ROOT, files=("a/../../b", "/etc/passwd", "c/./d", f"{_ROOT}2/e", "/home/dev/shop/f")
    )
    assert below(_ROOT, found) == ("c/d", "f")


def test_a_line_of_any_other_shape_is_passed_over() -> None:
    depth = b"[" * 100_000
    odd = [b"", b"null", b"7", b"[]", b'"x"', b"{", b"\xff\xfe", depth, b'{"a":' * 5000, _claude(type=["user"])]
    odd += [_claude(type="user", message=["x"]), _claude(type="assistant", message={"content": {"a": 1}, "usage": []})]
    odd += [_claude(type="assistant", message={"usage": {"input_tokens": 10**30}}), _claude(timestamp=10**400)]
    found = read_transcript([*odd, _says("Go on \ud800")])
    assert found is not None
    assert (found.goal, found.tokens) == ("Go on \ufffd", None)


def test_what_is_no_transcript_is_none() -> None:
    assert read_transcript([]) is None
    assert read_transcript([b'{"name": "package", "version": "1"}', b"{}"] * 100) is None


def test_formats_are_those_of_agents_that_were_tried() -> None:
    assert all(HOSTS[name].version for name in FORMATS)
