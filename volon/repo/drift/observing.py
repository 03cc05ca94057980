"""Hold a recorded pause against the repository as it is now; questions are asked only where something moved.

When HEAD, upstream and branch are where they were, nothing is asked beyond the facts themselves.

Source: contract §5, §7; reliability G6, G7.
"""

from __future__ import annotations

from volon.light import cached_property
from volon.model.drift.observed import Brought, Fate, Observed, Relation, Story
from volon.model.ids import is_commit
from volon.paths import Path
from volon.plain import replace
from volon.repo import branches
from volon.repo.blobs import Blobs
from volon.repo.drift.fates import FateFinder, Fates
from volon.repo.drift.versions import ABSENT, tree
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import ExitStack
    from datetime import datetime

    from volon.model.drift.observed import EvidenceFate, KeyFileFate, PausedState, Reason
    from volon.model.facts import GitFacts
    from volon.repo.drift.history import Commit, History
    from volon.repo.git import Git
    from volon.repo.repository import Repository

_MOST_KEY_FILES = 100


class Observer:
    """Answers what preflight wants to know about one pause.

    Args:
        repository: where.
        paused: the pause.
        facts: what is there now.
    """

    def __init__(self, repository: Repository, paused: PausedState, facts: GitFacts) -> None:
        self._repository, self._paused, self._facts = repository, paused, facts
        self._git: Git = repository.git
        self._then = self._full(paused.paused_commit)
        self._here = True
        self._opened: tuple[ExitStack, History] | None = None

    def observe(self, now: datetime) -> Observed:
        """Return the answers.

        Raises:
            GitFailed: git could not say.
        """
        if not self._paused.known:
            return Observed(now, self._facts, Story(Relation.SAME, self._facts.head, self._facts.head))
        try:
            head, new = self._head()
            upstream_now, upstream = self._upstream()
            merged_into, merged = self._merged(upstream_now)
            fates = self._fates(new, there_before=0 < head.there_before == head.gained_total)
            work = self._brought(upstream, fates)
            key_files = self._key_files(new, fates)
        finally:
            if self._opened is not None:
                self._opened[0].close()
        exists, renamed = self._branch()
        worktree_path = self._worktree_path()
        lost = any(fate.fate is Fate.LOST for fate in fates.fates)
        found = self._here and upstream_now is not None and exists and worktree_path is not None
        return Observed(
            now=now,
            facts=self._facts,
            head=head,
            upstream=upstream,
            upstream_exists=upstream_now is not None,
            upstream_fetched=self._upstream_fetched(),
            merged_into=merged_into,
            merged=merged,
            branch_exists=exists,
            branch_renamed_to=renamed,
            worktree_path=worktree_path,
            worktree_astray=worktree_path is None and self._is_astray(),
            worktree_same=worktree_path == str(self._repository.root),
            worktree_moved=worktree_path is None and self._may_be_moved_here(),
            made_here=None if found and not lost else self._made_here,
            fates=fates.fates,
            staged=fates.staged,
            fresh=fates.fresh,
            key_files=key_files,
            brought=work,
            evidence=self._evidence(),
        )

    def _full(self, commit: str | None) -> str | None:
        """Return the full id; old capsules may hold an abbreviated one."""
        if commit is None or is_commit(commit) or not is_commit(commit, short=True):
            return commit
        return self._git.resolve(commit) or commit

    @property
    def _history(self) -> History:
        """History, opened on the first question; GitPython is not even loaded before."""
        if self._opened is None:
            from contextlib import ExitStack  # noqa: PLC0415  only when something moved

            from volon.repo.drift.history import opened  # noqa: PLC0415

            stack, ends = ExitStack(), branches.shallow_ends(self._repository.common_dir)
            self._opened = stack, stack.enter_context(opened(self._git, ends))
        return self._opened[1]

    def _head(self) -> tuple[Story, tuple[Commit, ...]]:
        """Return what became of HEAD, and the commits of it that may have been made since, newest first."""
        then, head = self._then, self._facts.head
        if then == head:
            return Story(Relation.SAME, then, head), ()
        if then is not None and not (is_object_id(then) and self._history.exists(then)):
            self._here = False
            return Story(Relation.MISSING, then, head, reason=self._why_missing(then)), ()
        from volon.repo.drift.stories import tell  # noqa: PLC0415  only when HEAD moved

        story, new = tell(self._history, then, head, self._before(then))
        return replace(story, uncommitted=self._is_uncommitted(story)), new

    def _before(self, then: str | None) -> tuple[str, ...]:
        """Return what HEAD had been at before a pause in the middle of what is over now: aborted, it is there again."""
        paused = self._paused
        if then is None or paused.paused_at is None or paused.operation in (None, self._facts.operation):
            return ()
        return self._history.visited(then, paused.paused_at.timestamp())

    def _is_uncommitted(self, story: Story) -> bool:
        """Whether all that the commits of then changed is in the tree as they left it, as after a soft reset."""
        paths = sorted({path for note in story.lost for path in note.files})
        current = {change.path: (change.mode, change.blob) for change in self._facts.changes}
        if story.relation is not Relation.BEHIND or not paths or not current.keys() >= set(paths):
            return False
        then = tree(self._git, self._then, paths)
        return all(current[path] == then.get(path, ABSENT) for path in paths)

    def _why_missing(self, then: str) -> Reason:
        """Tell three cases apart: cut off, pruned here, never here."""
        if self._facts.shallow:
            return "shallow"
        if branches.reflogs_name(self._repository.common_dir, then) or self._made_here:
            return "pruned"
        return "unknown" if self._made_here is None else "elsewhere"

    @cached_property
    def _made_here(self) -> bool | None:
        """Return whether the pause was made in this repository; an event of its operation is the proof."""
        uid = self._paused.uid
        if self._paused.made_here is not None or uid is None:
            return self._paused.made_here
        return self._repository.events.has_pause(uid)

    def _upstream(self) -> tuple[str | None, Story | None]:
        """Return where the recorded upstream branch is now, and what others did to it."""
        paused, facts = self._paused, self._facts
        name = paused.upstream or facts.upstream
        if name is None or not paused.place_known:
            return facts.upstream_commit, None
        now = facts.upstream_commit if name == facts.upstream else branches.upstream_commit(self._git, name)
        if now is None or now == paused.upstream_commit:
            return now, None
        from volon.repo.drift.stories import tell_upstream  # noqa: PLC0415  only when it moved

        known = [tip for tip in (facts.head, self._then if self._here else None) if tip is not None]
        return now, tell_upstream(self._history, paused.upstream_commit, now, known, facts.head)

    def _merged(self, upstream_now: str | None) -> tuple[str | None, Story | None]:
        """Return into which branch the work went when its upstream branch is gone, as after a merged pull request."""
        name, tip = self._paused.upstream, self._then if self._here else None
        if upstream_now is not None or name is None or tip is None or self._made_here is False:
            return None, None
        from volon.repo.drift.stories import tell_merged  # noqa: PLC0415  only when its branch is gone

        into = branches.default_upstream(self._git, name)
        story = tell_merged(self._history, tip, into[1]) if into else None
        return (into[0], story) if into and story else (None, None)

    def _upstream_fetched(self) -> bool:
        """Ask only where it would be said that nothing was ever fetched."""
        name = self._paused.upstream or self._facts.upstream
        return name is None or self._facts.fetched_at is not None or branches.is_remote(self._git, name)

    def _fates(self, new: tuple[Commit, ...], *, there_before: bool) -> Fates:
        recorded = self._paused.changes
        if recorded is None:
            return Fates((), self._facts.changes)
        then = self._then if self._here else None
        checked_out = self._repository.checked_out
        finder = FateFinder(self._git, self._blobs(), self._facts, then, new, checked_out, there_before=there_before)
        return finder.find(recorded, self._paused.diffstat)

    def _brought(self, upstream: Story | None, fates: Fates) -> Brought:
        """Return what would conflict with HEAD, of what is not in the tree, and with the upstream branch."""
        to_upstream = upstream.now if upstream and upstream.relation is not Relation.SAME else None
        stayed = self._facts.head == self._then or all(fate.fate is not Fate.LOST for fate in fates.fates)
        if not self._here or (stayed and to_upstream is None):
            return Brought()
        from volon.repo.drift.bringing import brought  # noqa: PLC0415  only when something moved

        return brought(self._repository, self._paused, self._then, self._facts, fates, to_upstream)

    def _key_files(self, new: tuple[Commit, ...], fates: Fates) -> tuple[KeyFileFate, ...]:
        names = self._paused.named_paths[:_MOST_KEY_FILES]
        if not names or (self._paused.changes is None and not self._here):
            return ()
        from volon.repo.drift.keyfiles import key_file_fates  # noqa: PLC0415  only when files were named

        then, head = self._then, self._facts.head
        changed: frozenset[str] = frozenset()
        if self._here and then and head and then != head:
            changed = self._history.changed_paths(then, head, names)
        return key_file_fates(names, fates, new, changed, self._blobs())

    def _evidence(self) -> tuple[EvidenceFate, ...]:
        if not self._paused.evidence:
            return ()
        from volon.repo.drift.inputs import evidence_fates  # noqa: PLC0415  only when commands were recorded

        return evidence_fates(self._git, self._facts, self._paused.evidence)

    def _blobs(self) -> Blobs:
        return Blobs(self._repository.root, self._facts.object_format)

    def _branch(self) -> tuple[bool, str | None]:
        """Return whether the branch of the pause exists, and its new name when it was renamed."""
        was, now = self._paused.branch, self._facts.branch
        if was is None or was == now or not self._paused.place_known:
            return True, None
        if self._git.resolve(f"refs/heads/{was}") is not None:
            return True, None
        return False, branches.renamed_to(self._git, was, now)

    def _worktree_path(self) -> str | None:
        was, repository = self._paused, self._repository
        here = was.worktree == self._facts.worktree if was.tree is None else was.tree == repository.tree
        if here:
            return str(repository.root)
        found = repository.locate(was.worktree, was.tree)
        if found is None and was.tree is None and was.made_here is not False and self._has_its_name:
            return str(repository.root)
        return str(found) if found is not None else None

    def _is_astray(self) -> bool:
        branch = self._paused.branch
        return branch is not None and branches.is_astray(self._repository.common_dir, branch)

    @property
    def _has_its_name(self) -> bool:
        """Whether git calls this working tree as it calls one made at the recorded place; a move keeps that."""
        repository = self._repository
        return repository.is_linked and repository.tree == Path(self._paused.worktree).name

    def _may_be_moved_here(self) -> bool:
        """Return whether the recorded working tree's branch is checked out here: a branch is in one place at a time."""
        was, repository = self._paused, self._repository
        if not repository.is_linked or was.worktree == "." or was.made_here is False:
            return False
        return was.branch is not None and was.branch == self._facts.branch
