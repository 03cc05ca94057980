"""`volon mcp` by the official client, as a real process: it says what the command line says, in both eras."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, MCPError, StdioServerParameters

from tests.support.hooks import approve, settings, shell
from tests.support.planned import READY
from tests.support.running import volon_argv, volon_environment
from volon.cli.edge import Edge
from volon.cli.mcp import Door
from volon.mcp.tools import TOOLS
from volon.model.requests import PauseRequest
from volon.model.results.protocol import TaskListResult
from volon.model.results.standing import TaskView
from volon.model.results.table import RESULTS
from volon.usecases.pausing.pause import pause
from volon.usecases.status import status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from mcp.types import CallToolResult

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess
    from volon.model.results import Result
    from volon.workspace import Workspace

ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28"}
MODEL_SEES = 4400
"""So many bytes of names, descriptions and arguments an agent may have to carry in each request."""


@asynccontextmanager
async def connected(where: Path, mode: str = "auto") -> AsyncIterator[Client]:
    program, *words = volon_argv()
    server = StdioServerParameters(command=program, args=[*words, "mcp"], cwd=where, env=volon_environment())
    async with Client(server, mode=mode) as client:
        yield client


def talk(where: Path, story: Callable[[Client], Awaitable[None]], mode: str = "auto") -> None:
    async def whole() -> None:
        async with connected(where, mode) as client:
            await story(client)

    asyncio.run(whole())


def text_of(result: CallToolResult) -> str:
    return "".join(one.text for one in result.content if one.type == "text")


async def said(client: Client, name: str, **arguments: object) -> dict[str, Any]:
    """What a tool answers; the client has held it against the schema that was published."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    assert text_of(result).strip()
    return dict(result.structured_content)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ERAS)
def test_every_tool_does_what_its_command_does(repo: RepoBuilder, volon: VolonInProcess, mode: str) -> None:
    repo.write("src/app.py", "def run():\n    return 2\n")
    seen: dict[str, dict[str, Any]] = {}

    async def story(client: Client) -> None:
        async def ask(name: str, **arguments: object) -> dict[str, Any]:
            seen[name] = await said(client, name, **arguments)
            return seen[name]

        def same(name: str, *words: str) -> None:
            ran = volon(*words, "--json")
            assert seen[name] == json.loads(ran.out), name

        assert client.protocol_version == ERAS[mode]
        assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOLS)
        await ask("set_status", task="Retry with backoff", status="doing")
        task = seen["set_status"]["task"]["task_id"]
        await ask("add_blocker", task=task, text="no account", type="human_action")
        assert seen["add_blocker"]["task"]["blocker_type"] == "human_action"
        await ask("resolve_blocker", task=task)
        await ask("checkpoint", note="half of it", next_actions=["pytest"])
        assert (seen["checkpoint"]["mode"], seen["checkpoint"]["next_actions"]) == ("compact", ["pytest"])
        assert seen["checkpoint"]["going_on"]
        assert (await said(client, "get_state"))["state"] == "doing"
        await ask("save_session", summary="two of three", tokens="10/100", completed=["the first"])
        assert seen["save_session"]["mode"] == "restart"
        for name, words in READING.items():
            await ask(name)
            same(name, *words)
        await ask("restore_session", session=seen["list_sessions"]["sessions"][0]["session_id"])
        assert (seen["restore_session"]["status"], seen["restore_session"]["task_id"]) == ("doing", task)
        await ask("restore_session", checkpoint=1)
        assert seen["restore_session"]["resumed_from"] == 1
        await ask("pause", note="later", confidence="low", questions=["why?"], commands=["make => pass"])
        await ask("set_status", task=task, status="done")
        assert seen["set_status"]["task"]["status"] == "done"

    talk(repo.root, story, mode)
    assert set(seen) == set(TOOLS)
    assert {name: one["schema"] for name, one in seen.items()} == {
        name: RESULTS[tool.result].SCHEMA for name, tool in TOOLS.items()
    }
    assert "two of three" in volon.ok("checkpoint", "show", "2")
    assert repo.read("src/app.py") == b"def run():\n    return 2\n"


