"""`--json` everywhere: one object, versioned, and valid under the schema volon prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"

STORY = (
    ("init",),
    ("task", "start", "Retry"),
    ("task", "create", "Later"),
    ("task", "list"),
    ("task", "show", TASK),
    ("pause-task", "one", "--next", "go on"),
    ("pause-task",),
    ("status",),
    ("resume-task", "--dry-run"),
    ("brief",),
    ("resume-task",),
    ("status",),
    ("pause-task", "two", "--blocker", "key"),
    ("resume-task",),
    ("task", "unblock", TASK),
    ("continue",),
    ("run", "--json", "--", "true"),
    ("run", "--json", "--", "there-is-no-such-program"),
    ("checkpoint", "list"),
    ("checkpoint", "show", "1"),
    ("checkpoint", "diff", "1", "2"),
    ("checkpoint", "list", "--files"),
    ("checkpoint", "purge-files", "--keep", "0"),
    ("checkpoint", "grep", "return"),
    ("checkpoint", "bisect", "--run", "true"),
    ("import",),
    ("import", "gsd", "src/app.py"),
    ("validate",),
    ("doctor",),
    ("doctor", "--fix"),
    ("restore", "1", "--dry-run"),
    ("undo", "--list"),
    ("undo",),
    ("task", "block", TASK, "waiting"),
    ("task", "done", TASK),
    ("schema",),
    ("schema", "task"),
    ("trust",),
    ("trust", "--deny"),
    ("trust", "--list"),
    ("trust", "--revoke"),
    ("task", "show", "TASK-1-1"),
    ("resume-task", "99"),
)


def test_every_command_prints_one_object_valid_under_its_schema(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    seen = set()
    for argv in STORY:
        ran = volon(*argv, *["--json"] * ("--json" not in argv))
        assert ran.err == ""
        found = json.loads(ran.out)
        assert found["exit_code"] == ran.code, argv
        seen.add(found["schema"])
        jsonschema.Draft202012Validator(_schema(volon, found["schema"])).validate(found)
    assert len(seen) == 25


def _schema(volon: VolonInProcess, name: str) -> dict[str, Any]:
    kind = name.partition("/")[2].partition("@")[0]
    schema: dict[str, Any] = json.loads(volon.ok("schema", f"{kind}-result"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def test_schema_lists_its_kinds_and_each_is_a_valid_schema(volon: VolonInProcess) -> None:
    kinds = volon.ok("schema").split()
    assert {"task", "capsule", "checkpoint", "bootstrap", "pause-request", "pause-task-result"} <= set(kinds)
    for kind in kinds:
        jsonschema.Draft202012Validator.check_schema(json.loads(volon.ok("schema", kind)))


def test_an_unknown_kind_is_wrong_usage(volon: VolonInProcess) -> None:
    assert volon("schema", "capsul").code == 2


@pytest.mark.parametrize("argv", [("bogus",), ("pause-task", "--nonsense"), ("task",), ("resume-task", "--checkpoint")])
def test_wrong_usage_is_json_too_and_exits_2(volon: VolonInProcess, argv: tuple[str, ...]) -> None:
    ran = volon(*argv, "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["schema"] == "volon/error@1"


def test_quiet_prints_the_identifier_only(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    assert volon.ok("pause-task", "one", "--quiet") == "01\n"
    assert volon.ok("resume-task", "-q") == f"{TASK}\n"
