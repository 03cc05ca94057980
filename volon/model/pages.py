"""The pages of the documentation that are made from the definitions: the formats and the exit codes.

`docs/generate.py` writes them; a test compares them.

Source: contract §3 (on disk), §4 (exit codes, documented).
"""

from __future__ import annotations

from volon.errors import ExitCode
from volon.model.pipeline import spec
from volon.model.records import bootstrap, capsule, capsulevalues, checkpoint, config, context, schemas, task
from volon.model.records.fields import Kind
from volon.model.syntax import strictyaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.records.fields import Field

_KINDS = {
    Kind.LINE: "one line of text",
    Kind.TEXT: "text",
    Kind.INT: "whole number",
    Kind.BOOL: "`true` or `false`",
    Kind.TIME: "time",
    Kind.COMMIT: "commit id",
    Kind.ULID: "ULID",
    Kind.TASK_ID: "task id",
    Kind.PATH: "path",
    Kind.NAME: "name in git",
    Kind.DIGEST: "sha256",
    Kind.LIST: "list",
    Kind.OBJECTS: "list of entries",
    Kind.MAP: "`key: value` lines",
    Kind.SIZE: "size such as `50MiB`",
}

_INTRODUCTION = f"""\
# The files volon reads and writes

Generated from the field definitions in `volon/model/`; do not edit. The same definitions give the JSON Schemas
that `volon schema KIND` prints ({", ".join(f"`{kind}`" for kind in schemas.KINDS)}).

Every record is text, UTF-8, most of them Markdown with YAML frontmatter. They belong to people as much as to
volon: whatever volon does not change comes back byte for byte, including keys it does not know, their order,
comments, blank lines, CRLF, a byte-order mark and a missing final newline.

## What holds for all

* **Fence.** `---` alone on a line, at column 0; the first one is the very first line of the file.
* **YAML.** A strict subset: `key: value` lines that may nest, lists (`- a`, or `[a, b]` of plain values), and plain,
  quoted and block scalars. Refused, with file, line and column: tags, anchors, aliases, `<<`, duplicate keys,
  directives, several documents, `{{ }}` mappings, more than {strictyaml.MAX_DEPTH} levels, \
{strictyaml.MAX_BYTES // 1024} KiB or {strictyaml.MAX_NODES:,} values.
* **Scalars are text.** `no`, `012` and `12:30` mean themselves; nothing, `~` and `null` mean no value. The tables below
  say what a value has to be. volon quotes what another YAML reader could take for something else.
* **Times** are UTC, `2026-11-19T10:00:00Z`; a date without a time and other offsets are accepted when read.
* **Commit ids** are written in full and quoted; abbreviated ones are accepted when read.
* **Paths** are relative to the repository root, with `/`. In a body, a path that does not fit on a line or is no UTF-8
  stands in double quotes with C escapes, as git writes it.
* **Names in git** (branches, upstreams, working trees) stand as they are; one that is no UTF-8 text, or holds what
  cannot be shown, stands in double quotes with C escapes as well.
* **Headings** count only outside code fences. In text that volon puts in, a line that would open a heading or a fence
  begins with a backslash.
* **Unreadable is not empty.** A record that cannot be read stops the command (exit {ExitCode.CORRUPT:d}) and is left as
  it is; conflict markers of a merge stop it with exit {ExitCode.HUMAN_CONFLICT:d}.
"""

_TASK = f"""\
`.volon/tasks/<id>.md`. The authoritative record of a unit of work; `blocked` with `blocker_type: paused` is read as
paused. In the body volon appends to `## Updates` (made when absent) and never touches the rest.

A task id matches `{"^[A-Z][A-Z0-9]*(-[A-Z0-9]+){1,4}$"}` and has at most 64 characters. What may follow what:

"""

_CAPSULE = f"""\
`.volon/pcc/tasks/<task id>.md`. The latest state of a paused task, written anew by each pause; at most \
{capsule.MAX_WORDS} words below the
frontmatter. What has to give is trimmed in a fixed order and counted ("… n more"); no heading and no next action is
dropped. These sections always stand there, in this order: {", ".join(f"*{title}*" for title in capsule.TITLES)}.

Version 1, as the original of the protocol wrote it, is valid: only the keys marked 1 are expected then, and branch and
worktree are read from the text. The next pause writes version {capsule.SCHEMA_VERSION}.
"""

_BOOTSTRAP = """\
`.volon/bootstrap.md`. What a new session reads first. volon sets and removes `paused_task_id`, `paused_at` and
`resume_hint`, and keeps one line under "What to do next", which ends with `<!-- volon -->`. A file without frontmatter
gets one.
"""

