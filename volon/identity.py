"""Which process this is, as told to others.

Source: reliability C2.
"""

from __future__ import annotations

import os

from volon.paths import Path
from volon.plain import dataclass

_START_TIME = 19
"""Where /proc/PID/stat has it, counted after the name of the program."""


@dataclass(frozen=True, slots=True)
class Identity:
    """This process, as told to others in messages; never used to decide anything a kernel lock can decide.

    Attributes:
        boot: changes with every boot; empty where the system does not say.
        pids: within which namespace `pid` means something; containers have their own.
        start: when the process began, in clock ticks since boot; tells a reused pid from the old one.
    """

    pid: int
    host: str
    boot: str
    pids: str
    start: str

    @classmethod
    def of(cls, pid: int) -> Identity:
        """The identity of a process on this machine; `start` is empty when there is no such process."""
        boot = _read_text("/proc/sys/kernel/random/boot_id").strip()
        fields = _read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return cls(
            pid,
            os.uname().nodename,
            boot,
            _read_link("/proc/self/ns/pid"),
            fields[_START_TIME] if fields else "",
        )

    @classmethod
    def own(cls) -> Identity:
        """This process."""
        return cls.of(os.getpid())


def _read_link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def _read_text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode(errors="replace")
    except OSError:
        return ""
