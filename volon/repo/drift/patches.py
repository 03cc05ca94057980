"""What a commit changes, as a value that can be compared and added up whatever the commit's id, parent or order.

A patch is kept as a balance: for each file and line, how many more (or fewer) of it there are afterwards. Balances do
not depend on line numbers, context or the diff algorithm, so a rebased commit keeps its balance; and they add up, so
a squashed commit has exactly the sum of the balances of those that went into it. Binary files and modes are balanced
by their ids. A patch that only moves lines has an empty balance and is told by the order of its lines instead.

Source: contract §5 (`head.rewritten`), §8.2.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from volon.model.facts import STATE_PATHS
from volon.patterns import pattern
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK = b"\x1e"
_ENDS = (("", "/"), ('"', "/"), ("", " "))
"""How the name of a directory goes on, quoted by git or not, and how that of a file ends."""
_STATE = tuple(f"diff --git {quote}a/{name}{end}".encode() for name in STATE_PATHS for quote, end in _ENDS)
_MODES = (b"old mode ", b"new mode ", b"new file mode ", b"deleted file mode ")

_WORD = pattern(rb"\w")

Balance = Counter[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Patch:
    """One commit's changes.

    Attributes:
        balance: (file, line) → how many more there are afterwards; no zeros.
        order: a digest of the changed lines in their order; empty when nothing changed.
    """

    balance: Balance
    order: str

    def same_as(self, other: Patch) -> bool:
        """Whether both change the same lines of the same files."""
        if self.balance or other.balance:
            return self.balance == other.balance
        return bool(self.order) and self.order == other.order

    def likeness(self, other: Patch) -> float:
        """Return the share of changed lines that both have in common, from 0 to 1."""
        mine, theirs = self.balance, other.balance
        common = sum(min(abs(n), abs(theirs[key])) for key, n in mine.items() if n * theirs[key] > 0)
        return common / max(_size(mine), _size(theirs), 1)

    @property
    def added(self) -> Balance:
        """The lines that are more than before and say something: brackets and blank lines prove nothing."""
        return Counter({key: n for key, n in self.balance.items() if n > 0 and _WORD.search(key[1])})

    def within(self, other: Patch) -> bool:
        """Whether everything this patch does is done by the other one too."""
        theirs = other.balance
        return bool(self.balance) and all(
            n * theirs[key] > 0 and abs(n) <= abs(theirs[key]) for key, n in self.balance.items()
        )


def _size(balance: Balance) -> int:
    return sum(map(abs, balance.values()))


def total(patches: Iterable[Patch]) -> Balance:
    """Return the balance of all patches together."""
    added: Balance = Counter()
    for patch in patches:
        added.update(patch.balance)
    return without_zeros(added)


def without_zeros(balance: Balance) -> Balance:
    """Return the balance without lines of which there are as many as before."""
    return Counter({key: number for key, number in balance.items() if number})


def read_patches(data: bytes) -> dict[str, Patch]:
    """Read `git log -p -U0 --format=<mark>%H`: commit id → patch."""
    found = {}
    for part in data.split(b"\n" + _MARK) if data else []:
        head, _, body = part.removeprefix(_MARK).partition(b"\n")
        found[head.decode("ascii", "replace")] = read_patch(body)
    return found


def read_patch(body: bytes) -> Patch:
    """Read one patch with zero lines of context."""
    reader = _Reader()
    for line in body.split(b"\n"):
        reader.take(line)
    balance = without_zeros(reader.balance)
    return Patch(balance, reader.digest.hexdigest() if reader.seen else "")


@dataclass(slots=True)
class _Reader:
    """Reads a patch line by line; `expected` is how many lines of the current hunk are still to come."""

    balance: Balance = field(default_factory=Counter)
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    seen: bool = False
    file: bytes = b""
    ours: bool = False
    index: tuple[bytes, bytes] = (b"", b"")
    expected: int = 0

    def take(self, line: bytes) -> None:
        """Take the next line."""
        if self.expected and line[:1] in (b"+", b"-"):
            self.expected -= 1
            self._changed(line.rstrip(b"\r"))
        elif line.startswith(b"diff --git "):
            self.file, self.ours = line, line.startswith(_STATE)
        elif line.startswith(b"@@ "):
            self.expected = _hunk_length(line)
        elif line.startswith(b"index "):
            old, _, new = line[6:].partition(b" ")[0].partition(b"..")
            self.index = (old, new)
        elif line.startswith(b"Binary files "):
            self._changed(b"-" + self.index[0])
            self._changed(b"+" + self.index[1])
        elif line.startswith(_MODES):
            self._changed((b"-" if line.startswith((b"old", b"deleted")) else b"+") + line.rpartition(b" ")[2])

    def _changed(self, line: bytes) -> None:
        if self.ours:
            return
        self.seen = True
        self.digest.update(self.file + b"\0" + line + b"\0")
        self.balance[self.file, line[1:]] += 1 if line[:1] == b"+" else -1


def _hunk_length(line: bytes) -> int:
    """Return how many lines a hunk removes and adds: `@@ -1,2 +1,3 @@` is 5."""
    words = line.split(b" ", 3)
    return sum(int(count) if count.isdigit() else 1 for _, _, count in (w.partition(b",") for w in words[1:3]))
