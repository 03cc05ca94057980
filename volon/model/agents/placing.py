"""Which files agents need, held against what is there: what is made, changed, taken away, and what is a person's own.

Pure: the same tables, manifest and files give the same changes, so that a second run has nothing to do.

Source: agents.md §1.6; issue "Where agents live" (no second diff, edited files kept, uninstalled byte for byte).
"""

from __future__ import annotations

from enum import StrEnum
from itertools import product

from volon.model.agents.hosts import HOSTS, NAME, SHARED
from volon.model.agents.manifest import Manifest, Written, digest
from volon.model.agents.texts import BEGIN, BLOCK, PREFIX, READ_SHARED, SKILLS, skill_of, skill_text
from volon.patterns import pattern
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Look = Callable[[str], "bytes | Barred | None"]

AIDER = ".aider.conf.yml"
_READS = pattern(r"(?m)^read\s*:")
_TAKEN = "is not volon's, nor is the same name with volon- before it"
_EDITED = "was edited since volon wrote it"


class State(StrEnum):
    """What becomes of a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"


class Barred(NamedTuple):
    """A file that cannot be looked at, or that volon does not touch, and why."""

    reason: str


class Change(NamedTuple):
    """What becomes of one file.

    Attributes:
        agents: those that read it; none when it is no longer wanted.
        after: what it holds then, of `CREATED` and `UPDATED`.
        reason: why it stays as it is, of `KEPT`.
    """

    path: str
    state: State
    agents: tuple[str, ...] = ()
    after: bytes | None = None
    reason: str = ""


def placeable() -> frozenset[str]:
    """Return every path volon may write for agents; nothing else that a manifest names is believed."""
    names = [f"{prefix}{name}" for prefix, name in product(("", PREFIX), SKILLS)]
    skills = {host.skills.replace(NAME, name) for host, name in product(HOSTS.values(), names) if host.skills}
    return frozenset(skills | {host.own for host in HOSTS.values() if host.own} | {SHARED, AIDER})


def place(
    agents: Iterable[str], manifest: Manifest, look: Look, templates: Mapping[str, str]
) -> tuple[list[Change], Manifest]:
    """Return what has to change so that these agents, and no others, are told of volon.

    Args:
        agents: names of `HOSTS`.
        manifest: what was installed before.
        look: what is under a path now.
        templates: of the skills, by name.

    Returns:
        Every file that is or was volon's, in the order of paths; and the manifest from then on. A file that stays and
        is no longer wanted belongs to whoever changed it, and is not in that any more.
    """
    chosen = tuple(sorted(agents))
    known = {path: one for path, one in manifest.files.items() if path in placeable()}
    found = [*_skills(chosen, known, look, templates), *_instructions(chosen, known, look)]
    wanted = {change.path for change, _ in found}
    found += [(_gone(path, one, look(path)), None) for path, one in known.items() if path not in wanted]
    found.sort(key=lambda one: one[0].path)
    return [change for change, _ in found], Manifest(chosen, {c.path: one for c, one in found if one is not None})


def recognised(look: Look, templates: Mapping[str, str], seen: Iterable[str]) -> Manifest:
    """Return what is installed where no manifest says so, as in a clone of a repository that has the files.

    Args:
        look: what is under a path now.
        templates: of the skills, by name.
        seen: agents that seem to be used here: of those that read the same files, these are meant.
    """
    agents = set[str]()
    for where in {host.skills for host in HOSTS.values() if host.skills}:
        paths = ((name, where.replace(NAME, name)) for name in SKILLS)
        if all(_same(look(path), skill_text(skill_of(templates[name], name), path).encode()) for name, path in paths):
            readers = [name for name, host in HOSTS.items() if host.skills == where]
            agents.update([name for name in readers if name in seen] or readers[:1])
    changes, manifest = place(agents, Manifest(), look, templates)
    there = {one.path for one in changes if one.state is State.UNCHANGED}
    return Manifest(manifest.agents, {path: one for path, one in manifest.files.items() if path in there})


def _skills(
    chosen: tuple[str, ...], known: Mapping[str, Written], look: Look, templates: Mapping[str, str]
) -> Iterator[tuple[Change, Written | None]]:
    readers: dict[str, list[str]] = {}
    for agent in chosen:
        readers.setdefault(HOSTS[agent].skills, []).append(agent)
    readers.pop("", None)
    for (where, agents), name in product(readers.items(), SKILLS):
        rivals = [one.replace(NAME, name) for agent in agents for one in HOSTS[agent].rivals]
        yield _skill(where, name, tuple(agents), known, look, templates[name], rivals)


def _skill(
    where: str,
    name: str,
    agents: tuple[str, ...],
    known: Mapping[str, Written],
    look: Look,
    template: str,
    rivals: Iterable[str],
) -> tuple[Change, Written | None]:
    """One skill, under its own name; where somebody else's has that, under volon's."""
    names = {where.replace(NAME, one): one for one in (name, f"{PREFIX}{name}")}
    path = next((path for path in names if path in known), None)
    ours = {path: skill_text(skill_of(template, one), path).encode() for path, one in names.items()}
    if path is None:
        free = [one for one, data in ours.items() if look(one) is None or _same(look(one), data)]
        taken = any(look(rival) is not None for rival in rivals)
        path = next((one for one in free if not taken or names[one] != name), None)
    if path is None:
        path = next(iter(names))
        there = look(path)
        reason = there.reason if isinstance(there, Barred) else _TAKEN
        return Change(path, State.KEPT, agents, reason=reason), None
    return _whole(path, ours[path], agents, known.get(path), look(path))


def _whole(
    path: str, data: bytes, agents: tuple[str, ...], before: Written | None, there: bytes | Barred | None
) -> tuple[Change, Written | None]:
    written = Written(sha256=digest(data))
    if isinstance(there, Barred):
        return Change(path, State.KEPT, agents, reason=there.reason), before
    if there is None:
        return Change(path, State.CREATED, agents, data), written
    if digest(there) == written.sha256:
        return Change(path, State.UNCHANGED, agents), written
    if before is not None and digest(there) == before.sha256:
        return Change(path, State.UPDATED, agents, data), written
    return Change(path, State.KEPT, agents, reason=_EDITED), before


def _instructions(
    chosen: tuple[str, ...], known: Mapping[str, Written], look: Look
) -> Iterator[tuple[Change, Written | None]]:
    readers: dict[str, list[str]] = {}
    for agent in chosen:
        readers.setdefault(_told_in(agent, look), []).append(agent)
    for path, agents in readers.items():
        yield _added(path, BLOCK, tuple(agents), known.get(path), look(path), BEGIN)
    if "aider" in chosen:
        there = look(AIDER)
        if isinstance(there, bytes) and AIDER not in known and _READS.search(there.decode("utf-8", "replace")):
            if SHARED.encode() not in there:
                yield Change(AIDER, State.KEPT, ("aider",), reason=f"add {SHARED} to what it has under read"), None
            return
        yield _added(AIDER, READ_SHARED, ("aider",), known.get(AIDER), there, "read:")


def _told_in(agent: str, look: Look) -> str:
    """The file of instructions that an agent reads here: its own hides the shared one, unless it takes that in."""
    host = HOSTS[agent]
    there = look(host.own) if host.own else None
    if isinstance(there, Barred) or (there is not None and b"@" + SHARED.encode() in there):
        return SHARED
    return host.own if host.own and (there is not None or not host.shares) else SHARED


def _added(
    path: str, text: str, agents: tuple[str, ...], before: Written | None, there: bytes | Barred | None, mark: str
) -> tuple[Change, Written | None]:
    """A text of volon's in a file that may be the user's."""
    if isinstance(there, Barred):
        return Change(path, State.KEPT, agents, reason=there.reason), before
    old = _present(before, there)
    if old is not None and there is not None and before is not None:
        new = _in_style(before.added[: len(before.added) - len(before.added.lstrip("\n"))] + text, there)
        if new == old:
            return Change(path, State.UNCHANGED, agents), before
        return Change(path, State.UPDATED, agents, there.replace(old, new)), before._replace(added=_plain(new))
    if there is not None and _present(Written(added=text), there):
        # Where the manifest is not shared, the text may have come with a commit.
        return Change(path, State.UNCHANGED, agents), Written(added=text, made=_plain(there) == text)
    if there is not None and mark.encode() in there:
        return Change(path, State.KEPT, agents, reason=_EDITED), before
    lines = there or b""
    gap = "" if not lines.strip(b"\r\n") else "\n" if lines.endswith(b"\n") else "\n\n"
    new = _in_style(gap + text, lines)
    state = State.CREATED if there is None else State.UPDATED
    return Change(path, state, agents, lines + new), Written(added=_plain(new), made=there is None)


def _gone(path: str, before: Written, there: bytes | Barred | None) -> Change:
    """What becomes of a file that nobody wants any more."""
    if isinstance(there, Barred):
        return Change(path, State.KEPT, reason=there.reason)
    if there is None:
        return Change(path, State.UNCHANGED)
    if before.sha256:
        ours = digest(there) == before.sha256
        return Change(path, State.REMOVED) if ours else Change(path, State.KEPT, reason=_EDITED)
    old = _present(before, there)
    if old is None:
        return Change(path, State.KEPT, reason=_EDITED)
    rest = there.replace(old, b"")
    return Change(path, State.REMOVED) if before.made and not rest else Change(path, State.UPDATED, after=rest)


def _present(before: Written | None, there: bytes | Barred | None) -> bytes | None:
    """What volon added to a file, as it stands there, whatever line ends git gave it; None unless it is there once."""
    if before is None or not before.added or not isinstance(there, bytes):
        return None
    forms = (before.added.encode(), before.added.replace("\n", "\r\n").encode())
    return next((form for form in forms if there.count(form) == 1), None)


def _same(there: bytes | Barred | None, data: bytes) -> bool:
    return isinstance(there, bytes) and digest(there) == digest(data)


def _in_style(text: str, there: bytes) -> bytes:
    return (text.replace("\n", "\r\n") if b"\r\n" in there else text).encode()


def _plain(added: bytes) -> str:
    return added.replace(b"\r\n", b"\n").decode()
