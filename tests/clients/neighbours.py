"""volon over the set-ups of tools that write for the same agents: `python -m tests.clients --neighbours`.

Each sets itself up in a repository of its own, for all the agents it knows; then volon is installed for every agent,
with every part. Of what the neighbour wrote no file may be gone, the settings must say all they said, and uninstalling
gives back every byte. They come from npm and PyPI in the versions of `NEIGHBOURS`; one that is not there is skipped,
and a skip is counted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.repos import RepoBuilder
from tests.support.running import volon_argv, volon_environment
from volon.model.syntax.jsonc import NotJson, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.syntax.jsonc import Json

NEIGHBOURS = {
    "spec-kit": (
        "specify-cli==1.2.3",
        "specify init --here --force --non-interactive --ignore-agent-tools --integration claude",
    ),
    "OpenSpec": ("@fission-ai/openspec@1.13.2", "openspec init --tools all"),
    "GSD": ("get-shit-done-cc@1.42.3", "get-shit-done-cc --all --local"),
    "Backlog.md": (
        "backlog.md@1.52.0",
        "backlog init shop --defaults --agent-instructions claude,agents,gemini,copilot --integration-mode cli",
    ),
}
"""Its package, and what sets it up."""
_SECONDS = 300


def main(modules: Path, _chosen: object, scratch: Path) -> int:
    """Try them all; 1 when anything of theirs was harmed.

    Args:
        modules: where `node_modules` is, and `bin` with the programs from PyPI.
        scratch: a directory of its own.
    """
    places = [modules / "node_modules/.bin", modules / "bin", *map(Path, os.environ["PATH"].split(os.pathsep))]
    path = os.pathsep.join(map(str, places))
    wrong = skipped = 0
    for name, (package, words) in NEIGHBOURS.items():
        if shutil.which(words.split()[0], path=path) is None:
            skipped += 1
            print(f"{name}: skipped, {package} is not installed", flush=True)
            continue
        found = harm(scratch / name, words.split(), path)
        wrong += bool(found)
        print(f"{package}: {'; '.join(found) or 'nothing of it changed'}", flush=True)
    print(f"neighbours: {len(NEIGHBOURS) - skipped} tried, {skipped} skipped; {wrong} wrong")
    return 1 if wrong else 0


def harm(directory: Path, words: list[str], path: str) -> list[str]:
    """Set a neighbour up, install volon over it and take it back; say what is not as it was."""
    repo = RepoBuilder.init(directory)
    repo.commit("Begin", {"README.md": "# Shop\n"})
    env = {**os.environ, "PATH": path, "HOME": str(directory.parent / "home")}
    subprocess.run(
        words, cwd=directory, env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS
    )
    before = _files(directory)
    _volon(directory, "agents", "install", "-q", "--all", "--with", "mcp")
    installed = _files(directory)
    wrong = [f"{name} is gone" for name in before if name not in installed]
    wrong += [f"{name} lost {lost}" for name, data in before.items() for lost in _lost(data, installed.get(name, data))]
    if len(installed) == len(before):
        wrong.append("nothing was installed")
    _volon(directory, "agents", "install", "-q", "--all")
    wrong += [f"a second run changed {name}" for name in _differing(installed, _files(directory))]
    _volon(directory, "agents", "uninstall", "-q")
    return wrong + [f"{name} is not as it was" for name in _differing(before, _files(directory))]


def _volon(where: Path, *words: str) -> None:
    subprocess.run(
        [*volon_argv(), *words], cwd=where, env=volon_environment(), check=True, timeout=_SECONDS, capture_output=True
    )


def _files(root: Path) -> dict[str, bytes]:
    found = (one for one in root.rglob("*") if one.is_file() and not {".git", ".volon"} & set(one.parts))
    return {str(one.relative_to(root)): one.read_bytes() for one in found}


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _lost(before: bytes, after: bytes) -> list[str]:
    """What was said before and is not said now: of settings each value, of other files a line."""
    if before == after:
        return []
    try:
        return _missing(read(before.decode()).plain, read(after.decode()).plain)
    except (NotJson, UnicodeDecodeError):
        return [] if after.startswith(before.rstrip(b"\n")) else ["a line"]


def _missing(before: Json, after: Json, key: str = "it") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [one for name, value in before.items() for one in _missing(value, after.get(name), name)]
    if isinstance(before, list) and isinstance(after, list):
        return [] if after[: len(before)] == before else [key]
    return [] if before == after else [f"{key}: {json.dumps(before)}"]
