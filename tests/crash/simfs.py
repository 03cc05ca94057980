"""A file system in memory that can lose power, and that knows every state it may legally come back in.

It implements the `FileSystem` protocol of `volon.files`, so the store runs on it unchanged. Each change is a *unit*
that becomes durable when its file or its directory is synced, and until then may or may not survive:

* a name made or removed in a directory: survives or not, each on its own, whatever the order they were made in;
* a rename within one directory: survives whole or not at all; between two directories the new name may survive
  without the old one having gone, never the other way round;
* content: all of it, none of it, the first half, its length with zeros, or the first half and then zeros.

What it does not model: bit rot, writes that survive in other pieces than halves, and modes (taken to be durable).
"""

from __future__ import annotations

import errno
import functools
import itertools
import math
import random
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from volon.files import NotADirectory, NotAFile, Place, Root, Roots, Stat, holders, is_gits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAIN = Roots("/shop", "/shop/.git", "/shop/.git")
LINKED = Roots("/linked", "/shop/.git/worktrees/w", "/shop/.git")
EXHAUSTIVE = 1 << 15

Image = tuple[tuple[str, int, bytes | None], ...]
"""A whole file system, canonical and hashable: path, inode group, content (None for a directory)."""


@dataclass(frozen=True, slots=True)
class Name:
    """An entry of a directory that is not durable yet; `inode` None removes it."""

    directory: int
    name: str
    inode: int | None
    needs: Name | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A rename within one directory that is not durable yet."""

    directory: int
    old: str
    new: str
    inode: int


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the store as the file system sees it.

    Attributes:
        by: the function of the store that asked for it.
        what: create, write, create fsync, append fsync, fsync, fsync-dir, rename, link, unlink, mkdir.
        path: of the file or directory.
    """

    by: str
    what: str
    path: str


@dataclass(slots=True)
class _State:
    """One consistent set of inodes: names of directories, contents of files."""

    names: dict[int, dict[str, int]] = field(default_factory=dict)
    data: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> _State:
        return _State({inode: dict(names) for inode, names in self.names.items()}, dict(self.data))


class Rule(Protocol):
    """A way for a mutant to meddle with what is made durable, and when."""

    def sync(self, event: Event, action: Callable[[], None]) -> None:
        """A sync was asked for; `action` does it."""
        ...

    def happened(self, event: Event) -> None:
        """A change was made."""
        ...


