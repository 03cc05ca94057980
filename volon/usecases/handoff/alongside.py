"""Plans that go to another machine beside a pause: in the commits it stands on, where their records are committed.

The records of a plan are files, and travel as files do. A pause takes the commit it stands on along, so a plan whose
records that commit has comes along as well, over a remote or in a file; of any other one both sides are told what there
is to do.

Source: contract §4 (`handoff`), §6 (sessions).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.ids import ulid_of
from volon.model.results.handoff import PlanAlongView
from volon.model.syntax.gitpath import shell_word
from volon.model.text import digest
from volon.repo import questions
from volon.repo.blobs import blob_id, decode, format_of
from volon.repo.phases import holds
from volon.store import layout
from volon.usecases.planheads import is_plan, plan_ids, read_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.records.events import PauseEvent
    from volon.repo.repository import Repository
    from volon.store.store import Reader
    from volon.workspace import Workspace

_KEPT = ("results", "discoveries", "rolled-back", "checks")
"""What a plan goes on from; briefs are written anew."""
_SHORT = 12


def is_committed(repository: Repository, plan_id: str) -> bool:
    """Whether HEAD has the record of a plan, so that other clones may have it."""
    place = (layout.PLANS / plan_id / "plan.md").path
    return repository.git.ask("cat-file", "-e", f"HEAD:{place}", ok=(0, 1, 128))[0] == 0


def left_behind(workspace: Workspace, commit: str | None) -> PlanAlongView | None:
    """Return the plan that is under way here, and how many of its records a commit has not; None where there is none.

    Raises:
        Corrupt, HumanConflict: a record of it cannot be read.
    """
    store = workspace.store
    ids = plan_ids(store)
    if not ids or commit is None or store.read(layout.PLANS / ids[-1] / "complete.md") is not None:
        return None
    there = _listed(workspace, commit)
    form = format_of(commit)
    heads = ((one, read_head(store, one)) for one in ids[:-1])
    parts = [one for one, head in heads if head is not None and head["parent"] == ids[-1]]
    missing = sum(
        there.get(path) != blob_id(data or b"", form)
        for one in (*parts, ids[-1])
        for path, data in _records(store, one).items()
    )
    return PlanAlongView(plan_id=ids[-1], commit=commit, missing=missing)


def claimed_as(store: Reader, plan_id: str) -> tuple[str, str, str]:
    """Return what a claim of a plan is about: the whole that it is a part of, by its id, its uid and its title.

    The uid follows from what never changes in its record, so that all clones have the same, and no other plan has it
    that was made on another machine under the same id.

    Raises:
        UsageError: there is no such plan here.
        Corrupt, HumanConflict: its record cannot be read.
    """
    head = read_head(store, plan_id)
    whole = read_head(store, head["parent"]) if head is not None and head["parent"] else head
    if whole is None:
        hints = ["volon conduct sessions", "git pull, or volon handoff pull"]
        raise UsageError(f"There is no plan {plan_id} here.", hints=hints)
    named = " ".join(str(whole[name]) for name in ("plan_id", "created_at", "ready_sha256"))
    return whole["plan_id"], ulid_of(digest(named.encode())), whole["title"]


def _records(store: Reader, plan_id: str) -> dict[str, bytes | None]:
    home = layout.PLANS / plan_id
    found = {(home / name).path: store.read(home / name) for name in ("plan.md", "READY.md", "pipeline.yaml")}
    for place in (home / name for name in _KEPT):
        found |= {(place / name).path: data for name, data in store.read_all(place).items() if data is not None}
    return found


def came_along(workspace: Workspace, event: PauseEvent) -> PlanAlongView | None:
    """Return the newest plan in the commit that a pause stands on, with what brings it here; None where HEAD has it."""
    if event.commit is None or holds(workspace.repository, event.commit):
        return None
    top = f"{layout.PLANS.path}/"
    listed = _listed(workspace, event.commit)
    ids = {path.removeprefix(top).partition("/")[0] for path in listed}
    plan_id = max((one for one in ids if is_plan(one)), default=None)
    if plan_id is None or f"{top}{plan_id}/complete.md" in listed:
        return None
    bring = f"git merge --ff-only {event.commit[:_SHORT]}"
    if event.branch is not None and questions.current_branch(workspace.repository) != event.branch:
        branch = shell_word(event.branch)
        known = questions.has_branch(workspace.repository, event.branch)
        bring = f"git switch {branch} && {bring}" if known else f"git switch -c {branch} {event.commit[:_SHORT]}"
    return PlanAlongView(plan_id=plan_id, commit=event.commit, command=f"{bring} && volon conduct resume {plan_id}")


def _listed(workspace: Workspace, commit: str) -> dict[str, str]:
    """The files of plans in a commit, and their blobs; none where it is not here."""
    words = ("ls-tree", "-r", "-z", "--full-tree", "--format=%(objectname) %(path)", commit, "--")
    status, out = workspace.repository.git.ask(*words, f"{layout.PLANS.path}/", ok=(0, 128))
    rows = (row.partition(" ") for row in decode(out).split("\0") if row and not status)
    return {path: oid for oid, _, path in rows}
