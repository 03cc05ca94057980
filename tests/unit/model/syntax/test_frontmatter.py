"""Documents: exact bytes, and edits that leave every other byte alone."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import frontmatter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.golden import Golden, told
from tests.unit.model.samples import FORMATS, quick, texts
from tests.unit.model.syntax.test_strictyaml import REFUSED
from volon.errors import Corrupt, ExitCode, VolonError
from volon.model.problems import ConflictMarkers, FrontmatterError, UnreadableRecord
from volon.model.syntax.frontmatter import MAX_RECORD, Document, parse_yaml
from volon.model.syntax.handler import RecordHandler

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = sorted(path for path in FORMATS.rglob("*.md") if "conflicted" not in path.name)

ENTRIES = (
    *(
        "plain: value",
        'quoted: "a # b"  # why',
        "single:   'it''s'",
        "empty:",
        "spaced:    ",
        "noted:  # nothing",
        "null_: ~",
    ),
    *(
        "flow: [a, 'b, c']  # list",
        "long_flow: [a,\n  b]",
        "list:\n  - a\n  - b: c\n    d: e",
        "flat:\n- a\n-",
        "commented: # c\n  - a",
    ),
    *(
        "block: |\n  one\n\n   two",
        "folded: >-  # c\n  one\n  two\n",
        "keep: |+\n  one\n\n",
        "plain_two: one\n  two",
        'quoted_two: "one\n  two"',
    ),
    *(
        "deep:\n  er:\n    a: b\n  est: c",
        "empty_map: {}",
        "'odd key' : x",
        "no: yes",
        "indented: |2\n    x\n  y",
        "empty_block: |",
    ),
)
FILLERS = ("# a comment", "", "  # indented comment", "#")


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    entries = draw(st.lists(st.sampled_from(ENTRIES), unique=True, max_size=7))
    lines = [part for entry in entries for part in (*draw(st.lists(st.sampled_from(FILLERS), max_size=2)), entry)]
    lines += draw(st.lists(st.sampled_from(FILLERS), max_size=2))
    body = draw(texts).replace("\r", "").replace("<<<<<<<", "<<<<<<")
    text = "\n".join(["---", *lines, draw(st.sampled_from(["---", "--- "])), body])
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode("utf-8", "replace")


keys = st.sampled_from(
    ["plain", "quoted", "empty", "noted", "flow", "list", "flat", "block", "keep", "deep", "new", "x y"]
)
values = st.one_of(texts, st.none(), st.integers(0, 99), st.booleans(), st.lists(texts, max_size=3))


def plain(value: object) -> object:
    """A value as it is read: every scalar is text."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def front_lines(document: Document) -> list[bytes]:
    text = document.data[: len(document.data) - len(document.body.encode())]
    return text.splitlines(keepends=True)


@quick
@given(documents())
def test_what_is_read_is_the_file(data: bytes) -> None:
    document = Document.parse(data, "x.md")
    assert document.data == data
    assert document.bytes() == data
    assert data.endswith(document.body.encode())


@quick
@given(documents(), st.sampled_from([entry.split(":")[0] for entry in ENTRIES if "odd" not in entry] + ["new"]), values)
def test_setting_a_key_changes_nothing_else(data: bytes, key: str, value: str | list[str] | int | None) -> None:
    before = Document.parse(data, "x.md")
    after = before.set(key, value)
    assert after.meta == before.meta | {key: plain(value)}
    assert list(after.meta) == list(before.meta | {key: None})
    assert after.body == before.body
    assert_only_lines_of(key, before, after)
    assert after.set(key, value).data == after.data