class SimFs:
    """See the module.

    Args:
        roots: where the store's roots are.
        hard_links: whether `link` works, as it does not on exFAT.
    """

    def __init__(self, roots: Roots = MAIN, *, hard_links: bool = True) -> None:
        self.roots = roots
        self.hard_links = hard_links
        self.now = _State({0: {}})
        self.disk = _State({0: {}})
        self.pending: list[Name | Move] = []
        self.modes: dict[int, int] = {}
        self.next_inode = 1
        self.changes = 0
        self.locked = False
        self.after: Callable[[Event], None] | None = None
        self.rule: Rule | None = None
        for base in sorted({MAIN.worktree, roots.worktree, roots.git_dir, roots.common_dir}):
            self._make_durable_directory(base)

    # --- the protocol --------------------------------------------------------------------------------------------

    def read(self, place: Place, limit: int | None = None) -> bytes | None:
        inode = self._find(self._parts(place))
        if inode is None:
            return None
        if inode in self.now.names:
            raise NotAFile(str(place))
        return self.now.data[inode][:limit]

    def stat(self, place: Place) -> Stat | None:
        inode = self._find(self._parts(place))
        if inode is None:
            return None
        is_dir = inode in self.now.names
        data = b"" if is_dir else self.now.data[inode]
        links = 1 if is_dir else sum(list(names.values()).count(inode) for names in self.now.names.values())
        stamp = (inode, hash(tuple(self.now.names[inode])) if is_dir else hash(data))
        return Stat(not is_dir, is_dir, self.modes.get(inode, 0o644), len(data), links, stamp)

    def listdir(self, place: Place) -> list[str]:
        inode = self._find(self._parts(place))
        return [] if inode is None else sorted(self.now.names[inode])

    def read_all(self, place: Place, names: Iterable[str] | None = None) -> dict[str, bytes]:
        inode = self._find(self._parts(place))
        there = {} if inode is None else self.now.names[inode]
        wanted = sorted(there) if names is None else [name for name in names if name in there]
        return {name: self.now.data[there[name]] for name in wanted if there[name] in self.now.data}

    def files_below(self, place: Place) -> list[Place]:
        there = [place / name for name in self.listdir(place) if not is_gits(name)]
        kinds = [(one, self.stat(one)) for one in there]
        inner = [self.files_below(one) if kind is not None and kind.is_dir else [one] for one, kind in kinds]
        return [one for found in inner for one in found]

    def signatures(self, place: Place, least: int) -> None:
        """Files have no times here, so all of them are read."""

    def signature(self, place: Place) -> str:
        return "" if self.read(place) is None else "always"

    def create(self, place: Place, data: bytes, mode: int, *, exact: bool = False) -> None:
        directory, name = self._parent(place)
        if name in self.now.names[directory]:
            raise FileExistsError(errno.EEXIST, "exists", name)
        inode = self._new_inode(mode if exact else mode & ~0o022)
        self.now.data[inode] = self.disk.data[inode] = b""
        self._name(Name(directory, name, inode))
        self._did("create", place)
        self.now.data[inode] = data
        self._did("write", place)
        self._sync_inode("create fsync", inode, place)

    def announce(self, versions: Iterable[bytes]) -> tuple[int, tuple[str, ...]]:
        """Content is the line of the version here: its bytes lie in git, which is not modelled."""
        return len(list(versions)), ()

    def derive(
        self,
        place: Place,
        make: Callable[[], bytes],
        *,
        twin: bool = False,
        at_ns: int | None = None,  # noqa: ARG002  nothing here has a time
    ) -> None:
        data = make()
        self.unlink(place)
        self.create(place, data, 0o600)
        if twin:
            self.link(place, place.parent / data.decode().splitlines()[-1])

    def append(self, place: Place, data: bytes) -> None:
        inode = self._file(place)
        self.now.data[inode] += data
        self._did("write", place)
        self._sync_inode("append fsync", inode, place)

    def sync(self, place: Place) -> None:
        self._sync_inode("fsync", self._file(place), place)

    def rename(self, source: Place, target: Place) -> None:
        (old, old_name), (new, new_name) = self._parent(source), self._parent(target)
        inode = self.now.names[old][old_name]
        if old == new:
            self._name(Move(old, old_name, new_name, inode))
        else:
            added = Name(new, new_name, inode)
            self._name(added)
            self._name(Name(old, old_name, None, added))
        self._did("rename", target)

    def link(self, source: Place, target: Place) -> None:
        if not self.hard_links:
            raise OSError(errno.EPERM, "no hard links here")
        (old, old_name), (new, new_name) = self._parent(source), self._parent(target)
        if new_name in self.now.names[new]:
            raise FileExistsError(errno.EEXIST, "exists", new_name)
        self._name(Name(new, new_name, self.now.names[old][old_name]))
        self._did("link", target)

    def unlink(self, place: Place) -> None:
        try:
            directory, name = self._parent(place)
        except FileNotFoundError:
            return
        if name in self.now.names[directory]:
            self._name(Name(directory, name, None))
            self._did("unlink", place)

    def mkdir(self, place: Place) -> None:
        base, parts = self.roots.locate(place)
        above = _names(base)
        for depth in range(1, len(parts) + 1):
            directory = self._must_find((*above, *parts[: depth - 1]))
            if parts[depth - 1] not in self.now.names[directory]:
                inode = self._new_inode(0o755)
                self.now.names[inode], self.disk.names[inode] = {}, {}
                self._name(Name(directory, parts[depth - 1], inode))
                self._did("mkdir", "/".join((base, *parts[:depth])))

    def rmdir(self, place: Place) -> None:
        inode = self._find(self._parts(place))
        if inode is not None and not self.now.names[inode]:
            directory, name = self._parent(place)
            self._name(Name(directory, name, None))
            self._did("rmdir", place)

    def sync_dir(self, place: Place) -> None:
        self._sync_directory(self._parts(place))

    def sync_parents(self, places: Iterable[Place]) -> None:
        for base, parts in holders(self.roots, places):
            self._sync_directory((*_names(base), *parts))

    def lock(self, place: Place, note: bytes) -> _Unlock | None:  # noqa: ARG002 - see below
        if self.locked:
            return None
        directory, name = self._parent(place)
        if name not in self.now.names[directory]:
            inode = self._new_inode(0o600)
            self.now.data[inode] = self.disk.data[inode] = b""
            self._name(Name(directory, name, inode))
            self._did("create", place)
        # The note is for messages only; leaving it out keeps the states to those that matter.
        self.locked = True
        return _Unlock(self)

    def writable(self, place: Place) -> bool:  # noqa: ARG002 - nothing is read-only here
        return True

    def free(self, root: Root) -> int | None:  # noqa: ARG002 - nor ever full
        return None

    def shown(self, place: Place) -> str:
        return str(place)

    # --- what only a test can do ---------------------------------------------------------------------------------

    def user_writes(self, place: Place, data: bytes | None, *, durable: bool = True) -> None:
        """Somebody edits a file, as editors do: a new file renamed over the old one; None removes it."""
        if data is None:
            if self._find(self._parts(place)) is None:
                return
            directory, name = self._parent(place)
            self._name(Name(directory, name, None))
        else:
            self.mkdir(place.parent)
            directory, name = self._parent(place)
            inode = self._new_inode(0o644)
            self.now.data[inode], self.disk.data[inode] = data, data if durable else b""
            self._name(Name(directory, name, inode))
        if durable:
            self.settle_names(directory)

    def settle_names(self, directory: int) -> None:
        """Make the names in one directory durable, and those that lead to it."""
        self._persist(lambda unit: unit.directory == directory)

    def power_stays(self) -> None:
        """Time passes and everything reaches the disk."""
        self.disk, self.pending = self.now.copy(), []

    def fork(self) -> SimFs:
        """This moment, as a file system of its own; what is not durable here is not durable there."""
        other = SimFs.__new__(SimFs)
        other.roots, other.hard_links = self.roots, self.hard_links
        other.now, other.disk, other.pending = self.now.copy(), self.disk.copy(), list(self.pending)
        other.modes, other.next_inode, other.changes = dict(self.modes), self.next_inode, self.changes
        other.locked, other.after, other.rule = False, None, None
        return other

    def image(self) -> Image:
        """Everything as a running program sees it."""
        return _image(self.now)

    def states(self, seed: int = 0, at_most: int = EXHAUSTIVE) -> Iterator[Image]:
        """Every state a power cut at this moment may leave; a seeded sample of `at_most` when there are more."""
        torn = self._torn()
        choices: list[range] = [*(range(2) for _ in self.pending), *(range(len(each)) for each in torn.values())]
        if math.prod(map(len, choices)) <= at_most:
            picks: Iterable[tuple[int, ...]] = itertools.product(*choices)
        else:
            picks = _sampled(choices, seed, at_most)
        known: dict[tuple[int, ...], Image] = {}
        for pick in picks:
            if pick not in known:
                known[pick] = _image(self._after_power_cut(pick, torn))
            yield known[pick]

    @classmethod
    def boot(cls, image: Image, roots: Roots = MAIN, *, hard_links: bool = True) -> SimFs:
        """The machine comes back with this on its disk."""
        fs = cls.__new__(cls)
        fs.roots, fs.hard_links, fs.pending, fs.modes, fs.changes = roots, hard_links, [], {}, 0
        fs.locked, fs.after, fs.rule = False, None, None
        now, by_path = _State(), dict[str, int]()
        for path, inode, data in image:
            by_path[path] = inode
            if data is None:
                now.names[inode] = {}
            else:
                now.data[inode] = data
            if path:
                above, _, name = path.rpartition("/")
                now.names[by_path[above]][name] = inode
        fs.now, fs.disk = now, now.copy()
        fs.next_inode = 1 + max(by_path.values())
        return fs

    # --- inside --------------------------------------------------------------------------------------------------

    def _make_durable_directory(self, path: str) -> None:
        inode = 0
        for part in path.split("/")[1:]:
            names = self.now.names[inode]
            if part not in names:
                names[part] = made = self._new_inode(0o755)
                self.now.names[made] = {}
            inode = names[part]
        self.disk = self.now.copy()

    def _parts(self, place: Place) -> tuple[str, ...]:
        return _located(self.roots, place)

    def _find(self, parts: tuple[str, ...]) -> int | None:
        inode = 0
        for part in parts:
            names = self.now.names.get(inode)
            if names is None:
                raise NotADirectory(_path(parts))
            if part not in names:
                return None
            inode = names[part]
        return inode

    def _must_find(self, parts: tuple[str, ...]) -> int:
        inode = self._find(parts)
        if inode is None:
            raise FileNotFoundError(errno.ENOENT, "no such directory", _path(parts))
        return inode

    def _parent(self, place: Place) -> tuple[int, str]:
        *above, name = self._parts(place)
        return self._must_find(tuple(above)), name

    def _file(self, place: Place) -> int:
        inode = self._must_find(self._parts(place))
        if inode in self.now.names:
            raise NotAFile(str(place))
        return inode

    def _new_inode(self, mode: int) -> int:
        inode, self.next_inode = self.next_inode, self.next_inode + 1
        self.modes[inode] = mode
        return inode

    def _name(self, unit: Name | Move) -> None:
        self.changes += 1
        _apply(self.now, unit)
        self.pending.append(unit)

    def _sync_inode(self, what: str, inode: int, place: Place) -> None:
        def reach_disk() -> None:
            self.disk.data[inode] = self.now.data[inode]
            self._did(what, place)

        self._ask(what, place, reach_disk)

    def _sync_directory(self, parts: tuple[str, ...]) -> None:
        inode, path = self._find(parts), _path(parts)

        def reach_disk() -> None:
            self._persist(lambda unit: unit.directory == inode)
            self._did("fsync-dir", path)

        if inode is not None:
            self._ask("fsync-dir", path, reach_disk)

    def _persist(self, chosen: Callable[[Name | Move], bool]) -> None:
        kept: list[Name | Move] = []
        wanted = {id(unit) for unit in self.pending if chosen(unit)}
        wanted |= {id(unit.needs) for unit in self.pending if isinstance(unit, Name) and id(unit) in wanted}
        for unit in self.pending:
            if id(unit) in wanted:
                _apply(self.disk, unit)
            else:
                kept.append(unit)
        self.pending = kept

    def _torn(self) -> dict[int, list[bytes]]:
        """What may have become of each content that is not durable."""
        found = {}
        for inode, data in self.now.data.items():
            before = self.disk.data.get(inode, b"")
            if before != data:
                found[inode] = _outcomes(before, data)
        return found

    def _after_power_cut(self, pick: tuple[int, ...], torn: dict[int, list[bytes]]) -> _State:
        state = _State(dict(self.disk.names), dict(self.disk.data))
        for directory in {unit.directory for unit in self.pending}:
            state.names[directory] = dict(state.names[directory])
        survived = {id(unit) for unit, survives in zip(self.pending, pick, strict=False) if survives}
        for unit in self.pending:
            if id(unit) not in survived:
                continue
            needs = unit.needs if isinstance(unit, Name) else None
            if needs is None or id(needs) in survived or needs not in self.pending:
                _apply(state, unit)
        for (inode, outcomes), choice in zip(torn.items(), pick[len(self.pending) :], strict=True):
            state.data[inode] = outcomes[choice]
        return state

    def _ask(self, what: str, where: Place | str, action: Callable[[], None]) -> None:
        if self.rule is None:
            action()
        else:
            self.rule.sync(self._event(what, where), action)

    def _did(self, what: str, where: Place | str) -> None:
        self.changes += 1
        if self.after is None and self.rule is None:
            return
        event = self._event(what, where)
        if self.after is not None:
            self.after(event)
        if self.rule is not None:
            self.rule.happened(event)

    def _event(self, what: str, where: Place | str) -> Event:
        return Event(_caller(), what, where if isinstance(where, str) else _path(self._parts(where)))


