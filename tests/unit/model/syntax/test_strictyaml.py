"""The strict loader: what it accepts, what it refuses and where, and that both of PyYAML's parsers agree with it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import quick, texts
from volon.model.problems import FrontmatterError
from volon.model.syntax import strictyaml
from volon.model.syntax.frontmatter import parse_yaml, render_scalar
from volon.model.syntax.nodes import Mapping, Value
from volon.model.syntax.strictyaml import MAX_BYTES


def load(text: str) -> dict[str, Value]:
    return parse_yaml(text, "x.md").plain()


def refusal(text: str) -> tuple[str, int | None, int | None]:
    with pytest.raises(FrontmatterError) as caught:
        load(text)
    problem = caught.value.problem
    assert caught.value.exit_code == 9
    return problem.rule, problem.line, problem.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# only a comment\n", {}),
        ("a: b", {"a": "b"}),
        (
            "a: no\nb: 012\nc: 12:30\nd: 2026-11-19\ne: 1e3\nf: 0x1f\ng: .5",
            dict(zip("abcdefg", ["no", "012", "12:30", "2026-11-19", "1e3", "0x1f", ".5"], strict=True)),
        ),
        ("a:\nb: ~\nc: null\nd: ''\ne: \"~\"", {"a": None, "b": None, "c": None, "d": "", "e": "~"}),
        ("a: [x, 'y, z', \"w\"]\nb: []", {"a": ["x", "y, z", "w"], "b": []}),
        ("a:\n  - x\n  - b: c\n    d: e\nf:\n- g", {"a": ["x", {"b": "c", "d": "e"}], "f": ["g"]}),
        ("a: |\n  x\n   y\nb: >-\n  x\n  y\n", {"a": "x\n y\n", "b": "x y"}),
        ("a: x\n  y\n", {"a": "x y"}),
        ("'a b': c", {"a b": "c"}),
        ("a: {}", {"a": {}}),
        ("1: x\ntrue: y", {"1": "x", "true": "y"}),
        ('a: "\\e[2J\\u263a"', {"a": "\x1b[2J☺"}),
    ],
)
def test_scalars_are_text_and_structure_is_plain(text: str, value: dict[str, Value]) -> None:
    assert load(text) == value


REFUSED: list[tuple[str, str, int, int | None]] = [
    ("a: !!python/object:os.system x", "yaml.tag", 1, 4),
    ("a: ! x", "yaml.tag", 1, 4),
    ("a: 1\nb: &x y", "yaml.anchor", 2, 4),
    ("a: &x y\nb: *x", "yaml.anchor", 1, 4),
    ("a: *x", "yaml.anchor", 1, 4),
    ("<<: x", "yaml.merge-key", 1, 1),
    ("a: 1\nb: 2\na: 3", "yaml.duplicate-key", 3, 1),
    ("a:\n  b: 1\n  b: 2", "yaml.duplicate-key", 3, 3),
    ("a:\n  - x\na: 3", "yaml.duplicate-key", 3, 1),
    ("''", "yaml.not-a-mapping", 1, 1),
    ("a:\n  " + "- " * 20 + "x", "yaml.too-deep", 2, 33),
    ('"a\n  b": c', "yaml.not-a-mapping", 1, 1),
    ('? "a\n  b"\n: c', "yaml.complex-key", 1, 3),
    ("a: 1\n--- \nb: 2", "yaml.several-documents", 2, 1),
    ("%YAML 1.1\n---\na: 1", "yaml.several-documents", 1, 1),
    ("a: 1\n...\n", "yaml.several-documents", 2, 1),
    ("a: {b: c}", "yaml.flow-mapping", 1, 5),
    ("{a: b}", "yaml.not-a-mapping", 1, 1),
    ("- a", "yaml.not-a-mapping", 1, 1),
    ("word", "yaml.not-a-mapping", 1, 1),
    ("a: [[b]]", "yaml.nested-flow", 1, 5),
    ("a: [b: c]", "yaml.nested-flow", 1, 5),
    ("? [a]\n: b", "yaml.complex-key", 1, 3),
    ("? a\n: b", "yaml.complex-key", 1, 3),
    ("a: b: c", "yaml.syntax", 1, 5),
    ("a: 1\n\tb: 2", "yaml.syntax", 2, 1),
    ("a: b\n c: d", "yaml.syntax", 2, 3),
    ("a: [b\nc: d\n", "yaml.syntax", 2, 2),
    ("\na: [b\n  \n", "yaml.syntax", 2, 1),
    ("a: 1\nb: \x00\nc: d", "yaml.syntax", 2, None),
    ("a: éééé\nb: \x7f\nc: d", "yaml.syntax", 2, None),
    ("a: 1\nb: \ufeff", "yaml.syntax", 2, None),
    ("a: \ud800", "yaml.syntax", 1, None),
]


@pytest.mark.parametrize(("text", "rule", "line", "column"), REFUSED)
def test_what_is_refused_and_where(text: str, rule: str, line: int, column: int | None) -> None:
    assert refusal(text) == (rule, line, column)


@pytest.mark.parametrize("text", ["a: [b", "a: 'b", "a: @b", "a: `b", "a: b\nc"])
def test_broken_yaml_is_refused(text: str) -> None:
    rule, line, _ = refusal(text)
    assert rule == "yaml.syntax"
    assert line in {1, 2}


def test_limits() -> None:
    nested = "".join(f"{'  ' * depth}a:\n" for depth in range(20))
    assert refusal(nested)[0] == "yaml.too-deep"
    assert refusal("a: " + "[" * 5000)[0] == "yaml.nested-flow"
    assert refusal("a:\n" + "- x\n" * 2000)[0] == "yaml.too-many-values"
    assert refusal("a: " + "x" * (MAX_BYTES - 2)) == ("yaml.too-large", 1, None)
    assert load("a: " + "x" * (MAX_BYTES - 3))


def test_a_problem_names_the_key_path_and_counts_from_the_files_first_line() -> None:
    with pytest.raises(FrontmatterError) as caught:
        parse_yaml("hooks:\n  on_pause:\n    - argv: [a]\n    - argv: !x a", "volon.yaml", first_line=2)
    problem = caught.value.problem
    assert (problem.where, problem.key) == ("volon.yaml:5:13", "hooks.on_pause[1].argv")


yaml_texts = st.one_of(
    texts,
    st.lists(
        st.sampled_from(
            [
                "a: b",
                "a:",
                "b: [x, y]",
                "c:",
                "  - x",
                "  - y: z",
                "    w: v",
                "- x",
                "d: |",
                "  text",
                "",
                "# c",
                "e: 'q'",
                'f: "q"',
                "  g: h",
                "? i",
                ": j",
                "k: &a l",
                "m: *a",
                "n: !t o",
                "<<: p",
                "---",
                "...",
                "%D",
                "{}",
                "q: {}",
                "r: >-",
                "s: 't",
                "\tu: v",
            ]
        ),
        max_size=8,
    ).map("\n".join),
)


def outcome(text: str) -> object:
    try:
        found = strictyaml.parse_yaml(text, "x")
    except FrontmatterError:
        return "refused"
    return found.plain()


@quick
@given(yaml_texts)
def test_the_fast_and_the_portable_parser_agree(text: str) -> None:
    fast = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strictyaml, "_LOADER", yaml.SafeLoader)
        assert outcome(text) == fast


@quick
@given(yaml_texts)
def test_what_is_accepted_means_what_yaml_says(text: str) -> None:
    found = outcome(text)
    if isinstance(found, dict):
        reference = yaml.load(text, yaml.BaseLoader)  # noqa: S506  every scalar is text, which is the point
        assert without_nulls(found) == (reference or {})


def without_nulls(value: object) -> object:
    """BaseLoader knows no null: what volon reads as nothing is there the text it was written with."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return "" if value is None else value


