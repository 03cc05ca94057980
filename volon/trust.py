"""What this user has approved on this machine, kept where no repository can bring it.

Promises: the records lie in `$XDG_STATE_HOME/volon/trust/`, else `~/.local/state/volon/trust/`, private to their
owner. A place that lies inside the repository, is a symbolic link, belongs to or can be written by somebody else is not
used, neither for reading nor for writing. An approval holds for one directory: its real path, device, inode and git
directory and one digest must all be the same. A refusal holds for the path, and beats every approval. Whatever cannot
be read or understood is no approval.

Source: reliability §1.5 S3, S4, S6, S15; contract §2.15.
"""

from __future__ import annotations

import json
import os
import stat as st

from volon import own
from volon.digests import sha256
from volon.errors import NotCommitted, NotTrusted
from volon.files import Place, Root
from volon.paths import Path
from volon.plain import StrEnum, asdict, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.files import FileSystem
    from volon.world import World

_DIRECTORY = Place(Root.GIT, "trust")
_LARGEST = 1 << 16
_PRIVATE = 0o600
ALLOW, DENY = "allow", "deny"


class Verdict(StrEnum):
    """How what would run stands with this user."""

    APPROVED = "approved"
    DENIED = "denied"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and why in one sentence where it is not plain approval."""

    verdict: Verdict
    reason: str = ""

    @property
    def approved(self) -> bool:
        """Whether it may run."""
        return self.verdict is Verdict.APPROVED


@dataclass(frozen=True, slots=True)
class Site:
    """The one directory an approval holds for; another directory with the same name or content is another site."""

    root: str
    device: int
    inode: int
    git_dir: str

    @classmethod
    def of(cls, root: Path, git_dir: Path) -> Site:
        """The site of a working tree, links resolved.

        Raises:
            NotTrusted: it is gone.
        """
        try:
            real = root.resolve(strict=True)
            found = real.stat()
            return cls(str(real), found.st_dev, found.st_ino, str(git_dir.resolve(strict=True)))
        except OSError as error:
            raise NotTrusted(f"{root} cannot be looked at", causes=[str(error)]) from error


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: `kind` is `allow` or `deny`."""

    kind: str
    site: Site
    digest: str
    at: str


class Approvals:
    """The records.

    Args:
        world: environment, files and identities.
        within: the directories that came with the repository; the records must not lie in any of them.
    """

    def __init__(self, world: World, within: Iterable[Path] = ()) -> None:
        self._world = world
        self._within = tuple(path.resolve() for path in within)
        self._home = own.home(world.env, "XDG_STATE_HOME", ".local/state")

    def judge(self, site: Site, digest: str) -> Judgement:
        """Whether this digest may run at this site. Reads only; whatever is doubtful is a no."""
        try:
            if self.denied(site):
                return Judgement(Verdict.DENIED, "denied on this machine")
            found = self._read(self._files(), _name(site.root, ALLOW))
        except (OSError, NotCommitted, NotTrusted) as error:
            return Judgement(Verdict.UNKNOWN, str(error))
        if found is None:
            return Judgement(Verdict.UNKNOWN, "nobody has approved it on this machine yet")
        if found.site != site:
            return Judgement(Verdict.CHANGED, "approved for another directory of this name, which was here before")
        if found.digest != digest:
            return Judgement(Verdict.CHANGED, "changed since it was approved")
        return Judgement(Verdict.APPROVED)

    def denied(self, site: Site) -> bool:
        """Whether there is a refusal for this path; one that cannot be read is one.

        Raises:
            NotTrusted: the place cannot be used.
            OSError: it cannot be read.
        """
        return self._files().stat(_DIRECTORY / _name(site.root, DENY)) is not None

    def approve(self, site: Site, digest: str, at: str) -> None:
        """Remember an approval; it replaces an earlier one of this site.

        Raises:
            NotTrusted: there is a refusal, or the place cannot be used.
            NotCommitted: it cannot be written.
        """
        if self.denied(site):
            raise NotTrusted("this repository is denied on this machine", hints=["volon trust --revoke"])
        self._write(Entry(ALLOW, site, digest, at))

    def deny(self, site: Site, at: str) -> None:
        """Remember a refusal of whatever this path may ever want to run.

        Raises:
            NotTrusted, NotCommitted: as `approve`.
        """
        self._write(Entry(DENY, site, "", at))

    def revoke(self, site: Site) -> bool:
        """Forget approval and refusal of this path; returns whether there was either.

        Raises:
            NotTrusted, NotCommitted: as `approve`.
        """
        files = self._files()
        places = [_DIRECTORY / _name(site.root, kind) for kind in (ALLOW, DENY)]
        try:
            present = [place for place in places if files.stat(place) is not None]
            for place in present:
                files.unlink(place)
            if present:
                files.sync_dir(_DIRECTORY)
        except OSError as error:
            raise NotCommitted("the approval could not be taken back", causes=[str(error)]) from error
        return bool(present)

    def entries(self) -> list[Entry]:
        """Every record that can be read, by path.

        Raises:
            NotTrusted: the place cannot be used.
            NotCommitted: it cannot be read.
        """
        files = self._files()
        try:
            found = [self._read(files, name) for name in files.listdir(_DIRECTORY) if name.endswith((ALLOW, DENY))]
        except OSError as error:
            raise NotCommitted("the approvals cannot be read", causes=[str(error)]) from error
        return sorted((entry for entry in found if entry), key=lambda entry: (entry.site.root, entry.kind))

    def _read(self, files: FileSystem, name: str) -> Entry | None:
        place = _DIRECTORY / name
        data = files.read(place, _LARGEST) if self._is_private(place) else None
        try:
            found = json.loads(data or b"")
            entry = Entry(found["kind"], Site(**found["site"]), found["digest"], found["at"])
            return entry if _name(entry.site.root, entry.kind) == name else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def _is_private(self, place: Place) -> bool:
        try:
            found = self._path(place).lstat()
        except OSError:
            return False
        return st.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & own.OTHERS

    def _write(self, entry: Entry) -> None:
        files = self._files()
        target = _DIRECTORY / _name(entry.site.root, entry.kind)
        temporary = _DIRECTORY / f".new-{target.name}-{self._world.ids.token()}"
        try:
            files.mkdir(_DIRECTORY)
            files.unlink(temporary)
            files.create(temporary, json.dumps(asdict(entry)).encode() + b"\n", _PRIVATE, exact=True)
            files.rename(temporary, target)
            files.sync_parents([target])
        except OSError as error:
            raise NotCommitted("the decision could not be written down", causes=[str(error)]) from error

    def _files(self) -> FileSystem:
        """The file system below the user's own state directory, once that is known to be theirs.

        Raises:
            NotTrusted: it is not.
        """
        if self._home is None:
            raise NotTrusted("neither XDG_STATE_HOME nor HOME says where approvals could be kept")
        fault = own.fault(self._home, ("volon", "trust"), self._within)
        if fault is not None:
            hint = "approvals are kept in $XDG_STATE_HOME/volon/trust, a directory of your own outside the repository"
            raise NotTrusted(f"no approval can be kept or used: {fault}", hints=[hint])
        return own.files(self._world, self._home)

    def _path(self, place: Place) -> Path:
        return (self._home or Path()).joinpath("volon", *place.parts)


def _name(root: str, kind: str) -> str:
    return f"{sha256(root.encode(errors='surrogateescape'))}.{kind}"
