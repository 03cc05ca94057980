"""A pipeline that is run by a volon of its own, for a dashboard: what is shown may be left, and what runs goes on.

Source: contract §7 (Consent): only a file that the user named is run, by the same command that they would type.
"""

from __future__ import annotations

from volon.again import Apart
from volon.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from volon.workspace import Workspace

_EXPECTED = {ExitCode.DONE, ExitCode.FAILED, ExitCode.PIPELINE_PAUSED}


class RunApart:
    """`volon pipeline run FILE`, or `resume FILE`, in a process of its own.

    Args:
        workspace: where.
        path: the file that the user named.
        rerun: tickets of which the user says that they have to run again; see `resume`.
        done: tickets of which the user says that they are done.
        resume: the pipeline is paused.

    Raises:
        ProgramMissing: it cannot be started.
    """

    def __init__(
        self,
        workspace: Workspace,
        path: Path,
        *,
        resume: bool,
        rerun: Sequence[str] = (),
        done: Sequence[str] = (),
    ) -> None:
        said = [
            word for flag, tickets in (("--rerun", rerun), ("--done", done)) for one in tickets for word in (flag, one)
        ]
        words = ["-C", str(workspace.repository.root), "pipeline", "resume" if resume else "run", *said]
        self._process = Apart([*words, "--", str(path.absolute())], workspace.world.env)
        self.pid = self._process.pid

    def refusal(self) -> str | None:
        """Why it could not run the pipeline, in its words; empty when it has run it; None while it lives."""
        over = self._process.over()
        if over is None:
            return None
        code, said = over
        return said or ("" if code in _EXPECTED else f"volon ended with {code}")

    def leave(self) -> None:
        """Let it go on unheard."""
        self._process.leave()
