"""The journal comes back as it went in, or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.golden import Golden, told
from volon.errors import Corrupt, NotCommitted
from volon.files import Place, Root
from volon.store.journal import (
    _TAIL,
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

if TYPE_CHECKING:
    from collections.abc import Callable

OP = "01M7Y9RD9MRM8583T2GRBSB97N"
NAMES = st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."} and name.casefold() not in {".git", "git~1"}
)
PLACES = st.one_of(
    st.builds(Place, st.sampled_from([Root.GIT, Root.COMMON]), st.lists(NAMES, min_size=1, max_size=3).map("/".join)),
    st.builds(
        lambda top, name: Place(Root.WORKTREE, f"{top}/{name}"),
        st.sampled_from([".volon", ".design/checkpoints"]),
        NAMES,
    ),
    st.just(Place(Root.INFO, "exclude")),
)
IMAGES = st.none() | st.binary(max_size=64)
ENTRIES = st.builds(
    Entry,
    place=PLACES,
    kind=st.sampled_from(list(Kind)),
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
        Entry(Place(Root.WORKTREE, ".design/checkpoints/a\udcff"), Kind.CREATE, None, b"\0\n" * 9, 0o444, exact=True),
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
    "path",
    [
        *("/etc/passwd", "../x", "a/../../x", "", ".git/config", ".GIT/hooks/x", "a//b", "a\0b"),
        *("src/app.py", ".envrc", "volon.yaml", ".volonx/y", "x/.volon/y"),
    ],
)
def test_a_journal_that_names_a_path_outside_is_corrupt(path: str) -> None:
    head = header()
    entries = head["entries"]
    assert isinstance(entries, list)
    entries[0]["path"] = path
    with pytest.raises(Corrupt):
        decode(sealed(json.dumps(head).encode(), b"oldnew" + b"\0\n" * 9))


IMAGES_OF_SAMPLE = b"oldnew" + b"\0\n" * 9
WRONG: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"format": 2}, {}),
    ({"op": "nonsense"}, {}),
    ({"op": None}, {}),
    ({"verb": 1}, {}),
    ({"at": None}, {}),
    ({"repo": []}, {}),
    ({"worktree": 2}, {}),
    ({"previous": 3}, {}),
    ({}, {"root": "elsewhere"}),
    ({}, {"path": ""}),
    ({}, {"path": "../x"}),
    ({}, {"path": 5}),
    ({}, {"kind": "copy"}),
    ({}, {"mode": "rw"}),
    ({}, {"mode": -1}),
    ({}, {"before_mode": True}),
    ({}, {"offset": -1}),
    ({}, {"prefix": 7}),
    ({}, {"before": {"sha256": digest(b"other"), "length": 3}}),
    ({}, {"before": {"sha256": digest(b""), "length": -1}}),
    ({}, {"before": {}}),
    ({}, {"after": None}),
]


def changed(top: dict[str, object], first: dict[str, object]) -> bytes:
    """The sample with something else in its header or in its first entry, and everything else right."""
    head = header() | top
    if first:
        entries = head["entries"]
        assert isinstance(entries, list)
        entries[0] |= first
    return sealed(json.dumps(head).encode(), IMAGES_OF_SAMPLE)


def test_what_is_wrong_with_a_journal_is_said(golden: Golden) -> None:
    files = {str(top | first): changed(top, first) for top, first in WRONG}
    files |= {"more than it says": sealed(json.dumps(header()).encode(), IMAGES_OF_SAMPLE + b"x")}
    files |= {"nothing": b"", "an older magic": sealed(b"{}").replace(MAGIC, b"VOLON0\n"), "a list": sealed(b"[]")}
    files |= {"cut short": encode(sample())[:-1], "a cut header": encode(sample())[: header_size(encode(sample())) - 1]}
    said = [f"{name}\n{refusal(decode, data)}{refusal(decode_head, data)}" for name, data in files.items()]
    golden("damaged-journals", "\n".join(said))


@pytest.mark.parametrize("read", [decode, decode_head])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sealed(b"{"), "is no JSON"),
        (sealed(b"[" * 100_000), "is no JSON"),
        (changed({"header": "x"}, {}), "makes no sense"),
        (changed({"entries": None}, {}), "makes no sense"),
    ],
    ids=["cut", "deep", "header", "entries"],
)
def test_what_python_says_of_a_journal_is_the_cause(read: Callable[[bytes], object], data: bytes, message: str) -> None:
    with pytest.raises(Corrupt, match=f"^the journal's header {message}$") as caught:
        read(data)
    (cause,) = caught.value.causes
    assert cause == str(caught.value.__cause__) != "None"


def refusal(read: Callable[[bytes], object], data: bytes) -> str:
    """What a person reads, or that the header alone could be read."""
    try:
        read(data)
    except Corrupt as error:
        return f"{read.__name__}: " + told(error)
    assert read is decode_head
    return f"{read.__name__}: reads it\n"


def test_a_mode_is_permissions_and_nothing_else() -> None:
    journal = decode(changed({}, {"mode": 0o107644, "before_mode": 0o100600}))
    assert (journal.entries[0].mode, journal.entries[0].before_mode) == (0o7644, 0o600)


def test_the_size_of_the_header_is_told_from_its_first_bytes() -> None:
    assert header_size(b"VOLON1\n123\n") == 7 + 4 + 123
    assert header_size(b"VOLON1\n%d\n{" % LARGEST) == 7 + 9 + LARGEST
    for start in (
        b"VOLON1\n%d\n" % (LARGEST + 1),
        b"VOLON1\n123456789012\n",
        b"VOLON1\n\n",
        b"VOLON1\n-1\n",
        b"VOLON1\n12",
        b"VOLON2\n1\n",
    ):
        with pytest.raises(Corrupt, match="not a journal"):
            header_size(start)


def test_an_entry_is_found_by_its_place() -> None:
    first, second = sample().entries
    assert [sample().entry(place) for place in (first.place, second.place, Place(Root.GIT, "x"))] == [
        first,
        second,
        None,
    ]


def test_a_repository_is_known_by_where_its_git_directory_is() -> None:
    identity = RepoIdentity.of("/shop", "/caf\udce9/.git")
    assert identity == RepoIdentity(hashlib.sha256(b"/caf\xe9/.git").hexdigest()[:16], "/shop")


def test_an_operation_may_be_as_large_as_the_limit_and_no_larger() -> None:
    def sized(length: int) -> Journal:
        return replace(
            sample(), entries=(Entry(Place(Root.WORKTREE, ".volon/big"), Kind.REPLACE, None, bytes(length)),)
        )

    room = LARGEST - (len(encode(sized(LARGEST - 4096))) - _TAIL - (LARGEST - 4096))
    assert decode(encode(sized(room))) == sized(room)
    with pytest.raises(NotCommitted, match="at most 16 MiB; this one has 16 MiB"):
        encode(sized(room + 1))
