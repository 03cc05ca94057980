"""Files that claim what only this machine may say, and settings that name programs (S3, S4, S5, S6)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import CAPSULE, TASK_FILE, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_HOOKS = """hooks:
  on_pause:
    - argv: [FIRE, pause]
  on_resume:
    - argv: [FIRE, resume]
      required: true
"""
_CONFIGS = {
    "hooks": (_HOOKS, "hooks run programs of the repository", "S4"),
    "hooks-short": ("hooks:\n  on_pause:\n    - [FIRE]\n  on_resume:\n    - [FIRE]\n", "hooks, the short way", "S4"),
    "hooks-relative": ("hooks:\n  on_pause:\n    - argv: [./fire.sh]\n", "a hook is a script of the repository", "S4"),
    "hooks-shell": ("hooks:\n  on_pause:\n    - argv: [sh, -c, FIRE]\n", "a hook starts a shell", "S4"),
    "hooks-and-trust": (
        f"{_HOOKS}trust: all\ntrusted: true\ntrusted_config_paths: [/]\n",
        "the configuration trusts itself",
        "S4, CVE-2026-33068, mise #10357",
    ),
    "replay": ("replay:\n  allow:\n    - FIRE\n    - pytest\n", "recorded commands may be replayed", "S4"),
    "workers": ("conduct:\n  workers:\n    implement: FIRE\n    test: [FIRE]\n", "workers are programs", "S4"),
    "executor": ("pipeline:\n  jobs: 99999\n  executor: FIRE\n", "the executor is a program", "S4"),
    "paths": ("paths:\n  checkpoints: ../../outside\n  state: /etc\n", "paths lead outside", "S2"),
    "tokens": ("tokens:\n  limit: -99999999999999999999\n", "a number out of range", "S14"),
}
_TEMPLATES = {
    "attributes": "{0.__class__.__mro__[1].__subclasses__} {task.__init__.__globals__}",
    "jinja": "{{ ''.__class__.__mro__[1].__subclasses__() }} {%- include '/etc/passwd' %}",
    "shell": "$(FIRE) `FIRE` ${HOME} $HOME %(x)s %s <%= FIRE %> #{FIRE}",
    "many-places": "$title " * 20_000,
}
_CLAIMS = ("journal", "lock", "lock.owner", "trust", "trusted", "tmp/x", "ops/01M7YM1N77RGT4KXZ8NX6AXASA", "outbox/x")


def cases() -> Iterator[Case]:
    """Configuration, templates, local state in the wrong place, forged journals and operations."""
    for name, (text, attack, row) in _CONFIGS.items():
        for path in ("volon.yaml", ".volon/volon.yaml"):
            yield Case(f"config-file/{name}/{path}", attack, row, partial(_config, path, text))
    for name, text in _TEMPLATES.items():
        for record in ("task", "task-pcc-capsule", "checkpoint", "bootstrap", "handoff"):
            attack = "a template of the repository is more than text"
            yield Case(f"template/{name}/{record}", attack, "S5, GHSA-77g9", partial(_template, record, text))
    for name in _CLAIMS:
        yield Case(
            f"planted/{name}", f"a committed .volon/{name} claims to be local state", "S3", partial(_planted, name)
        )
    for name, path in (("work-file", "src/app.py"), ("shell-profile", ".envrc"), ("git-hook", ".githooks/pre-commit")):
        attack = f"an unpacked git directory brings a journal that would write {path}"
        yield Case(f"journal/{name}", attack, "S3", partial(_journal, path))
        yield Case(
            f"operation/{name}",
            f"an operation on record, when undone, would write {path}",
            "S3",
            partial(_operation, path),
        )
    yield Case(
        "journal/of-another",
        "the journal belongs to another working tree",
        "S3",
        partial(_journal, "", worktree="/elsewhere"),
    )
    yield Case("journal/append", "the journal would append to a file of the user's", "S3", _append)
    yield Case("journal/exclude", "the journal would rewrite info/attributes", "S3, S7", _info)
    yield Case("journal/garbage", "the journal is noise", "S3", partial(_raw_journal, b"VOLON1\n99999999999\n{"))
    yield Case("journal/deep", "the journal's header is ten thousand brackets", "S3, S14", _deep_journal)
    yield Case("scripts/hooks", "executable scripts lie where a tool might look for hooks", "S5", _scripts)
    yield Case("commands/recorded", "recorded commands and next actions are command lines", "S5", _commands)
    yield Case("commands/ready", "a READY.md names test commands", "S5", _ready)
    yield Case("environment/direnv", "files of tools that run on entering a directory", "S5", _direnv)


def _config(path: str, text: str, ground: Ground) -> None:
    ground.write(path, text.replace("FIRE", str(ground.fire)))
    ground.write("fire.sh", f"#!/bin/sh\nexec {ground.fire}\n")
    (ground.root / "fire.sh").chmod(0o755)


def _template(record: str, text: str, ground: Ground) -> None:
    from pathlib import Path

    own = (Path(__file__).parents[3] / "templates" / f"{record}.md").read_text(encoding="utf-8")
    ground.write(f".volon/templates/{record}.md", f"{own}\n{text.replace('FIRE', str(ground.fire))}\n")


def _planted(name: str, ground: Ground) -> None:
    ground.write(f".volon/{name}", json.dumps({"trusted": [str(ground.root)], "argv": [str(ground.fire)], "pid": 1}))
    ground.write("volon.yaml", _HOOKS.replace("FIRE", str(ground.fire)))


def _genuine(ground: Ground) -> tuple[object, ...]:
    """A real operation of this very working tree, to be forged: the attacker guessed where it would lie."""
    from volon.store.journal import decode

    ground.volon("task", "create", "Later", seed="z")
    path = max((ground.root / ".git/volon/ops").iterdir())
    return decode(path.read_bytes()), path


def _forged(ground: Ground, path: str, *, root: str = "worktree", kind: str = "replace", worktree: str = "") -> bytes:
    from volon.files import Place, Root
    from volon.store.journal import Entry, Journal, Kind, RepoIdentity, digest, encode

    journal, _ = _genuine(ground)
    assert isinstance(journal, Journal)
    target = ground.root / (path if root == "worktree" else f".git/info/{path}")
    before = target.read_bytes() if target.is_file() else None
    line = f"{ground.fire}\n".encode()
    entry = Entry(Place(Root(root), path or TASK_FILE), Kind(kind), before, line, mode=0o755)
    if kind == "append":
        entry = replace(entry, before=None, offset=len(before or b""), prefix=digest(before or b""))
    identity = RepoIdentity(journal.identity.repo_id, worktree or journal.identity.worktree)
    return encode(replace(journal, op="7ZZZZZZZZZZZZZZZZZZZZZZZZZ", entries=(entry,), identity=identity))


def _raw_journal(data: bytes, ground: Ground) -> None:
    ground.write(".git/volon/journal", data)


def _journal(path: str, ground: Ground, worktree: str = "") -> None:
    _raw_journal(_forged(ground, path, worktree=worktree), ground)


def _append(ground: Ground) -> None:
    _raw_journal(_forged(ground, "src/app.py", kind="append"), ground)


def _info(ground: Ground) -> None:
    _raw_journal(_forged(ground, "attributes", root="info"), ground)


def _operation(path: str, ground: Ground) -> None:
    """What undo would put back is the image before."""
    from volon.files import Place, Root
    from volon.store.journal import Entry, Journal, Kind, encode

    journal, where = _genuine(ground)
    assert isinstance(journal, Journal)
    target = ground.root / path
    after = target.read_bytes() if target.is_file() else None
    entry = Entry(
        Place(Root.WORKTREE, path), Kind.REPLACE, f"{ground.fire}\n".encode(), after, mode=0o755, before_mode=0o755
    )
    where_path = ground.root / ".git/volon/ops" / str(where).rpartition("/")[2]
    where_path.chmod(0o600)
    where_path.write_bytes(encode(replace(journal, entries=(entry,))))


def _deep_journal(ground: Ground) -> None:
    head = b"[" * 10_000 + b"]" * 10_000
    _raw_journal(b"VOLON1\n%d\n%s" % (len(head), head), ground)


def _scripts(ground: Ground) -> None:
    names = (".volon/hooks/on_pause", ".volon/hooks/on_resume", ".volon/on_pause", "on_pause.sh", ".volon/plugins/x.py")
    for name in (
        *names,
        "conftest.py",
        "sitecustomize.py",
        "usercustomize.py",
        "volon.py",
        "yaml.py",
        "typer.py",
        "git.py",
    ):
        body = "#!/bin/sh\nexec FIRE\n" if not name.endswith(".py") else "import os; os.system('FIRE')\n"
        ground.write(name, body.replace("FIRE", str(ground.fire)))
        (ground.root / name).chmod(0o755)


def _commands(ground: Ground) -> None:
    ground.edit(CAPSULE, "1. pytest", f"1. `{ground.fire}`\n2. $({ground.fire})\n3. !{ground.fire}")
    ground.edit(
        CAPSULE,
        "**Commands run + outcomes**\n\nNone recorded.",
        f"**Commands run + outcomes**\n\n- `{ground.fire}` => ok",
    )


def _ready(ground: Ground) -> None:
    text = f"# Plan\n\n### Phase 1: Begin (2-4h)\n\n**Test commands**\n\n```bash\n{ground.fire}\n```\n"
    ground.write(".prelude/READY.md", text)
    ground.write(".volon/pipelines/evil.yaml", f"tickets:\n  - id: A\n    run: {ground.fire}\n")


def _direnv(ground: Ground) -> None:
    for name in (".envrc", ".mise.toml", ".tool-versions", ".python-version", "Makefile", ".pre-commit-config.yaml"):
        ground.write(name, f"{ground.fire}\n")
