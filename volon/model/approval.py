"""What an approval is about: exactly what would run, where, and the bytes of every file it names, in one digest.

The same parsed values that are run are what the digest is taken of, so there is nothing that one reader could see
differently from another. A change in any of them gives another digest, and another digest is another question.

Source: reliability §1.5 S4, S6; contract §2.15.
"""

from __future__ import annotations

import json

from volon.digests import sha256
from volon.plain import asdict, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.records.config import Config

_FORMAT = b"volon-trust-1"


@dataclass(frozen=True, slots=True, order=True)
class Covered:
    """A file of the repository that an approval covers; `sha256` is None when it is not there."""

    path: str
    sha256: str | None


def table(config: Config) -> bytes:
    """Everything in the settings that runs programs by itself, in one way of writing it."""
    hooks = {"on_pause": config.on_pause, "on_resume": config.on_resume}
    plain: dict[str, object] = {event: [asdict(hook) for hook in found] for event, found in hooks.items()}
    if config.replay_allow:
        plain["replay"] = config.replay_allow
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def digest(root: str, commands: bytes, files: Iterable[Covered]) -> str:
    """The digest that a person approves.

    Args:
        root: the real path of the working tree.
        commands: from `table`.
        files: every file of the repository that is covered.
    """
    parts = [_FORMAT, root.encode(errors="surrogateescape"), commands]
    for file in sorted(files):
        parts += [file.path.encode(errors="surrogateescape"), (file.sha256 or "absent").encode()]
    # With its length before each part, no two lists of parts run together into the same bytes.
    return sha256(b"".join(b"%d:" % len(part) + part for part in parts))
