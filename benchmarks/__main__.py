"""Measure, and print the table; `--write` puts it into docs/BENCHMARKS.md.

python -m benchmarks                    all rows; needs the development packages, takes a quarter of an hour
python -m benchmarks --only 1 --only 3  some groups: 1 2 3 5 9 11 12 13 15 16 17
python -m benchmarks --rounds 3         fewer rounds, for a look
python -m benchmarks --bin DIR          programs of an environment that volon's wheel is installed in already
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks.places import ROOT, Places, install_wheel, run
from benchmarks.rows import GROUPS, cores
from benchmarks.timing import Measured, measure, plain_environment

_PAGE = ROOT / "docs/BENCHMARKS.md"
_BEGIN, _END = "<!-- measured -->", "<!-- end -->"


def main() -> None:
    """Run the groups that were asked for."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="volon-bench-") as directory:
        home = Path(directory).resolve()
        programs = arguments.bin or install_wheel(home / "environment")
        environment = plain_environment(home, programs)
        at = Places(home, programs, environment)
        lines: list[str] = []
        for group in arguments.only or GROUPS:
            for row in GROUPS[group](at):
                lines += _lines(measure(row, environment, arguments.rounds))
                print("\n".join(lines[-len(row.goals) :]), flush=True)
        text = "\n".join([*_head(at), *lines])
    if arguments.write:
        page = _PAGE.read_text(encoding="utf-8")
        before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
        _PAGE.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")
    else:
        sys.stdout.write(f"\n{text}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure volon against its baselines.")
    parser.add_argument("--only", action="append", choices=list(GROUPS), metavar="GROUP")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--bin", type=Path, metavar="DIR")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _head(at: Places) -> list[str]:
    python = run(at.bin / "python", "--version", cwd=at.home).strip()
    git = run("git", "--version", cwd=at.home).strip()
    day = dt.datetime.now(dt.UTC).date()
    load = os.getloadavg()[0]
    where = f"{platform.system()} on {platform.machine()}, {cores()} cores, {python}, {git}"
    return [
        f"{day}, {where}; load at the end {load:.1f}" + (" (the machine was busy with other work)." * (load > cores())),
        "",
        "| # | volon | against | ratio | goal | verdict | volon | baseline |",
        "|---|---|---|---|---|---|---|---|",
    ]


def _lines(measured: Measured) -> list[str]:
    lines = []
    for goal in measured.row.goals:
        own = measured.row.contender
        name = f"| {measured.row.number} | {own.name} | {goal.name} |"
        limit = "–" if goal.at_most == float("inf") else f"≤ {_number(goal.at_most)}"
        if goal.baseline is None:
            lines.append(
                f"{name} – | {limit} | not verified: the baseline is not on this machine | {_ms(measured)} | – |"
            )
            continue
        ratio = measured.ratio(goal)
        verdict = "for information" if limit == "–" else "met" if ratio <= goal.at_most else "**missed**"
        times = f"{_ms(measured)} | {measured.milliseconds(goal.baseline):.3g} ms |"
        lines.append(f"{name} {_number(ratio)} | {limit} | {verdict} | {times}")
    return lines


def _ms(measured: Measured) -> str:
    return f"{measured.milliseconds(measured.row.contender):.3g} ms"


def _number(ratio: float) -> str:
    smallest = 0.1
    return f"1/{1 / ratio:.0f}" if ratio < smallest else f"{ratio:.2f}"


if __name__ == "__main__":
    main()
