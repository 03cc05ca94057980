"""Whether the tree that a command ran on is the tree there is now; if not, which files are others.

Trees are compared by content: a commit of what was uncommitted, or of volon's own files, changes nothing. Where content
cannot be compared (a filter wrote other bytes into the commit), the answer is "changed", never "the same".

Source: contract §8.5, §5 (`evidence.stale`).
"""

from __future__ import annotations

from volon.model.drift.observed import EvidenceFate
from volon.model.evidence import tree_of
from volon.model.facts import WITHOUT_STATE
from volon.repo.blobs import decode
from volon.repo.diffstat import EMPTY_TREE
from volon.repo.drift.versions import ABSENT, tree
from volon.repo.git import GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.evidence import Evidence, Tree
    from volon.model.facts import GitFacts
    from volon.repo.drift.versions import Version
    from volon.repo.git import Git


def evidence_fates(git: Git, facts: GitFacts, rows: Sequence[Evidence]) -> tuple[EvidenceFate, ...]:
    """Return for each command what of its inputs changed since.

    A command that changed files itself says something about the tree it began on, and about the one it left.

    Args:
        git: where to ask.
        facts: what is there now.
        rows: as recorded.
    """
    now = tree_of(facts)
    known: dict[tuple[str | None, str], tuple[str, ...] | None] = {now.identity: ()}
    fates = []
    for row in rows:
        if row.after.identity not in known:
            try:
                known[row.after.identity] = _changed(git, facts.object_format, row.after, now)
            except GitFailed:
                # A partial clone may lack what the tree held, and a record may name anything.
                known[row.after.identity] = None
        same = row.before.identity == now.identity
        fates.append(EvidenceFate(row, () if same else known[row.after.identity]))
    return tuple(fates)


def _changed(git: Git, object_format: str, then: Tree, now: Tree) -> tuple[str, ...] | None:
    """The paths that are others; None when that cannot be said."""
    if then.head is not None and then.head != now.head and git.resolve(then.head) != then.head:
        return None
    moved = _between(git, object_format, then.head, now.head)
    if then.digest == now.digest and (then.files is None or now.files is None):
        return moved
    if then.files is None or now.files is None:
        return None
    old, new = _versions(then), _versions(now)
    paths = sorted(path for path in {*moved, *old, *new} if path not in old or old[path] != new.get(path))
    before = old | tree(git, then.head, [path for path in paths if path not in old])
    after = new | tree(git, now.head, [path for path in paths if path not in new])
    return tuple(path for path in paths if before.get(path, ABSENT) != after.get(path, ABSENT))


def _versions(one: Tree) -> dict[str, Version]:
    return {path: (mode, blob) for path, mode, blob in one.files or ()}


def _between(git: Git, object_format: str, then: str | None, now: str | None) -> tuple[str, ...]:
    """The paths that two commits differ in, without volon's own."""
    if then == now:
        return ()
    commits = [commit or EMPTY_TREE[object_format] for commit in (then, now)]
    words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", *commits)
    return tuple(decode(path) for path in git.run(*words, "--", *WITHOUT_STATE).split(b"\0") if path)
