"""Errors as people read them: `Error:`, `Caused by:`, `Hint:`, always in this order.

Source: contract §4.
"""

from __future__ import annotations

import errno

from volon.model.results.protocol import ErrorResult
from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.errors import VolonError

_NO_ROOM = "Make room on the disk (df -h shows it), then try again."
_NO_FILES = "Let volon open more files (ulimit -n shows how many), then try again."
_NO_MEMORY = "Make room in memory (free -h), or allow more processes (ulimit -u), then try again."
_REMEDIES = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EMFILE: _NO_FILES,
    errno.ENFILE: _NO_FILES,
    errno.ENOMEM: _NO_MEMORY,
    errno.EAGAIN: _NO_MEMORY,
    errno.EIO: "Look whether the disk is sound (dmesg), then try again.",
    errno.EROFS: "Mount it so that it can be written (mount shows how it is), then try again.",
}


def remedies(cause: BaseException | None) -> tuple[str, ...]:
    """What helps where the machine, not volon, has run out of something; nothing where that is not the cause."""
    known = _REMEDIES.get(cause.errno or 0) if isinstance(cause, OSError) else None
    return () if known is None else (known,)


def error_page(error: VolonError) -> Page:
    """Return the lines that tell a person what went wrong and how to get on."""
    page = Page()
    page.prose(Span("Error: ", Style.STOP), error.message)
    for cause in error.causes:
        page.prose(Span("Caused by: ", Style.DIM), cause)
    for hint in error.hints:
        page.told(Span("Hint: ", Style.NOTE), hint)
    return page


def error_result(error: VolonError) -> ErrorResult:
    """Return the same facts for `--json`."""
    return ErrorResult(exit_code=error.exit_code, error=error.message, causes=error.causes, hints=error.hints)
