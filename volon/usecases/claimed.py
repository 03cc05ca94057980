"""Hold what capsules claim against the other records and against git: few questions for all of them together.

Source: contract §8.6 (claims check); `volon.model.checks.judging` has the judgement.
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.checks.inspecting import inspect, vouching
from volon.model.checks.judging import Known, judge, questions, recorded_paths
from volon.model.problems import Problem
from volon.model.records.checkpoint import parse_filename
from volon.model.syntax.frontmatter import Document
from volon.repo.evidence import GitEvidence
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from volon.files import Place
    from volon.model.checks.claims import Said
    from volon.model.checks.inspecting import Inspection
    from volon.model.records.checkpoint import Checkpoint
    from volon.repo.index import Index
    from volon.store.store import Reader
    from volon.workspace import Workspace

_BY_DELETION = frozenset({"claim.task-missing", "claim.checkpoint-missing", "claim.differs"})
"""What a capsule that is not staged itself may come to break by what is staged beside it."""


def claimed(
    workspace: Workspace, reader: Reader, looked: Mapping[Place, Inspection], index: Index | None
) -> list[Problem]:
    """Every claim that is not so, or cannot be verified.

    Args:
        workspace: where.
        reader: where records are read: the store, or the index.
        looked: what was found in the records that were looked at.
        index: the index, when it counts instead of the working tree.

    Raises:
        GitFailed: git could not answer.
    """
    said = {place: one.said for place, one in looked.items() if one.said is not None}
    beside = dict(_beside(reader, index)) if index is not None else {}
    records = _Records(reader, looked)
    cases = [(one, records.known(one)) for one in {**beside, **said}.values()]
    objects, pairs, paths = questions(cases)
    evidence = GitEvidence(workspace.repository, objects, pairs, paths, index=None if index is None else index.paths)
    own = {one.path for one in said.values()}
    judged = (problem for one, known in cases for problem in judge(one, known, evidence))
    found = [problem for problem in judged if problem.path in own or problem.rule in _BY_DELETION]
    if layout.BOOTSTRAP in looked or (
        index is not None and any(path.startswith(layout.TASKS.path) for path in index.staged)
    ):
        found += _pointer(reader, records)
    return found


def _beside(reader: Reader, index: Index | None) -> Iterator[tuple[Place, Said]]:
    """The capsules whose task or checkpoint is staged: what they say may have become wrong by that."""
    staged = index.staged if index is not None else frozenset()
    if not any(path.startswith((f"{layout.TASKS.path}/", f"{layout.CHECKPOINTS.path}/")) for path in staged):
        return
    for name in reader.listdir(layout.CAPSULES):
        place = layout.CAPSULES / name
        said = inspect(data, place.path).said if (data := reader.read(place)) is not None else None
        if said is not None and staged & {f"{layout.TASKS.path}/{said.task_id}.md", _checkpoint_path(said)}:
            yield place, said


def _checkpoint_path(said: Said) -> str | None:
    return next((one.value for one in said.claims if one.key == "checkpoint"), None)


def _pointer(reader: Reader, records: _Records) -> Iterator[Problem]:
    """The bootstrap's pointer; whether the bootstrap can be read at all is another rule's business."""
    try:
        data = reader.read(layout.BOOTSTRAP)
        document = Document.parse(data, layout.BOOTSTRAP.path) if data is not None else None
    except VolonError:
        return
    task_id = document.get("paused_task_id") if document is not None else None
    if document is not None and task_id and task_id not in records.tasks:
        line, column = document.line_of("paused_task_id"), document.column_of("paused_task_id")
        message, hint = f"there is no task `{task_id}`; the pointer is not followed", "volon status"
        yield Problem(document.path, line, column, "paused_task_id", "bootstrap.task-missing", message, hint, "warning")


class _Records:
    """The tasks and checkpoints that capsules speak of; each is read at most once more."""

    def __init__(self, reader: Reader, looked: Mapping[Place, Inspection]) -> None:
        self._reader = reader
        self._looked = looked
        self._vouching: dict[str, Checkpoint | None] = {}
        self.tasks = frozenset(name.removesuffix(".md") for name in self._names(layout.TASKS))
        self._checkpoints = frozenset(self._names(layout.CHECKPOINTS))
        self._numbers = frozenset(found[0] for name in self._checkpoints if (found := parse_filename(name)))

    def known(self, said: Said) -> Known:
        """What the other records say about a capsule."""
        path = _checkpoint_path(said) or ""
        directory, _, name = path.rpartition("/")
        there = directory == layout.CHECKPOINTS.path and name in self._checkpoints
        checkpoint = self._checkpoint(layout.CHECKPOINTS / name) if there else None
        if checkpoint is not None and checkpoint.uid != said.uid:
            checkpoint, there = None, False
        return Known(
            checkpoint=checkpoint,
            recorded=recorded_paths(checkpoint) if checkpoint is not None else frozenset(),
            checkpoint_there=there,
            numbers=self._numbers,
            task_there=said.task_id in self.tasks,
            task_live=self._is_live(said.task_id),
        )

    def _checkpoint(self, place: Place) -> Checkpoint | None:
        if place.path not in self._vouching:
            data = self._read(place)
            self._vouching[place.path] = vouching(data, place.path) if data is not None else None
        return self._vouching[place.path]

    def _is_live(self, task_id: str | None) -> bool:
        """Whether a task is there and not done; one that cannot be read may be anything."""
        if task_id not in self.tasks:
            return False
        place = layout.TASKS / f"{task_id}.md"
        found = self._looked.get(place)
        if found is None:
            data = self._read(place)
            found = inspect(data, place.path) if data is not None else None
        return found is None or found.status != "done"

    def _names(self, directory: Place) -> list[str]:
        try:
            return self._reader.listdir(directory)
        except VolonError:
            return []

    def _read(self, place: Place) -> bytes | None:
        try:
            return self._reader.read(place)
        except VolonError:
            return None
