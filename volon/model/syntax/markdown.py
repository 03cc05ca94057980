"""Headings, fences and sections of a Markdown body, by the rules of CommonMark that matter here.

A heading counts only outside code fences. User text is escaped line by line so that it can never open a
section or a fence, and unescaped to exactly what the user wrote.

Source: origins §2.4 (`## Updates` found inside code fences), brief of the records (text must not forge sections).
"""

from __future__ import annotations

from volon.light import lru_cache
from volon.patterns import pattern
from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = frozenset("#`~")
"""What headings and fences begin with."""
_FENCES = ("```", "~~~")
_DEEPEST, _INDENT = 6, 3
BLANKS, _BULLETS = frozenset(" \t"), frozenset("-*+")
_SPECIAL = (
    r"(?:#{1,6}(?=[ \t]|$)|`{3}|~{3}|<{7}|<!--|\*\*(?:Acceptance criteria|Blocker)\b|None(?: recorded)?\.[ \t]*$)"
)
_OPENING = frozenset("#`~<*N")
"""What `_SPECIAL` begins with: other lines need no look at it."""
_UNESCAPED = pattern(rf"( {{0,3}})(?=\\*{_SPECIAL})")
_DASHES = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")
_ESCAPED = pattern(rf"( {{0,3}})\\(?=\\*{_SPECIAL})")
_TICKS, _BLANK_LINE = pattern(r"`+"), pattern(r"[ \t]*\r?\n")
_FOLLOWING = 64
"""How much of what follows a piece of code is of interest; without a bound many pieces would cost their square."""
RECORD_LEVEL = 2
"""The level of the sections that records are made of."""


class Line(NamedTuple):
    """One line of a text: its span without the line end, the span's text, and whether it is code."""

    number: int
    start: int
    end: int
    text: str
    fenced: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of the same or a higher level.

    Attributes:
        title: the heading's text.
        level: 1 to 6.
        number: 1-based line of the heading within the text.
        head: span of the heading line without its line end.
        start: where the content begins; `end` is where the section ends.
    """

    title: str
    level: int
    number: int
    head: tuple[int, int]
    start: int
    end: int


def walk(text: str) -> Iterator[Line]:
    """Every line, with fences followed: the fence lines themselves count as code."""
    fence, start = "", 0
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        content = line.removesuffix("\r")
        inside = fence
        if "```" in content or "~~~" in content:
            fence = _next_fence(content, fence)
        yield Line(number, start, start + len(content), content, bool(inside or fence))
        start += len(line) + 1


@lru_cache(maxsize=2)
def lines_of(text: str) -> tuple[Line, ...]:
    """All lines of `walk`; the last answers are kept, because a record is asked for one section after the other."""
    return tuple(walk(text))


def _marked(text: str) -> Iterator[tuple[int, int, str]]:
    """Every line that may be a heading or a fence: its number, where it begins, and its text without the line end."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip(" ")[:1] in _MARKS:
            yield number, start, line.removesuffix("\r")
        start += len(line) + 1


def _next_fence(line: str, fence: str) -> str:
    """What is open after a line."""
    text = line.lstrip(" ")
    if not text.startswith(_FENCES) or len(line) - len(text) > _INDENT:
        return fence
    rest = text.lstrip(text[0])
    mark = text[: len(text) - len(rest)]
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip()
    return "" if closes else fence


def _depth(line: str) -> int:
    """The level of the heading that a line is; 0 when it is none."""
    text = line.lstrip(" ")
    rest = text.lstrip("#")
    depth = len(text) - len(rest)
    is_one = depth <= _DEEPEST and len(line) - len(text) <= _INDENT and (not rest or rest[0] in BLANKS)
    return depth if is_one else 0


def open_fence(text: str) -> str:
    """The fence that is still open at the end of the text, or an empty string."""
    fence = ""
    for _, _, line in _marked(text):
        fence = _next_fence(line, fence)
    return fence


@lru_cache(maxsize=4)
def sections(text: str, level: int | None = None) -> tuple[Section, ...]:
    """The sections of one level, or all of them, nested ones included, in order.

    Takes time that grows with the text only, however many headings it has: they are looked at from the last one. The
    last few answers are kept, because a record is asked for one section after the other.
    """
    found = []
    ends = [len(text)] * (_DEEPEST + 2)
    for number, begun, line, depth in reversed(list(_headings(text))):
        if level in {None, depth}:
            end = begun + len(line)
            start = end + len(_line_end(text, end))
            found.append(Section(_title(line), depth, number, (begun, end), start, ends[depth]))
        ends[depth:] = [begun] * (_DEEPEST + 2 - depth)
    return tuple(reversed(found))


