"""Validate: check the records in the repository by the rules their formats have; for people and CI.

Source: contract §4 (`volon validate`), §3.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from volon.errors import ExitCode, UsageError
from volon.model import checking
from volon.model.problems import RecordError
from volon.model.results import ProblemView, ValidateResult
from volon.store import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.files import Place
    from volon.model.problems import Problem
    from volon.store.store import Reader
    from volon.workspace import Workspace


def validate(workspace: Workspace, paths: tuple[str, ...] = ()) -> ValidateResult:
    """Check the named records, or all of them.

    Args:
        workspace: where.
        paths: files or directories as the user named them, absolute or relative to where volon was started.

    Raises:
        UsageError: a path lies outside the repository or holds no record.
    """
    store = workspace.store
    places = [place for path in paths for place in _named(workspace, path)] if paths else list(_all(store))
    problems: list[Problem] = []
    for place in dict.fromkeys(places):
        problems += _check(store, place)
    views = tuple(_view(problem) for problem in sorted(problems, key=lambda p: (p.path, p.line or 0, p.rule)))
    failed = any(problem.severity == "error" for problem in problems)
    return ValidateResult(
        checked=len(set(places)), problems=views, exit_code=ExitCode.FAILED if failed else ExitCode.DONE
    )


def _all(reader: Reader) -> Iterator[Place]:
    """Every record of the workspace."""
    yield from (
        place for place in (*layout.CONFIGS, layout.BOOTSTRAP, layout.STATE, layout.HANDOFF) if _there(reader, place)
    )
    for directory in (layout.TASKS, layout.CAPSULES, layout.CHECKPOINTS, layout.CONTEXT):
        yield from (directory / name for name in reader.listdir(directory) if name.endswith(".md"))


def _named(workspace: Workspace, path: str) -> list[Place]:
    inside = Path(os.path.relpath(os.path.realpath(path), workspace.repository.root.resolve())).as_posix()
    if inside == ".." or inside.startswith("../"):
        message = f"{path} lies outside this repository."
        raise UsageError(message)
    found = [place for place in _all(workspace.store) if place.path == inside or _below(place, inside)]
    if not found:
        message = f"{path} is no record of volon and holds none."
        raise UsageError(message, hints=["volon validate"])
    return found


def _below(place: Place, directory: str) -> bool:
    return directory == "." or place.path.startswith(f"{directory}/")


def _there(reader: Reader, place: Place) -> bool:
    return reader.read(place) is not None


def _check(reader: Reader, place: Place) -> tuple[Problem, ...]:
    data = reader.read(place)
    if data is None:
        return ()
    try:
        return checking.check_record(data, place.path)
    except RecordError as error:
        return error.problems


def _view(problem: Problem) -> ProblemView:
    return ProblemView(
        path=problem.path,
        rule=problem.rule,
        message=problem.message,
        line=problem.line,
        column=problem.column,
        key=problem.key,
        hint=problem.hint,
    )