_CHECKPOINT = """\
`.design/checkpoints/NN-<stage>-<YYYY-MM-DD>.md`. One for each pause, never changed afterwards, enough by itself to
resume from. The number has at least two digits. Below the frontmatter stand the lines `**Saved**`, `**Stage**`,
`**Cycle**`, `**In progress**`, `**Next**`, `**Context**`, `**Active sketch**`, `**Open todos**` and
`**Completed this session**` (what is not known is `none`; entries of the last are separated by `; `), then:

* `## Changes at the pause`: a fenced block, one line for each changed path: the two letters of `git status`, mode, blob
  id of the unfiltered bytes, path; `-` where there is none. A rename is `"new" <- "old"`. Where the index has a
  version that is neither HEAD's nor the working tree's, `"path" staged <mode> <blob id>` names it; its bytes are
  only in git's object store, which forgets them some time after the index does.
* `## Capsule`: the whole capsule in a fenced block that nothing inside can close.
* `## In full`: only when a text of the user was too long for the capsule; under `### <field>` a fenced block with the
  whole text, lists with one entry a line in the words `pause-task` takes. Under `### overwritten` stands the capsule
  that this pause overwrote, whole but for secrets, when somebody had edited it since the pause that wrote it.
* `## Commands that were run`: only when `volon run` recorded some; a fenced block with one line of JSON
  (`volon/evidence@1`) for the newest run of each command, at most eight: words, directory, start, duration, exit status
  (negative is a signal), size and SHA-256 of both outputs, and the tree before and after it (HEAD, a digest over path,
  mode and blob id of each uncommitted file, and those files unless they are the changes above or more than 50). A line
  of another form is passed over.

Digests are taken over text with LF line ends and no byte-order mark: `capsule_sha256` over the embedded capsule,
`content_sha256` over the whole file without its own line. Files with only the nine lines and no frontmatter, as the
original tool wrote them, are read too; they cannot be verified.
"""

_CONFIG = """\
`volon.yaml`, else `.volon/volon.yaml`. Everything is optional; a key volon does not know is a warning, a value it
cannot use an error. What runs programs (`hooks`, `replay`) runs only after `volon trust`.
"""

_PIPELINE = """\
Wherever the user keeps it, such as `.volon/pipelines/<name>.yaml`. It is read strictly: an unknown key is an
error, and so are tickets that need each other in a circle. The limits are wider than those above: 16 MiB and a million
values.
"""

_REST = f"""\
## Snapshots

A pause that saves uncommitted work makes one commit at `refs/volon/snap/<uid>`, a name of its own, never moved. Its
parents are the paused commit (none on an unborn branch), a commit with the index as a tree (paths in conflict as in
HEAD), and one with the working tree as git would commit it: the filtered form of every path, untracked ones too, what
was left out as the index has it. Its own tree:

| path | what it holds |
|---|---|
| `manifest.json` | what was saved and what was not; `volon/snapshot@1` |
| `index`, `sharedindex` | the raw bytes of the index; of a split one also the other half |
| `blobs/<2>/<rest>` | the raw bytes of everything the manifest names, under their git ids |

The manifest is one line of ASCII JSON with sorted keys; bytes of names that are no UTF-8 are lone surrogates
(`\\udce9` is the byte `e9`). Unknown keys, and paths that lead out of the working tree or into `.git`, are refused.

| key | what it says |
|---|---|
| `uid`, `created_at`, `head`, `branch`, `operation`, `worktree`, `object_format` | as in the pause's checkpoint |
| `index` | `blob`, `digest` (SHA-256), `shared` (the other half's name), `shared_blob`; null when there was none |
| `files[]` | `path`, `kind` (`file`, `link`, `deleted`), `mode`, `blob`, `filtered`, `tracked`, `ignored` |
| `stages[]` | `path`, `stage`, `mode`, `blob`: conflicts at 1 to 3, and at 0 what the index has beyond HEAD |
| `undone[]` | the same for conflicts that were resolved and that the index still remembers |
| `left_out[]` | `path`, `why`, `detail` (in words) |

`blob` is always of the raw bytes; `filtered` is the form git would commit, where that is another one. `why` is
`secret`, `excluded`, `size`, `total`, `nested`, `submodule`, `special`, `unreadable` or `changed-while-reading`.

Not saved, and not named: empty directories, ignored files nobody asked for, FIFOs and sockets git does not know. Names
that git refuses in a tree, such as `.GIT/x`, are in the manifest and not in the third parent.

## Files without fields of their own

* **`.design/HANDOFF.md`** points at the latest checkpoint (``Latest checkpoint: `PATH` ``). A file without that line is
  read as the whole handoff, as the first version of the original wrote it.
* **`.design/STATE.md`** belongs to another tool. volon reads `stage`, `wave`, `task_progress` and `status` in
  `<position>`, `cycle` and `last_checkpoint` in the frontmatter, and `<blockers>`. A pause writes
  `status: paused:<prior>`, `last_checkpoint`, `<stage>_checkpoint_at` in `<timestamps>` where that block exists,
  and for each `--blocker` a line `[stage] [date]: text`; a resume takes the prefix off and stamps. The stage and
  every other byte stay.
* **`.design/TODO.md`**: `[ ]` and `[-]` are open.
* **`.design/sketches/*`, `.design/spikes/*`** are open until they hold `WINNER.md` or `FINDINGS.md`.
* **Anything else in `.design/`** is the user's, `TODO.md`, sketches and spikes too: uncommitted, it is noted at a pause
  and looked for at a resume like every other file. Volon's are `.volon/` and, in `.design/`, `checkpoints/`,
  `HANDOFF.md` and `STATE.md`.
* **`.volon/pcc/global/*.md`**: at most {context.MAX_FILES} files of {context.MAX_WORDS} words.
* **Refs.** `refs/volon/paused/<ulid>` is a commit whose tree holds the task, the capsule and the checkpoint of a
  pause, whose parent is the paused commit, and whose message has a `Volon-…` trailer for each value that lists
  need; `closed/<ulid>` points to the pause that ended, `snap/<ulid>` to a snapshot. Under these names they go to a
  remote or into a bundle; what came from there lies under `refs/volon/from/<ulid of the pull>/`. On a remote
  `claim/<task uid>` is a line of commits with the trailers `Volon-Claim` (`held`, `released`), `Volon-Task`,
  `Volon-Task-Uid`, `Volon-Checkpoint`, `Volon-Clone` and `Volon-At`; the author is who claims.
* **`.volon/templates/NAME`** replaces a template of that name, when it asks for every place the record needs.
  `{{{{name}}}}` is replaced once; there is no other syntax.
"""


