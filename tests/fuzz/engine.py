"""The mutating fuzzer, the replay of the corpus, and the check that time grows with the input and no faster."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.targets import Target

CORPUS = Path(__file__).with_name("corpus")
LONGEST = 1 << 14
HANG_SECONDS = 10
TOKENS = (
    *(b"---\n", b"\n", b"\r\n", b"\r", b"\t", b" ", b"  ", b": ", b"- ", b"? ", b"# ", b"## Updates\n"),
    *(b"### x\n", b"```\n", b"~~~~\n", b"````", b"<<<<<<< x\n", b"=======\n", b">>>>>>> y\n", b"&a ", b"*a "),
    *(b"<<: ", b"!!x ", b"%YAML 1.1\n", b"[", b"]", b"{", b"}", b'"', b"'", b"\\", b"|\n", b">\n", b"null"),
    *(b"~", b"- [ ] ", b"**Stage**: ", b"<position>\n", b"</position>\n", b"status: ", b"id: ", b"9" * 20),
    *(b"-1", b"0", b"\xef\xbb\xbf", b"\xff", b"\xe2\x80\xa8", b"\x85", b"\0", b"\x1b]0;x\x07"),
    *("\u202e\u200b".encode(), "٣".encode(), "ſ".encode(), "…".encode(), b"<!-- volon -->", b"\x1e", b"../"),
    *(b"/", b"-x", b"@@ -1,9 +1,9 @@\n", b"diff --git a/x b/x\n", b"+x\n", b": x\n", b"a\0", b"<a1>\n", b"`"),
    *(b"1. x\n", b"> ", b"\x0b", b"=>"),
)
_GROWTH = 4
_SMALL = 10_000
_SLOW_SECONDS = 0.08
_TOO_STEEP = 9.0
"""Four times as long must not take nine times as long: linear is 4, with a sort 5, quadratic 16."""


@dataclass(frozen=True)
class Finding:
    """A promise that did not hold."""

    target: str
    data: bytes
    error: str

    def __str__(self) -> str:
        return f"{self.target}: {self.error[:300]}\n    input: {self.data[:300]!r}"


def attempt(target: Target, data: bytes) -> Finding | None:
    """Run one input; whatever is raised breaks a promise."""
    signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_SECONDS)
    try:
        target.run(data)
    except (RecursionError, MemoryError, Exception) as error:  # noqa: BLE001 - that nothing is raised is the promise
        return Finding(target.name, data, f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError(f"more than {HANG_SECONDS} processor seconds")


def corpus(target: Target) -> list[tuple[str, bytes]]:
    """The committed inputs of a target, by name: each was found by a fuzzer, or says what it tries."""
    directory = CORPUS / target.name
    return [(path.name, path.read_bytes()) for path in sorted(directory.glob("*"))] if directory.is_dir() else []


def mutants(target: Target, seed: str, count: int) -> Iterator[bytes]:
    """Inputs made from seeds and corpus by small and large changes; the same for the same seed."""
    chance = random.Random(f"{seed}:{target.name}")
    seeds = [*target.seeds, *(data for _, data in corpus(target))]
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
            _change(chance, data, seeds)
        yield bytes(data[:LONGEST])


def _change(chance: random.Random, data: bytearray, seeds: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    end = min(len(data), at + chance.choice((1, 2, 8, 40)))
    match chance.randrange(7):
        case 0:
            data[at:at] = chance.choice(TOKENS)
        case 1:
            data[at:end] = chance.choice(TOKENS)
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = data[at:end] * chance.choice((1, 2, 30))
        case 4:
            other = chance.choice(seeds)
            data[at:] = other[chance.randint(0, len(other)) :]
        case 5:
            data[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
        case _:
            data[at:at] = chance.choice(TOKENS) * chance.choice((2, 17, 300))


def steep(target: Target, tokens: tuple[bytes, ...] = TOKENS) -> Iterator[Finding]:
    """Repeat each token; a target that takes out of proportion longer for four times as many is a finding."""
    if target.grows is None:
        return
    before, after = target.grows
    for token in tokens:
        times = _SMALL // len(token)
        long = before + token * (times * _GROWTH) + after
        slow = _seconds(target, long)
        if slow < _SLOW_SECONDS:
            continue
        # Processor time of the better of three: on a busy machine only what is steep stays steep.
        quick = min(_seconds(target, before + token * times + after) for _ in range(3))
        slow = min(slow, _seconds(target, long), _seconds(target, long))
        if slow >= _SLOW_SECONDS and slow / max(quick, 1e-4) > _TOO_STEEP:
            yield Finding(
                target.name, long, f"{token!r}: {_GROWTH} times as many take {slow / quick:.0f} times as long"
            )


def _seconds(target: Target, data: bytes) -> float:
    began = time.process_time()
    attempt(target, data)
    return time.process_time() - began
