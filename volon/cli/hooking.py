"""`volon hook EVENT --agent NAME`: what the hooks of coding agents call. It always succeeds and never waits long.

To an agent an exit code of 2 means that its user may not go on, and what stands on stderr that something failed. So
whatever goes wrong is written down beside the repository's own state, where `volon doctor` finds it, and nothing else
comes of it. With `VOLON_DEBUG` set it is said on stderr as well; what a session left is then saved while the agent
waits, and why nothing was noted or saved is said, too.

Source: contract §4 (exit codes); issue "Where agents live"; agents.md §1.5; performance (row 1).
"""

from __future__ import annotations

import os
import sys

from volon import gitfiles, marks
from volon.model.agents.events import EVENTS, answer, protocol, told
from volon.usecases.hooked import hooked, is_news

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from volon.model.agents.events import Protocol, Told
    from volon.workspace import Workspace

SETTLE = "settle"
"""What volon itself calls when a session is over, in a process that goes on when the agent is gone."""
MOST = 16 << 20
"""So much is read of what an agent says; more than that makes no sense."""
_PIECE = 1 << 20
_PATIENCE, _LONGEST = 2.0, 4.0
"""So many seconds it is waited for more of that, and for all of it."""
_FOR_OTHERS = 2.0
"""So many for another writer: an agent gives a hook ten for everything, and what it stops is told as a failure."""


def hook(
    words: Sequence[str],
    start: str | None,
    hear: Callable[[], bytes] | None = None,
    say: Callable[[str], object] | None = None,
) -> None:
    """Answer a hook.

    Args:
        words: what follows `hook`.
        start: what `-C` named; without it the agent says where it works.
        hear: returns what the agent says; it is read from standard input when None.
        say: takes the answer; it is written to standard output when None.
    """
    try:
        _hook(words, start, hear or _stdin, say or _print)
    except Exception as error:  # noqa: BLE001  an agent must not be stopped by a bug of ours
        _explain(start or ".", words, f"{type(error).__name__}: {error}")


def _hook(words: Sequence[str], start: str | None, hear: Callable[[], bytes], say: Callable[[str], object]) -> None:
    event, agent, wrong = read(words)
    if event == SETTLE:
        _settle(start or ".")
        return
    one, said = protocol(agent, os.environ), told(hear())
    where = start or (said.cwd if os.path.isdir(said.cwd) else ".")
    text = ""
    if wrong:
        _explain(where, words, wrong)
    try:
        text = "" if wrong else _done(event, agent, one, said, where)
    except Exception as error:  # noqa: BLE001  as above; here it is known where
        _explain(where, words, f"{type(error).__name__}: {error}")
    say(answer(one, event, text))


def read(words: Sequence[str]) -> tuple[str, str, str]:
    """Return the event, the agent and what is wrong with the words; each may be empty.

    Args:
        words: what follows `hook`, `-C DIR` left out.
    """
    event, agent, rest = "", "", list(words)
    while rest:
        word = rest.pop(0)
        if word == "--agent" and rest:
            agent = rest.pop(0)
        elif word.startswith("--agent="):
            agent = word.partition("=")[2]
        elif event or word not in (*EVENTS, SETTLE):
            return "", agent, f"{word!r} is none of {', '.join(EVENTS)}"
        else:
            event = word
    return event, agent, "" if event else "no event was named"


def _done(event: str, agent: str, one: Protocol, said: Told, where: str) -> str:
    """Do it all, and return what the model is to read."""
    done = hooked(event, agent, one, said, where, _workspace)
    if done.failed:
        _explain(where, [event, "--agent", agent], done.failed)
    if done.over and done.found is not None:
        (_settle if _debugs() else _apart)(done.found.root)
    if done.why:
        _debug(f"{event}: {done.why}")
    if done.brief is None:
        return ""
    from volon.render.brief import FOR_AGENTS, within

    text = within(done.brief, FOR_AGENTS)[1]
    return text if is_news(done, agent, said, text) else ""


def _apart(root: str) -> None:
    """Let another process save what there is to save: an agent that ends waits for a second or so."""
    from volon.again import Apart

    Apart(["-C", root, "hook", SETTLE], os.environ).leave()


def _settle(root: str) -> None:
    import io

    from volon.cli.edge import Edge
    from volon.paths import Path
    from volon.usecases.agents.leaving import settle

    # Nobody hears what it says: the agent is gone, or waits for the answer alone.
    at = Edge(os.environ, Path(root), stderr=io.StringIO())
    result, why = settle(at.workspace())
    _debug(why)
    if result is not None:
        at.settled(result)


def _workspace(where: str) -> Workspace:
    from volon.paths import Path
    from volon.workspace import Workspace
    from volon.world import World

    found = Workspace.open(World.real(os.environ), Path(where))
    found.store.patience = _FOR_OTHERS
    return found


def _stdin() -> bytes:
    """What the agent says; as much as has come when nothing more has come for a while."""
    data = b""
    try:
        if os.isatty(0):
            return data
        from select import select
        from time import monotonic

        until = monotonic() + _LONGEST
        while len(data) < MOST and select([0], [], [], max(0, min(_PATIENCE, until - monotonic())))[0]:
            piece = os.read(0, _PIECE)
            if not piece:
                break
            data += piece
    except (OSError, ValueError):
        pass
    return data


def _print(text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    while data:
        data = data[os.write(1, data) :]


def _explain(where: str, words: Sequence[str], why: str) -> None:
    """Say nothing to the agent, and leave a line for `volon doctor`."""
    line = f"{' '.join(words)}: {why}"
    _debug(line)
    try:
        found = gitfiles.find(os.path.realpath(where))
    except (gitfiles.Unsure, OSError, ValueError):
        return
    if found is not None and os.path.isdir(f"{found.git_dir}/volon"):
        marks.note_failure(found.git_dir, line)


def _debugs() -> bool:
    return bool(os.environ.get("VOLON_DEBUG"))


def _debug(line: str) -> None:
    if _debugs():
        sys.stderr.write(f"volon hook: {line}\n")
