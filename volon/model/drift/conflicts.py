"""Whether the uncommitted work of a pause would still fit where it is to go, if it were brought there.

Only work that is not in the tree is held against HEAD: what is there has fitted already.

Source: contract §5 (`conflict.*`), §8 (3).
"""

from __future__ import annotations

from volon.model.drift.finding import Finding, finding, handle, path_lines, pathspec, some_paths
from volon.model.syntax.gitpath import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.drift.observed import Observed, PausedState

_NAMED = 3


def judge(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Return the findings about conflicts to come."""
    head, upstream = observed.head, observed.upstream
    if observed.conflicts_head:
        yield _finding("conflict.head", "HEAD", observed.conflicts_head, paused, head.now)
    if observed.conflicts_upstream and upstream is not None:
        name = paused.upstream or observed.facts.upstream or "its upstream branch"
        yield _finding("conflict.upstream", name, observed.conflicts_upstream, paused, upstream.now)


def _finding(code: str, name: str, paths: tuple[str, ...], paused: PausedState, commit: str | None) -> Finding:
    fitting = len({change.path for change in paused.changes or ()} - set(paths))
    rest = f"; the other {fitting} fit{'s' * (fitting == 1)}" if fitting else ""
    detail = path_lines(tuple(map(quote_path, paths))) if len(paths) > _NAMED else ()
    known = commit is not None and paused.paused_commit is not None
    command = (
        f"git diff {handle(paused.paused_commit or '')} {handle(commit or '')}{pathspec(paths)}" if known else None
    )
    return finding(code, f"{some_paths(paths, _NAMED)} with {name}{rest}", detail, command)
