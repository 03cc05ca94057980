"""What would run by itself in this workspace, and whether its user has approved exactly that.

Nothing here starts anything: settings are read, files are hashed, the user's approvals are asked.

Source: reliability §1.5 S4, S5, S6; contract §2.15, §6.
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.approval import digest, table
from volon.model.records.config import Hook
from volon.paths import Path
from volon.plain import dataclass
from volon.process import ProgramMissing
from volon.trust import Judgement, Site, Verdict
from volon.usecases.running.covering import Cover
from volon.usecases.settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.approval import Covered
    from volon.store.store import Reader
    from volon.workspace import Workspace


REPLAY, REPLAY_SECONDS = "replay", 600
"""The event of commands that are run again, none of them for longer."""


@dataclass(frozen=True, slots=True)
class Command:
    """One hook as it would run now, or what a recorded command must begin with to be run again.

    Attributes:
        program: the absolute path that would be started; None when there is none.
        files: the files of the repository that its words name.
        uncovered: what its words name as well, and no approval covers.
        problem: why it can be approved by nobody.
    """

    event: str
    hook: Hook
    program: str | None
    files: tuple[Covered, ...]
    uncovered: tuple[str, ...] = ()
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
    hooks += [(REPLAY, Hook(argv, REPLAY_SECONDS)) for argv in settings.config.replay_allow]
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
    cover = Cover(workspace, root)
    problem = None
    try:
        if program is not None and "/" not in hook.argv[0]:
            cover.add_program(program)
        cover.add_words(hook.argv if "/" in hook.argv[0] else hook.argv[1:])
        cover.add_named(hook.files)
    except VolonError as error:
        problem = error.message
    return Command(event, hook, program, tuple(cover.files.values()), tuple(cover.uncovered), problem)


def _program(workspace: Workspace, root: Path, name: str) -> str | None:
    """Where the first word leads: `./…` from the top of the working tree, a bare name through PATH only."""
    try:
        return workspace.world.processes.resolve(str(root / name) if name.startswith("./") else name)
    except ProgramMissing:
        return None
