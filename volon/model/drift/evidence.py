"""Whether what was recorded of commands still says something about the tree there is now.

The words of a command come from a file that a stranger may have written: they are shown, and never stand where a
command to run is offered.

Source: contract §5 (`evidence.*`); reliability S12.
"""

from __future__ import annotations

from volon.model.drift.codes import Severity
from volon.model.drift.finding import Finding, called, count, finding, path_lines, some_paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from volon.model.drift.observed import EvidenceFate, Observed, PausedState

_FILES = 3


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about commands that were recorded with the pause."""
    stale = [fate for fate in observed.evidence if not fate.fits and not _ran(fate)]
    if stale:
        was = "a recorded command ran" if len(stale) == 1 else f"{count(len(stale), 'recorded command')} ran"
        command = None if paused.checkpoint is None else f"volon checkpoint show {called(paused)}"
        yield finding("evidence.stale", f"{was} on another tree than this", path_lines([*map(_line, stale)]), command)

    yield from _differing(observed.evidence)


def _ran(fate: EvidenceFate) -> bool:
    return fate.again is not None and fate.again.ran


def _differing(fates: Iterable[EvidenceFate]) -> Iterator[Finding]:
    """Commands that were run again and ended otherwise; those that are better now only inform."""
    others = [fate for fate in fates if _ran(fate) and not fate.fits]
    better = [fate for fate in others if fate.again is not None and fate.again.exit_status == 0]
    worse = [fate for fate in others if fate not in better]
    if worse:
        lines = [line for fate in worse for line in _told(fate, "green at the pause, red now")]
        yield finding("evidence.failed", f"{_commands(worse)} otherwise than at the pause", lines)
    if better:
        lines = [line for fate in better for line in _told(fate, "red at the pause, green now")]
        sentence = f"{_commands(better)} well now, and did not at the pause"
        yield finding("evidence.failed", sentence, lines, severity=Severity.NOTE)


def _commands(fates: Sequence[EvidenceFate]) -> str:
    return "a recorded command ends" if len(fates) == 1 else f"{count(len(fates), 'recorded command')} end"


def _told(fate: EvidenceFate, words: str) -> Iterator[str]:
    """What was, what is, and for a command that fails the end of what it said."""
    from volon.model.evidence import ending  # noqa: PLC0415  only when commands were run again

    again, then = fate.again, fate.row.exit_status
    if again is None:
        return
    plain = again.exit_status is not None and 0 in {then, again.exit_status}
    how = again.reason if again.exit_status is None else ending(again.exit_status)
    yield f"{fate.row.command}: {f'{words} ({ending(then)}, {how})' if plain else f'{ending(then)} then, {how} now'}"
    if again.exit_status != 0:
        yield from (f"| {line}" for line in again.output)


def _line(fate: EvidenceFate) -> str:
    said = f"{fate.row.command}: {fate.row.outcome}"
    if fate.changed is None:
        return f"{said}; which files changed since cannot be said"
    return f"{said}; changed since: {some_paths(fate.changed, _FILES)}"
