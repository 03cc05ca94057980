"""What several tests of repositories need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.roundtrip.ground import USERS_CONFIG


@pytest.fixture
def users_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has a filter of their own, as the recipes suppose."""
    theirs = tmp_path / "gitconfig"
    theirs.write_text(Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text() + USERS_CONFIG)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(theirs))
