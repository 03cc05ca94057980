"""What is only read of a phase's files: imports that resolve, and lines that say that something is undone."""

from __future__ import annotations

import pytest

from volon.model.conduct.looking import added, undone, unresolved, with_directories
from volon.model.conduct.records import Validation, check_body, failures
from volon.model.syntax.markdown import sections

KNOWN = with_directories(["pkg/__init__.py", "pkg/a.py", "pkg/sub/b.py", "src/lib/c.py", "top.py"])


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("top.py", "import os, json.decoder, numpy\nimport pkg.a, lib.c\nfrom pkg.sub import b\nfrom . import x", []),
        ("top.py", "import pkg.gone", ["top.py:1: no module pkg.gone"]),
        ("top.py", "\nfrom lib.gone import x", ["top.py:2: no module lib.gone"]),
        ("pkg/a.py", "from .sub.b import x\nfrom .gone import y", ["pkg/a.py:2: no module .gone"]),
        ("pkg/sub/b.py", "from ..a import x\nfrom ..gone import y", ["pkg/sub/b.py:2: no module ..gone"]),
        ("pkg/sub/b.py", "from .... import x", ["pkg/sub/b.py:1: no module ...."]),
        ("top.py", "def (", ["top.py:1: invalid syntax"]),
        ("top.py", "x = '\\d'\0", ["top.py:1: "]),
    ],
)
def test_an_import_of_the_repository_has_to_lead_somewhere(path: str, source: str, said: list[str]) -> None:
    found = list(unresolved(path, source, KNOWN))
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found


def test_only_lines_that_were_added_are_looked_at_whatever_they_look_like() -> None:
    patch = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-++ TODO old\n+++ b/y\n+TODO new\n@@ -9,0 +11 @@\n+z\n"
    )
    assert list(added(patch)) == [("x", 1, "++ b/y"), ("x", 2, "TODO new"), ("x", 11, "z")]
    assert list(undone("x", iter([(2, "  # FIXME: y"), (3, "TODOS")]))) == ["x:2: # FIXME: y"]


def test_a_check_keeps_all_output_but_secrets_and_hands_over_what_failed() -> None:
    output = "```\n## lint: failed\nghp_" + "a" * 36 + "\n"
    body = check_body(
        [Validation("tests", "failed", "1 of 1 failed", output), Validation("lint", "passed", "1 passed")]
    )
    assert "ghp_" not in body
    assert [one.title for one in sections(body, 2)] == ["tests: failed", "lint: passed"]
    assert "## lint: failed" in failures(body)
    assert "lint: passed" not in failures(body)
