"""Tickets in working trees of their own: from which commit one begins, and what becomes of what it leaves there.

A ticket begins from the commit its run goes out from, with the results of all tickets it needs merged into it, in the
order of the file. What it leaves is a commit before its end is written down, and its working tree goes only after
that: at no moment is anything in one place alone that may go.

Source: issue "the pipeline" (worktrees); contract §6, §7.
"""

from __future__ import annotations

from contextlib import suppress

from volon.engine.attempts import NoTree
from volon.errors import NotCommitted, VolonError
from volon.model.pipeline.records import Based
from volon.model.pipeline.spec import Isolation, Rerun
from volon.model.pipeline.state import UNKEPT, Outcome, is_passing
from volon.repo import joining
from volon.repo.runtrees import ALL, BASE, RunTrees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from volon.engine.attempts import Over
    from volon.engine.runner import Asked
    from volon.files import Place
    from volon.model.pipeline.spec import Spec, Ticket
    from volon.runfiles import RunFiles
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

    Made = TypeVar("Made")

_SHOWN = 5
_SHORT = 12
_CTRL_C = "Ctrl-C"


class KeptTrees:
    """What becomes of the working trees of attempts, whoever made them.

    Args:
        trees: they.
        files: where logs lie.
        logs: the directory.
        note: is told of an interruption that came while git was at work.
    """

    def __init__(self, trees: RunTrees, files: RunFiles, logs: Place, note: Callable[[str], None]) -> None:
        self._trees, self._files, self._logs, self._note = trees, files, logs, note
        self._staying: set[str] = set()

    def find(self, tag: str) -> Path | None:
        """See `volon.engine.attempts.Trees`."""
        return self._trees.path(tag) if self._trees.is_there(tag) else None

    def keep(self, over: Over, tag: str, ticket: Ticket | None) -> Over:
        """See `volon.engine.attempts.Trees`; an attempt whose result cannot be kept is not done."""
        if over.how is Outcome.UNSTARTED:
            self._trees.abandon(tag)
            return over
        if not self._trees.is_there(tag):
            return self._without(over, tag, ticket)
        outputs = ticket.outputs if ticket and over.how is Outcome.DONE else ()
        if over.how is Outcome.DONE:
            try:
                return over._replace(commit=self.undisturbed(lambda: self._trees.keep_result(tag, outputs)))
            except (VolonError, OSError) as error:
                over = over._replace(how=Outcome.FAILED, why=unkept(error))
                if is_passing(over.why) and not (ticket and ticket.rerun is Rerun.SAFE):
                    self._staying.add(tag)
        try:
            return over._replace(commit=self.undisturbed(lambda: self._trees.salvage(tag, outputs)) or "")
        except (VolonError, OSError) as error:
            return over._replace(why=f"{over.why or 'failed'}; its working tree stays as it is: {said(error)}")

    def keep_again(self, tag: str, outputs: tuple[str, ...]) -> str:
        """The commit of a result that could not be kept when its attempt ended, and can be now; empty if it cannot."""
        with suppress(VolonError, OSError):
            return self.undisturbed(lambda: self._trees.keep_result(tag, outputs))
        return ""

    def _without(self, over: Over, tag: str, ticket: Ticket | None) -> Over:
        """What became of an attempt that has no working tree of its own: it shared the run's, or its own is gone."""
        missing, why = self._trees.is_missing(tag), ""
        if over.how is Outcome.DONE and (missing or (ticket and ticket.isolation is Isolation.WORKTREE)):
            over, why = over._replace(how=Outcome.FAILED), f"{UNKEPT}, as its working tree is gone"
        elif missing:
            why = f"{over.why or over.how}; its working tree is gone"
        if missing:
            # What cannot be kept stays known to git's books of the working tree, which stay.
            with suppress(VolonError, OSError):
                commit = self.undisturbed(lambda: self._trees.keep_commits(tag))
                why += f"; the commits made there: git log {commit[:_SHORT]}" if commit else ""
        return over._replace(why=why or over.why)

    def clear(self, tag: str) -> None:
        """See `volon.engine.attempts.Trees`; while something of the attempt still runs, or is left, it stays."""
        if tag not in self._staying and not self._files.is_held(self._logs / f"{tag}.log"):
            with suppress(VolonError, OSError):
                self.undisturbed(lambda: self._trees.remove(tag))

    def undisturbed(self, deed: Callable[[], Made]) -> Made:
        """Do what may be done twice, to its end: an interruption while git is started is a wish to pause."""
        while True:
            try:
                return deed()
            except KeyboardInterrupt:
                self._note(_CTRL_C)


