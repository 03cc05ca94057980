"""A repository, a home and a PATH in which one thing is wrong; what doctor says of it, and the way out.

A case makes its fault and returns where it stands, with `$REPO` for the repository; `mend` is the way out, where it is
not the command that was named.
"""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import volon as package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@dataclass
class Place:
    """Where a case happens.

    Attributes:
        repo: the repository.
        home: of the user.
        volon: how it is run.
        tools: directories on PATH, before that of git.
    """

    repo: RepoBuilder
    home: Path
    volon: VolonInProcess
    tools: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools.append(self.installed("tool", package.__version__))

    def installed(self, name: str, version: str, *, extra: bool = True) -> Path:
        """Make what an installation of volon leaves, and return the directory of its programs."""
        prefix = self.home.parent / name
        packages = prefix / "lib/python3.12/site-packages"
        (packages / f"volon-{version}.dist-info").mkdir(parents=True)
        if extra:
            (packages / "mcp").mkdir()
            (packages / "mcp/__init__.py").touch()
        for program in ("volon", "git-volon"):
            self.program(prefix / "bin" / program, f"#!{prefix}/bin/python3\n")
        return prefix / "bin"

    def program(self, path: Path, text: str = "#!/bin/sh\n") -> Path:
        """Make a program, which nobody starts."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def path(self) -> str:
        """PATH, as it is now; of git's directory git alone, for beside it stands whatever the machine has."""
        (only := self.home.parent / "only-git").mkdir(exist_ok=True)
        if not (only / "git").exists():
            (only / "git").symlink_to(shutil.which("git") or "")
        return ":".join(map(str, [*self.tools, only]))

    def rows(self) -> list[dict[str, str]]:
        """What doctor finds wrong of agents."""
        ran = self.volon("doctor", "--json", env={"PATH": self.path()})
        rows = [row for row in json.loads(ran.out)["checks"] if row["name"].startswith("agents")]
        rows = [row for row in rows if row["state"] != "ok"]
        assert (ran.code == 1) is any(row["state"] == "problem" for row in rows), ran.out
        return rows

    def run(self, command: str) -> None:
        """Follow a way out."""
        first, *words = shlex.split(command)
        if first == "git":
            self.repo.git(*words)
        else:
            self.volon.ok(*words, PATH=self.path())

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the repository."""
        text = self.repo.read(path).decode()
        assert old in text
        self.repo.write(path, text.replace(old, new, 1))


@dataclass(frozen=True)
class Case:
    """A fault, and nothing but it.

    Attributes:
        code: in the table.
        make: the fault; returns what the sentence begins with: the place.
        mend: the way out; the command that doctor names where it is None.
        agents: installed before.
        innocent: what is no fault, made before it.
    """

    code: str
    make: Callable[[Place], str]
    mend: Callable[[Place], object] | None = None
    agents: tuple[str, ...] = ("claude", "codex")
    innocent: Callable[[Place], object] | None = None
