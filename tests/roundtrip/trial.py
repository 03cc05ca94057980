"""One recipe tried: build, pause, wreck, restore, compare; then perhaps undo, compare, and undo that."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from typing import TYPE_CHECKING

from tests.roundtrip import census, oracle
from tests.roundtrip.ground import Ground

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from tests.roundtrip.corpus import Recipe
    from tests.roundtrip.oracle import Seen

REFUSED = {1: "nothing saved", 3: "elsewhere", 4: "busy", 5: "not committed", 7: "in the way"}
"""Exit codes with which a restore may refuse, provided that nothing has changed."""


def volon(where: Path, *words: str) -> tuple[int, str, str]:
    """Run volon in this process."""
    from volon.cli.main import main  # noqa: PLC0415 - the seal must stand first

    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(where), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
    return int(code), out.getvalue(), err.getvalue()


def attempt(top: Path, recipe: Recipe, counts: Counter[str], *, collect: bool) -> list[str]:
    """Try a recipe and say everything that is wrong.

    Args:
        top: an empty directory; it is removed again.
        recipe: what to do.
        counts: told what happened.
        collect: let `git gc` have a go at it.
    """
    shutil.rmtree(top, ignore_errors=True)
    try:
        return _attempt(Ground(top, recipe), recipe, counts, collect=collect)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _attempt(ground: Ground, recipe: Recipe, counts: Counter[str], *, collect: bool) -> list[str]:
    ground.build()
    root = ground.root
    # `git sparse-checkout set` writes a tree with a name twice where a directory has only `add -N` files (git 2.39).
    known = oracle.health(root, collect=False)
    counts["broken by git before the pause"] += bool(known)
    then = oracle.look(root)
    census.add(counts, census.values(root, then))
    code, out, err = volon(root, "pause-task", "a note", "--json")
    if code:
        return [f"pause-task exited {code}: {err}"]
    paused = json.loads(out)
    left = {os.fsencode(one["path"]) for one in paused.get("not_saved", ())}
    wrong = _moved("pause", then, oracle.look(root), files=True)
    ground.do_all(recipe.wreck)
    wrecked = oracle.look(root)
    words = ("restore", "1", "--yes", "--json", *(["--exact"] if recipe.exact else []))
    code, out, err = volon(root, *words)
    undo = recipe.undo
    if code == 0 and any("run it again" in one["why"] for one in json.loads(out)["left"]):
        # What is ignored is judged by the rules that the first run put back.
        code, out, err = volon(root, *words)
        undo = False
    now = oracle.look(root)
    counts["restored" if code == 0 else f"refused: {REFUSED.get(code, code)}"] += 1
    counts["repositories"] += 1
    if code:
        nothing = code == 1 and not paused["snapshot"] and not paused["paused_commit"]
        wrong += [] if code in REFUSED and (code != 1 or nothing) else [f"restore exited {code}: {err}"]
        return wrong + _moved("a refused restore", wrecked, now, files=True)
    said = json.loads(out)
    wrong += [one for one in oracle.differences(then, now, exact=recipe.exact, wrecked=wrecked) if not _left(one, left)]
    wrong += _index(then, now, put_back=said["index"]) if paused["snapshot"] else _staged(then, now)
    wrong += _moved("restore", wrecked, now, files=False)
    wrong += oracle.lost(wrecked, now, root)
    if undo and said["op"]:
        wrong += _undo(root, wrecked, now)
        counts["undone twice"] += 1
    return wrong + [one for one in oracle.health(root, collect=collect) if one not in known]


def _left(line: str, left: set[bytes]) -> bool:
    return any(line.startswith(f"{path!r} ") for path in left)


def _index(then: Seen, now: Seen, *, put_back: bool) -> list[str]:
    if then.index == now.index:
        # What git says of it may differ: a file that is there takes the flag of a sparse checkout from its entry.
        return []
    wrong = [] if then.entries == now.entries else [f"the index says {now.entries!r}, it said {then.entries!r}"]
    return [*wrong, "the index is not the same to the byte"] if put_back else wrong


def _staged(then: Seen, now: Seen) -> list[str]:
    """A pause on a clean tree saves no index: what is staged comes back, the flags are as they are now."""
    was, found = ([row[2:] for row in one.entries.split(b"\0") if row[:1] != b"U"] for one in (then, now))
    return [] if was == found else [f"the index has {found}, it had {was}"]


def _moved(who: str, before: Seen, after: Seen, *, files: bool) -> list[str]:
    """What never changes: HEAD, refs, reflogs, an operation in progress; with `files` everything."""
    keys = sorted(key for key in before.refs.keys() | after.refs.keys() if before.refs.get(key) != after.refs.get(key))
    wrong = [f"{who} changed {key}" for key in keys]
    if files and before.files != after.files:
        paths = set(before.files.keys() | after.files.keys())
        wrong += [f"{who} changed {path!r}" for path in paths if before.files.get(path) != after.files.get(path)]
    if files and before.index != after.index:
        wrong.append(f"{who} changed the index")
    return wrong


def _undo(root: Path, wrecked: Seen, restored: Seen) -> list[str]:
    wrong: list[str] = []
    for what, wanted in (("undo", wrecked), ("undo of the undo", restored)):
        code, _, err = volon(root, "undo", "--json")
        now = oracle.look(root)
        if code:
            return [*wrong, f"{what} exited {code}: {err}"]
        if now.files != wanted.files:
            paths = sorted(p for p in now.files.keys() | wanted.files.keys() if now.files.get(p) != wanted.files.get(p))
            wrong.append(f"after {what} these are not as they were: {paths}")
        if now.entries != wanted.entries:
            wrong.append(f"after {what} the index says {now.entries!r}, it said {wanted.entries!r}")
        wrong += _moved(what, wanted, now, files=False)
    return wrong
