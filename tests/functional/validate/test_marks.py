"""`(external)` and `(new)` go through a pause, the next pause and a resume; a pause says what it would miss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.functional.validate.conftest import FILES, TASK

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

MARKED = "- `../shop/api.py` — (external) their side"


def warnings(volon: VolonInProcess, *words: str) -> list[str]:
    found: dict[str, Any] = json.loads(volon.ok("pause-task", *words, "--json"))
    listed: list[str] = found["warnings"]
    return listed


def test_marks_come_back_from_the_next_pause_as_they_were_written(paused: RepoBuilder, volon: VolonInProcess) -> None:
    said = ("--key-file", "../shop/api.py: (external) their side", "--key-file", "src/later.py: (new)")
    assert warnings(volon, "one", *said, "--next", "Write `tests/test_later.py` (new)") == []
    first = paused.read(FILES["capsule"]).decode()
    assert MARKED in first
    assert "- `src/later.py` — (new)" in first
    assert volon("validate", "--strict").code == 0
    paused.write("src/new.py", "more\n")
    assert warnings(volon, "two") == []
    assert MARKED in paused.read(FILES["capsule"]).decode()
    volon.ok("resume-task", "--force")
    paused.write("src/new.py", "even more\n")
    volon.ok("pause-task", "three", "--plan", "word " * 900, "--next", "Go on")
    assert MARKED in paused.read(FILES["capsule"]).decode()
    assert volon("validate", "--strict").code == 0


def test_a_pause_says_which_of_its_paths_would_be_missed(paused: RepoBuilder, volon: VolonInProcess) -> None:
    said = warnings(
        volon, "x", "--key-file", "src/none.py: why", "--next", "Mend `src/nil.py:3`", "--next", "`src/new.py`"
    )
    missed = "is not in the working tree; mark it (new) or (external)."
    assert said == [f"src/none.py {missed}", f"src/nil.py:3 {missed}"]
    assert volon("validate").code == 1
    assert "src/none.py" in paused.read(FILES["capsule"]).decode()


def test_the_preflight_does_not_miss_what_is_marked(paused: RepoBuilder, volon: VolonInProcess) -> None:
    paused.commit("Everything", {"src/later.py": "x\n"})
    volon.ok("pause-task", "x", "--task", TASK, "--key-file", "src/later.py: (external) elsewhere", "--next", "Go on")
    paused.git("rm", "-q", "src/later.py")
    paused.git("commit", "-q", "-m", "Remove it")
    codes = [one["code"] for one in json.loads(volon("resume-task", "--dry-run", "--json").out)["findings"]]
    assert "head.ahead" in codes
    assert "keyfile.missing" not in codes


def test_external_keys_survive_a_resume_and_a_new_pause_makes_its_own_facts(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    text = paused.read(FILES["capsule"]).decode().replace("branch: feat/retry", "branch: theirs\nexternal: [branch]", 1)
    paused.write(FILES["capsule"], text.replace("- Branch: `feat/retry`", "- Branch: `theirs`"))
    assert volon("validate").code == 0
    volon.ok("resume-task", "--force")
    assert "external: [branch]" in paused.read(FILES["capsule"]).decode()
    assert volon("validate").code == 0
    paused.write("src/new.py", "more\n")
    volon.ok("pause-task", "again")
    assert "external" not in paused.read(FILES["capsule"]).decode()
