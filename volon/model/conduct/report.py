"""What a worker is told, and what it reports: both Markdown, one written by volon and one read.

A report is what somebody says of their own work: it is kept and shown, and decides nothing. The checks do.

Source: seed 002 (the prompt of the implementation agents; What Sub-Agents Report).
"""

from __future__ import annotations

import re

from volon.model.conduct.discoveries import reported
from volon.model.syntax.markdown import code_block, lines_of, sections
from volon.model.text import lf, one_line
from volon.patterns import pattern
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from volon.model.conduct.discoveries import Correction
    from volon.model.conduct.ready import ReadyPhase

MAX_BYTES = 1 << 18
_STATUS = pattern(r"^[^\w\n]{0,8}Status\W{1,8}(PASS|FAIL)\b(.*)", re.IGNORECASE | re.MULTILINE)
_OTHER = pattern(r"\b(?:PASS|FAIL)\b", re.IGNORECASE)
_TOKENS = pattern(r"^\W{0,8}Tokens\W{1,8}(\d{1,12})\s+in\W{1,4}(\d{1,12})\s+out\b", re.IGNORECASE | re.MULTILINE)
_ITEM = pattern(r"[ \t]*[-*+][ \t]+(.*)")
_PARTS = ("files", "tests", "issues", "discoveries", "corrections")
_MOST, _LONGEST = 100, 500
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker said.

    Attributes:
        status: `PASS` or `FAIL`, which wins over what else it says; empty when it did not say.
        said: the bullets under Files, Tests, Issues, Discoveries and Corrections.
        corrections: those with all five parts.
        unread: why the file of that name is no report.
        tokens: input and output; None when it did not say.
    """

    status: str = ""
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tokens: tuple[int, int] | None = None
    corrections: tuple[Correction, ...] = ()
    unread: str = ""


def parse_report(data: bytes) -> Report:
    """Read a report; what is no part of one is passed over, and only its beginning is looked at."""
    text = lf(data[:MAX_BYTES].decode("utf-8", "replace"))
    tokens = _TOKENS.search(text)
    found: dict[str, tuple[str, ...]] = {}
    for one in sections(text, 2):
        name = one.title.strip().lower().removeprefix("spec ")
        if name in _PARTS and name not in found:
            inside = (line for line in lines_of(text)[one.number :] if line.start < one.end and not line.fenced)
            items = [match[1] for line in inside if (match := _ITEM.fullmatch(line.text))]
            found[name] = tuple(one_line(item)[:_LONGEST] for item in items[:_MOST] if item.strip())
    whole, rest = reported(text)
    if rest:
        found["corrections"] = (*found.get("corrections", ()), *rest)[:_MOST]
    used = (int(tokens[1]), int(tokens[2])) if tokens else None
    return Report(_status(text), found, used, whole[:_MOST])


def _status(text: str) -> str:
    """The status that a report gives itself; FAIL where it says both, and none where it left open which."""
    said = {match[1].upper() for match in _STATUS.finditer(text) if not _OTHER.search(match[2])}
    return "FAIL" if "FAIL" in said else "".join(said)


_TOLD = {
    "implement": "Implement {module}: phase {number}, {name}",
    "fix": "Fix phase {number}, {name}",
    "merge": "Merge phase {number}, {name}",
    "test": "Test phase {number}, {name}",
    "review": "Review phase {number}, {name}",
}
_DUTIES = {
    "merge": """\
Two modules changed the same lines. The files named below have conflict markers in this working tree, and nothing else
is unfinished. Take out every marker, and keep what both sides did: a conflict that ends as one of its sides is refused.
No merge is in progress, and nothing has to be committed.""",
    "test": """\
The phase has passed its checks. Write the tests that its goals and criteria still lack, and run all there are. Mend
nothing else: where what was implemented is wrong, report `Status: FAIL`, each fault under Issues.""",
    "review": """\
The phase has passed its checks. Look at what it changed (`git diff {start}`, and new files): does it do what the goals
and criteria ask, and does it fit the rest? Change nothing. Report `Status: FAIL`, each fault under Issues, if not.""",
}


def brief(
    phase: ReadyPhase,
    role: str,
    *,
    module: str = "",
    directory: str,
    report: str,
    start: str = "",
    known: Iterable[tuple[str, Sequence[str]]] = (),
    more: str = "",
) -> str:
    """Return what a worker reads.

    Args:
        phase: of the plan.
        role: what it is to do: `implement`, `fix`, `merge`, `test` or `review`.
        module: which of the phase's, to implement.
        directory: where it works.
        report: the file it reports into.
        start: the commit that the phase began from.
        known: what was found out before, under its titles.
        more: what this one has before it besides: the checks that failed, or the conflicts.
    """
    parts = [
        "# " + _TOLD[role].format(module=module, number=phase.number, name=phase.name),
        f"Working directory: {directory}\nSpecification: .prelude/READY.md\nReport into: {report}",
        _DUTIES.get(role, "").format(start=start[:_SHORT]),
        more.strip(),
        _listed("Goals", phase.goals),
        _listed("Success criteria", phase.criteria),
        _listed("Known gotchas", phase.gotchas),
        *(_listed(title, items) for title, items in known),
        _listed("Files that must be there", phase.expected),
        _listed("Test commands; all must pass", phase.tests),
        f"## The phase as it stands in READY.md\n\n{code_block(phase.text, 'markdown')}",
        _FORM,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(title: str, items: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {one_line(item)}" for item in items) if items else ""


_FORM = """\
## Report

Follow the specification. Where it is wrong about a fact, say so with evidence as a Spec Correction; do not redesign it.
A change of the approach (storage, authentication, framework, scope) is not yours to make: report it as Core, and FAIL.
Leave no TODO or FIXME unless the phase allows it. When you are done write the report file, in this form:

    Status: PASS
    Tokens: 1200 in, 300 out

    ## Files
    - src/api.py
    ## Tests
    - pytest -q: 12 passed
    ## Issues
    - none
    ## Discoveries
    - what whoever works on later phases should know
    ## Spec Correction: what it is about
    **Original spec**: what READY.md says
    **Reality**: what is true
    **Evidence**: error output, a place in the code, a link
    **Action taken**: what was made instead
    **Impact**: Core or Minor

`Status: FAIL` when something is left undone. Leave out what you have nothing to say about. Where the file cannot be
written, the report is your last message."""
