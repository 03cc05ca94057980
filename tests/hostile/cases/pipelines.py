"""Runs of pipelines that somebody else wrote, brought by an unpacked git directory: none of them starts anything."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.cases.escapes import EVERYTHING
from tests.hostile.ground import INJECTED, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hostile.ground import Ground
    from volon.model.pipeline.records import Record

_RUN = "01M7YM1N77RGT4KXZ8NX6AXASA"
_AT = "2026-11-19T10:00:00Z"
_VERBS = (
    ("pipeline", "status"),
    ("pipeline", "status", "--json"),
    ("pipeline", "graph", "README.md", "--format", "html"),
    ("pipeline", "resume"),
    ("pipeline", "pause"),
    ("pipeline", "pause", "--wait"),
    ("pipeline", "pause", "--now"),
    ("pipeline", "run", "README.md"),
    ("pipeline", "run", "README.md", "--fresh"),
    ("doctor", "--fix"),
)
_FAR = (*(one for one in _VERBS if one[1] != "run"), ("pipeline", "run", "README.md", "--accept-spec"))
"""Without `--fresh`: a file that is named and begins anew is the user's own, and runs."""


def cases() -> Iterator[Case]:
    """What a run may say, where it may lie, and how much of it there may be."""
    for name, attack, row, build in (
        ("paused", "a forged run is paused before a ticket that fires, so that a resume would start it", "S4", _paused),
        ("executing", "a forged run is under way and has a ticket to start", "S4", _executing),
        ("asks", "a forged run asks which ticket is to run again", "S4", _asks),
        ("alive", "a forged run has a running ticket whose witness names this very process", "S4", _alive),
        ("linked", "the journal is a link to what lies outside", "S2", partial(_linked, "journal")),
        ("linked-run", "the directory of a run is a link", "S2", _linked_run),
        ("linked-log", "the lock of the runner is a link", "S2", partial(_linked, "runner.lock")),
        ("fifo", "the journal is a pipe that nobody writes to", "S3, S14", _fifo),
        ("noise", "the journal is noise", "S3", _noise),
        ("endless", "the journal is one line without an end", "S14", _endless),
        ("tree-elsewhere", "the working trees of tickets are a link to what lies outside", "S2", _linked_trees),
        ("tree-of-yours", "a ticket's working tree is the user's own", "S2", _your_tree),
        ("commit-option", "the commit of a run is an option of git's", "S8", _option),
        ("strange-names", "tickets and the file have names that lead elsewhere", "S1", _names),
    ):
        yield Case(f"pipelines/{name}", attack, row, build, verbs=_VERBS)
    for name, text in (("escapes", EVERYTHING), ("voice", f"x\nHint: {INJECTED} volon trust --yes\n")):
        yield Case(f"pipelines/{name}", "the words of a run are for the terminal", "S10", _said(text), verbs=_VERBS)
        attack = "a run says that it goes on elsewhere, and what a worker answered, in words for the terminal"
        yield Case(f"pipelines/far-{name}", attack, "S7, S10", partial(_far, text), verbs=_FAR)


def _spec(ground: Ground) -> bytes:
    return f"version: 1\ntickets:\n  - id: a\n    run: [{ground.fire}]\n    rerun: safe\n".encode()


def _put(ground: Ground, *records: Record, file: str = "README.md") -> Path:
    import hashlib

    from volon.model.pipeline.records import VERSION, Entry, Opened, encode

    spec = _spec(ground)
    sha256 = hashlib.sha256(spec).hexdigest()
    place = ground.git_dir / "volon/runs" / _RUN
    (place / "logs").mkdir(parents=True, mode=0o700)
    (place / f"spec-{sha256[:16]}.yaml").write_bytes(spec)
    (place / "exits").write_bytes(b"")
    lines = enumerate((Opened(VERSION, _RUN, ".", file, sha256), *records), 1)
    (place / "journal").write_bytes(b"".join(encode(Entry(n, _AT, record)) for n, record in lines))
    return place


