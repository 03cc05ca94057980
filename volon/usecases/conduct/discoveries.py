"""What was found out, written down: a record in the plan, and an entry on the page that people read, in one operation.

Source: seed 002 (Handling Spec Discrepancies, Documentation Updates); contract §6 (conduct).
"""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial

from volon.errors import Corrupt, HumanConflict, NothingToDo, PreflightStopped, UsageError, VolonError
from volon.model.conduct.discoveries import (
    ENTRY,
    HEARD,
    TITLE,
    USER,
    Discovery,
    clean,
    heard_entry,
    heard_title,
    of_people,
    shortened,
    with_entry,
    without_entry,
)
from volon.model.conduct.reading import MAX_BYTES
from volon.model.conduct.records import DISCOVERY, KINDS, MOST_FOUND, RESULT, found_name, learnt, parsed, rendered
from volon.model.evidence import digest as files_digest
from volon.model.ids import is_ulid
from volon.model.results.conduct import ConductDiscoverResult
from volon.model.text import clip_line, one_line
from volon.plain import asdict, dataclass, replace
from volon.store import layout
from volon.usecases.conduct.plans import discovery_view, find_plan, found_names, found_out, main_tree
from volon.usecases.pipeline.runs import Run, opened, run_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.files import Place
    from volon.model.conduct.report import Report
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.conduct.plans import Plan
    from volon.workspace import Workspace

_SUMMARY = 60
_DIGITS = 12
_FILE = "100644"
_OPTIONS = {
    "original_spec": "--spec",
    "reality": "--reality",
    "evidence": "--evidence",
    "action_taken": "--action",
    "impact": "--impact",
}


@dataclass(frozen=True, slots=True)
class DiscoverRequest:
    """What `conduct discover` was told.

    Attributes:
        said: a title; digits only name what was written down before; None lists it.
        impact: `core`, `minor`, or None where it was not said.
        approved: somebody answers for it.
        obsolete: it holds no longer.
    """

    said: str | None = None
    plan_id: str | None = None
    kind: str | None = None
    original_spec: str | None = None
    reality: str | None = None
    evidence: str | None = None
    action_taken: str | None = None
    impact: str | None = None
    approved: bool = False
    obsolete: bool = False


def discover(here: Workspace, request: DiscoverRequest) -> ConductDiscoverResult:
    """Write down what was found out, approve it, set it aside, or say what there is.

    A worker may call it from its ticket: then it is written down as what that worker reports, and into the plan's own
    working tree.

    Raises:
        NothingToDo: there is no such plan, or nothing of that number.
        UsageError: a part is missing, or does not fit.
        PreflightStopped: it changes the approach, and nobody approved it.
        NotCommitted, Corrupt, HumanConflict, Busy: see docs/EXIT_CODES.md.
    """
    source, workspace = _caller(here)
    env = here.world.env
    said = request.said.strip() if request.said is not None else None
    is_number = said is not None and said.isascii() and said.isdigit()
    acts = said is not None and (request.approved or request.obsolete or not is_number)
    plan_id = request.plan_id or (env.get("VOLON_PLAN") if source != USER else None)
    plan = find_plan(workspace.store, plan_id, found=not acts)
    if said is None:
        _nothing_else(request, "a title")
        views = tuple(discovery_view(one) for one in plan.found)
        return ConductDiscoverResult(plan_id=plan.id, done="listed", discoveries=views)
    if request.approved and source != USER:
        raise PreflightStopped("A worker approves nothing: that is for a person.", hints=["leave out --approved"])
    if is_number:
        return _known(workspace, plan, said.lstrip("0"), request)
    values = _values(request, said, source)
    with workspace.store.begin("conduct discover", on_wait=workspace.on_wait) as tx:
        one = _next(tx, plan, values, source)
        return _written(tx, plan, one, "recorded", None)


def _caller(here: Workspace) -> tuple[str, Workspace]:
    """Who says it, and the working tree of the plan: another one than that of a ticket apart."""
    run = here.world.env.get("VOLON_RUN", "")
    if not is_ulid(run) or opened(run_files(here), layout.RUNS / run) is None:
        return USER, here
    with closing(Run(here, run_files(here), layout.RUNS / run)) as found:
        return here.world.env.get("VOLON_TICKET") or "a worker", main_tree(here, found)


def _nothing_else(request: DiscoverRequest, missing: str) -> None:
    said = [option for name, option in {**_OPTIONS, "kind": "--kind"}.items() if getattr(request, name) is not None]
    flags = (
        [] if missing == "a new title" else [f"--{one}" for one in ("approved", "obsolete") if getattr(request, one)]
    )
    if said or flags:
        raise UsageError(f"{(*said, *flags)[0]} needs {missing}.", hints=["volon conduct discover --help"])


