"""L0 project context: what everybody should know, written by people or agents; read, capped and checked.

Source: contract §3 (`pcc/global/*.md`, 25 files of 400 words), origins §2.1.
"""

from __future__ import annotations

from volon.model.problems import Problem
from volon.model.text import count_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from volon.model.syntax.frontmatter import Document

DIRECTORY = ".volon/pcc/global"
MAX_FILES = 25
MAX_WORDS = 400


def check_context(document: Document) -> tuple[Problem, ...]:
    """What is wrong with one file: its words, counted below the frontmatter."""
    words = count_words(document.body)
    if words <= MAX_WORDS:
        return ()
    message = f"{words} words; at most {MAX_WORDS} are allowed"
    hint = "every session reads this file: move details to the documentation and link to it"
    return (Problem(document.path, document.body_line, 1, "body", "context.too-long", message, hint),)


def check_files(names: Collection[str]) -> tuple[Problem, ...]:
    """What is wrong with the directory: too many files."""
    if len(names) <= MAX_FILES:
        return ()
    message = f"{len(names)} files; at most {MAX_FILES} are allowed"
    hint = "every session reads them all: merge or remove some"
    return (Problem(DIRECTORY, None, None, None, "context.too-many-files", message, hint),)
