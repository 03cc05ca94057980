"""All cases."""

from __future__ import annotations

from tests.hostile.cases import escapes, gitconfig, gitdir, heavy, links, names, planted, trust, yaml

CASES = tuple(
    case
    for family in (links, names, yaml, gitconfig, gitdir, escapes, planted, trust, heavy)
    for case in family.cases()
)
