"""Capsules: the latest state of a paused task, at most 400 words, in seven sections that are always there.

Trimming is deterministic and says what it left out ("… n more"); it never drops a heading or a next action.
Text that users put in cannot forge a section: `parse_capsule(render_capsule(c))` is `fit(c)`.

Source: seed 001, contract §3 (capsule), origins §2.2.
"""

from __future__ import annotations

from volon.model import ids
from volon.model.problems import InvalidRecord, Problem
from volon.model.records import fields, upgrade
from volon.model.records.capsulebody import TITLES, parse_body, render_body
from volon.model.records.capsulevalues import BODY, FIELDS, SCHEMA_VERSION, TYPE, Capsule, CommandOutcome, KeyFile
from volon.model.records.fields import Kind
from volon.model.syntax import markdown
from volon.model.syntax.gitpath import unquote_name
from volon.model.syntax.template import BadTemplate, fill, placeholders
from volon.model.text import block, count_words, one_line
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from volon.model.records.capsulefit import More
    from volon.model.records.fields import Field
    from volon.model.syntax.frontmatter import Document

__all__ = [
    "BODY",
    "FIELDS",
    "MAX_ACTIONS",
    "MAX_WORDS",
    "SCHEMA_VERSION",
    "TITLES",
    "TYPE",
    "Capsule",
    "CommandOutcome",
    "KeyFile",
    "check_capsule",
    "fit",
    "normalised",
    "parse_capsule",
    "render_capsule",
]

MAX_WORDS = 400
MAX_ACTIONS = 3
_NEEDED = ("type", "schema_version", "task_id", "paused_commit", "paused_at")
_LOST = ("capsule.field-missing", "capsule.field-invalid", "capsule.section-missing", "capsule.section-duplicate")
_HINT = "`volon doctor --fix` puts the checkpoint's copy back and keeps this one aside"


def parse_capsule(document: Document) -> Capsule:
    """Read a capsule of any version ever written, upgraded to the current one.

    Raises:
        InvalidRecord: a field without which it cannot be used is missing or wrong (exit 9).
    """
    values, problems = _decode(document)
    if fatal := [problem for problem in problems if problem.key in _NEEDED]:
        raise InvalidRecord(document.path, fatal)
    current = upgrade.capsule({**values, **parse_body(document.body)})
    current["confidence"] = current["confidence"] or "medium"
    return Capsule(**{name: value for name, value in current.items() if name != "type"})


def render_capsule(capsule: Capsule, template: str) -> bytes:
    """The capsule's file: normalised, trimmed to 400 words, all sections in order.

    Args:
        capsule: what to write.
        template: the text of `task-pcc-capsule.md`.

    Raises:
        BadTemplate: the template asks for something unknown, leaves out a section, or is too long by itself.
    """
    fitted, more = _trimmed(capsule, template)
    text = _filled(fitted, more, template)
    present = {markdown.title_key(one.title) for one in markdown.sections(text, markdown.RECORD_LEVEL)}
    if lost := [title for title in TITLES if markdown.title_key(title) not in present]:
        raise BadTemplate(f"the capsule template has no section `## {lost[0]}`")
    if _words(text) > MAX_WORDS:
        raise BadTemplate(f"the capsule template leaves no room within {MAX_WORDS} words")
    return text.encode("utf-8")


def fit(capsule: Capsule, template: str) -> Capsule:
    """What is left of a capsule when it is written: normalised and trimmed."""
    return _trimmed(capsule, template)[0]


def _trimmed(capsule: Capsule, template: str) -> tuple[Capsule, More]:
    """Shorten until the words fit; template and places are counted apart, which is never too few."""
    from volon.model.records import capsulefit  # noqa: PLC0415  only to write one

    own = _words(fill(template, dict.fromkeys(placeholders(template), " ")))

    def words(one: Capsule, more: More) -> int:
        return own + sum(count_words(text) for text in _places(one, more).values())

    return capsulefit.fit(normalised(capsule), words, MAX_WORDS)


def _places(capsule: Capsule, more: More) -> dict[str, str]:
    return {"task_id": capsule.task_id, **render_body(capsule, more)}


def _filled(capsule: Capsule, more: More, template: str) -> str:
    values = {"type": TYPE} | {field.name: getattr(capsule, field.name) for field in FIELDS if field.name != "type"}
    front = fields.render_front([one for one in FIELDS if one.name != "external" or capsule.external], values)
    return fill(template, {"frontmatter": front, **_places(capsule, more)})


def _words(text: str) -> int:
    """The words below the frontmatter."""
    head, fence, body = text.partition("\n---\n")
    return count_words(body if fence else head)


def normalised(capsule: Capsule) -> Capsule:
    """The capsule with its lines on one line each, its texts in LF, and at most three next actions."""
    lines: dict[str, Any] = {one.name: _line(getattr(capsule, one.name)) for one in FIELDS if _is_line(one)}
    commands = (CommandOutcome(one_line(one.command), one_line(one.outcome)) for one in capsule.commands)
    return replace(
        capsule,
        **lines,
        schema_version=SCHEMA_VERSION,
        goal=one_line(capsule.goal),
        plan=block(capsule.plan),
        diffstat=block(capsule.diffstat),
        acceptance=tuple(replace(item, text=text) for item in capsule.acceptance if (text := one_line(item.text))),
        key_files=tuple(KeyFile(one.path, one_line(one.why)) for one in capsule.key_files if one.path),
        commands=tuple(one for one in commands if one.command),
        untracked=tuple(path for path in capsule.untracked if path),
        next_actions=_lines(capsule.next_actions)[:MAX_ACTIONS],
        questions=_lines(capsule.questions),
        blockers=_lines(capsule.blockers),
    )


