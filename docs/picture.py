"""Draw the README's picture from a real run: `python docs/picture.py` writes docs/first-minute.svg.

A scratch repository with a colleague's clone is made, volon is run in it with a frozen clock, and what it printed,
colours included, is exported. `tests/test_docs.py` asserts that the committed picture says what volon says today.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parent / "first-minute.svg"
_ROOT = Path(__file__).parent.parent
_DATE = "2026-11-19T08:00:00+00:00"
_EVENING, _MORNING = "2026-11-19T17:00:00Z", "2026-11-20T09:00:00Z"
_STEPS = (
    (_EVENING, "git status --short"),
    (_EVENING, 'volon pause-task "backoff untested" --next "pytest -q"'),
    (_EVENING, "git switch -q --discard-changes main"),
    (_MORNING, "git switch -q retry"),
    (_MORNING, "volon resume-task --restore"),
    (_MORNING, "git status --short"),
)
_WIDEST = 74
"""More columns than this are too small to read on a telephone."""


def story() -> list[tuple[str, str]]:
    """Return `(command line, what it printed with escape codes)` for each step.

    A colleague amends the branch and force-pushes it overnight; what is printed has to fit the picture.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        env = _environment(place)
        shop = _shop(place, env)
        told = [_run(shop, env, *step) for step in _STEPS[:3]]
        _colleague_amends(place, env)
        _git(shop, env, "fetch", "-q")
        (shop / ".git/FETCH_HEAD").touch()
        fetched = (shop / ".git/FETCH_HEAD").stat()
        os.utime(shop / ".git/FETCH_HEAD", (fetched.st_atime, 1_795_165_140))
        return [*told, *(_run(shop, env, *step) for step in _STEPS[3:])]


def draw(told: list[tuple[str, str]]) -> str:
    """Return the story as an SVG that loads nothing from anywhere."""
    lines = [line for command, output in told for line in (f"$ {command}", *Text.from_ansi(output).plain.splitlines())]
    if (widest := max(map(len, lines))) > _WIDEST:
        message = f"{widest} columns are too many: {max(lines, key=len)}"
        raise ValueError(message)
    console = Console(record=True, width=widest, file=io.StringIO(), markup=False, highlight=False, force_terminal=True)
    for command, output in told:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text.from_ansi(output))
    picture = console.export_svg(title="volon", unique_id="volon")
    return re.sub(r"@font-face\s*\{[^}]*\}|<!--.*?-->", "", picture, flags=re.DOTALL)


def words(picture: str) -> list[str]:
    """Return the words a picture shows, for comparing pictures drawn by different versions of the library."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return " ".join(texts).replace("&#160;", " ").split()


def _environment(place: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "VOLON_", "XDG_"))}
    fixed = {
        "HOME": str(place),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_COMMITTER_DATE": _DATE,
        "VOLON_SEED": "picture",
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(_ROOT),
        "TZ": "UTC",
    }
    return {**{name: value for name, value in kept.items() if name != "NO_COLOR"}, **fixed}


def _shop(place: Path, env: dict[str, str]) -> Path:
    """Make a shop with an upstream, a feature branch that was pushed, and work in progress."""
    _git(place, env, "init", "-q", "--bare", "-b", "main", "origin.git")
    _git(place, env, "clone", "-q", "origin.git", "shop")
    shop = place / "shop"
    (shop / "src").mkdir()
    _commit(shop, env, "Begin", {"src/config.py": "TIMEOUT = 5\n", "src/retry.py": "def retry():\n    pass\n"})
    _git(shop, env, "push", "-q", "origin", "HEAD:main")
    _git(shop, env, "switch", "-q", "-c", "retry")
    _commit(shop, env, "Add retry", {"src/retry.py": "def retry(times):\n    pass\n"})
    _git(shop, env, "push", "-q", "-u", "origin", "retry")
    (shop / "notes.txt").write_text("ideas\n")
    (shop / "src/retry.py").write_text("def retry(times):\n    pass\n\n\ndef backoff():\n    pass\n")
    _git(shop, env, "add", "src/retry.py")
    (shop / "src/retry.py").write_text("def retry(times):\n    pass\n\n\ndef backoff():\n    return 2\n")
    return shop


def _colleague_amends(place: Path, env: dict[str, str]) -> None:
    """Amend the commit of the branch and force-push it."""
    _git(place, env, "clone", "-q", "origin.git", "colleague")
    other = place / "colleague"
    _git(other, env, "switch", "-q", "retry")
    _git(other, env, "commit", "-q", "--amend", "-m", "Retry three times")
    _git(other, env, "push", "-q", "--force", "origin", "retry")


def _commit(where: Path, env: dict[str, str], message: str, files: dict[str, str]) -> None:
    for path, content in files.items():
        (where / path).write_text(content)
    _git(where, env, "add", "-A")
    _git(where, env, "commit", "-q", "-m", message)


def _git(where: Path, env: dict[str, str], *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=where, env=env, check=True, capture_output=True)


def _run(where: Path, env: dict[str, str], now: str, command: str) -> tuple[str, str]:
    program, *words = shlex.split(command)
    start = [sys.executable, "-m", "volon"] if program == "volon" else [program]
    done = subprocess.run(
        [*start, *words], cwd=where, env={**env, "VOLON_FROZEN_NOW": now}, check=True, capture_output=True, text=True
    )
    return command, done.stdout


if __name__ == "__main__":
    TARGET.write_text(draw(story()), encoding="utf-8")
