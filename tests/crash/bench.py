"""The bench: builds a scenario's repository once, puts it back before every attempt, and runs volon on it.

volon runs in a fork of this process, with everything imported already; what it sees of the world (directory,
environment, clock, seed) is the same every time, so that the Nth system call is the same call every time.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash import oracle
from tests.crash.nthkill import Plan, Traced, call_freely, trace_call, trace_command
from tests.support.running import PROJECT_ROOT, VolonInProcess, volon_argv
from tests.support.seal import sealed_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.scenarios import Scenario

READERS = (
    ("status", "--json"),
    ("task", "list", "--json"),
    ("checkpoint", "list", "--json"),
    ("undo", "--list", "--json"),
    ("validate", "--json"),
)
"""What volon's own readers say is the state of a repository."""

_UNFINISHED = re.compile(r"not all on disk yet")
_IDS = re.compile(r"(?<![0-9A-Za-z])(?:[0-7][0-9A-HJKMNP-TV-Z]{25}|[0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z])")


_CHECKPOINT = re.compile(r"\b(\d+)(?=-[a-z-]+-\d{4}-\d{2}-\d{2}\.md)")
_NUMBER = re.compile(r"(?<=\bnumber: )\d+|(?<=\bparent: )\d+|(?<=\bresumed_from: )\d+|(?<=resume-task )\d+")
_TASK = re.compile(r"(?<=TASK-20261119-)\d{3}")
_MENTION = re.compile(r'(?<=[Cc]heckpoint )\d+|(?<="checkpoint": )\d+|(?<="number": )\d+|(?<="parent": )\d+')

_SELDOM = re.compile(r"volon\.(?:tui|engine\.dask)\b")
"""What brings textual and numpy with it: a process of twice the size forks in twice the time, and few need it."""


class HarnessBroken(Exception):
    """The harness cannot trust itself: a fixture cannot be built, a point was not reached."""


@dataclass(frozen=True)
class State:
    """What a repository holds, in two forms.

    Attributes:
        records: every file of volon's in the working tree, as bytes.
        view: what each of volon's readers says, with ids by order of appearance.
        shape: the records with ids by order of appearance: equal for runs that differ only in their ids.
    """

    records: dict[str, bytes]
    view: tuple[str, ...]
    shape: str