@pytest.mark.parametrize(
    ("entry", "edited"),
    [
        ("plain: value", "plain: new"),
        ('quoted: "a # b"  # why', "quoted: new  # why"),
        ("single:   'it''s'", "single:   new"),
        ("'odd key' : x", "'odd key' : new"),
        ("empty:", "empty: new"),
        ("noted:  # nothing", "noted: new  # nothing"),
        ("null_: ~", "null_: new"),
        ("plain_two: one\n  two", "plain_two: new"),
        ('quoted_two: "one\n  two"', "quoted_two: new"),
        ("flow: [a, 'b, c']  # list", "flow: new  # list"),
        ("long_flow: [a,\n  b]", "long_flow: new"),
        ("list:\n  - a\n  - b: c\n    d: e", "list: new"),
        ("commented: # c\n  - a", "commented: new # c"),
        ("commented: # blanks  \n  - a", "commented: new # blanks  "),
        ("commented: # MORE IN X\n  a: b", "commented: new # MORE IN X"),
        ("flat:\n- a\n-  # none", "flat: new  # none"),
        ("flat:\n- a\n-", "flat: new"),
        ("flat:\n- a\n- - b\n  - c", "flat: new"),
        ("deep:\n  er:\n    a: b\n  est: c", "deep: new"),
        ("deep:\n  - a: |\n      b\n    # below", "deep: new\n    # below"),
        ("list:\n  - |\n   b\n  # below", "list: new\n  # below"),
        ("block: |\n  one\n\n   two", "block: new"),
        ("block: |\n  blank at the end  ", "block: new"),
        ("block: |\n WIDTH OF X", "block: new"),
        ("block: |\n    deep\n  # below", "block: new\n  # below"),
        ("folded: >-  # c\n  one\n  two\n", "folded: new # c\n"),
        ("keep: |+\n  one\n\n", "keep: new\n\n"),
        ("indented: |2\n    x\n  y", "indented: new"),
        ("indented: |-2 # c\n    x\n  y", "indented: new # c"),
        ("list:\n  - |2\n     x\n    y\n   # below", "list: new\n   # below"),
        ("empty_block: |", "empty_block: new"),
    ],
)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_an_edit_replaces_the_value_and_nothing_around_it(entry: str, edited: str, eol: str) -> None:
    def file(lines: str) -> bytes:
        return f"---\nbefore: a-b\n{lines}# note\nafter: 2\n---\nbody".replace("\n", eol).encode()

    key = entry.partition(":")[0].strip(" '")
    document = Document.parse(file(f"{entry}\n"), "x.md")
    assert document.set(key, "new").data == file(f"{edited}\n")
    below = edited.split("\n")[1:]
    assert document.remove(key).data == file("".join(f"{line}\n" for line in below))


def test_keys_that_are_indented_are_edited_in_place() -> None:
    document = Document.parse(b"---\n  a: 1\n  b: 2\n---\n", "x.md")
    assert document.remove("b").data == b"---\n  a: 1\n---\n"
    assert document.remove("a").set("c", "3").data == b'---\n  b: 2\n  c: "3"\n---\n'


def test_a_key_stays_when_its_neighbour_would_take_over_what_stands_below_it() -> None:
    document = Document.parse(b"---\nkeep: |+\n  one\nkey: x\n\nlast: y\n---\n", "x.md")
    assert document.remove("key").data == document.data.replace(b"key: x", b"key: null")


def test_a_key_that_would_be_read_as_another_is_not_written() -> None:
    with pytest.raises(Corrupt, match=r"^x\.md: the key `'a'` cannot be edited safely$") as caught:
        Document.parse(b"---\nb: c\n---\n", "x.md").set("'a'", "d")
    assert caught.value.hints == ("edit x.md by hand",)


def test_what_is_asked_about_a_key() -> None:
    document = Document.parse(b"---\nlist:\n  - a\n\"quoted\": 'x'\nblock: >\n  y\nplain: z\nnone:\n---\n", "x.md")
    assert [document.get(key) for key in ("plain", "list", "none", "absent")] == ["z", None, None, None]
    styles = {key: document.style_of(key) for key in (*document.meta, "absent")}
    assert styles == {"list": "", "quoted": "'", "block": ">", "plain": "", "none": "", "absent": ""}
    assert [document.line_of(key) for key in ("list", "quoted", "absent")] == [2, 4, None]
    assert [document.column_of(key) for key in ("list", "quoted", "absent")] == [3, 11, None]
    plain = Document.parse(b"---\na: b\nc: d\n---\n", "x.md")
    assert (plain.line_of("c"), plain.column_of("c"), plain.line_of("d")) == (3, 4, None)


