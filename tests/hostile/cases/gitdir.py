"""A git directory whose own files lie: pointers, refs, index, operations in progress, owners (S6, S7, G-states)."""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import Case
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_FILES: dict[str, tuple[str, bytes]] = {
    "head-escape": ("HEAD", b"ref: refs/heads/\x1b]0;x\x07\n"),
    "head-outside": ("HEAD", b"ref: ../../outside/secret.txt\n"),
    "head-absolute": ("HEAD", b"ref: /etc/passwd\n"),
    "head-volon": ("HEAD", b"ref: refs/volon/paused/01M7YM1N77RGT4KXZ8NX6AXASA\n"),
    "head-long": ("HEAD", b"ref: refs/heads/" + b"a/" * 20_000 + b"x\n"),
    "head-bytes": ("HEAD", b"ref: refs/heads/\xff\xfe\n"),
    "head-empty": ("HEAD", b""),
    "packed-refs-garbage": ("packed-refs", b"\x00\xff garbage\n" * 100),
    "index-garbage": ("index", b"DIRC\x00\x00\x00\x02\xff\xff\xff\xff" + b"\x00" * 100),
    "index-empty": ("index", b""),
    "index-lock": ("index.lock", b""),
    "shallow-garbage": ("shallow", b"not an object id\n"),
    "merge-head": ("MERGE_HEAD", b"\x1b[2J" * 100),
    "alternates": ("objects/info/alternates", b"/etc\n../../../outside\n\x1b[2J\n"),
    "http-alternates": ("objects/info/http-alternates", b"http://example.invalid/objects\n"),
    "grafts": ("info/grafts", b"garbage\n"),
    "sparse": ("info/sparse-checkout", b"/*\n!/.volon\n" * 1000),
    "fetch-head": ("FETCH_HEAD", b"\x1b]0;x\x07\t\tbranch 'x' of ext::sh -c fire\n"),
    "reflog": ("logs/HEAD", b"0 0 \x1b]0;x\x07 <x> 99999999999999999999 +0000\tclone: from \x1b[2J\n"),
    "rebase": ("rebase-merge/head-name", b"refs/heads/--output=x\n"),
    "sequencer": ("sequencer/todo", b"exec fire\npick --output=x\n" * 1000),
    "exclude-pattern": ("info/exclude", b"!.volon\n!.design\n" + b"*" * 50_000 + b"\n"),
}


def cases() -> Iterator[Case]:
    """Files of git's with hostile content, forged pointers, and repositories of other people."""
    for name, (path, content) in _FILES.items():
        reads = name == "alternates"
        yield Case(
            f"git-file/{name}",
            f".git/{path} is hostile",
            "S7",
            partial(_file, path, content),
            base="paused",
            reads_outside=reads,
        )
    yield Case("git-pointer/link", "`.git` is a link to another repository", "S6", _git_link, reads_outside=True)
    yield Case("git-pointer/loop", "`.git` is a file that points to itself", "S6", _loop)
    yield Case("git-pointer/parent", "`.git` is a file that points up and out", "S6", partial(_pointer, "../../.."))
    yield Case("git-pointer/long", "`.git` is a file of a megabyte", "S6, S14", partial(_pointer, "x" * 1_000_000))
    yield Case("git-pointer/escape", "`.git` is a file with escapes", "S10", partial(_pointer, "\x1b]0;x\x07"))
    yield Case(
        "git-pointer/common",
        "`.git/commondir` shares somebody else's refs",
        "S6, GHSA-q5hj-mxqh-vv77",
        _common,
        reads_outside=True,
    )
    yield Case("git-pointer/inside-git", "volon runs inside a git directory", "S6", _nothing, where="repo/.git")
    yield Case(
        "git-pointer/submodules",
        "`.gitmodules` runs programs and leads outside",
        "S7, CVE-2018-17456, CVE-2018-11235",
        _modules,
    )
    yield Case(
        "git-pointer/worktrees",
        "registered working trees lead outside",
        "S6",
        _worktrees,
        base="paused",
        reads_outside=True,
    )
    yield Case("owner/another", "the repository belongs to another user", "S6, CVE-2022-24765", _owner)
    yield Case("owner/state", "only .volon belongs to another user", "S6", _state_owner)
    yield Case(
        "path/git-in-directory",
        "a program called git lies in the repository and PATH says `.`",
        "CVE-2023-40590",
        _git_program,
        env={"PATH": f".::{os.environ.get('PATH', '')}"},
    )
    yield Case("path/git-variables", "the environment points git elsewhere", "G16", _nothing, env=_pointing())
    yield Case("event/forged", "a ref of volon's names a commit that is no pause", "S3", _forged_event, base="paused")
    yield Case("event/tree", "a pause brings files with hostile paths", "S2", _event_tree, base="paused")
    yield Case("ref/file-in-the-way", "refs/volon is a file", "P7", partial(_file, "refs/volon", b"x\n"))
    yield Case(
        "ref/symbolic", "a ref of volon's is symbolic and leads to the user's branch", "S7", _symbolic, base="paused"
    )
    yield Case("replace/refs", "replace refs give commits another content", "S7", _replaced, base="paused")
    yield Case("name/case", "the directory is called .VOLON", "G13", _case_name)
    yield Case("state/ignored", "a .gitignore hides everything", "P3", _ignored)
    yield Case("state/not-readable", "the records may not be read", "M8", _unreadable)


def _nothing(ground: Ground) -> None:
    del ground


