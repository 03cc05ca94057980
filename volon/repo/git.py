"""The door to git: every call has the same fixed settings and a scrubbed environment, and every exit status is checked.

Promises: nothing a repository's configuration names is run for our sake (no fsmonitor, hooks, pager, external diff,
text conversion, automatic gc or maintenance); no lazy fetch, no prompt, no optional lock; what is written is fsynced;
no `GIT_*` variable points us at another repository. Arguments that name commits are ids (from `Git.resolve`).
Clean filters run when the user's own configuration names them, not when the repository does (`volon.repo.quiet`).

Source: reliability S7, S8, G16, G17; contract §2 (17).
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.light import cached_property
from volon.patterns import pattern
from volon.repo import quiet
from volon.repo.capped import refuse_endless_steps, refuse_pipes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from volon.memory import Memory
    from volon.process import Begun
    from volon.world import World

MINIMUM = (2, 38)
"""The oldest git that volon works with (contract §2, 17)."""

SETTINGS = (
    "--no-pager",
    *(
        word
        for setting in (
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.fsync=all",
            "core.fsyncMethod=fsync",
            "core.quotePath=false",
            "core.safecrlf=false",
            "core.splitIndex=false",
            "core.logAllRefUpdates=false",
            "safe.bareRepository=explicit",
            "gc.auto=0",
            "maintenance.auto=false",
            "color.ui=false",
            "log.showSignature=false",
            "log.showRoot=true",
            "log.mailmap=false",
            "diff.autoRefreshIndex=false",
            "diff.noprefix=false",
            "diff.mnemonicPrefix=false",
            "i18n.logOutputEncoding=UTF-8",
        )
        for word in ("-c", setting)
    ),
)
"""What stands before every git command."""

_FIXED_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # No transport is called none: what an older git would fetch for want of an object, it may not.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
KEPT = frozenset({"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"})
"""Where the user keeps their own settings: without them line ends would be judged by other rules than the user's."""
_TIMEOUT_SECONDS = 600.0
_VERSION = pattern(r"(\d+)\.(\d+)(?:\.(\d+))?")
_ADVICE = pattern(r"^hint:|safe\.directory|exception for this directory|remove the file manually")
_LOOK_AT_FILES = frozenset({"status", "diff-files", "diff-index"})
"""The commands that read files of the working tree, and so would run filters on them and look into submodules."""
NOT_INSIDE = "--ignore-submodules=dirty"
"""Keeps these out of submodules, of which only the commits are compared then."""
_FILTER = _LOOK_AT_FILES | {"hash-object", "read-tree", "worktree", "merge"}
"""The commands that run filters."""
_RULED = _FILTER | {"check-attr", "check-ignore", "diff-tree", "grep"}
"""The commands that read what a working tree says of its files in `.gitignore` and `.gitattributes`."""


class GitFailed(NotCommitted):
    """Git said no; `command` and what it wrote to stderr are kept.

    The causes are the first paragraph of that, without advice: git's own advice to trust a stranger's repository or
    to remove a lock is not ours to hand on.

    Attributes:
        command: the arguments after the fixed settings.
        stderr: what git said.
    """

    def __init__(self, command: tuple[str, ...], status: int, stderr: str) -> None:
        super().__init__(f"git {command[0]} failed with exit status {status}", causes=_said(stderr))
        self.command = command
        self.stderr = stderr


def _said(stderr: str) -> list[str]:
    lines = stderr.strip().splitlines()
    end = next((number for number, line in enumerate(lines) if not line.strip()), None)
    return [line for line in lines[:end] if not _ADVICE.search(line)][:6]


class GitTooOld(NotCommitted):
    """The git in PATH is older than volon needs."""


