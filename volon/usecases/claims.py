"""What this clone knows of claims: how it names itself to others, and what it saw on a remote last.

Kept in one file of the common git directory, so that `status` can tell who has a task without asking anybody; what it
says is as old as the last `handoff` command.

Source: contract §7 (claim).
"""

from __future__ import annotations

from volon.model.ids import is_ulid
from volon.model.text import age, parse_time
from volon.plain import asdict, dataclass, fields
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from volon.model.handoff import Claim
    from volon.model.results.handoff import ClaimView
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace

_SCHEMA = "volon/handed@1"
_SHORT = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """The claims of one remote by the uid of their task; of one task only, or all that it has."""

    remote: str
    claims: Mapping[str, Claim]
    whole: bool = True


def seen(workspace: Workspace, remote: str, held: Mapping[str, str]) -> Seen:
    """Read the claims whose commits are here; one that cannot be read is somebody's all the same.

    Args:
        workspace: where.
        remote: its name.
        held: the commits of claims by the uid of their task.
    """
    from volon.repo.exchange import arrivals  # noqa: PLC0415  only where a remote has been looked at

    texts = arrivals.commits(workspace.repository.git, held.values())
    return Seen(remote, {uid: read(texts.get(oid), uid, oid) for uid, oid in held.items()})


def read(commit: str | None, uid: str, oid: str) -> Claim:
    """Return the claim that a commit carries; whoever wrote one that is none of ours has the task."""
    from volon.model.handoff import Claim, parse_claim  # noqa: PLC0415  only where a remote has been looked at

    known = parse_claim(commit, uid) if commit is not None else None
    return known or Claim(held=True, task_id="", task_uid=uid, who="somebody else", clone=oid.upper(), at="")


def short(claim: Claim) -> str:
    """Return what people call the clone that has a task, and what `--take-over` takes."""
    return claim.clone[-_SHORT:]


def own_clone(workspace: Workspace) -> str:
    """Return how this clone names itself to others: by the oldest of its operations, whose ULID no other clone has.

    So nothing has to be written before the first claim, and it says nothing of machine, place or person. What was said
    once is kept. In a clone that has done nothing yet it is a new ULID each time.
    """
    said = _load(workspace.store).get("clone")
    if isinstance(said, str) and is_ulid(said):
        return said
    done = workspace.store.operations()
    return done[-1].ulid if done else workspace.world.ids.ulid(workspace.now())


def remember(tx: Transaction, found: Seen, own: str | None = None) -> None:
    """Keep what was seen, and how this clone named itself; nothing is written when it is known already."""
    before = _load(tx)
    rows = _rows(before)
    kept = {uid: row for uid, row in rows.items() if not (found.whole and row["remote"] == found.remote)}
    kept |= {uid: asdict(claim) | {"remote": found.remote} for uid, claim in found.claims.items()}
    after = before | {"claims": kept} | ({"clone": own} if own else {})
    if kept != rows or after.get("clone") != before.get("clone"):
        tx.put(layout.HANDED, _dump(after))


def known(workspace: Workspace, reader: Reader) -> dict[str, ClaimView]:
    """Return who has what, by the uid of the task, as it was seen last."""
    rows = _rows(_load(reader))
    if not rows:
        return {}
    from volon.model.handoff import Claim  # noqa: PLC0415  only where a remote has been looked at

    own = own_clone(workspace)
    return {
        uid: view(workspace, Claim(**{key: row[key] for key in row if key != "remote"}), row["remote"], own)
        for uid, row in rows.items()
    }


def held(workspace: Workspace, uid: str | None) -> ClaimView | None:
    """Return who has a task, as it was seen last; None when nobody has."""
    claim = known(workspace, workspace.store).get(uid or "")
    return claim if claim is not None and claim.held else None


def warning(claim: ClaimView | None, task_id: str) -> tuple[str, ...]:
    """Say of a task that another clone has claimed that it has; it keeps nobody from anything."""
    if claim is None or claim.mine:
        return ()
    return (f"{task_id} is claimed by {claim.who}, clone {claim.clone}, {claim.age}.",)


def views(workspace: Workspace, found: Seen) -> tuple[ClaimView, ...]:
    """Return what was seen for people; what was given back is of no interest."""
    own = own_clone(workspace)
    return tuple(view(workspace, claim, found.remote, own) for claim in found.claims.values() if claim.held)


def view(workspace: Workspace, claim: Claim, remote: str, own: str) -> ClaimView:
    """Return a claim for people."""
    from volon.model.results.handoff import ClaimView  # noqa: PLC0415  only where there are claims

    at = parse_time(claim.at)
    return ClaimView(
        task_id=claim.task_id,
        held=claim.held,
        who=claim.who,
        clone=short(claim),
        at=claim.at,
        age=age(at, workspace.now()) if at else "",
        mine=claim.held and claim.clone == own,
        remote=remote,
    )


def _rows(tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rows = tree.get("claims")
    return {uid: row for uid, row in rows.items() if _is_row(row)} if isinstance(rows, dict) else {}


def _is_row(row: object) -> bool:
    from volon.model.handoff import Claim  # noqa: PLC0415  only where a remote has been looked at

    keys = {*(item.name for item in fields(Claim)), "remote"}
    if not isinstance(row, dict) or set(row) != keys:
        return False
    return isinstance(row["held"], bool) and all(isinstance(row[key], str) for key in keys - {"held"})


def _load(reader: Reader) -> dict[str, Any]:
    """Return the file; what is damaged is as good as none, for the remote has the truth."""
    data = reader.read(layout.HANDED)
    if not data:
        return {}
    import json  # noqa: PLC0415  only where a remote has been looked at

    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("schema", _SCHEMA) == _SCHEMA else {}


def _dump(tree: Mapping[str, Any]) -> bytes:
    import json  # noqa: PLC0415  only where a remote has been looked at

    return (json.dumps({"schema": _SCHEMA, **tree}, sort_keys=True, indent=1) + "\n").encode("ascii")
