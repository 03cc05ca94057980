"""Problems as a Code Quality report of GitLab, which shows them in a merge request and on the changed lines.

GitLab compares the reports of two commits by their fingerprints. What could not be verified is left out: it depends on
how much history a clone has, and would come and go.

Source: contract §4; agents, "CI and Python project".
"""

from __future__ import annotations

import json
from collections import Counter

from volon.errors import ExitCode
from volon.model.checks.rules import RULES
from volon.render.safe import safe
from volon.render.told import fingerprint, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from volon.model.results.checks import ProblemView, ValidateResult


def render(result: ValidateResult) -> str:
    """One list of all problems, pure ASCII, ending in a newline; an empty one when all is well."""
    seen: Counter[str] = Counter()
    listed = [_issue(problem, seen) for problem in result.problems if problem.severity != "note"]
    return json.dumps(listed, indent=2) + "\n"


def _issue(problem: ProblemView, seen: Counter[str]) -> dict[str, Any]:
    place = {"line": problem.line or 1, "column": problem.column or 1}
    return {
        "check_name": problem.rule,
        "description": message(problem),
        "severity": _severity(problem),
        "fingerprint": fingerprint(problem, seen),
        "location": {"path": safe(problem.path), "positions": {"begin": place}},
    }


def _severity(problem: ProblemView) -> str:
    """A record that nobody can read is graver than one that says something wrong; nothing volon finds blocks."""
    if problem.severity == "warning":
        return "minor"
    return "major" if RULES[problem.rule].exit_code is ExitCode.FAILED else "critical"
