"""What would run by itself in this workspace, and whether its user has approved exactly that.

Nothing here starts anything: settings are read, files are hashed, the user's approvals are asked.

Source: reliability §1.5 S4, S5, S6; contract §2.15, §6.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from volon.errors import NotCommitted, VolonError
from volon.files import Place, Root
from volon.model.approval import Covered, digest, table
from volon.process import ProgramMissing
from volon.trust import Judgement, Site, Verdict
from volon.usecases.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.config import Hook
    from volon.store.store import Reader
    from volon.workspace import Workspace

_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """One hook as it would run now.

    Attributes:
        program: the absolute path that would be started; None when there is none.
        files: the files of the repository that its words name.
        problem: why it can be approved by nobody.
    """

    event: str
    hook: Hook
    program: str | None
    files: tuple[Covered, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would run; `settings` names the file that says so."""

    site: Site
    settings: str | None = None
    commands: tuple[Command, ...] = ()
    digest: str = ""

    def on(self, event: str) -> tuple[Command, ...]:
        """The commands of one event, in order."""
        return tuple(command for command in self.commands if command.event == event)

    @property
    def problem(self) -> str | None:
        """The first reason why this can be approved by nobody."""
        return next((command.problem for command in self.commands if command.problem), None)


def plan(workspace: Workspace, reader: Reader) -> Plan | None:
    """What would run now, from the settings and the files as they are now; None when nothing would.

    Raises:
        Corrupt: the settings cannot be read.
        NotTrusted: the working tree is gone.
    """
    settings = read_settings(reader)
    hooks = [("on_pause", hook) for hook in settings.config.on_pause]
    hooks += [("on_resume", hook) for hook in settings.config.on_resume]
    if not hooks:
        return None
    site = workspace.site()
    commands = tuple(_command(workspace, Path(site.root), event, hook) for event, hook in hooks)
    files = {file.path: file for command in commands for file in command.files}
    return Plan(site, settings.path, commands, digest(site.root, table(settings.config), files.values()))


def judge(workspace: Workspace, found: Plan) -> Judgement:
    """How that stands with this user."""
    judgement = workspace.approvals().judge(found.site, found.digest)
    if found.problem is not None and judgement.verdict is not Verdict.DENIED:
        return Judgement(Verdict.UNKNOWN, found.problem)
    return judgement


def _command(workspace: Workspace, root: Path, event: str, hook: Hook) -> Command:
    program = _program(workspace, root, hook.argv[0])
    words = [program or hook.argv[0], *hook.argv[1:], *hook.files]
    try:
        files = {name: _covered(workspace, name) for word in words for name in _names(root, word)}
    except VolonError as error:
        return Command(event, hook, program, (), error.message)
    missing = [Covered(name, None) for name in hook.files if name not in files]
    return Command(event, hook, program, (*files.values(), *missing))


def _program(workspace: Workspace, root: Path, name: str) -> str | None:
    """Where the first word leads: `./…` from the top of the working tree, a bare name through PATH only."""
    try:
        return workspace.world.processes.resolve(str(root / name) if name.startswith("./") else name)
    except ProgramMissing:
        return None


def _names(root: Path, word: str) -> Iterator[str]:
    """The files of the working tree that a word names, as itself or behind a `=`; relative to the top.

    Raises:
        NotCommitted: it gets there, or away from there, through a symbolic link.
    """
    for text in dict.fromkeys((word, word.partition("=")[2])):
        path = root / text
        if not text or "\0" in text or not _is_file(path):
            continue
        plain, real = Path(os.path.normpath(path)), Path(os.path.realpath(path))
        if plain != real and (plain.is_relative_to(root) or real.is_relative_to(root)):
            raise NotCommitted(f"{text} goes through a symbolic link; name the file itself")
        if real.is_relative_to(root):
            yield real.relative_to(root).as_posix()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _covered(workspace: Workspace, name: str) -> Covered:
    """The digest of a file of the working tree, read without following any link.

    Raises:
        NotCommitted: it is no plain file of the working tree, or too large.
    """
    try:
        data = workspace.on_disk(Place(Root.WORKTREE, name), _LARGEST + 1)
    except OSError as error:
        raise NotCommitted(f"{name} cannot be read", causes=[str(error)]) from error
    if data is not None and len(data) > _LARGEST:
        raise NotCommitted(f"{name} is larger than {_LARGEST >> 20} MiB")
    return Covered(name, None if data is None else hashlib.sha256(data).hexdigest())
