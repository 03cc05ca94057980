"""The journal comes back as it went in, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.errors import Corrupt, NotCommitted
from volon.files import Place, Root
from volon.store.journal import (
    LARGEST,
    MAGIC,
    Entry,
    Journal,
    Kind,
    RepoIdentity,
    decode,
    decode_head,
    digest,
    encode,
    header_size,
)

OP = "01M7Y9RD9MRM8583T2GRBSB97N"
NAMES = st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."} and name.casefold() not in {".git", "git~1"}
)
IMAGES = st.none() | st.binary(max_size=64)
ENTRIES = st.builds(
    Entry,
    place=st.builds(Place, st.sampled_from(Root), st.lists(NAMES, min_size=1, max_size=3).map("/".join)),
    kind=st.sampled_from(Kind),
    before=IMAGES,
    after=IMAGES,
    mode=st.integers(0, 0o7777),
    exact=st.booleans(),
    before_mode=st.none() | st.integers(0, 0o7777),
    offset=st.integers(0, 1 << 40),
    prefix=st.text(max_size=8),
)
JOURNALS = st.builds(
    Journal,
    op=st.just(OP),
    verb=st.text(max_size=12),
    at=st.text(max_size=12),
    identity=st.builds(RepoIdentity, st.text(max_size=8), st.text(max_size=8)),
    entries=st.lists(ENTRIES, max_size=4).map(tuple),
    previous=st.none() | st.just(OP),
    header=st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=5)),
)


def sample() -> Journal:
    task = Place(Root.WORKTREE, ".volon/tasks/T.md")
    entries = (
        Entry(task, Kind.REPLACE, b"old", b"new", 0o644, exact=True, before_mode=0o644),
        Entry(Place(Root.WORKTREE, "a\udcff"), Kind.CREATE, None, b"\0\n" * 9, 0o444, exact=True),
    )
    return Journal(OP, "pause", "now", RepoIdentity("r", "/w"), entries, None, {"undoes": OP})


@given(JOURNALS)
def test_what_is_encoded_is_decoded(journal: Journal) -> None:
    assert decode(encode(journal)) == journal


@given(JOURNALS)
def test_the_header_alone_tells_everything_but_the_images(journal: Journal) -> None:
    data = encode(journal)
    head = decode_head(data[: header_size(data[:32])])
    assert replace(head, entries=()) == replace(journal, entries=())
    assert [entry.place for entry in head.entries] == [entry.place for entry in journal.entries]


def test_every_shorter_journal_is_corrupt() -> None:
    data = encode(sample())
    for length in range(len(data)):
        with pytest.raises(Corrupt):
            decode(data[:length])


def test_every_flipped_bit_is_seen() -> None:
    data = encode(sample())
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            with pytest.raises(Corrupt):
                decode(bytes(damaged))


@given(st.binary(max_size=200))
def test_noise_is_corrupt(noise: bytes) -> None:
    for data in (noise, MAGIC + noise):
        for read in (decode, decode_head, header_size):
            try:
                read(data)
            except Corrupt:
                continue
            assert read is header_size


def sealed(head: bytes, images: bytes = b"") -> bytes:
    """Anything with a right checksum: what only somebody else could have written."""
    content = MAGIC + b"%d\n" % len(head) + head + images
    return content + f"\n{digest(content)}\n".encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
FIELDS = ("op", "verb", "at", "repo", "worktree", "previous", "header", "entries", "format")
ENTRY_FIELDS = ("root", "path", "kind", "mode", "exact", "before_mode", "before", "after", "offset", "prefix")


def header() -> dict[str, object]:
    data = encode(sample())
    start = data.index(b"\n", len(MAGIC)) + 1
    loaded: dict[str, object] = json.loads(data[start : header_size(data)])
    return loaded


@given(st.sampled_from(FIELDS), JSON)
def test_a_header_with_a_wrong_field_and_a_right_checksum_is_corrupt_or_read(name: str, value: object) -> None:
    head = header() | {name: value}
    _decodes_or_is_corrupt(head)


@given(st.sampled_from(ENTRY_FIELDS), JSON)
def test_an_entry_with_a_wrong_field_and_a_right_checksum_is_corrupt_or_read(name: str, value: object) -> None:
    head = header()
    entries = head["entries"]
    assert isinstance(entries, list)
    entries[0] |= {name: value}
    _decodes_or_is_corrupt(head)


def _decodes_or_is_corrupt(head: dict[str, object]) -> None:
    data = sealed(json.dumps(head).encode(), b"oldnew" + b"\0\n" * 9)
    for read in (decode, decode_head):
        try:
            read(data)
        except Corrupt:
            continue


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "", ".git/config", ".GIT/hooks/x", "a//b", "a\0b"]
)
def test_a_journal_that_names_a_path_outside_is_corrupt(path: str) -> None:
    head = header()
    entries = head["entries"]
    assert isinstance(entries, list)
    entries[0]["path"] = path
    with pytest.raises(Corrupt):
        decode(sealed(json.dumps(head).encode(), b"oldnew" + b"\0\n" * 9))


def test_deep_nesting_is_corrupt() -> None:
    with pytest.raises(Corrupt):
        decode(sealed(b"[" * 100_000))


def test_an_operation_that_is_too_large_is_refused() -> None:
    entry = Entry(Place(Root.WORKTREE, "big"), Kind.REPLACE, None, bytes(LARGEST))
    with pytest.raises(NotCommitted, match="16 MiB"):
        encode(replace(sample(), entries=(entry,)))
