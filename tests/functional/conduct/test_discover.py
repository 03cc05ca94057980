"""`volon conduct discover`: what was found out is written down whole, handed on, and kept short for people."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.test_completion import complete
from tests.support.running import volon_argv
from volon.usecases.conduct import plans

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.conduct.conftest import Ground
    from tests.support.running import VolonInProcess
    from volon.files import Place
    from volon.model.conduct.discoveries import Discovery
    from volon.store.store import Reader

PAGE = ".prelude/DISCOVERIES.md"
PARTS = ("--spec", "HS256", "--reality", "only RS256", "--evidence", "jwt.py:12: no HS256", "--action", "took RS256")


@pytest.fixture
def planned(ground: Ground, volon: VolonInProcess) -> VolonInProcess:
    """A plan that was made and not begun."""
    ground.write("### Phase 1: One", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
    return volon


def listed(volon: VolonInProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(volon.ok("conduct", "discover", "--json"))["discoveries"]
    return found


def test_a_correction_has_its_five_parts_and_a_core_one_is_approved_by_a_person(
    ground: Ground, planned: VolonInProcess
) -> None:
    volon = planned
    words = ("conduct", "discover", "JWT needs RS256")
    for left_out in range(0, 8, 2):
        ran = volon(*words, "--impact", "minor", "--kind", "correction", *PARTS[:left_out], *PARTS[left_out + 2 :])
        assert (ran.code, PARTS[left_out] in ran.err) == (2, True)
    assert volon(*words, *PARTS).code == 2, "whether it is core is said, not guessed"
    ran = volon(*words, *PARTS, "--impact", "core")
    assert (ran.code, "--approved" in ran.err) == (3, True)
    assert volon("conduct", "discover", "Slow").code == 2, "no evidence"
    assert listed(volon) == []
    assert not (ground.repo.root / PAGE).exists()
    volon.ok(*words, *PARTS, "--impact", "core", "--approved")
    volon.ok("conduct", "discover", "Slow", "--evidence", "12 s; password=hunter2hunter2", "--kind", "performance")
    assert [(one["number"], one["kind"], one["impact"], one["approved"]) for one in listed(volon)] == [
        (1, "correction", "core", True),
        (2, "performance", "minor", True),
    ]
    page = (ground.repo.root / PAGE).read_text()
    plan = ground.plan("").name
    assert (
        f"## Spec Correction: JWT needs RS256 ({plan}, 1)\n\n**Original spec**: HS256\n**Reality**: only RS256\n"
        "**Evidence**: jwt.py:12: no HS256\n**Action taken**: took RS256\n**Impact**: Core\n"
    ) in page
    assert "hunter2" not in page
    assert volon("conduct", "discover", "3").code == 10
    assert volon("conduct", "discover", "1", "--approved").code == 10
    assert volon("conduct", "discover", "1", "--evidence", "x").code == 2
    assert complete(ground.repo.root, "volon conduct discover X --kind sec") == ["security"]
    # Undone as any operation of volon's: the record and the page are as before.
    volon.ok("undo")
    assert [one["number"] for one in listed(volon)] == [1]
    assert "Slow" not in (ground.repo.root / PAGE).read_text()


def test_no_discovery_is_written_over_and_its_number_is_that_of_its_file(
    ground: Ground, planned: VolonInProcess
) -> None:
    home = ground.plan("discoveries")
    planned.ok("conduct", "discover", "One", "--evidence", "x")
    one = (home / "001.md").read_text()
    (home / "001.md").rename(home / "999999.md")
    (home / "999999.md").write_text(one.replace("number: 1\n", "number: 999999\n"))
    for title in ("Two", "Three"):
        planned.ok("conduct", "discover", title, "--evidence", "x")
    said = [(1, "Two"), (2, "Three"), (999999, "One")]
    assert [(found["number"], found["title"]) for found in listed(planned)] == said
    for name, number in (("002.md", "7"), ("002.md", "-3"), ("0002.md", "2")):
        (home / name).write_text(one.replace("number: 1\n", f"number: {number}\n"))
        ran = planned("conduct", "discover", number.strip("-"), "--obsolete")
        assert (ran.code, f"/{name} says that its number is {number}" in " ".join(ran.err.split())) == (9, True), (
            ran.err
        )
        assert "conduct-discovery.misnumbered" in planned("validate").out
        (home / name).write_text(one.replace("number: 1\n", "number: 2\n"))
    assert sorted(found.name for found in home.iterdir()) == ["0002.md", "001.md", "002.md", "999999.md"]


def test_discoveries_are_read_once_and_only_where_they_are_said(
    planned: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    read = plans.found_out

    def counted(reader: Reader, place: Place) -> tuple[Discovery, ...]:
        looks.append(place)
        return read(reader, place)

    monkeypatch.setattr(plans, "found_out", counted)
    times = {"status": 1, "sessions": 0, "discover": 1}
    for verb, most in times.items():
        looks.clear()
        planned.ok("conduct", verb)
        assert len(looks) <= most, verb


def test_the_page_stays_short_and_what_people_wrote_into_it_stays_as_it_is(
    ground: Ground, planned: VolonInProcess
) -> None:
    mine = "# Ours\r\n\r\nRead me.\r\n\r\n## By hand\r\n\r\nkept"
    (ground.repo.root / PAGE).write_bytes(mine.encode())
    for number in range(1, 9):
        planned.ok("conduct", "discover", f"Found {number}", *PARTS, "--impact", "minor")
    data = (ground.repo.root / PAGE).read_bytes()
    assert data.startswith(f"{mine}\r\n\r\n".encode())
    assert data.count(b"\n") == data.count(b"\r\n") <= 50
    assert b"Found 8 (" in data
    (archive,) = (ground.repo.root / ".prelude/archive").iterdir()
    assert b"By hand" not in archive.read_bytes()
    for number in range(1, 9):
        assert (archive.read_bytes() + data).count(b"Found %d (" % number) == 1
    # What holds no longer leaves the page at once, and is no longer handed on; what somebody wrote below it stays.
    data += b"\r\nThe tenth of a second matters.\r\n"
    (ground.repo.root / PAGE).write_bytes(data)
    ran = planned.ok("conduct", "discover", "8", "--obsolete")
    assert "Older entries went to .prelude/archive/" in ran
    after = (ground.repo.root / PAGE).read_bytes()
    assert b"Found 8" not in after
    assert after == data[: data.index(b"## Spec Correction: Found 8")] + b"\r\nThe tenth of a second matters.\r\n"
    assert b"OBSOLETE" in archive.read_bytes()
    assert "found out   7," in planned.ok("conduct", "status")
    (ground.repo.root / PAGE).write_bytes(b"\xff")
    bad = planned("conduct", "discover", "Nine", "--evidence", "x")
    assert (bad.code, (ground.repo.root / PAGE).read_bytes()) == (9, b"\xff")
    assert len(listed(planned)) == 8


@pytest.mark.slow
def test_a_report_that_is_no_file_is_none_and_the_plan_goes_on_and_names_it(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    ground.write("### Phase 1: One", worker="""*) mkfifo "$VOLON_REPORT"; echo one > one;;""")
    ran = start()
    assert ran.code == 0, ran.out
    named = "p1.implement.main.1.md is not a regular file"
    (phase,) = json.loads(volon.ok("conduct", "status", "--json"))["recall"]["phases"]
    assert any("no report: .volon/logs/" in line and named in line for line in phase["lines"])
    (log,) = (ground.repo.root / ".git").glob("volon/**/p1.finish.1.log")
    assert named in " ".join(log.read_text().split())


@pytest.mark.slow
def test_what_workers_report_is_handed_on_as_unchecked_until_a_person_has_taken_it_over(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    ground.write(
        "### Phase 1: One\nModules: a, b",
        "### Phase 2: Two",
        worker="""
