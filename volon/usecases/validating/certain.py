"""Which of many capsules claim nothing but what surely is so: asked of records and git once for all of them.

Loads none of what a judgement in full needs: mostly there is nothing to be judged.

Source: contract §8.6 (claims check); performance (rows 9 and 10).
"""

from __future__ import annotations

from functools import cached_property

from volon.errors import VolonError
from volon.model.checks.gist import COMMIT, beside_checkpoints, holds, on_checkpoints
from volon.store import layout
from volon.usecases.validating import again
from volon.usecases.validating.survey import GistRow, VouchRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from volon.files import Place
    from volon.model.checks.gist import Vouch
    from volon.repo.vouching import GitEvidence
    from volon.store.store import Reader, Store


def words_of(gists: Mapping[str, GistRow]) -> set[str]:
    """What capsules claim, by the names of their files; what several of them say is one word."""
    return set("\t".join([row.words for row in gists.values()]).split("\t")) - {""}


def doubtful(words: Collection[str], gists: Mapping[str, GistRow], ground: Ground) -> list[str]:
    """The capsules of which something does not hold for certain.

    Args:
        words: all that they claim.
        gists: what each claims, by the names of their files.
        ground: what the repository answers.

    Raises:
        GitFailed: git could not answer.
    """
    ground.announce(word.removeprefix(f"{COMMIT} ") for word in words if word.startswith(f"{COMMIT} "))
    wrong = {word for word in words if not holds(word, ground)}
    return [name for name, row in gists.items() if not wrong.isdisjoint(row.words.split("\t"))] if wrong else []


def checkpoints_at_rest(store: Store) -> tuple[str, list[str]] | None:
    """The few checkpoints, before anything is asked of them; see `remember`."""
    try:
        return store.shelf.at_rest(layout.CHECKPOINTS) if store.shelf is not None else None
    except (VolonError, OSError):
        return None


def remember(
    words: Collection[str],
    gists: Mapping[str, GistRow],
    ground: Ground,
    store: Store,
    few: tuple[str, list[str]] | None,
) -> None:
    """Keep what `volon.usecases.validating.again` needs, when all capsules were known and every word holds.

    Args:
        words: all that capsules claim.
        gists: what each claims, by the names of their files.
        ground: what the repository answered.
        store: knows which capsules and checkpoints that was about.
        few: the checkpoints, where they are few.
    """
    whole = None if store.shelf is None else store.shelf.wholly.get((layout.CAPSULES, GistRow.KIND))
    if store.shelf is None or whole is None or len(gists) != len(whole[1]):
        return
    identity, keys = whole
    kept = [again.capsules_of(keys)]
    if on_checkpoints(words):
        beside = few or store.shelf.wholly.get((layout.CHECKPOINTS, VouchRow.KIND))
        if beside is None:
            return
        kept.append(again.checkpoints_of(*beside))
    if store.shelf.memory.recall(again.kind(), identity).keys() != set(kept):
        texts = dict.fromkeys(kept, "") | {kept[0]: again.words_kept(beside_checkpoints(words, ground))}
        store.shelf.memory.keep(again.kind(), identity, texts)


class Ground:
    """What the repository answers; see `volon.model.checks.gist.Ground`."""

    def __init__(self, listed: Listed, evidence: GitEvidence) -> None:
        self._listed = listed
        self.announce = evidence.announce
        self.has_task, self.vouching = listed.tasks.__contains__, listed.vouching
        self.has_object, self.has_local_branch = evidence.has_object, evidence.has_local_branch
        self.is_now = evidence.is_now

    def has_number(self, number: int) -> bool:
        """Whether there is a checkpoint of that number."""
        return number in self._listed.numbers


class Listed:
    """Which tasks and checkpoints there are.

    Attributes:
        tasks: the ids of the tasks.
        checkpoints: the names of the checkpoints' files.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.tasks = frozenset(name.removesuffix(".md") for name in self._names(layout.TASKS))
        self.checkpoints = frozenset(self._names(layout.CHECKPOINTS))

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers of the checkpoints."""
        from volon.model.records.checkpoint import number_in  # noqa: PLC0415  seldom asked for

        return frozenset(map(number_in, self.checkpoints)) - {0}

    def vouching(self, path: str) -> tuple[bool, Vouch | None]:
        """Whether there is a checkpoint at a path that can be read, and what it vouches for, if it can."""
        directory, _, name = path.rpartition("/")
        if directory != layout.CHECKPOINTS.path or name not in self.checkpoints:
            return False, None
        row = self._vouches.get(name)
        if row is None:
            data = self.read(layout.CHECKPOINTS / name)
            row = self._vouches[name] = None if data is None else VouchRow.read(data)
        return row is not None, None if row is None else row.vouch

    @cached_property
    def _vouches(self) -> dict[str, VouchRow | None]:
        """What checkpoints vouch for, as far as it is known."""
        rows = self._reader.read_rows(layout.CHECKPOINTS, VouchRow)
        return {} if rows is None else rows[0]

    def read(self, place: Place) -> bytes | None:
        """A record's content; None for one that cannot be read."""
        try:
            return self._reader.read(place)
        except VolonError:
            return None

    def _names(self, directory: Place) -> list[str]:
        try:
            return self._reader.listdir(directory)
        except VolonError:
            return []
