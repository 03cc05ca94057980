"""A copy of this checkout, for programs that clone what they install from."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from pathlib import Path


def checkout(target: Path) -> Path:
    """Copy what is in this checkout, committed or not, as a repository of its own; it must be one itself."""
    listing = ("git", "-C", str(PROJECT_ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(listing, capture_output=True, check=True).stdout.decode()
    for name in listed.split("\0"):
        if name and (PROJECT_ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT_ROOT / name, target / name)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Checkout")):
        subprocess.run(["git", "-C", str(target), *words], check=True, capture_output=True)
    return target
