"""The oracle: looks at a repository and says whether volon kept its promises there. It shares no code with volon.

Everything here is written against the documents (the on-disk formats, the promises P1, P3 and P7), with its own tiny
readers, so that a mistake in volon's readers cannot hide a mistake in volon's writers.

    python -m tests.crash.oracle DIRECTORY        prints what is broken; exit 1 when something is

`Before.of(root)` describes what must not change; `inspect(root, before)` compares with it. With `settled=False` the
repository is looked at right after a crash: records may then be half-way, but the user's bytes, git's own health and
the way back in must already be in order.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
STATUSES = {"todo", "doing", "paused", "blocked", "done"}
STATE_DIRECTORIES = (".volon", ".design")
# What volon may write outside of records: its own directory in git's, its refs, and git's object store.
# A git that fails leaves its crash report; it holds no work and stands in nobody's way.
GIT_IGNORED = re.compile(
    r"(?:objects|volon|refs/volon|worktrees/[^/]+/volon|info/exclude)(?:/|$)"
    r"|packed-refs$|info/\.volon-tmp-|(?:worktrees/[^/]+/)?fast_import_crash_\d+$"
)
# Of git's own files volon may take its refs out of the packed ones, under a lock that says whose it is.
OWN_REFS = re.compile(rb"^[0-9a-f]+ refs/volon/snap/[0-9A-Z]{26}\n", re.MULTILINE)
OWN_LOCK = "packed-refs.lock"
EXCLUDE_LINES = re.compile(rb"^(?:/\.volon/.*|/\.design/.*|# volon .*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Before:
    """What stood in a repository before volon ran, as digests; what of it may not change.

    Attributes:
        user: every file and every git fact that belongs to the user.
        immutable: the checkpoints, which nothing may rewrite.
        refs: what stood under `refs/volon/`, which nothing may move or delete.
    """

    user: dict[str, str]
    immutable: dict[str, str]
    refs: dict[str, str]

    @classmethod
    def of(cls, root: Path) -> Before:
        """Describe a repository as it is now."""
        immutable = {path: _sha(data) for path, data in _below(root, ".design/checkpoints").items()}
        return cls(user_bytes(root), immutable, {name: oid for name, (oid, _) in volon_refs(root).items()})


def inspect(root: Path, before: Before | None = None, *, settled: bool = True, undone: bool = False) -> list[str]:
    """Say everything that is wrong in a repository.

    Args:
        root: the top of a working tree.
        before: what must not have changed.
        settled: whether a writing command has succeeded since the last crash, so that records must be whole.
        undone: whether an undo has run, which is the one thing that may take a checkpoint away.

    Returns:
        One sentence per broken promise; none when all is well.
    """
    refs = volon_refs(root)
    known = before.refs if before else {}
    wrong = [*_git_is_healthy(root), *_nothing_locks(root, settled=settled), *_events_are_readable(root, refs, known)]
    if before is not None:
        wrong += [f"{name} was moved or deleted" for name, oid in known.items() if refs.get(name, ("", ""))[0] != oid]
        wrong += _difference("changed", before.user, user_bytes(root))
        now = {path: _sha(data) for path, data in _below(root, ".design/checkpoints").items()}
        wrong += [
            f"immutable checkpoint {path} {'is gone' if path not in now else 'was rewritten'}"
            for path, digest in before.immutable.items()
            if now.get(path) != digest and not (undone and path not in now)
        ]
    if settled:
        wrong += _records(root, refs)
    return wrong


# --- the user's bytes ---------------------------------------------------------------------------------------------


def user_bytes(root: Path) -> dict[str, str]:
    """Digest everything that is the user's: working tree, index, HEAD, refs, stash, reflogs, configuration."""
    found = {f"work/{path}": value for path, value in files_of(root).items()}
    for directory in STATE_DIRECTORIES:
        kept = _tree(root / directory, skip=re.compile(r"(?!x)x"))
        found |= {f"{directory}/{path}": value for path, value in kept.items() if not _is_volons(directory, path)}
    for name, git in (("git", _git_dir(root)), ("common", _git_dir(root, common=True))):
        found |= {f"{name}/{path}": value for path, value in _tree(git, skip=GIT_IGNORED).items()}
    exclude = _git_dir(root, common=True) / "info" / "exclude"
    found["common/info/exclude"] = _sha(EXCLUDE_LINES.sub(b"", exclude.read_bytes() if exclude.exists() else b""))
    packed = _git_dir(root, common=True) / "packed-refs"
    if packed.exists():
        found["common/packed-refs"] = f"{packed.stat().st_mode:o} {_sha(OWN_REFS.sub(b'', packed.read_bytes()))}"
    if _is_own_lock(_git_dir(root, common=True)):
        found = {path: value for path, value in found.items() if path.partition("/")[2] != OWN_LOCK}
    # Directories that hold nothing but volon's own may come into being.
    return {path: value for path, value in found.items() if value != "directory" or not _may_appear(path)}


