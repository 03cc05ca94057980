"""Doctor's look at the runs of pipelines: damaged journals, and what a process that was killed left of its run.

Mended is what the next runner would mend as well: half a record at a journal's end, and a directory of logs that is
gone. A damaged journal is named and stays; so are logs of which no journal knows, the trace that power loss leaves.

Source: contract §4 (`doctor`); issue "the pipeline" (journals).
"""

from __future__ import annotations

from contextlib import closing, suppress

from volon.engine.journal import Journal
from volon.errors import Corrupt
from volon.model.pipeline.state import Phase, RunState
from volon.model.results.protocol import CheckView
from volon.model.syntax.gitpath import shell_word
from volon.plain import dataclass
from volon.store import layout
from volon.usecases.pipeline.runs import LOCK, run_files, run_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from volon.files import Place
    from volon.model.pipeline.records import Entry
    from volon.runfiles import RunFiles
    from volon.workspace import Workspace

_NAME = "pipelines"
_FIX = "volon doctor --fix"


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return what is to be said of runs; nothing where there is none."""
    files = run_files(workspace)
    rows, latest, good = [], set[str](), 0
    for place in _runs(files):
        found = _Found(files, place)
        try:
            found.read(workspace)
        except Corrupt as damage:
            # Another run of that file has taken its place, or it stands in the way of one.
            state = "note" if found.file in latest else "problem"
            rows.append(CheckView(name=_NAME, state=state, sentence=damage.message, detail=damage.causes))
            continue
        except OSError as error:
            rows.append(CheckView(name=_NAME, state="problem", sentence="a run cannot be read", detail=(str(error),)))
            continue
        rows += found.said(newest=found.file not in latest)
        latest.add(found.file)
        good += 1
    if good and not rows:
        return (CheckView(name=_NAME, state="ok", sentence=f"{good} run{'s' * (good != 1)}, all can be read"),)
    return tuple(rows)


def mend(workspace: Workspace) -> tuple[CheckView, ...]:
    """Cut off half records, and make directories of logs that are gone."""
    files = run_files(workspace)
    rows = []
    for place in _runs(files):
        found = _Found(files, place)
        with suppress(Corrupt, OSError):
            found.read(workspace)
            for leftover in found.leftovers() if not found.attended else ():
                leftover.mend()
                rows.append(CheckView(name=_NAME, state="fixed", sentence=leftover.mended))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Leftover:
    """Something that can be mended, in words before and after."""

    sentence: str
    mended: str
    mend: Callable[[], None]


class _Found:
    """A run, as far as it can be read."""

    def __init__(self, files: RunFiles, place: Place) -> None:
        self._files, self._place = files, place
        self._shown = files.shown(place)
        self._state = RunState()
        self._torn = 0
        self.file = ""

    def read(self, workspace: Workspace) -> None:
        """Take in its journal.

        Raises:
            Corrupt: it is damaged.
        """
        with closing(self._files.open_appended(self._place / "journal")) as file:
            journal = Journal(file, workspace.world.clock, self._apply, f"{self._shown}/journal")
            journal.refresh()
            self._torn = file.size() - journal.size
        self._workspace = workspace

    def _apply(self, entry: Entry) -> None:
        self._state.apply(entry)
        if self._state.opened is not None:
            self.file = self._state.opened.file

    @property
    def attended(self) -> bool:
        """Whether a process runs it."""
        return self._files.is_held(self._place / LOCK)

    def said(self, *, newest: bool) -> Iterator[CheckView]:
        """What is to be said of it; that nobody goes on with it only of the newest of its file."""
        if self.attended:
            return
        for leftover in self.leftovers():
            yield CheckView(name=_NAME, state="note", sentence=leftover.sentence, command=_FIX)
        if strange := self._strange():
            sentence = (
                f"{len(strange)} log{'s' * (len(strange) != 1)} of which the journal of {self._shown} does not know"
            )
            yield CheckView(name=_NAME, state="note", sentence=sentence, detail=strange)
        if newest and self._state.phase is not Phase.DONE and self._state.runner is not None:
            count = len(self._state.running)
            were = f"{count} ticket was" if count == 1 else f"{count} tickets were"
            sentence = f"the process that ran {self.file} is gone; {were} running"
            command = f"volon pipeline run {shell_word(self.file)}"
            yield CheckView(
                name=_NAME, state="note", sentence=sentence, detail=tuple(self._state.running), command=command
            )

    def leftovers(self) -> Iterator[_Leftover]:
        """What the next runner would mend."""
        if self._torn:
            what = f"half a record at the end of {self._shown}/journal"
            yield _Leftover(f"{what}, of a process that was killed", f"{what} was cut off", self._cut)
        logs = self._place / "logs"
        if self._state.phase is not Phase.DONE and self._files.stat(logs) is None:
            what = f"{self._shown}/logs"
            yield _Leftover(
                f"{what} is gone, and its logs with it", f"{what} is there again", lambda: self._files.mkdir(logs)
            )

    def _cut(self) -> None:
        with closing(self._files.open_appended(self._place / "journal")) as file:
            journal = Journal(file, self._workspace.world.clock, RunState().apply, self._shown)
            with journal.turn():
                pass

    def _strange(self) -> tuple[str, ...]:
        known = {f"{ticket}.{n}.log" for ticket, one in self._state.tickets.items() for n in range(1, one.attempt + 1)}
        logs = self._place / "logs"
        return tuple(self._files.shown(logs / name) for name in self._files.listdir(logs) if name not in known)


def _runs(files: RunFiles) -> Iterator[Place]:
    """All of them, newest first; one whose journal was never made never began."""
    places = (layout.RUNS / run for run in run_ids(files))
    return (place for place in places if files.stat(place / "journal") is not None)
