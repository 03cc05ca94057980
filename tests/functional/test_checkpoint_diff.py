"""`volon checkpoint diff` compares files as they were and as they are, and leaves no trace in the user's repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@pytest.fixture
def two(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Two checkpoints of clean working trees, between which files were changed, renamed, made a link and binary."""
    repo.commit("More", {"tool.sh": "echo\n", "old name.txt": "a\nb\nc\nd\n", "data.bin": "text\n", "link": "x\n"})
    volon.ok("pause-task", "first", "--next", "go on")
    volon.ok("resume-task")
    repo.git("mv", "old name.txt", "new name.txt")
    (repo.root / "tool.sh").chmod(0o755)
    (repo.root / "link").unlink()
    (repo.root / "link").symlink_to("README.md")
    repo.write(b"n\xffme\n".decode("utf-8", "surrogateescape"), "odd\n")
    repo.commit("Change", {"src/app.py": "def run():\n    return 2\n", "data.bin": b"\0\1"})
    volon.ok("pause-task", "second", "--next", "go on")
    volon.ok("resume-task")


def files(volon: VolonInProcess, *argv: str, cwd: Path | None = None) -> dict[str, dict[str, Any]]:
    ran = volon("checkpoint", "diff", *argv, "--json", cwd=cwd)
    assert ran.code == 0, ran.out
    return {row["path"]: row for row in json.loads(ran.out)["files"]}


@pytest.mark.usefixtures("two")
def test_two_checkpoints_are_compared_file_by_file(volon: VolonInProcess) -> None:
    found = files(volon, "1", "2")
    assert {path: row["change"] for path, row in found.items()} == {
        "src/app.py": "modified",
        "data.bin": "modified",
        "link": "type",
        "tool.sh": "modified",
        "new name.txt": "renamed",
        "n\udcffme\n": "added",
    }
    assert found["new name.txt"]["origin"] == "old name.txt"
    assert (found["tool.sh"]["old_mode"], found["tool.sh"]["new_mode"]) == ("100644", "100755")
    assert found["data.bin"]["added"] is None
    assert (found["src/app.py"]["added"], found["src/app.py"]["deleted"]) == (1, 1)


@pytest.mark.usefixtures("two")
def test_the_page_names_every_file_on_one_harmless_line(volon: VolonInProcess) -> None:
    said = volon.ok("checkpoint", "diff", "1", "2", "--patch")
    assert '"n\\377me\\n"' in said
    assert "old name.txt → new name.txt" in said
    assert "plain → executable" in said
    assert "binary" in said
    assert "+    return 2" in said
    assert "\udcff" not in said


@pytest.mark.usefixtures("two")
def test_paths_are_those_of_the_directory_the_user_stands_in(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert set(files(volon, "1", "2", "app.py", cwd=repo.root / "src")) == {"src/app.py"}
    assert set(files(volon, "1", "2", ".", cwd=repo.root / "src")) == {"src/app.py"}
    assert set(files(volon, "1", "2", "src", "link")) == {"src/app.py", "link"}
    assert volon("checkpoint", "diff", "1", "2", ":(top)link").code == 2  # a name, and no magic
    assert volon("checkpoint", "diff", "1", "2", "../elsewhere").code == 2


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("second", [(), ("now",)])
def test_now_is_the_working_tree_with_what_is_not_committed(
    repo: RepoBuilder, volon: VolonInProcess, second: tuple[str, ...]
) -> None:
    repo.write("src/app.py", "def run():\n    return 3\n")
    repo.write("src/new.py", "new\n")
    (repo.root / "README.md").unlink()
    found = {path: row["change"] for path, row in files(volon, "2", *second).items()}
    assert found == {"src/app.py": "modified", "src/new.py": "added", "README.md": "deleted"}
    assert set(files(volon, "2", *second, "src")) == {"src/app.py", "src/new.py"}


@pytest.mark.usefixtures("two")
def test_a_path_that_neither_has_is_no_difference_but_a_mistake(volon: VolonInProcess) -> None:
    ran = volon("checkpoint", "diff", "1", "now", "no such file")
    assert (ran.code, ran.err) == (2, "Error: no such file: in neither checkpoint 01 nor now.\n")


@pytest.mark.usefixtures("two")
def test_comparing_with_now_leaves_no_trace(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/new.py", "never seen by git\n")
    index = repo.root / ".git/index"
    before = (repo.git("count-objects", "-v"), index.read_bytes(), index.stat().st_mtime_ns, repo.git("for-each-ref"))
    volon.ok("checkpoint", "diff", "1", "--patch")
    after = (repo.git("count-objects", "-v"), index.read_bytes(), index.stat().st_mtime_ns, repo.git("for-each-ref"))
    assert after == before
    assert not (repo.root / ".git/volon/scratch").exists()


def test_a_first_commit_is_compared_with_nothing_before_it(make_repo: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from tests.support.running import VolonInProcess  # noqa: PLC0415

    built = make_repo("unborn")
    volon = VolonInProcess(tmp_path / "unborn")
    volon.ok("pause-task", "nothing yet", "--next", "begin")
    built.commit("Begin", {"a.txt": "one\n"})
    assert files(volon, "1")["a.txt"]["change"] == "added"


def test_a_commit_that_is_gone_is_said_and_the_records_are_compared_all_the_same(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "first", "--next", "go on")
    volon.ok("resume-task")
    volon.ok("pause-task", "second", "--next", "go on")
    path = next((repo.root / ".design/checkpoints").glob("01-*"))
    path.write_text(path.read_text().replace(repo.head(), "1" * 40))
    ran = volon("checkpoint", "diff", "1", "2")
    assert ran.code == 0
    assert "first → second" in ran.out
    assert "is not in this repository" in " ".join(ran.out.split())
    assert volon("checkpoint", "diff", "1", "2", "--patch").code == 1


def test_a_patch_that_nobody_reads_to_its_end_is_cut_and_says_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "first", "--next", "go on")
    repo.write("long.txt", "\n" * 60_000)
    found = json.loads(volon.ok("checkpoint", "diff", "1", "--patch", "--json"))
    assert (len(found["patch"]), found["more"]) == (50_000, 10_006)
    assert "… 10006 more lines" in volon.ok("checkpoint", "diff", "1", "-p")


def test_only_with_patch_lines_of_the_records_are_shown(repo: RepoBuilder, volon: VolonInProcess) -> None:
    for text in ("one", "two"):
        repo.write("src/app.py", f"{text}\n")
        volon.ok("pause-task", "note", "--plan", f"plan {text}", "--no-snapshot")
    brief = volon.ok("checkpoint", "diff", "1", "2")
    assert (".design/checkpoints" in brief, "--patch shows them" in brief) == (False, True)
    assert "1 uncommitted file was not saved" in " ".join(brief.split())
    assert "+plan two" in volon.ok("checkpoint", "diff", "1", "2", "--patch")
