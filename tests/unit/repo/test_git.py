"""The door to git: nothing of the environment or the configuration gets through, and every failure is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import AT, ULIDS, diffstat, paused_as
from volon.errors import ExitCode, NotCommitted
from volon.repo.git import MINIMUM, Git, GitFailed, GitTooOld, parse_version, scrubbed
from volon.repo.repository import Repository
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path


def _world(**more: str) -> World:
    return World.real({**os.environ, **more})


def test_foreign_git_variables_do_not_reach_git(repo: RepoBuilder, tmp_path: Path) -> None:
    other = RepoBuilder.init(tmp_path / "other")
    other.commit("Other", {"o.txt": "o\n"})
    leaks = {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(tmp_path / "no-index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "none"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_TRACE": str(tmp_path / "trace"),
    }
    facts = Repository.open(_world(**leaks), repo.root).facts()
    assert facts.head == repo.head()
    assert facts.changes == ()
    assert not (tmp_path / "trace").exists()


def test_only_nosystem_of_the_callers_git_variables_survives() -> None:
    env = scrubbed({"GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": "/x", "GITHUB_ACTIONS": "1", "PATH": "/bin"})
    assert "GIT_DIR" not in env
    assert env["GIT_CONFIG_NOSYSTEM"] == "1"
    assert env["GITHUB_ACTIONS"] == "1"
    assert (env["GIT_NO_LAZY_FETCH"], env["GIT_TERMINAL_PROMPT"], env["GIT_OPTIONAL_LOCKS"]) == ("1", "0", "0")
    assert "GIT_CONFIG_NOSYSTEM" not in scrubbed({})
    assert scrubbed({"GIT_CONFIG_GLOBAL": "/mine"})["GIT_CONFIG_GLOBAL"] == "/mine"


@pytest.mark.parametrize(
    "setting",
    ["core.fsmonitor", "diff.external", "core.pager", "diff.txt.textconv", "diff.txt.command", "core.sshCommand"],
)
def test_what_the_configuration_names_is_not_run(repo: RepoBuilder, tmp_path: Path, setting: str) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    script.chmod(0o755)
    repo.git("config", setting, str(script))
    repo.commit("Attributes", {".gitattributes": "*.md diff=txt\n"})
    repo.write("README.md", "changed\n")
    canary.unlink(missing_ok=True)
    _everything(repo)
    assert not canary.exists()


def test_no_hook_runs(repo: RepoBuilder, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hooks = repo.root / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-auto-gc", "post-checkout", "fsmonitor-watchman"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)
    repo.write("README.md", "changed\n")
    _everything(repo)
    assert not canary.exists()


def _everything(repo: RepoBuilder) -> None:
    repository = Repository.open(_world(), repo.root)
    facts = repository.facts()
    diffstat(repository)
    paused = paused_as(facts)
    oid = repository.events.record_pause(ULIDS[0], {"a": b"a\n"}, facts.head, "m\n", AT)
    repository.events.record_close(ULIDS[1], oid)
    repository.events.list_events()
    repo.git("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "commit", "-q", "--amend", "-m", "again")
    repository.observe(paused)


def test_a_failure_names_command_and_reason(repo: RepoBuilder) -> None:
    git = Git(_world(), repo.root)
    with pytest.raises(GitFailed) as caught:
        git.run("cat-file", "-p", "0" * 40)
    assert "git cat-file failed with exit status 128" in caught.value.message
    assert any("Not a valid object name" in cause for cause in caught.value.causes)
    assert caught.value.exit_code is ExitCode.NOT_COMMITTED


def test_a_name_is_never_an_option(repo: RepoBuilder) -> None:
    git = Git(_world(), repo.root)
    assert git.resolve("--output=evil") is None
    assert git.resolve("HEAD") == repo.head()
    assert not (repo.root / "evil").exists()


def test_git_missing_is_said(repo: RepoBuilder, tmp_path: Path) -> None:
    with pytest.raises(NotCommitted, match="git was not found"):
        Repository.open(_world(PATH=str(tmp_path)), repo.root).facts()


def test_a_git_in_the_current_directory_is_not_used(repo: RepoBuilder) -> None:
    fake = repo.write("git", "#!/bin/sh\ntouch canary\n")
    fake.chmod(0o755)
    with pytest.raises(NotCommitted, match="git was not found"):
        Repository.open(_world(PATH=".:"), repo.root).facts()
    assert not (repo.root / "canary").exists()


def test_an_old_git_is_refused_by_what_writes_and_by_what_fails(repo: RepoBuilder, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\n[ "$1" = version ] && echo "git version 2.25.1" && exit 0\nexit 129\n')
    old.chmod(0o755)
    repository = Repository.open(_world(PATH=str(old.parent)), repo.root)
    with pytest.raises(GitTooOld, match=r"2\.25\.1 is too old; volon needs git 2\.38"):
        repository.facts()
    with pytest.raises(GitTooOld):
        repository.events.record_pause(ULIDS[0], {"a": b""}, None, "m", AT)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("git version 2.39.5 (Apple Git-154)", (2, 39, 5)),
        ("git version 2.47.0.windows.1", (2, 47, 0)),
        ("git version 2.38", (2, 38)),
        ("nonsense", ()),
    ],
)
def test_versions_are_read(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version
    assert (version >= MINIMUM) is (text != "nonsense")


@pytest.mark.parametrize(
    "said",
    [
        (
            "fatal: Unable to create '.git/index.lock': File exists.\n\nAnother git process seems to be running\n"
            "remove the file manually to continue.\n"
        ),
        (
            "fatal: detected dubious ownership\nTo add an exception for this directory, call:\n\n"
            "\tgit config --global --add safe.directory /x\n"
        ),
        "fatal: no\nhint: git config --global --add safe.directory /x\nhint: remove the file manually",
    ],
)
def test_gits_advice_is_not_handed_on_as_a_cause(said: str) -> None:
    assert GitFailed(("status",), 128, said).causes == (said.partition("\n")[0],)
