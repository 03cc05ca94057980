"""The traced side: runs volon in a fork for each request and says when it began and ended.

It is started once per worker, below strace, with all of volon imported, so that a run costs no start of an
interpreter. Requests come as lines of JSON on standard input, answers go as lines of JSON to standard output. The
trace is cut into runs by two marks: the forked child and its parent try to open paths that do not exist.

Limits are of the kernel, not of a clock: processor seconds and address space. Only what sleeps is ended by an alarm.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import sys
from typing import Any

from tests.crash.bench import load_volon, volon_main

MARK = "/volon-hostile-mark"
HARD_CPU_SECONDS = 20
HARD_BYTES = 2 << 30
PATIENCE_SECONDS = 60
_MOST_OUTPUT = 8 << 20


def mark(run: int, what: str) -> None:
    """Leave a line in the trace."""
    try:
        os.close(os.open(f"{MARK}/{run}/{what}", os.O_RDONLY))
    except OSError:
        return


def main() -> None:
    """Answer requests until standard input ends."""
    load_volon()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    out, err = os.memfd_create("out"), os.memfd_create("err")
    child = os.fork()
    if child == 0:
        _be_the_child(request, out, err)
    _, status, used = os.wait4(child, 0)
    mark(request["run"], "end")
    answer = {
        "code": os.waitstatus_to_exitcode(status),
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss << 10,
        "out": _content(out),
        "err": _content(err),
    }
    os.close(out)
    os.close(err)
    return answer


def _content(fd: int) -> str:
    os.lseek(fd, 0, os.SEEK_SET)
    pieces = []
    while piece := os.read(fd, _MOST_OUTPUT):
        pieces.append(piece)
    return base64.b64encode(b"".join(pieces)[:_MOST_OUTPUT]).decode("ascii")


def _be_the_child(request: dict[str, Any], out: int, err: int) -> None:
    code = 125
    try:
        _prepare(request, out, err)
        mark(request["run"], "begin")
        code = volon_main(request["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - this child must not go on as a second driver, whatever happens
        os.write(2, f"Traceback: {error!r}\n".encode())
    finally:
        os._exit(code)


def _prepare(request: dict[str, Any], out: int, err: int) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (HARD_CPU_SECONDS, HARD_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (HARD_BYTES, HARD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(PATIENCE_SECONDS)
    null = os.open(os.devnull, os.O_RDONLY)
    for fd, number in ((null, 0), (out, 1), (err, 2)):
        os.dup2(fd, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(request["cwd"])
    os.umask(request["umask"])
    os.environ.update(request["env"])
    if request["broken"]:
        from tests.hostile.known_bad import break_volon

        break_volon(request["broken"])


if __name__ == "__main__":
    main()
