"""What is fuzzed, and what must hold: no exception but volon's own, nothing lost on the way, no dangerous character.

A target is a function of bytes that raises when a promise is broken. The same functions are run by the mutating
fuzzer, by atheris and by the replay of the corpus.
"""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from volon import marks
from volon.cli.hooking import read
from volon.errors import VolonError
from volon.files import Root
from volon.model import ids, quick, requests, text
from volon.model.agents import events
from volon.model.agents.transcripts import reading
from volon.model.checks import checking
from volon.model.checks.canonical import recogniser
from volon.model.checks.gisting import gist_of
from volon.model.checks.inspecting import inspect
from volon.model.conduct.plan import Workers, compiled
from volon.model.conduct.reading import parse_ready
from volon.model.conduct.ready import FILL_IN, blank
from volon.model.conduct.report import brief, parse_report
from volon.model.imports import continuous, gsd
from volon.model.pipeline.reading import parse_spec
from volon.model.records import bootstrap, designstate, handoff, infull, runlog, todo
from volon.model.records import config as settings
from volon.model.records.capsule import parse_capsule
from volon.model.records.checkpoint import filename, parse_checkpoint, parse_filename, verify
from volon.model.records.events import parse_event
from volon.model.records.task import Status, append_update, parse_task
from volon.model.syntax import gitpath, nestedyaml, plainyaml, strictyaml
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.markdown import open_fence
from volon.render.page import Page
from volon.render.safe import safe
from volon.repo import catfile, quiet, status
from volon.repo.drift import history, patches
from volon.store import journal
from volon.templating import packaged
from volon.usecases.glance import NoGlance
from volon.usecases.quickbrief import said_in

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = Path(__file__).parents[1] / "golden/formats"
NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
OID = "0123456789abcdef0123456789abcdef01234567"
_DRAWN = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")


@dataclass(frozen=True)
class Target:
    """One thing that reads.

    Attributes:
        name: also of its directory in the corpus.
        run: raises when a promise is broken.
        seeds: inputs to begin from.
        grows: a prefix and a suffix between which any token, repeated, must cost time that grows with its length only;
            None where the size is capped long before.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    grows: tuple[bytes, bytes] | None = (b"", b"")


def _formats(*patterns: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for pattern in patterns for path in sorted(FORMATS.rglob(pattern)))


def _words(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _document(data: bytes) -> Document:
    """Parsed and given back to the byte, and edited without touching anything else."""
    document = Document.parse(data, "x.md")
    assert document.bytes() == data
    changed = document.set("zz_fuzz", "a: b # c\n\x1b")
    assert changed.get("zz_fuzz") == "a: b # c\n\x1b"
    assert {key: value for key, value in changed.meta.items() if key != "zz_fuzz"} == dict(document.meta)
    assert Document.parse(changed.bytes(), "x.md").meta == changed.meta
    removed = changed.remove("zz_fuzz")
    assert {key: value for key, value in removed.meta.items() if key != "zz_fuzz"} == dict(document.meta)
    return document


def frontmatter(data: bytes) -> None:
    """Any record: read, and edited."""
    with contextlib.suppress(VolonError):
        document = _document(data)
        assert document.body == document.body.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        document.append_to_section("Updates", "- x")


def yaml(data: bytes) -> None:
    """The strict loader, and the short ways that must agree with it."""
    source = data.decode("utf-8", "replace")
    try:
        strict = strictyaml.parse_yaml(source, "x.md")
    except VolonError:
        strict = None
    for plain in (plainyaml.read_plain(source, 1), nestedyaml.read_nested(source, strictyaml.MAX_NODES)):
        assert plain is None or plain == strict


def quickly(data: bytes) -> None:
    """The quickest way to read a task or a capsule says what the full one says, or nothing."""
    quick.pause_row(data)
    row, fast = quick.task_row(data), quick.front(data)
    if fast is not None:
        document = Document.parse(data, "x.md")
        assert {key: document.meta[key] for key in fast} == fast
    if row is not None:
        task = parse_task(Document.parse(data, "x.md"))
        assert (row.id, row.status) == (task.id, task.status)


def ready(data: bytes) -> None:
    """A READY.md, the pipeline it is compiled into, which the strict reader takes, and a worker's report."""
    report = parse_report(data)
    assert report.status in {"", "PASS", "FAIL"}
    with contextlib.suppress(VolonError):
        found = parse_ready(data, "x.md")
        assert [one.number for one in found.phases] == list(range(1, len(found.phases) + 1))
        workers = Workers(("a", "{brief}"), ("b",))
        text = compiled(found, "PLAN-20261119-001", ("volon",), workers, 1)
        spec = parse_spec(text.encode("utf-8"), "p.yaml")
        said = [word for ticket in spec.tickets.values() for word in ticket.argv]
        assert {command for one in found.phases for command in one.tests} <= set(said)
        assert brief(found.phases[0], "fix", directory="d", report="r", more="e")


