"""Texts of JSON as people write them: any blanks, comments and commas at the end; and what people change in them.

Scalars stand in place of marks, by which a change finds the same spot in two texts.
"""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

GAPS = st.sampled_from(
    ["", " ", "\n", "\n  ", "\r\n    ", "\t", "/* c */", " // c, }\n", '\n// "c"\n  ', " /* [ \n */ ", "/***/ \n"]
)
_MARK = "@@"


@st.composite
def _value(draw: st.DrawFn, inner: st.SearchStrategy[str], brackets: str) -> str:
    """An array or an object of what `inner` gives."""
    parts: list[str] = draw(st.lists(inner, max_size=4))
    keyed = brackets == "{}"
    heads = [f'"{_MARK}k"{draw(GAPS)}:{draw(GAPS)}' if keyed else "" for _ in parts]
    if keyed:
        parts = [part.replace(f"{_MARK}v", f"{_MARK}m") if part[0] == '"' else part for part in parts]
    items = [f"{draw(GAPS)}{head}{part}{draw(GAPS)}" for head, part in zip(heads, parts, strict=True)]
    end = draw(st.sampled_from(["", ",", ", ", ",\n"])) if parts else ""
    return f"{brackets[0]}{','.join(items) or draw(GAPS)}{end}{brackets[1]}"


_SCALARS = st.sampled_from([f'"{_MARK}v"', "1", "-0.5e3", "true", "null", '"//"', '"a\\"b"', '"/*"', '"ü"'])
_NESTED = st.recursive(_SCALARS, lambda inner: st.one_of(_value(inner, "{}"), _value(inner, "[]")), max_leaves=8)


def _numbered(text: str) -> str:
    """The text with each mark told from the others."""
    numbers = itertools.count()
    head, *rest = text.split(_MARK)
    return head + "".join(f"{_MARK}{next(numbers)}{part}" for part in rest)


def documents(brackets: str) -> st.SearchStrategy[str]:
    """Whole texts that are an object or an array."""
    return st.tuples(GAPS, _value(_NESTED, brackets), GAPS).map(lambda parts: _numbered("".join(parts)))


OBJECTS = documents("{}")
DOCUMENTS = st.one_of(OBJECTS, documents("[]"))
_VALUES = ['"x"', "{}", "[\n]", '"x" // c, "y"\n', '/* c */ "x"']
_ELEMENTS = ['"x", "y"', '"x",\n  // "z"\n  {"y": 1}', "1,2"]
_MEMBERS = ['"x", "new#": 1', '"x", // c\n "new#": {"y": [2]}']
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("v"), st.integers(0, 9), st.sampled_from(_VALUES + _ELEMENTS)),
        st.tuples(st.just("m"), st.integers(0, 9), st.sampled_from(_VALUES + _MEMBERS)),
        st.tuples(st.just("k"), st.integers(0, 9), st.sampled_from(['"new#"', '"new#": 1, "k#"', '/**/\n"new#"'])),
    ),
    max_size=4,
)
"""What becomes of an element, a member's value or a key, by the number of its mark."""


def edited(text: str, edits: list[tuple[str, int, str]]) -> str:
    """Return the text after a person's edits; where it has no such mark, nothing changes."""
    for kind, number, new in edits:
        text = text.replace(f'"{_MARK}{number}{kind}"', new.replace("#", str(number)))
    return text
