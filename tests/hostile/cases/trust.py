"""Approvals that were given for something else, or by somebody else (S4, S6)."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.hostile.ground import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hostile.ground import Ground

_SETTINGS = """hooks:
  on_pause:
    - argv: [./hook.sh, pause]
  on_resume:
    - argv: [./hook.sh, resume]
"""


def cases() -> Iterator[Case]:
    """Every way in which an approval may look valid and is none."""
    for name, attack, build in (
        ("settings-changed", "the hook table was changed after the approval", _settings_changed),
        ("script-changed", "a script that a hook names was changed after the approval", _script_changed),
        ("script-linked", "the script became a link to another one after the approval", _script_linked),
        ("another-directory", "the approved repository was moved, and another stands in its place", _replaced),
        ("copied", "the approval is of a copy elsewhere", _copied),
        ("open-to-others", "the directory of approvals can be written by everybody", _open),
        ("record-open-to-others", "the approval itself can be written by everybody", _open_record),
        ("linked-state", "the directory of approvals is a link", _linked_state),
        ("record-linked", "the approval is a link to a file of the repository", _linked_record),
        ("garbage", "every approval is noise", _garbage),
        ("denied", "it was refused after it was approved", _denied),
        ("commondir", "the approved git directory is now shared with another one", _common),
    ):
        yield Case(f"trust/{name}", attack, "S4, S6, CVE-2025-54136 kind", build, verbs=_VERBS, fresh=True)
    for place in ("state", ".volon/state", ".git/state"):
        env = {"XDG_STATE_HOME": f"REPO/{place}"}
        attack = "the user's state directory lies inside the repository, which brings approvals"
        yield Case(
            f"trust/inside/{place}", attack, "S4, mise #10357", _inside(place), env=env, verbs=_VERBS, fresh=True
        )


_VERBS = (("pause-task", "a note"), ("resume-task", "--force"), ("resume-task",), ("trust",), ("trust", "--json"))


def approve(ground: Ground, state: Path | None = None) -> None:
    """Write hooks and approve them as a person would."""
    ground.write("volon.yaml", _SETTINGS)
    ground.write("hook.sh", f"#!/bin/sh\nexec {ground.fire}\n")
    (ground.root / "hook.sh").chmod(0o755)
    env = {"XDG_STATE_HOME": str(state or ground.state)}
    digest = json.loads(ground.volon("trust", "--json", env=env))["digest"]
    ground.volon("trust", "--digest", digest, "--yes", env=env)


def _records(ground: Ground) -> list[Path]:
    return [path for path in (ground.state / "volon/trust").rglob("*") if path.is_file()]


def _settings_changed(ground: Ground) -> None:
    approve(ground)
    ground.edit("volon.yaml", "pause]", f"pause, {ground.fire}]")


def _script_changed(ground: Ground) -> None:
    approve(ground)
    ground.edit("hook.sh", "exec", "# another\nexec")


def _script_linked(ground: Ground) -> None:
    approve(ground)
    (ground.root / "hook.sh").rename(ground.root / "real.sh")
    (ground.root / "hook.sh").symlink_to("real.sh")


def _replaced(ground: Ground) -> None:
    approve(ground)
    old = ground.live / "old"
    ground.root.rename(old)
    shutil.copytree(old, ground.root, symlinks=True)


def _copied(ground: Ground) -> None:
    approve(ground)
    ground.root.rename(ground.live / "approved")
    shutil.copytree(ground.live / "approved", ground.root, symlinks=True)


def _open(ground: Ground) -> None:
    approve(ground)
    (ground.state / "volon/trust").chmod(0o777)


def _open_record(ground: Ground) -> None:
    approve(ground)
    for path in _records(ground):
        path.chmod(0o666)


def _linked_state(ground: Ground) -> None:
    approve(ground)
    real = ground.root / "approvals"
    (ground.state / "volon/trust").rename(real)
    (ground.state / "volon/trust").symlink_to(real)


def _linked_record(ground: Ground) -> None:
    approve(ground)
    for number, path in enumerate(_records(ground)):
        real = ground.root / f"approval-{number}"
        path.rename(real)
        path.symlink_to(real)


def _garbage(ground: Ground) -> None:
    approve(ground)
    for path in _records(ground):
        path.write_bytes(b"\xff" * 100 + b"[" * 10_000)


def _denied(ground: Ground) -> None:
    approve(ground)
    ground.volon("trust", "--deny", env={"XDG_STATE_HOME": str(ground.state)})


def _common(ground: Ground) -> None:
    approve(ground)
    real = ground.live / "shared"
    (ground.root / ".git").rename(real)
    ground.git_dir = real
    ground.objects = real / "objects"
    ground.write(".git", f"gitdir: {real}\n")


def _inside(place: str) -> Callable[[Ground], None]:
    def build(ground: Ground) -> None:
        approve(ground, ground.live / "elsewhere")
        target = ground.root / place
        target.parent.mkdir(exist_ok=True)
        (ground.live / "elsewhere").rename(target)

    return build
