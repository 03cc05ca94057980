"""The small records: handoff, todos, sketches, run log, L0 context, ids and templates."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import FORMATS, NOW, ULID, line, paths, quick, texts
from volon.errors import CheckFailed, UsageError
from volon.model import context, handoff, ids, runlog, sketches, todo
from volon.model.frontmatter import Document
from volon.model.gitpath import force_quote, quote_path, unquote_path
from volon.model.template import BadTemplate, fill
from volon.templating import REQUIRED, check, load, packaged


def test_the_handoff_points_at_the_checkpoint() -> None:
    path = ".design/checkpoints/01-work-2026-11-19.md"
    data = handoff.render_handoff(path, 1)
    assert handoff.parse_handoff(data) == handoff.Handoff(path=path)
    assert data == handoff.render_handoff(path, 1, packaged("handoff.md"))
    assert b"volon resume-task 01" in data


def test_the_originals_handoffs_are_read() -> None:
    pointer = handoff.parse_handoff((FORMATS / "handoff-pointer.md").read_bytes())
    assert pointer.path == ".design/checkpoints/01-design-2026-04-24.md"
    legacy = handoff.parse_handoff((FORMATS / "handoff-legacy.md").read_bytes())
    assert legacy.path is None
    assert "Pick up at the second wave" in (legacy.legacy or "")
    assert handoff.parse_handoff(b"") == handoff.Handoff()
    assert handoff.parse_handoff(b"Latest checkpoint: `../../etc/passwd`\n").path is None
    assert handoff.parse_handoff(b"\xff\r\nLatest checkpoint: a.md\r\n").path == "a.md"


def test_open_todos_are_counted_outside_code() -> None:
    text = (FORMATS / "todo.md").read_text(encoding="utf-8")
    assert todo.count_open(text) == 5
    assert todo.open_todos(text) == "5 items (see .design/TODO.md)"
    assert todo.open_todos("- [ ] one\n") == "1 item (see .design/TODO.md)"
    assert todo.open_todos("- [x] done\n") is None
    assert todo.open_todos(None) is None


def test_a_sketch_is_open_until_it_has_an_ending() -> None:
    listing = {
        sketches.SKETCHES: {"b": ["INTAKE.md"], "a": [], "done": ["WINNER.md"], "spike-like": ["FINDINGS.md"]},
        sketches.SPIKES: {"c": ["HYPOTHESIS.md"], "done": ["FINDINGS.md"]},
    }
    assert sketches.open_directories(listing) == (
        ".design/sketches/a",
        ".design/sketches/b",
        ".design/sketches/spike-like",
        ".design/spikes/c",
    )
    assert sketches.open_directories({}) == ()
    assert sketches.is_open("spikes", ["x"])
    assert not sketches.is_open("sketches", ["WINNER.md"])


@quick
@given(texts)
def test_a_run_log_entry_is_one_line_of_json(note: str) -> None:
    data = runlog.entry(ULID, "pause", NOW, note=note, nothing=None, at_step=NOW, many=(note,), mapping={"a": note})
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert data.isascii()
    (read,) = runlog.entries(data)
    assert read["schema"] == "volon/runlog@1"
    assert (read["at"], read["at_step"], read["verb"]) == ("2026-11-19T10:00:00Z", "2026-11-19T10:00:00Z", "pause")
    assert "nothing" not in read
    assert read["many"] == [read["note"]]


def test_torn_and_foreign_lines_of_the_run_log_are_passed_over() -> None:
    whole = runlog.entry(ULID, "pause", NOW)
    assert len(runlog.entries(whole + b'{"schema":"other"}\n[1]\n\xff\n' + b"[" * 100_000 + b"\n" + whole[:20])) == 1


def test_secrets_stay_out_of_the_run_log() -> None:
    data = runlog.entry(ULID, "run", NOW, command="deploy --password=hunter22x")
    assert json.loads(data)["command"] == "deploy --password=[redacted: password]"


def test_context_is_capped() -> None:
    assert context.check_context(Document.parse(b"---\na: b\n---\n" + b"word " * 400, "c.md")) == ()
    (problem,) = context.check_context(Document.parse(b"word " * 401, "c.md"))
    assert (problem.rule, problem.line) == ("context.too-long", 1)
    assert context.check_files([str(n) for n in range(25)]) == ()
    assert [one.rule for one in context.check_files([str(n) for n in range(26)])] == ["context.too-many-files"]


@pytest.mark.parametrize(
    "text",
    ["TASK-20261119-001", "A-1", "BACKLOG-20260201-001", "T1-A-B-C-D", "TASK-" + "9" * 59],
)
def test_task_ids(text: str) -> None:
    assert ids.is_task_id(text)
    assert ids.task_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../x",
        "/x",
        "TASK",
        "task-1",
        "TASK-1/",
        "TASK-1\n",
        "TASK-\x00",
        "-x-1",
        "CON",
        "T-é",
        "TASK--1",
        "A-1-2-3-4-5",
        "TASK-" + "9" * 60,
        "TASK-" + "9" * 10000,
        "TASK-١",
        "TASK-1 ",
        "TASK-1.md",
    ],
)
def test_what_is_no_task_id(text: str) -> None:
    assert not ids.is_task_id(text)
    with pytest.raises(UsageError) as caught:
        ids.task_id(text)
    assert len(caught.value.message) < 120
    assert "\x00" not in caught.value.message


def test_the_next_id_is_one_more_than_the_days_highest() -> None:
    day = date(2026, 11, 19)
    assert ids.next_task_id(day, []) == "TASK-20261119-001"
    assert ids.next_task_id(day, ["TASK-20261119-003", "TASK-20261119-001"]) == "TASK-20261119-004"
    assert ids.next_task_id(day, ["TASK-20261119-999"]) == "TASK-20261119-1000"
    assert ids.next_task_id(day, ["TASK-20261118-007", "TASK-20261119-x", "TASK-20261119-0"]) == "TASK-20261119-001"


def test_checkpoint_numbers_are_read_as_people_write_them() -> None:
    assert [ids.parse_checkpoint_number(text) for text in ("1", "01", "007", "100")] == [1, 1, 7, 100]
    assert [ids.checkpoint_label(number) for number in (1, 42, 100)] == ["01", "42", "100"]
    for text in ("", "0", "-1", "x", "1.5", "١", "9" * 10, "1\n"):
        with pytest.raises(UsageError):
            ids.parse_checkpoint_number(text)


def test_commit_ids() -> None:
    assert ids.is_commit("a" * 40)
    assert ids.is_commit("0" * 64)
    assert not any(ids.is_commit(text) for text in ("a" * 41, "A" * 40, "HEAD", "a" * 7, "a" * 40 + "\n", "--output=x"))
    assert ids.is_commit("59e64c3", short=True)
    assert ids.is_ulid(ULID)
    assert not ids.is_ulid(ULID.lower())


@quick
@given(paths)
def test_any_path_fits_on_one_line(path: str) -> None:
    for written in (quote_path(path), force_quote(path)):
        assert len(written.splitlines()) == 1
        assert written.isprintable()
        assert unquote_path(written) == path


def test_ordinary_paths_stay_as_they_are() -> None:
    assert [quote_path(path) for path in ("a b/ü.py", "-x", "a#b")] == ["a b/ü.py", "-x", "a#b"]
    assert quote_path("a\n\udcff") == '"a\\n\\377"'


@quick
@given(st.dictionaries(st.sampled_from(["a", "b"]), line, min_size=2))
def test_filling_a_template_happens_once(values: dict[str, str]) -> None:
    hostile = {name: value + "{{a}}{{b}}" for name, value in values.items()}
    assert fill("{{a}}|{{b}}", hostile) == f"{hostile['a']}|{hostile['b']}"


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(BadTemplate, match=r"\{\{nope\}\}"):
        fill("{{nope}}", {"a": ""})
    assert fill("{{ a }} {{A}} {a}", {"a": "x"}) == "{{ a }} {{A}} {a}"


@pytest.mark.parametrize("name", REQUIRED)
def test_every_template_ships_and_would_do_as_ones_own(name: str) -> None:
    text = packaged(name)
    assert check(name, text.encode()) == ()
    assert load(name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == text


def test_another_tools_template_is_not_used_and_that_is_said() -> None:
    foreign = b"---\ntype: task-pcc-capsule\n---\n## Goal\n<one sentence>\n"
    assert load("task-pcc-capsule.md", foreign) == packaged("task-pcc-capsule.md")
    (problem,) = check("task-pcc-capsule.md", foreign)
    assert (problem.rule, problem.severity) == ("template.incomplete", "warning")
    assert [one.rule for one in check("task.md", b"\xff")] == ["template.encoding"]


def test_a_missing_template_is_the_installations_fault() -> None:
    with pytest.raises(CheckFailed, match="missing"):
        packaged("nope.md")
