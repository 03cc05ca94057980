"""What has to hold before a plan is called complete: seven points, each looked at by what a phase is checked with.

Source: seed 002 (Completion Checklist); issue "conduct" (complete).
"""

from __future__ import annotations

from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

POINTS = ("phases", "tests", "imports", "lint", "unfinished work", "end to end", "final checkpoint")
"""Their names, in the order of the seed: all phases implemented, all tests pass, no import errors, linting green, no
TODO or FIXME, the system works end to end, a final checkpoint."""
_CHECK = ("conduct", "step", "check")


@dataclass(frozen=True, slots=True)
class Lines:
    """The command lines that the checks of a pipeline run, each once."""

    test: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()


def checked_by(commands: Iterable[Sequence[str]]) -> Lines:
    """Return what the checks among the commands of a plan's pipeline run: that, and nothing else, was agreed to."""
    found: dict[str, dict[str, None]] = {"--test": {}, "--imports": {}, "--lint": {}}
    for words in commands:
        starts = [at for at in range(len(words)) if tuple(words[at : at + 3]) == _CHECK]
        rest = iter(words[starts[0] + 5 :] if starts else ())
        for word in rest:
            if word != "--last" and (value := next(rest, None)) is not None and word in found:
                found[word][value] = None
    return Lines(*map(tuple, found.values()))
