"""Problems as SARIF 2.1.0, for code scanning: the rules with their help, a result for each problem.

What could not be verified is no result but a notification of the run.

Source: contract §4; agents, "CI and Python project"; SARIF 2.1.0 (OASIS).
"""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import quote

from volon import __version__
from volon.model.checks.rules import HELP, RULES
from volon.render.told import fingerprint, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from volon.model.checks.rule import Rule
    from volon.model.results.checks import ProblemView, ValidateResult

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_FINGERPRINT = "volon/v1"
_ORDER = {rule: index for index, rule in enumerate(RULES)}


def render(result: ValidateResult) -> str:
    """One run with all problems, pure ASCII, ending in a newline."""
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(result)]}, indent=2) + "\n"


def _run(result: ValidateResult) -> dict[str, Any]:
    seen: Counter[str] = Counter()
    listed = [problem for problem in result.problems if problem.severity != "note"]
    notes = [_notification(problem) for problem in result.problems if problem.severity == "note"]
    return {
        "tool": {"driver": _driver()},
        "invocations": [
            {"executionSuccessful": True, "exitCode": result.exit_code, "toolExecutionNotifications": notes}
        ],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The top of the working tree."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, seen) for problem in listed],
    }


def _driver() -> dict[str, Any]:
    return {
        "name": "volon",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in RULES.values()],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    example = f"Wrong, in a {rule.where}:\n\n```text\n{rule.wrong}\n```\n\nRight:\n\n```text\n{rule.right}\n```"
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.says},
        "fullDescription": {"text": f"{rule.says} {rule.advice}"},
        "help": {"text": rule.advice, "markdown": f"{rule.says} {rule.advice}\n\n{example}"},
        "helpUri": f"{HELP}{rule.id}",
        "defaultConfiguration": {"level": str(rule.gravity)},
    }


def _result(problem: ProblemView, seen: Counter[str]) -> dict[str, Any]:
    return {
        "ruleId": problem.rule,
        "ruleIndex": _ORDER[problem.rule],
        "level": problem.severity,
        "message": {"text": message(problem)},
        "locations": [_location(problem)],
        "partialFingerprints": {_FINGERPRINT: fingerprint(problem, seen)},
    }


def _notification(problem: ProblemView) -> dict[str, Any]:
    return {
        "level": "note",
        "message": {"text": message(problem)},
        "locations": [_location(problem)],
        "associatedRule": {"id": problem.rule, "index": _ORDER[problem.rule]},
    }


def _location(problem: ProblemView) -> dict[str, Any]:
    uri = quote(problem.path.encode("utf-8", "surrogateescape"), safe="/")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}}
    if problem.line is not None:
        place["region"] = {"startLine": problem.line, "startColumn": problem.column or 1, "endLine": problem.line}
    return {"physicalLocation": place}
