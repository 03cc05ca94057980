"""A record as it is on disk: exact bytes, and edits that leave every other byte alone.

Unknown keys, their order, comments, blank lines, line ends, a byte-order mark and a missing final newline all
come back. Parsing goes through python-frontmatter's handler interface with volon's own splitter and strict
loader; all writing is done here, because python-frontmatter alone does not round-trip.

A fence is `---` alone on a line at column 0, the first one at the very start of the file (after a byte-order
mark).

Source: contract §3 (byte-identical outside the part volon changes), reliability S9, G4, G11.
"""

from __future__ import annotations

from volon.errors import Corrupt
from volon.model.problems import ConflictMarkers, FrontmatterError, Problem, UnreadableRecord
from volon.model.quick import plain_lines
from volon.model.syntax import markdown
from volon.model.syntax.gitpath import shell_word
from volon.patterns import pattern
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from volon.model.syntax.nodes import Mapping, Value

__all__ = ["MAX_RECORD", "Document", "FrontmatterError", "parse_yaml", "render_scalar"]

MAX_RECORD = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_SURROGATES = range(0xD800, 0xE000)
Writable: TypeAlias = "str | int | list[str] | None"
"""What can be set: a bool is an int."""
_OF_PAUSES = (".volon/tasks/", ".volon/pcc/tasks/", ".design/checkpoints/")
"""Where records lie of which each pause keeps a copy."""
_USUAL = "---\n"
"""A fence as volon writes it; the patterns know the others."""
_FENCE = pattern(r"---[ \t]*\r?(?:\n|$)")
_CLOSING = pattern(r"(?m)^---[ \t]*\r?$")
_NEARLY_CLOSING = pattern(r"(?m)^---")
_PLAIN = pattern(r"[A-Za-z_](?:[A-Za-z0-9_./@+-]| (?=[A-Za-z0-9_(]))*")
_HEX = pattern(r"(?ai)[0-9a-f]{7,64}")
_WORDS_WITH_MEANING = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "inf", "nan"))


def parse_yaml(text: str, path: str, first_line: int = 1) -> Mapping:
    """Parse YAML by the strict loader; see `model.strictyaml.parse_yaml`.

    Raises:
        FrontmatterError: the text is no YAML, or outside the accepted subset (exit 9).
    """
    from volon.model.syntax import strictyaml  # noqa: PLC0415  PyYAML is only needed when there is YAML

    return strictyaml.parse_yaml(text, path, first_line)


