"""`python -m volon`, `volon` and `git volon` all start here.

A small front door: the commands in `DOORS` run at every prompt, or again and again, so they are answered from a handful
of modules.
Whatever is not exactly one of them, and whatever they are not sure of, goes to the command line proper.

Source: performance (row 1), contract §4.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

_INTERRUPTED = 130
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
_WITH_DIRECTORY = _WITH_PATH = 2
_BETWEEN_SEARCHES = 200_000
_MOST_TOLD = 1 << 20


def run() -> None:
    """Run the command line and leave with its exit code; a polite kill or a lost terminal ends it as Ctrl-C does."""
    _leave(run_words(sys.argv[1:]))


def run_words(argv: list[str]) -> int:
    """Run one command as the process that was started for it, and return its exit code."""
    try:
        return _run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("Error: Interrupted; nothing was changed.\n")
        return _INTERRUPTED


def _leave(code: int) -> NoReturn:
    """End the process without taking apart all that it has loaded, which takes as long as a bare interpreter.

    By now everything is closed and every child has been waited for. Output that cannot be written is for Python to
    complain about, as ever.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(code)
    os._exit(code)


def _run(argv: list[str]) -> int:
    _fill_streams()
    if _is_hook(argv):
        return 0
    if sys.getfilesystemencoding() == "utf-8" and answered(argv):
        return 0
    from volon.interrupts import unwind_on_signals  # noqa: PLC0415  nothing is loaded before it is needed

    unwind_on_signals()
    if sys.getfilesystemencoding() != "utf-8":
        from volon.process import restart_in_utf8  # noqa: PLC0415  seldom needed

        restart_in_utf8()
    import gc  # noqa: PLC0415  the doors make next to no garbage

    # A command ends before its garbage matters; loading it, and a list of thousands, would be searched again and again.
    gc.set_threshold(_BETWEEN_SEARCHES)
    from volon.cli.main import main  # noqa: PLC0415  nothing is loaded before it is needed

    return main(argv)


def _is_hook(argv: list[str]) -> bool:
    """Answer a hook of an agent's, whatever else stands there; whether it was one. No agent asks for help."""
    named = argv[:1] == ["-C"] and len(argv) > _WITH_DIRECTORY
    words = argv[_WITH_DIRECTORY:] if named else argv
    if words[:1] != ["hook"] or not {"--help", "-h"}.isdisjoint(words):
        return False
    if sys.getfilesystemencoding() != "utf-8":
        from volon.process import restart_in_utf8  # noqa: PLC0415  seldom needed

        restart_in_utf8()
    from volon.cli.hooking import hook  # noqa: PLC0415  nothing is loaded before it is needed

    hook(words[1:], argv[1] if named else None)
    return True


def answered(argv: Sequence[str]) -> bool:
    """Whether one of the doors has answered; it has printed then, and the exit code is 0."""
    words, start = list(argv), "."
    if words[:1] == ["-C"] and len(words) > _WITH_DIRECTORY:
        words, start = words[_WITH_DIRECTORY:], words[1]
    door, about = DOORS.get(" ".join(words)), DOORS_OF_A_PATH.get(words[0]) if len(words) == _WITH_PATH else None
    text = about(start, words[1]) if about else door(start) if door else None
    if text is None:
        return False
    try:
        _print(text.encode("utf-8", "backslashreplace"))
    except OSError:
        # A prompt never fails; the command line proper fails in the same way, and says so.
        return words[:1] in (["prompt"], ["statusline"])
    return True


def _print(data: bytes) -> None:
    """Write past Python's buffer, which would try once more at the end, and complain."""
    while data:
        data = data[os.write(1, data) :]


def _status(start: str) -> str | None:
    from volon.render.porcelain import porcelain  # noqa: PLC0415  each door loads what it needs
    from volon.usecases.glance import UNSURE, glance  # noqa: PLC0415

    try:
        seen = glance(start)
    except UNSURE:
        return None
    return porcelain(seen) if seen else None


def _prompt(start: str) -> str | None:
    from volon.render.porcelain import prompt  # noqa: PLC0415  each door loads what it needs
    from volon.usecases.glance import UNSURE, glance  # noqa: PLC0415

    try:
        return prompt(glance(start))
    except UNSURE:
        return None


def _statusline(start: str) -> str | None:
    from volon.model.quick import status_told  # noqa: PLC0415  each door loads what it needs
    from volon.render.porcelain import statusline  # noqa: PLC0415
    from volon.usecases.glance import UNSURE, glance  # noqa: PLC0415

    data = b""
    try:
        data = b"" if sys.stdin.isatty() else sys.stdin.buffer.read(_MOST_TOLD)
        where, share = status_told(data)
        return statusline(glance(os.path.join(start, where or "")), share)  # noqa: PTH118  loads less
    except (*UNSURE, ValueError):
        # The long way reads it again.
        sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
        return None


def _validate(start: str, path: str) -> str | None:
    from volon.render.porcelain import checked  # noqa: PLC0415  each door loads what it needs
    from volon.usecases.validating.again import checked_again  # noqa: PLC0415

    number = checked_again(start, os.path.join(start, path)) if path[:1] != "-" else None  # noqa: PTH118  loads less
    return None if number is None else f"{checked(number)}\n"


DOORS: dict[str, Callable[[str], str | None]] = {
    "prompt": _prompt,
    "statusline": _statusline,
    "status --porcelain": _status,
}
"""The commands of the front door, with what answers them from a directory: the text to print, or None to leave it."""
DOORS_OF_A_PATH: dict[str, Callable[[str, str], str | None]] = {"validate": _validate}
"""The same for commands that are followed by one path."""


def _fill_streams() -> None:
    """Put the null device where the caller closed a standard stream, so that no file volon opens gets its number."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  open until the end


if __name__ == "__main__":
    run()
