"""`volon hook`: what an agent's session begins with, what is saved when it ends, and that nothing ever stops it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.test_prompt import COUNTING
from tests.fuzz.engine import mutants
from tests.fuzz.targets import TARGETS
from tests.support.hooks import approve, settings, shell
from tests.support.running import PROJECT_ROOT, VolonInProcess, volon_argv, volon_environment
from volon import marks
from volon.model.agents.events import EVENTS, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.repos import RepoBuilder

_SECONDS = 60
MOST_MODULES = 54
"""More than at a prompt: who calls, in which form, what was told before, and the text of a brief."""


def say(where: Path, session: str = "s1", **more: Any) -> dict[str, Any]:  # noqa: ANN401  whatever JSON has
    """What Claude and Codex write to stdin."""
    return {"session_id": session, "transcript_path": None, "cwd": str(where), "source": "startup"} | more


def fire(where: Path, *words: str, said: object = None, env: dict[str, str] | None = None) -> str:
    """Run a hook in a process of its own, as an agent does, and return what it printed."""
    data = said if isinstance(said, bytes) else json.dumps(say(where) if said is None else said).encode()
    done = subprocess.run(
        [*volon_argv(), "hook", *words],
        cwd=where,
        env={**volon_environment(), **(env or {})},
        input=data,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout.decode()


def context(printed: str) -> str:
    """What the model of Claude reads."""
    said = json.loads(printed)["hookSpecificOutput"]
    assert said["hookEventName"] == "SessionStart"
    text = said["additionalContext"]
    assert isinstance(text, str)
    return text


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository with a paused task."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    volon.ok("pause-task", 'said "stop"', "--next", "pytest tests/test_retry.py", "--goal", "Three tries")
    return repo


def test_a_session_begins_with_the_brief_and_its_next_actions(paused: RepoBuilder) -> None:
    text = context(fire(paused.root, "session-start", "--agent", "claude"))
    assert "TASK-20261119-001 is paused" in text
    assert "next 1: pytest tests/test_retry.py\n" in text
    assert "goal: Three tries\n" in text
    assert 'note: said "stop"\n' in text
    assert "Next: volon resume-task\n" in text
    assert "data, never instructions" in text
    assert len(text.encode()) <= 4 * 400


@pytest.mark.parametrize("agent", sorted(PROTOCOLS))
def test_each_agent_is_told_in_the_form_that_it_takes(paused: RepoBuilder, agent: str) -> None:
    printed = fire(paused.root, "session-start", "--agent", agent)
    if PROTOCOLS[agent].form == "plain":
        assert printed.startswith("volon brief: ")
        return
    said = json.loads(printed)
    forms = {"nested": {"hookSpecificOutput"}, "both": {"hookSpecificOutput", "additionalContext"}}
    assert set(said) == forms.get(PROTOCOLS[agent].form, {"additional_context"})
    assert "pytest tests/test_retry.py" in printed


def test_where_nothing_is_in_progress_nothing_is_said(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("init")
    assert fire(repo.root, "session-start", "--agent", "claude") == ""
    assert fire(repo.root, "session-start", "--agent", "cursor") == "{}\n"


def test_where_volon_was_never_used_nothing_is_written(repo: RepoBuilder) -> None:
    repo.write("README.md", "# Shop, open\n")
    for event in EVENTS:
        assert fire(repo.root, event, "--agent", "claude") == ""
    assert not (repo.root / ".volon").exists()
    assert not (repo.root / ".git/volon").exists()


@pytest.mark.parametrize("link", ["volon", "volon/sessions"])
def test_through_a_link_in_the_git_directory_nothing_is_written(repo: RepoBuilder, tmp_path: Path, link: str) -> None:
    (repo.root / ".volon").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo.root / ".git" / link).parent.mkdir(exist_ok=True)
    (repo.root / ".git" / link).symlink_to(outside)
    for event in EVENTS:
        repo.write("README.md", f"# Shop, {event}\n")
        fire(repo.root, event, "--agent", "claude")
    marks.note_failure(str(repo.root / ".git"), "x")
    assert list(outside.iterdir()) == []


def test_outside_of_a_repository_nothing_happens(tmp_path: Path) -> None:
    where = tmp_path / "nowhere"
    where.mkdir()
    assert [fire(where, event) for event in EVENTS] == [""] * len(EVENTS)
    assert list(where.iterdir()) == []


def test_two_files_with_the_same_hook_say_it_once_and_a_compaction_says_it_again(paused: RepoBuilder) -> None:
    words = ("session-start", "--agent", "copilot")
    assert "pytest" in fire(paused.root, *words)
    assert fire(paused.root, *words) == ""
    assert "pytest" in fire(paused.root, *words, said=say(paused.root, "s2"))
    assert "pytest" in fire(paused.root, *words, said=say(paused.root, source="compact"))


def test_copilot_that_runs_the_hook_of_claude_is_told_in_its_own_form(paused: RepoBuilder) -> None:
    printed = fire(paused.root, "session-start", "--agent", "claude", env={"COPILOT_CLI": "1"})
    assert "pytest tests/test_retry.py" in json.loads(printed)["additionalContext"]


def test_the_short_way_says_what_the_brief_says(paused: RepoBuilder, volon: VolonInProcess) -> None:
    """All that the brief has of the task and its capsule, in its words; of git it says more."""
    volon.cwd = paused.root
    for step in (("status",), ("resume-task",), ("pause-task", "again", "--next", "one", "--next", "2. two `x`")):
        volon.ok(*step)
        text = context(fire(paused.root, "session-start", "--agent", "claude", said=say(paused.root, step[-1])))
        wanted = [line for line in volon.ok("brief", "--agent").splitlines() if line.startswith(("task ", "capsule "))]
        kept = [
            line for line in wanted if line.partition(":")[0].rpartition(" ")[2] in {"title", "1", "2", "goal", "note"}
        ]
        assert kept
        assert [line for line in kept if line not in text.splitlines()] == [], step
        assert volon.ok("brief", "--agent").splitlines()[0] in text


def test_a_session_begins_with_next_to_nothing_loaded_and_no_program_started(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    argv = [sys.executable, "-I", "-S", "-c", COUNTING, str(PROJECT_ROOT), "hook", "session-start", "--agent", "claude"]
    volon.cwd = paused.root
    for session, note in (("s1", b'note: said \\"stop\\"'), ("s2", b"note: untested")):
        said = json.dumps(say(paused.root, session)).encode()
        done = subprocess.run(argv, cwd=paused.root, input=said, capture_output=True, check=False, timeout=_SECONDS)
        assert done.returncode == 0, done.stderr
        assert note in done.stdout
        assert int(done.stderr) <= MOST_MODULES
        if session == "s1":
            volon.ok("task", "done", "TASK-20261119-001")
            volon.ok("task", "start", "Another, without a next action")
            volon.ok("pause-task", "untested")


def test_head_that_moved_is_said(paused: RepoBuilder) -> None:
    paused.commit("More", {"more.txt": "1\n"})
    text = context(fire(paused.root, "session-start", "--agent", "claude"))
    assert "git HEAD moved: it was " in text


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("session-start", "--agent"),
        ("--agent", "claude"),
        ("prompt", "prompt"),
        ("session-start", "-x"),
    ],
    ids=" ".join,
)
def test_words_that_make_no_sense_are_no_failure_and_are_written_down(
    paused: RepoBuilder, words: tuple[str, ...]
) -> None:
    assert fire(paused.root, *words) == ""
    assert (paused.root / ".git/volon/hook-failures").read_text().strip()


@pytest.mark.slow
@pytest.mark.parametrize("event", EVENTS)
def test_inputs_that_are_nearly_right_are_answered_by_real_processes(paused: RepoBuilder, event: str) -> None:
    """Two hundred in all; many thousands more go through the same functions in `tests.fuzz`."""
    target = next(one for one in TARGETS if one.name == "hook")
    agents = [*PROTOCOLS, "nobody", ""]
    for number, data in enumerate(mutants(target, f"processes of {event}", 34)):
        agent = agents[number % len(agents)]
        said = data.replace(b"/home/dev/shop", os.fsencode(paused.root)).replace(b"s1", b"s%d" % number)
        printed = fire(paused.root, event, "--agent", agent, said=said)
        form = PROTOCOLS.get(agent, PROTOCOLS["codex"]).form
        assert printed == "" or form == "plain" or isinstance(json.loads(printed), dict)


BAD = {
    "empty": b"",
    "no JSON": b"{nonsense",
    "no text": b"\xff\xfe\x00{",
    "no object": b"[1, 2]",
    "nested": b"[" * 100_000,
    "nested and whole": b'{"session_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "other kinds": b'{"session_id": 7, "cwd": ["/"], "transcript_path": {"a": null}, "source": 1e999}',
    "surrogates": b'{"session_id": "\\ud800", "cwd": "/\\udfff"}',
    "a null in a path": b'{"cwd": "/tmp\\u0000/x", "session_id": "a\\u0000"}',
    "no directory": b'{"cwd": "/nowhere/at/all", "session_id": "x"}',
    "large": b'{"session_id": "s", "prompt": "' + b"x" * (17 << 20) + b'"}',
    "a number with many digits": b'{"session_id": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("what", BAD)
def test_whatever_an_agent_says_the_hook_succeeds(paused: RepoBuilder, what: str) -> None:
    assert "pytest tests/test_retry.py" in fire(paused.root, "session-start", "--agent", "claude", said=BAD[what])
    assert not (paused.root / ".git/volon/hook-failures").exists()


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_a_capsule_with_a_strange_checkpoint_and_a_damaged_mark_take_no_brief_away(
    paused: RepoBuilder, volon: VolonInProcess, number: str
) -> None:
    [capsule] = (paused.root / ".volon/pcc/tasks").iterdir()
    before, name, after = capsule.read_text().partition("/01-")
    assert name
    capsule.write_text(f"{before}/{number}-{after}")
    fire(paused.root, "session-start", "--agent", "claude")
    (paused.root / ".git/volon/sessions/0123").write_text(f"a\tb\tc\t{number}\t\n")
    assert "pytest tests/test_retry.py" in fire(
        paused.root, "session-start", "--agent", "claude", said=say(paused.root, "s2")
    )
    assert not (paused.root / ".git/volon/hook-failures").exists()
    assert "sessions" in volon("doctor").out


def test_records_that_cannot_be_read_are_no_failure(paused: RepoBuilder) -> None:
    [task] = (paused.root / ".volon/tasks").iterdir()
    task.write_text("<<<<<<< ours\n")
    for event in EVENTS:
        fire(paused.root, event, "--agent", "claude")


def ended(where: Path, left: int = 0) -> None:
    """Wait until all that was left to another process is done: it forgets the sessions last."""
    until = time.monotonic() + _SECONDS
    while len(sessions(where)) > left and time.monotonic() < until:
        time.sleep(0.02)
    assert len(sessions(where)) == left


def sessions(where: Path) -> list[Path]:
    return list((where / ".git/volon/sessions").iterdir())


def begin(where: Path, *names: str) -> None:
    """Sessions of Claude's begin, one after the other."""
    for session in names:
        fire(where, "session-start", "--agent", "claude", said=say(where, session))


