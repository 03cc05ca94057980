"""However a task file ends, its bytes stay, and what cannot be read is told with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
PATH = f".volon/tasks/{TASK}.md"
FRONT = f"---\nid: {TASK}\ntitle: T\nstatus: doing\n"
TEXT = f"{FRONT}---\n\n# T\n\n## Updates\n\n- one"

READABLE = {
    "fence without a line end": f"{FRONT}---",
    "fence": f"{FRONT}---\n",
    "fence and blanks": f"{FRONT}---  \t",
    "fence and blank lines": f"{FRONT}---\n\n\n\n",
    "fence and lines of blanks": f"{FRONT}---\n \n\t\n ",
    "fence with CR only": f"{FRONT}---\r",
    "fence in CRLF without a line end": f"{FRONT}---".replace("\n", "\r\n"),
    "fence in CRLF and blank lines": f"{FRONT}---\n\n\n".replace("\n", "\r\n"),
    "blank lines above the fence": f"{FRONT}\n\n---",
    "a comment above the fence": f"{FRONT}# a comment\n---",
    "a folded title above the fence": f"---\nid: {TASK}\nstatus: doing\ntitle: >\n  T\n\n\n---",
    "a title that keeps its blank lines above the fence": f"---\nid: {TASK}\nstatus: doing\ntitle: |+\n  T\n\n\n---",
    "a list above the fence": f"{FRONT}tags:\n  - a\n\n\n---",
    "text without a line end": TEXT,
    "text and blank lines": f"{TEXT}\n\n\n\n",
    "text and lines of blanks": f"{TEXT}\n   \n\t\n",
    "text and blanks without a line end": f"{TEXT}\n\n   ",
    "text in CRLF and blank lines": f"{TEXT}\n\n\n".replace("\n", "\r\n"),
    "line ends of both kinds": f"{TEXT}\n\r\n\n\r\n",
    "a heading without a line end": f"{FRONT}---\n\n## Updates",
    "a heading and blank lines": f"{FRONT}---\n\n## Updates\n\n\n\n",
    "no heading and blank lines": f"{FRONT}---\n\n# T\n\nText.\n\n\n\n",
    "an open code fence": f"{TEXT}\n\n```\ncode",
    "an open code fence and blank lines": f"{TEXT}\n\n```\ncode\n\n\n",
    "an open comment": f"{TEXT}\n\n<!-- open",
    "a form feed": f"{TEXT}\n\f\n",
    "NUL bytes": f"{TEXT}\n\0\0\0",
    "a line separator": f"{TEXT}\n\u2028",
    "a byte-order mark at the end": f"{TEXT}\n\ufeff",
}
UNREADABLE = {
    "nothing": ("", 1, "`id` is missing"),
    "an opening fence only": ("---", 1, "never closed"),
    "no closing fence": (FRONT, 1, "never closed"),
    "no closing fence and blank lines": (f"{FRONT}\n\n\n", 1, "never closed"),
    "four dashes": (f"{FRONT}----", 5, "on line 5 something else stands behind it"),
    "text behind the fence": (f"{FRONT}--- text\n", 5, "on line 5 something else stands behind it"),
    "a control character behind the fence": (f"{FRONT}---\x1a", 5, "on line 5 something else stands behind it"),
    "an indented fence": (f"{FRONT} ---\n", 1, "never closed"),
    "three dots": (f"{FRONT}...\n---", 5, "more than one YAML document"),
}


@pytest.mark.parametrize("text", READABLE.values(), ids=READABLE)
def test_a_task_file_reads_as_it_is_and_every_line_of_it_stays(
    text: str, repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(PATH, text)
    volon.ok("pause-task", "half way")
    volon.ok("resume-task")
    volon.ok("task", "done", TASK)
    assert volon("validate", PATH).code == 0
    after = repo.read(PATH).decode()
    assert "status: done" in after
    assert after.count("] ") >= 3
    below = text.partition("---")[2].partition("\n---")[2]
    left = iter(after.splitlines(keepends=True))
    kept = [line for line in below.splitlines(keepends=True)[1:] if line.endswith("\n")]
    assert [line for line in kept if not any(line == other for other in left)] == []


@pytest.mark.parametrize(("text", "line", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_task_file_that_cannot_be_read_is_named_with_the_line_and_left_alone(
    text: str, line: int, words: str, repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(PATH, text)
    ran = volon("pause-task", "half way")
    assert ran.code == 9, ran
    told = " ".join(ran.err.split())
    assert f"{PATH}:{line}" in told, told
    assert words in told, told
    assert repo.read(PATH).decode() == text
