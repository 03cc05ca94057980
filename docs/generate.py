"""Write the pages that are made from the code: `python docs/generate.py`, or `--check` to only compare.

A page is a function in the package that returns its whole text; register it below. What agents install from this
repository is made in the same way. The test beside the registry
(`tests/test_generated_docs.py`) asserts that what is committed is what the code says.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent

PAGES = {
    "AGENT_FAULTS.md": "volon.model.agents.faultpage:faults_page",
    "CODING_AGENTS.md": "volon.model.agents.page:agents_page",
    "EXIT_CODES.md": "volon.model.pages:exit_codes_page",
    "FORMAT.md": "volon.model.pages:format_page",
    "MCP.md": "volon.mcp.page:mcp_page",
    "PREFLIGHT.md": "volon.model.drift.codes:render_page",
    "RULES.md": "volon.model.checks.rules:render_page",
    "man/git-volon.1": "volon.cli.manpage:other_name",
    "man/volon.1": "volon.cli.manpage:manual_page",
}
"""Page → `module:function`."""


def plugin() -> dict[str, str]:
    """Return the files that agents install from this repository, by their paths from its top."""
    made = import_module("volon.model.agents.plugin")
    skills = import_module("volon.model.agents.texts").SKILLS
    packaged = import_module("volon.templating").packaged
    templates = {name: packaged(f"skills/{name}.md") for name in skills}
    texts: dict[str, str] = made.plugin_files(templates, (HERE.parent / "LICENSE").read_text("utf-8"))
    return texts


def wanted() -> dict[str, str]:
    """Return every text that is made from the code, by its path from the top of the repository."""
    return {f"docs/{page}": render(page) for page in PAGES} | plugin()


def render(page: str) -> str:
    """Return the text of a page as the code has it now."""
    module, _, function = PAGES[page].partition(":")
    text: str = getattr(import_module(module), function)()
    return text


def stale() -> dict[str, str]:
    """Return what is not what the code says, with what it should be."""
    top = HERE.parent
    return {
        path: text
        for path, text in wanted().items()
        if not (top / path).exists() or (top / path).read_text("utf-8") != text
    }


def main(arguments: list[str]) -> int:
    """Write what is stale, or with `--check` only name it."""
    found = stale()
    for path, text in found.items():
        print(path)
        if "--check" not in arguments:
            (HERE.parent / path).parent.mkdir(parents=True, exist_ok=True)
            (HERE.parent / path).write_text(text, "utf-8")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    sys.exit(main(sys.argv[1:]))
