"""Sources of an import: found where the tools leave them, or named; each is read, and none is ever changed.

Below the working tree no link is followed: a repository from a stranger may have one that leads to a private file.

Source: issue "Where agents live" (importers); agents.md §1.3.
"""

from __future__ import annotations

import os
from functools import cache, partial
from itertools import islice

from volon import peek, transcripts
from volon.digests import sha256
from volon.errors import Corrupt, NotCommitted, UsageError, VolonError
from volon.files import Place, Root
from volon.model.agents.transcripts.reading import FORMATS, read_transcript
from volon.model.imports import continuous, gsd
from volon.model.imports.session import of_transcript
from volon.model.imports.source import KINDS, MOST_BYTES, STASH, Source, too_large
from volon.model.syntax.gitpath import shell_word
from volon.patterns import pattern
from volon.plain import NamedTuple
from volon.repo.stashes import Stash, stashes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from volon.workspace import Workspace

_STASH = pattern(r"(?:stash@\{)?(\d{1,5})\}?")
_SESSION = ".jsonl"
_MOST_SEEN, _MOST_FOUND = 5_000, 200
_DEPTH = 4
_DIGITS = 16


class Origin(NamedTuple):
    """A source that is there, named and not read yet.

    Attributes:
        kind: of `KINDS`.
        name: how people name it, and what names it on the command line.
        read: reads it; raises VolonError where it cannot be.
        stash: the entry, where it is one.
    """

    kind: str
    name: str
    read: Callable[[], Source]
    stash: Stash | None = None


def entries(workspace: Workspace) -> list[Origin]:
    """The entries of `git stash`, the newest first."""
    return [Origin(STASH, one.name, partial(_of_stash, one), one) for one in stashes(workspace.repository.git)]


def _of_stash(one: Stash) -> Source:
    after = f'stashed after "{one.subject}"' if one.subject else "stashed"
    return Source(
        kind=STASH,
        name=one.name,
        key=f"stash {one.oid}",
        agent=f"stash entry {one.oid[:12]}",
        at=one.at,
        note=one.message or after,
        goal=one.message,
        commit=one.base,
        branch=one.branch,
        derived=not one.message,
    )


def handoffs(workspace: Workspace, kind: str) -> list[Origin]:
    """The files of a tool in this working tree; what is written last comes first, by what the files say."""
    home, named = (gsd.HOME, _is_gsd) if kind == "gsd" else (continuous.HOME, _is_continuous)
    paths = [path for path in islice(_below(workspace, home, _DEPTH), _MOST_SEEN) if named(path)][:_MOST_FOUND]
    found = [Origin(kind, path, cache(partial(_of_file, workspace, kind, path))) for path in paths]
    return sorted(found, key=_when, reverse=True)


def _when(one: Origin) -> tuple[bool, str, str]:
    try:
        at = one.read().at
    except VolonError:
        return (False, "", one.name)
    return (at is not None, at.isoformat() if at else "", one.name)


