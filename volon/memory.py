"""What commands of this user have read before, for those that follow: texts by key, in the user's cache.

What is believed of it `volon.cached` says. Keeping is best effort, outside any operation and of use to nobody but the
next command: where it fails nobody is told.

Source: product §3 (`$XDG_CACHE_HOME/volon/`), performance (rows 11 and 16).
"""

from __future__ import annotations

from volon import cached
from volon.errors import VolonError
from volon.light import suppress
from volon.paths import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volon.world import World


class Memory:
    """The user's cache.

    Args:
        world: says where it is, and writes it.
        within: the real paths of what came with the repository; nothing is believed in there, and nothing written.
    """

    def __init__(self, world: World, within: tuple[str, ...]) -> None:
        self._world, self._within = world, within

    def recall(self, kind: str, identity: str) -> dict[str, str]:
        """What is kept under this name; nothing when it may not be believed.

        Args:
            kind: of texts, with a version; one word.
            identity: what they are of, such as `volon.peek.identity` of a directory.
        """
        return cached.rows(self._world.env, self._within, kind, identity)

    def recall_each(self, kind: str, identity: str, keys: list[str]) -> Sequence[str | None]:
        """What is kept under each of these keys, None for nothing; see `recall`."""
        return cached.rows_of(self._world.env, self._within, kind, identity, keys)

    def keep(self, kind: str, identity: str, texts: Mapping[str, str]) -> None:
        """Keep these for the next command, instead of what was kept; neither keys nor texts end a line."""
        from volon import own  # noqa: PLC0415  only to write, which comes last
        from volon.files import Place, Root  # noqa: PLC0415

        base = cached.home(self._world.env, self._within)
        if base is None or own.fault(Path(base), (cached.NAME,), ()) is not None:
            return
        with suppress(OSError, VolonError):
            files = own.files(self._world, Path(base))
            place = Place(Root.GIT, cached.file_of(kind, identity))
            files.mkdir(place.parent)
            files.derive(place, lambda: cached.encode(texts, kind))