def _is_line(field: Field) -> bool:
    return field.kind in (Kind.LINE, Kind.PATH) and field.name not in ("type", "confidence")


def _line(value: str | None) -> str | None:
    return one_line(value) or None if value else None


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for text in texts if (line := one_line(text)))


def check_capsule(document: Document) -> tuple[Problem, ...]:
    """Every rule a capsule breaks, with its line."""
    _, problems = _decode(document)
    return (*problems, *_check_sections(document), *_check_body(document))


def lost_parts(document: Document) -> tuple[Problem, ...]:
    """What a capsule lacks of what every pause writes, or has twice; what people add or change is not among it."""
    return tuple(one for one in check_capsule(document) if one.rule in _LOST)


def _decode(document: Document) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """The frontmatter of whichever version; fields that came with a later version are not missed."""
    values, problems = fields.decode(document, FIELDS, "capsule")
    version = values["schema_version"] or SCHEMA_VERSION
    later = {field.name for field in FIELDS if field.since > version}
    missed = tuple(one for one in problems if one.key not in later or one.rule != "capsule.field-missing")
    return values, (*missed, *_check_version(document, version), *_check_commit(document, values, version))


def _check_version(document: Document, version: int) -> Iterator[Problem]:
    if not 1 <= version <= SCHEMA_VERSION:
        message = f"schema_version {version} is not known; this volon reads 1 to {SCHEMA_VERSION}"
        yield _problem(document, "schema_version", "schema-version", message, "upgrade volon")


def _check_commit(document: Document, values: dict[str, Any], version: int) -> Iterator[Problem]:
    commit = values["paused_commit"]
    if "paused_commit" not in document.meta:
        yield _problem(document, "paused_commit", "field-missing", "`paused_commit` is missing")
    elif commit and version > 1 and not ids.is_commit(commit):
        message = "`paused_commit` is abbreviated; the full commit id is expected"
        yield _problem(document, "paused_commit", "commit-short", message, severity="warning")


def _check_sections(document: Document) -> Iterator[Problem]:
    found = markdown.sections(document.body, markdown.RECORD_LEVEL)
    wanted = [markdown.title_key(title) for title in TITLES]
    present = {markdown.title_key(one.title) for one in found}
    above = 1
    for title, key in zip(TITLES, wanted, strict=True):
        if key not in present:
            yield _in_body(document, above, "section-missing", f"the section `## {title}` is missing", title)
        above = next((one.number for one in found if markdown.title_key(one.title) == key), above)
    highest, seen = -1, set()
    for one in found:
        key = markdown.title_key(one.title)
        place = wanted.index(key) if key in wanted else highest
        if key in wanted and key in seen:
            yield _in_body(
                document, one.number, "section-duplicate", f"`## {one.title}` stands here a second time", one.title
            )
        elif place < highest:
            yield _in_body(document, one.number, "section-order", f"`## {one.title}` is out of order", one.title)
        highest = max(highest, place)
        seen.add(key)


def _check_body(document: Document) -> Iterator[Problem]:
    words = count_words(document.body)
    if words > MAX_WORDS:
        yield _in_body(document, 1, "too-long", f"{words} words; at most {MAX_WORDS} are allowed", "body")
    body = parse_body(document.body)
    if (count := len(body["next_actions"])) > MAX_ACTIONS:
        message = f"{count} next actions; at most {MAX_ACTIONS} are allowed"
        yield _in_body(document, _heading_line(document, TITLES[4]), "too-many-actions", message, "next_actions")
    commit, repeated = document.get("paused_commit"), body["evidence_commit"]
    if commit and repeated and not (commit.startswith(repeated) or repeated.startswith(commit)):
        message = f"Evidence says `{repeated[:12]}`, the frontmatter `{commit[:12]}`"
        line = _heading_line(document, TITLES[3])
        yield _in_body(document, line, "commit-mismatch", message, "paused_commit")
    branch, repeated = unquote_name(document.get("branch") or ""), body["body_branch"]
    if branch and repeated and " " not in repeated and branch != repeated:
        message = f"State markers say `{repeated}`, the frontmatter `{branch}`"
        yield _in_body(document, _heading_line(document, TITLES[2]), "branch-mismatch", message, "branch")


def _heading_line(document: Document, title: str) -> int | None:
    found = markdown.find_section(document.body, title)
    return found.number if found else None


def _problem(
    document: Document, key: str, rule: str, message: str, hint: str = _HINT, severity: str = "error"
) -> Problem:
    line, column = document.line_of(key) or 1, document.column_of(key)
    return Problem(document.path, line, column, key, f"capsule.{rule}", message, hint, severity)


def _in_body(document: Document, number: int | None, rule: str, message: str, key: str) -> Problem:
    line = (number or 1) + document.body_line - 1
    return Problem(document.path, line, 1, key, f"capsule.{rule}", message, _HINT)
