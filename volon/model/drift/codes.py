"""The preflight codes: the one table of what each means, how severe it is and what to do about it.

`docs/PREFLIGHT.md` is generated from here; the codes are stable and part of `--json`.

Source: contract §5.
"""

from __future__ import annotations

from volon.plain import NamedTuple, StrEnum


class Severity(StrEnum):
    """How much a finding matters: `ok` and `note` inform, a `warning` is shown and logged, a `blocker` stops."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    BLOCKER = "blocker"


class Code(NamedTuple):
    """One row of the table.

    Attributes:
        label: the word before the sentence in output for people.
        severity: the usual one.
        meaning: what is the case.
        advice: what to do about it.
        milder: another severity the code may have, and when.
    """

    label: str
    severity: Severity
    meaning: str
    advice: str
    milder: tuple[Severity, str] | None = None


_OK, _NOTE, _WARNING, _BLOCKER = Severity.OK, Severity.NOTE, Severity.WARNING, Severity.BLOCKER

CODES: dict[str, Code] = {
    "head.same": Code("HEAD", _OK, "HEAD is the commit the work was paused on.", "Nothing."),
    "head.state-only": Code(
        "HEAD", _OK, "Only commits that touch nothing but volon's own files lie between the pause and now.", "Nothing."
    ),
    "head.ahead": Code(
        "HEAD",
        _WARNING,
        "Commits were added since the pause; they are listed with their files, those touching key files are marked.",
        "Read them before going on.",
    ),
    "head.behind": Code(
        "HEAD",
        _WARNING,
        "HEAD is older than the paused commit: commits that were there are not now.",
        "Look at what is missing; the paused commit is still in the repository.",
    ),
    "head.diverged": Code(
        "HEAD",
        _WARNING,
        "HEAD and the paused commit each have commits that the other has not.",
        "Compare both sides; the branch of the pause may be another one.",
    ),
    "head.rewritten": Code(
        "HEAD",
        _WARNING,
        "The commits of the pause are there under new ids (rebased, amended, squashed or cherry-picked); "
        "what is really new and what was left out is listed.",
        "Go on from the new commits; look at those that changed on the way.",
    ),
    "head.missing": Code(
        "HEAD",
        _WARNING,
        "The paused commit is not in this repository: the clone is shallow, the commit was pruned, "
        "or it was made in another clone and never came here.",
        "Get it as the finding says; the records can be resumed without it.",
    ),
    "branch.switched": Code(
        "branch", _WARNING, "Another branch is checked out than at the pause.", "Switch back, or go on here on purpose."
    ),
    "branch.renamed": Code(
        "branch", _WARNING, "The branch of the pause has another name now.", "Nothing, when you are on it."
    ),
    "branch.deleted": Code(
        "branch", _WARNING, "The branch of the pause is gone.", "Make it again at the paused commit if you need it."
    ),
    "branch.detached": Code(
        "branch", _WARNING, "HEAD is detached; at the pause a branch was checked out.", "Switch back to the branch."
    ),
    "worktree.other": Code(
        "worktree", _WARNING, "The work was paused in another working tree.", "Resume there, or go on here on purpose."
    ),
    "worktree.missing": Code(
        "worktree",
        _BLOCKER,
        "The working tree the work was paused in is gone.",
        "Go to its branch here, then use `--force`: what was not committed went with it.",
    ),
    "tree.same": Code(
        "files",
        _OK,
        "The uncommitted changes of the pause are there, byte for byte, and no others. Of a submodule only the commit "
        "is compared, of a nested repository only that it is there, and a file that could not be read, or that a "
        "sparse checkout leaves out, is not compared: the finding counts and names them.",
        "Nothing.",
    ),
    "tree.dirty": Code(
        "files",
        _WARNING,
        "There are changes that were not there at the pause: new ones, or work that went on. Work whose bytes lie at "
        "another path of the tree now is named with it. Work that was committed in another version is so called only "
        "when its lines are in that version, or when it was committed here and the bytes of the pause are not at hand "
        "to be compared: then the finding says so.",
        "Look at them; they are yours or a tool's, volon made none of them.",
    ),
    "tree.lost": Code(
        "files",
        _WARNING,
        "Uncommitted work recorded at the pause is not in the tree now; "
        "where a stash, the index or a commit holds the bytes, it is named. Work that was committed and taken out "
        "again counts, and so does a version that was only staged.",
        "Bring it back as the finding says, or find out who removed it.",
    ),
    "tree.absorbed": Code(
        "files",
        _OK,
        "Uncommitted work recorded at the pause was committed since, and HEAD has it, as it was or with later commits "
        "on top; the commit is named.",
        "Nothing.",
    ),
    "upstream.ahead": Code(
        "upstream",
        _WARNING,
        "The upstream branch has commits that neither HEAD nor the paused commit has.",
        "Read them; merge or rebase when you are ready.",
    ),
    "upstream.rewritten": Code(
        "upstream",
        _WARNING,
        "The upstream branch was rewritten by somebody else: commits are there under new ids, or are gone.",
        "Compare both before you push.",
    ),
    "upstream.gone": Code(
        "upstream",
        _WARNING,
        "The upstream branch of the pause does not exist any more.",
        "Nothing, when the finding says that it was merged; else find out, or stop following it.",
    ),
    "fetch.stale": Code(
        "upstream",
        _NOTE,
        "What is known of the remote's upstream branch is older than a day, or nothing was ever fetched.",
        "`git fetch`; volon itself never does.",
    ),
    "operation.in-progress": Code(
        "git",
        _BLOCKER,
        "Git is in the middle of a merge, rebase, cherry-pick, revert, am or bisect.",
        "Finish it, or use `--force`.",
        milder=(_WARNING, "the same operation, with the same commits, was in progress at the pause"),
    ),
    "keyfile.changed": Code(
        "key file",
        _WARNING,
        "A file that the capsule or a next action names is not what it was: who changed it, and in which commit.",
        "Check whether the plan still holds.",
    ),
    "keyfile.missing": Code(
        "key file",
        _WARNING,
        "A file that the capsule or a next action names is gone.",
        "Check whether the plan still holds.",
    ),
    "conflict.head": Code(
        "conflict",
        _WARNING,
        "Uncommitted work of the pause that is not in the tree would conflict with HEAD if it were brought back; the "
        "paths are named. It needs the pause's snapshot; nothing is touched to find out.",
        "Compare both; bring it back beside this tree.",
    ),
    "conflict.upstream": Code(
        "conflict",
        _WARNING,
        "The work of the pause, as its snapshot has it, would conflict with where its upstream branch is now; the "
        "paths are named.",
        "Compare both before you merge or rebase.",
    ),
    "blocker.external": Code(
        "task",
        _BLOCKER,
        "The task waits for something outside.",
        "`volon task unblock TASK` when it is no longer so; nothing is written until then.",
    ),
    "confidence.low": Code(
        "capsule",
        _WARNING,
        "Whoever paused was not sure; the open questions are printed.",
        "Have a person look before work goes on.",
    ),
    "evidence.stale": Code("evidence", _WARNING, "The inputs of a recorded command changed since.", "Run it again."),
    "evidence.failed": Code(
        "evidence",
        _WARNING,
        "A recorded command was run again (`--replay`) and ends otherwise than at the pause.",
        "Find out why.",
        milder=(_NOTE, "it failed at the pause and does not now"),
    ),
    "capsule.missing": Code(
        "capsule",
        _NOTE,
        "The task has no capsule; the next actions come from its open acceptance items and last updates.",
        "Pause once, and there is one.",
    ),
    "capsule.invalid": Code(
        "capsule",
        _BLOCKER,
        "The capsule breaks a rule; file, line and rule are named.",
        "`volon doctor --fix` puts the checkpoint's copy back; or correct the file.",
    ),
    "checkpoint.tampered": Code(
        "checkpoint",
        _BLOCKER,
        "The checkpoint is not what volon wrote: its content does not match its own digest.",
        "`volon doctor --fix` puts back what the pause wrote; or resume another checkpoint.",
    ),
}
"""Code → meaning, in the order in which findings are reported."""


def render_page() -> str:
    """Return `docs/PREFLIGHT.md`."""
    rows = [f"| `{name}` | {_severity(code)} | {code.meaning} | {code.advice} |" for name, code in CODES.items()]
    return "\n".join([*_INTRODUCTION, *rows, ""])


def _severity(code: Code) -> str:
    return f"{code.severity}; {code.milder[0]} when {code.milder[1]}" if code.milder else str(code.severity)


_INTRODUCTION = (
    "# Preflight",
    "",
    "<!-- Generated from volon/model/drift/codes.py by docs/generate.py; do not edit. -->",
    "",
    "Before work is resumed volon compares what was recorded at the pause with what the repository says now. Each",
    "finding has a stable code, a severity, a sentence, details, and the command that shows or resolves it. The",
    "command never destroys anything.",
    "",
    "`ok` and `note` inform. A `warning` is shown and noted in the run log, and stops only under `--strict`. A",
    "`blocker` stops with exit code 3; `--force` overrides it and is logged.",
    "",
    "| code | severity | what | what to do |",
    "|---|---|---|---|",
)
