"""The path of a file decides which rules apply."""

from __future__ import annotations

import pytest

from tests.unit.model.samples import COMMIT, FORMATS
from volon.model.checks import checking


@pytest.mark.parametrize(
    ("name", "path", "rules"),
    [
        ("task-original.md", ".volon/tasks/TASK-20260224-003.md", []),
        ("task-original.md", ".volon/tasks/TASK-1-1.md", ["task.id-mismatch"]),
        ("capsule-v1.md", ".volon/pcc/tasks/TASK-20260224-003.md", []),
        ("conflicted-capsule.md", ".volon/pcc/tasks/x.md", ["record.conflict-markers"]),
        ("bootstrap-original.md", ".volon/bootstrap.md", []),
        ("bootstrap-plain.md", ".volon/bootstrap.md", []),
        ("STATE.md", ".design/STATE.md", []),
        ("STATE-stub.md", ".design/STATE.md", ["state.frontmatter-missing"]),
        ("handoff-pointer.md", ".design/HANDOFF.md", []),
        ("checkpoints/1-design-2026-04-24.md", ".design/checkpoints/1-design-2026-04-24.md", []),
        ("volon-original.yaml", "volon.yaml", ["config.unknown-key", "config.unknown-key"]),
        ("volon-original.yaml", ".volon/volon.yaml", ["config.unknown-key", "config.unknown-key"]),
        ("todo.md", ".volon/pcc/global/00_project.md", []),
        ("conflicted-capsule.md", ".volon/README.md", []),
        ("conflicted-capsule.md", "README.md", []),
    ],
)
def test_the_path_decides_which_rules_apply(name: str, path: str, rules: list[str]) -> None:
    assert [problem.rule for problem in checking.check_record((FORMATS / name).read_bytes(), path)] == rules


def test_a_vague_pointer_is_worth_a_look() -> None:
    (problem,) = checking.check_record(b"Latest checkpoint: `notes.md`\n", ".design/HANDOFF.md")
    assert (problem.rule, problem.severity) == ("handoff.pointer", "warning")
    assert COMMIT not in problem.message
