"""What hooks remember of sessions: who has ended, who goes on, and that none of it grows."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from volon import gitfiles, marks

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 3600 * 10**9


def mark(*, where: str | None = None, process: str = "", lines: bytes = b"", touched: int = 0) -> marks.Mark:
    first = f"claude\t{marks.here() if where is None else where}\t{process}\t5\t"
    return marks.Mark("0" * 16, first.encode() + b"\n" + lines, touched)


def alive() -> str:
    """This process, as a mark names one."""
    started = (gitfiles.content(f"/proc/{os.getpid()}/stat").rpartition(b")")[2].split())[19].decode()
    return f"{os.getpid()}.{started}"


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="not verified: elsewhere no process can be told from its successor"
)
def test_a_session_goes_on_as_long_as_the_process_that_began_it_lives() -> None:
    assert not mark(process=alive(), touched=9 * DAY).is_over(10 * DAY)
    assert mark(process=alive(), touched=9 * DAY).is_over(10 * DAY + 1), "nothing was heard of it for a day"
    assert mark(process=alive().replace(".", ".9")).is_over(0), "its number belongs to another one now"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert mark(process=f"{child.pid}.1").is_over(0)


def test_what_a_session_says_last_counts() -> None:
    assert mark(process=alive(), lines=b"begins\nended\n").is_over(0)
    assert not mark(process=alive(), lines=b"ended\nbegins\n").is_over(0)


def test_a_session_that_begins_again_goes_on_in_the_process_that_says_so(tmp_path: Path) -> None:
    gone = mark(process="1.1", lines=b"begins\tx\n")
    assert gone.is_over(0)
    again = f"begins\t{marks.here()}\t{alive()}\n".encode()
    assert not mark(process="1.1", lines=b"begins\n" + again).is_over(0)
    assert mark(process="1.1", lines=again + b"ended\n").is_over(0)
    marks.note(str(tmp_path), "0" * 16, "claude", "", marks.BEGINS)
    noted = marks.note(str(tmp_path), "0" * 16, "claude", "", marks.BEGINS)
    assert noted is not None
    assert noted[0].lines[:2] == [marks.BEGINS, marks.BEGINS]


def test_after_a_boot_no_session_goes_on_and_another_machine_has_a_day() -> None:
    host, _, pids = marks.here().split(" ")
    assert mark(where=f"{host} 12345678 {pids}", process="1.1").is_over(0)
    assert not mark(where=f"not-{host} 12345678 {pids}", process="1.1").is_over(DAY)
    assert mark(where=f"not-{host} 12345678 {pids}", process="1.1").is_over(DAY + 1)
    assert not mark(where=f"{marks.here()}0", process="1.1").is_over(DAY), "another namespace of processes"


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\xff\t\t\t\t", b"a\tb\tc\tx\t\n", b"\t" * 9, "a\tb\tc\t²\t\n".encode(), b"a\t\t\t5\t/\0\n"]
)
def test_a_mark_that_is_damaged_is_one_that_nothing_is_known_of(data: bytes) -> None:
    assert marks.Mark("0" * 16, data, 0).is_over(2 * DAY)
    assert not marks.Mark("0" * 16, data, DAY).is_over(DAY)


def test_a_process_that_no_system_has_is_one_that_is_gone(tmp_path: Path) -> None:
    assert mark(where=marks.here(), process="1\0.1").is_over(0)
    (tmp_path / "volon").mkdir()
    noted = marks.note(str(tmp_path), "s", "claude", "", b"settles 1\0.1")
    assert noted is not None
    assert marks.claim(str(tmp_path), noted[0])


def test_marks_do_not_grow_in_number_or_in_length(tmp_path: Path) -> None:
    for number in range(2 * marks.MOST):
        marks.note(str(tmp_path), f"{number:016}", "claude", "", b"begins")
    assert len(marks.others(str(tmp_path))) == marks.MOST
    for _ in range(200):
        marks.note(str(tmp_path), "0" * 16, "claude", "", b"x" * 500)
        marks.note_failure(str(tmp_path / "git"), "never where there is nothing")
    assert (tmp_path / "volon/sessions" / ("0" * 16)).stat().st_size <= marks.LONGEST + 1000
    for number in range(1000):
        marks.note_failure(str(tmp_path), f"{number} " + "x" * 5000)
    kept = (tmp_path / marks.FAILURES).read_text()
    assert len(kept) <= marks.LONGEST + 2000
    assert kept.splitlines()[-1].startswith("999 ")


def test_whatever_the_umask_nobody_else_may_read_what_is_remembered(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        marks.note(str(tmp_path), "0" * 16, "claude", "", b"begins")
    finally:
        os.umask(before)
    made = (tmp_path / "volon", tmp_path / "volon/sessions", tmp_path / "volon/sessions" / ("0" * 16))
    assert [oct(one.stat().st_mode & 0o777) for one in made] == ["0o700", "0o700", "0o600"]


def test_one_process_settles_a_session_and_the_next_one_when_that_is_gone(tmp_path: Path) -> None:
    noted = marks.note(str(tmp_path), "0" * 16, "claude", "", b"ended")
    assert noted is not None
    gone = b"settles 1.1"
    marks.note(str(tmp_path), "0" * 16, "claude", "", gone)
    assert marks.claim(str(tmp_path), noted[0])
    script = f"import sys; from volon import marks; m = marks.others({str(tmp_path)!r})[0]; "
    script += f"sys.exit(marks.claim({str(tmp_path)!r}, m))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0, "this process lives"


def test_a_link_in_the_place_of_a_mark_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "volon/sessions").mkdir(parents=True)
    (tmp_path / "volon/sessions" / ("0" * 16)).symlink_to(tmp_path / "elsewhere")
    assert marks.note(str(tmp_path), "0" * 16, "claude", "", b"begins") is None
    assert not (tmp_path / "elsewhere").exists()