def format_page() -> str:
    """Return docs/FORMAT.md."""
    parts = [
        _INTRODUCTION,
        f"## Task\n\n{_TASK}{_transitions()}\n{_table(task.FIELDS)}",
        f"## Capsule\n\n{_CAPSULE}\n{_table(capsulevalues.FIELDS, since=True)}",
        f"## Bootstrap\n\n{_BOOTSTRAP}\n{_table(bootstrap.FIELDS)}",
        f"## Checkpoint\n\n{_CHECKPOINT}\n{_table(checkpoint.FIELDS)}",
        f"## Settings\n\n{_CONFIG}\n{_table(_settings(), head='key')}",
        f"## Run log\n\n`.volon/logs/`: one JSON object on each line; further keys depend on the verb.\n\n{_run_log()}",
        f"## Pipeline\n\n{_PIPELINE}\n{_table(_nested(spec.FIELDS), head='key')}",
        _REST,
    ]
    return "\n".join(parts)


def exit_codes_page() -> str:
    """Return docs/EXIT_CODES.md."""
    rows = "\n".join(f"| {code:d} | `{code.name.lower()}` | {code.meaning} |" for code in ExitCode)
    return f"""\
# Exit codes

Generated from `volon/errors.py`; do not edit. They are stable, and part of `--json`.

| code | name | meaning |
|---|---|---|
{rows}

`volon prompt` and `volon statusline` exit 0 whatever they find, and with 2 only where they are called wrongly: what is
asked at every prompt must not fail.

`volon run -- COMMAND …` exits with what the command exits with, whatever that is: 128 and the number of the signal that
ended it, 127 where there is no such command, 126 where it cannot be executed. A code of the table comes from volon
itself when nothing ran (then standard error says `Error:`, and with `--json` the object is a `volon/error@1`), or when
the command succeeded and that could not be recorded. So 0 means both: it succeeded, and the evidence is on disk.

`volon pipeline run` and `resume` exit with 1 when a ticket failed, and with 11 when the pipeline is paused for another
reason.
"""


def _table(fields: Iterable[Field], *, since: bool = False, head: str = "key") -> str:
    """One row for each field; with `since`, the version that brought it."""
    extra = ("| since ", "|---", lambda field: f"| {field.since} ") if since else ("", "", lambda _: "")
    rows = [f"| {head} | value | required {extra[0]}| what it says |", f"|---|---|---{extra[1]}|---|"]
    rows += [
        f"| `{field.name}` | {_value(field)} | {_required(field)} {extra[2](field)}| {field.doc} |" for field in fields
    ]
    return "\n".join(rows) + "\n"


def _value(field: Field) -> str:
    if field.choices:
        return ", ".join(f"`{choice}`" for choice in field.choices)
    return _KINDS[field.kind]


def _required(field: Field) -> str:
    if not field.required:
        return ""
    return "yes, may be null" if field.nullable else "yes"


def _settings() -> list[Field]:
    """Every key of volon.yaml with its path."""
    flat: list[Field] = []
    for section in config.FIELDS:
        flat += _nested([section])
        if section.name == "hooks":
            flat += [_below("hooks.<event>[]", field) for field in config.HOOK]
    return flat


def _nested(fields: Iterable[Field]) -> list[Field]:
    """Each key, and those below it, with their paths."""
    flat: list[Field] = []
    for field in fields:
        below = f"{field.name}[]" if field.kind is Kind.OBJECTS else field.name
        flat += [field, *(_below(below, one) for one in field.items)]
    return flat


def _below(prefix: str, field: Field) -> Field:
    return field._replace(name=f"{prefix}.{field.name}")


def _run_log() -> str:
    return _table(schemas.RECORDS["runlog"][2])


def _transitions() -> str:
    rows = ["| from | to |", "|---|---|"]
    for status, followers in task.TRANSITIONS.items():
        named = ", ".join(f"`{one.value}`" for one in task.Status if one in followers)
        rows.append(f"| `{status.value}` | {named or 'nothing: done is final'} |")
    return "\n".join(rows) + "\n"
