"""Two clones of one bare repository, as two people on two machines have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.repos import RepoBuilder, run_git
from tests.support.running import VolonInProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import Ran


class Machine(VolonInProcess):
    """volon in one clone; its ids are its own, as on a machine of its own."""

    def __call__(self, *argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: str = "") -> Ran:
        """Run one command with a seed that no other machine has."""
        return super().__call__(*argv, cwd=cwd, env={"VOLON_SEED": f"{self.cwd}", **(env or {})}, stdin=stdin)


class Two:
    """Two clones of one bare repository, in directories of their own, with a user each.

    Args:
        where: a directory for all three.
        object_format: of all three.

    Attributes:
        hub: the bare repository.
        a, b: the working trees.
    """

    def __init__(self, where: Path, object_format: str = "sha1") -> None:
        self.hub = where / "hub.git"
        kind = f"--object-format={object_format}"
        RepoBuilder.init(self.hub, "--bare", kind)
        self.a = RepoBuilder.init(where / "ada" / "shop", kind)
        self.a.commit("Begin", {"README.md": "# Shop\n", "src/app.py": "def run():\n    return 1\n"})
        self.a.git("remote", "add", "origin", str(self.hub))
        self.a.git("push", "-q", "-u", "origin", "main")
        self.b = RepoBuilder(where / "elsewhere" / "bo" / "deeper" / "shop")
        self.b.root.parent.mkdir(parents=True)
        run_git(where, "clone", "-q", str(self.hub), str(self.b.root))
        for repo, name in ((self.a, "Ada"), (self.b, "Bo")):
            _named(repo, name)

    def third(self) -> Machine:
        """volon in one more clone, in which nothing was done yet."""
        repo = RepoBuilder(self.hub.parent / "cy" / "shop")
        repo.root.parent.mkdir()
        run_git(self.hub.parent, "clone", "-q", str(self.hub), str(repo.root))
        _named(repo, "Cy")
        return self.at(repo)

    def at(self, repo: RepoBuilder) -> Machine:
        """volon in one of them."""
        return Machine(repo.root)

    def refs(self) -> dict[str, str]:
        """What the bare repository has."""
        rows = run_git(self.hub, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(row.split(" ") for row in rows)

    def paused_in_a(self) -> str:
        """Pause in the first clone and send it; returns what push said."""
        self.a.write("src/app.py", "def run():\n    return 2\n")
        self.at(self.a).ok("pause-task", "half way", "--next", "pytest")
        return self.at(self.a).ok("handoff", "push")

    def taken_up_in_b(self) -> Machine:
        """Pause in the first clone, send it, and go on in the second one; returns volon there."""
        self.paused_in_a()
        b = self.at(self.b)
        b.ok("handoff", "pull")
        b.ok("resume-task")
        return b

    def both_went_on(self) -> tuple[str, str]:
        """Let both go on from one pause, and send what each made of it; returns their uids, the older one first."""
        b, a, uids = self.taken_up_in_b(), self.at(self.a), list[str]()
        a.ok("resume-task")
        for machine, repo, name, at in ((a, self.a, "ada", "10:30"), (b, self.b, "bo", "10:40")):
            repo.write(f"{name}.txt", f"{name}\n")
            said = machine(
                "pause-task", f"what {name} made of it", "--json", env={"VOLON_FROZEN_NOW": f"2026-11-19T{at}:00Z"}
            )
            uids.append(json.loads(said.out)["uid"])
            machine.ok("handoff", "push")
        return uids[0], uids[1]


def _named(repo: RepoBuilder, name: str) -> None:
    repo.git("config", "user.name", name)
    repo.git("config", "user.email", f"{name.lower()}@example.org")
