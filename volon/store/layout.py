"""Every path volon reads or writes, and nothing else: no other module spells one.

Source: contract §3, §2.16; reliability §3.2.
"""

from __future__ import annotations

from volon.files import Place, Root
from volon.model.facts import TEMPORARY_PREFIX, is_state_path
from volon.patterns import pattern


def _work(path: str) -> Place:
    return Place(Root.WORKTREE, path)


STATE_DIRECTORIES = (".volon", ".design")
STATE_TOPS = tuple(map(_work, STATE_DIRECTORIES))

CONFIGS = (_work("volon.yaml"), _work(".volon/volon.yaml"))
README = _work(".volon/README.md")
GITIGNORE = _work(".volon/.gitignore")
BOOTSTRAP = _work(".volon/bootstrap.md")
BOOTSTRAP_HISTORY = _work(".volon/bootstrap/history")
TASKS = _work(".volon/tasks")
CONTEXT = _work(".volon/pcc/global")
CAPSULES = _work(".volon/pcc/tasks")
PLANS = _work(".volon/plans")
TEMPLATES = _work(".volon/templates")
LOGS = _work(".volon/logs")
RUN_LOG = _work(".volon/logs/run.jsonl")
AGENTS = _work(".volon/agents.json")
"""What was written for coding agents, outside of volon's own directories."""

DESIGN = _work(".design")
STATE = _work(".design/STATE.md")
TODO = _work(".design/TODO.md")
SKETCHES = _work(".design/sketches")
SPIKES = _work(".design/spikes")
CHECKPOINTS = _work(".design/checkpoints")
HANDOFF = _work(".design/HANDOFF.md")

READY = _work(".prelude/READY.md")
"""The specification that a plan is made of; the user's own."""
DISCOVERIES = _work(".prelude/DISCOVERIES.md")
"""What was found out while it was carried out: the user's own, and the one page of theirs that volon adds to."""
DISCOVERIES_ARCHIVE = _work(".prelude/archive")
"""Where its older entries go."""
_ARCHIVE = pattern(r"DISCOVERIES-\d{4}-\d{2}\.md")

EXCLUDE = Place(Root.INFO, "exclude")

LOCK = Place(Root.GIT, "lock")
LOCK_OWNER = Place(Root.GIT, "lock.owner")
JOURNAL = Place(Root.GIT, "journal")
TMP = Place(Root.GIT, "tmp")
PROMPT = Place(Root.GIT, "prompt")
OUTBOX = Place(Root.GIT, "outbox")
EVIDENCE = Place(Root.GIT, "evidence")
NOTED = Place(Root.GIT, "noted")
"""See `volon.repo.noted`."""
OUTBOX_LOCK = Place(Root.GIT, "delivering")
OPERATIONS = Place(Root.COMMON, "ops")
CONFLICTS = Place(Root.COMMON, "conflicts")
CORRUPT = Place(Root.COMMON, "corrupt")
_REFS = "refs/volon/"
INDEX = Place(Root.INDEX, "index")
INDEX_LOCK = Place(Root.INDEX, "index.lock")
_INDEX_FILE = pattern(r"index|sharedindex\.[0-9a-f]{40}(?:[0-9a-f]{24})?")
HANDED = Place(Root.COMMON, "handoff.json")
"""How this clone names itself to others, and which claims it has seen."""
RUNS = Place(Root.COMMON, "runs")

ULID_LENGTH = 26


def task_place(task_id: str) -> Place:
    """The authoritative record of a task."""
    return TASKS / f"{task_id}.md"


def capsule_place(task_id: str) -> Place:
    """The capsule of a task, overwritten at each pause."""
    return CAPSULES / f"{task_id}.md"


def checkpoint_place(name: str) -> Place:
    """An immutable checkpoint, by its file name `NN-<stage>-<date>.md`."""
    return CHECKPOINTS / name


def template_place(name: str) -> Place:
    """A user's own version of a packaged template."""
    return TEMPLATES / name


def record_place(path: str) -> Place | None:
    """The place of a record given by its path, or None when no record of volon's lies there."""
    directory, _, name = path.rpartition("/")
    known = {place.path: place for place in (TASKS, CAPSULES, CHECKPOINTS)}
    return known[directory] / name if directory in known and name.endswith(".md") else None


def reports_place(plan_id: str, run: str) -> Place:
    """Where the workers of one run of a plan put their reports, on this machine; a later run counts anew."""
    return LOGS / "conduct" / plan_id / run


