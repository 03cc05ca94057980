"""What was found out while a plan was carried out: with its evidence, for later phases, and as a page for people.

A correction of the specification has the five parts that seed 002 names, with evidence among them. One that changes the
approach holds when a person has approved it, and what a worker says when a person has taken it over: until then it is
handed on as what it is.

Source: seed 002 (Handling Spec Discrepancies, Documentation Updates); origins §4.1.
"""

from __future__ import annotations

from volon.model.secrets import redact
from volon.model.syntax.markdown import lines_of, sections, unclosed_code
from volon.model.text import clip_line, one_line
from volon.patterns import pattern
from volon.plain import dataclass, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from volon.model.syntax.markdown import Line

USER = "user"
MOST_LINES = 50
"""How long the page is at most; its oldest entries go to the archive."""
LONGEST = 2000
TITLE = 100
_MOST_REPORTED = 10
_PARTS = {
    "original spec": "original_spec",
    "reality": "reality",
    "evidence": "evidence",
    "action taken": "action_taken",
    "impact": "impact",
}
_PART = pattern(r"\s*(?:[-*]\s+)?\*{0,2}(Original spec|Reality|Evidence|Action taken|Impact)\*{0,2}:\*{0,2}\s*(.*)")
_HEAD = pattern(r"Spec Correction:\s*(.*)")
ENTRY = pattern(r"## .*\((PLAN-[0-9]{8}-[0-9]{3,9}), ([0-9]{1,6})\)")
"""The heading of an entry on the page: its plan and its number."""
HEARD = pattern(r"## Reported in phase ([0-9]{1,4}), not checked \((PLAN-[0-9]{8}-[0-9]{3,9})\)")
"""The heading of what the workers of a phase reported: its number and its plan."""
_BEGIN = """\
# Discoveries

What was found out while READY.md was carried out. `volon conduct discover` adds to it; so may you. It is kept short:
older entries are in `archive/`.
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of the specification, with the five parts."""

    title: str
    original_spec: str
    reality: str
    evidence: str
    action_taken: str
    impact: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """One thing that was found out; the attributes are those of its record."""

    number: int
    kind: str
    title: str
    evidence: str
    impact: str
    approved: bool
    obsolete: bool
    source: str
    recorded_at: str
    original_spec: str | None = None
    reality: str | None = None
    action_taken: str | None = None

    @classmethod
    def of(cls, values: dict[str, Any]) -> Discovery:
        """Make one of the values of a record."""
        return cls(**{one.name: values[one.name] for one in fields(cls)})

    @property
    def waits(self) -> bool:
        """Whether it changes the approach, and nobody has approved it."""
        return self.impact == "core" and not self.approved and not self.obsolete

    def told(self) -> str:
        """Return it in one line, for a brief."""
        named = (
            ("READY.md says", self.original_spec),
            ("reality", self.reality),
            ("evidence", self.evidence),
            ("action taken", self.action_taken),
        )
        said = "; ".join(f"{name}: {text}" for name, text in named if text)
        who = "" if self.source == USER else f", reported by {self.source}"
        return f"{self.title} ({self.kind}, {self.impact}{who}). {said}"

    def entry(self, plan_id: str) -> str:
        """Return it as an entry of the page, in the form of the seed."""
        head = "Spec Correction" if self.kind == "correction" else self.kind.capitalize()
        state = "" if self.approved else ", not approved" if self.impact == "core" else ", reported and not checked"
        named = (
            ("Original spec", self.original_spec),
            ("Reality", self.reality),
            ("Evidence", self.evidence),
            ("Action taken", self.action_taken),
            ("Impact", self.impact.capitalize() + state),
            ("Status", "OBSOLETE" if self.obsolete else None),
        )
        lines = "\n".join(f"**{name}**: {text}" for name, text in named if text)
        return f"## {head}: {self.title} ({plan_id}, {self.number})\n\n{lines}\n"


def clean(text: str, most: int = LONGEST) -> str:
    """Return what somebody said in one line, without secrets."""
    return clip_line(redact(one_line(text))[0].strip(), most)


