"""Entries of volon's in the settings of an agent: put in, renewed and taken out, and no other byte is touched.

An entry is volon's while it says what volon wrote, wherever it stands and however it is laid out; one that names volon
and says something else was edited, and is its editor's. What volon had to make around it goes with it, once empty.

Source: issue "Where agents live" (settings of other tools are edited surgically); agents.md §1.6.
"""

from __future__ import annotations

import json

from volon.digests import sha256
from volon.model.agents.changes import EDITED, Barred, Change, State
from volon.model.agents.forms import calls_volon_only
from volon.model.agents.manifest import Written
from volon.model.syntax.jsonc import NotJson, read
from volon.model.syntax.jsonedit import added, rewritten, without
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.changes import Settled
    from volon.model.syntax.jsonc import Item, Json, Node

_MOST = 1 << 20
"""No settings are larger; whatever is, is left alone."""
_BOM = b"\xef\xbb\xbf"
_JOIN = "/"
"""Between the keys of an entry, in the manifest."""


class Entry(NamedTuple):
    """One value in somebody's settings.

    Attributes:
        part: of `PARTS`.
        keys: lead to it; of an element, to the array it is in.
        value: what volon wants it to say.
        listed: whether it is an element of an array.
    """

    part: str
    keys: tuple[str, ...]
    value: Json
    listed: bool = False

    @property
    def name(self) -> str:
        """What the manifest calls it."""
        return _JOIN.join(self.keys)


class Settings(NamedTuple):
    """What volon wants to stand in one file of settings.

    Attributes:
        fresh: what the file says without it where there was none.
    """

    path: str
    entries: tuple[Entry, ...] = ()
    agents: tuple[str, ...] = ()
    fresh: str = "{}\n"

    def put(self, before: Written | None, there: bytes | Barred | None) -> Settled:
        """Return what has to change so that these entries of volon's stand there, and no others; see `Wanted`."""
        parts = tuple(dict.fromkeys(one.part for one in self.entries))
        whom = (self.agents, parts)
        if isinstance(there, bytes) and len(there) > _MOST:
            there = Barred("is too large for settings")
        if isinstance(there, Barred):
            return Change(self.path, State.KEPT, *whom, reason=there.reason), before
        if there is None and not self.entries:
            return Change(self.path, State.UNCHANGED), None
        bom = _BOM if there and there.startswith(_BOM) else b""
        try:
            text = self.fresh if there is None else there.removeprefix(_BOM).decode()
            sheet = _Sheet(text, before or Written(), made=there is None)
            sheet.settle(self.entries)
        except (NotJson, UnicodeDecodeError) as error:
            where = f"line {error.line}: {error}" if isinstance(error, NotJson) else "it is not UTF-8"
            return Change(self.path, State.KEPT, *whom, reason=f"cannot be read, {where}", paste=self._paste()), before
        whom = (self.agents, tuple(dict.fromkeys(one.part for one in self.entries if one.name in sheet.written)))
        reason = "; ".join(dict.fromkeys(sheet.kept))
        written = Written(entries=sheet.written, within=tuple(sorted(sheet.made))) if sheet.written else None
        if there is not None and sheet.text == text:
            return Change(self.path, State.KEPT if reason else State.UNCHANGED, *whom, reason=reason), written
        if "" in sheet.made and not sheet.written and sheet.text.split() == self.fresh.split():
            return Change(self.path, State.REMOVED, *whom), None
        state = State.CREATED if there is None else State.UPDATED
        return Change(self.path, state, *whom, bom + sheet.text.encode(), reason), written

    def found(self, there: bytes | Barred | None) -> Written | None:
        """Return what a manifest would say of those of these entries that stand there; None where none does."""
        alone = [self._replace(entries=(one,)) for one in self.entries]
        ours = [entry for one in alone for entry in one.entries if one.put(None, there)[0].state is State.UNCHANGED]
        return self._replace(entries=tuple(ours)).put(None, there)[1] if ours else None

    def _paste(self) -> str:
        """The entries as a file of their own."""
        sheet = _Sheet(self.fresh, Written(), made=True)
        sheet.settle(self.entries)
        return sheet.text if self.entries else ""


