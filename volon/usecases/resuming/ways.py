"""Ways on after a resume that was stopped: what was asked for, as a person would type it again.

Source: contract §4 (`resume-task`).
"""

from __future__ import annotations

from volon.model.syntax.gitpath import shell_word
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.requests import ResumeRequest
    from volon.usecases.resuming.check import Checked


def again(request: ResumeRequest, task_id: str | None = None, *, force: bool = False) -> str:
    """Return the command that asks for the same, of the same task.

    Args:
        request: what was asked for.
        task_id: the task it was found to be about; a checkpoint that was named says that itself.
        force: past what stopped it, so that `--strict` has no meaning any more.
    """
    task = request.task or (None if request.checkpoint else task_id)
    flags = {
        "--short": request.short,
        "--replay": request.replay,
        "--restore": request.restore,
        "--strict": request.strict and not force,
        "--force": force,
    }
    words = ["volon resume-task"]
    words += ["--task", shell_word(task)] if task else []
    words += ["--checkpoint", shell_word(request.checkpoint)] if request.checkpoint else []
    words += [flag for flag, said in flags.items() if said]
    words += ["--", shell_word(request.note)] if request.note else []
    return " ".join(words)


def past(request: ResumeRequest, task_id: str) -> str:
    """Return the hint that leads past what stopped it."""
    return f"go on all the same, which is logged: {again(request, task_id, force=True)}"


def on(request: ResumeRequest, task_id: str, checked: Checked, *, forceable: bool) -> tuple[str, ...]:
    """Return the hints for what was found."""
    blockers = [finding for finding in checked.findings if finding.severity == "blocker"]
    named = tuple(one.command for one in blockers if one.command and "--force" not in one.command)
    if forceable:
        return (*named, past(request, task_id))
    whole = not any(finding.code == "checkpoint.tampered" for finding in blockers)
    if checked.checkpoint is None or request.checkpoint is not None or not whole:
        return named
    copy = replace(request, checkpoint=str(checked.checkpoint.number))
    return (*named, f"work from its copy of the capsule: {again(copy)}")
