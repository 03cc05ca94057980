"""All cases."""

from __future__ import annotations

from tests.hostile.cases import (
    escapes,
    evidence,
    gitconfig,
    gitdir,
    heavy,
    links,
    names,
    pipelines,
    planted,
    snapshots,
    trust,
    yaml,
)

CASES = tuple(
    case
    for family in (
        *(links, names, yaml, gitconfig, gitdir, escapes, planted, snapshots, evidence, pipelines, trust, heavy),
    )
    for case in family.cases()
)