def task(data: bytes) -> None:
    """A task file."""
    with contextlib.suppress(VolonError):
        document = Document.parse(data, "x.md")
        found = parse_task(document)
        assert isinstance(found.status, Status)
        again = parse_task(append_update(document, NOW, "a line"))
        assert (again.id, again.status) == (found.id, found.status)
        # Behind a fence that its owner never closed everything is an example, this line too.
        assert open_fence(document.body) or len(again.updates) == len(found.updates) + 1


def capsule(data: bytes) -> None:
    """A capsule, and what it keeps in full."""
    with contextlib.suppress(VolonError):
        document = Document.parse(data, "x.md")
        infull.parse(document)
        parse_capsule(document)


def glance(data: bytes) -> None:
    """A capsule that is recognised has no problem in the full check, and claims what that finds."""
    found = _RECOGNISE(data)
    if found is not None:
        full = inspect(data, ".volon/pcc/tasks/T-1.md")
        assert full.problems == ()
        assert full.said is not None
        assert gist_of(full.said) == found


def briefly(data: bytes) -> None:
    """What the quick reader takes of a capsule for a brief is what the strict one reads."""
    pause = quick.pause_row(data)
    if pause is None:
        return
    with contextlib.suppress(NoGlance):
        note, goal, actions = said_in(data, pause)
        found = parse_capsule(Document.parse(data, "x.md"))
        assert (found.note or "", found.goal, found.next_actions) == (note, goal, actions)


def hook(data: bytes) -> None:
    """Whatever an agent says, and whatever a record does, each agent gets what it can read; no words are refused."""
    said = events.told(data)
    for value in (said.session, said.transcript, said.cwd, said.source):
        value.encode("utf-8")
        assert "\0" not in value
    assert marks.name_of(said.session).isalnum()
    read([_words(word) for word in data.split()])
    text = _words(data)
    for name, event in product(events.PROTOCOLS, events.EVENTS):
        one = events.PROTOCOLS[name]
        _is_understood(one, event, events.answer(one, event, text), text)
        assert events.answer(one, event, "") == ("{}\n" if one.form == events.SNAKE else "")


def _is_understood(one: events.Protocol, event: str, printed: str, text: str) -> None:
    if event not in one.hears or not text:
        assert printed in {"", "{}\n"}
        return
    if one.form == events.PLAIN:
        assert printed == text
        return
    nested = {"hookSpecificOutput": {"hookEventName": one.names[event], "additionalContext": text}}
    beside = {"additionalContext": text}
    forms = {events.NESTED: nested, events.BOTH: nested | beside, events.SNAKE: {"additional_context": text}}
    assert printed.isascii()
    assert json.loads(printed) == forms[one.form]


def checkpoint(data: bytes) -> None:
    """A checkpoint, old ones too."""
    with contextlib.suppress(VolonError):
        document = Document.parse(data, "x.md")
        verify(document)
        parse_checkpoint(document)


def checks(data: bytes) -> None:
    """Every check that `validate` makes, on any bytes; what it says can be printed on one line."""
    for path in (".volon/tasks/T-1.md", ".volon/pcc/tasks/T-1.md", ".design/checkpoints/01-work-2026-11-19.md"):
        with contextlib.suppress(VolonError):
            for problem in checking.check_record(data, path):
                assert "\n" not in safe(problem.message)
                assert problem.line is None or 1 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 1


def pointer(data: bytes) -> None:
    """The bootstrap: set and cleared again, its other lines as they were."""
    with contextlib.suppress(VolonError):
        document = Document.parse(data, "x.md")
        bootstrap.parse_bootstrap(document)
        cleared = bootstrap.clear_paused(document, "nothing")
        assert bootstrap.parse_bootstrap(cleared).paused_task_id is None


