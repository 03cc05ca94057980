"""Two of the five validations, as far as they are only reading: imports that resolve, and work that says it is undone.

Source: seed 002 (Phase Validation Logic); issue "conduct" (verify).
"""

from __future__ import annotations

import sys

from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterator

_UNDONE = pattern(r"\b(?:TODO|FIXME)\b")
_HUNK = pattern(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def undone(path: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield where the lines say that something is still to be done."""
    for number, line in lines:
        if _UNDONE.search(line):
            yield f"{path}:{number}: {line.strip()[:200]}"


def added(patch: str) -> Iterator[tuple[str, int, str]]:
    """Yield the path, number and text of each line that a patch without context adds."""
    path, number, left = "", 0, 0
    for line in patch.split("\n"):
        if left:
            left -= 1
            if line.startswith("+"):
                yield path, number, line[1:]
                number += 1
            elif line.startswith("\\"):
                left += 1
        elif line.startswith("+++ "):
            path = line[4:].removeprefix("b/").rstrip("\t")
        elif match := _HUNK.match(line):
            left, number = int(match[1] or 1) + int(match[3] or 1), int(match[2])


def unresolved(path: str, source: str, known: Collection[str]) -> Iterator[str]:
    """Yield the imports of a Python file that cannot resolve, or why it cannot be read as one.

    What is looked for are modules of the repository: relative imports, and absolute ones whose first name lies at its
    top, below `src`, or beside the file. Packages from elsewhere are the tests' business; no code is run here.

    Args:
        path: the file, from the top of the working tree.
        source: what is in it.
        known: every path in the working tree.
    """
    import ast  # noqa: PLC0415  only where there is Python
    import warnings  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        yield f"{path}:{error.lineno or 1}: {error.msg}"
        return
    except (ValueError, RecursionError, MemoryError) as error:
        yield f"{path}:1: it cannot be read as Python: {error}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(one.name, node.lineno) for one in node.names]
            yield from (f"{path}:{at}: no module {name}" for name, at in names if not _is_there(path, name, known))
        elif isinstance(node, ast.ImportFrom) and not _is_found(path, node, known):
            yield f"{path}:{node.lineno}: no module {'.' * node.level}{node.module or ''}"


def _is_found(path: str, node: ast.ImportFrom, known: Collection[str]) -> bool:
    if not node.level:
        return _is_there(path, node.module or "", known)
    parts = path.split("/")[: -node.level]
    if len(path.split("/")) < node.level or not node.module:
        return len(path.split("/")) >= node.level
    return _leads("/".join([*parts, *node.module.split(".")]), known)


def _is_there(path: str, name: str, known: Collection[str]) -> bool:
    """Whether an absolute import can be of the repository's, and is; what is not of it is believed."""
    first, *rest = name.split(".")
    if first in sys.stdlib_module_names:
        return True
    beside = path.rpartition("/")[0]
    tops = [top for top in dict.fromkeys(("", "src/", f"{beside}/" if beside else "")) if _leads(top + first, known)]
    return not tops or any(_leads("/".join([top + first, *rest]), known) for top in tops)


def _leads(where: str, known: Collection[str]) -> bool:
    return f"{where}.py" in known or f"{where}/" in known


def with_directories(paths: Collection[str]) -> set[str]:
    """Return the paths and, with a `/` at their ends, all directories they lie in."""
    found = set(paths)
    for path in paths:
        while (path := path.rpartition("/")[0]) and f"{path}/" not in found:
            found.add(f"{path}/")
    return found
