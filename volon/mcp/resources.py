"""The records that clients may read as resources: bootstrap, capsules, checkpoints; by allow-listed names alone.

Source: agents.md §2; reliability S1 (ids are looked at before any path is made of them).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.ids import is_task_id, task_id
from volon.plain import NamedTuple
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.workspace import Workspace

BOOTSTRAP = "volon://bootstrap"
CAPSULE = "volon://capsule/{task_id}"
CHECKPOINT = "volon://checkpoint/{task_id}/{n}"
TEMPLATES = {
    CAPSULE: ("capsule", "What a task's last pause says"),
    CHECKPOINT: ("checkpoint", "A checkpoint of a task, by its number"),
}
"""The kinds there are, with their name and what they are."""


class Listed(NamedTuple):
    """A resource in a list."""

    uri: str
    name: str


def listed(workspace: Workspace) -> list[Listed]:
    """Return the resources there are: the bootstrap, then capsules, then checkpoints, the newest first."""
    return [*_bootstrap(workspace), *_capsules(workspace), *_checkpoints(workspace)]


def _bootstrap(workspace: Workspace) -> Iterator[Listed]:
    if workspace.store.read(layout.BOOTSTRAP) is not None:
        yield Listed(BOOTSTRAP, "bootstrap")


def _capsules(workspace: Workspace) -> Iterator[Listed]:
    for name in reversed(workspace.store.listdir(layout.CAPSULES)):
        about = name.removesuffix(".md")
        if name.endswith(".md") and is_task_id(about):
            yield Listed(CAPSULE.format(task_id=about), f"capsule of {about}")


def _checkpoints(workspace: Workspace) -> Iterator[Listed]:
    from volon.usecases.records import read_checkpoint_rows

    for _, row in reversed(read_checkpoint_rows(workspace.store)[0]):
        if row.task_id is not None:
            uri = CHECKPOINT.format(task_id=row.task_id, n=row.number)
            yield Listed(uri, f"checkpoint {row.number:02d} of {row.task_id}")


def read(workspace: Workspace, uri: str) -> str:
    """Return the text of a resource.

    Raises:
        UsageError: it is none of ours, or there is none of that name.
        Corrupt, NotCommitted: it cannot be read, or a symbolic link stands in the way.
    """
    kind, _, rest = uri.removeprefix("volon://").partition("/")
    if uri == BOOTSTRAP:
        return _text(workspace.store.read(layout.BOOTSTRAP), uri)
    if kind == "capsule" and uri.startswith("volon://"):
        return _text(workspace.store.read(layout.capsule_place(task_id(rest))), uri)
    if kind == "checkpoint" and uri.startswith("volon://"):
        about, _, number = rest.partition("/")
        return _checkpoint(workspace, task_id(about), number, uri)
    message = f"There is no resource {uri[:80]!r}."
    raise UsageError(message, hints=[f"One of {', '.join((BOOTSTRAP, *TEMPLATES))}"])


def _checkpoint(workspace: Workspace, about: str, number: str, uri: str) -> str:
    from volon.usecases.records import find_checkpoint

    found = find_checkpoint(workspace.store, number)
    return _text(found.document.data if found.checkpoint.task_id == about else None, uri)


def _text(data: bytes | None, uri: str) -> str:
    if data is None:
        raise UsageError(f"There is no {uri} here.")
    return data.decode("utf-8", "replace")
