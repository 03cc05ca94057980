"""Results that could not be kept when they were made, and can be now: the disk was full or failed, git or a remote did.

And results that came after a worker was given up for lost, which only was not reached for a while.

Source: issue 5 (durable); contract §6 (pipeline).
"""

from __future__ import annotations

from volon.engine.attempts import Over
from volon.engine.runner import Asked
from volon.model.pipeline.records import Kept
from volon.model.pipeline.state import Outcome
from volon.usecases.pipeline.afar import Post
from volon.usecases.pipeline.trees import TicketTrees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from volon.repo.exchange.remotes import Remote
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace


def keep_again(workspace: Workspace, run: Run, named: Collection[str], remote: Remote | None) -> None:
    """Keep what can be kept by now, and write down that its tickets are done.

    Args:
        workspace: where.
        run: which.
        named: tickets of which the user says what is to be done.
        remote: by which results come from other machines.
    """
    spec = run.spec()
    trees, found = TicketTrees(workspace, run, spec, Asked()), dict[str, str]()
    late = run.state.lost if remote is not None else {}
    for ticket, tag in (run.state.passing | late).items():
        if ticket in named or ticket not in spec.tickets:
            continue
        found[ticket] = "" if ticket in late else trees.keep_again(tag, spec.tickets[ticket].outputs)
        if not found[ticket] and remote is not None:
            over = Post(workspace, run, trees, remote).bring(Over(ticket, Outcome.LOST), tag)
            found[ticket] = over.commit if over.how is Outcome.DONE else ""
    with run.journal.turn():
        for ticket, commit in found.items():
            if commit and (ticket in run.state.unkept or ticket in run.state.lost):
                run.journal.write(Kept(ticket, run.state.standing(ticket).attempt, commit, result=True))
