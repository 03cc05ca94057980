"""The handoff: a pointer to the latest checkpoint, and nothing that is not also elsewhere.

Source: seed 003 (step 6), origins §3.3 (v1.0 wrote the whole handoff into the one file).
"""

from __future__ import annotations

from volon.model.ids import checkpoint_label
from volon.model.syntax.template import fill
from volon.model.text import block
from volon.patterns import pattern
from volon.plain import dataclass

PATH = ".design/HANDOFF.md"
MAX_BYTES = 64 * 1024
"""What is read of it; a pointer is two lines."""
_POINTER = pattern(r"(?im)^Latest checkpoint:([^\r\n]+)")
_DEFAULT = """\
# Session Handoff (pointer)
Latest checkpoint: `{{path}}`
Run `volon resume-task` to restore, or `volon resume-task {{number}}` for this specific checkpoint.
"""


@dataclass(frozen=True, slots=True)
class Handoff:
    """Either a pointer, or (written by the first version of the original tool) the handoff's own text."""

    path: str | None = None
    legacy: str | None = None


def render_handoff(checkpoint_path: str, number: int, template: str = _DEFAULT) -> bytes:
    """The pointer's file.

    Args:
        checkpoint_path: relative to the repository root.
        number: the checkpoint's number.
        template: the text of `handoff.md`.
    """
    return fill(template, {"path": checkpoint_path, "number": checkpoint_label(number)}).encode("utf-8")


def parse_handoff(data: bytes) -> Handoff:
    """Read a handoff, tolerantly: it is only a pointer, and a scan of the checkpoints can always replace it."""
    text = data[:MAX_BYTES].decode("utf-8-sig", "replace")
    found = _POINTER.search(text)
    path = found[1].strip().strip("`") if found else ""
    if path and not path.startswith(("/", "\\")) and ".." not in path.split("/"):
        return Handoff(path=path)
    return Handoff(legacy=block(text) or None)
