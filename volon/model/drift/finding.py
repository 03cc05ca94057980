"""One fact that preflight found, and the words findings are made of: commits, paths, lists that end in "… n more".

Source: contract §5; reliability S8 (ids, not names), S10 (names are shown escaped).
"""

from __future__ import annotations

from volon.model.drift.codes import CODES, Severity
from volon.model.syntax.gitpath import quote_path
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from volon.model.drift.observed import CommitNote, PausedState

LISTED = 10
"""How many commits or paths are listed before "… n more"."""

_FILES_PER_COMMIT = 3
_PATHS_PER_COMMAND = 5
_SHORT, _IN_COMMAND = 7, 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact.

    Attributes:
        code: one of `CODES`.
        sentence: what is the case; reads well after `label`.
        detail: commits, paths or rules, one on each line.
        command: shows or resolves it; never destructive.
    """

    code: str
    severity: Severity
    sentence: str
    detail: tuple[str, ...] = ()
    command: str | None = None

    @property
    def label(self) -> str:
        """The word before the sentence in output for people."""
        return CODES[self.code].label


def finding(
    code: str,
    sentence: str,
    detail: Iterable[str] = (),
    command: str | None = None,
    *,
    severity: Severity | None = None,
) -> Finding:
    """Return a finding with the severity of its code, or with the other one the table allows for it."""
    row = CODES[code]
    allowed = {row.severity, *((row.milder[0],) if row.milder else ())}
    chosen = severity if severity in allowed else row.severity
    return Finding(code, chosen or row.severity, sentence, tuple(detail), command)


def short(oid: str | None) -> str:
    """Return a commit id as people read it."""
    return oid[:_SHORT] if oid else "no commit"


def handle(oid: str) -> str:
    """Return a commit id as it stands in a command: short enough to read, long enough to stay unique."""
    return oid[:_IN_COMMAND]


def count(number: int, word: str) -> str:
    """Return `1 commit`, `2 commits`."""
    return f"{number} {word}{'s' * (number != 1)}"


def are(number: int, word: str) -> str:
    """Return `1 commit is`, `2 commits are`."""
    return f"{count(number, word)} {'is' if number == 1 else 'are'}"


def commit_lines(notes: Sequence[CommitNote], total: int, key_files: Collection[str] = ()) -> tuple[str, ...]:
    """Return one line for each commit, at most ten, then how many more; those that touch key files say so.

    Args:
        notes: newest first.
        total: how many there are, which may be more than were read.
        key_files: the paths that matter to the plan.
    """
    lines = [commit_line(note, key_files) for note in notes[:LISTED]]
    return (*lines, *_more(total - len(lines)))


def commit_line(note: CommitNote, key_files: Collection[str] = ()) -> str:
    """Return id, subject, author and files of a commit on one line."""
    touched = [path for path in note.files if path in set(key_files)]
    mark = f"  (key file: {', '.join(map(quote_path, touched[:_FILES_PER_COMMIT]))})" if touched else ""
    merge = " (merge)" if note.merge else ""
    files = f": {some_paths(note.files, _FILES_PER_COMMIT)}" if note.files else ""
    return f"{short(note.oid)} {note.subject}{merge} – {note.author}{files}{mark}"


def path_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines, at most ten, then how many more."""
    return (*lines[:LISTED], *_more(len(lines) - LISTED))


def some_paths(paths: Sequence[str], limit: int = LISTED) -> str:
    """Return paths on one line, at most `limit`, then how many more."""
    listed = ", ".join(quote_path(path) for path in paths[:limit])
    return listed if len(paths) <= limit else f"{listed}, … {len(paths) - limit} more"


def pathspec(paths: Sequence[str]) -> str:
    """Return ` -- :/path…` for a command line that works from any directory.

    Nothing when there are too many to type, or one that cannot be typed.
    """
    typed = all(path.isprintable() for path in paths)
    if not paths or len(paths) > _PATHS_PER_COMMAND or not typed:
        return ""
    return " -- " + " ".join(map(_from_top, paths))


def _from_top(path: str) -> str:
    plain = not set(path) & set("*?[\\(!^")
    import shlex  # noqa: PLC0415  only where there is a path to name

    return shlex.quote(f":/{path}" if plain else f":(top,literal){path}")


def _more(number: int) -> tuple[str, ...]:
    return (f"… {number} more",) if number > 0 else ()


def called(paused: PausedState) -> str:
    """What to call the checkpoint of a pause by in a command: its number, or its uid where another has that number."""
    return paused.uid if paused.numbered_twice and paused.uid else f"{paused.checkpoint or 0:02d}"
