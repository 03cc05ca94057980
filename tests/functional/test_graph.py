"""`volon pipeline graph`: every form is read by the program it is for, whatever tickets are called.

Where such a program is missing the test says so and is left out: `dot` is Graphviz, Mermaid is looked for where `node`
finds its modules (`npm install -g mermaid jsdom`), HTML is shown by a headless Chromium.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from tests.functional.test_pipeline import pipeline
from volon.model.results.pipeline import GraphTicketView, PipelineGraphResult
from volon.render.graph import dot, html, mermaid
from volon.render.graph.placing import placed
from volon.render.safe import safe

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

EVIL = (
    *('a"b', "x]y[z](q)", "-->", "</script><script>alert(1)</script>", "é世界", "back\\nslash\\", "#quot; &lt; &amp;"),
    *(
        "%%{init: {}}%%",
        "end",
        "`**md**`",
        "{}|;:::done",
        "\x1b[2J\u202e",
        "A--B",
        "<b onload=x>",
        "'\n'",
        "\\N",
        "_x_",
    ),
)
NAME = '</title></script><script>alert("1")</script> --> `x` {y}'


@pytest.fixture
def evil() -> PipelineGraphResult:
    """A chain of tickets with names that mean something to somebody; no spec may have them."""
    statuses = ("done", "running", "ready", "waiting", "blocked", "failed", "unknown")
    tickets = tuple(
        GraphTicketView(ticket=one, status=statuses[place % 7], needs=EVIL[max(place - 1, 0) : place], ms=0)
        for place, one in enumerate(EVIL)
    )
    return PipelineGraphResult(name=NAME, file="p.yaml", run=None, status="planning", tickets=tickets)


def needed(program: str, *others: str) -> str:
    found = next(filter(None, map(shutil.which, (program, *others))), None)
    if found is None:
        pytest.skip(f"not verified: {program} is not installed")
    return found


def test_text_draws_each_ticket_below_what_it_needs_with_lanes_that_lead_there(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    tickets = (
        "lint",
        "proto",
        "client: proto",
        "server: proto",
        "proto.check: proto",
        "test: client server lint",
        "docs",
    )
    repo.write("p.yaml", pipeline(*tickets))
    assert volon.ok("pipeline", "graph", "p.yaml").splitlines() == [
        "p",
        "○        lint         ready",
        "│ ○      proto        ready",
        "│ ├─╮",
        "│ │ ·    client       waiting",
        "│ ├─│─╮",
        "│ │ │ ·  server       waiting",
        "├─│─┴─╯",
        "· │      test         waiting",
        "  ·      proto.check  waiting",
        "○        docs         ready",
    ]


def test_text_marks_each_ticket_as_the_dashboard_does_in_ascii_where_the_terminal_cannot(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a | run: exit 3", "c: b"))
    assert volon("pipeline", "run", "p.yaml").code == 1
    drawn = volon.ok("pipeline", "graph", "p.yaml").splitlines()[1:]
    assert [row[0] for row in drawn] == ["✓", "✗", "⊘"]
    said = volon_process("pipeline", "graph", "p.yaml", env={"PYTHONIOENCODING": "ascii"}).out.splitlines()[1:]
    assert [row[0] for row in said] == ["*", "x", "/"]


def test_where_nobody_could_follow_the_lanes_each_ticket_names_what_it_needs(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline(*(f"t{n}" for n in range(30)), "last: " + " ".join(f"t{n}" for n in range(30))))
    lines = volon.ok("pipeline", "graph", "p.yaml").splitlines()
    assert lines[1] == "t0    ready"
    assert lines[-1].startswith("last  waiting  needs t0, t1, t2, ")


def test_statuses_are_those_of_the_newest_run_and_a_changed_file_is_said(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a | run: exit 3", "c: b"))
    assert volon("pipeline", "run", "p.yaml").code == 1
    repo.write("p.yaml", pipeline("a", "b: a | run: exit 3", "c: b", "d: a"))
    ran = volon("pipeline", "graph", "p.yaml", "--json")
    found = json.loads(ran.out)
    assert [one["status"] for one in found["tickets"]] == ["done", "failed", "blocked", "ready"]
    assert found["tickets"][2]["needs"] == ["b"]
    assert (found["status"], found["warnings"]) == (
        "paused",
        ["p.yaml has changed since its run began; this is the file."],
    )
    jsonschema.validate(found, json.loads(volon.ok("schema", "pipeline-graph")))


def test_a_picture_is_written_into_a_new_file_and_never_over_another(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("p.yaml", pipeline("a"))
    for form in ("text", "mermaid", "dot", "html"):
        printed = volon.ok("pipeline", "graph", "p.yaml", "--format", form)
        said = volon.ok("pipeline", "graph", "p.yaml", "--format", form, "-o", f"graph.{form}")
        assert said == f"Wrote graph.{form}: 1 ticket of p.yaml.\n"
        assert repo.read(f"graph.{form}").decode() == printed
    before = sorted(repo.root.iterdir())
    repo.write("graph.dot", "mine")
    assert volon("pipeline", "graph", "p.yaml", "--format", "dot", "-o", "graph.dot").code == 5
    assert repo.read("graph.dot") == b"mine"
    assert volon("pipeline", "graph", "p.yaml", "-o", "none/graph").code == 5
    assert sorted(repo.root.iterdir()) == before


def test_graphviz_reads_the_names_as_they_are(evil: PipelineGraphResult) -> None:
    drawn = subprocess.run([needed("dot"), "-Tsvg"], input=dot.render(evil).encode(), capture_output=True, check=True)
    assert drawn.stderr == b""
    groups = ET.fromstring(drawn.stdout).iter(f"{SVG}g")  # noqa: S314  it is dot's own
    said = [[text.text or "" for text in group.iter(f"{SVG}text")] for group in groups]
    shown = sorted(_plain(texts[0]) for texts in said if len(texts) == 2)
    assert shown == sorted(_plain(safe(one)) for one in EVIL)
    assert [_plain(safe(NAME))] in [[_plain(text) for text in texts[:1]] for texts in said]


def test_mermaid_reads_the_names_as_they_are_and_every_arrow(evil: PipelineGraphResult, tmp_path: Path) -> None:
    node = needed("node")
    text, reader = mermaid.render(evil), tmp_path / "read.mjs"
    reader.write_text(READER)
    where = os.environ.get("NODE_PATH") or _global_modules()
    ran = subprocess.run([node, str(reader), where], input=text.encode(), capture_output=True, check=False, timeout=120)
    if ran.returncode == 77:
        pytest.skip("not verified: mermaid and jsdom are not installed where node finds them")
    assert ran.returncode == 0, ran.stderr.decode()
    found = json.loads(ran.stdout)
    assert [one["text"].rpartition("<br>")[0] for one in found["nodes"]] == [safe(one) for one in EVIL]
    assert [one["class"] for one in found["nodes"]] == [[one.status] for one in evil.tickets]
    assert found["arrows"] == [[f"t{place}", f"t{place + 1}"] for place in range(len(EVIL) - 1)]
    assert yaml.safe_load(text.split("---\n")[1]) == {"title": NAME}


def test_a_browser_shows_the_page_without_loading_or_running_anything(
    evil: PipelineGraphResult, tmp_path: Path
) -> None:
    browser = needed("chromium", "chromium-browser", "google-chrome", "chrome")
    page = tmp_path / "graph.html"
    page.write_text(html.render(evil), encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr"]
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    command = [browser, *words, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]
    ran = subprocess.run(command, capture_output=True, check=True, timeout=120, env=home)
    console = [line for line in ran.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    assert console == []
    seen = _Seen()
    seen.feed(ran.stdout.decode())
    assert not seen.tags & {"script", "img", "link", "iframe", "b"}
    assert "onload" not in seen.attributes
    assert [text for tag, text in seen.texts if tag == "td"][::3] == [safe(one) for one in EVIL]
    assert [text.strip() for tag, text in seen.texts if tag in {"title", "h1"}][:2] == [NAME, NAME]


class TestPlaces:
    def test_arrows_all_go_to_the_right_and_nothing_stands_on_anything_else(self) -> None:
        rng = random.Random(7)
        for size in (1, 2, 9, 60):
            names = [f"t{n}" for n in range(size)]
            needs = {
                one: tuple(sorted(rng.sample(names[:n], rng.randint(0, min(n, 3))))) for n, one in enumerate(names)
            }
            graph = placed(needs, 56.0, 20.0)
            for (need, one), way in graph.ways.items():
                assert (way[0], way[-1]) == (graph.spots[need], graph.spots[one])
                assert [spot.layer for spot in way] == list(range(way[0].layer, way[-1].layer + 1))
            spots = sorted(graph.spots.values())
            assert all(b.y - a.y >= 56 - 1e-6 for a, b in pairwise(spots) if a.layer == b.layer)

    def test_a_graph_that_can_be_drawn_without_a_crossing_is(self) -> None:
        needs = {"a": (), "b": (), "c": (), "x": ("c",), "y": ("b",), "z": ("a",), "end": ("x", "y", "z")}
        spots = placed(needs, 56.0, 20.0).spots
        assert [spots[one].y for one in "abc"] == sorted(spots[one].y for one in "abc")
        assert [spots[one].y for one in "zyx"] == sorted(spots[one].y for one in "zyx")

    def test_a_very_long_way_makes_no_points_without_end(self) -> None:
        size = 700
        needs = {f"t{n}": tuple(f"t{m}" for m in {0, n - 1} if m >= 0 and n) for n in range(size)}
        graph = placed(needs, 56.0, 20.0)
        assert graph.layers == size
        assert len(graph.ways["t0", f"t{size - 1}"]) == 2


SVG = "{http://www.w3.org/2000/svg}"
READER = """
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const find = createRequire(process.argv[2] + "/_");
let paths;
try { paths = ["jsdom", "mermaid"].map((name) => pathToFileURL(find.resolve(name))); } catch { process.exit(77); }
const { JSDOM } = await import(paths[0]);
const dom = new JSDOM("<body></body>");
globalThis.window = dom.window; globalThis.document = dom.window.document;
const mermaid = (await import(paths[1])).default;
const text = readFileSync(0, "utf-8");
await mermaid.parse(text);
const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
const plain = (said) => said.replace(/\ufb02\u00b0\u00b0(\\d+)\u00b6\u00df/g, (_, n) => String.fromCodePoint(n));
console.log(JSON.stringify({
  nodes: [...diagram.db.getVertices().values()].map((one) => ({ text: plain(one.text), class: one.classes })),
  arrows: diagram.db.getEdges().map((one) => [one.start, one.end]),
}));
"""


def _global_modules() -> str:
    """Where `npm install -g` puts things."""
    npm = shutil.which("npm")
    if npm is None:
        return "/usr/lib/node_modules"
    return subprocess.run([npm, "root", "-g"], capture_output=True, check=True, text=True).stdout.strip()


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


class _Seen(HTMLParser):
    """What a browser made of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.texts.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, before = self.texts[-1]
            self.texts[-1] = (tag, before + data)
