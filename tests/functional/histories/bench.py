"""What a history is made of: a scene to build it in, a label to hold the outcome against, and the register of all."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.repos import RepoBuilder, run_git
from tests.unit.repo.samples import diffstat
from volon.model.drift.observed import Fate, PausedState, RecordFacts
from volon.model.drift.preflight import Preflight, preflight
from volon.repo.repository import Repository
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from volon.model.drift.observed import Observed, PathFate, Story

BEGIN = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
FETCHED = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
"""One hour before the instant at which volon's clock stands still in tests."""

_WENT_ON = {Fate.EDITED, Fate.MOVED_ON, Fate.RENAMED}
ADA = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
BEN = {"GIT_AUTHOR_NAME": "Ben", "GIT_AUTHOR_EMAIL": "ben@example.com"}

LINES = [f"line {number}" for number in range(1, 41)]


def text(**changed: str) -> str:
    """Return forty lines, some replaced: `text(l3="three")`."""
    lines = list(LINES)
    for name, line in changed.items():
        lines[int(name[1:]) - 1] = line
    return "\n".join(lines) + "\n"


class Clone(RepoBuilder):
    """A repository whose commits each have a date of their own, made by one person."""

    def __init__(self, root: Path, scene: Scene, who: dict[str, str]) -> None:
        super().__init__(root)
        self._scene, self._who = scene, who

    def git(self, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        """Run git a minute later than the last time."""
        return run_git(self.root, *arguments, env={**self._who, **self._scene.tick(), **(env or {})}, check=check)

    def commit(self, message: str = "Change", files: dict[str, str | bytes] | None = None, *, date: str = "") -> str:
        """Commit the given files, and nothing else that lies around."""
        for path, content in (files or {}).items():
            self.write(path, content)
        if files:
            self.git("add", "-f", "--", *files)
        self.git("commit", "-q", "--allow-empty", "-m", message, env={"GIT_AUTHOR_DATE": date} if date else None)
        return self.head()

    def fetch(self, *options: str) -> None:
        """Fetch, an hour before volon's now."""
        self.git("fetch", "-q", *options)
        for marker in (self.root / ".git").rglob("FETCH_HEAD"):
            os.utime(marker, (FETCHED.timestamp(), FETCHED.timestamp()))


class Scene:
    """Where a history takes place: our clone, a colleague's, and the repository between them.

    Attributes:
        work: our clone (or only repository).
        at: where the resume happens; our clone unless the history says otherwise.
    """

    def __init__(self, home: Path) -> None:
        self._home, self._minutes = home, 0
        self._paused = PausedState()
        self._world = World.real(os.environ)
        self.work = Clone(home / "work", self, ADA)
        self.at = self.work.root

    def tick(self) -> dict[str, str]:
        """Let a minute pass and return the dates for git."""
        self._minutes += 1
        now = (BEGIN + timedelta(minutes=self._minutes)).isoformat()
        return {"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}

    # --- Building ------------------------------------------------------------------------------------------------

    def init(self, *options: str) -> Clone:
        """Make our repository, without a commit."""
        self.work.root.mkdir(parents=True)
        self.work.git("init", "-q", "-b", "main", *options)
        return self.work

    def base(self) -> Clone:
        """Make our repository with one commit on main."""
        work = self.init()
        work.commit("base", {"README.md": "# Shop\n", "src/app.py": text(), "src/retry.py": text()})
        return work

    def feature(self, *subjects: str) -> Clone:
        """Make our repository and, on branch feat, a commit for each subject; each changes src/retry.py elsewhere."""
        work = self.base()
        work.git("switch", "-q", "-c", "feat")
        self.commits(*subjects)
        return work

    def commits(self, *subjects: str) -> None:
        """Commit once for each subject, each another line of src/retry.py."""
        for subject in subjects:
            self.work.commit(subject, {"src/retry.py": self.line(4 * (ord(subject[0]) - ord("A")) + 2, subject)})

    def line(self, number: int, content: str, path: str = "src/retry.py") -> str:
        """Return a file of our clone with one line replaced."""
        lines = self.work.read(path).decode().splitlines()
        lines[number - 1] = content
        return "\n".join(lines) + "\n"

    def shared(self, *subjects: str) -> tuple[Clone, Clone]:
        """Make the repository in between, our clone on feat (pushed, a commit a subject) and a colleague's."""
        work = self.feature(*subjects)
        hub = self._home / "hub.git"
        run_git(self._home, "init", "-q", "--bare", "-b", "main", str(hub))
        work.git("remote", "add", "origin", str(hub))
        work.git("push", "-q", "-u", "origin", "main", "feat")
        work.fetch()
        return work, self.clone("ben", BEN, "feat")

    def clone(self, name: str, who: dict[str, str], branch: str, *options: str) -> Clone:
        """Make one more clone of the repository in between."""
        hub, target = self._home / "hub.git", self._home / name
        run_git(
            self._home,
            "clone",
            "-q",
            *options,
            "-b",
            branch,
            f"file://{hub}",
            str(target),
            env={"GIT_COMMITTER_DATE": FETCHED.isoformat()},
        )
        return Clone(target, self, who)

    # --- The two moments -----------------------------------------------------------------------------------------

    def repository(self, at: Path | None = None) -> Repository:
        """Open a working tree."""
        return Repository.open(self._world, at or self.at)

    def pause(
        self, at: Path | None = None, *, key_files: str = "", next_action: str = "", made_here: bool | None = True
    ) -> str:
        """Write down where the work stands; returns HEAD."""
        repository = self.repository(at or self.work.root)
        facts = repository.facts()
        self._paused = PausedState(
            task_id="TASK-20261119-001",
            known=True,
            paused_commit=facts.head,
            paused_at=BEGIN + timedelta(minutes=self._minutes),
            branch=facts.branch,
            upstream=facts.upstream,
            upstream_commit=facts.upstream_commit,
            worktree=facts.worktree,
            tree=repository.tree if made_here else None,
            operation=facts.operation,
            operation_head=facts.operation_head,
            changes=facts.recorded,
            checkpoint=1,
            key_files=tuple(key_files.split()),
            next_actions=(next_action,) if next_action else (),
            made_here=made_here,
            diffstat=diffstat(repository),
        )
        return facts.head or ""

    def recorded(self, **changed: object) -> None:
        """Change what was written down."""
        self._paused = replace(self._paused, **changed)  # type: ignore[arg-type]

    def unread(self, path: str) -> None:
        """Write down that a file could not be read at the pause."""
        changes = self._paused.changes or ()
        self.recorded(changes=tuple(replace(c, blob=None) if c.path == path else c for c in changes))

    def anchor(self) -> None:
        """Leave the event that a real pause leaves: it keeps the paused commit alive."""
        events = self.repository(self.work.root).events
        events.record_pause("01JD0000000000000000000001", {"a": b"b"}, self._paused.paused_commit, "m\n", BEGIN)

    def resume(self) -> tuple[Observed, Preflight]:
        """Look at what became of it."""
        observed = self.repository().observe(self._paused)
        return observed, preflight(self._paused, observed, RecordFacts("TASK-20261119-001"))

    def naive(self) -> tuple[str, ...]:
        """Return what `git log --oneline <paused>..HEAD` says, subjects only."""
        then = f"{self._paused.paused_commit}.." if self._paused.paused_commit else ""
        try:
            out = run_git(self.at, "log", "--format=%s", f"{then}HEAD")
        except AssertionError:
            return ("fatal",)
        return tuple(out.splitlines())


@dataclass(frozen=True, kw_only=True)
class Label:
    """What preflight must say, no more and no less. Commits are named by their subjects, in any order.

    Attributes:
        codes: the codes, separated by blanks.
        new: commits that are new.
        there: `subject=how` of commits that are there under another id.
        lost: commits that are not there.
        state_only: how many commits of volon's own files were passed over.
        up_new, up_there, up_lost: the same for the upstream branch.
        reason: why the paused commit is missing.
        uncommitted: what the lost commits changed is in the working tree.
        absorbed: `path=subject` of uncommitted work that was committed; `staged:path=…` of what only the index had.
        gone: `path=where` of uncommitted work that is lost, with where its bytes are, `-` for nowhere.
        dirty: paths that are `path=edited`, `path=renamed`, `path=moved-on` (`moved-on?` in doubt) or `path=new`.
        keys: `path=kind` of key files that are not what they were.
    """

    codes: str
    new: str = ""
    there: str = ""
    lost: str = ""
    state_only: int = 0
    up_new: str = ""
    up_there: str = ""
    up_lost: str = ""
    reason: str | None = None
    uncommitted: bool = False
    absorbed: str = ""
    gone: str = ""
    dirty: str = ""
    keys: str = ""


@dataclass(frozen=True)
class History:
    """One labelled history."""

    name: str
    build: Callable[[Scene], None]
    label: Label


HISTORIES: list[History] = []


def history(codes: str, **label: object) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a builder under its own name, with its label."""

    def register(build: Callable[[Scene], None]) -> Callable[[Scene], None]:
        HISTORIES.append(History(build.__name__, build, Label(codes=codes, **label)))  # type: ignore[arg-type]
        return build

    return register


def seen(observed: Observed, outcome: Preflight) -> Label:
    """Return the label of what was really said."""
    head = _story(observed.head)
    upstream = _story(observed.upstream) if observed.upstream else ("", "", "")
    return Label(
        codes=_words(outcome.codes),
        new=head[0],
        there=head[1],
        lost=head[2],
        state_only=observed.head.state_only,
        up_new=upstream[0],
        up_there=upstream[1],
        up_lost=upstream[2],
        reason=observed.head.reason,
        uncommitted=observed.head.uncommitted,
        absorbed=_words(f"{_name(f)}={f.commit.subject if f.commit else '-'}" for f in _with(observed, Fate.COMMITTED)),
        gone=_words(f"{_name(f)}={_where(f.holder.where) if f.holder else '-'}" for f in _with(observed, Fate.LOST)),
        dirty=_words(
            [f"{f.change.path}={f.fate}{'?' * f.doubt}" for f in observed.fates if f.fate in _WENT_ON]
            + [f"{change.origin or ''}{'→' * bool(change.origin)}{change.path}=new" for change in observed.fresh]
        ),
        keys=_words(f"{fate.path}={fate.kind}" for fate in observed.key_files),
    )


def tidy(label: Label) -> Label:
    """Return the label with its words in order."""
    named = {
        name: _words(value.split(" "))
        for name, value in vars(label).items()
        if isinstance(value, str) and name != "reason"
    }
    return replace(label, **named)  # type: ignore[arg-type]


def _story(story: Story) -> tuple[str, str, str]:
    return (
        _words(note.subject for note in story.gained),
        _words(f"{pair.old.subject}={pair.how}" for pair in story.counterparts),
        _words(note.subject for note in story.lost),
    )


def _with(observed: Observed, fate: Fate) -> list[PathFate]:
    return [found for found in (*observed.fates, *observed.staged) if found.fate is fate]


def _name(fate: PathFate) -> str:
    return f"{'staged:' * fate.staged}{fate.change.path}"


def _where(where: str) -> str:
    return where.partition(" (")[0].rpartition(" ")[2] if not where.startswith("commit") else "commit"


def _words(words: Iterable[str]) -> str:
    return " ".join(sorted(word for word in words if word))
