"""YAML that bombs, lies or executes, in each kind of record that is read as YAML (S9)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import BOOTSTRAP, CAPSULE, CHECKPOINT, TASK_FILE, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_RECORDS = {"task": TASK_FILE, "capsule": CAPSULE, "checkpoint": CHECKPOINT, "bootstrap": BOOTSTRAP}
_LAUGHS = "\n".join(["a0: &a0 [lol, lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))])
_MERGES = "\n".join(["m0: &m0 {k: v}", *(f"m{n}: &m{n}\n  <<: [*m{n - 1}, *m{n - 1}]" for n in range(1, 30))])
_FIRE = "FIRE"
_ATTACKS = {
    "python-object": ("a tag builds a Python object", "title: !!python/object/apply:os.system [FIRE]"),
    "python-name": ("a tag names a function", "title: !!python/name:os.system"),
    "own-tag": ("a tag nobody knows", "title: !env FIRE"),
    "billion-laughs": ("nine aliases of nine aliases …", _LAUGHS),
    "merge-bomb": ("merge keys double thirty times", _MERGES),
    "self-alias": ("a list that holds itself", "loop: &x [*x]"),
    "duplicate-key": ("the second of two keys wins silently elsewhere", "status: done\nstatus: todo"),
    "deep-flow": ("five thousand brackets exhaust the stack", f"deep: {'[' * 5000}{']' * 5000}"),
    "deep-block": ("a thousand levels of indentation", "\n".join(" " * n + f"k{n}:" for n in range(1000))),
    "huge-integer": ("a number with ten thousand digits", f"priority: {'9' * 10_000}"),
    "sexagesimal": ("numbers in base sixty, octal, infinity", "created_at: 12:30:45\nuid: 012\nparent_id: .inf"),
    "second-document": ("a second document hides behind the first", "a: 1\n--- \nstatus: done"),
    "directive": ("a directive changes what tags mean", "%TAG ! tag:yaml.org,2002:python/"),
    "complex-key": ("a mapping as key", "? {a: b}\n: c"),
    "long-scalar": ("sixty thousand characters on a line", f"title: {'x' * 60_000}"),
    "too-large": ("a megabyte of keys", "\n".join(f"k{n}: v" for n in range(90_000))),
    "control": ("raw control characters inside", "title: \x00\x01\x1b]0;x\x07"),
    "not-utf8": ("bytes that are no UTF-8", "title: \udcff\udcfe"),
    "unclosed": ("the frontmatter never ends", "title: |\n  ---"),
    "nul-word": ("null where a word must be", "id: ~\nstatus: ~\ntask_id: ~"),
}


def cases() -> Iterator[Case]:
    """Every attack in the task file; those that a record decides for itself in the others too."""
    for attack, (what, text) in _ATTACKS.items():
        for record, path in _RECORDS.items():
            yield Case(f"yaml/{attack}/{record}", what, "S9", partial(_insert, path, text))
        yield Case(f"yaml/{attack}/config", what, "S9", partial(_config, text))


def _insert(path: str, text: str, ground: Ground) -> None:
    """Put the text into the frontmatter, keeping the other keys."""
    data = (ground.root / path).read_bytes()
    head, _, rest = data.partition(b"\n")
    attack = text.replace(_FIRE, str(ground.fire)).encode("utf-8", "surrogateescape")
    (ground.root / path).chmod(0o644)
    ground.write(path, head + b"\n" + attack + b"\n" + rest)


def _config(text: str, ground: Ground) -> None:
    attack = text.replace(_FIRE, str(ground.fire)).encode("utf-8", "surrogateescape")
    ground.write("volon.yaml", attack + b"\nsnapshot:\n  enabled: true\n")
