"""The run of a plan that the documentation shows is what happens today, anywhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.running import PROJECT_ROOT, volon_environment

COMPARE = """
import difflib, sys; sys.path.insert(0, 'docs')
import conduct_run
told, kept = conduct_run.story(), conduct_run.TARGET.read_text(encoding='utf-8')
sys.stderr.write(''.join(difflib.unified_diff(kept.splitlines(True), told.splitlines(True), 'kept', 'told')))
sys.exit(told != kept)
"""


@pytest.mark.slow
def test_the_same_plan_run_again_elsewhere_gives_the_same_output_commits_and_records() -> None:
    """Five phases, a failing test that is mended and one that is not, a pause, a conflict, another machine."""
    command = [sys.executable, "-c", COMPARE]
    env = volon_environment()
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stderr) == (0, ""), f"run: python docs/conduct_run.py\n{done.stderr}"
