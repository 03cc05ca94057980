"""The untraced side: starts the driver below strace, sends it runs, and reads back what each of them did.

Raises `NotVerified` where there is no strace or it may not trace. That is never a pass.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.crash.nthkill import NotVerified
from tests.hostile.driver import MARK
from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_STARTS = ("execve", "execveat")
_NETWORK = ("socket", "connect", "bind")
_PATHS = (
    *("openat", "open", "creat", "openat2", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "truncate", "mknod", "mknodat", "chmod", "fchmodat"),
    *("chown", "lchown", "fchownat", "utimensat", "setxattr", "lsetxattr"),
)
CALLS = (*_STARTS, *_NETWORK, *_PATHS, "chdir")
_LINE = re.compile(r"(\d+) +(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?:<((?:[^>\\]|\\.)*)>)?(?: ([A-Z]+) )?.*")
_DIRECTORY = re.compile(r"(?:AT_FDCWD|-?\d+)<((?:[^>\\]|\\.)*)>(?:\(deleted\))?, ")
_HERE = re.compile(r"AT_FDCWD<((?:[^>\\]|\\.)*)>")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?')
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-f]{2}|.)")
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}
_DESCRIPTOR = re.compile(r'"/proc/self/fd/(\d+)"')
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")


@dataclass(frozen=True)
class Call:
    """One system call that succeeded, or that started a program.

    Attributes:
        name: of the call.
        paths: the absolute paths it names; for an open, the path that was really opened.
        words: the program's arguments, for a start.
        writes: whether it can change what a path names.
        text: as strace wrote it.
    """

    name: str
    paths: tuple[str, ...]
    words: tuple[str, ...] = ()
    writes: bool = False
    text: str = ""


@dataclass(frozen=True)
class Ran:
    """What one run of volon did.

    Attributes:
        code: the exit code; negative for a signal.
        cpu: processor seconds, git's included.
        peak: the most memory of one process, in bytes.
        calls: in their order, over all processes.
    """

    argv: tuple[str, ...]
    code: int
    out: str
    err: str
    cpu: float
    peak: int
    calls: tuple[Call, ...] = field(repr=False)


class Tracer:
    """One driver below strace; use it as a context.

    Args:
        where: a directory for the trace.

    Raises:
        NotVerified: strace is missing or cannot trace here.
    """

    def __init__(self, where: Path) -> None:
        self._trace = where / "trace"
        self._runs = 0
        self._offset = 0
        strace = shutil.which("strace")
        if strace is None:
            raise NotVerified("strace is not installed")
        words = [strace, "-f", "-y", "-v", "-s", "8192", "--seccomp-bpf", "-e", f"trace={','.join(CALLS)}"]
        self._process = subprocess.Popen(
            [*words, "-o", str(self._trace), sys.executable, "-P", "-m", "tests.hostile.driver"],
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        umask: int = 0o22,
        broken: str = "",
    ) -> Ran:
        """Run volon once.

        Args:
            argv: the words after `volon`.
            cwd: where.
            env: variables on top of the sealed environment.
            umask: of the process.
            broken: the known-bad build to run instead.

        Raises:
            NotVerified: nothing can be traced here.
        """
        self._runs += 1
        request = {
            "run": self._runs,
            "argv": list(argv),
            "cwd": str(cwd),
            "env": dict(env or {}),
            "umask": umask,
            "broken": broken,
        }
        answer = self._ask(request)
        out, err = (base64.b64decode(answer[name]).decode("utf-8", "surrogateescape") for name in ("out", "err"))
        calls = tuple(parse(self._lines()))
        return Ran(tuple(argv), answer["code"], out, err, answer["cpu"], answer["peak"], calls)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise NotVerified(f"strace ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _lines(self) -> list[str]:
        """The lines of the last run: from its first mark to its second."""
        begin, end = f"{MARK}/{self._runs}/begin", f"{MARK}/{self._runs}/end"
        with self._trace.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        text = data.decode("utf-8", "surrogateescape")
        if begin not in text or end not in text:
            raise NotVerified(f"the trace of run {self._runs} has no marks")
        inside = text[text.index("\n", text.index(begin)) : text.index(end)]
        return inside.splitlines()


def parse(lines: Iterable[str]) -> Iterator[Call]:
    """Read lines of strace's: every start of a program, and every other call that succeeded."""
    directories: dict[str, str] = {}
    unnamed: dict[tuple[str, str], str] = {}
    for pid, line in _joined(lines):
        found = _CALL.fullmatch(line)
        if found is None:
            continue
        name, arguments, value, opened, _ = found.groups()
        # Calls without a directory of their own are relative to the process's, which its other calls tell.
        if here := _HERE.search(arguments):
            directories[pid] = _text(here[1])
        if name == "chdir" and value == "0":
            directories[pid] = _paths(arguments, directories.get(pid, "/"))[0]
            continue
        if name in _STARTS:
            words = tuple(_text(one[1]) for one in _STRING.finditer(arguments.partition("[")[2].partition("], ")[0]))
            yield Call(name, (_paths(arguments, directories.get(pid, "/"))[0],), words, text=line)
        elif value not in {"-1", "?"}:
            if opened and "O_TMPFILE" in _STRING.sub("", arguments):
                unnamed[pid, value] = opened
            yield _deed(name, _where_it_is(arguments, pid, unnamed), opened, directories.get(pid, "/"), line)


