"""Whether what a capsule claims is so: a pure judgement of claims, records and what git answers.

What is judged against what:

* The checkpoint that the same pause wrote *vouches* for the facts of the pause (`FACTS`) while its digest holds:
  the capsule must say the same. What it vouches for need not exist here: a branch is deleted after its merge, a commit
  is squashed away, and the capsule is as true as before.
* A path must be in one of four places: the working tree (with `--staged` the index), HEAD, the paused commit, the
  changes that the checkpoint recorded. What the pause only saw (untracked files, diff stat) must be among the last.
* Without a checkpoint (version 1, or lost) commit and branch must exist, or the paused commit must be merged.
* Only while the task is paused and was not resumed, a capsule speaks of now: its branch must not have been renamed, and
  it is worth a warning that a path was deleted, or that the branch is gone unmerged.
* What cannot be seen from here (shallow or partial clone, commit that vouches but is absent, submodule) is a note.

Source: contract §8.6 (claims check), §5 (preflight asks other questions, and at another moment).
"""

from __future__ import annotations

from volon.model.checks.claims import What
from volon.model.checks.gist import is_same
from volon.model.problems import Problem
from volon.model.text import one_line
from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol

    from volon.model.checks.claims import Claim, Fact, Said
    from volon.model.records.checkpoint import Checkpoint

    Judge = Callable[["_Case", Claim], Iterator[Problem]]
else:
    Protocol = object


_LOST = pattern("[\ud800-\udfff]")


class Evidence(Protocol):
    """What git can be asked."""

    @property
    def partial(self) -> bool:
        """Whether objects may be missing because the clone is shallow or partial."""

    def has_object(self, name: str) -> bool:
        """Whether an object of this id, maybe abbreviated, is here."""

    def in_tree(self, commit: str, path: str) -> bool:
        """Whether a commit has something at a path."""

    def is_here(self, path: str) -> bool:
        """Whether something is at a path now: in the working tree or the index, or at HEAD."""

    def has_local_branch(self, name: str) -> bool:
        """Whether a branch of that name exists here."""

    def has_remote_branch(self, name: str) -> bool:
        """Whether a remote had a branch of that name when it was asked last."""

    def renamed_to(self, branch: str) -> str | None:
        """What a branch that is gone is called now, when this repository knows."""

    def is_merged(self, commit: str) -> bool:
        """Whether a commit is part of HEAD's history, and HEAD is past it."""

    def in_a_branch(self, commit: str) -> bool:
        """Whether a commit is part of any branch's history."""

    def in_submodule(self, commit: str | None, path: str) -> bool:
        """Whether a path lies below a submodule, at HEAD or in a commit."""

    def paused_here(self, uid: str) -> bool:
        """Whether the pause was made in this repository."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the other records say about a capsule.

    Attributes:
        checkpoint: the checkpoint that the same pause wrote, its digest intact; None when there is none such.
        recorded: the paths of its changes and the directories above them; see `recorded_paths`.
        checkpoint_there: whether there is a file of the name that the capsule gives.
        numbers: the numbers of all checkpoints.
        task_there: whether the capsule's task exists.
        task_live: whether it is neither done nor missing.
    """

    checkpoint: Checkpoint | None = None
    recorded: frozenset[str] = frozenset()
    checkpoint_there: bool = False
    numbers: frozenset[int] = frozenset()
    task_there: bool = True
    task_live: bool = True


def judge(said: Said, known: Known, evidence: Evidence) -> tuple[Problem, ...]:
    """Every claim of a capsule that is not so, or cannot be verified here."""
    case = _Case(said, known, evidence)
    differing = tuple(_facts(case))
    wrong = {problem.key for problem in differing}
    claims = (claim for claim in said.claims if claim.key not in wrong)
    return (*differing, *(problem for claim in claims for problem in _JUDGES[claim.what](case, claim)))


