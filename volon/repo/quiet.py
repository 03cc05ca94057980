"""Filters that only the repository's own configuration names are switched off: `git status` would run them for us.

A clone cannot bring `.git/config`; a directory that was unpacked with its `.git` can, and a clean filter named there is
a program that `git status` and `git diff-index` start. Filters of the user's own configuration (`git lfs install`)
stay on, with the user's own command even where the repository gives their name another one. The price: a file whose
filter is named only in the repository counts as changed by its bytes as they are on disk, which is how volon judges
bytes anyway.

Nothing is asked of git unless a configuration file mentions filters, includes or git-lfs: one look at one file.

Source: reliability S7.
"""

from __future__ import annotations

import os

from volon import peek
from volon.errors import NotCommitted
from volon.patterns import pattern
from volon.repo import studied
from volon.repo.capped import MOST, shared_indexes, start_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from volon.memory import Memory

    Ask = Callable[..., bytes]

_MENTIONS = (b"filter", b"include", b"lfs")
_OWN = ("local", "worktree")
_LFS_EXTENSION = pattern(r"(?i)lfs\.extension\.")
_SETTINGS = {"clean": "", "smudge": "", "process": "", "required": "false"}
_MOST_FILTERS = 200
GITLINK = b"\x00\x00\xe0\x00"
"""The mode of a submodule, as an index has it."""
_RARE = b"\xe0"
"""What it is looked for by, because an index is full of zeros."""
_GITLINK_MODE = b"160000 "


def mentions_filters(configs: Iterable[Path]) -> bool:
    """Whether one of these configuration files may name a filter, itself or by including another; no process runs."""
    texts = map(start_of, configs)
    return any(len(text) >= MOST or any(word in text.lower() for word in _MENTIONS) for text in texts)


def overrides(listed: bytes) -> dict[str, str]:
    """The environment that gives every filter the repository names its value outside of the repository, or none.

    Args:
        listed: `git config --list --show-scope -z`.

    Raises:
        NotCommitted: it names more filters than anybody has, and than fit into an environment.
    """
    own: dict[str, None] = {}
    users: dict[str, str] = {}
    for scope, key, value in settings(listed):
        if scope not in _OWN:
            users[key] = value
        elif key.startswith("filter."):
            own[key.rpartition(".")[0]] = None
        elif _LFS_EXTENSION.match(key):
            # git-lfs itself would start what this names, whoever named git-lfs.
            own["filter.lfs"] = None
            users = {name: text for name, text in users.items() if not name.startswith("filter.lfs.")}
    if len(own) > _MOST_FILTERS:
        message = f"the repository's own configuration names {len(own)} filters, which are programs git would start"
        raise NotCommitted(message, hints=["look at its .git/config before you use this repository"])
    pairs = [(f"{name}.{key}", users.get(f"{name}.{key}", none)) for name in own for key, none in _SETTINGS.items()]
    return as_environment(pairs)


def switched_off(listed: bytes) -> frozenset[str]:
    """The filters that only the repository names and git would run at a checkout; `listed` is as of `overrides`."""
    own, users = set[str](), set[str]()
    for scope, key, value in settings(listed):
        section, _, what = key.rpartition(".")
        if section.startswith("filter.") and what in {"smudge", "process"} and value:
            (own if scope in _OWN else users).add(section.removeprefix("filter."))
    return frozenset(own - users)


def settings(listed: bytes) -> Iterator[tuple[str, str, str]]:
    """Scope, key and value of each setting; one without a value means true."""
    from volon.repo.blobs import decode  # noqa: PLC0415  only where there may be filters

    fields = decode(listed).split("\0")
    for scope, setting in zip(fields[::2], fields[1::2], strict=False):
        key, _, value = setting.partition("\n")
        yield scope, key, value


def as_environment(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return settings as variables for git and not as `-c`, because a filter's name may contain an equals sign."""
    if not pairs:
        return {}
    found = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def submodules(ask: Ask, root: Path, git_dir: Path, memory: Memory | None = None) -> tuple[str, ...]:
    """The paths of submodules; git is asked only when the bytes of the index can hold one.

    Args:
        ask: runs git in a directory: `ask(*words, directory=…)`.
        root: the top of the working tree.
        git_dir: its git directory, where the index lies.
        memory: what is known of that index, if it is large.
    """
    index, halves = git_dir / "index", shared_indexes(git_dir)
    known = studied.recall(memory, index, peek.signature(None, str(index))) if memory and not halves else None
    if not (GITLINK in known.words if known else any(_holds_gitlink(path) for path in (index, *halves))):
        return ()
    from volon.repo.blobs import decode  # noqa: PLC0415  only where there are submodules

    rows = ask("ls-files", "-s", "-z", directory=root).split(b"\0")
    return tuple(decode(row.partition(b"\t")[2]) for row in rows if row.startswith(_GITLINK_MODE))


def loud(ask: Ask, root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the submodules into which git must not look, because their own configuration may name filters."""
    return tuple(path for path in paths if not _is_quiet(ask, root / path))


def _holds_gitlink(index: Path) -> bool:
    import mmap  # noqa: PLC0415  only beside git

    try:
        with index.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            found = view.find(_RARE)
            while found >= 0 and view[found - 2 : found + 2] != GITLINK:
                found = view.find(_RARE, found + 1)
            return found >= 0
    except (OSError, ValueError):
        return False


def _is_quiet(ask: Ask, where: Path) -> bool:
    git_dir = _git_dir(where)
    if git_dir is None:
        return True
    if mentions_filters((git_dir / "config", git_dir / "config.worktree")):
        return False
    return not loud(ask, where, submodules(ask, where, git_dir))


def _git_dir(where: Path) -> Path | None:
    """The git directory of a submodule, from its `.git`; None when it has none."""
    marker = where / ".git"
    if marker.is_file():
        pointer = start_of(marker).removeprefix(b"gitdir: ").strip()
        return where / os.fsdecode(pointer)
    return marker if marker.is_dir() else None
