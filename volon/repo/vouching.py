"""What git says about claims: one `cat-file`, one `for-each-ref`, and more only for the few that look wrong.

Promises: reading only; nothing a record says becomes an option, a ref or a path outside the repository.

Source: contract §8.6; `volon.model.checks.judging.Evidence` says what each answer means.
"""

from __future__ import annotations

from functools import cached_property

from volon.patterns import pattern
from volon.repo import branches
from volon.repo.blobs import decode, encode
from volon.repo.questions import current_branch, exists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.repo.repository import Repository

_HEX = pattern(r"[0-9a-f]{4,64}")
_PREFIXES = ("refs/heads/", "refs/remotes/", "refs/volon/paused/")
_GITLINK = b"160000"


class GitEvidence:
    """Answers about one repository; what was announced is asked at once, the rest when it is needed.

    Args:
        repository: where.
        objects, pairs, paths: what will be asked for, as `announce` has it.
        index: the paths of the index, when it counts instead of the working tree.
    """

    def __init__(
        self,
        repository: Repository,
        objects: Iterable[str] = (),
        pairs: Iterable[tuple[str, str]] = (),
        paths: Iterable[str] = (),
        *,
        index: frozenset[str] | None = None,
    ) -> None:
        self._repository, self._git = repository, repository.git
        self._index = index
        self._answers: dict[str, tuple[str, str] | None] = {}
        self._present: dict[str, bool] = {}
        self._unreached: dict[tuple[str, ...], frozenset[str]] = {}
        self.announce(objects, pairs, paths)

    def announce(
        self, objects: Iterable[str] = (), pairs: Iterable[tuple[str, str]] = (), paths: Iterable[str] = ()
    ) -> None:
        """Ask at once what is going to be needed.

        Args:
            objects: ids.
            pairs: commits and paths.
            paths: paths at HEAD.
        """
        names = [*objects, *(f"{commit}:{path}" for commit, path in pairs), *(f"HEAD:{path}" for path in paths)]
        self._ask(name for name in names if name not in self._answers and _is_askable(name))

    @cached_property
    def partial(self) -> bool:
        """Whether the clone is shallow, or left out objects to be fetched later."""
        common = self._repository.common_dir
        return (common / "shallow").exists() or any((common / "objects" / "pack").glob("*.promisor"))

    def has_object(self, name: str) -> bool:
        """Whether an object of this id is here."""
        return _HEX.fullmatch(name) is not None and self._has(name)

    def in_tree(self, commit: str, path: str) -> bool:
        """Whether a commit has something at a path."""
        return _HEX.fullmatch(commit) is not None and self._has(f"{commit}:{path}")

    def is_here(self, path: str) -> bool:
        """Whether something is at a path in the working tree or the index, or at HEAD."""
        return self.is_now(path) or self._has(f"HEAD:{path}")

    def is_now(self, path: str) -> bool:
        """Whether something is at a path in the working tree or the index."""
        if path not in self._present:
            now = exists(self._repository, path) if self._index is None else path in self._index
            self._present[path] = now
        return self._present[path]

    def has_local_branch(self, name: str) -> bool:
        """Whether a branch exists here, or is checked out and not born yet."""
        return name in self._refs[0] or name == current_branch(self._repository)

    def has_remote_branch(self, name: str) -> bool:
        """Whether a remote had a branch of that name when it was asked last."""
        return name in self._refs[1]

    def renamed_to(self, branch: str) -> str | None:
        """What a branch that is gone is called now, by the reflogs."""
        return branches.renamed_to(self._git, branch, None, self._renames)

    def is_merged(self, commit: str) -> bool:
        """Whether a commit is part of HEAD's history, and HEAD is past it."""
        oid = self._commit(commit)
        return oid is not None and oid != self._head and self._is_reached(oid, ())

    def in_a_branch(self, commit: str) -> bool:
        """Whether a commit is part of any branch's history, or of HEAD's."""
        oid = self._commit(commit)
        return oid is not None and self._is_reached(oid, ("--branches", "--remotes"))

    def in_submodule(self, commit: str | None, path: str) -> bool:
        """Whether a path lies at or below a submodule, at HEAD or in a commit."""
        parts = path.split("/")
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        for tree in ("HEAD", commit):
            if tree is None or not (tree == "HEAD" or self.has_object(tree)):
                continue
            status, out = self._git.ask("ls-tree", "-z", "--full-tree", tree, "--", *above, ok=(0, 128))
            if status == 0 and any(row.startswith(_GITLINK) for row in out.split(b"\0")):
                return True
        return False

    def paused_here(self, uid: str) -> bool:
        """Whether this repository has the event of a pause."""
        return uid in self._refs[2]

    @cached_property
    def _refs(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Local branches, remote branches (with and without the remote's name), pauses."""
        out = self._git.run("for-each-ref", "--format=%(refname)", *_PREFIXES)
        found: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        for name in decode(out).split("\n"):
            for kind, prefix in enumerate(_PREFIXES):
                if name.startswith(prefix):
                    found[kind].add(name.removeprefix(prefix))
        remotes = found[1] | {name.partition("/")[2] for name in found[1]}
        return frozenset(found[0]), frozenset(remotes), frozenset(found[2])

    @cached_property
    def _renames(self) -> dict[str, str]:
        return branches.renames(self._git)

    @cached_property
    def _head(self) -> str | None:
        return self._git.resolve("HEAD")

    def _commit(self, name: str) -> str | None:
        """The full id of a commit that is here."""
        found = self._answers.get(name) if self.has_object(name) else None
        return found[0] if found and found[1] == "commit" else None

    def _is_reached(self, oid: str, tips: tuple[str, ...]) -> bool:
        """Whether HEAD or the tips have a commit in their history; asked once for all commits known by then."""
        wanted = {found[0] for found in self._answers.values() if found and found[1] == "commit"}
        if tips not in self._unreached:
            head = ("HEAD",) if self._head else ()
            stdin = "".join(f"{one}\n" for one in sorted(wanted)).encode()
            out = self._git.run("rev-list", "--ignore-missing", "--stdin", "--not", *tips, *head, stdin=stdin)
            self._unreached[tips] = frozenset(out.decode("ascii").split())
        return oid not in self._unreached[tips]

    def _has(self, name: str) -> bool:
        if name not in self._answers:
            self._ask([name] if _is_askable(name) else [])
        return self._answers.get(name) is not None

    def _ask(self, names: Iterable[str]) -> None:
        wanted = sorted(set(names))
        if not wanted:
            return
        stdin = b"".join(encode(name) + b"\n" for name in wanted)
        # A damaged object makes git stop early; what it did not come to is asked again when it is needed.
        _, out = self._git.ask("cat-file", "--batch-check", stdin=stdin, ok=(0, 128))
        for name, row in zip(wanted, out.split(b"\n")[:-1], strict=False):
            oid, _, kind = row.rpartition(b" ")[0].partition(b" ")
            lost = row.endswith((b" missing", b" ambiguous"))
            self._answers[name] = None if lost else (oid.decode("ascii"), kind.decode("ascii"))


def _is_askable(name: str) -> bool:
    """One line, one question, and nothing that makes git refuse them all."""
    return not any(mark in name for mark in "\n\r\0") and not {".", ".."} & set(name.partition(":")[2].split("/"))
