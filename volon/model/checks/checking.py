"""Which rules apply to which file: every record volon can check, by its path.

Source: contract §4 (`volon validate`), §3 (on disk).
"""

from __future__ import annotations

import re

from volon.model.problems import Problem, RecordError
from volon.model.records import bootstrap, capsule, checkpoint, config, context, designstate, handoff, task
from volon.model.syntax.frontmatter import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[bytes, str], tuple[Problem, ...]]

_DIRECTORIES: dict[str, Callable[[Document], tuple[Problem, ...]]] = {
    ".volon/tasks": task.check_task,
    ".volon/pcc/tasks": capsule.check_capsule,
    ".volon/pcc/global": context.check_context,
    ".design/checkpoints": checkpoint.check_checkpoint,
    ".volon": bootstrap.check_bootstrap,
}


def check_record(data: bytes, path: str) -> tuple[Problem, ...]:
    """Every rule the file at this path breaks; nothing for a file volon has no rules for.

    Args:
        data: the file's bytes.
        path: relative to the repository root; it decides which rules apply.
    """
    try:
        return _check(path)(data, path)
    except RecordError as error:
        return error.problems


def _check(path: str) -> Check:
    if path == designstate.PATH:
        return designstate.check_state
    if path == handoff.PATH:
        return _check_handoff
    if path in ("volon.yaml", ".volon/volon.yaml"):
        return config.check_config
    if path.startswith(".volon/plans/"):
        from volon.model.checks.planned import check_plan_file  # noqa: PLC0415  few repositories have plans

        return check_plan_file
    directory, _, name = path.rpartition("/")
    rules = _DIRECTORIES.get(directory)
    if rules is None or not name.endswith(".md") or (directory == ".volon" and path != bootstrap.PATH):
        return lambda _data, _path: ()
    return lambda data, path: rules(Document.parse(data, path))


def _check_handoff(data: bytes, path: str) -> tuple[Problem, ...]:
    """A pointer may be stale, never vague: it names a checkpoint, or it is the first version's whole text."""
    found = handoff.parse_handoff(data).path
    if found is None or re.fullmatch(r"\.design/checkpoints/[^/]+\.md", found):
        return ()
    line = data.count(b"\n", 0, max(0, data.find(found.encode("utf-8", "surrogateescape")))) + 1
    return (Problem(path, line, 1, "checkpoint", "handoff.pointer", f"`{found}` is no checkpoint", None, "warning"),)
