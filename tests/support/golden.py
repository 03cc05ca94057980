"""Golden texts: what a command prints is part of what it promises, so the whole of it is kept and compared.

A golden text stands in `tests/golden/output/NAME.txt`. `pytest --update-golden` writes what was seen instead of
comparing; the diff is then for a person to read. Paths and ids that differ from run to run are replaced first, each by
a name that keeps their identity: the same id gives the same name within one text.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.errors import VolonError

GOLDEN_DIR = Path(__file__).resolve().parents[1] / "golden" / "output"
"""Where golden texts live."""

_ULID = re.compile(r"(?<![0-9A-Za-z])[0-7][0-9A-HJKMNP-TV-Z]{25}(?![0-9A-Za-z])")
_OBJECT_ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f])")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Golden:
    """Compares texts with their golden versions.

    Args:
        places: directories to replace by a name, such as `{"$REPO": root}`.
        update: whether to write the golden text instead of comparing.
        directory: where the golden texts live.
    """

    def __init__(self, places: Mapping[str, Path], *, update: bool, directory: Path = GOLDEN_DIR) -> None:
        self._places = dict(places)
        self._update = update
        self._directory = directory

    def __call__(self, name: str, text: str) -> None:
        """Compare one text.

        Args:
            name: of the golden text, lower case: `pause-first`.
            text: what was seen.

        Raises:
            AssertionError: when they differ, with a diff; or when there is no golden text yet.
        """
        assert _NAME.fullmatch(name), f"{name!r} is no good name for a golden text"
        path = self._directory / f"{name}.txt"
        seen = self.normalise(text)
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(seen.encode("utf-8", "surrogateescape"))
            return
        assert path.exists(), f"There is no golden text {name} yet: run pytest --update-golden and read what it wrote."
        expected = path.read_bytes().decode("utf-8", "surrogateescape")
        assert seen == expected, _difference(name, expected, seen)

    def normalise(self, text: str) -> str:
        """Replace paths and ids that differ from run to run."""
        for name, place in sorted(self._places.items(), key=lambda item: -len(str(item[1]))):
            text = text.replace(str(place), name)
        text = _named(_ULID, "ulid", text)
        return _named(_OBJECT_ID, "object", text)


def told(error: VolonError) -> str:
    """An error in the words of the terminal, but not folded to its width: paths differ in length from run to run."""
    lines = [f"Error: {error.message}", *(f"Caused by: {one}" for one in error.causes)]
    return "".join(f"{line}\n" for line in (*lines, *(f"Hint: {one}" for one in error.hints)))


def _named(pattern: re.Pattern[str], kind: str, text: str) -> str:
    names: dict[str, str] = {}
    return pattern.sub(lambda match: names.setdefault(match[0], f"<{kind}-{len(names) + 1}>"), text)


def _difference(name: str, expected: str, seen: str) -> str:
    lines = difflib.unified_diff(
        expected.splitlines(),
        seen.splitlines(),
        f"golden/output/{name}.txt",
        "what was seen",
        lineterm="",
    )
    return "\n".join(["The text differs (pytest --update-golden accepts it):", *lines])
