"""The hermetic seal: what a test process may see of the machine it runs on.

Nothing of the user's: no home, no git configuration, no `GIT_*` left over from a hook, no colour, no terminal width,
no wall clock. So commit ids, task numbers and whole outputs are the same on every machine.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FROZEN_NOW = "2026-11-19T10:00:00Z"
"""The instant at which every test begins, for volon's clock."""

COMMIT_DATE = "2026-11-19T08:00:00+00:00"
"""The date of every commit a test makes, unless it says otherwise."""

GIT_CONFIG = """\
[init]
\tdefaultBranch = main
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[core]
\tfsync = none
"""
"""What git is told in tests. `core.fsync` concerns only the test's own commits: volon passes its own setting."""

_LEAKY_PREFIXES = ("GIT_", "XDG_", "VOLON_", "LC_", "PYTHON")
_LEAKY_TERMINAL = {"COLORTERM", "COLUMNS", "FORCE_COLOR", "LANG", "LANGUAGE", "LINES"}
_LEAKY_PROGRAMS = {"BROWSER", "CI", "EDITOR", "GITHUB_ACTIONS", "PAGER", "VISUAL"}


def sealed_environment(home: Path, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build the environment for everything a test runs.

    Args:
        home: an empty directory of the test's own; it receives the git configuration.
        outer: the environment to start from; the process's own when None.

    Returns:
        The outer environment without what could leak, and with everything volon and git look at pinned.
    """
    home.mkdir(parents=True, exist_ok=True)
    config = home / "gitconfig"
    config.write_text(GIT_CONFIG, encoding="utf-8")
    kept = {name: value for name, value in (os.environ if outer is None else outer).items() if not _leaks(name)}
    # Whether or not the shell has this environment's programs, a test finds the volon that it tests.
    programs = os.path.dirname(sys.executable)  # noqa: PTH120  a link is not followed
    others = (one for one in kept.get("PATH", os.defpath).split(os.pathsep) if one != programs)
    path = os.pathsep.join([programs, *others])
    return kept | {"PATH": path} | _pinned(home, config)


def _leaks(name: str) -> bool:
    return name.startswith(_LEAKY_PREFIXES) or name in _LEAKY_TERMINAL | _LEAKY_PROGRAMS


def _pinned(home: Path, config: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_RUNTIME_DIR": str(home / "runtime"),
        "XDG_STATE_HOME": str(home / "state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_AUTHOR_NAME": "Ada Author",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": COMMIT_DATE,
        "GIT_COMMITTER_NAME": "Cem Committer",
        "GIT_COMMITTER_EMAIL": "cem@example.com",
        "GIT_COMMITTER_DATE": COMMIT_DATE,
        # An editor that somebody opens by accident fails loudly instead of waiting for ever.
        "GIT_EDITOR": "false",
        "GIT_TERMINAL_PROMPT": "0",
        "EDITOR": "false",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "80",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "VOLON_FROZEN_NOW": FROZEN_NOW,
        "VOLON_SEED": "1",
    }
