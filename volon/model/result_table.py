"""All results by the names of their commands; for schemas and tests: a command loads the results it returns, not these.

Source: contract §4 (`volon schema`).
"""

from __future__ import annotations

from volon.model import (
    handoffresults,
    hookresults,
    result_checkpoints,
    result_checks,
    result_elsewhere,
    result_evidence,
    result_operations,
    result_pipeline,
    result_restore,
    results,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.result import Result

MODULES = (
    handoffresults,
    hookresults,
    result_checkpoints,
    result_checks,
    result_elsewhere,
    result_evidence,
    result_operations,
    result_pipeline,
    result_restore,
    results,
)
"""Where results and what they hold are declared."""

RESULTS: dict[str, type[Result]] = {
    cls.SCHEMA.partition("/")[2].partition("@")[0]: cls
    for cls in (
        results.InitResult,
        results.TaskResult,
        results.TaskListResult,
        results.PauseResult,
        results.ResumeResult,
        results.StatusResult,
        result_checkpoints.CheckpointListResult,
        result_checkpoints.CheckpointShowResult,
        result_checkpoints.CheckpointDiffResult,
        result_checkpoints.CheckpointGrepResult,
        result_checkpoints.CheckpointBisectResult,
        result_checkpoints.CheckpointFilesResult,
        result_checkpoints.PurgeFilesResult,
        result_checks.ValidateResult,
        result_checks.RuleResult,
        results.DoctorResult,
        result_operations.UndoResult,
        result_operations.UndoListResult,
        result_restore.RestoreResult,
        hookresults.TrustResult,
        hookresults.TrustListResult,
        result_evidence.RunResult,
        handoffresults.HandoffSendResult,
        handoffresults.HandoffReceiveResult,
        handoffresults.HandoffClaimResult,
        results.SchemaResult,
        results.ErrorResult,
        result_pipeline.PipelineRunResult,
        result_pipeline.PipelinePauseResult,
        result_pipeline.PipelineStatusResult,
    )
}
