"""What the status and the brief say of work in progress is so, and names what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def status(volon: VolonInProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon.ok("status", "--json"))
    return found


def test_of_a_file_as_saved_of_which_another_version_is_staged_only_that_is_told(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", "edited\n")
    volon.ok("pause-task", "half way")
    repo.git("reset", "-q", "--hard")
    repo.commit("Later", {"other.txt": "another\n"})
    volon.ok("resume-task")
    volon.ok("restore", "01", "--onto", "HEAD")
    # What is committed now is newer, the file is not.
    assert (status(volon)["newer"][1:], status(volon)["restaged"]) == ([], ["src/app.py"])
    assert "(checkpoint 01, 1 staged otherwise)" in volon.ok("status")
    repo.git("reset", "-q", "--soft", "HEAD~")
    repo.git("rm", "-q", "--cached", "other.txt")
    (repo.root / "other.txt").unlink()
    assert volon.ok("status").splitlines()[1] == "  as the checkpoint has it, but staged otherwise: src/app.py"
    assert "git index: src/app.py is as the checkpoint has it, its staged version is another\n" in volon.ok("brief")
    assert "git since: src/app.py" not in volon.ok("brief")
    volon.ok("restore", "01")
    assert (status(volon)["newer"], status(volon)["restaged"]) == ([], [])
    repo.write("src/app.py", "edited further\n")
    assert (status(volon)["newer"], status(volon)["restaged"]) == (["src/app.py"], [])


def test_of_many_files_how_many_more_and_where_they_are_named_is_never_cut(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "half way")
    volon.ok("resume-task")
    names = [f"a-name-that-leaves-no-room-for-another-{number}.txt" for number in range(5)]
    for name in names:
        repo.write(name, "new\n")
    line = volon.ok("status").splitlines()[1]
    assert (line.endswith("… and 2 more (--json names all)"), len(line) <= 80) == (True, True)
    assert status(volon)["newer"] == names
