"""The formats for CI: what GitHub's runner and every reader of SARIF take in, whatever a record holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import sarif_om  # type: ignore[import-untyped]

from tests.functional.validate.conftest import FILES
from volon.model.checks.rules import RULES
from volon.model.results.checks import ProblemView, ValidateResult
from volon.render import github, sarif

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

EVIL = ProblemView(
    path=".volon/tasks/a b,c:d%\n\udce9.md",
    rule="task.field-invalid",
    message="`100%`: a,b\n::add-mask::x\r\x1b[2J",
    line=3,
    column=5,
    key="title",
    hint="mend it",
)
NESTED = {
    "runs": "Run",
    "tool": "Tool",
    "driver": "ToolComponent",
    "rules": "ReportingDescriptor",
    "shortDescription": "MultiformatMessageString",
    "fullDescription": "MultiformatMessageString",
    "help": "MultiformatMessageString",
    "defaultConfiguration": "ReportingConfiguration",
    "invocations": "Invocation",
    "toolExecutionNotifications": "Notification",
    "associatedRule": "ReportingDescriptorReference",
    "results": "Result",
    "message": "Message",
    "description": "Message",
    "locations": "Location",
    "physicalLocation": "PhysicalLocation",
    "artifactLocation": "ArtifactLocation",
    "region": "Region",
}
"""Property → class of the object model that Microsoft generates from the schema (package sarif-om)."""
OPEN = {"originalUriBaseIds": "ArtifactLocation", "partialFingerprints": None}
"""Properties whose keys are free."""


def log_of(*problems: ProblemView) -> dict[str, Any]:
    text = sarif.render(ValidateResult(checked=1, problems=problems, exit_code=1))
    assert text.isascii()
    log: dict[str, Any] = json.loads(text)
    return log


def assert_known(value: object, kind: str) -> None:
    """Every property belongs to its object in the published model, and none that is required is missing."""
    if isinstance(value, list):
        for item in value:
            assert_known(item, kind)
        return
    assert isinstance(value, dict), kind
    attributes = getattr(sarif_om, kind).__attrs_attrs__
    names = {one.metadata["schema_property_name"]: one for one in attributes}
    assert set(value) <= {*names, "$schema"}, kind
    required = {name for name, one in names.items() if one.default.__class__.__name__ == "_Nothing"}
    assert required <= set(value), kind
    for name, inner in value.items():
        if name in NESTED:
            assert_known(inner, NESTED[name])
        elif (free := OPEN.get(name)) is not None:
            assert_known(list(inner.values()), free)


def every_rule() -> tuple[ProblemView, ...]:
    return tuple(
        ProblemView(path=FILES["capsule"], rule=rule.id, message=f"`{rule.id}`", severity=rule.gravity, line=1)
        for rule in RULES.values()
    )


def test_sarif_has_the_shape_of_the_published_object_model() -> None:
    assert_known(log_of(EVIL, *every_rule()), "SarifLog")
    assert_known(log_of(), "SarifLog")


def test_the_check_of_the_shape_would_notice() -> None:
    log = log_of(EVIL)
    log["runs"][0]["results"][0]["colour"] = "red"
    with pytest.raises(AssertionError):
        assert_known(log, "SarifLog")
    log = log_of(EVIL)
    del log["runs"][0]["results"][0]["message"]
    with pytest.raises(AssertionError):
        assert_known(log, "SarifLog")


OASIS_SCHEMA = Path(__file__).parent / "oasis/sarif-schema-2.1.0.json"
"""The standard's own schema, unchanged; see NOTICE.md beside it."""


def test_sarif_is_valid_under_the_schema_of_oasis() -> None:
    schema = json.loads(OASIS_SCHEMA.read_text(encoding="utf-8"))
    checker = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    checker.validate(log_of(EVIL, *every_rule()))
    broken = log_of(EVIL)
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not checker.is_valid(broken)


