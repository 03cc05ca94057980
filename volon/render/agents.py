"""Coding agents and their files, as people read them.

Source: contract §4 (`agents`).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.results.agents import AgentFileView, AgentsListResult, AgentsResult

_DONE = {"install": "Installed for", "upgrade": "Upgraded for", "uninstall": "Taken back from"}
_WOULD = {"install": "Would install for", "upgrade": "Would upgrade for", "uninstall": "Would take back from"}
_TO_DO = {"created": "create", "updated": "update", "removed": "remove"}
_FOUND = {"created": "missing", "updated": "outdated", "removed": "left over", "unchanged": "as written"}
_SKILL = "/SKILL.md"
_TOLD = ("skills", "instructions")
"""The parts that are files which say themselves what they are."""
_FEW = 6
_CHANGED = ("created", "updated", "removed")


def agents(page: Page, result: AgentsResult) -> None:
    """Write what was done for agents, or how they stand."""
    looked = result.verb == "status"
    changed = [one for one in result.files if one.state in _CHANGED]
    if result.agents:
        _head(page, result, changed)
    else:
        rest = "; what is left of it:" if result.files else "."
        page.add(Span(f"volon is installed for no agent here{rest}", Style.STRONG))
    for (state, reason, home), names in _together(result.files).items():
        if looked or state != "unchanged":
            word = (_FOUND if looked else _TO_DO if result.dry_run else {}).get(state, state)
            page.items(word, [page.path(one) for one in ([f"{home}: {', '.join(names)}"] if home else names)])
            page.items("", [reason] if reason else [])
    for file in result.files:
        for line in file.paste.splitlines():
            page.add("    ", line)
    _ways_on(page, result, changed)


def _head(page: Page, result: AgentsResult, changed: list[AgentFileView]) -> None:
    looked = result.verb == "status"
    few = len(result.agents) <= _FEW
    whom = ", ".join(one.title for one in result.agents) if few else count(len(result.agents), "agent")
    verb = "Installed for" if looked else (_WOULD if result.dry_run else _DONE)[result.verb]
    page.prose(Span(f"{verb if changed or looked else 'No file has to change for'} ", Style.STRONG), whom)
    if changed:
        page.items("seen", [f"{one.title}: {one.seen}" for one in result.agents if one.seen])


def _together(files: Iterable[AgentFileView]) -> dict[tuple[str, str, str], list[str]]:
    """The names of skills that lie side by side and fare alike, by how they fare and where they lie; others alone.

    A file of settings has the parts that stand in it instead.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for file in files:
        home, _, name = file.path.removesuffix(_SKILL).rpartition("/")
        skill = file.path.endswith(_SKILL)
        parts = ", ".join(one for one in file.parts if one not in _TOLD)
        found.setdefault((file.state, file.reason, home if skill else file.path if parts else ""), []).append(
            name if skill else parts or file.path
        )
    return found


def _ways_on(page: Page, result: AgentsResult, changed: list[AgentFileView]) -> None:
    calls = sorted({one.call for one in result.agents if one.call and one.installed})
    if result.dry_run and changed:
        page.add(Span("Nothing was written: ", Style.DIM), f"{count(len(changed), 'file')} would change")
    elif result.verb != "status" and calls and changed:
        page.add(Span("There: ", Style.DIM), " or ".join(calls), " (an agent that runs has to be started again)")
        page.add(Span("Yours to commit: ", Style.DIM), "volon leaves these files to you")
        for one in result.asks:
            page.prose(Span("Yours to do: ", Style.DIM), one)
    _next(page, result)


def _next(page: Page, result: AgentsResult | AgentsListResult) -> None:
    if result.next_command:
        page.add(Span("Next: ", Style.DIM), result.next_command)


def listing(page: Page, result: AgentsListResult) -> None:
    """Write the table of agents."""
    wide = max(len(one.name) for one in result.agents)
    for one in result.agents:
        mark = Span("installed  ", Style.OK) if one.installed else "           "
        more = f"  {' '.join(part for part in one.parts if part not in _TOLD)}".rstrip()
        seen = f"  {one.seen}" if one.seen else ""
        page.clipped(f"  {one.name:<{wide}}  ", mark, one.title, Span(seen, Style.DIM), more)
    tried = ", ".join(f"{one.name} {one.version}" for one in result.agents if one.version)
    page.prose(
        Span("Tried: ", Style.DIM), f"{tried}; of the others ({result.as_of}) their documentation is what is known."
    )
    _next(page, result)