def _file(path: str, content: bytes, ground: Ground) -> None:
    target = ground.root / ".git" / path
    if target.is_dir():
        shutil.rmtree(target)
    ground.write(f".git/{path}", content)


def _git_link(ground: Ground) -> None:
    (ground.root / ".git").rename(ground.outside / "git")
    (ground.root / ".git").symlink_to(ground.outside / "git")
    ground.git_dir = ground.outside / "git"
    ground.objects = ground.git_dir / "objects"


def _pointer(target: str, ground: Ground) -> None:
    shutil.rmtree(ground.root / ".git")
    ground.write(".git", f"gitdir: {target}\n")


def _loop(ground: Ground) -> None:
    _pointer(".git", ground)


def _common(ground: Ground) -> None:
    victim = RepoBuilder.init(ground.outside / "victim")
    victim.commit("Victim", {"a": "b"})
    ground.write(".git/commondir", f"{victim.root}/.git\n")


def _modules(ground: Ground) -> None:
    text = f'[submodule "../../outside"]\n\tpath = -u./fire\n\turl = ext::{ground.fire}\n\tupdate = !{ground.fire}\n'
    text += f'[submodule "x"]\n\tpath = src\n\turl = --upload-pack={ground.fire}\n'
    ground.write(".gitmodules", text)
    ground.repo.git("update-index", "--add", "--cacheinfo", f"160000,{ground.repo.head()},lib")
    ground.write("lib/.git", f"gitdir: {ground.outside}\n")


def _worktrees(ground: Ground) -> None:
    far = ground.outside / "tree"
    far.mkdir()
    ground.write(".git/worktrees/evil/gitdir", f"{far}/.git\n")
    ground.write(".git/worktrees/evil/commondir", "../..\n")
    ground.write(".git/worktrees/evil/HEAD", "ref: refs/heads/\x1b]0;x\x07\n")
    (far / ".git").write_text(f"gitdir: {ground.root}/.git/worktrees/evil\n")


def _owner(ground: Ground) -> None:
    if os.geteuid() == 0:
        for path in (ground.root, ground.root / ".git"):
            os.chown(path, 65534, 65534)


def _state_owner(ground: Ground) -> None:
    if os.geteuid() == 0:
        for path in (ground.root / ".volon").rglob("*"):
            os.chown(path, 65534, 65534)


def _git_program(ground: Ground) -> None:
    for name in ("git", "sh", "python", "python3", "less"):
        ground.write(name, f"#!/bin/sh\nexec {ground.fire}\n")
        (ground.root / name).chmod(0o755)
    ground.write("late.txt", "x")
    ground.repo.git("add", "late.txt")
    ground.repo.git("commit", "-q", "-m", "Move HEAD, so that history is asked")


def _pointing() -> dict[str, str]:
    return {
        "GIT_DIR": "/etc",
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "/etc/passwd",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_PAGER": "/bin/false",
        "GIT_SSH_COMMAND": "/bin/false",
        "GIT_TRACE": "/etc/volon-trace",
        "GIT_CONFIG_PARAMETERS": "'core.fsmonitor=/bin/false'",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": "/bin/false",
        "GIT_EXEC_PATH": "/nonexistent",
    }


def _forged_event(ground: Ground) -> None:
    for ulid in ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01M7YM1N77RGT4KXZ8NX6AXAS0"):
        ground.repo.git("update-ref", f"refs/volon/paused/{ulid}", ground.repo.head())
    blob = ground.git("hash-object", "-w", "--stdin", stdin=b"no commit")
    ground.write(".git/refs/volon/closed/7ZZZZZZZZZZZZZZZZZZZZZZZZY", f"{blob}\n")


def _event_tree(ground: Ground) -> None:
    """The files of a pause are gone, and git's copy names paths that lead elsewhere."""
    oid, ref = ground.repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/volon/paused").split()[:2]
    blob = ground.git("hash-object", "-w", "--stdin", stdin=f"{ground.fire}\n".encode())
    rows = "".join(f"100755 blob {blob}\t{name}\n" for name in ("evil.sh", ".envrc", "README.md"))
    inner = ground.git("mktree", stdin=f"100644 blob {blob}\tTASK-20261119-009.md\n100644 blob {blob}\t..md\n".encode())
    volon = ground.git("mktree", stdin=f"040000 tree {inner}\ttasks\n".encode())
    tree = ground.git("mktree", stdin=f"{rows}040000 tree {volon}\t.volon\n".encode())
    raw = ground.git("cat-file", "commit", oid)
    raw = f"tree {tree}\n{raw.partition(chr(10))[2]}\n"
    new = ground.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode())
    ground.repo.git("update-ref", ref, new)
    shutil.rmtree(ground.root / ".volon")


def _symbolic(ground: Ground) -> None:
    ref = ground.repo.git("for-each-ref", "--format=%(refname)", "refs/volon/paused").split()[0]
    ground.write(f".git/{ref}", "ref: refs/heads/main\n")


def _replaced(ground: Ground) -> None:
    other = ground.git("commit-tree", "HEAD^{tree}", "-m", "\x1b]0;x\x07")
    ground.repo.git("replace", "HEAD", other)


def _case_name(ground: Ground) -> None:
    (ground.root / ".volon").rename(ground.root / ".VOLON")


def _ignored(ground: Ground) -> None:
    ground.write(".gitignore", "*\n!/.gitignore\n")


def _unreadable(ground: Ground) -> None:
    for path in (ground.root / ".volon").rglob("*.md"):
        path.chmod(0)