def test_sarif_levels_uris_and_indexes_are_those_of_the_standard() -> None:
    (run,) = log_of(EVIL, *every_rule())["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= {"none", "note", "warning", "error"}
    assert all(re.fullmatch(r"[a-z][a-z0-9+.-]*:[!-~]+", rule["helpUri"]) for rule in rules)
    assert all(rule["help"]["markdown"] and rule["fullDescription"]["text"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri["uri"])
    assert unquote_to_bytes(uri["uri"]) == EVIL.path.encode("utf-8", "surrogateescape")
    assert uri["uriBaseId"] in run["originalUriBaseIds"]
    assert not any(character < " " for character in run["results"][0]["message"]["text"])


def test_what_could_not_be_verified_is_a_notification_and_no_result() -> None:
    note = ProblemView(path="a.md", rule="claim.unverified", message="x", severity="note", line=1)
    (run,) = log_of(note)["runs"]
    assert run["results"] == []
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["associatedRule"]["id"] == "claim.unverified"


def fingerprints(volon: VolonInProcess) -> list[str]:
    (run,) = json.loads(volon("validate", "--format", "sarif").out)["runs"]
    return [result["partialFingerprints"]["volon/v1"] for result in run["results"]]


def test_fingerprints_stay_when_lines_move_and_are_never_the_same_twice(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    text = paused.read(FILES["capsule"]).decode()
    text = text.replace("- `src/old.py` — what it was", "- `src/none.py`\n- `src/nil.py`").replace(
        "## Evidence", "## E"
    )
    paused.write(FILES["capsule"], text)
    before = fingerprints(volon)
    assert len(before) == len(set(before)) == 3
    paused.write(FILES["capsule"], text.replace("## Goal\n", "## Goal\n\nMore words.\n\nAnd more.\n"))
    assert fingerprints(volon) == before


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab", "junit", "json"])
def test_an_unreadable_record_or_a_merge_hides_no_other_problem(
    form: str, paused: RepoBuilder, volon: VolonInProcess
) -> None:
    paused.write(FILES["context"], b"caf\xe9\n")
    paused.write(FILES["task"], RULES["record.conflict-markers"].wrong)
    paused.write(FILES["capsule"], paused.read(FILES["capsule"]).decode().replace("## Evidence", "## E"))
    ran = volon("validate", "--format", form)
    assert ran.code == 7
    for rule in ("record.encoding", "record.conflict-markers", "capsule.section-missing"):
        assert rule in ran.out
    if form == "junit":
        ET.fromstring(ran.out)  # noqa: S314  volon's own
    elif form != "github":
        json.loads(ran.out)


def test_json_is_the_same_by_either_name(paused: RepoBuilder, volon: VolonInProcess) -> None:
    paused.write(FILES["context"], b"caf\xe9\n")
    assert volon("validate", "--json") == volon("validate", "--format", "json")
    assert json.loads(volon("validate", "--format", "json", "nowhere").out)["schema"] == "volon/error@1"


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as the runner does."""
    match = re.fullmatch(r"::(\w+) ([^\n]*?)::([^\n]*)", line)
    assert match, line
    properties = dict(one.split("=", 1) for one in match[2].split(","))
    plain = {name: _unescape(value, "%0D", "%0A", "%3A", "%2C", "%25") for name, value in properties.items()}
    return match[1], plain, _unescape(match[3], "%0D", "%0A", "%25")


def _unescape(text: str, *codes: str) -> str:
    for code in codes:
        text = text.replace(code, chr(int(code[1:], 16)))
    return text


def test_a_workflow_command_comes_back_as_it_was_meant_whatever_a_record_holds() -> None:
    text = github.render(ValidateResult(checked=1, problems=(EVIL,)))
    assert text.count("\n") == 1
    command, properties, message = parsed(text.rstrip("\n"))
    assert command == "error"
    assert properties == {
        "title": "volon (task.field-invalid)",
        "file": ".volon/tasks/a b,c:d%\\n\\xe9.md",
        "line": "3",
        "col": "5",
        "endLine": "3",
    }
    assert message == "title: `100%`: a,b\\n::add-mask::x\\r\\x1b[2J\nHint: mend it"


def test_severities_have_their_commands_and_notes_are_one_notice() -> None:
    one = ProblemView(path="a.md", rule="config.unknown-key", message="x", severity="warning")
    note = ProblemView(path="a.md", rule="claim.unverified", message="x", severity="note", line=1)
    lines = github.render(ValidateResult(checked=1, problems=(one, note, note))).splitlines()
    assert lines[0] == "::warning title=volon (config.unknown-key),file=a.md::x"
    assert lines[1].startswith("::notice title=volon (claim.unverified)::2 claims could not")
    assert len(lines) == 2
