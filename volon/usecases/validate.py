"""Validate: check the records by the rules their formats have, and what capsules claim; for people and CI.

Three steps, kept apart: choose the records; look at each by its bytes alone (`volon.model.checks.inspecting`, pure);
hold the claims against the other records and git (`volon.usecases.claimed`, few questions for all capsules together).

Source: contract §4 (`volon validate`), §3, §8.6.
"""

from __future__ import annotations

import os
from pathlib import Path

from volon.errors import ExitCode, UsageError, VolonError
from volon.model.checks import rules
from volon.model.checks.inspecting import Inspection, inspect
from volon.model.problems import Problem
from volon.model.records.context import check_files
from volon.model.result_checks import ProblemView, RuleResult, ValidateResult
from volon.plain import dataclass
from volon.repo.index import Index, read_index
from volon.store import layout
from volon.usecases.claimed import claimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from volon.files import Place
    from volon.model.requests import ValidateRequest
    from volon.store.store import Reader
    from volon.workspace import Workspace

_GRAVEST_FIRST = (ExitCode.HUMAN_CONFLICT, ExitCode.CORRUPT, ExitCode.FAILED)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is looked at: where records are read, which, and what was already wrong with the choosing.

    A record whose content is None could not be read with its directory; `reader.read` says why.
    """

    reader: Reader
    records: Mapping[Place, bytes | None]
    problems: tuple[Problem, ...] = ()
    index: Index | None = None


def validate(workspace: Workspace, request: ValidateRequest) -> ValidateResult:
    """Check the named records, or all of them, or those about to be committed.

    Raises:
        UsageError: a path lies outside the repository, or where volon keeps nothing.
        GitFailed: git could not answer.
    """
    chosen = _staged(workspace, request) if request.staged else _stored(workspace, request)
    looked = {place: _look(chosen, place, data) for place, data in chosen.records.items()}
    found = [*chosen.problems, *(problem for one in looked.values() for problem in one.problems)]
    if any(place.parent == layout.CONTEXT for place in looked):
        found += check_files([name for name in chosen.reader.listdir(layout.CONTEXT) if name.endswith(".md")])
    found += claimed(workspace, chosen.reader, looked, chosen.index)
    ordered = sorted(dict.fromkeys(found), key=lambda problem: (problem.path, problem.line or 0, problem.rule))
    return ValidateResult(
        checked=len(looked),
        problems=tuple(map(_view, ordered)),
        staged=request.staged,
        exit_code=_exit_code(ordered, strict=request.strict),
    )


def explain(rule: str) -> RuleResult:
    """Say what a rule wants.

    Raises:
        UsageError: there is no such rule.
    """
    found = rules.find(rule)
    return RuleResult(
        rule=found.id,
        severity=found.gravity,
        exits=found.exit_code,
        says=found.says,
        advice=found.advice,
        where=found.where,
        wrong=found.wrong,
        right=found.right,
    )


def _exit_code(problems: Iterable[Problem], *, strict: bool) -> ExitCode:
    """An unfinished merge first, because it may be the cause of the rest; then what cannot be read."""
    codes = {rules.RULES[problem.rule].exit_code for problem in problems if problem.severity == "error"}
    if strict and any(problem.severity == "warning" for problem in problems):
        codes.add(ExitCode.FAILED)
    return next((code for code in _GRAVEST_FIRST if code in codes), ExitCode.DONE)


def _stored(workspace: Workspace, request: ValidateRequest) -> _Chosen:
    """The records on disk, as of the last finished operation."""
    every, problems = _every(workspace.store)
    wanted = [_inside(workspace, path) for path in request.paths]
    for path, inside in zip(request.paths, wanted, strict=True):
        if not (os.path.lexists(path) or any(_is_wanted(place.path, [inside]) for place in every)):
            message = f"There is no {path}."
            raise UsageError(message, hints=["volon validate"])
    chosen = {place: data for place, data in every.items() if _is_wanted(place.path, wanted)}
    return _Chosen(workspace.store, chosen, tuple(one for one in problems if _is_wanted(one.path, wanted)))


def _staged(workspace: Workspace, request: ValidateRequest) -> _Chosen:
    """The records that the next commit changes, as it will have them."""
    index = read_index(workspace.repository, workspace.world.env)
    wanted = [_inside(workspace, path) for path in request.paths]
    changed = index.staged - index.unmerged
    every = {place: data for place, data in _every(index)[0].items() if place.path in changed}
    unmerged = tuple(_unmerged(path) for path in sorted(index.unmerged) if _is_wanted(path, wanted))
    chosen = {place: data for place, data in every.items() if _is_wanted(place.path, wanted)}
    return _Chosen(index, chosen, unmerged, index)


def _unmerged(path: str) -> Problem:
    message = "the merge of this file is not finished: the index holds its versions side by side"
    return Problem(path, 1, 1, None, "record.unmerged", message, f"resolve it, then: git add {path}")


def _every(reader: Reader) -> tuple[dict[Place, bytes | None], list[Problem]]:
    """Every record there is; a directory that cannot be read is a problem, and hides no other."""
    found: dict[Place, bytes | None] = {}
    problems: list[Problem] = []
    for place in (*layout.CONFIGS, layout.BOOTSTRAP, layout.STATE, layout.HANDOFF):
        try:
            data = reader.read(place)
        except VolonError:
            found[place] = None
        else:
            found |= {} if data is None else {place: data}
    for directory in (layout.TASKS, layout.CAPSULES, layout.CHECKPOINTS, layout.CONTEXT):
        try:
            below = reader.read_all(directory)
        except VolonError as error:
            problems.append(_unreadable(directory, error))
        else:
            found |= {directory / name: data for name, data in below.items() if name.endswith(".md")}
    return found, problems


def _inside(workspace: Workspace, path: str) -> str:
    """A path as records name it: relative to the repository root."""
    inside = Path(os.path.relpath(_without_last_link(path), workspace.repository.root.resolve())).as_posix()
    if inside == ".." or inside.startswith("../"):
        message = f"{path} lies outside this repository."
        raise UsageError(message)
    tops = (*layout.STATE_DIRECTORIES, *(place.path for place in layout.CONFIGS))
    if inside != "." and not any(inside == top or inside.startswith(f"{top}/") for top in tops):
        message = f"{path} is no record of volon and holds none."
        raise UsageError(message, hints=["volon validate"])
    return inside


def _without_last_link(path: str) -> str:
    """Follow links on the way, not the record itself: a link in its place is what has to be reported."""
    head, tail = os.path.split(os.path.abspath(path))  # noqa: PTH100  no link may be followed yet
    return str(Path(os.path.realpath(head)) / tail)


def _is_wanted(path: str, wanted: list[str]) -> bool:
    return not wanted or any(one in (".", path) or path.startswith(f"{one}/") for one in wanted)


def _look(chosen: _Chosen, place: Place, data: bytes | None) -> Inspection:
    try:
        data = chosen.reader.read(place) if data is None else data
    except VolonError as error:
        return Inspection((_unreadable(place, error),))
    if data is not None:
        return inspect(data, place.path)
    if chosen.index is not None and place.path in chosen.index.paths:
        message = f"{place.path} is staged as a link or a submodule"
        return Inspection((_unreadable(place, UsageError(message)),))
    return Inspection(())


def _unreadable(place: Place, error: VolonError) -> Problem:
    message = "; ".join((error.message.rstrip("."), *error.causes))
    return Problem(place.path, 1, 1, None, "record.unreadable", message, "volon follows no links in its directories")


def _view(problem: Problem) -> ProblemView:
    return ProblemView(
        path=problem.path,
        rule=problem.rule,
        message=problem.message,
        severity=problem.severity,
        line=problem.line,
        column=problem.column or (1 if problem.line else None),
        key=problem.key,
        hint=problem.hint,
    )
