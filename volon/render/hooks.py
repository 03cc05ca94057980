"""What became of hooks, on the pages of a pause and a resume.

Source: contract §6 (hooks).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.hooks import HookView

_NAME = 40
_WAITING = "not run: this repository's hooks are not trusted here. See them: volon trust"


def hooks(page: Page, views: tuple[HookView, ...]) -> None:
    """Write one line when all is well, and the end of the output of each that did not end well."""
    calm = [_in_words(state, number) for state, number in _counts(views).items() if number and state in _WORDS]
    if calm:
        page.field("hooks", page.spelled("; ".join(calm)))
    for view in views:
        if view.bad:
            _failure(page, view)


_WORDS = {
    "done": "{} ran",
    "would-run": "{} would run",
    "untrusted": _WAITING,
    "denied": "not run: denied here",
}


def _counts(views: tuple[HookView, ...]) -> dict[str, int]:
    return {state: sum(view.state == state for view in views) for state in dict.fromkeys(v.state for v in views)}


def _in_words(state: str, number: int) -> str:
    return _WORDS[state].format(count(number, "hook"))


def _failure(page: Page, view: HookView) -> None:
    weight = "required " if view.required else ""
    import shlex  # noqa: PLC0415  only where one failed

    words = shlex.join(view.argv)
    name = words if len(words) <= _NAME else words[: _NAME - 1] + "…"
    page.add(Span("  hook       ", Style.WARN), Span(name, Style.STRONG), f": {weight}{view.event} {view.state}")
    page.prose(" " * 13, view.reason)
    for line in view.output:
        page.add("             ", Span("| ", Style.DIM), line)
