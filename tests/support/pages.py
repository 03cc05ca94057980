"""What the documents hold that a reader can type: fenced blocks, and commands named in passing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)[^\n`]*$")
_PASSING = re.compile(r"`(?:git )?(volon [^`]+)`")


class Block(NamedTuple):
    """One fenced block.

    Attributes:
        page: the file's path below the project, with `/`.
        line: where its first line stands, from 1.
        language: the word after the ticks, perhaps empty.
        text: what stands between the fences, without their indentation.
    """

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page of the project that speaks to a reader of today.

    The decisions and the list of changes are left out: they record what was so on their day.
    """
    found = [*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").rglob("*.md")]
    return sorted(page for page in found if page.name not in {"DECISIONS.md", "CHANGELOG.md"})


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    name = page.relative_to(PROJECT_ROOT).as_posix()
    opened: re.Match[str] | None = None
    begun, held = 0, list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if opened is None:
            opened, begun, held = _FENCE.match(line), number + 1, []
        elif line.strip() == opened["ticks"]:
            yield Block(name, begun, opened["language"], "\n".join(held) + "\n")
            opened = None
        else:
            held.append(line.removeprefix(opened["indent"]))
    assert opened is None, f"{name}:{begun}: a fence is not closed"


def in_passing(page: Path) -> list[str]:
    """The commands of volon that a page names between single ticks, outside of fenced blocks."""
    text = re.sub(
        r"^ *(`{3,})[^\n]*\n.*?^ *\1 *$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return [found.replace("\\|", "|") for found in _PASSING.findall(text)]
