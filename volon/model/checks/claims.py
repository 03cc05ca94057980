"""What a capsule claims about the repository: the paths, commits, branches, checkpoints and the task that it names.

Claims are, and nothing else is:

* in the frontmatter `task_id`, `paused_commit`, `upstream_commit`, `operation_head`, `resumed_commit`, `branch`,
  `checkpoint`, `resumed_from` and the path of `you_were`;
* each entry under *Key files touched* and *Untracked files*, and each path of the diff stat in *Evidence*;
* the branch under *State markers*, where the frontmatter has none (version 1);
* in *Next 1–3 actions*, outside code fences, each code span that is a relative path with a `/` and a file's extension
  or a closing `/` (`src/app.py`, `src/app.py:12`, `tests/test_a.py::test_b`, `docs/`), or a whole commit id.

Prose is not searched: a plan may speak of what was deleted, a recorded command of what it made. Not a claim is what is
marked: `(external)`, in another repository, or `(new)`, yet to be made, right behind the path, its dash or its colon;
in the frontmatter the keys that `external: […]` lists.

The time it takes grows with the text only.

Source: contract §8.6 (claims check).
"""

from __future__ import annotations

from volon.light import lru_cache
from volon.model.records.capsulebody import TITLES, is_entry, label_of
from volon.model.records.capsulevalues import FACTS
from volon.model.syntax import markdown
from volon.model.syntax.gitpath import unquote_name, unquote_path
from volon.model.syntax.markdown import Line
from volon.patterns import pattern
from volon.plain import StrEnum, dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.model.syntax.frontmatter import Document

_COMMITS = ("paused_commit", "upstream_commit", "operation_head", "resumed_commit")
_MARK = pattern(r"\s{0,3}(?:—|–|-|:|->|→)?\s{0,3}\((?:external|new)\)")
_PLACE = pattern(r"(?::\d{1,7}(?::\d{1,7}|-\d{1,7})?|::.*|#.*)$")
_PATH = pattern(r"(?!-)(?:[\w.@+-]{1,255}/)+(?:[\w.@+-]{0,255}\.[A-Za-z][A-Za-z0-9]{0,9})?")
_COMMIT = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = pattern(r"(?i)[ \t]{0,3}[-*+][ \t]{1,3}\**Branch\**:\**[ \t]{0,3}`?([^\s`]{1,255})`?[ \t]*$")
_BULLET = pattern(r" {0,1}[-*+][ \t]+")
_SET_OFF = pattern(r"\s{0,3}(?:[—–:(-]|->|→)")
_NUMBER = pattern(r" {0,3}\d{1,3}[.)][ \t]+")