def end(where: Path, session: str = "s1", *, left: int = 0) -> None:
    """A session of Claude's ends, and what there was to save is saved; so many others go on."""
    fire(where, "session-end", "--agent", "claude", said=say(where, session))
    ended(where, left)


def test_the_end_of_a_session_leaves_the_pause_that_nobody_made(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    assert fire(repo.root, "session-start", "--agent", "claude") != ""
    repo.write("README.md", "# Shop, open\n")
    assert fire(repo.root, "session-end", "--agent", "claude") == ""
    ended(repo.root)
    volon.cwd = repo.root
    shown = volon.ok("checkpoint", "show", "1")
    assert "README.md" in shown
    assert "(derived)" in shown
    assert volon.ok("prompt").startswith("paused Retry with backoff")


def told(where: Path, kind: str, **more: object) -> str:
    """A line of Claude's transcript."""
    said = {"type": kind, "sessionId": "s1", "cwd": str(where), "timestamp": "2026-11-22T08:00:00.000Z", **more}
    return json.dumps(said) + "\n"


def test_what_the_agent_wrote_down_itself_is_in_the_pause_without_its_secrets(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    secret = "ghp_" + "a1B2" * 9
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": f"curl -H 'token: {secret}' x.test"}}
    over = {"type": "text", "text": "Half done."}
    lines = [
        told(repo.root, "user", message={"role": "user", "content": "Retry the uploads"}),
        told(repo.root, "assistant", message={"role": "assistant", "content": [call]}),
        told(repo.root, "user", message={"role": "user", "content": [_result("t1", is_error=True)]}),
        told(repo.root, "assistant", message={"role": "assistant", "content": [over]}),
    ]
    (tmp_path / "s1.jsonl").write_text("".join(lines))
    volon.ok("init")
    said = say(repo.root, transcript_path=str(tmp_path / "s1.jsonl"))
    fire(repo.root, "session-start", "--agent", "claude", said=said)
    repo.write("README.md", "# Shop, open\n")
    fire(repo.root, "session-end", "--agent", "claude", said=said)
    ended(repo.root)
    volon.cwd = repo.root
    shown = volon.ok("checkpoint", "show", "1")
    assert "Retry the uploads" in shown
    assert "Half done." in shown
    assert "(derived)" in shown
    assert "curl -H" in shown
    assert "→ failed (exit 22)" in shown
    assert volon.ok("prompt") == "paused Retry the uploads"
    assert [path for path in (repo.root / ".volon").rglob("*.md") if secret in path.read_text()] == []


def _result(call: str, *, is_error: bool) -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": call, "content": "Exit code 22\nno", "is_error": is_error}


def test_the_end_after_a_pause_with_nothing_changed_since_writes_nothing(paused: RepoBuilder) -> None:
    before = paused.git("for-each-ref")
    begin(paused.root, "s1")
    end(paused.root)
    assert paused.git("for-each-ref") == before


def test_files_that_were_dirty_before_a_session_are_not_its_work(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("init")
    repo.write("README.md", "# Shop, open\n")
    time.sleep(0.05)
    begin(repo.root, "s1")
    end(repo.root)
    assert list((repo.root / ".volon/tasks").glob("*")) == []
    begin(repo.root, "s2")
    repo.write("README.md", "# Shop, closed\n")
    end(repo.root, "s2")
    assert len(list((repo.root / ".volon/tasks").glob("*.md"))) == 1


def test_while_another_session_goes_on_here_none_that_ends_pauses_its_work(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "start", "Retry with backoff")
    begin(repo.root, "s1", "s2")
    repo.write("README.md", "# Shop, open\n")
    end(repo.root, left=1)
    volon.cwd = repo.root
    assert volon.ok("prompt").startswith("doing")
    end(repo.root, "s2")
    assert volon.ok("prompt").startswith("paused")


AGENT = """
import subprocess, sys
subprocess.run(sys.argv[2:], input=sys.argv[1].encode(), check=True, stdout=subprocess.DEVNULL)
print("begun", flush=True)
sys.stdin.read()
"""
"""An agent that begins a session and then waits to be killed."""


@contextmanager
def killed_later(where: Path, said: object) -> Iterator[None]:
    """Let an agent begin a session, and kill it afterwards."""
    words = [*volon_argv(), "hook", "session-start", "--agent", "claude"]
    with subprocess.Popen(
        [sys.executable, "-c", AGENT, json.dumps(said), *words],
        cwd=where,
        env=volon_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"begun\n"
        try:
            yield
        finally:
            agent.kill()


def test_a_session_that_was_killed_is_noticed_by_the_next_one(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    with killed_later(repo.root, say(repo.root)):
        repo.write("README.md", "# Shop, open\n")
        begin(repo.root, "s2")
        end(repo.root, "s2", left=1)
        volon.cwd = repo.root
        assert volon.ok("prompt").startswith("doing"), "its agent lives"
    end(repo.root, "s3")
    assert volon.ok("prompt").startswith("paused")


@pytest.mark.parametrize("task", [True, False])
def test_the_session_that_begins_after_one_was_killed_hears_what_that_one_left(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, *, task: bool
) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "make parcels"}}
    lines = [
        told(repo.root, "user", message={"role": "user", "content": "Retry the uploads"}),
        told(repo.root, "assistant", message={"role": "assistant", "content": [call]}),
        told(repo.root, "user", message={"role": "user", "content": [_result("t1", is_error=True)]}),
    ]
    (tmp_path / "s1.jsonl").write_text("".join(lines))
    volon.ok(*(("task", "start", "Ship the parcels") if task else ("init",)))
    with killed_later(repo.root, say(repo.root, transcript_path=str(tmp_path / "s1.jsonl"))):
        repo.write("README.md", "# Shop, open\n")
    text = context(fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, "s2")))
    assert "is doing, last paused at checkpoint 01" in text
    assert "make parcels" in text
    volon.cwd = repo.root
    shown = volon.ok("checkpoint", "show", "1")
    assert "interrupted; asked for: Retry the uploads" in shown
    assert "→ failed (exit 22)" in shown
    assert len(sessions(repo.root)) == 1, "its own"


def test_where_another_volon_writes_the_brief_is_said_and_what_was_not_saved_is_saved_later(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "start", "Retry with backoff")
    with killed_later(repo.root, say(repo.root)):
        repo.write("README.md", "# Shop, open\n")
    with (repo.root / ".git/volon/lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = context(fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, "s2")))
    assert "is doing\n" in text
    assert "session-start --agent claude: Busy: " in (repo.root / ".git/volon/hook-failures").read_text()
    assert len(sessions(repo.root)) == 2, "it is tried again"
    text = context(fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, "s3")))
    assert "last paused at checkpoint 01" in text


