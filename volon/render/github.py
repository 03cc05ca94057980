"""Problems as workflow commands of GitHub Actions: annotations in the log and on the changed lines.

The escaping is that of the runner: in messages `%`, carriage return and line feed, in properties also `:` and `,`. What
a record says is made visible first, so that nothing in it begins a command of its own.

Source: contract §4; agents, "CI and Python project".
"""

from __future__ import annotations

from volon.render.safe import safe
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.checks import ProblemView, ValidateResult

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(result: ValidateResult) -> str:
    """One command for each problem; what could not be verified is one notice for all."""
    lines = [_command(problem) for problem in result.problems if problem.severity != "note"]
    notes = len(result.problems) - len(lines)
    if notes:
        message = f"{count(notes, 'claim')} could not be verified in this clone; fetch-depth: 0 lets volon see more."
        lines.append(f"::notice title=volon (claim.unverified)::{_data(message)}")
    return "".join(f"{line}\n" for line in lines)


def _command(problem: ProblemView) -> str:
    properties = {"title": f"volon ({problem.rule})", "file": problem.path}
    if problem.line is not None:
        properties |= {"line": str(problem.line), "col": str(problem.column or 1), "endLine": str(problem.line)}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    hint = f"\nHint: {problem.hint}" if problem.hint else ""
    key = f"{problem.key}: " if problem.key else ""
    message = f"{key}{safe(problem.message)}{hint}"
    return f"::{_COMMANDS[problem.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    visible = "\n".join(safe(line) for line in text.split("\n"))
    return visible.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")
