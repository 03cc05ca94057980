"""The rules of the house that linters do not see, checked on the source itself.

The promise of atomicity rests on one door to writing, the promise of inertness on one door to programs. So no other
file may open for writing, start a program or ask the time. Ruff catches most names; methods such as `write_text` and
modes such as `"w"` need a look at the tree.
"""

from __future__ import annotations

import ast
import re
import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
    "process.py": "the one door to programs of our own choice",
    "supervised.py": "the one door to programs of others",
    "foreground.py": "the one door to a command of the user's own",
    "terminals.py": "behind that door: the terminal that the command has",
    "background.py": "the one door to tickets of a pipeline",
    "again.py": "the one door to volon itself, started once more",
    "keeper.py": "behind that door: the process that starts them",
    "runfiles.py": "the one door to files that several processes append to",
    "marks.py": "the one door to what hooks remember of agents' sessions, which is derived",
    "copies.py": "the one door to copies of this process",
    "clock.py": "the one door to time",
    "scratch.py": "what is thrown away again, and never a record or a user's file",
}
BROAD_EXCEPTS = {"cli/main.py": 1, "cli/mcp.py": 1, "cli/hooking.py": 2}
"""One for a run, one for a question to a server, two where no agent may be stopped: a bug is reported, not lost."""

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400
MEDIAN_FUNCTION_LINES = 8


@pytest.fixture(scope="module", autouse=True)
def _forget() -> Iterator[None]:
    """The trees of all modules are large."""
    yield
    tree_of.cache_clear()


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def found(look: Callable[[ast.Module], Iterable[str]], *besides: str) -> dict[str, list[str]]:
    """What is found in each module but some, where something is; one promise for all of them is one test."""
    looked = {name_of(path): list(look(tree_of(path))) for path in SOURCES if name_of(path) not in besides}
    return {name: sentences for name, sentences in looked.items() if sentences}


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


def test_only_the_doors_write_start_programs_or_ask_the_time() -> None:
    assert found(forbidden_calls, *DOORS) == {}


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


