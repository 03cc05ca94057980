"""The same repositories by other means: what each way of saving uncommitted work loses, as a table.

Each recipe is built, saved, wrecked and put back by every contender, in a copy of its own, and compared by the oracle
of `tests.roundtrip`. A repository counts once in each row where something is not as it was. stepback (PyPI) is used as
its README says: a session, at whose beginning it saves, then `rewind` to that.

    python -m venv .stepback && .stepback/bin/pip install stepback==0.2.0
    python -m tests.roundtrip.rivals --stepback .stepback/bin/stepback      writes what docs/RESTORE.md shows
    python -m tests.roundtrip.rivals --count 20                             the first so many, to be looked at only
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis

from tests.crash.bench import scratch_directory
from tests.roundtrip import oracle
from tests.roundtrip.drawing import each, sealed
from tests.roundtrip.ground import Ground
from tests.roundtrip.ledger import ROOT
from tests.roundtrip.losses import losses, render, tally

if TYPE_CHECKING:
    from tests.roundtrip.corpus import Recipe
    from tests.roundtrip.losses import Outcome

RESULTS = Path(__file__).with_name("rivals.json")
_COUNT = 240
_VERBATIM = re.compile(r"'[^']*'|\b[0-9a-f]{7,64}\b|/\S+|\d+")

_REASONS = {
    "UnicodeDecodeError": "a name that is no UTF-8",
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904": "SHA-256: it asks for SHA-1's empty tree",
    "does not have a commit checked out": "a repository without a commit inside",
    "updateSparsePath": "a path outside of the sparse checkout",
    "needs merge": "conflicts",
    "do not have the initial commit": "no commit yet",
}

Step = Callable[[Path], str]


def _shell(script: str, root: Path) -> str:
    """Run a script as long as its commands succeed; return why it did not, in git's own words."""
    done = subprocess.run(["sh", "-ec", script], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = (done.stdout + b"\n" + done.stderr).decode(errors="replace")
    return _why(said, done.returncode) if done.returncode else ""


def _why(said: str, code: int) -> str:
    """Why a command refused, in words that are the same for all that refuse for the same reason."""
    known = next((words for sign, words in _REASONS.items() if sign in " ".join(said.split())), "")
    lines = said.strip().splitlines() or [f"exit code {code}"]
    return known or _VERBATIM.sub("…", lines[-1])


def _volon(times: int, words: tuple[str, ...], root: Path) -> str:
    from tests.roundtrip.trial import volon  # noqa: PLC0415 - volon is loaded after the seal

    for _ in range(times):
        code, _, err = volon(root, *words)
        if code:
            return _why(err.splitlines()[0], code)
    return ""


_INDEX = "d=$(git rev-parse --absolute-git-dir); export GIT_INDEX_FILE=$d/saving; "
_SAVE = "git add -A; git update-ref refs/saved $(git commit-tree -m saved $(git write-tree))"
_REST = "git ls-files -z -o --exclude-standard | xargs -0 -r rm -f --; git checkout-index -q -f -a"
_CONTENDERS = {
    "git stash -u": (
        "git stash push -u; git stash apply --index",
        "git reset --hard; git clean -f -d; git stash apply --index",
    ),
    "git add -A in an index of its own": (
        f"{_INDEX} if [ -e $d/index ]; then cp $d/index $d/saving; fi; {_SAVE}",
        f"{_INDEX} git read-tree refs/saved; {_REST}",
    ),
}


def contenders(stepback: Path | None) -> dict[str, tuple[Step, Step]]:
    """Everybody who takes part: how they save, and how they put back."""
    # volon twice, for where a .gitignore comes back: the second run judges by it.
    restore = ("restore", "1", "--yes", "--exact")
    found: dict[str, tuple[Step, Step]] = {
        "volon": (partial(_volon, 1, ("pause-task", "a note")), partial(_volon, 2, restore)),
        **{name: (partial(_shell, save), partial(_shell, back)) for name, (save, back) in _CONTENDERS.items()},
    }
    if stepback is not None:
        found["stepback"] = (
            partial(_shell, f"{stepback.absolute()} run -- true"),
            partial(_shell, f"{stepback.absolute()} rewind 1 --yes"),
        )
    return found


def compare(top: Path, recipe: Recipe, everybody: dict[str, tuple[Step, Step]]) -> dict[str, Outcome]:
    """Let every contender try one recipe; nobody does where there is nothing to save."""
    found = {}
    for name, (save, back) in everybody.items():
        shutil.rmtree(top, ignore_errors=True)
        ground = Ground(top, recipe)
        ground.build()
        if not ground.git("status", "--porcelain"):
            return {}
        found[name] = _try(ground, recipe, save, back)
    return found


def _try(ground: Ground, recipe: Recipe, save: Step, back: Step) -> Outcome:
    root = ground.root
    then = oracle.look(root)
    why = save(root)
    saved = oracle.look(root)
    if why:
        return [["refused to save", *_halfway(then, saved)], why]
    ground.do_all(recipe.wreck)
    wrecked = oracle.look(root)
    why = back(root)
    now = oracle.look(root)
    if why:
        # It said so, and what it had saved is still there.
        return [["refused to put back", *_halfway(wrecked, now)], why]
    return [sorted(losses(then, wrecked, now)) or ["all well"], ""]


def _halfway(before: oracle.Seen, after: oracle.Seen) -> list[str]:
    return ["stopped halfway"] if (before.files, before.entries) != (after.files, after.entries) else []


def portion(seeds: list[int], stepback: Path | None) -> list[dict[str, Outcome]]:
    """What came of some seeds, in a process of its own."""
    where = scratch_directory()
    found: list[dict[str, Outcome]] = []

    def attempt(recipe: Recipe) -> list[str]:
        found.append(compare(where / "ground", recipe, everybody))
        return []

    try:
        top = sealed(where)
        # On the disk of the repositories, where who moves files into place can do so at once.
        (where / "tmp").mkdir()
        os.environ.update(TMPDIR=str(where / "tmp"), COLUMNS="200")
        everybody = contenders(stepback)
        for seed in seeds:
            assert not each(seed, attempt), top
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return [one for one in found if one]


def main(argv: list[str] | None = None) -> int:
    """Print the tables; with all of the recipes also write them down."""
    parser = argparse.ArgumentParser(prog="python -m tests.roundtrip.rivals", description="What others lose.")
    parser.add_argument(
        "--count", type=int, default=_COUNT, help="so many recipes; fewer than usual are not written down"
    )
    parser.add_argument("--stepback", type=Path, metavar="PROGRAM", help="stepback of an environment of its own")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(argv)
    seeds = list(range(arguments.count))
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        parts = pool.map(partial(portion, stepback=arguments.stepback), [seeds[at : at + 5] for at in seeds[::5]])
        tried = [one for part in parts for one in part]
    results = {
        "volon": _said("git", "-C", str(ROOT), "log", "-1", "--format=%h of %cs", "--", "volon"),
        "git": _said("git", "--version"),
        "hypothesis": hypothesis.__version__,
        "seeds": f"0-{arguments.count - 1}",
        **tally(tried),
    }
    print(render(results))
    for name, reasons in results["reasons"].items():
        print(f"\n{name} refused:", *(f"\n  {count} {why}" for why, count in Counter(reasons).most_common(8)), sep="")
    if arguments.count >= _COUNT and arguments.stepback:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
