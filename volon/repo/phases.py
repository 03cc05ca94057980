"""The branch that a plan works on: moved ahead to a commit that holds it, and committed to at the end of a phase.

Promises: a commit holds all that git would commit, and none of volon's own files; what cannot be in it is named, and
then there is none. The branch moves by compare-and-swap; a commit that was made already is found by its trailer, so
that whoever is killed makes it once. No hook runs.

Source: seed 002 (checkpoints); contract §6 (conduct: git checkpoint); §2.8.
"""

from __future__ import annotations

from volon.errors import CheckFailed
from volon.model.facts import is_state_path
from volon.model.saving import Rules
from volon.repo.blobs import decode
from volon.scratch import room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from volon.repo.repository import Repository
    from volon.world import World

TRAILER, BACK = "Volon-Phase", "Volon-Rollback"
_LARGEST, _MOST = 1 << 30, 1 << 33
_NO_BYTES = "special"


def advance(repository: Repository, commit: str) -> None:
    """Move HEAD, index and files to a commit that HEAD is contained in.

    Raises:
        GitFailed: it is not, or files are in the way; nothing has changed.
    """
    repository.git.run("merge", "--ff-only", "--quiet", commit)


def made(repository: Repository, start: str, mark: str) -> str | None:
    """Return the commit of a phase that is on the branch already, by the mark it was given."""
    head = repository.git.resolve("HEAD")
    if head is None or head == start:
        return None
    words = ("log", f"--format=%H %(trailers:key={TRAILER},valueonly,separator=%x2C)", f"{start}..{head}")
    rows = (line.split(" ", 1) for line in decode(repository.git.run(*words)).splitlines())
    return next((row[0] for row in rows if row[1:] == [mark]), None)


def commit_phase(world: World, repository: Repository, branch: str, subject: str, mark: str, ref: str) -> str:
    """Commit what a phase left in the working tree; HEAD as it is, where that is nothing.

    Args:
        world: clock and identities.
        repository: where.
        branch: which moves; HEAD is on it.
        subject: of the commit.
        mark: tells it from every other one.
        ref: keeps the snapshot it is made of; new.

    Raises:
        CheckFailed: something that is there cannot be in it; nothing has changed.
        GitFailed, NotCommitted: git could not, or the disk.
    """
    from volon.repo.joining import settle_new, write_commit  # noqa: PLC0415  steps that commit nothing ask here, too

    facts, seen = repository.look()
    head = facts.head or ""
    causes = [f"{one} (a repository of its own)" for one in facts.nested]
    causes += [f"{one.path} (a conflict)" for one in seen.entries if one.stages]
    causes += [f"a {facts.operation} in progress"] if facts.operation else []
    causes += [] if facts.branch == branch else [f"HEAD is on {facts.branch or 'no branch'}, not on {branch}"]
    if causes:
        raise CheckFailed("the phase cannot be committed whole", causes=causes)
    if not facts.changes:
        return head
    now = world.clock.now()
    with repository.snapshots.begin() as importing:
        rules = Rules(max_file=_LARGEST, max_total=_MOST)
        snapshot = repository.snapshots.take(importing, world.ids.ulid(now), facts, seen, rules, now, ref)
        importing.end()
    if left := [one for one in snapshot.manifest.left_out if one.why != _NO_BYTES]:
        # What git was told not to look at, it would not commit either.
        hidden = {one.path for one in repository.snapshots.unnamed(facts, seen)}
        left = [one for one in left if one.path not in hidden]
    if left:
        named = [f"{one.path} ({one.why})" for one in left]
        hints = ["take them away, or have git ignore them, and resume"]
        raise CheckFailed("the phase cannot be committed whole", causes=named, hints=hints)
    git = repository.git
    tree = decode(git.run("rev-parse", f"{snapshot.work}^{{tree}}")).strip()
    commit = write_commit(repository, tree, (head,), f"{subject}\n\n{TRAILER}: {mark}\n", (snapshot.oid,))
    settle_new(repository, commit, (snapshot.work, head))
    # The index comes first: whatever stops in between leaves the phase staged, and never staged as taken back. A reset
    # keeps what a plain reading drops: which files are hidden, and so neither gone (a sparse checkout) nor to commit.
    git.run("read-tree", "--reset", commit)
    onto(repository, branch, commit, head, subject)
    return commit