class Bench:
    """A place where one scenario is run again and again.

    Args:
        where: a directory of this bench's own; every path in it is the same at each attempt.
        main: what runs volon in the child; a known-bad build has its own.
    """

    def __init__(self, where: Path, main: Callable[[list[str]], int] | None = None) -> None:
        self._where = where
        self.main = main or volon_main
        self._cwd = Path()
        self.live = where / "live"
        self.before = oracle.Before({}, {}, {})
        self.known: set[str] = set()
        self.wholes: list[dict[str, str]] = []
        self.left: tuple[str, set[int]] | None = None

    @property
    def root(self) -> Path:
        """The working tree in which the command under test runs."""
        return self.live / self._cwd

    def build(self, scenario: Scenario) -> None:
        """Build the repository of a scenario and remember it.

        Raises:
            HarnessBroken: a preparing line failed, or the oracle does not like the result.
        """
        shutil.rmtree(self.live, ignore_errors=True)
        (self.live / "repo").mkdir(parents=True)
        self._cwd = Path("repo")
        self._git("init", "-q", "-b", "main", ".")
        for number, line in enumerate(scenario.prepare.strip().splitlines()):
            self._prepare(line.strip(), number)
        # git's examples of hooks say nothing, and would be copied and looked at every time.
        for example in self.live.rglob("hooks/*.sample"):
            example.unlink()
        self.before = oracle.Before.of(self.root)
        wrong = oracle.inspect(self.root, self.before)
        self.known = set(wrong) if scenario.broken else set()
        if wrong and not scenario.broken:
            message = f"{scenario.name}: the fixture is broken already: {wrong}"
            raise HarnessBroken(message)
        self.save("base")
        if self.main is volon_main:
            self._warm(scenario.argv)

    def _warm(self, argv: list[str]) -> None:
        """Do once in this process what its children will: what volon makes ready at first use, they inherit ready."""
        volon = VolonInProcess(self.root)
        for words in (*READERS, argv):
            volon(*words)
        self.restore()
        if threading.active_count() > 1:
            message = f"{argv} has left a thread behind"
            raise HarnessBroken(message)

    def save(self, name: str) -> None:
        """Remember the repository as it is now under a name."""
        shutil.rmtree(self._where / name, ignore_errors=True)
        _copy(self.live, self._where / name)

    def restore(self, name: str = "base") -> None:
        """Put a remembered repository back, into the same directory: an approval holds for no other."""
        _empty(self.live, self.live / "repo")
        _copy(self._where / name, self.live)

    def run(self, argv: list[str], plan: Plan | None = None, *, seed: str = "1", listed: bool = False) -> Traced:
        """Run volon in the repository as it is now; without a plan it runs freely, and nothing is counted."""

        def child() -> int:
            os.chdir(self.root)
            os.environ["VOLON_SEED"] = seed
            return self.main(argv)

        return call_freely(child) if plan is None else trace_call(child, plan, listed=listed)

    def run_cold(self, argv: list[str], plan: Plan | None = None, *, seed: str = "1") -> Traced:
        """Run volon as a real program, from the start of its interpreter."""
        env = {**os.environ, "VOLON_SEED": seed, "PYTHONPATH": str(PROJECT_ROOT)}
        return trace_command([*volon_argv(), *argv], plan or Plan(), cwd=self.root, env=env)

    def state(self) -> State:
        """Ask volon's readers and look at the records."""
        view, records = self.view(self.root), self.records()
        return State(records, view, _shape(records))

    def view(self, where: Path) -> tuple[str, ...]:
        """What volon's readers say in a working tree."""
        asked = call_freely(partial(self._ask_readers, where))
        answers = _by_rank("\n".join(_answer(*answer) for answer in json.loads(asked.out)))
        return tuple(map(_by_appearance, answers.splitlines()))

    def calls_of_readers(self) -> tuple[str, ...]:
        """The changing calls that readers make: there must be none, but for what they try out and throw away."""
        calls = trace_call(partial(self._ask_readers, self.root), Plan(), listed=True).calls
        return tuple(call for call in calls if not re.search(r"/[.]git/volon(?:$|/scratch(?:/|$))", call))

    def shape(self) -> str:
        """The records with ids by order of appearance."""
        return _shape(self.records())

    def records(self) -> dict[str, bytes]:
        """Every file of volon's in the working tree; the run log is a story, not a record."""
        files = (
            path for top in (*oracle.STATE_DIRECTORIES, ".prelude") for path in sorted((self.root / top).rglob("*"))
        )
        kept = (path for path in files if path.is_file() and not path.name.startswith(".volon-tmp-"))
        found = {path.relative_to(self.root).as_posix(): path.read_bytes() for path in kept}
        return {path: data for path, data in found.items() if not path.startswith(".volon/logs/")}

    def _ask_readers(self, where: Path) -> int:
        os.chdir(where)
        answers = []
        for argv in READERS:
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                answers.append((self.main([*argv]), out.getvalue(), err.getvalue()))
        print(json.dumps(answers))
        return 0

    def _prepare(self, line: str, number: int) -> None:
        word, _, rest = line.partition(" ")
        if " = " in line and word not in {"$", "volon"}:
            path, _, text = line.partition(" = ")
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("\\n", "\n") + "\n", encoding="utf-8")
        elif word in {"$", "$?"}:
            self._git(*rest.split(), check=word == "$")
        elif line == "trust":
            self._trust(number)
        elif word == "volon":
            self._volon(rest.split(), number)
        elif word == "cd":
            self._cwd = Path(os.path.normpath(self._cwd / rest))
        elif word == "rm":
            for target in (self.root / name for name in rest.split()):
                shutil.rmtree(target) if target.is_dir() else target.unlink()
        elif word == "sed":
            self._edit(*rest.split(" ", 1))
        elif line:
            message = f"no such line: {line}"
            raise HarnessBroken(message)

    def _volon(self, words: list[str], number: int) -> None:
        argv = _joined(words)
        ran = self.run(argv, seed=f"prepare-{number}")
        if ran.code != 0:
            message = f"volon {' '.join(argv)} exited {ran.code} while preparing: {ran.err or ran.out}"
            raise HarnessBroken(message)

    def _trust(self, number: int) -> None:
        shown = self.run(["trust", "--json"], seed=f"prepare-{number}")
        self._volon(["trust", "--digest", json.loads(shown.out)["digest"]], number)

    def _edit(self, path: str, change: str) -> None:
        old, _, new = change.partition(" -> ")
        target = self.root / path
        text = target.read_text(encoding="utf-8")
        if old not in text:
            message = f"{path} has no {old!r}"
            raise HarnessBroken(message)
        target.write_text(text.replace(old, new), encoding="utf-8")

    def _git(self, *words: str, check: bool = True) -> None:
        done = subprocess.run(
            ["git", *words], cwd=self.root, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
        if check and done.returncode != 0:
            message = f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
            raise HarnessBroken(message)


def seal_this_process(home: Path) -> None:
    """Give this process, and all its children, the sealed environment; then load volon."""
    sealed = sealed_environment(home)
    os.environ.clear()
    os.environ.update(sealed)
    load_volon()


def load_volon() -> None:
    """Import all of volon that a command may need, so that no child has to; build each command's parser once."""
    import typer.main  # noqa: PLC0415 - the seal must stand first

    import volon  # noqa: PLC0415

    for module in pkgutil.walk_packages(volon.__path__, "volon."):
        if not _SELDOM.match(module.name):
            importlib.import_module(module.name)
    from volon.cli import app as application  # noqa: PLC0415

    if hasattr(typer.main.get_command, "cache_info"):
        return
    # Most of a short command is typer building its parsers; every child inherits them ready-made instead.
    typer.main.get_command = cache(typer.main.get_command)
    by_word = cache(lambda word, app_for=application.app_for: app_for([word]))
    application.app_for = lambda argv: by_word(([*(argv[2:] if argv[:1] == ["-C"] else argv), ""])[0])
    known = application.app
    for name in (*(one.name for one in known.registered_commands), *(one.name for one in known.registered_groups)):
        typer.main.get_command(by_word(name))


def volon_main(argv: list[str]) -> int:
    """Run volon as its console script does."""
    from volon.__main__ import run_words  # noqa: PLC0415 - loaded by `load_volon`

    sys.argv = ["volon", *argv]
    return run_words(argv)


def scratch_directory() -> Path:
    """A fresh private directory, in memory where the machine has such a place: kills do not care, sweeps are faster."""
    shared = Path("/dev/shm")  # noqa: S108 - private below it
    base = shared if os.access(shared, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="volon-bench-", dir=base)).resolve()


