"""Problems as JUnit XML, which nearly every CI shows: a failed test case for each.

A warning fails its case where it fails the command (`--strict`), else it is what a passed case printed; what could not
be verified is one skipped case. Where all is well there is one passed case, for some readers refuse a report of none.

Control characters, which XML 1.0 cannot hold in any spelling, were made visible before; what else is not ASCII is
written as a reference, so that no reader has to guess the encoding.

Source: contract §4; agents, "CI and Python project".
"""

from __future__ import annotations

from collections import Counter
from html import escape

from volon.render.safe import safe
from volon.render.told import message
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.results.checks import ProblemView, ValidateResult

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_NO_CHARACTERS = {0xFFFE: r"\ufffe", 0xFFFF: r"\uffff"}
"""What Unicode will never assign and XML refuses, though it is nothing that a terminal would act on."""


def render(result: ValidateResult) -> str:
    """One suite, pure ASCII, ending in a newline."""
    seen: Counter[tuple[str, str]] = Counter()
    errors = any(problem.severity == "error" for problem in result.problems)
    failing = {"error"} if errors or not result.exit_code else {"error", "warning"}
    listed = [problem for problem in result.problems if problem.severity != "note"]
    notes = len(result.problems) - len(listed)
    cases = [_case(problem, seen, fails=problem.severity in failing) for problem in listed]
    if notes:
        cases.append(_unverified(notes))
    if not cases:
        said = _element("system-out", {}, count(result.checked, "record") + " checked")
        cases.append(_element("testcase", {"name": "records", "classname": "volon"}, raw=said))
    failures = sum(problem.severity in failing for problem in listed)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    suite = {"name": "volon", "package": "volon", **counts, "skipped": str(int(notes > 0))}
    inside = _element("testsuite", suite, raw="".join(f"\n{case}" for case in cases) + "\n")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{_element("testsuites", {"name": "volon", **counts}, raw=inside)}\n'
    )


def _case(problem: ProblemView, seen: Counter[tuple[str, str]], *, fails: bool) -> str:
    """One problem; readers know a case again by its names, so of several alike each has its number."""
    path, name = problem.path, problem.rule + (f" {problem.key}" if problem.key else "")
    seen[path, name] += 1
    number = seen[path, name]
    about = {"name": name if number == 1 else f"{name} ({number})", "classname": path, "file": path}
    said = message(problem)
    if problem.line is not None:
        about["line"] = str(problem.line)
    place = ":".join(str(part) for part in (path, problem.line, problem.column) if part is not None)
    if fails:
        inside = _element("failure", {"message": said, "type": problem.severity}, f"{place}: {said}")
    else:
        inside = _element("system-out", {}, f"{place}: {said}")
    return _element("testcase", about, raw=inside)


def _unverified(notes: int) -> str:
    said = f"{count(notes, 'claim')} could not be verified in this clone; the whole history lets volon see more."
    skipped = _element("skipped", {"message": said})
    return _element("testcase", {"name": "claim.unverified", "classname": "volon"}, raw=skipped)


def _element(name: str, attributes: Mapping[str, str], text: str = "", *, raw: str = "") -> str:
    listed = "".join(f' {key}="{_text(value)}"' for key, value in attributes.items())
    return f"<{name}{listed}>{_text(text)}{raw}</{name}>"


def _text(text: str) -> str:
    visible = escape(safe(text).translate(_NO_CHARACTERS))
    return visible.encode("ascii", "xmlcharrefreplace").decode()
