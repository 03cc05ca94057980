"""Input that is too much: huge files, endless lines, many records, expensive patterns (S14)."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import BOOTSTRAP, CAPSULE, CHECKPOINT, TASK_FILE, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_GIGABYTE = 1 << 30
_HUGE = (
    *(TASK_FILE, CAPSULE, CHECKPOINT, BOOTSTRAP, ".design/STATE.md", ".design/TODO.md", ".design/HANDOFF.md"),
    *("volon.yaml", ".volon/logs/run.jsonl", ".volon/templates/task.md", ".volon/pcc/global/about.md"),
    # What git itself reads as a whole is missing: info/exclude, tracked files, the state of a rebase.
    *(".git/volon/journal", ".git/volon/lock", ".git/volon/ops/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", ".git/logs/HEAD"),
    *(".git/FETCH_HEAD", ".git/BISECT_START", ".git/sequencer/todo"),
)
_BODIES = {
    "fences": "```\n" * 100_000,
    "open-fence": "`" * 400_000,
    "headings": "## Goal\n" * 20_000,
    "empty-headings": "#\n" * 200_000,
    "markers": "<<<<<<< x\n=======\n" * 50_000,
    "half-markers": "<<<<<<<\n" * 100_000,
    "boxes": "- [ ] x\n" * 50_000,
    "bold": "**Stage**: x\n" * 50_000,
    "spaces": " " * 900_000 + "x",
    "blank-lines": "\n" * 900_000,
    "brackets": "[" * 400_000,
    "digits": "1" * 900_000,
    "quotes": '"\\' * 400_000,
    "one-word": "x" * 900_000,
    "one-line": "word " * 180_000,
    "carriage-returns": "\r" * 900_000,
    "fence-lines": "text\n---\n" * 100_000,
}


def cases() -> Iterator[Case]:
    """A gigabyte where each record stands, bodies made to be slow, and many of everything."""
    for path in _HUGE:
        yield Case(f"huge/{path}", "a file of a gigabyte, on one line", "S14", partial(_huge, path), base="paused")
    for name, body in _BODIES.items():
        for record, path in (("task", TASK_FILE), ("capsule", CAPSULE)):
            yield Case(f"body/{name}/{record}", f"a body made of {name}", "S14", partial(_body, path, body))
        yield Case(f"body/{name}/design", f"STATE.md and TODO.md made of {name}", "S14", partial(_design, body))
    yield Case("many/tasks", "two thousand tasks", "S14", partial(_tasks, 2000))
    yield Case("many/checkpoints", "a thousand checkpoints", "S14", partial(_checkpoints, 1000), long=True)
    yield Case("many/context", "a thousand context files", "S14", _context)
    yield Case("many/untracked", "five thousand new files", "S14", _untracked)
    yield Case("many/changes", "a checkpoint that lists twenty thousand changes", "S14", _changes)
    yield Case("many/deep", "directories a hundred deep", "S14", _deep)
    yield Case("bomb/event", "git's copy of a pause holds 300 MB of zeros", "S14", _bomb, base="paused", long=True)
    yield Case("bomb/operation", "an operation on record is 200 MB long", "S14", _operation)


def _huge(path: str, ground: Ground) -> None:
    """Sparse: it takes no room, and whoever reads it all takes a gigabyte."""
    target = ground.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.chmod(0o644)
    with target.open("ab") as file:
        file.truncate(_GIGABYTE)


def _body(path: str, body: str, ground: Ground) -> None:
    data = ground.repo.read(path)
    (ground.root / path).chmod(0o644)
    ground.write(path, data + b"\n" + body.encode())


def _design(body: str, ground: Ground) -> None:
    head = "---\nstage: plan\n---\n<position>\nstatus: in_progress\n"
    ground.write(".design/STATE.md", f"{head}{body}\n</position>\n")
    ground.write(".design/TODO.md", body)
    ground.write(".design/HANDOFF.md", body)


def _tasks(count: int, ground: Ground) -> None:
    text = ground.repo.read(TASK_FILE).decode()
    for number in range(2, count):
        name = f"TASK-20261118-{number:03d}"
        ground.write(
            f".volon/tasks/{name}.md", text.replace("TASK-20261119-001", name).replace("status: paused", "status: todo")
        )


def _checkpoints(count: int, ground: Ground) -> None:
    data = ground.repo.read(CHECKPOINT)
    for number in range(2, count):
        ground.write(f".design/checkpoints/{number:02d}-work-2026-11-19.md", data)


def _context(ground: Ground) -> None:
    for number in range(1000):
        ground.write(f".volon/pcc/global/{number}.md", "word " * 1000)


def _untracked(ground: Ground) -> None:
    for number in range(5000):
        ground.write(f"new/{number}", "x")


def _changes(ground: Ground) -> None:
    rows = "".join(f".M 100644 {number:040x} src/{number}.py\n" for number in range(20_000))
    ground.edit(CHECKPOINT, "```text\n", f"```text\n{rows}")


def _deep(ground: Ground) -> None:
    ground.write("/".join(["d" * 8] * 100) + "/file", "x")
    ground.write(".design/sketches/" + "/".join(["d" * 8] * 100) + "/file", "x")


def _bomb(ground: Ground) -> None:
    oid, ref = ground.repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/volon/paused").split()[:2]
    far = ground.live / "zeros"
    with far.open("wb") as file:
        os.truncate(file.fileno(), 300 << 20)
    blob = ground.git("hash-object", "-w", str(far))
    far.unlink()
    inner = ground.git("mktree", stdin=f"100644 blob {blob}\tTASK-20261119-001.md\n".encode())
    volon = ground.git("mktree", stdin=f"040000 tree {inner}\ttasks\n".encode())
    tree = ground.git("mktree", stdin=f"040000 tree {volon}\t.volon\n".encode())
    raw = f"tree {tree}\n{ground.git('cat-file', 'commit', oid).partition(chr(10))[2]}\n"
    ground.repo.git("update-ref", ref, ground.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode()))
    (ground.root / TASK_FILE).unlink()


def _operation(ground: Ground) -> None:
    head = b'{"format":1}' + b" " * (200 << 20)
    ground.write(".git/volon/ops/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", b"VOLON1\n%d\n%s\n" % (len(head), head))
