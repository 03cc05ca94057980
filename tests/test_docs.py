"""What the documents say is so: the picture, the commands, the links."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.running import PROJECT_ROOT, volon_environment

if TYPE_CHECKING:
    from pathlib import Path

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").glob("*.md")])
COMPARE = """
import sys; sys.path.insert(0, 'docs')
import picture
drawn, kept = picture.draw(picture.story()), picture.TARGET.read_text(encoding='utf-8')
assert picture.words(drawn) == picture.words(kept), ' '.join(picture.words(drawn))
"""


def test_the_picture_in_the_readme_is_what_volon_prints_today() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPARE],
        cwd=PROJECT_ROOT,
        env=volon_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run: python docs/picture.py\n{done.stderr}"


@pytest.mark.parametrize("name", ["first-minute.svg", "dashboard.svg"])
def test_a_picture_loads_nothing_from_anywhere(name: str) -> None:
    picture = (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"' )]+", picture)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in picture


def test_ci_runs_exactly_the_second_command_of_the_readme() -> None:
    blocks = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert blocks[1] in (PROJECT_ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_module_that_the_architecture_names_exists() -> None:
    text = (PROJECT_ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/]+\.py\b", text))
    there = [
        f"/{path.relative_to(PROJECT_ROOT)}"
        for top in ("docs", "tests", "volon")
        for path in (PROJECT_ROOT / top).rglob("*.py")
    ]
    assert len(named) > 100
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    """Docs name tests as `file::name` or `file::Class::name`; harnesses as `python -m tests.crash.name`."""
    text = page.read_text(encoding="utf-8")
    missing = []
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", text):
        source = (PROJECT_ROOT / file).read_text(encoding="utf-8") if (PROJECT_ROOT / file).exists() else ""
        wanted = [f"class {part}" if part.startswith("Test") else f"def {part}(" for part in name.split("::")]
        missing += [f"{file}::{name}"] if any(part not in source for part in wanted) else []
    for module in re.findall(r"python -m (tests(?:\.\w+)*)", text):
        place = PROJECT_ROOT / module.replace(".", "/")
        missing += [module] if not (place.with_suffix(".py").exists() or (place / "__main__.py").exists()) else []
    assert missing == []
