"""What a READY.md says: its sections, and its phases with all that their workers and checks need.

`volon.model.conduct.reading` makes one from a file; nothing that it says is run before somebody has agreed to it.

Source: seed 002 (Parsing READY.md Phases); contract §6 (conduct).
"""

from __future__ import annotations

from volon.plain import dataclass

REQUIRED = (
    "Problem Statement",
    "User Impact",
    "Mission",
    "Success Criteria",
    "Requirements (IMMUTABLE)",
    "Proposed Approach (EVOLVABLE)",
    "Implementation Phases",
    "Known Gotchas",
    "Quality Requirements",
    "Files to Create/Modify",
)
"""The sections that a READY.md has, by their exact titles."""
FILL_IN = "<fill in>"
"""What stands in a READY.md that volon began, where something has still to be said."""


@dataclass(frozen=True, slots=True)
class ReadyPhase:
    """One `### Phase N: Name`.

    Attributes:
        number: from 1, without a gap.
        time: as it was estimated, in the file's words; empty when not said.
        modules: what is made side by side; one unless it says otherwise.
        expected: paths that must be there when it is done.
        tests: command lines for `/bin/sh`.
        stubs: TODO and FIXME may be left.
        after: the phases it says it depends on.
        text: the section as it stands in the file.
        line: where it begins.
    """

    number: int
    name: str
    time: str = ""
    goals: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    gotchas: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    stubs: bool = False
    after: tuple[int, ...] = ()
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A READY.md that can be carried out.

    Attributes:
        title: its first heading.
        mission: the text of that section.
        phases: by number.
        lint, imports: command lines that the quality requirements name.
        end: those that show that the whole works; the last phase has them among its tests.
    """

    title: str
    mission: str
    phases: tuple[ReadyPhase, ...]
    lint: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


def blank(description: str) -> str:
    """Return a READY.md to fill in, for work of which there is only a description."""
    return f"""\
# {description}

Begun by `volon conduct start`, which goes no further as long as a line says that it has to be filled in.

## Problem Statement

{description}

## User Impact

{FILL_IN}

## Mission

{FILL_IN}

## Success Criteria

- {FILL_IN}

## Requirements (IMMUTABLE)

- {FILL_IN}

## Proposed Approach (EVOLVABLE)

{FILL_IN}

## Implementation Phases

### Phase 1: {FILL_IN} (2-4h)

- {FILL_IN}

Modules: main
Success criteria:
- {FILL_IN}
Expected files:
- `{FILL_IN}`
Test commands:
- `{FILL_IN}`

## Known Gotchas

- none known yet

## Quality Requirements

- Lint: `{FILL_IN}`

## Files to Create/Modify

### New Files

### Modified Files
"""
