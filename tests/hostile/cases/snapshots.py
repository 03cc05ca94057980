"""Saved files that a stranger made up: an unpacked git directory in which a snapshot says what to write."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.hostile.ground import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_PATHS = {
    "up": "../outside/planted",
    "deep-up": "src/../../outside/planted",
    "absolute": "/etc/planted",
    "hook": ".git/hooks/post-checkout",
    "config": ".git/config",
    "other-case": ".GIT/config",
    "short-name": "git~1/config",
    "trailing-dot": ".git./config",
    "stream": ".git::$INDEX_ALLOCATION/config",
    "unseen": ".g\u200cit/config",
    "record": ".volon/tasks/TASK-20261119-001.md",
    "empty": "",
    "null": "a\0b",
    "long": "x" * 5000,
    "temporary": ".volon-tmp-00000000000000000000000000-0",
}


def cases() -> Iterator[Case]:
    """Paths that lead elsewhere, links with files beneath them, indexes and ids that are none."""
    row = "S2, S3, S6"
    for name, path in _PATHS.items():
        yield Case(f"snapshot/{name}", f"saved files would be written at {path[:40]!r}", row, _files(path), "paused")
    attack = "a saved link leads out, and a saved file lies beneath it"
    yield Case("snapshot/beneath-a-link", attack, row, partial(_beneath, "120000"), "paused")
    yield Case(
        "snapshot/beneath-a-file", "a saved file lies beneath another", row, partial(_beneath, "100644"), "paused"
    )
    for name, change in (
        ("mode", {"files": [{"mode": "104755"}]}),
        ("directory", {"files": [{"mode": "040000"}]}),
        ("missing", {"files": [{"blob": "0" * 40}]}),
        ("option", {"files": [{"blob": "--batch-all-objects"}]}),
        ("another", {"uid": "01M7YM1N77RGT4KXZ8NX6AXASA"}),
        ("head", {"head": "--output=x"}),
        ("index", {"index": {"blob": "0" * 40, "digest": "0" * 64, "shared": "../../x", "shared_blob": "0" * 40}}),
        ("operation", {"operation": "\u001b]0;x\u0007merge"}),
    ):
        yield Case(
            f"snapshot/{name}", f"the list of saved files has a false {name}", row, partial(_forge, change), "paused"
        )


def _files(path: str) -> partial[None]:
    return partial(_forge, {"files": [{"path": path}]})


def _beneath(mode: str, ground: Ground) -> None:
    files = [{"path": "d", "mode": mode, "kind": "link" if mode == "120000" else "file"}, {"path": "d/planted"}]
    _forge({"files": files}, ground)


def _forge(change: dict[str, Any], ground: Ground) -> None:
    """Replace the snapshot of the checkpoint by one of the same shape that says something else."""
    refs = ground.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/volon/snap").split()
    ref, commit = refs[0], refs[1]
    manifest = json.loads(ground.git("cat-file", "blob", f"{commit}:manifest.json"))
    link = str(ground.outside)
    blobs = {
        text: ground.git("hash-object", "-w", "--stdin", stdin=text.encode()).strip() for text in ("planted\n", link)
    }
    plain = {"kind": "file", "mode": "100644", "filtered": None, "tracked": False, "ignored": False}
    rows = [{"path": "planted", **plain, "blob": blobs["planted\n"], **row} for row in change.get("files", ())]
    for row in rows:
        row["blob"] = blobs[link] if row["mode"] == "120000" else row["blob"]
    manifest |= {**change, "files": rows or manifest["files"]}
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n"
    entries = [line for line in ground.git("ls-tree", commit).splitlines() if not line.endswith("\tmanifest.json")]
    new = ground.git("hash-object", "-w", "--stdin", stdin=text.encode()).strip()
    tree = ground.git("mktree", stdin="\n".join([*entries, f"100644 blob {new}\tmanifest.json", ""]).encode()).strip()
    parents = ground.git("rev-parse", f"{commit}^@").split()
    words = [word for parent in parents for word in ("-p", parent)]
    forged = ground.git("commit-tree", tree, *words, "-m", hashlib.sha256(text.encode()).hexdigest()).strip()
    ground.git("update-ref", ref, forged)
    # What was in progress is gone, so that there is something to restore.
    ground.git("checkout", "-q", "--", ".")
