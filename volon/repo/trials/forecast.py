"""Would these merge? Asked of git itself, without touching anything: what git writes while trying is thrown away.

Promises: no file, ref, index or object of the repository changes, and no merge driver or filter runs that only the
repository's own configuration names. The answer is that of `git merge` with the line ends, attributes and rename
settings of the repository and the user.

Every question is put to `git merge-tree` in a git directory of its own, made for it in a scratch directory, that
borrows the repository's objects and working tree but not its configuration.

Source: contract §8 (3); design §4 (*forecast*); reliability S7.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cache

from volon.model.facts import is_state_path
from volon.repo.blobs import decode, encode
from volon.repo.branches import shallow_ends
from volon.repo.drift.history import opened
from volon.repo.drift.stories import tell
from volon.repo.git import GitFailed
from volon.repo.trials.aside import git_aside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from volon.repo.drift.history import History
    from volon.repo.git import Git
    from volon.repo.repository import Repository


class Forecast:
    """Tries merges; made by `forecasting`.

    Args:
        git: a door whose git directory is thrown away.
        history: opens the repository's own history.
    """

    def __init__(self, git: Git, history: Callable[[], History]) -> None:
        self._git, self._history = git, history

    @property
    def git(self) -> Git:
        """The door, for questions about what `present` made."""
        return self._git

    def conflicts(self, mine: str, theirs: str) -> tuple[str, ...]:
        """Return the paths that a merge of two commits would leave in conflict; volon's own do not count.

        Args:
            mine: a full commit id.
            theirs: another.

        Raises:
            GitFailed: git could not say, for instance because an object is missing.
        """
        words = ("--write-tree", "--name-only", "--no-messages", "--allow-unrelated-histories", "-z")
        status, out = self._git.ask("merge-tree", *words, mine, theirs)
        names = [decode(name) for name in out.split(b"\0")[1:] if name] if status else []
        return tuple(dict.fromkeys(name for name in names if not is_state_path(name)))

    def brought_to(self, base: str | None, mine: str, theirs: str) -> tuple[str, ...]:
        """Return the paths in conflict if a piece of work were brought to another commit, whichever way is right.

        Where the commits below it are all there under other ids, only the uncommitted work is brought.

        Args:
            base: the commit that the uncommitted work is on; None on an unborn branch.
            mine: the same with the uncommitted work.
            theirs: where it is to go.

        Raises:
            GitFailed: git could not say.
        """
        if theirs in {base, mine}:
            return ()
        if base is not None and self._is_rewritten(base, theirs):
            return self.conflicts_onto(base, mine, theirs)
        return self.conflicts(mine, theirs)

    def _is_rewritten(self, base: str, theirs: str) -> bool:
        if self._git.ask("merge-base", "--is-ancestor", base, theirs)[0] == 0:
            return False
        story = tell(self._history(), base, theirs)[0]
        return bool(story.counterparts) and not story.lost

    def conflicts_onto(self, base: str, mine: str, theirs: str) -> tuple[str, ...]:
        """Return the paths in conflict if only what `mine` adds to `base` were brought to `theirs`.

        This is the question after a rebase: the commits below are on both sides under other ids, and a merge that
        looks at the history would hold them against each other.

        Args:
            base: the commit that the uncommitted work was on.
            mine: the same with the uncommitted work.
            theirs: where it is to go.

        Raises:
            GitFailed: git could not say.
        """
        root = self._commit(f"{base}^{{tree}}")
        return self.conflicts(*(self._commit(f"{side}^{{tree}}", root) for side in (mine, theirs)))

    def onto(self, base: str, mine: str, theirs: str) -> tuple[str, tuple[str, ...]]:
        """Return what `merged_onto` does, but for the names in the markers: a plain merge, where `theirs` has `base`.

        Raises:
            GitFailed: git could not say.
        """
        if self._git.ask("merge-base", "--is-ancestor", base, theirs)[0] == 0:
            return merged(self._git, theirs, mine)
        return self.merged_onto(base, mine, theirs)

    def merged_onto(self, base: str, mine: str, theirs: str) -> tuple[str, tuple[str, ...]]:
        """Return the tree of that merge, and the paths in it that have conflict markers; see `conflicts_onto`.

        The markers name the sides `onto` and `saved`: git takes the words it was given, and ids would mean nothing.

        Raises:
            GitFailed: git could not say.
        """
        root = self._commit(f"{base}^{{tree}}")
        sides = {name: self._commit(f"{side}^{{tree}}", root) for name, side in (("onto", theirs), ("saved", mine))}
        rows = "".join(f"update refs/heads/{name} {commit}\n" for name, commit in sides.items())
        self._git.run("update-ref", "--stdin", stdin=rows.encode())
        return merged(self._git, *sides)

    def present(self, head: str | None, paths: Sequence[str]) -> str:
        """Return a commit of the working tree as it is now, as git would commit it.

        Args:
            head: its parent, or None on an unborn branch.
            paths: those that differ from it.

        Raises:
            GitFailed: git could not, for instance because a file is unreadable.
        """
        if head is not None:
            self._git.run("read-tree", head)
        names = b"".join(encode(path) + b"\0" for path in paths)
        self._git.run("update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=names)
        # A partial clone has not all that HEAD names.
        return self._commit(decode(self._git.run("write-tree", "--missing-ok")).strip(), head)

    def _commit(self, tree: str, parent: str | None = None) -> str:
        words = ("commit-tree", tree, "-m", "forecast", *(("-p", parent) if parent is not None else ()))
        return decode(self._git.run(*words)).strip()


def merged(git: Git, mine: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    """Return the tree of a merge, and the paths in it that have conflict markers.

    Raises:
        GitFailed: git could not say.
    """
    status, out = git.ask("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", mine, theirs)
    if not out:
        raise GitFailed(("merge-tree", mine, theirs), status, "it named no tree")
    tree, *names = (decode(name) for name in out.split(b"\0") if name)
    return tree, tuple(dict.fromkeys(names)) if status else ()


@contextmanager
def forecasting(repository: Repository) -> Iterator[Forecast]:
    """Open a forecast; everything it writes is gone when the block is left.

    Raises:
        NotCommitted: there is no room for it in the git directory.
        GitFailed: git could not begin.
    """
    with ExitStack() as stack:
        own = git_aside(repository, stack.enter_context(repository.scratch()) / "git")
        cut = shallow_ends(repository.common_dir)
        yield Forecast(own, cache(lambda: stack.enter_context(opened(repository.git, cut))))
