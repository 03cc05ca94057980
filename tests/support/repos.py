"""Small real git repositories for tests."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RepoBuilder:
    """A real repository in a temporary directory, built by writing, committing and plain git.

    It runs git with the sealed environment of the test process, so commit ids are the same everywhere.

    Attributes:
        root: the working tree.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def init(cls, root: Path, *options: str) -> RepoBuilder:
        """Make an empty repository on an unborn branch `main`."""
        root.mkdir(parents=True, exist_ok=True)
        builder = cls(root)
        builder.git("init", "-q", "-b", "main", *options)
        return builder

    def write(self, path: str, content: str | bytes = "") -> Path:
        """Write a file of the working tree exactly as given; directories are made."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def read(self, path: str) -> bytes:
        """Read a file of the working tree."""
        return (self.root / path).read_bytes()

    def commit(self, message: str = "Change", files: dict[str, str | bytes] | None = None, *, date: str = "") -> str:
        """Write the given files, add everything and commit it.

        Args:
            message: the commit message.
            files: path to content, written before.
            date: an author and committer date other than the frozen one.

        Returns:
            The full commit id.
        """
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "-A")
        env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", message, env=env)
        return self.head()

    def loosen(self) -> None:
        """Give every packed object a file of its own, so that one of them can be damaged."""
        for pack in (self.root / ".git/objects/pack").glob("*.pack"):
            data = pack.read_bytes()
            for part in pack.parent.glob(f"{pack.stem}.*"):
                part.unlink()
            subprocess.run(["git", "unpack-objects", "-q"], cwd=self.root, input=data, check=True)

    def head(self) -> str:
        """Give the full id of HEAD."""
        git = self.root / ".git"
        try:
            # The usual case needs no git: a branch whose ref is a file.
            found = (git / os.fsdecode((git / "HEAD").read_bytes()).removeprefix("ref: ").strip()).read_text().strip()
        except OSError:
            found = ""
        return found if _OID.fullmatch(found) else self.git("rev-parse", "--verify", "HEAD").strip()

    def git(self, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        """Run git in the working tree and give back what it printed.

        Args:
            arguments: the command and its arguments.
            env: variables on top of the sealed environment.
            check: whether a failing git fails the test.

        Returns:
            Standard output as text; bytes that are no UTF-8 are surrogate-escaped.
        """
        return run_git(self.root, *arguments, env=env, check=check)


def run_git(where: Path, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
    """Run git in a directory with the environment of this process; see `RepoBuilder.git`."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=where,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if check and done.returncode != 0:
        message = f"git {' '.join(arguments)} exited {done.returncode}: {done.stderr.decode(errors='replace')}"
        raise AssertionError(message)
    return done.stdout.decode("utf-8", "surrogateescape")
