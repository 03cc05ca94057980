"""Builds of volon that are broken on purpose, each with the hostile repository that must catch it.

A corpus whose canaries never fire proves something only if they would. Each build takes one protection out, in
memory, in the traced child alone; one that gets away fails the program. The first is no bad build but a control: a
hook that was rightly approved must be seen to run.

    python -m tests.hostile.known_bad           all of them; --verbose says what caught each
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crash.bench import scratch_directory, seal_this_process
from tests.crash.nthkill import NOT_VERIFIED, NotVerified
from tests.hostile.__main__ import Field
from tests.hostile.cases.catalogue import CASES
from tests.hostile.cases.trust import approve
from tests.hostile.floors import shrunk
from tests.hostile.ground import TASK, Case
from tests.hostile.tracing import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class KnownBad:
    """A bad build.

    Attributes:
        name: what was taken out.
        case: where it must be noticed.
        argv: the command.
        reason: what the finding must say.
        patch: breaks volon in the process that calls it.
    """

    name: str
    case: str
    argv: tuple[str, ...]
    reason: str
    patch: Callable[[], None]


def _nothing() -> None:
    return


def _settings_without(word: str) -> Callable[[], None]:
    def patch() -> None:
        from volon.repo import git
        from volon.repo.drift import history

        kept: list[str] = []
        for setting in git.SETTINGS:
            if setting.startswith(word):
                kept.pop()
            else:
                kept.append(setting)
        _replace(git, "SETTINGS", tuple(kept))
        _replace(history, "SETTINGS", tuple(kept))

    return patch


def _filters_run() -> None:
    from volon.repo import quiet

    _replace(quiet, "mentions_filters", lambda _: False)


def _links_followed() -> None:
    from volon import disk, peek

    for module, name in ((disk, "_NOFOLLOW"), (peek, "_BELOW"), (peek, "_FILE")):
        _replace(module, name, getattr(module, name) & ~os.O_NOFOLLOW)


def _written_through() -> None:
    from volon.store import apply

    _replace(apply, "_only_name", lambda *_: True)


def _lock_anywhere() -> None:
    from volon import disk

    _replace(disk.RealFiles, "_require_own", lambda *_: None)


def _not_escaped() -> None:
    from volon.render import page

    _replace(page, "safe", lambda text: text)


def _markup() -> None:
    import rich.text
    from rich.markup import render

    _replace(rich.text.Text, "assemble", staticmethod(lambda *parts: render("".join(text for text, _ in parts))))


def _no_limit() -> None:
    from volon import peek

    _replace(peek, "LARGEST", 1 << 40)


def _journal_believed() -> None:
    from volon.store import journal

    _replace(journal, "may_change", lambda _: True)


def _all_recorded_here() -> None:
    from volon.usecases.running import replay

    _all_trusted()
    real = replay.choose

    def choose(workspace: Any, reader: Any, rows: Any, found: Any) -> Any:
        _replace(replay, "_recorded_here", lambda _: frozenset(row.key for row in rows))
        return real(workspace, reader, rows, found)

    _replace(replay, "choose", choose)


def _all_trusted() -> None:
    from volon.trust import Judgement, Verdict
    from volon.usecases.running import hooks

    _replace(hooks, "judge", lambda *_: Judgement(Verdict.APPROVED))


def _talks() -> None:
    from volon.usecases import status

    usual = status.status

    def talking(*words: Any, **said: Any) -> Any:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM):
            return usual(*words, **said)

    _replace(status, "status", talking)


def _open_to_all() -> None:
    usual = os.mkdir
    _replace(os, "mkdir", lambda path, _mode=0, **options: usual(path, 0o777, **options))


def _by_name() -> None:
    from volon.process import Processes

    _replace(Processes, "resolve", lambda _self, program: program)


def _link_in_refs() -> None:
    from volon.repo import fastimport

    _replace(fastimport, "refuse_links", lambda _: None)


def _replace(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


PAUSE = ("pause-task", "a note")
REPLAY = ("resume-task", "--replay", "--force")
KNOWN_BAD = (
    KnownBad("control: an approved hook", "control", PAUSE, "the canary fired", _nothing),
    KnownBad(
        "filters run", "config/filter-clean/paused", ("status",), r"starts .*/fire|the canary fired", _filters_run
    ),
    KnownBad("fsmonitor runs", "config/fsmonitor/paused", ("status",), "starts", _settings_without("core.fsmonitor")),
    KnownBad("git's hooks run", "hooks/directory", PAUSE, "starts", _settings_without("core.hooksPath")),
    KnownBad("links are followed", "link/.volon/tasks", ("task", "list"), "lists|opens", _links_followed),
    KnownBad(
        "links are written through", "link/.volon/tasks", ("task", "create", "x"), "changed outside", _links_followed
    ),
    KnownBad(
        "hard links are written through", "hard-link/.volon/logs/run.jsonl", PAUSE, "changed outside", _written_through
    ),
    KnownBad("the lock is any file", "hard-link/.git/volon/lock", PAUSE, "changed outside", _lock_anywhere),
    KnownBad(
        "nothing is escaped", "escape/bidi/records", ("task", "show", TASK), r"stdout has .*U\+202E", _not_escaped
    ),
    KnownBad("markup is rendered", "escape/markup/colour", ("task", "list"), "traceback|U\\+001B", _markup),
    KnownBad("everything is read", f"huge/.volon/tasks/{TASK}.md", ("task", "list"), "memory|traceback", _no_limit),
    KnownBad("any journal is believed", "journal/shell-profile", PAUSE, r"writes .*/\.envrc", _journal_believed),
    KnownBad("every hook is trusted", "config-file/hooks/volon.yaml", PAUSE, "the canary fired", _all_trusted),
    KnownBad("every replay is trusted", "evidence/forged", REPLAY, "the canary fired", _all_trusted),
    KnownBad("every record is ours", "evidence/prefix", REPLAY, "the canary fired", _all_recorded_here),
    KnownBad("it talks to the network", "planted/lock", ("status",), "connects", _talks),
    KnownBad("the git directory is open", "planted/lock", PAUSE, "may be read by others", _open_to_all),
    KnownBad("programs are found by name", "path/git-in-directory", ("status",), "starts", _by_name),
    KnownBad("refs go through links", "git-link/.git/refs/volon", PAUSE, "changed outside", _link_in_refs),
)


def break_volon(name: str) -> None:
    """Break volon in this process, as the bad build of that name is."""
    next(bad for bad in KNOWN_BAD if bad.name == name).patch()


def _case(bad: KnownBad) -> Case:
    if bad.case == "control":
        return Case("control", "nothing is hostile", "S4", approve, fresh=True)
    found: Case = next(case for case in CASES if case.name == bad.case)
    return found


def caught(field: Field, bad: KnownBad) -> str:
    """The finding that catches a bad build; empty when it gets away."""
    field.build(_case(bad))
    found = field.attempt(_case(bad), [bad.argv], broken=bad.name)
    return next((one for one in found if re.search(bad.reason, one)), "")


def main(argv: list[str] | None = None) -> int:
    """Let every bad build be caught; 0 when none got away."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.known_bad", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", choices=[bad.name for bad in KNOWN_BAD])
    parser.add_argument("--verbose", action="store_true", help="say what caught each")
    arguments = parser.parse_args(argv)
    began, counts, escaped, where = time.monotonic(), Counter[str](), 0, scratch_directory()
    try:
        seal_this_process(where / "home")
        with Tracer(where) as tracer:
            for bad in KNOWN_BAD:
                if arguments.only and bad.name not in arguments.only:
                    continue
                finding = caught(Field(where, tracer), bad)
                counts["caught"] += bool(finding)
                escaped += not finding
                if arguments.verbose or not finding:
                    print(f"{bad.name}: {finding[:160] or 'NOT CAUGHT'}", flush=True)
    except NotVerified as missing:
        print(f"hostile known_bad: not verified: {missing}")
        return NOT_VERIFIED
    finally:
        shutil.rmtree(where, ignore_errors=True)
    below = [] if arguments.only else shrunk("known_bad", "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    print(f"hostile known_bad: {counts['caught']} caught, {escaped} escaped; {time.monotonic() - began:.0f} s")
    return 1 if escaped or below else 0


if __name__ == "__main__":
    sys.exit(main())
