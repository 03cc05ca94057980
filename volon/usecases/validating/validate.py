"""Validate: check the records by the rules their formats have, and what capsules claim; for people and CI.

Three steps, kept apart: choose the records; look at each by its bytes alone (`volon.model.checks.inspecting`, pure);
hold the claims against the other records and git (`validating.claimed`, few questions for all of them).

Source: contract §4 (`volon validate`), §3, §8.6.
"""

from __future__ import annotations

import os

from volon.errors import ExitCode, UsageError, VolonError
from volon.model.problems import Problem
from volon.model.results.checks import ProblemView, RuleResult, ValidateResult
from volon.paths import Path
from volon.plain import dataclass, field
from volon.repo.vouching import GitEvidence
from volon.store import layout
from volon.usecases.validating.certain import Ground, Listed, checkpoints_at_rest, doubtful, remember, words_of
from volon.usecases.validating.survey import GistRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.files import Place
    from volon.model.checks.claims import Said
    from volon.model.requests import ValidateRequest
    from volon.repo.index import Index
    from volon.store.store import Reader, Store
    from volon.workspace import Workspace

_SINGLE = (*layout.CONFIGS, layout.BOOTSTRAP, layout.STATE, layout.HANDOFF)
_DIRECTORIES = (layout.TASKS, layout.CAPSULES, layout.CHECKPOINTS, layout.CONTEXT)
_GRAVEST_FIRST = (ExitCode.HUMAN_CONFLICT, ExitCode.CORRUPT, ExitCode.FAILED)


@dataclass(slots=True)
class _Seen:
    """What was looked at, and what was found by that alone.

    Attributes:
        reader: where records are read: the store, or the index.
        index: the index, when it counts instead of the working tree.
        paths: of the records that were looked at in full.
        problems: with the choosing, and with the formats.
        said: what the capsules claim that were looked at in full.
        gists: what the others claim, by the names of their files.
    """

    reader: Reader
    index: Index | None = None
    paths: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    said: dict[Place, Said] = field(default_factory=dict)
    gists: dict[str, GistRow] = field(default_factory=dict)

    def look(self, place: Place) -> None:
        """Look at one record, when it is there."""
        try:
            data = self.reader.read(place)
            if data is None and self.index is not None and place.path in self.index.paths:
                raise UsageError(f"{place.path} is staged as a link or a submodule")
        except VolonError as error:
            self.problems.append(_unreadable(place, error))
        else:
            if data is None:
                return
            from volon.model.checks.inspecting import inspect  # noqa: PLC0415  of many, mostly none is looked at

            found = inspect(data, place.path)
            self.problems += found.problems
            self.said |= {place: found.said} if found.said is not None else {}
        self.paths.add(place.path)


def validate(workspace: Workspace, request: ValidateRequest) -> ValidateResult:
    """Check the named records, or all of them, or those about to be committed.

    Raises:
        UsageError: a path lies outside the repository, or where volon keeps nothing.
        GitFailed: git could not answer.
    """
    seen = _staged(workspace, request) if request.staged else _stored(workspace, request)
    found = [*seen.problems, *_together(workspace, seen)]
    ordered = sorted(dict.fromkeys(found), key=lambda problem: (problem.path, problem.line or 0, problem.rule))
    return ValidateResult(
        checked=len(seen.paths) + len(seen.gists),
        problems=tuple(map(_view, ordered)),
        staged=request.staged,
        exit_code=_exit_code(ordered, strict=request.strict),
    )


def _together(workspace: Workspace, seen: _Seen) -> Iterator[Problem]:
    """What is wrong with records beside each other; what is needed for that is loaded when there are any."""
    if any(path.startswith(f"{layout.CONTEXT.path}/") for path in seen.paths):
        from volon.model.records.context import check_files  # noqa: PLC0415

        yield from check_files([name for name in seen.reader.listdir(layout.CONTEXT) if name.endswith(".md")])
    evidence = GitEvidence(workspace.repository, index=None if seen.index is None else seen.index.paths)
    unsure = _unsure(workspace, seen, evidence) if seen.gists else []
    if seen.said or unsure or seen.index is not None:
        from volon.usecases.validating.claimed import claimed  # noqa: PLC0415

        yield from claimed(seen.reader, seen.said, unsure, evidence, seen.index)
    staged = frozenset[str]() if seen.index is None else seen.index.staged
    if any(path.startswith(f"{layout.PLANS.path}/") for path in (*seen.paths, *staged)):
        from volon.usecases.validating.planned import planned  # noqa: PLC0415  few repositories have plans

        yield from planned(seen.reader, {*seen.paths, *staged}, evidence)
    if layout.BOOTSTRAP.path in seen.paths or any(path.startswith(layout.TASKS.path) for path in staged):
        from volon.usecases.validating.claimed import pointer  # noqa: PLC0415

        yield from pointer(seen.reader)


