"""What must be true of a repository that was paused, wrecked and restored; shares no code with volon.

The working tree is walked with `lstat`, files are read as bytes, links as text; the index is read as a file and asked
of git entry by entry. What volon does not promise is left out by rules of its own: ignored files, what is in
repositories of its own, pipes, empty directories, paths that git was told not to look at, and volon's records.
"""

# Names are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH115, PTH118, PTH123

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OURS = re.compile(rb"\.volon(?:/.*)?|\.design(?:/.*)?", re.DOTALL)
_KEPT = (
    *("HEAD", "ORIG_HEAD", "MERGE_HEAD", "MERGE_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "AUTO_MERGE"),
    *("rebase-merge/git-rebase-todo", "rebase-merge/onto", "config", "info/sparse-checkout", "info/attributes"),
)
_HIDDEN = re.compile(rb"[a-zS]")


@dataclass(frozen=True)
class Seen:
    """One moment.

    Attributes:
        files: of every path what is there: `file`, `exec` or `link`, and its bytes.
        index: raw; `entries` what git says of it.
        refs: HEAD, all refs but volon's, reflogs, and what says that an operation is in progress.
        hidden: paths that git does not look at, because it was told so.
        ignored: files that git ignores.
    """

    files: dict[bytes, tuple[str, bytes]]
    index: bytes | None
    entries: bytes
    refs: dict[str, str]
    hidden: frozenset[bytes]
    ignored: frozenset[bytes]


def look(root: Path) -> Seen:
    """Take everything down."""
    git_dir, common = git_directories(root)
    index = git_dir / "index"
    # One question for all of it: flag, mode, id, stage and name, and the conflicts that were resolved.
    entries = git(root, "ls-files", "-s", "-v", "--resolve-undo", "-z")
    return Seen(
        files=dict(_walk(os.fsencode(root), b"")),
        index=index.read_bytes() if index.exists() else None,
        entries=entries,
        refs=_refs(root, {git_dir, common}),
        hidden=frozenset(row.partition(b"\t")[2] for row in entries.split(b"\0") if _HIDDEN.match(row)),
        ignored=_ignored(root),
    )


def git_directories(root: Path) -> tuple[Path, Path]:
    """The git directory of a working tree and the one that it shares with others, by the files that git writes."""
    here = root / ".git"
    if here.is_dir():
        return here, here
    own = root / here.read_text().removeprefix("gitdir: ").rstrip("\n")
    return own, (own / (own / "commondir").read_text().rstrip("\n")).resolve()


def git(root: Path, *words: str, stdin: bytes = b"", check: bool = True) -> bytes:
    """Ask git something, without letting it write."""
    done = subprocess.run(
        ["git", "--no-optional-locks", *words], cwd=root, input=stdin, capture_output=True, check=False
    )
    if check and done.returncode:
        message = f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
        raise RuntimeError(message)
    return done.stdout


def _walk(root: bytes, at: bytes) -> list[tuple[bytes, tuple[str, bytes]]]:
    found: list[tuple[bytes, tuple[str, bytes]]] = []
    for one in sorted(os.scandir(os.path.join(root, at)), key=lambda each: each.name):
        path = os.path.join(at, one.name)
        info = one.stat(follow_symlinks=False)
        if one.name == b".git" or _OURS.fullmatch(path):
            continue
        if stat.S_ISLNK(info.st_mode):
            found.append((path, ("link", os.readlink(one.path))))
        elif stat.S_ISDIR(info.st_mode):
            if not os.path.lexists(os.path.join(one.path, b".git")):
                found += _walk(root, path)
        elif stat.S_ISREG(info.st_mode):
            with open(one.path, "rb") as file:
                found.append((path, ("exec" if info.st_mode & stat.S_IXUSR else "file", file.read())))
    return found


def _ignored(root: Path) -> frozenset[bytes]:
    out = git(root, "ls-files", "-o", "-i", "--exclude-standard", "-z")
    return frozenset(path for path in out.split(b"\0") if path)


def _refs(root: Path, git_dirs: set[Path]) -> dict[str, str]:
    lines = git(root, "for-each-ref", "--format=%(refname) %(objectname)").decode(errors="replace").splitlines()
    found = {"refs": "\n".join(line for line in lines if not line.startswith("refs/volon/"))}
    for top in git_dirs:
        for name in _KEPT:
            path = top / name
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"
        for path in sorted((top / "logs").rglob("*")):
            if path.is_file():
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def differences(then: Seen, now: Seen, *, exact: bool, wrecked: Seen) -> list[str]:
    """Everything that did not come back.

    Args:
        then: at the pause.
        now: after the restore.
        exact: untracked files that came since must be gone, too.
        wrecked: before the restore: what was ignored there may still be there, as it was there.
    """
    wrong = []
    uncovered = then.hidden | wrecked.hidden | then.ignored
    for path, was in then.files.items():
        if path in uncovered:
            continue
        if (found := now.files.get(path)) != was:
            wrong.append(f"{path!r} was {_short(was)}, is {_short(found)}")
    for path, found in now.files.items():
        known = path in then.files or path in uncovered or path in wrecked.ignored
        # One that only the rules that came back ignore stays too, as it was.
        if known or (path in now.ignored and wrecked.files.get(path) == found and not _tracked(then, path)):
            continue
        if exact or wrecked.files.get(path) != found or _tracked(then, path):
            wrong.append(f"{path!r} was not there, is {_short(found)}")
    return wrong


def _tracked(then: Seen, path: bytes) -> bool:
    """Whether git knew a path at the pause: then its absence was saved."""
    return b"\t" + path + b"\0" in then.entries


def lost(wrecked: Seen, now: Seen, root: Path) -> list[str]:
    """Bytes that were there before the restore and are nowhere now: neither in the tree nor in a reachable object."""
    objects = git(root, "rev-list", "--objects", "--all", "--no-object-names")
    reachable = set(objects.decode().split())
    return [
        f"{path!r} {_short(was)} is lost"
        for path, was in wrecked.files.items()
        if now.files.get(path) != was and blob(was[1], len(objects.split(b"\n", 1)[0])) not in reachable
    ]


def blob(data: bytes, length: int) -> str:
    """The id of a blob."""
    algorithm = hashlib.sha256 if length > 40 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(data) + data).hexdigest()