def render_scalar(value: Writable) -> str:
    """Write a value so that every YAML 1.1 or 1.2 reader reads the same string back.

    Words stay plain; whatever could be taken for a number, date, boolean or commit id, or needs an escape, is
    double-quoted on one line. A list becomes `[a, b]`.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(render_scalar(item) for item in value) + "]"
    plain = _PLAIN.fullmatch(value) and not _HEX.fullmatch(value) and value.lower() not in _WORDS_WITH_MEANING
    return value if plain else '"' + "".join(_escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    if char == '"':
        return '\\"'
    if ord(char) in _SURROGATES:
        return "\ufffd"
    return char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode()


@dataclass(frozen=True, slots=True)
class Document:
    """A record's exact bytes, and what they say.

    Attributes:
        data: the bytes; nothing else is ever the truth about the file.
        path: named in problems.
        meta: the frontmatter; scalars are strings, or None for null and nothing.
        body: the text below the frontmatter, with its line ends as they are.
        body_line: the 1-based line of the file on which the body begins.
    """

    data: bytes
    path: str
    meta: dict[str, Value] = field(compare=False, repr=False)
    body: str = field(compare=False, repr=False)
    body_line: int = field(compare=False, repr=False)
    _text: str = field(compare=False, repr=False)
    _front: tuple[int, int] | None = field(compare=False, repr=False)
    _tree: Mapping | None = field(compare=False, repr=False)
    """Where everything stands; of a record written as volon writes it only once somebody asks."""

    @classmethod
    def parse(cls, data: bytes, path: str) -> Document:
        """Read a record.

        Args:
            data: the file's bytes.
            path: named in problems; relative to the repository root.

        Raises:
            UnreadableRecord: not UTF-8, too large, frontmatter not closed, or YAML outside the subset (exit 9).
            ConflictMarkers: an unfinished merge (exit 7).
        """
        text = _decode(data, path)
        _refuse_markers(text, path)
        front = _split(text, path)
        quick = plain_lines(text[front[0] : front[1]]) if front else None
        tree = None
        if quick is None and front is not None:
            from volon.model.syntax.places import load  # noqa: PLC0415  volon writes what is read without

            tree = load(text, front, path)
        meta = tree.plain() if tree is not None else quick or {}
        start = after_line(text, front[1]) if front else 0
        line = text[:start].count("\n") + 1
        return cls(data, path, meta, text[start:], line, text, front, tree)

    @property
    def _nodes(self) -> Mapping:
        tree = self._tree
        if tree is None:
            from volon.model.syntax.places import load  # noqa: PLC0415  only to edit, and to tell a line

            tree = load(self._text, self._front, self.path)
            object.__setattr__(self, "_tree", tree)
        return tree

    def study(self) -> None:
        """Take the frontmatter apart now, while there is time for it, and not when it is edited."""
        _ = self._nodes

    def bytes(self) -> bytes:
        """The bytes to write; always `data`."""
        return self.data

    @property
    def has_frontmatter(self) -> bool:
        """Whether there is a frontmatter, even an empty one."""
        return self._front is not None

    @property
    def eol(self) -> str:
        """The line end this file uses (that of its first line), LF when it has none."""
        first = self._text.find("\n")
        return "\r\n" if first > 0 and self._text[first - 1] == "\r" else "\n"

    def get(self, key: str) -> str | None:
        """The scalar under a key; None when it is absent, null, a list or a mapping."""
        value = self.meta.get(key)
        return value if isinstance(value, str) else None

    def line_of(self, key: str) -> int | None:
        """The line on which a top-level key stands, or None."""
        found = self._nodes.find(key)
        return found[0].line if found else None

    def column_of(self, key: str) -> int | None:
        """The column at which a top-level key's value begins, or None."""
        found = self._nodes.find(key)
        return found[1].column if found else None

    def style_of(self, key: str) -> str:
        """How a top-level scalar is written: a quote, `|` or `>`; empty when it is plain or absent."""
        found = self._nodes.find(key)
        return getattr(found[1], "style", "") if found else ""

    def set(self, key: str, value: Writable) -> Document:
        """Give a key a new value; a new key goes last, and a file without frontmatter gets one.

        Raises:
            Corrupt: the file is written in a way that cannot be edited safely; nothing is changed.
        """
        return self.set_raw(key, render_scalar(value))

    def set_raw(self, key: str, rendered: str) -> Document:
        """`set` with a value that is already written as YAML on one line."""
        from volon.model.syntax.plainyaml import read_plain  # noqa: PLC0415  only to edit

        edited = self._edit(key, rendered)
        wanted = read_plain(f"k: {rendered}\n", 1) or parse_yaml(f"k: {rendered}", self.path)
        if edited.meta.get(key) != wanted.plain()["k"]:
            raise Corrupt(f"{self.path}: the key `{key}` cannot be edited safely", hints=[f"edit {self.path} by hand"])
        return edited

    def _edit(self, key: str, rendered: str) -> Document:
        found = self._nodes.find(key)
        if self._front is None:
            head = f"---{self.eol}{key}: {rendered}{self.eol}---{self.eol}"
            return self._with(head + self._text)
        if found is None:
            indent = " " * (self._nodes.column - 1)
            end = self._front[1]
            return self._with(f"{self._text[:end]}{indent}{key}: {rendered}{self.eol}{self._text[end:]}")
        from volon.model.syntax.places import replaced  # noqa: PLC0415  only to edit

        return self._with(replaced(self._text, self._front[0], found, rendered))

    def remove(self, key: str) -> Document:
        """Take a key and its value out, with the line they stand on; nothing happens when it is absent.

        Where the lines around it would then mean something else (a block scalar that keeps its blank lines stands
        right before it), the key stays with no value.
        """
        found = self._nodes.find(key)
        if found is None or self._front is None:
            return self
        from volon.model.syntax.places import value_end  # noqa: PLC0415  only to edit

        start = self._front[0] + found[0].start - found[0].column + 1
        end = after_line(self._text, value_end(self._text, self._front[0], found))
        shorter = self._with(self._text[:start] + self._text[end:])
        others = {name: value for name, value in self.meta.items() if name != key}
        return shorter if shorter.meta == others else self.set(key, None)

    def section(self, title: str, level: int = 2) -> str | None:
        """What stands under a heading, trimmed and with LF line ends; None when there is no such heading."""
        found = markdown.find_section(self.body, title, level)
        return None if found is None else self.body[found.start : found.end].replace("\r\n", "\n").strip("\n")

    def section_line(self, title: str, level: int = 2) -> int | None:
        """The file's line on which a heading stands, or None."""
        found = markdown.find_section(self.body, title, level)
        return None if found is None else found.number + self.body_line - 1

    def append_to_section(self, title: str, line: str) -> Document:
        """Put a line at the end of a level-2 section, which is made at the end of the file when it is not there."""
        return self._with_body(markdown.append_to_section(self.body, title, line, self.eol))

    def prepend_to_section(self, title: str, line: str) -> Document:
        """Put a paragraph of one line first under a level-2 heading, which is made when it is not there."""
        return self._with_body(markdown.prepend_to_section(self.body, title, line, self.eol))

    def replace_section(self, title: str, text: str) -> Document:
        """Give a level-2 section new content; it is made at the end of the file when it is not there."""
        return self._with_body(markdown.replace_section(self.body, title, text, self.eol))

    def replace_line(self, number: int, line: str) -> Document:
        """Replace the text of one line of the file (1-based); its line end stays."""
        found = next((one for one in markdown.walk(self._text) if one.number == number), None)
        return self if found is None else self._with(self._text[: found.start] + line + self._text[found.end :])

    def _with_body(self, body: str) -> Document:
        above = self._text[: len(self._text) - len(self.body)]
        # The closing fence may be the last line and have no end: text right behind it would be no fence any more.
        gap = self.eol if above and body and not above.endswith("\n") else ""
        return self._with(above + gap + body)

    def _with(self, text: str) -> Document:
        mark = _BOM if self.data.startswith(_BOM) else b""
        return Document.parse(mark + text.encode(), self.path)