def scrubbed(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git: the caller's without any `GIT_*` but `KEPT`, with ours on top.

    Args:
        env: the caller's environment.
    """
    kept = {name: value for name, value in env.items() if name in KEPT or not name.startswith("GIT_")}
    return kept | _FIXED_ENVIRONMENT


def is_object_id(text: str) -> bool:
    """Whether the text is a full object id, of SHA-1 or SHA-256."""
    from volon.model.ids import is_commit  # noqa: PLC0415  git is begun before

    return is_commit(text)


class Git:
    """Runs git in one directory.

    Args:
        world: for processes and environment.
        directory: where git runs; the top of the working tree.
        git_dir: the working tree's own git directory, once it is known.
        common_dir: the git directory shared by all working trees, once it is known.
        memory: what was found out before, once it is known whom it may be asked about.
    """

    def __init__(
        self,
        world: World,
        directory: Path,
        git_dir: Path | None = None,
        common_dir: Path | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._processes = world.processes
        self._env = scrubbed(world.env)
        self._outside = world.env
        self._version: tuple[int, ...] | None = None
        self._settings = SETTINGS
        self._git_dir, self._common_dir, self._memory = git_dir, common_dir, memory
        self.directory = directory
        self.calls, self._looked = 0, False
        self._begun: dict[tuple[str, ...], Begun] = {}

    def with_index(self, index: Path | str, *, notes: bool = False) -> Git:
        """The same door, with another index; only for reading, or with `notes` for what git finds out as it looks."""
        other = self._twin()
        locks = {"GIT_OPTIONAL_LOCKS": "1"} if notes else {}
        other._env = {**self._env, **locks, "GIT_INDEX_FILE": str(index)}  # noqa: SLF001  our own class
        return other

    def with_settings(self, *settings: str) -> Git:
        """The same door, with further settings: `name=value`."""
        other = self._twin()
        other._settings = (*self._settings, *(word for one in settings for word in ("-c", one)))  # noqa: SLF001
        return other

    def speaking(self, settings: Iterable[str], ways: Iterable[str], transports: str) -> Git:
        """The same door, for the few commands that talk to a remote because the user said so: `exchange.remotes`.

        Hooks stay off and nobody is asked on a terminal.

        Args:
            settings: further ones: `name=value`.
            ways: variables of the user's own environment that count there.
            transports: what a URL may name, as git writes it.
        """
        other = self.with_settings(*settings)
        own = {name: self._outside[name] for name in ways if name in self._outside}
        other._env = {**self._env, **own, "GIT_ALLOW_PROTOCOL": transports}  # noqa: SLF001  our own class
        return other

    def aside(self, git_dir: Path, alternate: Path, settings: Mapping[str, str], directory: Path | None = None) -> Git:
        """The same working tree, with another git directory: what this repository configures does not count there.

        Args:
            git_dir: whatever is written goes there.
            alternate: where objects are found besides.
            settings: configuration that does count.
            directory: another working tree, after all.
        """
        from volon.model.syntax.gitpath import force_quote  # noqa: PLC0415  few commands need it

        other = self._twin()
        other.directory = directory or self.directory
        other._git_dir = other._common_dir = None  # noqa: SLF001  our own class
        other._settings = (*SETTINGS, "-c", "core.fsync=none")  # noqa: SLF001
        other._env = {  # noqa: SLF001
            **self._env,
            **quiet.as_environment(list(settings.items())),
            "GIT_DIR": str(git_dir),
            "GIT_WORK_TREE": str(other.directory),
            "GIT_INDEX_FILE": str(git_dir / "index"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": force_quote(str(alternate)),
            # Commits that are thrown away need no time of their own, and so the same question makes the same ones.
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "@1 +0000"),
        }
        return other

    def writing_to(self, objects: Path) -> Git:
        """The same door, which writes objects there, durably."""
        other = self.with_settings("core.fsync=all")
        other._env = {**self._env, "GIT_OBJECT_DIRECTORY": str(objects)}  # noqa: SLF001  our own class
        return other

    def _twin(self) -> Git:
        other = Git.__new__(Git)
        other.__dict__ |= self.__dict__
        other._begun = {}  # noqa: SLF001  our own class; what was begun here is no answer there
        return other

    def checking_out(self, index: Path, tree: Path) -> Git:
        """The same repository with an index and a working tree of one's own, to see what a checkout would write."""
        other = self._twin()
        other.directory = tree
        other._env = {  # noqa: SLF001  our own class
            **self._env,
            **self._overrides,
            **({"GIT_DIR": str(self._git_dir)} if self._git_dir is not None else {}),
            "GIT_WORK_TREE": str(tree),
            "GIT_INDEX_FILE": str(index),
        }
        return other

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment git runs in."""
        return dict(self._env)

    @property
    def program(self) -> str:
        """The absolute path of git.

        Raises:
            NotCommitted: git is not in PATH.
        """
        return self._processes.resolve("git")

    def run(
        self,
        *args: str,
        stdin: bytes | Iterable[bytes] = b"",
        ok: Collection[int] = (0,),
        directory: Path | None = None,
    ) -> bytes:
        """Run one git command and return what it wrote to stdout.

        Args:
            args: the command and its arguments.
            stdin: what it reads, whole or in pieces.
            ok: the exit statuses that are no failure.
            directory: another place to run in, such as a submodule.

        Raises:
            GitFailed: any other exit status.
            GitTooOld: the same, when the reason is an old git.
            NotCommitted: git is missing or did not finish.
        """
        return self.ask(*args, stdin=stdin, ok=ok, directory=directory)[1]

    def ask(
        self,
        *args: str,
        stdin: bytes | Iterable[bytes] = b"",
        ok: Collection[int] = (0, 1),
        directory: Path | None = None,
        seconds: float = _TIMEOUT_SECONDS,
        silent: bool = False,
    ) -> tuple[int, bytes]:
        """Like `run`, for commands whose exit status is part of the answer; `seconds` is how long it may take.

        Raises:
            GitFailed: a status that is not in `ok`; with `silent` also any complaint.
        """
        begun = self._begun.pop(args, None) if directory is None else None
        done = (begun or self._start(args, directory)).finish(stdin, seconds)
        if done.returncode not in ok or (silent and done.stderr):
            self.require_modern()
            raise GitFailed(args, done.returncode, done.stderr.decode("utf-8", "surrogateescape"))
        return done.returncode, done.stdout

    def tell(self, *args: str, stdin: Iterable[bytes]) -> None:
        """Hand over a part of what a command reads that was begun; `run` or `ask` takes the rest."""
        self._begun[args].tell(stdin, _TIMEOUT_SECONDS)

    def hear(self, *args: str) -> bytes:
        """Return the line with which a command that was begun answers what it was told; nothing when it has ended."""
        return self._begun[args].hear(_TIMEOUT_SECONDS)

    def begin(self, *args: str) -> None:
        """Start a question whose answer will be wanted: git works on it until `run` or `ask` takes the answer.

        Raises:
            NotCommitted: git is missing.
        """
        self.forget(*args)
        self._begun[args] = self._start(args)

    def forget(self, *args: str) -> None:
        """Let nobody take the answer to a question that was begun, or to any; it will be asked anew."""
        for words in [args] if args else list(self._begun):
            if (begun := self._begun.pop(words, None)) is not None:
                begun.end()

    def _start(self, args: tuple[str, ...], directory: Path | None = None) -> Begun:
        self.calls += 1
        env, words = self._env | self._overrides if args[0] in _FILTER else self._env, args
        if args[0] in _RULED:
            self.refuse_endless()
        if args[0] in _LOOK_AT_FILES and NOT_INSIDE not in args:
            words = (args[0], *([NOT_INSIDE] if self.unseen else ()), *args[1:])
        return self._processes.begin(["git", "-C", str(directory or self.directory), *self._settings, *words], env=env)

    def refuse_endless(self) -> None:
        """See that git would not read without end, or wait for what never comes; looked for once.

        Raises:
            NotCommitted: it would; see `capped`.
        """
        if not self._looked:
            refuse_endless_steps(self._git_dir)
            refuse_pipes(self.directory)
            self._looked = True

    @cached_property
    def _overrides(self) -> dict[str, str]:
        """Variables that switch off the filters only the repository names; git is asked only when there may be any."""
        if self._git_dir is None or self._common_dir is None:
            return {}
        if not quiet.mentions_filters((self._common_dir / "config", self._git_dir / "config.worktree")):
            return {}
        return quiet.overrides(self.run("config", "--list", "--show-scope", "-z"))

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Submodules git is not let into, because looking would run filters that only they name."""
        return quiet.loud(self.run, self.directory, self.submodules)

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The paths of submodules, as of the first question."""
        return quiet.submodules(self.run, self.directory, self._git_dir, self._memory) if self._git_dir else ()

    def resolve(self, name: str) -> str | None:
        """Return the full id of the commit that a name stands for, or None.

        Args:
            name: any revision; nothing in it is taken for an option.
        """
        status, out = self.ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", ok=(0, 1, 128)
        )
        text = out.decode("ascii", "replace").strip()
        return text if status == 0 and is_object_id(text) else None

    def version(self) -> tuple[int, ...]:
        """Return git's version; asked once."""
        if self._version is None:
            self.calls += 1
            done = self._processes.run(["git", "version"], env=self._env, timeout=_TIMEOUT_SECONDS)
            self._version = parse_version(done.stdout.decode("ascii", "replace"))
        return self._version

    def require_modern(self) -> None:
        """Refuse a git that would silently ignore settings we depend on.

        Raises:
            GitTooOld: older than `MINIMUM`.
        """
        if self.version() < MINIMUM:
            found, wanted = (".".join(map(str, v)) for v in (self.version(), MINIMUM))
            raise GitTooOld(
                f"git {found} is too old; volon needs git {wanted} or newer",
                hints=[f"install git {wanted} or newer and put it first in PATH ({self.program} is the one found)"],
            )


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers of `git version 2.39.5 (…)`; empty when there are none."""
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.groups() if part) if found else ()
