"""One ticket on a worker: a process of volon's that fetches a commit, asks for leave, runs it, and sends the result.

`python -m volon.usecases.pipeline.there` reads one line, the job, and then words: `go N` (leave, for the Nth time it
was asked for), `no`, `stop`. It writes `{"ask": N}` as long as it waits for leave, `{"line": L}` now and then with the
last line of the ticket's output, and at last its report. The end of what it reads means that the worker is gone: then
the ticket is ended at once, and nobody is told.

It has a repository of its own, in a directory of the worker's, in which nothing but the job says what git does: no
hooks, no configuration of the user's repository. The ticket is run by what runs it on the user's own machine: the same
shell around it, the same limits of time, the same rules for what its result may hold. It has the worker's variables,
not those of the user, with the pipeline's and its own on top.

Source: issue "the pipeline" (beyond one machine); contract §2.11 (nothing starts behind a pause), §7.
"""

from __future__ import annotations

import json
import os
import select
import sys

from volon.background import Ends, Launcher
from volon.engine.attempts import Attempts, NoTree, Over
from volon.engine.far import MOST_LINE
from volon.errors import VolonError
from volon.files import Roots
from volon.model.pipeline.spec import Isolation, Ticket
from volon.model.pipeline.state import Outcome
from volon.paths import Path
from volon.plain import dataclass
from volon.repo.exchange import relay
from volon.repo.exchange.remotes import Remote
from volon.repo.git import Git
from volon.repo.repository import Repository
from volon.repo.runtrees import RunTrees
from volon.runfiles import RunFiles
from volon.store import layout
from volon.usecases.pipeline.trees import KeptTrees, said, unkept
from volon.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from volon.clock import Clock
    from volon.files import Place as Log

WINDOW_SECONDS = 0.4
"""Leave that comes later is none, so that nothing begins later than that behind a pause; longer on a slow line."""
PATIENCE_SECONDS = 60.0
"""Who hears nothing for so long has no runner, and makes room for others."""
_TICK_SECONDS = 1.0
_SHOW_SECONDS = 2.0
_PIECE = 1 << 12
_ORIGIN = "origin"
SEND_SECONDS = 300.0
"""For so long a worker tries to send what came of a ticket to a remote that does not answer, or refuses it."""
_MOST_PAUSE = 30.0


class Ear:
    """Hears words, line by line.

    Args:
        handle: the descriptor.

    """

    def __init__(self, handle: int) -> None:
        self._handle, self._gone, self._half = handle, False, b""

    def is_gone(self) -> bool:
        """Whether nobody will ever say anything again."""
        return self._gone

    def line(self) -> str:
        """One line, however long it takes; empty when there is none any more."""
        while b"\n" not in self._half and self._read():
            pass
        line, _, self._half = self._half.partition(b"\n")
        return line.decode()

    def wait(self, seconds: float, other: int = -1) -> list[str]:
        """What is said by then, at most so many seconds from now; less when something becomes readable elsewhere."""
        poll = select.poll()
        for one in (self._handle, other):
            if one >= 0:
                poll.register(one, select.POLLIN)
        poll.poll(1000 * seconds)
        os.set_blocking(self._handle, False)
        try:
            while self._read():
                pass
        except BlockingIOError:
            pass
        *lines, self._half = self._half.split(b"\n")
        return [one.decode() for one in lines]

    def _read(self) -> bool:
        data = os.read(self._handle, 1 << 16)
        self._half += data
        self._gone = not data
        return bool(data)


class HereTrees(KeptTrees):
    """The working tree of the one attempt."""

    def begin(self, ticket: Ticket, tag: str) -> Path:  # noqa: ARG002  as of any
        """See `volon.engine.attempts.Trees`; it was made before leave was asked for, so that leave is not old."""
        return self._trees.path(tag)


@dataclass(slots=True)
class Place:
    """Where a job is done."""

    world: World
    repository: Repository
    remote: Remote
    trees: RunTrees


def main() -> None:
    """Do one job."""
    ear = Ear(sys.stdin.fileno())
    job = json.loads(ear.line())
    argv, outputs = tuple(job["argv"]), tuple(job["outputs"])
    ticket = Ticket(job["id"], argv, job["text"], timeout=job["timeout"], isolation=Isolation.WORKTREE, outputs=outputs)
    _do(ear, job, ticket, f"{ticket.id}.{job['attempt']}")


def _do(ear: Ear, job: dict[str, Any], ticket: Ticket, tag: str) -> None:
    log = ""
    try:
        place = prepare(job)
        place.trees.make(tag, job["commit"])
    except (VolonError, OSError) as error:
        why = f"its working tree could not be made there: {said(error)}"
        _report(NoTree(Outcome.FAILED, why, error).over(ticket.id), log)
        return
    if not has_leave(ear, place.world.clock):
        place.trees.abandon(tag)
        _report(Over(ticket.id, Outcome.UNSTARTED, why="it had not begun"), log)
        return
    own = place.repository
    files = RunFiles(Roots(str(own.root), str(own.git_dir), str(own.common_dir)))
    run = layout.RUNS / job["run"]
    files.mkdir(run / "logs")
    log = f"{own.common_dir}/volon/{(run / 'logs' / f'{tag}.log').path}"
    exits = files.make_appended(run / "exits")
    held = files.lock(run / f"{tag}.lock", b"")
    assert held is not None  # noqa: S101  nobody else does this attempt
    ends = Ends(exits.fd, files.open_directory(run / "logs"), held.fd)
    launcher = Launcher(place.world.env, ends)
    trees = HereTrees(place.trees, files, run / "logs", lambda _: None)
    attempts = Attempts(files, run / "logs", exits, launcher, str(own.root), place.world.clock, job["run"], trees)
    show = Shown(files, run / "logs" / f"{tag}.log", place.world.clock)
    over = attempts.start(ticket, job["attempt"], job["env"]) or _seen_to(ear, attempts, ticket, show)
    _report(sent(ear, place, over, tag), log)
    launcher.leave(settled=True)
    attempts.clear()