def design(data: bytes) -> None:
    """STATE.md: paused and resumed again is what it was, but for the stamps."""
    with contextlib.suppress(VolonError):
        state = designstate.parse_state(data)
        paused = designstate.parse_state(designstate.set_paused(data, NOW))
        assert paused.paused
        assert (paused.prior_status or "").strip() in {(state.status or "").strip(), (state.prior_status or "").strip()}


def pointers(data: bytes) -> None:
    """HANDOFF.md, TODO.md and the run log."""
    handoff.parse_handoff(data)
    assert todo.count_open(_words(data)) >= 0
    runlog.entries(data)


def configuration(data: bytes) -> None:
    """volon.yaml."""
    with contextlib.suppress(VolonError):
        settings.parse_config(data, "volon.yaml")


def operation(data: bytes) -> None:
    """A journal: decoded to what encodes to the same bytes, or refused; it never names what is not volon's."""
    with contextlib.suppress(VolonError):
        journal.decode_head(data)
    with contextlib.suppress(VolonError):
        found = journal.decode(data)
        assert journal.decode(journal.encode(found)) == found
        named = [entry.place.path for entry in found.entries if entry.place.root is Root.WORKTREE]
        assert all(path.split("/")[0] in {".volon", ".design"} for path in named), named


def sealed_operation(data: bytes) -> None:
    """A journal whose checksum is right, whatever it says: what only somebody who means harm writes."""
    head, _, images = data.partition(b"\0")
    content = journal.MAGIC + b"%d\n" % len(head) + head + images
    operation(content + f"\n{journal.digest(content)}\n".encode())


def names(data: bytes) -> None:
    """Ids, numbers and file names: what is accepted is safe to be a path."""
    word = _words(data)
    if ids.is_task_id(word):
        assert re.fullmatch(r"[A-Z0-9-]{1,64}", word)
    for check in (ids.task_id, ids.parse_checkpoint_number):
        with contextlib.suppress(VolonError):
            check(word)
    ids.is_ulid(word)
    ids.is_commit(word, short=True)
    found = parse_filename(word)
    if found is not None:
        assert "/" not in word
        assert found[0] >= 0
        parse_filename(filename(found[0], found[1], NOW))


def paths(data: bytes) -> None:
    """Any file name fits on one line and comes back exactly."""
    name = _words(data.replace(b"\0", b""))
    if name:
        quoted = gitpath.quote_path(name)
        assert "\n" not in quoted
        assert gitpath.unquote_path(quoted) == name
    gitpath.unquote_path(_words(data))


def terminal(data: bytes) -> None:
    """Nothing dangerous survives, and nothing begins a line of its own."""
    for source in (_words(data), data.decode("utf-16-le", "replace"), data.decode("utf-32-le", "replace")):
        shown = safe(source)
        bad = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and not _DRAWN.match(c)}
        assert not bad, sorted(map(hex, map(ord, bad)))
        page = Page()
        page.field("note", source)
        assert all(line.startswith(" ") or not line for line in page.text().split("\n"))
        text.one_line(source)
        text.clip_words(source, 5)


def porcelain(data: bytes) -> None:
    """`git status --porcelain=v2 -z`, as bytes of any kind."""
    with contextlib.suppress(VolonError):
        assert not [e for e in status.parse(data).entries if e.path.startswith((".volon/", ".design/"))]


def porcelain_names(data: bytes) -> None:
    """Whatever a file is called, its line is read as that file and no other appears."""
    found = [name for name in data.split(b"\0") if name and b"/" not in name[:1]]
    rows = [b"1 .M N... 100644 100644 100644 %s %s %s" % (OID.encode(), OID.encode(), name) for name in found]
    parsed = [entry.path for entry in status.parse(b"\0".join([*rows, b""])).entries]
    expected = [_words(name) for name in found]
    assert parsed == [path for path in expected if path.split("/", 1)[0] not in {".volon", ".design"}]


def log(data: bytes) -> None:
    """`git log -z --raw` with volon's own format, and patches."""
    with contextlib.suppress(VolonError):
        history.parse_log(data)
    patches.read_patches(data)
    patches.read_patch(data)


def objects(data: bytes) -> None:
    """`git cat-file --batch`, and the commits of events."""
    for oid, _, content in catfile.objects(data):
        if content is not None:
            assert re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", oid)
    parse_event("01M7YM1N77RGT4KXZ8NX6AXASA", "paused", OID, None, _words(data))


