"""The situations in which volon is killed, starved and interrupted: one repository and one command each.

A scenario is text: lines that prepare a repository, and the line under test. Lines beginning with `$` are git,
`volon …` is volon, `PATH = TEXT` writes a file, `cd DIR` goes to another working tree.

Every writing verb stands here in each situation in which it writes something different. A new verb without a scenario
fails `test_scenarios`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from volon.model.conduct.ready import FILL_IN, blank

BEGIN = """
README.md = # Shop
src/app.py = def run(): return 1
$ add -A
$ commit -q -m Begin
"""

DIRTY = """
src/app.py = def run(): return 2
notes.txt = not yet known to git
"""

STARTED = BEGIN + "volon task start Retry with backoff" + DIRTY

PAUSED = STARTED + "volon pause-task backoff untested --next pytest"

LOST = """
$ add -A
src/app.py = something else
rm notes.txt
"""

# Nothing of the paused work is in the files any more, and HEAD is on a commit that came later.
MOVED_ON = (
    PAUSED
    + """
$ checkout -q -- src/app.py
rm notes.txt
README.md = # Shop, open on Sundays
$ commit -q -a -m Later
"""
)
CONFLICTING = MOVED_ON + "src/app.py = def run(): return 9\n$ commit -q -a -m Otherwise\n"

RESUMED = PAUSED + "\nvolon resume-task\nsrc/app.py = def run(): return 3\n"

# A hook that leaves a trace beside the repository: what it ran for.
HOOKS = r"""
volon.yaml = hooks:\n  on_pause:\n    - [sh, -c, "echo $VOLON_OP >>../hooks.log"]\n  on_resume:\n    - ["true"]
trust
"""

# A remote beside the repository, and another clone of it.
HUB = """
$ init -q --bare ../hub.git
$ remote add origin ../hub.git
$ push -q origin main
"""
ELSEWHERE = PAUSED + HUB + "volon handoff push\n$ clone -q ../hub.git ../other\ncd ../other\n"

SECOND_TASK = PAUSED + "\nvolon task start Another matter\n"

# A specification of one phase, and nothing that could run.
READY = ".prelude/READY.md = " + blank("A shop").replace(FILL_IN, "x").replace("\n", r"\n") + "\n"

PLANNED = READY + "volon conduct start --worker true --no-run\n"

AGENTS = BEGIN + r"AGENTS.md = # Rules\n\nBe good." + "\n.gemini/settings.json = {}\n"

# The state of a design tool as that tool writes it, every block of it; on one line: `\n` is written as an end of line.
_STATE = (Path(__file__).parents[1] / "golden" / "formats" / "STATE.md").read_text("utf-8").replace("\n", r"\n")

STATE = rf"""
.design/STATE.md = {_STATE}
.design/TODO.md = - [ ] one\n- [x] two\n- [-] three
"""


@dataclass(frozen=True)
class Scenario:
    """One situation.

    Attributes:
        name: what is special about it; unique.
        prepare: lines that build the repository.
        command: the words after `volon`; `|` separates them.
        moves_head: whether the command makes a commit of the user's own repository, as `--commit-state` does.
        page: whether it writes the page of discoveries, a file of the user's of which `status` tells as it is.
        undoes: whether it may take a checkpoint away.
        restores: whether it changes files of the user's and git's index, as `restore` does.
        purges: whether it may take refs of saved files away.
        broken: whether the preparation breaks something by hand, which the oracle then knows beforehand.
        commits: whether it commits an operation of volon's own.
        beside: the directory, next to the repository, that it makes a working tree of.
        halfway: the command that does the first of two operations which this one makes, and that a kill may leave.
        ends: the exit code with which it has done all it is to do; not 0 where conflicts are left to a person.
        sends: whether it changes a remote; git at the other end dies with it and may leave its lock there.
        mends: whether `doctor --fix` does the same by itself.
    """

    name: str
    prepare: str
    command: str
    moves_head: bool = False
    page: bool = False
    undoes: bool = False
    purges: bool = False
    broken: bool = False
    restores: bool = False
    sends: bool = False
    mends: bool = False
    ends: int = 0
    commits: bool = True
    halfway: str = ""
    beside: str = ""

    @property
    def argv(self) -> list[str]:
        """The words of the command."""
        return self.command.split("|")


SCENARIOS = (
    # Tasks.
    Scenario("task-start-first", BEGIN, "task|start|Retry with backoff"),
    Scenario("task-start-second", STARTED, "task|start|Another matter"),
    Scenario("task-start-existing", BEGIN + "volon task create Later", "task|start|TASK-20261119-001"),
    Scenario("task-create", BEGIN, "task|create|Write the manual|--accept|It has a first page"),
    Scenario("task-done", STARTED, "task|done|TASK-20261119-001|--note|It works"),
    Scenario("task-done-paused", PAUSED, "task|done|TASK-20261119-001"),
    Scenario("task-block", STARTED, "task|block|TASK-20261119-001|waiting for the key"),
    Scenario("task-unblock", STARTED + "volon task block TASK-20261119-001 waiting", "task|unblock|TASK-20261119-001"),
    # Pauses.
    Scenario("pause-first", STARTED, "pause-task|restart|backoff untested|--next|pytest"),
    Scenario("pause-no-task", BEGIN + DIRTY, "pause-task|in the middle of it"),
    Scenario("pause-unborn", "README.md = # Shop", "pause-task|nothing committed yet"),
    Scenario("pause-detached", STARTED + "$ checkout -q --detach", "pause-task|on no branch"),
    Scenario(
        "pause-in-merge",
        BEGIN
        + """$ switch -q -c other
