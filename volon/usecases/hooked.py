"""What a hook of an agent's does at once, from files alone: what is said, and what is left to be done.

In a repository without `.volon/` nothing is done and nothing is written, as that a user has hooks for all repositories
says nothing about this one; unless a file of the repository itself has the hook that calls. Nor is a session begun by
what a person types in a terminal, as it would go on as long as that does. The rest is `usecases.agents.leaving` for
what is saved, and `usecases.briefing` for a brief that the files alone cannot give.

Source: issue "Where agents live" (the hook); agents.md §1.5; performance (row 1).
"""

from __future__ import annotations

import os

from volon import gitfiles, marks
from volon.digests import sha256
from volon.model.agents.events import FILES
from volon.usecases.glance import UNSURE, glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.agents.events import Protocol, Told
    from volon.model.quick import Brief

_JUST_NS = 10 * 10**9
"""An agent that runs a hook from two of its files does so within this time."""
_DIGITS = 16
_MOST = 1 << 20
"""So much is read of settings."""
_END, _COMPACTS = "session-end", b"compacts"


class Hooked:
    """What comes of a hook.

    Attributes:
        brief: what the agent's model is to read.
        is_unsure: only git, or a strict reader, can say what it is to read.
        checkpoint: a task may be in progress, which has to be saved before the agent goes on.
        over: a session has ended of which something may have to be saved.
        found: the repository; None where none can be told without git.
        session: the name of its mark.
        heard_ns: how long ago something was last heard of the session; None where that is not known.
        why: nothing is remembered of the session; empty where it is.
    """

    __slots__ = ("brief", "checkpoint", "found", "heard_ns", "is_unsure", "over", "session", "why")

    def __init__(self, found: gitfiles.Found | None = None, session: str = "", why: str = "") -> None:
        self.found, self.session, self.why = found, session, why
        self.brief: Brief | None = None
        self.checkpoint = self.over = self.is_unsure = False
        self.heard_ns: int | None = None


def hooked(
    event: str, agent: str, one: Protocol, told: Told, start: str, ask: Callable[[str], gitfiles.Found | None]
) -> Hooked:
    """Do what a hook does at once.

    Args:
        event: one of `EVENTS`.
        agent: who calls, for later.
        one: how it calls.
        told: what it said.
        start: the directory it works in.
        ask: asks git for the repository, where the files do not say.
    """
    try:
        found = gitfiles.find(os.path.realpath(start))
    except UNSURE:
        found = ask(start)
    if found is None or gitfiles.is_anothers(found):
        return Hooked(why="there is no repository of this user's here")
    if not os.path.isdir(f"{found.root}/.volon") and not _is_wanted(found.root, agent):
        return Hooked(why="volon was never used here: there is no .volon/, and no file of the repository calls it")
    if event != _END and (told.silent or marks.by_hand()):
        done = Hooked(why="no agent called, so no session is noted")
        if event in one.hears:
            _look(done, found)
        return done
    # An agent that names no session has one mark for all of them.
    done = Hooked(found, marks.name_of(told.session or agent))
    line = {"session-start": marks.BEGINS, _END: marks.ENDED}.get(event, b"")
    noted = marks.note(found.git_dir, done.session, agent, told.transcript, line)
    if event == _END:
        done.over = True
    if event == "session-start" and noted is not None:
        done.heard_ns = noted[1]
        everyone = marks.others(found.git_dir)
        done.over = any(mark.is_over(noted[0].touched_ns) for mark in everyone if mark.name != done.session)
    if event == "pre-compact":
        first = noted is None or marks.claim(found.git_dir, noted[0], _COMPACTS)
        done.checkpoint = first and _is_in_progress(found)
    if event in one.hears:
        _look(done, found)
    return done


def _is_wanted(root: str, agent: str) -> bool:
    """Whether a file of the repository has the hook that calls: somebody who works here decided for it.

    What stands in a home directory is a setting for all repositories, also where that is one itself.
    """
    path = FILES.get(agent)
    if path is None or os.path.realpath(os.environ.get("HOME") or "/") == root:
        return False
    data = gitfiles.content(f"{root}/{path}", _MOST)
    # A file that is called after volon holds nothing else.
    return b"volon hook" in data or bool(data and "volon" in path)


def is_news(done: Hooked, agent: str, told: Told, text: str) -> bool:
    """Whether a session has not just been told this; from now on it has. Without a mark it is told once more.

    Each caller adds a line and looks who was first, so that of two at the same time one says it. What a compaction
    took away is told again.
    """
    if done.found is None:
        return True
    said = b"said " + sha256(text.encode("utf-8", "replace"))[:_DIGITS].encode()
    own = b"%s %d" % (said, os.getpid())
    noted = marks.note(done.found.git_dir, done.session, agent, told.transcript, own)
    if noted is None or own not in noted[0].lines or told.source == "compact":
        return True
    before = [line for line in noted[0].lines[: noted[0].lines.index(own)] if line != marks.BEGINS]
    return not (before and before[-1].startswith(said)) or (done.heard_ns or 0) > _JUST_NS


def _is_in_progress(found: gitfiles.Found) -> bool:
    try:
        seen = glance(found.root)
    except UNSURE:
        return True
    return seen is not None and seen.row is not None and seen.row.status == "doing"


def _look(done: Hooked, found: gitfiles.Found) -> None:
    from volon.usecases.quickbrief import quick_brief  # noqa: PLC0415  few events say anything

    try:
        done.brief = quick_brief(found)
    except UNSURE:
        done.is_unsure = True
