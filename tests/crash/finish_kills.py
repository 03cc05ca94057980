"""The step that makes a phase complete is killed before each of its calls that changes a file; then it is done again.

A part of `python -m tests.crash.conduct_kills`. The phase has a new file, a changed one, a deleted one, one that git
ignores, and a worker's report with a correction, so the step makes two operations of volon's and a commit in between.
After each kill and at the end: the phase is called complete exactly where it has its result, `validate` and `git fsck`
find nothing, and no byte of the user's files is another. In the end besides: one commit has the mark of the phase and
all that it left, its files are those of a step that nobody disturbed, the result names it, nothing is staged, and what
was found out is there once, in the record and on the page.
"""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from tests.crash.bench import seal_this_process, volon_main
from tests.crash.moments import kinds, sample, states
from tests.crash.nthkill import Action, Plan, call_freely, trace_call
from tests.support.repos import RepoBuilder
from tests.support.running import PROJECT_ROOT
from volon.model.conduct.ready import FILL_IN, blank

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crash.nthkill import Traced

_COMMANDS = (("Test commands:\n- `", "test -f x"), ("- Lint: `", "true"))
READY = blank("A shop")
for _before, _line in _COMMANDS:
    READY = READY.replace(_before + FILL_IN, _before + _line)
READY = READY.replace(FILL_IN, "x")
WORKER = """\
set -e
echo new > x; echo changed > README.md; rm old; echo ignored > x.log
printf '%s\\n' 'Status: PASS' '## Discoveries' '- x is one' '## Spec Correction: Prices are text' \\
    '**Original spec**: cents' '**Reality**: text' '**Evidence**: x:1' '**Action taken**: cents' '**Impact**: Minor' \\
    > "$VOLON_REPORT"
"""
_PATIENCE = 120
_LOCKS = ("HEAD.lock", "index.lock", "refs/heads/main.lock")
"""What a killed git leaves of its own in the user's way, as in every repository; it says so itself."""


