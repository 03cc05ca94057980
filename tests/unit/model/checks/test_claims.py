"""Which words of a capsule are claims and where they stand; finding them takes time that grows with the text only."""

from __future__ import annotations

import pytest

from tests.unit.model.samples import FORMATS
from volon.model.checks.claims import Claim, What, marked, paths_in, said_by
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.markdown import code_spans

HEAD = "---\ntype: task-pcc-capsule\nbranch: x\n---\n"


def claims(body: str, head: str = HEAD) -> list[tuple[str, str, int]]:
    said = said_by(Document.parse(f"{head}{body}".encode(), ".volon/pcc/tasks/T-1.md"))
    return [(claim.key, claim.value, claim.line) for claim in said.claims if claim.what is not What.BRANCH]


def test_the_first_versions_capsule_claims_what_a_person_would_say_it_claims() -> None:
    said = said_by(Document.parse((FORMATS / "capsule-v1.md").read_bytes(), "x.md"))
    assert [(claim.what, claim.value, claim.seen) for claim in said.claims] == [
        (What.TASK, "TASK-20260224-003", False),
        (What.COMMIT, "4f1c0de", False),
        (What.BRANCH, "fix/importer", False),
        (What.PATH, "src/importer.py", False),
        (What.PATH, "tests/test_importer.py", False),
        (What.PATH, "src/importer.py", True),
    ]


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ("Fix `src/app.py` and `docs/`", ["src/app.py", "docs/"]),
        ("See `src/app.py:12` and `src/a.py:3:4`", ["src/app.py:12", "src/a.py:3:4"]),
        ("Run `tests/test_a.py::TestB::test_c`", ["tests/test_a.py::TestB::test_c"]),
        ("Rebase onto `origin/main`, not `feat/x`; `and/or`; `application/json`; `owner/repo`", []),
        ("Use `Node.js`, `volon.model`, `README.md`, `retry.py`, `v1.2`", []),
        ("Call `GET /api/v1.json`, `/etc/hosts.conf`, `~/x/y.py`, `src/*.py`, `https://a.b/c.html`", []),
        ("Run `pytest tests/test_a.py -q` and src/plain.py", []),
        (
            "Pick `59e64c3000000000000000000000000000000000`, not `59e64c3`",
            ["59e64c3000000000000000000000000000000000"],
        ),
        ("Write `tests/new.py` (new), ask `a/b.py` (external), read `c/d.py`", ["c/d.py"]),
        ("Long `src/app.py` … 12 more words", []),
        ("``src/a`b.py`` and `src/c.py", []),
        ("Odd `src/ünï/x.py` and `a@b/c+d.py`", ["src/ünï/x.py", "a@b/c+d.py"]),
    ],
)
def test_a_next_action_claims_paths_and_whole_ids_in_backticks_only(action: str, found: list[str]) -> None:
    assert claims(f"## Next 1–3 actions\n\n1. {action}\n") == [("next_actions[0]", value, 7) for value in found]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("- `src/app.py` — the loop", "src/app.py"),
        ("- src/app.py: the loop", "src/app.py"),
        ("- src/app.py — the loop", "src/app.py"),
        ("* `a b.py`", "a b.py"),
        ('- `"line\\nbreak.py"`', "line\nbreak.py"),
        ("- `` a`b.py ``", "a`b.py"),
        ("- the loop over the rows", None),
        ("- … 4 more", None),
        ("- None recorded.", None),
        ("- `../x.py` — (external) theirs", None),
        ("- `../x.py` (external) — theirs", None),
        ("- `x.py` — (new)", None),
        ("- `x.py` — written by an external tool (external)", "x.py"),
    ],
)
def test_a_key_file_claims_its_path(entry: str, found: str | None) -> None:
    expected = [] if found is None else [("key_files[0]", found, 9)]
    assert claims(f"## State markers\n\n**Key files touched**\n\n{entry}\n") == expected


