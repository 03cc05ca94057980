"""Bytes that a restore writes and that are no objects yet, made durable under `refs/volon/put/<ulid>` before it begins.

They are what a checkout or a merge would write: line ends and keywords as in the working tree. The journal names them
by their ids, so that a restore that was killed can be finished, and an undo undone.

Source: reliability §3.7 (a journal that holds oids), §0 (3).
"""

from __future__ import annotations

from volon.model.snapshot import blob_path
from volon.repo import fastimport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from volon.repo.repository import Repository

REF = "refs/volon/put/"


def keep(repository: Repository, ulid: str, blobs: Mapping[str, bytes], at: datetime) -> None:
    """Write blobs and a commit that holds them.

    Args:
        repository: where.
        ulid: the operation; it has kept nothing yet.
        blobs: the bytes by their ids; without any nothing is done.
        at: the date of the commit.

    Raises:
        GitFailed: git failed, or what was read back is not what was written.
        NotCommitted: it could not be made durable.
    """
    if not blobs:
        return
    ref, files = REF + ulid, {blob_path(oid): data for oid, data in blobs.items()}
    with fastimport.Import(repository.git, repository.common_dir) as importing:
        importing.say([fastimport.import_stream(ref, files, None, f"volon: put {ulid}\n", at)])
        [commit] = importing.ids_of(fastimport.ALONE)
        importing.promise_whole(commit, {blob_path(oid): oid for oid in blobs})
        importing.name(ref, commit)
        importing.end()
