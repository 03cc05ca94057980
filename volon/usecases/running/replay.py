"""`resume-task --replay`: run recorded commands again, to see whether they still end as they did at the pause.

What stands in a record was written by whoever wrote the record. So a command runs again only when its first words are
in `replay.allow` of the settings and the user has approved exactly that (`volon trust`); and then only when its words
are the allowed ones and no more, or when this working tree recorded these very words itself: a person here once typed
them. No lock is held, no shell sees the words, it ends with its whole process group when its time is up.

Source: contract §2.5, §2.15, §7 (Consent), §8.5; reliability §1.5 S4, S12.
"""

from __future__ import annotations

import os

from volon.errors import NotTrusted
from volon.model.drift.observed import Again
from volon.model.evidence import WOULD_RUN, decode, tail_of
from volon.model.hookenv import environment
from volon.paths import Path
from volon.plain import dataclass
from volon.process import ProgramMissing
from volon.store import layout
from volon.supervised import supervise
from volon.usecases.running import hooks
from volon.usecases.running.approval import REPLAY, REPLAY_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volon.model.evidence import Evidence
    from volon.store.store import Reader
    from volon.usecases.running.approval import Command
    from volon.usecases.running.hooks import OnStart, Ready
    from volon.workspace import Workspace

    Key = tuple[tuple[str, ...], str]

_SHORTEST_SECONDS = 30
_LINES = 5
_IN_ROOT = "./"
_NOT_OURS = "replay.allow has its first words only, and this working tree never recorded it"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A recorded command that may run again, or why it may not."""

    row: Evidence
    command: Command | None
    why_not: str = ""

    @property
    def seconds(self) -> int:
        """Three times as long as it took, but neither too short nor without end: a record may say anything."""
        return min(REPLAY_SECONDS, max(_SHORTEST_SECONDS, 3 * self.row.duration_ms // 1000))


def choose(workspace: Workspace, reader: Reader, rows: Sequence[Evidence], found: Ready) -> tuple[Chosen, ...]:
    """Return for each recorded command whether it may run again; nothing is started.

    Args:
        workspace: where.
        reader: knows what was recorded in this working tree.
        rows: what the checkpoint says.
        found: the replay commands of the settings.
    """
    own = _recorded_here(reader)
    return tuple(_chosen(workspace, row, found, own) for row in rows)


def foretell(chosen: Sequence[Chosen], found: Ready) -> dict[str, Again]:
    """Return what a dry run says of each; nothing is started."""
    able = WOULD_RUN if found.approved else f"{WOULD_RUN} once it is trusted: volon trust"
    return {one.row.uid: Again(None, one.why_not or able) for one in chosen}


def run_again(
    workspace: Workspace,
    chosen: Sequence[Chosen],
    found: Ready,
    told: Mapping[str, str],
    op: str,
    on_start: OnStart | None,
) -> dict[str, Again]:
    """Run what may run, one after the other; by the uid of the record.

    Args:
        workspace: where.
        chosen: from `choose`.
        found: the replay commands of the settings, as they were chosen from.
        told: what the commands are told, as hooks are.
        op: what they run within; a volon that they call changes nothing.
        on_start: called before each with its first word and its seconds.

    Raises:
        NotTrusted: something may run, but the user has not approved it; nothing has run.
        KeyboardInterrupt: the user stopped it.
    """
    able = [one for one in chosen if one.command is not None]
    if able and not found.approved:
        reason = found.judgement.reason if found.judgement else ""
        message = "What --replay would run is not trusted here; nothing was run."
        raise NotTrusted(message, causes=[reason] if reason else [], hints=["see it and decide: volon trust"])
    env = environment(workspace.world.env, {**told, "VOLON_EVENT": REPLAY}, root=str(workspace.repository.root), op=op)
    again = {one.row.uid: Again(None, one.why_not) for one in chosen if one.command is None}
    for one in able:
        why = hooks.changed(workspace, found)
        if not why and on_start is not None:
            on_start(one.row.argv[0], one.seconds)
        again[one.row.uid] = Again(None, why) if why else _run(workspace, one, env)
    return again


def _chosen(workspace: Workspace, row: Evidence, found: Ready, own: frozenset[Key]) -> Chosen:
    fitting = [one for one in found.commands if row.argv[: len(one.hook.argv)] == one.hook.argv]
    if not fitting:
        return Chosen(row, None, "replay.allow does not name it")
    command = max(fitting, key=lambda one: len(one.hook.argv))
    root = workspace.repository.root
    place, top = os.path.realpath(root / row.cwd), os.path.realpath(root)
    objections = (
        (not row.exact, "its words were not recorded in full"),
        (row.argv != command.hook.argv and row.key not in own, _NOT_OURS),
        (row.argv[0].startswith(_IN_ROOT) and row.cwd != ".", "its program was found in another directory then"),
        (not (Path(place).is_relative_to(top) and Path(place).is_dir()), "the directory it ran in is gone"),
        (command.program is None, "there is no such program"),
    )
    why_not = next((words for holds, words in objections if holds), "")
    return Chosen(row, None if why_not else command, why_not)


def _recorded_here(reader: Reader) -> frozenset[Key]:
    found = (reader.read(layout.evidence_place(name)) for name in reader.listdir(layout.EVIDENCE))
    rows = (decode(data.decode("utf-8", "replace")) for data in found if data is not None)
    return frozenset(row.key for row in rows if row is not None and row.exact)


def _run(workspace: Workspace, one: Chosen, env: Mapping[str, str]) -> Again:
    assert one.command is not None and one.command.program is not None  # noqa: S101, PT018  chosen to run
    clock = workspace.world.clock.monotonic
    began = clock()
    try:
        ended = supervise(
            workspace.world.processes,
            [one.command.program, *one.row.argv[1:]],
            cwd=Path(workspace.repository.root) / one.row.cwd,
            env=env,
            timeout=float(one.seconds),
        )
    except ProgramMissing as error:
        return Again(None, error.message)
    output = tuple(tail_of(ended.output).splitlines()[-_LINES:])
    duration_ms = round((clock() - began) * 1000)
    if ended.timed_out:
        return Again(None, f"stopped after {one.seconds} s", duration_ms, output, ran=True)
    return Again(ended.returncode, "", duration_ms, output, ran=True)
