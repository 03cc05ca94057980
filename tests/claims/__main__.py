"""The proof that claims are checked: no false alarm on true capsules, and every false one caught.

True capsules come from real pauses in repositories of ten kinds (`tests.claims.corpus`). They are validated where they
were made, in a whole clone and in a shallow one. Then every capsule is made false in each of five ways, and each way is
given to `volon validate`, which must name the file with an error. What happens in the world is tried too: the branch
of a paused task is renamed, its key file is deleted and that is committed. Each time the quick way of looking at many
capsules, the cache and the full way of looking at each have to say the same.

    python -m tests.claims             a short tier, part of the gate
    python -m tests.claims --long      at least 500 capsules
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest.mock import patch

from tests.claims.corpus import CAPSULES, KINDS, Corpus, build, copy_of
from tests.claims.mutants import MUTATIONS
from tests.support.repos import run_git
from tests.support.running import VolonInProcess
from tests.support.seal import sealed_environment
from volon import peek
from volon.store.store import Store

SHORT, LONG = 4, 52
"""Pauses for each kind of repository."""
CAUGHT = 0.99
RENAMED, DELETED = "rename in git", "delete in git"


def main(argv: list[str] | None = None) -> int:
    """Print the counts; the exit status says whether the demands are met."""
    arguments = _parser().parse_args(argv)
    count = LONG if arguments.long else SHORT
    began = time.monotonic()
    jobs = [(kind, count, arguments.seed) for kind in KINDS if arguments.only in (None, kind)]
    with ProcessPoolExecutor(max_workers=arguments.jobs) as pool:
        found = list(pool.map(_tried, jobs))
    total: Counter[str] = sum(found, Counter())
    _print(total)
    caught = all(total[f"caught {name}"] >= CAUGHT * total[f"made {name}"] > 0 for name in _names(total))
    good = (
        caught and not total["false alarms"] and not total["disagreements"] and total["capsules"] >= count * len(jobs)
    )
    made, seen = (sum(total[f"{word} {name}"] for name in _names(total)) for word in ("made", "caught"))
    print(
        f"{total['capsules']} true capsules, {total['false alarms']} false alarms in {total['looks']} looks; "
        f"{seen} of {made} false ones caught ({100 * seen / max(made, 1):.2f} %), {time.monotonic() - began:.0f} s"
    )
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.claims", description="The proof that claims are checked.")
    parser.add_argument("--long", action="store_true", help=f"{LONG} pauses in each kind of repository")
    parser.add_argument("--only", choices=list(KINDS), help="one kind of repository")
    parser.add_argument("--seed", type=int, default=1, help="another corpus")
    parser.add_argument("--jobs", type=int, default=2, help="how many repositories at once")
    return parser


def _names(total: Counter[str]) -> list[str]:
    return [name for name in (*MUTATIONS, RENAMED, DELETED) if total[f"made {name}"]]


def _print(total: Counter[str]) -> None:
    for name in _names(total):
        print(f"{name:<18}{total[f'made {name}']:>6} made{total[f'caught {name}']:>6} caught")


def _tried(job: tuple[str, int, int]) -> Counter[str]:
    """Everything about one repository, in a process and a home of its own."""
    kind, count, seed = job
    # A pause waits for the disk; where there is a disk in memory, it need not.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  only a place for a temporary directory
    with tempfile.TemporaryDirectory(dir=memory) as name:
        place = Path(name)
        os.environ.clear()
        os.environ.update(sealed_environment(place / "home", {"PATH": os.defpath, **dict(_OUTER)}))
        corpus = build(kind, place / "made", count, seed)
        total = Counter({"capsules": len(corpus.capsules())})
        total += _looked_at(corpus, place)
        rng = random.Random(f"{kind} {seed} mutants")
        for mutation in MUTATIONS:
            total += _mutated(corpus, copy_of(corpus, place / mutation.replace(" ", "-")), mutation, rng)
        total += _renamed(copy_of(corpus, place / "renamed"))
        total += _deleted(copy_of(corpus, place / "deleted"))
    total["disagreements"] = len(_DISAGREED)
    _DISAGREED.clear()
    return total


_OUTER = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}


def _looked_at(corpus: Corpus, place: Path) -> Counter[str]:
    """True capsules, where they were made and where CI would see them: nothing may be wrong, not even a warning."""
    root = corpus.repo.root
    run_git(place, "clone", "-q", f"file://{root}", "whole")
    run_git(place, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    total: Counter[str] = Counter()
    for where in (root, place / "whole", place / "shallow"):
        wrong = [one for one in _problems(where) if one["severity"] != "note"]
        for one in wrong[:3]:
            where_and_what = f"{one['path']}:{one['line']} {one['message']} [{one['rule']}]"
            print(f"FALSE ALARM in {corpus.kind}, {where.name}: {where_and_what}")
        total += Counter({"looks": len(corpus.capsules()), "false alarms": len(wrong)})
    return total


def _mutated(corpus: Corpus, root: Path, mutation: str, rng: random.Random) -> Counter[str]:
    """Every capsule made false in one way; each must be named."""
    made = sorted((root / CAPSULES).glob("*.md"))
    for path in made:
        text = path.read_text(encoding="utf-8")
        changed = MUTATIONS[mutation](text, rng)
        assert changed != text, (mutation, path)
        path.write_text(changed, encoding="utf-8")
    named = {one["path"] for one in _problems(root) if one["severity"] == "error"}
    missed = [path for path in made if f"{CAPSULES}/{path.name}" not in named]
    for path in missed[:2]:
        print(f"MISSED in {corpus.kind}: {mutation} {path.name}")
    return Counter({f"made {mutation}": len(made), f"caught {mutation}": len(made) - len(missed)})


def _live(root: Path) -> list[tuple[Path, str]]:
    """The capsules of paused tasks, with their text."""
    texts = ((path, path.read_text(encoding="utf-8")) for path in sorted((root / CAPSULES).glob("*.md")))
    return [(path, text) for path, text in texts if "\nresumed_at: null\n" in text]


def _renamed(root: Path) -> Counter[str]:
    """Every branch that is there gets another name."""
    branches = set(run_git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())
    for branch in sorted(branches):
        run_git(root, "branch", "-m", branch, f"renamed/{branch}")
    wanted = {
        f"{CAPSULES}/{path.name}"
        for path, text in _live(root)
        if any(f"\nbranch: {name}\n" in text or f'\nbranch: "{name}"\n' in text for name in branches)
    }
    named = {one["path"] for one in _problems(root) if one["rule"] == "claim.branch-renamed"}
    for path in sorted(wanted - named)[:2]:
        print(f"MISSED in {root}: {RENAMED} {path}")
    return Counter({f"made {RENAMED}": len(wanted), f"caught {RENAMED}": len(wanted & named)})


def _deleted(root: Path) -> Counter[str]:
    """A file that a paused commit had, and a capsule is made to name, is deleted and committed."""
    live = [(path, text) for path, text in _live(root) if f"/{_KEPT}`" not in text]
    head = run_git(root, "rev-parse", "HEAD", check=False).strip()
    wanted = set()
    for path, text in live:
        then = text.partition('paused_commit: "')[2].partition('"')[0]
        has = then and run_git(root, "ls-tree", then, "--", _KEPT).strip()
        ancestor = then and not run_git(root, "rev-list", "--max-count=1", f"{then}", f"^{head}").strip()
        entry = f"**Key files touched**\n\n- `{_KEPT}` — needed\n"
        if has and ancestor and _KEPT not in text:
            path.write_text(text.replace("**Key files touched**\n", entry, 1), encoding="utf-8")
            wanted.add(f"{CAPSULES}/{path.name}")
    run_git(root, "rm", "-q", "--cached", "--ignore-unmatch", "--", _KEPT)
    (root / _KEPT).unlink(missing_ok=True)
    run_git(root, "commit", "-q", "--allow-empty", "-m", "Delete it")
    named = {one["path"] for one in _problems(root) if one["rule"] == "claim.path-gone"}
    return Counter({f"made {DELETED}": len(wanted), f"caught {DELETED}": len(wanted & named)})


_KEPT = "Makefile"


_DISAGREED: list[Path] = []
"""Where the ways of looking said different things, in this process."""


def _problems(root: Path) -> list[dict[str, str]]:
    """What is wrong: at a glance, from the cache, and by looking at each in full, which all have to say the same."""
    with patch.object(peek, "LEAST", 0):
        quick = VolonInProcess(root)("validate", "--json")
        again = VolonInProcess(root)("validate", "--json")
    with patch.object(Store, "read_rows", lambda *_: None):
        full = VolonInProcess(root)("validate", "--json")
    if not quick == again == full:
        print(f"DISAGREED in {root}: {quick.out} {again.out} {full.out}")
        _DISAGREED.append(root)
    result = json.loads(full.out)
    assert "problems" in result, full
    problems: list[dict[str, str]] = result["problems"]
    return problems


if __name__ == "__main__":
    sys.exit(main())
