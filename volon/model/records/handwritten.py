"""What people write into a capsule between two pauses: noticed, so that the next pause does not lose it.

Source: contract §2.1 (text in an overwritten capsule stays reachable through a checkpoint).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.markdown import RECORD_LEVEL, sections, title_key
from volon.model.text import lf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MARKS_OF_A_RESUME = "resumed_"
_NAMES = ("task_id", "checkpoint")
"""What a pause that came from another machine is called may be another's name here; then volon writes the free one."""


def edited(capsule: Document, written: str) -> bool:
    """Whether a capsule says anything but what its pause wrote; the marks of a resume and names do not count.

    Args:
        capsule: as it is now.
        written: the whole text as the pause's checkpoint has it.
    """
    try:
        before = Document.parse(written.encode("utf-8"), capsule.path)
    except VolonError:
        return True
    return (lf(capsule.body), _said(capsule)) != (lf(before.body), _said(before))


def _said(capsule: Document) -> Mapping[str, object]:
    said = (one for one in capsule.meta.items() if one[0] not in _NAMES)
    return {key: value for key, value in said if not key.startswith(_MARKS_OF_A_RESUME)}


def own_sections(body: str, other: str) -> tuple[str, ...]:
    """The sections of a capsule that another one has no heading for, each as it stands."""
    known = {title_key(one.title) for one in sections(other, RECORD_LEVEL)}
    own = (one for one in sections(body, RECORD_LEVEL) if title_key(one.title) not in known)
    return tuple(body[one.head[0] : one.end] for one in own)
