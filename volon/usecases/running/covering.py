"""Which files of the repository a command names, so that an approval can cover their bytes.

Rather one too many than one too few: every piece of every word counts that is a file of the working tree, and the
interpreter that its first line names as well. What is reached through a symbolic link is refused, because what a link
leads to can change without a byte of the repository changing. One kind of link is covered by where it leads instead: a
program that lies outside the repository and is found through a link inside, as the Python of a virtual environment is.

Source: reliability §1.5 S2, S4.
"""

from __future__ import annotations

import os

from volon.digests import sha256
from volon.errors import NotCommitted
from volon.files import Place, Root
from volon.model.approval import Covered
from volon.paths import Path
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from volon.workspace import Workspace

_LARGEST = 64 << 20
_LONGEST_FIRST_LINE = 4096
_BETWEEN = pattern(r"[\s;&|()<>{}\[\]\"'`=,:]+")


class Cover:
    """Collects what one command names.

    Args:
        workspace: where files are read.
        root: the real path of the working tree.

    Attributes:
        files: what is covered, by path.
        uncovered: what the words name and no approval can cover: directories, and what a line for a shell names in
            git's own directory.
    """

    def __init__(self, workspace: Workspace, root: Path) -> None:
        self._workspace = workspace
        self._root = root
        self.files: dict[str, Covered] = {}
        self.uncovered: dict[str, None] = {}

    def add_program(self, path: str) -> None:
        """Cover a program that somebody's PATH or first line leads to, if it lies in the working tree.

        Raises:
            NotCommitted: it does so in a way that cannot be covered.
        """
        place, real = Path(os.path.normpath(path)), Path(os.path.realpath(path))
        within = place.is_relative_to(self._root) and not real.is_relative_to(self._root)
        if within and place.is_symlink() and place.parent == place.parent.resolve():
            name = place.relative_to(self._root).as_posix()
            self.files[name] = Covered(name, sha256(b"link\0" + os.fsencode(real)))
        else:
            self.add_words([path])

    def add_words(self, words: Iterable[str]) -> None:
        """Cover every file that the words, or pieces of them, name.

        Raises:
            NotCommitted: one is reached through a symbolic link, is in git's own directory, or is too large.
        """
        for word in words:
            for text in _pieces(word):
                path = self._root / text
                if _is(path.is_dir) or (text != word and self._is_gits(path)):
                    self._leave(path)
                elif _is(path.is_file):
                    self._add(text, path)

    def add_named(self, names: Iterable[str]) -> None:
        """Cover further files that the settings name, whether they are there or not.

        Raises:
            NotCommitted: as `add_words`, or one is no path of the working tree.
        """
        for name in names:
            path = self._root / name
            if _is(path.is_dir):
                raise NotCommitted(f"{name} under `files:` is a directory; name its files")
            if _is(path.is_file):
                self._add(name, path)
            else:
                place = Place(Root.WORKTREE, os.path.normpath(name))
                self.files.setdefault(place.path, Covered(place.path, None))

    def _add(self, text: str, path: Path) -> None:
        plain, real = Path(os.path.normpath(path)), Path(os.path.realpath(path))
        if plain != real and (plain.is_relative_to(self._root) or real.is_relative_to(self._root)):
            raise NotCommitted(f"{text} goes through a symbolic link; name the file itself")
        name = real.relative_to(self._root).as_posix() if real.is_relative_to(self._root) else None
        if name is None or name in self.files:
            return
        data = self._read(name)
        self.files[name] = Covered(name, sha256(data))
        if data.startswith(b"#!"):
            first = data[2:_LONGEST_FIRST_LINE].split(b"\n", 1)[0]
            for word in os.fsdecode(first).split():
                self.add_program(str(self._root / word))

    def _read(self, name: str) -> bytes:
        try:
            data = self._workspace.on_disk(Place(Root.WORKTREE, name), _LARGEST + 1)
        except OSError as error:
            raise NotCommitted(f"{name} cannot be read", causes=[str(error)]) from error
        if data is None or len(data) > _LARGEST:
            raise NotCommitted(f"{name} is gone" if data is None else f"{name} is larger than {_LARGEST >> 20} MiB")
        return data

    def _is_gits(self, path: Path) -> bool:
        return path.is_relative_to(self._root / ".git")

    def _leave(self, path: Path) -> None:
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self._root) and real != self._root:
            self.uncovered[real.relative_to(self._root).as_posix()] = None


def _pieces(word: str) -> Iterator[str]:
    """The word, and what it falls into where a shell or a program might take it apart."""
    yield from (text for text in dict.fromkeys((word, *_BETWEEN.split(word))) if text and "\0" not in text)


def _is(question: Callable[[], bool]) -> bool:
    """The answer, or no where the system cannot tell (a name too long, no permission)."""
    try:
        return question()
    except OSError:
        return False