def unsaid_or_printed(tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "a module opens with what it promises"
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    yield from (f"line {called.lineno}: print" for called in calls if dotted(called) == "print")


def test_every_module_says_what_it_promises_and_prints_nothing() -> None:
    assert found(unsaid_or_printed) == {}
    assert list(unsaid_or_printed(ast.parse("\nprint(1)"))) == ["a module opens with what it promises", "line 2: print"]


def endless_classes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _LAST.search(node.value):
            yield f"line {node.lineno}"


_LAST = re.compile(r"-(?:\U0010ffff|\\U0010ffff)", re.IGNORECASE)


def test_no_class_of_characters_goes_up_to_the_last_one() -> None:
    """It takes half as long to compile as Python takes to start; what it leaves out, or the rest, says the same."""
    assert found(endless_classes) == {}
    assert (
        list(endless_classes(ast.parse(r"""a = r"[^\x7f-\U0010ffff]"; b = "[\x7f-\U0010ffff]" """))) == ["line 1"] * 2
    )


def silent_skips(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _SKIPS and "not verified" not in ast.unparse(node):
            yield f"line {node.lineno}"


_SKIPS = {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.importorskip"}


def test_what_is_skipped_says_that_it_is_not_verified() -> None:
    """So that whoever reads what a run printed takes no skip for a pass."""
    tests = sorted(Path(__file__).parent.rglob("*.py"))
    rows = {path.name: list(silent_skips(ast.parse(path.read_text("utf-8")))) for path in tests}
    assert {name: lines for name, lines in rows.items() if lines} == {}
    bad = "\npytest.skip('no')\n@pytest.mark.skipif(True, reason='not verified: no')\ndef f(): ..."
    assert list(silent_skips(ast.parse(bad))) == ["line 2"]


# --- modules that are doors ------------------------------------------------------------------------------------------

OWNED_MODULES = {
    "subprocess": {"supervised.py", "foreground.py"},
    "secrets": {"ids.py"},
    "fcntl": {"disk.py", "runfiles.py", "scratch.py", "background.py", "keeper.py"},
    "shutil": {"scratch.py"},
    **{name: set() for name in ("socket", "tempfile", "random", "uuid", "pty", "ctypes", "multiprocessing", "pickle")},
}
"""Who may import what changes the disk, starts programs, asks for randomness, or runs what it reads."""


def owned_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        yield from (top for name in names if (top := name.partition(".")[0]) in OWNED_MODULES)


def test_modules_that_are_doors_have_one_owner() -> None:
    owned = found(owned_imports)
    assert owned
    assert {name: door for name, doors in owned.items() for door in doors if name not in OWNED_MODULES[door]} == {}


@pytest.mark.parametrize(
    "bad", ["import subprocess", "from random import choice", "import shutil as s", "import os, pty"]
)
def test_the_check_sees_each_way_to_import(bad: str) -> None:
    assert list(owned_imports(ast.parse(bad)))


# --- what git must never be told -------------------------------------------------------------------------------------

DESTRUCTIVE = re.compile(
    r"\bgit\s+(?:-C\s+\S+\s+|-\S+\s+)*(?:clean\b|reset\s+--hard\b|stash(?!\s+(?:show|list)\b|@|\w)|checkout\s+(?:-f\b|--force\b)"
    r"|switch\s+(?:-f\b|--force\b|--discard-changes\b)|worktree\s+remove\s+.*(?:-f\b|--force\b))"
)
FORCES = {"-f", "--force", "--discard-changes"}


def destructive_words(tree: ast.Module) -> Iterator[str]:
    """Sentences and argument lists that would lose a user's work; docstrings may speak of them.

    Source: reliability §0.6.
    """
    described = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            if DESTRUCTIVE.search(node.value):
                yield f"line {node.lineno}: {node.value[:60]}"
        elif isinstance(node, ast.Call | ast.List | ast.Tuple):
            words = _constant_words(node)
            if _destroys(words):
                yield f"line {node.lineno}: {' '.join(words)}"


def _has_docstring(node: ast.AST) -> bool:
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    return documented and ast.get_docstring(node) is not None  # type: ignore[arg-type]


def _constant_words(node: ast.Call | ast.List | ast.Tuple) -> list[str]:
    parts = node.args if isinstance(node, ast.Call) else node.elts
    words = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return words[1:] if words[:1] == ["git"] else words


def _destroys(words: list[str]) -> bool:
    command, rest = words[:1], set(words[1:])
    if command == ["clean"]:
        return bool(rest & {"-f", "-d", "-fd", "-fdx", "-x", "--force"})
    if command == ["stash"]:
        return not rest & {"show", "list"}
    if command == ["reset"]:
        return "--hard" in rest
    forced = bool(rest & FORCES)
    return forced and (command in (["checkout"], ["switch"]) or (command == ["worktree"] and "remove" in rest))


def test_git_is_never_told_to_destroy() -> None:
    assert found(destructive_words) == {}


DESTRUCTION = """
git.run('reset', '--hard', commit)
git.run('clean', '-fd')
run(['git', 'clean', '-fdx'])
git.run('stash')
git.run('stash', 'push', '-u')
git.run('stash', 'pop')
git.run('checkout', '-f', 'main')
git.run('switch', '--discard-changes', name)
git.run('worktree', 'remove', '--force', path)
hints = ['git reset --hard HEAD']
hint = f'git checkout --force {name}'
hint = 'git stash, then try again'
hint = 'git -C x clean -n'
command = 'git worktree remove --force ../x'
"""


@pytest.mark.parametrize("bad", DESTRUCTION.split("\n")[1:-1])
def test_the_check_sees_each_way_to_destroy(bad: str) -> None:
    assert list(destructive_words(ast.parse(bad)))


@pytest.mark.parametrize(
    "good",
    [
        "git.run('reset', '--soft')",
        "git.run('stash', 'list')",
        "hint = 'git stash show -p --include-untracked stash@{0}'",
        "'the tree is clean'",
        "def f():\n    'Never calls git clean -fd.'",
        "git.run('worktree', 'list', '--porcelain')",
    ],
)
def test_the_check_lets_harmless_words_pass(good: str) -> None:
    assert not list(destructive_words(ast.parse(good)))


def porcelain_diffs(tree: ast.Module) -> Iterator[str]:
    """Find git commands that begin with `diff`: that one rewrites the user's index; `diff-index` and others do not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.List | ast.Tuple) and _constant_words(node)[:1] == ["diff"]:
            yield f"line {node.lineno}"


def test_git_is_never_asked_by_the_diff_that_refreshes_the_index() -> None:
    asking = [path for path in SOURCES if path.parent.name == "repo"]
    assert {name_of(path): lines for path in asking if (lines := list(porcelain_diffs(tree_of(path))))} == {}
    assert asking


def test_the_check_sees_each_way_to_that_diff() -> None:
    for bad in ("git.run('diff', 'HEAD')", "WORDS = ('diff', '-U0')", "run(['git', 'diff'])"):
        assert list(porcelain_diffs(ast.parse(bad))), bad
    assert not list(porcelain_diffs(ast.parse("git.run('diff-index', 'HEAD')")))


# --- the limits themselves -------------------------------------------------------------------------------------------


def test_the_limits_are_measured_as_they_say() -> None:
    long = ast.parse('def f():\n    """Said\n    at length."""\n' + "    x = 1\n" * 60)
    assert [code_lines(function) for function in functions(long)] == [61]
    for broad in ("except Exception:", "except:", "except BaseException as e:", "except (ValueError, Exception):"):
        handler = next(n for n in ast.walk(ast.parse(f"try: pass\n{broad} pass")) if isinstance(n, ast.ExceptHandler))
        assert handler.type is None or _is_broad(handler.type)
    assert not _is_broad(ast.parse("ValueError", mode="eval").body)


def test_continuous_integration_runs_the_very_command_of_the_readme() -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    second = blocks[1].strip()
    assert second.endswith("-m tests")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == second
