"""python-frontmatter's way in, with volon's own splitter and strict loader behind it.

The library decides nothing here: its handler interface is the published seam between a file and its metadata,
so anything that speaks python-frontmatter can read volon's records with `RecordHandler`. This module is imported
only when there is frontmatter to read (the library costs more to import than most files take to parse).

Source: contract (packages: python-frontmatter, pyyaml), design §4.
"""

from __future__ import annotations

import frontmatter
from frontmatter.default_handlers import BaseHandler

from volon.model.syntax.nodes import Mapping, nothing
from volon.model.syntax.strictyaml import parse_yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any


class RecordHandler(BaseHandler):
    """Hands python-frontmatter a split that is already known, and loads it with the strict loader.

    The library normalises line ends before it splits, which would shift every position: the handler splits the
    exact text it was made with.

    Args:
        text: the exact text of the record.
        front: the span of the YAML in the text.
        path: named in problems.
        first_line: the line of the file on which the YAML begins.
    """

    FM_BOUNDARY: re.Pattern[str] | None = None
    START_DELIMITER = END_DELIMITER = "---"

    def __init__(self, text: str, front: tuple[int, int], path: str, first_line: int = 2) -> None:
        self.yaml, self.content = text[front[0] : front[1]], text[front[1] :].partition("\n")[2]
        self.path, self.first_line = path, first_line
        self.tree: Mapping = nothing(first_line)

    def split(self, text: str) -> tuple[str, str]:  # noqa: ARG002  the library's copy has other line ends
        """The YAML and what follows it."""
        return self.yaml, self.content

    def load(self, fm: str) -> dict[str, Any]:
        """The metadata; positions are kept in `tree`."""
        self.tree = parse_yaml(fm, self.path, self.first_line)
        return self.tree.plain()


def load_tree(text: str, front: tuple[int, int], path: str) -> Mapping:
    """Load the frontmatter of a text whose split is known.

    Raises:
        FrontmatterError: the YAML is outside the accepted subset (exit 9).
    """
    handler = RecordHandler(text, front, path)
    frontmatter.parse(text, handler=handler)
    return handler.tree
