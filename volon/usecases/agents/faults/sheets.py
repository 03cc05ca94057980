"""Settings of agents as they are read for faults: each value with its place, and what calls volon.

Source: issue "Where agents live" (`doctor`); agents.md §1.3 to §1.5.
"""

from __future__ import annotations

import json
import shlex
from fnmatch import fnmatchcase
from itertools import islice

from volon.model.agents.forms import unguarded
from volon.model.agents.settings import SETTINGS_FILES, STRICT, USER
from volon.model.syntax.jsonc import NotJson, read
from volon.plain import NamedTuple
from volon.usecases.agents.faults.scene import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.agents.settings import SettingsFile
    from volon.model.syntax.jsonc import Json, Node
    from volon.usecases.agents.faults.scene import Scene

_CALLED = frozenset({"hook", "mcp", "statusline", "brief"})
"""Words of volon's that agents call."""
_NAMES = frozenset({"volon", "git-volon"})
_MOST, _LONGEST = 200, 4096


class Sheet(NamedTuple):
    """One file of settings that is there.

    Attributes:
        shown: its path, as people call it.
        root: what it says; None where it is no JSON.
        wrong: the line and what is wrong with it then.
    """

    file: SettingsFile
    shown: str
    text: str
    root: Node | None = None
    wrong: tuple[int, str] = (0, "")

    def line(self, node: Node) -> int:
        """Return the line on which a value begins."""
        return line_of(self.text, node.start)

    def at(self, *keys: str) -> Node | None:
        """Return what stands under keys."""
        found = self.root
        for key in keys:
            item = found.member(key) if found else None
            found = item.node if item else None
        return found

    @property
    def is_ours(self) -> bool:
        """Whether volon is spoken of in it."""
        return "volon" in self.text


class Call(NamedTuple):
    """Something in settings that calls volon.

    Attributes:
        node: the entry.
        key: the path to it.
        words: of its command, with `args`.
        event: the agent's name of the event; empty of a server or a status line.
        name: of a server.
        grouped: whether a hook stands in a group of hooks.
        matcher: of that group.
    """

    sheet: Sheet
    node: Node
    key: str
    words: tuple[str, ...]
    event: str = ""
    name: str = ""
    grouped: bool = False
    matcher: str = ""

    @property
    def line(self) -> int:
        """The line of its command."""
        command = self.part("command") or self.part("bash")
        return command[1] if command else self.sheet.line(self.node)

    def part(self, key: str) -> tuple[Node, int, str] | None:
        """Return a member of it with its line and the path to it."""
        item = self.node.member(key)
        return (item.node, line_of(self.sheet.text, item.start), f"{self.key}.{key}") if item else None

    @property
    def program(self) -> str:
        """The word that names volon."""
        return next((one for one in self.words if one.rpartition("/")[2] in _NAMES), "")

    @property
    def rest(self) -> tuple[str, ...]:
        """The words after it."""
        return self.words[self.words.index(self.program) + 1 :] if self.program else ()


class Sheets(NamedTuple):
    """The settings that are there, and what in them calls volon.

    Attributes:
        sheets: all of them.
        hooks: that call volon, of each file as many as anybody has.
        servers: that are volon's, under the key that their agent reads.
        lines: the status lines, whoever's they are.
    """

    sheets: list[Sheet]
    hooks: list[Call]
    servers: list[Call]
    lines: list[Call]

    @classmethod
    def of(cls, sheets: list[Sheet]) -> Sheets:
        """Return what calls volon in these."""
        hooks = [call for sheet in sheets for call in islice(_hooks(sheet), _MOST)]
        lines = [line for sheet in sheets if (line := _line(sheet))]
        return cls(sheets, hooks, [call for sheet in sheets for call in servers(sheet)], lines)


def sheets_of(scene: Scene) -> Sheets:
    """Return the settings that are there."""
    return Sheets.of([sheet for file in SETTINGS_FILES for sheet in _sheets(scene, file)])


def _sheets(scene: Scene, file: SettingsFile) -> Iterator[Sheet]:
    above, _, name = file.path.rpartition("/")
    names = [one for one in scene.names(above) if fnmatchcase(one, name)] if "*" in name else [name]
    for one in names:
        path = f"{above}/{one}" if above else one
        whole = scene.home(path, *file.base) if file.scope == USER else ""
        text = scene.own(whole) if file.scope == USER else scene.text(path)
        if text is not None and text.strip():
            yield _read(file, scene.shown(whole) if whole else path, text.removeprefix("\ufeff"))


def _read(file: SettingsFile, shown: str, text: str) -> Sheet:
    try:
        if file.agent in STRICT:
            json.loads(text)
        return Sheet(file, shown, text, read(text))
    except NotJson as error:
        return Sheet(file, shown, text, wrong=(error.line, str(error)))
    except json.JSONDecodeError as error:
        return Sheet(file, shown, text, wrong=(error.lineno, f"{error.msg[:1].lower()}{error.msg[1:]}"))
    except (ValueError, RecursionError):
        return Sheet(file, shown, text, wrong=(1, "it is nested too deeply, or has a number without end"))


def _hooks(sheet: Sheet) -> Iterator[Call]:
    under = sheet.file.hooks
    events = (sheet.at(under) if under else sheet.root) if under is not None else None
    for item in events.items if events else ():
        path = f"{under}.{item.key}" if under else item.key
        for number, one in enumerate(item.node.items):
            yield from _hook(sheet, one.node, f"{path}[{number}]", item.key, grouped=False)
            inner, match = one.node.member("hooks"), one.node.member("matcher")
            matcher = match.node.plain if match and isinstance(match.node.plain, str) else ""
            for place, hook in enumerate(inner.node.items if inner else ()):
                key = f"{path}[{number}].hooks[{place}]"
                yield from _hook(sheet, hook.node, key, item.key, grouped=True, matcher=matcher)


def _hook(sheet: Sheet, node: Node, key: str, event: str, *, grouped: bool, matcher: str = "") -> Iterator[Call]:
    call = Call(sheet, node, key, words_of(node.plain), event, grouped=grouped, matcher=matcher)
    if call.program and (call.words[0] == call.program or _CALLED & set(call.rest[:1])):
        yield call


def servers(sheet: Sheet, key: str = "") -> Iterator[Call]:
    """Yield the servers that are volon's, under the key that its agent reads or another."""
    key = key or sheet.file.servers
    found = sheet.at(key) if key else None
    for item in found.items[:_MOST] if found else ():
        words = words_of(item.node.plain)
        call = Call(sheet, item.node, f"{key}.{item.key}", words, name=item.key)
        if call.program and "mcp" in call.rest[:1]:
            yield call


def _line(sheet: Sheet) -> Call | None:
    node = sheet.at("statusLine")
    return Call(sheet, node, "statusLine", words_of(node.plain)) if node else None


def words_of(plain: Json) -> tuple[str, ...]:
    """Return the words that an entry runs."""
    if not isinstance(plain, dict):
        return ()
    command, more = plain.get("command"), plain.get("args")
    if isinstance(command, list):
        return tuple(one for one in command if isinstance(one, str))
    said = command if isinstance(command, str) else plain.get("bash")
    text = unguarded(said[:_LONGEST]) if isinstance(said, str) else ""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return (*words, *(one for one in more if isinstance(one, str))) if isinstance(more, list) else tuple(words)
