"""Remotes: the one place where git talks to another machine, because the user typed `volon handoff …`.

Or goes on with a plan that another clone may have: then its claim is looked at, and nothing is sent.

Promises: a remote is one that the user's configuration names, never one that a record names; its address is handed to
git as it stands there, so that nothing else that is configured under the remote's name counts. Only the transports git
allows without asking are open. What programs git starts on the way (ssh, credential helpers) the user's own
configuration or environment says; where only the repository's `.git/config` does, nothing is started and the setting is
named. No hook runs, neither here nor, where the remote is a directory of this machine, there. Refs are named in full
on both sides; no branch, no tag, no remote-tracking ref and no FETCH_HEAD changes.

Source: reliability S7, S8, G16-G18; contract §2.3, §7 (claim).
"""

from __future__ import annotations

import re

from volon.errors import NotCommitted, NotTrusted, UsageError
from volon.model.secrets import redact
from volon.patterns import pattern
from volon.plain import dataclass
from volon.repo import quiet
from volon.repo.blobs import decode
from volon.repo.git import GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volon.repo.git import Git

_OWN = ("local", "worktree")
_PROGRAMS = pattern(
    r"core\.(?:sshcommand|askpass|gitproxy)|credential\.(?:.*\.)?helper|remote\..*\.(?:vcs|uploadpack|receivepack|proxy)"
    r"|url\..*\.(?:insteadof|pushinsteadof)|http\.(?!(?:.*\.)?(?:extraheader|postbuffer|version|useragent|lowspeed\w*)$).*",
    re.IGNORECASE | re.DOTALL,
)
"""Settings by which a repository could start programs, or send what is the user's to another place than it says."""
_FAR = pattern(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*:(?!\\)|[^/]+:")
_QUIETLY = "git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=: -c receive.autogc=false -c core.fsync=all"
_LOST = ("stale info", "already exists", "cannot lock ref", "fetch first", "failed to update ref", "atomic")
_ROW = pattern(r"!\t(?:[^:\t]*):(?P<ref>[^\t]+)\t(?P<said>.*)")
_TRANSPORTS = "file:git:http:https:ssh"
"""What git itself allows without asking: nothing that a URL could name a program with."""
_OWN_WAYS = tuple(
    f"GIT_{name}"
    for name in (
        *("SSH", "SSH_COMMAND", "SSH_VARIANT", "ASKPASS", "PROXY_COMMAND", "HTTP_PROXY_AUTHMETHOD"),
        *("SSL_CAINFO", "SSL_CAPATH", "SSL_CERT", "SSL_KEY", "SSL_CERT_PASSWORD_PROTECTED", "SSL_VERSION"),
    )
)
"""How the user's own environment says that git reaches a remote."""
_SETTINGS = (
    "core.alternateRefsCommand=:",
    "credential.interactive=false",
    "fetch.prune=false",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "fetch.writeCommitGraph=false",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.pushOption=",
    "push.recurseSubmodules=no",
    "transfer.bundleURI=false",
)
"""What git is told besides; a fetch keeps one pack, to be made durable."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What became of a push that did not happen.

    Attributes:
        raced: a ref was not what it was expected to be: somebody else was quicker.
        said: the server's words for each ref.
    """

    raced: bool
    said: tuple[str, ...]


class Remote:
    """One remote.

    Args:
        git: the door to git.
        name: as it is configured.
        url: where to fetch from, as it is configured.
        push_url: where to push to, as it is configured.
    """

    def __init__(self, git: Git, name: str, url: str, push_url: str) -> None:
        self._git = git.speaking(_SETTINGS, _OWN_WAYS, _TRANSPORTS)
        self.name, self.url, self.push_url = name, url, push_url

    @classmethod
    def open(cls, git: Git, branch: str | None, named: str | None) -> Remote:
        """Find the remote that is meant: the one named, else the branch's, else `origin`, else the only one.

        Raises:
            UsageError: there is none of that name.
            NotCommitted: there is none, or several and none is meant.
            NotTrusted: the repository's own configuration names programs that git would start on the way.
        """
        rows = list(quiet.settings(git.run("config", "--list", "--show-scope", "-z")))
        own = sorted({key for scope, key, _ in rows if scope in _OWN and _PROGRAMS.fullmatch(key)})
        if own:
            raise _not_ours(own)
        # Of several addresses git fetches from the first; of several values otherwise the last one counts.
        values = {key: value for _, key, value in reversed(rows)}
        upstream = next((value for _, key, value in reversed(rows) if key == f"branch.{branch}.remote"), None)
        names = {
            key[len("remote.") : -len(".url")] for key in values if re.fullmatch(r"remote\..+\.url", key, re.DOTALL)
        }
        name = _meant(names, upstream, named)
        url = values[f"remote.{name}.url"]
        return cls(git, name, url, values.get(f"remote.{name}.pushurl", url))

    @property
    def shown(self) -> str:
        """Its name and address, for people; a password in the address is not shown."""
        return f"{self.name} ({redact(self.push_url)[0]})"

    def refs(self, *patterns: str, pushing: bool = False) -> dict[str, str]:
        """Ask the remote for its refs, by name.

        Args:
            patterns: only those that match one; all when there is none.
            pushing: ask where pushes go.

        Raises:
            NotCommitted: it cannot be reached, or does not answer as git does.
        """
        url = self.push_url if pushing else self.url
        words = ("ls-remote", "--quiet", "--refs", *self._service("upload-pack", url, pushing=pushing), "--", url)
        rows = (line.partition("\t") for line in decode(self._talk(*words, *patterns)).split("\n") if line)
        return {ref: oid for oid, _, ref in rows if is_object_id(oid)}

    def fetch(self, refs: Sequence[str], *, pushing: bool = False, checked: bool = False) -> None:
        """Bring the objects of these refs here; no ref changes, and nothing is remembered as fetched.

        Args:
            refs: which.
            pushing: ask where pushes go.
            checked: take no object that git's own `fsck` has anything against; old histories may have such.

        Raises:
            NotCommitted: it cannot be reached, or what it sends is damaged.
        """
        if not refs:
            return
        url = self.push_url if pushing else self.url
        quietly = ("--quiet", "--no-write-fetch-head", "--no-tags", "--refmap=", "--no-auto-maintenance", "--no-prune")
        service = self._service("upload-pack", url, pushing=pushing)
        words = ("fetch", *quietly, "--no-recurse-submodules", *service, "--stdin", "--", url)
        git = self._git.with_settings("fetch.fsckObjects=true") if checked else self._git
        self._talk(*words, git=git, stdin="".join(f"{ref}\n" for ref in refs).encode("utf-8", "surrogateescape"))

    def push(self, updates: Mapping[str, tuple[str, str | None]], *, dry_run: bool = False) -> Refused | None:
        """Set refs on the remote, all or none, each only if it is what it was seen to be.

        Args:
            updates: by ref, the new commit and the one that is there now; None when there is none.
            dry_run: only ask.

        Returns:
            None when it is done; why not, when the server or somebody else's push stood in the way.

        Raises:
            NotCommitted: the remote cannot be reached.
        """
        leases = [f"--force-with-lease={ref}:{old or ''}" for ref, (_, old) in updates.items()]
        service = self._service("receive-pack", self.push_url, pushing=True)
        quietly = ("--porcelain", "--atomic", "--no-verify", *(["--dry-run"] if dry_run else []))
        words = ("push", *quietly, *service, *leases, "--", self.push_url)
        pairs = [f"{oid}:{ref}" for ref, (oid, _) in updates.items()]
        try:
            status, out = self._git.ask(*words, *pairs, ok=(0, 1))
        except GitFailed as error:
            raise self._unreachable(error) from error
        if not status:
            return None
        said = tuple(found["said"] for line in decode(out).split("\n") if (found := _ROW.fullmatch(line)))
        return Refused(any(word in line for line in said for word in _LOST), tuple(dict.fromkeys(said)))

    def _service(self, name: str, url: str, *, pushing: bool) -> list[str]:
        """Which program answers at the other end: git's own, and one on this machine runs no hooks there."""
        shown = decode(self._git.run("remote", "get-url", *(["--push"] if pushing else []), self.name)).split("\n")[0]
        far = _FAR.match(shown) and _FAR.match(url)
        return [f"--{name}={f'git-{name}' if far else f'{_QUIETLY} {name}'}"]

    def _talk(self, *words: str, stdin: bytes = b"", git: Git | None = None) -> bytes:
        try:
            return (git or self._git).run(*words, stdin=stdin)
        except GitFailed as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: GitFailed) -> NotCommitted:
        message = f"The remote {self.shown} cannot be used; nothing was changed."
        causes = [redact(line)[0] for line in error.causes]
        return NotCommitted(message, causes=causes, hints=[f"git ls-remote {self.name} shows whether git can reach it"])


def _meant(names: set[str], upstream: str | None, named: str | None) -> str:
    if named is not None:
        if named not in names:
            known = f"The remotes here: {', '.join(sorted(names))}" if names else "git remote add origin URL"
            raise UsageError(f"There is no remote {named}.", hints=[known])
        return named
    for candidate in (upstream, "origin", *(names if len(names) == 1 else ())):
        if candidate in names:
            return str(candidate)
    if names:
        message = f"There are {len(names)} remotes and none is meant: {', '.join(sorted(names))}."
        raise NotCommitted(message, hints=["name one with --remote"])
    message = "There is no remote to hand anything over to."
    raise NotCommitted(
        message, hints=["git remote add origin URL", "write one file instead: volon handoff export FILE"]
    )


def _not_ours(keys: list[str]) -> NotTrusted:
    message = "The configuration of this repository alone says how git reaches a remote; nothing was sent or fetched."
    return NotTrusted(
        message,
        causes=[f".git/config sets {key}" for key in keys[:6]],
        hints=[
            "if it is yours, say it in your own configuration: git config --global (includeIf limits it to a place)"
        ],
    )
