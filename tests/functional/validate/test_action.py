"""The composite action and the hooks for pre-commit and prek: valid, pinned, and doing what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.functional.validate.conftest import FILES
from tests.support.checkout import checkout
from tests.support.repos import run_git
from tests.support.running import PROJECT_ROOT, volon_environment

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

ACTION: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
TOOLS = Path(sys.executable).parent


def tool(name: str) -> str:
    """A development tool, or the test is not verified."""
    found = shutil.which(name, path=str(TOOLS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"not verified: {name} is not installed")
    return found


def test_the_action_is_valid_under_githubs_schema() -> None:
    done = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(PROJECT_ROOT / "action.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_in_the_action() -> None:
    argv = [tool("zizmor"), "--offline", "--no-progress", str(PROJECT_ROOT / "action.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_and_no_script_has_an_expression_in_it() -> None:
    for step in STEPS:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", step["uses"])
        assert "${{" not in step.get("run", "")
    outside = set(ACTION) - {"name", "description", "inputs", "outputs", "runs"}
    assert not outside


def run_step(repo: RepoBuilder, tmp_path: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Run the action's own script as the runner does; exit code, what it printed, its outputs."""
    (step,) = [one for one in STEPS if one.get("id") == "validate"]
    bin_dir = tmp_path / "temp/volon/bin"
    bin_dir.mkdir(parents=True, exist_ok=True)
    starter = bin_dir / "volon"
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m volon "$@"\n')
    starter.chmod(0o755)
    output = tmp_path / "output"
    output.write_text("")
    env = {"PATHS": "", "STRICT": "false", **inputs}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=repo.root,
        env=volon_environment({**env, "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_OUTPUT": str(output)}),
        capture_output=True,
        text=True,
        check=False,
    )
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, outputs


def test_the_script_passes_what_is_right_and_fails_what_is_not(paused: RepoBuilder, tmp_path: Path) -> None:
    code, out, outputs = run_step(paused, tmp_path)
    assert (code, out, outputs["exit-code"]) == (0, "", "0")
    paused.write(FILES["capsule"], paused.read(FILES["capsule"]).replace(b"## Evidence", b"## Proof"))
    code, out, outputs = run_step(paused, tmp_path)
    assert (code, outputs["exit-code"]) == (1, "1")
    assert out.startswith("::error title=volon (capsule.section-missing),file=.volon/pcc/tasks/")
    assert '"capsule.section-missing"' in Path(outputs["sarif"]).read_text()


def test_inputs_are_words_never_code(paused: RepoBuilder, tmp_path: Path) -> None:
    paused.write(FILES["config"], "unknown: 1\n")
    evil = f"$(touch {tmp_path}/evil); `touch {tmp_path}/evil`\n--strict"
    code, out, outputs = run_step(paused, tmp_path, PATHS=evil)
    assert code == 2
    assert "sarif" not in outputs
    assert not (tmp_path / "evil").exists(), out
    assert run_step(paused, tmp_path, PATHS=f"{FILES['task']}\n{FILES['config']}\n")[0] == 0
    assert run_step(paused, tmp_path, PATHS=FILES["config"], STRICT="true")[0] == 1
    assert run_step(paused, tmp_path, PATHS=FILES["config"], STRICT="true; exit 0")[0] == 0


# --- Hooks -----------------------------------------------------------------------------------------------------------


def tried(runner: str, source: Path, repo: RepoBuilder, *options: str) -> subprocess.CompletedProcess[str]:
    """Run every hook, installed from a checkout; not verified where volon's dependencies cannot be installed."""
    keep = {name: value for name, value in _OUTER.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    home = repo.root.parent / "hook-home"
    # Not `try-repo`, which installs anew each time.
    config = home.with_suffix(".yaml")
    hooks = [{"id": one["id"]} for one in yaml.safe_load((source / ".pre-commit-hooks.yaml").read_text("utf-8"))]
    head = run_git(source, "rev-parse", "HEAD").strip()
    config.write_text(yaml.safe_dump({"repos": [{"repo": str(source), "rev": head, "hooks": hooks}]}), "utf-8")
    done = subprocess.run(
        [tool(runner), "run", "--config", str(config), *options],
        cwd=repo.root,
        env={**os.environ, **keep, "PRE_COMMIT_HOME": str(home), "PREK_HOME": str(home), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout + done.stderr
    if re.search(r"No matching distribution|Could not find a version|ConnectionError|Failed to fetch|dns error", said):
        pytest.skip(f"not verified: {runner} cannot install volon's dependencies here (no package index)")
    return done


_OUTER = dict(os.environ)


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_hooks_pass_and_fail_where_they_should(
    runner: str, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.ok("init")
    paused.git("add", "-A")
    paused.git("commit", "-q", "-m", "Share the records")
    source = checkout(tmp_path / "checkout")
    good = tried(runner, source, paused, "--all-files", "--verbose")
    assert good.returncode == 0, good.stdout + good.stderr
    assert f"{len(FILES)} records checked, no problems" in good.stdout
    assert "0 staged records checked, no problems" in good.stdout
    paused.write(FILES["capsule"], paused.read(FILES["capsule"]).replace(b"## Evidence", b"## Proof"))
    paused.git("add", FILES["capsule"])
    paused.git("rm", "-q", FILES["task"])
    bad = tried(runner, source, paused)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert bad.stdout.count("capsule.section-missing") == 2
    assert "claim.task-missing" in bad.stdout