@dataclass(frozen=True, slots=True)
class _Case:
    said: Said
    known: Known
    evidence: Evidence

    @property
    def live(self) -> bool:
        return self.known.task_live and not self.said.resumed

    @property
    def paused_commit(self) -> str | None:
        return paused_commit(self.said, self.known)

    def problem(self, rule: str, at: Claim | Fact, message: str, hint: str, severity: str = "error") -> Problem:
        return Problem(self.said.path, at.line, at.column, at.key, f"claim.{rule}", message, hint, severity)

    def unverified(self, claim: Claim, why: str) -> Problem:
        message = f"{_named(claim)} cannot be verified: {why}"
        return self.problem("unverified", claim, message, "git fetch --unshallow, or fetch-depth: 0 in CI", "note")


def paused_commit(said: Said, known: Known) -> str | None:
    """The commit of the pause: the checkpoint's word goes before the capsule's."""
    if known.checkpoint is not None:
        return known.checkpoint.paused_commit
    return next((fact.value for fact in said.facts if fact.key == "paused_commit"), None)


def _named(claim: Claim) -> str:
    return f"`{claim.value}`"


def _facts(case: _Case) -> Iterator[Problem]:
    checkpoint = case.known.checkpoint
    if checkpoint is None:
        return
    for fact in case.said.facts:
        original = getattr(checkpoint, fact.key)
        if not is_same(fact.key, fact.value, original):
            message = f"`{fact.key}: {fact.value}`, but the checkpoint of the same pause says `{original}`"
            hint = f"pause again, or go on from the checkpoint's copy: volon resume-task --checkpoint {checkpoint.uid}"
            yield case.problem("differs", fact, message, hint)


def _task(case: _Case, claim: Claim) -> Iterator[Problem]:
    if not case.known.task_there:
        hint = "delete the capsule with its task, or bring the task back from git"
        yield case.problem("task-missing", claim, f"there is no task {_named(claim)}", hint)


def _checkpoint(case: _Case, claim: Claim) -> Iterator[Problem]:
    hint = "commit .design/checkpoints/ together with .volon/"
    if claim.key == "resumed_from":
        if not (claim.value.isdecimal() and int(claim.value[:9]) in case.known.numbers):
            yield case.problem("checkpoint-missing", claim, f"there is no checkpoint {_named(claim)}", hint)
    elif not case.known.checkpoint_there:
        yield case.problem("checkpoint-missing", claim, f"there is no {_named(claim)}", hint)


def _commit(case: _Case, claim: Claim) -> Iterator[Problem]:
    if case.evidence.has_object(claim.value):
        return
    if case.evidence.partial:
        yield case.unverified(claim, "the clone is shallow or partial")
    elif claim.key == "resumed_commit" or (case.known.checkpoint and not claim.key.startswith("next_actions")):
        yield case.unverified(claim, "the commit is not here any more; the pause did record it")
    else:
        message = f"there is no commit {_named(claim)} in this repository"
        yield case.problem("commit-missing", claim, message, "mend the id, or mark it as external")


def _branch(case: _Case, claim: Claim) -> Iterator[Problem]:
    if not case.live or case.evidence.has_local_branch(claim.value):
        return
    if case.known.checkpoint is None:
        yield from _branch_alone(case, claim)
    elif case.said.uid and case.evidence.paused_here(case.said.uid):
        yield from _branch_gone(case, claim)


def _branch_gone(case: _Case, claim: Claim) -> Iterator[Problem]:
    """A branch that was here when the work was paused."""
    evidence, then = case.evidence, case.paused_commit
    if (now := evidence.renamed_to(claim.value)) is not None:
        yield _renamed(case, claim, now)
    elif then and not evidence.in_a_branch(then):
        message = f"the branch {_named(claim)} is gone, and the paused commit is in no other"
        yield case.problem("branch-gone", claim, message, "volon resume-task", "warning")


