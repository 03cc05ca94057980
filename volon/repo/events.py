"""Events under `refs/volon/`: commits that carry the records of a pause and keep the paused commit alive.

Promises: a ref is created under a name of its own and never moved or deleted; HEAD, index, branches, tags, stash and
reflogs are untouched and no hook runs; when `record_pause` or `record_close` has returned, objects and ref are on
disk (files by git's own fsync, directories by ours) and were read back. A crash in between leaves objects without a
ref, or a ref whose operation was never committed; neither counts, and the same command can simply be run again.

Why fast-import: one process writes blobs, trees, commit and ref. Why unique names: a kill inside git may leave
`<name>.lock` behind, which must not be in the way of the next pause.

Source: house rule repo/events.py; reliability §0 (3, 4); contract §4.
"""

from __future__ import annotations

from volon import cached, gitfiles, peek
from volon.errors import NotCommitted
from volon.model.ids import is_ulid
from volon.model.records.events import PauseEvent, parse_event
from volon.plain import replace
from volon.repo.blobs import Blobs, decode
from volon.repo.capped import contains
from volon.repo.catfile import contents, objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from volon.memory import Memory
    from volon.model.records.events import Kind
    from volon.repo.fastimport import Import
    from volon.repo.git import Git

PAUSED, CLOSED = "refs/volon/paused/", "refs/volon/closed/"
FROM = "refs/volon/from/"
"""What came from other machines: each arrival has a ULID of its own, below which its refs have the names they had."""
STATE = "refs/volon/state/"
"""Where `--commit-state` builds its commit."""
_KINDS: dict[str, Kind] = {"refs/volon/paused": "paused", "refs/volon/closed": "closed"}
_ANY = (0, 128)
_KEPT = "events-1"
_LIST = ("for-each-ref", "--format=%(refname) %(objectname)", PAUSED, CLOSED, FROM)


