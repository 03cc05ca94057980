"""Evidence: a command that was run, how it ended, and the tree it ran on. What is known is kept; nothing is believed.

A record is JSON on one line. In full it lies on the machine that ran the command; a checkpoint has the newest of each
command without its output. Whoever reads one reads a stranger's text: it is data, and never a reason to run anything.

Source: contract §8.5, §7 (`volon run`); reliability S12, S13.
"""

from __future__ import annotations

import json
import shlex

from volon.digests import sha256
from volon.model.secrets import redact, redact_words
from volon.patterns import pattern
from volon.plain import asdict, dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from volon.model.facts import Change, GitFacts

SCHEMA = "volon/evidence@1"
MOST_FILES = 200
"""How many uncommitted files a record names; a tree with more is known by its digest alone."""
MOST_ROWS = 8
"""How many commands a checkpoint keeps the newest outcome of."""
WOULD_RUN = "would run again"
"""How the reason begins of a command that did not run because it was only asked what would."""
_MOST_IN_ROW = 50
_MOST_WORDS, _LONGEST_WORD, _LONGEST_LINE = 100, 500, 300
_LINES, _TAIL = 40, 4000
_ABSURD = 10**15
"""No duration and no size is so large."""
_HEX = pattern(r"[0-9a-f]{40,64}")
_CUT = "…"

File = tuple[str, str | None, str | None]
"""Path, mode and blob of what an uncommitted file holds; neither when it is deleted."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What a command could see of the repository: a commit, and what in the working tree differs from it.

    Ignored files are not in it, nor what lies inside nested repositories, nor the index, which no command reads.

    Attributes:
        head: the full commit id; None on an unborn branch.
        digest: of `files`, however many they were.
        files: by path; None when there were too many to be named.
    """

    head: str | None
    digest: str
    files: tuple[File, ...] | None

    @property
    def identity(self) -> tuple[str | None, str]:
        """What two trees are told apart by at once; trees of different commits may still hold the same."""
        return self.head, self.digest


@dataclass(frozen=True, slots=True)
class Output:
    """What came out: how many bytes, and the SHA-256 of all of them."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One command that was run.

    Attributes:
        uid: the operation that recorded it.
        argv: the words, secrets redacted.
        exact: whether these are word for word what ran: nothing was redacted, nothing cut.
        cwd: where it ran, relative to the root.
        exit_status: negative is the signal that ended it.
        out, err: on a terminal everything is in `out`, as the terminal got it.
        before, after: the tree it began on and the one it left.
        tail: the end of the output, redacted; only on the machine that ran it.
        task_id, task_uid: what it was run for; None until a pause makes a task of it.
    """

    uid: str
    argv: tuple[str, ...]
    exact: bool
    cwd: str
    started_at: str
    duration_ms: int
    exit_status: int
    out: Output
    err: Output
    terminal: bool
    before: Tree
    after: Tree
    tail: str = ""
    task_id: str | None = None
    task_uid: str | None = None

    @property
    def command(self) -> str:
        """The words as a person would type them."""
        return shlex.join(self.argv)

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """What makes two runs runs of the same command."""
        return self.argv, self.cwd

    @property
    def outcome(self) -> str:
        """How it ended, after how long, and on which commit."""
        where = f"on {self.before.head[:7]}" if self.before.head else "before the first commit"
        more = f" with {len(self.after.files)} changed" if self.after.files else ""
        return f"{ending(self.exit_status)} in {seconds(self.duration_ms)}, {where}{more}"

    @property
    def changed_files(self) -> tuple[str, ...]:
        """The files that were others after it than before it, as far as they are known by name."""
        before, after = self.before.files, self.after.files
        if before is None or after is None:
            return ()
        return tuple(sorted({path for path, *_ in set(before) ^ set(after)}))

    @property
    def changed_the_tree(self) -> bool:
        """Whether the tree was another after it than before it."""
        return self.before.identity != self.after.identity


def ending(status: int) -> str:
    """Return an exit status in words; negative is a signal."""
    if status >= 0:
        return f"exit {status}"
    import signal  # noqa: PLC0415  takes longer to load than most commands to run

    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"


def seconds(duration_ms: int) -> str:
    """Return a duration in words."""
    return f"{duration_ms} ms" if duration_ms < 1000 else f"{duration_ms / 1000:.1f} s"  # noqa: PLR2004


def tree_of(facts: GitFacts) -> Tree:
    """Return the tree that git facts describe."""
    files = _files(facts.recorded)
    return Tree(facts.head, digest(files), files if len(files) <= MOST_FILES else None)


def _files(changes: Iterable[Change]) -> tuple[File, ...]:
    return tuple((change.path, change.mode, change.blob) for change in changes)


def digest(files: Sequence[File]) -> str:
    """Return what stands for a list of uncommitted files."""
    return sha256(json.dumps(files, separators=(",", ":")).encode("ascii"))


