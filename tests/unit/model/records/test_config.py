"""Settings: everything optional, unknown keys warn, wrong values stop, each with its place."""

from __future__ import annotations

import pytest

from tests.unit.model.samples import FORMATS
from volon.model.problems import InvalidRecord, UnreadableRecord
from volon.model.records.config import Config, Hook, Snapshot, check_config, parse_config

FULL = """\
version: 1
hooks:
  on_pause:
    - argv: [make, "notes please"]
      timeout_seconds: 5
      required: true
    - [echo, done]
  on_resume:
    - argv:
        - ./check
snapshot:
  enabled: false
  max_file: 10MiB
  max_total: 2g
  exclude: ["*.bin", data/]
tokens:
  limit: 200000
replay:
  allow: [pytest -q]
pipeline:
  jobs: 4
  executor: dask
conduct:
  workers:
    implement: agent --print 'do it'
    test: [pytest, -q]
paths:
  sketches: design/sketches
"""


def problems(text: str) -> list[tuple[int | None, str | None, str]]:
    return [(problem.line, problem.key, problem.severity) for problem in check_config(text.encode(), "volon.yaml")]


def test_everything_can_be_said() -> None:
    assert parse_config(FULL.encode(), "volon.yaml") == (
        Config(
            on_pause=(Hook(("make", "notes please"), 5, required=True), Hook(("echo", "done"))),
            on_resume=(Hook(("./check",)),),
            snapshot=Snapshot(enabled=False, max_file=10 << 20, max_total=2 << 30, exclude=("*.bin", "data/")),
            token_limit=200_000,
            replay_allow=(("pytest", "-q"),),
            pipeline_jobs=4,
            pipeline_executor="dask",
            workers={"implement": ("agent", "--print", "do it"), "test": ("pytest", "-q")},
            paths={"sketches": "design/sketches"},
        ),
        (),
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "version: 1\n", "hooks:\nsnapshot:\nconduct:\n", "\ufeffversion: 1"]
)
def test_nothing_has_to_be_said(text: str) -> None:
    assert parse_config(text.encode(), "volon.yaml") == (Config(), ())


def test_the_originals_settings_only_warn() -> None:
    config, warnings = parse_config((FORMATS / "volon-original.yaml").read_bytes(), "volon.yaml")
    assert config == Config()
    assert [(one.line, one.key, one.severity) for one in warnings] == [
        (3, "git", "warning"),
        (6, "observability", "warning"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("hook:\n", "did you mean `hooks`?"),
        ("snapshots:\n", "did you mean `snapshot`?"),
        ("hooks:\n  onpause: []\n", "did you mean `on_pause`?"),
        ("snapshot:\n  maxfile: 1\n", "did you mean `max_file`?"),
        ("conduct:\n  workers:\n    build: x\n", "known are fix, implement, merge, review, test"),
    ],
)
def test_an_unknown_key_names_its_neighbour(text: str, hint: str) -> None:
    _, (warning,) = parse_config(text.encode(), "volon.yaml")
    assert (warning.rule, warning.hint) == ("config.unknown-key", hint)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("version: 2", 1, "version"),
        ("hooks: all", 1, "hooks"),
        ("hooks:\n  on_pause: make notes", 2, "hooks.on_pause"),
        ("hooks:\n  on_pause:\n    - make notes", 3, "hooks.on_pause[0]"),
        ("hooks:\n  on_pause:\n    - argv: make notes", 3, "hooks.on_pause[0].argv"),
        ("hooks:\n  on_pause:\n    - argv: []", 3, "hooks.on_pause[0].argv"),
        ("hooks:\n  on_pause:\n    - []", 3, "hooks.on_pause[0]"),
        ("hooks:\n  on_pause:\n    - required: true", 3, "hooks.on_pause[0].argv"),
        ("hooks:\n  on_pause:\n    - argv: [x]\n      timeout_seconds: 0", 4, "hooks.on_pause[0].timeout_seconds"),
        ("snapshot:\n  enabled: maybe", 2, "snapshot.enabled"),
        ("snapshot:\n  max_file: big", 2, "snapshot.max_file"),
        ("snapshot:\n  exclude:\n    - [a]", 3, "snapshot.exclude"),
        ("tokens:\n  limit: -1", 2, "tokens.limit"),
        ("pipeline:\n  executor: cloud", 2, "pipeline.executor"),
        ('conduct:\n  workers:\n    fix: "\'"', 3, "conduct.workers.fix"),
        ("conduct:\n  workers:\n    fix:", 3, "conduct.workers.fix"),
        ("conduct:\n  workers: claude", 2, "conduct.workers"),
        ("paths:\n  sketches: ../x", 2, "paths.sketches"),
        ("paths:\n  sketches: /x", 2, "paths.sketches"),
    ],
)
def test_a_wrong_value_stops_with_its_place(text: str, line: int, key: str) -> None:
    assert problems(text) == [(line, key, "error")]
    with pytest.raises(InvalidRecord) as caught:
        parse_config(text.encode(), "volon.yaml")
    assert caught.value.exit_code == 9


@pytest.mark.parametrize("data", [b"\xff", b"a: &b c", b"- x", b"hooks: {}\nhooks: {}"])
def test_what_cannot_be_read_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        parse_config(data, "volon.yaml")