class TicketTrees(KeptTrees):
    """The working trees of a run in the hands of this process.

    Args:
        workspace: where.
        run: which; the commit it goes out from is written down now, unless it was before.
        spec: what it goes by.
        asked: is told of an interruption that came while git was at work.

    Raises:
        NotCommitted: there is no commit to go out from.
    """

    def __init__(self, workspace: Workspace, run: Run, spec: Spec, asked: Asked) -> None:
        super().__init__(trees_of(workspace, run), run.files, run.logs, asked.note)
        self._run, self._spec, self._repository = run, spec, workspace.repository
        if not run.state.base:
            head = self._repository.git.resolve("HEAD")
            if head is None:
                message = "there is no commit yet from which a ticket in a working tree of its own could begin"
                raise NotCommitted(message, hints=["git add --all && git commit"])
            with run.journal.turn():
                run.journal.write(Based(head))
            run.journal.sync()
        # It keeps the commit from being collected, should every branch leave it; the run can do without.
        with suppress(VolonError):
            self._trees.name(BASE, run.state.base)

    def begin(self, ticket: Ticket, tag: str) -> Path | None:
        """See `volon.engine.attempts.Trees`."""
        if ticket.isolation is not Isolation.WORKTREE:
            return None
        if self._trees.is_there(tag):
            raise NoTree(Outcome.LOST, "the journal lost an attempt of this number")
        base = self.base(ticket)
        try:
            self._run.files.mkdir(self._run.place / "trees")
            self.undisturbed(lambda: self._trees.make(tag, base))
        except (VolonError, OSError) as error:
            with suppress(VolonError):
                self._trees.abandon(tag)
            raise NoTree(Outcome.FAILED, f"its working tree could not be made: {said(error)}", error) from error
        return self._trees.path(tag)

    def base(self, ticket: Ticket) -> str:
        """Return the commit from which a ticket begins.

        Raises:
            NoTree: there can be none.
        """
        try:
            return self.undisturbed(lambda: self._base(ticket))
        except joining.Conflict as error:
            raise NoTree(Outcome.CONFLICT, self._conflict(error)) from error
        except (VolonError, OSError) as error:
            raise NoTree(Outcome.FAILED, f"its working tree could not be made: {said(error)}", error) from error

    def sweep(self) -> None:
        """Take away what another process could not, of attempts that are over."""
        needed = self._run.state.needed()
        for tag in self._trees.left():
            if tag not in needed:
                self._rescue(tag)
                self.clear(tag)

    def _rescue(self, tag: str) -> None:
        """Keep what whoever ended the attempt could not."""
        with suppress(VolonError, OSError):
            self.undisturbed(lambda: self._trees.kept(tag) or self._trees.salvage(tag))

    def join(self) -> None:
        """Make one commit of all results, where that needs no person."""
        results = _results(self._run, self._spec)
        # Where they cannot be merged each of them is there; whoever merges them sees what git says.
        with suppress(joining.Conflict, VolonError):
            if results:
                self._trees.name(ALL, self.undisturbed(lambda: joining.joined(self._repository, results)))

    def _base(self, ticket: Ticket) -> str:
        needed = self._spec.with_needs(ticket.needs)
        results = {one: commit for one, commit in _results(self._run, self._spec).items() if one in needed}
        begun = {"the beginning": self._run.state.base} | results
        tips = joining.independent(self._repository, begun.values())
        # Who has merged them, by hand or in a ticket, has HEAD on what came of it.
        head = self._repository.git.resolve("HEAD") if len(tips) > 1 else None
        if head is not None and joining.independent(self._repository, [head, *tips]) == [head]:
            return head
        return joining.joined(self._repository, begun)

    def _conflict(self, error: joining.Conflict) -> str:
        before, last = error.found[0][0][:-1], ", ".join(names[-1] for names, _ in error.found)
        more = f" and {len(error.paths) - _SHOWN} more" if len(error.paths) > _SHOWN else ""
        where = ", ".join(error.paths[:_SHOWN]) + more
        results = _results(self._run, self._spec)
        words = " ".join(results[one][:_SHORT] for one in error.names if one in results)
        return (
            f"what {' and '.join(before)} made and what {last} made conflict in {where}; "
            f"on your branch: git merge each of {words}, then resume"
        )


def trees_of(workspace: Workspace, run: Run) -> RunTrees:
    """The working trees of a run."""
    return RunTrees.of(workspace.world, workspace.repository, run.id)


def results_of(workspace: Workspace, run: Run, spec: Spec) -> tuple[str, ...]:
    """The commits that hold all that the tickets made, each more than the others do."""
    found = list(_results(run, spec).values())
    whole = trees_of(workspace, run).named(ALL) if found else None
    if whole:
        return (whole,)
    with suppress(VolonError):
        return tuple(joining.independent(workspace.repository, found))
    return tuple(found)


def unmerged(workspace: Workspace, results: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the results that HEAD does not contain."""
    head = workspace.repository.git.resolve("HEAD") if results else None
    if head is None:
        return results
    with suppress(VolonError):
        apart = joining.independent(workspace.repository, [head, *results])
        return tuple(one for one in results if one in apart and one != head)
    return results


def left_of(workspace: Workspace, run: Run) -> tuple[str, ...]:
    """The working trees that are there although their attempts are over."""
    running = {f"{ticket}.{attempt}" for ticket, attempt in run.state.running.items()}
    home = run.place / "trees"
    return tuple(run.files.shown(home / tag) for tag in trees_of(workspace, run).left() if tag not in running)


def _results(run: Run, spec: Spec) -> dict[str, str]:
    """What was made, by ticket, in the order of the file."""
    return {one: run.state.standing(one).result for one in spec.tickets if run.state.standing(one).result}


def said(error: VolonError | OSError) -> str:
    """What an error says, in one line."""
    return ": ".join((error.message, *error.causes)) if isinstance(error, VolonError) else str(error)


def unkept(error: VolonError | OSError) -> str:
    """Why an attempt is not done whose command ended well."""
    why = said(error)
    return why if why.startswith(UNKEPT) else f"{UNKEPT}: {why}"
