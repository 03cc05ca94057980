"""The one loader that decides which YAML volon accepts, and where in the file everything stands.

Accepted: block mappings with plain or quoted one-line keys, block lists, flow lists of scalars, and plain,
quoted and block scalars. Everything else YAML can do is refused with line and column: tags, anchors, aliases,
merge keys, duplicate keys, directives, several documents, complex keys, flow mappings (but for an empty one), more
than 16 levels, 64 KiB or 2,000 values. Every scalar is a string or None (nothing, `~`, `null`): what a value means
is the record's business, so `no`, `012` and `12:30` stay what they are.

Importing this module imports PyYAML; `model.frontmatter` does so only when there is YAML to read.

Source: reliability S9.
"""

from __future__ import annotations

import yaml
from yaml import events as ev

from volon.model.problems import FrontmatterError, Problem
from volon.model.syntax.nodes import Mapping, Scalar, Sequence, nothing
from volon.patterns import pattern
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from volon.model.syntax.nodes import Node

    Start = ev.MappingStartEvent | ev.SequenceStartEvent
    Events = Iterator[ev.Event]

MAX_BYTES = 64 * 1024
MAX_NODES = 2_000
MAX_DEPTH = 16
_UNREADABLE = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
"""What YAML does not know as a character, and a byte-order mark, which would be skipped without a word."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Limits(NamedTuple):
    """How much is read at all."""

    size: int = MAX_BYTES
    nodes: int = MAX_NODES


def parse_yaml(text: str, path: str, first_line: int = 1, limits: Limits = Limits()) -> Mapping:  # noqa: B008  frozen
    """Parse YAML whose top level is a block mapping; empty text is an empty mapping.

    Args:
        text: the YAML, without any fence.
        path: named in problems.
        first_line: the line of the file on which `text` begins.
        limits: what is too much.

    Raises:
        FrontmatterError: the text is no YAML, or outside the accepted subset (exit 9).
    """
    return _Builder(text, path, first_line, limits).build()


class _Builder:
    """Folds PyYAML's events into nodes, refusing whatever the subset leaves out the moment it shows up."""

    def __init__(self, text: str, path: str, first_line: int, limits: Limits) -> None:
        self.text, self.path, self.first_line, self.limits = text, path, first_line, limits
        self.nodes = 0
        self.trail: list[str] = []

    def build(self) -> Mapping:
        if len(self.text.encode(errors="surrogatepass")) > self.limits.size:
            raise self.error("too-large", f"more than {self.limits.size // 1024} KiB of YAML", self.first_line, None)
        plain = self.text.isascii() and self.text.replace("\n", "").isprintable()
        if not plain and (strange := _UNREADABLE.search(self.text)):
            # Looked for here, because libyaml gives the place in bytes and cannot take every string.
            line = self.first_line + self.text[: strange.start()].count("\n")
            raise self.error("syntax", f"the character U+{ord(strange[0]):04X} may not stand in YAML", line, None)
        events = self.events()
        top = next(events, None)
        found = None if top is None else self.top(top, events)
        for _ in events:
            pass  # What follows the mapping is checked too.
        return nothing(self.first_line) if found is None else found

    def top(self, event: ev.Event, events: Events) -> Mapping | None:
        if isinstance(event, ev.ScalarEvent) and not event.value and event.style is None:
            return None
        if not isinstance(event, ev.MappingStartEvent) or event.flow_style:
            raise self.refuse("not-a-mapping", "expected `key: value` lines", event)
        return self.mapping(event, events, 1)

    def events(self) -> Events:
        """Every event that carries content; documents and forbidden features are checked here."""
        try:
            for event in yaml.parse(self.text, _LOADER):
                if isinstance(event, ev.NodeEvent):
                    self.admit(event)
                    yield event
                elif isinstance(event, ev.CollectionEndEvent):
                    yield event
                elif getattr(event, "explicit", None) is True:
                    # A second document begins with `---`, or the first ends with `...`; both are events that say so.
                    raise self.refuse("several-documents", "more than one YAML document, or a directive", event)
        except yaml.MarkedYAMLError as error:
            raise self.syntax(error) from error

    def admit(self, event: Any) -> None:  # noqa: ANN401  what PyYAML's events have is not declared
        if event.anchor is not None:
            raise self.refuse("anchor", "anchors and aliases are not accepted", event)
        if event.tag is not None:
            raise self.refuse("tag", f"tags such as {event.tag} are not accepted", event)
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise self.refuse("too-many-values", f"more than {self.limits.nodes:,} values", event)

    def node(self, event: ev.Event, events: Events, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.refuse("too-deep", f"more than {MAX_DEPTH} levels", event)
        if isinstance(event, ev.ScalarEvent):
            value = None if not event.style and event.value in _NULLS else event.value
            return Scalar(value, *self.span(event), style=event.style or "")
        if isinstance(event, ev.SequenceStartEvent):
            return self.sequence(event, events, depth)
        if isinstance(event, ev.MappingStartEvent):
            return self.mapping(event, events, depth)
        raise self.refuse("syntax", "not readable as YAML", event)  # pragma: no cover - the parser raises first

    def sequence(self, start: ev.SequenceStartEvent, events: Events, depth: int) -> Sequence:
        items: list[Node] = []
        event: ev.Event = start
        for event in events:
            if isinstance(event, ev.SequenceEndEvent):
                break
            if start.flow_style and not isinstance(event, ev.ScalarEvent):
                raise self.refuse("nested-flow", "only plain values may stand in [ ]", event)
            self.trail.append(f"[{len(items)}]")
            items.append(self.node(event, events, depth + 1))
            self.trail.pop()
        line, column, begin, _ = self.span(start)
        return Sequence(tuple(items), line, column, begin, _end(event), bool(start.flow_style))

    def mapping(self, start: ev.MappingStartEvent, events: Events, depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        event: ev.Event = start
        for event in events:
            if isinstance(event, ev.MappingEndEvent):
                break
            if start.flow_style:
                raise self.refuse("flow-mapping", "write mappings as indented `key: value` lines, not in { }", event)
            key = self.key(event, start, entries)
            self.trail.append(f".{key.value}")
            entries[str(key.value)] = (key, self.node(next(events), events, depth + 1))
            self.trail.pop()
        line, column, begin, _ = self.span(start)
        return Mapping(tuple(entries.values()), line, column, begin, _end(event))

    def key(self, event: ev.Event, parent: Start, seen: dict[str, tuple[Scalar, Node]]) -> Scalar:
        in_place = _place(event)[1] == _place(parent)[1]
        if not (isinstance(event, ev.ScalarEvent) and in_place):
            raise self.refuse("complex-key", "keys must be plain words on one line", event)
        if event.value == "<<":
            raise self.refuse("merge-key", "merge keys (<<) are not accepted", event)
        if event.value in seen:
            first = seen[event.value][0].line
            raise self.refuse("duplicate-key", f"the key `{event.value}` was already given on line {first}", event)
        return Scalar(event.value, *self.span(event))

    def span(self, event: ev.Event) -> tuple[int, int, int, int]:
        line, column, index = _place(event)
        return line + self.first_line, column + 1, index, _end(event)

    def syntax(self, error: yaml.MarkedYAMLError) -> FrontmatterError:
        """What the parser found, with the place; what is missing at the end is missing on the last line."""
        mark: Any = error.problem_mark
        line = min(mark.line, self.text.rstrip().count("\n")) + self.first_line
        return self.error("syntax", f"not readable as YAML: {error.problem}", line, mark.column + 1)

    def refuse(self, rule: str, message: str, event: ev.Event) -> FrontmatterError:
        line, column, _ = _place(event)
        return self.error(rule, message, line + self.first_line, column + 1)

    def error(self, rule: str, message: str, line: int, column: int | None) -> FrontmatterError:
        key = "".join(self.trail).removeprefix(".") or None
        hint = f"edit {self.path}, line {line}; plain `key: value` lines, lists and quoted text are accepted"
        return FrontmatterError(Problem(self.path, line, column, key, f"yaml.{rule}", message, hint))


def _place(event: ev.Event) -> tuple[int, int, int]:
    """The 0-based line and column and the index at which an event begins; parsed events always have marks."""
    mark: Any = event.start_mark
    return mark.line, mark.column, mark.index


def _end(event: ev.Event) -> int:
    mark: Any = event.end_mark
    return int(mark.index)
