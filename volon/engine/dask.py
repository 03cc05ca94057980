"""dask.distributed as an engine: volon's jobs on its workers, and nothing of what it would decide by itself.

Promises: a scheduler that would do a lost job again by itself is refused; so is one on another machine whose wire is
open to everybody. A job is published, so that it outlives the process that sent it. Nothing here waits for a worker:
words are passed on by threads of their own. Whoever may speak to a scheduler may run code on its workers and on
whoever is connected, so an address is only ever taken from the user's command line. Certificates are those of dask's
own configuration (`distributed.comm.tls`).

Source: issue "the pipeline" (beyond one machine); reliability S7.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import threading
from collections import deque
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import distributed

from volon.engine.far import Asking, WorkerLost
from volon.engine.worker import do, pass_on
from volon.errors import NotCommitted
from volon.model.pipeline.records import Engaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from volon.paths import Path

NAME = "dask"
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 5.0
_LEAVE_SECONDS = 2.0
_ENDING = (distributed.Status.closing, distributed.Status.closed, distributed.Status.failed)
_DROPPED = (CancelledError, asyncio.CancelledError)
_ALLOWED = "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0"


class Dask:
    """A connection to a scheduler.

    Args:
        client: dask's own.
        address: the scheduler's.
    """

    def __init__(self, client: Any, address: str) -> None:  # noqa: ANN401  dask has no types where it is not installed
        self._client, self.address = client, address

    @property
    def slots(self) -> int:
        """How many jobs its workers do at once, now."""
        return sum(self._client.nthreads().values())

    def pool(self, run: str, remote: str) -> DaskPool:
        """Its workers, for one run whose commits go by way of a remote."""
        return DaskPool(self._client, run, Engaged(NAME, self.address, remote))


@contextmanager
def attached(address: str | None, file: Path | None) -> Iterator[Dask]:
    """Be connected to a scheduler.

    Args:
        address: its address.
        file: or the file that it wrote its address into.

    Raises:
        NotCommitted: it cannot be reached, or must not be used.
    """
    address = address or _written(file)
    _check_wire(address)
    for name in ("distributed", "tornado", "asyncio"):
        # What dask says to itself about a connection that is gone, volon says in its own words.
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL + 1)
    try:
        client: Any = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="volon")
    except (OSError, ValueError, TypeError, TimeoutError, RuntimeError) as error:
        message = f"the scheduler at {address} cannot be reached; nothing was started"
        raise NotCommitted(message, causes=[str(error)], hints=["dask scheduler --help"]) from error
    try:
        _check_failures(client, address)
        yield Dask(client, address)
    finally:
        client.close(timeout=_LEAVE_SECONDS)


def _written(file: Path | None) -> str:
    assert file is not None  # noqa: S101  the one or the other was asked for
    try:
        found = json.loads(file.read_bytes())["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"no scheduler has written its address into {file}"
        raise NotCommitted(message, causes=[str(error)], hints=[f"dask scheduler --scheduler-file {file}"]) from error
    return str(found)


def _check_wire(address: str) -> None:
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tls" and not _is_here(parts.hostname or ""):
        raise NotCommitted(
            f"{address} is on another machine and not encrypted: whoever is on the way could run anything here.",
            hints=["start scheduler and workers with --protocol tls, and say tls://HOST:PORT"],
        )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_failures(client: Any, address: str) -> None:  # noqa: ANN401  see `Dask`
    # Sent by value, because volon need not be there.
    def allowed(dask_scheduler: Any = None) -> int:  # noqa: ANN401
        return int(dask_scheduler.allowed_failures)

    if client.run_on_scheduler(allowed) != 0:
        message = f"the scheduler at {address} runs again by itself what was lost with a worker; nothing was started"
        raise NotCommitted(message, hints=[f"{_ALLOWED} dask scheduler …"])


class DaskPool:
    """The workers of a scheduler; see `volon.engine.far.Pool`.

    Args:
        client: dask's own.
        run: the jobs of which run.
        place: as the journal names it.
    """

    def __init__(self, client: Any, run: str, place: Engaged) -> None:  # noqa: ANN401  see `Dask`
        self._client, self._run, self.place = client, f"volon-{run}", place
        self._asked: deque[Asking] = deque()
        self._tasks: dict[str, _DaskTask] = {}
        client.subscribe_topic(self._run, self._hear)

    def submit(self, tag: str, job: Mapping[str, object]) -> _DaskTask:
        """See `Pool`."""
        key = self._key(tag)
        # `pure=False` and a key of its own: what has the same arguments is not the same.
        future = self._client.submit(_do, key, self._run, tag, dict(job), key=key, pure=False, retries=0)
        try:
            self._client.publish_dataset(future, name=key, override=True)
        except OSError as error:
            raise self._lost() from error
        return self._known(tag, future)

    def find(self, tag: str) -> _DaskTask | None:
        """See `Pool`."""
        try:
            return self._known(tag, self._client.get_dataset(self._key(tag)))
        except KeyError:
            return None

    def drop(self, tag: str) -> None:
        """See `Pool`."""
        with suppress(OSError, KeyError):
            self._client.unpublish_dataset(self._key(tag))
        if (task := self._tasks.pop(tag, None)) is not None:
            self._client.cancel([task.future], force=True)

    def asking(self) -> Iterator[Asking]:
        """See `Pool`."""
        while self._asked:
            yield self._asked.popleft()

    def tell(self, tag: str, word: str, where: str) -> None:
        """See `Pool`."""

        def told() -> None:
            workers = [where] if where else None
            with suppress(OSError, RuntimeError, ValueError, *_DROPPED):
                self._client.run(pass_on, self._key(tag), word, workers=workers, on_error="ignore")

        threading.Thread(target=told, daemon=True).start()

    def check(self) -> None:
        """See `Pool`."""
        if self._client.status != "running":
            raise self._lost()

    def _lost(self) -> NotCommitted:
        return NotCommitted(
            f"the scheduler at {self.place.address} does not answer any more; what runs there goes on",
            hints=["volon pipeline run FILE --executor dask … finds it again, or asks what became of it"],
        )

    def _key(self, tag: str) -> str:
        return f"{self._run}-{tag}"

    def _known(self, tag: str, future: Any) -> _DaskTask:  # noqa: ANN401  see `Dask`
        self._tasks[tag] = task = _DaskTask(future)
        return task

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        said: list[Any] = [event[1].get(name) for name in Asking._fields]
        # Anybody who speaks to the scheduler may say anything.
        if [type(one) for one in said[:4]] == [str, int, int, str] and isinstance(said[4], str | None):
            self._asked.append(Asking(*said))


class _DaskTask:
    """A job; see `volon.engine.far.Task`."""

    def __init__(self, future: Any) -> None:  # noqa: ANN401  see `Dask`
        self.future = future
        self._result: object = None
        self._error: BaseException | None = None
        self._known = False

    def done(self) -> bool:
        """Whether it is over, and what came of it is here."""
        if not self._known and self.future.done():
            try:
                self._error = self.future.exception(timeout=_ANSWER_SECONDS)
                if self._error is None:
                    self._result = self.future.result(timeout=_ANSWER_SECONDS)
            except (TimeoutError, OSError):
                # What came of it went with its worker, and dask makes it anew; it will not get leave to.
                return False
            except _DROPPED:
                self._error = WorkerLost("the scheduler dropped it")
            if isinstance(self._error, distributed.scheduler.KilledWorker):
                self._error = WorkerLost("its worker was lost")
            self._known = True
        return self._known

    def exception(self) -> BaseException | None:
        """What was raised; once it is over."""
        return self._error

    def result(self) -> object:
        """What came of it; once it is over."""
        return self._result


def _do(key: str, topic: str, tag: str, job: dict[str, object]) -> dict[str, object]:
    """What a worker is given to do."""
    worker = distributed.get_worker()

    def say(who: int, number: int, line: str | None) -> None:
        worker.log_event(topic, {"tag": tag, "who": who, "number": number, "where": worker.address, "line": line})

    def is_open() -> bool:
        return worker.status not in _ENDING

    return do(key, job, f"{worker.local_directory}/volon", say, is_open)
