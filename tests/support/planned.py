"""A shop that is made in five phases by a worker that really edits files, in ways that go wrong.

Phase 1 fails its test, and the fix repairs it, with a correction of the specification in its report; phase 2 has
modules side by side, of which one has the plan paused while it works; what those of phase 3 make conflicts; phase 4
fails a test that no fix repairs, until the user writes down what nobody else knows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.running import PROJECT_ROOT
from tests.support.seal import sealed_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

READY = """\
# A shop in five phases

## Problem Statement
Nobody can buy anything.

## User Impact
They go elsewhere.

## Mission
A shop that counts in cents.

## Success Criteria
- the total is right

## Requirements (IMMUTABLE)
- prices are whole cents

## Proposed Approach (EVOLVABLE)
Shell, as long as it carries.

## Implementation Phases

### Phase 1: Store (1-2h)
- Add up prices
Expected files:
- `store.sh`
Tests: `sh test/total.sh`

### Phase 2: Services (1-2h)
- Serve and show the total
Modules: api, web
Expected files: api.sh, web.sh

### Phase 3: Pages (1h)
- A cart and help, both in the menu
Modules: cart, help
Expected files: cart.txt, help.txt, menu.txt

### Phase 4: Taxes (1h)
- Read the rate
Tests: `sh test/rate.sh`

### Phase 5: Delivery (1h)
- Ship it
Tests: `sh test/total.sh && sh test/rate.sh`

## Known Gotchas
- prices have cents

## Quality Requirements
- Lint: `for one in *.sh; do sh -n "$one" || exit 1; done`

## Files to Create/Modify
### New Files
- `store.sh`
- `ship.sh`
"""
WORKER = r"""#!/bin/sh
# Does what an agent would: reads its brief, edits files, reports.
set -e
# The test of kills has whoever runs this killed when a phase begins.
if test -n "$KILL" && rm "$KILL.${VOLON_TICKET%%.*}" 2> /dev/null; then kill -9 "$(cat "$KILL.pid")"; fi
after() { # until the result of another one is kept
    for _ in $(seq 400); do git for-each-ref "refs/volon/run/$VOLON_RUN/$1/*" | grep -q . && return; sleep 0.05; done
}
report() { printf '%s\n' 'Status: PASS' 'Tokens: 1200 in, 300 out' "$@" > "$VOLON_REPORT"; }
case $VOLON_TICKET in
p1.implement.*) echo 'total() { echo $(($1 - $2)); }  # TODO: is it?' > store.sh; report ;;
p1.fix.1)
    grep -q 'tests: failed' "$VOLON_BRIEF"
    echo 'total() { echo $(($1 + $2)); }' > store.sh
    report '## Discoveries' '- a total is a sum' '## Spec Correction: Prices are text' \
        '**Original spec**: prices are whole cents' '**Reality**: the till hands over 1.50' \
        '**Evidence**: test/total.sh:2' '**Action taken**: whole cents, as specified' '**Impact**: Core' ;;
p2.implement.api)
    grep -q 'a total is a sum' "$VOLON_BRIEF"
    volon -C "${VOLON_REPORT%/.volon/*}" conduct pause -q
    printf '. ./store.sh\ntotal "$@"\n' > api.sh; report ;;
p2.implement.web) echo '. ./store.sh' > web.sh; after p2.implement.api ;;
p3.implement.*)
    echo "$VOLON_MODULE" > "$VOLON_MODULE.txt"; echo "$VOLON_MODULE" >> menu.txt
    test $VOLON_MODULE = cart || after p3.implement.cart ;;
p4.*) test -f rate.cfg || echo rate=0 > rate.cfg ;;
p5.*) echo '. ./api.sh' > ship.sh ;;
esac
"""
TESTS = {
    "test/total.sh": '. ./store.sh\ntest "$(total 150 250)" = 400\n',
    "test/rate.sh": "grep -qx rate=19 rate.cfg\n",
}
START = "volon conduct start --worker ./worker --fixes 1 --jobs 2 --yes"
RESUME = "volon conduct resume --jobs 2"
MERGE = (
    "git merge -q $(git for-each-ref --format='%(objectname)' 'refs/volon/run/*/p3.implement.cart/1')",
    "git merge -q $(git for-each-ref --format='%(objectname)' 'refs/volon/run/*/p3.implement.help/1')",
    r"printf 'cart\nhelp\n' > menu.txt && git commit -qam 'Both in the menu'",
)
RATE = "echo rate=19 > rate.cfg"


class Planned:
    """The shop.

    Args:
        where: an empty directory; `origin.git`, `shop` and what starts volon lie in it.

    Attributes:
        env: the environment of all commands.
        shop: the working tree.
    """

    def __init__(self, where: Path) -> None:
        self.where, self.shop = where, where / "shop"
        (where / "bin").mkdir()
        program = where / "bin/volon"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m volon "$@"\n', "utf-8")
        program.chmod(0o755)
        self.env = {
            **sealed_environment(where / "home"),
            "PATH": f"{where / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        self.run("git init -q --bare -b main origin.git && git clone -q origin.git shop", cwd=where)
        self.run("git switch -q -c main", check=False)
        for path, text in {**TESTS, "worker": WORKER}.items():
            (self.shop / path).parent.mkdir(exist_ok=True)
            (self.shop / path).write_text(text, "utf-8")
        (self.shop / "worker").chmod(0o755)
        self.run("git add -A && git commit -qm Begin && git push -q origin main && volon init -q")
        (self.shop / ".prelude").mkdir()
        (self.shop / ".prelude/READY.md").write_text(READY, "utf-8")

    def run(
        self, command: str, *, cwd: Path | None = None, check: bool = True, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line, as the user types it."""
        done = subprocess.run(
            ["sh", "-c", f"{command} 2>&1"] if check else ["sh", "-c", f"({command}) 2>&1"],
            cwd=cwd or self.shop,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"$ {command}\n{done.stdout}"
        return done
