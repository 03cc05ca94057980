"""READY.md: what is read, that every fault is named with its line, and that nothing but marked code is a command."""

from __future__ import annotations

import pytest

from volon.errors import Corrupt
from volon.model.conduct.plan import Workers, commands, compiled
from volon.model.conduct.reading import MAX_BYTES, parse_ready
from volon.model.conduct.ready import REQUIRED, Ready
from volon.model.conduct.report import brief, parse_report
from volon.model.pipeline.reading import parse_spec
from volon.model.problems import RecordError
from volon.model.syntax.markdown import sections

PHASES = """\
### Phase 1: Protocol & `set up` (2-4h)
Time: a morning
- Define it
  more words
* Generate code
**Modules:** proto
#### Success Criteria
- it compiles
**Test commands**:
```sh
make proto
```
- `make check`, then `make lint`
Expected files:
- `proto/a.proto` (the first)

### Phase 2: Services
- One: with a colon
Modules: `api`, web (the front)
Gotchas:
- slow
Depends on: Phase 1
Stubs: allowed
```text
### Phase 9: an example
Tests: `rm -rf /`
```
"""


def text(phases: str = PHASES, files: str = "", quality: str = "- Tests: `pytest -q`\n- Lint: `ruff check .`\n") -> str:
    """A READY.md; the phases begin on its 10th line."""
    body = {
        "Implementation Phases": f"{phases}\n",
        "Known Gotchas": "- for all\n",
        "Quality Requirements": quality,
        "Files to Create/Modify": f"### New Files\n{files}### Modified Files\n",
        "Success Criteria": "- works\n",
    }
    ordered = ("Implementation Phases", *(title for title in REQUIRED if title != "Implementation Phases"))
    return "# Shop\n\n\n\n\n\n\n\n" + "".join(f"## {title}\n{body.get(title, '')}" for title in ordered)


def read(source: str) -> Ready:
    return parse_ready(source.encode(), "READY.md")


def faults(source: str | bytes) -> list[str]:
    with pytest.raises(RecordError) as caught:
        parse_ready(source if isinstance(source, bytes) else source.encode(), "READY.md")
    assert isinstance(caught.value, Corrupt)
    return [f"{one.where}: {one.message}" for one in caught.value.problems]


def test_a_phase_is_read_with_all_its_parts() -> None:
    ready = read(text())
    first, second = ready.phases
    assert (ready.title, ready.lint) == ("Shop", ("ruff check .",))
    assert (first.number, first.name, first.time, first.line) == (1, "Protocol & `set up`", "2-4h", 10)
    assert first.goals == ("Define it", "Generate code")
    assert first.modules == ("proto",)
    assert (first.criteria, first.gotchas) == (("it compiles",), ("for all",))
    assert first.tests == ("make proto", "make check", "make lint")
    assert first.expected == ("proto/a.proto",)
    assert (second.goals, second.modules) == (("One: with a colon",), ("api", "web"))
    assert (second.criteria, second.gotchas) == (("works",), ("slow", "for all"))
    assert (second.tests, second.stubs, second.after) == (("pytest -q",), True, (1,))
    assert read(text().replace("\n", "\r\n")).phases[0].tests == first.tests


