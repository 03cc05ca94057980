"""How a ticket is named and coloured in a picture: a colour never says what a word does not say as well."""

from __future__ import annotations

from volon.render.pipeline import took

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.pipeline import GraphTicketView

COLOURS = {
    "done": ("#d9f2e0", "#2e8b57", "#14492c"),
    "running": ("#d8e8fd", "#2f6fd0", "#123f80"),
    "ended": ("#fdf3d0", "#b8941f", "#6b5410"),
    "ready": ("#ffffff", "#5b6675", "#252c36"),
    "waiting": ("#f1f3f6", "#aab3c0", "#5b6675"),
    "blocked": ("#f7e9da", "#b87a33", "#6b4312"),
    "failed": ("#fbdcdc", "#c53030", "#7c1616"),
    "unknown": ("#f6e0f5", "#a5409f", "#651c61"),
}
"""By status: what fills its box, the line around it, and the letters."""


def label(one: GraphTicketView) -> tuple[str, str]:
    """The name of a ticket, and how it stands."""
    return one.ticket, f"{one.status} {took(one.ms)}" if one.ms else one.status
