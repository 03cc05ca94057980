"""L0 context is capped."""

from __future__ import annotations

from volon.model.records import context
from volon.model.syntax.frontmatter import Document


def test_context_is_capped() -> None:
    assert context.check_context(Document.parse(b"---\na: b\n---\n" + b"word " * 400, "c.md")) == ()
    (problem,) = context.check_context(Document.parse(b"word " * 401, "c.md"))
    assert (problem.rule, problem.line) == ("context.too-long", 1)
    assert context.check_files([str(n) for n in range(25)]) == ()
    assert [one.rule for one in context.check_files([str(n) for n in range(26)])] == ["context.too-many-files"]