def files_of(root: Path) -> dict[str, str]:
    """Digest the files of a working tree, volon's own and the page it adds to left out."""
    page = r"\.prelude/(?:DISCOVERIES\.md$|archive$|\.volon-tmp-)"
    return _tree(root, skip=re.compile(rf"\.git$|\.volon$|\.design$|{page}"))


def _may_appear(path: str) -> bool:
    return path.endswith(("/info", "/refs/volon", "/objects")) or path.startswith((".volon/", ".design/"))


def _is_volons(directory: str, path: str) -> bool:
    if re.search(r"(^|/)\.volon-tmp-", path):
        return True
    if directory == ".design":
        return path in {"HANDOFF.md", "STATE.md"} or path.startswith("checkpoints/")
    return path in {"README.md", ".gitignore", "agents.json", "bootstrap.md"} or path.startswith(
        ("tasks/", "pcc/tasks/", "plans/", "logs/", "bootstrap/")
    )


def _tree(top: Path, skip: re.Pattern[str]) -> dict[str, str]:
    """Path → kind, mode and digest, for everything below a directory; links are not followed."""
    found: dict[str, str] = {}
    for directory, names, files in os.walk(top):
        below = directory[len(str(top)) + 1 :]
        relative = {name: f"{below}/{name}" if below else name for name in (*names, *files)}
        names[:] = [name for name in names if not skip.match(relative[name])]
        for name in (*names, *files):
            if not skip.match(relative[name]):
                found[relative[name]] = _look(Path(directory, name))
    return found


