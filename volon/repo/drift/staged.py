"""What became of versions that only the index had: staged, and then edited or removed in the working tree.

git alone holds their bytes. A version is kept while the index, the working tree or HEAD has it at its path; it is
superseded when the working tree's version of the pause was staged or committed in its place.

Source: contract §5 (`tree.lost`, `tree.absorbed`), §7 (dirty facts).
"""

from __future__ import annotations

from volon.model.drift.observed import Fate, PathFate
from volon.repo.blobs import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volon.model.drift.observed import CommitNote
    from volon.model.facts import Change, GitFacts
    from volon.repo.blobs import Blobs
    from volon.repo.git import Git


_MOST_NAMED = 200
"""More paths than this do not surely fit on a command line: then git is asked for all."""


def staged_fates(
    git: Git,
    blobs: Blobs,
    facts: GitFacts,
    made: Mapping[tuple[str, str], CommitNote],
    fates: Sequence[PathFate],
) -> list[PathFate]:
    """Return the fate of each version that only the index had.

    Args:
        git: where to ask.
        blobs: ids of the bytes in the working tree.
        facts: what is there now.
        made: which new commit left which content (`mode blob`) at which path.
        fates: of the recorded changes.
    """
    versions = [(version, fate) for fate in fates if (version := fate.change.staged)]
    paths = [version.path for version, _ in versions]
    few = paths if len(paths) <= _MOST_NAMED else []
    index, head = _in_index(git, few), _in_head(git, facts, few)
    current = {change.path: change for change in facts.changes}
    found = []
    for version, fate in versions:
        at = (version.path, f"{version.mode} {version.blob}")
        if at in head or at in made:
            became = Fate.COMMITTED
        elif at in index or blobs.of_path(version.path) == (version.mode, version.blob):
            became = Fate.SAME
        else:
            became = Fate.MOVED_ON if _superseded(fate, current.get(version.path)) else Fate.LOST
        mode_only = became is Fate.LOST and (version.path, version.blob) in _without_modes(index)
        found.append(PathFate(version, became, made.get(at), mode_only=mode_only, staged=True))
    return found


def _without_modes(rows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(path, result.partition(" ")[2]) for path, result in rows}


def _superseded(fate: PathFate, now: Change | None) -> bool:
    """Whether the working tree's version of the pause was staged, or committed, where this one was."""
    if fate.change.mode is None:
        return False
    all_of_it = now is not None and now.status[0] != "." and now.status[1] == "."
    return fate.fate is Fate.COMMITTED or (fate.fate is Fate.SAME and all_of_it)


def _in_index(git: Git, paths: Sequence[str]) -> set[tuple[str, str]]:
    """Return path and `mode blob` of what the index has."""
    return _rows(git.run("--literal-pathspecs", "ls-files", "-s", "-z", "--full-name", "--", *paths), 0, 1)


def _in_head(git: Git, facts: GitFacts, paths: Sequence[str]) -> set[tuple[str, str]]:
    """Return path and `mode blob` of what HEAD has."""
    if facts.head is None:
        return set()
    return _rows(git.run("--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", facts.head, "--", *paths), 0, 2)


def _rows(out: bytes, mode: int, blob: int) -> set[tuple[str, str]]:
    split = (row.partition(b"\t") for row in out.split(b"\0") if row)
    rows = ((decode(path), decode(head).split(" ")) for head, _, path in split)
    return {(path, f"{words[mode]} {words[blob]}") for path, words in rows}
