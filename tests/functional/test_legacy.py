"""Files that the original tools wrote are read as they are, and keep every byte volon does not change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20260224-003"
TASK_FILE = f"""---
id: {TASK}
title: "Ship: the thing"   # a comment stays
status: doing
priority: A
tags: [x, "y z"]
own_key: kept
created_at: 2026-02-24
updated_at: 2026-02-24
---

## Description
Make it ship.

## Acceptance
- [x] builds
- [ ] ships

## Updates
- [2026-02-24] status → doing (started)
"""
CAPSULE_V1 = f"""---
type: task-pcc-capsule
schema_version: 1
task_id: {TASK}
paused_commit: "{{commit}}"
paused_at: 2026-02-25T10:00:00Z
confidence: high
---

# Task PCC Capsule — {TASK}

## Goal
Make it ship.

**Acceptance criteria (brief)**
- [ ] ships

## Current plan / hypothesis
It only needs a push.

## State markers

## Evidence

## Next 1–3 actions
1. git push

## Open questions / blockers
None.

## Non-goal reminders
"""
BOOTSTRAP = (
    "# Bootstrap\n\n**Iteration**: 7\n\n## What to do next\n\nSelect the next todo.\n\n## Guardrails\n\n- be kind\n"
)


def crlf(text: str) -> bytes:
    """Return the text as Windows tools write it, with a BOM and without a final newline."""
    return b"\xef\xbb\xbf" + text.rstrip("\n").replace("\n", "\r\n").encode()


def test_a_task_with_a_date_only_stamp_comments_and_own_keys_is_paused_surgically(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    path = f".volon/tasks/{TASK}.md"
    repo.write(path, TASK_FILE)
    volon.ok("pause-task", "half way")
    after = repo.read(path).decode()
    removed = [line for line in TASK_FILE.splitlines() if line not in after.splitlines()]
    assert removed == ["status: doing", "updated_at: 2026-02-24"]
    assert "- [2026-02-24] status → doing (started)\n- [2026-11-19T10:00:00Z] paused" in after


def test_crlf_bom_and_the_missing_final_newline_stay(repo: RepoBuilder, volon: VolonInProcess) -> None:
    path = f".volon/tasks/{TASK}.md"
    repo.write(path, crlf(TASK_FILE))
    volon.ok("pause-task", "half way")
    after = repo.read(path)
    assert after.startswith(b"\xef\xbb\xbf---\r\n")
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert volon("resume-task").code == 0


def test_a_capsule_of_version_1_resumes_and_is_upgraded_by_the_next_pause(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(f".volon/tasks/{TASK}.md", TASK_FILE.replace("status: doing", "status: blocked\nblocker_type: paused"))
    repo.write(f".volon/pcc/tasks/{TASK}.md", CAPSULE_V1.replace("{commit}", repo.head()))
    result = json.loads(volon.ok("resume-task", "--json"))
    assert result["next_actions"] == ["git push"]
    assert result["plan"] == "It only needs a push."
    assert result["findings"][0]["code"] == "head.same"
    volon.ok("pause-task", "again")
    capsule = repo.read(f".volon/pcc/tasks/{TASK}.md").decode()
    assert "schema_version: 2\n" in capsule
    assert "It only needs a push." in capsule


@pytest.mark.parametrize("encode", [str.encode, crlf], ids=["lf", "crlf"])
def test_a_bootstrap_without_frontmatter_keeps_its_body(
    repo: RepoBuilder, volon: VolonInProcess, encode: object
) -> None:
    assert callable(encode)
    repo.write(".volon/bootstrap.md", encode(BOOTSTRAP))
    repo.write(f".volon/tasks/{TASK}.md", TASK_FILE)
    volon.ok("pause-task", "half way")
    paused = repo.read(".volon/bootstrap.md").decode("utf-8-sig").replace("\r\n", "\n")
    assert f"paused_task_id: {TASK}\n" in paused
    assert "**Iteration**: 7\n" in paused
    assert paused.rstrip("\n").endswith("## Guardrails\n\n- be kind")
    assert repo.read(".volon/bootstrap/history/bootstrap-iteration-7.md") == encode(BOOTSTRAP)
    volon.ok("resume-task")
    assert b"paused_task_id" not in repo.read(".volon/bootstrap.md")


def test_unpadded_and_three_digit_checkpoints_are_counted_and_found(repo: RepoBuilder, volon: VolonInProcess) -> None:
    old = "# Checkpoint 7\n**Saved**: 2026-04-24T10:00:00Z\n**Stage**: design\n**In progress**: x\n**Next**: y\n"
    repo.write(".design/checkpoints/7-design-2026-04-24.md", old)
    repo.write(".design/checkpoints/101-verify-2026-04-25.md", old.replace("7", "101"))
    repo.write(".design/HANDOFF.md", "# Session Handoff\n\n**Stage**: design\nleft off at the menu\n")
    rows = json.loads(volon.ok("checkpoint", "list", "--json"))["checkpoints"]
    assert [row["number"] for row in rows] == [101, 7]
    assert volon("checkpoint", "show", "07").code == 0
    assert json.loads(volon.ok("pause-task", "new", "--json"))["checkpoint"] == 102
    assert volon("validate").code == 0


def test_two_checkpoints_with_one_number_are_refused_with_both_uids(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    first = next((repo.root / ".design/checkpoints").iterdir())
    uid = first.read_text().split('uid: "')[1][:26]
    other = "01JD" + uid[4:]
    repo.write(".design/checkpoints/01-plan-2026-11-18.md", first.read_text().replace(uid, other))
    ran = volon("resume-task", "1")
    assert ran.code == 2
    assert uid in ran.err
    assert other in ran.err
    assert volon("checkpoint", "show", uid).code == 0
