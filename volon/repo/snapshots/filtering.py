"""Which of the files that were read git would commit in another form, and those forms; see `volon.repo.quiet`.

Where a filter fails, or a file changed since it was read, the raw bytes stand for it: they are what was saved anyway.

Source: issue "Every byte back" (the working tree as git would commit it), reliability G10.
"""

from __future__ import annotations

from volon.model.snapshot import is_git_name
from volon.plain import replace
from volon.repo.fastimport import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.snapshot import SavedFile
    from volon.repo.git import Git
    from volon.repo.snapshots.collecting import Collector


def filtered_ids(git: Git, collector: Collector) -> dict[str, SavedFile]:
    """Return the files whose form in a commit is another one than their bytes, with that form written as an object.

    Args:
        git: where to ask.
        collector: has read the files.
    """
    files = [one for one in collector.found.files.values() if one.kind == "file" and not one.ignored]
    files = [one for one in files if not is_git_name(one.path)]
    other = {one.path: oid for one, oid in _hashed(git, files) if oid != one.blob and collector.same(one.path)}
    differing = [one for one in files if one.path in other]
    written = _hashed(git, differing, "-w")
    return {one.path: replace(one, filtered=oid) for one, oid in written if oid == other[one.path]}


def _hashed(git: Git, files: list[SavedFile], *options: str) -> Iterable[tuple[SavedFile, str]]:
    if not files:
        return ()
    names = b"".join(quoted(one.path) + b"\n" for one in files)
    status, out = git.ask("hash-object", *options, "--stdin-paths", stdin=names, ok=(0, 128))
    return () if status else zip(files, out.decode("ascii").split(), strict=True)
