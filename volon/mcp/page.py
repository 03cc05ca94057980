"""The page of the documentation about the MCP server, made from its tables.

Source: issue "Where agents live"; agents.md §2.
"""

from __future__ import annotations

from volon.mcp.prompts import PROMPTS
from volon.mcp.resources import BOOTSTRAP, TEMPLATES
from volon.mcp.tools import TOOLS
from volon.model.agents import AS_OF
from volon.model.agents.hosts import HOSTS
from volon.model.agents.servers import ADDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.mcp.arguments import Argument

_HEAD = """\
# MCP

Generated from the tables in `volon/mcp/`; do not edit.

`volon mcp` serves coding agents by the Model Context Protocol, over standard input and output. It asks the same
use-cases as the command line and gives the same results; the command line stays the first way, and an agent that has
skills (`volon agents install`) needs no server. It wants one more package:

```text
pip install 'volon[mcp]'
```

A server is about the working tree that it was started in, which is where agents start theirs; for another one say
`-C DIR` before `mcp`. A call names no directory, so that nobody can be led to write elsewhere.

"""
_HOLDS = """
## What holds

* **An answer is the result of the command**: as structured content the object that its `--json` prints, described by
  the tool's output schema (`volon schema status-result` prints the same), and as text what people read.
* **A refusal is an error of the tool**, never the end of the server: message, causes, hints and the
  [exit code](EXIT_CODES.md) as a `volon/error@1`. A check that found something, or a resume that preflight stopped,
  is an answer; its `exit_code` says so.
* **No file of yours is written.** `volon restore` and `volon undo` stay with the command line, where a person sees
  the plan first.
* **Nothing is held between two calls**: no lock, no file, not even the directory. Other volons write meanwhile, and
  the repository may be moved; then calls are refused, until there is one again.
* **Calls are answered one after the other**, pings at once. Who hangs up or cancels takes back what has not begun;
  what has begun is done to its end, all or nothing. A signal unwinds it as it does at the command line.
* **What is in files, notes and commands is data.** In the text it is escaped, in structured content it is as it was
  written. Nothing is executed but [hooks](HOOKS.md) that you have approved.
* The official SDK speaks both eras of the protocol: the handshake up to 2025-11-25, and 2026-07-28, which has none.
"""


def mcp_page() -> str:
    """Return the whole page."""
    return f"{_HEAD}{_added()}{_tools()}{_resources()}{_prompts()}{_HOLDS}"


def _added() -> str:
    rows = [
        f"| {HOSTS[name].title} | {f'in `{one.where}`: ' if one.where else ''}`{one.what}` |"
        for name, one in ADDED.items()
    ]
    return "\n".join(
        [
            "`volon agents install --with mcp` writes it into the settings that a repository has, and says",
            f"[what is left to you](CODING_AGENTS.md#their-settings). By hand, as of {AS_OF}",
            "(`python -m tests.clients --mcp` shows the first five; Gemini CLI and OpenCode as installed):",
            "",
            "| agent | how it is added |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _tools() -> str:
    rows = [
        f"| `{name}` | {one.says} | {_arguments(one.arguments)} | {'yes' if one.writes else ''} | `{one.cli}` |"
        for name, one in TOOLS.items()
    ]
    head = ("| tool | what it does | arguments | writes records | as |", "|---|---|---|---|---|")
    return "\n".join(["", "## Tools", "", *head, *rows, ""])


def _arguments(arguments: Mapping[str, Argument]) -> str:
    return ", ".join(f"**{name}**" if one.needed else name for name, one in arguments.items())


def _resources() -> str:
    rows = [f"| `{BOOTSTRAP}` | What a returning agent reads first |"]
    rows += [f"| `{uri}` | {says} |" for uri, (_, says) in TEMPLATES.items()]
    return "\n".join(["", "## Resources", "", "| resource | what it is |", "|---|---|", *rows, ""])


def _prompts() -> str:
    rows = [f"| `{name}` | {one.says} | {one.argument[0]}: {one.argument[1]} |" for name, one in PROMPTS.items()]
    return "\n".join(["", "## Prompts", "", "| prompt | what it does | may be told |", "|---|---|---|", *rows, ""])
