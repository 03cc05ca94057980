"""A resolution of conflicts: every marker is gone, and no conflict has ended as one of its sides."""

from __future__ import annotations

import pytest

from volon.model.conduct.conflicts import pieces, unresolved

BEFORE = """\
a
<<<<<<< merged
one
=======
two
>>>>>>> module/b
b
<<<<<<< merged
||||||| base
gone
=======
three
>>>>>>> module/b
c
"""


@pytest.mark.parametrize(
    ("after", "wrong"),
    [
        ("a\none\ntwo\nb\n# three was gone\nc\n", ()),
        ("a\none_and_two\nb\nx\nthree\nc\n", ()),
        ("everything\nanew\n", ()),
        ("a\none\nb\nx\nthree\nc\n", ("x: conflict 1 ended",)),
        ("a\ntwo\nb\nx\nthree\nc\n", ("x: conflict 1 ended",)),
        ("a\none\ntwo\nb\nc\n", ("x: conflict 2 ended",)),
        ("a\none\ntwo\nb\nthree\nc\n", ("x: conflict 2 ended",)),
        ("a\none\n=======\ntwo\nb\nx\nthree\nc\n", ("x:3: =======",)),
        (
            BEFORE.replace("<<<<<<< merged", "<<<<<<< ours"),
            ("x:2: <", "x:4: =", "x:6: >", "x:8: <", "x:9: |", "x:11:", "x:13:"),
        ),
    ],
)
def test_what_is_wrong_with_a_resolution_is_named(after: str, wrong: tuple[str, ...]) -> None:
    found = list(unresolved("x", BEFORE, after))
    assert len(found) == len(wrong)
    assert all(one.startswith(start) for one, start in zip(found, wrong, strict=True)), found


def test_a_line_that_looks_like_a_marker_and_was_there_before_is_none() -> None:
    text = "Title\n=======\n" + BEFORE
    assert list(unresolved("x", text, "Title\n=======\na\none\ntwo\nb\nnew\nthree\nc\n")) == []
    assert [len(pieces(one)) for one in ("", "a\nb", text)] == [1, 1, 5]
