"""A remote and a `.git/config` that somebody else made: what they offer is data, and nothing they name is run."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.machines import Two
from tests.support.repos import run_git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ULID = "01M7SKZC80TTTS2Q260NXWP0{}"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path / "machines")


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A program that leaves a trace when anybody runs it."""
    program = tmp_path / "canary"
    program.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/fired\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def fired(canary: Path) -> bool:
    return (canary.parent / "fired").exists()


class TestOffered:
    def test_what_is_not_as_volon_writes_it_is_refused_by_name_and_the_rest_is_taken(self, two: Two) -> None:
        two.paused_in_a()
        name, good = next(item for item in two.refs().items() if item[0].startswith("refs/volon/paused/"))
        files = run_git(two.hub, "ls-tree", "-r", good).splitlines()
        message = run_git(two.hub, "log", "-1", "--format=%B", good)
        parent = run_git(two.hub, "rev-parse", f"{good}^").strip()
        bad = {
            "A1": two.refs()["refs/heads/main"],
            "A2": _commit(two, [*files, _blob(two, "evil", ".git/hooks/x")], message, parent),
            "A3": _commit(two, [_blob(two, "changed", row.split("\t")[1]) for row in files], message, parent),
            "A4": _commit(two, [row.replace("100644", "120000") for row in files], message, parent),
            "A5": _commit(two, files, message.replace("TASK-20261119-001", "TASK-20261119-009"), parent),
            "A6": _commit(two, files, message.replace("TASK-20261119-001", "../../x"), parent),
            "A7": _commit(two, files, message),
            "A8": _commit(two, files, message + "x" * (1 << 17), parent),
            "A9": run_git(two.hub, "rev-parse", f"{good}^{{tree}}").strip(),
        }
        for tail, oid in bad.items():
            run_git(two.hub, "update-ref", f"refs/volon/paused/{ULID.format(tail)}", oid)
        snapshot, saved = next(item for item in two.refs().items() if item[0].startswith("refs/volon/snap/"))
        rows = run_git(two.hub, "ls-tree", "-r", saved).splitlines()
        parents = run_git(two.hub, "log", "-1", "--format=%P", saved).split()
        whole = {
            "B1": two.refs()["refs/heads/main"],
            "B2": saved,
            "B3": _commit(two, [*rows, _blob(two, "more", "blobs/aa/x")], "x", *parents),
            "B4": _commit(two, rows[1:], "x", *parents),
            "B5": _commit(two, [_blob(two, "{}", "manifest.json")], "x", *parents),
        }
        for tail, oid in whole.items():
            run_git(two.hub, "update-ref", f"refs/volon/snap/{ULID.format(tail)}", oid)
        bad |= whole
        for odd in (f"refs/volon/paused/7{'Z' * 25}", "refs/volon/paused/x", "refs/volon/from/x", "refs/volon/claim/x"):
            run_git(two.hub, "update-ref", odd, good)
        ran = two.at(two.b)("handoff", "pull", "--json")
        found = json.loads(ran.out)
        assert ran.code == 1
        assert [row["ref"] for row in found["came"]] == [name, snapshot]
        assert sorted(line.split(":")[0].rpartition("/")[2] for line in found["refused"]) == sorted(
            ULID.format(tail) for tail in bad
        )
        assert two.at(two.b)("status").code == 0
        assert json.loads(two.at(two.b).ok("resume-task", "--json"))["note"] == "half way"

    def test_a_ref_that_is_known_as_something_else_is_refused_and_ours_stays(self, two: Two) -> None:
        two.paused_in_a()
        name = next(name for name in two.refs() if name.startswith("refs/volon/paused/"))
        mine = two.a.git("rev-parse", name)
        run_git(two.hub, "update-ref", name, two.refs()["refs/heads/main"])
        ran = two.at(two.a)("handoff", "pull")
        assert (ran.code, "it is another commit here" in " ".join(ran.out.split())) == (1, True)
        assert two.a.git("rev-parse", name) == mine
        ran = two.at(two.a)("handoff", "push")
        assert (ran.code, "has something else as" in ran.err) == (5, True)

    def test_a_claim_that_nobody_can_read_is_somebodys_and_can_be_taken_over(self, two: Two) -> None:
        two.paused_in_a()
        a = two.at(two.a)
        a.ok("handoff", "claim")
        ref = next(name for name in two.refs() if "/claim/" in name)
        run_git(two.hub, "update-ref", ref, two.refs()["refs/heads/main"])
        ran = a("handoff", "claim")
        assert (ran.code, "somebody else" in ran.err) == (4, True)
        a.ok("handoff", "claim", "--take-over", ran.err.split("--take-over ")[1].split()[0])

    @pytest.mark.parametrize("path", [".git/hooks/post-checkout", "../outside", "src/.GIT/config", "src/git~1/x"])
    def test_an_index_with_which_git_would_write_hooks_is_refused(self, two: Two, path: str) -> None:
        two.paused_in_a()
        index = _index_of(path, run_git(two.hub, "rev-parse", "main:README.md").strip())
        row = _blob(two, index, "index")
        _forge(
            two, lambda told: told["index"].update(blob=row.split()[2], digest=hashlib.sha256(index).hexdigest()), row
        )
        ran = two.at(two.b)("handoff", "pull")
        assert ran.code == 1
        assert "leads out of the working tree or into .git" in " ".join(ran.out.split())

    def test_terminal_codes_in_a_title_and_in_a_claim_are_spelled_out(self, two: Two) -> None:
        two.a.git("config", "user.name", "Ada\x1b[2J")
        two.a.write("src/app.py", "x\n")
        two.at(two.a).ok("pause-task", "half way \x1b]0;owned\x07")
        two.at(two.a).ok("handoff", "push")
        two.at(two.a).ok("handoff", "claim")
        b = two.at(two.b)
        shown = [b.ok("handoff", "pull"), b.ok("status"), b("handoff", "claim").err, b.ok("resume-task")]
        assert "\x1b" not in "".join(shown)


