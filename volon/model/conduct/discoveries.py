"""What was found out while a plan was carried out: with its evidence, for later phases, and as a page for people.

A correction of the specification has the five parts that seed 002 names, with evidence among them. One that changes the
approach holds when a person has approved it, and what a worker says when a person has taken it over: until then it is
handed on as what it is.

Source: seed 002 (Handling Spec Discrepancies, Documentation Updates); origins §4.1.
"""

from __future__ import annotations

from volon.model.secrets import redact
from volon.model.syntax.markdown import lines_of, sections
from volon.model.text import clip_line, one_line
from volon.patterns import pattern
from volon.plain import dataclass, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

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
        return f"## {head}: {self.title} {mark(plan_id, self.number)}\n\n{lines}\n"


def mark(plan_id: str, number: int) -> str:
    """Return what ends the heading of an entry, and tells it from all others."""
    return f"({plan_id}, {number})"


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


def heard_entry(plan_id: str, phase: int, said: list[str]) -> str:
    """Return the entry for what the workers of a phase reported without evidence."""
    more = [f"- and {len(said) - _MOST_REPORTED} more, in its result"] if len(said) > _MOST_REPORTED else []
    shown = [f"- {clean(one)}" for one in said[:_MOST_REPORTED]]
    return f"## {heard_title(plan_id, phase)}\n\n" + "\n".join([*shown, *more]) + "\n"


def heard_title(plan_id: str, phase: int) -> str:
    """Return the heading of that."""
    return f"Reported in phase {phase}, not checked ({plan_id})"


def with_entry(page: str, entry: str) -> str:
    """Return the page with an entry at its end; nothing else of it changes."""
    eol = "\r\n" if "\r\n" in page else "\n"
    kept = page or _BEGIN
    between = "" if kept.endswith(("\n\n", "\r\n\r\n")) else eol if kept.endswith("\n") else eol * 2
    return kept + between + entry.replace("\n", eol)


def without_entry(page: str, ending: str) -> str:
    """Return the page without the entry whose heading ends so; the same page where there is none."""
    for one in sections(page, 2):
        if one.title.endswith(ending):
            return page[: one.head[0]] + page[one.end :]
    return page


def shortened(page: str) -> tuple[str, str]:
    """Return the page with as many of its oldest entries gone as makes it short, and those; the newest stays."""
    found = sections(page, 2)
    if page.count("\n") <= MOST_LINES or len(found) < 2:  # noqa: PLR2004  the newest one stays
        return page, ""
    begin = found[0].head[0]
    head = page[:begin].count("\n")
    fits = (one.head[0] for one in found[1:-1] if head + page.count("\n", one.head[0]) <= MOST_LINES)
    cut = next(fits, found[-1].head[0])
    return page[:begin] + page[cut:], page[begin:cut]
