"""Digests are those of hashlib, which is loaded only where much is hashed."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from volon import digests

LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
from volon import digests
sizes = [int(word) for word in sys.argv[2].split()]
found = [digests.sha256(bytes(size)) for size in sizes]
print("hashlib" in sys.modules, *found)
"""


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests._Hashed, "size", 0)  # noqa: SLF001  as in a process that has just begun


@pytest.mark.parametrize("name", ["sha1", "sha256"])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1 << 12, 1 << 20])
def test_a_digest_is_the_one_of_hashlib(name: str, size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    half = digests.new(name, size, data[: size // 2])
    half.update(data[size // 2 :])
    assert half.hexdigest() == hashlib.new(name, data).hexdigest()
    assert digests.sha256(data) == hashlib.sha256(data).hexdigest()


def test_a_python_without_its_own_modules_has_hashlib(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("_sha1", "_sha2", "_sha256"):
        monkeypatch.setitem(sys.modules, module, None)
    digests._FOUND.clear()  # noqa: SLF001  it was found before
    assert digests.new("sha1", 3, b"abc").hexdigest() == hashlib.sha1(b"abc", usedforsecurity=False).hexdigest()
    digests._FOUND.clear()  # noqa: SLF001  and is there again


@pytest.mark.parametrize(
    ("sizes", "loaded"), [("10 4000", "False"), ("1000000", "True"), (" ".join(["9999"] * 99), "True")]
)
def test_hashlib_is_loaded_where_much_is_hashed_at_once_or_together(sizes: str, loaded: str) -> None:
    root = digests.__file__.removesuffix("/volon/digests.py")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LOOK, root, sizes], capture_output=True, check=True)
    said, *found = done.stdout.decode().split()
    assert said == loaded
    assert found == [hashlib.sha256(bytes(int(size))).hexdigest() for size in sizes.split()]
