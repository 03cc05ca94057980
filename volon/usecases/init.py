"""Init: make `.volon/` a shared part of the repository.

Nothing needs it: pausing works without. It writes what explains the directory to whoever finds it, and takes back
the exclude lines that kept volon's files out of the user's diffs. It never edits `.gitignore` and never commits.

Source: contract §3, §4 (*zero ceremony*).
"""

from __future__ import annotations

from volon.model.records import bootstrap as bootstrap_model
from volon.model.results.protocol import InitResult
from volon.repo import questions
from volon.store import layout
from volon.usecases.statefiles import keep_logs_here, share_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.workspace import Workspace


def init(workspace: Workspace, *, dry_run: bool = False) -> InitResult:
    """Share the state files; doing it twice changes nothing.

    Raises:
        Busy, NotCommitted, HumanConflict, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    with workspace.store.begin("init", dry_run=dry_run, on_wait=workspace.on_wait) as tx:
        files = (
            (layout.GITIGNORE, workspace.template("volon-gitignore", tx).encode()),
            (layout.README, workspace.template("volon-readme.md", tx).encode()),
            (layout.BOOTSTRAP, bootstrap_model.new_bootstrap(workspace.template("bootstrap.md", tx))),
        )
        created = tuple(place for place, data in files if tx.read(place) is None)
        for place, data in files:
            if place in created:
                tx.put(place, data)
        shared = share_state(tx)
        keep_logs_here(tx)
        tx.commit("share .volon/")
    waiting = questions.untracked_state(workspace.repository) if not dry_run else ()
    return InitResult(
        created=tuple(place.path for place in created), shared=shared, state_files=waiting, dry_run=dry_run
    )
