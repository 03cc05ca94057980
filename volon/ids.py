"""The only door to randomness: ULIDs that always sort after the one before, whatever the clock does.

A ULID is 26 characters of Crockford base 32: 48 bits of milliseconds, 80 bits of randomness. It names operations
and gives records their identity; it is compared as text.

Source: reliability M11, C8; contract §2.14 (identity is a ULID).
"""

from __future__ import annotations

import os

from volon.errors import NotCommitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SEED = "VOLON_SEED"
_RANDOM_BITS = 80
_LARGEST = (1 << 128) - 1


class Ids:
    """Makes identities.

    Args:
        seed: when given, the random parts are a fixed sequence, so that a run can be repeated exactly.
    """

    def __init__(self, seed: str | None = None) -> None:
        self._seed = seed
        self._count = 0

    def ulid(self, now: datetime, after: str | None = None) -> str:
        """A new ULID, greater than `after` even when the clock stands before it.

        Args:
            now: the instant for its time part; before 1970 counts as 1970.
            after: the newest ULID it has to sort behind, if any.

        Raises:
            NotCommitted: `after` is the largest ULID there is.
        """
        floor = -1 if after is None else _decode(after)
        milliseconds = max(int(now.timestamp() * 1000), 0, floor >> _RANDOM_BITS)
        value = (milliseconds << _RANDOM_BITS) | self._random()
        if value <= floor:
            # A later millisecond rather than the next number: two working trees may ask at the same instant.
            value += 1 << _RANDOM_BITS
        if value > _LARGEST:
            raise NotCommitted(f"no identity sorts after {after}", hints=["volon doctor"])
        return _encode(value)

    def token(self) -> str:
        """Sixteen hex digits for names that must not collide on this machine."""
        return f"{self._random():020x}"[:16]

    def _random(self) -> int:
        if self._seed is None:
            return int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
        from volon.digests import sha256  # noqa: PLC0415  only to repeat a run

        self._count += 1
        return int(sha256(f"{self._seed}:{self._count}".encode())[: _RANDOM_BITS // 4], 16)


def ids_from(environ: Mapping[str, str]) -> Ids:
    """Random identities, or a fixed sequence when `VOLON_SEED` is set.

    Args:
        environ: the process environment.
    """
    return Ids(environ.get(SEED) or None)


def _encode(value: int) -> str:
    from volon.model.ids import LETTERS  # noqa: PLC0415  git is begun before

    return "".join(LETTERS[(value >> shift) & 31] for shift in range(125, -1, -5))


def _decode(text: str) -> int:
    from volon.model.ids import LETTERS  # noqa: PLC0415  as above

    value = 0
    for letter in text:
        value = value * 32 + LETTERS.index(letter)
    return value
