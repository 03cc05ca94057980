"""The reader of READY.md: pure, and strict where a mistake would cost hours; every fault with its line, all at once.

Headings and code fences are those of `volon.model.syntax.markdown`. A command is what stands in backquotes, or in a
fence, under `Tests:` or a quality requirement; nothing else is ever taken for one.

Source: seed 002 (Parsing READY.md Phases); contract §6 (conduct); reliability S9.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from volon.model.conduct.ready import FILL_IN, REQUIRED, Ready, ReadyPhase
from volon.model.pipeline.cycles import find_cycles
from volon.model.problems import InvalidRecord, Problem, UnreadableRecord
from volon.model.records.fields import PATTERNS, Kind
from volon.model.syntax.markdown import code_spans, lines_of, sections
from volon.model.text import lf, one_line
from volon.patterns import pattern
from volon.plain import NamedTuple, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from volon.model.syntax.markdown import Section

MAX_BYTES = 1 << 20
MOST_PHASES, MOST_MODULES = 200, 50
MOST_COMMAND = 100_000
"""So many bytes: one word of what a program is started with has little more room."""
_PHASE = pattern(r"Phase\s+(\d{1,4})\s*[:.]\s*(.*)", re.IGNORECASE)
_TIME = pattern(r"\(([^()]{1,100})\)\s*$")
_SPAN = pattern(r"\D*\d.*[hmd][a-z]*", re.IGNORECASE)
_BULLET = pattern(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(.*)")
_LABEL = pattern(r"\*{0,2}([A-Za-z][A-Za-z /]{1,30}?)\*{0,2}:\*{0,2}(?:[ \t]+(.*))?")
_MODULE = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_PATH = pattern(PATTERNS[Kind.PATH])
_FENCES = ("```", "~~~")
_NUMBER = pattern(r"\d{1,4}")
_QUALITY = pattern(r"\*{0,2}([A-Za-z][A-Za-z0-9 -]{1,30}?)\*{0,2}:\*{0,2}(?:[ \t]+(.*))?")
_LABELS = {
    "time": "time",
    "estimate": "time",
    "goal": "goals",
    "goals": "goals",
    "tasks": "goals",
    "module": "modules",
    "modules": "modules",
    "success criteria": "criteria",
    "criteria": "criteria",
    "gotcha": "gotchas",
    "gotchas": "gotchas",
    "known gotchas": "gotchas",
    "test": "tests",
    "tests": "tests",
    "test command": "tests",
    "test commands": "tests",
    "files": "expected",
    "expected files": "expected",
    "stubs": "stubs",
    "depends on": "after",
}
_QUALITIES = {"lint": "lint", "linting": "lint", "imports": "imports", "tests": "tests", "testing": "tests"}
_QUALITIES |= dict.fromkeys(("end to end", "end-to-end", "e2e"), "end")


class _Said(NamedTuple):
    """One thing that is said under a label: its text, and its line in the file."""

    text: str
    line: int
    code: bool = False


def parse_ready(data: bytes, path: str) -> Ready:
    """Read a READY.md.

    Args:
        data: the file.
        path: named in problems.

    Raises:
        UnreadableRecord: not UTF-8, or too large (exit 9).
        InvalidRecord: it cannot be carried out as it is; every fault is named (exit 9).
    """
    if len(data) > MAX_BYTES:
        raise UnreadableRecord(Problem(path, None, None, None, "ready.size", f"it is larger than {MAX_BYTES} bytes"))
    try:
        text = lf(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise UnreadableRecord(Problem(path, line, None, None, "ready.encoding", message)) from error
    reader = _Reader(text, path)
    ready = reader.ready()
    if reader.problems:
        raise InvalidRecord(path, sorted(set(reader.problems), key=lambda one: one.line or 0))
    return ready


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.starts = [line.start for line in lines_of(text)]
        self.problems: list[Problem] = []

    def ready(self) -> Ready:
        found: dict[str, Section] = {}
        for one in sections(self.text, 2):
            found.setdefault(one.title, one)
        if missing := [title for title in REQUIRED if title not in found]:
            said = f"required sections are missing: {', '.join(missing)}"
            self.fault(None, "section-missing", said, "add each as `## Title`, letter for letter")
        for line in lines_of(self.text):
            if FILL_IN in line.text:
                self.fault(line.number, "unfilled", f"`{FILL_IN}` still stands here")
        quality = self.qualities(found.get("Quality Requirements"))
        files = self.new_files(found.get("Files to Create/Modify"))
        phases = self.phases(found.get("Implementation Phases"))
        criteria = self.bullets(found.get("Success Criteria"))
        gotchas = self.bullets(found.get("Known Gotchas"))
        end = tuple(quality["end"])
        whole = tuple(
            replace(
                one,
                criteria=one.criteria or criteria,
                gotchas=(*one.gotchas, *gotchas),
                # What is to work, and what is to be new, when all is done is looked for when all is done.
                tests=(*(one.tests or tuple(quality["tests"])), *(end if one is phases[-1] else ())),
                expected=tuple(dict.fromkeys((*one.expected, *(files if one is phases[-1] else ())))),
            )
            for one in phases
        )
        title = next((one.title for one in sections(self.text, 1)), "") or "READY.md"
        mission = found.get("Mission")
        said = self.text[mission.start : mission.end].strip() if mission else ""
        return Ready(one_line(title), said, whole, tuple(quality["lint"]), tuple(quality["imports"]), end)

    def phases(self, section: Section | None) -> list[ReadyPhase]:
        if section is None:
            return []
        found: dict[int, ReadyPhase] = {}
        for one in self.within(section, 3)[: MOST_PHASES + 1]:
            match = _PHASE.fullmatch(one.title)
            if match is None:
                hint = "### Phase 1: Name (2-4h)"
                self.fault(one.number, "phase-heading", f"`{one.title}` is no heading of a phase", hint)
                continue
            phase = self.phase(one, int(match[1]), match[2])
            if not phase.number:
                self.fault(one.number, "phase-heading", "phases are numbered from 1; there is none before it")
            if (first := found.setdefault(phase.number, phase)) is not phase:
                where = f"{self.path}:{first.line}"
                self.fault(phase.line, "phase-twice", f"phase {phase.number} is at {where} already")
        if not found:
            self.fault(section.number, "phases-missing", "there is no phase in it", "### Phase 1: Name (2-4h)")
        if len(self.within(section, 3)) > MOST_PHASES:
            self.fault(section.number, "phases-many", f"there are more than {MOST_PHASES} phases")
        missing = [number for number in range(1, max(found, default=0) + 1) if number not in found]
        if missing:
            said = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")  # noqa: PLR2004  enough to see
            self.fault(section.number, "phase-missing", f"phases are numbered from 1 without a gap; missing: {said}")
        phases = [found[number] for number in sorted(found)]
        self.order(phases)
        return phases

    def order(self, phases: list[ReadyPhase]) -> None:
        """Phases run in the order of their numbers; what one depends on comes before it."""
        by = {one.number: one for one in phases}
        for one in phases:
            for number in one.after:
                if number not in by:
                    self.fault(one.line, "phase-unknown", f"phase {one.number} depends on {number}, which is not there")
        cycles = find_cycles({str(one.number): [str(n) for n in one.after if n in by] for one in phases})
        for cycle in cycles:
            shown = " → ".join(f"{n} ({self.path}:{by[int(n)].line})" for n in (*cycle, cycle[0]))
            self.fault(by[int(cycle[0])].line, "phase-cycle", f"these phases depend on each other: {shown}")
        for one in phases if not cycles else ():
            if late := [n for n in one.after if n > one.number and n in by]:
                said = f"phase {one.number} depends on {late[0]}, which comes after it"
                self.fault(one.line, "phase-order", said, "number them in the order they are to be done")

    def phase(self, section: Section, number: int, title: str) -> ReadyPhase:
        said = self.labelled(section)
        # In two steps: as one expression it takes hours for a heading that is long enough.
        match = _TIME.search(title)
        match = match if match and _SPAN.fullmatch(match[1].strip()) else None
        name = one_line(title[: match.start()] if match else title).strip()
        if not name:
            self.fault(section.number, "phase-name", f"phase {number} has no name")
        time = match[1].strip() if match else next((one.text for one in said["time"]), "")
        return ReadyPhase(
            number,
            name,
            one_line(time),
            goals=_texts(said["goals"]),
            modules=self.modules(said["modules"]),
            criteria=_texts(said["criteria"]),
            gotchas=_texts(said["gotchas"]),
            tests=tuple(self.commands(said["tests"])),
            expected=tuple(self.paths(said["expected"])),
            stubs=any(one.text.strip(" .").lower() in {"yes", "allowed", "ok", "true"} for one in said["stubs"]),
            after=tuple(int(n) for one in said["after"] for n in _NUMBER.findall(one.text)),
            text=self.text[section.head[0] : section.end].strip() + "\n",
            line=section.number,
        )

    def labelled(self, section: Section) -> dict[str, list[_Said]]:
        """What stands beside or under each label of a phase; bullets under none are goals."""
        said: dict[str, list[_Said]] = {name: [] for name in _LABELS.values()}
        label = "goals"
        for line in self.lines(section):
            content = line.text.strip()
            if line.code:
                # Only commands may stand in a fence; elsewhere it is an example.
                said[label] += [line] if label == "tests" and content and not content.startswith(_FENCES) else []
                continue
            bullet = _BULLET.fullmatch(line.text)
            words = content.lstrip("# ") if content.startswith("####") else bullet[1] if bullet else content
            match = _LABEL.fullmatch(words) or (_LABEL.fullmatch(f"{words}:") if content.startswith("####") else None)
            known = _LABELS.get(match[1].strip().lower()) if match else None
            if match and known:
                if value := (match[2] or "").strip():
                    said[known].append(_Said(value, line.line))
                # What has its value beside it takes no bullets from below.
                label = "goals" if value else known
            elif bullet and words.strip():
                said[label].append(_Said(words.strip(), line.line))
        return said

    def modules(self, said: list[_Said]) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for one in said:
            for word in filter(None, (part.strip(" `.") for part in one.text.split(","))):
                name = word.partition(" ")[0].rstrip(":")
                if not _MODULE.fullmatch(name):
                    shown = f"`{name}` is no name for a module: letters, digits, `-` and `_`"
                    self.fault(one.line, "module-name", shown)
                elif (first := found.setdefault(name.casefold(), name)) != name:
                    self.fault(one.line, "module-twice", f"`{name}` and `{first}` differ in case only")
        if len(found) > MOST_MODULES:
            self.fault(said[0].line, "modules-many", f"there are more than {MOST_MODULES} modules in one phase")
        return tuple(found.values()) or ("main",)

    def commands(self, said: list[_Said]) -> Iterator[str]:
        for one in said:
            found = [one.text.strip()] if one.code else _codes(one.text)
            if not found and one.text.strip(" .").lower() not in {"none", "no tests"}:
                shown = f"no command stands in backquotes: {one.text[:60]}"
                self.fault(one.line, "command", shown, "- `pytest -q tests`")
            for command in found:
                if "\0" in command or not command.strip():
                    self.fault(one.line, "command", "it is empty, or has a NUL character in it")
                else:
                    yield self.startable(command.strip(), one.line)

    def startable(self, command: str, line: int) -> str:
        """Return a command; it is a fault where no shell would take it for one."""
        if command.startswith("-"):
            self.fault(line, "command", f"`{command[:60]}` begins with `-`: an option without its program")
        elif len(command.encode()) > MOST_COMMAND:
            self.fault(line, "command", f"it is longer than {MOST_COMMAND} bytes; put it into a script, and name that")
        return command

    def paths(self, said: Iterable[_Said]) -> Iterator[str]:
        for one in said:
            spans = _codes(one.text)
            for path in spans[:1] if spans else filter(None, (part.strip() for part in one.text.split(","))):
                if _PATH.search(path) and "\n" not in path:
                    yield path.rstrip("/") or path
                else:
                    self.fault(one.line, "path", f"`{path}` is no path relative to the repository root")

    def qualities(self, section: Section | None) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {"lint": [], "imports": [], "tests": [], "end": []}
        for line in self.lines(section) if section else ():
            bullet = None if line.code else _BULLET.fullmatch(line.text)
            match = _QUALITY.fullmatch(bullet[1]) if bullet else None
            known = _QUALITIES.get(match[1].strip().lower()) if match else None
            if match and known:
                # Prose is welcome here; only what is marked as code is a command.
                codes = [code for code in _codes(match[2] or "") if code.strip() and "\0" not in code]
                found[known] += [self.startable(code, line.line) for code in codes]
        return found

    def new_files(self, section: Section | None) -> list[str]:
        """The paths under `### New Files`; files that depend on each other in a circle are a fault."""
        needs: dict[str, list[str]] = {}
        where: dict[str, int] = {}
        for one in self.within(section, 3) if section else ():
            last = ""
            for line in self.lines(one):
                bullet = None if line.code else _BULLET.fullmatch(line.text)
                words = bullet[1] if bullet else line.text.strip().lstrip("# ") if line.text.startswith("####") else ""
                match = _LABEL.fullmatch(words)
                spans = _codes(words)
                if match and match[1].strip().lower() == "depends on":
                    needs.get(last, []).extend(spans or filter(None, (w.strip() for w in (match[2] or "").split(","))))
                elif spans and not match and one.title == "New Files":
                    last = next(self.paths([_Said(f"`{spans[0]}`", line.line)]), "")
                    where.setdefault(last, line.line)
                    needs.setdefault(last, [])
        needs.pop("", None)
        for cycle in find_cycles({path: [n for n in of if n in needs] for path, of in needs.items()}):
            shown = " → ".join(f"{path} ({self.path}:{where[path]})" for path in (*cycle, cycle[0]))
            self.fault(where[cycle[0]], "file-cycle", f"these files depend on each other: {shown}")
        return list(needs)

    def bullets(self, section: Section | None) -> tuple[str, ...]:
        found = (None if line.code else _BULLET.fullmatch(line.text) for line in self.lines(section)) if section else ()
        return tuple(match[1].strip() for match in found if match and match[1].strip())

    def within(self, section: Section, level: int) -> list[Section]:
        found = sections(self.text, level)
        heads = [one.head[0] for one in found]
        return list(found[bisect_left(heads, section.start) : bisect_left(heads, section.end)])

    def lines(self, section: Section) -> list[_Said]:
        """The lines below a heading; code is known as such."""
        last = bisect_left(self.starts, section.end)
        return [_Said(one.text, one.number, one.fenced) for one in lines_of(self.text)[section.number : last]]

    def fault(self, line: int | None, rule: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self.path, line, None, None, f"ready.{rule}", message, hint))


def _codes(text: str) -> list[str]:
    return [code for _, code, _ in code_spans(text)]


def _texts(said: list[_Said]) -> tuple[str, ...]:
    return tuple(one.text.strip() for one in said if one.text.strip())