def _look(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    return "directory" if stat.S_ISDIR(mode) else f"{stat.S_IMODE(mode):o} {_sha(path.read_bytes())}"


def _difference(word: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return [f"{path} {word}: {old.get(path, 'absent')} -> {new.get(path, 'absent')}" for path in paths]


# --- git ----------------------------------------------------------------------------------------------------------


def _git_is_healthy(root: Path) -> list[str]:
    done = _git(root, *_without_empty_checks(root), "fsck", "--full", "--no-dangling", "--no-progress")
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    # An unborn branch is a notice, not a fault.
    lines = [line for line in said.splitlines() if not line.startswith("notice:")]
    return [f"git fsck: {'; '.join(lines) or done.returncode}"] if lines or done.returncode else []


def _without_empty_checks(root: Path) -> Iterator[str]:
    """Settings that spare fsck the two further gits which it starts to verify files that are not there."""
    objects = _git_dir(root, common=True) / "objects"
    for name, file in (("core.commitGraph", "info/commit-graph"), ("core.multiPackIndex", "pack/multi-pack-index")):
        if not any((*objects.glob(f"{file}*"), *objects.glob("info/alternates"))):
            yield from ("-c", f"{name}=false")


def _is_own_lock(common: Path) -> bool:
    """Whether the lock on packed refs is a second name of the note that tells it from git's own, which is empty."""
    lock, note = common / OWN_LOCK, common / "volon" / "purging"
    return lock.exists() and note.exists() and lock.read_bytes() == note.read_bytes() != b""


def _nothing_locks(root: Path, *, settled: bool) -> list[str]:
    """Locks of refs with a name used only once stand in nobody's way; all others would lock the user out.

    One that volon knows as its own may be there until the next command.
    """
    locks = {
        path.relative_to(directory).as_posix()
        for directory in {_git_dir(root), _git_dir(root, common=True)}
        for path in directory.rglob("*.lock")
    }
    # What is thrown away again has a name that is used once, too.
    once = re.compile(r"volon/scratch/[0-9a-f]+/.*|refs/volon/(?:from/[0-9A-Z]{26}/)?[a-z]+/[0-9A-Z]{26}\.lock")
    if not settled and _is_own_lock(_git_dir(root, common=True)):
        locks.discard(OWN_LOCK)
    return [f"left-over lock {lock}" for lock in sorted(locks) if not once.fullmatch(lock)]


def _events_are_readable(root: Path, refs: dict[str, tuple[str, str]], known: dict[str, str]) -> list[str]:
    """Every event carries one checkpoint, whole; those that were looked at before are not looked at again."""
    wrong = []
    for name, (oid, _) in refs.items():
        if known.get(name) == oid or not re.search(r"/(?:paused|closed)/", name):
            continue
        packed = _git(root, "archive", "--format=tar", oid)
        if packed.returncode:
            wrong.append(f"{name} cannot be read: {packed.stderr.decode(errors='replace').strip()}")
            continue
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            members = [
                member for member in archive if member.name.startswith(".design/checkpoints/") and member.isfile()
            ]
            checkpoints = [stream.read() for member in members if (stream := archive.extractfile(member))]
        if len(checkpoints) != 1:
            wrong.append(f"{name} carries {len(checkpoints)} checkpoints")
        wrong += [f"{name}: {problem}" for data in checkpoints for problem in _checkpoint_problems(data)]
    return wrong


def volon_refs(root: Path) -> dict[str, tuple[str, str]]:
    """Give every ref under `refs/volon/` with what it points at and that commit's message."""
    listed = _git(root, "for-each-ref", "--format=%(refname)%00%(objectname)%00%(contents)%00", "refs/volon/")
    fields = listed.stdout.decode(errors="replace").split("\0")
    rows = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {name.strip(): (oid, message) for name, oid, message in rows}


# --- records ------------------------------------------------------------------------------------------------------


def _records(root: Path, refs: dict[str, tuple[str, str]]) -> list[str]:
    git, common = _git_dir(root) / "volon", _git_dir(root, common=True) / "volon"
    wrong = [f"unfinished: {path}" for path in ("journal",) if (git / path).exists()]
    wrong += [f"left over: {path.name}" for path in (git / "tmp").glob("*")]
    for directory in (
        *(root / name for name in (*STATE_DIRECTORIES, ".prelude")),
        common / "ops",
        common.parent / "info",
    ):
        wrong += [f"left over: {path}" for path in directory.rglob(".volon-tmp-*")]
    tasks = {path: front(data) for path, data in _below(root, ".volon/tasks").items()}
    checkpoints = _below(root, ".design/checkpoints")
    capsules = _below(root, ".volon/pcc/tasks")
    wrong += _tasks(tasks) + _checkpoints(root, checkpoints) + _capsules(capsules, checkpoints)
    wrong += _pause_is_whole(tasks, capsules, checkpoints) + _pointers(root, tasks, checkpoints)
    operations = [_operation(path) for path in sorted((common / "ops").glob("*"))]
    wrong += _files_are_what_was_written(root, operations) + _refs_tell_the_same(refs, tasks, operations)
    log = root / ".volon/logs/run.jsonl"
    wrong += [f"run log: {line!r}" for line in _lines(log) if not _is_json(line)]
    return wrong


def _tasks(tasks: dict[str, dict[str, str]]) -> list[str]:
    wrong = _duplicates("task uid", [task.get("uid", path) for path, task in tasks.items()])
    for path, task in tasks.items():
        if task.get("id") != Path(path).stem:
            wrong.append(f"{path} says it is {task.get('id')}")
        if task.get("status") not in STATUSES:
            wrong.append(f"{path} has status {task.get('status')}")
        if task.get("status") == "paused" and task.get("prior_status") not in STATUSES - {"paused"}:
            wrong.append(f"{path} is paused and was {task.get('prior_status')}")
    return wrong


def _checkpoints(root: Path, checkpoints: dict[str, bytes]) -> list[str]:
    fronts = {path: front(data) for path, data in checkpoints.items()}
    wrong = _duplicates("checkpoint uid", [one.get("uid", "") for one in fronts.values()])
    wrong += _duplicates("checkpoint number", [one.get("number", "") for one in fronts.values()])
    for path, one in fronts.items():
        if int(Path(path).name.split("-")[0]) != int(one.get("number", "-1")):
            wrong.append(f"{path} has number {one.get('number')}")
        if (root / path).stat().st_mode & 0o222:
            wrong.append(f"{path} can be written")
        wrong += [f"{path}: {problem}" for problem in _checkpoint_problems(checkpoints[path])]
    return wrong


def _checkpoint_problems(data: bytes) -> list[str]:
    """A checkpoint embeds the capsule whose digest it names, and names its own."""
    digest = front(data).get("capsule_sha256", "")
    embedded = _embedded_capsule(data)
    wrong = (
        [] if embedded is not None and _sha(embedded) == digest else ["the embedded capsule is not the one it names"]
    )
    whole = data.replace(b"\r\n", b"\n")
    rest = re.sub(rb"^content_sha256:.*\n", b"", whole, count=1, flags=re.MULTILINE)
    return wrong if front(data).get("content_sha256") == _sha(rest) else [*wrong, "its own digest does not match"]


def _embedded_capsule(data: bytes) -> bytes | None:
    body = data.replace(b"\r\n", b"\n").partition(b"\n## Capsule\n")[2]
    fenced = re.search(rb"^(`{3,}|~{3,})[^\n]*\n(.*?)^\1$", body, re.MULTILINE | re.DOTALL)
    return fenced[2] if fenced else None


def _capsules(capsules: dict[str, bytes], checkpoints: dict[str, bytes]) -> list[str]:
    wrong = []
    for path, data in capsules.items():
        capsule = front(data)
        checkpoint = front(checkpoints.get(capsule.get("checkpoint", ""), b""))
        if capsule.get("task_id") != Path(path).stem:
            wrong.append(f"{path} is of {capsule.get('task_id')}")
        wrong += [
            f"{path} has {key} {capsule.get(key)}, its checkpoint {checkpoint.get(key)}"
            for key in ("uid", "paused_commit", "task_id", "branch")
            if capsule.get(key) != checkpoint.get(key)
        ]
        if not capsule.get("resumed_at") and _sha(data) != checkpoint.get("capsule_sha256"):
            wrong.append(f"{path} is not what its checkpoint embeds")
    return wrong


def _pause_is_whole(
    tasks: dict[str, dict[str, str]], capsules: dict[str, bytes], checkpoints: dict[str, bytes]
) -> list[str]:
    wrong = []
    paused_by = {front(data).get("uid") for data in checkpoints.values()}
    for path, task in tasks.items():
        capsule = front(capsules.get(f".volon/pcc/tasks/{Path(path).name}", b""))
        live = bool(capsule) and not capsule.get("resumed_at")
        if task.get("status") == "paused" and not (live and capsule.get("uid") in paused_by):
            wrong.append(f"{path} is paused but its capsule is {'resumed' if capsule else 'missing'}")
        if task.get("status") == "doing" and live:
            wrong.append(f"{path} is doing but its capsule was not resumed")
    return wrong


def _pointers(root: Path, tasks: dict[str, dict[str, str]], checkpoints: dict[str, bytes]) -> list[str]:
    wrong = []
    bootstrap = front(_read(root / ".volon/bootstrap.md"))
    pointed = bootstrap.get("paused_task_id", "")
    if pointed and tasks.get(f".volon/tasks/{pointed}.md", {}).get("status") not in {"paused", "blocked"}:
        wrong.append(f"bootstrap points to {pointed}, which is not paused")
    if bool(pointed) != bool(bootstrap.get("paused_at")):
        wrong.append("bootstrap has only one of paused_task_id and paused_at")
    handoff = re.search(rb"`([^`]*)`", _read(root / ".design/HANDOFF.md"))
    newest = max(checkpoints, key=lambda path: int(Path(path).name.split("-")[0]), default="")
    target = handoff[1].decode() if handoff else ""
    if target != newest:
        wrong.append(f"HANDOFF points to {target or 'nothing'}, the newest checkpoint is {newest or 'none'}")
    status = re.search(rb"status:\**\s*\"?(paused:)?", _read(root / ".design/STATE.md"), re.IGNORECASE)
    any_paused = any(task.get("status") == "paused" or task.get("blocker_type") for task in tasks.values())
    if status and status[1] and not any_paused:
        wrong.append("STATE.md is paused and no task is")
    return wrong


def hooks_ran(root: Path, log: Path) -> list[str]:
    """Compare what the hooks of a repository wrote down with its pauses: each ran for every one, and for no other.

    Only for a repository in which a writing command has succeeded since the last kill.
    """
    if b"on_pause" not in _read(root / "volon.yaml"):
        return []
    operations = [_operation(path) for path in sorted((_git_dir(root, common=True) / "volon/ops").glob("*"))]
    paused = {one["name"] for one in operations if one["verb"] == "pause"}
    ran = {line.decode() for line in _lines(log)}
    wrong = [f"still owed: {path.name}" for path in (_git_dir(root) / "volon/outbox").glob("*")]
    wrong += [f"the hooks of pause {op} never ran" for op in sorted(paused - ran)]
    return wrong + [f"hooks ran for {op}, which is no pause" for op in sorted(ran - paused)]


def _files_are_what_was_written(root: Path, operations: list[dict[str, Any]]) -> list[str]:
    """The newest operation on each file says what is in it, unless a person edited it since."""
    newest: dict[str, dict[str, Any]] = {}
    wrong = [f"operation {one['name']} is damaged" for one in operations if one.get("damaged")]
    for one in operations:
        if one.get("worktree") == os.path.realpath(root):
            newest |= {entry["path"]: entry for entry in one["entries"] if entry["root"] == "worktree"}
    for path, entry in newest.items():
        meant = entry["after"]["sha256"] if entry["after"] else None
        target = root / path
        is_now = _sha(target.read_bytes()) if target.is_file() else None
        if entry["kind"] != "append" and meant != is_now:
            wrong.append(f"{path} is not what the newest operation wrote")
    return wrong


def _refs_tell_the_same(
    refs: dict[str, tuple[str, str]], tasks: dict[str, dict[str, str]], operations: list[dict[str, Any]]
) -> list[str]:
    """The newest committed event of each task under refs/volon/ is a pause exactly when the task is paused."""
    committed = {one["name"] for one in operations}
    latest: dict[str, str] = {}
    for name, (_, message) in sorted(refs.items(), key=lambda item: item[0].rpartition("/")[2]):
        kind, ulid = name.rsplit("/", 2)[1:]
        uid = re.search(r"^Volon-Task-Uid: (\S+)$", message, re.MULTILINE)
        if ulid in committed and uid and kind in {"paused", "closed"}:
            latest[uid[1]] = kind
    return [
        f"{path} is {task.get('status')}, its newest event is {latest.get(task.get('uid', ''), 'none')}"
        for path, task in tasks.items()
        if (task.get("status") == "paused") != (latest.get(task.get("uid", "")) == "paused")
    ]


# --- tiny readers -------------------------------------------------------------------------------------------------


def front(data: bytes) -> dict[str, str]:
    """Read the plain `key: value` lines of a frontmatter; null and absent are the empty text."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}
    head = text[4:].partition("\n---\n")[0]
    pairs = (line.partition(":") for line in head.splitlines() if re.match(r"[A-Za-z_]\w*:", line))
    return {key: _scalar(value.strip()) for key, _, value in pairs}


def _scalar(text: str) -> str:
    if text[:1] == '"':
        value, _ = json.JSONDecoder().raw_decode(text)
        return str(value)
    if text[:1] == "'":
        return text[1 : text.rindex("'")].replace("''", "'")
    return "" if text in {"null", "~"} else text


def _operation(path: Path) -> dict[str, Any]:
    """Read one archived operation: magic, length, a line of JSON, images, checksum."""
    data = path.read_bytes()
    content, _, tail = data[:-1].rpartition(b"\n")
    magic, length, rest = data.split(b"\n", 2)
    head: dict[str, Any] = json.loads(rest[: int(length)])
    bad = magic != b"VOLON1" or tail.decode() != _sha(content) or head["op"] != path.name
    return {**head, "name": path.name, "damaged": bad}


def _below(root: Path, directory: str) -> dict[str, bytes]:
    found = (root / directory).glob("*.md")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _lines(path: Path) -> list[bytes]:
    return _read(path).splitlines()


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _duplicates(what: str, values: list[str]) -> list[str]:
    return [
        f"{what} {value!r} is used {values.count(value)} times"
        for value in sorted(set(values))
        if values.count(value) > 1
    ]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _git_dir(root: Path, *, common: bool = False) -> Path:
    """Find the git directory of a working tree by reading what git reads; linked working trees have two."""
    pointer = root / ".git"
    git = pointer if pointer.is_dir() else root / pointer.read_text().removeprefix("gitdir: ").strip()
    shared = git / "commondir"
    return (git / shared.read_text().strip()).resolve() if common and shared.exists() else git


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    return subprocess.run(
        ["git", *words], cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


if __name__ == "__main__":
    problems = inspect(Path(sys.argv[1]))
    print("\n".join(problems) or "all is well")
    sys.exit(1 if problems else 0)