def prepare(job: dict[str, Any]) -> Place:
    """Have the job's commit in a repository of its own.

    Raises:
        VolonError, OSError: it cannot be fetched, or the disk is full.
    """
    world, home = World.real(os.environ), Path(job["home"])
    git = Git(world, Path("/"))
    git.run("init", "--quiet", "--template=", f"--object-format={job['format']}", str(home))
    repository = Repository.open(world, home)
    name, _, email = job["identity"].rpartition(" <")
    for key, value in (("user.name", name), ("user.email", email.rstrip(">")), (f"remote.{_ORIGIN}.url", job["url"])):
        repository.git.run("config", key, value)
    remote = Remote.open(repository.git, None, _ORIGIN)
    relay.get(repository, remote, job["ref"], job["commit"])
    files = RunFiles(Roots(str(repository.root), str(repository.git_dir), str(repository.common_dir)))
    files.mkdir(layout.RUNS / job["run"] / "trees")
    return Place(world, repository, remote, RunTrees.of(world, repository, job["run"]))


def has_leave(ear: Ear, clock: Clock) -> bool:
    """Ask for leave until there is an answer that comes in time."""
    number, window, heard = 0, WINDOW_SECONDS, clock.monotonic()
    while not ear.is_gone() and clock.monotonic() < heard + PATIENCE_SECONDS:
        number, asked = number + 1, clock.monotonic()
        _say({"ask": number})
        while not ear.is_gone() and (left := asked + window - clock.monotonic()) > 0:
            for word in ear.wait(left):
                if word == f"go {number}" and clock.monotonic() < asked + window:
                    return True
                if not word.startswith("go "):
                    return False
                window, heard = window * 2, clock.monotonic()
    return False


class Shown:
    """The last line of a log, shown as it changes; not more often than somebody could read it.

    Args:
        files: where it lies.
        log: it.
        clock: for how long ago it was shown.
    """

    def __init__(self, files: RunFiles, log: Log, clock: Clock) -> None:
        self._files, self._log, self.clock = files, log, clock
        self._line, self._next = "", 0.0

    def look(self) -> None:
        """Show it, if it has changed and may be shown again."""
        if self.clock.monotonic() < self._next:
            return
        self._next = self.clock.monotonic() + _SHOW_SECONDS
        line = self._files.tail(self._log, _PIECE).rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")[-MOST_LINE:]
        if line != self._line:
            self._line = line
            _say({"line": line})


def _seen_to(ear: Ear, attempts: Attempts, ticket: Ticket, show: Shown) -> Over:
    """See to what runs until it is over."""
    clock = show.clock
    while True:
        for over in attempts.ended({ticket.id: ticket}):
            return over
        deadline = attempts.next_deadline()
        seconds = _TICK_SECONDS if deadline is None else min(_TICK_SECONDS, max(deadline - clock.monotonic(), 0.0))
        if "stop" in ear.wait(seconds, attempts.said):
            attempts.stop_all()
        show.look()
        if ear.is_gone():
            attempts.kill_all()
            sys.exit(1)


def sent(ear: Ear, place: Place, over: Over, tag: str) -> Over:
    """What became of an attempt, now that what was kept of it was sent; a result that cannot be sent is none.

    A remote that does not answer may be back before long: until then it is tried again, unless who waits for it
    wants to wait no more, or is gone. What is kept stays in the worker's repository.
    """
    if not over.commit:
        return over
    result, clock, pause = over.how is Outcome.DONE, place.world.clock, 1.0
    began = clock.monotonic()
    while True:
        try:
            relay.put(place.repository, place.remote, place.trees.ref(tag, result=result), over.commit)
        except (VolonError, OSError) as error:
            patience = began + (0.0 if isinstance(error, relay.LooksSecret) else SEND_SECONDS)
            if clock.monotonic() < patience and not ear.is_gone() and "stop" not in ear.wait(pause):
                pause = min(2 * pause, _MOST_PAUSE)
                continue
            if result:
                over = over._replace(how=Outcome.FAILED, why=unkept(error), commit="")
            else:
                over = over._replace(
                    why=f"{over.why or 'failed'}; what it left could not be sent: {said(error)}", commit=""
                )
        return over


def _report(over: Over, log: str) -> None:
    words = {"how": over.how.value, "exit_status": over.exit_status, "ms": over.ms, "why": over.why}
    _say({**words, "commit": over.commit, "lacks": over.lacks, "log": log})


def _say(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
