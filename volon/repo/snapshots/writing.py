"""One snapshot on its way into git: what fast-import reads, and what must be there when it has ended.

The blobs come first, one file at a time; by the time the manifest is written everything is known, also what would not
hold still.

Source: issue "Every byte back"; reliability §3.3.
"""

from __future__ import annotations

from volon.gitobjects import Objects
from volon.model.facts import SUBMODULE, is_state_path
from volon.model.snapshot import (
    INDEX,
    NAME,
    SHARED_INDEX,
    LeftOut,
    Manifest,
    RawIndex,
    Staged,
    blob_path,
    is_git_name,
)
from volon.model.text import iso
from volon.plain import replace
from volon.repo import fastimport
from volon.repo.blobs import Blobs, decode, encode
from volon.repo.catfile import objects, sizes
from volon.repo.snapshots.collecting import Collector, committed_mode
from volon.repo.snapshots.filtering import filtered_ids
from volon.repo.snapshots.indexed import hidden_paths, staged_state, staged_versions, undone_versions
from volon.repo.snapshots.standing import ignored
from volon.repo.status import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from volon.model.facts import GitFacts
    from volon.model.saving import Rules
    from volon.repo.git import Git
    from volon.repo.snapshots.indexed import Hidden, IndexFiles
    from volon.repo.status import Status


