"""The repository in which agents work: volon is installed in it for them, and there is uncommitted work."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from tests.support.repos import RepoBuilder
from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FILE = "parcels.txt"
"""What is being worked on, and not committed."""


class Standing(NamedTuple):
    """Where the task stands by its records: its status, the last checkpoint, and the capsule of that."""

    status: str
    checkpoint: int | None
    capsule: str


class Shop:
    """A repository with uncommitted work.

    Args:
        root: where it will be.
        agents: volon is installed for these, if there are any.

    Attributes:
        root: as given.
    """

    def __init__(self, root: Path, agents: Collection[str] = ()) -> None:
        self.root = root
        repo = RepoBuilder.init(root)
        repo.commit("Begin", {"README.md": "# Shop\n"})
        if agents:
            self.volon("agents", "install", "-q", *(word for one in agents for word in ("--agent", one)))
            repo.commit("Let agents know of volon")
        repo.write(FILE, "half of them\n")

    def volon(self, *words: str) -> str:
        """Run volon as a person does, and give back what it says."""
        done = subprocess.run(
            [*volon_argv(), *words], cwd=self.root, env=volon_environment(), check=True, stdout=subprocess.PIPE
        )
        return done.stdout.decode()

    def pause(self, note: str, step: str) -> None:
        """Begin a task and pause it, as a person does."""
        self.volon("task", "start", "-q", "Ship the parcels")
        self.volon("pause-task", "-q", note, "--next", step)

    def standing(self) -> Standing:
        """Return where the task stands."""
        said = json.loads(self.volon("status", "--json"))
        capsules = sorted((self.root / ".volon/pcc/tasks").glob("*.md"))
        text = "".join(one.read_text("utf-8") for one in capsules)
        return Standing(said["state"], said["checkpoint"], text)