class Finish:
    """A plan whose only phase has passed its check, remembered to be finished again and again.

    Args:
        where: an empty directory.
    """

    def __init__(self, where: Path) -> None:
        seal_this_process(where / "home")
        os.environ["PYTHONPATH"] = str(PROJECT_ROOT)
        self.where, self.repo = where, RepoBuilder.init(where / "live")
        self.repo.commit("Begin", {"README.md": "# Shop\n", "old": "old\n", ".gitignore": "*.log\n"})
        self.repo.write(".prelude/READY.md", READY)
        (where / "worker").write_text(WORKER, "utf-8")
        self._ok("conduct", "start", "--worker", f"sh {where / 'worker'}", "--fixes", "0", "--no-run")
        (file,) = self.repo.root.glob(".volon/plans/*/pipeline.yaml")
        self.plan = file.parent
        # Whoever names the file agrees to it; its last ticket is the one that is swept.
        self._ok("pipeline", "run", str(file.relative_to(self.repo.root)), "--until", "p1.check.0", "--quiet")
        (self.run,) = (path.parent.name for path in self.repo.root.glob(".git/volon/runs/*/journal"))
        self.base, self.files = self.repo.head(), self._files()
        shutil.copytree(self.repo.root, where / "kept", symlinks=True)
        self._have_it_begin(str(file.relative_to(self.repo.root)))
        undisturbed = self._step(1, Plan(patience=_PATIENCE), listed=True)
        assert (undisturbed.code, list(self._now()), list(self._end())) == (0, [], []), undisturbed.err
        self.tree, self.calls = self.repo.git("rev-parse", "HEAD^{tree}"), undisturbed.calls

    def _have_it_begin(self, file: str) -> None:
        """Give the run that is kept a journal by which its last ticket has begun, as one that was killed then."""
        self._ok("pipeline", "run", file, "--quiet")
        (journal,) = self.repo.root.glob(".git/volon/runs/*/journal")
        lines = journal.read_bytes().splitlines(keepends=True)
        begun = next(n for n, line in enumerate(lines, 1) if b'"e":"start","ticket":"p1.finish"' in line)
        (self.where / "kept" / journal.relative_to(self.repo.root)).write_bytes(b"".join(lines[:begun]))
        self._again()

    def _again(self) -> None:
        shutil.rmtree(self.repo.root)
        shutil.copytree(self.where / "kept", self.repo.root, symlinks=True)

    def points(self, rng: random.Random, count: int) -> list[int]:
        """Choose so many calls, one of each kind before a second of any; without a count all that differ."""
        found = states(self.calls)
        return sample(rng, kinds(self.calls, found), count or len(found))

    def wrong(self, at: int) -> Iterator[str]:
        """Kill it before one call, do it again, and yield whatever is not as it should be."""
        self._again()
        killed = self._step(1, Plan(at, Action.KILL, patience=_PATIENCE))
        if not killed.hit:
            yield "it was not reached"
        yield from (f"then {one}" for one in self._now())
        again = self._step(2)
        locks = [path for path in (self.repo.root / ".git" / name for name in _LOCKS) if path.exists()]
        if again.code and any(path.name in again.err for path in locks):
            for path in locks:
                path.unlink()
            again = self._step(3)
        if again.code:
            yield f"again: {again.code}: {again.err}"
        yield from (f"in the end {one}" for one in (*self._now(), *self._end()))
        if self.repo.git("rev-parse", "HEAD^{tree}") != self.tree:
            yield "in the end the commit has other files"

    def _step(self, attempt: int, plan: Plan | None = None, *, listed: bool = False) -> Traced:
        # No two processes draw the same ids: a pack with the same name would be the one that a killed git left half.
        env = {
            "VOLON_RUN": self.run,
            "VOLON_TICKET": "p1.finish",
            "VOLON_ATTEMPT": (n := str(attempt)),
            "VOLON_SEED": n,
        }
        child = partial(self._child, ("conduct", "step", "finish", self.plan.name, "1"), env)
        return call_freely(child, _PATIENCE) if plan is None else trace_call(child, plan, listed=listed)

    def _child(self, words: tuple[str, ...], env: dict[str, str]) -> int:
        os.chdir(self.repo.root)
        os.environ.update(env)
        return volon_main([*words])

    def _volon(self, *words: str) -> Traced:
        return call_freely(partial(self._child, words, {}), _PATIENCE)

    def _ok(self, *words: str) -> None:
        done = self._volon(*words)
        assert done.code == 0, f"{words}: {done.code}: {done.out}{done.err}"

    def _files(self) -> dict[str, bytes]:
        """Every file of the user's but the page of discoveries, which the step writes."""
        found = (path for path in self.repo.root.rglob("*") if path.is_file())
        named = {path.relative_to(self.repo.root).as_posix(): path for path in found}
        own = (".git/", ".volon/", ".prelude/DISCOVERIES.md", ".prelude/.volon-tmp-")
        return {name: path.read_bytes() for name, path in named.items() if not name.startswith(own)}

    def _now(self) -> Iterator[str]:
        """What must hold at every moment, to whoever asks volon."""
        said = self._volon("conduct", "status", "--json")
        complete = said.code == 0 and json.loads(said.out)["plan"]["phases_complete"]
        marks = self.repo.git("log", "--format=%(trailers:key=Volon-Phase,valueonly)").split()
        if said.code or len(marks) > 1 or (complete and not marks):
            yield f"status ends with {said.code}, {complete} are complete, and the branch has {marks}"
        if (done := self._volon("validate")).code:
            yield f"validate: {done.out}"
        if self._files() != self.files:
            yield f"files of the user's are others: {sorted(self._files().items() ^ self.files.items())}"
        found = self.repo.git("fsck", "--strict", "--connectivity-only", check=False)
        yield from (line for line in found.splitlines() if not line.startswith(("dangling", "notice")))

    def _end(self) -> Iterator[str]:
        """What must hold besides once it is complete."""
        said = json.loads(self._volon("conduct", "status", "--json").out)["plan"]
        head = self.repo.head()
        if (said["phases_complete"], said["phases"][0]["checkpoint"]) != (1, head):
            yield f"status says {said['phases'][0]}, and HEAD is {head}"
        if self.repo.git("rev-list", f"{self.base}..HEAD", "--count", "--first-parent").strip() != "1":
            yield "the phase has not one commit"
        if changed := self.repo.git("status", "--porcelain", "--", ".", ":!.volon", ":!.prelude"):
            yield f"the working tree has {changed}"
        path = self.repo.root / ".prelude/DISCOVERIES.md"
        page = path.read_text("utf-8") if path.exists() else ""
        if [one["title"] for one in said["discoveries"]] != ["Prices are text"] or page.count("Prices are text") != 1:
            yield f"what was found out: {said['discoveries']}, and the page has {page}"
        if left := [*self.repo.root.rglob(".volon-tmp-*")]:
            yield f"left over: {left}"


def sweep(where: Path, rng: random.Random, count: int) -> Iterator[list[str]]:
    """Yield what is wrong with each of so many points; 0 is all of them."""
    finish = Finish(where)
    for at in finish.points(rng, count):
        yield [f"step finish killed before {finish.calls[at - 1]}: {one}" for one in finish.wrong(at)]
