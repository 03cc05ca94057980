"""What agents write, as it was recorded from each of them (cut to what matters), and what is heard in it."""

from __future__ import annotations

import pytest

from tests.support.running import PROJECT_ROOT
from volon.model.agents import AS_OF
from volon.model.agents.programs import AGENTS, Heard, expanded, heard

CLAUDE = (
    b'{"duration_api_ms":97,"stop_reason":"end_turn","usage":{"input_tokens":1000,"cache_creation_input_tokens":0,'
    b'"cache_read_input_tokens":0,"output_tokens":5},"modelUsage":{"claude-opus-5-5":{"inputTokens":1000,"outputTokens":5,'
    b'"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.0041}},"is_error":false,"subtype":"success",'
    b'"result":"MOCK-OK","type":"result","duration_ms":319}\n'
)
CODEX = b"""\
Reading additional input from stdin...
{"type":"thread.started","thread_id":"01a200cb"}
{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `mock-model` not found."}}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"MOCK-OK"}}
{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":0,"cache_write_input_tokens":0,\
"output_tokens":3,"reasoning_output_tokens":0}}
"""
COPILOT = b"""\
{"type":"assistant.message","data":{"messageId":"72eade72","model":"mock-model","content":"MOCK-OK","turnId":"0"}}
{"type":"result","exitCode":0,"usage":{"premiumRequests":0,"totalApiDurationMs":74,"sessionDurationMs":548}}
"""
GEMINI = b"""\
Ripgrep is not available. Falling back to GrepTool.
{
  "session_id": "2dea4436",
  "response": "MOCK-OK",
  "stats": {
    "models": {
      "mock": {
        "tokens": {
          "input": 10,
          "prompt": 10,
          "candidates": 3,
          "total": 13,
          "cached": 0,
          "thoughts": 0,
          "tool": 0
        }
      }
    }
  }
}"""
OPENCODE = b"""\
{"type":"step_start","part":{"id":"prt_1","type":"step-start"}}
{"type":"text","part":{"id":"prt_2","type":"text","text":"MOCK-OK"}}
{"type":"step_finish","part":{"id":"prt_3","reason":"stop","type":"step-finish","tokens":{"total":13,"input":10,"output":3,\
"reasoning":0,"cache":{"write":0,"read":0}},"cost":0}}
"""
QWEN = (
    b'[{"type":"system","subtype":"init","model":"mock-model"},{"type":"assistant","message":{"role":"assistant",'
    b'"content":[{"type":"text","text":"MOCK-OK"}],"usage":{"input_tokens":10,"output_tokens":3}}},{"type":"result",'
    b'"subtype":"success","result":"MOCK-OK","usage":{"input_tokens":20,"output_tokens":6,"total_tokens":26},"stats":'
    b'{"models":{"mock-model":{"tokens":{"prompt":20,"candidates":6,"total":26,"cached":0,"thoughts":0}}}}}]\n'
)


@pytest.mark.parametrize(
    ("name", "output", "tokens"),
    [
        ("claude", CLAUDE, (1000, 5)),
        ("codex", CODEX, (10, 3)),
        ("copilot", COPILOT, None),
        ("gemini", GEMINI, (10, 3)),
        ("opencode", OPENCODE, (10, 3)),
        ("qwen", QWEN, (20, 6)),
    ],
)
def test_tokens_and_the_last_message_are_heard_in_what_an_agent_writes(
    name: str, output: bytes, tokens: tuple[int, int] | None
) -> None:
    said = Heard(tokens, "MOCK-OK")
    for words in (AGENTS[name].words, (f"/opt/bin/{name}", "--whatever")):
        assert heard(words, lambda: b"noise { [\n" + output + b"\nmore\n") == said
    # What it would say in other words is not known, and other programs are not listened to.
    for strange in (
        output.replace(b"{", b"["),
        output.replace(b'":', b'x":'),
        b'{"a":\n' * 9000,
        b"[" * 99999,
        b"{\n" * 999,
    ):
        assert heard((name,), lambda strange=strange: strange).tokens is None  # type: ignore[misc]
    assert heard(("./agent",), lambda: output) == Heard()


def test_only_a_name_alone_stands_for_an_agent_and_each_is_told_where_its_brief_is() -> None:
    assert expanded(("claude",)) == AGENTS["claude"].words
    assert expanded(("claude", "-p")) == ("claude", "-p")
    assert expanded(("./claude",)) == ("./claude",)
    documented = (PROJECT_ROOT / "docs/CONDUCT.md").read_text()
    assert AS_OF in documented
    for name, agent in AGENTS.items():
        assert f"\n| `{name}` | `{name} " in documented
        assert (agent.words[0], "{text}" in agent.words) == (name, True)
