"""What the modules of a phase made, brought together on the branch: all of it, or nothing.

Where two of them conflict, a merge worker gets both in a working tree of its own, markers and all; nothing of that
reaches the branch unless no marker is left, and no conflict has ended as one of its sides.

Source: seed 002 (merge worktrees); contract §6 (conduct: conflicts named and cleanly aborted).
"""

from __future__ import annotations

from contextlib import suppress

from volon.errors import CheckFailed, VolonError
from volon.model.conduct.conflicts import pieces, unresolved
from volon.model.conduct.recall import way_on
from volon.model.secrets import redact
from volon.model.syntax.markdown import code_block
from volon.repo import joining
from volon.repo.blobs import decode
from volon.repo.phases import advance
from volon.usecases.conduct.judging import ran
from volon.usecases.pipeline.trees import trees_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from volon.model.results.conduct import ConductStepResult
    from volon.usecases.conduct.steps import Step

_LARGEST = 1 << 20
_SHOWN = 1 << 16


def merge(step: Step, out: BinaryIO) -> ConductStepResult:
    """Merge, and move the branch there.

    Raises:
        CheckFailed: there is a conflict that nobody resolved; nothing was merged.
    """
    own, head = step.main.repository, step.on_branch()
    number = step.phase.number
    standing = {one: step.run.state.standing(f"p{number}.implement.{one}").result for one in step.phase.modules}
    made = {"HEAD": head} | {name: commit for name, commit in standing.items() if commit}
    left, resolved = dict(made), []
    whole = ""
    while not whole:
        try:
            whole = joining.joined(own, left)
        except joining.Conflict as error:
            if not step.request.worker:
                raise _for_the_user(step, error, made) from error
            names, paths = error.found[0]
            *before, last = names
            so_far = joining.joined(own, {name: left[name] for name in before})
            done = _Conflicting(step, so_far, last, left[last], paths).resolved(out)
            left = {name: commit for name, commit in left.items() if name not in names} | {"HEAD": done}
            resolved.append(last)
    if whole != head:
        advance(own, whole)
    how = f"; the merge worker resolved what {', '.join(resolved)} conflicted in" if resolved else ""
    return step.said(f"merged {', '.join(name for name in made if name != 'HEAD')}{how}")


def _for_the_user(step: Step, error: joining.Conflict, made: dict[str, str]) -> CheckFailed:
    """Name every module that does not fit, where, and what merges it."""
    *before, last = error.names
    message = f"what {', '.join(before)} and {last} made conflicts; nothing was merged: merge it, commit, resume"
    several = len(error.found) > 1
    causes = [f"{f'{names[-1]}: ' * several}{path}" for names, paths in error.found for path in paths]
    commits = [made[one][:12] for one in error.names if one != "HEAD" and one in made]
    return CheckFailed(message, causes=causes, hints=[*(f"git merge {one}" for one in commits), way_on(step.plan.id)])


class _Conflicting:
    """One conflict between a commit and what a module made, in a working tree of its own."""

    def __init__(self, step: Step, mine: str, module: str, theirs: str, paths: tuple[str, ...]) -> None:
        self._step, self._mine, self._module, self._theirs, self._paths = step, mine, module, theirs, paths
        self._git, self._trees = step.main.repository.git, trees_of(step.main, step.run)
        ticket, _, attempt = step.tag.rpartition(".")
        self._tag = f"{ticket}.{module}.{attempt}"
        self._before = [f"{ticket}.{module}.{number}" for number in range(1, int(attempt))]

    def resolved(self, out: BinaryIO) -> str:
        """Have the worker resolve it, and return the merge.

        Raises:
            CheckFailed: it did not; what it left is in a snapshot, and the working tree is gone.
        """
        begun = joining.conflicting(self._step.main.repository, self._mine, self._theirs, f"module/{self._module}")
        texts = {path: self._text(begun, path) for path in self._paths}
        if strange := [path for path, text in texts.items() if len(pieces(text)) == 1]:
            message = f"what {self._module} made conflicts in more than the text of files; nothing was merged"
            hints = [f"git merge {self._theirs[:12]}", way_on(self._step.plan.id)]
            raise CheckFailed(message, causes=strange, hints=hints)
        for tag in self._before:
            self._clear(tag)
        self._step.run.files.mkdir(self._step.run.place / "trees")
        self._trees.make(self._tag, begun)
        try:
            return self._by_worker(texts, out)
        finally:
            self._clear(self._tag)

    def _clear(self, tag: str) -> None:
        """Keep what is in the working tree of an attempt, also one that was killed, and take it away."""
        # What is in the way of that is named by `volon doctor`.
        with suppress(VolonError, OSError):
            if self._trees.is_there(tag):
                self._trees.kept(tag) or self._trees.salvage(tag)
                self._trees.remove(tag)

    def _by_worker(self, texts: dict[str, str], out: BinaryIO) -> str:
        where = self._trees.path(self._tag)
        report = ran(self._step, "merge", _told(texts, self._module), where, out)
        if report.status == "FAIL":
            raise CheckFailed("the merge worker says FAIL; nothing was merged", causes=report.said.get("issues", ()))
        message = f"Merge {self._module}, its conflicts resolved\n"
        commit = self._trees.keep_merge(self._tag, (self._mine, self._theirs), message)
        wrong = [one for path, text in texts.items() for one in self._wrong(commit, path, text)]
        if wrong:
            hints = ["mend it by hand, or resume: it is handed over again"]
            raise CheckFailed("the merge worker left conflicts; nothing was merged", causes=wrong, hints=hints)
        return commit

    def _wrong(self, commit: str, path: str, text: str) -> list[str]:
        status, _ = self._git.ask("cat-file", "-e", f"{commit}:{path}")
        return list(unresolved(path, text, self._text(commit, path))) if status == 0 else [f"{path}: it is gone"]

    def _text(self, commit: str, path: str) -> str:
        """The text of a file in a commit; nothing of what is no small text file."""
        status, data = self._git.ask("cat-file", "blob", f"{commit}:{path}")
        return "" if status or len(data) > _LARGEST or b"\0" in data else decode(data)


def _told(texts: dict[str, str], module: str) -> str:
    """What stands in the brief of a merge worker: the files, and each conflict in them."""
    said = [f"In the markers `merged` is what was merged before, `module/{module}` is what {module} made."]
    for path, text in texts.items():
        found = [part for part in pieces(text) if part.theirs is not None]
        shown = "\n".join(
            "\n".join(("<<<<<<< merged", *one.mine, "=======", *(one.theirs or ()), f">>>>>>> module/{module}"))
            for one in found
        )
        said.append(f"## Conflicts in {path}\n\n{code_block(redact(shown)[0][:_SHOWN])}")
    return "\n\n".join(said)