def _headings(text: str) -> Iterator[tuple[int, int, str, int]]:
    """What `_marked` says of every heading outside of code, and its level."""
    fence = ""
    for number, start, line in _marked(text):
        fence = _next_fence(line, fence)
        if not fence and (depth := _depth(line)):
            yield number, start, line, depth


def _code(text: str) -> Iterator[tuple[int, int, bool]]:
    """The spans of fenced code, from the start of the opening line to the end of the closing one, if there is one."""
    fence, start = "", 0
    for _, begun, line in _marked(text):
        was, fence = fence, _next_fence(line, fence)
        if fence and not was:
            start = begun
        elif was and not fence:
            yield start, begun + len(line), True
    if fence:
        yield start, len(text), False


def unclosed_code(text: str) -> int:
    """Where the fenced code begins that nothing closes; the end of the text where there is none."""
    return next((start for start, _, closed in _code(text) if not closed), len(text))


def _title(line: str) -> str:
    """A heading's text without its marks, and without the closing ones it may have."""
    text = line.lstrip(" ").lstrip("#").strip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text


def find_section(text: str, title: str, level: int = RECORD_LEVEL) -> Section | None:
    """The first section with this title, compared without regard to case, dashes and spacing."""
    wanted = title_key(title)
    return next((one for one in sections(text, level) if title_key(one.title) == wanted), None)


@lru_cache(maxsize=512)
def title_key(title: str) -> str:
    """What two spellings of one heading have in common (`Next 1–3 actions`, `next 1-3 Actions`)."""
    return " ".join(title.translate(_DASHES).split()).casefold()


def _line_end(text: str, position: int) -> str:
    if text.startswith("\r\n", position):
        return "\r\n"
    return "\n" if text.startswith("\n", position) else ""


def append_to_section(text: str, title: str, line: str, eol: str) -> str:
    """Put a line at the end of a section, which is made at the end of the text when it is not there.

    Nothing already in the text changes; a missing final newline stays missing.
    """
    section = find_section(text, title)
    if section is None:
        return text + _new_section(text, title, line, eol)
    place, bare = _end_of_content(text, section)
    lead = eol if bare else ""
    tail = eol if _heading_follows(text, place) else ""
    return f"{text[:place]}{eol}{lead}{line}{tail}{text[place:]}"


def _end_of_content(text: str, section: Section) -> tuple[int, bool]:
    """Where the last line with content ends, and whether that is the bare heading.

    Without content it is the blank line below the heading, so that a blank line always stands between the two.
    """
    below = text[section.start : section.end]
    if content := below.rstrip():
        return section.start + _line_length(below, len(content)), False
    if section.start == section.end:
        return section.head[1], True
    return section.start + _line_length(below, 0), False


def _line_length(text: str, position: int) -> int:
    """Where the line around a position ends, without its line end."""
    end = text.find("\n", position)
    return len(text[: end if end >= 0 else len(text)].removesuffix("\r"))


def _heading_follows(text: str, place: int) -> bool:
    rest = text[place:]
    after = rest.removeprefix("\r\n") if rest.startswith("\r\n") else rest.removeprefix("\n")
    return _depth(after.partition("\n")[0].removesuffix("\r")) > 0


def _new_section(text: str, title: str, line: str, eol: str) -> str:
    final = eol if not text or text.endswith("\n") else ""
    gap = "" if not text else eol if text.endswith("\n") else eol * 2
    fence = open_fence(text)
    if fence:
        gap = ("" if text.endswith("\n") else eol) + fence + eol * 2
    elif text.endswith(("\n\n", "\n\r\n")):
        gap = ""
    return f"{gap}## {title}{eol}{eol}{line}{final}"


def prepend_to_section(text: str, title: str, line: str, eol: str) -> str:
    """Put a paragraph of one line first under a heading, which is made at the end when it is not there.

    What stood there before follows after a blank line; none of it changes.
    """
    section = find_section(text, title)
    if section is None:
        return text + _new_section(text, title, line, eol)
    below = text[section.start : section.end]
    at_end = section.start == section.end and not _line_end(text, section.head[1])
    blank = _BLANK_LINE.match(below)
    start = section.start + (blank.end() if blank else 0)
    lead = eol if at_end or not blank else ""
    lead = eol * 2 if at_end else lead
    tail = "" if at_end else eol if start == len(text) else eol * 2
    return f"{text[:start]}{lead}{line}{tail}{text[start:]}"


