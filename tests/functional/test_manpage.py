"""The manual page names all that `--help` does, and those who read such pages have nothing to say against it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.running import PROJECT_ROOT
from volon.cli.helping import EXAMPLES, SECTIONS
from volon.cli.manpage import manual_page
from volon.errors import ExitCode

if TYPE_CHECKING:
    from tests.support.running import VolonInProcess

PAGE = PROJECT_ROOT / "docs/man/volon.1"


def read(*argv: str) -> subprocess.CompletedProcess[str]:
    """Let one of those who read such pages read it; the test is not verified without."""
    if not shutil.which(argv[0]):
        pytest.skip(f"not verified: {argv[0]} is not installed")
    return subprocess.run([*argv, str(PAGE)], capture_output=True, text=True, check=False)


def test_groff_finds_nothing_to_warn_of() -> None:
    done = read("groff", "-ww", "-man", "-Tascii", "-z")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_it_says_of_every_command_what_its_help_says(volon: VolonInProcess) -> None:
    done = read("groff", "-man", "-Tascii", "-rLL=300n", "-P-cbou")
    shown = " ".join(done.stdout.split())
    # What only tickets call is shown nowhere.
    for name in sorted(EXAMPLES.keys() - {"conduct step"}):
        usage = " ".join(volon.ok(*name.split(), "--help").partition("\n\n")[0].split())
        assert usage.removeprefix("Usage: ").replace("…", "...") in shown, name
        for example in EXAMPLES[name]:
            assert " ".join(example.split()).replace("…", "...") in shown, name
    assert all(name in shown for names in SECTIONS.values() for name in names)


def test_it_has_every_exit_code_and_is_ascii() -> None:
    page = manual_page()
    assert page.isascii()
    status = page.partition(".SH EXIT STATUS\n")[2].partition(".SH ")[0]
    assert re.findall(r"^\.B (\d+)$", status, re.MULTILINE) == [str(int(code)) for code in ExitCode]