def _branch_alone(case: _Case, claim: Claim) -> Iterator[Problem]:
    """A branch for which no checkpoint vouches."""
    evidence, then = case.evidence, case.paused_commit
    if (now := evidence.renamed_to(claim.value)) is not None:
        yield _renamed(case, claim, now)
    elif evidence.has_remote_branch(claim.value):
        return
    elif evidence.partial:
        yield case.unverified(claim, "the clone is shallow or partial")
    elif not (then and evidence.is_merged(then)):
        message = f"there is no branch {_named(claim)}, here or on a remote"
        yield case.problem("branch-missing", claim, message, "mend the name, or list the key: external: [branch]")


def _renamed(case: _Case, claim: Claim, now: str) -> Problem:
    message = f"the branch {_named(claim)} is called `{now}` now"
    return case.problem("branch-renamed", claim, message, "volon resume-task on it, then pause again")


def _path(case: _Case, claim: Claim) -> Iterator[Problem]:
    if claim.outside:
        message = f"{_named(claim)} lies outside the repository"
        yield case.problem("path-outside", claim, message, "mark it: (external) right behind it")
    elif not any(path in case.known.recorded for path in claim.paths):
        yield from _seen(case, claim) if claim.seen else _needed(case, claim)


def _seen(case: _Case, claim: Claim) -> Iterator[Problem]:
    if case.known.checkpoint is not None:
        message = f"{_named(claim)} is not among the changes that the checkpoint recorded"
        yield case.problem("path-missing", claim, message, "what a pause recorded is not edited: pause again")


def _needed(case: _Case, claim: Claim) -> Iterator[Problem]:
    evidence, then = case.evidence, case.paused_commit
    if any(evidence.is_here(path) for path in claim.paths):
        return
    if then and any(evidence.in_tree(then, path) for path in claim.paths):
        if case.live and evidence.is_merged(then):
            message = f"{_named(claim)} was deleted since the pause"
            yield case.problem("path-gone", claim, message, "volon resume-task says by which commit", "warning")
    elif any(evidence.in_submodule(then, path) for path in claim.paths):
        yield case.unverified(claim, "it lies in a submodule")
    elif then and not evidence.has_object(then):
        yield case.unverified(claim, "the paused commit is not here")
    elif evidence.partial:
        yield case.unverified(claim, "the clone is shallow or partial")
    else:
        message = f"{_named(claim)} is neither in the working tree nor in HEAD or the paused commit"
        yield case.problem("path-missing", claim, message, "mend the path, or mark it: (external) or (new) behind it")


_JUDGES: dict[What, Judge] = {
    What.PATH: _path,
    What.COMMIT: _commit,
    What.BRANCH: _branch,
    What.CHECKPOINT: _checkpoint,
    What.TASK: _task,
}


def questions(
    cases: Iterable[tuple[Said, Known]],
) -> tuple[frozenset[str], frozenset[tuple[str, str]], frozenset[str]]:
    """What judging is going to ask git, so that it can be asked at once.

    Returns:
        Ids of objects; pairs of commit and path; paths.
    """
    objects: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    paths: set[str] = set()
    for said, known in cases:
        then = paused_commit(said, known)
        needed = {
            path
            for one in said.claims
            if one.what is What.PATH and not (one.seen or one.outside)
            for path in one.paths
            if path not in known.recorded
        }
        objects |= {one.value for one in said.claims if one.what is What.COMMIT} | ({then} if then else set())
        paths |= needed
        pairs |= {(then, path) for path in needed if then}
    return frozenset(objects), frozenset(pairs), frozenset(paths)


def recorded_paths(checkpoint: Checkpoint) -> frozenset[str]:
    """Every path that a checkpoint recorded as changed, in the spellings a capsule may have, and what lies above it."""
    found: set[str] = set()
    for change in checkpoint.changes:
        for path in (change.path.rstrip("/"), change.origin or ""):
            parts = path.split("/")
            found |= {"/".join(parts[: n + 1]) for n in range(len(parts))}
            found |= {one_line(path), one_line(_LOST.sub("\ufffd", path))}
    return frozenset(found)