def _is_gsd(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in gsd.BESIDE or name == gsd.NAME


def _is_continuous(path: str) -> bool:
    return path.endswith(continuous.ENDINGS)


def _below(workspace: Workspace, home: str, depth: int) -> Iterator[str]:
    """Every file in a directory of the working tree, some levels deep; what cannot be listed is passed over."""
    try:
        names = workspace.store.listdir(Place(Root.WORKTREE, home))
    except (VolonError, OSError):
        yield home
        return
    for name in names if depth else ():
        yield from _below(workspace, f"{home}/{name}", depth - 1)


def sessions(workspace: Workspace, agent: str | None) -> Iterator[Origin]:
    """The sessions that began in this working tree, the newest first.

    Raises:
        UsageError: there is no such agent, or nobody knows where it keeps its sessions.
    """
    root = str(workspace.repository.root)
    for one in transcripts.newest(root, workspace.world.env, _agents(agent)):
        yield Origin("transcript", one.path, partial(_of_transcript, workspace, one))


def _agents(agent: str | None) -> tuple[str, ...]:
    if agent is None:
        return tuple(FORMATS)
    if agent not in FORMATS:
        raise UsageError(
            f"The sessions of {agent!r} cannot be read.", hints=[f"Those that can: {', '.join(sorted(FORMATS))}."]
        )
    return (agent,)


def named(workspace: Workspace, kind: str | None, path: str, agent: str | None) -> Origin:
    """The source that a person named.

    Args:
        workspace: where.
        kind: of `KINDS`; told by the name when None.
        path: an entry of the stash, or an absolute path.
        agent: whose session it is; told by its lines when None.

    Raises:
        UsageError: nothing tells what it is, or there is no such entry.
    """
    name = path.rpartition("/")[2]
    number = _STASH.fullmatch(name)
    if kind == STASH or (kind is None and number and "{" in name):
        return _entry(workspace, name, int(number[1]) if number else None)
    shown = _shown(workspace, path)
    kind = kind or _kind_of(path, shown)
    if kind == "transcript":
        _agents(agent)
        return Origin(kind, shown, partial(_of_path, workspace, path, agent))
    return Origin(kind, shown, partial(_of_file, workspace, kind, shown))


def _entry(workspace: Workspace, name: str, number: int | None) -> Origin:
    for one in entries(workspace):
        if one.stash is not None and one.stash.number == number:
            return one
    raise UsageError(f"There is no entry {name} in the stash.", hints=["git stash list"])


def _kind_of(path: str, shown: str) -> str:
    if _is_gsd(path):
        return "gsd"
    if path.endswith(_SESSION):
        return "transcript"
    if "/handoffs/" in path and _is_continuous(path):
        return "continuous"
    if not os.path.lexists(path):
        raise UsageError(f"There is no file {shown}.", hints=["volon import"])
    hints = [f"volon import {kind} {shell_word(path)}" for kind in KINDS if kind != STASH]
    raise UsageError(f"Nothing tells what {shown} is.", hints=hints)


def _shown(workspace: Workspace, path: str) -> str:
    """A path from the top of the working tree, where it lies below; as it is otherwise."""
    head = f"{workspace.repository.root}/"
    if path.startswith(head):
        return path.removeprefix(head)
    directory, _, name = path.rpartition("/")
    return f"{os.path.realpath(directory or '/')}/{name}".removeprefix(head)


def _of_file(workspace: Workspace, kind: str, path: str) -> Source:
    """What a file says; its path is from the top of the working tree, or absolute."""
    inside = not os.path.isabs(path)  # noqa: PTH117  a text
    base, name = (str(workspace.repository.root), path) if inside else path.rsplit("/", 1)
    try:
        data = peek.read_file(base or "/", name)
    except OSError as error:
        raise _unreadable(path, error) from error
    if data is None:
        raise UsageError(f"There is no file {path}.", hints=["volon import"])
    if len(data) > MOST_BYTES:
        raise too_large(path, len(data))
    key = f"{kind} {path}"
    read = continuous.read_handoff
    if kind == "gsd":
        read = gsd.read_json if path.endswith(".json") else gsd.read_markdown
    return read(data, path, f"{key} {sha256(data)[:_DIGITS]}")


def _of_path(workspace: Workspace, path: str, agent: str | None) -> Source:
    shown = _shown(workspace, path)
    try:
        lines = transcripts.lines_of(path)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {shown}.", hints=["volon import"]) from error
    except OSError as error:
        raise _unreadable(shown, error) from error
    found = read_transcript(lines, agent)
    if found is None:
        message = f"{shown} is no transcript of a session that volon knows."
        raise Corrupt(message, hints=[f"Say whose it is: --agent {'|'.join(sorted(FORMATS))}"])
    return _of_transcript(workspace, transcripts.Session(path, found, lines))


def _of_transcript(workspace: Workspace, one: transcripts.Session) -> Source:
    digest = sha256(b"\n".join(one.lines))[:_DIGITS]
    return of_transcript(one.said, _shown(workspace, one.path), digest, str(workspace.repository.root))


def _unreadable(path: str, error: OSError) -> NotCommitted:
    why = error.strerror or str(error)
    return NotCommitted(f"{path} cannot be read.", causes=[why], hints=["Name a regular file, not a link to one."])
