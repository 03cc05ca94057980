"""Handoff over every way to a remote, and in repositories of both kinds of object ids: the whole journey each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support import gitserver
from tests.support.machines import Two
from tests.support.repos import run_git

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

WAYS = (gitserver.as_directory, gitserver.over_http, gitserver.over_git, gitserver.over_ssh)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("way", WAYS)
def test_work_travels_whole_and_a_claim_holds(
    tmp_path: Path, way: Callable[[Path], AbstractContextManager[str]], object_format: str
) -> None:
    two = Two(tmp_path / "machines", object_format)
    a, b = two.at(two.a), two.at(two.b)
    two.a.write("notes.bin", b"not known to git\r\n\xff\0" + bytes(range(256)) * 8000)
    two.a.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    two.a.git("add", "run.sh")
    with way(two.hub) as url:
        for repo in (two.a, two.b):
            repo.git("remote", "set-url", "origin", url)
        two.paused_in_a()
        b.ok("handoff", "pull")
        b.ok("handoff", "claim")
        refused = a("handoff", "claim")
        assert (refused.code, "claimed by Bo <bo@example.org>" in refused.err) == (4, True)
        assert json.loads(b.ok("resume-task", "--json"))["note"] == "half way"
        b.ok("restore", "1", "--yes")
        two.b.write("src/app.py", "def run():\n    return 3\n")
        b.ok("pause-task", "nearly there")
        b.ok("handoff", "push")
        b.ok("handoff", "release")
        a.ok("handoff", "pull")
        a.ok("handoff", "claim")
        a.ok("resume-task")
    for path in ("notes.bin", "run.sh"):
        assert two.b.read(path) == two.a.read(path)
        assert (two.b.root / path).stat().st_mode == (two.a.root / path).stat().st_mode
    assert two.b.git("ls-files", "-s", "run.sh") == two.a.git("ls-files", "-s", "run.sh")
    run_git(two.hub, "fsck", "--strict")
    for machine in (a, b):
        assert machine("validate").code == 0
