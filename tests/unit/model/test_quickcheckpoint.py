"""The quick reader of checkpoints says what the strict one says, or nothing: written, damaged and forged ones."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.model.records.test_checkpoint import PLAIN, TEMPLATE, checkpoints
from tests.unit.model.samples import HOSTILE_LINES, quick
from volon.errors import VolonError
from volon.files import Place, Root
from volon.model.quickcheckpoint import CheckpointRow
from volon.model.records.checkpoint import Checkpoint, parse_checkpoint, render_checkpoint
from volon.model.syntax.frontmatter import Document
from volon.usecases.records import CheckpointFile, checkpoint_row

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
PATH = ".design/checkpoints/07-work-2026-11-19.md"
WRITTEN = render_checkpoint(replace(PLAIN, note="backoff untested"), TEMPLATE)
FENCES = ("## Capsule", "## capsule", "# Checkpoint 07", "## Changes at the pause", "````markdown", "````", "`````")
LINES = (*HOSTILE_LINES, *FENCES, "   ```", " ## Capsule", "~~~~ x", "```text", "note: x", 'uid: "x"', "number: 08")


def strict(data: bytes) -> CheckpointRow | None:
    """Return what the strict readers make of it; None when they refuse it."""
    try:
        document = Document.parse(data, PATH)
        return checkpoint_row(CheckpointFile(Place(Root.WORKTREE, PATH), document, parse_checkpoint(document)))
    except VolonError:
        return None


def sealed(text: str) -> str:
    """Give a text the digest of the whole that it should have, as somebody who forges one would."""
    bare, count = re.subn(r"^content_sha256:.*\n", "", text, count=1, flags=re.MULTILINE)
    stamp = f'content_sha256: "{sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()}"\n'
    return text if not count else re.sub(r"^content_sha256:.*\n", stamp, text, count=1, flags=re.MULTILINE)


def agrees(data: bytes) -> bool:
    """Whether the quick reader was sure; it must then say what the strict one says."""
    row = CheckpointRow.read(data)
    if row is None:
        return False
    whole = strict(data)
    assert whole is not None
    assert row == whole
    assert CheckpointRow.of_text(row.text()) == row
    assert "\n" not in row.text()
    return True


@quick
@given(checkpoints)
@example(PLAIN)
def test_what_volon_writes_is_read_alike(checkpoint: Checkpoint) -> None:
    agrees(render_checkpoint(checkpoint, TEMPLATE))


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """Make a checkpoint with lines changed, added and left out, which has the right digest all the same."""
    written = render_checkpoint(draw(checkpoints), TEMPLATE) if draw(st.booleans()) else WRITTEN
    lines = written.decode().split("\n")
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["replace", "insert", "drop", "double", "edit", "swap"]))
        other = draw(st.sampled_from([*LINES, *lines]))
        if kind == "edit":
            at = draw(st.integers(0, len(lines[place])))
            lines[place] = lines[place][:at] + draw(st.sampled_from(list('`~# \t"\\x0:-é\r'))) + lines[place][at:]
        else:
            new = {"replace": [other], "insert": [other, lines[place]], "drop": [], "double": [lines[place]] * 2}
            lines[place : place + 1] = new.get(kind, [lines[place - 1]])
    text = "\n".join(lines)
    return (sealed(text) if draw(st.booleans()) else text).encode("utf-8", "surrogatepass")


@quick
@given(forged())
def test_the_quick_reader_never_says_anything_else_than_the_strict_one(data: bytes) -> None:
    agrees(data)


SURE = sorted({place for place, char in enumerate(WRITTEN) if WRITTEN[:place].count(b"\n") < 40 or char in b"`#\n"})


def test_no_byte_can_be_changed_unseen() -> None:
    assert agrees(WRITTEN)
    for place in SURE:
        for other in (b"", b"x", b"\n", b"`", b"#"):
            changed = WRITTEN[:place] + other + WRITTEN[place + 1 :]
            assert changed == WRITTEN or not agrees(changed), (place, other)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("above", ["**Stage**: work", "## Changes at the pause", "None.", "## Capsule", "````markdown"])
def test_a_forged_section_or_fence_is_left_to_the_strict_reader_or_read_alike(above: str, line: str) -> None:
    text = WRITTEN.decode()
    assert f"\n{above}\n" in text
    for forgery in (f"\n{line}\n{above}\n", f"\n{above}\n{line}\n", f"\n{above}\n\n{line}\n\n", f"\n{line}\n"):
        agrees(sealed(text.replace(f"\n{above}\n", forgery, 1)).encode("utf-8", "surrogatepass"))


def test_a_forged_capsule_with_the_right_digest_of_the_whole_is_not_taken() -> None:
    text = sealed(WRITTEN.decode().replace("# x\n", "# y\n", 1)).encode()
    assert CheckpointRow.read(text) is None
    whole = strict(text)
    assert whole is not None
    assert whole.problems == ("the embedded capsule was changed",)


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*.md")), ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_the_samples_of_every_format_are_read_alike(path: Path) -> None:
    agrees(path.read_bytes())


@pytest.mark.parametrize(
    "text", ["", "7", "\t" * 9, "x\t\t\t\t\t\t\t\t\t", "7\tx" + "\t" * 8, "7" + "\t" * 8, "7" + "\t" * 10]
)
def test_what_is_no_row_gives_none(text: str) -> None:
    assert CheckpointRow.of_text(text) is None
