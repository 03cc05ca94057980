"""A pipeline that its user paused is written down like any pause, where a task is in progress: by the same use-case.

It comes after the pause of the pipeline and can neither delay nor undo it: what goes wrong here is a warning.

Source: issue "the pipeline" (pausing a pipeline writes a checkpoint like any pause); product §7 (`task_id: null`).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.requests import PauseRequest
from volon.model.syntax.gitpath import shell_word
from volon.plain import replace
from volon.usecases import records, select
from volon.usecases.pausing.pause import pause
from volon.usecases.running.hooks import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from volon.model.results.pipeline import PipelinePauseResult, PipelineRunResult
    from volon.workspace import Workspace

    Paused = TypeVar("Paused", PipelinePauseResult, PipelineRunResult)


def noted(workspace: Workspace, result: Paused) -> Paused:
    """Pause the task in progress, if there is one, and say so in the result."""
    try:
        files, _ = records.read_tasks(workspace.store, "doing")
        task = select.active_task(files)
        if task is None:
            return result
        request = PauseRequest.of(note=_note(result), task=task.row.id)
        written = pause(workspace, request)
        warnings: tuple[str, ...] = after(workspace, written).warnings
    except (VolonError, OSError) as refusal:
        said = refusal.message if isinstance(refusal, VolonError) else refusal
        warning = f"The pipeline is paused; its task is not: {said}"
        return replace(result, warnings=(*result.warnings, warning))
    warnings = (*result.warnings, *warnings)
    return replace(result, warnings=warnings, checkpoint=written.checkpoint, task_id=written.task_id)


def _note(result: Paused) -> str:
    view = result.pipeline
    counts = ", ".join(f"{number} {status}" for status, number in view.counts.items())
    ran = f"; {', '.join(view.running_at_pause)} ran" if view.running_at_pause else ""
    then = [one for one in view.tickets if one.ticket in view.running_at_pause]
    kept = [f"{one.ticket} {commit}" for one in then if (commit := one.result or one.saved)]
    cut = f"; what they left: {', '.join(kept)}" if kept else ""
    return f"pipeline {view.file} paused: {counts}{ran}{cut}; volon pipeline resume {shell_word(view.file)}"
