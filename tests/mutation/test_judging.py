"""The command fails for what nobody has explained, for less than was recorded, and for what is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.crash import floors
from tests.mutation import __main__ as mutation

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
def x_twice__mutmut_orig(number):
    return number * 2 if number else 0

def x_twice__mutmut_1(number):
    return number / 2 if number else 0

def x_twice__mutmut_2(number):
    return number * 3 if number else 0

def xǁBoxǁopen__mutmut_orig(self):
    self.lid = None

def xǁBoxǁopen__mutmut_1(self):
    self.lid = ""
"""
TWICE = "volon.sample.twice: number * 2 → number * 3"
OPEN = "volon.sample.Box.open: self.lid = None → self.lid = ''"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What mutmut leaves behind; one test killed, one change refused by the types, one survived and explained."""
    module = tmp_path / "mutants" / "volon" / "sample.py"
    module.parent.mkdir(parents=True)
    module.write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(mutation, "MUTANTS", tmp_path / "mutants")
    monkeypatch.setattr(mutation, "SURVIVORS", tmp_path / "survivors.toml")
    for where in (mutation, floors):
        monkeypatch.setattr(where, "FLOORS", tmp_path / "floors.json")
    record(tmp_path, (1, 0, 37))
    explain(tmp_path, TWICE)
    expect(tmp_path, mutants=3, percent=66)
    return tmp_path


def record(where: Path, codes: tuple[int | None, ...]) -> None:
    names = ["x_twice__mutmut_1", "x_twice__mutmut_2", "xǁBoxǁopen__mutmut_1"]
    found = {f"volon.sample.{name}": code for name, code in zip(names, codes, strict=True)}
    meta = where / "mutants" / "volon" / "sample.py.meta"
    meta.write_text(json.dumps({"exit_code_by_key": found}), encoding="utf-8")


def explain(where: Path, *changes: str) -> None:
    text = f"[[class]]\nwhy = 'because'\nmutants = {json.dumps(changes, ensure_ascii=False)}\n"
    (where / "survivors.toml").write_text(text, encoding="utf-8")


def expect(where: Path, **least: int) -> None:
    (where / "floors.json").write_text(json.dumps({"mutation": {"volon.sample": least}}), encoding="utf-8")


def test_a_run_in_which_every_survivor_is_explained_passes(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert results.is_dir()
    assert mutation.main(["--report"]) == 0
    assert "66.7 %" in capsys.readouterr().out


def test_a_survivor_without_a_reason_fails(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(results, (1, 0, 33))
    expect(results, mutants=3, percent=33)
    assert mutation.main(["--report"]) == 1
    assert OPEN in capsys.readouterr().out


def test_one_reason_serves_one_survivor(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(results, TWICE, TWICE)
    assert mutation.main(["--report"]) == 1
    assert f"no such mutant survives: {TWICE}" in capsys.readouterr().out


@pytest.mark.parametrize("code", [None, 2, 34, 35, -11])
def test_what_is_not_known_fails(results: Path, capsys: pytest.CaptureFixture[str], code: int | None) -> None:
    record(results, (code, 0, 37))
    expect(results, mutants=3, percent=33)
    assert mutation.main(["--report"]) == 1
    assert "not decided: volon.sample.x_twice__mutmut_1" in capsys.readouterr().out


@pytest.mark.parametrize("least", [{"mutants": 4}, {"percent": 67}])
def test_less_than_was_recorded_fails(results: Path, least: dict[str, int]) -> None:
    expect(results, **least)
    assert mutation.main(["--report"]) == 1


def test_a_module_that_is_no_longer_changed_fails(results: Path) -> None:
    (results / "mutants" / "volon" / "sample.py.meta").unlink()
    explain(results)
    assert mutation.main(["--report"]) == 1