def taken_back(repository: Repository, commit: str, head: str, message: str, stays: Callable[[str], bool]) -> str:
    """Return a commit on top of HEAD with the files of an earlier one; HEAD itself where it has them. Nothing moves.

    The same arguments give the same commit.

    Args:
        repository: where.
        commit: whose files they are.
        head: what it is made on top of.
        message: of the new one.
        stays: whether a path stays as HEAD has it.

    Raises:
        GitFailed, NotCommitted: git could not, or the disk.
    """
    from volon.repo.joining import settle_new, write_commit  # noqa: PLC0415  steps that commit nothing ask here, too

    git = repository.git
    rows = []
    for one, wanted in ((commit, False), (head, True)):
        listed = git.run("ls-tree", "-r", "-z", "--full-tree", one).split(b"\0")
        rows += [row for row in listed if row and stays(decode(row.partition(b"\t")[2])) is wanted]
    with repository.scratch() as where:
        private = git.checking_out(where / "index", room(where / "tree"))
        private.run("update-index", "-z", "--add", "--index-info", stdin=b"".join(row + b"\0" for row in rows))
        tree = decode(private.run("write-tree")).strip()
    if tree == decode(git.run("rev-parse", f"{head}^{{tree}}")).strip():
        return head
    made = write_commit(repository, tree, (head,), message, (head,))
    settle_new(repository, made, (head, commit))
    return made


def onto(repository: Repository, branch: str, commit: str, head: str, why: str) -> None:
    """Move a branch to a commit on top of it, if it is still where it was; no other one, whatever HEAD is on by now.

    Raises:
        GitFailed: it is not, or git could not.
    """
    repository.git.run("update-ref", "-m", why, f"refs/heads/{branch}", commit, head)


def is_staged(repository: Repository, commit: str, stays: Callable[[str], bool]) -> bool:
    """Whether git has the commit, and nothing but it is staged, apart from paths that stay as they are.

    Raises:
        GitFailed: git could not say.
    """
    if repository.git.resolve(commit) is None:
        return False
    differing = decode(repository.git.run("diff-index", "--cached", "--name-only", "-z", commit)).split("\0")
    return all(map(stays, filter(None, differing)))


def still_taken_back(repository: Repository, start: str, plan: str, known: Collection[str]) -> str | None:
    """Return the newest commit since another one that took back what phases of a plan made, where HEAD lacks it still.

    Args:
        repository: where.
        start: only what came after it is looked at.
        plan: whose phases, as trailers name it.
        known: those that stand in the plan's records, and are as they should be.

    Raises:
        GitFailed: git could not say.
    """
    words = ("log", f"--format=%H %(trailers:key={BACK},valueonly,separator=%x2C)", f"{start}..HEAD")
    rows = (line.split(" ", 1) for line in decode(repository.git.run(*words)).splitlines())
    back = next((row[0] for row in rows if row[1:] and row[1].startswith(f"{plan}/")), None)
    if back is None or back in known:
        return None
    taken, since = (
        {path for paths in touched(repository, *two).values() for path in paths}
        for two in ((f"{back}^", back), (back, "HEAD"))
    )
    return back if taken - since else None


def holds(repository: Repository, commit: str) -> bool:
    """Whether a commit is here, and HEAD is it or came after it."""
    return repository.git.ask("merge-base", "--is-ancestor", commit, "HEAD", ok=(0, 1, 128))[0] == 0


def between(repository: Repository, start: str, end: str) -> tuple[str, ...]:
    """Return the commits that one has more than another, newest first: the beginning of the id, and the subject."""
    words = ("log", "--topo-order", "--format=%h %s", f"{start}..{end}")
    return tuple(decode(repository.git.run(*words)).splitlines())


def touched(repository: Repository, start: str, end: str) -> dict[str, list[str]]:
    """Return the paths that differ between two commits, by git's letter: A, M, D; volon's own are left out."""
    words = ("diff-tree", "-r", "-z", "--no-renames", "--name-status", start, end)
    parts = decode(repository.git.run(*words)).split("\0")[:-1]
    found: dict[str, list[str]] = {}
    for letter, path in zip(parts[::2], parts[1::2], strict=True):
        if not is_state_path(path):
            found.setdefault("M" if letter == "T" else letter, []).append(path)
    return found