def tail_of(output: bytes) -> str:
    """Return the last lines of an output, without secrets; the renderer makes what is left visible."""
    text = redact(output.decode("utf-8", "replace"))[0]
    lines = [line[:_LONGEST_LINE] for line in text.splitlines()[-_LINES:]]
    return "\n".join(lines)[-_TAIL:]


def recorded_words(argv: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return the words as they are kept, without secrets and not without end; and whether they are all of it."""
    words = redact_words(argv)
    kept = [word if len(word) <= _LONGEST_WORD else word[:_LONGEST_WORD] + _CUT for word in words[:_MOST_WORDS]]
    if len(words) > _MOST_WORDS:
        kept.append(_CUT)
    return tuple(kept), kept == list(argv)


def newest(rows: Iterable[Evidence], most: int = MOST_ROWS) -> tuple[Evidence, ...]:
    """Return the newest run of each command, oldest first, at most so many."""
    found = {row.key: row for row in sorted(rows, key=lambda row: row.uid)}
    return tuple(sorted(found.values(), key=lambda row: row.uid)[-most:])


def without_output(row: Evidence) -> Evidence:
    """Return what a checkpoint keeps: what came out may say more than anybody wants to share."""
    return replace(row, tail="", before=replace(row.before, files=None))


def folded(rows: Iterable[Evidence], changes: Iterable[Change]) -> tuple[Evidence, ...]:
    """Return the rows as the checkpoint of these changes has them: what it says already stands there once."""
    own = digest(_files(changes))
    return tuple(
        replace(row, after=replace(row.after, files=None))
        if row.after.digest == own or len(row.after.files or ()) > _MOST_IN_ROW
        else row
        for row in rows
    )


def unfolded(rows: Sequence[Evidence], changes: Iterable[Change]) -> tuple[Evidence, ...]:
    """Return the rows of the checkpoint of these changes, with the files that were not named again."""
    files = _files(changes)
    own = digest(files)
    left_out = (row.after.files is None and row.after.digest == own for row in rows)
    whole = (replace(row, after=replace(row.after, files=files)) for row in rows)
    return tuple(full if out else row for row, full, out in zip(rows, whole, left_out, strict=True))


def encode(row: Evidence) -> str:
    """Return the record on one line of ASCII."""
    return json.dumps({"schema": SCHEMA, **asdict(row)}, sort_keys=True, separators=(",", ":"))


def decode(text: str) -> Evidence | None:
    """Return the record that `encode` wrote; None for whatever else."""
    try:
        found = json.loads(text)
        if found.pop("schema") != SCHEMA:
            return None
        row = Evidence(
            **{name: _checked(name, found.pop(name)) for name in _PLAIN},
            out=_output(found.pop("out")),
            err=_output(found.pop("err")),
            before=_tree(found.pop("before")),
            after=_tree(found.pop("after")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return None if found else row


def decode_all(text: str) -> tuple[Evidence, ...]:
    """Return the records of a text, one for each line; lines of another form are passed over."""
    return tuple(row for line in text.split("\n")[: 4 * MOST_ROWS] if (row := decode(line)) is not None)


_PLAIN: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("uid", "cwd", "started_at", "tail"), str),
    **dict.fromkeys(("exact", "terminal"), bool),
    **dict.fromkeys(("duration_ms", "exit_status"), int),
    **dict.fromkeys(("task_id", "task_uid"), (str, type(None))),
    "argv": list,
}


def _checked(name: str, value: Any) -> Any:  # noqa: ANN401  what JSON may hold
    kinds = _PLAIN[name]
    fine = isinstance(value, kinds) and (isinstance(value, bool) == (kinds is bool))
    if name == "argv":
        fine = fine and 0 < len(value) <= _MOST_WORDS + 1 and all(isinstance(word, str) for word in value)
        value = tuple(value) if fine else ()
    elif name == "cwd":
        fine = fine and is_inside(value)
    elif kinds is int:
        fine = fine and abs(value) < _ABSURD
    if not fine:
        raise ValueError(name)
    return value


def is_inside(path: str) -> bool:
    """Whether a path of a record stays inside of the repository, as far as its words say."""
    return not path.startswith("/") and "\0" not in path and ".." not in path.split("/")


def _output(found: dict[str, Any]) -> Output:
    output = Output(**found)
    if type(output.size) is not int or not 0 <= output.size < _ABSURD or not _HEX.fullmatch(output.sha256):
        raise ValueError
    return output


def _tree(found: dict[str, Any]) -> Tree:
    files = found.pop("files")
    tree = Tree(**found, files=None if files is None else tuple(_file(*file) for file in files))
    if not _HEX.fullmatch(tree.digest) or not (tree.head is None or _HEX.fullmatch(tree.head)):
        raise ValueError
    return tree


def _file(path: Any, mode: Any, blob: Any) -> File:  # noqa: ANN401  what JSON may hold
    if not isinstance(path, str) or not is_inside(path) or not all(isinstance(one, str | None) for one in (mode, blob)):
        raise TypeError
    return path, mode, blob
