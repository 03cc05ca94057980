"""What would be lost with a working tree although git sees nothing in it: asked before one is taken away.

Source: issue "the pipeline" (worktrees); reliability §0 (3).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from volon.repo.blobs import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from volon.repo.repository import Repository

_OBJECT_ID = re.compile(rb"\b(?:[0-9a-f]{40}|[0-9a-f]{64})\b")
_BARE = {"HEAD", "objects", "refs"}


def is_in_use(where: Path) -> bool:
    """Whether a process stands in a directory or has something in it open, as far as the system tells."""
    inside = f"{os.path.realpath(where)}/"
    return any(f"{target}/".startswith(inside) for target in _held())


def has_repository(where: Path, ignored: Iterable[str]) -> bool:
    """Whether some repository lies in a working tree; one without a working tree counts where git ignores it.

    Args:
        where: the working tree.
        ignored: what git ignores in it, with a slash behind a directory.
    """
    skipped = tuple(str(where / one) + "/" for one in ignored)

    def refuse(error: OSError) -> None:
        raise error

    for directory, below, files in os.walk(where, onerror=refuse):
        names = {*below, *files}
        if directory != str(where) and ".git" in names:
            return True
        if names >= _BARE and f"{directory}/".startswith(skipped):
            return True
    return False


def strays(repository: Repository, homes: Iterable[Path]) -> list[str]:
    """Return the commits that only the administrative directories of working trees know, and no ref leads to."""
    found = sorted({one for home in homes for one in _known_to(home)})
    if not found:
        return []
    words = ("rev-list", "--ignore-missing", "--stdin", "--not", "--glob=refs/")
    told = "\n".join((*found, "")).encode()
    lonely = set(decode(repository.git.run(*words, stdin=told)).split())
    return [one for one in found if one in lonely]


def is_spent(repository: Repository, home: Path) -> bool:
    """Whether an administrative directory whose working tree is gone holds nothing that was staged or checked out."""
    if (home / "modules").exists():
        return False
    words = (f"--git-dir={home}", "diff-index", "--cached", "--quiet", "HEAD", "--")
    return repository.git.ask(*words, ok=(0, 1))[0] == 0


def _known_to(home: Path) -> Iterator[str]:
    reflogs = [path for path in (home / "logs").rglob("*") if path.is_file()]
    refs = [path for path in (home / "refs").rglob("*") if path.is_file()]
    for path in (*home.glob("*HEAD"), *reflogs, *refs):
        for line in path.read_bytes().splitlines():
            # Behind the tab of a reflog's line stands what anybody wrote.
            for one in _OBJECT_ID.findall(line.partition(b"\t")[0]):
                if one.strip(b"0"):
                    yield one.decode()


def _held() -> Iterator[str]:
    for process in _names("/proc"):
        if process.isdecimal():
            with suppress(OSError):
                yield os.readlink(f"/proc/{process}/cwd")  # noqa: PTH115  many, and only the text
            for fd in _names(f"/proc/{process}/fd"):
                with suppress(OSError):
                    yield os.readlink(f"/proc/{process}/fd/{fd}")  # noqa: PTH115  many, and only the text


def _names(directory: str) -> Sequence[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208  names are wanted
    except OSError:
        return ()