def _unsure(workspace: Workspace, seen: _Seen, evidence: GitEvidence) -> list[str]:
    """The capsules that have to be judged in full; when there are none, the next command may know it at once."""
    few = checkpoints_at_rest(workspace.store)
    ground, words = Ground(Listed(seen.reader), evidence), words_of(seen.gists)
    unsure = doubtful(words, seen.gists, ground)
    if not unsure and workspace.on_disk(layout.JOURNAL, 1) is None:
        remember(words, seen.gists, ground, workspace.store, few)
    return unsure


def explain(rule: str) -> RuleResult:
    """Say what a rule wants.

    Raises:
        UsageError: there is no such rule.
    """
    from volon.model.checks import rules  # noqa: PLC0415  as long as nothing is wrong none is needed

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


def _exit_code(problems: Sequence[Problem], *, strict: bool) -> ExitCode:
    """An unfinished merge first, because it may be the cause of the rest; then what cannot be read."""
    if not problems:
        return ExitCode.DONE
    from volon.model.checks import rules  # noqa: PLC0415  as above

    codes = {rules.RULES[problem.rule].exit_code for problem in problems if problem.severity == "error"}
    if strict and any(problem.severity == "warning" for problem in problems):
        codes.add(ExitCode.FAILED)
    return next((code for code in _GRAVEST_FIRST if code in codes), ExitCode.DONE)


def _stored(workspace: Workspace, request: ValidateRequest) -> _Seen:
    """The records on disk, as of the last finished operation."""
    wanted = [_inside(workspace, path) for path in request.paths]
    seen = workspace.store.consistently(lambda: _look(workspace, wanted))
    for path, inside in zip(request.paths, wanted, strict=True):
        found = seen.gists and _is_wanted(layout.CAPSULES.path, [inside])
        if not (found or os.path.lexists(path) or any(_is_wanted(one, [inside]) for one in seen.paths)):
            message = f"There is no {path}."
            raise UsageError(message, hints=["volon validate"])
    return seen


def _look(workspace: Workspace, wanted: list[str]) -> _Seen:
    """Look at the wanted records; a directory that cannot be read is a problem, and hides no other."""
    store = workspace.store
    seen = _Seen(store)
    for place in _SINGLE:
        if _is_wanted(place.path, wanted):
            seen.look(place)
    for directory in _DIRECTORIES:
        if _is_wanted(directory.path, wanted) or any(path.startswith(f"{directory.path}/") for path in wanted):
            try:
                names = _left(store, seen, directory, wanted)
            except VolonError as error:
                seen.problems.append(_unreadable(directory, error))
                continue
            for name in names:
                if name.endswith(".md") and _is_wanted(f"{directory.path}/{name}", wanted):
                    seen.look(directory / name)
    for place in _plans(store, seen):
        if _is_wanted(place.path, wanted):
            seen.look(place)
    return seen


def _plans(reader: Reader, seen: _Seen) -> list[Place]:
    """The records of all plans; that a directory of them cannot be read is a problem."""
    try:
        if not reader.listdir(layout.PLANS):
            return []
        from volon.usecases.validating.planned import plan_records  # noqa: PLC0415  few repositories have plans

        return plan_records(reader)
    except VolonError as error:
        seen.problems.append(_unreadable(layout.PLANS, error))
        return []


def _left(store: Store, seen: _Seen, directory: Place, wanted: list[str]) -> list[str]:
    """The names in a directory that have to be looked at one by one: but for capsules whose rows say all there is."""
    if directory == layout.CAPSULES and _is_wanted(directory.path, wanted):
        rows = store.read_rows(directory, GistRow)
        if rows is not None:
            seen.gists = {name: row for name, row in rows[0].items() if row is not None and name.endswith(".md")}
            return [name for name in rows[0] if name not in seen.gists] if len(seen.gists) < len(rows[0]) else []
    return store.listdir(directory)


def _staged(workspace: Workspace, request: ValidateRequest) -> _Seen:
    """The records that the next commit changes, as it will have them."""
    from volon.repo.index import read_index  # noqa: PLC0415  only `--staged` needs it

    index = read_index(workspace.repository, workspace.world.env)
    wanted = [_inside(workspace, path) for path in request.paths]
    changed = index.staged - index.unmerged
    seen = _Seen(index, index)
    seen.problems += (_unmerged(path) for path in sorted(index.unmerged) if _is_wanted(path, wanted))
    below = (
        directory / name for directory in _DIRECTORIES for name in index.listdir(directory) if name.endswith(".md")
    )
    for place in (*_SINGLE, *below, *_plans(index, seen)):
        if place.path in changed and place.path in index.paths and _is_wanted(place.path, wanted):
            seen.look(place)
    return seen


def _unmerged(path: str) -> Problem:
    message = "the merge of this file is not finished: the index holds its versions side by side"
    return Problem(path, 1, 1, None, "record.unmerged", message, f"resolve it, then: git add {path}")


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
