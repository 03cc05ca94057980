"""What Continuous-Claude writes when work is handed over: files below `thoughts/shared/handoffs/`.

Its first version wrote Markdown, with the commit and the branch in the frontmatter; later ones write YAML below a
frontmatter.

Source: the skill `create_handoff` of Continuous-Claude, versions 1 and 2, as of 2026-11-22; peers.md.
"""

from __future__ import annotations

from volon.model.ids import is_commit
from volon.model.imports.source import Source, front, inside, line_of, unreadable
from volon.model.syntax.frontmatter import Document, parse_yaml
from volon.model.syntax.markdown import sections
from volon.model.text import one_line, parse_time
from volon.patterns import pattern
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from volon.model.syntax.nodes import Value

HOME = "thoughts/shared/handoffs"
ENDINGS = (".md", ".yaml", ".yml")
_NUMBERED = pattern(r"(?:\d{1,3}\.|[-*])[ \t]+(?:\[[ xX]\][ \t]+)?(.*)")
_MARKS = pattern(r"\*\*|`")
_QUOTED = pattern(r"`([\w./@+-]{1,200}?)(?::\d[\d,-]*)?`")
_TASKS = ("Task(s)", "Tasks")
_NEXT = ("Action Items & Next Steps", "Action Items", "Next Steps")
_TOLD = ("Learnings", "Post-Mortem", "Post-Mortem (Required for Artifact Index)", "Other Notes")
_FILES = ("Critical References", "Recent changes", "Artifacts")
_MOST_FILES = 10
_WORDS = {"decisions": "Decided", "findings": "Found", "worked": "Worked", "failed": "Failed"}


def read_handoff(data: bytes, path: str, key: str) -> Source:
    """Return what a handoff says.

    Args:
        data: the file.
        path: as people name it; its ending tells the format.
        key: what tells it from others.

    Raises:
        UnreadableRecord: it cannot be read, or is none.
    """
    document = Document.parse(data, path)
    commit = front(document, "git_commit")
    bare = Source(
        kind="continuous",
        name=path,
        key=key,
        at=parse_time(front(document, "date")),
        goal=front(document, "topic"),
        commit=commit if is_commit(commit, short=True) else None,
        branch=front(document, "branch") or None,
    )
    return _yaml(document, bare) if path.endswith(ENDINGS[1:]) else _markdown(document, bare)


def _markdown(document: Document, bare: Source) -> Source:
    parts = {one.title: (document.section(one.title) or "").strip() for one in sections(document.body, 2)}
    if not parts.keys() & {*_NEXT, *_TASKS}:
        raise unreadable(bare.name, 1, "it has none of the sections of a handoff, such as ## Action Items & Next Steps")
    heading = next((line[2:] for line in document.body.split("\n") if line.startswith("# ")), "")
    tasks = next((parts[name] for name in _TASKS if name in parts), "")
    steps = next((parts[name] for name in _NEXT if name in parts), "")
    named = _QUOTED.findall("\n".join(parts.get(name, "") for name in _FILES))
    return replace(
        bare,
        goal=bare.goal or one_line(heading).removeprefix("Handoff:").strip(),
        note=next(reversed(_list(tasks)), ""),
        plan="\n\n".join(filter(None, (tasks, *(f"{name}:\n{parts[name]}" for name in _TOLD if parts.get(name))))),
        next_actions=_list(steps),
        key_files=inside(path for path in named if "." in path.rpartition("/")[2])[:_MOST_FILES],
    )


def _list(text: str) -> tuple[str, ...]:
    """The items at the margin of a list, without marks; what stands below each is left out."""
    found = (_NUMBERED.fullmatch(line) for line in text.split("\n"))
    return tuple(line for match in found if match and (line := one_line(_MARKS.sub("", match[1]))))


def _yaml(document: Document, bare: Source) -> Source:
    text = document.data.decode("utf-8", "replace")
    first = text.removesuffix(document.body).count("\n") + 1
    said = parse_yaml(document.body, bare.name, first).plain()
    if not said.keys() & {"goal", "now", "next"}:
        raise unreadable(bare.name, first, "it has none of the fields of a handoff: goal, now, next")
    files = said.get("files")
    changed = [path for name in ("modified", "created") for path in _items(files, name)]
    done = said.get("done_this_session")
    test = line_of(said.get("test"))
    return replace(
        bare,
        goal=bare.goal or line_of(said.get("goal")),
        note=line_of(said.get("now")),
        plan="\n".join((*_told(said), *((f"To verify: {test}",) if test else ()))),
        next_actions=tuple(_items(said, "next")) or tuple(filter(None, (line_of(said.get("now")),))),
        questions=tuple(_items(said, "questions")),
        blockers=tuple(_items(said, "blockers")),
        key_files=inside(changed)[:_MOST_FILES],
        completed=tuple(line_of(one.get("task") if isinstance(one, dict) else one) for one in _listed(done)),
    )


def _told(said: Mapping[str, Value]) -> Iterator[str]:
    for name, word in _WORDS.items():
        for one in _listed(said.get(name)):
            pairs = one.items() if isinstance(one, dict) else [(one, None)]
            yield from (f"- {word}: {': '.join(filter(None, map(line_of, pair)))}" for pair in pairs)


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _items(value: Value, name: str) -> list[str]:
    inner = value.get(name) if isinstance(value, dict) else None
    return [line for one in _listed(inner) if (line := line_of(one))]
