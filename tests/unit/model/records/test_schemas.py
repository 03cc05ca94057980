"""Schemas: valid JSON Schema, made from the fields, and true of what volon writes."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from tests.unit.model.records.test_checkpoint import checkpoints
from tests.unit.model.records.test_checkpoint import document as checkpoint_document
from tests.unit.model.samples import NOW, TASK, ULID, capsules, quick
from volon.errors import UsageError
from volon.model.records import bootstrap, capsule, checkpoint, runlog, schemas, task
from volon.model.syntax.frontmatter import Document
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
