"""Readers broken on purpose: the fuzzer must notice each, or it proves nothing.

python -m tests.fuzz.known_bad          all of them; --verbose says what caught each
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fuzz.__main__ import broken
from tests.fuzz.engine import steep
from tests.fuzz.floors import shrunk
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 3_000


@dataclass(frozen=True)
class KnownBad:
    """A broken reader.

    Attributes:
        name: what is wrong with it.
        target: which target must notice.
        patch: breaks it in the process that calls it.
        reason: what the finding must say.
    """

    name: str
    target: str
    patch: Callable[[], None]
    reason: str = ""


def _bidi_survives() -> None:
    from volon.render import safe

    _replace(safe, "_UNSAFE", safe._UNSAFE.replace("\u202a-\u202e", ""))


def _lines_survive() -> None:
    from tests.fuzz import targets
    from volon.render.safe import safe

    usual = safe
    _replace(targets, "safe", lambda text: usual(text).replace("\\n", "\n"))


def _no_quotes() -> None:
    from volon.model.syntax import gitpath

    _replace(gitpath, "quote_path", lambda path: path)


def _split_at_blanks() -> None:
    from volon.repo import status

    usual = status._entry

    def careless(text: str) -> Any:
        entry = usual(text)
        return entry and status.Entry(entry.path.split(" ")[0], entry.status)

    _replace(status, "_entry", careless)


def _any_place() -> None:
    from volon.store import journal

    _replace(journal, "may_change", lambda _: True)


def _redumped() -> None:
    """Edit by reading everything and writing it again, as most tools do."""
    from volon.model.syntax.frontmatter import Document

    usual = Document.set

    def losing(self: Any, key: str, value: Any) -> Any:
        return usual(self, key, str(value).replace("#", ""))

    _replace(Document, "set", losing)


def _plain_reads_more() -> None:
    from volon.model.syntax import plainyaml

    _replace(plainyaml, "_NULLS", frozenset())


def _quick_guesses() -> None:
    from volon.model import quick

    usual = quick.front
    _replace(quick, "front", lambda data: {**found, "status": "todo"} if (found := usual(data)) else found)


def _any_id() -> None:
    from volon.model import ids

    _replace(ids, "is_task_id", lambda text: re.match(ids.TASK_ID.strip("$"), text) is not None)


def _filters_stay() -> None:
    from volon.repo import quiet

    _replace(quiet, "_SETTINGS", {"smudge": "", "required": "false"})


def _raises() -> None:
    from volon.model.records import handoff

    def careless(data: bytes) -> Any:
        return data.split(b"`")[1]

    _replace(handoff, "parse_handoff", careless)


def _quadratic() -> None:
    from volon.model.records import todo

    def slow(text: str) -> int:
        return sum(text[:number].count("[ ]") for number in range(0, len(text), 8))

    _replace(todo, "count_open", slow)


def _half_a_log() -> None:
    from volon.repo.drift import history

    _replace(history, "parse_log", history._parsed)


def _replace(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


KNOWN_BAD = (
    KnownBad("a direction mark survives", "terminal", _bidi_survives),
    KnownBad("an end of line survives", "terminal", _lines_survive),
    KnownBad("paths are not quoted", "paths", _no_quotes),
    KnownBad("names end at a blank", "porcelain-names", _split_at_blanks),
    KnownBad("a journal names any place", "sealed-operation", _any_place),
    KnownBad("an edit loses characters", "frontmatter", _redumped),
    KnownBad("the short way reads null as a word", "yaml", _plain_reads_more),
    KnownBad("the quick way guesses", "quickly", _quick_guesses),
    KnownBad("an id may go on behind its end", "names", _any_id),
    KnownBad("a filter stays on", "filters", _filters_stay),
    KnownBad("a pointer without a path raises", "pointers", _raises, "IndexError"),
    KnownBad("counting takes quadratic time", "pointers", _quadratic, "times as long|processor seconds"),
    KnownBad("half a log raises", "log", _half_a_log, "StopIteration|RuntimeError|IndexError|ValueError"),
)


def caught(name: str) -> str:
    """What catches a broken reader; empty when it gets away. Breaks this process."""
    bad = next(one for one in KNOWN_BAD if one.name == name)
    bad.patch()
    target = next(one for one in TARGETS if one.name == bad.target)
    # One input that shows it is enough; time is measured last, because that takes longest.
    found = itertools.chain(broken(target, "1", COUNT), steep(target))
    return next((str(one) for one in found if re.search(bad.reason, one.error)), "")


def main(argv: list[str] | None = None) -> int:
    """Let every broken reader be caught; 0 when none got away."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.known_bad", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="say what caught each")
    arguments = parser.parse_args(argv)
    names = [bad.name for bad in KNOWN_BAD]
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, max_tasks_per_child=None) as pool:
        found = dict(zip(names, pool.map(_alone, names), strict=True))
    for name, finding in found.items():
        if arguments.verbose or not finding:
            print(f"{name}: {finding[:200] or 'NOT CAUGHT'}")
    count = sum(map(bool, found.values()))
    below = shrunk("known_bad", "short", {"caught": count})
    print(*below, sep="\n", end="\n" if below else "")
    print(f"fuzz known_bad: {count} caught, {len(found) - count} escaped")
    return 1 if count < len(found) or below else 0


def _alone(name: str) -> str:
    """In a process of its own, which may be broken."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        return pool.submit(caught, name).result()


if __name__ == "__main__":
    sys.exit(main())
