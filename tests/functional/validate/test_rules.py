"""Every rule has an example that is wrong and one that is right; both are tried on real records."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.validate.conftest import FILES, TASK
from tests.support.running import PROJECT_ROOT
from volon.errors import ExitCode
from volon.model.checks.rule import Gravity
from volon.model.checks.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

    Break = Callable[[RepoBuilder], object]

MIB = 1024 * 1024


def _replace(name: str, old: str, new: str) -> Break:
    def broken(repo: RepoBuilder) -> None:
        text = repo.read(FILES[name]).decode()
        assert old in text
        repo.write(FILES[name], text.replace(old, new, 1))

    return broken


def _write(name: str, content: str | bytes) -> Break:
    return lambda repo: repo.write(FILES[name], content)


def _link(repo: RepoBuilder) -> None:
    (repo.root / FILES["task"]).unlink()
    (repo.root / FILES["task"]).symlink_to("/etc/hostname")


def _commit_id(new: str) -> Break:
    """Put another commit id in the place of the paused commit's, in the frontmatter."""

    def broken(repo: RepoBuilder) -> None:
        text = repo.read(FILES["capsule"]).decode()
        repo.write(FILES["capsule"], re.sub(r'paused_commit: "[0-9a-f]{40}"', f'paused_commit: "{new}"', text))

    return broken


def _evidence(repo: RepoBuilder) -> None:
    text = repo.read(FILES["capsule"]).decode()
    repo.write(FILES["capsule"], re.sub(r"(\*\*paused_commit\*\*: `)[0-9a-f]{40}", rf"\g<1>{'5d0f1e2a' * 5}", text))


def _many_files(repo: RepoBuilder) -> None:
    for number in range(26):
        repo.write(f".volon/pcc/global/{number:02d}.md", "A fact.\n")


def _delete_and_commit(repo: RepoBuilder) -> None:
    repo.git("rm", "-q", "src/old.py")
    repo.git("commit", "-q", "-m", "Remove the old one")


def _without_checkpoint(repo: RepoBuilder) -> None:
    text = repo.read(FILES["capsule"]).decode()
    text = text.replace("feat/retry", "feat/never").replace('checkpoint: ".design', 'checkpoint: null #".design')
    repo.write(FILES["capsule"], text)


