"""Tickets on workers of other machines: the way of commits there and back.

Every ticket runs there as with `isolation: worktree`. The commit it begins from is made here, as for any, and lies on
the remote at `refs/volon/run/<run>/_from/<commit>`; what a worker keeps of an attempt comes back under the same names
that it has here (`volon.repo.runtrees`), and is taken in as if it had been made here.

Source: issue "the pipeline" (beyond one machine).
"""

from __future__ import annotations

from volon import __version__
from volon.engine.attempts import NoTree
from volon.errors import NotCommitted, VolonError
from volon.model.pipeline.state import Outcome
from volon.repo.exchange import relay
from volon.repo.runtrees import HOME
from volon.repo.statecommit import identity
from volon.usecases.pipeline.trees import said, trees_of, unkept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.engine.attempts import Over
    from volon.model.pipeline.spec import Ticket
    from volon.repo.exchange.remotes import Remote
    from volon.usecases.pipeline.runs import Run
    from volon.usecases.pipeline.trees import TicketTrees
    from volon.workspace import Workspace


class Post:
    """See `volon.engine.far.Courier`.

    Args:
        workspace: where.
        run: which.
        trees: merge what a ticket begins from.
        remote: by which commits go.
    """

    def __init__(self, workspace: Workspace, run: Run, trees: TicketTrees, remote: Remote) -> None:
        self._repository, self._run, self._trees, self._remote = workspace.repository, run.id, trees, remote
        self._kept = trees_of(workspace, run)
        self._there: set[str] = set()

    def job(self, ticket: Ticket, attempt: int, env: Mapping[str, str]) -> dict[str, object]:
        """See `Courier`."""
        base = self._trees.base(ticket)
        ref = f"{HOME}{self._run}/_from/{base}"
        if base not in self._there:
            try:
                self._trees.undisturbed(lambda: relay.put(self._repository, self._remote, ref, base))
            except (VolonError, OSError) as error:
                why = f"what it begins from could not be sent: {said(error)}"
                raise NoTree(Outcome.FAILED, why, error) from error
            self._there.add(base)
        return {
            "version": __version__,
            "run": self._run,
            "attempt": attempt,
            "env": dict(env),
            "id": ticket.id,
            "argv": ticket.argv,
            "text": ticket.text,
            "timeout": ticket.timeout,
            "outputs": ticket.outputs,
            "commit": base,
            "ref": ref,
            "url": self._url(),
            "format": self._repository.object_format,
            "identity": identity(self._repository),
        }

    def bring(self, over: Over, tag: str) -> Over:
        """See `Courier`; of what nobody saw the end of, a result that was sent says that it was done."""
        try:
            if over.how is Outcome.LOST and not over.commit:
                ref = self._kept.ref(tag, result=True)
                found = self._trees.undisturbed(lambda: self._remote.refs(ref, pushing=True)).get(ref, "")
                over = over._replace(how=Outcome.DONE, exit_status=0, why="", commit=found) if found else over
            if over.commit:
                self._trees.undisturbed(lambda: self._take_in(over, tag))
            elif over.how is Outcome.DONE:
                raise NotCommitted("none came back")
        except (VolonError, OSError) as error:
            if over.how is Outcome.DONE:
                return over._replace(how=Outcome.FAILED, why=unkept(error), commit="")
            return over._replace(
                why=f"{over.why or 'failed'}; what it left could not be fetched: {said(error)}", commit=""
            )
        return over

    def _take_in(self, over: Over, tag: str) -> None:
        result = over.how is Outcome.DONE
        ref = self._kept.ref(tag, result=result)
        # A commit of which the worker only says so may be any that is here.
        if self._repository.git.resolve(over.commit) and self._remote.refs(ref, pushing=True).get(ref) != over.commit:
            raise NotCommitted(f"{ref} of the remote {self._remote.shown} is not {over.commit}")
        # What a worker made is merged here; whatever came before it is here already, and not looked at.
        relay.get(self._repository, self._remote, ref, over.commit, checked=True)
        self._kept.take_in(tag, over.commit, result=result)

    def _url(self) -> str:
        """The remote's address; a directory of this machine by its whole path."""
        here = self._repository.root / self._remote.push_url
        return str(here.resolve()) if here.is_dir() else self._remote.push_url
