r"""The journal of a run: what was decided and what came of it, one line for each record, only ever appended to.

    {"n":7,"at":"2026-11-21T15:00:00Z","e":"start","ticket":"build","attempt":1,"c":"05d2ad90"}\n

`n` counts from 1 without a gap; `c` is the CRC-32 of everything before it and is compared letter by letter. A last line
without its end belongs to a writer that died: it is no record. Whatever else is wrong is damage and never guessed at.

Source: contract §6 (pipeline); reliability §1.6, §2 (a torn last line is never fatal).
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quoted
from zlib import crc32

from volon.plain import NamedTuple, dataclass, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

VERSION = 1
EVENT = "volon/pipeline-event@1"
"""What a record calls itself where it is shown as it happens."""
_TAIL = len(',"c":"00000000"}')
_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "bool": (bool,), "int | None": (int, type(None))}
_SAID: dict[type, Callable[[Any], str]] = {
    int: str,
    bool: lambda one: "true" if one else "false",
    type(None): lambda _: "null",
}
"""How JSON has a value of a record that is no text."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A run began: of which file, in which working tree (as records name it), with which spec (its SHA-256)."""

    version: int
    run: str
    tree: str
    file: str
    spec: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The file had changed, and the user accepted it as it is now."""

    spec: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """From now on these tickets are wanted: these `only`, and those `until` with all they need; without any all are.

    Names of tickets, with blanks between.
    """

    only: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A process runs it from now on; `boot` tells whether the machine was started anew since."""

    pid: int
    host: str
    boot: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Engaged:
    """What it starts runs on the workers of another engine, which answers at `address`, by way of a git remote."""

    engine: str
    address: str
    remote: str


@dataclass(frozen=True, slots=True)
class Left:
    """That process leaves; nothing of it is running any more. `why` is a word."""

    why: str


@dataclass(frozen=True, slots=True)
class Started:
    """A ticket was about to be started."""

    ticket: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Based:
    """The commit from which tickets in working trees of their own go out: HEAD, before the first of them started."""

    commit: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What an attempt left in its own working tree is a commit, at a ref of volon's that never moves.

    After the end of an attempt whose result could not be kept then, or came later from a worker that was given up for
    lost, it says that this is kept, and the ticket done.

    Attributes:
        commit: with `result` what it made of the commit it began from; else the snapshot of its unfinished work.
    """

    ticket: str
    attempt: int
    commit: str
    result: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt is over.

    Attributes:
        how: an `Outcome`.
        again: it will be tried again, without anybody being asked.
        exit_status: as a shell has it; None when nobody knows.
        ms: how long it took, as far as that is known.
        why: in words, when it is no plain exit status.
    """

    ticket: str
    attempt: int
    how: str
    again: bool
    exit_status: int | None
    ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing starts any more. With `now`, what runs is to be ended."""

    by: str
    reason: str
    now: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """Tickets may start again; those that had failed are tried anew."""

    by: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The user looked at a ticket and said that it is done, or that it has to run again."""

    ticket: str
    done: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """Every ticket is done."""


Record: TypeAlias = (
    "Opened | Accepted | Wanted | Attached | Engaged | Left | Based | Started | Kept | Ended | Paused | Resumed"
    " | Decided | Finished"
)
KINDS: dict[str, type[Record]] = {
    "open": Opened,
    "spec": Accepted,
    "want": Wanted,
    "runner": Attached,
    "engine": Engaged,
    "leave": Left,
    "base": Based,
    "start": Started,
    "kept": Kept,
    "end": Ended,
    "pause": Paused,
    "resume": Resumed,
    "decide": Decided,
    "finish": Finished,
}
_NAMES = {cls: kind for kind, cls in KINDS.items()}
_FIELDS = {kind: tuple((one.name, _TYPES[str(one.type)]) for one in fields(cls)) for kind, cls in KINDS.items()}
_KEYS = {kind: ["n", "at", "e", *(name for name, _ in known), "c"] for kind, known in _FIELDS.items()}


class Entry(NamedTuple):
    """A record with its number and the instant it was written, which is only for people."""

    n: int
    at: str
    record: Record

    @property
    def kind(self) -> str:
        """The word for what happened."""
        return _NAMES[type(self.record)]

    def values(self) -> dict[str, object]:
        """What the record says, by name."""
        return {name: getattr(self.record, name) for name, _ in _FIELDS[self.kind]}


def encode(entry: Entry) -> bytes:
    """The line of an entry."""
    record, kind = entry.record, entry.kind
    body = f'{{"n":{entry.n},"at":{quoted(entry.at)},"e":"{kind}"'
    for name, _ in _FIELDS[kind]:
        value = getattr(record, name)
        body += f',"{name}":{_SAID.get(type(value), quoted)(value)}'
    line = body.encode("ascii")
    return b'%s,"c":"%08x"}\n' % (line, crc32(line))


def decode(line: bytes, n: int) -> Entry:
    """The entry of a line, without its end.

    Args:
        line: the line.
        n: the number it must have.

    Raises:
        ValueError: it is not one; the message says why.
    """
    body, tail = line[:-_TAIL], line[-_TAIL:]
    if tail != b',"c":"%08x"}' % crc32(body):
        raise ValueError("the checksum is wrong")
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    kind = found.get("e") if isinstance(found, dict) else None
    if kind not in KINDS or list(found) != _KEYS[kind]:
        raise ValueError("no record of a known kind")
    if type(found["n"]) is not int or found["n"] != n or type(found["at"]) is not str:
        raise ValueError(f"number {n} was expected")
    values = [found[name] for name, _ in _FIELDS[kind]]
    if any(type(value) not in types for value, (_, types) in zip(values, _FIELDS[kind], strict=True)):
        raise ValueError("a value is of another type")
    return Entry(n, found["at"], KINDS[kind](*values))


def whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """The lines that are whole, and where the last of them ends."""
    end = data.rfind(b"\n") + 1
    return data[:end].split(b"\n")[:-1], end
