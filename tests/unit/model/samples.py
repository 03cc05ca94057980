"""Values the tests of the model share: times, ids, texts that try to break things, and the samples on disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from volon.model.records.capsule import Capsule, CommandOutcome, KeyFile
from volon.model.records.task import AcceptanceItem

NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TASK = "TASK-20261119-001"
COMMIT = "59e64c3" + "0" * 33
FORMATS = Path(__file__).parents[2] / "golden" / "formats"

quick = settings(max_examples=int(os.environ.get("VOLON_EXAMPLES", "100")), deadline=None)
"""How many examples a property is tried on; `VOLON_EXAMPLES=10000` for a long run."""

HOSTILE_LINES = (
    *("# heading", "## Goal", "## Updates", "### Updates", "```", "````text", "~~~", "---", "None.", "None recorded."),
    *("\\## x", "\\\\```", "**Acceptance criteria (brief)**", "**Blocker**: x", "<<<<<<< HEAD", "=======", ">>>>>>> x"),
    *(
        "- [ ] box",
        "- … 3 more",
        "… 3 more words",
        "1. one",
        "**Saved**: never",
        "key: value",
        "{{goal}}",
        "<!-- x -->",
    ),
    *(
        "no",
        "012",
        "2026-11-19",
        "12:30",
        "1234567",
        "~",
        "null",
        "- ",
        "",
        " ",
        "\t",
        "a; b\\",
        "`",
        "``x`",
        "'\"",
        "✨",
    ),
    *(
        "a\rb",
        "\x1b[31m",
        "\u2028",
        "\ufeff",
        "\x85",
        "C:\\x",
        "  indented",
        "    ## code",
        "> quote",
        "|",
        "a # b",
        ": x",
    ),
)
line = st.one_of(st.sampled_from(HOSTILE_LINES), st.text(max_size=30))
texts = st.lists(line, max_size=6).map("\n".join)
words = st.text("abcdefgh ", min_size=1, max_size=600)
paths = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1, max_size=20).filter(
        lambda path: not any(0xD800 <= ord(char) < 0xDC80 or 0xDCFF < ord(char) < 0xE000 for char in path)
    ),
    st.sampled_from(["a b.py", " x", "x ", '"q"', "\\n", "a\nb", "`x`", "ü/ñ.py", "-x", "bad\udcff.py", "a <- b"]),
).filter(lambda path: path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == path)
times = st.integers(0, 7_226_582_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def _many(item: st.SearchStrategy[object], most: int) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(item, max_size=most).map(tuple)


capsules = st.builds(
    Capsule,
    task_id=st.just(TASK),
    uid=st.just(ULID),
    paused_commit=st.one_of(st.none(), st.just(COMMIT)),
    paused_at=times,
    confidence=st.sampled_from(["high", "medium", "low"]),
    branch=st.one_of(st.none(), st.sampled_from(["main", "feat/no", "12345678", "ü"])),
    upstream=st.one_of(st.none(), st.just("origin/main")),
    worktree=st.one_of(st.none(), st.just("."), st.just("../a b c")),
    mode=st.sampled_from([None, "soft", "restart", "compact"]),
    note=st.one_of(st.none(), texts),
    goal=st.one_of(texts, words),
    plan=st.one_of(texts, words),
    acceptance=_many(st.builds(AcceptanceItem, line, st.booleans()), 30),
    key_files=_many(st.builds(KeyFile, paths, line), 30),
    commands=_many(st.builds(CommandOutcome, line, line), 8),
    diffstat=st.one_of(texts, st.integers(0, 60).map(lambda n: "\n".join(f" f{i} | 2 +" for i in range(n)))),
    untracked=_many(paths, 30),
    next_actions=_many(st.one_of(line, words), 4),
    questions=_many(st.one_of(line, words), 15),
    blockers=_many(st.one_of(line, words), 15),
)
