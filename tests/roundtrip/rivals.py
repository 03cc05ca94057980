"""The same repositories by other means: what each way of saving uncommitted work loses, as a table.

Each recipe is built, saved, wrecked and put back by every contender, in a copy of its own, and compared by the oracle
of `tests.roundtrip`. A repository counts once in each column where something is not as it was.

    python -m tests.roundtrip.rivals -n 300        stepback takes part where it can be imported (`pip install stepback`)
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis

from tests.crash.bench import scratch_directory, seal_this_process
from tests.roundtrip import oracle
from tests.roundtrip.corpus import RECIPES
from tests.roundtrip.ground import USERS_CONFIG, Ground

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.roundtrip.corpus import Recipe
    from tests.roundtrip.oracle import Seen

COLUMNS = ("saved", "put back", "files lost or changed", "new files stay", "index", "refs or logs moved", "all well")

_WHERE = importlib.util.find_spec("stepback")
_HOME = str(Path(_WHERE.origin).parents[1]) if _WHERE and _WHERE.origin else ""
_ENGINE = (
    f"import sys; sys.path.append({_HOME!r}); from pathlib import Path; from stepback.engine import Engine;"
    " e = Engine(Path.cwd()); "
)


def _run(root: Path, *commands: tuple[str, ...]) -> bool:
    """Run commands one after the other, as long as they succeed."""
    return all(
        subprocess.run(words, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
        for words in commands
    )


def _volon(root: Path, *words: str) -> bool:
    from tests.roundtrip.trial import volon  # noqa: PLC0415 - volon is loaded after the seal

    return volon(root, *words)[0] == 0


def _shell(root: Path, script: str) -> bool:
    return _run(root, ("sh", "-ec", script))


_INDEX = "export GIT_INDEX_FILE=$(git rev-parse --absolute-git-dir)/saving; "
_CHECKOUT = "git checkout-index -q -f -a"
STASH = (
    "git stash push -q -u && git stash apply -q --index",
    "git reset -q --hard && git clean -q -f -d && git stash apply -q --index",
)
ADD = (
    f"{_INDEX} git add -A; git update-ref refs/saved $(git commit-tree -m saved $(git write-tree))",
    f"{_INDEX} git read-tree refs/saved; git ls-files -z -o --exclude-standard | xargs -0 -r rm -f --; {_CHECKOUT}",
)
CONTENDERS: dict[str, tuple[Callable[[Path], bool], Callable[[Path], bool]]] = {
    "volon": (
        lambda root: _volon(root, "pause-task", "a note"),
        # Twice, for where a .gitignore comes back: the second run judges by it.
        lambda root: all(_volon(root, "restore", "1", "--yes", "--exact") for _ in range(2)),
    ),
    "git stash -u": (lambda root: _shell(root, STASH[0]), lambda root: _shell(root, STASH[1])),
    "git add -A in an index of its own": (lambda root: _shell(root, ADD[0]), lambda root: _shell(root, ADD[1])),
    "stepback": (
        lambda root: _run(root, (sys.executable, "-c", f"{_ENGINE}e.checkpoint()")),
        lambda root: _run(root, (sys.executable, "-c", f"{_ENGINE}e.rewind(e.state.latest())")),
    ),
}


def compare(top: Path, recipe: Recipe, counts: dict[str, Counter[str]]) -> None:
    """Let every contender try one recipe."""
    for name, (save, put_back) in CONTENDERS.items():
        if name not in counts:
            continue
        shutil.rmtree(top, ignore_errors=True)
        ground = Ground(top, recipe)
        ground.build()
        if not ground.git("status", "--porcelain"):
            return
        then = oracle.look(ground.root)
        found = counts[name]
        found["tried"] += 1
        if not save(ground.root):
            continue
        found["saved"] += 1
        ground.do_all(recipe.wreck)
        wrecked = oracle.look(ground.root)
        if not put_back(ground.root):
            # It said so, and what it had saved is still there.
            continue
        found["put back"] += 1
        for fault in _faults(then, wrecked, oracle.look(ground.root)) or {"all well"}:
            found[fault] += 1


def _faults(then: Seen, wrecked: Seen, now: Seen) -> set[str]:
    wrong = oracle.differences(then, now, exact=True, wrecked=wrecked)
    kinds = {"new files stay" if " was not there, " in one else "files lost or changed" for one in wrong}
    if now.entries != then.entries:
        kinds.add("index")
    if _others(wrecked) != _others(now):
        kinds.add("refs or logs moved")
    return kinds


def _others(seen: Seen) -> dict[str, str]:
    """Everything but the refs that a contender keeps its own work under."""
    users = ("refs/heads/", "refs/tags/", "refs/remotes/")
    lines = [line for line in seen.refs["refs"].splitlines() if line.startswith(users)]
    logs = {name: value for name, value in seen.refs.items() if name != "refs" and not name.endswith("/stash")}
    return {**logs, "refs": "\n".join(lines)}


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.roundtrip.rivals", description="What others lose.")
    parser.add_argument("-n", "--examples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    names = [name for name in CONTENDERS if name != "stepback" or _WHERE]
    counts = {name: Counter[str]() for name in names}
    where, began = scratch_directory(), time.monotonic()
    try:
        seal_this_process(where / "home")
        with (where / "home" / "gitconfig").open("a") as file:
            file.write(USERS_CONFIG)

        @hypothesis.seed(arguments.seed)
        @hypothesis.settings(
            max_examples=arguments.examples,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
        )
        @hypothesis.given(RECIPES)
        def everybody(recipe: Recipe) -> None:
            compare(where / "ground", recipe, counts)

        everybody()
    finally:
        shutil.rmtree(where, ignore_errors=True)
    _print(counts, f"seed {arguments.seed}, {time.monotonic() - began:.0f} s")
    return 0


def _print(counts: dict[str, Counter[str]], closing: str) -> None:
    print(f"| | repositories | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---:|' * (len(COLUMNS) + 1)}")
    for name, found in counts.items():
        print(f"| {name} | {found['tried']} | {' | '.join(str(found[column]) for column in COLUMNS)} |")
    print(f"\n{closing}")


if __name__ == "__main__":
    sys.exit(main())