def assert_only_lines_of(key: str, before: Document, after: Document) -> None:
    """Every line before the key's is there at the start, every line after its value at the end."""
    old, new = front_lines(before), front_lines(after)
    first = next(
        (n for n, line in enumerate(new) if line.lstrip(b"\xef\xbb\xbf").startswith(key.encode() + b":")), None
    )
    at = first if first is not None else next(n for n, line in enumerate(old) if line.startswith(key.encode() + b":"))
    assert new[:at] == old[:at]
    tail = len(new) - at - (first is not None)
    assert new[len(new) - tail :] == old[len(old) - tail :]


@quick
@given(documents(), st.sampled_from([entry.split(":")[0] for entry in ENTRIES if "odd" not in entry]))
def test_removing_a_key_changes_nothing_else(data: bytes, key: str) -> None:
    before = Document.parse(data, "x.md")
    after = before.remove(key)
    assert {name: value for name, value in after.meta.items() if name != key} == {
        name: value for name, value in before.meta.items() if name != key
    }
    assert after.meta.get(key) is None
    assert after.body == before.body
    if key in before.meta:
        assert_only_lines_of(key, before, after)
    else:
        assert after.data == data


@quick
@given(documents(), keys, values)
def test_a_key_that_was_added_can_be_taken_out_again(
    data: bytes, key: str, value: str | list[str] | int | None
) -> None:
    before = Document.parse(data, "x.md")
    if key not in before.meta and " " not in key:
        assert before.set(key, value).remove(key).data == data


@quick
@given(documents(), st.sampled_from(["Updates", "Goal", "Nowhere"]), st.sampled_from(["- one", "- two ✨"]))
def test_appending_a_line_only_adds_bytes_and_the_line_is_found(data: bytes, title: str, line: str) -> None:
    before = Document.parse(data, "x.md")
    after = before.append_to_section(title, line)
    again = after.append_to_section(title, "- last")
    assert after.meta == before.meta
    assert _texts(after.section(title))[-1] == line
    assert _texts(again.section(title))[-2:] == [line, "- last"]
    assert_grown(before.data, after.data)
    assert_grown(after.data, again.data)
    assert (after.data[-1:] == b"\n") == (data[-1:] == b"\n" or before.body == "")
    assert ("\r\n" in after.body) or before.eol == "\n"


def _texts(section: str | None) -> list[str]:
    """The lines that hold more than blanks, of whatever kind."""
    assert section is not None
    return [line for line in section.split("\n") if line.strip()]


def assert_grown(before: bytes, after: bytes) -> None:
    """`after` is `before` with something put in at one place."""
    start = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    assert after.endswith(before[start:])
    assert len(after) > len(before)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("form", ["lf", "crlf", "bom", "crlf-bom", "no-final-newline"])
def test_every_format_ever_written_survives_an_edit(path: object, form: str) -> None:
    assert hasattr(path, "read_bytes")
    data: bytes = path.read_bytes()
    data = data.replace(b"\n", b"\r\n") if "crlf" in form else data
    data = b"\xef\xbb\xbf" + data if "bom" in form else data
    data = data.rstrip(b"\r\n") if form == "no-final-newline" else data
    before = Document.parse(data, path.name)  # type: ignore[attr-defined]
    after = before.set("volon_was_here", "yes")
    assert after.meta == before.meta | {"volon_was_here": "yes"}
    taken_out = after.remove("volon_was_here").data
    assert taken_out == data or not before.has_frontmatter
    assert taken_out.endswith(before.body.encode())


def test_a_file_without_frontmatter_gets_one_and_keeps_its_body() -> None:
    document = Document.parse(b"\xef\xbb\xbf# Title\r\n\r\ntext", "x.md").set("a", "b")
    assert document.data == b"\xef\xbb\xbf---\r\na: b\r\n---\r\n# Title\r\n\r\ntext"
    assert (document.body_line, document.line_of("a"), document.column_of("a")) == (4, 2, 4)
    assert Document.parse(b"", "x.md").set("a", "b").data == b"---\na: b\n---\n"


