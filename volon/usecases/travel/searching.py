"""`volon checkpoint grep`: a text in the files of all checkpoints, uncommitted work included, or in their records.

Source: issue "Every byte back" (time travel).
"""

from __future__ import annotations

from collections import defaultdict

from volon.errors import ExitCode, NothingToDo, UsageError
from volon.model.results.checkpoints import CheckpointGrepResult, GrepHitView
from volon.repo.trials.grepping import Versions, search
from volon.usecases import records
from volon.usecases.travel.states import Trees, inside, remarks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.repo.trials.grepping import Line, Pattern
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_MOST = 10_000


def grep_checkpoints(
    workspace: Workspace, pattern: Pattern, numbers: Sequence[str] = (), paths: Sequence[str] = ()
) -> CheckpointGrepResult:
    """Search checkpoints; a line that stands in many of them is told once.

    Args:
        workspace: where.
        pattern: what for.
        numbers: the checkpoints to search; all without.
        paths: absolute; only these files are searched, and those records.

    Raises:
        UsageError: there is no such checkpoint, a path lies outside, or the pattern makes no sense.
        NothingToDo: there are no checkpoints.
        CheckFailed: it took too long.
    """
    if not pattern.text:
        raise UsageError("An empty pattern is on every line.")
    wanted = [inside(workspace, path) for path in paths]
    chosen, warnings = _chosen(workspace, numbers)
    if not chosen:
        raise NothingToDo("There are no checkpoints to search.", hints=["volon pause-task"])
    known = Trees(workspace)
    trees = [(file, known.of(file.checkpoint)) for file in chosen]
    warnings += remarks((f"checkpoint {file.checkpoint.number:02d}", tree) for file, tree in trees)
    there = [(file.checkpoint.number, tree.commit) for file, tree in trees if tree.commit is not None]
    versions = Versions()
    for (_, commit), before in zip(there, (None, *(commit for _, commit in there)), strict=False):
        versions.add(workspace.repository.git, before, commit, wanted)
    places = versions.blobs()
    asked = [file for file in chosen if any(_is_in(file.place.path, path) for path in wanted)]
    texts = [file.document.data for file in asked]
    lines, gone = search(workspace.repository, pattern, list(places), _named(texts))
    if gone:
        warnings += (f"Not searched, because git does not have them here: {gone} versions of files.",)
    found = [*_files(lines, places, [number for number, _ in there]), *_records(lines, asked)]
    return CheckpointGrepResult(
        pattern=pattern.text,
        searched=tuple(file.checkpoint.number for file in chosen),
        hits=tuple(found[:_MOST]),
        more=max(len(found) - _MOST, 0),
        warnings=warnings,
        exit_code=ExitCode.DONE if found else ExitCode.FAILED,
    )


def _chosen(workspace: Workspace, numbers: Sequence[str]) -> tuple[list[CheckpointFile], tuple[str, ...]]:
    """The checkpoints to search, oldest first."""
    if not numbers:
        files, broken = records.read_checkpoints(workspace.store)
        return files, records.broken_warnings(broken)
    named = {file.place: file for file in (records.find_checkpoint(workspace.store, number) for number in numbers)}
    return sorted(named.values(), key=lambda file: file.checkpoint.number), ()


def _is_in(path: str, named: str) -> bool:
    """Whether a record was asked for; whoever names the whole tree means what is theirs."""
    return bool(named) and (path == named or path.startswith(f"{named}/"))


def _named(texts: Sequence[bytes]) -> dict[str, bytes]:
    """Names that no version of a file has."""
    return {f"record-{number}": data for number, data in enumerate(texts)}


def _records(lines: Sequence[Line], chosen: Sequence[CheckpointFile]) -> list[GrepHitView]:
    named = {f"record-{number}": file for number, file in enumerate(chosen)}
    return [
        GrepHitView(
            path=file.place.path,
            line=line.number,
            text=line.text,
            checkpoints=(file.checkpoint.number,),
            record=True,
        )
        for line in lines
        if (file := named.get(line.blob)) is not None
    ]


def _files(
    lines: Sequence[Line], places: dict[str, list[tuple[str, tuple[int, ...]]]], numbers: Sequence[int]
) -> list[GrepHitView]:
    """One hit for each line of a path, with all checkpoints that have the line there."""
    found: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    for line in lines:
        for path, positions in places.get(line.blob, ()):
            found[path, line.number, line.text].update(numbers[position] for position in positions)
    return [
        GrepHitView(path=path, line=number, text=text, checkpoints=tuple(sorted(there)))
        for (path, number, text), there in sorted(found.items())
    ]
