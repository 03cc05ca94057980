"""A path of ours is pathlib's in all that is asked of it; joining and looking load nothing."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon import paths

if TYPE_CHECKING:
    from collections.abc import Callable

Ours: Any = paths.Path
TEXTS = st.lists(st.sampled_from(["a", "b.c", ".", "..", "", "/", "//", "é", ".git", "a b", "\udcff"]), max_size=6).map(
    "/".join
)


def opened(path: pathlib.Path) -> bytes:
    with path.open("rb") as file:
        return file.read()


QUESTIONS: dict[str, Callable[[Any], object]] = {
    "text": str,
    "fspath": os.fspath,
    "repr": repr,
    "hash": hash,
    "name": lambda path: path.name,
    "parent": lambda path: str(path.parent),
    "parents": lambda path: [str(one) for one in path.parents],
    "parts": lambda path: path.parts,
    "suffix": lambda path: path.suffix,
    "posix": lambda path: path.as_posix(),
    "absolute": lambda path: path.is_absolute(),
    "exists": lambda path: path.exists(),
    "directory": lambda path: path.is_dir(),
    "file": lambda path: path.is_file(),
    "link": lambda path: path.is_symlink(),
    "entries": lambda path: sorted(str(one) for one in path.iterdir()),
    "found": lambda path: sorted(str(one) for one in path.rglob("*")),
    "resolved": lambda path: str(path.resolve()),
    "strictly": lambda path: str(path.resolve(strict=True)),
    "pointing": lambda path: str(path.readlink()),
    "read": lambda path: path.read_text("utf-8"),
    "stat": lambda path: path.stat().st_ino,
    "lstat": lambda path: path.lstat().st_ino,
    "bytes": lambda path: path.read_bytes(),
    "opened": opened,
    "below": lambda path: str(path.relative_to("/")),
    "missing": lambda path: path.no_such_thing,
}


def answer(question: Callable[[Any], object], path: object) -> object:
    """What comes of a question: the answer, or the kind of the error."""
    try:
        return question(path)
    except Exception as error:  # noqa: BLE001  whatever it is, both have to raise it
        return type(error)


def same(ours: object, theirs: object) -> None:
    for name, question in QUESTIONS.items():
        assert answer(question, ours) == answer(question, theirs), name
    assert ours == theirs
    assert theirs == ours
    assert {ours} == {theirs}


@given(TEXTS, TEXTS)
def test_joined_and_taken_apart_it_is_the_one_of_pathlib(base: str, name: str) -> None:
    makes: list[Callable[[Any], Any]] = [
        lambda p: p(base),
        lambda p: p(base) / name,
        lambda p: p(base, name),
        lambda p: p(base).joinpath(name),
    ]
    for make in makes:
        ours, theirs = make(Ours), make(pathlib.Path)
        for question in ("text", "fspath", "repr", "hash", "name", "parent", "parents", "parts", "posix", "absolute"):
            assert answer(QUESTIONS[question], ours) == answer(QUESTIONS[question], theirs), (question, str(theirs))
        assert ours == theirs
    assert (Ours(base) < Ours(name)) == (pathlib.Path(base) < pathlib.Path(name))
    assert sorted([Ours(base), pathlib.Path(name)]) == sorted([pathlib.Path(base), pathlib.Path(name)])
    assert (Ours(base) == Ours(name)) == (pathlib.Path(base) == pathlib.Path(name))


def test_what_it_finds_on_disk_is_what_pathlib_finds(tmp_path: pathlib.Path) -> None:
    (tmp_path / "directory" / "below").mkdir(parents=True)
    (tmp_path / "directory" / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("directory")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "round").symlink_to("round")
    os.mkfifo(tmp_path / "pipe")
    names = (
        "",
        "directory",
        "directory/file",
        "link/file",
        "link",
        "nowhere",
        "round",
        "pipe",
        "gone",
        "x\0y",
        "file/x",
    )
    for name in (*names, "directory/../directory", "n" * 300, "round/below", "directory/file/below"):
        if name != "pipe":
            same(Ours(tmp_path) / name, tmp_path / name)
    assert Ours(tmp_path, "pipe").exists()
    assert not Ours(tmp_path, "pipe").is_file()


def test_nothing_else_is_equal_to_a_path() -> None:
    assert Ours("a") != "a"
    assert Ours("a") is not None
    assert (Ours("a") == None) is False  # noqa: E711  what is asked
    with pytest.raises(TypeError):
        Ours(b"a")


def test_joining_and_looking_load_no_pathlib() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from volon.paths import Path; here = Path.cwd().resolve(); "
        "(here / 'a').parent.exists(), here.is_dir(), (here / 'b/').is_file(), str(here), list(here.iterdir()); "
        "sys.exit('pathlib' in sys.modules or 'urllib' in sys.modules)"
    )
    root = os.path.dirname(os.path.dirname(paths.__file__))  # noqa: PTH120  as the module itself
    assert subprocess.run([sys.executable, "-I", "-S", "-c", script, root], check=False).returncode == 0
