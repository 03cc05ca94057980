"""The transcripts of coding agents on this machine: found, and read from both ends.

    transcript_at(path)                 one file: what it says, or None
    newest(root, environment)           those of a directory, the newest first

They grow to hundreds of megabytes, and the agent may write just now: a bounded piece of the beginning and of the end is
read, at once. Nothing but a regular file is, so that nobody waits for a pipe.

Source: issue "Where agents live" (derived capsules, importers).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from volon.model.agents.hosts import HOMES
from volon.model.agents.transcripts.reading import FORMATS, began_below, read_transcript
from volon.paths import Path
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from volon.model.agents.transcripts.transcript import Transcript

HEAD, TAIL = 512 << 10, 2 << 20
"""So many bytes of a beginning and of an end."""
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_TRIED = 200
_LOOK = 64 << 10


class Session(NamedTuple):
    """A transcript that was found and read: where it lies, what it says, and the lines that say so."""

    path: str
    said: Transcript
    lines: list[bytes]


def transcript_at(path: str, agent: str | None = None) -> Transcript | None:
    """What a transcript says; None when the file is none.

    Args:
        path: of the file; a link is not followed.
        agent: whose it is, by volon's name; found out when None.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    return read_transcript(lines_of(path), agent)


def lines_of(path: str, head: int = HEAD, tail: int = TAIL) -> list[bytes]:
    """The whole lines at both ends of a file; all of a short one.

    Args:
        path: of the file; a link is not followed.
        head: bytes of the beginning that are read.
        tail: bytes of the end.

    Raises:
        OSError: as `transcript_at`.
    """
    fd = os.open(path, _FILE)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path} is not a regular file")
        if found.st_size <= head + tail:
            return os.pread(fd, head + tail, 0).split(b"\n")
        # One byte more, which tells whether the first line of the end is a whole one.
        first, last = os.pread(fd, head, 0), os.pread(fd, tail + 1, found.st_size - tail - 1)
        return first.split(b"\n")[:-1] + last.split(b"\n")[1:]
    finally:
        os.close(fd)


def newest(root: str, environment: Mapping[str, str], agents: Sequence[str] = tuple(FORMATS)) -> Iterator[Session]:
    """The sessions that began in a directory or below it, the one that was written last first; no helpers' sessions.

    Only the newest 200 files of these agents are looked at.

    Args:
        root: absolute, without a link in it.
        environment: names the user's home, and may name another place for an agent's files.
        agents: by volon's names.
    """
    found = []
    for agent in agents:
        first, _, rest = FORMATS[agent].files.partition("/")
        base = Path(
            environment.get(HOMES[agent][0] if agent in HOMES else "") or f"{environment.get('HOME', '')}/{first}"
        )
        for file in base.glob(rest):
            with suppress(OSError):
                found.append((file.lstat().st_mtime_ns, str(file), agent))
    for _, path, agent in sorted(found, reverse=True)[:_MOST_TRIED]:
        with suppress(OSError):
            # Where it began stands at the beginning; most began elsewhere, and are not read any further.
            if began_below(root, lines_of(path, _LOOK, 0), agent):
                lines = lines_of(path)
                if (said := read_transcript(lines, agent)) is not None:
                    yield Session(path, said, lines)
