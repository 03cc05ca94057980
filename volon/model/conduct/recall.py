"""What somebody who comes back to a plan reads: each phase in full, or in short where tokens are scarce.

Nothing of it is made up: all of it stands in the results. Short is a way of reading; the results stay as they are.

Source: seed 000 (Context Compression, Token Budget Management); contract §2.12, §6 (sessions).
"""

from __future__ import annotations

from volon.model.quick import HIGH, PAUSE_AT
from volon.model.secrets import redact
from volon.model.syntax.markdown import sections
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from volon.model.conduct.ready import Ready, ReadyPhase

BYTES = 4
"""So many bytes are counted as one token, where nothing else is known."""
_LATEST = {HIGH: 3, PAUSE_AT: 2}
_KEY_FILES, _CRITICAL, _MOST = 3, 2, 20
_LEAST_STEPS, _MOST_STEPS = 3, 5


class Stop(NamedTuple):
    """What a plan stopped at: `failure` or another reason, and the tickets that are in the way."""

    reason: str | None = None
    tickets: tuple[str, ...] = ()


def percent(used: int, limit: int | None) -> float | None:
    """Return which share of a limit is used, with one digit after the point; None without a limit."""
    return round(used * 100 / limit, 1) if limit else None


def shortened(numbers: Sequence[int], share: float | None) -> frozenset[int]:
    """Return which of the complete phases are read in short: none below 70 %, then those older than the last few."""
    if share is None or share < HIGH:
        return frozenset()
    return frozenset(sorted(numbers)[: -_LATEST[HIGH if share <= PAUSE_AT else PAUSE_AT]])


def told(values: Mapping[str, Any], body: str, *, short: bool) -> Iterator[str]:
    """Yield what a result says, a line for each thing."""
    tests = {True: "tests pass", False: "tests fail", None: "no tests"}[values["tests_passing"]]
    said = {one.title.partition(" ")[0].lower(): _bullets(body[one.start : one.end]) for one in sections(body, 2)}
    if short:
        files = (values["files_created"] or values["files_changed"] or ())[:_KEY_FILES]
        yield f"complete, {tests}" + (f"; key files: {', '.join(files)}" if files else "")
        yield from (
            f"gotcha: {one}" for one in (*said.get("discoveries", ()), *said.get("corrections", ()))[:_CRITICAL]
        )
        return
    fixes = f"{values['fixes']} fix{'es' * (values['fixes'] != 1)}"
    yield f"complete at {values['checkpoint'][:12]}, {tests}, {fixes}"
    for name in ("created", "changed", "deleted"):
        files = values[f"files_{name}"] or ()
        more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
        yield from [f"files {name}: {', '.join(files[:_MOST])}{more}"] if files else []
    yield from (f"checked: {one}" for one in said.get("validation", ()))
    for name in ("issues", "discoveries", "corrections"):
        yield from (f"{name}: {one}" for one in said.get(name, ())[:_MOST])


def _bullets(text: str) -> tuple[str, ...]:
    return tuple(redact(line[2:])[0] for line in text.split("\n") if line.startswith("- "))


def next_steps(ready: Ready, complete: Collection[int], stop: Stop) -> tuple[str, ...]:
    """Return three to five things that come next, as far as there are so many."""
    left = [one for one in ready.phases if one.number not in complete]
    steps = [f"Mend what stopped {ticket}" for ticket in stop.tickets[:1] if stop.reason == "failure"]
    for phase in left:
        if len(steps) >= _LEAST_STEPS:
            break
        steps += _of_phase(phase, first=phase is left[0])
    steps = steps[: _MOST_STEPS - 1]
    return (*steps, "Look at the whole: volon conduct complete") if left else ()


def _of_phase(phase: ReadyPhase, *, first: bool) -> Iterator[str]:
    yield f"{'Complete' if first else 'Go on to'} phase {phase.number}: {phase.name}"
    if first and len(phase.modules) > 1:
        yield f"Merge what {', '.join(phase.modules)} make"
    if first and phase.tests:
        yield f"Run its tests: {phase.tests[0]}" + (f" and {len(phase.tests) - 1} more" if phase.tests[1:] else "")


def remaining_ms(worked: Sequence[int], left: int) -> int | None:
    """Return an estimate of the work that is left, by how long complete phases took; None where nobody knows."""
    known = [ms for ms in worked if ms]
    return sum(known) * left // len(known) if known else None


def cost(lines: Sequence[str]) -> int:
    """Return about how many tokens it takes to read some lines."""
    return -(-sum(len(line.encode("utf-8", "surrogateescape")) + 1 for line in lines) // BYTES)


def way_on(plan_id: str, unknown: Collection[str] = ()) -> str:
    """Return the command that goes on with a plan; what nobody saw the end of runs again."""
    return f"volon conduct resume {plan_id}" + "".join(f" --rerun {one}" for one in unknown)
