"""What a snapshot takes in and what it leaves out, by name, by size and by content; decided without reading anything.

A file that looks secret is left out, never rewritten: by its name where git does not know it yet, by its content where
that has a token of a well-known shape which the version in HEAD has not. Passwords in plain assignments are no reason:
every second source file has one, and work that is not saved is a loss.

Source: contract §7 (secrets), reliability S13, G14.
"""

from __future__ import annotations

import re

from volon.digests import sha256
from volon.model.secrets import tokens
from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRET_NAME = pattern(
    r"\.env(?:\..*|rc)?|.*\.env|.*\.(?:pem|key|p12|pfx|jks|keystore)|id_[^.]*|\.netrc|_netrc|\.npmrc|\.pypirc|\.git-credentials",
    re.IGNORECASE | re.DOTALL,
)
_FOR_SHOW = pattern(r".*\.(?:example|sample|template|dist|tmpl)", re.IGNORECASE | re.DOTALL)
BY_NAME = "its name; "
"""How the reason begins of a file that is kept out for its name."""
_FINGERPRINT = 12


@dataclass(frozen=True, slots=True)
class Rules:
    """What to take in.

    Attributes:
        max_file, max_total: in bytes.
        exclude: patterns of paths that are never taken.
        include_ignored: patterns of ignored files that are.
        allowed: fingerprints of files that look secret and are taken in all the same.
    """

    max_file: int = 50 * 1024**2
    max_total: int = 500 * 1024**2
    exclude: tuple[str, ...] = ()
    include_ignored: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()

    def excluded(self, path: str) -> bool:
        """Whether a pattern says never."""
        return matches(path, self.exclude)

    def wanted_ignored(self, path: str) -> bool:
        """Whether an ignored path was asked for."""
        return matches(path, self.include_ignored)


def secret_name(path: str) -> bool:
    """Whether a file of this name is kept out for its name alone; `.env.example` and its like are for show."""
    name = path.rpartition("/")[2]
    return _SECRET_NAME.fullmatch(name) is not None and not _FOR_SHOW.fullmatch(name)


def secrets_in(data: bytes) -> dict[bytes, str]:
    """Return every token of a well-known shape in a file, with its kind."""
    return tokens(data)


def fingerprint(path: str, data: bytes) -> str:
    """What `--allow-secret` takes: of this content at this path, so that an edited file is asked about again."""
    name = path.encode("utf-8", "surrogateescape")
    return sha256(name + b"\0" + data)[:_FINGERPRINT]


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern means the path, as in `.gitignore`: without a slash at any depth, a directory whole."""
    return any(_compiled(pattern).match(path) for pattern in patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stop at a slash, `**` does not; a pattern that means a directory means what is in it."""
    body = pattern.rstrip("/")
    start = "" if "/" in body else "(?:.*/)?"
    words = (_WILD.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", body.removeprefix("/")))
    end = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    return re.compile(f"{start}{''.join(words)}{end}\\Z", re.DOTALL)


_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
