"""`git diff --stat HEAD` without git's own: that one refreshes the user's index on the way, this one writes nothing.

Source: contract §3 (Evidence), design §4 (never write the index).
"""

from __future__ import annotations

from volon.repo.blobs import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.facts import GitFacts
    from volon.repo.fewpaths import Comparing
    from volon.repo.git import Git

EMPTY_TREE = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_NUMSTAT = ("--numstat", "-z")
_MOST_NAMED = 200
_NAME_WIDTH = 50
_BAR_WIDTH = 20


def begin(comparing: Comparing, facts: GitFacts) -> Callable[[], str]:
    """Let git begin to compare; call what is returned for what it says.

    That is one line for each tracked path that differs from HEAD, and a line with the sums; empty when none does.
    """
    tracked = {change.path for change in facts.changes if not change.untracked}
    few, rest = tracked & comparing.paths, tracked - comparing.paths
    # With the paths named git looks at those alone; without them at every file of its index.
    named = sorted(rest) if len(rest) <= _MOST_NAMED else ()
    begun = [(few, comparing.begin(_NUMSTAT, (), swiftly=True))] if few else []
    begun += [(rest, comparing.begin(_NUMSTAT, named, swiftly=False))] if rest else []

    def finish() -> str:
        said = [(paths, answer()) for paths, answer in begun]
        if any(out is None for _, out in said):
            # A partial clone may lack what HEAD had: the names are known all the same, and a pause goes on.
            return "\n".join(f" {shown(path)} | ?" for path in sorted(tracked))
        rows = [(paths, _row(record)) for paths, out in said for record in (out or b"").split(b"\0") if record]
        return render(sorted((row for paths, row in rows if row[2] in paths), key=lambda row: encode(row[2])))

    return finish


def sizes(text: str) -> dict[str, int]:
    """Return path, as it was shown, → lines changed, from what `ask` wrote; cut names and binary files are left out."""
    found = dict(map(_size, text.splitlines()))
    return {name: lines for name, lines in found.items() if lines is not None and not name.startswith("...")}


def _size(line: str) -> tuple[str, int | None]:
    """The path and how many lines of it were changed; None where the line says no such thing."""
    text, bar, said = line.rpartition(" | ")
    name = text[1:].rstrip(" ")
    number, _, signs = said.partition(" ")
    sound = bar and name and text[0] == " " and number.isdecimal() and not signs.strip("+-")
    return name, int(number) if sound else None


def between(git: Git, old: str, new: str, path: str) -> int | None:
    """Return how many lines of a path two commits differ in; None when git cannot say.

    Args:
        git: where to ask.
        old: a full id.
        new: a full id.
        path: relative to the root.
    """
    words = ("diff-tree", "-r", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", old, new, "--")
    status, out = git.ask("--literal-pathspecs", *words, path, ok=(0, 128))
    rows = [_row(record) for record in out.split(b"\0") if record] if status == 0 else []
    added, deleted = rows[0][:2] if rows else (None, None)
    return None if added is None or deleted is None else added + deleted


def of_trees(git: Git, old: str, new: str) -> list[tuple[int | None, int | None, str]]:
    """Return what `render` takes of everything that two commits differ in; nothing when git cannot say."""
    words = ("diff-tree", "-r", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", old, new, "--")
    status, out = git.ask(*words, ok=(0, 128))
    return [_row(record) for record in out.split(b"\0") if record] if status == 0 else []


def _row(record: bytes) -> tuple[int | None, int | None, str]:
    added, deleted, path = record.split(b"\t", 2)
    return _count(added), _count(deleted), decode(path)


def _count(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def render(rows: list[tuple[int | None, int | None, str]]) -> str:
    """Return the rows as git shows them; None counts as binary.

    Args:
        rows: lines added, lines removed, path.
    """
    if not rows:
        return ""
    width = min(_NAME_WIDTH, max(len(shown(path)) for _, _, path in rows))
    most = max((added or 0) + (deleted or 0) for added, deleted, _ in rows)
    lines = [_line(added, deleted, path, width, most) for added, deleted, path in rows]
    return "\n".join([*lines, _sums(rows)])


def shown(path: str) -> str:
    """Return a path for display: control characters and bytes that are no text are written as escapes."""
    if path.isprintable():
        return path
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in path)


def _line(added: int | None, deleted: int | None, path: str, width: int, most: int) -> str:
    name = shown(path)
    name = name if len(name) <= width else "..." + name[3 - width :]
    if added is None or deleted is None:
        return f" {name:<{width}} | Bin"
    scale = min(1.0, _BAR_WIDTH / most) if most else 1.0
    bar = "+" * _ceil(added * scale) + "-" * _ceil(deleted * scale)
    return f" {name:<{width}} | {added + deleted} {bar}".rstrip()


def _ceil(value: float) -> int:
    return int(value) + (value > int(value))


def _sums(rows: list[tuple[int | None, int | None, str]]) -> str:
    added, deleted = sum(row[0] or 0 for row in rows), sum(row[1] or 0 for row in rows)
    parts = [f" {len(rows)} file{'s' * (len(rows) != 1)} changed"]
    if added:
        parts.append(f"{added} insertion{'s' * (added != 1)}(+)")
    if deleted:
        parts.append(f"{deleted} deletion{'s' * (deleted != 1)}(-)")
    return ", ".join(parts)
