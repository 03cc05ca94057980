"""The commands that were run before a pause, in a section of its checkpoint: one line of JSON for each.

The newest run of each command, without its output. Where the tree it ran on is the tree of the pause, its files are not
named again.

Source: contract §8.5 (evidence); `volon.model.evidence`.
"""

from __future__ import annotations

from volon.model.syntax import markdown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.evidence import Evidence
    from volon.model.syntax.frontmatter import Document

TITLE = "Commands that were run"


def render(rows: Sequence[Evidence]) -> str:
    """The section as it stands at the end of a checkpoint; nothing when nothing was run."""
    if not rows:
        return ""
    from volon.model.evidence import encode  # noqa: PLC0415  few checkpoints have any

    lines = "\n".join(map(encode, rows))
    return f"\n## {TITLE}\n\n{markdown.code_block(lines, 'json')}\n"


def parse(document: Document) -> tuple[Evidence, ...]:
    """The rows of the section."""
    block = markdown.first_code_block(document.section(TITLE) or "")
    if not block:
        return ()
    from volon.model.evidence import decode_all  # noqa: PLC0415  few checkpoints have any

    return decode_all(block)
