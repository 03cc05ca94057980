"""Judge what capsules claim against the other records and against git: few questions for all of them together.

`volon.usecases.validating.certain` says of which capsules that is not needed.

Source: contract §8.6 (claims check); `volon.model.checks.judging` has the judgement.
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.checks.inspecting import inspect, vouching
from volon.model.checks.judging import Known, judge, questions, recorded_paths
from volon.model.problems import Problem
from volon.model.quick import front
from volon.model.syntax.frontmatter import Document
from volon.store import layout
from volon.usecases.validating.certain import Listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from volon.files import Place
    from volon.model.checks.claims import Said
    from volon.model.records.checkpoint import Checkpoint
    from volon.repo.index import Index
    from volon.repo.vouching import GitEvidence
    from volon.store.store import Reader

_BY_DELETION = frozenset({"claim.task-missing", "claim.checkpoint-missing", "claim.differs"})
"""What a capsule that is not staged itself may come to break by what is staged beside it."""


def claimed(
    reader: Reader, said: Mapping[Place, Said], doubtful: Iterable[str], evidence: GitEvidence, index: Index | None
) -> list[Problem]:
    """Every claim that is not so, or cannot be verified.

    Args:
        reader: where records are read: the store, or the index.
        said: what capsules say.
        doubtful: the names of other capsules, which are to be read for that.
        evidence: what git says.
        index: the index, when it counts instead of the working tree.

    Raises:
        GitFailed: git could not answer.
    """
    records = _Records(reader)
    read = ((place, _said(reader, place)) for place in map(layout.CAPSULES.__truediv__, doubtful))
    own = {**said, **{place: found for place, found in read if found is not None}}
    beside = dict(_beside(reader, index)) if index is not None else {}
    cases = [(one, records.known(one)) for one in {**beside, **own}.values()]
    evidence.announce(*questions(cases))
    paths = {one.path for one in own.values()}
    judged = (problem for one, known in cases for problem in judge(one, known, evidence))
    return [problem for problem in judged if problem.path in paths or problem.rule in _BY_DELETION]


def _said(reader: Reader, place: Place) -> Said | None:
    """What a capsule says; None when it cannot be read (any more)."""
    try:
        data = reader.read(place)
    except VolonError:
        return None
    return None if data is None else inspect(data, place.path).said


def _beside(reader: Reader, index: Index | None) -> Iterator[tuple[Place, Said]]:
    """The capsules whose task or checkpoint is staged: what they say may have become wrong by that."""
    staged = index.staged if index is not None else frozenset()
    if not any(path.startswith((f"{layout.TASKS.path}/", f"{layout.CHECKPOINTS.path}/")) for path in staged):
        return
    for name in reader.listdir(layout.CAPSULES):
        place = layout.CAPSULES / name
        said = _said(reader, place)
        if said is not None and staged & {f"{layout.TASKS.path}/{said.task_id}.md", _checkpoint_path(said)}:
            yield place, said


def _checkpoint_path(said: Said) -> str | None:
    return next((one.value for one in said.claims if one.key == "checkpoint"), None)


def pointer(reader: Reader) -> Iterator[Problem]:
    """What is wrong with the bootstrap's pointer; whether it can be read at all is another rule's business."""
    try:
        data = reader.read(layout.BOOTSTRAP)
        document = Document.parse(data, layout.BOOTSTRAP.path) if data is not None else None
    except VolonError:
        return
    task_id = document.get("paused_task_id") if document is not None else None
    if document is not None and task_id and task_id not in Listed(reader).tasks:
        line, column = document.line_of("paused_task_id"), document.column_of("paused_task_id")
        message, hint = f"there is no task `{task_id}`; the pointer is not followed", "volon status"
        yield Problem(document.path, line, column, "paused_task_id", "bootstrap.task-missing", message, hint, "warning")


class _Records(Listed):
    """The tasks and checkpoints that capsules speak of; each is read at most once more."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._vouching: dict[str, Checkpoint | None] = {}
        self._live: dict[str, bool] = {}

    def known(self, said: Said) -> Known:
        """What the other records say about a capsule."""
        path = _checkpoint_path(said) or ""
        directory, _, name = path.rpartition("/")
        there = directory == layout.CHECKPOINTS.path and name in self.checkpoints
        checkpoint = self._checkpoint(layout.CHECKPOINTS / name) if there else None
        if checkpoint is not None and checkpoint.uid != said.uid:
            checkpoint, there = None, False
        return Known(
            checkpoint=checkpoint,
            recorded=recorded_paths(checkpoint) if checkpoint is not None else frozenset(),
            checkpoint_there=there,
            numbers=self.numbers,
            task_there=said.task_id in self.tasks,
            task_live=self._is_live(said.task_id),
        )

    def _checkpoint(self, place: Place) -> Checkpoint | None:
        if place.path not in self._vouching:
            data = self.read(place)
            self._vouching[place.path] = vouching(data, place.path) if data is not None else None
        return self._vouching[place.path]

    def _is_live(self, task_id: str | None) -> bool:
        """Whether a task is there and not done; one that cannot be read may be anything."""
        if task_id is None or task_id not in self.tasks:
            return False
        if task_id not in self._live:
            data = self.read(layout.task_place(task_id))
            self._live[task_id] = data is None or _status(data, task_id) != "done"
        return self._live[task_id]


def _status(data: bytes, task_id: str) -> object:
    meta = front(data)
    return inspect(data, layout.task_place(task_id).path).status if meta is None else meta.get("status")
