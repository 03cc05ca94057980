"""Recoveries that end with something set aside: what is set aside must survive the power too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.crash.model.explore import Counts, record
from tests.crash.model.oracle import Machine, Violation
from tests.crash.model.scenarios import SMALL, TASK, Commit, Scenario, open_store, raw, small
from tests.crash.simfs import LINKED, MAIN, SimFs
from volon.errors import Corrupt, HumanConflict, VolonError
from volon.files import Place, Root
from volon.store import layout
from volon.store.journal import RepoIdentity, decode, digest, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.model.explore import Depth
    from tests.crash.simfs import Image
    from volon.files import Roots

BY_HAND = b"state by hand\n"


@dataclass(frozen=True)
class Story:
    """A disk with a published journal that cannot simply be applied.

    Attributes:
        spoil: what is done to that disk.
        error: what the next command says, once.
        kept: where its bytes end up, and which bytes.
    """

    name: str
    roots: Roots
    spoil: Callable[[SimFs], None]
    error: type[VolonError]
    kept: Callable[[SimFs], tuple[Place, bytes]]
    applied: bool = False

    def run(self, depth: Depth, prepare: Callable[[SimFs], None] = lambda _fs: None) -> Counts:
        """Let the next command run into it, and cut the power at every step.

        Raises:
            Violation: something set aside is lost, or something else was touched.
        """
        counts = Counts()
        fs = self._disk()
        kept = self.kept(fs)
        files = raw(fs)
        prepare(fs)
        points = record(fs, self._expect)
        for point, done in [*((each, False) for each in points), (fs, True)]:
            counts.points += 1
            for image in point.states(depth.seed, depth.states):
                counts.states += 1
                self._check(image, kept, files, done=done)
        return counts

    def _disk(self) -> SimFs:
        scenario = Scenario(self.name, (Commit("pause", small),), SMALL, roots=self.roots)
        fs = scenario.disk()
        points = record(fs, lambda disk: scenario.take(disk, 0))
        published = next(filter(_is_published, points))
        published.power_stays()
        self.spoil(published)
        published.power_stays()
        return published

    def _expect(self, fs: SimFs) -> None:
        try:
            _next(fs)
        except self.error:
            return
        raise Violation(f"{self.name}: the next command says nothing")

    def _check(self, image: Image, kept: tuple[Place, bytes], files: dict[Place, bytes | None], *, done: bool) -> None:
        fs = Machine(self.roots).boot(image)
        try:
            _next(fs)
        except self.error as error:
            if done:
                raise Violation(f"{self.name}: said twice: {error.message}") from error
        place, data = kept
        if fs.read(place) != data:
            raise Violation(f"{self.name}: what was set aside is lost: {fs.read(place)!r}")
        wanted = files | {TASK: b"task small\n", layout.RUN_LOG: b"log 1\nlog small\n"} if self.applied else files
        if raw(fs) != wanted:
            raise Violation(f"{self.name}: the files are {raw(fs)}")
        _next(fs)
        pending = open_store(fs).pending()
        if pending.journal or place not in (*pending.conflicts, *pending.corrupt):
            raise Violation(f"{self.name}: doctor does not see it: {pending}")


def _is_published(fs: SimFs) -> bool:
    try:
        decode(fs.read(layout.JOURNAL) or b"")
    except Corrupt:
        return False
    return True


def _next(fs: SimFs) -> None:
    with open_store(fs).begin("next", wait=0):
        pass


def _edit(fs: SimFs) -> None:
    fs.user_writes(layout.STATE, BY_HAND)


def _damage(fs: SimFs) -> None:
    data = bytearray(fs.read(layout.JOURNAL) or b"")
    data[len(data) // 2] ^= 1
    fs.user_writes(layout.JOURNAL, bytes(data))


def _make_foreign(fs: SimFs) -> None:
    journal = replace(decode(fs.read(layout.JOURNAL) or b""), identity=RepoIdentity("other", "/elsewhere"))
    fs.user_writes(layout.JOURNAL, encode(journal))


def _kept_edit(fs: SimFs) -> tuple[Place, bytes]:
    journal = decode(fs.read(layout.JOURNAL) or b"")
    return layout.kept_place(journal.op, layout.STATE), b"state small\n"


def _kept_damaged(fs: SimFs) -> tuple[Place, bytes]:
    data = fs.read(layout.JOURNAL) or b""
    return Place(Root.COMMON, f"corrupt/{digest(data)[:16]}"), data


def _kept_foreign(fs: SimFs) -> tuple[Place, bytes]:
    data = fs.read(layout.JOURNAL) or b""
    return layout.foreign_place(decode(data).op), data


STORIES = tuple(
    story
    for where, roots in (("", MAIN), (", linked worktree", LINKED))
    for story in (
        Story(f"edited by hand{where}", roots, _edit, HumanConflict, _kept_edit, applied=True),
        Story(f"damaged journal{where}", roots, _damage, Corrupt, _kept_damaged),
        Story(f"foreign journal{where}", roots, _make_foreign, HumanConflict, _kept_foreign),
    )
)