def _short(content: tuple[str, bytes] | None) -> str:
    return "absent" if content is None else f"{content[0]} {len(content[1])} {content[1][:24]!r}"


_MILD = ("warning in ", "notice: ")
"""How git begins to say what alone is no error of its: that a link is named `.gitattributes`, that HEAD is unborn."""


def health(root: Path, *, collect: bool) -> list[str]:
    """What git itself has to complain about, line by line; of a bad object also whether a ref leads to it."""
    check = ("fsck", "--full", "--no-dangling", "--no-progress")
    wrong = list[str]()
    for command in [check, *([("gc", "-q", "--prune=now"), check] if collect else [])]:
        done = _git(root, *command)
        if done.returncode or b"error" in done.stderr:
            said = (done.stderr + done.stdout).decode(errors="replace").splitlines()
            lines = [line for line in said if not line.startswith(_MILD)]
            wrong += [f"git {command[0]}: {line}" for line in lines or [f"exit code {done.returncode}"]]
    if not wrong:
        return []
    reached = {row.partition(b" ")[0] for row in _objects(root)}
    return [f"{line} (a ref leads to it)" if _names(line) & reached else line for line in wrong]


def _objects(root: Path) -> list[bytes]:
    """What can be reached from refs; where something is missing, as far as git comes."""
    return _git(root, "rev-list", "--objects", "--all", "--missing=allow-any").stdout.splitlines()


def _names(line: str) -> set[bytes]:
    return {name.encode() for name in re.findall(r"\b[0-9a-f]{40,64}\b", line)}


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
