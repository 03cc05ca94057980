"""What the formats for CI say alike of a problem: its message in one line, and a fingerprint that outlives edits.

Source: contract §4; agents, "CI and Python project".
"""

from __future__ import annotations

from volon.digests import sha256
from volon.patterns import pattern
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import Counter

    from volon.model.results.checks import ProblemView

_QUOTED = pattern(r"`([^`]*)`")


def message(problem: ProblemView) -> str:
    """Return what is wrong and the way out, as one harmless line."""
    key = f"{problem.key}: " if problem.key else ""
    hint = f" Hint: {safe(problem.hint)}" if problem.hint else ""
    return f"{safe(key + problem.message)}.{hint}"


def fingerprint(problem: ProblemView, seen: Counter[str]) -> str:
    """Return a digest of rule, file, key and what the message quotes, never a line: it stays when text above grows.

    Args:
        problem: what is wrong.
        seen: how often each digest came so far; which of several alike it is, is part of it, so no two are the same.
    """
    about = [problem.rule, problem.path, problem.key or "", *_QUOTED.findall(problem.message)]
    digest = sha256("\0".join(about).encode("utf-8", "surrogatepass"))
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"
