"""`validate` of the capsules again where nothing has changed: from files alone, with next to nothing imported.

What capsules claim is all in their bytes. So once every one of a large directory was known and kept every rule, what is
left to be asked of the repository is kept as one text under the signatures of all of them as one block; and
of the checkpoints, where those were asked. While both blocks are the same, only that text is asked again, each time:
whether the tasks, paths, branches and objects are still there. Where anything of it does not hold for certain, or
anything is unusual, there is no answer, and the long way has it.

Source: contract §8.6 (claims check); performance (row 10).
"""

from __future__ import annotations

import os

from volon import cached, gitfiles, peek
from volon.gitobjects import Objects
from volon.model.checks.gist import by_tasks, holds
from volon.usecases.glance import UNSURE, NoGlance, generation
from volon.usecases.validating.ruled import rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeVar

    from volon.model.checks.gist import Vouch

    T = TypeVar("T")

CAPSULES, CHECKPOINTS, TASKS = ".volon/pcc/tasks", ".design/checkpoints", ".volon/tasks"
_CAPSULES, _BESIDE = "capsules ", "beside "
_SEPARATOR = "\x1f"


def kind() -> str:
    """As what it is kept."""
    return f"sound.2-{rules():08x}"


def keys_of(signed: Mapping[str, str]) -> list[str]:
    """Names and signatures, as rows are kept under them."""
    return list(map("\t".join, signed.items()))


def capsules_of(keys: Iterable[str]) -> str:
    """Under what it is kept: the names and signatures of all capsules."""
    return _CAPSULES + _SEPARATOR.join(keys)


def checkpoints_of(identity: str, keys: Iterable[str]) -> str:
    """What has to be kept beside it when capsules speak of checkpoints: the same of those, and their directory."""
    return _BESIDE + _SEPARATOR.join((identity, *keys))


def words_kept(words: Iterable[str]) -> str:
    """What is kept of what capsules claim: the files of tasks, which a listing has as they are, and other words."""
    tasks, others = by_tasks(words)
    return "\t".join([f"{one}.md" for one in tasks]) + _SEPARATOR * 2 + "\t".join(others)


def checked_again(start: str, path: str) -> int | None:
    """How many capsules there are, when surely nothing is wrong with any of them; None when it takes the long way.

    Args:
        start: the directory that volon was started for.
        path: what is to be checked; anything but the directory of the capsules takes the long way.
    """
    try:
        found = gitfiles.find(os.path.realpath(start))
        if found is None or gitfiles.is_anothers(found) or _real(path) != f"{found.root}/{CAPSULES}":
            return None
        before = generation(found)
        number = _checked(found)
        return number if generation(found) == before else None
    except UNSURE:
        return None


def _real(path: str) -> str:
    """Follow links on the way, not the last one."""
    head, tail = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(head), tail)


def _checked(found: gitfiles.Directories) -> int | None:
    identity = _asked(found, CAPSULES, peek.identity)
    known = cached.rows(os.environ, cached.beside(found.root, found.common_dir), kind(), identity)
    if not known:
        return None  # Before ten thousand files are looked at for nothing.
    keys = _listed(found, CAPSULES, peek.LEAST)[1]
    words = known.get(capsules_of(keys))
    if words is None or (len(known) > 1 and checkpoints_of(*_listed(found, CHECKPOINTS, 0)) not in known):
        return None
    tasks, _, others = words.partition(_SEPARATOR * 2)
    if tasks and not set(tasks.split("\t")).issubset(_asked(found, TASKS, os.listdir)):
        return None
    ground = _Files(found)
    return len(keys) if all(holds(word, ground) for word in others.split("\t") if word) else None


def _listed(found: gitfiles.Directories, path: str, least: int) -> tuple[str, list[str]]:
    """What tells a directory of so many files from every other one, and the names and signatures of the files in it."""
    listed = _asked(found, path, lambda directory: peek.signatures(directory, least))
    if listed is None:
        raise NoGlance
    return listed[0], keys_of(listed[1])


def _asked(found: gitfiles.Directories, path: str, ask: Callable[[int], T]) -> T:
    """What is asked of an open directory."""
    directory = peek.open_directory(found.root, path)
    if directory is None:
        raise NoGlance
    try:
        return ask(directory)
    finally:
        os.close(directory)


class _Files:
    """What the files say for certain; see `volon.model.checks.gist.Ground`. Whatever is not sure is no."""

    def __init__(self, found: gitfiles.Directories) -> None:
        self._found = found
        self.has_object = Objects(found.common_dir, found.object_format).surely_has
        self._branch = gitfiles.head(found.git_dir, found.common_dir)[0]

    def has_task(self, _task_id: str) -> bool:
        """Is never asked: tasks are looked for all at once."""
        return False

    def has_local_branch(self, name: str) -> bool:
        """Whether there is a branch; none but the current one where the file system does not tell capitals apart."""
        if name == self._branch:
            return True
        plain = all(part and part[0] != "." and not part.endswith(".lock") for part in name.split("/"))
        if not plain or os.path.lexists(f"{self._found.git_dir}/hEAD"):
            return False
        commit = gitfiles.ref(self._found.common_dir, f"refs/heads/{name}")
        return commit is not None and self.has_object(commit)

    def is_now(self, path: str) -> bool:
        """Whether something is at a path in the working tree."""
        inside = path[:1] != "/" and ".." not in path.split("/")
        return inside and os.path.lexists(f"{self._found.root}/{path}")

    def has_number(self, _number: int) -> bool:
        """Is never asked: numbers of checkpoints do not change while their directory does not."""
        return False

    def vouching(self, _path: str) -> tuple[bool, Vouch | None]:
        """Is never asked: nor does what they vouch for."""
        return False, None
