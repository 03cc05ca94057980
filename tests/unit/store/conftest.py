"""Fixtures of the store's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.stores import Disk

if TYPE_CHECKING:
    from pathlib import Path

    from volon.store.store import Store


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """An empty working tree."""
    return Disk.make(tmp_path / "work")


@pytest.fixture
def store(disk: Disk) -> Store:
    """The store of that working tree."""
    return disk.store()