src/app.py = def run(): return 7
$ commit -q -a -m Other
$ switch -q main
src/app.py = def run(): return 8
$ commit -q -a -m Ours
$? merge -q other
""",
        "pause-task|in the middle of a merge",
    ),
    Scenario(
        "pause-filtered",
        BEGIN
        + ".gitattributes = * ident\n$ add -A\n$ commit -q -m Ident\nsrc/app.py = # $Id: stale $ of another time\n",
        "pause-task|git would commit other bytes",
    ),
    Scenario(
        "pause-linked-worktree",
        STARTED + "$ worktree add -q -b side ../side\ncd ../side\nvolon task start Beside\nside.txt = new",
        "pause-task|in the other working tree",
    ),
    Scenario("pause-second", RESUMED, "pause-task|further on"),
    Scenario("pause-again-unchanged", PAUSED, "pause-task|a word more"),
    Scenario("pause-another-task", SECOND_TASK, "pause-task|both are paused now"),
    Scenario("pause-shared", BEGIN + "volon init\nvolon task start Shared" + DIRTY, "pause-task|in a shared workspace"),
    Scenario("pause-design-state", STARTED + STATE, "pause-task|waiting|--blocker|the vendor's answer"),
    Scenario("pause-commit-state", STARTED, "pause-task|with a commit|--commit-state", moves_head=True),
    Scenario("pause-hooks", STARTED + HOOKS, "pause-task|and tell everybody"),
    # Coming back.
    Scenario("resume-hooks", STARTED + HOOKS + "volon pause-task backoff untested", "resume-task"),
    Scenario("resume", PAUSED, "resume-task"),
    Scenario("resume-note", PAUSED, "resume-task|run the tests first"),
    Scenario("resume-number", RESUMED + "volon pause-task second", "resume-task|1"),
    Scenario("resume-design-state", STARTED + STATE + "volon pause-task waiting", "resume-task"),
    Scenario("resume-drifted", PAUSED + "\n$ add -A\n$ commit -q -m Absorb", "resume-task"),
    Scenario("continue", PAUSED, "continue"),
    # Evidence: volon killed before the command has ended leaves no record, after it a whole one.
    Scenario("run-no-task", BEGIN + DIRTY, "run|--|true"),
    Scenario("pause-after-run", BEGIN + DIRTY + "volon run -- true", "pause-task|and keep what was run"),
    Scenario("run-task", STARTED, "run|--|true"),
    # Files of the user's.
    Scenario("restore-lost", PAUSED + LOST, "restore|1|--yes", restores=True),
    Scenario("restore-exact", PAUSED + LOST + "later.txt = later\n", "restore|1|--yes|--exact", restores=True),
    Scenario("restore-path", PAUSED + LOST, "restore|1|--yes|--path|src", restores=True),
    Scenario("undo-restore", PAUSED + LOST + "volon restore 1 --yes\n", "undo", undoes=True, restores=True),
    Scenario("restore-onto", MOVED_ON, "restore|1|--yes|--onto|HEAD", restores=True),
    Scenario("restore-onto-conflicts", CONFLICTING, "restore|1|--onto|HEAD|--conflicts|--yes", restores=True, ends=7),
    Scenario(
        "resume-restore",
        PAUSED + "\nrm src/app.py notes.txt\n",
        "resume-task|--restore",
        restores=True,
        halfway="restore|1",
    ),
    Scenario("restore-worktree", PAUSED + LOST, "restore|1|--worktree|../beside", beside="beside"),
    Scenario("restore-worktree-onto", MOVED_ON, "restore|1|--onto|HEAD|--worktree|../beside", beside="beside"),
    # Looking back: what it makes to try things in is its own, and gone with it.
    Scenario(
        "bisect", RESUMED + "volon pause-task second\n", "checkpoint|bisect|--|grep|-q|2|src/app.py", commits=False
    ),
    # A pipeline drawn into a file of its own.
    Scenario(
        "pipeline-graph",
        BEGIN + r"p.yaml = version: 1\ntickets:\n  - id: a\n    run: make\n" + "\n",
        "pipeline|graph|p.yaml|--output|../graph.txt",
        commits=False,
    ),
    # A plan, made and not run.
    Scenario("conduct-start", BEGIN + READY, "conduct|start|--worker|true|--no-run"),
    Scenario(
        "conduct-rollback",
        BEGIN + PLANNED + "README.md = of a phase\n$ add -A\n$ commit -q -m Phase" + DIRTY,
        "conduct|rollback|--phase|0|--yes",
        restores=True,
        moves_head=True,
    ),
    Scenario(
        "conduct-subtask",
        BEGIN + READY.replace(r"\n## Known Gotchas", r"\n### Phase 2: More\n- x\n## Known Gotchas"),
        "conduct|subtask|--worker|true|--from|2",
    ),
    Scenario(
        "conduct-discover",
        BEGIN + PLANNED + r".prelude/DISCOVERIES.md = # Ours\n\n## Old\n" + r"\n" * 45 + "\n",
        "conduct|discover|Only RS256|--spec|HS256|--reality|RS256|--evidence|jwt.py:12|--action|RS256|--impact|minor",
        page=True,
    ),
    Scenario(
        "conduct-discover-obsolete",
        BEGIN + PLANNED + "volon conduct discover --evidence log.txt Slow",
        "conduct|discover|1|--obsolete",
        page=True,
    ),
    Scenario("conduct-complete", BEGIN + PLANNED, "conduct|complete|--force|--yes"),
    # What agents read: made, put into a file of the user's, changed, and taken back.
    Scenario("agents-install", AGENTS, "agents|install|--agent|codex|--agent|gemini", restores=True),
    Scenario(
        "agents-upgrade",
        AGENTS + "volon agents install --agent claude\nCLAUDE.md = # What hides the other\n",
        "agents|upgrade",
        restores=True,
        mends=True,
    ),
    Scenario(
        "agents-uninstall",
        AGENTS + "volon agents install --agent codex --agent gemini",
        "agents|uninstall",
        restores=True,
    ),
    # What other tools wrote down.
    Scenario("import-stash", STARTED + "$ stash push -q -u -m Half", "import|stash"),
    Scenario("import-handoff", PAUSED + '\n.planning/HANDOFF.json = {"next_action": "go on"}\n', "import|gsd"),
    Scenario("undo-import", BEGIN + DIRTY + "$ stash push -q -u -m Half\nvolon import stash", "undo", undoes=True),
    # Looking after the workspace.
    Scenario("init", BEGIN, "init"),
    Scenario("init-after-pause", PAUSED, "init"),
    Scenario("undo-task-start", STARTED, "undo", undoes=True),
    Scenario("undo-pause", PAUSED, "undo", undoes=True),
    Scenario("undo-resume", RESUMED, "undo", undoes=True),
    Scenario("undo-undo", PAUSED + "\nvolon undo", "undo", undoes=True),
    Scenario("doctor-fix-lost-records", PAUSED + "\nrm .volon", "doctor|--fix", broken=True),
    # Two machines.
    Scenario("handoff-push", PAUSED + HUB, "handoff|push", sends=True, commits=False),
    Scenario("handoff-pull", ELSEWHERE, "handoff|pull"),
    Scenario("handoff-resume", ELSEWHERE + "volon handoff pull", "resume-task"),
    Scenario("handoff-claim", PAUSED + HUB, "handoff|claim", sends=True),
    Scenario("handoff-release", PAUSED + HUB + "volon handoff claim", "handoff|release", sends=True),
    Scenario("handoff-export", PAUSED, "handoff|export|../out.bundle", commits=False),
    Scenario(
        "handoff-import",
        PAUSED + HUB + "volon handoff export ../out.bundle\n$ clone -q ../hub.git ../other\ncd ../other",
        "handoff|import|../out.bundle",
    ),
    Scenario(
        "purge-files",
        RESUMED
        + """
volon pause-task second
$ tag -a -m Annotated v1
$ update-ref refs/volon/snap/01JD0000000000000000000001 HEAD
$ pack-refs --all
$ update-ref refs/volon/snap/01JD0000000000000000000002 HEAD
""",
        "checkpoint|purge-files|01JD0000000000000000000001|--keep|0|--yes",
        purges=True,
    ),
    Scenario(
        "doctor-fix-stale-pointer",
        PAUSED + "\nsed .volon/tasks/TASK-20261119-001.md status: paused -> status: done",
        "doctor|--fix",
        broken=True,
    ),
)
