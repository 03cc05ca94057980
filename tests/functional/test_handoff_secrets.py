"""Planted secrets: whatever leaves this machine, no object of the other side holds one, reachable or not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.machines import Two
from tests.support.repos import RepoBuilder, run_git
from tests.unit.model.test_secrets import SECRETS
from volon.model.secrets import tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_FILES = sorted({secret for _, secret in SECRETS if tokens(secret.encode())})
"""One of each kind that is looked for in files."""
IN_WORDS = [f"https://{secret}@host/x" if kind == "URL password" else secret for kind, secret in SECRETS]
MARK = "nothing secret about this"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path / "machines")


def leaked(repo: Path, planted: list[str]) -> list[str]:
    """What of it any object of a repository holds: files, commits, and the names in trees; reachable or not."""
    said = run_git(repo, "cat-file", "--batch-all-objects", "--batch", "--unordered")
    assert MARK in said, "the search would not have found anything"
    return [secret for secret in planted if secret in said]


def untracked(two: Two, secret: str, name: str) -> None:
    two.a.write(f"{name}.txt", f"a\n{secret}\nb\n")


def among_bytes(two: Two, secret: str, name: str) -> None:
    two.a.write(f"{name}.bin", b"\0\xff" + secret.encode() + b"\0")


def modified(two: Two, secret: str, name: str) -> None:
    two.a.write(f"{name}.py", "x = 1\n")
    two.a.git("add", f"{name}.py")
    two.a.git("commit", "-q", "-m", "More", "--", f"{name}.py")
    two.a.git("push", "-q")
    two.a.write(f"{name}.py", f"x = '{secret}'\n")


def staged(two: Two, secret: str, name: str) -> None:
    two.a.write(f"{name}.py", secret)
    two.a.git("add", f"{name}.py")


def only_staged(two: Two, secret: str, name: str) -> None:
    staged(two, secret, name)
    two.a.write(f"{name}.py", "gone again\n")


def staged_and_deleted(two: Two, secret: str, name: str) -> None:
    staged(two, secret, name)
    (two.a.root / f"{name}.py").unlink()


def behind_a_filter(two: Two, secret: str, name: str) -> None:
    two.a.write(".gitattributes", "*.crlf text eol=crlf\n")
    two.a.write(f"{name}.crlf", f"a\r\n{secret}\r\n")
    two.a.git("add", f"{name}.crlf")


def link(two: Two, secret: str, name: str) -> None:
    (two.a.root / name).symlink_to(secret.replace("/", "_")[:200])


WORK = (untracked, among_bytes, modified, staged, only_staged, staged_and_deleted, behind_a_filter, link)


@pytest.mark.parametrize("plant", WORK)
def test_what_a_pause_takes_along_holds_no_secret(
    two: Two, tmp_path: Path, plant: Callable[[Two, str, str], None]
) -> None:
    two.a.write("harmless.txt", MARK)
    for number, secret in enumerate(IN_FILES):
        plant(two, secret, f"file-{number}")
    _paused_and_sent(two, tmp_path, IN_FILES)


def test_files_whose_names_say_that_they_are_secret_stay_here(two: Two, tmp_path: Path) -> None:
    two.a.write("harmless.txt", MARK)
    planted = {
        ".env": "A_B=one of mine",
        "id_ed25519": "the key itself",
        "sub/server.pem": "two of mine",
    }
    for name, text in planted.items():
        two.a.write(name, text)
    _paused_and_sent(two, tmp_path, list(planted.values()))


def test_both_sides_of_a_conflict_are_searched(two: Two, tmp_path: Path) -> None:
    two.a.commit("Base", {"both.txt": f"{MARK}\n"})
    two.a.git("push", "-q")
    two.a.git("switch", "-q", "-c", "side")
    two.a.commit("Theirs", {"both.txt": f"{IN_FILES[0]}\n"})
    two.a.git("switch", "-q", "main")
    two.a.commit("Ours", {"both.txt": "ours\n"})
    two.a.git("push", "-q", "origin", "main")
    two.a.git("merge", "-q", "side", check=False)
    two.a.write("both.txt", "solved\n")
    _paused_and_sent(two, tmp_path, IN_FILES[:1])


def test_words_and_what_commands_printed_come_without_their_secrets(two: Two, tmp_path: Path) -> None:
    a = two.at(two.a)
    two.a.write("harmless.txt", MARK)
    for word in IN_WORDS:
        a("run", "--", "printf", "%s\\n", f"said {word} end")
    words = [f"with {word} in it" for word in IN_WORDS]
    options = ("--next", "--plan", "--goal", "--question", "--blocker", "--summary", "--completed")
    said = [part for option in options for part in (option, words[0])]
    two.a.git("remote", "add", "other", "https://bob:hunter22@example.org/x.git")
    _paused_and_sent(two, tmp_path, [secret for _, secret in SECRETS], *said, note=" and ".join(words))


@pytest.mark.parametrize("where", ["file", "message"])
def test_a_secret_in_a_commit_that_would_go_along_stops_it(two: Two, tmp_path: Path, where: str) -> None:
    two.a.write("harmless.txt", MARK)
    two.a.commit("Mark")
    two.a.git("push", "-q")
    for number, secret in enumerate(IN_FILES):
        message, text = (secret, "x") if where == "message" else ("More", secret)
        two.a.commit(message, {f"{number}.txt": text})
    two.a.git("rm", "-q", "--", *(f"{number}.txt" for number in range(len(IN_FILES))))
    two.a.commit("Gone")
    two.a.write("src/app.py", "def run():\n    return 2\n")
    two.at(two.a).ok("pause-task", "half way")
    before = two.refs()
    for words in (("push",), ("export", str(tmp_path / "out.bundle"))):
        ran = two.at(two.a)("handoff", *words)
        assert ran.code == 1, ran
        assert not [secret for secret in IN_FILES if secret in ran.out + ran.err]
    assert two.refs() == before
    assert leaked(two.hub, IN_FILES) == []
    assert not (tmp_path / "out.bundle").exists()


def _paused_and_sent(two: Two, tmp_path: Path, planted: list[str], *words: str, note: str = "half way") -> None:
    """Pause, push, export, claim; then look through all that the remote and the reader of the file have."""
    a = two.at(two.a)
    a.ok("pause-task", note, *words)
    a.ok("handoff", "push")
    a.ok("handoff", "claim")
    assert any(name.startswith("refs/volon/snap/") for name in two.refs())
    assert leaked(two.hub, planted) == []
    a.ok("handoff", "export", str(tmp_path / "out.bundle"))
    reader = RepoBuilder.init(tmp_path / "reader", "--bare")
    run_git(reader.root, "fetch", "-q", os.fspath(two.hub), "refs/heads/*:refs/heads/*")
    run_git(reader.root, "bundle", "unbundle", str(tmp_path / "out.bundle"))
    assert leaked(reader.root, planted) == []