@pytest.mark.parametrize(
    ("text", "meta", "body"),
    [
        ("---\na: x ---\n---\nb", {"a": "x ---"}, "b"),
        ("---\na: |\n  ---\n  b\n---\n", {"a": "---\nb\n"}, ""),
        ("---\n---\n---\n", {}, "---\n"),
        ("---\n---", {}, ""),
        ("--- \na: b\n---\t\nc", {"a": "b"}, "c"),
        ("\n---\na: b\n---\n", {}, "\n---\na: b\n---\n"),
        (" ---\na: b\n", {}, " ---\na: b\n"),
        ("----\na: b\n", {}, "----\na: b\n"),
        ("text\n---\nmore\n---\n", {}, "text\n---\nmore\n---\n"),
    ],
)
def test_only_a_line_of_its_own_is_a_fence(text: str, meta: dict[str, object], body: str) -> None:
    document = Document.parse(text.encode(), "x.md")
    assert (document.meta, document.body) == (meta, body)


@pytest.mark.parametrize(
    ("data", "rule", "line"),
    [
        (b"---\na: b\n", "frontmatter.unclosed", 1),
        (b"---", "frontmatter.unclosed", 1),
        (b"---\na: b\n\n--- x\nc: d\n", "frontmatter.unclosed", 4),
        (b"---\na: 1\na: 2\n---\n", "yaml.duplicate-key", 3),
        (b"---\na: \xff\n---\n", "record.encoding", 2),
        (b"\xef\xbb\xbfa\n\xe9", "record.encoding", 2),
        (b"x" * (MAX_RECORD + 1), "record.too-large", 1),
    ],
)
def test_what_cannot_be_read_is_left_alone_and_named(data: bytes, rule: str, line: int) -> None:
    with pytest.raises(UnreadableRecord) as caught:
        Document.parse(data, "x.md")
    assert caught.value.exit_code == ExitCode.CORRUPT
    assert (caught.value.problem.rule, caught.value.problem.line) == (rule, line)
    assert caught.value.hints


LARGE = "a: |\n" + " x\n" * 33_000
LONG = "a:\n" + "- x\n" * 2000
DEEP = "".join(f"{'  ' * depth}a:\n" for depth in range(20))


def test_every_refusal_says_where_it_is_and_how_to_go_on(golden: Golden) -> None:
    # The words of PyYAML's two parsers differ; what they complain about has no golden text.
    texts = [text for text, rule, _, column in REFUSED if rule != "yaml.syntax" or column is None]
    said = [refusal(text, functools.partial(parse_yaml, text, "dir/x.md", 2)) for text in (*texts, LARGE, LONG, DEEP)]
    files = [b"---\na: b\n", b"---\na: b\n--- x\n", b"---\n\xff", b"x" * (MAX_RECORD + 1), CONFLICT.encode()]
    said += [refusal(data, functools.partial(Document.parse, data, "dir/x.md")) for data in files]
    golden("refused-records", "\n".join(said))


def refusal(data: str | bytes, read: Callable[[], object]) -> str:
    """The beginning of a file, and what a person reads who has it."""
    with pytest.raises(VolonError) as caught:
        read()
    return f"{data[:60]!r}\n{told(caught.value)}"


def test_a_record_may_be_as_large_as_the_limit() -> None:
    assert len(Document.parse(b"x" * MAX_RECORD, "x.md").body) == MAX_RECORD


CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CONFLICT, 1),
        (f"---\na: b c d\n---\n{CONFLICT}", 4),
        (f"---\n{CONFLICT}---\n", 2),
        (f"---\na: b\n{CONFLICT}", 3),
        (f"```\ncode\n```\n{CONFLICT}", 4),
        (f"---\n```\n{CONFLICT}---\n".replace("\n", "\r\n"), 3),
        (f"---\na: b\n---\n```\n{CONFLICT}```\n{CONFLICT}", 11),
        (CONFLICT.replace("=======", "||||||| base\nwas\n======="), 1),
        (CONFLICT.replace("\n", "\r\n"), 1),
        (f"<<<<<<< not yet\n{CONFLICT}", 2),
    ],
)
def test_an_unfinished_merge_is_named_and_not_guessed_at(text: str, line: int) -> None:
    with pytest.raises(ConflictMarkers) as caught:
        Document.parse(text.encode(), "x.md")
    assert caught.value.exit_code == ExitCode.HUMAN_CONFLICT
    assert (caught.value.problem.rule, caught.value.problem.line) == ("record.conflict-markers", line)


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{CONFLICT}```\n",
        f"~~~~text\n{CONFLICT}~~~~\n",
        "<<<<<<< HEAD\n",
        ">>>>>>> x\n=======\n<<<<<<< y\n",
        "Title\n=======\n\ntext\n",
        "<<<<<<<<<< arrows\n=======\n>>>>>>> x\n",
        f"  {CONFLICT}",
    ],
)
def test_what_only_looks_like_a_conflict_is_text(text: str) -> None:
    assert Document.parse(text.encode(), "x.md").body == text


def test_the_handler_is_one_that_python_frontmatter_accepts() -> None:
    text = "---\nresume_hint: yes\nid: 0123456\n---\nbody\n"
    post = frontmatter.loads(text, handler=RecordHandler(text, (4, 33), "x.md"))
    assert (post.metadata, post.content) == ({"resume_hint": "yes", "id": "0123456"}, "body")


def test_a_refused_yaml_names_the_files_line() -> None:
    with pytest.raises(FrontmatterError) as caught:
        Document.parse(b"---\nok: 1\nbad: &x y\n---\n", "dir/x.md")
    assert caught.value.message.startswith("dir/x.md:3:6: anchors")


def test_a_section_is_found_by_level_and_comes_without_blank_lines_around_it() -> None:
    document = Document.parse(b"# T\r\n\r\n## One\r\n\r\n    code X\r\n\r\n## T\n2", "x.md")
    assert document.section("One") == "    code X"
    assert (document.section("T"), document.section("T", 1)) == ("2", "## One\n\n    code X\n\n## T\n2")
    assert document.section("Two") is None


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_nothing_is_written_on_the_line_of_a_fence(eol: str) -> None:
    document = Document.parse(f"---{eol}a: b{eol}---".encode(), "x.md").append_to_section("Updates", "- one")
    assert document.data == f"---{eol}a: b{eol}---{eol}## Updates{eol}{eol}- one{eol}".encode()
    assert Document.parse(b"", "x.md").append_to_section("Updates", "- one").data == b"## Updates\n\n- one\n"


def test_replacing_and_prepending_within_a_section() -> None:
    document = Document.parse(b"# T\r\n## One\r\nold\r\n## Two\r\nstays", "x.md")
    assert (
        document.replace_section("one", "new\nlines").data
        == b"# T\r\n## One\r\n\r\nnew\r\nlines\r\n\r\n## Two\r\nstays"
    )
    assert document.replace_section("Two", "new").data == b"# T\r\n## One\r\nold\r\n## Two\r\n\r\nnew"
    assert document.replace_section("Three", "x").section("Three") == "x"
    assert (
        document.prepend_to_section("Two", "first").data == b"# T\r\n## One\r\nold\r\n## Two\r\n\r\nfirst\r\n\r\nstays"
    )
    assert document.prepend_to_section("Three", "x").section("Three") == "x"
    assert [document.section_line(*title) for title in (("Two",), ("T", 1), ("T",), ("Nowhere",))] == [4, 1, None, None]
    assert document.replace_line(3, "changed").data == document.data.replace(b"old", b"changed")
    assert document.replace_line(99, "changed") is document


def test_an_open_fence_is_closed_before_a_section_is_added() -> None:
    document = Document.parse(b"```\ncode\n## Updates", "x.md").append_to_section("Updates", "- a")
    assert document.data == b"```\ncode\n## Updates\n```\n\n## Updates\n\n- a"
