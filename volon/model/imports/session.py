"""A session's transcript as paused work: what it says for certain, marked as derived.

Source: issue "Where agents live" (importers, derived capsules).
"""

from __future__ import annotations

from volon.model.agents.hosts import HOSTS
from volon.model.agents.transcripts.reading import below
from volon.model.agents.transcripts.transcript import LINE
from volon.model.imports.source import Source
from volon.model.secrets import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.transcripts.transcript import Transcript

_MOST_FILES = 10


def of_transcript(found: Transcript, path: str, digest: str, root: str) -> Source:
    """Return what a session says.

    Args:
        found: what was read.
        path: as people name it.
        digest: of what was read, which a session that went on does not keep.
        root: the top of the working tree.
    """
    title = HOSTS[found.agent].title
    part = f"{found.agent} session {found.session}"
    end = "interrupted" if found.interrupted else "ended"
    last = clean_line(found.last_message, LINE)
    return Source(
        kind="transcript",
        name=path,
        key=f"{part} {digest}",
        part=part,
        agent=f"{title}, session {found.session}",
        at=found.ended_at,
        note=f"{end}; the agent said last: {last}" if last else f"{end} before the agent said anything",
        goal=found.goal,
        key_files=tuple(f"{one}: edited in the session" for one in below(root, found)[-_MOST_FILES:]),
        commands=tuple(one.said for one in found.commands),
        tokens=found.tokens_said,
        branch=found.branch or None,
        derived=True,
    )