class Writing:
    """Collects what is to be saved and says it to fast-import.

    Attributes:
        collector: what was read, and what was left out.
        manifest: known once `stream` has ended; what it leaves out, once `ending` has.
        tree: path to blob of the snapshot's own tree; known once `ending` has ended.
        staged_paths, work_paths: what was put into the two other trees; known once `stream` has ended.
    """

    def __init__(self, git: Git, root: Path, common_dir: Path, facts: GitFacts, seen: Status, rules: Rules) -> None:
        self._common = str(common_dir)
        self._git, self._facts, self._seen, self._rules = git, facts, seen, rules
        self._entries = seen.entries
        self._blobs = Blobs(root, facts.object_format)
        self.collector = Collector(root, facts.object_format, rules, self._in_head)
        self.manifest: Manifest
        self.tree: dict[str, str] = {}
        self.staged_paths: list[str] = []
        self.work_paths: list[str] = []
        self._removed: list[str] = []

    def collect(self, index: IndexFiles | None) -> Iterator[bytes]:
        """Yield the content of everything that is taken in from the working tree, what git knows first."""
        entries = sorted(self._entries, key=lambda entry: (entry.status == "??", entry.path))
        hidden = hidden_paths(self._git, index)
        yield from self.collector.collect(entries, unseen={one.path for one in hidden})
        yield from self.collector.collect(self._edited(hidden))
        yield from self.collector.collect(self._ignored(), ignored=True)

    def name_specials(self) -> None:
        """Name what is beside all this and no file, which takes as long as its directories are large."""
        self.collector.name_specials([entry.path for entry in self._entries], lambda paths: ignored(self._git, paths))

    def _is_packed(self, index: IndexFiles) -> bool:
        """Whether fast-import would find out, when it has read and digested it all, that a pack has it already."""
        return index.is_large and Objects(self._common, self._facts.object_format).surely_has(index.blob, packed=True)

    def hidden(self, index: IndexFiles | None) -> list[Entry]:
        """The paths that git does not look at and that are there with other bytes than the index has."""
        return self._edited(hidden_paths(self._git, index))

    def _edited(self, hidden: list[Hidden]) -> list[Entry]:
        now = ((one, self._blobs.of_path(one.path)[1]) for one in hidden if not is_state_path(one.path))
        return [Entry(one.path, ".M") for one, blob in now if blob not in {None, one.blob}]

    def _ignored(self) -> list[Entry]:
        """The ignored paths that were asked for."""
        if not self._rules.include_ignored:
            return []
        out = self._git.run("ls-files", "--others", "--ignored", "--exclude-standard", "--full-name", "-z", "--", ":/")
        paths = sorted(decode(row) for row in out.split(b"\0") if row)
        return [Entry(path, "??") for path in paths if not is_state_path(path) and self._rules.wanted_ignored(path)]

    def stream(self, ref: str, ulid: str, index: IndexFiles | None, at: datetime) -> Iterator[bytes]:
        """Yield what fast-import reads first: blobs, two commits, and the beginning of a third, which stays at the ref.

        Their marks are 1, 2 and 3. Once the third has begun, git writes the trees of the second.
        """
        # The largest first: git packs it while the files are read.
        halves = (index.data, index.shared_data) if index and not self._is_packed(index) else ()
        yield from (piece for half in halves if half is not None for piece in fastimport.blob_pieces(half))
        yield from map(fastimport.blob, self.collect(index))
        state, self._removed = staged_state(self._git, self._facts.head, index)
        versions = [*staged_versions(self._entries), *state], [*undone_versions(self._git, index)]
        missing = yield from self._staged_blobs([*versions[0], *versions[1]])
        stages, undone = ([one for one in group if one.blob not in missing] for group in versions)
        self.manifest = self._manifest(ulid, index, at, stages, undone)
        head = [self._facts.head] if self._facts.head else []
        yield fastimport.commit(ref, 1, f"volon: index of the snapshot {ulid}\n", at, head)
        yield from self._index_tree()
        yield fastimport.commit(ref, 2, f"volon: working tree of the snapshot {ulid}\n", at, head)
        yield from self._work_tree()
        yield fastimport.commit(ref, 3, f"volon: snapshot {ulid}\n", at, [*head, ":1", ":2"])

    def _staged_blobs(self, versions: Iterable[Staged]) -> Generator[bytes, None, frozenset[str]]:
        """Yield the blobs that only the index names: git may not have fsynced them; return those that are left out."""
        read = {one.blob for one in self.collector.found.files.values()}
        wanted = {one.blob: one for one in versions if one.mode != SUBMODULE and one.blob not in read}
        left = set[str]()
        for (oid, version), size in zip(wanted.items(), sizes(self._git, wanted), strict=True):
            if size is None:
                why = LeftOut(version.path, "unreadable", "its staged version is missing")
            elif size > self._rules.max_file:
                why = LeftOut(version.path, "size", "its staged version")
            else:
                data = next(iter(objects(self._git.run("cat-file", "--batch", stdin=f"{oid}\n".encode()))))[2] or b""
                reason = self.collector.secret(version.path, data, new=self._is_new(version))
                if reason is None:
                    yield fastimport.blob(data)
                    continue
                why = LeftOut(version.path, "secret", f"its staged version: {reason}")
            self.collector.found.left_out.append(why)
            left.add(oid)
        return frozenset(left)

    def _is_new(self, version: Staged) -> bool:
        return any(entry.path == version.path and entry.status[0] == "A" for entry in self._entries)

    def _in_head(self, path: str) -> bytes | None:
        """The bytes of a path in HEAD."""
        if self._facts.head is None:
            return None
        name = f"{self._facts.head}:{path}"
        out = self._git.run("cat-file", "--batch", "-z", stdin=encode(name) + b"\0")
        return next((data for _, kind, data in objects(out) if kind == "blob"), None)

    def _manifest(
        self, ulid: str, index: IndexFiles | None, at: datetime, stages: list[Staged], undone: list[Staged]
    ) -> Manifest:
        facts, found = self._facts, self.collector.found
        files = found.files | filtered_ids(self._git, self.collector, converts=self._seen.converts)
        return Manifest(
            uid=ulid,
            object_format=facts.object_format,
            head=facts.head,
            branch=facts.branch,
            created_at=iso(at),
            worktree=facts.worktree,
            operation=facts.operation,
            index=self._raw(index) if index else None,
            files=tuple(files[path] for path in sorted(files)),
            stages=tuple(sorted(stages, key=lambda one: (one.path, one.stage))),
            undone=tuple(sorted(undone, key=lambda one: (one.path, one.stage))),
            left_out=(),
        )

    def _raw(self, index: IndexFiles) -> RawIndex:
        shared = None if index.shared_data is None else self._blobs.of_bytes(index.shared_data)
        return RawIndex(index.blob, index.digest, index.shared, shared)

    def ending(self) -> Iterator[bytes]:
        """Yield what it reads after that: the third commit's own tree."""
        self.name_specials()
        left_out = sorted(self.collector.found.left_out, key=lambda one: one.path)
        self.manifest = replace(self.manifest, left_out=tuple(left_out))
        yield b"deleteall\n"
        rendered = self.manifest.render()
        yield b"M 100644 inline %s\n" % NAME.encode() + fastimport.data(rendered)
        index = self.manifest.index
        self.tree = {blob_path(oid): oid for oid in self.manifest.blobs}
        if index is not None:
            self.tree[INDEX] = index.blob
            if index.shared_blob is not None:
                self.tree[SHARED_INDEX] = index.shared_blob
        yield from (fastimport.put("100644", oid, path) for path, oid in sorted(self.tree.items()))
        self.tree[NAME] = self._blobs.of_bytes(rendered)

    def _index_tree(self) -> Iterator[bytes]:
        """HEAD's tree with what is staged; a path in conflict stays as in HEAD. What goes comes before what comes."""
        yield from (fastimport.remove(path) for path in self._unstaged())
        for one in self.manifest.stages:
            if one.stage == 0 and not is_git_name(one.path):
                self.staged_paths.append(one.path)
                yield fastimport.put(one.mode, one.blob, one.path)

    def _work_tree(self) -> Iterator[bytes]:
        """HEAD's tree with what is there; what was left out is as the index has it."""
        files = {one.path: one for one in self.manifest.files if not one.ignored}
        gone = {path for path, one in files.items() if one.kind == "deleted"}
        yield from (fastimport.remove(path) for path in sorted(gone.union(self._unstaged())))
        found = {one.path: (one.mode, one.blob) for one in self.manifest.stages if one.stage == 0}
        found |= {
            change.path: (SUBMODULE, change.blob)
            for change in self._facts.changes
            if change.mode == SUBMODULE and change.blob
        }
        for entry in self._entries:
            if (one := files.get(entry.path)) is not None and one.blob is not None:
                found[one.path] = (committed_mode(entry, one), one.filtered or one.blob)
        for path, (mode, oid) in sorted(found.items()):
            if path not in gone and not is_git_name(path):
                self.work_paths.append(path)
                yield fastimport.put(mode, oid, path)

    def _unstaged(self) -> list[str]:
        """The paths that the index has no more."""
        return sorted({entry.path for entry in self._entries if entry.status[0] == "D"}.union(self._removed))