class Events:
    """The events of one repository.

    Args:
        git: the door to git.
        common_dir: where refs and objects are.
        object_format: `sha1` or `sha256`.
        memory: what was read before.
    """

    def __init__(self, git: Git, common_dir: Path, object_format: str, memory: Memory | None = None) -> None:
        self._memory = memory
        self._git = git
        self._common = common_dir
        self._blobs = Blobs(common_dir, object_format)

    def record_pause(
        self,
        ulid: str,
        files: Mapping[str, bytes],
        parent: str | None,
        message: str,
        at: datetime,
        begun: Import | None = None,
    ) -> str:
        """Write a commit with exactly these files and make `refs/volon/paused/<ulid>` for it.

        Args:
            ulid: the operation; no event has it yet.
            files: what the commit's tree holds, by path.
            parent: the paused commit, or None on an unborn branch.
            message: see `volon.model.records.events.render_message`.
            at: author and committer date.
            begun: writes it with what it was told before, and ends.

        Returns:
            The id of the commit.

        Raises:
            GitFailed: git failed, or what was read back is not what was written; nothing is recorded.
        """
        from volon.repo import fastimport  # noqa: PLC0415  only what writes needs it

        ref = PAUSED + _checked(ulid)
        with begun or fastimport.Import(self._git, self._common) as importing:
            importing.say([fastimport.import_stream(ref, files, parent, message, at)])
            [oid] = importing.ids_of(fastimport.ALONE)
            importing.promise_whole(oid, {path: self._blobs.of_bytes(data) for path, data in files.items()})
            importing.name(ref, oid)
            importing.end()
        return oid

    def record_close(self, ulid: str, target_oid: str) -> None:
        """Make `refs/volon/closed/<ulid>`: the pause that `target_oid` carries is over.

        Raises:
            GitFailed: git failed, for instance because the ref exists; nothing is recorded.
        """
        self._point(CLOSED + _checked(ulid), target_oid)

    def record_again(self, ulid: str, target_oid: str) -> None:
        """Make `refs/volon/paused/<ulid>`: the pause that `target_oid` carries is live again, its end was undone.

        Raises:
            GitFailed: git failed, for instance because the ref exists; nothing is recorded.
        """
        self._point(PAUSED + _checked(ulid), target_oid)

    @property
    def has_arrivals(self) -> bool:
        """Whether something may have come from another machine: told from files, True where they cannot tell."""
        common = self._common
        told = (common / "reftable", common / FROM)
        return any(path.exists() for path in told) or contains(common / "packed-refs", FROM.encode())

    def list_events(self) -> tuple[PauseEvent, ...]:
        """Return all events, oldest first, with two calls at most; what is no event of ours is passed over.

        An event whose commit cannot be read is passed over as well: a damaged object must not stop a pause. See
        `unreadable`.
        """
        refs = self._refs()
        texts = self._commits(refs.values())
        found = (_event(ref, oid, texts[oid]) for ref, oid in refs.items() if oid in texts)
        return tuple(sorted((event for event in found if event), key=lambda event: (event.ulid, event.kind)))

    def look_ahead(self) -> None:
        """Let git begin to list the events, for the first one who asks."""
        self._git.begin(*_LIST)

    def known(self) -> tuple[PauseEvent, ...]:
        """Return all events as `list_events`, and those whose commits were readable once.

        An object never changes, so of many events only those are read that no command has seen before. For numbers and
        ids that must not be given twice; whoever needs the commits themselves asks `list_events`.
        """
        refs = self._refs()
        kept = self._memory.recall(_KEPT, self._identity()) if len(refs) >= peek.LEAST and self._memory else {}
        texts = self._commits(oid for oid in refs.values() if oid not in kept)
        found = [_known(ref, oid, kept.get(oid)) or _event(ref, oid, texts.get(oid, "")) for ref, oid in refs.items()]
        if self._memory and len(refs) >= peek.LEAST and cached.is_worth_it(len(texts), len(refs)):
            self._memory.keep(_KEPT, self._identity(), {e.oid: text for e in found if e and (text := e.text())})
        return tuple(sorted((event for event in found if event), key=lambda event: (event.ulid, event.kind)))

    def _identity(self) -> str:
        return peek.identity(str(self._common))

    def unreadable(self) -> tuple[str, ...]:
        """Return the refs of events whose commits are missing or damaged."""
        refs = self._refs()
        texts = self._commits(refs.values())
        return tuple(ref for ref, oid in refs.items() if oid not in texts)

    def _refs(self) -> dict[str, str]:
        """Return ref → id; only names are asked for, because one missing object would fail any other question."""
        out = self._git.run(*_LIST)
        rows = (line.rpartition(" ") for line in decode(out).split("\n") if line)
        return {ref: oid for ref, _, oid in rows if _named(ref) or not ref.startswith(FROM)}

    def _commits(self, oids: Iterable[str]) -> dict[str, str]:
        """Return the raw commits that can be read; git stops at a damaged one, and is asked again for the rest.

        Before one is given up, git is asked a second time: it may have failed for want of memory, not of the object.
        """
        left, found = list(dict.fromkeys(oids)), dict[str, str]()
        again = True
        while left:
            status, out = self._git.ask("cat-file", "--batch", stdin="".join(f"{o}\n" for o in left).encode(), ok=_ANY)
            read = list(objects(out))
            found |= {oid: decode(data) for oid, kind, data in read if kind == "commit" and data is not None}
            if not status:
                break
            left = left[len(read) :] if read or again else left[1:]
            again = bool(read) or not again
        return found

    def of_operation(self, ulid: str) -> tuple[Kind, str] | None:
        """Return the kind of the event that an operation made and the id of its commit, or None.

        Only names are asked for, so that no damaged object can make it look as if there were no event; and a second
        time when there is none, because git passes over a directory it failed to read without a word.
        """
        refs = self._refs()
        if PAUSED + ulid not in refs and CLOSED + ulid not in refs:
            refs = self._refs()
        kinds: tuple[tuple[Kind, str], ...] = (("paused", PAUSED), ("closed", CLOSED))
        return next(((kind, refs[prefix + ulid]) for kind, prefix in kinds if prefix + ulid in refs), None)

    def has_pause(self, ulid: str) -> bool:
        """Return whether an operation recorded a pause in this repository."""
        if not is_ulid(ulid):
            return False
        try:
            return gitfiles.ref(str(self._common), PAUSED + ulid) is not None
        except gitfiles.Unsure:
            return self._git.resolve(PAUSED + ulid) is not None

    def read_files(self, oid: str) -> dict[str, bytes]:
        """Return the files an event's commit carries.

        Args:
            oid: a full commit id.

        Raises:
            GitFailed: there is no such commit, or an object is missing.
        """
        listed = self._git.run("ls-tree", "-r", "-z", "--full-tree", oid)
        rows = [row.split(b"\t", 1) for row in listed.split(b"\0") if row]
        ids = [head.split(b" ")[2] for head, _ in rows]
        found = contents(self._git.run("cat-file", "--batch", stdin=b"".join(i + b"\n" for i in ids)), ids)
        return {decode(path): data for (_, path), data in zip(rows, found, strict=True)}

    def read_file_of(self, paths: Mapping[str, str]) -> dict[str, bytes]:
        """Return one file of each event, by the id of the event's commit; what cannot be read is left out.

        Args:
            paths: the path of the file, by full commit id.
        """
        asked = "".join(f"{oid}:{path}\n" for oid, path in paths.items())
        _, out = self._git.ask("cat-file", "--batch", stdin=asked.encode(), ok=_ANY)
        found = zip(paths, objects(out), strict=False)
        return {oid: data for oid, (_, kind, data) in found if kind == "blob" and data is not None}

    def _point(self, ref: str, oid: str) -> None:
        """Create a ref that does not exist yet, durably."""
        from volon.repo import fastimport  # noqa: PLC0415  only what writes needs it

        self._git.require_modern()
        fastimport.refuse_links(self._common)
        self._git.run("update-ref", "--no-deref", ref, oid, "0" * len(oid))
        fastimport.settle(self._common, [ref], [])


def _checked(ulid: str) -> str:
    if not is_ulid(ulid):
        raise NotCommitted(f"{ulid!r} is no ULID, so it cannot name an event")
    return ulid


def _known(ref: str, oid: str, text: str | None) -> PauseEvent | None:
    name = _named(ref)
    if name is None or text is None:
        return None
    via, kind, ulid = name
    return replace(PauseEvent.of_text(ulid, kind, oid, text), via=via)


def _event(ref: str, oid: str, commit: str) -> PauseEvent | None:
    name = _named(ref)
    if name is None:
        return None
    via, kind, ulid = name
    head, _, text = commit.partition("\n\n")
    parents = [line.removeprefix("parent ") for line in head.split("\n") if line.startswith("parent ")]
    event = parse_event(ulid, kind, oid, next(iter(parents), None), text)
    return replace(event, via=via) if event else None


def _named(ref: str) -> tuple[str | None, Kind, str] | None:
    """The arrival, if any, the kind and the operation of an event, by the name of its ref; None when it is none's."""
    place, _, ulid = ref.rpartition("/")
    via = None
    if place.startswith(FROM):
        via, _, rest = place.removeprefix(FROM).partition("/")
        place = f"refs/volon/{rest}"
    kind = _KINDS.get(place)
    return (via, kind, ulid) if kind and is_ulid(ulid) and (via is None or is_ulid(via)) else None