@quick
@given(texts)
def test_a_written_scalar_is_read_back_by_every_reader(text: str) -> None:
    written = f"key: {render_scalar(text)}"
    assert "\n" not in written
    assert load(written) == {"key": text}
    for loader in (yaml.SafeLoader, yaml.FullLoader, yaml.BaseLoader):
        assert yaml.load(written, loader) == {"key": text}  # noqa: S506  the loaders are the reference


@quick
@given(st.lists(texts, max_size=5))
def test_a_written_list_is_read_back(items: list[str]) -> None:
    assert load(f"key: {render_scalar(items)}") == {"key": items}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain words here", "plain words here"),
        ("feat/retry", "feat/retry"),
        ("no", '"no"'),
        ("Off", '"Off"'),
        ("012", '"012"'),
        ("59e64c3", '"59e64c3"'),
        ("deadbeef", '"deadbeef"'),
        ("2026-11-19", '"2026-11-19"'),
        ("12:30", '"12:30"'),
        ("", '""'),
        ("-x", '"-x"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("a\nb", '"a\\nb"'),
        ("\x1b\x85\u2028\U000e0001", '"\\x1b\\x85\\u2028\\U000e0001"'),
        ("bad \udcff", '"bad \ufffd"'),
        ("✨", '"✨"'),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (["a", "b, c"], '[a, "b, c"]'),
    ],
)
def test_how_values_are_written(value: str | list[str] | int | None, written: str) -> None:
    assert render_scalar(value) == written


def test_positions_are_those_of_the_text() -> None:
    assert strictyaml.parse_yaml("a: b", "x").line == 1
    text = "a: 'x'\nbé: [y]\n"
    tree = parse_yaml(text, "x")
    assert isinstance(tree, Mapping)
    assert [text[node.start : node.end] for _, node in tree.entries] == ["'x'", "[y]"]


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\x1f", "\x7f", "\x84", "\x9f", "\ud800", "\ufeff", "\uffff"])
def test_what_yaml_does_not_know_as_a_character_is_refused(char: str) -> None:
    with pytest.raises(FrontmatterError):
        parse_yaml(f'key: "a{char}b"\n', "x", 1)


@pytest.mark.parametrize(
    "char", ["\t", "~", "\x85", "\xa0", "\ud7ff", "\ue000", "\ufefe", "\uff00", "\ufffd", "\U0010ffff"]
)
def test_what_it_knows_as_one_is_read(char: str) -> None:
    assert parse_yaml(f'key: "a{char}b"\n', "x", 1).entries