def _values(request: DiscoverRequest, title: str, source: str) -> dict[str, object]:
    """What is written down, whole: nothing is guessed, and nothing is believed without evidence."""
    kind = request.kind or ("correction" if request.original_spec else "discovery")
    if kind not in KINDS:
        raise UsageError(f"There is no kind {one_line(kind)}.", hints=[f"one of {', '.join(KINDS)}"])
    if request.impact not in {"core", "minor", None}:
        raise UsageError("--impact takes core or minor.")
    if request.obsolete:
        raise UsageError("--obsolete needs the number of what holds no longer.", hints=["volon conduct discover"])
    parts = {name: clean(getattr(request, name) or "") or None for name in _OPTIONS}
    wanted = _OPTIONS if kind == "correction" else {"evidence": "--evidence"}
    if missing := [option for name, option in wanted.items() if not parts[name]]:
        hint = "evidence is error output, a place in the code, or a link; without any it is a guess"
        raise UsageError(f"A {kind} needs {', '.join(missing)}.", hints=[hint] if "--evidence" in missing else [])
    if not clean(title, TITLE):
        raise UsageError("The title is empty.")
    parts["impact"] = parts["impact"] or "minor"
    if parts["impact"] == "core" and not request.approved and source == USER:
        message = "It changes the approach, and nobody has approved it."
        raise PreflightStopped(message, hints=["ask whoever answers for READY.md, then add --approved"])
    return {"kind": kind, "title": clean(title, TITLE), "approved": source == USER, **parts}


def _next(tx: Transaction, plan: Plan, values: dict[str, object], source: str) -> Discovery:
    """What was said, under the number after the last one; where there is none after it, under one that is free."""
    taken = {int(name.removesuffix(".md")) for name in found_names(tx, layout.PLANS / plan.whole)}
    last = max(taken, default=0)
    number = last + 1 if last < MOST_FOUND else next(n for n in range(1, MOST_FOUND + 2) if n not in taken)
    if found_name(number) is None:
        raise HumanConflict(f"{plan.whole} has {MOST_FOUND} discoveries, and takes no more.")
    return Discovery.of({**values, "number": number, "obsolete": False, "source": source, "recorded_at": tx.at})


def _known(workspace: Workspace, plan: Plan, number: str, request: DiscoverRequest) -> ConductDiscoverResult:
    """Show, approve or set aside what was written down before."""
    _nothing_else(request, "a new title")
    if request.approved and request.obsolete:
        raise UsageError("--approved and --obsolete contradict each other.")
    if not request.approved and not request.obsolete:
        shown = discovery_view(_of_number(plan.found, number, plan.id))
        return ConductDiscoverResult(plan_id=plan.id, done="shown", discoveries=(shown,))
    with workspace.store.begin("conduct discover", on_wait=workspace.on_wait) as tx:
        before = _of_number(found_out(tx, layout.PLANS / plan.whole), number, plan.id)
        one = replace(before, approved=request.approved or before.approved, obsolete=request.obsolete)
        if one == before:
            word = "approved" if request.approved else "obsolete"
            raise NothingToDo(f"{plan.id} discovery {number} is {word} already.")
        return _written(tx, plan, one, "obsolete" if request.obsolete else "approved", before)


def _of_number(found: tuple[Discovery, ...], number: str, plan_id: str) -> Discovery:
    """The one of a number, which is compared as it is written: of thousands of digits Python makes none."""
    for one in found:
        if str(one.number) == number:
            return one
    raise NothingToDo(
        f"{plan_id} has no discovery {clip_line(number or '0', _DIGITS)}.", hints=["volon conduct discover"]
    )


def _written(tx: Transaction, plan: Plan, one: Discovery, done: str, before: Discovery | None) -> ConductDiscoverResult:
    archived = _put(tx, plan, one, before)
    tx.commit(clip_line(f"{plan.id} {one.title}", _SUMMARY))
    page = layout.DISCOVERIES.path
    return ConductDiscoverResult(
        plan_id=plan.id, done=done, discoveries=(discovery_view(one),), page=page, archived=archived
    )


def _put(tx: Transaction, plan: Plan, one: Discovery, before: Discovery | None = None) -> str | None:
    """Put its record, and its entry on the page; one that holds no longer goes to the archive."""
    entry = one.entry(plan.whole)
    place = layout.PLANS / plan.whole / "discoveries" / (found_name(one.number) or "")
    if not before and tx.read(place) is not None:
        raise HumanConflict(f"{place.path} exists already and is never rewritten")
    tx.put(place, rendered(DISCOVERY, {"plan_id": plan.whole, **asdict(one)}, entry))
    page = _text(tx, layout.DISCOVERIES)
    if before:
        page = without_entry(page, before.entry(plan.whole))
    return _page(tx, page, [entry]) if one.obsolete else _page(tx, with_entry(page, entry))