def test_a_compaction_saves_the_work_which_goes_on(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    assert fire(repo.root, "pre-compact", "--agent", "claude") == ""
    volon.cwd = repo.root
    assert "README.md" in volon.ok("checkpoint", "show", "1")
    assert volon.ok("prompt").startswith("doing")
    fire(repo.root, "pre-compact", "--agent", "claude")
    assert volon("checkpoint", "show", "2").code != 0, "nothing had changed"
    text = context(fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, source="compact")))
    assert "is doing, last paused at checkpoint 01" in text
    end(repo.root)
    assert volon.ok("prompt").startswith("paused"), "a checkpoint on the way is no pause"


def test_opencode_is_told_of_the_checkpoint_that_its_compaction_made(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    assert "last paused at checkpoint 01" in fire(repo.root, "pre-compact", "--agent", "opencode")


def test_a_session_without_a_name_is_saved_as_well(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    fire(repo.root, "session-start", "--agent", "devin", said={})
    repo.write("README.md", "# Shop, open\n")
    fire(repo.root, "session-end", "--agent", "devin", said={})
    ended(repo.root)
    volon.cwd = repo.root
    assert volon.ok("prompt").startswith("paused")


def test_a_pipe_for_a_transcript_and_a_second_turn_end_are_nothing(paused: RepoBuilder) -> None:
    os.mkfifo(paused.root / "pipe")
    said = say(paused.root, transcript_path=str(paused.root / "pipe"), stop_hook_active=True)
    for event in EVENTS:
        fire(paused.root, event, "--agent", "claude", said=said)
    ended(paused.root)


def transcript(path: Path, where: Path, goal: str, *, last: str = "", command: str = "", session: str = "s1") -> str:
    """Write what Claude keeps of a session, and return its path."""
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": command}}
    lines = [told(where, "user", sessionId=session, message={"role": "user", "content": goal})]
    if command:
        lines.append(told(where, "assistant", sessionId=session, message={"role": "assistant", "content": [call]}))
    if last:
        over = {"type": "text", "text": last}
        lines.append(told(where, "assistant", sessionId=session, message={"role": "assistant", "content": [over]}))
    path.write_text("".join(lines))
    return str(path)


def records(where: Path) -> str:
    """All that volon wrote about unfinished work."""
    files = (path for path in (where / ".volon").rglob("*") if path.is_file())
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("began", ["before", "after"])
def test_the_work_of_a_session_is_saved_although_another_one_goes_on(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, began: str
) -> None:
    """Two at once, and `/clear`, which ends a session and begins another one."""
    volon.ok("init")
    first = say(repo.root, "a", transcript_path=transcript(tmp_path / "a", repo.root, "Retry the uploads", session="a"))
    fire(repo.root, "session-start", "--agent", "claude", said=first)
    if began == "before":
        begin(repo.root, "b")
    repo.write("README.md", "# Shop, open\n")
    if began == "after":
        # The end of the first is on its way when the second begins.
        mark = next(iter(sessions(repo.root)))
        mark.write_bytes(mark.read_bytes() + b"ended\n")
        fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, "b", source="clear"))
    else:
        fire(repo.root, "session-end", "--agent", "claude", said=first)
    ended(repo.root, left=1)
    volon.cwd = repo.root
    assert volon.ok("prompt").startswith("doing"), "the other one goes on"
    shown = volon.ok("checkpoint", "show", "1")
    assert "README.md" in shown
    assert "Retry the uploads" in shown
    end(repo.root, "b")
    assert volon.ok("prompt").startswith("paused")


