"""Mutation testing of the core, as `python -m tests.mutation`: would the tests notice if the code were wrong?

mutmut builds every small change it knows of into the modules named in `pyproject.toml` and runs their tests against
each. This command starts it afresh, says per module how many changes were noticed, and fails when

* a change survives that `survivors.toml` does not explain, or an explanation is there for none;
* a module has fewer mutants or a lower score than recorded (`tests/crash/floors.json`);
* mutmut could not tell.

It takes long and is no part of the gate; `pip install -e '.[dev,mutation]'` brings mutmut.

    python -m tests.mutation              all of it
    python -m tests.mutation --report     what the last run found, after `mutmut run NAME` has looked at some again
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.floors import FLOORS, shrunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = ROOT / "mutants"
SURVIVORS = Path(__file__).with_name("survivors.toml")
NOT_VERIFIED = 77
_ROW = "{:<28}{:>8}{:>8}{:>8}{:>10}{:>9}{:>9}"
_COLUMNS = ("killed", "typed", "survived", "unknown")
_OUTCOMES = {
    0: "survived",
    1: "killed",
    3: "killed",
    # No test runs the function at all.
    5: "survived",
    33: "survived",
    37: "typed",
    # It never ends: the limit on processor time stopped it.
    24: "killed",
    -24: "killed",
    36: "killed",
    152: "killed",
}


@dataclass(frozen=True)
class Mutant:
    """One change of the code.

    Attributes:
        module: such as `volon.store.journal`.
        name: what mutmut calls it, for `mutmut show`.
        change: the function, and the smallest piece of it that differs, before and after.
        outcome: `killed` by a test, refused by the types (`typed`), `survived`, or `unknown`.
    """

    module: str
    name: str
    change: str
    outcome: str


def main(argv: list[str] | None = None) -> int:
    """Run mutmut and judge what it found; see the module's words."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing of the core.")
    parser.add_argument("--report", action="store_true", help="judge the results that are there, run nothing")
    parser.add_argument("--children", type=int, default=2, metavar="N", help="how many mutants to try at once")
    arguments = parser.parse_args(argv)
    if not arguments.report and (code := _run(arguments.children)):
        return code
    mutants = [mutant for meta in sorted(MUTANTS.rglob("*.py.meta")) for mutant in _read(meta)]
    complaints = [*_scores(mutants), *_unexplained(mutants)]
    print("\n".join(complaints) if complaints else f"mutation: {len(mutants)} mutants, every survivor is explained")
    return 1 if complaints else 0


def _run(children: int) -> int:
    tools = Path(sys.executable).parent
    if not (tools / "mutmut").exists():
        print("mutation: not verified, mutmut is missing: pip install -e '.[dev,mutation]'")
        return NOT_VERIFIED
    shutil.rmtree(MUTANTS, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # A table of examples kills what can be killed; more samples of the same property only take time.
    env["VOLON_EXAMPLES"] = "20"
    env["PATH"] = f"{tools}{os.pathsep}{env['PATH']}"
    argv = [str(tools / "mutmut"), "run", "--max-children", str(children)]
    return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode


def _read(meta: Path) -> Iterator[Mutant]:
    """Every mutant of one module, from what mutmut keeps: the results, and a file with all changes side by side."""
    results: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    tree = ast.parse(meta.with_suffix("").read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name, code in results.items():
        module, _, mangled = name.rpartition(".")
        function = mangled.partition("__mutmut_")[0]
        was, now = _difference(functions[f"{function}__mutmut_orig"], functions[mangled])
        readable = function.removeprefix("x").removeprefix("_").strip("ǁ").replace("ǁ", ".")
        change = f"{module}.{readable}: {ast.unparse(was)} → {ast.unparse(now)}"
        yield Mutant(module, name, change, _OUTCOMES.get(-1000 if code is None else code, "unknown"))


def _difference(was: ast.AST, now: ast.AST) -> tuple[ast.AST, ast.AST]:
    """The smallest part that differs and still says something by itself; a lone word or number does not."""
    pairs = list(zip(ast.iter_child_nodes(was), ast.iter_child_nodes(now), strict=False))
    differing = [pair for pair in pairs if ast.dump(pair[0]) != ast.dump(pair[1])]
    if type(was) is type(now) and len(differing) == 1 and len(list(ast.iter_child_nodes(was))) == len(pairs):
        deeper = _difference(*differing[0])
        if isinstance(deeper[0], (ast.expr, ast.stmt)) and not isinstance(deeper[0], (ast.Constant, ast.Name)):
            return deeper
    return was, now


def _scores(mutants: Iterable[Mutant]) -> Iterator[str]:
    """Print a line for each module; what is below its floor is a complaint."""
    counts = {module: Counter[str]() for module in json.loads(FLOORS.read_text(encoding="utf-8"))["mutation"]}
    for mutant in mutants:
        counts.setdefault(mutant.module, Counter())[mutant.outcome] += 1
    print(_ROW.format("module", "mutants", *_COLUMNS, "score"))
    for module, found in counts.items():
        total = found.total()
        score = 100 * (found["killed"] + found["typed"]) / max(total, 1)
        print(_ROW.format(module, total, *(found[outcome] for outcome in _COLUMNS), f"{score:.1f} %"))
        for sentence in shrunk("mutation", module, {"mutants": total, "percent": int(score)}):
            yield f"{module}: {sentence}"


def _unexplained(mutants: Iterable[Mutant]) -> Iterator[str]:
    """A sentence for every survivor without an explanation, and for every explanation without a survivor."""
    classes = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["class"]
    explained = Counter(change for each in classes for change in each["mutants"])
    for mutant in mutants:
        if mutant.outcome == "unknown":
            yield f"not decided: {mutant.name}"
        elif mutant.outcome == "survived" and explained[mutant.change]:
            explained[mutant.change] -= 1
        elif mutant.outcome == "survived":
            yield f"survived, and nobody says why: {mutant.name}: {mutant.change}"
    yield from (f"explained, but no such mutant survives: {change}" for change in explained.elements())


if __name__ == "__main__":
    sys.exit(main())
