"""What a restore would do, path by path: decided from what was saved, what is there now, and what HEAD has.

Promises: a path is overwritten or removed only when what stands there now has a name in git (`before`); what the
checkpoint does not know is left alone and named; an ignored file is never removed. Nothing is read or written here.

Source: contract §7 (*restore N*), §8 (1); reliability §3.7.
"""

from __future__ import annotations

from volon.model.facts import is_state_path
from volon.model.version import SOMETHING, Version
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from volon.model.snapshot import LeftOut, Manifest, SavedFile

    Look = Callable[[str], Version | bytes | None]

UNKNOWN = "not in the checkpoint"
UNSAVED = "cannot be saved first: "
"""How the reason begins why a file that should have come back did not."""
_WHY = {
    "secret": "looks secret",
    "excluded": "excluded by the settings",
    "size": "too large",
    "total": "too much in all",
    "nested": "a repository of its own",
    "submodule": "a submodule",
    "special": "no regular file",
    "unreadable": "unreadable",
    "changed-while-reading": "changed meanwhile",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One path that changes; at least one of the two versions is there."""

    path: str
    before: Version | None
    after: Version | None

    @property
    def deed(self) -> str:
        """`create`, `overwrite` or `delete`."""
        return "create" if self.before is None else "delete" if self.after is None else "overwrite"


@dataclass(frozen=True, slots=True)
class Left:
    """One path that stays as it is although one might expect otherwise, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Present:
    """What stands in the working tree now.

    Attributes:
        files: what differs from HEAD or is untracked, with its bytes.
        left_out: what could not be taken into a snapshot.
        look: the version of any other path; `SOMETHING` for a directory and the like.
        ignored: those of the paths asked about that git ignores.
    """

    files: Mapping[str, SavedFile]
    left_out: Collection[LeftOut]
    look: Look
    ignored: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a restore does to files: removals first, what is deepest before what holds it."""

    steps: tuple[Step, ...]
    left: tuple[Left, ...] = ()

    def paths(self, deed: str) -> tuple[str, ...]:
        """The paths with one deed, sorted."""
        return tuple(sorted(step.path for step in self.steps if step.deed == deed))


def to_ask(saved: Manifest, present: Present) -> tuple[str, ...]:
    """The paths of which HEAD's version is needed: those changed since that were clean at the pause."""
    known = {one.path for one in saved.files}
    now = dict.fromkeys([*present.files, *(one.path for one in present.left_out)])
    return tuple(path for path in now if path not in known)


def plan(
    saved: Manifest,
    present: Present,
    clean: Mapping[str, Version],
    *,
    wanted: Callable[[str], bool] = lambda _path: True,
    exact: bool = False,
) -> Plan:
    """Return what brings the working tree to what was saved.

    Args:
        saved: what was saved.
        present: what is there.
        clean: what a checkout would write, for the paths of `to_ask` that HEAD has.
        wanted: whether a path was asked for.
        exact: remove untracked files that the checkpoint does not know.
    """
    targets: dict[str, Version | None] = {one.path: version_of(one) for one in saved.files}
    wished = {**clean, **targets}
    unsaved = {
        one.path: f"{UNSAVED}{_WHY[one.why]}"
        for one in present.left_out
        if one.path in wished and present.look(one.path) != wished[one.path]
    }
    unsaved |= {one.path: f"was not saved: {_WHY[one.why]}" for one in saved.left_out}
    steps, left = [], [Left(path, why) for path, why in unsaved.items() if wanted(path)]
    new_rules = any(_is_rules(path) for path in _changing(targets, present, clean))
    for path in sorted({*targets, *present.files, *clean}):
        if not wanted(path) or is_state_path(path) or path in unsaved:
            continue
        before = _standing(path, present)
        known, after = path in targets or path in clean, targets.get(path, clean.get(path))
        if before is None and not known:
            continue
        if not known and (why := _kept(path, present, exact=exact, rules=new_rules)):
            left.append(Left(path, why))
        elif before == SOMETHING and after is None:
            left.append(Left(path, "no regular file"))
        elif after is None and path in present.ignored:
            left.append(Left(path, "ignored"))
        elif before != after:
            steps.append(Step(path, before if isinstance(before, Version) else None, after))
    return Plan(_ordered(steps), tuple(sorted(left, key=lambda one: one.path)))


def version_of(saved: SavedFile) -> Version | None:
    """The version that was saved; None for what was deleted."""
    return None if saved.mode is None or saved.blob is None else Version(saved.mode, saved.blob)


def _standing(path: str, present: Present) -> Version | bytes | None:
    one = present.files.get(path)
    return present.look(path) if one is None else version_of(one)


def _kept(path: str, present: Present, *, exact: bool, rules: bool) -> str:
    """Why an unknown path stays; empty when it is to go."""
    if not exact:
        return UNKNOWN
    if rules and not _is_rules(path):
        return "a .gitignore changes with this restore; run it again to remove what that does not keep"
    return "ignored" if path in present.ignored else ""


def _changing(targets: Mapping[str, Version | None], present: Present, clean: Mapping[str, Version]) -> Iterable[str]:
    for path in {*targets, *present.files}:
        if _is_rules(path) and _standing(path, present) != targets.get(path, clean.get(path)):
            yield path


def _is_rules(path: str) -> bool:
    return path.rpartition("/")[2] == ".gitignore"


def _ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(
        sorted(steps, key=lambda s: (s.after is not None, -s.path.count("/") if s.after is None else 0, s.path))
    )


def obstacles(steps: Collection[Step], look: Look, below: Callable[[str], Iterable[str]]) -> tuple[Left, ...]:
    """What stands in the way of a plan and would not be removed by it: a file for a directory, or the other way round.

    Args:
        steps: the plan.
        look: see `Present.look`.
        below: every file in a directory, at any depth, and every directory in it that is empty.
    """
    removed = {step.path for step in steps if step.after is None}
    found: dict[str, str] = {}
    for step in steps:
        if step.before is not None or step.after is None:
            continue
        for above in directories(step.path):
            if look(above) not in (None, SOMETHING) and above not in removed:
                found[above] = f"{step.path} needs a directory of this name"
        if look(step.path) == SOMETHING:
            inner = [path for path in below(step.path) if path not in removed]
            found |= dict.fromkeys(
                inner or ([] if _any_below(step.path, removed) else [step.path]), f"{step.path} is a file"
            )
    return tuple(Left(path, why) for path, why in sorted(found.items()))


def _any_below(path: str, removed: Iterable[str]) -> bool:
    return any(one.startswith(f"{path}/") for one in removed)


def directories(path: str) -> list[str]:
    """The directories that hold a path, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