def test_fences_other_sections_and_prose_hold_no_claims() -> None:
    fenced = "## Next 1–3 actions\n\n```text\n1. Fix `src/none.py`\n## Next 1–3 actions\n```\n\n1. Fix `src/app.py`\n"
    assert claims(fenced) == [("next_actions[0]", "src/app.py", 12)]
    assert claims("## Goal\n\nFix `src/none.py`\n\n## Current plan / hypothesis\n\nDrop `src/none.py`.\n") == []
    assert claims("## State markers\n\n**Commands run + outcomes**\n\n- `rm src/none.py` → pass\n") == []
    assert claims("## Notes\n\n1. `src/none.py`\n") == []


def test_the_diff_stat_claims_what_git_did_not_shorten() -> None:
    body = "## Evidence\n\n```text\n src/a.py | 2 +-\n a | b.py | 1 +\n ...long/x.py | 1 +\n 2 files changed\n```\n"
    more = "\n```text\n src/other.py | 1 +\n```\n\n**Untracked files**\n\n- `new/`\n"
    assert claims(body + more) == [
        ("diffstat[0]", "src/a.py", 8),
        ("diffstat[1]", "a | b.py", 9),
        ("untracked[0]", "new/", 20),
    ]


def test_keys_that_are_marked_as_external_claim_nothing() -> None:
    head = '---\nbranch: theirs\npaused_commit: "4f1c0de"\ncheckpoint: ".design/checkpoints/1-x-2026-01-01.md"\n{}---\n'
    path = "x.md"
    plain = said_by(Document.parse(head.format("").encode(), path))
    assert [claim.key for claim in plain.claims] == ["branch", "paused_commit", "checkpoint"]
    assert [fact.key for fact in plain.facts] == ["paused_commit", "branch"]
    outside = said_by(Document.parse(head.format("external: [branch, paused_commit]\n").encode(), path))
    assert [claim.key for claim in outside.claims] == ["checkpoint"]
    assert outside.facts == ()


def test_a_path_may_carry_a_line_number_and_lead_out_of_the_repository() -> None:
    claim = Claim(What.PATH, "./src/a.py:12", "key_files[0]", 1, 1)
    assert claim.paths == ("src/a.py:12", "src/a.py")
    assert not claim.outside
    assert all(Claim(What.PATH, path, "", 1, 1).outside for path in ("/etc/x", "~/x", "../x", "a/../../x", "a\0b"))


def test_marks_and_the_paths_of_a_request() -> None:
    assert [text for text in ("(external)", " — (new) x", ": (external)", "external", "x (new)") if marked(text)] == [
        "(external)",
        " — (new) x",
        ": (external)",
    ]
    assert paths_in(("Fix `src/a.py:3`", "Write `src/b.py` (new)", "Read `../c/d.py`")) == [("src/a.py:3", "src/a.py")]


@pytest.mark.parametrize(
    "text",
    [
        "`" * 200_000,
        "` `` ``` " * 20_000,
        "`a/b.py` " * 20_000,
        "a/" * 100_000,
        "`" + "a/" * 50_000 + "`",
        "- " * 50_000,
        "(external)" * 20_000,
    ],
    ids=["ticks", "runs", "spans", "slashes", "one span", "bullets", "marks"],
)
@pytest.mark.parametrize(
    "head", ["## Next 1–3 actions\n\n1. ", "## State markers\n\n**Key files**\n\n- ", "## Evidence\n```\n"]
)
def test_finding_claims_takes_time_that_grows_with_the_text(head: str, text: str) -> None:
    """Square time would take minutes here."""
    claims(head + text + "\n")


def test_code_spans_pair_as_in_markdown() -> None:
    assert [(start, code) for start, code, _ in code_spans("a `b` ``c`d`` `e")] == [(3, "b"), (8, "c`d")]
    assert list(code_spans("`` `x` ``")) == [(3, "`x`", "")]
