"""A large specification in parts: subtasks with phases of their own, and a last plan that checks that they integrate.

Every part is carried out by a plan that has the whole READY.md beside it; which of its phases are the part's is all
that is written down.

Source: seed 002 (Massive Task Handling); origins §4.2.
"""

from __future__ import annotations

from volon.model.conduct.ready import ReadyPhase
from volon.model.syntax.markdown import code_spans, find_section, lines_of
from volon.model.text import clip_line
from volon.patterns import pattern
from volon.plain import NamedTuple, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from volon.model.conduct.ready import Ready

MANY_FILES, MANY_MODULES = 100, 15
"""A specification of so many files across so many modules is large."""
PART = r"^(?:integration|[1-9]\d{0,3}-[1-9]\d{0,3})$"
INTEGRATION = "integration"
_BULLET = pattern(r"[ \t]*[-*+][ \t]+.*|####.*")
_NAME = 60


class Part(NamedTuple):
    """The phases of a subtask, by their numbers in READY.md."""

    first: int
    last: int
    name: str

    @property
    def said(self) -> str:
        """As its plan has it."""
        return f"{self.first}-{self.last}"


def size(ready: Ready, text: str) -> tuple[int, int]:
    """Return how many files and how many modules a specification names, each once."""
    files = {path for phase in ready.phases for path in phase.expected}
    section = find_section(text, "Files to Create/Modify")
    for line in lines_of(text)[section.number :] if section else ():
        if section and line.start < section.end and not line.fenced and _BULLET.fullmatch(line.text):
            files |= {code for _, code, _ in code_spans(line.text)[:1]}
    return len(files), len({module for phase in ready.phases for module in phase.modules})


def is_large(ready: Ready, text: str) -> bool:
    """Whether it should be carried out in parts, and can be."""
    files, modules = size(ready, text)
    return files >= MANY_FILES and modules >= MANY_MODULES and len(ready.phases) > 1


def parts(ready: Ready, begins: Sequence[int] = ()) -> tuple[Part, ...]:
    """Return the parts of a specification, in the order of its phases.

    Args:
        ready: the whole.
        begins: the phases that a part begins with, besides the first; without any, as few as keep each below what is
            large, in files or in modules.
    """
    starts = {1, *(begins or _cuts(ready.phases))}
    ends = [one.number for one in ready.phases if one.number + 1 in starts or one is ready.phases[-1]]
    return tuple(
        Part(first, last, clip_line(", ".join(one.name for one in ready.phases[first - 1 : last]), _NAME))
        for first, last in zip(sorted(starts), ends, strict=True)
    )


def _cuts(phases: Sequence[ReadyPhase]) -> Iterable[int]:
    files: set[str] = set()
    modules: set[str] = set()
    for one in phases:
        # All new files are looked for when all is done; that makes the last phase no larger.
        own = set(one.expected) if one is not phases[-1] else set()
        if modules and (len(files | own) >= MANY_FILES or len(modules | set(one.modules)) >= MANY_MODULES):
            yield one.number
            files, modules = set(), set()
        files |= own
        modules |= set(one.modules)


def part_of(ready: Ready, said: str | None) -> Ready:
    """Return what of a specification a plan carries out: all, some of its phases, or that the parts fit together.

    Phases are numbered from 1 in every plan. Whoever integrates implements nothing: all that the phases were checked
    for is checked again, and what fails goes to the fix worker.
    """
    if said is None:
        return ready
    if said == INTEGRATION:
        return replace(ready, phases=(_integration(ready.phases),))
    first, last = map(int, said.split("-"))
    chosen = ready.phases[first - 1 : last]
    return replace(
        ready,
        phases=tuple(
            replace(one, number=number, after=tuple(n - first + 1 for n in one.after if n >= first))
            for number, one in enumerate(chosen, 1)
        ),
    )


def _integration(phases: Sequence[ReadyPhase]) -> ReadyPhase:
    def every(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for one in phases for item in getattr(one, name)))

    return ReadyPhase(
        1,
        "Integration",
        goals=("What the subtasks made works together.",),
        criteria=every("criteria"),
        gotchas=every("gotchas"),
        tests=every("tests"),
        expected=every("expected"),
        stubs=any(one.stubs for one in phases),
        text="### Integration\n- All subtasks are complete: make sure that they fit together.\n",
    )
