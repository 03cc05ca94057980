"""The gist of a capsule: what has to be so for none of its claims to be wrong, as plain values without their places.

It is written as words, one for each thing that has to be so, and what many capsules say is one word. `holds` is sure
or says no: where it says yes of every word, `judging.judge` has nothing to tell; where it says no, nothing is known yet
and the judgement in full decides.

Source: contract §8.6 (claims check); performance (rows 9 and 10).
"""

from __future__ import annotations

from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet
    from typing import Any, Protocol

    Spellings = tuple[str, ...]
    """What a path that is claimed may be called."""
else:
    Protocol = object

CHECKPOINT = "checkpoint"
_LONGEST_NUMBER = 9
_ABBREVIATED = 7


class Gist(NamedTuple):
    """What a capsule claims.

    Attributes:
        tasks: the ids of tasks that have to be there.
        numbers: the numbers of checkpoints.
        commits, branches: what git has to know.
        needed: paths that have to be here.
        checkpoint: the path of the pause's checkpoint.
        uid, seen, facts: what that has to say as well: the pause, the paths it saw, and pairs of key and value; nothing
            of them without a checkpoint.
    """

    tasks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    needed: tuple[Spellings, ...] = ()
    checkpoint: str | None = None
    uid: str | None = None
    seen: tuple[Spellings, ...] = ()
    facts: tuple[tuple[str, str | None], ...] = ()


class Vouch(NamedTuple):
    """What a checkpoint that can vouch says of its pause."""

    uid: str | None
    facts: dict[str, str | None]
    recorded: AbstractSet[str]


class Ground(Protocol):
    """What the repository answers."""

    def has_task(self, task_id: str) -> bool:
        """Whether there is a task."""

    def has_number(self, number: int) -> bool:
        """Whether there is a checkpoint of that number."""

    def has_object(self, name: str) -> bool:
        """Whether git has an object of that id."""

    def has_local_branch(self, name: str) -> bool:
        """Whether there is a branch."""

    def is_now(self, path: str) -> bool:
        """Whether something is at a path in the working tree, or in the index where that counts."""

    def vouching(self, path: str) -> tuple[bool, Vouch | None]:
        """Whether there is a checkpoint at a path that can be read, and what it vouches for, if it can."""


def is_same(key: str, value: str | None, original: str | None) -> bool:
    """Whether a fact of a capsule is what the checkpoint of the same pause says."""
    if key == "worktree":
        return (value or ".") == (original or ".")
    if value and original and key in {"paused_commit", "upstream_commit", "operation_head"}:
        return original.startswith(value) and len(value) >= _ABBREVIATED
    return value == original


def written(gist: Gist) -> str:
    """The words of a gist that is printable, with tabs in between."""
    words = [f"{_TASK} {task}" for task in gist.tasks]
    words += [f"{_NUMBER} {number}" for number in gist.numbers]
    words += [f"{COMMIT} {commit}" for commit in gist.commits]
    words += [f"{_BRANCH} {branch}" for branch in gist.branches]
    if gist.checkpoint is None:
        words += [f"{_PATH} {_OR.join(paths)}" for paths in gist.needed]
    else:
        import json  # noqa: PLC0415  not needed to ask again

        words.append(f"{_CHECKPOINT} {json.dumps((gist.checkpoint, gist.uid, gist.needed, gist.seen, gist.facts))}")
    return "\t".join(words)


def is_printable(gist: Gist) -> bool:
    """Whether it can be written as words: neither a tab nor what stands between spellings is printable."""
    plain = (*gist.tasks, *gist.numbers, *gist.commits, *gist.branches)
    return all(map(str.isprintable, (*plain, *(path for paths in gist.needed for path in paths))))


def holds(word: str, ground: Ground) -> bool:
    """Whether what a word says surely is so."""
    kind, _, value = word.partition(" ")
    return _HOLDS[kind](value, ground) if kind in _HOLDS else False


def _is_number(text: str, ground: Ground) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER and ground.has_number(int(text))


def _is_somewhere(paths: str, ground: Ground) -> bool:
    return any(path and ground.is_now(path) for path in paths.split(_OR))


def by_tasks(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """The ids of the tasks that words claim, and the other words."""
    tasks, others = [], []
    for word in words:
        said, _, value = word.partition(" ")
        if said == _TASK:
            tasks.append(value)
        else:
            others.append(word)
    return tasks, others


def on_checkpoints(words: Iterable[str]) -> bool:
    """Whether any word depends on which checkpoints there are, and on what they say."""
    return any(word.startswith((f"{_NUMBER} ", f"{_CHECKPOINT} ")) for word in words)


def beside_checkpoints(words: Iterable[str], ground: Ground) -> list[str]:
    """As words, all that words which hold depend on, but for the checkpoints."""
    left: dict[str, None] = {}
    for word in words:
        said, _, value = word.partition(" ")
        if said == _CHECKPOINT:
            checkpoint, _, needed, _, _ = _decoded(value)
            vouch = ground.vouching(checkpoint)[1]
            recorded: AbstractSet[str] = frozenset() if vouch is None else vouch.recorded
            left |= {f"{_PATH} {_OR.join(paths)}": None for paths in needed if recorded.isdisjoint(paths)}
        elif said != _NUMBER:
            left[word] = None
    return list(left)


def _decoded(text: str) -> list[Any]:
    import json  # noqa: PLC0415  as above

    found: list[Any] = json.loads(text)
    return found


def _is_vouched(text: str, ground: Ground) -> bool:
    """Whether a checkpoint is there and does not speak against the capsule; if it can, it has to speak for it."""
    checkpoint, uid, needed, seen, facts = _decoded(text)
    there, vouch = ground.vouching(checkpoint)
    recorded: AbstractSet[str] = frozenset()
    if vouch is not None:
        recorded = vouch.recorded
        same = all(is_same(key, value, vouch.facts[key]) for key, value in facts)
        if vouch.uid != uid or not same or any(map(recorded.isdisjoint, seen)):
            return False
    return there and all(not recorded.isdisjoint(paths) or any(map(ground.is_now, paths)) for paths in needed)


_TASK, _NUMBER, COMMIT, _BRANCH, _PATH, _CHECKPOINT = "task", "number", "commit", "branch", "path", "checkpoint"
_OR = "\x1f"
"""Stands between the spellings of a path."""
_HOLDS: dict[str, Callable[[str, Ground], bool]] = {
    _TASK: lambda value, ground: ground.has_task(value),
    _NUMBER: _is_number,
    COMMIT: lambda value, ground: ground.has_object(value),
    _BRANCH: lambda value, ground: ground.has_local_branch(value),
    _PATH: _is_somewhere,
    _CHECKPOINT: _is_vouched,
}
