"""A capsule that is recognised has no problem in the full check, and claims what that finds; what volon writes is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import COMMIT, FORMATS, NOW, TASK, ULID, capsules, quick
from volon.model.checks.canonical import recogniser
from volon.model.checks.gisting import gist_of
from volon.model.checks.inspecting import inspect
from volon.model.records.capsule import Capsule, CommandOutcome, KeyFile, render_capsule
from volon.model.records.task import AcceptanceItem
from volon.templating import packaged

if TYPE_CHECKING:
    import random

TEMPLATE = packaged("task-pcc-capsule.md")
PATH = f".volon/pcc/tasks/{TASK}.md"
PLAIN = Capsule(TASK, ULID, COMMIT, NOW, branch="main", goal="Retry with backoff", next_actions=("pytest",))
FULL = replace(
    PLAIN,
    upstream="origin/main",
    upstream_commit=COMMIT,
    worktree="../other",
    operation="merge",
    operation_head=COMMIT[::-1],
    checkpoint=".design/checkpoints/01-work-2026-11-19.md",
    snapshot=COMMIT,
    resumed_at=NOW,
    resumed_commit=COMMIT,
    resumed_from=7,
    resumed_from_uid=ULID,
    you_were="src/retry.py:12",
    note='backoff "untested", see `C:\\x`',
    summary="Käse für alle",
    acceptance=(AcceptanceItem("It works", done=True), AcceptanceItem("It is tested")),
    plan="Double the wait.\n\n  - first\n  - second: `code`\n\nThen jitter…",
    key_files=(KeyFile("src/retry.py", "the loop — and its end"), KeyFile("a b/c.py"), KeyFile("src/x.py:3", "odd")),
    commands=(CommandOutcome("pytest -q | tee `x`", "fail"), CommandOutcome("make")),
    diffstat=" src/retry.py | 2 +-\n src/{a => b}.py | 0\n 2 files changed",
    untracked=("new.py", "über/x.py"),
    next_actions=("Fix `src/retry.py:12`", f"Pick `{COMMIT}`, see `docs/` (new)", "Run `pytest`"),
    questions=("How long?",),
    blockers=("The key",),
)
recognise = recogniser(TEMPLATE)


def is_recognised(data: bytes) -> bool:
    """Hold the answer against the full check, when there is one."""
    found = recognise(data)
    if found is not None:
        full = inspect(data, PATH)
        assert full.problems == ()
        assert full.said is not None
        assert gist_of(full.said) == found
    return found is not None


@quick
@given(capsules)
def test_whatever_text_a_capsule_holds_the_full_check_agrees(capsule: Capsule) -> None:
    is_recognised(render_capsule(capsule, TEMPLATE))


@pytest.mark.parametrize(
    "capsule",
    [
        PLAIN,
        FULL,
        replace(PLAIN, paused_commit=None, branch=None),
        replace(FULL, paused_commit="5d0f1e2a" * 8),
        replace(PLAIN, untracked=tuple(f"file{n}.py" for n in range(80)), plan="word " * 600),
        replace(PLAIN, key_files=tuple(KeyFile(f"src/{n}.py", "the reason why it matters here") for n in range(80))),
        replace(PLAIN, branch="feat/ünï", worktree=".", mode="restart", confidence="low"),
    ],
)
def test_what_volon_writes_is_recognised(capsule: Capsule) -> None:
    assert is_recognised(render_capsule(capsule, TEMPLATE))


@quick
@given(st.randoms(use_true_random=False))
def test_a_changed_capsule_is_recognised_only_where_nothing_is_wrong(rng: random.Random) -> None:
    lines = render_capsule(rng.choice((PLAIN, FULL)), TEMPLATE).decode().split("\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randrange(len(lines))
        other = rng.choice(lines)
        match rng.randrange(6):
            case 0:
                lines[place : place + rng.randint(1, 3)] = []
            case 1:
                lines.insert(place, other)
            case 2:
                lines[place] = rng.choice(("", " ", "   ", "- ", "> ", "## ", "**x**: ", "1. ", "4. ")) + lines[place]
            case 3:
                lines[place] += rng.choice((" ", "\t", "`", '"', "\\", ".", "\r", "\xa0", "…", " (new)", "\u200b"))
            case 4:
                at = rng.randint(0, len(lines[place]))
                lines[place] = lines[place][:at] + rng.choice("/.`-:#~ 0aZ\x85\ufeff") + lines[place][at + 1 :]
            case _:
                lines[place] = other
    is_recognised("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("branch: main", "branch: Null"),
        ("branch: main", "branch: other"),
        (TASK, "TASK-" + "1" * 64),
        ("2026-11-19T10", "2026-02-29T10"),
        ("2026-11-19T10", "2026-11-31T10"),
        ("2026-11-19T10", "0000-11-19T10"),
        ("2026-11-19T10", "2026-11-19T24"),
        ("confidence: medium", "confidence: sure"),
        ("schema_version: 2", "schema_version: 3"),
        (f"**paused_commit**: `{COMMIT}`", f"**paused_commit**: `{COMMIT[::-1]}`"),
        ("1. pytest", "1. pytest\n2. a\n3. b\n4. c"),
        ("1. pytest", "1. read `../x/y.py`"),
        ("Retry with backoff", "Retry " + "word " * 400),
        ("Retry with backoff", "<<<<<<< HEAD\n=======\n>>>>>>> x"),
        ("Retry with backoff", "Retry\u2028with"),
        ("## Evidence", "## Proof"),
        ("## Evidence", "## Goal\n\n## Evidence"),
        ("No tracked changes.", "```text\n /etc/passwd | 2 +\n```"),
        ("uid: ", "uid: x\nuid: "),
        ("you_were: null", 'you_were: "~/x.py"'),
        ("---\n\n#", "---\n\n```\n#"),
        ("summary: null\n", "summary: null\nexternal: [branch]\n"),
    ],
)
def test_what_may_be_wrong_goes_the_full_way(old: str, new: str) -> None:
    text = render_capsule(PLAIN, TEMPLATE).decode()
    assert is_recognised(text.encode())
    assert old in text
    assert not is_recognised(text.replace(old, new).encode())


@pytest.mark.parametrize("name", ["capsule-v1.md", "conflicted-capsule.md", "task-v1.md", "checkpoint-v1.md"])
def test_other_records_and_older_capsules_are_not(name: str) -> None:
    assert not is_recognised((FORMATS / name).read_bytes())


def test_a_capsule_from_the_first_release_is_recognised_but_for_an_odd_path() -> None:
    data = (FORMATS / "capsule-v2.md").read_bytes()
    assert not is_recognised(data)
    assert is_recognised(data.replace(b'- `"line\\nbreak.py"`\n', b""))


def test_what_is_too_long_or_no_text_is_not() -> None:
    data = render_capsule(PLAIN, TEMPLATE)
    assert not is_recognised(data.replace(b"Retry", b"R" * (1 << 16)))
    assert not is_recognised(data.replace(b"Retry", b"R\xff"))
    assert not is_recognised(b"")
