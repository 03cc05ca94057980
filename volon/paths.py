"""Paths that cost little until somebody asks much of them: the standard library's `Path`, loaded when it is needed.

`pathlib` loads the modules for URLs, addresses and patterns of names, and takes each path apart; most commands join a
few names and look what is there. To a type checker this *is* `pathlib.Path`. What it does not do itself it leaves to a
true one, so that every answer is pathlib's (`tests/unit/test_paths.py` compares the two).

Source: performance (rows 3 and 4).
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any, Self

__all__ = ["Path"]

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP}
"""What `pathlib` takes for an answer when it is asked whether something is there."""


def _is_tidy(text: str) -> bool:
    """Whether pathlib would leave a text as it is: not empty, no empty component, no `.` but alone."""
    if "//" in text or "/./" in text:
        return False
    return text in {".", "/"} or not (text == "" or text.startswith("./") or text.endswith(("/", "/.")))


if not TYPE_CHECKING:

    class Path:
        """Stands for `pathlib.Path`; see the module."""

        __slots__ = ("_text",)

        def __new__(cls, *parts: str | os.PathLike[str]) -> Self:
            """As `pathlib.Path`: the parts joined, tidied, no link followed."""
            text = os.path.join(*parts) if parts else "."
            text = text[:-1] if text.endswith("/") and text.strip("/") and "//" not in text else text
            made = object.__new__(cls)
            made._text = text if _is_tidy(text) else str(_true(*parts))
            return made

        @classmethod
        def cwd(cls) -> Path:
            """The working directory."""
            return cls(os.getcwd())

        def __fspath__(self) -> str:
            return self._text

        __str__ = __fspath__

        def __repr__(self) -> str:
            return repr(self._true)

        def __truediv__(self, name: str | os.PathLike[str]) -> Path:
            return Path(self._text, name) if self._text != "." else Path(name)

        def __rtruediv__(self, base: str) -> Path:
            return Path(base, self._text)

        def __eq__(self, other: object) -> bool:
            if isinstance(other, Path):
                return self._text == other._text
            return self._true == other if hasattr(other, "__fspath__") else NotImplemented

        def __hash__(self) -> int:
            # The hash of a true one, which may be in the same set.
            return hash(self._true)

        def __lt__(self, other: Path | os.PathLike[str]) -> bool:
            return self._true < _true(other)

        def __gt__(self, other: Path | os.PathLike[str]) -> bool:
            return self._true > _true(other)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever a path has
            return getattr(self._true, name)

        @property
        def _true(self) -> Any:  # noqa: ANN401  pathlib is not loaded here
            return _true(self._text)

        @property
        def name(self) -> str:
            """The last component."""
            return "" if self._text == "." else self._text.rpartition("/")[2]

        @property
        def parent(self) -> Path:
            """All but the last component."""
            head, slash, _ = self._text.rpartition("/")
            # Two slashes at the beginning are a root of their own.
            return Path(self._true.parent if head.startswith("/") and self._text[1] == "/" else head or slash or ".")

        def joinpath(self, *names: str | os.PathLike[str]) -> Path:
            """The path and these names."""
            return Path(self._text if self._text != "." else "", *names)

        def as_posix(self) -> str:
            """The path as text."""
            return self._text

        def is_absolute(self) -> bool:
            """Whether it begins at the root."""
            return self._text.startswith("/")

        def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
            """What the name stands for."""
            return os.stat(self._text, follow_symlinks=follow_symlinks)

        def lstat(self) -> os.stat_result:
            """The name itself, be it a link."""
            return os.lstat(self._text)

        def exists(self) -> bool:
            """Whether it stands for anything."""
            return self._mode() is not None

        def is_dir(self) -> bool:
            """Whether it stands for a directory."""
            mode = self._mode()
            return mode is not None and stat.S_ISDIR(mode)

        def is_file(self) -> bool:
            """Whether it stands for a regular file."""
            mode = self._mode()
            return mode is not None and stat.S_ISREG(mode)

        def is_symlink(self) -> bool:
            """Whether the name itself is a link."""
            mode = self._mode(follow=False)
            return mode is not None and stat.S_ISLNK(mode)

        def readlink(self) -> Path:
            """Where a link points."""
            return Path(os.readlink(self._text))

        def read_bytes(self) -> bytes:
            """The content of the file."""
            with open(self._text, "rb") as file:
                return file.read()

        def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
            """The content of the file, as text."""
            with open(self._text, encoding=encoding, errors=errors) as file:
                return file.read()

        def open(self, *args: Any, **how: Any) -> Any:  # noqa: ANN401  as the built-in one
            """The file, opened."""
            return open(self._text, *args, **how)

        def iterdir(self) -> Iterator[Path]:
            """What is in a directory."""
            return iter([self / name for name in os.listdir(self._text)])

        def resolve(self, strict: bool = False) -> Path:  # noqa: FBT001, FBT002  as pathlib
            """The same place, absolute, without links."""
            real = Path(os.path.realpath(self._text))
            try:
                real.stat()
            except OSError as error:
                # Where links go round in circles pathlib has the words for it.
                strict = strict or error.errno == errno.ELOOP
            return self._true.resolve(strict) if strict else real

        def _mode(self, *, follow: bool = True) -> int | None:
            try:
                return os.stat(self._text, follow_symlinks=follow).st_mode
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise
            except ValueError:
                pass
            return None


def _true(*parts: str | os.PathLike[str]) -> Any:  # noqa: ANN401  pathlib is not loaded here
    """Return pathlib's own path."""
    from pathlib import Path as True_  # noqa: PLC0415  what this module is for

    return True_(*parts)
