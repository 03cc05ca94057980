"""Settings: `volon.yaml`, version 1. Everything is optional; unknown keys warn, wrong values stop.

What runs commands (`hooks`, `replay`) is read here and trusted elsewhere: reading runs nothing.

Source: contract §7 (`volon.yaml` v1), §6 (hooks), design §1 (settings are plain values).
"""

from __future__ import annotations

from volon.model.problems import InvalidRecord, Problem, UnreadableRecord
from volon.model.records import fields
from volon.model.records.fields import Field, Kind
from volon.model.syntax.frontmatter import parse_yaml
from volon.model.syntax.nodes import Mapping, Scalar, Sequence
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from volon.model.syntax.nodes import Node

VERSION = 1
WORKERS = ("implement", "fix", "merge", "review", "test")
HOOKS = ("on_pause", "on_resume")
EXECUTORS = ("local", "dask")

HOOK = (
    Field("argv", Kind.LIST, "The program and its arguments; no shell.", required=True),
    Field("timeout_seconds", Kind.INT, "After this it is stopped; 30 unless said otherwise."),
    Field("required", Kind.BOOL, "Whether its failure counts: it stops a resume; false unless said otherwise."),
    Field("files", Kind.LIST, "Further files of the repository that it depends on; a change to one un-trusts it."),
)
SNAPSHOT = (
    Field("enabled", Kind.BOOL, "Whether a pause saves uncommitted work; true unless said otherwise."),
    Field("max_file", Kind.SIZE, "Larger files are skipped by name; 50MiB unless said otherwise."),
    Field("max_total", Kind.SIZE, "The most a snapshot takes; 500MiB unless said otherwise."),
    Field("exclude", Kind.LIST, "Patterns of files that are never saved."),
)
TOKENS = (Field("limit", Kind.INT, "How many tokens a plan may use; nothing stops there, but it is said."),)
REPLAY = (Field("allow", Kind.LIST, "The first words of recorded commands that `--replay` may run again."),)
PIPELINE = (
    Field("jobs", Kind.INT, "How many workers run at once."),
    Field(
        "executor",
        Kind.LINE,
        "Where they run: `local`, or `dask`; which scheduler, only a command says.",
        choices=EXECUTORS,
    ),
)
CONDUCT = (
    Field(
        "workers", Kind.MAP, "For each of implement, fix, merge, review and test a command line, or an agent's name."
    ),
)
FIELDS = (
    Field("version", Kind.INT, "The format's version; 1."),
    Field("hooks", Kind.MAP, "`on_pause` and `on_resume`: lists of programs to run, once trusted."),
    Field("snapshot", Kind.MAP, "What a pause saves of uncommitted work.", items=SNAPSHOT),
    Field("tokens", Kind.MAP, "The token budget.", items=TOKENS),
    Field("replay", Kind.MAP, "Which recorded commands may be run again.", items=REPLAY),
    Field("pipeline", Kind.MAP, "How pipelines run.", items=PIPELINE),
    Field("conduct", Kind.MAP, "How a plan's phases are worked on.", items=CONDUCT),
    Field("paths", Kind.MAP, "Other places for volon's directories, relative to the repository root."),
)
_SECTIONS = {one.name: one.items for one in FIELDS if one.items}


@dataclass(frozen=True, slots=True)
class Hook:
    """A program to run on an event; `files` are further files of the repository that its trust depends on."""

    argv: tuple[str, ...]
    timeout_seconds: int = 30
    required: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a pause saves; sizes in bytes."""

    enabled: bool = True
    max_file: int = 50 * 1024**2
    max_total: int = 500 * 1024**2
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, with their defaults."""

    on_pause: tuple[Hook, ...] = ()
    on_resume: tuple[Hook, ...] = ()
    snapshot: Snapshot = field(default_factory=Snapshot)
    token_limit: int | None = None
    replay_allow: tuple[tuple[str, ...], ...] = ()
    pipeline_jobs: int | None = None
    pipeline_executor: str = "local"
    workers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)


def parse_config(data: bytes, path: str) -> tuple[Config, tuple[Problem, ...]]:
    """Read the settings.

    Returns:
        The settings, and warnings about keys volon does not know.

    Raises:
        UnreadableRecord: not UTF-8, or YAML outside the accepted subset (exit 9).
        InvalidRecord: a key volon knows has a value it cannot use (exit 9).
    """
    reader = _Reader(_tree(data, path), path)
    config = reader.config()
    if errors := [problem for problem in reader.problems if problem.severity == "error"]:
        raise InvalidRecord(path, errors)
    return config, tuple(reader.problems)


