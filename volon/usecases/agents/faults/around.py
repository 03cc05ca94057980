"""Faults around what agents are told: the programs on PATH, and what of the files colleagues get.

Source: issue "Where agents live"; agents.md §0, §1.6.
"""

from __future__ import annotations

import json
import os

import volon
from volon import gitfiles
from volon.model.agents.fault import Sighting
from volon.model.agents.hosts import HOSTS
from volon.model.syntax.gitpath import shell_word
from volon.paths import Path
from volon.patterns import pattern
from volon.repo.blobs import decode
from volon.store import layout
from volon.usecases.agents.faults.scene import installed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.usecases.agents.faults.scene import Scene

_PARTS = 3
_HIGHEST = 4
_NUMBER = pattern(r"\d+")
_LISTED = 20


def programs(scene: Scene) -> Iterator[Sighting]:
    """Yield what is wrong with the programs on PATH, of volon and of the agents it is installed for."""
    found = [installed(path) for path in scene.programs("volon")]
    if not found:
        way = "install it for good, as with `uv tool install volon`, or add its directory to PATH"
        yield Sighting("agents.volon-missing", "volon is not on PATH, and so not found by agents", way=way)
    versions = [one.version for one in found if one.version]
    if len(set(versions)) > 1:
        sentence = " and ".join(f"{scene.shown(one.path)} ({one.version})" for one in found if one.version)
        yield Sighting("agents.volon-twice", f"on PATH are {sentence}", way="upgrade or remove one of them")
    elif versions and versions[0] != volon.__version__:
        sentence = f"{scene.shown(found[0].path)} is {versions[0]}, and this is {volon.__version__}"
        yield Sighting("agents.volon-other", sentence, way="upgrade it")
    if found and not scene.programs("git-volon"):
        sentence = f"git-volon is not beside {scene.shown(found[0].path)}: `git volon` is no command"
        yield Sighting("agents.git-volon", sentence, way="install volon anew")
    for name in sorted(scene.agents):
        yield from _older(scene, name)


def _older(scene: Scene, name: str) -> Iterator[Sighting]:
    host = HOSTS[name]
    path = next(iter(scene.programs(host.program)), "") if host.program and host.version else ""
    version = _packaged(path) if path else ""
    if version and _parts(version) < _parts(host.version):
        sentence = f"{host.title} is {version} here, and {host.version} was tried"
        yield Sighting("agents.program-old", sentence, scene.shown(path), way="upgrade it")


def _packaged(path: str) -> str:
    """The version of an npm package that a program is in; empty where it is in none."""
    for directory in Path(path).resolve().parents[:_HIGHEST]:
        try:
            version = json.loads(gitfiles.content(f"{directory}/package.json") or b"{}").get("version")
        except (ValueError, AttributeError, RecursionError):
            return ""
        if isinstance(version, str):
            return version[:64]
    return ""


def _parts(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)[:_PARTS]]


def sharing(scene: Scene) -> Iterator[Sighting]:
    """Yield what of the files colleagues do not get."""
    paths = [path for path in scene.written() if path != layout.AGENTS.path]
    if not paths:
        return
    ignored = set[str]()
    for source, line, text, path in _ignored(scene, paths):
        ignored.add(path)
        if not source.endswith("info/exclude"):
            # What stands in `info/exclude` somebody keeps to this clone on purpose.
            sentence = f"git ignores it, by {scene.shown(source)}:{line}: {text[:64]}"
            way = "take that line out, or add an exception below it"
            yield Sighting("agents.ignored", sentence, path, way=way)
    asked = [path for path in paths if path not in ignored]
    # A file of the user's was there before: it is shared once the index has what volon put into it.
    shared = _listed(scene, asked) - _listed(scene, asked, "--modified")
    left = [path for path in asked if path not in shared]
    if left and shared:
        sentence = f"{len(left)} of {len(asked)} files for agents are not in git's index: {', '.join(left[:_LISTED])}"
        way = "share these as well, or keep them to this clone by lines in .git/info/exclude"
        command = f"git add -- {' '.join(map(shell_word, left[:_LISTED]))}"
        yield Sighting("agents.half-committed", sentence, way=way, command=command)


def _ignored(scene: Scene, paths: list[str]) -> Iterator[tuple[str, ...]]:
    """Where a pattern stands, the pattern, and the path that it makes git ignore."""
    named = b"".join(os.fsencode(path) + b"\0" for path in paths)
    # Of what lies in a submodule git does not say; then nothing is said.
    _, out = scene.git.ask("check-ignore", "-v", "-z", "--stdin", stdin=named, ok=(0, 1, 128))
    fields = decode(out).split("\0")
    rows = zip(*(fields[at::4] for at in range(4)), strict=False)
    return (row for row in rows if not row[2].startswith("!"))


def _listed(scene: Scene, paths: list[str], *words: str) -> set[str]:
    """Which of some paths git's index has; none where it cannot be read."""
    if not paths:
        return set()
    status, out = scene.git.ask("ls-files", "-z", "--full-name", *words, "--", *paths, ok=(0, 128))
    return set() if status else set(decode(out).split("\0")) - {""}