def replace_section(text: str, title: str, content: str, eol: str) -> str:
    """Give a section new content, set off by blank lines; the section is made when it is not there."""
    section = find_section(text, title)
    fresh = content.replace("\n", eol)
    if section is None:
        return text + _new_section(text, title, fresh, eol)
    last = section.end == len(text)
    tail = "" if last and not text.endswith("\n") else eol if last else eol * 2
    head = text[: section.head[1]]
    return f"{head}{eol}{eol}{fresh}{tail}{text[section.end :]}"


def escape_line(line: str) -> str:
    """Make a line of user text plain text: a backslash before what opens a heading, a fence or one of our labels."""
    match = _UNESCAPED.match(line) if line.lstrip(" \\")[:1] in _OPENING else None
    return f"{match[1]}\\{line[match.end() :]}" if match else line


def unescape_line(line: str) -> str:
    """The line that `escape_line` was given."""
    match = _ESCAPED.match(line) if "\\" in line else None
    return match[1] + line[match.end() :] if match else line


def escape(text: str) -> str:
    """`escape_line` for every line."""
    return "\n".join(escape_line(line) for line in text.split("\n"))


def unescape(text: str) -> str:
    """`unescape_line` for every line."""
    return "\n".join(unescape_line(line) for line in text.split("\n"))


def fence_for(text: str) -> str:
    """A fence longer than any run of backticks in the text."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    return "`" * max(3, longest + 1)


def code_block(text: str, info: str = "text") -> str:
    """The text between fences that nothing inside it can close."""
    fence = fence_for(text)
    ending = "" if text.endswith("\n") or not text else "\n"
    return f"{fence}{info}\n{text}{ending}{fence}"


def first_code_block(text: str) -> str | None:
    """The content of the first fenced block, every line ended by LF; None when there is none."""
    start, end, closed = next(_code(text), (0, 0, True))
    lines = text[start:end].split("\n")
    inner = lines[1:-1] if closed or not lines[-1] else lines[1:]
    return "".join(line.removesuffix("\r") + "\n" for line in inner) if end else None


def entry_of(line: str, marks: frozenset[str] = _BULLETS) -> str | None:
    """What stands behind the mark and the blanks that a line begins with; None when it does not begin so."""
    return line[1:].lstrip(" \t") if line[:1] in marks and line[1:2] in BLANKS else None


def bold(line: str, end: str) -> tuple[str, str] | None:
    """The bold words that a line begins with, up to `end`, and what follows; None when there are none."""
    words, found, rest = line[2:].partition(end)
    return (words, rest) if line[:2] == "**" and found and words and "*" not in words else None


def code_span(text: str) -> str:
    """Inline code, with as many backticks as it takes."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") or not text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def parse_code_span(text: str) -> tuple[str, str] | None:
    """Inline code at the start of the text and what follows it, or None when there is no code at the start."""
    size = len(text) - len(text.lstrip("`"))
    closing = _shut(text, size) if size else -1
    if closing < 0:
        return None
    code = text[size:closing]
    if code[1:] and code[0] == code[-1] == " ":
        code = code[1:-1]
    return code, text[closing + size :]


def _shut(text: str, size: int) -> int:
    """Where the run of so many backticks begins that closes the one a text begins with; -1 when there is none."""
    if "``" not in text:
        return text.find("`", size)
    found = pattern(rf"(?<!`)`{{{size}}}(?!`)").search(text, size)
    return found.start() if found else -1


def code_spans(text: str) -> list[tuple[int, str, str]]:
    """Every piece of inline code on a line: where its content begins, the content, and what follows it.

    Each run of backticks is looked at once, so that many that close nothing cost no more than their number. Single
    ones, as there are mostly, close each other in turn.
    """
    found: list[tuple[int, str, str]] = []
    if "``" not in text:
        opening = text.find("`")
        while opening >= 0 and (shut := text.find("`", opening + 1)) >= 0:
            found.append(_span(text, opening + 1, shut, shut + 1))
            opening = text.find("`", shut + 1)
        return found
    runs = [(run.start(), run.end()) for run in _TICKS.finditer(text)]
    closing: list[int | None] = [None] * len(runs)
    latest: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        closing[index], latest[length] = latest.get(length), index
    index = 0
    while index < len(runs):
        end = closing[index]
        if end is not None:
            found.append(_span(text, runs[index][1], *runs[end]))
        index = index + 1 if end is None else end + 1
    return found


def _span(text: str, start: int, end: int, after: int) -> tuple[int, str, str]:
    """What stands between two runs of backticks, without the blanks that set it off from them."""
    code, rest = text[start:end], text[after : after + _FOLLOWING]
    if code[:1] == code[-1:] == " " and code[1:] and code.strip():
        return start + 1, code[1:-1], rest
    return start, code, rest
