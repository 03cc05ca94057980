"""`volon mcp`: the same use-cases for the clients of agents, by the Model Context Protocol.

Source: issue "Where agents live" (the server); agents.md §2; reliability M2.
"""

from __future__ import annotations

import os

from volon.cli.edge import Edge, Finished
from volon.cli.options import with_edge
from volon.errors import ExitCode, NotCommitted, VolonError, extra

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from volon.mcp.door import Answer
    from volon.model.results import Result
    from volon.workspace import Workspace

    T = TypeVar("T")


@with_edge
def mcp(at: Edge) -> None:
    """Serve coding agents over standard input and output, by the Model Context Protocol, until they hang up.

    It needs the SDK: pip install 'volon[mcp]'. Add it to an agent as the command `volon mcp`; see docs/MCP.md.
    """
    try:
        from volon.mcp.server import serve
    except ImportError as error:
        message = "The MCP server needs the SDK of the protocol, which is not installed."
        raise NotCommitted(message, causes=[str(error)], hints=extra("mcp")) from error
    at.start = at.start.absolute()
    # A process holds the directory it stands in, and this one stays: a repository may be moved, or deleted.
    os.chdir(at.start.anchor)
    try:
        if at.stdin.isatty():
            at.stderr.write("Waiting for a client of the protocol, not a person: volon mcp --help. Ctrl-C ends it.\n")
        serve(Door(at))
    except KeyboardInterrupt:
        # Clients that have hung up send a signal, too; what was under way has been unwound.
        raise Finished(ExitCode.DONE) from None


class _Bug(VolonError):
    exit_code = ExitCode.BUG


class Door:
    """Asks volon one thing at a time, each as a run of its own.

    Args:
        at: the surroundings of the server.
    """

    def __init__(self, at: Edge) -> None:
        self._at = at

    def ask(self, use: Callable[[Workspace], Result], dress: Callable[[Result], Result]) -> Answer:
        """Return what a use-case answers, or why it does not; nothing but an interruption is raised."""
        from volon.mcp.door import Answer
        from volon.render.problems import error_page, error_result

        try:
            return self._run(lambda edge: _answer(edge, use, dress))
        except VolonError as error:
            return Answer(_data(error_result(error)), error_page(error).text(), failed=True)

    def look(self, use: Callable[[Workspace], T]) -> T:
        """Return what was read.

        Raises:
            VolonError: it cannot be read.
        """
        return self._run(lambda edge: use(edge.workspace()))

    def _run(self, use: Callable[[Edge], T]) -> T:
        from volon.cli.main import refused, report_bug, told

        at = self._at
        edge = Edge(at.environ, at.start, at.stdin, at.stderr, at.stderr, directory=at.directory)
        try:
            return use(edge)
        except VolonError as error:
            raise told(edge, error) from error
        except OSError as error:
            raise told(edge, refused(error)) from error
        except Exception as error:
            # The server goes on: one question was not answered.
            report_bug(edge, error)
            message = f"A bug in volon: {type(error).__name__}; the report is on the server's standard error."
            raise _Bug(message) from error
        finally:
            edge.look_away()


def _answer(edge: Edge, use: Callable[[Workspace], Result], dress: Callable[[Result], Result]) -> Answer:
    from volon.mcp.door import Answer, sendable

    workspace = edge.workspace()
    result = dress(edge.spelled(edge.settled(use(workspace))))
    notices = "".join(f"Note: {one}\n" for one in workspace.store.notices)
    return Answer(_data(result), sendable(edge.laid_out(result).text() + notices))


def _data(result: Result) -> dict[str, object]:
    """The result as `--json` has it."""
    from volon.render.machine import plain

    return {name: _sendable(value) for name, value in plain(result).items()}


def _sendable(value: object) -> object:
    from volon.mcp.door import sendable

    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    if isinstance(value, dict):
        return {sendable(str(key)): _sendable(item) for key, item in value.items()}
    return value
