"""Transcripts on disk: a bounded piece of both ends is read, of regular files only, the newest of a directory first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from volon.transcripts import lines_of, newest, transcript_at

if TYPE_CHECKING:
    from pathlib import Path


def _line(session: str, directory: Path, text: str, **said: object) -> bytes:
    message = {"role": "user", "content": text}
    entry = {"type": "user", "sessionId": session, "cwd": str(directory), "message": message, **said}
    return json.dumps(entry).encode() + b"\n"


def _written(path: Path, data: bytes, at: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def test_both_ends_of_a_large_file_are_read_by_whole_lines(tmp_path: Path) -> None:
    path = _written(tmp_path / "x", b"".join(b"%06d\n" % number for number in range(100_000)))
    found = lines_of(str(path), 70, 700)
    assert found[:10] == [b"%06d" % number for number in range(10)]
    assert found[10:-1] == [b"%06d" % number for number in range(99_900, 100_000)]
    torn = lines_of(str(path), 72, 705)
    assert set(torn) - {b""} == set(found) - {b""}
    assert len(lines_of(str(path))) == 100_001


def test_the_goal_is_read_of_the_beginning_and_the_rest_of_the_end(tmp_path: Path) -> None:
    noise = json.dumps({"sessionId": "s", "type": "progress", "data": "x" * 1000}).encode() + b"\n"
    data = _line("s", tmp_path, "Fix it") + noise * 5000 + _line("s", tmp_path, "Now this", gitBranch="b")
    found = transcript_at(str(_written(tmp_path / "x", data)))
    assert found is not None
    assert (found.goal, found.branch) == ("Fix it", "b")


@pytest.mark.parametrize("kind", ["pipe", "link", "directory", "nothing"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "x", _written(tmp_path / "t", _line("s", tmp_path, "x"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(target)
    elif kind == "directory":
        path.mkdir()
    with pytest.raises(OSError, match="x"):
        transcript_at(str(path))


def test_sessions_of_a_directory_are_found_the_newest_first(tmp_path: Path) -> None:
    home, shop = tmp_path / "home", tmp_path / "shop"
    projects = home / ".claude/projects"
    old = _written(projects / "a/1.jsonl", _line("1", shop, "one"), 100)
    _written(projects / "a/2.jsonl", _line("2", tmp_path / "shop2", "elsewhere"), 300)
    meta = {"id": "3", "cwd": str(shop / "src")}
    rollout = json.dumps({"timestamp": "2026-11-22T07:00:00Z", "type": "session_meta", "payload": meta}).encode()
    new = _written(home / ".codex/sessions/2026/11/22/rollout-3.jsonl", rollout, 200)
    helper = rollout.replace(b'"cwd"', b'"source": {"subagent": "review"}, "cwd"')
    _written(home / ".codex/sessions/2026/11/22/rollout-4.jsonl", helper, 400)
    _written(projects / "a/5.jsonl", b"no transcript", 500)
    assert [one.path for one in newest(str(shop), {"HOME": str(home)})] == [str(new), str(old)]
    assert [one.path for one in newest(str(shop), {"HOME": str(home)}, ("claude",))] == [str(old)]


def test_another_place_for_an_agents_files_is_looked_at(tmp_path: Path) -> None:
    one = _written(tmp_path / "con[fig]/projects/a/1.jsonl", _line("1", tmp_path / "shop", "one"))
    found = newest(str(tmp_path / "shop"), {"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / "con[fig]")})
    assert [one.path for one in found] == [str(one)]
