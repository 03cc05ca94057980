"""What a path of the user's holds, in one line: `<mode> <object id>`, as an operation remembers it.

An operation that puts files of the user back names their bytes instead of carrying them; the bytes lie in git, under a
ref of their own. Modes are git's: `100644`, `100755` for what its owner may execute, `120000` for a link.

Source: reliability §3.7 (a journal that holds oids, not bytes).
"""

from __future__ import annotations

from volon.patterns import pattern
from volon.plain import dataclass

REGULAR, EXECUTABLE, LINK = "100644", "100755", "120000"
_LINE = pattern(rb"(100644|100755|120000) ([0-9a-f]{40}(?:[0-9a-f]{24})?)")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one path: its mode and the id of its exact bytes (of the link's text)."""

    mode: str
    blob: str

    def line(self) -> bytes:
        """As an operation has it."""
        return f"{self.mode} {self.blob}".encode()

    @classmethod
    def parse(cls, line: bytes) -> Version:
        """Read it back.

        Raises:
            ValueError: it is no version.
        """
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{line[:80]!r} is no version of a file")
        return cls(found[1].decode(), found[2].decode())


SOMETHING = b"something else"
"""What is said of a directory, a pipe, a socket or a device where a file should be."""
