"""Write the pages that are made from the code: `python docs/generate.py`, or `--check` to only compare.

A page is a function in the package that returns its whole text; register it below. The test beside the registry
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


def render(page: str) -> str:
    """Return the text of a page as the code has it now."""
    module, _, function = PAGES[page].partition(":")
    text: str = getattr(import_module(module), function)()
    return text


def stale() -> list[str]:
    """Return the pages that are not what the code says."""
    return [page for page in PAGES if not (HERE / page).exists() or (HERE / page).read_text("utf-8") != render(page)]


def main(arguments: list[str]) -> int:
    """Write what is stale, or with `--check` only name it."""
    pages = stale()
    for page in pages:
        print(f"docs/{page}")
        if "--check" not in arguments:
            (HERE / page).parent.mkdir(exist_ok=True)
            (HERE / page).write_text(render(page), "utf-8")
    return 1 if pages and "--check" in arguments else 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    sys.exit(main(sys.argv[1:]))
