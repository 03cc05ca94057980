"""Directories of this user's own, outside every repository: what volon keeps there no repository can bring.

Source: reliability §1.5 S3, S15; product §3 (`$XDG_STATE_HOME`, `$XDG_CACHE_HOME`).
"""

from __future__ import annotations

import os
import stat as st

from volon.files import Place, Roots
from volon.paths import Path
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from volon.files import FileSystem
    from volon.world import World

OTHERS = 0o022
"""The bits of a mode that let others write."""
_NAME = "volon"


@dataclass(frozen=True, slots=True)
class _OwnRoots(Roots):
    """Every root is the user's own directory; `below` is what of it may still have to be made."""

    below: tuple[str, ...] = ()

    def locate(self, place: Place) -> tuple[str, tuple[str, ...]]:
        return self.git_dir, (*self.below, *place.parts)


def home(env: Mapping[str, str], variable: str, default: str) -> Path | None:
    """Where the XDG rules say; a relative path is to be ignored, and without HOME there is none.

    Args:
        env: the environment.
        variable: the one that names the directory, such as `XDG_STATE_HOME`.
        default: where it is otherwise, from the user's home.
    """
    said, own = Path(env.get(variable, "")), Path(env.get("HOME", ""))
    if said.is_absolute():
        return said
    return own / default if own.is_absolute() else None


def fault(base: Path, below: Sequence[str], within: Iterable[Path]) -> str | None:
    """Why a directory of ours cannot be relied upon; one that is not there yet can.

    Args:
        base: as `home` gives it.
        below: the directories of ours, each in the one before it; nobody else may write into those.
        within: the real paths of what came with the repository; the directory must not lie in any of them.
    """
    real = base.resolve()
    if any(real.is_relative_to(place) for place in within):
        return f"{base} lies inside this repository"
    ours = [base.joinpath(*below[:depth]) for depth in range(len(below) + 1)]
    return next((why for path in ours if (why := _fault(path, private=path != base))), None)


def files(world: World, base: Path) -> FileSystem:
    """The file system in which every root is `volon` below the base; none of the directories need exist."""
    nearest = next(one for one in (base, *base.parents) if one.is_dir())
    below = (*base.relative_to(nearest).parts, _NAME)
    return world.files(_OwnRoots(str(nearest), str(nearest), str(nearest), below=below))


def _fault(path: Path, *, private: bool) -> str | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return str(error)
    if st.S_ISLNK(found.st_mode):
        return f"{path} is a symbolic link"
    if not st.S_ISDIR(found.st_mode):
        return f"{path} is not a directory"
    if found.st_uid != os.geteuid():
        return f"{path} belongs to another user"
    return f"{path} can be written by others" if private and found.st_mode & OTHERS else None
