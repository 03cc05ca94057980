"""Write down a real run of a plan: `python docs/conduct_run.py` writes docs/CONDUCT_RUN.md.

A shop is made in five phases by a scripted worker, in a scratch repository with a frozen clock; what was typed and
printed is the page. `tests/functional/conduct/test_shown_run.py` asserts that another run, elsewhere, gives the same
page to the last byte.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.planned import MERGE, RATE, READY, RESUME, START, WORKER, Planned

TARGET = Path(__file__).parent / "CONDUCT_RUN.md"
_MORNING = {"VOLON_FROZEN_NOW": "2026-11-20T09:00:00Z", "VOLON_SEED": "laptop"}
_RECORDS = "-- . ':!.volon/plans/*/briefs/*'"
_PAGE = """\
# A plan carried out, from start to complete

Written by `docs/conduct_run.py` from a real run, and compared with another one by the tests: five phases, modules
side by side, a test that the fix repairs and one that it does not, a correction that a person has to approve, a pause
in the middle, a conflict, and another machine.

The specification, `.prelude/READY.md`:

````markdown
{ready}````

The worker, a script where an agent could be:

```text
{worker}```
{steps}"""


def story() -> str:
    """Carry the plan out, and return the page."""
    with tempfile.TemporaryDirectory() as scratch:
        shop = Planned(Path(scratch).resolve())
        steps = [
            _told(
                shop,
                "The first phase fails its test; the fix worker gets what failed, and repairs it. "
                "While the second one is made, somebody pauses the plan at another terminal.",
                START,
                code=11,
            ),
            _told(
                shop,
                "What a worker would change of the approach waits for a person, who says yes.",
                "volon conduct discover",
                "volon conduct discover 1 --approved",
            ),
            _told(shop, "Whoever comes back, person or agent, reads this first.", "volon brief --budget 250"),
            _told(shop, "The two modules are merged. Those of the next phase conflict.", RESUME, code=1),
            _told(
                shop, "The user merges them, and goes on; now a test fails that no fix repairs.", *MERGE, RESUME, code=1
            ),
        ]
        shop.run(f"git add -A {_RECORDS} && git commit -qm 'As far as it came'")
        shop.run("git push -q origin main && git clone -q origin.git ../laptop".replace("origin.git", "../origin.git"))
        laptop = shop.where / "laptop"
        steps += [
            _told(
                shop,
                "The records are pushed with the work, and cloned on another machine, which says that it goes on with "
                "the plan. What has to be known is "
                "written down there. What that machine has never agreed to, it shows first; what is complete stays so.",
                "volon handoff claim PLAN-20261119-001",
                f"{RATE} && git add rate.cfg && git commit -qm 'The rate'",
                f"{RESUME} --quiet",
                f"{RESUME} --yes --quiet",
                "volon conduct status",
                cwd=laptop,
                env=_MORNING,
                code=None,
            ),
            _told(shop, "Meanwhile the first machine does not.", f"{RESUME} --yes", env=_MORNING, code=4),
            _told(
                shop,
                "Seven points say whether it is complete. The records hold what they say.",
                "volon conduct complete",
                "volon validate",
                "git log --first-parent --format='%h %s' | head -n 3",
                "sha256sum .volon/plans/*/results/*",
                cwd=laptop,
                env=_MORNING,
            ),
        ]
        return _PAGE.format(ready=READY, worker=WORKER, steps="".join(steps)).replace(scratch, "…")


def _told(
    shop: Planned,
    says: str,
    *commands: str,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    code: int | None = 0,
) -> str:
    """Run commands; the last one has to end with the code."""
    parts = [f"\n{says}\n"]
    for command in commands:
        done = shop.run(command, cwd=cwd, env=env, check=False)
        if code is not None and command == commands[-1] and done.returncode != code:
            raise ValueError(done.stdout)
        ended = f"\n(exit {done.returncode})" if done.returncode else ""
        parts.append(f"\n```text\n> {command}\n{done.stdout}```{ended}\n")
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(story(), "utf-8")
