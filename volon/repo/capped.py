"""Small files that git reads, read up to a cap: whoever made them as large as a disk, or pipes of them, gains nothing.

Source: reliability S14, G14.
"""

from __future__ import annotations

import os
import stat

from volon.errors import NotCommitted
from volon.gitfiles import MOST, content
from volon.paths import Path
from volon.patterns import pattern

__all__ = ["MOST", "contains", "end_of", "heard", "refuse_endless_steps", "refuse_pipes", "shared_indexes", "start_of"]
_CHUNK = 1 << 20
_STAMP = pattern(rb"(?m)^[^\n\t]* (\d+) [-+]\d{4}\t")
_CLONED = pattern(rb"[^\n\t]* (\d+) [-+]\d{4}\tclone: ")
_ANOTHER = "look at it with `ls -ld {}`, and give it another name if it is yours"
_FORGET = "look at it before you use this repository; git revert --quit and git cherry-pick --quit forget the steps"


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file; nothing when it cannot be read or is no regular file, such as a pipe."""
    return content(str(path))


def end_of(path: Path) -> bytes:
    """Return the last bytes of a file; nothing when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - MOST, 0))
            return file.read(MOST)
    except OSError:
        return b""


def shared_indexes(git_dir: Path) -> list[Path]:
    """Return the other halves of split indexes, one of which may be the present index's."""
    return [path for path in git_dir.iterdir() if path.name.startswith("sharedindex.")]


def contains(path: Path, wanted: bytes) -> bool:
    """Return whether the bytes stand anywhere in a file, however long it is; False when it cannot be read."""
    try:
        with path.open("rb") as file:
            tail = b""
            while piece := file.read(_CHUNK):
                if wanted in tail + piece:
                    return True
                tail = piece[-len(wanted) :]
    except OSError:
        return False
    return False


def refuse_endless_steps(git_dir: Path | None) -> None:
    """Refuse what `git status` would read whole: the steps of a cherry-pick or revert, however many a stranger wrote.

    Args:
        git_dir: where they lie, once it is known.

    Raises:
        NotCommitted: there are more than anybody has.
    """
    todo = git_dir / "sequencer" / "todo" if git_dir is not None else None
    if todo is not None and len(start_of(todo)) >= MOST:
        raise NotCommitted(f"{todo} is too large: git would read all of it", hints=[_FORGET])


def refuse_pipes(tree: Path) -> None:
    """Refuse what git would open and wait at: a pipe in the place of its rules, at the top of a working tree.

    Below the top it would take a walk to find one.

    Raises:
        NotCommitted: there is one.
    """
    for name in (".gitignore", ".gitattributes"):
        try:
            is_pipe = stat.S_ISFIFO(os.lstat(f"{tree}/{name}").st_mode)
        except OSError:
            continue
        if is_pipe:
            raise NotCommitted(
                f"{name} is a pipe: git would wait for what nobody writes", hints=[_ANOTHER.format(name)]
            )


def heard(logs: Path) -> float | None:
    """Return when the branches of a remote were last heard of, from their reflogs; else when this was cloned.

    A clone is a fetch, and what was pushed is known to be there.
    """
    walked = os.walk(logs / "refs" / "remotes")
    remotes = [path for below, _, names in walked for name in names if (path := Path(below, name)).is_file()]
    stamps = [float(found[-1]) for path in remotes if (found := _STAMP.findall(end_of(path)))]
    begun = start_of(logs / "HEAD").partition(b"\n")[0]
    cloned = _CLONED.match(begun) if b"\tclone: " in begun else None
    return max(stamps, default=float(cloned[1]) if cloned else None)
