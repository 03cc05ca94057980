"""What a repository really turned out to be, whatever its recipe asked for: which values of which dimensions it has.

Seen from outside, by what git says and what the files are; so that a kind of repository that the generator no longer
makes is a fault of the harness and no silence.
"""

from __future__ import annotations

import os
import re
from itertools import combinations
from typing import TYPE_CHECKING

from tests.roundtrip import oracle

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from tests.roundtrip.oracle import Seen

AXES: dict[str, tuple[str, ...]] = {
    "objects": ("sha1", "sha256"),
    "head": ("branch", "detached", "unborn"),
    "attributes": (
        *("text=auto", "eol=crlf", "eol=lf", "-text", "binary", "ident", "working-tree-encoding", "filter=turn"),
        *("filter=own", "[attr]", "none", "in a directory", "changed", "info/attributes", "autocrlf"),
    ),
    "line ends": ("LF", "CRLF", "mixed", "no last one", "NUL", "empty", "stored otherwise"),
    "modes": ("executable", "executable, untracked", "bit changed"),
    "links": ("tracked", "untracked", "no UTF-8", "was a file", "is a file now"),
    "names": ("space", "quote", "newline", "dash", "non-ASCII", "no UTF-8", "long", "deep"),
    "staged": ("added", "modified", "deleted", "type", "intended", "nothing"),
    "not staged": ("modified", "deleted", "type", "untracked", "over a staged one", "nothing"),
    "conflicts": ("both changed", "both added", "deleted here", "deleted there", "resolved"),
    "during": ("merge", "cherry-pick", "rebase", "revert", "no operation"),
    "inside": ("repository", "repository without a commit", "submodule", "changed submodule", "linked worktree"),
    "not looked at": ("skip-worktree", "assume-unchanged", "sparse", "sparse cone"),
    "ignored": ("a file", "in a directory", "by info/exclude"),
    "index": ("version 2", "version 3", "version 4", "split", "untracked cache", "none"),
}
"""Every dimension, with the values that the short tier must reach."""

_WORDS = AXES["attributes"][:10]
_NAMES = {
    "space": rb" ",
    "quote": rb"[\"\\]",
    "newline": rb"\n",
    "dash": rb"(^|/)-",
    "long": rb"[^/]{200}",
    "deep": rb"(/[^/]*){5}",
}
_KINDS = {"A": "added", "M": "modified", "D": "deleted", "T": "type"}
_CONFLICTS = {"UU": "both changed", "AA": "both added", "DU": "deleted here", "UD": "deleted there"}
_DURING = {"MERGE": "merge", "CHERRY_PICK": "cherry-pick", "REBASE": "rebase", "REVERT": "revert"}
_ENTRY = re.compile(rb"(\w) (\d{6}) ([0-9a-f]+) (\d)\t([^\0]+)\0")

Value = tuple[str, str]
Entries = dict[bytes, tuple[bytes, ...]]


def values(root: Path, seen: Seen) -> set[Value]:
    """What is true of a repository, as pairs of a dimension and a value of it."""
    said = oracle.git(root, "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all")
    rows = [row.split(" ", 8) for row in said.decode("utf-8", "surrogateescape").split("\0") if row]
    entries: Entries = {path: (flag, mode, oid, stage) for flag, mode, oid, stage, path in _ENTRY.findall(seen.entries)}
    git_dir, common = oracle.git_directories(root)
    found = {
        *_repository(git_dir, common, seen),
        *_attributes(common, seen, entries),
        *_files(seen, entries, {os.fsencode(row[8]) for row in rows if row[0] == "1"}),
        *_work(root, rows),
        *_flags(git_dir, entries, seen),
    }
    return {pair for pair in found if pair[1] in AXES[pair[0]]}


def add(counts: Counter[str], found: set[Value]) -> None:
    """Count the values of one repository, and each pair of them that is of two dimensions."""
    named = sorted(f"{axis}: {value}" for axis, value in found)
    counts.update(named)
    counts.update(f"{one} × {other}" for one, other in combinations(named, 2) if _axis(one) != _axis(other))


def is_pair(name: str) -> bool:
    """Whether something counted is a pair of values."""
    return " × " in name


def _axis(name: str) -> str:
    return name.partition(": ")[0]


def _repository(git_dir: Path, common: Path, seen: Seen) -> Iterator[Value]:
    config = (common / "config").read_text()
    head = (git_dir / "HEAD").read_text().rstrip("\n").removeprefix("ref: ")
    born = any(line.startswith(f"{head} ") for line in seen.refs["refs"].splitlines())
    yield "objects", "sha256" if "sha256" in config else "sha1"
    yield "head", "detached" if "/" not in head else "branch" if born else "unborn"
    yield from (("during", value) for name, value in _DURING.items() if (git_dir / f"{name}_HEAD").exists())
    if git_dir != common:
        yield "inside", "linked worktree"
    if "autocrlf" in config:
        yield "attributes", "autocrlf"


def _attributes(common: Path, seen: Seen, entries: Entries) -> Iterator[Value]:
    for where in ("attributes", "exclude"):
        further = common / "info" / where
        if further.exists() and b".bin" in further.read_bytes() + b".bin" * (where == "attributes"):
            yield ("attributes", "info/attributes") if where == "attributes" else ("ignored", "by info/exclude")
    files = {path: data for path, (_, data) in seen.files.items() if path.rpartition(b"/")[2] == b".gitattributes"}
    for path, data in files.items():
        yield from (("attributes", word) for word in _WORDS if word.encode() in data)
        if b"/" in path:
            yield "attributes", "in a directory"
        if not _is_staged(data, entries.get(path)):
            yield "attributes", "changed"
    if not files:
        yield "attributes", "none"