def check_config(data: bytes, path: str) -> tuple[Problem, ...]:
    """Everything that is wrong with the settings, warnings included.

    Raises:
        UnreadableRecord: as `parse_config`.
    """
    reader = _Reader(_tree(data, path), path)
    reader.config()
    return tuple(reader.problems)


def _tree(data: bytes, path: str) -> Mapping:
    try:
        return parse_yaml(data.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableRecord(Problem(path, line, None, None, "record.encoding", "not UTF-8 text")) from error


class _Reader:
    """Walks the settings once, collecting problems with their line, column and key path."""

    def __init__(self, tree: Mapping, path: str) -> None:
        self.tree, self.path = tree, path
        self.problems: list[Problem] = []

    def config(self) -> Config:
        known = {one.name for one in FIELDS}
        self.unknown(self.tree, known, "")
        values = {name: self.section(name) for name in _SECTIONS if name != "replay"}
        hooks = self.mapping("hooks")
        if hooks:
            self.unknown(hooks, set(HOOKS), "hooks.")
        self.version()
        snapshot = {name: value for name, value in values["snapshot"].items() if value is not None}
        return Config(
            on_pause=self.hooks(hooks, "on_pause"),
            on_resume=self.hooks(hooks, "on_resume"),
            snapshot=Snapshot(**snapshot),
            token_limit=values["tokens"].get("limit"),
            replay_allow=self.replay(),
            pipeline_jobs=values["pipeline"].get("jobs"),
            pipeline_executor=values["pipeline"].get("executor") or "local",
            workers=self.workers(),
            paths=self.paths(),
        )

    def version(self) -> None:
        found = self.tree.find("version")
        if found and found[1].plain() != str(VERSION):
            self.error(found[1], "version", f"version {found[1].plain()} is not known; this volon reads {VERSION}")

    def mapping(self, name: str) -> Mapping | None:
        """A section, or None when it is absent or empty."""
        found = self.tree.find(name)
        if found is None or found[1].plain() is None:
            return None
        if not isinstance(found[1], Mapping):
            self.error(found[1], name, f"`{name}` must hold `key: value` lines")
            return None
        return found[1]

    def section(self, name: str) -> dict[str, Any]:
        tree = self.mapping(name)
        if tree is None:
            return {}
        self.unknown(tree, {one.name for one in _SECTIONS[name]}, f"{name}.")
        return self.values(tree, _SECTIONS[name], name)

    def values(self, tree: Mapping, wanted: tuple[Field, ...], prefix: str) -> dict[str, Any]:
        values = {}
        for one in wanted:
            found = tree.find(one.name)
            node: Node = found[1] if found else tree
            values[one.name], complaint = fields.typed(one, found[1].plain() if found else None)
            if complaint:
                self.error(node, f"{prefix}.{one.name}", complaint)
            elif one.kind is Kind.INT and values[one.name] is not None and values[one.name] < 1:
                self.error(node, f"{prefix}.{one.name}", f"`{one.name}` must be at least 1")
        return values

    def hooks(self, tree: Mapping | None, event: str) -> tuple[Hook, ...]:
        found = tree.find(event) if tree else None
        if found is None or found[1].plain() is None:
            return ()
        if not isinstance(found[1], Sequence):
            self.error(found[1], f"hooks.{event}", "expected a list of programs")
            return ()
        hooks = (self.hook(node, f"hooks.{event}[{n}]") for n, node in enumerate(found[1].items))
        return tuple(hook for hook in hooks if hook)

    def hook(self, node: Node, key: str) -> Hook | None:
        """`argv: […]` with its options, or just the list of words."""
        if isinstance(node, Sequence):
            return self.argv_only(node, key)
        if not isinstance(node, Mapping):
            self.error(node, key, "expected `argv: [program, argument, …]`; there is no shell to split a line")
            return None
        self.unknown(node, {one.name for one in HOOK}, f"{key}.")
        values = {name: value for name, value in self.values(node, HOOK, key).items() if value not in {None, ()}}
        argv = node.find("argv")
        if argv and not _words(argv[1]):
            self.error(argv[1], f"{key}.argv", "expected a list of words, the program first")
            return None
        words = values.get("argv", ())
        return Hook(**values) if argv and words and self.startable(words[0], argv[1], f"{key}.argv") else None

    def argv_only(self, node: Sequence, key: str) -> Hook | None:
        words = _words(node)
        if not words:
            self.error(node, key, "expected a list of words, the program first")
            return None
        return Hook(tuple(words)) if self.startable(words[0], node, key) else None

    def startable(self, program: str, node: Node, key: str) -> bool:
        """Whether the first word says where the program is: a bare name means PATH, a file of the repository `./`."""
        known = "/" not in program or program.startswith(("./", "/"))
        if known and program.strip("./") and "\0" not in program and ".." not in program.split("/"):
            return True
        self.error(node, key, "the program must be a bare name (looked up in PATH), `./…` or an absolute path")
        return False

    def workers(self) -> dict[str, tuple[str, ...]]:
        conduct = self.mapping("conduct")
        found = conduct.find("workers") if conduct else None
        if found is None or not isinstance(found[1], Mapping):
            return {}
        self.unknown(found[1], set(WORKERS), "conduct.workers.")
        pairs = ((str(key.value), self.command(node, f"conduct.workers.{key.value}")) for key, node in found[1].entries)
        return {name: argv for name, argv in pairs if argv and name in WORKERS}

    def replay(self) -> tuple[tuple[str, ...], ...]:
        """The command lines that may be run again, or what they begin with."""
        tree = self.mapping("replay")
        if tree is not None:
            self.unknown(tree, {one.name for one in REPLAY}, "replay.")
        found = tree.find("allow") if tree else None
        if found is None or found[1].plain() is None:
            return ()
        if not isinstance(found[1], Sequence):
            self.error(found[1], "replay.allow", "expected a list of command lines")
            return ()
        keys = ((node, f"replay.allow[{n}]") for n, node in enumerate(found[1].items))
        lines = ((self.command(node, key), node, key) for node, key in keys)
        return tuple(words for words, node, key in lines if words and self.startable(words[0], node, key))

    def command(self, node: Node, key: str) -> tuple[str, ...]:
        """A command line: a list of words, or one line that is split by the shell's quoting rules, without a shell."""
        words = _split(node.value or "") if isinstance(node, Scalar) else _words(node)
        if not words:
            self.error(node, key, "expected a command line")
        return tuple(words)

    def paths(self) -> dict[str, str]:
        tree = self.mapping("paths")
        one = Field("path", Kind.PATH, "")
        found: dict[str, str] = {}
        for key, node in tree.entries if tree else ():
            value, complaint = fields.typed(one, node.plain())
            if complaint:
                self.error(node, f"paths.{key.value}", complaint)
            elif value is not None:
                found[str(key.value)] = value
        return found

    def unknown(self, tree: Mapping, known: set[str], prefix: str) -> None:
        for key in _unknown(tree, known):
            message = f"volon does not know `{prefix}{key.value}`"
            near = _nearest(str(key.value), known)
            hint = f"did you mean `{near}`?" if near else f"known are {', '.join(sorted(known))}"
            self.problems.append(
                Problem(
                    self.path,
                    key.line,
                    key.column,
                    f"{prefix}{key.value}",
                    "config.unknown-key",
                    message,
                    hint,
                    "warning",
                )
            )

    def error(self, node: Node, key: str, message: str) -> None:
        self.problems.append(Problem(self.path, node.line, node.column, key, "config.invalid", message))


def _unknown(tree: Mapping, known: set[str]) -> Iterator[Scalar]:
    return (key for key, _ in tree.entries if key.value not in known)


def _words(node: Node) -> list[str]:
    """The words of a list; nothing when it holds anything else."""
    items = node.items if isinstance(node, Sequence) else ()
    words = [item.value for item in items if isinstance(item, Scalar) and item.value is not None]
    return words if len(words) == len(items) else []


def _split(line: str) -> list[str]:
    import shlex  # noqa: PLC0415  only of what somebody set

    try:
        return shlex.split(line)
    except ValueError:
        return []


def _nearest(word: str, known: set[str]) -> str | None:
    """The known key that differs least in letters, when it is close."""
    letters = _letters(word.lower())
    return next((one for one in sorted(known) if _letters(one) in (letters, letters + "s", letters[:-1])), None)


def _letters(word: str) -> str:
    return "".join(sign for sign in word if "a" <= sign <= "z")
