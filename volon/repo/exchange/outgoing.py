"""What would leave this machine with some refs: every object that the other side has not, searched for secrets.

Promises: what git would send is looked at before anything is sent: commits with their messages, trees with their names,
blobs with their bytes. What is too large to be searched counts as found.

Source: reliability S13; issue "Every byte back" (secrets stop a push).
"""

from __future__ import annotations

from volon.model.secrets import tokens
from volon.plain import dataclass
from volon.repo.blobs import decode
from volon.repo.catfile import objects
from volon.repo.git import GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from volon.repo.git import Git

_GROUP = 32 << 20
_LARGEST = 128 << 20
_FINGERPRINT = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that would leave.

    Attributes:
        path: where git names the object; empty for a commit.
        kinds: of what was found.
    """

    oid: str
    path: str
    kinds: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """What `--allow-secret` takes: these bytes, wherever they stand."""
        return self.oid[:_FINGERPRINT]


def leaving(git: Git, tips: Iterable[str], there: Collection[str]) -> dict[str, str]:
    """Return the objects that would be sent, each with a path under which git knows it.

    Args:
        git: the door to git.
        tips: what is sent.
        there: what the other side has; ids that are not known here count for nothing.

    Raises:
        GitFailed: an object is missing.
    """
    here = _present(git, there)
    question = "".join([*(f"{oid}\n" for oid in tips), *(f"^{oid}\n" for oid in here)])
    listed = decode(git.run("rev-list", "--objects", "--stdin", stdin=question.encode("ascii")))
    rows = (line.partition(" ") for line in listed.split("\n") if line)
    return {oid: path for oid, _, path in rows}


def search(git: Git, sent: Mapping[str, str]) -> Iterator[Secret]:
    """Yield the objects with a secret in them.

    Args:
        git: the door to git.
        sent: from `leaving`.

    Raises:
        GitFailed: an object is missing.
    """
    rows = decode(git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=_lines(sent))).split("\n")
    sizes = {oid: int(size) for oid, _, size in (row.partition(" ") for row in rows) if size.isdigit()}
    if len(sizes) != len(sent):
        raise GitFailed(("cat-file",), 0, "an object that would be sent is missing here")
    yield from (Secret(oid, sent[oid], ("too large to search",)) for oid, size in sizes.items() if size > _LARGEST)
    for group in _groups({oid: size for oid, size in sizes.items() if size <= _LARGEST}):
        for oid, _, data in objects(git.run("cat-file", "--batch", stdin=_lines(group))):
            if data is not None and (found := tokens(data)):
                yield Secret(oid, sent[oid], tuple(dict.fromkeys(found.values())))


def _present(git: Git, oids: Collection[str]) -> list[str]:
    """Those of these commits that this clone has."""
    if not oids:
        return []
    rows = decode(git.run("cat-file", "--batch-check", stdin=_lines(sorted(oids)))).split("\n")
    return [
        words[0] for row in rows if is_object_id((words := row.split(" "))[0]) and words[1:2] in (["commit"], ["tag"])
    ]


def _groups(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    group, total = list[str](), 0
    for oid, size in sizes.items():
        if group and total + size > _GROUP:
            yield group
            group, total = [], 0
        group.append(oid)
        total += size
    if group:
        yield group


def _lines(oids: Iterable[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
