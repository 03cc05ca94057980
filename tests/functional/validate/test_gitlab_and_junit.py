"""The reports for GitLab and for whatever reads JUnit XML: whole and true to form, whatever a record holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from hypothesis import example as with_example
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml, TestSuite
from lxml import etree

from tests.functional.validate.conftest import FILES
from tests.functional.validate.test_action import tool
from tests.functional.validate.test_formats import EVIL, every_rule
from tests.support.pages import blocks
from tests.support.running import PROJECT_ROOT, volon_environment
from volon.model.results.checks import ProblemView, ValidateResult
from volon.render import gitlab, junit

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["check_name", "description", "severity", "fingerprint", "location"],
        "properties": {
            "check_name": {"type": "string", "minLength": 1},
            "description": {"type": "string", "pattern": "^[^\\n]+$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "fingerprint": {"type": "string", "minLength": 1},
            "location": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "positions"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)."},
                    "positions": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["begin"],
                        "properties": {
                            "begin": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["line", "column"],
                                "properties": {
                                    "line": {"type": "integer", "minimum": 1},
                                    "column": {"type": "integer", "minimum": 1},
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}
"""What GitLab's documentation says of a Code Quality report, stricter than its own parser, which accepts any word."""
WARNING = ProblemView(path="a.md", rule="config.unknown-key", message="x", severity="warning")
NOTE = ProblemView(path="a.md", rule="claim.unverified", message="x", severity="note", line=1)
UNREADABLE = ProblemView(path="a.md", rule="record.encoding", message="x")
EVERYTHING = (EVIL, EVIL, *every_rule(), WARNING, NOTE, NOTE, UNREADABLE)


def result_of(*problems: ProblemView, exit_code: int = 1) -> ValidateResult:
    return ValidateResult(checked=3, problems=problems, exit_code=exit_code)


# --- GitLab ----------------------------------------------------------------------------------------------------------


def report_of(*problems: ProblemView) -> list[dict[str, Any]]:
    text = gitlab.render(result_of(*problems))
    assert text.isascii()
    report: list[dict[str, Any]] = json.loads(text)
    # No half of a character, which Ruby refuses, however it is escaped.
    json.dumps(report, ensure_ascii=False).encode("utf-8")
    jsonschema.Draft202012Validator(CODE_QUALITY).validate(report)
    return report


def test_a_code_quality_report_has_the_documented_shape() -> None:
    report = report_of(*EVERYTHING)
    assert report[0]["location"] == {
        "path": ".volon/tasks/a b,c:d%\\n\\xe9.md",
        "positions": {"begin": {"line": 3, "column": 5}},
    }
    assert report[0]["description"] == "title: `100%`: a,b\\n::add-mask::x\\r\\x1b[2J. Hint: mend it"
    assert report_of() == []
    broken = [{**report[0], "severity": "fatal"}]
    assert not jsonschema.Draft202012Validator(CODE_QUALITY).is_valid(broken)


def test_gitlabs_severities_say_how_grave_it_is_and_what_is_unverified_is_left_out() -> None:
    report = report_of(EVIL, WARNING, NOTE, UNREADABLE)
    assert [issue["severity"] for issue in report] == ["major", "minor", "critical"]


