"""What doctor looks at for faults with agents: small regular files, read once; nothing is started but git, or written.

What is not there, cannot be read or is larger than any settings says nothing.

Source: issue "Where agents live"; reliability S5, S14.
"""

from __future__ import annotations

import os
from functools import cache

from volon import gitfiles, peek
from volon.model.agents.texts import BEGIN
from volon.paths import Path
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from volon.model.agents.changes import Change
    from volon.model.agents.manifest import Manifest
    from volon.workspace import Workspace

_MOST = 1 << 20
_MOST_NAMES = 10_000


class Scene:
    """What there is to look at.

    Args:
        workspace: whose working tree is looked at.
        manifest: what is installed.
        changes: what an upgrade would make of it.

    Attributes:
        root, git_dir: of the working tree.
        main: of the main working tree, or of where its git directory is.
        env: the environment.
        programs: the absolute paths of all programs of a name on PATH.
        names: in a directory of the repository, sorted.
        text: of a file of the repository, no link followed; None when there is none to read.
        own: the text of a file of the user's, by its absolute path; None when there is none to read.
    """

    def __init__(self, workspace: Workspace, manifest: Manifest, changes: list[Change]) -> None:
        self.manifest, self.changes = manifest, changes
        self.agents = frozenset(manifest.agents)
        self.root, self.git_dir = str(workspace.repository.root), str(workspace.repository.git_dir)
        self.main = str(workspace.repository.common_dir.parent)
        self.git = workspace.repository.git
        self.env: Mapping[str, str] = workspace.world.env
        self.programs = workspace.world.processes.every
        self.text, self.names = cache(self._text), cache(self._names)
        self.own = cache(_own)

    def written(self) -> list[str]:
        """Return the paths of files that are as volon wrote them, or were."""
        return [path for path in self.manifest.files if self.text(path) is not None]

    def is_link(self, path: str) -> bool:
        """Whether a file of the repository is reached through a link, or is none."""
        try:
            peek.read_file(self.root, path)
        except OSError:
            return os.path.lexists(f"{self.root}/{path}")
        return False

    def _names(self, path: str) -> list[str]:
        try:
            return sorted(one.name for one in Path(self.root, path).iterdir())[:_MOST_NAMES]
        except OSError:
            return []

    def home(self, path: str, variable: str = "", default: str = "") -> str:
        """Return the absolute path of a file of the user's; empty where there is no home.

        Args:
            path: from the directory.
            variable: the one that names the directory where it is set, such as `CODEX_HOME`.
            default: the directory otherwise, from the home.
        """
        said, own = self.env.get(variable, "") if variable else "", self.env.get("HOME", "")
        base = Path(said) if said else Path(own, default)
        return str(base / path) if base.is_absolute() else ""

    def shown(self, path: str) -> str:
        """Return the absolute path of a file of the user's as people call it."""
        own = self.env.get("HOME", "")
        return f"~{path[len(own) :]}" if own and path.startswith(f"{own}/") else path

    def has_block(self, path: str) -> bool:
        """Whether volon's block begins in a file of the repository."""
        return BEGIN in (self.text(path) or "")

    def _text(self, path: str) -> str | None:
        try:
            data = peek.read_file(self.root, path)
        except (OSError, ValueError):  # No path has a null in it, or half a character.
            return None
        return None if data is None or len(data) > _MOST else data.decode("utf-8", "replace")


class Installed(NamedTuple):
    """An installation of volon, as the files around one of its programs say.

    Attributes:
        path: of the program.
        version: empty where that is not known.
        packages: the directory of its packages; empty where that is not known.
    """

    path: str
    version: str = ""
    packages: str = ""


def is_program(path: str) -> bool:
    """Return whether there is a program to be started, whatever stands there for a path."""
    try:
        return os.access(path, os.X_OK) and Path(path).is_file()
    except ValueError:  # As above.
        return False


def installed(path: str) -> Installed:
    """Return what the files around a program of volon's say of it; it is not started."""
    first = gitfiles.content(path, 4096).partition(b"\n")[0]
    python = os.fsdecode(first[2:].split()[0]) if first.startswith(b"#!/") else ""
    for prefix in dict.fromkeys(one.parent.parent for one in (Path(path).resolve(), Path(python)) if one.is_absolute()):
        found = list(_packaged(prefix))
        if len(found) == 1:
            return Installed(path, *found[0])
    return Installed(path)


def _packaged(prefix: Path) -> Iterable[tuple[str, str]]:
    for directory in prefix.glob("lib/python3*/site-packages"):
        for info in directory.glob("volon-*.dist-info"):
            yield info.name.removeprefix("volon-").removesuffix(".dist-info"), str(directory)


def line_of(text: str, at: int) -> int:
    """Return the number of the line in which a position is."""
    return text.count("\n", 0, at) + 1


def _own(path: str) -> str | None:
    data = gitfiles.content(path, _MOST) if path else b""
    return data.decode("utf-8", "replace") if data and len(data) < _MOST else None
