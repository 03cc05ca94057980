"""The strict reader of pipeline specs: every fault with file, line and column, all of them at once.

Source: contract §6 (pipeline); reliability S9; issue "the pipeline" (bad input).
"""

from __future__ import annotations

from volon.model.pipeline.cycles import find_cycles
from volon.model.pipeline.spec import DEFAULTS, FIELDS, TICKET, VERSION, Isolation, Rerun, Spec, Ticket
from volon.model.problems import InvalidRecord, Problem, UnreadableRecord
from volon.model.records.fields import PATTERNS, Field, Kind, typed
from volon.model.syntax.nestedyaml import read_nested
from volon.model.syntax.nodes import Mapping, Scalar, Sequence
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from volon.model.syntax.nodes import Node

MAX_BYTES = 16 << 20
MAX_NODES = 1_000_000
_VARIABLE = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = pattern(PATTERNS[Kind.PATH])
_DURATION = pattern(r"([1-9][0-9]{0,6})\s*([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_MOST_RETRIES = 1000
_NAMES, _NAMES_BY_DEFAULT, _NAMES_OF_TICKET = (
    tuple(one.name for one in wanted) for wanted in (FIELDS, DEFAULTS, TICKET)
)
_OWN = tuple(one for one in TICKET if one.name in {"id", "priority"})
_OF_ALL = tuple(one for one in FIELDS if one.kind in {Kind.INT, Kind.LINE})


def parse_spec(data: bytes, path: str) -> Spec:
    """Read a pipeline spec.

    Args:
        data: the file.
        path: named in problems; without a name of its own the pipeline gets this one's.

    Raises:
        UnreadableRecord: not UTF-8, or YAML outside the accepted subset (exit 9).
        InvalidRecord: it says what cannot be used; every fault is named (exit 9).
    """
    reader = _Reader(_tree(data, path), path)
    spec = reader.spec()
    if reader.problems:
        raise InvalidRecord(path, sorted(reader.problems, key=lambda one: (one.line or 0, one.column or 0)))
    return spec


def _tree(data: bytes, path: str) -> Mapping:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise UnreadableRecord(Problem(path, line, None, None, "pipeline.encoding", message)) from error
    if len(text) <= MAX_BYTES and (plain := read_nested(text, MAX_NODES)) is not None:
        return plain
    from volon.model.syntax.strictyaml import Limits, parse_yaml  # noqa: PLC0415  PyYAML only where it is needed

    return parse_yaml(text, path, 1, Limits(MAX_BYTES, MAX_NODES))


class _Reader:
    def __init__(self, tree: Mapping, path: str) -> None:
        self.tree, self.path = tree, path
        self.problems: list[Problem] = []

    def spec(self) -> Spec:
        self.known(self.tree, _NAMES, "")
        values = {one.name: self.value(self.tree, one, "") for one in _OF_ALL}
        if values["version"] not in {None, VERSION}:
            self.fault(self.node(self.tree, "version"), "version", f"this volon reads version {VERSION}")
        defaults = self.defaults()
        tickets = self.tickets(defaults)
        self.needs(tickets)
        name = values["name"] or self.path.rpartition("/")[2].partition(".")[0]
        return Spec(name, {one.id: one for one, _ in tickets}, self.env(self.tree, ""))

    def defaults(self) -> dict[str, Any]:
        node = self.node(self.tree, "defaults")
        if node is self.tree or node.plain() is None:
            return {}
        if isinstance(node, Mapping):
            self.known(node, _NAMES_BY_DEFAULT, "defaults.")
            return self.ways(node, {}, "defaults.")
        self.fault(node, "defaults", "`defaults` must hold `key: value` lines")
        return {}

    def tickets(self, defaults: dict[str, Any]) -> list[tuple[Ticket, Mapping]]:
        node = self.node(self.tree, "tickets")
        if not isinstance(node, Sequence) or not node.items:
            self.fault(node, "tickets", "`tickets` must be a list, each entry with `id` and `run`")
            return []
        found: list[tuple[Ticket, Mapping]] = []
        seen: dict[str, Ticket] = {}
        for number, item in enumerate(node.items):
            if not isinstance(item, Mapping):
                self.fault(item, f"tickets[{number}]", "a ticket is `key: value` lines, with `id` and `run`")
                continue
            ticket = self.ticket(item, defaults, f"tickets[{number}].")
            first = seen.setdefault(ticket.id.casefold(), ticket)
            if first is not ticket and ticket.id:
                same = "" if first.id == ticket.id else f" as `{first.id}`, which some file systems cannot tell from it"
                where = f"{self.path}:{first.line}"
                self.fault(self.node(item, "id"), f"tickets[{number}].id", f"`{ticket.id}` is at {where} already{same}")
            found.append((ticket, item))
        return found

    def ticket(self, tree: Mapping, defaults: dict[str, Any], key: str) -> Ticket:
        self.known(tree, _NAMES_OF_TICKET, key)
        said = {one.name: self.value(tree, one, key) for one in _OWN}
        words, text = self.command(tree, key)
        return Ticket(
            id=said["id"] or "",
            argv=words,
            text=text,
            needs=self.words(tree, "needs", key),
            priority=said["priority"] or 0,
            env=self.env(tree, key),
            outputs=self.outputs(tree, key),
            locks=self.words(tree, "locks", key),
            line=tree.line,
            column=tree.column,
            **self.ways(tree, defaults, key),
        )

    def ways(self, tree: Mapping, defaults: dict[str, Any], key: str) -> dict[str, Any]:
        """Timeout, retries, rerun and isolation, as they stand here or by default."""
        names = {name.value for name, _ in tree.entries}
        if names.isdisjoint(_NAMES_BY_DEFAULT):
            return defaults
        said = {one.name: self.value(tree, one, key) for one in DEFAULTS}
        if said["timeout"] is not None:
            said["timeout"] = self.seconds(tree, said["timeout"], key)
        if said["retries"] is not None and not 0 <= said["retries"] <= _MOST_RETRIES:
            self.fault(self.node(tree, "retries"), f"{key}retries", f"expected 0 to {_MOST_RETRIES}")
        said["rerun"] = Rerun(said["rerun"]) if said["rerun"] else None
        said["isolation"] = Isolation(said["isolation"]) if said["isolation"] else None
        return defaults | {name: value for name, value in said.items() if value is not None}

    def seconds(self, tree: Mapping, said: str, key: str) -> int | None:
        if match := _DURATION.fullmatch(said):
            return int(match[1]) * _SECONDS[match[2]]
        self.fault(self.node(tree, "timeout"), f"{key}timeout", f"`{said}` is no time such as 90, 90s, 30m or 2h")
        return None

    def command(self, tree: Mapping, key: str) -> tuple[tuple[str, ...], str]:
        node = self.node(tree, "run")
        if isinstance(node, Sequence):
            words = self.words(tree, "run", key)
            if not words or not words[0]:
                self.fault(node, f"{key}run", "the list must begin with a program")
            return words, ""
        text = node.value if isinstance(node, Scalar) else None
        if text is None or not text.strip():
            self.fault(node, f"{key}run", "`run` must be a list of words, or text for a shell")
        elif "\0" in text:
            self.fault(node, f"{key}run", "no program can be given a NUL character")
        return (), text or ""

    def words(self, tree: Mapping, name: str, key: str) -> tuple[str, ...]:
        found: list[str] = []
        for node in self.items(tree, name, key):
            if not isinstance(node, Scalar) or node.value is None:
                self.fault(node, f"{key}{name}", "expected text; put quotes around what YAML takes for something else")
            elif "\0" in node.value:
                self.fault(node, f"{key}{name}", "no program can be given a NUL character")
            elif name == "run" or node.value not in found:
                found.append(node.value)
        return tuple(found)

    def items(self, tree: Mapping, name: str, key: str) -> Iterable[Node]:
        found = tree.find(name)
        if found is None:
            return ()
        node = found[1]
        if isinstance(node, Sequence):
            return node.items
        if isinstance(node, Scalar):
            return () if node.value is None else (node,)
        self.fault(node, f"{key}{name}", "expected a list")
        return ()

    def outputs(self, tree: Mapping, key: str) -> tuple[str, ...]:
        paths = self.words(tree, "outputs", key)
        for path in paths:
            if not _PATH.search(path) or any("**" in part != "**" for part in path.split("/")):
                said = f"`{path}` is no path relative to the repository root"
                self.fault(self.node(tree, "outputs"), f"{key}outputs", said)
        return paths

    def env(self, tree: Mapping, key: str) -> dict[str, str]:
        node = self.node(tree, "env")
        if node is tree or node.plain() is None:
            return {}
        if not isinstance(node, Mapping):
            self.fault(node, f"{key}env", "`env` must hold `NAME: value` lines")
            return {}
        return dict(self.variables(node, f"{key}env."))

    def variables(self, tree: Mapping, key: str) -> Iterator[tuple[str, str]]:
        for name, node in tree.entries:
            if not _VARIABLE.fullmatch(str(name.value)):
                self.fault(name, f"{key}{name.value}", "no name of a variable: letters, digits and `_`")
            if not isinstance(node, Scalar) or "\0" in (node.value or ""):
                self.fault(node, f"{key}{name.value}", "a variable holds text, without NUL")
            else:
                yield str(name.value), node.value or ""

    def needs(self, tickets: list[tuple[Ticket, Mapping]]) -> None:
        ids = {ticket.id: ticket for ticket, _ in tickets}
        for number, (ticket, tree) in enumerate(tickets):
            for node in () if ids.keys() >= set(ticket.needs) else self.items(tree, "needs", ""):
                if isinstance(node, Scalar) and node.value is not None and node.value not in ids:
                    said = f"`{ticket.id}` needs `{node.value}`, and there is no such ticket"
                    self.fault(node, f"tickets[{number}].needs", said)
        for cycle in find_cycles({one.id: [need for need in one.needs if need in ids] for one in ids.values()}):
            shown = " → ".join(f"{one} ({self.path}:{ids[one].line})" for one in (*cycle, cycle[0]))
            first = ids[cycle[0]]
            message = f"these need each other, so that none could begin: {shown}"
            self.problems.append(Problem(self.path, first.line, first.column, "tickets", "pipeline.cycle", message))

    def node(self, tree: Mapping, name: str) -> Node:
        """The value of a key; the mapping itself where there is none."""
        found = tree.find(name)
        return found[1] if found else tree

    def value(self, tree: Mapping, one: Field, key: str) -> Any:  # noqa: ANN401  what the field says
        node = self.node(tree, one.name)
        if node is tree and not one.required:
            return None
        value, complaint = typed(one, None if node is tree else node.plain())
        if complaint:
            self.fault(node, f"{key}{one.name}", complaint)
        return value

    def known(self, tree: Mapping, names: tuple[str, ...], prefix: str) -> None:
        for key, _ in tree.entries:
            if key.value not in names:
                hint = f"known are {', '.join(names)}"
                message = f"volon does not know `{prefix}{key.value}`"
                where = (self.path, key.line, key.column, f"{prefix}{key.value}")
                self.problems.append(Problem(*where, "pipeline.unknown-key", message, hint))

    def fault(self, node: Node, key: str, message: str) -> None:
        self.problems.append(Problem(self.path, node.line, node.column, key, "pipeline.invalid", message))
