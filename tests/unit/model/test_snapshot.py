"""A manifest comes back as it was written, whatever the names, and a stranger's cannot lead out of the working tree."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.model.problems import UnreadableRecord
from volon.model.snapshot import (
    REASONS,
    LeftOut,
    Manifest,
    RawIndex,
    SavedFile,
    Staged,
    blob_path,
    is_git_name,
)

A, B, C = "a" * 40, "b" * 40, "c" * 64
MANIFEST = Manifest(
    uid="01JD0000000000000000000000",
    object_format="sha1",
    head=A,
    branch="feat/é",
    created_at="2026-11-21T10:00:00Z",
    worktree=".",
    operation="merge",
    index=RawIndex(A, C, f"sharedindex.{B}", B),
    files=(
        SavedFile("a.txt", "file", "100755", A, filtered=B, tracked=True),
        SavedFile("gone", "deleted", tracked=True),
        SavedFile("link", "link", "120000", A),
        SavedFile("build/x", "file", "100644", A, ignored=True),
    ),
    stages=(Staged("both", 2, "100644", B), Staged("sub", 0, "160000", A)),
    undone=(Staged("was", 3, "100644", C),),
    left_out=(LeftOut("vendor/lib/", "nested"), LeftOut(".env", "secret", "fingerprint 0123")),
)
ODD = (
    "caf\udce9",
    "new\nline",
    'quo"te\\back',
    "-rf",
    "tab\tesc\x1b[2J",
    "\u202eevil",
    "😀",
    "e\u0301",
    " edge ",
    "\udced\udca0\udc80",
    "a/.GIT/config",
    "...",
    "~",
    "$HOME",
    "x" * 4000,
)


def test_what_was_written_comes_back() -> None:
    data = MANIFEST.render()
    assert Manifest.parse(data) == MANIFEST
    assert Manifest.parse(data).render() == data
    assert data.isascii()
    assert data.count(b"\n") == 1


@pytest.mark.parametrize("path", ODD)
def test_any_name_that_git_can_hold_comes_back(path: str) -> None:
    named = replace(
        MANIFEST, files=(SavedFile(path, "file", "100644", A),), stages=(), left_out=(LeftOut(path, "size"),)
    )
    assert Manifest.parse(named.render()) == named


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6))
def test_any_bytes_of_a_name_come_back(names: list[bytes]) -> None:
    texts = [name.decode("utf-8", "surrogateescape") for name in names]
    fit = [text for text in texts if "\0" not in text and not {"", ".", "..", ".git"} & set(text.split("/"))]
    named = replace(MANIFEST, files=tuple(SavedFile(text, "file", "100644", A) for text in fit))
    assert [one.path.encode("utf-8", "surrogateescape") for one in Manifest.parse(named.render()).files] == [
        text.encode("utf-8", "surrogateescape") for text in fit
    ]


def test_the_blobs_are_those_it_names_but_no_commit_of_a_submodule() -> None:
    assert MANIFEST.blobs == {A, B, C}
    assert replace(MANIFEST, files=(), undone=(), stages=MANIFEST.stages[1:]).blobs == frozenset()
    assert blob_path(A) == f"blobs/aa/{'a' * 38}"


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", ".git/config", "a/.git/hooks/x", "", "a//b", "./a"]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    for part in ({"files": (SavedFile(path, "file", "100644", A),)}, {"stages": (Staged(path, 0, "100644", A),)}):
        with pytest.raises(UnreadableRecord):
            Manifest.parse(replace(MANIFEST, **part).render())


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("schema",), "volon/snapshot@2"),
        (("head",), "HEAD"),
        (("uid",), 7),
        (("more",), 1),
        (("files", 0, "kind"), "socket"),
        (("files", 0, "mode"), "160000"),
        (("files", 0, "mode"), "120000"),
        (("files", 0, "blob"), None),
        (("files", 1, "blob"), A),
        (("files", 0, "tracked"), "yes"),
        (("files", 0, "path"), "a\0b"),
        (("files", 0, "path"), "\ud800"),
        (("files",), {"a": 1}),
        (("files",), None),
        (("stages", 0, "stage"), 4),
        (("stages", 0, "blob"), "../x"),
        (("index", "digest"), "x"),
        (("index", "shared"), "sharedindex./../../x"),
        (("index", "shared_blob"), None),
        (("left_out", 0, "why"), "because"),
    ],
)
def test_what_no_volon_wrote_is_refused(where: tuple[str | int, ...], value: object) -> None:
    tree = json.loads(MANIFEST.render())
    inner = tree
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    with pytest.raises(UnreadableRecord):
        Manifest.parse(json.dumps(tree).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        Manifest.parse(data)


@pytest.mark.parametrize(
    "path", [".git", ".GIT/x", "a/.gIt", "git~1", ".git.", ".git ", ".g\u200cit/x", ".git::$INDEX_ALLOCATION"]
)
def test_names_that_some_file_system_takes_for_git_are_known(path: str) -> None:
    assert is_git_name(path)


@pytest.mark.parametrize("path", [".gitignore", ".github/x", "git", "agit~1", ".git2", "caf\udce9"])
def test_other_names_are_not(path: str) -> None:
    assert not is_git_name(path)


def test_every_reason_can_be_told() -> None:
    left = tuple(LeftOut(f"p{number}", why) for number, why in enumerate(REASONS))
    assert Manifest.parse(replace(MANIFEST, left_out=left).render()).left_out == left