def _deleted_branch(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-f", "main")
    repo.git("branch", "-q", "-D", "feat/retry")


def _shallow(repo: RepoBuilder) -> None:
    """Make it a clone that was cut off above the paused commit, as git does: by naming where it ends."""
    repo.commit("Later")
    oid = repo.git("rev-parse", "HEAD~1").strip()
    (repo.root / ".git/shallow").write_text(f"{repo.head()}\n")
    repo.git("update-ref", "refs/heads/main", "HEAD")
    for ref in repo.git("for-each-ref", "--format=%(refname)", "refs/volon").split():
        repo.git("update-ref", "-d", ref)
    (repo.root / ".git/objects" / oid[:2] / oid[2:]).unlink()


def _no_commit(repo: RepoBuilder) -> None:
    text = repo.read(FILES["result"]).decode()
    repo.write(FILES["result"], re.sub(r'checkpoint: "?[0-9a-f]{40}"?', f'checkpoint: "{"5d0f1e2a" * 5}"', text))


NOT_SHOWN: dict[str, Break] = {
    "record.unreadable": _link,
    "record.too-large": _write("context", b"word " * (17 * MIB // 5)),
    "record.encoding": _write("context", b"caf\xe9\n"),
    "yaml.not-a-mapping": _write("config", "- version\n- 1\n"),
    "yaml.too-deep": _write("config", "".join(f"{' ' * n}a:\n" for n in range(18)) + " " * 18 + "b: 1\n"),
    "yaml.too-many-values": _replace("config", '"*.log"', ", ".join(["a"] * 2001)),
    "yaml.too-large": _write("config", f"version: 1\n# {'x' * 65 * 1024}\n"),
    "capsule.commit-short": lambda repo: _commit_id(repo.head()[:7])(repo),
    "capsule.commit-mismatch": _evidence,
    "capsule.too-long": _replace("capsule", "Double the wait.", "Double the wait. " + "word " * 400),
    "context.too-long": _write("context", "word " * 401),
    "context.too-many-files": _many_files,
    "state.too-large": lambda repo: repo.write(FILES["state"], repo.read(FILES["state"]) + b"x\n" * MIB),
    "state.frontmatter-missing": _write("state", "stage: design\n"),
    "claim.path-gone": _delete_and_commit,
    "claim.path-outside": _replace("capsule", "- `src/retry.py` — the loop", "- `../other/retry.py` — the loop"),
    "claim.commit-missing": _replace("capsule", "1. Test `src/retry.py`", f"1. Cherry-pick `{'5d0f1e2a' * 5}`"),
    "claim.branch-missing": _without_checkpoint,
    "claim.branch-renamed": lambda repo: repo.git("branch", "-m", "feat/retry", "feat/backoff"),
    "claim.branch-gone": _deleted_branch,
    "claim.unverified": _shallow,
    "conduct-result.commit-missing": _no_commit,
    "conduct-plan.missing": lambda repo: (repo.root / FILES["plan"]).unlink(),
    "conduct-complete.phases-missing": lambda repo: (repo.root / FILES["result"]).unlink(),
}
"""How the rules are broken whose examples say in words, or with `…`, what cannot be shown in a few lines."""
ELSEWHERE = {"record.unmerged": "tests/functional/validate/test_staged.py"}
"""Rules that are broken in a way of their own, and where that is tested."""


def validated(volon: VolonInProcess) -> tuple[int, list[dict[str, Any]]]:
    """What `volon validate` says."""
    ran = volon("validate", "--json")
    found: list[dict[str, Any]] = json.loads(ran.out)["problems"]
    return ran.code, found


@pytest.mark.parametrize("rule", sorted(set(RULES) - set(ELSEWHERE)))
def test_the_wrong_example_of_each_rule_breaks_it_and_says_where(
    rule: str, paused: RepoBuilder, volon: VolonInProcess
) -> None:
    wanted = RULES[rule]
    broken = NOT_SHOWN.get(rule) or _replace(wanted.where, wanted.right, wanted.wrong)
    broken(paused)
    code, problems = validated(volon)
    mine = [problem for problem in problems if problem["rule"] == rule]
    assert mine, problems
    assert {problem["severity"] for problem in mine} == {wanted.gravity}
    if wanted.gravity is Gravity.ERROR:
        assert code in {wanted.exit_code, ExitCode.CORRUPT}
    assert all(problem["message"] and "\n" not in problem["message"] for problem in mine)
    if rule != "context.too-many-files":
        assert all(problem["line"] and problem["column"] for problem in mine), mine
        assert all(problem["path"] == FILES[wanted.where] for problem in mine)


@pytest.mark.parametrize("rule", sorted(set(RULES) - set(NOT_SHOWN) - set(ELSEWHERE)))
def test_the_right_example_of_each_rule_is_what_volon_itself_wrote_or_reads(rule: str, paused: RepoBuilder) -> None:
    assert RULES[rule].right in paused.read(FILES[RULES[rule].where]).decode()


def test_the_right_examples_in_words_are_right(paused: RepoBuilder, volon: VolonInProcess) -> None:
    """Marked paths and commits are no claims; neither is a file or a branch that is simply there."""
    marked = RULES["claim.path-outside"].right
    _replace("capsule", "- `src/retry.py` — the loop", marked)(paused)
    _replace("capsule", "1. Test `src/retry.py`", RULES["claim.commit-missing"].right)(paused)
    assert validated(volon) == (0, [])


def test_every_rule_that_the_code_names_is_in_the_table() -> None:
    """Rules are built from a record's name and a word; both are looked for in the sources."""
    sources = "\n".join(path.read_text() for path in (PROJECT_ROOT / "volon").rglob("*.py") if "rules" not in path.name)
    for rule in RULES:
        record, _, word = rule.partition(".")
        assert f'"{word}"' in sources or f'"{rule}"' in sources, rule
        assert (
            f'"{record}.' in sources
            or f'f"{record}.' in sources
            or record in {"task", "bootstrap", "checkpoint", "conduct-check", "conduct-discovery"}
        )
    checks = [*(PROJECT_ROOT / "volon/model").glob("*.py"), *(PROJECT_ROOT / "volon/usecases").glob("*.py")]
    text = "\n".join(path.read_text() for path in checks)
    whole = set(re.findall(r'"((?:record|frontmatter|yaml|claim|handoff|context|config)\.[a-z-]+)"', text))
    assert whole - set(RULES) - {"handoff.md"} == set()


@pytest.mark.usefixtures("paused")
def test_explain_says_what_the_page_says(volon: VolonInProcess) -> None:
    page = (PROJECT_ROOT / "docs/RULES.md").read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f'<a id="{rule.id}"></a>' in page
        assert json.loads(volon.ok("validate", "--explain", rule.id, "--json"))["says"] == rule.says
    shown = volon.ok("validate", "--explain", "capsule.section-missing")
    assert "## Proof" in shown
    assert "## Evidence" in shown
    near = volon("validate", "--explain", "capsule.section-mising")
    assert near.code == 2
    assert "Did you mean capsule.section-missing" in near.err


def test_key_paths_lead_to_the_entry(paused: RepoBuilder, volon: VolonInProcess) -> None:
    _replace("capsule", "- `src/old.py` — what it was", "- `src/none.py` — what it was")(paused)
    code, (problem,) = validated(volon)
    assert code == 1
    assert (problem["key"], problem["rule"]) == ("key_files[1]", "claim.path-missing")
    lines = paused.read(FILES["capsule"]).decode().splitlines()
    assert lines[problem["line"] - 1][problem["column"] - 1 :].startswith("`src/none.py`")
    assert f".volon/pcc/tasks/{TASK}.md:{problem['line']}:3: key_files[1]: " in volon("validate").out


def test_strict_makes_warnings_count(paused: RepoBuilder, volon: VolonInProcess) -> None:
    _delete_and_commit(paused)
    assert volon("validate").code == 0
    assert volon("validate", "--strict").code == 1


def test_a_merge_goes_before_what_cannot_be_read_and_that_before_the_rest(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    _replace("capsule", "## Evidence", "## Proof")(paused)
    assert volon("validate").code == 1
    _write("context", b"caf\xe9\n")(paused)
    assert volon("validate").code == 9
    _replace("task", "priority: B", RULES["record.conflict-markers"].wrong)(paused)
    code, problems = validated(volon)
    assert code == 7
    assert {"capsule.section-missing", "record.encoding", "record.conflict-markers"} <= {
        one["rule"] for one in problems
    }
