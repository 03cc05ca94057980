"""The gate tells what happened: every step runs, a failure fails, and what could not be verified is not passed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import __main__ as gate


def step(name: str, script: str, *, live: bool = False, long: tuple[str, ...] | None = None) -> gate.Step:
    return gate.Step(name, (sys.executable, "-c", script), long=long, live=live)


def run(monkeypatch: pytest.MonkeyPatch, *steps: gate.Step, argv: tuple[str, ...] = (), ci: str = "") -> int:
    monkeypatch.setattr(gate, "STEPS", steps)
    monkeypatch.setenv("CI", ci)
    return gate.main(list(argv))


PASSES = step("lint", "print('fine')")
PYTEST = step("pytest", "print('===== 12 passed in 3.45s =====')", live=True)
FAILS = step("types", "print('line 7: wrong'); raise SystemExit(1)")
MISSING = step("sweep", "print('sweep: not verified: no compiler'); raise SystemExit(77)")


def test_pytests_own_closing_line_comes_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, PASSES, PYTEST, PASSES) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "12 passed in 3.45s"


def test_every_step_runs_and_a_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, FAILS, PASSES) == 1
    out = capsys.readouterr().out
    assert "line 7: wrong" in out
    assert out.splitlines()[-1] == "FAILED: types"
    assert sum(line.startswith("lint ") for line in out.splitlines()) == 1


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_is_not_verified_is_never_told_as_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    assert run(monkeypatch, MISSING, ci=ci) == code
    assert "not verified" in capsys.readouterr().out


def test_one_step_and_the_long_tier_can_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = step("sweep", "import sys; print(sys.argv[1:])", long=("--long",))
    assert run(monkeypatch, FAILS, sweep, argv=("--only", "sweep", "--long")) == 0
    assert "['--long']" in capsys.readouterr().out


def test_what_two_steps_say_at_once_is_told_apart_and_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # The first waits until the second, which must run beside it, has said everything and ended.
    flag = tmp_path / "ended"
    waits = f"import pathlib, time\nprint('one')\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)"
    first = step("first", f"{waits}\nprint('two')", live=True)
    second = step("second", f"import pathlib; print('three'); pathlib.Path({str(flag)!r}).touch()", live=True)
    assert run(monkeypatch, first, second) == 0
    said = [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert said[:5] == ["one", "two", "first", "three", "second"]


def test_the_processor_time_of_a_step_has_that_of_its_children() -> None:
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    busy = step("busy", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}], check=True)")
    [ended] = gate.run_all([busy], 1, long=False)
    assert ended.processor >= 0.3


def test_temporary_files_lie_in_memory_where_there_is_room_and_are_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(gate, "MEMORY", tmp_path)
    says = step("says", "import tempfile; print(tempfile.mkdtemp())", live=True)
    limit = tmp_path / "limit"
    monkeypatch.setattr(gate, "LIMITS", (limit,))
    for room, limited, inside in ((0, "max", True), (1 << 60, "max", False), (1 << 10, "1023", False)):
        monkeypatch.setattr(gate, "ROOM", room)
        limit.write_text(f"{limited}\n")
        assert run(monkeypatch, says) == 0
        where = Path(capsys.readouterr().out.splitlines()[0])
        assert where.is_relative_to(tmp_path) is inside
        assert where.exists() is not inside
        if not inside:
            where.rmdir()
