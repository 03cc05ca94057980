"""What kinds of things are not as they were, and the tables of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.roundtrip.oracle import Seen

COLUMNS = (
    *("refused to save", "refused to put back", "stopped halfway"),
    *("bytes", "modes", "links", "tracked files", "untracked files", "odd names", "ignored files", "new files stay"),
    *("staged versions", "conflict stages", "index flags", "HEAD, refs or logs", "all well"),
)
_REFUSED = {"refused to save", "refused to put back"}
_USERS = ("refs/heads/", "refs/tags/", "refs/remotes/")

Outcome = list[Any]
"""The columns that a repository counts in, and why a contender refused it."""


def losses(then: Seen, wrecked: Seen, now: Seen) -> set[str]:
    """The columns that say what did not come back, or moved that should not.

    Args:
        then: when it was saved.
        wrecked: before it was put back.
        now: after that.
    """
    return {*_files(then, wrecked, now), *_index(then, now), *_others(wrecked, now)}


def _files(then: Seen, wrecked: Seen, now: Seen) -> Iterator[str]:
    for path, (kind, data) in then.files.items():
        found = now.files.get(path)
        if found == (kind, data) or path in then.hidden | wrecked.hidden:
            continue
        if path in then.ignored:
            yield "ignored files"
            continue
        try:
            path.decode()
        except UnicodeDecodeError:
            yield "odd names"
        if found is None:
            yield "tracked files" if _tracked(then, path) else "untracked files"
        elif "link" in (kind, found[0]):
            yield "links"
        else:
            yield from (["modes"] if found[0] != kind else [])
            yield from (["bytes"] if found[1] != data else [])
    for path in now.files.keys() - then.files.keys() - then.hidden - wrecked.hidden - wrecked.ignored - now.ignored:
        yield "tracked files" if _tracked(then, path) else "new files stay"


def _tracked(then: Seen, path: bytes) -> bool:
    return b"\t" + path + b"\0" in then.entries


def _index(then: Seen, now: Seen) -> Iterator[str]:
    if then.index == now.index:
        return
    was, found = (_rows(one.entries) for one in (then, now))
    for name, part in (("staged versions", "0"), ("conflict stages", "123")):
        if [row[1:] for row in was if row[2] in part] != [row[1:] for row in found if row[2] in part]:
            yield name
    kept = {row[1:] for row in was} & {row[1:] for row in found}
    if {row for row in was if row[1:] in kept} != {row for row in found if row[1:] in kept}:
        yield "index flags"


def _rows(entries: bytes) -> list[tuple[str, str, str, str]]:
    """Flag, mode and id, stage, path; without the conflicts that were resolved, which only `git` itself looks at."""
    rows = (row.decode("utf-8", "surrogateescape").partition("\t") for row in entries.split(b"\0") if row)
    found = ((head.split(" "), path) for head, _, path in rows)
    return [(flag, f"{mode} {oid}", stage, path) for (flag, mode, oid, stage), path in found if flag != "U"]


def _others(wrecked: Seen, now: Seen) -> Iterator[str]:
    """Everything but the refs that a contender keeps its own work under."""
    lines, logs = zip(*map(_users, (wrecked, now)), strict=True)
    if lines[0] != lines[1] or logs[0] != logs[1]:
        yield "HEAD, refs or logs"


def _users(seen: Seen) -> tuple[list[str], dict[str, str]]:
    own = ("refs", "/stash", "ORIG_HEAD", "AUTO_MERGE")
    logs = {name: value for name, value in seen.refs.items() if not name.endswith(own)}
    return [line for line in seen.refs["refs"].splitlines() if line.startswith(_USERS)], logs


def tally(tried: list[dict[str, Outcome]]) -> dict[str, Any]:
    """Add up: over all repositories, and over those that the last contender, stepback, did not refuse."""
    names = list(tried[0])
    taken = [one for one in tried if not _REFUSED & set(one[names[-1]][0])]
    return {
        "all": {name: _counted(tried, name) for name in names},
        "taken": {name: _counted(taken, name) for name in names},
        "reasons": {name: dict(Counter(one[name][1] for one in tried if one[name][1])) for name in names},
    }


def _counted(tried: list[dict[str, Outcome]], name: str) -> dict[str, int]:
    counts = Counter(column for one in tried for column in one[name][0])
    return {"repositories": len(tried), **{column: counts[column] for column in COLUMNS}}


def render(results: dict[str, Any]) -> str:
    """Both tables in Markdown, one row for each kind of loss."""
    names = list(results["all"])
    number = results["all"][names[0]]["repositories"]
    further = results["taken"][names[0]]["repositories"]
    titles, line = " | ".join(map(_shown, names)), f"|---|{'---:|' * len(names)}"
    tables = ((f"of {number} repositories", "all"), (f"of the {further} that {names[-1]} took", "taken"))
    return "\n\n".join(
        "\n".join([f"| {head} | {titles} |", line, *(_row(results[part], column) for column in COLUMNS)])
        for head, part in tables
    )


def in_short(found: dict[str, dict[str, int]]) -> str:
    """The row of the README: how many each contender saved, and how many came back without a loss."""
    pairs = [f"{one['repositories'] - one['refused to save']} / {one['all well']}" for one in found.values()]
    title = f"{found['volon']['repositories']} hard repositories: saved / back without loss"
    return f"| {title} | **{pairs[0]}** | {pairs[1]} | {pairs[2]} |"


def _row(found: dict[str, dict[str, int]], column: str) -> str:
    return f"| {column} | {' | '.join(str(one[column]) for one in found.values())} |"


def _shown(name: str) -> str:
    return f"`{name}`" if name.startswith("git stash") else name.replace("git add -A", "`git add -A`")