def _decode(data: bytes, path: str) -> str:
    if len(data) > MAX_RECORD:
        raise UnreadableRecord(_problem(path, 1, "record.too-large", f"larger than {MAX_RECORD // 1024**2} MiB"))
    text = data.removeprefix(_BOM)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        message = f"not UTF-8 text (byte 0x{text[error.start]:02x})"
        raise UnreadableRecord(_problem(path, line, "record.encoding", message)) from error


def _split(text: str, path: str) -> tuple[int, int] | None:
    """The span of the YAML between the fences, or None when the file does not start with a fence."""
    end = text.find("\n---", 3) + 1
    if end and text.startswith(_USUAL) and text.startswith(_USUAL, end):
        return len(_USUAL), end
    opening = _FENCE.match(text)
    if opening is None:
        return None
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        message = "the frontmatter begins with `---` but is never closed by another `---`"
        near = _NEARLY_CLOSING.search(text, opening.end())
        line = text[: near.start()].count("\n") + 1 if near else 1
        message += f"; on line {line} something else stands behind it" if near else ""
        raise UnreadableRecord(_problem(path, line, "frontmatter.unclosed", message))
    return opening.end(), closing.start()


def after_line(text: str, position: int) -> int:
    """Where the line behind the one at a position begins."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _refuse_markers(text: str, path: str) -> None:
    """Raise when the text holds a real conflict: `<<<<<<<`, `=======`, `>>>>>>>` in this order, outside code."""
    if not all(mark * 7 in text for mark in "<=>"):
        return
    opening = _FENCE.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    code_from = closing.start() if closing else 0
    first, wanted = 0, "<"
    for number, line in _prose(text, code_from):
        if _marks(line, "<"):
            first, wanted = number, "="
        elif wanted == "=" and _marks(line, "="):
            wanted = ">"
        elif wanted == ">" and _marks(line, ">"):
            message = "the file still holds the conflict markers of a merge"
            hint = (
                "resolve it by hand; while git has it as unmerged, one side can be taken: "
                f"git checkout --ours -- {shell_word(path)} (or --theirs), then git add it; {_afterwards(path)}"
            )
            raise ConflictMarkers(Problem(path, first, 1, None, "record.conflict-markers", message, hint))


def _prose(text: str, code_from: int) -> Iterator[tuple[int, str]]:
    """The lines that are not inside a code fence; fences count from `code_from` on, the start of a line."""
    head = text[:code_from].split("\n")[:-1]
    yield from enumerate(head, 1)
    for line in markdown.walk(text[code_from:]):
        if not line.fenced:
            yield line.number + len(head), line.text


def _marks(line: str, char: str) -> bool:
    return line[:7] == char * 7 and line[7:8] in ("", " ", "\r")


def _afterwards(path: str) -> str:
    """Where a side of a merge is to be had once git calls it done."""
    if path.startswith(_OF_PAUSES):
        return "once it was added: volon doctor --fix puts back what a pause wrote, and keeps this one aside"
    return "once the merge is committed, git has both"


def _problem(path: str, line: int, rule: str, message: str) -> Problem:
    of_git = f"`git log -- {path}` has older versions"
    if path.startswith(_OF_PAUSES):
        of_git = f"volon doctor --fix puts back what a pause wrote; where records are committed, {of_git}"
    return Problem(path, line, None, None, rule, message, f"look at {path}, line {line}; {of_git}")
