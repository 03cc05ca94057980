"""The pages of `volon trust`: everything that would run, to the last byte, before anybody is asked.

Source: contract §2.15; reliability §1.5 S4, S10.
"""

from __future__ import annotations

import shlex

from volon.render.page import Page, Span, Style
from volon.render.words import minute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results import hooks as h

_MARGIN = " " * 13
_VERDICTS = {
    "approved": Span("Approved on this machine.", Style.OK),
    "denied": Span("Denied on this machine: nothing of this runs.", Style.STOP),
    "none": Span("Nothing here runs by itself.", Style.STRONG),
}
_DONE = {
    "approved": "Approved: this may run here now, until any of it changes.",
    "denied": "Denied: nothing of this repository runs by itself here, whatever it may become.",
    "revoked": "Forgotten: nothing runs by itself here until it is approved again.",
}


def trust(page: Page, result: h.TrustResult) -> None:
    """Write what would run and how it stands."""
    if result.done != "shown":
        page.add(Span(_DONE[result.done], Style.STRONG))
        page.add(Span("In: ", Style.DIM), result.directory)
        return
    if result.commands:
        page.add(Span(f"{result.settings} would run, in {result.directory}:", Style.STRONG))
    for command in result.commands:
        _command(page, command)
    page.gap()
    if result.verdict in _VERDICTS:
        page.add(_VERDICTS[result.verdict])
    else:
        page.prose(Span("Not approved: ", Style.WARN), f"{result.reason}.")
    if result.verdict in {"unknown", "changed"}:
        _ways_on(page, result)


def _command(page: Page, command: h.CommandView) -> None:
    """Nothing is wrapped or cut here: what is approved must be seen as it is."""
    page.gap()
    page.add(Span(f"  {command.event:<11}", Style.DIM), Span(shlex.join(command.argv), Style.STRONG))
    page.add(_MARGIN, Span("starts  ", Style.DIM), command.program or "nothing: there is no such program")
    for file in command.files:
        page.add(_MARGIN, Span("covers  ", Style.DIM), file.path)
        page.add(_MARGIN, "        ", Span(f"sha256 {file.sha256}" if file.sha256 else "not there", Style.DIM))
    if command.event == "replay":
        page.add(_MARGIN, Span("matches ", Style.DIM), "recorded commands of exactly these words, and longer ones that")
        page.add(_MARGIN, "        ", "begin with them and were recorded in this working tree")
    for name in command.uncovered:
        page.add(_MARGIN, Span("beware  ", Style.WARN), f"{name}: what runs from it is not covered")
    weight = "a failure counts" if command.required else "a failure is only reported"
    page.add(_MARGIN, Span("ends    ", Style.DIM), f"after {command.timeout_seconds} s at the latest; {weight}")
    if command.problem:
        page.add(_MARGIN, Span("problem ", Style.STOP), command.problem)


def _ways_on(page: Page, result: h.TrustResult) -> None:
    page.prose("", "Covered are the files named above. What a program itself reads or starts is not.")
    if not any(command.problem for command in result.commands):
        page.add(Span("To approve exactly this:  ", Style.DIM), page.spelled(f"volon trust --digest {result.digest}"))
    page.add(Span("To never run it:          ", Style.DIM), page.spelled("volon trust --deny"))


def trust_list(page: Page, result: h.TrustListResult) -> None:
    """Write every decision, one line each."""
    if not result.entries:
        page.add("No decisions on this machine yet.")
    for row in result.entries:
        gone = "" if row.present else "  (another directory now, or gone)"
        page.add(f"{minute(row.at)}  {row.decision:<8}  {row.root}", Span(gone, Style.DIM))
