"""Names that become paths, options or lines, and ids that people type (S1, S8)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import CAPSULE, CHECKPOINT, TASK, TASK_FILE, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_IDS = {
    "parent": "../../outside/secret",
    "absolute": "/etc/passwd",
    "newline": "TASK-1\nHint: INJECTED-5be2",
    "option": "--output=fired",
    "reserved": "CON",
    "long": "A" * 10_000,
    "look-alike": "ТАSК-20261119-001",
    "digits": "TASK-٢٠٢٦١١١٩-001",
    "blank": " ",
    "empty": "",
    "escape": "TASK-\x1b]0;x\x07-1",
    "surrogate": "TASK-\udcff-1",
    "glob": "TASK-*-001",
    "trailing-newline": f"{TASK}\n",
    "trailing-slash": f"{TASK}/",
    "format": "{0.__class__}%s%n${HOME}",
}
_TASK_NAMES = (
    "-x.md",
    "CON.md",
    "..md",
    "...md",
    "TASK-1.md\n",
    "TASK-20261119-002\n.md",
    "tаsk-1.md",
    "\x1b]0;x\x07.md",
)
_CHECKPOINT_NAMES = (
    *("02-../../outside-2026-11-20.md", "999999999999999999999-work-2026-11-20.md", "٠٢-work-2026-11-20.md"),
    *("1e9-work-2026-11-20.md", "02-work-9999-99-99.md", "-2-work-2026-11-20.md", "02-\x1b[2J-2026-11-20.md"),
    *("02-work-2026-11-20.md\n", "00-work-2026-11-20.md"),
)
_OPTIONS = ("--output=fired", "--upload-pack=fire", "-O/etc/passwd", "--exec=fire", "--no-index", "-")
_FILES = (
    *(
        "--output=fired",
        "-rf",
        ":(exclude)src",
        ":/",
        ":!src",
        "a\nHint: INJECTED-5be2",
        "\x1b]0;x\x07",
        "\u202egpj.exe",
    ),
    *(
        "[link=file:///etc/passwd]x[/link]",
        "[/]",
        "{0.__class__}",
        "$(touch fired)",
        "`touch fired`",
        '"; touch fired; "',
    ),
    *("nul\\", "name " + "x" * 200, "\udcff\udcfe", "tab\tand\rreturn", "%n%s", "~/.ssh", "+x/-y"),
)
_KEYS = (
    "branch",
    "upstream",
    "upstream_commit",
    "paused_commit",
    "worktree",
    "checkpoint",
    "snapshot",
    "uid",
    "operation_head",
)


def cases() -> Iterator[Case]:
    """Ids as arguments and in records, names of files, branches, upstream branches and working trees."""
    for name, text in _IDS.items():
        yield Case(f"argument/{name}", "an id on the command line leads elsewhere", "S1", _nothing, verbs=_typed(text))
        yield Case(f"id/{name}", "a record's id leads elsewhere", "S1", partial(_ids, text))
    for number, name in enumerate(_TASK_NAMES):
        yield Case(f"task-name/{number}", f"a task file is called {name!r}", "S1", partial(_task_named, name))
    for number, name in enumerate(_CHECKPOINT_NAMES):
        yield Case(
            f"checkpoint-name/{number}", f"a checkpoint is called {name!r}", "S1", partial(_checkpoint_named, name)
        )
    for number, text in enumerate(_OPTIONS):
        attack = f"every name in the records is {text}; git must not take it for an option"
        yield Case(f"option/record/{number}", attack, "S8", partial(_options, text))
        yield Case(
            f"option/branch/{number}", f"the branch is called {text}", "S8", partial(_branch, text), base="paused"
        )
    for number, name in enumerate(_FILES):
        yield Case(
            f"file-name/{number}", f"a changed file is called {name!r}", "S8, S10", partial(_file, name), base="paused"
        )
    for target in ("../../outside", "/", "../origin", ".git", "~", "-C"):
        yield Case(f"worktree/{target}", "a record names another working tree", "S2", partial(_worktree, target))
    yield Case(
        "upstream/option", "the upstream branch in git's configuration is an option", "S8", _upstream, base="paused"
    )
    yield Case("ref/volon-names", "refs that look like volon's have hostile names", "S8", _refs, base="paused")


def _nothing(ground: Ground) -> None:
    del ground


def _typed(text: str) -> tuple[tuple[str, ...], ...]:
    return (
        *(("task", verb, "--", text) for verb in ("show", "done", "unblock", "start")),
        ("checkpoint", "show", "--", text),
        ("resume-task", f"--checkpoint={text}"),
        ("resume-task", f"--task={text}", "--dry-run"),
        ("continue", "--", text),
        ("pause-task", f"--task={text}", "x"),
        ("pause-task", "x", f"--from={text}"),
        ("pause-task", "x", f"--key-file={text}", f"--next={text}", f"--cmd={text} => {text}"),
        ("validate", "--", text),
    )


def _quoted(text: str) -> str:
    """The text as a double-quoted YAML scalar that decodes to exactly it."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{plain}"'


def _ids(text: str, ground: Ground) -> None:
    for path, key in (
        (TASK_FILE, "id"),
        (CAPSULE, "task_id"),
        (CHECKPOINT, "task_id"),
        (".volon/bootstrap.md", "paused_task_id"),
    ):
        ground.set(path, key, _quoted(text))


def _task_named(name: str, ground: Ground) -> None:
    ground.write(f".volon/tasks/{name}", ground.repo.read(TASK_FILE))


def _checkpoint_named(name: str, ground: Ground) -> None:
    ground.write(f".design/checkpoints/{name}", ground.repo.read(CHECKPOINT))


def _options(text: str, ground: Ground) -> None:
    for key in _KEYS:
        for path in (CAPSULE, CHECKPOINT):
            ground.set(path, key, _quoted(text))
    ground.edit(CAPSULE, "- `src/app.py` — modified", f"- `{text}` — read it")


def _branch(text: str, ground: Ground) -> None:
    head = ground.repo.head()
    name = text.lstrip("/")
    (ground.root / ".git/refs/heads" / name).parent.mkdir(parents=True, exist_ok=True)
    (ground.root / ".git/refs/heads" / name).write_text(f"{head}\n")
    (ground.root / ".git/HEAD").write_text(f"ref: refs/heads/{name}\n")
    ground.repo.git("commit", "-q", "--allow-empty", "-m", "On it", check=False)


def _file(name: str, ground: Ground) -> None:
    ground.write(name, "new\n")
    ground.write(f"src/{name.replace('/', '_')}", "tracked\n")
    ground.repo.git("add", "-A", "src", check=False)


def _worktree(target: str, ground: Ground) -> None:
    for path in (CAPSULE, CHECKPOINT):
        ground.set(path, "worktree", _quoted(target))


def _upstream(ground: Ground) -> None:
    ground.config(
        ("branch.main.remote", "--upload-pack=fire"),
        ("branch.main.merge", "refs/heads/--output=fired"),
        ("remote.--upload-pack=fire.url", f"ext::{ground.fire}"),
        ("remote.--upload-pack=fire.fetch", "+refs/heads/*:refs/remotes/x/*"),
    )
    ground.write("later.txt", "x")
    ground.repo.commit("Later")


def _refs(ground: Ground) -> None:
    head = ground.repo.head()
    lines = ["# pack-refs with: peeled fully-peeled sorted "]
    lines += [f"{head} refs/volon/paused/{name}" for name in sorted(("--output=x", "01M7YM1N77RGT4KXZ8NX6AXAS", "ü"))]
    (ground.root / ".git/packed-refs").write_text("\n".join([*lines, ""]))