def _empty(directory: Path, kept: Path) -> None:
    """Remove everything below a directory but one directory in it, which is emptied too."""
    for path in directory.iterdir():
        if path == kept:
            _empty(path, path)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _copy(source: Path, target: Path) -> None:
    """Copy a directory's content into another, which is made if need be."""
    # cp keeps times, modes, links and hard links; shutil is slower and keeps less.
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", "--", f"{source}/.", str(target)], check=True, stdin=subprocess.DEVNULL)


def _answer(code: int, out: str, err: str) -> str:
    """One reader's answer, without its remark that an operation is still to be finished."""
    try:
        value = json.loads(out)
    except ValueError:
        return f"exit {code}: {out}{err}"
    return f"exit {code}: {json.dumps(_without_remarks(value), sort_keys=True)}"


def _without_remarks(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _without_remarks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_remarks(item) for item in value if not (isinstance(item, str) and _UNFINISHED.search(item))]
    return value


def _shape(records: dict[str, bytes]) -> str:
    text = "\n".join(f"== {path}\n{data.decode('utf-8', 'replace')}" for path, data in sorted(records.items()))
    return _by_appearance(_by_rank(text))


def _by_rank(text: str) -> str:
    """Replace checkpoint and task numbers by their rank.

    A command that was killed may have used up a number: the next one then leaves a gap, which is no fault.
    """
    for found, mentions in ((_CHECKPOINT, (_CHECKPOINT, _NUMBER, _MENTION)), (_TASK, (_TASK,))):
        numbers = sorted({int(number) for number in found.findall(text)})
        if numbers != list(range(1, len(numbers) + 1)):
            for pattern in mentions:
                text = pattern.sub(partial(_rank, numbers), text)
    return text


def _by_appearance(text: str) -> str:
    """Replace ids by the order of their appearance."""
    names: dict[str, str] = {}
    return _IDS.sub(lambda match: names.setdefault(match[0], f"<{len(names) + 1}>"), text)


def _rank(numbers: list[int], match: re.Match[str]) -> str:
    number = int(match[0])
    return f"{numbers.index(number) + 1 if number in numbers else number:0{len(match[0])}d}"


def _joined(words: list[str]) -> list[str]:
    """`task start A title of words --next x` → the title is one argument."""
    options = next((index for index, word in enumerate(words) if word.startswith("--")), len(words))
    verb = 2 if words[0] in {"task", "handoff"} else 1
    head, text, tail = words[:verb], words[verb:options], words[options:]
    if text and text[0].startswith("TASK-"):
        head, text = [*head, text[0]], text[1:]
    return [*head, *([" ".join(text)] if text else []), *tail]
