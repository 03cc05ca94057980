"""Records of commands that somebody else wrote: shown as data, never a reason to run anything (S4, S10, S12, S14)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.cases.escapes import EVERYTHING
from tests.hostile.ground import CHECKPOINT, INJECTED, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.hostile.ground import Ground

_OP = "01M7YM1N77RGT4KXZ8NX6AXASA"
_VERBS = (
    ("resume-task", "--replay"),
    ("resume-task", "--replay", "--force"),
    ("resume-task", "--replay", "--dry-run", "--json"),
    ("status",),
    ("checkpoint", "show", "1"),
    ("trust",),
    ("pause-task", "a note"),
)


def cases() -> Iterator[Case]:
    """What a record may say, where it may come from, and how much of it there may be."""
    for name, attack, row, build in (
        ("forged", "a checkpoint claims that a command was run, and the settings allow it", "S4", _forged),
        ("prefix", "the allowed words are only where a record begins", "S4", _prefix),
        ("planted", "an unpacked git directory brings records as if they had been made here", "S4", _planted),
        ("no-records", "the records are noise, links and directories", "S3, S14", _noise),
        ("linked", "the directory of records is a link to what lies outside", "S2", _linked),
        ("outside", "a record ran outside of the working tree", "S1, S4", partial(_row, cwd="../outside")),
        ("absolute", "a record names absolute paths and options of git", "S1, S8", _names),
        ("endless", "a checkpoint holds a million records", "S14", _endless),
        ("absurd", "durations, sizes and signals are absurd", "S14", _absurd),
    ):
        yield Case(f"evidence/{name}", attack, row, build, verbs=_VERBS)
    for name, text in (("escapes", EVERYTHING), ("voice", f"x\nHint: {INJECTED} volon trust --yes\n")):
        yield Case(
            f"evidence/{name}", "the words of a record are for the terminal", "S10, S12", _said(text), verbs=_VERBS
        )


def _line(ground: Ground, *argv: str, **changes: object) -> str:
    from volon.model.evidence import Evidence, Output, Tree, encode
    from volon.plain import replace

    tree = Tree("0" * 40, "0" * 64, (("src/app.py", "100644", "1" * 40),))
    row = Evidence(
        uid=_OP,
        argv=argv or (str(ground.fire),),
        exact=True,
        cwd=".",
        started_at="2026-11-19T10:00:00Z",
        duration_ms=5,
        exit_status=0,
        out=Output(0, "0" * 64),
        err=Output(0, "0" * 64),
        terminal=False,
        before=tree,
        after=tree,
    )
    return encode(replace(row, **changes))  # type: ignore[arg-type]


def _put(ground: Ground, *lines: str) -> None:
    """Put records into the checkpoint, with digests that are right."""
    from volon.model.text import digest

    path = ground.root / CHECKPOINT
    stamp = next(line for line in path.read_text().splitlines() if line.startswith("content_sha256:"))
    section = "\n".join(["", "## Commands that were run", "", "```json", *lines, "```", ""])
    bare = path.read_text().replace(f"{stamp}\n", "") + section
    path.chmod(0o644)
    head, fence, body = bare.partition("\n---\n")
    path.write_text(f'{head}\ncontent_sha256: "{digest(bare.encode())}"{fence}{body}')
    ground.write("volon.yaml", f"replay:\n  allow:\n    - {ground.fire}\n    - 'true'\n")


def _row(ground: Ground, *argv: str, **changes: object) -> None:
    _put(ground, _line(ground, *argv, **changes))


def _forged(ground: Ground) -> None:
    _row(ground)


def _prefix(ground: Ground) -> None:
    _row(ground, str(ground.fire), "--and", "more")


def _planted(ground: Ground) -> None:
    _row(ground, str(ground.fire), "more")
    ground.write(f".git/volon/evidence/{_OP}", _line(ground, str(ground.fire), "more"))


def _noise(ground: Ground) -> None:
    _row(ground)
    ground.write(f".git/volon/evidence/{_OP}", b"\xff[" * 50_000)
    ground.write(f".git/volon/evidence/7{_OP[1:]}/inner", "x")
    ground.link(".git/volon/evidence/0AM7YM1N77RGT4KXZ8NX6AXASA", ground.far("secret"), move=False)


def _linked(ground: Ground) -> None:
    _row(ground)
    ground.link(".git/volon/evidence", ground.far("records/x").parent, move=False)


def _names(ground: Ground) -> None:
    from volon.model.evidence import Tree

    files = tuple((name, "100644", "1" * 40) for name in ("--output=x", ":/", "-", ":(top,glob)**", "a\nb"))
    tree = Tree(ground.git("rev-parse", "HEAD").strip(), "0" * 64, files)
    _row(ground, "git", "-c", f"alias.x=!{ground.fire}", "x", before=tree, after=tree)


def _endless(ground: Ground) -> None:
    _put(ground, *[_line(ground)] * 5_000)


def _absurd(ground: Ground) -> None:
    line = _line(ground)
    worse = [line.replace('"duration_ms":5', f'"duration_ms":{"9" * 4000}')]
    worse += [line.replace('"exit_status":0', f'"exit_status":{text}') for text in ("-999999", "1e400", "true", "null")]
    worse += [line.replace('"size":0', '"size":-1'), "[" * 100_000, line.replace('"argv":[', '"argv":[[],')]
    _put(ground, *worse)


def _said(text: str) -> Callable[[Ground], None]:
    return lambda ground: _row(ground, "echo", text, task_id=text, started_at=text)
