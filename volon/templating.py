"""Where a record's template comes from: the repository's own version, else the one that ships with volon.

An own version in `.volon/templates/NAME` counts when it is UTF-8 and asks for every place the record cannot do
without; another tool's file of the same name does not, and `check` says why. Filling is `model.template.fill`.

Source: contract §3 (`templates/` a user's own versions), design §4 (wheel and editable install).
"""

from __future__ import annotations

from functools import cache

from volon.errors import CheckFailed
from volon.model.problems import Problem
from volon.model.syntax.template import placeholders
from volon.paths import Path

OVERRIDES = ".volon/templates"

REQUIRED = {
    "task.md": frozenset({"frontmatter", "description", "acceptance", "updates"}),
    "task-pcc-capsule.md": frozenset(
        {"frontmatter", "goal", "acceptance", "plan", "key_files", "commands", "diffstat", "next_actions", "questions"}
    ),
    "checkpoint.md": frozenset({"frontmatter", "label", "changes", "capsule", "stage", "next", "context"}),
    "bootstrap.md": frozenset({"next"}),
    "handoff.md": frozenset({"path"}),
    "volon-readme.md": frozenset[str](),
    "volon-gitignore": frozenset[str](),
}
"""Every template, and the places without which its record would be incomplete."""


def load(name: str, override: bytes | None = None) -> str:
    """The text of a template.

    Args:
        name: a key of `REQUIRED`.
        override: the bytes of `.volon/templates/NAME` when the repository has that file.

    Raises:
        CheckFailed: volon's own installation lacks the template.
    """
    if override is not None and not check(name, override):
        return override.decode("utf-8-sig").replace("\r\n", "\n")
    return packaged(name)


def check(name: str, override: bytes) -> tuple[Problem, ...]:
    """Why a repository's own template is not used; nothing when it is."""
    path = f"{OVERRIDES}/{name}"
    hint = "volon uses its own template meanwhile"
    try:
        text = override.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (Problem(path, None, None, None, "template.encoding", "not UTF-8 text", hint, "warning"),)
    missing = sorted(REQUIRED[name] - placeholders(text))
    if not missing:
        return ()
    message = "has no place for " + ", ".join(f"{{{{{one}}}}}" for one in missing)
    return (Problem(path, None, None, None, "template.incomplete", message, hint, "warning"),)


@cache
def packaged(name: str) -> str:
    """The template that ships with volon: inside the package in a wheel, beside it in a source checkout."""
    for directory in (Path(__file__).parent / "_templates", Path(__file__).parent.parent / "templates"):
        if (directory / name).is_file():
            return (directory / name).read_text(encoding="utf-8")
    raise CheckFailed(f"volon's own template {name} is missing", hints=["install volon again"])
