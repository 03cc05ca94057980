"""Draw the icon of the plugin: `python docs/icon.py` writes it. Two bars that pause, and an arrow that leads back.

It is drawn from distances: of each dot how far it is from a shape, so that edges are smooth. A test draws it again.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

SIZE = 512
_GROUND, _RING, _BARS = (24, 32, 48), (244, 180, 60), (240, 244, 250)
_PLACE = Path(__file__).parent.parent / "plugins/volon/.claude-plugin/icon.png"


def rows() -> list[bytes]:
    """Return the lines of the picture, four bytes a dot: red, green, blue, opacity."""
    return [b"".join(bytes(_dot(x + 0.5 - SIZE / 2, y + 0.5 - SIZE / 2)) for x in range(SIZE)) for y in range(SIZE)]


def _dot(x: float, y: float) -> tuple[int, int, int, int]:
    colour: tuple[int, ...] = _GROUND
    for shape, paint in ((_ring(x, y), _RING), (_head(x, y), _RING), (_bars(x, y), _BARS)):
        much = _covered(shape)
        colour = tuple(round(old + (new - old) * much) for old, new in zip(colour, paint, strict=True))
    red, green, blue = colour
    return red, green, blue, round(255 * _covered(_box(x, y, 250, 250, 96)))


def _covered(distance: float) -> float:
    return min(1.0, max(0.0, 0.5 - distance))


def _box(x: float, y: float, width: float, height: float, round_by: float) -> float:
    """How far a dot is from a box around the middle with round corners; negative inside."""
    right, down = abs(x) - width + round_by, abs(y) - height + round_by
    return math.hypot(max(right, 0), max(down, 0)) + min(max(right, down), 0) - round_by


def _ring(x: float, y: float) -> float:
    """Most of a circle; it is open above, on the right."""
    angle = math.atan2(x, -y)
    open_by = (0.65 - abs(angle - 0.65)) * 160
    return max(abs(math.hypot(x, y) - 160) - 19, open_by)


def _head(x: float, y: float) -> float:
    """The point of the arrow, at the open end above: a triangle that looks to the right."""
    left, height = x + 12, y + 160
    return max(-left, (abs(height) - 62) * 0.72 + left * 0.69)


def _bars(x: float, y: float) -> float:
    return _box(abs(x) - 44, y, 22, 74, 10)


def png(lines: list[bytes]) -> bytes:
    """Return the lines as a PNG."""
    head = struct.pack(">IIBBBBB", SIZE, len(lines), 8, 6, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    _PLACE.parent.mkdir(parents=True, exist_ok=True)
    _PLACE.write_bytes(png(rows()))
