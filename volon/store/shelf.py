"""What lists know of the files in a large directory, kept from one command to the next.

A file is read again when its signature is not the one under which its row was kept; see `volon.cached` for what is
believed. Keeping is best effort, outside any operation and of use to nobody but the next command: where it fails
nobody is told.

Source: performance (rows 11 and 16).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from volon import cached, own, peek
from volon.copies import in_parts
from volon.errors import VolonError
from volon.files import Place, Root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from volon.files import FileSystem
    from volon.store.reader import R, Rows
    from volon.world import World


_WORTH_A_COPY = 256
"""So many files are worth a copy of the process to read them."""


class Shelf:
    """The rows of the directories of one working tree.

    Args:
        world: says where the user's cache is, and writes it.
        fs: where the directories are.
        within: the real paths of what came with the repository; no cache is believed in there.

    Attributes:
        signed: the signatures of the files that this command has looked at, by name; not of those it has changed.
    """

    def __init__(self, world: World, fs: FileSystem, within: tuple[str, ...]) -> None:
        self._world, self._fs, self._within = world, fs, within
        self.signed: dict[Place, dict[str, str]] = {}

    def rows(self, place: Place, kind: type[R], start: str | tuple[str, ...]) -> Rows[R] | None:
        """See `Reader.read_rows`; of the directory as it is on disk.

        Raises:
            InTheWay, OSError: as `FileSystem.listdir`.
        """
        looked = self._world.clock.file_ns()
        listed = self._fs.signatures(place, peek.LEAST)
        if listed is None:
            return None
        identity, signed = listed
        self.signed[place] = signed
        known = cached.rows(self._world.env, self._within, kind.KIND, identity)
        found: dict[str, R | None] = {}
        missing = []
        for file, signature in signed.items():
            text = known.get(f"{file}\t{signature}")
            if text is None:
                missing.append(file)
            elif text.startswith(start):
                found[file] = kind.of_text(text)
        fresh = self._read(place, kind, missing)
        if cached.is_worth_it(len(missing), len(signed)):
            texts = {
                f"{file}\t{signed[file]}": row.text()
                for file, row in fresh.items()
                if row is not None and file.isprintable() and cached.is_settled(signed[file], looked)
            }
            if cached.is_worth_it(len(texts), len(signed)):
                kept = {key: known[key] for key in map("\t".join, signed.items()) if key in known}
                self._keep(f"{kind.KIND}-{identity}", cached.encode(kept | texts, kind.KIND))
        return dict(sorted((found | fresh).items())) if fresh else found, signed

    def _read(self, place: Place, kind: type[R], names: Sequence[str]) -> dict[str, R | None]:
        if len(names) < 2 * _WORTH_A_COPY:
            return self._fresh(place, kind, names)

        def told(share: Sequence[str]) -> bytes:
            return "\n".join(row.text() if row else "" for row in self._fresh(place, kind, share).values()).encode()

        texts = [text for part in in_parts(told, names, _WORTH_A_COPY) for text in part.decode().split("\n")]
        return {name: kind.of_text(text) if text else None for name, text in zip(names, texts, strict=True)}

    def _fresh(self, place: Place, kind: type[R], names: Iterable[str]) -> dict[str, R | None]:
        contents = self._fs.read_all(place, names)
        return {name: kind.read(contents[name]) if name in contents else None for name in names}

    def _keep(self, name: str, data: bytes) -> None:
        base = cached.home(self._world.env, self._within)
        if base is None or own.fault(Path(base), (cached.NAME,), ()) is not None:
            return
        with suppress(OSError, VolonError):
            files = own.files(self._world, Path(base))
            place = Place(Root.GIT, name)
            files.mkdir(place.parent)
            files.derive(place, lambda: data)
