"""How paths of the working tree differ from HEAD, asked of git without its reading an index of a hundred thousand.

An index of a few paths is enough: under it `git diff-files` says of a path what `git diff-index HEAD` says, where the
real index has HEAD's version of it, which is what `.M` and `.D` mean in `git status`. Attributes count as ever: git
takes them from files, and from the index only where such a file is missing; `status` would have named it, unless the
index says not to look. Of whatever is unusual here the real index is asked.

Source: performance (rows 6 to 8); held against `diff-index` by tests/unit/repo/test_fewpaths.py.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from struct import pack

from volon import digests
from volon.errors import NotCommitted
from volon.model.facts import SUBMODULE
from volon.plain import dataclass, replace
from volon.repo import diffstat, questions
from volon.repo.blobs import encode
from volon.repo.capped import shared_indexes
from volon.repo.snapshots.indexed import ATTRIBUTES
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from volon.model.facts import GitFacts
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.repo.status import Entry, Status

_OPTIONS = ("--no-renames", "--no-ext-diff", "--no-textconv")
_VERSION = 2
"""Of an index whose entries have no further flags, so that none of them is left out of the working tree."""
_PLAIN = pack(">4sI", b"DIRC", _VERSION)
_NEVER_SEEN, _NOBODYS = bytes(24), bytes(12)
"""Times and inode of a file that git has never looked at, so that it will; its owner and its size."""
_LONGEST = 0xFFF
_ATTRIBUTES = ATTRIBUTES + b"\0"


@dataclass(frozen=True, slots=True)
class Comparing:
    """Asks how paths of the working tree differ from HEAD.

    Attributes:
        git: the door to git.
        base: HEAD, or the empty tree.
        few: a door with an index of `paths` alone.
        paths: those that can be asked about there.
    """

    git: Git
    base: str
    few: Git | None = None
    paths: frozenset[str] = frozenset()

    def begin(self, options: tuple[str, ...], paths: Iterable[str], *, swiftly: bool) -> Callable[[], bytes | None]:
        """Let git begin to compare; call what is returned for its answer: None where git could not say.

        Args:
            options: what the answer looks like.
            paths: compared; all when none is given.
            swiftly: they are among `self.paths`.
        """
        named = ("--", *(f":(top,literal){path}" for path in paths))
        words = ("diff-index", *options, *_OPTIONS, self.base, *named)
        git = self.git
        if swiftly and self.few is not None:
            git, words = self.few, ("diff-files", *options, *_OPTIONS, *named)
        git.begin(*words)

        def answer() -> bytes | None:
            status, out = git.ask(*words, ok=(0, 128))
            return out if status == 0 else None

        return answer


def look_ahead(repository: Repository) -> None:
    """Read now what `differences` will want to know of a large index; call it while git looks at the working tree."""
    with suppress(NotCommitted):
        _is_enough(repository)


@contextmanager
def differences(
    repository: Repository, facts: GitFacts, seen: Status, *, write: bool = True
) -> Iterator[Callable[[], tuple[str, str | None]]]:
    """Let git begin to compare; within the block, call what is yielded for what it says.

    That is what `git diff --stat HEAD` would say, without volon's own files, and where the last change was made.
    The user's index is not touched, and nothing is asked when no tracked file changed.

    Args:
        repository: where.
        facts: the state of the working tree.
        seen: what `facts` was read from.
        write: whether a scratch directory may be made for it.

    Raises:
        NotCommitted: git is missing, or the index cannot be read.
    """
    with _comparing(repository, facts, seen.entries if write else ()) as comparing:
        where, sizes = questions.you_were(repository, facts, comparing), diffstat.begin(comparing, facts)
        yield lambda: (sizes(), where())


@contextmanager
def _comparing(repository: Repository, facts: GitFacts, seen: Iterable[Entry]) -> Iterator[Comparing]:
    """Make an index of those that changed, for as long as the block lasts; where that cannot be, do without."""
    plainly = Comparing(repository.git, facts.head or diffstat.EMPTY_TREE[facts.object_format])
    entries = [entry for entry in seen if entry.status in {".M", ".D"} and _is_file(entry)]
    if not entries or not _is_enough(repository):
        yield plainly
        return
    with ExitStack() as stack:
        try:
            where = stack.enter_context(repository.scratch())
            put(where / "index", index_of(entries, facts.object_format))
        except NotCommitted:
            yield plainly
            return
        few = repository.git.with_index(where / "index")
        stack.callback(few.forget)
        yield replace(plainly, few=few, paths=frozenset(entry.path for entry in entries))


def index_of(entries: Iterable[Entry], object_format: str) -> bytes:
    """Return the bytes of an index that has these entries as they are in the real one, of files never looked at."""
    rows = sorted((encode(entry.path), _row(entry)) for entry in entries)
    data = b"".join([_PLAIN, pack(">I", len(rows)), *(row for _, row in rows)])
    return data + digests.new(object_format, len(data), data).digest()


def _row(entry: Entry) -> bytes:
    name = encode(entry.path)
    numbers = _NEVER_SEEN + pack(">I", int(entry.staged_mode, 8)) + _NOBODYS
    row = numbers + bytes.fromhex(entry.staged or "") + pack(">H", min(len(name), _LONGEST)) + name
    return row + bytes(8 - len(row) % 8)


def _is_file(entry: Entry) -> bool:
    return entry.submodule == "N..." and entry.staged is not None and entry.staged_mode != SUBMODULE


def _is_enough(repository: Repository) -> bool:
    """Whether all attributes that count are in files, or in files that changed."""
    files = repository.index_files()
    if files is None or files.version != _VERSION or any(shared_indexes(repository.git_dir)):
        return False
    return not files.holds(ATTRIBUTES) or all(_is_watched(files.data, at) for at in _places(files.data))


def _places(index: bytes) -> Iterator[int]:
    at = index.find(_ATTRIBUTES)
    while at >= 0:
        yield at
        at = index.find(_ATTRIBUTES, at + 1)


def _is_watched(index: bytes, at: int) -> bool:
    """Whether the name that ends with these attributes is of an entry that git looks for in the working tree.

    Before a name are its flags: zero where there are none, and its length. The flag that counts is no ASCII.
    """
    start, end = index.rfind(b"\0", 0, at) + 2, at + len(_ATTRIBUTES) - 1
    return index[start - 1] == end - start and index[start:end].isascii()
