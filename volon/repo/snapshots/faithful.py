"""Files that git calls unchanged and that a checkout would nevertheless write with other bytes.

Line ends that an attribute would turn, an `$Id$` that was filled in, an encoding with a mark: the index knows what git
would commit, not what lies on disk. Such files are saved with a pause as if they had changed, for else they could not
come back byte for byte.

Nothing is asked where no attribute and no setting can convert anything. Elsewhere the sizes tell: a file as long as
its blob, and as the index has it, holds the bytes of its blob, unless it has a filter or an encoding; the saved index
remembers that it did (`as_noted`). Others are compared with what git writes in a scratch directory, some at a time;
where git cannot write them, because a filter fails, those are saved. Git LFS is trusted to give back what it took.

Source: issue "Every byte back"; design §4 (*Snapshot bytes*); reliability G10.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress

from volon.errors import NotCommitted
from volon.model.facts import is_state_path
from volon.model.version import Version
from volon.paths import Path
from volon.patterns import pattern
from volon.plain import replace
from volon.repo.blobs import Blobs, decode, encode
from volon.repo.git import GitFailed
from volon.repo.snapshots.indexed import ATTRIBUTES
from volon.repo.snapshots.standing import checked_out
from volon.repo.status import Entry
from volon.scratch import put, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from volon.model.facts import GitFacts
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.repo.status import Status

MOST_FILES, MOST_BYTES = 5_000, 1 << 28
"""How much is written at a time to be compared."""

_FILES = ("100644", "100755")
_RULES = ".gitattributes"
_OF_THE_SYSTEM = "/etc/gitattributes"
"""Where a git that a system brings looks; one of another prefix looks below that."""
_CONVERTING = ("config", "--get-regexp", r"^(core\.(autocrlf|eol|attributesfile)|attr\.tree)$")
_NOTED = pattern(rb"([^\0]+)\0  ctime: .*?  size: (\d+)\tflags: [0-9a-f]+\n", re.DOTALL)
_PLAIN = ("unspecified", "unset")


def look_ahead(repository: Repository) -> None:
    """Let git begin to say whether a setting can convert, where no attribute can, for the first who asks.

    Where that fails, nothing is said: whoever asks will hear it.
    """
    with suppress(NotCommitted):
        if not _has_rules(repository):
            repository.git.begin(*_CONVERTING)


def with_unfaithful(repository: Repository, facts: GitFacts, seen: Status) -> Status:
    """Return what git said of the working tree, and besides the files it calls unchanged that would not come back.

    Args:
        repository: where.
        facts: the state of the working tree.
        seen: what `facts` was read from.

    Returns:
        It also says whether anything can convert.

    Raises:
        GitFailed: git could not say.
    """
    if facts.head is None:
        return seen
    if not _may_convert(repository, seen):
        return replace(seen, converts=False)
    known = {entry.path for entry in seen.entries}
    clean = {path: oid for path, oid in _tracked(repository) if path not in known and not is_state_path(path)}
    suspects = _suspects(repository, clean)
    rules = _rules(repository, seen) if suspects else {}
    other = [one for some in _portions(suspects) for one in _unlike_a_checkout(repository, facts.head, some, rules)]
    return replace(seen, entries=[*seen.entries, *(Entry(path, ".M") for path in other)], converts=True)


def _unlike_a_checkout(
    repository: Repository, head: str, paths: Sequence[str], rules: Mapping[str, bytes | None]
) -> Iterator[str]:
    try:
        written = checked_out(repository, head, paths, rules)[0]
    except GitFailed:
        written = {}
    blobs = Blobs(repository.root, repository.object_format)
    for path in paths:
        mode, blob = blobs.of_path(path)
        if blob and written.get(path) != Version(mode or "", blob):
            yield path


def _portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    some, size = list[str](), 0
    for path, length in sizes.items():
        if len(some) == MOST_FILES or (some and size + length > MOST_BYTES):
            yield some
            some, size = [], 0
        some.append(path)
        size += length
    if some:
        yield some


def as_noted(
    repository: Repository,
    index: bytes | None,
    tree: Mapping[str, Version],
    found: Mapping[str, Version],
    fresh: Mapping[str, bytes],
) -> dict[str, Version]:
    """Return what stood at paths that were clean: what a checkout writes, or the bytes of the blob as they are.

    Args:
        repository: where.
        index: as it was saved.
        tree: the paths in git's form.
        found: the paths as a checkout writes them.
        fresh: the bytes of those that are not the blob's, by id.

    Raises:
        GitFailed: git could not say.
    """
    turned = [path for path, version in found.items() if version.blob != tree[path].blob]
    if not turned or index is None:
        return dict(found)
    sizes = dict(_sizes(repository, dict.fromkeys(tree[path].blob for path in turned)))
    noted = _noted_in(repository, index)
    plain = [p for p in turned if len(fresh[found[p].blob]) != sizes.get(tree[p].blob) == noted.get(p)]
    return {**found, **{path: tree[path] for path in plain}}


def of_another_size(repository: Repository, seen: Status, index: bytes | None) -> set[str]:
    """Return the paths whose file is not as long as a saved index has it: git may call both forms unchanged.

    Args:
        repository: where.
        seen: what git says of the working tree now.
        index: as it was saved.

    Raises:
        GitFailed: git could not say.
    """
    if index is None or not _may_convert(repository, seen):
        return set()
    return {path for path, size in _noted_in(repository, index).items() if _size(repository, path) != size}


def given_back(repository: Repository, paths: Iterable[str]) -> set[str]:
    """Return which of some files are of Git LFS, and not among those that git was told not to look at.

    Raises:
        GitFailed: git could not say.
    """
    trusted = _converted(repository, list(paths))[1]
    rows = repository.git.run("ls-files", "-v", "-z", "--full-name", "--", ":/").split(b"\0") if trusted else ()
    return {path for path in (decode(row[2:]) for row in rows if row.startswith(b"H ")) if path in trusted}


def _noted_in(repository: Repository, index: bytes) -> dict[str, int]:
    with repository.scratch() as where:
        put(where / "index", index)
        return _noted(repository.git.checking_out(where / "index", room(where / "tree")))


def _noted(git: Git) -> dict[str, int]:
    """The length of each file as the index has it."""
    out = git.run("ls-files", "--debug", "-z", "--full-name", "--", ":/")
    return {decode(found[1]): int(found[2]) for found in _NOTED.finditer(out)}


def _may_convert(repository: Repository, seen: Status) -> bool:
    """Whether any attribute or setting could be about line ends, keywords, encodings or filters."""
    if any(_is_rules(entry.path) for entry in seen.entries) or _has_rules(repository):
        return True
    return bool(repository.git.run(*_CONVERTING, ok=(0, 1)))


def _has_rules(repository: Repository) -> bool:
    """Whether there are attributes, in the index or where git names none."""
    index = repository.index_files()
    if index is not None and index.may_name(ATTRIBUTES):
        return True
    # At the top it may be there and ignored, so that git names it nowhere.
    if os.path.lexists(repository.root / _RULES):
        return True
    env = repository.git.environment
    homes = (("XDG_CONFIG_HOME", "git/attributes"), ("HOME", ".config/git/attributes"))
    files = [Path(_OF_THE_SYSTEM), *(Path(env[name], below) for name, below in homes if env.get(name))]
    return any(file.exists() for file in (repository.common_dir / "info" / "attributes", *files))


def _is_rules(path: str) -> bool:
    return path.rpartition("/")[2] == _RULES


def _tracked(repository: Repository) -> Iterator[tuple[str, str]]:
    for row in repository.git.run("ls-files", "-s", "-z", "--full-name", "--", ":/").split(b"\0"):
        head, _, path = row.partition(b"\t")
        mode, oid, stage = decode(head).split(" ") if head else ("", "", "")
        if mode in _FILES and stage == "0":
            yield decode(path), oid


def _suspects(repository: Repository, clean: Mapping[str, str]) -> dict[str, int]:
    """Files whose length is not that of their blob and that in the index, and those with a filter; with that length."""
    converted, trusted = _converted(repository, list(clean))
    lengths = ((path, oid, _size(repository, path)) for path, oid in clean.items() if path not in trusted)
    there = [(path, oid, size) for path, oid, size in lengths if size is not None]
    # Only of what is there: a partial clone has not the rest, and git would not say so but fail.
    sizes, noted = dict(_sizes(repository, dict.fromkeys(oid for _, oid, _ in there))), _noted(repository.git)
    return {
        path: size for path, oid, size in there if path in converted or not size == sizes.get(oid) == noted.get(path)
    }


def _sizes(repository: Repository, oids: Iterable[str]) -> Iterator[tuple[str, int]]:
    out = repository.git.run("cat-file", "--batch-check", stdin="".join(f"{oid}\n" for oid in oids).encode())
    for line in decode(out).splitlines():
        oid, kind, *size = line.split(" ")
        if kind == "blob":
            yield oid, int(size[0])


def _size(repository: Repository, path: str) -> int | None:
    try:
        found = os.lstat(os.fsencode(repository.root / path))
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _converted(repository: Repository, paths: Sequence[str]) -> tuple[set[str], set[str]]:
    """The paths whose length says nothing about their bytes, and those of Git LFS."""
    names = b"".join(encode(path) + b"\0" for path in paths)
    words = ("check-attr", "-z", "--stdin", "filter", "working-tree-encoding")
    fields = decode(repository.git.run(*words, stdin=names)).split("\0") if names else []
    converted, trusted = set[str](), set[str]()
    for path, value in zip(fields[::3], fields[2::3], strict=False):
        if value == "lfs":
            trusted.add(path)
        elif value not in _PLAIN:
            converted.add(path)
    return converted, trusted


def _rules(repository: Repository, seen: Status) -> dict[str, bytes | None]:
    """The attributes that are not those of HEAD: None for a file of them that is gone."""
    blobs = Blobs(repository.root, repository.object_format)
    return {entry.path: blobs.content(entry.path) for entry in seen.entries if _is_rules(entry.path)}
