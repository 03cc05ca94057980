"""What agents are told in words: which skills go where, and in which file of instructions the block stands.

Source: agents.md §1.2, §1.6 (c); issue "Where agents live".
"""

from __future__ import annotations

from itertools import product

from volon.model.agents.blocks import Block
from volon.model.agents.changes import Barred, Change, State
from volon.model.agents.hosts import HOSTS, NAME, SHARED
from volon.model.agents.manifest import digest
from volon.model.agents.parts import INSTRUCTIONS, SKILLS
from volon.model.agents.texts import BEGIN, BLOCK, PREFIX, READ_SHARED, skill_of, skill_text
from volon.model.agents.texts import SKILLS as NAMES
from volon.model.agents.wholefiles import WholeFile
from volon.patterns import pattern
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from volon.model.agents.changes import Look, Settled, Wanted
    from volon.model.agents.manifest import Written

AIDER = ".aider.conf.yml"
_READS = pattern(r"(?m)^read\s*:")
_TAKEN = "is not volon's, nor is the same name with volon- before it"


class Left(NamedTuple):
    """A file that is left to its owner, and why."""

    path: str
    agents: tuple[str, ...]
    part: str
    reason: str

    def put(self, before: Written | None, there: bytes | Barred | None) -> Settled:  # noqa: ARG002  whatever is there
        """Return that it is kept; see `Wanted`."""
        return Change(self.path, State.KEPT, self.agents, (self.part,), reason=self.reason), None


def skill_paths() -> set[str]:
    """Return every file that volon may write a skill to."""
    names = [f"{prefix}{name}" for prefix, name in product(("", PREFIX), NAMES)]
    return {host.skills.replace(NAME, name) for host, name in product(HOSTS.values(), names) if host.skills}


def block_paths() -> set[str]:
    """Return every file that volon may write a text into."""
    return {host.own for host in HOSTS.values() if host.own} | {SHARED, AIDER}


def told(
    agents: Iterable[str], known: Collection[str], look: Look, templates: Mapping[str, str], parts: Collection[str]
) -> Iterator[Wanted]:
    """Yield what these agents have to be told, and where.

    Args:
        agents: names of `HOSTS`.
        known: the paths that are volon's already.
        look: what is under a path now.
        templates: of the skills, by name.
        parts: of `PARTS`.
    """
    chosen = tuple(agents)
    if SKILLS in parts:
        readers: dict[str, list[str]] = {}
        for agent in chosen:
            readers.setdefault(HOSTS[agent].skills, []).append(agent)
        readers.pop("", None)
        for (where, reading), name in product(readers.items(), NAMES):
            yield _skill(where, name, tuple(reading), known, look, templates[name])
    if INSTRUCTIONS in parts:
        yield from _instructions(chosen, known, look)


def same(there: bytes | Barred | None, data: bytes) -> bool:
    """Whether a file says what volon would write; git's line ends do not count."""
    return isinstance(there, bytes) and digest(there) == digest(data)


def _skill(where: str, name: str, agents: tuple[str, ...], known: Collection[str], look: Look, template: str) -> Wanted:
    """One skill, under its own name; where somebody else's has that, under volon's."""
    names = {where.replace(NAME, one): one for one in (name, f"{PREFIX}{name}")}
    path = next((path for path in names if path in known), None)
    ours = {path: skill_text(skill_of(template, one), path).encode() for path, one in names.items()}
    if path is None:
        free = [one for one, data in ours.items() if look(one) is None or same(look(one), data)]
        rivals = [one.replace(NAME, name) for agent in agents for one in HOSTS[agent].rivals]
        taken = any(look(rival) is not None for rival in rivals)
        path = next((one for one in free if not taken or names[one] != name), None)
    if path is None:
        path = next(iter(names))
        there = look(path)
        return Left(path, agents, SKILLS, there.reason if isinstance(there, Barred) else _TAKEN)
    return WholeFile(path, ours[path], agents, SKILLS)


def _instructions(chosen: tuple[str, ...], known: Collection[str], look: Look) -> Iterator[Wanted]:
    readers: dict[str, list[str]] = {}
    for agent in chosen:
        readers.setdefault(_told_in(agent, look), []).append(agent)
    for path, agents in readers.items():
        yield Block(path, BLOCK, tuple(agents), INSTRUCTIONS, BEGIN)
    if "aider" in chosen:
        there = look(AIDER)
        if isinstance(there, bytes) and AIDER not in known and _READS.search(there.decode("utf-8", "replace")):
            if SHARED.encode() not in there:
                yield Left(AIDER, ("aider",), INSTRUCTIONS, f"add {SHARED} to what it has under read")
            return
        yield Block(AIDER, READ_SHARED, ("aider",), INSTRUCTIONS, "read:")


def _told_in(agent: str, look: Look) -> str:
    """The file of instructions that an agent reads here: its own hides the shared one, unless it takes that in."""
    host = HOSTS[agent]
    there = look(host.own) if host.own else None
    if isinstance(there, Barred) or (there is not None and b"@" + SHARED.encode() in there):
        return SHARED
    return host.own if host.own and (there is not None or not host.shares) else SHARED
