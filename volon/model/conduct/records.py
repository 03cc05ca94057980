"""The records of a plan: what it is, what its checks found, and the result of each phase.

A phase is complete when its result is there, and not otherwise: there is no second mark that could say something else.

Source: seed 002 (Stateless Orchestration Pattern), seed 000; contract §3 (plans); origins §4.1.
"""

from __future__ import annotations

from volon.model.conduct.parts import PART
from volon.model.problems import InvalidRecord
from volon.model.records.fields import Field, Kind, decode, render_front
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.markdown import code_block, escape_line, sections
from volon.model.text import one_line
from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from volon.model.conduct.report import Report

PLAN_ID = r"^PLAN-\d{8}-\d{3,9}$"
SHARE = "volon init && git add .volon .prelude && git commit"
"""What puts the records of a plan into a commit: those of phases have none of volon's own files."""
_PLAN_ID = Field("plan_id", Kind.LINE, "The plan's id.", required=True, pattern=PLAN_ID)
_PHASE = Field("phase", Kind.INT, "The phase's number.", required=True)
_RUN = Field("run", Kind.ULID, "The run of the pipeline that it belongs to.", required=True)


def _head(kind: str) -> tuple[Field, ...]:
    version = Field("schema_version", Kind.INT, "The format's version; 1.", required=True)
    return (Field("type", Kind.LINE, f"`{kind}`.", required=True, choices=(kind,)), version, _PLAN_ID)


PLAN = (
    *_head("conduct-plan"),
    Field("title", Kind.LINE, "The first heading of READY.md.", required=True),
    Field("created_at", Kind.LINE, "When it was made.", required=True),
    Field("branch", Kind.LINE, "The branch that the checkpoints are committed to.", required=True),
    Field("base", Kind.COMMIT, "The commit it begins from.", required=True),
    Field("parent", Kind.LINE, "The plan that it is a part of; null when it is a whole.", pattern=PLAN_ID),
    Field("part", Kind.LINE, "Of READY.md: the numbers of its first and last phase, or `integration`.", pattern=PART),
    Field("ready_sha256", Kind.DIGEST, "Of READY.md as it was read; the copy beside this has it.", required=True),
)
CHECK = (
    *_head("conduct-check"),
    _PHASE,
    _RUN,
    Field("round", Kind.INT, "How many fixes came before.", required=True),
    Field("passed", Kind.BOOL, "Whether none of the validations failed.", required=True),
    Field("checked_at", Kind.LINE, "When.", required=True),
    Field("tree", Kind.LINE, "The commit, and a digest of what was not committed, that it was found in."),
)
RESULT = (
    *_head("conduct-result"),
    _PHASE,
    _RUN,
    Field("name", Kind.LINE, "The phase's name.", required=True),
    Field("start", Kind.COMMIT, "The commit it began from.", required=True),
    Field("checkpoint", Kind.COMMIT, "The commit it ended with.", required=True),
    Field("completed_at", Kind.LINE, "When it was complete.", required=True),
    Field("worked_ms", Kind.INT, "How long its tickets took together; 0 when nobody knows.", required=True),
    Field("fixes", Kind.INT, "How many fixes it took.", required=True),
    Field("tests_passing", Kind.BOOL, "Null when it has no test commands."),
    Field("check", Kind.PATH, "The check it passed.", required=True),
    Field("tokens_in", Kind.INT, "What its workers say they read; null when none said."),
    Field("tokens_out", Kind.INT, "What its workers say they wrote; null when none said."),
    Field("files_created", Kind.LIST, "Paths that are there since."),
    Field("files_changed", Kind.LIST, "Paths that changed."),
    Field("files_deleted", Kind.LIST, "Paths that are gone since."),
)
ROLLBACK = (
    *_head("conduct-rollback"),
    Field("number", Kind.INT, "Which rollback of the plan it is, from 1.", required=True),
    Field("phase", Kind.INT, "The phase that the files are those of the end of; 0 is before the first.", required=True),
    Field("op", Kind.ULID, "The operation, under whose name everything was saved as it was before.", required=True),
    Field("rolled_back_at", Kind.LINE, "When.", required=True),
    Field("checkpoint", Kind.COMMIT, "The commit whose files they are.", required=True),
    Field("head", Kind.COMMIT, "The commit that HEAD was.", required=True),
    Field(
        "commit",
        Kind.COMMIT,
        "The commit on top of that which takes it back; the same where there is none.",
        required=True,
    ),
    Field("phases", Kind.LIST, "The phases whose results lie beside this, and count no more."),
)
KINDS = ("discovery", "gotcha", "correction", "performance", "security")
DISCOVERY = (
    *_head("conduct-discovery"),
    Field("number", Kind.INT, "Its number in the plan; the name of the file.", required=True),
    Field("kind", Kind.LINE, "What it is.", required=True, choices=KINDS),
    Field("title", Kind.LINE, "In a few words.", required=True),
    Field("original_spec", Kind.LINE, "What READY.md says; of a correction."),
    Field("reality", Kind.LINE, "What is true; of a correction."),
    Field("evidence", Kind.LINE, "Error output, a place in the code, a link.", required=True),
    Field("action_taken", Kind.LINE, "What was made instead; of a correction."),
    Field(
        "impact", Kind.LINE, "Whether it changes the approach, or details.", required=True, choices=("core", "minor")
    ),
    Field("approved", Kind.BOOL, "Whether a person stands behind it.", required=True),
    Field("obsolete", Kind.BOOL, "Whether it holds no longer.", required=True),
    Field("source", Kind.LINE, "`user`, or the ticket whose worker said it.", required=True),
    Field("recorded_at", Kind.LINE, "When.", required=True),
)
COMPLETE = (
    *_head("conduct-complete"),
    Field("checked_at", Kind.LINE, "When the seven points were looked at.", required=True),
    Field("commit", Kind.COMMIT, "HEAD at the time.", required=True),
    Field("forced", Kind.BOOL, "Whether it was called complete although points had failed.", required=True),
    Field("failed", Kind.LIST, "The points that had failed."),
)
MOST_FOUND = 999_999
"""The highest number that something found out can have."""
_PARTS = ("issues", "discoveries", "corrections")
_ROLLED_BACK = pattern(r"([1-9][0-9]{0,8})(?:-phase-[0-9]+|-complete(?:-whole)?)?\.md")


