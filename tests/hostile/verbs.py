"""Every command line that runs on every hostile repository; a new command without a line fails `test_verbs`."""

from __future__ import annotations

from tests.hostile.ground import TASK

READERS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("status", "--conflicts"),
    ("task", "list"),
    ("task", "list", "--json"),
    ("task", "show", TASK),
    ("checkpoint", "list"),
    ("checkpoint", "list", "--files"),
    ("checkpoint", "show", "1"),
    ("checkpoint", "diff", "1", "1"),
    ("checkpoint", "diff", "1", "now", "--patch"),
    ("checkpoint", "grep", "-i", "RETURN"),
    ("checkpoint", "bisect", "--", "git", "version"),
    ("resume-task", "--dry-run"),
    ("resume", "1", "--dry-run", "--json"),
    ("pause-task", "a note", "--dry-run"),
    ("restore", "1", "--dry-run"),
    ("restore", "1", "--dry-run", "--json"),
    ("undo", "--list"),
    ("undo", "--dry-run"),
    ("validate",),
    ("doctor",),
    ("doctor", "--json"),
    ("schema", "task"),
    ("prompt",),
    ("trust",),
    ("trust", "--json"),
    ("trust", "--list"),
)
WRITERS: tuple[tuple[str, ...], ...] = (
    ("init",),
    ("task", "start", "Another matter"),
    ("task", "start", TASK),
    ("task", "create", "Later"),
    ("task", "done", TASK),
    ("task", "block", TASK, "waiting"),
    ("task", "unblock", TASK),
    ("pause-task", "a note", "--next", "go on"),
    ("pause", "restart", "with a commit", "--commit-state"),
    ("resume-task", "go on"),
    ("resume-task", "1", "--force"),
    ("resume-task", "--replay", "--force"),
    ("continue",),
    ("undo",),
    ("run", "--", "true"),
    ("doctor", "--fix"),
    ("checkpoint", "purge-files", "--keep", "0", "--yes"),
    ("checkpoint", "purge-files", "1", "--yes"),
    ("trust", "--digest", "0" * 64, "--yes"),
    ("trust", "--deny"),
)
VERBS = READERS + WRITERS
