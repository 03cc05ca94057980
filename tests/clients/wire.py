"""A stand-in on the loopback for the models of coding agents: it answers in each of their four wire formats.

Every request is kept, so that a test can see what an agent tells its model. The answer is one word, or that the agent
shall run a command, by the tool it offers for that.
"""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SAYS = "MOCK-OK"
SHELLS = {"Bash": "command", "bash": "command", "exec_command": "cmd", "run_shell_command": "command"}
"""The tools by which agents run commands, and the argument that takes the command."""
_TOKENS = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}


class Call(NamedTuple):
    """A tool to be called: the id of the call, the tool, and what it is given."""

    id: str
    tool: str
    arguments: dict[str, str]


class Wire:
    """The server; `with Wire() as wire:` runs it.

    Args:
        commands: what the agent shall run, one for each request that offers a tool for it. The next one is asked for
            when the one before has been run, so a generator can look at what came of that. One word when none is left.

    Attributes:
        heard: the bodies of the requests so far, as text.
    """

    def __init__(self, commands: Iterable[str] = ()) -> None:
        self.heard: list[str] = []
        self._commands, self._one = iter(commands), Lock()
        wire = self

        class Handler(_Handler):
            heard = wire.heard
            said = wire.said

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def said(self, asked: dict[str, Any]) -> str | Call:
        """Return the answer to a request."""
        offered = [one.get("name") for tool in asked.get("tools") or () for one in _tools(tool)]
        tool = next((name for name in offered if name in SHELLS), None)
        with self._one:
            command = next(self._commands, None) if tool else None
            if tool is None or command is None:
                return SAYS
            return Call(f"call_{len(self.heard)}", tool, {SHELLS[tool]: command, "description": "Run it"})


def _tools(tool: dict[str, Any]) -> list[dict[str, Any]]:
    """The functions of one entry, which holds several in one of the formats."""
    return tool.get("functionDeclarations") or [tool.get("function") or tool]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: list[str]
    said: Callable[[dict[str, Any]], str | Call]

    def handle(self) -> None:
        """Go on also when whoever asked was killed."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._send("")

    def do_GET(self) -> None:
        models = {"object": "list", "data": [{"id": "mock-model", "object": "model"}], "models": []}
        self._send(json.dumps(models))

    def do_POST(self) -> None:
        data = self._body()
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        self.heard.append(data.decode("utf-8", "replace"))
        asked = json.loads(data or b"{}")
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens") or "countTokens" in path:
            self._send(json.dumps({"input_tokens": 42, "totalTokens": 42}))
        elif path.endswith("/v1/messages"):
            self._stream(_messages(asked.get("model", "m"), self.said(asked)), named=True)
        elif path.endswith("/responses"):
            self._stream(_responses(self.said(asked)), named=True)
        elif path.endswith("/chat/completions"):
            self._completions(self.said(asked), stream=bool(asked.get("stream")))
        elif "generatecontent" in path.lower():
            self._generated(self.said(asked), stream="stream" in path.lower())
        else:
            self._send("{}")

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        data = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def _send(self, body: str, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def _stream(self, events: Iterable[dict[str, Any]], *, named: bool = False, end: str = "") -> None:
        lines = ((f"event: {one['type']}\n" if named else "") + f"data: {json.dumps(one)}\n\n" for one in events)
        self._send("".join(lines) + end, "text/event-stream")

    def _completions(self, says: str | Call, *, stream: bool) -> None:
        base = {"id": "c1", "object": "chat.completion" + ".chunk" * stream, "created": 1, "model": "mock-model"}
        message: dict[str, Any] = {"role": "assistant", "content": says}
        if isinstance(says, Call):
            function = {"name": says.tool, "arguments": json.dumps(says.arguments)}
            calls = [{"index": 0, "id": says.id, "type": "function", "function": function}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        reason = "tool_calls" if isinstance(says, Call) else "stop"
        if not stream:
            choice = {"index": 0, "message": message, "finish_reason": reason}
            return self._send(json.dumps({**base, "choices": [choice], "usage": _TOKENS}))
        said = {**base, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
        over = {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": _TOKENS}
        return self._stream([said, over], end="data: [DONE]\n\n")

    def _generated(self, says: str | Call, *, stream: bool) -> None:
        part: dict[str, Any] = {"text": says}
        if isinstance(says, Call):
            part = {"functionCall": {"name": says.tool, "args": says.arguments}}
        said = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 3, "totalTokenCount": 13}
        answer = {"candidates": [said], "usageMetadata": usage, "modelVersion": "mock"}
        return self._stream([answer]) if stream else self._send(json.dumps(answer))


def _messages(model: str, says: str | Call) -> list[dict[str, Any]]:
    usage = {"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
    block: dict[str, Any] = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": says}
    if isinstance(says, Call):
        block = {"type": "tool_use", "id": f"toolu_{says.id}", "name": says.tool, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(says.arguments)}
    reason = "tool_use" if isinstance(says, Call) else "end_turn"
    return [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]


def _responses(says: str | Call) -> list[dict[str, Any]]:
    text: dict[str, Any] = {"type": "output_text", "text": says, "annotations": []}
    item: dict[str, Any] = {
        "type": "message",
        "id": "m1",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    if isinstance(says, Call):
        said = {"call_id": says.id, "name": says.tool, "arguments": json.dumps(says.arguments)}
        item = {"type": "function_call", "id": f"fc_{says.id}", "status": "completed", **said}
    usage = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    response = {"id": "resp_1", "object": "response", "status": "completed", "output": [item]}
    return [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {**response, "usage": usage | details}},
    ]
