"""In what the pipeline of a plan is another one than volon makes of its READY.md: what a plan that came along brings.

Source: contract §7 (Consent).
"""

from __future__ import annotations

import re

from volon.model.conduct.plan import MOST_FIXES, Workers, compiled
from volon.model.pipeline.board import assigned
from volon.model.pipeline.reading import parse_spec
from volon.plain import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from volon.model.conduct.ready import Ready
    from volon.model.pipeline.spec import Spec, Ticket

_STEP = ("conduct", "step")
_ROLES = {"work": "implement"}
_FIX = re.compile(r"p\d+\.fix\.(\d)")


def unlike(spec: Spec, ready: Ready, plan_id: str, programs: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """Return each difference with the tickets that have it; nothing where volon would make the same.

    READY.md does not say who works: the first worker of each role is taken as it stands, for its words are shown.

    Args:
        spec: the pipeline.
        ready: what it should carry out.
        plan_id: the plan's.
        programs: the words that may start volon here; the first are those that do unless it says others of them.
    """
    workers, program = _said(spec)
    rounds = [int(match[1]) for one in spec.tickets if (match := _FIX.fullmatch(one))]
    first = program if program in programs else next(iter(programs))
    made = compiled(ready, plan_id, first, workers, min(max(rounds, default=0), MOST_FIXES))
    wanted = parse_spec(made.encode("utf-8", "surrogateescape"), plan_id).tickets
    found: dict[str, list[str]] = {}
    for name, one in spec.tickets.items():
        for what in _differences(one, wanted[name]) if name in wanted else ["no ticket of its phases"]:
            found.setdefault(what, []).append(name)
    if gone := [name for name in wanted if name not in spec.tickets]:
        found["missing"] = gone
    shared = [f"env {pair}: every ticket" for pair in assigned(spec.env)]
    return (*shared, *(f"{what}: {', '.join(names)}" for what, names in found.items()))


def said_workers(spec: Spec) -> Workers:
    """Return the first worker of each role that a plan's pipeline names."""
    return _said(spec)[0]


def _said(spec: Spec) -> tuple[Workers, tuple[str, ...]]:
    """The first worker of each role, and the words that start volon."""
    workers: dict[str, tuple[str, ...]] = {}
    program: tuple[str, ...] = ()
    for words in (one.argv for one in spec.tickets.values()):
        at = next((at for at in range(len(words)) if words[at : at + 2] == _STEP), None)
        if at is None:
            continue
        program = program or words[:at]
        rest: Sequence[str] = words[at + 2 :]
        role = _ROLES.get(rest[0], rest[0]) if rest else ""
        if role in Workers._fields and "--" in rest:
            workers.setdefault(role, tuple(rest[rest.index("--") + 1 :]))
    return Workers(**{"implement": (), "fix": (), **workers}), program


def _differences(one: Ticket, made: Ticket) -> Iterator[str]:
    """Each key that says something else, with what it says; commands are shown in any case."""
    if (one.argv, one.text) != (made.argv, made.text):
        yield "run"
    for name in (field.name for field in fields(one) if field.name not in {"argv", "text", "line", "column"}):
        said = getattr(one, name)
        if said != getattr(made, name):
            words = assigned(said) if isinstance(said, dict) else [said] if isinstance(said, str | int) else said or ()
            yield f"{name} {', '.join(map(str, words)) or 'none'}"