def filters(data: bytes) -> None:
    """`git config --list`: every filter that only the repository names ends up without a program."""
    with contextlib.suppress(VolonError):
        quiet.overrides(data)
    names_ = [name for name in data.split(b"\0") if name and b"\n" not in name and b"." not in name][:20]
    listed = b"".join(b"local\0filter.%s.clean\nevil\0" % name for name in names_)
    given = quiet.overrides(listed)
    keys = {
        given[f"GIT_CONFIG_KEY_{n}"]: given[f"GIT_CONFIG_VALUE_{n}"]
        for n in range(int(given.get("GIT_CONFIG_COUNT", 0)))
    }
    assert {f"filter.{_words(name)}.clean" for name in names_} <= keys.keys()
    assert set(keys.values()) <= {"", "false"}


def request(data: bytes) -> None:
    """What `pause-task --from` is given."""
    with contextlib.suppress(VolonError):
        found = requests.PauseRequest().with_json(data.decode("utf-8", "replace"), "x.json")
        found.checked()


def transcript(data: bytes) -> None:
    """A transcript of any agent: what is read is small, and can be written down."""
    for agent in (None, *reading.FORMATS):
        found = reading.read_transcript(data.split(b"\n"), agent)
        if found is not None:
            repr(found).encode("utf-8")
            told = [found.goal, found.last_message, *(one.text for one in found.commands)]
            assert all(len(one) <= 4001 and one == one.strip() for one in told)
            assert all(".." not in path.split("/") for path in reading.below("/home/dev/shop", found))


def handed(data: bytes) -> None:
    """A handoff of another tool: what a pause would be told of it is allowed, and names nothing outside."""
    for path in _HANDED:
        with contextlib.suppress(VolonError):
            read = (
                continuous.read_handoff if "/" in path else gsd.read_markdown if path.endswith(".md") else gsd.read_json
            )
            found = read(data, path, "key")
            request = found.request("s", dry_run=True).checked()
            assert all(
                "\n" not in one for one in (*request.next_actions, *request.key_files, found.origin, found.title)
            )
            assert all(".." not in one.split("/") and not one.startswith("/") for one in request.key_files)


_HANDED = ("HANDOFF.json", ".continue-here.md", "handoffs/x.md", "handoffs/x.yaml")
_RECORD = b"---\nid: T-1\nstatus: todo\ntitle: x\n---\n"
_HEAD = b'{"at":"","entries":[{"after":null,"before":null,"before_mode":null,"exact":true,"kind":"create","mode":1,'
_HEAD += b'"offset":0,"path":".volon/x","prefix":"","root":"worktree"}],'
_HEAD += b'"format":1,"header":{},"op":"01M7YM1N77RGT4KXZ8NX6AXASA",'
_HEAD += b'"previous":null,"repo":"","verb":"","worktree":""}\0'
_STATE = b"---\nstage: plan\n---\n<position>\nstatus: x\n</position>\n"
_LOG = b"\x1e%b\0\0A\0a@x\x002026-11-19T08:00:00+00:00\0Subject\0\n:100644 100644 %b %b M\0a.py\0" % (
    3 * (OID.encode(),)
)
_PATCH = (
    b"\n\x1e%b\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n" % OID.encode()
)
_RECOGNISE = recogniser(packaged("task-pcc-capsule.md"))
_HANDOFFS = (
    (
        b'{"phase": "3", "phase_name": "Pay", "task": 3, "completed_tasks": [{"name": "a", "status": "done"}],\n'
        b'"blockers": [{"description": "b"}], "uncommitted_files": ["a.py", "../b"], "next_action": "x"}'
    ),
    b"---\ntask: 3\ntotal_tasks: 5\n---\n<current_state>\nx\n</current_state>\n<blockers>\n- b\n  c\n</blockers>\n",
    b"---\ngit_commit: 0123456\nbranch: main\n---\n# H\n## Artifacts\n- `a.py:1`\n## Next Steps\n1. **x**\n",
    b"---\ndate: 2026-11-20\n---\ngoal: g\nnext:\n  - a\ndecisions:\n  - b: c\nfiles:\n  modified: [a.py]\n",
)
_SAMPLES = sorted((FORMATS.parent / "transcripts").iterdir())
_CAPSULE = _formats("capsule-v2.md")[0].replace(b'- `"line\\nbreak.py"`\n', b"")
_READY = (
    blank("A shop").replace(f"- {FILL_IN}\n\nModules", "- The first goal\n\nModules").replace(FILL_IN, "x").encode()
)
assert parse_ready(_READY, "x.md").phases, "the seed has to be read, or nothing is fuzzed"
assert _RECOGNISE(_CAPSULE), "the seed has to be recognised, or nothing is fuzzed"
_TOLD = (
    b'{"session_id":"s1","transcript_path":"/home/dev/s1.jsonl","cwd":"/home/dev/shop","source":"resume","tokens":1005}',
    b'{"sessionId":"s1","timestamp":1795335460592,"cwd":"/home/dev/shop","source":"new","initialPrompt":"hello"}',
    b'{"conversation_id":"c1","workspace_roots":["/home/dev/shop"],"stop_hook_active":true}',
    b"session-start --agent claude",
)
assert said_in(_CAPSULE, quick.pause_row(_CAPSULE) or quick.Pause([None] * 6)), (
    "the seed has to be taken, or nothing is fuzzed"
)

