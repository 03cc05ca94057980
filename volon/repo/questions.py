"""Small questions a use-case asks git besides the facts: subjects, commits in between, where the user was.

Promises: reading only; an id that git does not know any more gives an empty answer, not an error.

Source: contract §7 (*Completed this session*, *You were*), §4 (state files are kept out of the user's diffs).
"""

from __future__ import annotations

import os

from volon.gitfiles import head_text
from volon.model.facts import STATE_PATHS, WITHOUT_STATE, is_state_path
from volon.model.syntax.gitpath import quote_path
from volon.paths import Path
from volon.patterns import pattern
from volon.repo.blobs import decode
from volon.repo.git import is_object_id
from volon.repo.operations import in_progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.facts import Change, GitFacts
    from volon.repo.fewpaths import Comparing
    from volon.repo.repository import Repository

_STATE = tuple(f":/{path}" for path in STATE_PATHS)
_HUNK = pattern(rb"(?m)^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_MOST_COMMITS = 10
_CODES = "XY "


def subject(repository: Repository, commit: str) -> str:
    """Return a commit's subject line."""
    status, out = repository.git.ask("log", "-1", "--format=%s", commit, "--", ok=(0, 128))
    return decode(out).strip() if status == 0 else ""


def commits_between(repository: Repository, old: str, new: str) -> tuple[str, ...]:
    """Return `id subject` of the commits that `new` has and `old` has not, oldest first, volon's own left out.

    At most ten, then one line saying how many more.
    """
    if not (is_object_id(old) and is_object_id(new)):
        return ()
    arguments = ("log", "--reverse", "--format=%h %s", f"{old}..{new}", "--", *WITHOUT_STATE)
    status, out = repository.git.ask(*arguments, ok=(0, 128))
    rows = tuple(decode(line) for line in out.splitlines()) if status == 0 else ()
    more = len(rows) - _MOST_COMMITS
    return rows if more <= 0 else (*rows[-_MOST_COMMITS:], f"… and {more} earlier")


def commits_along(repository: Repository, old: str, new: str) -> tuple[str, ...]:
    """Return the ids of the commits that lead from `old` to `new` along first parents, oldest first, `old` left out.

    None where `new` did not come out of `old`.
    """
    git = repository.git
    if git.ask("merge-base", "--is-ancestor", old, new, ok=(0, 1, 128))[0] != 0:
        return ()
    return tuple(decode(git.run("rev-list", "--first-parent", "--reverse", new, f"^{old}")).split())


def you_were(repository: Repository, facts: GitFacts, comparing: Comparing) -> Callable[[], str | None]:
    """Let git look at the changed file that was written last; call what is returned for its `path:line`.

    The line is that of its last change; without it where there is none, None where nothing changed.
    """
    dated = [(stamp, change) for change in facts.changes if (stamp := _written(repository.root, change)) is not None]
    newest = max(dated, key=lambda row: (row[0], row[1].path))[1] if dated else None
    name = quote_path(newest.path) if newest is not None else None
    if newest is None or newest.untracked or facts.head is None or newest.mode not in {"100644", "100755"}:
        return lambda: name
    answer = comparing.begin(("-p", "-U0"), [newest.path], swiftly=newest.path in comparing.paths)

    def where() -> str:
        hunks = _HUNK.findall(answer() or b"")
        return f"{name}:{_last_line(*hunks[-1])}" if hunks else name or ""

    return where


def tracked_state(repository: Repository) -> tuple[str, ...]:
    """Return those of volon's files that git tracks."""
    out = repository.git.run("ls-files", "-z", "--full-name", "--", *_STATE)
    return tuple(decode(path) for path in out.split(b"\0") if path)


def untracked_state(repository: Repository) -> tuple[str, ...]:
    """Return volon's files that wait for the user's next commit: new or changed, and not ignored."""
    out = repository.git.run("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *_STATE)
    paths = (decode(row[len(_CODES) :]) for row in out.split(b"\0") if row)
    return tuple(path for path in paths if is_state_path(path))


def _written(root: Path, change: Change) -> float | None:
    # Of an untracked file git says no mode, and it may not have been read yet.
    there = change.mode is not None or change.status.endswith("?")
    try:
        return os.lstat(root / change.path).st_mtime if there else None
    except OSError:
        return None


def _last_line(start: bytes, length: bytes) -> int:
    return max(1, int(start) + max(int(length or b"1"), 1) - 1)


def current_branch(repository: Repository) -> str | None:
    """Return the branch that is checked out, read from the file `HEAD` alone; None when detached."""
    head = head_text(str(repository.git_dir))
    prefix = b"ref: refs/heads/"
    return decode(head[len(prefix) :]) if head.startswith(prefix) else None


def exists(repository: Repository, path: str) -> bool:
    """Return whether something lies at a path of the working tree; a path that leads out of it has nothing."""
    parts = Path(path).parts
    return ".." not in parts and not Path(path).is_absolute() and os.path.lexists(repository.root / path)


def is_free(repository: Repository, branch: str) -> bool:
    """Return whether git would switch to a branch: not while it keeps it for a working tree that it cannot find."""
    from volon.repo import branches  # noqa: PLC0415  few commands ask about other branches

    return not branches.is_astray(repository.common_dir, branch)


def is_unmerged(repository: Repository, path: str) -> bool:
    """Return whether git has several versions of a path in its index, as a merge with conflicts leaves them."""
    return bool(repository.git.run("ls-files", "-u", "-z", "--", f":(top,literal){path}"))


def has_branch(repository: Repository, branch: str) -> bool:
    """Return whether a local branch of that name exists."""
    status, _ = repository.git.ask("show-ref", "--verify", "--quiet", f"refs/heads/{branch}", ok=(0, 1, 128))
    return status == 0


def present_name(repository: Repository, branch: str) -> str | None:
    """Return what a local branch is called now, whoever renamed it; None when it is gone."""
    if has_branch(repository, branch):
        return branch
    from volon.repo import branches  # noqa: PLC0415  few commands ask about other branches

    return branches.renamed_to(repository.git, branch, current_branch(repository))


def is_on(repository: Repository, branch: str | None) -> bool:
    """Return whether a branch is the one worked on: checked out, under whatever name, or being rebased."""
    now = current_branch(repository)
    if now == branch or branch is None:
        return now == branch
    if now is None:
        operation = in_progress(repository.git_dir)
        return operation is not None and operation.branch == branch
    return present_name(repository, branch) == now


def holds(repository: Repository, branch: str, path: str) -> bool:
    """Return whether the newest commit of a local branch has a file at a path."""
    status, _ = repository.git.ask("cat-file", "-e", f"refs/heads/{branch}:{path}", ok=(0, 1, 128))
    return status == 0


def same_work(repository: Repository, one: str, other: str) -> bool:
    """Return whether two commits have the same files, volon's own aside; also when git cannot tell, they have not."""
    words = ("diff-tree", "-r", "--quiet", "--no-ext-diff", one, other, "--", *WITHOUT_STATE)
    return repository.git.ask(*words, ok=(0, 1, 128))[0] == 0
