"""Digests without OpenSSL as long as little is hashed: loading it takes longer than most commands hash.

What the standard library's `random` does for the same reason: Python's own modules are taken where this Python has
them, and `hashlib` where it has not, or where so much is hashed that OpenSSL's speed pays for loading it.

Source: performance (rows 3 and 4).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

_FOUND: dict[str, Callable[[bytes], _Hash] | None] = {}
_MUCH = 1 << 19
"""With so many bytes OpenSSL saves as much time as loading it takes."""


class _Hashed:
    """How many bytes this process has hashed."""

    size = 0


def new(name: str, size: int, data: bytes = b"") -> _Hash:
    """Return a digest as `hashlib.new` does; not for secrets.

    Args:
        name: `sha1` or `sha256`.
        size: how many bytes it will be of.
        data: the first of them.
    """
    _Hashed.size += size
    if name not in _FOUND:
        _FOUND[name] = _own(name)
    own = _FOUND[name] if _Hashed.size < _MUCH else None
    if own is not None:
        return own(data)
    import hashlib  # noqa: PLC0415  seldom needed

    return hashlib.new(name, data, usedforsecurity=False)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return new("sha256", len(data), data).hexdigest()


def _own(name: str) -> Callable[[bytes], _Hash] | None:
    """Python's own, by the modules it has lain in since 3.12 and before; None in a Python that was built without."""
    for module in ("_sha2" if name == "sha256" else "_sha1", f"_{name}"):
        try:
            found: Callable[[bytes], _Hash] = getattr(__import__(module), name)
        except ImportError:
            continue
        return found
    return None