def _page(tx: Transaction, page: str, archive: Sequence[str] = ()) -> str | None:
    """Put the page, and what leaves it into the archive of the month; return where that is."""
    kept, left = shortened(page, partial(_entry_of, tx))
    if kept or tx.read(layout.DISCOVERIES) is not None:
        tx.put(layout.DISCOVERIES, kept.encode())
    if not (left or archive):
        return None
    place = layout.archive_place(tx.at[:7])
    text = _text(tx, place)
    for one in (*left, *archive):
        text = with_entry(text, one, begin="")
    tx.put(place, text.encode())
    return place.path


def tree_of_work(workspace: Workspace) -> tuple[str, str]:
    """Return what tells the working tree from any other state of it: HEAD, and a digest of what is not committed.

    What was found out meanwhile is no other state: of its pages only what people wrote there counts.
    """
    store, facts = workspace.store, workspace.repository.facts()
    places = (layout.DISCOVERIES_ARCHIVE / name for name in store.listdir(layout.DISCOVERIES_ARCHIVE))
    said: dict[str, list[str]] = {}
    for place in (layout.DISCOVERIES, *filter(layout.may_change, places)):
        # What is no page of text counts as any other file does.
        with suppress(VolonError):
            said[place.path] = of_people(_text(store, place), partial(_entry_of, store))
    files = [(one.path, one.mode, one.blob) for one in facts.recorded if one.path not in said or one.mode != _FILE]
    files += [(path, None, "\n".join(lines)) for path, lines in said.items() if lines]
    return facts.head or "", files_digest(files)


def _entry_of(tx: Reader | Transaction, heading: str) -> str | None:
    """The entry below a heading as volon wrote it; None where no record says that it did."""
    try:
        if found := ENTRY.fullmatch(heading):
            place = layout.PLANS / found[1] / "discoveries" / (found_name(int(found[2])) or "0")
            data = tx.read(place)
            return Discovery.of(parsed(DISCOVERY, data, place.path)[0]).entry(found[1]) if data else None
        if found := HEARD.fullmatch(heading):
            place = layout.PLANS / found[2] / "results" / f"phase-{int(found[1])}.md"
            data = tx.read(place)
            said = parsed(RESULT, data, place.path)[1] if data else ""
            return heard_entry(found[2], int(found[1]), learnt(said))
    except VolonError:
        pass
    return None


def _text(reader: Reader | Transaction, place: Place) -> str:
    """A page of the user's; empty where there is none.

    Raises:
        Corrupt: it is no text, or too large to be one that people read.
    """
    data = reader.read(place) or b""
    if len(data) > MAX_BYTES:
        raise Corrupt(f"{place.path} is larger than {MAX_BYTES} bytes", hints=["move what is old into another file"])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Corrupt(f"{place.path} is not UTF-8", hints=["save it as UTF-8"]) from error


def hear(workspace: Workspace, plan: Plan, phase: int, reports: dict[str, Report]) -> None:
    """Write down what the workers of a phase reported, before it is committed; once, however often it is called.

    Raises:
        NotCommitted, Corrupt, HumanConflict, Busy: see docs/EXIT_CODES.md.
    """
    names = ("discoveries", "corrections")
    # In the order of the result, from which the entry is known again.
    said = [f"{text} ({who})" for name in names for who, one in reports.items() for text in one.said.get(name, ())]
    whole = [(who, part) for who, one in reports.items() for part in one.corrections]
    if not said and not whole:
        return
    with workspace.store.begin("conduct", on_wait=workspace.on_wait) as tx:
        there = {(one.source, one.title) for one in found_out(tx, layout.PLANS / plan.whole)}
        for who, part in whole:
            if (who, part.title) not in there:
                values = {"kind": "correction", "approved": False, **asdict(part)}
                _put(tx, plan, _next(tx, plan, values, who))
                there.add((who, part.title))
        page = _text(tx, layout.DISCOVERIES)
        title = heard_title(plan.id, phase)
        if said and not any(title in _text(tx, one) for one in (layout.DISCOVERIES, layout.archive_place(tx.at[:7]))):
            _page(tx, with_entry(page, heard_entry(plan.id, phase, said)))
        tx.commit(f"{plan.id} what phase {phase} reported", said=True)
