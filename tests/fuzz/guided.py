"""One target under atheris: coverage of volon's own code decides which inputs are kept and changed again.

python -m tests.fuzz.guided TARGET [options of libFuzzer]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris


def main() -> None:
    """Fuzz until the runs are over or a promise breaks; new inputs go to a directory that is thrown away."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["volon"]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.engine import LONGEST, TOKENS, corpus

    target = next(one for one in TARGETS if one.name == name)
    with tempfile.TemporaryDirectory() as scratch:
        begun = Path(scratch)
        for number, data in enumerate([*target.seeds, *(data for _, data in corpus(target))]):
            (begun / f"{number}").write_bytes(data)
        words = begun / "tokens.dict"
        words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS), encoding="ascii")
        fixed = [f"-max_len={LONGEST}", f"-dict={words}", "-timeout=20", "-artifact_prefix=/tmp/"]
        atheris.Setup([sys.argv[0], *fixed, *options, scratch], target.run)
        atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main()