def reported(text: str) -> tuple[tuple[Correction, ...], tuple[str, ...]]:
    """Return the corrections in a report that have all five parts, and in a line each those that have not."""
    whole, rest = [], []
    every = [*sections(text, 2), *sections(text, 3)]
    for one in sorted(every, key=lambda section: section.number):
        if head := _HEAD.fullmatch(one.title):
            inside = [line for line in lines_of(text)[one.number :] if line.start < one.end]
            said = dict(_parts(line.text for line in inside if not line.fenced))
            impact = said.get("impact", "").casefold().strip(" .*`")
            title = clean(head[1], TITLE)
            if title and said.keys() >= set(_PARTS.values()) and impact in {"core", "minor"}:
                whole.append(Correction(title, **{**said, "impact": impact}))
            else:
                missing = ", ".join(name for name, key in _PARTS.items() if key not in said) or "core or minor"
                rest.append(clean(f"{title}: {'; '.join(said.values())} (left out: {missing})", LONGEST // 4))
    return tuple(whole), tuple(rest)


def _parts(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _PART.fullmatch(line)
        if found and (said := clean(found[2])):
            yield _PARTS[found[1].casefold()], said


def handed_on(found: Iterable[Discovery], learnt: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what a brief says of all that was found out: a title, and a line for each.

    Args:
        found: the plan's discoveries.
        learnt: what workers of earlier phases reported without evidence.
    """
    known = [one for one in found if not one.obsolete]
    yield "Found out, with evidence; it goes before the specification", [one.told() for one in known if one.approved]
    waiting = "Corrections that change the approach and that nobody has approved: follow the specification as it stands"
    yield waiting, [one.told() for one in known if one.waits]
    minor = [one.told() for one in known if not one.approved and not one.waits]
    yield "Learnt in earlier phases (reported by their workers, not checked)", [*minor, *learnt]


def heard_entry(plan_id: str, phase: int, said: Sequence[str]) -> str:
    """Return the entry for what the workers of a phase reported without evidence."""
    more = [f"- and {len(said) - _MOST_REPORTED} more, in its result"] if len(said) > _MOST_REPORTED else []
    shown = [f"- {clean(one)}" for one in said[:_MOST_REPORTED]]
    return f"## {heard_title(plan_id, phase)}\n\n" + "\n".join([*shown, *more]) + "\n"


def heard_title(plan_id: str, phase: int) -> str:
    """Return the heading of that."""
    return f"Reported in phase {phase}, not checked ({plan_id})"


def with_entry(page: str, entry: str, begin: str = _BEGIN) -> str:
    """Return the page with an entry at its end; nothing else of it changes. An empty one begins with `begin`."""
    eol = "\r\n" if "\r\n" in page else "\n"
    kept = page or begin
    between = "" if not kept or kept.endswith(("\n\n", "\r\n\r\n")) else eol if kept.endswith("\n") else eol * 2
    return kept + between + entry.replace("\n", eol)


def without_entry(page: str, entry: str) -> str:
    """Return the page without the lines of an entry; the same page where its heading is not there."""
    heading = entry.partition("\n")[0]
    found = list(_entries(page, lambda text: entry if text == heading else None))
    return _without(page, found[-1]) if found else page


def shortened(page: str, entry_of: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """Return the page with as many of its oldest entries gone as makes it short, and those; the newest stays.

    Args:
        page: with text of the user's anywhere, which stays.
        entry_of: the entry as volon wrote it, by its heading; None for what volon did not write.
    """
    lines = page.count("\n")
    if lines <= MOST_LINES:
        return page, []
    gone: list[Line] = []
    left: list[str] = []
    for one in list(_entries(page, entry_of))[:-1]:
        if lines - len(gone) <= MOST_LINES:
            break
        gone += one
        left.append("\n".join(line.text for line in one).rstrip("\n") + "\n")
    return _without(page, gone), left


def of_people(page: str, entry_of: Callable[[str], str | None]) -> list[str]:
    """Return the lines of a page that volon did not write, but for empty ones; arguments as of `shortened`."""
    rest = _without(page, [line for one in _entries(page, entry_of) for line in one])
    lines, begin = ([line for line in text.splitlines() if line.strip()] for text in (rest, _BEGIN))
    return lines[len(begin) :] if lines[: len(begin)] == begin else lines


def _entries(page: str, entry_of: Callable[[str], str | None]) -> Iterator[list[Line]]:
    """The lines of each entry, as far as they are those that volon wrote, with the empty one before the next entry.

    What stands in code is somebody's example; below a fence that nothing closes entries are entries.
    """
    unclosed = unclosed_code(page)
    own: list[Line] = []
    left: list[str] = []
    lines = lines_of(page)
    for line in lines:
        if line.fenced and line.start < unclosed:
            continue
        if line.text.startswith(("# ", "## ")):
            if own and own[-1].number == line.number - 2 and not lines[line.number - 2].text and _is_own(line.text):
                own.append(lines[line.number - 2])
            if own:
                yield own
            entry = entry_of(line.text) if _is_own(line.text) else None
            own, left = ([line], entry.split("\n")[1:-1]) if entry else ([], [])
        elif line.text in left and (line.text or line.number == own[0].number + 1):
            left.remove(line.text)
            own.append(line)
    if own:
        yield own


def _is_own(heading: str) -> bool:
    return bool(ENTRY.fullmatch(heading) or HEARD.fullmatch(heading))


def _without(page: str, gone: Iterable[Line]) -> str:
    kept, at = [], 0
    for line in gone:
        kept.append(page[at : line.start])
        at = page.find("\n", line.end) + 1 or len(page)
    return "".join(kept) + page[at:]