class What(StrEnum):
    """What kind of thing is claimed to exist."""

    PATH = "path"
    COMMIT = "commit"
    BRANCH = "branch"
    CHECKPOINT = "checkpoint"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is said to exist.

    Attributes:
        what: its kind.
        value: its name, as it stands there; of paths the path alone.
        key: where in the capsule, such as `key_files[0]`.
        line, column: where in the file, from 1.
        seen: it is told as what the pause saw, not as what is needed: held against the checkpoint alone.
    """

    what: What
    value: str
    key: str
    line: int
    column: int
    seen: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths it may mean: the value, and the value without the line number behind it."""
        return spellings(self.value)

    @property
    def outside(self) -> bool:
        """Whether the path leads out of the repository."""
        return self.value[:1] in ("/", "~") or ".." in self.value.split("/") or "\0" in self.value


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of the frontmatter that the checkpoint of the same pause has too."""

    key: str
    value: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Said:
    """Everything a capsule claims.

    Attributes:
        path: the capsule's file.
        uid: the pause that wrote it.
        resumed: whether the task was resumed from it, so that it tells of the past.
        facts: those of `FACTS` that it has and that are not marked as external.
        claims: the rest, in the order of the file.
    """

    path: str
    task_id: str | None
    uid: str | None
    resumed: bool
    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]


@lru_cache(maxsize=4096)
def spellings(value: str) -> tuple[str, ...]:
    """The paths that a claimed one may mean; see `Claim.paths`. Many capsules claim the same."""
    whole = _tidy(value)
    bare = _tidy(_PLACE.sub("", value)) if ":" in value or "#" in value else whole
    return tuple(filter(None, (whole, bare) if whole != bare else (whole,)))


def marked(text: str) -> bool:
    """Whether what follows a path begins with `(external)` or `(new)`."""
    return "(" in text and _MARK.match(text) is not None


def paths_in(actions: Sequence[str]) -> list[tuple[str, ...]]:
    """For each path that next actions claim, the paths it may mean."""
    lines = [Line(n, 0, len(text), f"{n}. {text}", fenced=False) for n, text in enumerate(actions, 1)]
    return [claim.paths for claim in _actions(lines) if claim.what is What.PATH and not claim.outside]


def said_by(document: Document) -> Said:
    """Read what a capsule claims; it may break any rule of its format."""
    external = _external(document)
    return Said(
        path=document.path,
        task_id=document.get("task_id"),
        uid=document.get("uid"),
        resumed=document.get("resumed_at") is not None,
        facts=tuple(_facts(document, external)),
        claims=(*_front(document, external), *_body(document)),
    )


def _external(document: Document) -> frozenset[str]:
    value = document.meta.get("external")
    return frozenset(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def _facts(document: Document, external: frozenset[str]) -> Iterator[Fact]:
    for key in FACTS:
        value = document.meta.get(key)
        if key in document.meta and key not in external and (value is None or isinstance(value, str)):
            yield Fact(key, _meant(key, value), document.line_of(key) or 1, document.column_of(key) or 1)


def _front(document: Document, external: frozenset[str]) -> Iterator[Claim]:
    kinds = dict.fromkeys(_COMMITS, What.COMMIT) | _OTHERS
    for key in document.meta:
        value = _meant(key, document.get(key))
        if key in kinds and value and key not in external:
            seen = key == "you_were"
            yield Claim(kinds[key], value, key, document.line_of(key) or 1, document.column_of(key) or 1, seen)


def _meant(key: str, value: str | None) -> str | None:
    """What a value stands for: a name of git, or a path, that cannot be written as it is stands in quotes."""
    if value is not None and key in _NAMES:
        return unquote_name(value)
    quoted = _QUOTED.fullmatch(value) if value is not None and key == "you_were" else None
    return f"{unquote_path(quoted[1])}{quoted[2]}" if quoted else value


_QUOTED = pattern(r'("(?:\\.|[^"\\])*")((?::\d+)?)')
_NAMES = ("branch", "upstream", "worktree")
_OTHERS = {
    "task_id": What.TASK,
    "branch": What.BRANCH,
    "checkpoint": What.CHECKPOINT,
    "resumed_from": What.CHECKPOINT,
    "you_were": What.PATH,
}


def _body(document: Document) -> Iterator[Claim]:
    """The claims of the sections that hold any; every line is looked at once."""
    readers = dict(
        zip((markdown.title_key(TITLES[n]) for n in (2, 3, 4)), (_markers, _evidence, _actions), strict=True)
    )
    lines = markdown.lines_of(document.body)
    heads = [*markdown.sections(document.body, markdown.RECORD_LEVEL)]
    for number, head in enumerate(heads):
        reader = readers.pop(markdown.title_key(head.title), None)
        if reader is not None:
            last = heads[number + 1].number - 1 if number + 1 < len(heads) else len(lines)
            for claim in reader(lines[head.number : last]):
                yield replace(claim, line=claim.line + document.body_line - 1)


def _key_files(lines: Sequence[Line]) -> Iterator[Claim]:
    yield from _entries(lines, "key files", "key_files")


def _markers(lines: Sequence[Line]) -> Iterator[Claim]:
    """In version 1 the branch stands here alone."""
    for line in lines:
        found = None if line.fenced else _BRANCH.match(line.text)
        if found and found[1] not in ("", "none"):
            yield Claim(What.BRANCH, found[1], "branch", line.number, found.start(1) + 1)
    yield from _key_files(lines)


def _evidence(lines: Sequence[Line]) -> Iterator[Claim]:
    yield from _diffstat(lines)
    yield from _entries(lines, "untracked", "untracked", seen=True)


def _entries(lines: Sequence[Line], label: str, key: str, *, seen: bool = False) -> Iterator[Claim]:
    """The path of each bullet under a label; an entry of several words that are no code names no path."""
    inside, count = False, 0
    for line in lines:
        if line.fenced:
            continue
        if (found := label_of(line.text)) is not None:
            inside = found.startswith(label)
        bullet = _BULLET.match(line.text)
        if not (inside and bullet and is_entry(text := line.text[bullet.end() :])):
            continue
        code = markdown.parse_code_span(text)
        path, rest = (unquote_path(code[0]), code[1]) if code else _first_word(text)
        if path and not marked(rest):
            yield Claim(What.PATH, path, f"{key}[{count}]", line.number, bullet.end() + 1, seen)
        count += 1


def _first_word(text: str) -> tuple[str, str]:
    """An entry without code marks: a path when it is one word, alone or before a dash or colon."""
    word, _, rest = text.partition(" ")
    if rest.strip() and not word.endswith(":") and not _SET_OFF.match(rest):
        return "", ""
    return word.removesuffix(":"), rest


def _diffstat(lines: Sequence[Line]) -> Iterator[Claim]:
    """The paths of the first fenced block, but for those that git shortened or escaped."""
    count = 0
    for position, line in enumerate(lines):
        if not line.fenced:
            if count or (position and lines[position - 1].fenced):
                return
            continue
        path = stat_path(line.text)
        if path is not None:
            yield Claim(What.PATH, path, f"diffstat[{count}]", line.number, line.text.index(path) + 1, seen=True)
            count += 1


def stat_path(line: str) -> str | None:
    """The path of a line of a diff stat, but for one that git shortened or escaped."""
    name, bar, _ = line.rpartition(" | ")
    if not bar:
        return None
    path = name.strip()
    return path if path and not path.startswith("...") and "\\" not in path and " => " not in path else None


def in_action(text: str) -> list[tuple[What, str, int]]:
    """What the code spans of a line of next actions claim: the kind, the value, and where it begins."""
    return [
        (kind, code, start)
        for start, code, rest in markdown.code_spans(text)
        if (kind := _kind(code)) and rest[:2] != " …" and not marked(rest)
    ]


def _actions(lines: Sequence[Line]) -> Iterator[Claim]:
    count = -1
    for line in lines:
        if line.fenced:
            continue
        count += _NUMBER.match(line.text) is not None
        for kind, code, start in in_action(line.text) if count >= 0 else ():
            yield Claim(kind, code, f"next_actions[{count}]", line.number, start + 1)


@lru_cache(maxsize=4096)
def _kind(code: str) -> What | None:
    """What a piece of code claims, if it claims anything."""
    if _COMMIT.fullmatch(code):
        return What.COMMIT
    path = _PLACE.sub("", code)
    return What.PATH if _PATH.fullmatch(path) is not None and "//" not in path else None


def _tidy(path: str) -> str:
    while path.startswith("./"):
        path = path[2:]
    return path.rstrip("/")