def _where_it_is(arguments: str, pid: str, unnamed: Mapping[tuple[str, str], str]) -> str:
    """A file without a name is given one through its descriptor: what counts is where the file is."""
    found = _DESCRIPTOR.search(arguments)
    path = unnamed.get((pid, found[1])) if found else None
    return arguments.replace(found[0], f'"{path}"') if found and path else arguments


def _deed(name: str, arguments: str, opened: str | None, base: str, line: str) -> Call:
    if name in _NETWORK:
        return Call(name, (), text=line)
    if name.startswith("open") or name == "creat":
        path = _text(opened) if opened else _paths(arguments, base)[0]
        return Call(name, (path,), writes=name == "creat" or _opens_for_writing(arguments), text=line)
    return Call(name, tuple(map(_settled, _paths(arguments, base))), writes=True, text=line)


def _opens_for_writing(arguments: str) -> bool:
    flags = _STRING.sub("", arguments)
    return any(flag in flags for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"))


def _paths(arguments: str, base: str = "/") -> list[str]:
    """The absolute paths that a call names; each may follow the directory it is relative to."""
    found = []
    position = 0
    while position < len(arguments):
        directory = _DIRECTORY.match(arguments, position)
        word = _STRING.match(arguments, position)
        if directory:
            base, position = _text(directory[1]), directory.end()
        elif word:
            found.append(os.path.normpath(os.path.join(base, _text(word[1]))))
            position = word.end()
        else:
            position += 1
    return found


def _settled(path: str) -> str:
    """The path with its directory's links followed, as the kernel did; links never change while volon runs."""
    parent, name = os.path.split(path)
    return os.path.join(os.path.realpath(parent), name)


def _text(shown: str) -> str:
    """What strace shows in quotes, as the bytes meant."""
    raw = _ESCAPE.sub(_unescaped, shown)
    return raw.encode("latin-1", "surrogateescape").decode("utf-8", "surrogateescape") if "\\" in shown else raw


def _unescaped(match: re.Match[str]) -> str:
    word = match[1]
    if word[0] in "01234567":
        return chr(int(word, 8))
    return chr(int(word[1:], 16)) if word[0] == "x" and len(word) > 1 else _NAMED.get(word, word)


def _joined(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Calls that another process interrupted in the trace, put together again."""
    waiting: dict[str, str] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        pid, rest = found.groups()
        if rest.endswith(_UNFINISHED):
            waiting[pid] = rest.removesuffix(_UNFINISHED)
        elif resumed := _RESUMED.fullmatch(rest):
            yield pid, waiting.pop(pid, "") + resumed[1]
        else:
            yield pid, rest
