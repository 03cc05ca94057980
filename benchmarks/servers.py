"""Row 17: how long an MCP server takes from its start to its answer to `initialize`.

The words after `servers.py` start a server, and the last line is a figure in seconds; with `--hello` it is the server
to compare with, the SDK's own with one tool.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

_CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
_GREETING = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _CLIENT}


def hello() -> None:
    """Be what the SDK's documents begin with."""
    from mcp.server import MCPServer  # noqa: PLC0415  it is what is measured

    server = MCPServer("hello")

    @server.tool()
    def greet(name: str) -> str:
        """Greet somebody."""
        return f"Hello, {name}!"

    server.run("stdio")


def ready(words: list[str]) -> float:
    """Return the seconds until a server has answered."""
    began = time.perf_counter()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(_GREETING).encode() + b"\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        seconds = time.perf_counter() - began
        assert answer["result"]["serverInfo"]["name"], answer
        server.stdin.close()
    return seconds


if __name__ == "__main__":
    if sys.argv[1:] == ["--hello"]:
        hello()
    else:
        print(ready(sys.argv[1:]))
