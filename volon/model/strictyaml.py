"""The one loader that decides which YAML volon accepts, and where in the file everything stands.

Accepted: block mappings with plain or quoted one-line keys, block lists, flow lists of scalars, and plain,
quoted and block scalars. Everything else YAML can do is refused with line and column: tags, anchors, aliases,
merge keys, duplicate keys, directives, several documents, complex keys, flow mappings (but for `{}`), more than
16 levels, 64 KiB or 2,000 nodes. Every scalar is a string or None (nothing, `~`, `null`): what a value means
is the record's business, so `no`, `012` and `12:30` stay what they are.

Source: reliability S9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from volon.model.problems import FrontmatterError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 * 1024
MAX_NODES = 2_000
MAX_DEPTH = 16
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Value = Any
"""A plain value: `str | None | list[Value] | dict[str, Value]`."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One scalar: its text (None for null), 1-based place, character span in the parsed text, and its style."""

    value: str | None
    line: int
    column: int
    start: int
    end: int
    style: str = ""

    def plain(self) -> Value:
        """The string, or None."""
        return self.value


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` tells `[a, b]` from `- a`."""

    items: tuple[Node, ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool

    def plain(self) -> Value:
        """The values as a list."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, in the order of the file."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    start: int
    end: int

    def plain(self) -> dict[str, Value]:
        """The values as a dict."""
        return {str(key.value): value.plain() for key, value in self.entries}

    def find(self, key: str) -> tuple[Scalar, Node] | None:
        """The entry with this key, or None."""
        return next((entry for entry in self.entries if entry[0].value == key), None)


Node = Scalar | Sequence | Mapping


def parse_yaml(text: str, path: str, first_line: int = 1) -> Mapping:
    """Parse YAML whose top level is a block mapping; empty text is an empty mapping.

    Args:
        text: the YAML, without any fence.
        path: named in problems.
        first_line: the line of the file on which `text` begins.

    Raises:
        FrontmatterError: the text is no YAML, or outside the accepted subset (exit 9).
    """
    return _Builder(text, path, first_line).build()


class _Builder:
    """Folds PyYAML's events into nodes, refusing whatever the subset leaves out the moment it shows up."""

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self.text, self.path, self.first_line = text, path, first_line
        self.nodes = 0
        self.trail: list[str] = []

    def build(self) -> Mapping:
        if len(self.text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise self.refuse("too-large", f"more than {MAX_BYTES // 1024} KiB of YAML", None)
        events = self.events()
        kind, event = next(events)
        if kind in ("StreamEnd", "DocumentEnd"):
            return Mapping((), self.first_line, 1, 0, 0)
        if kind == "Scalar" and not event.value and event.style is None:
            self.end(events)
            return Mapping((), self.first_line, 1, 0, 0)
        if kind != "MappingStart" or event.flow_style:
            raise self.refuse("not-a-mapping", "expected `key: value` lines", event)
        mapping = self.mapping(event, events, 1)
        self.end(events)
        return mapping

    def events(self) -> Iterator[tuple[str, Any]]:
        """Every event that carries content, as (kind, event); documents and forbidden features are checked here."""
        from yaml import YAMLError, parse

        try:
            from yaml import CSafeLoader as Loader
        except ImportError:  # pragma: no cover - a PyYAML built without libyaml
            from yaml import SafeLoader as Loader  # type: ignore[assignment]

        documents = 0
        try:
            for event in parse(self.text, Loader):  # type: ignore[arg-type, no-untyped-call, unused-ignore]
                kind = type(event).__name__.removesuffix("Event")
                documents += kind == "DocumentStart"
                if documents > 1 or getattr(event, "explicit", None) is True:
                    raise self.refuse("several-documents", "more than one YAML document, or a directive", event)
                if kind not in ("StreamStart", "DocumentStart"):
                    self.admit(kind, event)
                    yield kind, event
        except YAMLError as error:
            raise self.syntax(error) from error

    def admit(self, kind: str, event: Any) -> None:
        if kind == "Alias" or getattr(event, "anchor", None) is not None:
            raise self.refuse("anchor", "anchors and aliases are not accepted", event)
        if getattr(event, "tag", None) is not None:
            raise self.refuse("tag", f"tags such as {event.tag} are not accepted", event)
        self.nodes += kind in ("Scalar", "SequenceStart", "MappingStart")
        if self.nodes > MAX_NODES:
            raise self.refuse("too-many-nodes", f"more than {MAX_NODES:,} values", event)

    def end(self, events: Iterator[tuple[str, Any]]) -> None:
        for _ in events:
            pass

    def node(self, kind: str, event: Any, events: Iterator[tuple[str, Any]], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.refuse("too-deep", f"more than {MAX_DEPTH} levels", event)
        if kind == "Scalar":
            return self.scalar(event)
        if kind == "SequenceStart":
            return self.sequence(event, events, depth)
        return self.mapping(event, events, depth)

    def scalar(self, event: Any) -> Scalar:
        plain = event.style in (None, "")
        value = None if plain and event.value in _NULLS else event.value
        return Scalar(value, *self.span(event), style="" if plain else event.style)

    def sequence(self, event: Any, events: Iterator[tuple[str, Any]], depth: int) -> Sequence:
        items: list[Node] = []
        flow = bool(event.flow_style)
        for kind, item in events:
            if kind == "SequenceEnd":
                line, column, start, _ = self.span(event)
                return Sequence(tuple(items), line, column, start, item.end_mark.index, flow)
            if flow and kind != "Scalar":
                raise self.refuse("nested-flow", "only plain values may stand in [ ]", item)
            self.trail.append(f"[{len(items)}]")
            items.append(self.node(kind, item, events, depth + 1))
            self.trail.pop()
        raise self.refuse("syntax", "the list does not end", event)  # pragma: no cover - the parser raises first

    def mapping(self, event: Any, events: Iterator[tuple[str, Any]], depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for kind, item in events:
            if kind == "MappingEnd":
                line, column, start, _ = self.span(event)
                return Mapping(tuple(entries.values()), line, column, start, item.end_mark.index)
            if event.flow_style:
                raise self.refuse("flow-mapping", "write mappings as indented `key: value` lines, not in { }", event)
            key = self.key(kind, item, event, entries)
            self.trail.append(f".{key.value}")
            entries[str(key.value)] = (key, self.node(*next(events), events, depth + 1))
            self.trail.pop()
        raise self.refuse("syntax", "the mapping does not end", event)  # pragma: no cover - the parser raises first

    def key(self, kind: str, event: Any, parent: Any, seen: dict[str, tuple[Scalar, Node]]) -> Scalar:
        one_line = event.start_mark.line == event.end_mark.line
        if kind != "Scalar" or not one_line or event.start_mark.column != parent.start_mark.column:
            raise self.refuse("complex-key", "keys must be plain words on one line", event)
        if event.value == "<<":
            raise self.refuse("merge-key", "merge keys (<<) are not accepted", event)
        if event.value in seen:
            first = seen[event.value][0].line
            raise self.refuse("duplicate-key", f"the key `{event.value}` was already given on line {first}", event)
        return Scalar(event.value, *self.span(event), style=event.style or "")

    def span(self, event: Any) -> tuple[int, int, int, int]:
        start = event.start_mark
        return start.line + self.first_line, start.column + 1, start.index, event.end_mark.index

    def syntax(self, error: Any) -> FrontmatterError:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        line = mark.line + self.first_line if mark else self.line_at(getattr(error, "position", 0))
        return self.error("syntax", f"not readable as YAML: {reason}", line, mark.column + 1 if mark else None)

    def line_at(self, position: int) -> int:
        return self.first_line + self.text.count("\n", 0, position)

    def refuse(self, rule: str, message: str, event: Any) -> FrontmatterError:
        if event is None:
            return self.error(rule, message, self.first_line, None)
        mark = event.start_mark
        return self.error(rule, message, mark.line + self.first_line, mark.column + 1)

    def error(self, rule: str, message: str, line: int, column: int | None) -> FrontmatterError:
        key = "".join(self.trail).removeprefix(".") or None
        hint = f"edit {self.path}, line {line}; docs/FORMAT.md lists what is accepted"
        return FrontmatterError(Problem(self.path, line, column, key, f"yaml.{rule}", message, hint))
