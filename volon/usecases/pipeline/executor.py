"""Where tickets are to run: here, or on the workers of other machines, by what the user said of them.

Source: issue "the pipeline" (beyond one machine); contract §7 (Consent).
"""

from __future__ import annotations

from contextlib import contextmanager

from volon.errors import NotCommitted, UsageError, extra
from volon.model.syntax.gitpath import shell_word
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from volon.engine.dask import Dask
    from volon.repo.exchange.remotes import Remote
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

_OPTIONS = "--executor dask --address tls://HOST:PORT"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where tickets are to run, as far as the command line says so.

    Attributes:
        executor: `local` or `dask`.
        address, scheduler_file: which scheduler.
        remote: the git remote by which commits go.
    """

    executor: str | None = None
    address: str | None = None
    scheduler_file: Path | None = None
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class Afar:
    """A scheduler that answers, and the remote by which commits go to its workers."""

    dask: Dask
    remote: Remote


@contextmanager
def attached(workspace: Workspace, said: Elsewhere, configured: str) -> Iterator[Afar | None]:
    """Be connected to where tickets are to run; None where that is here.

    Args:
        workspace: where.
        said: by the command line.
        configured: the executor, where the command line names none.

    Raises:
        UsageError: options that make no sense together, or no such remote.
        NotCommitted: the extra is not installed, there is no scheduler, or it must not be used.
        NotTrusted: see `Remote.open`.
    """
    named = said.address or said.scheduler_file
    if (said.executor or configured) == "local":
        if named or said.remote:
            raise UsageError("A scheduler and a remote are for --executor dask.", hints=[_OPTIONS])
        yield None
        return
    if not named or (said.address and said.scheduler_file):
        message = "--executor dask needs the scheduler: name it by --address or --scheduler-file, not both."
        raise UsageError(message, hints=[_OPTIONS, "--executor dask --scheduler-file FILE", "--executor local"])
    from volon.repo import questions  # noqa: PLC0415  most pipelines run here
    from volon.repo.exchange.remotes import Remote  # noqa: PLC0415  as above

    try:
        from volon.engine.dask import attached as connected  # noqa: PLC0415  an extra, and slow to load
    except ImportError as error:
        message = "--executor dask needs dask.distributed, which is not installed."
        raise NotCommitted(message, causes=[str(error)], hints=extra("dask")) from error
    repository = workspace.repository
    remote = Remote.open(repository.git, questions.current_branch(repository), said.remote)
    with connected(said.address, said.scheduler_file) as dask:
        yield Afar(dask, remote)


def refuse_elsewhere(run: Run, afar: Afar | None) -> None:
    """What runs can only be seen to from where it was started.

    Raises:
        NotCommitted: it runs elsewhere, or here.
    """
    engaged, running = run.state.engaged, ", ".join(run.state.running)
    if not running or (engaged is None) is (afar is None):
        return
    where = "on this machine" if engaged is None else f"on the workers of {engaged.address}"
    # The journal may be a stranger's: what it says is one word each to whoever pastes it.
    told = ("local",) if engaged is None else (engaged.engine, "--address", engaged.address)
    how = " ".join(map(shell_word, ("--executor", *told)))
    hints = [f"volon pipeline {'resume' if run.state.pause else 'run'} {shell_word(run.file)} {how}"]
    if engaged is not None:
        hints.append("if that is dead for good: another scheduler, or a new run by --fresh")
    raise NotCommitted(f"{running} of {run.file} may still run {where}; nothing was started", hints=hints)