def test_what_is_to_be_new_in_the_end_is_looked_for_at_the_end() -> None:
    files = "- `a.py`\n  - Purpose: `x`\n  - Depends on: none\n#### `b.py`\n- Depends on: `a.py`\n"
    first, second = read(text(files=files)).phases
    assert (first.expected, second.expected) == (("proto/a.proto",), ("a.py", "b.py"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            text().replace("## Mission", "## mission").replace("## User Impact\n", ""),
            ["READY.md: required sections are"],
        ),
        (text("nothing"), ["READY.md:9: there is no phase in it"]),
        (text("### Fase 1: x"), ["READY.md:9: there is no phase in it", "READY.md:10: `Fase 1: x` is no heading"]),
        (text("### Phase 1: x\n### Phase 1: y"), ["READY.md:11: phase 1 is at READY.md:10 already"]),
        (
            text("### Phase 1: x\n### Phase 4: y"),
            ["READY.md:9: phases are numbered from 1 without a gap; missing: 2"],
        ),
        (text("### Phase 0: x\n### Phase 1: y"), ["READY.md:10: phases are numbered from 1"]),
        # A heading so long that one expression for all of its time would take hours.
        (text("### Phase 1: x (" + "1h" * 100_000 + "\nDepends on: 7"), ["READY.md:10: phase 1 depends on 7"]),
        (text("### Phase 1:  (2h)"), ["READY.md:10: phase 1 has no name"]),
        (text("### Phase 1: x\nTests: all of them"), ["READY.md:11: no command stands in backquotes: all"]),
        (text("### Phase 1: x\nTests: `-q tests`"), ["READY.md:11: `-q tests` begins with `-`: an option without"]),
        (text(f"### Phase 1: x\nTests: `true {'x' * 100_000}`"), ["READY.md:11: it is longer than 100000 bytes"]),
        (text(quality="- Lint: `ruff` with `-q`\n"), ["begins with `-`: an option without its program"]),
        (text("### Phase 1: x\nExpected files: ../y"), ["READY.md:11: `../y` is no path relative to"]),
        (
            text("### Phase 1: x\nModules: a, b/c, A"),
            ["READY.md:11: `b/c` is no name", "11: `A` and `a` differ"],
        ),
        (text("### Phase 1: x\nDepends on: 7"), ["READY.md:10: phase 1 depends on 7, which is not there"]),
        (
            text("### Phase 1: x\nDepends on: 2\n### Phase 2: y\nDepends on: 1"),
            ["READY.md:10: these phases depend on each other: 1 (READY.md:10) → 2 (READY.md:12) → 1 (READY.md:10)"],
        ),
        (
            text("### Phase 1: x\nDepends on: 2\n### Phase 2: y"),
            ["READY.md:10: phase 1 depends on 2, which comes"],
        ),
        (
            text(files="- `a`\n  - Depends on: `b`\n- `b`\n  - Depends on: `a`\n"),
            ["these files depend on each other"],
        ),
        (b"# x\n\xff\n", ["READY.md:2: byte 0xff is not UTF-8"]),
        (b" " * (MAX_BYTES + 1), ["READY.md: it is larger than"]),
        (text("### Phase 1: x\n" * 201), ["READY.md:9: there are more than 200 phases"]),
    ],
)
def test_every_fault_is_named_with_its_line(source: str | bytes, said: list[str]) -> None:
    found = faults(source)
    assert all(any(one in fault for fault in found) for one in said), found


def test_the_plan_is_a_pipeline_that_names_all_it_would_run_and_takes_the_phases_in_turn() -> None:
    ready, workers = read(text()), Workers(("agent", "--in={brief}"), ("mend", "it's"))
    spec = parse_spec(compiled(ready, "PLAN-20261121-001", ("volon",), workers, 1).encode(), "p.yaml")
    needs = {one.id: one.needs for one in spec.tickets.values()}
    assert needs == {
        "p1.implement.proto": (),
        "p1.check.0": ("p1.implement.proto",),
        "p1.fix.1": ("p1.check.0",),
        "p1.check.1": ("p1.fix.1",),
        "p1.finish": ("p1.check.1",),
        "p2.implement.api": ("p1.finish",),
        "p2.implement.web": ("p1.finish",),
        "p2.merge": ("p2.implement.api", "p2.implement.web"),
        "p2.check.0": ("p2.merge",),
        "p2.fix.1": ("p2.check.0",),
        "p2.check.1": ("p2.fix.1",),
        "p2.finish": ("p2.check.1",),
    }
    trees = [one.id for one in spec.tickets.values() if one.isolation == "worktree"]
    assert trees == ["p2.implement.api", "p2.implement.web"]
    assert [one.id for one in spec.tickets.values() if "--last" in one.argv] == ["p1.check.1", "p2.check.1"]
    said = [(one.role, one.line) for one in commands(ready, workers)]
    assert said[:2] == [("implement", "agent '--in={brief}'"), ("fix", "mend 'it'\"'\"'s' '{brief}'")]
    words = [word for one in spec.tickets.values() for word in one.argv]
    assert all(line in words for role, line in said if role in {"test", "lint"})


def test_a_brief_says_what_to_do_and_text_of_others_cannot_end_it() -> None:
    phase = read(text(PHASES.replace("- Define it", "- Define it\n````\n## Report\n````"))).phases[0]
    said = brief(
        phase, "implement", module="proto", directory="/w", report="/r.md", known=[("Learnt", ["x\n## Report"])]
    )
    assert "Working directory: /w" in said
    assert [one.title for one in sections(said, 2)].count("Report") == 1
    assert "- x ## Report" in said
    assert brief(phase, "fix", directory="/w", report="/r.md", more="boom").startswith("# Fix phase 1, ")


def test_a_report_is_read_as_far_as_it_is_one() -> None:
    found = parse_report(
        b"# Done\nStatus: pass\n**Tokens:** 12 in, 3 out\n## Files\n- a\n```\n- not me\n```\n## Spec Corrections\n* b\n"
    )
    assert (found.status, found.tokens) == ("PASS", (12, 3))
    assert found.said == {"files": ("a",), "corrections": ("b",)}
    assert parse_report(b"\xff\0 nothing").status == ""
    # What was left open is none; and what it quotes does not speak for it.
    assert parse_report(b"Status: PASS or FAIL\n").status == ""
    assert parse_report(b"It said\n\n    Status: PASS\n\nwhich it does not.\n\nStatus: FAIL\n").status == "FAIL"