def is_specification(path: str) -> bool:
    """Whether a path lies where a plan's specification does, and what was found out: it is no work of a phase."""
    return path.startswith(f"{READY.parent.path}/")


def archive_place(month: str) -> Place:
    """Where discoveries go that leave their page in a month, `YYYY-MM`."""
    return DISCOVERIES_ARCHIVE / f"DISCOVERIES-{month}.md"


def bootstrap_history_place(iteration: int | str) -> Place:
    """The copy of the bootstrap that one iteration began with."""
    return BOOTSTRAP_HISTORY / f"bootstrap-iteration-{iteration}.md"


def operation_place(op: str) -> Place:
    """An applied operation, kept for undo."""
    return OPERATIONS / op


def outbox_place(op: str) -> Place:
    """What is still to be run for a committed operation."""
    return OUTBOX / op


def evidence_place(op: str) -> Place:
    """What was recorded of a command that was run here."""
    return EVIDENCE / op


def staging_place(op: str) -> Place:
    """Where a journal is written before it is published."""
    return TMP / op


def temporary_place(target: Place, op: str, index: int) -> Place:
    """The file beside `target` that becomes it."""
    return target.parent / f"{TEMPORARY_PREFIX}{op}-{index}"


def kept_place(op: str, target: Place) -> Place:
    """Where our bytes lie when a human edit stood where they should have gone."""
    return Place(Root.COMMON, f"{CONFLICTS.path}/{op}/{target.root}/{target.path}")


def aside_place(op: str, name: str) -> Place:
    """Where a damaged record lies once another stands in its place."""
    return CORRUPT / f"{op}-{name}"


def foreign_place(op: str) -> Place:
    """Where the journal of another repository or working tree is set aside."""
    return CONFLICTS / op / "journal"


def may_change(place: Place) -> bool:
    """Whether an operation may change this place.

    That is: records, volon's own directories, the page of discoveries with its archive, what agents read of volon, one
    line of `info/exclude`; and, in a restore, files of the user's that are no records, and git's index.

    Journals and operations on record are read from the git directory, and that may come from a stranger's archive:
    what they name is held against this before anything is done.
    """
    if place.root is Root.WORKTREE:
        return is_state_path(place.path) or _is_page(place) or _is_for_agents(place)
    if place.root is Root.FILES:
        return not is_state_path(place.path)
    if place.root is Root.INDEX:
        return _INDEX_FILE.fullmatch(place.path) is not None
    return place == EXCLUDE if place.root is Root.INFO else True


def agents_place(path: str) -> Place:
    """A file that agents read, by its path in the table of agents."""
    return _work(path)


def is_among_users(place: Place) -> bool:
    """Whether it lies among files of the user's, where a directory that volon emptied is to be gone as well.

    So is `.volon/` where nothing but agents' files was ever noted: hooks would go on taking it for a sign of volon.
    """
    return (
        place == AGENTS or place.root is Root.FILES or (place.root is Root.WORKTREE and not is_state_path(place.path))
    )


def _is_page(place: Place) -> bool:
    return place == DISCOVERIES or (place.parent == DISCOVERIES_ARCHIVE and _ARCHIVE.fullmatch(place.name) is not None)


def _is_for_agents(place: Place) -> bool:
    from volon.model.agents.placing import placeable  # noqa: PLC0415  only where one of their files is written

    return place.path in placeable()


def ref_place(path: str) -> Place:
    """A file under `refs/volon/`, by its path in the common git directory: git writes it, volon only sets it aside."""
    return Place(Root.REFS, path.removeprefix(_REFS))


def directories() -> tuple[Place, ...]:
    """Return where nothing can stand but a directory: volon's own, and what git makes of them under `refs/volon/`.

    Pipelines are read where they are named, through links as well.
    """
    refs = ("", "paused", "closed", "snap", "put", "run", "from", "claim", "state")
    return (
        *(TASKS, CONTEXT, CAPSULES, BOOTSTRAP_HISTORY, PLANS, TEMPLATES, LOGS, CHECKPOINTS),
        *(TMP, OUTBOX, EVIDENCE, OPERATIONS, CONFLICTS, CORRUPT, RUNS, Place(Root.GIT, "sessions")),
        *(Place(Root.REFS, kind) for kind in refs),
    )


def single_files() -> tuple[Place, ...]:
    """Return where nothing can stand but a file: volon's own of which there is one each."""
    return (README, GITIGNORE, BOOTSTRAP, RUN_LOG, HANDOFF, LOCK, LOCK_OWNER, JOURNAL, PROMPT, OUTBOX_LOCK, HANDED)