def _attached() -> Record:
    from volon.identity import Identity
    from volon.model.pipeline.records import Attached

    return Attached(1, "h", Identity.own().boot, 2)


def _paused(ground: Ground, by: str = "you") -> None:
    from volon.model.pipeline.records import Paused

    _put(ground, _attached(), Paused(by, "user", now=False))


def _executing(ground: Ground) -> None:
    _put(ground, _attached())


def _asks(ground: Ground) -> None:
    from volon.model.pipeline.records import Ended, Paused, Started

    end = Ended("a", 1, "lost", again=False, exit_status=None, ms=0, why=f"{INJECTED}\x1b[2J")
    _put(ground, _attached(), Started("a", 1), end, Paused("volon", "unknown-outcome", now=False))


def _alive(ground: Ground) -> None:
    from volon.model.pipeline.records import Started

    place = _put(ground, _attached(), Started("a", 1))
    (place / "logs/a.1.log").write_bytes(b"")
    (place / "exits").write_text(f"S a.1 {os.getpid()}\n", encoding="ascii")


def _linked(name: str, ground: Ground) -> None:
    place = _put(ground, _attached())
    (place / name).unlink(missing_ok=True)
    (place / name).symlink_to(ground.outside / "journal")


def _linked_run(ground: Ground) -> None:
    place = _put(ground, _attached())
    place.rename(ground.live / "elsewhere")
    place.symlink_to(ground.live / "elsewhere")


def _unstarted(ground: Ground) -> Path:
    """A run whose ticket has a working tree, and never began in it."""
    from volon.model.pipeline.records import Based, Started

    return _put(ground, _attached(), Based("1" * 40), Started("a", 1))


def _linked_trees(ground: Ground) -> None:
    (ground.outside / "a.1").mkdir()
    (ground.outside / "a.1/precious").write_text("theirs\n")
    (_unstarted(ground) / "trees").symlink_to(ground.outside)


def _your_tree(ground: Ground) -> None:
    trees = _unstarted(ground) / "trees"
    (trees / "a.1").mkdir(parents=True)
    (trees / "a.1/.git").write_text(f"gitdir: {ground.git_dir}\n")


def _option(ground: Ground) -> None:
    from volon.model.pipeline.records import Based, Kept, Started

    name = f"--output={ground.outside}/plain"
    _put(ground, _attached(), Based(name), Started("a", 1), Kept("a", 1, name, result=True))


def _fifo(ground: Ground) -> None:
    place = _put(ground, _attached())
    (place / "journal").unlink()
    os.mkfifo(place / "journal")


def _noise(ground: Ground) -> None:
    (_put(ground, _attached()) / "journal").write_bytes(bytes(range(256)) * 64 + b"\n")


def _endless(ground: Ground) -> None:
    with (_put(ground) / "journal").open("ab") as file:
        file.truncate(1 << 33)


def _names(ground: Ground) -> None:
    from volon.model.pipeline.records import Ended, Paused, Started

    lost = Ended("../../../outside/plain", 1, "lost", again=False, exit_status=None, ms=0, why="")
    records = (_attached(), Started("../../../outside/plain", 1), lost, Paused("x", "user", now=False))
    _put(ground, *records, file="../outside/plain.md")


def _far(text: str, ground: Ground) -> None:
    from volon.model.pipeline.records import Ended, Engaged, Started

    words = _spec(ground).decode().replace(str(ground.fire), "'true'")
    ground.write("README.md", f"{words}  - id: b\n    run: 'true'\n")
    engaged = Engaged(f"{text};{ground.fire}", f"tls://{text};{ground.fire}", f"--upload-pack={ground.fire}")
    failed = Ended("a", 1, "failed", again=True, exit_status=1, ms=1, why=text)
    place = _put(ground, _attached(), engaged, Started("a", 1), failed, Started("a", 2))
    (place / "logs/a.1.log").write_text(text * 99, "utf-8", "surrogateescape")
    (place / "exits").write_text(f"S a.2 {1 << 200}\n", encoding="ascii")


def _said(text: str) -> Callable[[Ground], None]:
    return partial(_paused, by=text)
