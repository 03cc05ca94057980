"""The seal works: a test sees nothing of the user's machine, and the same commit has the same id everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.seal import FROZEN_NOW, sealed_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder


def test_home_and_xdg_belong_to_the_test(tmp_path: Path) -> None:
    places = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("XDG_")}
    assert len(places) == 6
    assert all(value.startswith(str(tmp_path)) for value in places.values()), places


def test_git_sees_no_configuration_but_ours(repo: RepoBuilder, tmp_path: Path) -> None:
    origins = {line.split("\t")[0] for line in repo.git("config", "--list", "--show-origin").splitlines()}
    assert origins == {"file:.git/config", f"file:{tmp_path / 'home' / 'gitconfig'}"}


def test_variables_of_a_surrounding_git_hook_do_not_leak(tmp_path: Path) -> None:
    outer = {"PATH": "/usr/bin", "GIT_DIR": "/elsewhere", "GIT_INDEX_FILE": "/elsewhere/index", "VOLON_IN_HOOK": "1"}
    sealed = sealed_environment(tmp_path / "h", outer)
    assert sealed["PATH"].split(os.pathsep)[1:] == ["/usr/bin"]
    assert not {"GIT_DIR", "GIT_INDEX_FILE", "VOLON_IN_HOOK"} & set(sealed)


def test_an_unexpected_editor_fails_loudly(repo: RepoBuilder) -> None:
    done = subprocess.run(
        ["git", "commit", "--allow-empty"], cwd=repo.root, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "editor" in done.stderr


def test_the_same_commit_has_the_same_id_everywhere(repo: RepoBuilder) -> None:
    assert repo.head() == "0d11f26f41ec638108975b36d5cf047ae7a0f991"


def test_a_test_that_forgets_where_it_works_finds_no_repository(tmp_path: Path) -> None:
    done = subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert tmp_path.samefile(".")


def test_time_zone_language_and_width_are_pinned() -> None:
    script = "import time, os, locale; print(time.tzname[0], os.environ['COLUMNS'], locale.getlocale()[1])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["UTC", "80", "UTF-8"]
    assert os.environ["VOLON_FROZEN_NOW"] == FROZEN_NOW
    assert "NO_COLOR" in os.environ
