"""The working trees of a pipeline's tickets: made of a commit, kept as a commit, and taken away when nothing is lost.

`<common git dir>/volon/runs/<run>/trees/<ticket>.<attempt>` is a working tree of git's, locked as long as it is
volon's. What an attempt left in it is kept at refs that are made once and never move, so that whoever comes after a
kill finds them and makes none twice:

    refs/volon/run/<run>/<ticket>/<attempt>.saved   a snapshot of the working tree, as a pause makes one
    refs/volon/run/<run>/<ticket>/<attempt>         its result: a commit, of an attempt that is done

The result holds what git would commit, and the outputs that git ignores. Whatever would be missing from it (what looks
secret, a repository in the repository) is named instead. Before a working tree is taken away it is put on the commit
that was kept; it goes only where git then sees nothing else in it, no repository is in it (a submodule's neither), and
no process stands in it; and at one stroke: by a rename. Commits that only its administrative directory knows get a ref:

    refs/volon/run/<run>/<ticket>/<attempt>.commits   one of them, or a commit with all of them as parents

Source: issue "the pipeline" (worktrees); reliability §0 (3, 6), §3.7, S7.
"""

from __future__ import annotations

import os
from contextlib import suppress

from volon.errors import NotCommitted
from volon.model.pipeline.spec import TICKET_ID
from volon.model.pipeline.state import UNKEPT
from volon.model.saving import Rules
from volon.patterns import pattern
from volon.repo import remains, worktrees
from volon.repo.blobs import decode, encode
from volon.repo.fastimport import read_new_ref, refuse_links, settle
from volon.repo.git import GitFailed
from volon.repo.joining import independent, settle_new, write_commit
from volon.repo.repository import Repository
from volon.scratch import room, take_away

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from volon.model.snapshot import LeftOut, SavedFile
    from volon.paths import Path
    from volon.repo.snapshots.snapshots import Snapshot
    from volon.world import World

HOME = "refs/volon/run/"
BASE, ALL = "_base", "_all"
"""No ticket has such a name."""
_LARGEST, _MOST = 1 << 30, 1 << 33
_NO_BYTES = "special"
_TAG = pattern(rf"{TICKET_ID.removesuffix('$')}\.[1-9][0-9]*")


class NotWhole(NotCommitted):
    """What an attempt left cannot all be kept."""


