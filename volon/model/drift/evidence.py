"""Whether what was recorded of commands still says something about the tree there is now.

The words of a command come from a file that a stranger may have written: they are shown, and never stand where a
command to run is offered.

Source: contract §5 (`evidence.*`); reliability S12.
"""

from __future__ import annotations

from volon.model.drift.finding import Finding, count, finding, path_lines, some_paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.drift.observed import EvidenceFate, Observed, PausedState

_FILES = 3


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about commands that were recorded with the pause."""
    stale = [fate for fate in observed.evidence if fate.changed != ()]
    if stale:
        was = "a recorded command ran" if len(stale) == 1 else f"{count(len(stale), 'recorded command')} ran"
        command = None if paused.checkpoint is None else f"volon checkpoint show {paused.checkpoint:02d}"
        yield finding("evidence.stale", f"{was} on another tree than this", path_lines([*map(_line, stale)]), command)


def _line(fate: EvidenceFate) -> str:
    said = f"{fate.row.command}: {fate.row.outcome}"
    if fate.changed is None:
        return f"{said}; which files changed since cannot be said"
    return f"{said}; changed since: {some_paths(fate.changed, _FILES)}"
