"""`datetime` without its form in Python, which takes a seventh of what a bare interpreter takes.

Python 3.11 makes that form first and throws it away for the one in C. To a type checker this *is* `datetime`.

Source: performance (rows 3 and 4).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import UTC, date, datetime, timedelta
else:
    try:
        from _datetime import UTC, date, datetime, timedelta
    except ImportError:
        from datetime import UTC, date, datetime, timedelta

__all__ = ["UTC", "date", "datetime", "timedelta"]
