"""Rows 13 and 14: one graph of tickets that do nothing, as a pipeline and in the words of other programs."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {"shell": "true", "argv": "/bin/true"}
"""What a ticket runs; make starts neither through a shell, ninja both."""

_SNAKES = """\
GRAPH = {graph!r}

rule all:
    input: [f"out/{{one}}" for one in {every!r}]

for n, needs in enumerate(GRAPH):
    rule:
        name: f"t{{n}}"
        input: [f"out/{{need}}" for need in needs]
        output: touch(f"out/t{{n}}")
        shell: "{word}"
"""
_LUIGI = """\
import logging, os, subprocess, sys, tempfile
import luigi

GRAPH = {graph!r}
OUT = tempfile.TemporaryDirectory()


class Ticket(luigi.Task):
    n = luigi.IntParameter()

    def requires(self):
        return [Ticket(int(need[1:])) for need in GRAPH[self.n]]

    def output(self):
        return luigi.LocalTarget(os.path.join(OUT.name, str(self.n)))

    def run(self):
        subprocess.run({words!r}, check=True)
        open(self.output().path, "w").close()


every = [Ticket(n) for n in range(len(GRAPH))]
sys.exit(not luigi.build(every, local_scheduler=True, workers=2, log_level="CRITICAL"))
"""


def write_graph(where: Path, size: int, kind: str) -> Path:
    """Write the same graph for volon, ninja, make, doit, snakemake and luigi into a fresh repository."""
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
    (where / "Snakefile").write_text(_SNAKES.format(graph=graph, word=word, every=every.split()))
    (where / "tickets.py").write_text(
        _LUIGI.format(graph=graph, words=[word] if kind == "argv" else ["sh", "-c", word])
    )
    return where


def spawn_loop(where: Path) -> Path | None:
    """Compile the loop that starts programs and does nothing else; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, program = Path(__file__).with_name("spawn_loop.c"), where / "spawn_loop"
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program


def _needs(size: int) -> Iterator[list[str]]:
    """Of each ticket one to three of the fifty before it."""
    chance = random.Random(1)
    for number in range(size):
        before = range(max(0, number - 50), number)
        yield [f"t{n}" for n in sorted(chance.sample(before, min(len(before), chance.randint(1, 3))))]
