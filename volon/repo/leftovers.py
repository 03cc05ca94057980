"""What a killed git left in the git directory: locks that stand in everybody's way, crash reports, refs cut short.

Promises: looking only. Nobody can tell from a lock file whether its owner still lives, so none is called dead; what is
volon's own is marked, by lying under `refs/volon/` or, for a crash report, by naming it.

Source: contract §4 (`doctor`), reliability C4.
"""

from __future__ import annotations

from datetime import UTC, datetime

from volon.patterns import pattern
from volon.plain import dataclass
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

REFS = "refs/volon/"
_ULID = r"[0-9A-HJKMNP-TV-Z]{26}"
_KINDS = rf"(?:state|claim|(?:from/{_ULID}/)?(?:paused|closed|snap)|put)/{_ULID}"
_OF_RUNS = rf"run/{_ULID}/(?:_base|_all|[A-Za-z0-9%._-]+/\d+(?:\.saved)?)"
_EVENT = pattern(rf"refs/volon/(?:{_KINDS}|{_OF_RUNS})(?:\.lock)?")
_SEARCHED = ("refs", "logs/refs", "objects/info")
_REPORT = 1 << 20


@dataclass(frozen=True, slots=True)
class Leftover:
    """One file.

    Attributes:
        path: relative to the git directory that all working trees share.
        at: when it was written last.
        ours: volon's own git left it.
    """

    path: str
    at: datetime
    ours: bool = False


def locks(common_dir: Path) -> tuple[Leftover, ...]:
    """Return the lock files of git, of all working trees; volon's own lock is none of them."""
    homes = [common_dir, *_entries(common_dir / "worktrees")]
    near = [path for home in homes for path in (*_entries(home), *_entries(home / "objects"))]
    deep = [path for home in homes for name in _SEARCHED for path in (home / name).rglob("*.lock")]
    return _found(common_dir, (path for path in {*near, *deep} if path.suffix == ".lock"))


def crash_reports(common_dir: Path) -> tuple[Leftover, ...]:
    """Return the reports of `git fast-import`, which writes one when it fails; volon's name `refs/volon/`."""
    homes = [common_dir, *_entries(common_dir / "worktrees")]
    found = _found(common_dir, (path for home in homes for path in home.glob("fast_import_crash_*")))
    return tuple(
        Leftover(one.path, one.at, ours=REFS.encode() in _read(common_dir / one.path)[:_REPORT]) for one in found
    )


def broken_refs(common_dir: Path) -> tuple[Leftover, ...]:
    """Return the files under `refs/volon/` that hold no object id: git passes over them, at best with a warning."""
    files = (path for path in (common_dir / REFS).rglob("*") if path.suffix != ".lock")
    return _found(common_dir, (path for path in files if not _holds_id(path)))


def unknown_refs(common_dir: Path) -> tuple[Leftover, ...]:
    """Return the refs under `refs/volon/` whose names volon never gives."""
    found = _found(common_dir, (path for path in (common_dir / REFS).rglob("*") if path.suffix != ".lock"))
    return tuple(one for one in found if not one.ours)


def _holds_id(path: Path) -> bool:
    return is_object_id(_read(path).decode("ascii", "replace").strip())


def _found(common_dir: Path, paths: Iterable[Path]) -> tuple[Leftover, ...]:
    return tuple(sorted(_leftovers(common_dir, paths), key=lambda one: one.path))


def _leftovers(common_dir: Path, paths: Iterable[Path]) -> Iterator[Leftover]:
    for path in paths:
        try:
            at = path.lstat().st_mtime
            plain = path.is_file() and not path.is_symlink()
        except OSError:
            continue
        name = path.relative_to(common_dir).as_posix()
        if plain:
            yield Leftover(name, datetime.fromtimestamp(int(at), UTC), ours=_EVENT.fullmatch(name) is not None)


def _entries(directory: Path) -> tuple[Path, ...]:
    try:
        return tuple(directory.iterdir())
    except OSError:
        return ()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
