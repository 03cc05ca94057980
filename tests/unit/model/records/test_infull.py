"""What trimming takes from a capsule is whole in the checkpoint, whatever the text says, and comes back from there."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given

from tests.unit.model.samples import COMMIT, NOW, TASK, ULID, capsules, quick
from volon import templating
from volon.model.records import infull
from volon.model.records.capsule import Capsule, fit, normalised, parse_capsule, render_capsule
from volon.model.records.checkpoint import Checkpoint, parse_checkpoint, render_checkpoint, verify
from volon.model.syntax.frontmatter import Document

TEMPLATE = templating.packaged("task-pcc-capsule.md")
CHECKPOINT = Checkpoint(7, ULID, NOW, task_id=TASK, paused_commit=COMMIT, branch="main")
LONG = "word " * 300


@given(capsules)
@quick
def test_no_text_is_lost_between_capsule_and_checkpoint(capsule: Capsule) -> None:
    capsule = replace(capsule, plan=f"{capsule.plan}\n{LONG}", goal=f"{capsule.goal} {LONG}")
    whole, fitted = normalised(capsule), fit(capsule, TEMPLATE)
    full = infull.shortened(whole, fitted)
    written = Document.parse(
        render_checkpoint(replace(CHECKPOINT, full=full), templating.packaged("checkpoint.md")), "x"
    )
    assert verify(written) == ()
    assert parse_checkpoint(written).full == full
    assert not infull.shortened(whole, infull.restored(fitted, fitted, full))


def test_an_edit_by_hand_wins_over_the_text_in_full() -> None:
    capsule = Capsule(TASK, ULID, COMMIT, NOW, plan=LONG, goal=LONG)
    written = parse_capsule(Document.parse(render_capsule(capsule, TEMPLATE), "x"))
    full = infull.shortened(normalised(capsule), written)
    edited = infull.restored(replace(written, plan="mine"), written, full)
    assert (edited.plan, edited.goal) == ("mine", LONG.strip())


def test_fitting_takes_time_that_grows_with_the_number_of_files_only() -> None:
    files = tuple(f"dir/file-{number}.py" for number in range(50_000))
    stat = "\n".join(f" {path} | 2 +-" for path in files) + "\n 50000 files changed"
    before = time.process_time()
    fitted = fit(Capsule(TASK, ULID, COMMIT, NOW, diffstat=stat, untracked=files, questions=files), TEMPLATE)
    assert time.process_time() - before < 4
    assert "more files\n" in fitted.diffstat
