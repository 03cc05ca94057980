"""What was installed: every file volon wrote for agents, and every text it put into a file of the user's, by digest.

So that what a person has changed since is told from what volon wrote, and taking all of it out leaves every file as it
was. It comes with a clone and may come from a stranger: only what the tables know of is ever believed of it.

Source: agents.md §1.6 (f); issue "Where agents live" (manifest with hashes).
"""

from __future__ import annotations

import json

from volon import digests
from volon.errors import Corrupt
from volon.model.agents.parts import DEFAULT, INSTRUCTIONS, PARTS, SKILLS
from volon.plain import NamedTuple, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_VERSION = 2
_FIRST = 1
"""It knew of skills and instructions only."""
_MENDED = "git log -- .volon/agents.json shows the earlier ones"
_MERGED = "it holds both sides of a merge: delete it, and what is installed is known by the files"


class Written(NamedTuple):
    """What volon wrote under a path.

    Attributes:
        sha256: of the whole file, line ends as LF; empty when it is the user's.
        added: what was put into the user's file.
        made: the file was not there before.
        entries: the digest of each value that was put into the user's settings, by the keys that lead to it.
        within: the objects and arrays that were made for them, by their keys; the whole file is "".
    """

    sha256: str = ""
    added: str = ""
    made: bool = False
    entries: Mapping[str, str] = {}
    within: tuple[str, ...] = ()

    def said(self) -> dict[str, Any]:
        """Return it as it stands in the file."""
        if self.entries:
            return {"entries": dict(sorted(self.entries.items())), "within": sorted(self.within)}
        return {"added": self.added, "made": self.made} if self.added else {"sha256": self.sha256}


def _written(said: dict[str, Any]) -> Written:
    entries = {str(name): str(digest) for name, digest in said.get("entries", {}).items()}
    within = tuple(map(str, said.get("within", ())))
    return Written(str(said.get("sha256", "")), str(said.get("added", "")), said.get("made") is True, entries, within)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is installed, by path.

    Attributes:
        parts: of `PARTS`: what agents are to be given.
    """

    agents: tuple[str, ...] = ()
    parts: tuple[str, ...] = DEFAULT
    files: Mapping[str, Written] = field(default_factory=dict)

    def text(self) -> str:
        """Return its file."""
        files = {path: one.said() for path, one in sorted(self.files.items())}
        parts = [one for one in PARTS if one in self.parts]
        said = {"schema_version": _VERSION, "agents": sorted(self.agents), "parts": parts, "files": files}
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
        json.dumps(said, ensure_ascii=False).encode()  # Half a character could be read, and never written again.
        if said["schema_version"] not in {_FIRST, _VERSION}:
            raise Corrupt(f"{shown} is of a later volon", hints=["install that one"])
        parts = said["parts"] if said["schema_version"] > _FIRST else (SKILLS, INSTRUCTIONS)
        files = {str(path): _written(one) for path, one in said["files"].items()}
        return Manifest(tuple(map(str, said["agents"])), tuple(one for one in PARTS if one in parts), files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = _MERGED if data.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in data else _MENDED
        raise Corrupt(f"{shown} is not what volon writes there", causes=[str(error)], hints=[hint]) from error


def digest(data: bytes) -> str:
    """Return the digest of a file; git may have changed its line ends."""
    return digests.sha256(data.replace(b"\r\n", b"\n"))