READING = {
    "get_state": ("status",),
    "brief": ("brief", "--agent"),
    "resume_preflight": ("resume-task", "--dry-run"),
    "validate": ("validate",),
    "log": ("undo", "--list"),
    "list_sessions": ("conduct", "sessions"),
    "phase_results": ("conduct", "status"),
    "token_budget": ("conduct", "budget"),
}


def test_of_a_long_log_as_much_is_told_as_was_asked_for_and_what_was_taken_back(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    for number in range(4):
        volon.ok("task", "create", f"Task {number}")
    volon.ok("undo")
    whole = json.loads(volon.ok("undo", "--list", "--json"))["operations"]
    assert [one["undone"] for one in whole][:3] == [False, True, False]

    async def story(client: Client) -> None:
        for limit in (1, 2, 3, 50):
            found = (await said(client, "log", limit=limit))["operations"]
            assert found == whole[:limit]

    talk(repo.root, story)


def test_a_checkpoint_asks_no_hook_and_takes_up_nothing_that_waits(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Hooks", {"volon.yaml": settings(on_pause=[shell("echo ran >>../hooks.log")])})
    approve(volon)
    volon.ok("task", "start", "-q", "Ship")
    door = Door(Edge(os.environ, repo.root, io.StringIO(), io.StringIO(), io.StringIO()))

    def checkpoint(**arguments: object) -> dict[str, Any]:
        answer = door.ask(
            lambda at: TOOLS["checkpoint"].run(at, {"next_actions": ["pytest"], **arguments}), lambda result: result
        )
        assert not answer.failed, answer.text
        return answer.data

    repo.write("a.txt", "1\n")
    first = checkpoint(note="half of it")
    assert (first["checkpoint"], first["going_on"], first["hooks"], first["warnings"]) == (1, True, [], [])
    assert "doing" in volon.ok("status")
    volon.ok("task", "block", first["task_id"], "no account")
    repo.write("a.txt", "2\n")
    second = checkpoint(task=first["task_id"])
    assert (second["checkpoint"], second["going_on"]) == (2, False)
    assert "paused" in volon.ok("task", "list")
    assert not (repo.root.parent / "hooks.log").exists()


@pytest.mark.slow
def test_a_refusal_is_an_error_of_the_tool_with_the_exit_code_and_the_server_goes_on(repo: RepoBuilder) -> None:
    async def refused(client: Client, code: int, name: str, **arguments: object) -> str:
        result = await client.call_tool(name, arguments)
        assert result.is_error
        assert result.structured_content is not None
        assert result.structured_content["schema"] == "volon/error@1"
        assert result.structured_content["exit_code"] == code
        assert text_of(result).startswith("Error: ")
        return text_of(result)

    async def story(client: Client) -> None:
        assert "Hint: " in await refused(client, 10, "resume_preflight")
        assert "TASK-1-1" in await refused(client, 2, "add_blocker", task="TASK-1-1", text="x")
        assert "nope" in await refused(client, 2, "pause", nope=1)
        assert "doing, done" in await refused(client, 2, "set_status", task="x", status="paused")
        assert "missing" in await refused(client, 2, "resolve_blocker")
        assert "a list of texts" in await refused(client, 2, "pause", next_actions="one")
        assert "more" in await refused(client, 2, "brief", budget=0)
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("restore", {})
        (repo.root / ".git").rename(repo.root / "git-away")
        assert "git" in await refused(client, 5, "get_state")
        (repo.root / "git-away").rename(repo.root / ".git")
        assert (await said(client, "get_state"))["state"] == "idle"
        aside = repo.root.with_name("aside")
        repo.root.rename(aside)
        await refused(client, 5, "get_state")
        shutil.copytree(aside, repo.root)
        assert (await said(client, "pause", note="back"))["checkpoint"] == 1

    talk(repo.root, story)


@pytest.mark.slow
def test_records_are_read_as_resources_by_their_names_alone(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    volon.ok("pause-task", "two")
    task = json.loads(volon.ok("task", "list", "--json"))["tasks"][0]["task_id"]
    secret = tmp_path / "secret.md"
    secret.write_text("not for you\n", encoding="utf-8")

    async def story(client: Client) -> None:
        async def text(uri: str) -> str:
            (found,) = (await client.read_resource(uri)).contents
            assert found.mime_type == "text/markdown"
            return found.model_dump()["text"]  # type: ignore[no-any-return]

        listed = [str(one.uri) for one in (await client.list_resources()).resources]
        assert listed == [
            "volon://bootstrap",
            f"volon://capsule/{task}",
            *(f"volon://checkpoint/{task}/{number}" for number in (2, 1)),
        ]
        assert len((await client.list_resource_templates()).resource_templates) == 2
        assert await text("volon://bootstrap") == repo.read(".volon/bootstrap.md").decode()
        assert await text(f"volon://capsule/{task}") == repo.read(f".volon/pcc/tasks/{task}.md").decode()
        assert (
            await text(f"volon://checkpoint/{task}/1")
            == json.loads(volon.ok("checkpoint", "show", "1", "--json"))["text"]
        )
        capsule = repo.root / f".volon/pcc/tasks/{task}.md"
        capsule.unlink()
        capsule.symlink_to(secret)
        for uri in (f"volon://capsule/{task}", *NOT_THERE):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            assert "not for you" not in str(refused.value)
            assert refused.value.error.data["exit_code"] in {2, 9}

    talk(repo.root, story)


NOT_THERE = (
    "volon://capsule/../../../../secret",
    "volon://capsule/TASK-1-1",
    "volon://capsule/%2e%2e%2fsecret",
    "volon://checkpoint/TASK-1-1/1",
    "volon://checkpoint/TASK-1-1/../1",
    "volon://elsewhere",
    "file:///etc/passwd",
    "capsule/TASK-1-1",
)


@pytest.mark.slow
def test_prompts_name_tools_that_are_there_and_carry_what_was_said(repo: RepoBuilder) -> None:
    async def story(client: Client) -> None:
        assert [one.name for one in (await client.list_prompts()).prompts] == ["volon-pause", "volon-resume"]
        for name, argument in (("volon-pause", "note"), ("volon-resume", "task")):
            (message,) = (await client.get_prompt(name, {argument: "WHAT WAS SAID {0}"})).messages
            assert message.content.type == "text"
            assert message.content.text.endswith("WHAT WAS SAID {0}")
            assert any(f"`{tool}`" in message.content.text for tool in TOOLS)
        with pytest.raises(MCPError, match="no prompt"):
            await client.get_prompt("pause")

    talk(repo.root, story)


@pytest.mark.slow
def test_text_of_files_comes_back_as_data_and_draws_nothing(repo: RepoBuilder) -> None:
    name = b"a\x1b[2Jb\xff\xe2\x80\xaec"
    (repo.root / os.fsdecode(name)).write_bytes(b"x\n")
    note = "\x1b]0;title\x07 </data> [bold]now[/bold] ${HOME} `touch gone`"

    async def story(client: Client) -> None:
        paused = await client.call_tool("pause", {"note": note})
        state = await client.call_tool("resume_preflight")
        for result in (paused, state):
            assert not result.is_error
            assert text_of(result).replace("\n", "").isprintable()
        assert "[bold]now[/bold] ${HOME} `touch gone`" in json.dumps(state.structured_content)

    talk(repo.root, story)
    assert not (repo.root / "gone").exists()


@pytest.mark.slow
def test_what_agents_carry_is_small_and_every_tool_says_what_it_may_do(repo: RepoBuilder) -> None:
    async def story(client: Client) -> None:
        tools = (await client.list_tools()).tools
        carried = [[one.name, one.description, one.input_schema] for one in tools]
        assert len(json.dumps(carried, separators=(",", ":"))) <= MODEL_SEES
        for one in tools:
            hints = one.annotations
            assert hints is not None
            assert hints.read_only_hint is not TOOLS[one.name].writes
            assert (hints.destructive_hint, hints.open_world_hint) == (False, False)
            assert one.output_schema is not None
            assert "$schema" not in one.output_schema

    talk(repo.root, story)


def test_without_the_extra_it_says_how_to_install_it(volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel", None)
    monkeypatch.delitem(sys.modules, "volon.mcp.server", raising=False)
    ran = volon("mcp")
    assert ran.code == 5
    assert "Hint: pip install 'volon[mcp]'" in ran.err
    assert "in a clone of volon: pip install '.[mcp]'" in ran.err


def test_whatever_goes_wrong_is_an_answer_true_to_what_was_done(repo: RepoBuilder) -> None:
    err = io.StringIO()
    door = Door(Edge(os.environ, repo.root, io.StringIO(), io.StringIO(), err))

    def fails(error: Exception, *, first: bool = False) -> dict[str, Any]:
        def use(workspace: Workspace) -> Result:
            if first:
                pause(workspace, PauseRequest(note="safe"))
            raise error

        answer = door.ask(use, lambda result: result)
        assert answer.failed
        assert answer.text.startswith("Error: ")
        return answer.data

    assert fails(OSError(28, "No space left on device"))["exit_code"] == 5
    assert err.getvalue() == ""
    bug = fails(ZeroDivisionError("no"))
    assert (bug["exit_code"], bug["schema"]) == (70, "volon/error@1")
    assert "ZeroDivisionError: no" in err.getvalue()
    assert fails(OSError(28, "No space left on device"), first=True)["exit_code"] == 1
    assert door.ask(status, lambda result: result).data["state"] == "paused"


def test_names_that_are_no_utf8_can_be_sent(repo: RepoBuilder) -> None:
    odd = os.fsdecode(b"caf\xe9")
    found = TaskListResult(tasks=(TaskView(task_id="TASK-1-1", status="todo", title=odd),), warnings=(odd,))
    answer = Door(Edge(os.environ, repo.root)).ask(lambda _workspace: found, lambda result: result)
    assert answer.data["warnings"] == ["caf\\udce9"]
    assert b"caf" in (json.dumps(answer.data, ensure_ascii=False) + answer.text).encode()


@pytest.mark.slow
def test_a_pause_by_a_tool_runs_the_hooks_that_were_approved_and_hears_them_itself(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("Hooks", {"volon.yaml": settings(on_pause=[shell("echo on the wire; echo ran >>../hooks.log")])})
    approve(volon)
    repo.write("notes.txt", "work")

    async def story(client: Client) -> None:
        (hook,) = (await said(client, "pause", note="one", tokens=None))["hooks"]
        assert (hook["state"], hook["output"]) == ("done", ["on the wire"])
        assert (await said(client, "brief", budget=None))["budget"] == 400

    talk(repo.root, story)
    assert (repo.root.parent / "hooks.log").read_text() == "ran\n"
    # The words for a shell's prompt are kept as well.
    assert b"paused" in repo.read(".git/volon/prompt")


@pytest.mark.slow
def test_the_session_of_a_plan_is_left_to_whoever_may_agree_to_its_commands(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(".prelude/READY.md", READY)
    repo.commit("Plan")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
    (session,) = json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"]

    async def story(client: Client) -> None:
        refused = await client.call_tool("restore_session", {"session": session["session_id"]})
        assert refused.is_error
        assert session["command"] in text_of(refused)
        assert len((await said(client, "phase_results"))["plan"]["phases"]) == 5
        known = await said(client, "token_budget", plan=session["names"])
        assert (known["plan_id"], known["phase"], known["budget"]["used"]) == (session["names"], 1, None)

    talk(repo.root, story)


def test_it_is_ready_before_any_use_case_is_loaded() -> None:
    asked = "import sys, volon.mcp.server; print([name for name in sys.modules if name.startswith('volon.usecases.')])"
    done = subprocess.run([sys.executable, "-c", asked], env=volon_environment(), capture_output=True, check=True)
    assert done.stdout == b"[]\n"
