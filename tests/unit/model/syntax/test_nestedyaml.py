"""The short way to read a pipeline reads what the strict loader reads, place for place, and leaves everything else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.model.samples import quick
from volon.model.problems import FrontmatterError
from volon.model.syntax.nestedyaml import read_nested
from volon.model.syntax.strictyaml import Limits, parse_yaml

MOST = 1_000_000

words = st.one_of(
    st.sampled_from(["a", "b", "id", "run", "needs", "env", "A_1", "null", "y", "<<", "a b", "012", "1:2", "-", "- a"]),
    st.text("ab -./_0\"'\\#:,[]{}?&*!|>%@`$(~é\t\x85\ufeff", max_size=8),
    st.sampled_from(
        ["echo 'x' && make -j2 > a.log", "http://x/y", "a:b", "a: b", "a #b", "$(x)", "(x", "--all", "...", "---"]
    ),
    st.sampled_from(
        ["[]", "[a]", "[a, b]", "[a,b]", "[-c, 'x']", '[sh, -c, "a, b"]', "[/bin/true, ./x]", "[~]", "[a:b]", "[a, ]"]
    ),
    st.sampled_from(['"x: y"', "'x # y'", "'it''s'", '"a\\n"', '""', "''", "|", ">", "~", "", "null", "NULL"]),
)
lines = st.one_of(
    st.sampled_from(["", "  ", "# a", "   # a: b", "tickets:", "a:", "- a", "---", "..."]),
    st.builds("{}: {}".format, words, words),
    words,
)
rows = st.tuples(st.integers(0, 7), st.sampled_from(["", "", "- ", "-  ", "- - "]), lines)
anything = st.lists(rows, max_size=8).map(lambda found: "".join(f"{' ' * n}{dash}{row}\n" for n, dash, row in found))

keys = st.sampled_from(["a", "id", "run", "needs", "env_1", "A", "null"])
leaves = st.one_of(
    st.sampled_from(
        ["x", "/bin/true", "echo a && b", "null", "[]", "[a, -c, /x]", '[sh, "a, b"]', "'q'", '"q r"', "a:b", "$X"]
    ),
    st.text("ab -./:#,'\"[", min_size=1, max_size=6),
)


def _mapping(entries: list[tuple[str, object]]) -> list[str]:
    """The lines of a mapping."""
    found: list[str] = []
    for key, value in entries:
        found += [f"{key}: {value}"] if isinstance(value, str) else [f"{key}:", *(f"  {one}" for one in _lines(value))]
    return found


def _lines(value: object) -> list[str]:
    """The lines of a value that is no leaf; what begins with a list is one, each of its own a comment or an entry."""
    assert isinstance(value, list)
    if value and isinstance(value[0], tuple):
        return _mapping(value)
    found = []
    for one in value:
        first, *more = [one] if isinstance(one, str) else _lines(one)
        found += [f"- {first}", *(f"  {line}" for line in more), *(["# then"] if len(more) > 1 else [])]
    return found


def _deeper(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    mappings = st.lists(st.tuples(keys, inner), min_size=1, max_size=4)
    return st.one_of(mappings, st.lists(st.one_of(leaves, mappings), min_size=1, max_size=3))


nested = st.lists(st.tuples(keys, st.recursive(leaves, _deeper, max_leaves=12)), min_size=1, max_size=4).map(
    lambda found: "".join(f"{row}\n" for row in _mapping(found))
)


def _agrees(text: str) -> bool:
    """Hold one reader against the other; whether the short way was taken."""
    found = read_nested(text, MOST)
    try:
        expected = parse_yaml(text, "x", 1, Limits(1 << 20, MOST))
    except FrontmatterError:
        assert found is None
        return False
    assert found is None or found == expected
    return found is not None


@given(anything)
@example("a:\n  - b: 1\n    c:\n      d: 2\n  - b: 3\n# end\n")
@example("a:\n  b:\n      c: 1\n    d: 2\n")
@example("a: b\n  c: d\n")
@example("a:\n- b\n")
@quick
def test_of_any_lines_it_reads_what_the_strict_loader_reads(text: str) -> None:
    _agrees(text)


@given(nested)
@quick
def test_of_nested_lists_and_mappings_it_reads_what_the_strict_loader_reads(text: str) -> None:
    _agrees(text)


LONG = """\
# what it is

version: 1
env:
  CI: "1"

tickets:
  # the first
  - id: a
    run: 'a: b'
    needs:
      - b.1
      - c
    env:
      X: http://x/y
  - id: c
    run: make -j2 && echo 'x'
# the end
"""


@pytest.mark.parametrize("text", ["tickets:\n  - id: a\n    run: [/bin/true, -x]\n    needs: []\n", LONG])
def test_a_pipeline_takes_the_short_way(text: str) -> None:
    assert _agrees(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a: b",
            "a: b\r\n",
            "a: b\na: c\n",
            " a: b\n",
            "a: &x b\n",
            "a: ü\n",
            "---\na: b\n",
            "a: b\n...\n",
            "- a\n",
        ),
        *(
            "a:\n",
            "a:\n- b\n",
            "a:\n  - b\n - c\n",
            "a: b\n  c\n",
            "a: |\n  b\n",
            "a:\n  - - b\n",
            "a:\n  - \n",
            "a: b\n\tc: d\n",
        ),
        *("".join(f"{' ' * n}a:\n" for n in range(deep)) + f"{' ' * deep}a: b\n" for deep in (15, 2000)),
    ],
)
def test_what_is_not_plain_is_left_to_the_strict_loader(text: str) -> None:
    assert read_nested(text, MOST) is None
    _agrees(text)


def test_what_may_be_too_much_is_left_to_the_strict_loader() -> None:
    text = "a:\n" + "  - b\n" * 10
    assert read_nested(text, 12) is None
    assert read_nested(text, 100) is not None
    for most in range(30):
        if read_nested("c:\n  - d: [a, b]\n  - e: [f]\n", most):
            parse_yaml("c:\n  - d: [a, b]\n  - e: [f]\n", "x", 1, Limits(1 << 20, most))
