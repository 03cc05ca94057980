"""What other machines sent: kept under refs of their own, looked at as data, and never mixed with what was made here.

Promises: an arrival has a ULID of its own, and all its refs lie below `refs/volon/from/<ulid>/`. So no ref of ours and
no earlier arrival can be replaced, a git that was killed leaves no lock in the way of the next try, and an arrival
whose operation was never committed counts for nothing. When `keep` has returned, objects and refs are on disk.

Source: reliability §0 (3, 4), S14; contract §2.14, issue "Every byte back" (two machines).
"""

from __future__ import annotations

import re

from volon.model.handoff import Name, names
from volon.patterns import pattern
from volon.plain import dataclass
from volon.repo.blobs import decode
from volon.repo.catfile import objects
from volon.repo.events import FROM
from volon.repo.fastimport import refuse_links, sync_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from volon.repo.git import Git

_MOST_COMMIT = 1 << 16
_ARRIVED = pattern(rf"{FROM}([0-9A-Z]{{26}})/(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree."""

    mode: str
    kind: str
    oid: str
    size: int
    path: str


def known(git: Git, arrivals: Collection[str]) -> dict[Name, str]:
    """Return what this clone has, made here or come: by the names that other machines know.

    Args:
        git: the door to git.
        arrivals: those that count.
    """
    return names({shown: oid for _, shown, oid in _listed(git, arrivals)})


def local_refs(git: Git, arrivals: Collection[str]) -> dict[Name, str]:
    """Return the full names that the refs of `known` have in this clone."""
    return names({shown: ref for ref, shown, _ in _listed(git, arrivals)})


def _listed(git: Git, arrivals: Collection[str]) -> Iterator[tuple[str, str, str]]:
    out = decode(git.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/volon/"))
    for ref, _, oid in (line.rpartition(" ") for line in out.split("\n") if line):
        match = _ARRIVED.fullmatch(ref)
        if match is None or match[1] in arrivals:
            yield ref, f"refs/volon/{match[2]}" if match else ref, oid


def commits(git: Git, oids: Iterable[str]) -> dict[str, str]:
    """Return the raw commits among these objects; what is missing, damaged, too large or no commit is left out."""
    asked = list(dict.fromkeys(oids))
    if not asked:
        return {}
    rows = decode(git.run("cat-file", "--batch-check", stdin=_lines(asked))).split("\n")
    small = [row.split(" ")[0] for row in rows if _is_small_commit(row)]
    out = git.run("cat-file", "--batch", stdin=_lines(small)) if small else b""
    return {oid: decode(data) for oid, _, data in objects(out) if data is not None}


def entries(git: Git, oid: str) -> list[Entry]:
    """Return all files in the tree of a commit, with their sizes.

    Raises:
        GitFailed: there is no such commit, or a tree is missing.
    """
    rows = decode(git.run("ls-tree", "-r", "-l", "-z", "--full-tree", oid)).split("\0")
    return [_entry(row) for row in rows if row]


def keep(git: Git, common_dir: Path, arrival: str, came: Mapping[Name, str]) -> None:
    """Give what came the refs of an arrival, durably.

    Args:
        git: the door to git.
        common_dir: where refs are.
        arrival: the operation; it has no refs yet.
        came: the commits, whose objects are here.

    Raises:
        GitFailed: git failed; the refs that are there count for nothing.
        SymlinkRefused: a link lies where they would.
    """
    git.require_modern()
    refuse_links(common_dir)
    top = f"{FROM}{arrival}/"
    lines = "".join(f"create {top}{name.kind}/{name.ulid}\0{oid}\0" for name, oid in came.items())
    git.run("update-ref", "--no-deref", "-z", "--stdin", stdin=lines.encode("ascii"))
    places = {common_dir / "objects", common_dir / "objects/pack", common_dir / "refs", common_dir / "refs/volon"}
    places |= {common_dir / FROM, common_dir / top, *(common_dir / f"{top}{name.kind}" for name in came)}
    for place in sorted(places):
        sync_directory(place)


def write_commit(git: Git, data: bytes) -> str:
    """Write a commit that no ref names, and return its id."""
    return git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=data).decode("ascii").strip()


def empty_tree(git: Git) -> str:
    """Write the tree without entries, and return its id."""
    return git.run("hash-object", "-t", "tree", "-w", "--stdin").decode("ascii").strip()


def _entry(row: str) -> Entry:
    head, _, path = row.partition("\t")
    mode, kind, oid, size = head.split()
    return Entry(mode, kind, oid, int(size) if size.isdigit() else 0, path)


def _is_small_commit(row: str) -> bool:
    words = row.split(" ")
    return len(words) == 3 and words[1] == "commit" and int(words[2]) <= _MOST_COMMIT  # noqa: PLR2004  id, type, size


def _lines(oids: Iterable[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
