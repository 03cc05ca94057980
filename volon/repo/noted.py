"""An index of volon's own: the user's, with git's notes of what is new where, so that it opens what has changed alone.

git calls that its untracked cache. It is kept as `<git dir>/volon/noted`, and what it was made of in the user's cache,
which no clone and no unpacked directory brings.

Promises: who looks by it sees what git sees without it. What it has of tracked files is the user's index to the byte,
and its time; and the notes count only

* as long as the user's index, itself and every file that configures git are the very files that they were, and the
  machine has not been started anew: nothing of it is made durable;
* for directories that are older than the index and have changed in no way since git noted, change times included,
  whatever the configuration says of those; and where none was changed in the second in which git noted;
* where every directory had tracked files or was ignored: of others git would not see that they became repositories,
  or that they are none any more;
* on a file system that is known to give a directory a new time with each new name, in one piece with the git directory;
* where the user has not said `core.untrackedCache=false`, which is how one says that it cannot be relied on.

How it is made: `volon.repo.noting`.

Source: performance (rows 5 to 8).
"""

from __future__ import annotations

import os

from volon import gitfiles, peek
from volon.plain import dataclass
from volon.repo.git import KEPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from volon.memory import Memory
    from volon.repo.git import Git

SETTINGS = (
    "core.untrackedCache=true",
    "core.trustctime=true",
    "core.checkStat=default",
    "status.showUntrackedFiles=all",
)
"""What makes git note, and look by what it has noted."""
_KIND = "noted-1"
_NAME = "volon/noted"
_BOOT = "/proc/sys/kernel/random/boot_id"
_BETWEEN = ";"
_REFUSED = "-"
_VARIABLES = ("HOME", "XDG_CONFIG_HOME", *sorted(KEPT))


@dataclass(frozen=True, slots=True)
class Noted:
    """Such an index.

    Attributes:
        path: where it lies.
        signed: its signature.
    """

    path: str
    signed: str

    @property
    def stays(self) -> bool:
        """Whether it is the same file still; git takes one that is gone for an empty one."""
        return peek.signature(None, self.path) == self.signed

    def door(self, git: Git) -> Git:
        """The same door to git, which looks by this."""
        return git.with_index(self.path).with_settings(*SETTINGS)


def recall(memory: Memory, git_dir: Path, env: Mapping[str, str]) -> Noted | None:
    """What was noted of the tree with this index; None when that does not count.

    Args:
        memory: where it is kept why it counts.
        git_dir: the working tree's own git directory.
        env: what git runs in.
    """
    signed, *rest = memory.recall(_KIND, peek.identity(str(git_dir))).get(of_index(git_dir), "").split(_BETWEEN)
    found = Noted(f"{git_dir}/{_NAME}", signed)
    return found if signed and found.stays and rest == _surroundings(git_dir, env, _paths(rest)) else None


def keep(memory: Memory, git_dir: Path, env: Mapping[str, str], signed: str, configuration: Iterable[str]) -> None:
    """Let what was noted count from now on, for those who find everything as it was.

    Args:
        memory: where that is kept.
        git_dir: the working tree's own git directory.
        env: what git runs in.
        signed: the signature that the user's index had before.
        configuration: the files that configure git, those included that are not there.
    """
    found = peek.signature(None, f"{git_dir}/{_NAME}")
    row = [found, *_surroundings(git_dir, env, configuration)]
    if all(row) and signed and signed == of_index(git_dir):
        memory.keep(_KIND, peek.identity(str(git_dir)), {signed: _BETWEEN.join(row)})


def refuse(memory: Memory, git_dir: Path, signed: str) -> None:
    """Keep that nothing can be noted as long as the index has this signature, so that it is tried once."""
    memory.keep(_KIND, peek.identity(str(git_dir)), {signed: _REFUSED})


def is_refused(memory: Memory, git_dir: Path) -> bool:
    """Whether nothing could be noted with this index."""
    return memory.recall(_KIND, peek.identity(str(git_dir))).get(of_index(git_dir)) == _REFUSED


def _surroundings(git_dir: Path, env: Mapping[str, str], configuration: Iterable[str]) -> list[str]:
    """What must be as it was: since when the machine runs, where all this is, where git finds settings, their files."""
    boot = gitfiles.content(_BOOT).strip().decode("ascii", "replace")
    said = "\0".join(f"{name}={env.get(name, '')}" for name in _VARIABLES)
    files = (f"{os.fsencode(path).hex()} {peek.signature(None, path)}" for path in configuration)
    return [boot, os.fsencode(f"{os.path.realpath(git_dir)}\0{said}").hex(), *files]


def _paths(rest: list[str]) -> list[str]:
    return [os.fsdecode(bytes.fromhex(one.partition(" ")[0])) for one in rest[2:]]


def of_index(git_dir: Path) -> str:
    """The signature of the user's index; empty where there is none."""
    return peek.signature(None, str(git_dir / "index"))
