"""The formats of `volon validate --format`: a module for each, found here.

Source: contract §4.
"""

from __future__ import annotations

from volon.render import github, gitlab, junit, sarif
from volon.render.machine import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.results.checks import ValidateResult

RENDERERS: dict[str, Callable[[ValidateResult], str]] = {
    "json": to_json,
    "github": github.render,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "sarif": sarif.render,
}
"""By name; what people read (`human`) is a page like that of every command."""
