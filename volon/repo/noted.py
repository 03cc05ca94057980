"""An index of volon's own, in which git has noted what is new where: so it opens those directories alone that changed.

git calls that its untracked cache. It is kept as `<git dir>/volon/noted`, and what it was made of in the user's cache,
which no clone and no unpacked directory brings.

Promises: who looks by it sees what git sees without it, for it counts only

* as long as the user's index is the very file that it is a copy of, itself is the very file that volon made, and the
  machine has not been started anew: nothing of it is made durable;
* for what lies before it: its time is when git began to note, so that what changed since is looked at however coarse
  the clock is, by change times as well, whatever the configuration says of those;
* where no directory was given an old time while git noted;
* where every directory had tracked files or was ignored: of others git would not see that they became repositories,
  or that they are none any more;
* on a file system that is known to give a directory a new time with each new name, in one piece with the git directory;
* where the user has not said `core.untrackedCache=false`, which is how one says that it cannot be relied on.

How it is made: `volon.repo.noting`.

Source: performance (rows 5 to 8).
"""

from __future__ import annotations

from volon import gitfiles, peek
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
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


def recall(memory: Memory, git_dir: Path) -> Noted | None:
    """What was noted of the tree with this index; None when that does not count."""
    known = memory.recall(_KIND, peek.identity(str(git_dir)))
    signed, _, boot = known.get(of_index(git_dir), "").rpartition(" ")
    found = Noted(f"{git_dir}/{_NAME}", signed)
    return found if signed and boot == _boot() and found.stays else None


def keep(memory: Memory, git_dir: Path, signed: str) -> None:
    """Let what was noted count from now on, as long as the user's index has this signature, which it had before."""
    found = peek.signature(None, f"{git_dir}/{_NAME}")
    if found and signed and signed == of_index(git_dir):
        memory.keep(_KIND, peek.identity(str(git_dir)), {signed: f"{found} {_boot()}"})


def of_index(git_dir: Path) -> str:
    """The signature of the user's index; empty where there is none."""
    return peek.signature(None, str(git_dir / "index"))


def _boot() -> str:
    return gitfiles.content(_BOOT).strip().decode("ascii", "replace")