class RunTrees:
    """The working trees of one run.

    Args:
        world: clock and programs.
        repository: whose objects and refs.
        run: its id.
        home: where they lie; made when the first one is.
    """

    def __init__(self, world: World, repository: Repository, run: str, home: Path) -> None:
        self._world, self._repository, self._run, self._home = world, repository, run, home

    @classmethod
    def of(cls, world: World, repository: Repository, run: str) -> RunTrees:
        """Those of a run of this repository."""
        return cls(world, repository, run, repository.common_dir / "volon" / "runs" / run / "trees")

    def path(self, tag: str) -> Path:
        """Where the working tree of an attempt lies, `<ticket>.<attempt>`; whether or not it is there.

        Raises:
            NotCommitted: no attempt has such a name, or a link would lead elsewhere.
        """
        if not _TAG.fullmatch(tag) or not self._is_real():
            raise NotCommitted(f"{self._home / tag} is no working tree of a ticket")
        return self._home / tag

    def is_there(self, tag: str) -> bool:
        """Whether there is one."""
        return self._is_real() and os.path.lexists(self.path(tag))

    def is_missing(self, tag: str) -> bool:
        """Whether there was one, and git still has it in its books."""
        return not self.is_there(tag) and self._reason(tag) in worktrees.reasons(self._repository.common_dir)

    def left(self) -> list[str]:
        """The attempts that have one."""
        begin, end = self._reason("\0").split("\0")
        found = {
            one.removeprefix(begin).removesuffix(end)
            for one in worktrees.reasons(self._repository.common_dir)
            if one.startswith(begin) and one.endswith(end)
        }
        with suppress(OSError):
            found.update(path.name for path in self._home.iterdir())
        return sorted(filter(_TAG.fullmatch, found)) if self._is_real() else []

    def make(self, tag: str, commit: str) -> None:
        """Make a working tree of a commit, with HEAD detached.

        Raises:
            GitFailed: git cannot, for instance because something stands there.
            NotCommitted: the disk cannot.
        """
        words = (self._repository, self.path(tag), commit, self._reason(tag))
        if worktrees.begin(*words):
            # An interruption came while git wrote it, so that files may be missing.
            self.abandon(tag)
            worktrees.begin(*words)

    def abandon(self, tag: str) -> None:
        """Throw away a working tree in which nothing ever ran.

        Raises:
            NotCommitted: it cannot be moved.
        """
        worktrees.abandon(self._repository, self.path(tag), self._reason(tag))

    def kept(self, tag: str) -> str | None:
        """Return what is kept of an attempt: its result, or else the snapshot of its unfinished work."""
        ref = self._ref(tag)
        return self._read(ref) or self._read(f"{ref}.saved")

    def keep_result(self, tag: str, outputs: tuple[str, ...]) -> str:
        """Return the commit with all that an attempt made, which is made now unless it was before.

        Args:
            tag: the attempt, which is done.
            outputs: patterns of files that belong to it although git ignores them.

        Raises:
            NotWhole: something that is there cannot be in it; the rest is in a snapshot.
            GitFailed, NotCommitted: git could not, or the disk.
        """
        ref = self._ref(tag)
        if (known := self._known(ref)) is not None:
            return known
        tree = self._open(tag)
        snapshot = self._saved(tag, tree, outputs, result=True)
        if snapshot is not None:
            _refuse_left_out(snapshot)
        head = tree.git.resolve("HEAD")
        if head is None:
            raise NotWhole("its HEAD is no commit")
        commit = head if snapshot is None else self._commit(tag, snapshot, head)
        self._name(ref, commit)
        return commit

    def keep_merge(self, tag: str, parents: tuple[str, ...], message: str) -> str:
        """Return a merge of commits with what is in a working tree.

        Raises:
            NotWhole: something that is there cannot be in it.
            GitFailed, NotCommitted: git could not, or the disk.
        """
        tree = self._open(tag)
        snapshot = self._saved(tag, tree, result=True, always=True)
        assert snapshot is not None  # noqa: S101  one is always made
        _refuse_left_out(snapshot)
        work = decode(tree.git.run("rev-parse", f"{snapshot.work}^{{tree}}")).strip()
        commit = write_commit(self._repository, work, parents, message, (snapshot.oid,))
        settle_new(self._repository, commit, (snapshot.work, *parents))
        return commit

    def salvage(self, tag: str, outputs: tuple[str, ...] = ()) -> str | None:
        """Return the snapshot of unfinished work, made now unless it was before; None when there was none.

        Args:
            tag: the attempt.
            outputs: patterns of files that belong to it although git ignores them.

        Raises:
            GitFailed, NotCommitted: git could not, or the disk.
        """
        if (known := self._known(f"{self._ref(tag)}.saved")) is not None:
            return known
        tree = self._open(tag)
        snapshot = self._saved(tag, tree, outputs, always=not self._is_known(tree.git.resolve("HEAD")))
        return None if snapshot is None else snapshot.oid

    def remove(self, tag: str) -> bool:
        """Take away a working tree of which everything is kept; whether it is gone, because nothing else was there."""
        try:
            if not (self._is_emptied(tag) if self.is_there(tag) else self._is_spent(tag)):
                return False
            self.keep_commits(tag)
        except (NotCommitted, OSError):
            return False
        self.abandon(tag)
        return True

    def keep_commits(self, tag: str) -> str | None:
        """Keep the commits of an attempt to which no ref leads, wherever its working tree is; None if there are none.

        Raises:
            GitFailed, NotCommitted: git could not, or the disk.
        """
        ref = f"{self._ref(tag)}.commits"
        homes = worktrees.homes(self._repository.common_dir, self.path(tag), self._reason(tag))
        found = remains.strays(self._repository, homes)
        if found and self._read(ref) is not None:
            raise NotCommitted(f"{ref} is made once, and there are more commits now")
        if found:
            tips = independent(self._repository, found)
            commit = tips[0] if len(tips) == 1 else self._all_of(tag, tips)
            self._name(ref, commit)
        return self._known(ref)

    def _all_of(self, tag: str, tips: list[str]) -> str:
        git = self._repository.git
        tree = decode(git.run("rev-parse", f"{tips[0]}^{{tree}}")).strip()
        commit = write_commit(self._repository, tree, tips, f"Commits of {tag} that nothing else leads to\n", tips)
        settle_new(self._repository, commit, tips)
        return commit

    def _is_emptied(self, tag: str) -> bool:
        """Whether nothing is left in a working tree, now that what was kept of it counts as committed."""
        tree = self._open(tag)
        if (tree.git_dir / "modules").exists() or remains.is_in_use(tree.root):
            return False
        # Nothing of the attempt runs any more, and nobody else was given the working tree.
        worktrees.take_locks(self._repository, tree.git_dir)
        if (commit := self._kept_tree(tag)) is not None:
            tree.git.run("update-ref", "--no-deref", "HEAD", commit)
            tree.git.run("read-tree", "--reset", commit)
        words = ("status", "--porcelain", "-z", "--untracked-files=normal", "--ignored=traditional")
        rows = decode(tree.git.run(*words)).split("\0")[:-1]
        ignored = [row.removeprefix("!! ") for row in rows if row.startswith("!! ")]
        return len(ignored) == len(rows) and not remains.has_repository(tree.root, ignored)

    def _is_spent(self, tag: str) -> bool:
        """Whether a working tree that is gone has left nothing but commits behind."""
        homes = worktrees.homes(self._repository.common_dir, self.path(tag), self._reason(tag))
        if self.is_missing(tag) and not homes:
            # git knows it at another place.
            return False
        return all(remains.is_spent(self._repository, home) for home in homes)

    def _kept_tree(self, tag: str) -> str | None:
        """The commit whose tree is what was kept; of a snapshot that is the last parent."""
        ref = self._ref(tag)
        return self._read(ref) or self._repository.git.resolve(f"{ref}.saved^3")

    def name(self, word: str, commit: str) -> None:
        """Keep a commit for the run as a whole, as `BASE` or `ALL`; unless that is kept already."""
        ref = f"{HOME}{self._run}/{word}"
        if self._read(ref) is None:
            self._name(ref, commit)

    def named(self, word: str) -> str | None:
        """The commit that was kept like that."""
        return self._read(f"{HOME}{self._run}/{word}")

    def ref(self, tag: str, *, result: bool) -> str:
        """The name of what is kept of an attempt: its result, or else the snapshot of its unfinished work."""
        return self._ref(tag) if result else f"{self._ref(tag)}.saved"

    def take_in(self, tag: str, commit: str, *, result: bool) -> None:
        """Keep what an attempt left on another machine, whose objects have been fetched.

        Raises:
            GitFailed, NotCommitted: something else is kept already, or git could not, or the disk.
        """
        self._name(self.ref(tag, result=result), commit)

    def _is_real(self) -> bool:
        return os.path.realpath(self._home) == str(self._home)

    def _open(self, tag: str) -> Repository:
        """Open a working tree; what leads to another one, as a stranger may have packed it, is none of ours."""
        where, common = self.path(tag), self._repository.common_dir
        tree = Repository.open(self._world, where)
        if tree.root != where or tree.git_dir not in worktrees.homes(common, where, self._reason(tag)):
            raise NotCommitted(f"{where} is not the working tree it was")
        return tree

    def _saved(
        self, tag: str, tree: Repository, outputs: tuple[str, ...] = (), *, result: bool = False, always: bool = False
    ) -> Snapshot | None:
        """The snapshot of a working tree; None where nothing needs one, unless it is to be made in any case."""
        snapshots, ref = tree.snapshots, f"{self._ref(tag)}.saved"
        facts, seen = tree.look()
        if result:
            causes = [f"{one} (a repository of its own)" for one in facts.nested]
            causes += [f"{one.path} (a conflict)" for one in seen.entries if one.stages]
            causes += [f"a {facts.operation} in progress"] if facts.operation else []
            if causes:
                raise NotWhole(f"{UNKEPT} whole", causes=[", ".join(causes)])
        if (known := self._known(ref)) is not None:
            return snapshots.read(known)
        if not (always or outputs or snapshots.is_needed(facts, seen)):
            return None
        anchored = tuple(f"/{one}" for one in outputs)
        rules = Rules(max_file=_LARGEST, max_total=_MOST, include_ignored=anchored)

        def take() -> None:
            now = self._world.clock.now()
            with snapshots.begin() as importing:
                snapshots.take(importing, self._world.ids.ulid(now), facts, seen, rules, now, ref)
                importing.end()

        return snapshots.read(self._made(ref, take))

    def _commit(self, tag: str, snapshot: Snapshot, head: str) -> str:
        git = self._repository.git
        ignored = [one for one in snapshot.manifest.files if one.ignored and one.blob is not None]
        tree, before = decode(git.run("rev-parse", f"{snapshot.work}^{{tree}}", f"{head}^{{tree}}")).split()
        if ignored:
            tree = self._with(snapshot.work, ignored)
        if tree == before:
            return head
        ticket, _, attempt = tag.rpartition(".")
        trailers = f"Volon-Run: {self._run}\nVolon-Ticket: {ticket}\nVolon-Attempt: {attempt}\n"
        commit = write_commit(self._repository, tree, (head,), f"Ticket {ticket}\n\n{trailers}", (snapshot.oid,))
        settle_new(self._repository, commit, (snapshot.work, head))
        return commit

    def _with(self, commit: str, files: Iterable[SavedFile]) -> str:
        """The tree of a commit with more files in it."""
        rows = b"".join(encode(f"{one.mode} {one.blob}\t{one.path}\0") for one in files)
        with self._repository.scratch() as where:
            git = self._repository.git.checking_out(where / "index", room(where / "tree"))
            git.run("read-tree", commit)
            git.run("update-index", "-z", "--add", "--index-info", stdin=rows)
            return decode(git.run("write-tree")).strip()

    def _is_known(self, commit: str | None) -> bool:
        """Whether some ref leads to a commit, so that it stays without anybody's doing."""
        words = ("for-each-ref", "--count=1", "--format=%(refname)")
        return commit is None or bool(self._repository.git.run(*words, f"--contains={commit}"))

    def _name(self, ref: str, commit: str) -> None:
        """Make a ref, once and for all."""
        refuse_links(self._repository.common_dir)
        words = ("update-ref", "--no-deref", ref, commit, "0" * len(commit))
        if self._made(ref, lambda: self._repository.git.run(*words)) != commit:
            raise GitFailed(words, 0, f"{ref} is another commit")

    def _made(self, ref: str, make: Callable[[], object]) -> str:
        """Make a ref; where the git of whoever was killed came first, that counts, and a lock it left goes.

        Nobody else writes below the refs of a run, and one process at a time has it.
        """
        try:
            make()
        except GitFailed:
            lock = self._repository.common_dir / f"{ref}.lock"
            if self._read(ref) is None:
                if not lock.exists():
                    raise
                with self._repository.scratch() as scratch:
                    take_away(lock, scratch)
                make()
        return self._known(ref) or ""

    def _read(self, ref: str) -> str | None:
        return read_new_ref(self._repository.git, self._repository.common_dir, ref)

    def _known(self, ref: str) -> str | None:
        """What a ref leads to, durably."""
        commit = self._read(ref)
        if commit is not None:
            settle(self._repository.common_dir, (ref, f"{HOME}-"), (commit,))
        return commit

    def _ref(self, tag: str) -> str:
        ticket, _, attempt = tag.rpartition(".")
        if ".." in ticket or ticket.endswith((".", ".lock")):
            # git has no such names.
            ticket = ticket.replace(".", "%2e")
        return f"{HOME}{self._run}/{ticket}/{attempt}"

    def _reason(self, tag: str) -> str:
        return f"volon pipeline: {tag} of run {self._run}"


def _refuse_left_out(snapshot: Snapshot) -> None:
    if left := [one for one in snapshot.manifest.left_out if one.why != _NO_BYTES]:
        raise NotWhole(f"{UNKEPT} whole", causes=[", ".join(map(_named, left))])


def _named(one: LeftOut) -> str:
    # What a pause could be told to do about it does not help here.
    detail = one.detail.partition(";")[0]
    return f"{one.path} ({one.why}: {detail})" if detail else f"{one.path} ({one.why})"