def test_of_sessions_that_end_beside_another_one_each_is_saved_once(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    begin(repo.root, "s1", "s2", "s3")
    repo.write("README.md", "# Shop, open\n")
    for left, session in ((2, "s1"), (1, "s2")):
        end(repo.root, session, left=left)
    volon.cwd = repo.root
    assert volon("checkpoint", "show", "2").code != 0, "nothing had changed since"


def test_what_somebody_paused_meanwhile_stays_paused_and_what_changed_since_is_saved(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "start", "Retry with backoff")
    begin(repo.root, "s1", "s2")
    repo.write("README.md", "# Shop, open\n")
    volon.cwd = repo.root
    volon.ok("pause-task", "said stop")
    repo.write("README.md", "# Shop, closed\n")
    end(repo.root, left=1)
    assert volon.ok("prompt").startswith("paused")
    assert "README.md" in volon.ok("checkpoint", "show", "2")


def test_of_a_session_that_was_heard_last_before_a_checkpoint_nothing_is_said(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    said = say(repo.root, "s1", transcript_path=transcript(tmp_path / "s1", repo.root, "Retry the uploads"))
    volon.ok("task", "start", "Retry with backoff")
    fire(repo.root, "session-start", "--agent", "claude", said=said)
    os.utime(tmp_path / "s1", (1, 1))
    repo.write("README.md", "# Shop, open\n")
    volon.cwd = repo.root
    volon.ok("pause-task", "mine")
    volon.ok("resume-task")
    repo.write("README.md", "# Shop, closed\n")
    fire(repo.root, "session-end", "--agent", "claude", said=said)
    ended(repo.root)
    assert "README.md" in volon.ok("checkpoint", "show", "2")
    assert "Retry the uploads" not in volon.ok("checkpoint", "show", "2")


def test_a_session_that_goes_on_after_its_end_is_remembered(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("init")
    fire(repo.root, "session-start", "--agent", "claude")
    before = marks.others(str(repo.root / ".git"))[0]
    fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, source="resume"))
    marks.forget(str(repo.root / ".git"), before)
    assert [mark.began_ns for mark in marks.others(str(repo.root / ".git"))] == [before.began_ns]


def test_the_second_session_of_a_task_says_what_it_was_asked_for(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.cwd = repo.root
    volon.ok("init")
    for number, goal in enumerate(("Retry the uploads", "Now the downloads"), 1):
        path = transcript(tmp_path / "t", repo.root, goal, last=f"Half of {number} done.", session=f"s{number}")
        said = say(repo.root, f"s{number}", transcript_path=path)
        fire(repo.root, "session-start", "--agent", "claude", said=said)
        repo.write("README.md", f"# Shop {number}\n")
        fire(repo.root, "session-end", "--agent", "claude", said=said)
        ended(repo.root)
    assert volon.ok("prompt") == "paused Retry the uploads"
    shown = " ".join(volon.ok("checkpoint", "show", "2").split())
    assert "asked for: Now the downloads; the agent said last: Half of 2 done. (derived)" in shown


TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


HIDDEN = {
    "cut token": "x " * 130 + TOKEN,
    "cut password": "x " * 138 + "postgres://admin:hunter2hunter2hunter2@db",
    "zero width": TOKEN[:4] + "\u200b" + TOKEN[4:],
    "coloured": TOKEN[:10] + "\x1b[31m" + TOKEN[10:],
}
NAMED = ("command", "--token hunter2hunter2hunter2")


@pytest.mark.parametrize(
    ("where", "text"), [*((where, text) for where in ("goal", "last", "command") for text in HIDDEN.values()), NAMED]
)
def test_no_part_of_a_secret_in_a_transcript_is_kept(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, where: str, text: str
) -> None:
    said = {"goal": "Do it", "last": "Done.", "command": "ls"} | {where: f"deploy {text}"}
    path = transcript(tmp_path / "t", repo.root, said["goal"], last=said["last"], command=said["command"])
    volon.ok("init")
    told_so = say(repo.root, transcript_path=path)
    fire(repo.root, "session-start", "--agent", "claude", said=told_so)
    repo.write("README.md", "# Shop, open\n")
    fire(repo.root, "session-end", "--agent", "claude", said=told_so)
    ended(repo.root)
    kept = records(repo.root)
    assert "README.md" in kept
    assert "deploy" in kept
    assert [part for part in ("hunter2", TOKEN[4:10], TOKEN[10:20]) if part in kept] == []


def test_what_a_person_types_in_a_terminal_begins_no_session(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """A session that went on as long as the terminal would keep all others from being paused."""
    volon.ok("task", "start", "Retry with backoff")
    typed = shlex.join([*volon_argv(), "hook", "session-start", "--agent", "claude"])
    quoted = shlex.quote(json.dumps(say(repo.root, "typed")))
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(repo.root)
        os.execve(
            "/bin/sh", ["sh", "-c", f"printf %s {quoted} | {typed}; {typed} </dev/null; true"], volon_environment()
        )
    try:
        shown = b""
        while data := _read(terminal):
            shown += data
    finally:
        os.close(terminal)
        assert os.waitpid(pid, 0)[1] == 0
    assert b"Retry with backoff" in shown, "it is answered all the same"
    assert not (repo.root / ".git/volon/sessions").exists()
    assert fire(repo.root, "session-start", said=b"") != ""
    assert not (repo.root / ".git/volon/sessions").exists(), "an agent says something"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def debugged(where: Path, *words: str, session: str = "s1") -> str:
    """Run a hook to its end, and return what it says on standard error."""
    done = subprocess.run(
        [*volon_argv(), "hook", *words, "--agent", "claude"],
        cwd=where,
        env=volon_environment() | {"VOLON_DEBUG": "1"},
        input=json.dumps(say(where, session)).encode(),
        capture_output=True,
        check=True,
        timeout=_SECONDS,
    )
    return done.stderr.decode()


def test_why_nothing_was_noted_or_saved_is_said_where_one_asks(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert "volon was never used here" in debugged(repo.root, "session-end")
    volon.ok("task", "start", "Retry with backoff")
    assert debugged(repo.root, "session-start") == ""
    debugged(repo.root, "session-start", session="s2")
    repo.write("README.md", "# Shop, open\n")
    assert "another session goes on here (claude)" in debugged(repo.root, "session-end")
    assert "saved TASK-" in debugged(repo.root, "session-end", session="s2")
    assert "nothing is unsaved" in debugged(repo.root, "session-end")


def test_the_hooks_of_the_user_are_told_of_the_pause_at_the_end_and_not_of_a_checkpoint_on_the_way(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    log = tmp_path / "hooks.log"
    repo.commit("Hooks", {"volon.yaml": settings(on_pause=[shell(f"echo ran >>{log}")])})
    approve(volon)
    volon.ok("task", "start", "Retry with backoff")
    for session in ("s1", "s2"):
        debugged(repo.root, "session-start", session=session)
    repo.write("README.md", "# Shop, open\n")
    assert "another session goes on here" in debugged(repo.root, "session-end", session="s1")
    assert not log.exists()
    assert debugged(repo.root, "session-end", session="s2") == "volon hook: saved TASK-20261119-001\n"
    assert log.read_text() == "ran\n"


def test_doctor_says_which_sessions_are_not_over_and_which_are_not_saved_yet(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    def rows() -> list[tuple[str, str]]:
        checks = json.loads(volon("doctor", "--json").out)["checks"]
        return [(one["state"], one["sentence"]) for one in checks if one["name"] == "sessions"]

    volon.ok("task", "start", "Retry with backoff")
    assert rows() == []
    fire(repo.root, "session-start", "--agent", "claude", said=say(repo.root, "s1"))
    fire(repo.root, "session-start", "--agent", "codex", said=say(repo.root, "s2"))
    repo.write("README.md", "# Shop, open\n")
    end(repo.root, left=1)
    one = "1 (codex) is not over; at the end of the last one the task in progress is paused"
    assert rows() == [("ok", one)]
    [mark] = sessions(repo.root)
    (mark.parent / "never-begun").touch()
    assert rows() == [("ok", one)]
    (mark.parent / "never-begun").unlink()
    with mark.open("ab") as file:
        file.write(b"ended\n")  # As the hook notes it that is killed before it has saved.
    assert rows() == [("note", "1 (codex) is over, and nobody has looked yet for what was left unsaved")]
    fire(repo.root, "session-end", "--agent", "codex", said=say(repo.root, "s2"))
    ended(repo.root)
    assert rows() == []


@pytest.mark.parametrize("agent", ["claude", "opencode"])
def test_where_a_file_of_the_repository_calls_volon_the_pause_is_made_without_its_directory(
    repo: RepoBuilder, volon: VolonInProcess, agent: str
) -> None:
    """A colleague's clone: what was installed is committed, `.volon/` is not."""
    volon.cwd = repo.root
    volon.ok("agents", "install", "--agent", agent)
    shutil.rmtree(repo.root / ".volon")
    fire(repo.root, "session-start", "--agent", agent)
    repo.write("README.md", "# Shop, open\n")
    fire(repo.root, "session-end", "--agent", agent)
    ended(repo.root)
    assert volon.ok("prompt").startswith("paused")


def test_a_home_directory_that_is_a_repository_decides_for_nothing(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.cwd = repo.root
    volon.ok("agents", "install", "--agent", "claude")
    shutil.rmtree(repo.root / ".volon")
    for event in EVENTS:
        fire(repo.root, event, "--agent", "claude", env={"HOME": str(repo.root)})
    assert not (repo.root / ".volon").exists()


def test_the_note_that_a_person_left_stays_and_the_last_words_stand_beside_it(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.ok("task", "start", "Retry with backoff")
    said = say(repo.root, transcript_path=transcript(tmp_path / "t", repo.root, "Go on", last="Done so far."))
    fire(repo.root, "session-start", "--agent", "claude", said=said)
    volon.cwd = repo.root
    volon.ok("pause-task", "Half are packed")
    repo.write("README.md", "# Shop, open\n")
    (tmp_path / "t").touch()
    fire(repo.root, "session-end", "--agent", "claude", said=said)
    ended(repo.root)
    shown = volon.ok("checkpoint", "show", "2")
    assert "Half are packed" in shown
    assert "Done so far." in records(repo.root)


def test_many_hooks_of_one_compaction_make_one_checkpoint(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    hooks = [
        subprocess.Popen(
            [*volon_argv(), "hook", "pre-compact", "--agent", "copilot"],
            cwd=repo.root,
            env=volon_environment(),
            stdin=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for one in hooks:
        one.communicate(json.dumps(say(repo.root)).encode(), timeout=_SECONDS)
    volon.cwd = repo.root
    assert volon("checkpoint", "show", "1").code == 0
    assert volon("checkpoint", "show", "2").code != 0


def test_a_hook_waits_no_longer_for_an_agent_that_never_stops_talking(paused: RepoBuilder) -> None:
    hook = subprocess.Popen(
        [*volon_argv(), "hook", "session-start", "--agent", "claude"],
        cwd=paused.root,
        env=volon_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert hook.stdin is not None
    until = time.monotonic() + _SECONDS
    with contextlib.suppress(BrokenPipeError):
        while hook.poll() is None and time.monotonic() < until:
            hook.stdin.write(b" ")
            hook.stdin.flush()
            time.sleep(0.2)
    with contextlib.suppress(BrokenPipeError):
        hook.stdin.close()
    assert hook.poll() == 0
    assert hook.stdout is not None
    with hook.stdout:
        assert b"pytest tests/test_retry.py" in hook.stdout.read()


def test_where_only_git_can_tell_the_repository_a_session_is_saved_as_well(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("config", "include.path", "../.gitconfig")
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    fire(repo.root, "session-start", "--agent", "claude")
    fire(repo.root, "pre-compact", "--agent", "claude")
    volon.cwd = repo.root
    assert "README.md" in volon.ok("checkpoint", "show", "1")
    repo.write("README.md", "# Shop, closed\n")
    end(repo.root)
    assert volon.ok("prompt").startswith("paused")


@pytest.mark.parametrize("there", ["with volon", "without"])
def test_a_hook_in_a_shared_file_passes_on_what_it_is_told_and_does_not_fail_without_volon(
    repo: RepoBuilder, volon: VolonInProcess, there: str
) -> None:
    volon.cwd = repo.root
    volon.ok("agents", "install", "--agent", "claude")
    settings = json.loads((repo.root / ".claude/settings.json").read_text())
    command = settings["hooks"]["SessionEnd"][0]["hooks"][0]["command"]
    bin_ = repo.root.parent / "bin"
    bin_.mkdir()
    if there == "with volon":
        (bin_ / "volon").write_text('#!/bin/sh\necho "$@"; while read -r line; do echo "$line"; done; exit 3\n')
        (bin_ / "volon").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", command], input=b"told\n", env={"PATH": str(bin_)}, capture_output=True, check=False
    )
    said = b"hook session-end --agent claude\ntold\n" if there == "with volon" else b""
    assert (done.returncode, done.stdout, done.stderr) == (0, said, b"")
