"""Print the corpus: each history, what preflight says, and what `git log --oneline <paused>..HEAD` would have said."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.functional.histories.bench import Scene, seen, tidy
from tests.functional.histories.catalogue import HISTORIES
from tests.support.seal import sealed_environment


def main() -> int:
    """Print one row for each history; the exit status says whether all labels are right."""
    wrong = 0
    print(f"{'history':<58} {'preflight':<58} git log --oneline")
    for number, history in enumerate(HISTORIES):
        with tempfile.TemporaryDirectory() as place:
            os.environ.update(sealed_environment(Path(place) / "home"))
            scene = Scene(Path(place) / str(number))
            scene.work.root.parent.mkdir()
            history.build(scene)
            right = seen(*scene.resume()) == tidy(history.label)
            naive = scene.naive()
        wrong += not right
        said = (
            f"{len(naive)} new: {' '.join(naive)[:40]}"
            if naive and naive != ("fatal",)
            else " ".join(naive) or "nothing"
        )
        print(f"{history.name:<58} {history.label.codes:<58} {said}{'' if right else '   WRONG'}")
    print(f"{len(HISTORIES)} histories, {wrong} told wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
