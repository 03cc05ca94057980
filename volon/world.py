"""Everything volon touches outside itself, in one bundle that a test can replace.

`VOLON_FROZEN_NOW` and `VOLON_SEED` in the environment make a run repeatable to the system call.

Source: reliability H0 (the World seam).
"""

from __future__ import annotations

from volon.clock import Clock, clock_from
from volon.ids import Ids, ids_from
from volon.light import MappingProxyType
from volon.plain import dataclass
from volon.process import Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from volon.files import FileSystem, Roots


@dataclass(frozen=True, slots=True)
class World:
    """Time, identity, programs, disk and environment.

    Attributes:
        files: makes the file system below given roots.
        env: the environment, read-only.
    """

    clock: Clock
    ids: Ids
    processes: Processes
    files: Callable[[Roots], FileSystem]
    env: Mapping[str, str]

    @classmethod
    def real(cls, environ: Mapping[str, str]) -> World:
        """The real one.

        Args:
            environ: the process environment.

        Raises:
            UsageError: `VOLON_FROZEN_NOW` is no instant.
        """
        env = MappingProxyType(dict(environ))
        return cls(clock_from(env), ids_from(env), Processes(env), _real_files, env)


def _real_files(roots: Roots) -> FileSystem:
    from volon.disk import RealFiles  # noqa: PLC0415  git is begun before anything is read or written

    return RealFiles(roots)