class _Unlock:
    def __init__(self, fs: SimFs) -> None:
        self._fs = fs

    def mark(self, line: bytes) -> None:
        """Notes are for messages only."""

    def release(self) -> None:
        self._fs.locked = False


@functools.lru_cache(maxsize=4096)
def _located(roots: Roots, place: Place) -> tuple[str, ...]:
    """The names from the top of the file system to a place."""
    base, parts = roots.locate(place)
    return (*_names(base), *parts)


def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[1:])


def _path(parts: tuple[str, ...]) -> str:
    return "/".join(("", *parts))


def _apply(state: _State, unit: Name | Move) -> None:
    names = state.names[unit.directory]
    if isinstance(unit, Move):
        if names.get(unit.old) == unit.inode:
            del names[unit.old]
        names[unit.new] = unit.inode
    elif unit.inode is None:
        names.pop(unit.name, None)
    else:
        names[unit.name] = unit.inode


def _outcomes(before: bytes, after: bytes) -> list[bytes]:
    """What power loss makes of a write that grows or replaces a file."""
    shared = before if after.startswith(before) else b""
    added = after[len(shared) :]
    half = added[: len(added) // 2]
    pieces = (half, bytes(len(added)), half + bytes(len(added) - len(half)), added)
    return list(dict.fromkeys((before, *(shared + piece for piece in pieces))))


def _sampled(choices: list[range], seed: int, at_most: int) -> Iterator[tuple[int, ...]]:
    """Nothing and everything, then nothing but one thing and everything but one, then at random."""
    least, most = tuple(0 for _ in choices), tuple(len(each) - 1 for each in choices)
    chance = random.Random(seed)
    nearly = [
        (*base[:index], value, *base[index + 1 :])
        for base in (least, most)
        for index, each in enumerate(choices)
        for value in each
    ]
    chance.shuffle(nearly)
    at_random = (tuple(map(chance.choice, choices)) for _ in range(at_most))
    yield from itertools.islice(itertools.chain((least, most), nearly, at_random), at_most)


def _image(state: _State) -> Image:
    found: list[tuple[str, int, bytes | None]] = []
    numbers: dict[int, int] = {}
    waiting = [("", 0)]
    while waiting:
        path, inode = waiting.pop()
        number = numbers.setdefault(inode, len(numbers))
        names = state.names.get(inode)
        if names is None:
            found.append((path, number, state.data.get(inode, b"")))
        else:
            found.append((path, number, None))
            waiting += [(f"{path}/{name}", names[name]) for name in sorted(names, reverse=True)]
    return tuple(found)


def _caller() -> str:
    """The function of the store that is at work."""
    frame = sys._getframe(2)  # noqa: SLF001 - the stack is what the label is made of
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").startswith("volon.store"):
            return frame.f_code.co_name
        frame = frame.f_back
    return ""


__all__ = ["EXHAUSTIVE", "LINKED", "MAIN", "Event", "Image", "Rule", "SimFs"]
