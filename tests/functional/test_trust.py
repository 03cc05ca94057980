"""`volon trust`: an approval is of exact bytes, in one directory, by one user, kept where no clone can bring it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.support.digests import tree_digest
from tests.support.hooks import approve, script, settings, shell
from tests.support.repos import run_git
from tests.support.running import VolonInProcess, volon_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonProcess

TWO = settings(on_pause=[["./tools/note", "--short"]], on_resume=[{"argv": ["make", "deps"], "files": ["Makefile"]}])


@pytest.fixture
def hooked(repo: RepoBuilder) -> RepoBuilder:
    """A repository whose settings name a script of its own, and a Makefile that its hook depends on."""
    script(repo, "tools/note", "echo noted")
    repo.commit("Hooks", {"volon.yaml": TWO, "Makefile": "deps:\n\ttrue\n"})
    return repo


def shown(volon: VolonInProcess, **where: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon("trust", "--json", **where).out)  # type: ignore[arg-type]
    return found


def verdict(volon: VolonInProcess, **where: Path) -> str:
    return str(shown(volon, **where)["verdict"])


def records(home: Path) -> list[Path]:
    return sorted((home / "state" / "volon" / "trust").glob("*"))


class TestShowing:
    def test_everything_that_would_run_is_shown_before_anybody_is_asked(
        self, hooked: RepoBuilder, volon: VolonInProcess
    ) -> None:
        code, out, _ = volon("trust")
        assert code == 8
        for said in ("./tools/note --short", str(hooked.root / "tools/note"), "make deps", "Makefile", "30 s"):
            assert said in out
        assert f"volon trust --digest {shown(volon)['digest']}" in out

    def test_where_nothing_would_run_there_is_nothing_to_approve(self, volon: VolonInProcess) -> None:
        code, out, _ = volon("trust")
        assert (code, out) == (0, "\nNothing here runs by itself.\n".lstrip())
        assert volon("trust", "--digest", "0" * 64).code == 10

    def test_showing_writes_nothing_anywhere(self, hooked: RepoBuilder, volon: VolonInProcess, home: Path) -> None:
        before = tree_digest(hooked.root), tree_digest(home)
        volon("trust")
        assert (tree_digest(hooked.root), tree_digest(home)) == before

    def test_words_cannot_draw_on_the_terminal(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        repo.write("volon.yaml", 'hooks:\n  on_pause:\n    - ["echo", "\\e[2J\\u202eevil", "a\\nb"]\n')
        out = volon("trust").out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "\\x1b[2J\\u202eevil" in out
        assert "a\\nb" in out

    def test_settings_that_cannot_be_read_are_named_with_their_line(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        repo.write("volon.yaml", "hooks:\n  on_pause:\n    - argv: tools/note\n")
        code, _, err = volon("trust")
        assert code == 9
        assert "volon.yaml:3" in err


class TestApproving:
    def test_the_digest_that_was_shown_approves_and_is_remembered_privately(
        self, hooked: RepoBuilder, volon: VolonInProcess, home: Path
    ) -> None:
        before = tree_digest(hooked.root)
        approve(volon)
        assert verdict(volon) == "approved"
        assert volon("trust").code == 0
        (record,) = records(home)
        assert stat.S_IMODE(record.stat().st_mode) == 0o600
        assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(record.parent.parent.stat().st_mode) == 0o700
        assert tree_digest(hooked.root) == before

    @pytest.mark.usefixtures("hooked")
    @pytest.mark.parametrize("digest", ["", "0" * 64, "short"])
    def test_another_digest_approves_nothing(self, volon: VolonInProcess, home: Path, digest: str) -> None:
        for argv in (("trust", "--digest", digest), ("trust", "--digest", digest, "--yes")):
            code, _, err = volon(*argv)
            assert code == 8
            assert "nothing was approved" in err
        assert not records(home)

    @pytest.mark.usefixtures("hooked")
    def test_yes_alone_says_nothing_about_what(self, volon: VolonInProcess, home: Path) -> None:
        assert volon("trust", "--yes").code == 2
        assert not records(home)

    @pytest.mark.usefixtures("hooked")
    def test_without_a_terminal_it_never_waits(self, volon_process: VolonProcess) -> None:
        assert volon_process("trust", stdin=b"y\n", timeout=20).code == 8

    @pytest.mark.parametrize(
        ("answer", "code", "after"), [("y", 0, "approved"), ("", 8, "unknown"), ("no", 8, "unknown")]
    )
    def test_on_a_terminal_it_shows_and_asks_once(
        self, hooked: RepoBuilder, volon: VolonInProcess, answer: str, code: int, after: str
    ) -> None:
        terminal = pexpect.spawn(
            sys.executable,
            ["-P", "-m", "volon", "trust"],
            cwd=str(hooked.root),
            env=volon_environment(),
            encoding="utf-8",
            timeout=20,
        )
        terminal.expect_exact("make deps")
        terminal.expect_exact("Approve exactly this? [y/N]")
        terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == code
        assert verdict(volon) == after

    @pytest.mark.parametrize("argv", [("--digest", "0" * 64, "--deny"), ("--list", "--revoke"), ("--deny", "--revoke")])
    def test_two_decisions_at_once_are_wrong_usage(self, volon: VolonInProcess, argv: tuple[str, ...]) -> None:
        assert volon("trust", *argv).code == 2


class TestChange:
    """Whatever changes of what would run: it is another question."""

    CHANGES: dict[str, Callable[[RepoBuilder], object]] = {  # noqa: RUF012  a table of changes
        "a script": lambda repo: script(repo, "tools/note", "echo evil"),
        "one byte of it": lambda repo: repo.write("tools/note", repo.read("tools/note") + b"\n"),
        "a file it depends on": lambda repo: repo.write("Makefile", "deps:\n\tcurl evil\n"),
        "that file is gone": lambda repo: (repo.root / "Makefile").unlink(),
        "a word": lambda repo: repo.write("volon.yaml", TWO.replace("--short", "--long")),
        "a word more": lambda repo: repo.write("volon.yaml", TWO.replace('"--short"', '"--short", "x"')),
        "words run together": lambda repo: repo.write("volon.yaml", TWO.replace('"make", "deps"', '"make deps"')),
        "the time": lambda repo: repo.write("volon.yaml", TWO + "      timeout_seconds: 31\n"),
        "its weight": lambda repo: repo.write("volon.yaml", TWO + "      required: true\n"),
        "the event": lambda repo: repo.write(
            "volon.yaml", TWO.replace("on_resume", "on_x").replace("on_pause", "on_resume")
        ),
        "an empty script": lambda repo: repo.write("tools/note", b""),
        "a script that becomes a link": lambda repo: _linked(repo, "tools/note", "/bin/true"),
        "its directory becomes a link": lambda repo: _moved_behind_a_link(repo, "tools"),
    }

    @pytest.mark.parametrize("name", CHANGES)
    def test_it_un_trusts(self, hooked: RepoBuilder, volon: VolonInProcess, name: str) -> None:
        approve(volon)
        self.CHANGES[name](hooked)
        assert verdict(volon) in {"changed", "unknown"}
        assert volon("trust").code == 8

    def test_what_is_as_it_was_is_trusted_again(self, hooked: RepoBuilder, volon: VolonInProcess) -> None:
        approve(volon)
        kept = hooked.read("tools/note")
        script(hooked, "tools/note", "echo evil")
        assert verdict(volon) == "changed"
        hooked.write("tools/note", kept)
        assert verdict(volon) == "approved"

    @pytest.mark.parametrize("text", [TWO + "# a remark\n", TWO + "tokens:\n  limit: 5\n", TWO.replace('"', "'")])
    def test_what_does_not_run_does_not_matter(self, hooked: RepoBuilder, volon: VolonInProcess, text: str) -> None:
        approve(volon)
        hooked.write("volon.yaml", text)
        assert verdict(volon) == "approved"

    def test_settings_in_the_other_place_are_the_same_settings(
        self, hooked: RepoBuilder, volon: VolonInProcess
    ) -> None:
        approve(volon)
        (hooked.root / ".volon").mkdir()
        (hooked.root / "volon.yaml").rename(hooked.root / ".volon/volon.yaml")
        assert verdict(volon) == "approved"


class TestNaming:
    """Which files of the repository the words of a command name."""

    @pytest.mark.parametrize(
        "argv",
        [
            ["./tools/note"],
            ["sh", "tools/note"],
            ["sh", "./tools/note"],
            ["sh", "tools//./note"],
            ["sh", "src/../tools/note"],
            ["sh", "--file=tools/note"],
            ["sh", "-c", "true;./tools/note --short|cat"],
            ["sh", "-c", "X=`tools/note`"],
            ["sh", "{root}/tools/note"],
            ["{root}/tools/note"],
        ],
        ids=" ".join,
    )
    def test_a_file_is_covered_however_it_is_written(
        self, repo: RepoBuilder, volon: VolonInProcess, argv: list[str]
    ) -> None:
        script(repo, "tools/note", "echo noted")
        repo.write("volon.yaml", settings(on_pause=[[word.format(root=repo.root) for word in argv]]))
        (command,) = shown(volon)["commands"]
        assert [file["path"] for file in command["files"]] == ["tools/note"]

    def test_a_program_that_path_finds_in_the_repository_is_covered(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        script(repo, "bin/note", "echo noted")
        repo.write("volon.yaml", settings(on_pause=[["note"]]))
        ran = volon("trust", "--json", env={"PATH": f"{repo.root}/bin:{os.environ['PATH']}"})
        (command,) = json.loads(ran.out)["commands"]
        assert [file["path"] for file in command["files"]] == ["bin/note"]

    def test_the_interpreter_that_a_script_names_is_covered(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        script(repo, "tools/interpreter", "exec /bin/sh")
        repo.write("tools/note", f"#!{repo.root}/tools/interpreter -x\n").chmod(0o755)
        repo.write("volon.yaml", settings(on_pause=[["./tools/note"]]))
        assert self.covered(volon) == ["tools/note", "tools/interpreter"]
        approve(volon)
        script(repo, "tools/interpreter", "exec evil")
        assert verdict(volon) == "changed"

    def test_the_python_of_a_virtual_environment_is_covered_by_where_it_leads(
        self, repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        (repo.root / ".venv/bin").mkdir(parents=True)
        _linked(repo, ".venv/bin/python3", sys.executable)
        repo.write("volon.yaml", settings(on_pause=[["python3", "-V"]]))
        env = {"PATH": f"{repo.root}/.venv/bin:{os.environ['PATH']}"}
        found = json.loads(volon("trust", "--json", env=env).out)
        assert [file["path"] for file in found["commands"][0]["files"]] == [".venv/bin/python3"]
        assert volon("trust", "--digest", found["digest"], env=env).code == 0
        assert volon("trust", env=env).code == 0
        script(repo, "../evil", "echo evil")
        _linked(repo, ".venv/bin/python3", str(tmp_path / "evil"))
        assert json.loads(volon("trust", "--json", env=env).out)["verdict"] == "changed"
        script(repo, "evil", "echo evil")
        _linked(repo, ".venv/bin/python3", "../../evil")
        assert "symbolic link" in json.loads(volon("trust", "--json", env=env).out)["reason"]

    def test_a_directory_is_named_as_what_no_approval_covers(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        repo.write(
            "volon.yaml", settings(on_pause=[["python3", "src"], ["ls", ".", "/", "src/../..", "cat .git/HEAD;true"]])
        )
        first, second = shown(volon)["commands"]
        assert (first["uncovered"], second["uncovered"]) == (["src"], [".git/HEAD"])
        assert "beware  src: what runs from it is not covered" in volon("trust").out

    @pytest.mark.parametrize("name", ["../outside", "/etc/passwd", ".git/config", "src", "link"])
    def test_further_files_are_plain_files_of_the_working_tree(
        self, repo: RepoBuilder, volon: VolonInProcess, name: str
    ) -> None:
        _linked(repo, "link", "README.md")
        repo.write("volon.yaml", settings(on_pause=[{"argv": ["true"], "files": [name]}]))
        assert shown(volon)["commands"][0]["problem"] or name.startswith("/etc")
        assert self.covered(volon) == []

    @staticmethod
    def covered(volon: VolonInProcess) -> list[str]:
        (command,) = shown(volon)["commands"]
        return [file["path"] for file in command["files"]]

    def test_a_bare_name_is_never_looked_up_in_the_working_tree(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        script(repo, "note", "echo noted")
        repo.write("volon.yaml", settings(on_pause=[["note"]]))
        for path in (".", "", f":{os.environ['PATH']}"):
            (command,) = json.loads(
                volon("trust", "--json", env={"PATH": path}).out or '{"commands":[{"program":null}]}'
            )["commands"]
            assert command["program"] is None

    @pytest.mark.parametrize("program", ["tools/note", "../note", "./../note", "./", ".", "..", "/", "", "a\\0b"])
    def test_a_program_must_say_where_it_is(self, repo: RepoBuilder, volon: VolonInProcess, program: str) -> None:
        repo.write("volon.yaml", f'hooks:\n  on_pause:\n    - ["{program}"]\n')
        assert volon("trust").code == 9
        assert volon("validate").code == 1

    @pytest.mark.parametrize("target", ["/bin/true", "real", "../outside"])
    def test_a_script_behind_a_link_can_be_approved_by_nobody(
        self, repo: RepoBuilder, volon: VolonInProcess, target: str, tmp_path: Path
    ) -> None:
        script(repo, "real", "true")
        (tmp_path / "outside").write_text("#!/bin/sh\n")
        _linked(repo, "hook", target)
        repo.write("volon.yaml", settings(on_pause=[["sh", "hook"]]))
        found = shown(volon)
        assert "symbolic link" in found["commands"][0]["problem"]
        code, _, err = volon("trust", "--digest", found["digest"])
        assert code == 8
        assert "symbolic link" in err
        assert volon("trust").out.count("volon trust --digest") == 0

    def test_what_lies_in_the_git_directory_can_be_approved_by_nobody(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        script(repo, ".git/hooks/evil", "true")
        repo.write("volon.yaml", settings(on_pause=[["./.git/hooks/evil"]]))
        assert shown(volon)["commands"][0]["problem"]


class TestPlace:
    """One directory: no copy, no clone, no neighbour, no link widens what was approved."""

    def test_a_copy_is_untrusted(self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path) -> None:
        approve(volon)
        shutil.copytree(hooked.root, tmp_path / "copy", symlinks=True)
        assert verdict(volon, cwd=tmp_path / "copy") == "unknown"

    def test_a_moved_directory_is_untrusted(self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path) -> None:
        approve(volon)
        hooked.root.rename(tmp_path / "moved")
        assert verdict(volon, cwd=tmp_path / "moved") == "unknown"

    def test_another_directory_in_its_place_is_untrusted(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        approve(volon)
        hooked.root.rename(tmp_path / "moved")
        shutil.copytree(tmp_path / "moved", hooked.root, symlinks=True)
        assert verdict(volon) == "changed"

    def test_another_git_directory_in_its_place_is_untrusted(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        """A `.git` that becomes a pointer elsewhere makes another repository of the same directory."""
        approve(volon)
        (hooked.root / ".git").rename(tmp_path / "elsewhere.git")
        (tmp_path / "elsewhere.git" / "commondir").write_text(".\n")
        (hooked.root / ".git").write_text(f"gitdir: {tmp_path / 'elsewhere.git'}\n")
        assert verdict(volon) == "changed"

    def test_a_clone_is_untrusted_whatever_it_brings(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path, home: Path
    ) -> None:
        approve(volon)
        (record,) = records(home)
        entry = record.read_text()
        for place in (".volon/trust", "trust", ".local/state/volon/trust", "state/volon/trust", ".git-trust"):
            hooked.write(f"{place}/{record.name}", entry)
        hooked.write("volon.yaml", TWO + "trust: true\ntrusted_paths: ['/']\nstate_home: '.'\n")
        hooked.commit("A gift")
        run_git(tmp_path, "clone", "-q", str(hooked.root), "clone")
        assert verdict(volon, cwd=tmp_path / "clone") == "unknown"

    def test_a_linked_working_tree_is_another_place(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        approve(volon)
        hooked.git("worktree", "add", "-q", str(tmp_path / "side"))
        assert verdict(volon, cwd=tmp_path / "side") == "unknown"
        approve(VolonInProcess(tmp_path / "side"))
        assert (verdict(volon), verdict(volon, cwd=tmp_path / "side")) == ("approved", "approved")

    def test_a_pointer_to_a_trusted_repositorys_git_directory_gives_nothing(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        approve(volon)
        evil = tmp_path / "evil"
        shutil.copytree(hooked.root, evil, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        (evil / ".git").write_text(f"gitdir: {hooked.root / '.git'}\n")
        ran = volon("trust", "--json", cwd=evil)
        assert ran.code != 0
        assert json.loads(ran.out).get("verdict", "none") != "approved"

    def test_through_a_link_it_is_the_directory_behind_it(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to(hooked.root)
        approve(VolonInProcess(tmp_path / "link"))
        assert verdict(volon) == "approved"
        other = tmp_path / "other"
        shutil.copytree(hooked.root, other, symlinks=True)
        (tmp_path / "link").unlink()
        (tmp_path / "link").symlink_to(other)
        assert verdict(volon, cwd=tmp_path / "link") == "unknown"


class TestKeeping:
    """Where decisions are kept; a place that is not the user's alone is not used, for reading or writing."""

    def test_a_place_inside_the_repository_is_refused(self, hooked: RepoBuilder, volon: VolonInProcess) -> None:
        digest = shown(volon)["digest"]
        for inside in (hooked.root, hooked.root / "state", hooked.root / ".git", hooked.root / ".git" / "volon"):
            code, _, err = volon("trust", "--digest", digest, env={"XDG_STATE_HOME": str(inside)})
            assert code == 8
            assert "inside this repository" in " ".join(err.split())
        assert not list(hooked.root.rglob("*.allow"))

    def test_a_link_into_the_repository_is_refused(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        digest = shown(volon)["digest"]
        (hooked.root / "deep" / "state").mkdir(parents=True)
        (tmp_path / "way").symlink_to(hooked.root / "deep")
        code, _, err = volon("trust", "--digest", digest, env={"XDG_STATE_HOME": str(tmp_path / "way" / "state")})
        assert code == 8
        assert "inside this repository" in " ".join(err.split())

    @pytest.mark.usefixtures("hooked")
    @pytest.mark.parametrize("level", ["", "volon", "volon/trust"])
    def test_a_place_that_is_a_link_is_refused_also_for_reading(
        self, volon: VolonInProcess, home: Path, tmp_path: Path, level: str
    ) -> None:
        approve(volon)
        place = home / "state" / level
        place.rename(tmp_path / "real")
        place.symlink_to(tmp_path / "real")
        found = shown(volon)
        assert found["verdict"] == "unknown"
        assert "symbolic link" in found["reason"]
        assert volon("trust", "--digest", found["digest"]).code == 8

    @pytest.mark.usefixtures("hooked")
    @pytest.mark.parametrize("level", ["volon", "volon/trust"])
    def test_a_place_that_others_can_write_is_refused(self, volon: VolonInProcess, home: Path, level: str) -> None:
        approve(volon)
        (home / "state" / level).chmod(0o777)
        assert "written by others" in shown(volon)["reason"]

    @pytest.mark.usefixtures("hooked")
    @pytest.mark.skipif(os.geteuid() != 0, reason="not verified: only root can give a file away")
    @pytest.mark.parametrize("level", ["", "volon", "volon/trust"])
    def test_a_place_of_another_user_is_refused(self, volon: VolonInProcess, home: Path, level: str) -> None:
        approve(volon)
        os.chown(home / "state" / level, 12345, 12345)
        assert "another user" in shown(volon)["reason"]

    @pytest.mark.parametrize("how", ["link", "writable", "garbage", "list", "other", "huge", "directory"])
    def test_a_record_that_is_not_ours_to_the_letter_is_no_approval(
        self, hooked: RepoBuilder, volon: VolonInProcess, home: Path, tmp_path: Path, how: str
    ) -> None:
        approve(volon)
        (record,) = records(home)
        data = record.read_text()
        if how == "link":
            record.rename(tmp_path / "record")
            record.symlink_to(tmp_path / "record")
        elif how == "writable":
            record.chmod(0o666)
        elif how == "directory":
            record.unlink()
            record.mkdir()
        else:
            bad = {
                "garbage": "{",
                "list": "[1]",
                "other": data.replace(str(hooked.root), "/x"),
                "huge": " " * 70_000 + data,
            }
            record.write_text(bad[how])
        assert verdict(volon) == "unknown"

    @pytest.mark.usefixtures("hooked")
    def test_without_a_home_nothing_is_trusted(self, volon: VolonInProcess) -> None:
        digest = shown(volon)["digest"]
        code, _, err = volon("trust", "--digest", digest, env={"XDG_STATE_HOME": "relative", "HOME": ""})
        assert code == 8
        assert "HOME" in err

    @pytest.mark.usefixtures("hooked")
    def test_the_place_is_made_where_the_rules_say(self, volon: VolonInProcess, tmp_path: Path) -> None:
        (tmp_path / "person").mkdir()
        env = {"XDG_STATE_HOME": "", "HOME": str(tmp_path / "person")}
        digest = shown(volon)["digest"]
        assert volon("trust", "--digest", digest, env=env).code == 0
        assert len(list((tmp_path / "person/.local/state/volon/trust").iterdir())) == 1


class TestRefusing:
    @pytest.mark.usefixtures("hooked")
    def test_a_refusal_beats_an_approval_and_stands_until_it_is_taken_back(self, volon: VolonInProcess) -> None:
        approve(volon)
        assert volon("trust", "--deny").code == 0
        assert verdict(volon) == "denied"
        digest = shown(volon)["digest"]
        code, _, err = volon("trust", "--digest", digest)
        assert code == 8
        assert "volon trust --revoke" in err
        assert verdict(volon) == "denied"
        assert volon("trust", "--revoke").code == 0
        assert verdict(volon) == "unknown"
        approve(volon)
        assert verdict(volon) == "approved"

    def test_a_refusal_holds_for_whatever_comes(
        self, hooked: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        volon.ok("trust", "--deny")
        hooked.write("volon.yaml", settings(on_pause=[shell("true")]))
        assert verdict(volon) == "denied"
        hooked.root.rename(tmp_path / "moved")
        shutil.copytree(tmp_path / "moved", hooked.root, symlinks=True)
        assert verdict(volon) == "denied"

    @pytest.mark.usefixtures("hooked")
    def test_a_refusal_that_cannot_be_read_is_one(self, volon: VolonInProcess, home: Path) -> None:
        approve(volon)
        volon.ok("trust", "--deny")
        (record,) = [path for path in records(home) if path.suffix == ".deny"]
        record.write_text("?")
        assert verdict(volon) == "denied"

    @pytest.mark.usefixtures("hooked")
    def test_revoking_what_was_never_decided_is_nothing(self, volon: VolonInProcess) -> None:
        assert volon("trust", "--revoke").code == 10

    def test_the_list_names_every_decision_from_anywhere(
        self, hooked: RepoBuilder, volon: VolonInProcess, make_repo: Callable[..., RepoBuilder], tmp_path: Path
    ) -> None:
        approve(volon)
        other = make_repo("other")
        volon("trust", "--deny", cwd=other.root)
        shutil.rmtree(other.root)
        ran = volon("trust", "--list", "--json", cwd=tmp_path)
        rows = {Path(row["root"]).name: (row["decision"], row["present"]) for row in json.loads(ran.out)["entries"]}
        assert rows == {hooked.root.name: ("approved", True), "other": ("denied", False)}
        assert str(hooked.root) in volon("trust", "--list", cwd=tmp_path).out

    @pytest.mark.usefixtures("hooked")
    @pytest.mark.parametrize("argv", [("--digest", "0" * 64), ("--deny",), ("--revoke",)])
    def test_a_hook_can_decide_nothing(self, volon: VolonInProcess, home: Path, argv: tuple[str, ...]) -> None:
        assert volon("trust", *argv, env={"VOLON_IN_HOOK": "x"}).code == 4
        assert not records(home)


def _linked(repo: RepoBuilder, path: str, target: str) -> None:
    place = repo.root / path
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def _moved_behind_a_link(repo: RepoBuilder, path: str) -> None:
    (repo.root / path).rename(repo.root / "behind")
    (repo.root / path).symlink_to("behind")