class _Sheet:
    """Settings while they are edited.

    Attributes:
        text: as they are by now.
        made: the objects and arrays that volon made; the whole is "".
        written: the digest of each entry that is volon's.
        kept: what stays as it is, and why.
    """

    def __init__(self, text: str, before: Written, *, made: bool) -> None:
        self.text = text
        self._before = before.entries
        self.made = {*before.within, *([""] if made else [])}
        self.written: dict[str, str] = {}
        self.kept: list[str] = []
        self._root = read(text)

    def settle(self, entries: tuple[Entry, ...]) -> None:
        wanted = {one.name for one in entries}
        for name, digest in self._before.items():
            if name not in wanted:
                self._take(tuple(name.split(_JOIN)), digest)
        for entry in entries:
            self._put(entry)

    def _put(self, entry: Entry) -> None:
        name, wanted = entry.name, _digest(entry.value)
        before = self._before.get(name)
        home = entry.keys if entry.listed else entry.keys[:-1]
        way = self._way(home)
        if odd := self._odd(way, home, listed=entry.listed):
            self.kept.append(odd)
            return
        there = _there(way[-1], entry) if len(way) > len(home) else []
        ours = next((one for one in there if _is(one, wanted) or self._is_as_written(one, before)), None)
        if ours is not None:
            self.written[name] = wanted
            if before is None:
                self.made |= {_JOIN.join(home[:depth]) for depth in range(len(home) + 1)}
            if not _is(ours, wanted):
                self._edit(rewritten(self.text, ours, entry.value))
        elif there:
            foreign = "calls volon already" if entry.listed else "is of another tool"
            self.kept.append(f"{'.'.join(entry.keys)} {EDITED if before else foreign}")
            self.written |= {name: before} if before else {}
        else:
            self._add(entry, home, len(way) - 1)
            self.written[name] = wanted

    def _add(self, entry: Entry, home: tuple[str, ...], depth: int) -> None:
        """Put an entry in, with whatever is missing around it from some depth on."""
        value: Json = [entry.value] if entry.listed else {entry.keys[-1]: entry.value}
        for key in reversed(home[depth + 1 :]):
            value = {key: value}
        if depth < len(home):
            self._edit(added(self.text, home[:depth], value, home[depth]))
            self.made |= {_JOIN.join(home[: one + 1]) for one in range(depth, len(home))}
        else:
            self._edit(added(self.text, home, entry.value, "" if entry.listed else entry.keys[-1]))

    def _take(self, keys: tuple[str, ...], digest: str) -> None:
        """Take out an entry that is not wanted any more, and what is empty around it then."""
        way = self._way(keys)
        if len(way) <= len(keys):
            return
        home = keys if isinstance(way[-1].plain, list) else keys[:-1]
        there = _there(self._way(home)[-1], Entry("", keys, None, listed=home == keys))
        ours = [one for one in there if self._is_as_written(one, digest)]
        if not ours:
            self.kept += [f"{'.'.join(keys)} {EDITED}"] if there else []
            return
        for one in reversed(ours):
            self._edit(without(self.text, home, one))
        while home and _JOIN.join(home) in self.made and self._is_bare(home):
            self.made.discard(_JOIN.join(home))
            key, home = home[-1], home[:-1]
            member = self._way(home)[-1].member(key)
            if member is not None:
                self._edit(without(self.text, home, member))

    def _is_as_written(self, item: Item, digest: str | None) -> bool:
        """Whether it is what volon wrote, and nobody put a comment in."""
        there = self.text[item.start : item.node.end]
        return _is(item, digest) and "//" not in there and "/*" not in there

    def _is_bare(self, keys: tuple[str, ...]) -> bool:
        """Whether there is nothing in an object or array, no comment either."""
        node = self._way(keys)[-1]
        return not self.text[node.start + 1 : node.end - 1].strip()

    def _way(self, keys: tuple[str, ...]) -> list[Node]:
        """The values that lead there, from the whole on, as far as they are there."""
        way = [self._root]
        for key in keys:
            item = way[-1].member(key)
            if item is None:
                break
            way.append(item.node)
        return way

    def _odd(self, way: list[Node], home: tuple[str, ...], *, listed: bool) -> str:
        """What is neither object nor array where one has to be."""
        for depth, node in enumerate(way):
            wanted = list if listed and depth == len(home) else dict
            if not isinstance(node.plain, wanted):
                name = ".".join(home[:depth]) or "it"
                return f"{name} is no {'array' if wanted is list else 'object'}"
        return ""

    def _edit(self, text: str) -> None:
        self.text = text
        self._root = read(text)


def _there(inside: Node, entry: Entry) -> list[Item]:
    """What is in the place of an entry: elements that call volon, or the member of its key."""
    if entry.listed:
        return [one for one in inside.items if _names_volon(one.node.plain)]
    return [one for one in inside.items if one.key == entry.keys[-1]]


def _is(item: Item, digest: str | None) -> bool:
    """Whether it is what volon wrote; whatever a manifest says, what runs anything else is not."""
    return digest == _digest(item.node.plain) and calls_volon_only(item.node.plain)


def _names_volon(plain: Json) -> bool:
    text = json.dumps(plain)
    return "volon " in text or '"volon"' in text


def _digest(plain: Json) -> str:
    return sha256(json.dumps(plain, sort_keys=True).encode())
