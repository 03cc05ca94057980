"""volon: stop anywhere, lose nothing, and know what changed when you come back."""

from __future__ import annotations

__version__ = "0.1.0"
