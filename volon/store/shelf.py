"""What lists know of the files in a large directory, kept from one command to the next.

A file is read again when its signature is not the one under which its row was kept; see `volon.cached` for what is
believed.

Source: performance (rows 11 and 16).
"""

from __future__ import annotations

from volon import cached, peek
from volon.files import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from volon.clock import Clock
    from volon.files import FileSystem, Place
    from volon.memory import Memory
    from volon.store.reader import R, Rows


_WORTH_A_COPY = 256
"""So many files are worth a copy of the process to read them."""


class Shelf:
    """The rows of the directories of one working tree.

    Args:
        clock: the clock that files get their times from.
        fs: where the directories are.
        memory: where rows are kept.

    Attributes:
        looked: of each directory that this command has looked at, the signatures of the files by name, without those
            it has changed since, and of those files the rows that were kept, by name.
        wholly: of each directory all files of which had rows, what tells it from every other one, and the names and
            signatures of the files with a tab in between.
        memory: where rows are kept.
    """

    def __init__(self, clock: Clock, fs: FileSystem, memory: Memory) -> None:
        self._clock, self._fs, self.memory = clock, fs, memory
        self.looked: dict[Place, tuple[dict[str, str], dict[str, str]]] = {}
        self.wholly: dict[tuple[Place, str], tuple[str, list[str]]] = {}

    def rows(self, place: Place, kind: type[R], start: str | tuple[str, ...]) -> Rows[R] | None:
        """See `Reader.read_rows`; of the directory as it is on disk.

        Raises:
            InTheWay, OSError: as `FileSystem.listdir`.
        """
        looked = self._clock.file_ns()
        listed = self._fs.signatures(place, peek.LEAST)
        if listed is None:
            return None
        identity, signed = listed
        keys = list(map("\t".join, signed.items()))
        kept = self.memory.recall_each(kind.KIND, identity, keys)
        known = {file: text for file, text in zip(signed, kept, strict=True) if text is not None}
        self.looked[place] = signed, known
        found = {file: kind.of_text(text) for file, text in known.items() if text.startswith(start)}
        missing = [file for file in signed if file not in known] if len(known) < len(signed) else []
        if not missing:
            self.wholly[place, kind.KIND] = identity, keys
        fresh = self._read(place, kind, missing)
        if cached.is_worth_it(len(missing), len(signed)):
            texts = {
                file: row.text()
                for file, row in fresh.items()
                if row is not None and file.isprintable() and cached.is_settled(signed[file], looked)
            }
            if cached.is_worth_it(len(texts), len(signed)):
                known |= texts
                rows = {key: known[file] for file, key in zip(signed, keys, strict=True) if file in known}
                self.memory.keep(kind.KIND, identity, rows)
        return dict(sorted((found | fresh).items())) if fresh else found, signed

    def at_rest(self, place: Place) -> tuple[str, list[str]] | None:
        """The same of a small directory; call it before its files are read. None where one may still change unseen."""
        looked = self._clock.file_ns()
        listed = self._fs.signatures(place, 0)
        if listed is None or len(listed[1]) >= peek.LEAST:
            return None
        signed = listed[1].values()
        sure = all(signed) and all(cached.is_settled(one, looked) for one in signed)
        return (listed[0], list(map("\t".join, listed[1].items()))) if sure else None

    def _read(self, place: Place, kind: type[R], names: Sequence[str]) -> dict[str, R | None]:
        if len(names) < 2 * _WORTH_A_COPY:
            return self._fresh(place, kind, names)

        from volon.copies import in_parts  # noqa: PLC0415  only for many

        def told(share: Sequence[str]) -> bytes:
            return "\n".join(row.text() if row else "" for row in self._fresh(place, kind, share).values()).encode()

        texts = [text for part in in_parts(told, names, _WORTH_A_COPY) for text in part.decode().split("\n")]
        return {name: kind.of_text(text) if text else None for name, text in zip(names, texts, strict=True)}

    def _fresh(self, place: Place, kind: type[R], names: Iterable[str]) -> dict[str, R | None]:
        contents = self._fs.read_all(place, names)
        return {name: kind.read(contents[name]) if name in contents else None for name in names}