@dataclass(frozen=True, slots=True)
class Validation:
    """One of the five things that are looked at.

    Attributes:
        state: `passed`, `failed` or `skipped`.
        says: in one sentence.
        output: whatever there is to read.
    """

    name: str
    state: str
    says: str
    output: str = ""


def found_name(number: int) -> str | None:
    """Return the name of the file for what was found out under a number; None for what is no such number."""
    return f"{number:03d}.md" if 1 <= number <= MOST_FOUND else None


def lost_rollback(names: Collection[str]) -> tuple[int, str] | None:
    """Return the first rollback of which there is no record, and the name of a file that shows that it was."""
    shown = {int(match[1]): name for name in sorted(names) if (match := _ROLLED_BACK.fullmatch(name))}
    number = next(number for number in range(1, len(shown) + 2) if f"{number}.md" not in names)
    return next(((number, shown[later]) for later in sorted(shown) if later >= number), None)


def rendered(fields: tuple[Field, ...], values: Mapping[str, Any], body: str) -> bytes:
    """Return a record."""
    kind = fields[0].choices[0]
    front = render_front(fields, {"type": kind, "schema_version": 1, **values})
    return f"---\n{front}\n---\n\n{body.strip()}\n".encode()


def parsed(fields: tuple[Field, ...], data: bytes, path: str) -> tuple[dict[str, Any], str]:
    """Return the values of a record, and its body.

    Raises:
        Corrupt, HumanConflict: it cannot be read, or used.
    """
    document = Document.parse(data, path)
    values, problems = decode(document, fields, fields[0].choices[0])
    if problems:
        raise InvalidRecord(path, problems)
    return values, document.body


def check_body(found: Iterable[Validation]) -> str:
    """Return the text of a check: each validation with all of its output, without secrets."""
    parts = []
    for one in found:
        output = f"\n\n{code_block(redact(one.output)[0])}" if one.output else ""
        parts.append(f"## {one.name}: {one.state}\n\n{escape_line(one_line(one.says))}{output}")
    return "\n\n".join(parts)


def validations(body: str) -> list[tuple[str, str]]:
    """Return each validation in the text of a check, and its state; what commands printed is none."""
    found = (one.title.rpartition(": ") for one in sections(body, 2))
    return [(name, state) for name, _, state in found if name]


def failures(body: str) -> str:
    """Return what failed in the text of a check."""
    found = (one for one in sections(body, 2) if one.title.endswith(": failed"))
    return "\n\n".join("#" + body[one.head[0] : one.end].strip() for one in found)


def result_body(found: str, reports: Mapping[str, Report]) -> str:
    """Return the text of a result: what was checked, and what each worker said of its own work."""
    parts = ["## Validation", found]
    for title in _PARTS:
        said = [f"- {redact(item)[0]} ({who})" for who, one in reports.items() for item in one.said.get(title, ())]
        parts += [f"## {title.capitalize()} (reported, not checked)", "\n".join(said)] if said else []
    said = [f"- {who}: {one.status or 'said nothing of it'}" for who, one in reports.items()]
    parts += ["## Workers", "\n".join(said)] if said else []
    return "\n\n".join(parts)


def learnt(body: str) -> tuple[str, ...]:
    """Return the discoveries and corrections in the text of a result, for those who work on later phases."""
    wanted = tuple(part.capitalize() for part in _PARTS[1:])
    found = (one for one in sections(body, 2) if one.title.startswith(wanted))
    return tuple(line[2:] for one in found for line in body[one.start : one.end].split("\n") if line.startswith("- "))
