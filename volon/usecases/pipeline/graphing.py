"""What needs what in a pipeline, and how it stands in its newest run; drawn into a new file where that is asked for.

Source: contract §6 (pipeline); issue "the pipeline" (graph).
"""

from __future__ import annotations

from contextlib import closing

from volon.errors import NotCommitted
from volon.files import Place, Root, Roots, publish
from volon.model.pipeline.board import Boards
from volon.model.pipeline.state import RunState
from volon.model.results.pipeline import GraphTicketView, PipelineGraphResult
from volon.usecases.pipeline.runs import newest, read_pipeline, run_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from volon.workspace import Workspace

_MODE = 0o666
"""What the umask leaves of it."""


def pipeline_graph(workspace: Workspace, path: Path) -> PipelineGraphResult:
    """The graph of a file, with the statuses of its newest run; reads only.

    Args:
        workspace: where.
        path: the pipeline's file.

    Raises:
        NotCommitted, Corrupt: as `read_pipeline`; or the journal of the run is damaged.
    """
    pipeline = read_pipeline(workspace, path)
    run = newest(workspace, run_files(workspace), pipeline.file)
    state, changed = RunState(), False
    over: dict[str, int | None] = {}
    if run is not None:
        with closing(run):
            state, changed, over = run.state, run.state.spec != pipeline.digest, run.over(pipeline.spec)
    board = Boards(pipeline.spec, {}).board(state, workspace.world.clock.now(), {}, attended=False, over=over)
    needs = pipeline.spec.tickets
    return PipelineGraphResult(
        name=pipeline.spec.name,
        file=pipeline.file,
        run=None if run is None else run.id,
        status="planning" if run is None else board.status,
        tickets=tuple(
            GraphTicketView(ticket=row.ticket, status=row.status, needs=needs[row.ticket].needs, ms=row.ms)
            for row in board.rows
        ),
        warnings=(f"{pipeline.file} has changed since its run began; this is the file.",) if changed else (),
    )


def write_new(workspace: Workspace, target: Path, text: str, hint: str) -> None:
    """Write text into a file of the user's that is not there yet: all of it, or none.

    Raises:
        NotCommitted: something is there, or it cannot be written.
    """
    own = workspace.repository
    files = workspace.world.files(Roots(str(target.parent), str(own.git_dir), str(own.common_dir)))
    aside = f".{target.name}.{workspace.world.ids.token()}"
    try:
        files.create(Place(Root.WORKTREE, aside), text.encode(), _MODE)
        publish(files, Root.WORKTREE, aside, target.name)
    except FileExistsError as error:
        raise NotCommitted(f"{target} is there already", hints=[hint]) from error
    except OSError as error:
        raise NotCommitted(f"{target} cannot be written", causes=[str(error)]) from error
