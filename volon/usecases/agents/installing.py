"""Agents install, upgrade, uninstall, status and list: the files by which agents know of volon, written and taken back.

Source: contract §4 (`agents`); issue "Where agents live"; agents.md §1.6.
"""

from __future__ import annotations

import difflib
from importlib.util import find_spec

from volon.errors import Corrupt, NotCommitted, UsageError, extra
from volon.files import InTheWay
from volon.model.agents import AS_OF
from volon.model.agents.changes import Barred, Change, State
from volon.model.agents.hosts import ALIASES, HOSTS, NAME
from volon.model.agents.manifest import Manifest, parse
from volon.model.agents.parts import MCP, PARTS
from volon.model.agents.placing import place, recognised
from volon.model.agents.texts import PREFIX, SKILLS
from volon.model.agents.wiring import PLUGIN, asked, parts_of
from volon.model.results.agents import AgentFileView, AgentsListResult, AgentsResult, AgentView
from volon.plain import replace
from volon.store import layout
from volon.templating import packaged
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from volon.model.agents.changes import Look
    from volon.store.reader import Reader
    from volon.workspace import Workspace

_LINKED = "is reached through a link, is no file, or is too large"
_LIST = ["volon agents list"]


def install(
    workspace: Workspace,
    names: Sequence[str],
    *,
    every: bool = False,
    also: Sequence[str] = (),
    without: Sequence[str] = (),
    dry_run: bool = False,
) -> AgentsResult:
    """Write what agents need; for those that have it already it is brought up to date.

    Args:
        workspace: whose working tree is written to.
        names: of agents; without any, those that seem to be used here.
        every: all there are.
        also: parts that are wanted from now on, of `PARTS`.
        without: parts that are not; what was written of them is taken back.
        dry_run: say what would be written.

    Raises:
        UsageError: an agent or a part is not known, or none is named and none is seen.
        NotCommitted: volon's own tools are wanted, and what they need is not installed.
        Corrupt: the list of what was installed cannot be read.
        Busy, NotCommitted, HumanConflict, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    wanted = _parts(also, without)
    seen = {} if names or every else _seen_here(workspace)
    installed = _manifest(workspace, workspace.store).agents if also or without else ()
    chosen = _known(names) or (tuple(HOSTS) if every else installed or tuple(seen))
    if not chosen:
        raise UsageError(
            "No agent is named, and none is seen in this repository or on PATH.",
            hints=["volon agents install claude", *_LIST],
        )
    return _change(workspace, "install", chosen, seen, wanted=wanted, dry_run=dry_run)


def upgrade(workspace: Workspace, *, dry_run: bool = False) -> AgentsResult:
    """Bring up to date what is installed; raises what `install` does."""
    return _change(workspace, "upgrade", (), {}, dry_run=dry_run)


def uninstall(workspace: Workspace, names: Sequence[str], *, dry_run: bool = False) -> AgentsResult:
    """Take back what was written for agents, all of them when none is named; what a person has edited stays.

    Raises what `install` does.
    """
    return _change(workspace, "uninstall", _known(names), {}, dry_run=dry_run)


def status(workspace: Workspace) -> AgentsResult:
    """Say what is installed and whether it is as volon would write it now."""
    manifest, changes = standing(workspace)
    way = "" if manifest.agents else "volon agents install" if _seen_here(workspace) else _LIST[0]
    return _result("status", manifest.agents, manifest, changes, next_command=way)


def standing(workspace: Workspace) -> tuple[Manifest, list[Change]]:
    """Return what is installed, and what an upgrade would make of it.

    Raises:
        Corrupt: the list of what was installed cannot be read.
    """
    manifest = _manifest(workspace, workspace.store)
    return manifest, place(manifest.agents, manifest, _look(workspace.store), _templates())[0]


def list_agents(workspace: Workspace) -> AgentsListResult:
    """List every agent there is a row for: first those volon is installed for, then those that seem to be used here."""
    manifest = _manifest(workspace, workspace.store)
    views = [_view(one, manifest, _seen(workspace, one)) for one in HOSTS]
    views.sort(key=lambda one: (not one.installed, not one.seen))
    first = views[0]
    way = "agents status" if first.installed else "agents install" if first.seen else "agents install NAME"
    return AgentsListResult(agents=tuple(views), as_of=AS_OF, next_command=f"volon {way}")


def _change(
    workspace: Workspace,
    verb: str,
    names: tuple[str, ...],
    seen: dict[str, str],
    *,
    wanted: Mapping[str, bool] | None = None,
    dry_run: bool,
) -> AgentsResult:
    with workspace.store.begin(f"agents {verb}", dry_run=dry_run, on_wait=workspace.on_wait) as tx:
        before = _manifest(workspace, tx)
        asked_for = {**dict.fromkeys(before.parts, True), **(wanted or {})}
        before = replace(before, parts=tuple(one for one in PARTS if asked_for.get(one)))
        installed = set(before.agents)
        if verb == "uninstall":
            installed -= set(names) or installed
        chosen = installed | set(names if verb == "install" else ())
        changes, after = place(chosen, before, _look(tx), _templates())
        for change in changes:
            if change.state is State.REMOVED:
                tx.delete(layout.agents_place(change.path))
            elif change.after is not None:
                tx.put(layout.agents_place(change.path), change.after)
        old, new = tx.read(layout.AGENTS), after.text().encode()
        warnings: tuple[str, ...] = ()
        if not after.agents and not after.files:
            tx.delete(layout.AGENTS)
        elif old != new:
            warnings = exclude_state(workspace, tx) if old is None else ()
            tx.put(layout.AGENTS, new)
        shared = tx.read(layout.README) is not None
        tx.commit(f"for {', '.join(names or before.agents)}"[:80])
    about = names or before.agents
    return _result(verb, about, after, changes, seen=seen, dry_run=dry_run, warnings=warnings, shared=shared)


def _look(reader: Reader) -> Look:
    def look(path: str) -> bytes | Barred | None:
        try:
            return reader.read(layout.agents_place(path))
        except (InTheWay, Corrupt):
            # The store calls corrupt what a transaction finds in the way.
            return Barred(_LINKED)

    return look


def _templates() -> dict[str, str]:
    return {PLUGIN: packaged(f"agents/{PLUGIN}"), **{name: packaged(f"skills/{name}.md") for name in SKILLS}}


def _manifest(workspace: Workspace, reader: Reader) -> Manifest:
    """What is installed: as the manifest says, or where that was not shared, as the files do."""
    data = reader.read(layout.AGENTS)
    if data is None:
        return recognised(_look(reader), _templates(), _seen_here(workspace))
    found = parse(data, layout.AGENTS.path)
    return replace(found, agents=tuple(name for name in found.agents if name in HOSTS))


def _known(names: Sequence[str]) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(ALIASES.get(name, name) for name in names))
    for name in known:
        if name not in HOSTS:
            close = difflib.get_close_matches(name, HOSTS, 1)
            raise UsageError(
                f"volon knows no agent {name!r}.", hints=[*(f"did you mean {one}?" for one in close), *_LIST]
            )
    return known


def _parts(also: Sequence[str], without: Sequence[str]) -> dict[str, bool]:
    """Which parts are wanted from now on, and which are not."""
    for name in (*also, *without):
        if name not in PARTS:
            raise UsageError(f"There is no part {name!r}.", hints=[f"the parts are {', '.join(PARTS)}"])
    if both := set(also) & set(without):
        raise UsageError(f"{min(both)} is asked for and left out.", hints=["volon agents install --help"])
    if MCP in also and find_spec("mcp") is None:
        raise NotCommitted("volon's tools need the extra mcp, which is not installed.", hints=extra("mcp"))
    return {**dict.fromkeys(also, True), **dict.fromkeys(without, False)}


def _seen_here(workspace: Workspace) -> dict[str, str]:
    return {name: trace for name in HOSTS if (trace := _seen(workspace, name))}


def _seen(workspace: Workspace, name: str) -> str:
    """Why an agent seems to be used here."""
    host = HOSTS[name]
    root = workspace.repository.root
    if trace := next((one for one in host.traces if (root / one).exists()), ""):
        return trace
    return f"{host.program} on PATH" if host.program and workspace.world.processes.has(host.program) else ""


def _view(name: str, manifest: Manifest, seen: str) -> AgentView:
    host = HOSTS[name]
    own = f"{PREFIX}{SKILLS[0]}"
    skill = own if host.skills.replace(NAME, own) in manifest.files else SKILLS[0]
    call = f"{host.call}{skill}" if NAME in host.skills else ""
    return AgentView(
        name=name,
        title=host.title,
        installed=name in manifest.agents,
        seen=seen,
        call=call,
        version=host.version,
        parts=parts_of(name),
    )


def _result(
    verb: str,
    agents: Iterable[str],
    manifest: Manifest,
    changes: Iterable[Change],
    *,
    seen: dict[str, str] | None = None,
    dry_run: bool = False,
    warnings: tuple[str, ...] = (),
    next_command: str = "",
    shared: bool = True,
) -> AgentsResult:
    listed = [one for one in changes if one.agents or one.state is not State.UNCHANGED]
    if verb == "uninstall":
        # What others read and a person has a hand in is not what was asked about.
        listed = [one for one in listed if not (one.agents and one.state is State.KEPT)]
    return AgentsResult(
        verb=verb,
        agents=tuple(_view(name, manifest, (seen or {}).get(name, "")) for name in agents),
        installed=manifest.agents,
        files=tuple(
            AgentFileView(
                path=one.path,
                state=one.state.value,
                agents=one.agents,
                parts=one.parts,
                reason=one.reason,
                paste=one.paste,
            )
            for one in listed
        ),
        parts=manifest.parts,
        asks=asked(manifest.agents, manifest.parts, shared=shared),
        next_command="volon agents upgrade" if verb == "status" and _stale(listed) else next_command,
        dry_run=dry_run,
        warnings=warnings,
    )


def _stale(changes: Iterable[Change]) -> bool:
    return any(one.state not in {State.UNCHANGED, State.KEPT} for one in changes)