def _blob(two: Two, content: str | bytes, path: str) -> str:
    data = content.encode() if isinstance(content, str) else content
    words = ["git", "hash-object", "-w", "--stdin"]
    done = subprocess.run(words, cwd=two.hub, input=data, capture_output=True, check=True)
    return f"100644 blob {done.stdout.decode().strip()}\t{path}"


def _forge(two: Two, change: Callable[[dict[str, Any]], None], index: str = "") -> None:
    """Change what the snapshot on the remote says about itself, and its index when that is given."""
    name, saved = next(item for item in two.refs().items() if item[0].startswith("refs/volon/snap/"))
    rows = [row for row in run_git(two.hub, "ls-tree", "-r", saved).splitlines() if not row.endswith("\tmanifest.json")]
    kept = [row for row in rows if not (index and row.endswith("\tindex"))]
    manifest = json.loads(run_git(two.hub, "show", f"{saved}:manifest.json"))
    change(manifest)
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n"
    parents = run_git(two.hub, "log", "-1", "--format=%P", saved).split()
    rows = [*kept, *([index] if index else []), _blob(two, text, "manifest.json")]
    run_git(two.hub, "update-ref", name, _commit(two, rows, "x", *parents))


def _index_of(path: str, oid: str) -> bytes:
    """An index with one entry, which no git would make."""
    name = path.encode()
    entry = struct.pack(">10L", *[0] * 6, 0o100755, 0, 0, 0) + bytes.fromhex(oid) + struct.pack(">H", len(name)) + name
    data = b"DIRC" + struct.pack(">LL", 2, 1) + entry + b"\0" * (8 - len(entry) % 8)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def _commit(two: Two, rows: list[str], message: str, *parents: str) -> str:
    """A commit with these files; git's own index refuses nothing that a stranger's tool would write."""
    tree = _tree(two, [tuple(row.split("\t")) for row in rows])  # type: ignore[misc]
    words = ["git", "commit-tree", tree, *(word for parent in parents for word in ("-p", parent))]
    done = subprocess.run(words, cwd=two.hub, input=message, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _tree(two: Two, rows: list[tuple[str, str]]) -> str:
    here = [f"{head}\t{path}" for head, path in rows if "/" not in path]
    below: dict[str, list[tuple[str, str]]] = {}
    for head, path in rows:
        top, slash, rest = path.partition("/")
        if slash:
            below.setdefault(top, []).append((head, rest))
    here += [f"040000 tree {_tree(two, inner)}\t{top}" for top, inner in below.items()]
    done = subprocess.run(
        ["git", "mktree"], cwd=two.hub, input="\n".join(here) + "\n", capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class TestConfiguration:
    @pytest.mark.parametrize(
        "key",
        [
            *("core.sshCommand", "core.askPass", "core.gitProxy", "credential.helper", "remote.origin.uploadpack"),
            *("remote.origin.receivepack", "remote.origin.vcs", "url.ssh://x/.insteadOf", "url.x.pushInsteadOf"),
            *("credential.https://example.org.helper", "http.proxy", "http.https://example.org.sslVerify"),
        ],
    )
    def test_what_only_the_repository_says_about_the_way_is_named_and_not_followed(
        self, two: Two, canary: Path, key: str
    ) -> None:
        two.paused_in_a()
        before = two.refs()
        two.a.git("config", key, str(canary))
        for words in (("push",), ("pull",), ("claim",), ("release",)):
            ran = two.at(two.a)("handoff", *words)
            assert (ran.code, key.rpartition(".")[2].lower() in ran.err) == (8, True), ran
        assert not fired(canary)
        assert two.refs() == before
        two.a.git("config", "--unset", key)
        two.a.git("config", "--global", key, str(canary))
        assert two.at(two.a)("handoff", "push").code in {0, 5}

    @pytest.mark.parametrize("url", ["ext::{canary}", "evil::x", "--upload-pack={canary}", "fd::7"])
    def test_an_address_that_names_a_program_starts_none(self, two: Two, canary: Path, url: str) -> None:
        two.paused_in_a()
        two.a.git("config", "remote.origin.url", url.format(canary=canary))
        two.a.git("config", "protocol.allow", "always")
        two.a.git("config", "protocol.ext.allow", "always")
        for words in (("push",), ("pull",), ("claim",)):
            assert two.at(two.a)("handoff", *words).code == 5
        assert not fired(canary)

    def test_no_hook_runs_here_or_in_a_directory_of_this_machine(self, two: Two, canary: Path) -> None:
        for hooks in (two.a.root / ".git/hooks", two.hub / "hooks"):
            for name in ("pre-push", "reference-transaction", "pre-receive", "update", "post-receive", "post-update"):
                hooks.mkdir(exist_ok=True)
                shutil.copy(canary, hooks / name)
        two.hub.joinpath("objects/info").mkdir(exist_ok=True)
        two.hub.joinpath("objects/info/alternates").write_text(f"{two.b.root}/.git/objects\n", encoding="utf-8")
        two.a.root.joinpath(".git/objects/info/alternates").write_text(f"{two.b.root}/.git/objects\n", encoding="utf-8")
        for place in (two.hub, two.a.root):
            run_git(place, "config", "core.alternateRefsCommand", str(canary))
        two.paused_in_a()
        two.at(two.a).ok("handoff", "claim")
        two.at(two.b).ok("handoff", "pull")
        assert not fired(canary)
        two.a.git("push", "-q", "origin", "HEAD:refs/heads/x", check=False)
        assert fired(canary), "the trap would not have caught anything"

    def test_what_is_configured_under_the_name_of_the_remote_does_not_count(self, two: Two) -> None:
        two.a.git("branch", "private")
        two.a.git("tag", "-a", "-m", "x", "v1")
        for key, value in (("mirror", "true"), ("push", "+refs/heads/*:refs/heads/*"), ("tagOpt", "--tags")):
            two.a.git("config", f"remote.origin.{key}", value)
        two.a.git("config", "push.followTags", "true")
        two.paused_in_a()
        assert {name for name in two.refs() if not name.startswith("refs/volon/")} == {"refs/heads/main"}
