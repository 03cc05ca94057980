"""The rules of the house that linters do not see, checked on the source itself.

The promise of atomicity rests on one door to writing, the promise of inertness on one door to programs. So no other
file may open for writing, start a program or ask the time. Ruff catches most names; methods such as `write_text` and
modes such as `"w"` need a look at the tree.
"""

from __future__ import annotations

import ast
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "volon"
SOURCES = sorted(PACKAGE.rglob("*.py"))

WRITING_METHODS = {
    *("write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir", "rename", "symlink_to", "hardlink_to"),
}
WRITING_FLAGS = {f"os.O_{name}" for name in ("WRONLY", "RDWR", "CREAT", "TRUNC", "APPEND", "TMPFILE")}
OS_CALLS = {
    *("rename", "replace", "remove", "unlink", "link", "symlink", "truncate", "utime", "chmod", "chown"),
    *("mkdir", "makedirs", "removedirs", "renames", "rmdir", "mkfifo", "mknod"),
    *("system", "popen", "fork", "posix_spawn", "execv", "execve", "execvp", "execvpe", "spawnv", "spawnve"),
}
SHUTIL_CALLS = {"copy", "copy2", "copyfile", "copytree", "move", "rmtree"}
TIME_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.sleep"}
FORBIDDEN_CALLS = {f"os.{name}" for name in OS_CALLS} | {f"shutil.{name}" for name in SHUTIL_CALLS} | TIME_CALLS

# What stands here is the whole list of exceptions, each with its reason.
DOORS = {
    "disk.py": "the one door to writing",
    "process.py": "the one door to programs",
    "clock.py": "the one door to time",
}
BROAD_EXCEPTS = {"cli/main.py": 1}
"""The one broad except of the program: a bug is reported, not lost."""

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400
MEDIAN_FUNCTION_LINES = 8


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end without the docstring, which is welcome to be long."""
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    described = 0 if docstring is None or docstring.end_lineno is None else docstring.end_lineno - docstring.lineno + 1
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1 - described


def dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def forbidden_calls(tree: ast.Module) -> Iterator[str]:
    quiet = {id(part) for node in ast.walk(tree) if _discards(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) not in quiet and _is_forbidden(node):
            assert isinstance(node, ast.expr)
            yield f"line {node.lineno}: {ast.unparse(node)[:70]}"


def _discards(node: ast.AST) -> bool:
    """Opening the null device writes nothing."""
    return isinstance(node, ast.Call) and bool(node.args) and dotted(node.args[0]) == "os.devnull"


def _is_forbidden(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return dotted(node) in WRITING_FLAGS
    if not isinstance(node, ast.Call):
        return False
    return dotted(node.func) in FORBIDDEN_CALLS or _opens_for_writing(node) or _changes_a_path(node.func)


def _opens_for_writing(node: ast.Call) -> bool:
    called = dotted(node.func)
    if called not in {"open", "io.open"} and not called.endswith(".open"):
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    modes = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return any(set(mode) <= set("rwaxbt+U") and set(mode) & set("wax+") for mode in modes)


def _changes_a_path(called: ast.expr) -> bool:
    """See methods such as `path.unlink()`; `self.files` and a transaction are the allowed owners of such names."""
    if not isinstance(called, ast.Attribute) or called.attr not in WRITING_METHODS:
        return False
    owner = ast.unparse(called.value).split(".")[-1].lower()
    return not any(word in owner for word in ("files", "fs", "disk", "tx", "transaction"))


@pytest.mark.parametrize("path", [path for path in SOURCES if name_of(path) not in DOORS], ids=name_of)
def test_only_the_doors_write_start_programs_or_ask_the_time(path: Path) -> None:
    assert list(forbidden_calls(tree_of(path))) == []


WAYS_AROUND = """
open(p, 'w')
p.open('ab')
open(p, mode='x')
Path(p).write_text('x')
os.replace(a, b)
p.unlink()
os.open(p, os.O_RDWR)
FLAGS = os.O_CREAT | os.O_EXCL
os.system('x')
datetime.now(UTC)
time.time()
shutil.rmtree(p)
"""


@pytest.mark.parametrize("bad", WAYS_AROUND.split("\n")[1:-1])
def test_the_check_sees_each_way_around_the_doors(bad: str) -> None:
    assert list(forbidden_calls(ast.parse(bad)))


@pytest.mark.parametrize(
    "good",
    [
        "open(p)",
        "open(p, 'rb')",
        "os.open(p, os.O_RDONLY)",
        "os.open(os.devnull, os.O_WRONLY)",
        "self.files.unlink(p)",
        "tx.rename(a, b)",
        "clock.now()",
    ],
)
def test_the_check_leaves_reading_and_the_doors_alone(good: str) -> None:
    assert not list(forbidden_calls(ast.parse(good)))


def test_no_module_is_too_long() -> None:
    long = {
        name_of(path): lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > MAX_MODULE_LINES
    }
    assert long == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{name_of(path)}:{function.lineno} {function.name}": code_lines(function)
        for path in SOURCES
        for function in functions(tree_of(path))
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION_LINES


def test_nothing_is_caught_blindly_but_in_one_place() -> None:
    counts: dict[str, int] = {}
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or _is_broad(node.type)):
                counts[name_of(path)] = counts.get(name_of(path), 0) + 1
    assert counts == BROAD_EXCEPTS


def _is_broad(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in {"Exception", "BaseException"} for each in ast.walk(node))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_promises(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), "a module opens with what it promises"
    assert "print" not in {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_no_setting_of_git_that_destroys_is_written_anywhere() -> None:
    """Source: reliability §0.6. What restores must never use these, so no source line may contain them."""
    forbidden = ('"reset", "--hard"', '"clean"', '"checkout", "-f"', '"stash", "push"', '"stash", "pop"')
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in SOURCES}
    assert [f"{name}: {words}" for name, text in texts.items() for words in forbidden if words in text] == []
