"""The rules about what a capsule claims: paths, commits, branches, checkpoints and tasks that must exist.

What counts as a claim and what it is judged against is said in `volon.model.checks.claims` and
`volon.model.checks.judging`.

Source: contract §8.6 (claims check).
"""

from __future__ import annotations

from volon.errors import ExitCode
from volon.model.checks.rule import Gravity, Rule, warning

_COMMIT = "5d0f1e2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e"
_PAUSE_AGAIN = (
    "What a pause recorded is not edited: pause again, or go on from the checkpoint's copy of the capsule "
    "(`volon resume-task --checkpoint`)."
)

RULES = (
    Rule(
        "claim.path-missing",
        "A path that the capsule names was not there at the pause and is not there now.",
        "Looked for in the working tree, at HEAD, in the paused commit and among the changes that the checkpoint has. "
        "Mend the path; or mark it `(external)` when it lies in another repository, `(new)` when it is yet to be made.",
        "capsule",
        "- `src/rerty.py` — the loop",
        "- `src/retry.py` — the loop",
    ),
    warning(
        "claim.path-gone",
        "A path that the capsule of a paused task names was deleted since the pause.",
        "It was in the paused commit and is neither at HEAD, which came later, nor in the working tree. The plan may "
        "no longer fit: whoever resumes should know. `volon resume-task` says which commit it was.",
        "capsule",
        "- `src/old.py` — deleted by a later commit",
        "- `src/retry.py` — the loop",
    ),
    Rule(
        "claim.path-outside",
        "A path that the capsule names as its own lies outside the repository.",
        "It means nothing to anybody else. Mark it `(external)`, or name the file in this repository.",
        "capsule",
        "- `../other/retry.py` — the loop",
        "- `../other/retry.py` — (external) the loop",
    ),
    Rule(
        "claim.commit-missing",
        "A commit that the capsule names does not exist in this repository.",
        "Mend the id, or mark it: `(external)` behind it in the text, its key in `external: […]` in the frontmatter.",
        "capsule",
        f"1. Cherry-pick `{_COMMIT}`",
        f"1. Cherry-pick `{_COMMIT}` (external)",
    ),
    Rule(
        "claim.branch-missing",
        "The branch that the capsule names does not exist, and no checkpoint says that it ever did.",
        "Mend the name, or list the key: `external: [branch]`.",
        "capsule",
        "a capsule without checkpoint, with `branch: feat/never`",
        "branch: feat/retry",
    ),
    Rule(
        "claim.branch-renamed",
        "The branch of a paused task has another name now.",
        "The reflog of this repository says so. `volon resume-task` on the branch, then pause again.",
        "capsule",
        "branch: feat/retry, after `git branch -m feat/retry feat/backoff`",
        "branch: feat/retry",
    ),
    warning(
        "claim.branch-gone",
        "The branch of a paused task is gone, and its paused commit is in no branch.",
        "Work that only this pause keeps alive is easily forgotten. `volon resume-task` says how to get it back.",
        "capsule",
        "branch: feat/retry, after `git branch -D feat/retry`",
        "branch: feat/retry",
    ),
    Rule(
        "claim.differs",
        "The capsule says something else about the pause than the checkpoint that the same pause wrote.",
        _PAUSE_AGAIN,
        "capsule",
        "branch: feat/rerty",
        "branch: feat/retry",
    ),
    Rule(
        "claim.checkpoint-missing",
        "A checkpoint that the capsule names does not exist, or is the one of another pause.",
        "Commit `.design/checkpoints/` together with `.volon/`.",
        "capsule",
        'checkpoint: ".design/checkpoints/07-work-2026-11-19.md"',
        'checkpoint: ".design/checkpoints/01-work-2026-11-19.md"',
    ),
    Rule(
        "claim.task-missing",
        "The capsule belongs to a task that does not exist.",
        "Delete the capsule with its task, or bring the task back from git.",
        "capsule",
        "task_id: TASK-20261119-009",
        "task_id: TASK-20261119-001",
    ),
    Rule(
        "claim.unverified",
        "A claim cannot be verified in this clone: what it would be held against is not here.",
        "The clone is shallow, the paused commit was never pushed or was squashed away, or the path lies in a "
        "submodule. No problem by itself; in CI, `fetch-depth: 0` lets volon see more.",
        "capsule",
        "paused_commit of a shallow clone, cut off",
        'paused_commit: "…"',
        Gravity.NOTE,
        ExitCode.DONE,
    ),
)
