"""What agents need, held against what is there: what is made, changed, taken away, and what is a person's own.

Pure: the same tables, manifest and files give the same changes, so that a second run has nothing to do. What has to
stand where say `telling` and `wiring`; how it is put there, and taken back, say the three kinds of it: `wholefiles`,
`blocks` and `entries`.

Source: agents.md §1.6; issue "Where agents live" (no second diff, edited files kept, uninstalled byte for byte).
"""

from __future__ import annotations

from volon.model.agents import blocks, wholefiles
from volon.model.agents.changes import Barred, Change, State
from volon.model.agents.entries import Settings
from volon.model.agents.forms import is_block
from volon.model.agents.hosts import HOSTS, NAME
from volon.model.agents.manifest import Manifest, Written
from volon.model.agents.parts import INSTRUCTIONS, PARTS, SKILLS
from volon.model.agents.telling import block_paths, same, skill_paths, told
from volon.model.agents.texts import SKILLS as NAMES
from volon.model.agents.texts import skill_of, skill_text
from volon.model.agents.wiring import fresh, wired, wired_paths
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from volon.model.agents.changes import Look


def placeable() -> frozenset[str]:
    """Return every path volon may write for agents; nothing else that a manifest names is believed."""
    return frozenset({*skill_paths(), *block_paths(), *wired_paths()})


def place(
    agents: Iterable[str], manifest: Manifest, look: Look, templates: Mapping[str, str]
) -> tuple[list[Change], Manifest]:
    """Return what has to change so that these agents, and no others, know of volon.

    Args:
        agents: names of `HOSTS`.
        manifest: what was installed before, and which parts are wanted.
        look: what is under a path now.
        templates: of the skills and the plugin, by name.

    Returns:
        Every file that is or was volon's, in the order of paths; and the manifest from then on. A file that stays and
        is no longer wanted belongs to whoever changed it, and is not in that any more.
    """
    chosen = tuple(sorted(agents))
    known = _believed(manifest.files)
    wanted = [*told(chosen, known, look, templates, manifest.parts), *wired(chosen, manifest.parts, templates)]
    found = [one.put(known.get(one.path), look(one.path)) for one in wanted]
    paths = {one.path for one in wanted}
    found += [(_taken_back(path, one, look(path)), None) for path, one in known.items() if path not in paths]
    found.sort(key=lambda one: one[0].path)
    files = {change.path: one for change, one in found if one is not None}
    return [change for change, _ in found], Manifest(chosen, manifest.parts, files)


def recognised(look: Look, templates: Mapping[str, str], seen: Iterable[str]) -> Manifest:
    """Return what is installed where no manifest says so, as in a clone of a repository that has the files.

    Args:
        look: what is under a path now.
        templates: of the skills and the plugin, by name.
        seen: agents that seem to be used here: of those that read the same files, these are meant.
    """
    agents = set[str]()
    for where in {host.skills for host in HOSTS.values() if host.skills}:
        paths = ((name, where.replace(NAME, name)) for name in NAMES)
        if all(same(look(path), skill_text(skill_of(templates[name], name), path).encode()) for name, path in paths):
            readers = [name for name, host in HOSTS.items() if host.skills == where]
            agents.update([name for name in readers if name in seen] or readers[:1])
    if not agents:
        return Manifest()

    def standing(parts: tuple[str, ...]) -> Manifest:
        changes, manifest = place(agents, Manifest(parts=parts), look, templates)
        there = {one.path for one in changes if one.state is State.UNCHANGED}
        files = {path: one for path, one in manifest.files.items() if path in there}
        settings = [
            one for one in wired(agents, parts, templates) if isinstance(one, Settings) and one.path not in there
        ]
        partly = {one.path: found for one in settings if (found := one.found(look(one.path))) is not None}
        return replace(manifest, files=files | partly)

    return standing(tuple(one for one in PARTS if one in (SKILLS, INSTRUCTIONS) or standing((one,)).files))


def _believed(files: Mapping[str, Written]) -> dict[str, Written]:
    """What a manifest says that volon itself could have written, by the kind of each place.

    A digest says only that a file is as it was: whether volon writes such files is looked at where one is taken back.
    """
    instructions, wired_of = block_paths(), wired_paths()
    whole = skill_paths() | {path for path, names in wired_of.items() if not names}
    found = {}
    for path, one in files.items():
        if path in whole and one.sha256:
            found[path] = Written(sha256=one.sha256)
        elif path in instructions and is_block(one.added):
            found[path] = Written(added=one.added, made=one.made)
        elif entries := {name: digest for name, digest in one.entries.items() if name in wired_of.get(path, ())}:
            found[path] = Written(entries=entries, within=one.within)
    return found


def _taken_back(path: str, before: Written, there: bytes | Barred | None) -> Change:
    """What becomes of a file that nobody wants any more."""
    if before.entries:
        return Settings(path, fresh=fresh(path)).put(before, there)[0]
    if isinstance(there, Barred):
        return Change(path, State.KEPT, reason=there.reason)
    if there is None:
        return Change(path, State.UNCHANGED)
    return wholefiles.taken_back(path, before, there) if before.sha256 else blocks.taken_back(path, before, there)
