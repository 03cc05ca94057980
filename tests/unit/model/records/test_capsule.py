"""Capsules: what is written comes back, in at most 400 words, whatever the text holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from tests.unit.model.samples import COMMIT, FORMATS, NOW, TASK, ULID, capsules, quick
from volon.model.problems import ConflictMarkers, InvalidRecord
from volon.model.records.capsule import (
    MAX_WORDS,
    TITLES,
    Capsule,
    CommandOutcome,
    KeyFile,
    check_capsule,
    fit,
    normalised,
    parse_capsule,
    render_capsule,
)
from volon.model.records.task import AcceptanceItem
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.template import BadTemplate
from volon.model.text import count_words
from volon.templating import packaged

TEMPLATE = packaged("task-pcc-capsule.md")
PATH = f".volon/pcc/tasks/{TASK}.md"
PLAIN = Capsule(TASK, ULID, COMMIT, NOW, branch="main", goal="Retry with backoff", next_actions=("pytest",))


def document(capsule: Capsule) -> Document:
    return Document.parse(render_capsule(capsule, TEMPLATE), PATH)


def rules(text: str) -> list[str]:
    return [problem.rule for problem in check_capsule(Document.parse(text.encode(), PATH))]


def rendered(capsule: Capsule = PLAIN) -> str:
    return render_capsule(capsule, TEMPLATE).decode()


@quick
@given(capsules)
def test_what_is_written_comes_back_and_no_text_forges_a_section(capsule: Capsule) -> None:
    written = document(capsule)
    assert parse_capsule(written) == fit(capsule, TEMPLATE)
    assert check_capsule(written) == ()


@quick
@given(capsules)
def test_a_capsule_has_at_most_400_words_all_headings_and_every_next_action(capsule: Capsule) -> None:
    written = document(capsule)
    assert count_words(written.body) <= MAX_WORDS
    assert all(written.section(title) for title in TITLES)
    assert len(parse_capsule(written).next_actions) == len(normalised(capsule).next_actions)


@quick
@given(capsules)
def test_the_same_capsule_is_written_the_same(capsule: Capsule) -> None:
    first = render_capsule(capsule, TEMPLATE)
    assert render_capsule(capsule, TEMPLATE) == first
    fitted = fit(capsule, TEMPLATE)
    assert fit(fitted, TEMPLATE) == fitted


def test_a_small_capsule_is_not_trimmed() -> None:
    full = replace(
        PLAIN,
        plan="first\n\nsecond `code`\n\n    indented",
        acceptance=(AcceptanceItem("a", done=True), AcceptanceItem("b")),
        key_files=(KeyFile("src/retry.py", "the loop — and its end"), KeyFile("a b.py")),
        commands=(CommandOutcome("pytest -q | tee `x`", "fail"), CommandOutcome("make")),
        diffstat=" a | 2 +-\n 1 file changed",
        untracked=("new.py", 'q"uote'),
        questions=("why?",),
        blockers=("no GPU",),
        note='a "b" # c',
    )
    assert parse_capsule(document(full)) == full


def test_what_is_left_out_is_counted() -> None:
    capsule = replace(
        PLAIN,
        untracked=tuple(f"f{number}.py" for number in range(50)),
        diffstat="\n".join(f" f{number}.py | 2 +-" for number in range(90)) + "\n 90 files changed",
        plan="word " * 500,
        next_actions=("a " * 100, "b " * 100, "c " * 100),
    )
    text = rendered(capsule)
    assert "- … 50 more" in text
    assert "… 90 more files\n 90 files changed" in text
    assert "word … 460 more words" in text
    assert [len(action.split()) for action in parse_capsule(document(capsule)).next_actions] == [44, 44, 100]


def test_version_1_is_read_as_the_current_version() -> None:
    capsule = parse_capsule(Document.parse((FORMATS / "capsule-v1.md").read_bytes(), PATH))
    assert capsule.schema_version == 2
    assert (capsule.branch, capsule.worktree, capsule.uid) == ("fix/importer", ".", None)
    assert capsule.goal == "Let the importer survive a broken row."
    assert capsule.acceptance == (
        AcceptanceItem("broken rows are counted", done=True),
        AcceptanceItem("broken rows are written to rejects.csv with their line number"),
    )
    assert capsule.key_files[1] == KeyFile("tests/test_importer.py", "one failing case")
    assert capsule.commands == (
        CommandOutcome("pytest tests/test_importer.py", "fail"),
        CommandOutcome("ruff check .", "pass"),
    )
    assert capsule.next_actions[1] == "Write rejects.csv — src/importer.py — file appears next to the input"
    assert capsule.questions == ("Is a byte-order mark a broken row?",)
    assert capsule.diffstat.startswith(" src/importer.py | 12")


def test_version_1_is_valid_and_is_written_as_version_2() -> None:
    old = Document.parse((FORMATS / "capsule-v1.md").read_bytes(), PATH)
    assert check_capsule(old) == ()
    new = replace(parse_capsule(old), uid=ULID, paused_commit=COMMIT)
    assert document(new).meta["schema_version"] == "2"


def test_a_conflict_is_not_guessed_at() -> None:
    with pytest.raises(ConflictMarkers) as caught:
        Document.parse((FORMATS / "conflicted-capsule.md").read_bytes(), PATH)
    assert (caught.value.problem.line, caught.value.exit_code) == (5, 7)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("type: task-pcc-capsule\n", "", "capsule.field-missing"),
        ("schema_version: 2", "schema_version: 3", "capsule.schema-version"),
        ("schema_version: 2", "schema_version: two", "capsule.field-invalid"),
        (f"task_id: {TASK}", "task_id: ../x", "capsule.field-invalid"),
        (f'paused_commit: "{COMMIT}"\n', "", "capsule.field-missing"),
        (f'"{COMMIT}"', '"59e64c3"', "capsule.commit-short"),
        (f'"{COMMIT}"', "HEAD", "capsule.field-invalid"),
        ('"2026-11-19T10:00:00Z"', '"yesterday"', "capsule.field-invalid"),
        ("confidence: medium", "confidence: sure", "capsule.field-invalid"),
        ("## Evidence", "## Proof", "capsule.section-missing"),
        ("## Evidence", "## Goal", "capsule.section-duplicate"),
        ("## Goal", "## Evidence\n\n## Goal", "capsule.section-order"),
        ("1. pytest", "1. a\n2. b\n3. c\n4. d", "capsule.too-many-actions"),
        ("Retry with backoff", "word " * 400, "capsule.too-long"),
        (f"`{COMMIT}`", "`1234567`", "capsule.commit-mismatch"),
    ],
)
def test_each_rule_that_is_broken_is_named(old: str, new: str, rule: str) -> None:
    text = rendered()
    assert old in text
    assert rule in rules(text.replace(old, new, 1))


def test_a_problem_says_where() -> None:
    text = rendered().replace("confidence: medium", "confidence: sure")
    (problem,) = check_capsule(Document.parse(text.encode(), PATH))
    assert (problem.where, problem.key) == (f"{PATH}:8:13", "confidence")


def test_a_missing_commit_is_not_an_unborn_branch() -> None:
    assert parse_capsule(document(replace(PLAIN, paused_commit=None))).paused_commit is None
    text = rendered().replace(f'paused_commit: "{COMMIT}"\n', "")
    with pytest.raises(InvalidRecord) as caught:
        parse_capsule(Document.parse(text.encode(), PATH))
    assert caught.value.exit_code == 9


def test_a_template_that_loses_a_section_is_refused() -> None:
    with pytest.raises(BadTemplate, match="Evidence"):
        render_capsule(PLAIN, TEMPLATE.replace("## Evidence", "## Proof"))
    with pytest.raises(BadTemplate, match="400 words"):
        render_capsule(PLAIN, TEMPLATE + "word " * 400)


def test_a_template_of_ones_own_may_say_more() -> None:
    own = TEMPLATE.replace("> Where this task stood", "> Ask the owner first.\n>\n> Where this task stood")
    written = Document.parse(render_capsule(PLAIN, own), PATH)
    assert parse_capsule(written) == PLAIN
    assert "Ask the owner first." in written.body


def test_setting_resumed_at_changes_one_line() -> None:
    before = document(PLAIN)
    after = before.set("resumed_at", "2026-11-20T09:00:00Z")
    changed = [(a, b) for a, b in zip(before.data.splitlines(), after.data.splitlines(), strict=True) if a != b]
    assert changed == [(b"resumed_at: null", b'resumed_at: "2026-11-20T09:00:00Z"')]
