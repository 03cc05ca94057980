"""Commits on their way to workers on other machines and back, by refs of a remote that are made once and never move.

Promises: what would leave is searched for secrets first, as `handoff push` does; a ref that is there already as
something else is never replaced; of a ref that is fetched only the commit that was asked for is taken.

Source: issue "the pipeline" (beyond one machine); reliability S13.
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.repo.exchange import outgoing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.repo.exchange.remotes import Remote
    from volon.repo.repository import Repository

_SHOWN = 5


class LooksSecret(NotCommitted):
    """It may not be sent anywhere, now or later."""


def put(repository: Repository, remote: Remote, ref: str, commit: str) -> None:
    """Make a ref on the remote, unless it is there already.

    Raises:
        LooksSecret: something in it does.
        NotCommitted: the remote cannot be reached, or refuses it.
    """
    there = remote.refs(pushing=True)
    if there.get(ref) == commit:
        return
    sent = outgoing.leaving(repository.git, [commit], set(there.values()))
    found = [f"{one.path or one.oid} ({', '.join(one.kinds)})" for one in outgoing.search(repository.git, sent)]
    if found:
        raise LooksSecret(f"what would be sent to {remote.shown} looks secret", causes=found[:_SHOWN])
    refused = remote.push({ref: (commit, None)})
    if refused is not None and remote.refs(ref, pushing=True).get(ref) != commit:
        raise NotCommitted(f"the remote {remote.shown} refuses {ref}", causes=refused.said)


def get(repository: Repository, remote: Remote, ref: str, commit: str, *, checked: bool = False) -> None:
    """Bring the objects of a ref here, if it is that commit; `checked` as for `Remote.fetch`.

    Raises:
        NotCommitted: it is not, or the remote cannot be reached, or something in it is damaged.
    """
    if repository.git.resolve(commit) == commit:
        return
    remote.fetch([ref], pushing=True, checked=checked)
    if repository.git.resolve(commit) != commit:
        raise NotCommitted(f"{ref} of the remote {remote.shown} is not {commit}")