def _is_staged(data: bytes, entry: tuple[bytes, ...] | None) -> bool:
    """Whether git has just these bytes, as they are, for a path."""
    return entry is not None and oracle.blob(data, len(entry[2])).encode() == entry[2]


def _files(seen: Seen, entries: Entries, changed: set[bytes]) -> Iterator[Value]:
    for path, (kind, data) in seen.files.items():
        entry = entries.get(path)
        yield from (("names", value) for value, pattern in _NAMES.items() if re.search(pattern, path))
        if not path.isascii():
            yield "names", "non-ASCII" if _is_utf8(path) else "no UTF-8"
        if kind == "link":
            yield "links", "tracked" if entry else "untracked"
            yield "links", "" if _is_utf8(data) else "no UTF-8"
            continue
        yield from (("line ends", value) for value in _ends(data))
        if kind == "exec":
            yield "modes", "executable" if entry else "executable, untracked"
        if entry and path not in changed and entry[3] == b"0" and not _is_staged(data, entry):
            yield "line ends", "stored otherwise"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ends(data: bytes) -> Iterator[str]:
    crlf = data.count(b"\r\n")
    lf = data.count(b"\n") - crlf
    if crlf or lf:
        yield "mixed" if crlf and lf else "CRLF" if crlf else "LF"
    if not data.endswith(b"\n"):
        yield "no last one" if data else "empty"
    if b"\0" in data:
        yield "NUL"


def _work(root: Path, rows: list[list[str]]) -> Iterator[Value]:
    """Of the rows of `git status --porcelain=v2`: what is staged, what is not, and what is in conflict."""
    changed = [row for row in rows if row[0] == "1"]
    for row in changed:
        yield from _change(*row[1:6])
    if all(row[1][0] == "." for row in changed):
        yield "staged", "nothing"
    if all(row[0] == "1" and row[1][1] == "." for row in rows):
        yield "not staged", "nothing"
    yield from (("conflicts", _CONFLICTS.get(row[1], "")) for row in rows if row[0] == "u")
    for row in rows:
        if row[0] == "?":
            yield "not staged", "untracked"
            inner = root / " ".join(row[1:]) / ".git/refs/heads"
            if inner.is_dir():
                yield "inside", "repository" if any(inner.iterdir()) else "repository without a commit"


def _change(kinds: str, inner: str, *modes: str) -> Iterator[Value]:
    staged, after = kinds[:1], kinds[1:]
    yield "staged", "intended" if kinds == ".A" else _KINDS.get(staged, "")
    yield "not staged", "" if after == "A" else _KINDS.get(after, "")
    if "." not in kinds:
        yield "not staged", "over a staged one"
    if {modes[0], modes[2]} == {"100644", "100755"}:
        yield "modes", "bit changed"
    if "120000" in modes and "100" in (modes[0][:3], modes[2][:3]):
        yield "links", "was a file" if modes[2] == "120000" else "is a file now"
    if inner.startswith("S"):
        yield "inside", "submodule" if inner == "S..." else "changed submodule"


def _flags(git_dir: Path, entries: Entries, seen: Seen) -> Iterator[Value]:
    flags = {flag for flag, *_ in entries.values()}
    rules = git_dir / "info/sparse-checkout"
    if rules.exists():
        yield "not looked at", "sparse cone" if rules.read_bytes().startswith(b"/*\n!/*/") else "sparse"
    elif b"S" in flags:
        yield "not looked at", "skip-worktree"
    if b"h" in flags:
        yield "not looked at", "assume-unchanged"
    if any(entry[1] == b"160000" for entry in entries.values()):
        yield "inside", "submodule"
    if b"M" in flags and not any((git_dir / f"{name}_HEAD").exists() for name in _DURING):
        yield "during", "no operation"
    if b"U" in flags:
        yield "conflicts", "resolved"
    if seen.ignored:
        yield "ignored", "in a directory" if any(b"/" in path for path in seen.ignored) else "a file"
    index = seen.index or b""
    yield "index", f"version {int.from_bytes(index[4:8])}" if index else "none"
    yield from (("index", name) for mark, name in ((b"link\0", "split"), (b"UNTR", "untracked cache")) if mark in index)


def table(counts: Counter[str]) -> str:
    """What was reached of each dimension, in Markdown."""
    rows = [f"| dimension | of {counts['repositories']} repositories so many have |", "|---|---|"]
    for axis, known in AXES.items():
        reached = ", ".join(f"{value} {counts[f'{axis}: {value}']}" for value in known)
        rows.append(f"| {axis} | {reached} |")
    pairs = sum(len(one) * len(other) for one, other in combinations(AXES.values(), 2))
    met = sum(is_pair(name) for name in counts)
    return "\n".join([*rows, "", f"{met} of {pairs} pairs of values of two dimensions met; not all of them can."])


def missed(counts: Counter[str]) -> list[str]:
    """Values that no repository had."""
    return [f"{axis}: {value}" for axis, known in AXES.items() for value in known if not counts[f"{axis}: {value}"]]