p1.*.a) echo a > a; cat > "$VOLON_REPORT" <<END
## Discoveries
- x is one
## Spec Correction: SQLite
**Original spec**: PostgreSQL
**Reality**: there is none
**Evidence**: psql: not found
**Action taken**: nothing
**Impact**: Core
## Spec Correction: no evidence
**Original spec**: y
END
;;
p1.*.b) echo b > b; ! VOLON conduct discover Slow --evidence '12 s' --approved
    VOLON conduct discover Slow --evidence '12 s';;
p2.*) sed -n '/^## Corrections/,/^## The phase/p' "$VOLON_BRIEF" > brief; echo two > two;;
""".replace("VOLON conduct", shlex.join([*volon_argv(), "conduct"])),
    )
    ran = start("--fixes", "0")
    assert ran.code == 0, ran.out
    brief = (ground.repo.root / "brief").read_text()
    waiting, unchecked = brief.index("## Corrections that change"), brief.index("## Learnt in earlier phases")
    assert waiting < brief.index("- SQLite (correction, core, reported by p1.implement.a)") < unchecked
    assert unchecked < brief.index("- Slow (discovery, minor, reported by p1.implement.b)")
    assert unchecked < brief.index("- x is one (p1.implement.a)")
    assert "- no evidence: y (left out: reality," in brief
    # The page was there before the phase was committed, and is committed with it.
    assert PAGE in ground.repo.git("show", "--name-only", "--format=", "HEAD~1")
    assert not ground.repo.git("status", "--porcelain")
    said = volon.ok("conduct", "status")
    (sqlite,) = (one for one in listed(volon) if one["title"] == "SQLite")
    assert f"Core correction {sqlite['number']} waits for a person: SQLite" in said
    assert not any(one["approved"] for one in listed(volon))
    volon.ok("conduct", "discover", str(sqlite["number"]), "--approved")
    assert "waits for a person" not in volon.ok("conduct", "status")


def test_a_number_of_any_length_is_looked_up(planned: VolonInProcess) -> None:
    planned.ok("conduct", "discover", "Slow", "--evidence", "12 s")
    assert "Slow" in planned.ok("conduct", "discover", "0" * 5000 + "1")
    for many, shown in (("9" * 5000, "9" * 11 + "…"), ("2", "2"), ("000", "0")):
        for words in ((), ("--approved",), ("--obsolete",)):
            ran = planned("conduct", "discover", many, *words)
            assert (ran.code, f"has no discovery {shown}." in " ".join(ran.err.split())) == (10, True)