TARGETS = (
    Target("frontmatter", frontmatter, _formats("*.md"), (_RECORD, b"\n")),
    Target("yaml", yaml, (b"a: b\nc: null\n", b'a: "b"\nc: []\n', b"l:\n  - x\n  - {}\n", b"k: |\n  t\n"), None),
    Target("quickly", quickly, _formats("task*.md", "capsule*.md"), (_RECORD, b"\n")),
    Target("task", task, _formats("task*.md"), (_RECORD + b"## Updates\n\n", b"\n")),
    Target("capsule", capsule, _formats("capsule*.md"), (b"---\ntype: task-pcc-capsule\n---\n## Goal\n\n", b"\n")),
    Target("glance", glance, (_CAPSULE,), _CAPSULE.partition(b"Double the wait.")[::2]),
    Target("briefly", briefly, (_CAPSULE, *_formats("capsule-v2.md")), _CAPSULE.partition(b"Double the wait.")[::2]),
    Target("hook", hook, _TOLD),
    Target("checkpoint", checkpoint, _formats("checkpoint*.md", "checkpoints/*.md"), (b"# Checkpoint\n", b"\n")),
    Target("checks", checks, _formats("*.md"), (_RECORD, b"\n")),
    Target("pointer", pointer, _formats("bootstrap*.md"), (b"---\nversion: 1\n---\n## What to do next\n\n", b"\n")),
    Target(
        "design", design, _formats("STATE*.md"), (b"---\nstage: plan\n---\n<position>\nstatus: x\n</position>\n", b"")
    ),
    Target("pointers", pointers, _formats("handoff*.md", "todo.md", "*.jsonl")),
    Target("ready", ready, (_READY,), _READY.partition(b"The first goal")[::2]),
    Target("configuration", configuration, _formats("*.yaml"), None),
    Target("operation", operation, (b"VOLON1\n2\n{}\n",)),
    Target("sealed-operation", sealed_operation, (_HEAD, _HEAD.replace(b".volon/x", b"src/app.py"))),
    Target("names", names, (b"TASK-20261119-001", b"01-work-2026-11-19.md", b"007", OID.encode())),
    Target("paths", paths, (b"a/b.py", b'"a\\303\\251"', b"-x", b" y "), (b"", b"")),
    Target("terminal", terminal, (b"plain", "\u00e9\u202e\x1b]0;x\x07".encode(), b"\x9b31m")),
    Target(
        "porcelain", porcelain, (b"# branch.oid %b\0# branch.head main\0? a\x001 .M N... 1 1 1 a b c\0" % OID.encode(),)
    ),
    Target("porcelain-names", porcelain_names, (b"a.py\0b c\0-x\0",)),
    Target("log", log, (_LOG, _PATCH)),
    Target("objects", objects, (b"%b blob 3\nabc\n%b missing\n" % (2 * (OID.encode(),)),)),
    Target("filters", filters, (b"local\0filter.x.clean\nfire\0global\0filter.lfs.clean\ngit-lfs\0", b"a=b\0c d\0")),
    Target("transcript", transcript, tuple(b"\n".join(one.read_bytes().split(b"\n")[:8]) for one in _SAMPLES)),
    Target("handed", handed, _HANDOFFS),
    Target("request", request, (b'{"note": "x", "next_actions": ["y"]}', b"[]", b'{"tokens": "1/2"}')),
)
