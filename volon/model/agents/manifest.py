"""What was installed: every file volon wrote for agents, and every text it put into a file of the user's, by digest.

So that what a person has changed since is told from what volon wrote, and taking all of it out leaves every file as it
was. It comes with a clone and may come from a stranger: only what the tables know of is ever believed of it.

Source: agents.md §1.6 (f); issue "Where agents live" (manifest with hashes).
"""

from __future__ import annotations

import json

from volon import digests
from volon.errors import Corrupt
from volon.plain import NamedTuple, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = 1
_MENDED = "git log -- .volon/agents.json shows the earlier ones"


class Written(NamedTuple):
    """What volon wrote under a path.

    Attributes:
        sha256: of the whole file, line ends as LF; empty when it is the user's.
        added: what was put into the user's file.
        made: the file was not there before.
    """

    sha256: str = ""
    added: str = ""
    made: bool = False

    def said(self) -> dict[str, str | bool]:
        """Return it as it stands in the file."""
        return {"added": self.added, "made": self.made} if self.added else {"sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is installed, by path."""

    agents: tuple[str, ...] = ()
    files: Mapping[str, Written] = field(default_factory=dict)

    def text(self) -> str:
        """Return its file."""
        files = {path: one.said() for path, one in sorted(self.files.items())}
        said = {"schema_version": _VERSION, "agents": sorted(self.agents), "files": files}
        return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def parse(data: bytes, shown: str) -> Manifest:
    """Return what a manifest says.

    Args:
        data: the file.
        shown: its path, for errors.

    Raises:
        Corrupt: it is none, or of a later version.
    """
    try:
        said = json.loads(data)
        if said["schema_version"] != _VERSION:
            raise Corrupt(f"{shown} is of a later volon", hints=["install that one"])
        files = {
            str(path): Written(str(one.get("sha256", "")), str(one.get("added", "")), one.get("made") is True)
            for path, one in said["files"].items()
        }
        return Manifest(tuple(map(str, said["agents"])), files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(f"{shown} is not what volon writes there", causes=[str(error)], hints=[_MENDED]) from error


def digest(data: bytes) -> str:
    """Return the digest of a file; git may have changed its line ends."""
    return digests.sha256(data.replace(b"\r\n", b"\n"))