def test_gitlabs_fingerprints_are_never_the_same_twice_and_stay_when_lines_move(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    def fingerprints() -> list[str]:
        report = json.loads(volon("validate", "--format", "gitlab").out)
        return [issue["fingerprint"] for issue in report]

    text = paused.read(FILES["capsule"]).decode().replace("- `src/old.py` — what it was", "- `src/none.py`")
    text = text.replace("## Evidence", "## E")
    paused.write(FILES["capsule"], text)
    before = fingerprints()
    assert len(before) == len(set(before)) == 2
    paused.write(FILES["capsule"], text.replace("## Goal\n", "## Goal\n\nMore words.\n\nAnd more.\n"))
    assert fingerprints() == before
    every = [issue["fingerprint"] for issue in report_of(*EVERYTHING)]
    assert len(every) == len(set(every))


# --- JUnit -----------------------------------------------------------------------------------------------------------

SCHEMA = Path(__file__).parent / "jenkins/junit-10.xsd"
"""The newest schema of Jenkins' xUnit plugin, unchanged; see NOTICE.md beside it."""


def schema() -> etree.XMLSchema:
    """Jenkins' schema with the two attributes of a test case that nearly all others read and it does not name."""
    text = SCHEMA.read_text(encoding="utf-8")
    known = '<xs:attribute name="classname" type="xs:string"/>'
    assert text.count(known) == 1
    more = '<xs:attribute name="file" type="xs:string"/><xs:attribute name="line" type="xs:positiveInteger"/>'
    return etree.XMLSchema(etree.fromstring(text.replace(known, known + more).encode()))


def suites_of(*problems: ProblemView, exit_code: int = 1) -> ET.Element:
    """The report, read by both parsers, which agree."""
    text = junit.render(result_of(*problems, exit_code=exit_code))
    assert text.isascii()
    other = etree.fromstring(text.encode())
    schema().assertValid(other)
    read = ET.fromstring(text)  # noqa: S314  volon's own
    assert [(one.tag, dict(one.attrib), one.text) for one in read.iter()] == [
        (one.tag, dict(one.attrib), one.text) for one in other.iter()
    ]
    return read


def cases(report: ET.Element) -> dict[str, str]:
    """Each test case and what became of it."""
    return {one.attrib["name"]: one[0].tag for one in report.iter("testcase")}


def test_junit_xml_is_valid_under_jenkins_schema_and_counts_right() -> None:
    report = suites_of(*EVERYTHING)
    (suite,) = report
    listed = list(suite.iter("testcase"))
    failed = [case for case in listed if case.find("failure") is not None]
    assert suite.attrib == {
        "name": "volon",
        "package": "volon",
        "tests": str(len(listed)),
        "failures": str(len(failed)),
        "errors": "0",
        "skipped": "1",
    }
    assert listed[0].attrib == {
        "name": "task.field-invalid title",
        "classname": ".volon/tasks/a b,c:d%\\n\\xe9.md",
        "file": ".volon/tasks/a b,c:d%\\n\\xe9.md",
        "line": "3",
    }
    names = [(case.attrib["classname"], case.attrib["name"]) for case in listed]
    assert len(names) == len(set(names))
    broken = junit.render(result_of(EVIL)).replace("<failure", "<fault").replace("/failure", "/fault")
    assert not schema().validate(etree.fromstring(broken.encode()))


def test_junit_xml_is_what_its_readers_read() -> None:
    read = JUnitXml.fromstring(junit.render(result_of(*EVERYTHING)).encode())
    (suite,) = list(read)
    assert isinstance(suite, TestSuite)
    assert (suite.tests, suite.failures, suite.skipped) == (len(list(suite)), read.failures, 1)
    (told,) = next(iter(suite)).result
    assert told.message == "title: `100%`: a,b\\n::add-mask::x\\r\\x1b[2J. Hint: mend it"
    assert told.text == f".volon/tasks/a b,c:d%\\n\\xe9.md:3:5: {told.message}"


def test_a_warning_fails_its_case_where_it_fails_the_command() -> None:
    name = "config.unknown-key"
    assert cases(suites_of(WARNING, exit_code=0)) == {name: "system-out"}
    assert cases(suites_of(WARNING, exit_code=1)) == {name: "failure"}
    assert cases(suites_of(WARNING, UNREADABLE, exit_code=9)) == {name: "system-out", "record.encoding": "failure"}
    assert cases(suites_of(NOTE, NOTE, exit_code=0)) == {"claim.unverified": "skipped"}
    assert cases(suites_of(exit_code=0)) == {"records": "system-out"}


ANY = st.text(st.characters(), max_size=20)
"""All characters there are, halves of characters among them."""


@given(path=ANY, message=ANY, key=ANY, hint=ANY)
@with_example(path="\ud800", message="`\udcff`", key="", hint="")
def test_whatever_bytes_a_record_holds_both_reports_can_be_read(path: str, message: str, key: str, hint: str) -> None:
    problem = ProblemView(path=f"a{path}", rule="task.field-invalid", message=message, key=key, hint=hint)
    report_of(problem)
    suites_of(problem)


def test_no_character_that_xml_cannot_hold_gets_through() -> None:
    text = "".join(map(chr, [*range(0x2100), *range(0xD7F0, 0xE010), *range(0xFFF0, 0x10010), 0x1FFFF, 0x10FFFF]))
    problem = ProblemView(path="a", rule="task.field-invalid", message=text)
    (told,) = suites_of(problem).iter("failure")
    assert told.text is not None
    for unseen in ("\\x00", "\\x1b", "\\ud800", "\\xff", "\\ufffe", "\\uffff", "é"):
        assert unseen in told.text


# --- In GitLab CI ----------------------------------------------------------------------------------------------------


def example() -> str:
    page = PROJECT_ROOT / "docs/CI.md"
    (text,) = (block.text for block in blocks(page) if block.language == "yaml" and "codequality:" in block.text)
    return text


def test_the_example_for_gitlab_is_valid_under_gitlabs_schema(tmp_path: Path) -> None:
    written = tmp_path / ".gitlab-ci.yml"
    written.write_text(example(), encoding="utf-8")
    argv = [tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run([*argv, str(written)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("good", [True, False])
def test_the_script_for_gitlab_writes_both_reports_and_fails_where_it_should(
    good: bool,  # noqa: FBT001  a case
    paused: RepoBuilder,
    tmp_path: Path,
) -> None:
    job = yaml.safe_load(example())["records"]
    if not good:
        paused.write(FILES["capsule"], paused.read(FILES["capsule"]).replace(b"## Evidence", b"## Proof"))
    starter = tmp_path / "bin/volon"
    starter.parent.mkdir()
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m volon "$@"\n')
    starter.chmod(0o755)
    env = volon_environment({"PATH": f"{starter.parent}:/usr/bin:/bin"})
    script = "\n".join(job["script"])
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=paused.root, env=env, check=False)
    assert done.returncode == (0 if good else 1)
    reports = job["artifacts"]["reports"]
    found = json.loads(paused.read(reports["codequality"]))
    assert [issue["check_name"] for issue in found] == ([] if good else ["capsule.section-missing"])
    assert (b"<failure" in paused.read(reports["junit"])) is not good
    assert re.fullmatch(r"pip install --quiet \"git\+https://\S+/volon@[0-9a-f]{40}\"", job["before_script"][0])
