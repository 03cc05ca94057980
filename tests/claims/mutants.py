"""Capsules made false in one place each, by editing text: nothing here knows how volon finds claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_ENTRY = re.compile(r'^- `+ ?"?([^`"]*[^`" ])"? ?`+(?! =>| →)(?:$| — (?!\(external\)|\(new\)))', re.MULTILINE)
_STAT = re.compile(r"^ (?!\.\.\.)([^|\n\\]*[^|\n\\ ]) +\| ", re.MULTILINE)
_SECTIONS = re.compile(r"^## .*$", re.MULTILINE)
_OID = re.compile(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")


def delete_a_path(text: str, rng: random.Random) -> str:
    """One entry names a path that never was; where there is none, a key file is put in."""
    spots = [*_ENTRY.finditer(text), *_STAT.finditer(text)]
    if not spots:
        return text.replace("**Key files touched**\n", "**Key files touched**\n\n- `src/never/was.py` — gone\n")
    spot = rng.choice(spots)
    return f"{text[: spot.start(1)]}never/was/{spot[1]}{text[spot.end(1) :]}"


def change_a_sha(text: str, rng: random.Random) -> str:
    """One digit of the paused commit: in the frontmatter, in the text, or in both."""
    found = re.search(r'^paused_commit: "?([0-9a-f]{40,64})"?$', text, re.MULTILINE)
    if found is None:
        return re.sub(r"^paused_commit: .*$", f'paused_commit: "{"5d0f1e2a" * 5}"', text, count=1, flags=re.MULTILINE)
    oid, at = found[1], rng.randrange(len(found[1]))
    other = oid[:at] + rng.choice([digit for digit in "0123456789abcdef" if digit != oid[at]]) + oid[at + 1 :]
    how = rng.choice(("front", "text", "both"))
    head, fence, body = text[4:].partition("\n---\n")
    head = head.replace(oid, other) if how != "text" else head
    return f"---\n{head}{fence}{body.replace(oid, other) if how != 'front' else body}"


def rename_a_branch(text: str, rng: random.Random) -> str:
    """The branch gets another name: in the frontmatter, in the text, or in both."""
    found = re.search(r'^branch: "?([^"\n]+?)"?$', text, re.MULTILINE)
    assert found
    if found[1] == "null":
        return re.sub(r"^branch: .*$", "branch: feat/renamed", text, count=1, flags=re.MULTILINE)
    how = rng.choice(("front", "text", "both"))
    front = re.sub(r"^branch: .*$", 'branch: "renamed/x"', text, count=1, flags=re.MULTILINE) if how != "text" else text
    return front.replace(f"- Branch: `{found[1]}`", "- Branch: `renamed/x`") if how != "front" else front


def drop_a_section(text: str, rng: random.Random) -> str:
    """A heading goes, with what stands below it or without."""
    heads = list(_SECTIONS.finditer(text))
    number = rng.randrange(len(heads))
    end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
    return text[: heads[number].start()] + text[end if rng.random() < 0.5 else heads[number].end() :]


def exceed_the_cap(text: str, rng: random.Random) -> str:
    """One word more than 400, or many."""
    body = text[4:].partition("\n---\n")[2]
    more = 401 - len(body.split()) + rng.choice((0, 0, 1, 300))
    return f"{text.rstrip()} {'word ' * more}\n"


MUTATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "delete a path": delete_a_path,
    "change a sha": change_a_sha,
    "rename a branch": rename_a_branch,
    "drop a section": drop_a_section,
    "exceed the cap": exceed_the_cap,
}
