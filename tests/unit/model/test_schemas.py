"""Schemas: valid JSON Schema, made from the fields, and true of what volon writes; and each file has its rules."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from tests.unit.model.samples import COMMIT, FORMATS, NOW, TASK, ULID, capsules, quick
from tests.unit.model.test_checkpoint import checkpoints
from tests.unit.model.test_checkpoint import document as checkpoint_document
from volon.errors import UsageError
from volon.model import bootstrap, capsule, checking, checkpoint, fields, runlog, schemas, task
from volon.model.fields import Field, Kind
from volon.model.frontmatter import Document
from volon.templating import packaged

VALIDATOR = jsonschema.Draft202012Validator


def valid(kind: str, value: object) -> bool:
    return bool(VALIDATOR(schemas.json_schema(kind), format_checker=VALIDATOR.FORMAT_CHECKER).is_valid(value))


def as_json(record: object, **more: object) -> dict[str, Any]:
    plain = schemas.to_json(record)
    assert isinstance(plain, dict)
    return {**more, **plain}


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_every_schema_is_one(kind: str) -> None:
    schema = schemas.json_schema(kind)
    VALIDATOR.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith(f"volon/{kind}@")
    assert all(one["description"] for one in schema["properties"].values())


def test_ids_carry_the_versions() -> None:
    assert schemas.json_schema("capsule")["$id"] == "volon/capsule@2"
    assert schemas.json_schema("checkpoint")["$id"] == "volon/checkpoint@1"
    with pytest.raises(UsageError, match="no schema for 'nope'"):
        schemas.json_schema("nope")


@quick
@given(capsules)
def test_a_written_capsule_fits_its_schema(written: capsule.Capsule) -> None:
    template = packaged("task-pcc-capsule.md")
    read = capsule.parse_capsule(Document.parse(capsule.render_capsule(written, template), "x.md"))
    assert valid("capsule", as_json(read, type=capsule.TYPE))


@quick
@given(checkpoints)
def test_a_written_checkpoint_fits_its_schema(written: checkpoint.Checkpoint) -> None:
    read = checkpoint.parse_checkpoint(checkpoint_document(written))
    assert valid("checkpoint", as_json(read, type=checkpoint.TYPE, schema_version=1))


def test_the_other_records_fit_their_schemas() -> None:
    data = task.new_task(packaged("task.md"), id=TASK, uid=ULID, title="t", created_at=NOW, acceptance=["a"])
    assert valid("task", as_json(task.parse_task(Document.parse(data, "x.md"))))
    assert valid("bootstrap", {"paused_task_id": TASK, "paused_at": "2026-11-19T10:00:00Z", "resume_hint": "x"})
    (line,) = runlog.entries(runlog.entry(ULID, "pause", NOW, note="x"))
    assert valid("runlog", line)
    hooks = {"on_pause": [{"argv": ["make"], "required": True}]}
    assert valid("config", {"hooks": hooks, "snapshot": {"max_file": "10MiB"}, "conduct": {"workers": {"fix": "x"}}})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("capsule", {"type": "task-pcc-capsule"}),
        ("task", {"id": "../x", "title": "t", "status": "todo"}),
        ("task", {"id": TASK, "title": "t", "status": "reopened"}),
        ("runlog", {"schema": "volon/runlog@2", "at": "x", "op": ULID, "verb": "x"}),
        ("config", {"hooks": {"on_pause": [{"required": True}]}}),
        ("bootstrap", {"paused_task_id": 7}),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, value: object) -> None:
    assert not valid(kind, value)


def test_the_fields_are_those_of_the_domain_objects() -> None:
    for cls, described in (
        (capsule.Capsule, (*capsule.FIELDS, *capsule.BODY)),
        (task.Task, schemas.RECORDS["task"][2]),
        (checkpoint.Checkpoint, schemas.RECORDS["checkpoint"][2]),
    ):
        names = {field.name for field in described} - {"type", "schema_version", "content_sha256"}
        assert names | {"type"} >= {field.name for field in fields_of(cls)} - {"schema_version"}
        assert names <= {field.name for field in fields_of(cls)}
    assert {field.name for field in fields_of(bootstrap.Bootstrap)} <= {field.name for field in bootstrap.FIELDS}


ALL_KINDS = (
    Field("line", Kind.LINE, "d"),
    Field("int", Kind.INT, "d"),
    Field("bool", Kind.BOOL, "d"),
    Field("time", Kind.TIME, "d"),
    Field("list", Kind.LIST, "d"),
    Field("map", Kind.MAP, "d"),
    Field("size", Kind.SIZE, "d"),
    Field("path", Kind.PATH, "d"),
    Field("digest", Kind.DIGEST, "d"),
    Field("odd", Kind.LINE, "d", pattern="^x+$"),
)


def test_values_get_their_types_and_what_does_not_fit_is_named() -> None:
    good = "line: a\nint: -7\nbool: True\ntime: 2026-11-19\nlist: one\nmap:\n  a: b\nsize: 1 KiB\npath: a/..b\nodd: xx"
    values, found = fields.decode(Document.parse(f"---\n{good}\n---\n".encode(), "x.md"), ALL_KINDS, "r")
    assert found == ()
    assert (values["int"], values["bool"], values["list"], values["map"], values["size"]) == (
        -7,
        True,
        ("one",),
        {"a": "b"},
        1024,
    )
    bad = (
        "line: [a]\nint: 1.5\nbool: yes\ntime: x\nlist:\n  - [a]\nmap: x\nsize: 1 KB x\npath: a/../b\ndigest: x\nodd: y"
    )
    values, found = fields.decode(Document.parse(f"---\n{bad}\n---\n".encode(), "x.md"), ALL_KINDS, "r")
    assert [problem.key for problem in found] == [field.name for field in ALL_KINDS]
    assert {problem.rule for problem in found} == {"r.field-invalid"}
    assert set(map(str, values.values())) == {"None", "()", "{}"}


@pytest.mark.parametrize("path", ["/x", "../x", "a/..", "..", "a\\..\\b", "\\x"])
def test_paths_stay_inside(path: str) -> None:
    assert fields.typed(Field("p", Kind.PATH, "d"), path)[1] is not None


@pytest.mark.parametrize(
    ("name", "path", "rules"),
    [
        ("task-original.md", ".volon/tasks/TASK-20260224-003.md", []),
        ("task-original.md", ".volon/tasks/TASK-1-1.md", ["task.id-mismatch"]),
        ("capsule-v1.md", ".volon/pcc/tasks/TASK-20260224-003.md", []),
        ("conflicted-capsule.md", ".volon/pcc/tasks/x.md", ["record.conflict-markers"]),
        ("bootstrap-original.md", ".volon/bootstrap.md", []),
        ("bootstrap-plain.md", ".volon/bootstrap.md", []),
        ("STATE.md", ".design/STATE.md", []),
        ("STATE-stub.md", ".design/STATE.md", ["state.frontmatter-missing"]),
        ("handoff-pointer.md", ".design/HANDOFF.md", []),
        ("checkpoints/1-design-2026-04-24.md", ".design/checkpoints/1-design-2026-04-24.md", []),
        ("volon-original.yaml", "volon.yaml", ["config.unknown-key", "config.unknown-key"]),
        ("volon-original.yaml", ".volon/volon.yaml", ["config.unknown-key", "config.unknown-key"]),
        ("todo.md", ".volon/pcc/global/00_project.md", []),
        ("conflicted-capsule.md", ".volon/README.md", []),
        ("conflicted-capsule.md", "README.md", []),
    ],
)
def test_the_path_decides_which_rules_apply(name: str, path: str, rules: list[str]) -> None:
    assert [problem.rule for problem in checking.check_record((FORMATS / name).read_bytes(), path)] == rules


def test_a_vague_pointer_is_worth_a_look() -> None:
    (problem,) = checking.check_record(b"Latest checkpoint: `notes.md`\n", ".design/HANDOFF.md")
    assert (problem.rule, problem.severity) == ("handoff.pointer", "warning")
    assert COMMIT not in problem.message
