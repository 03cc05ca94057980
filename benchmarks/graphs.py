"""Rows 13 and 14: one graph of tickets that do nothing, as a pipeline and in the words of other programs."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = {"shell": "true", "argv": "/bin/true"}
"""What a ticket runs; make starts neither through a shell, ninja both."""


def write_graph(where: Path, size: int, kind: str) -> Path:
    """Write `p.yaml`, `build.ninja`, `Makefile` and `dodo.py` of the same graph into a fresh repository."""
    where.mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=where, check=True)
    graph, word = list(_needs(size)), WORDS[kind]
    run = word if kind == "shell" else f"[{word}]"
    tickets = "".join(
        f"  - id: t{n}\n    run: {run}\n    needs: [{', '.join(needs)}]\n" for n, needs in enumerate(graph)
    )
    rules = "".join(f"build t{n}: r {' '.join(needs)}\n" for n, needs in enumerate(graph))
    targets = "".join(f"t{n}: {' '.join(needs)}\n\t@{word}\n" for n, needs in enumerate(graph))
    every = " ".join(f"t{n}" for n in range(size))
    (where / "p.yaml").write_text(f"version: 1\ntickets:\n{tickets}")
    (where / "build.ninja").write_text(f"rule r\n  command = {word}\n{rules}")
    (where / "Makefile").write_text(f".PHONY: all {every}\nall: {every}\n{targets}")
    (where / "dodo.py").write_text(
        f"GRAPH = {graph!r}\n"
        f"DOIT_CONFIG = {{'default_tasks': [f't{{n}}' for n in range({size})], 'verbosity': 0}}\n\n\n"
        "def task_all():\n    for n, needs in enumerate(GRAPH):\n"
        f"        yield {{'basename': f't{{n}}', 'actions': ['{word}'], 'task_dep': needs}}\n"
    )
    return where


def _needs(size: int) -> Iterator[list[str]]:
    """Of each ticket one to three of the fifty before it."""
    chance = random.Random(1)
    for number in range(size):
        before = range(max(0, number - 50), number)
        yield [f"t{n}" for n in sorted(chance.sample(before, min(len(before), chance.randint(1, 3))))]
