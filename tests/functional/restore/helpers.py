"""What is done to a paused repository, and how it is looked at."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

from tests.support.digests import user_digest
from volon.repo.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.support.repos import RepoBuilder
    from tests.support.running import Ran


def wreck(repo: RepoBuilder) -> None:
    repo.git("restore", "-q", "--staged", "--worktree", ".")
    repo.write("staged.txt", "three\n")
    (repo.root / "new dir/new.sh").unlink()
    (repo.root / "new dir").rmdir()


def work(repo: RepoBuilder) -> dict[str, str]:
    """The files to the byte, and what git says of them and of the index."""
    files = {name: digest for name, digest in user_digest(repo.root).items() if name.startswith("file ")}
    return {**files, "status": repo.git("status", "--porcelain=v2")}


def starved(*_words: object, **_how: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def result(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def nothing() -> None:
    """Let git go on."""


def around_git(
    patch: pytest.MonkeyPatch,
    *words: str,
    before: Callable[[], None] = nothing,
    after: Callable[[], None] = nothing,
) -> None:
    """Let something happen before and after the real git is run with these words first."""
    run = Git.run

    def watched(git: Git, *asked: str, **how: Any) -> bytes:  # noqa: ANN401  whatever `Git.run` takes
        ours = asked[: len(words)] == words
        (before if ours else nothing)()
        done = run(git, *asked, **how)
        (after if ours else nothing)()
        return done

    patch.setattr(Git, "run", watched)
