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
    work, upstream = observed.brought, observed.upstream
    if work.head:
        yield _finding("conflict.head", f"HEAD{_rest(work.saved, work.head)}", work.head, paused, observed.head.now)
    if work.upstream and upstream is not None:
        name = paused.upstream or observed.facts.upstream or "its upstream branch"
        where = f"{name}{_rest(work.saved, work.upstream)}"
        yield _finding("conflict.upstream", where, work.upstream, paused, upstream.now)


def _rest(saved: tuple[str, ...], paths: tuple[str, ...]) -> str:
    """What fits, of what was saved: nothing else can be brought anywhere."""
    fitting = len(set(saved) - set(paths))
    if fitting < 2:  # noqa: PLR2004  one of them needs no number
        return "; the other file fits" * fitting
    return f"; the other {fitting} files fit"


def _finding(code: str, where: str, paths: tuple[str, ...], paused: PausedState, commit: str | None) -> Finding:
    detail = path_lines(tuple(map(quote_path, paths))) if len(paths) > _NAMED else ()
    known = commit is not None and paused.paused_commit is not None
    command = (
        f"git diff {handle(paused.paused_commit or '')} {handle(commit or '')}{pathspec(paths)}" if known else None
    )
    return finding(code, f"{some_paths(paths, _NAMED)} with {where}", detail, command)
