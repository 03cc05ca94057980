"""The records of what was approved: private, the user's own, for one directory and one digest; doubtful means no."""

from __future__ import annotations

import errno
import functools
import json
import os
import stat
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import Golden, told
from volon import paths
from volon.disk import RealFiles
from volon.errors import NotCommitted, NotTrusted, VolonError
from volon.trust import ALLOW, DENY, Approvals, Entry, Judgement, Site, Verdict
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from volon.files import FileSystem, Place, Roots, Stat

NOW = "2026-11-19T10:00:00Z"
DIGEST, OTHER = "ab" * 32, "cd" * 32
UNKNOWN = Judgement(Verdict.UNKNOWN, "nobody has approved it on this machine yet")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A working tree."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    return Site.of(tmp_path / "repo", tmp_path / "repo" / ".git")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the records lie."""
    return tmp_path / "state" / "volon" / "trust"


@pytest.fixture
def approvals(tmp_path: Path, site: Site) -> Approvals:
    """Approvals below `state`, which is not there yet."""
    return opened(tmp_path, site)


def opened(
    tmp_path: Path,
    site: Site,
    *,
    env: Mapping[str, str] | None = None,
    files: Callable[[Roots], FileSystem] = RealFiles,
) -> Approvals:
    env = {"XDG_STATE_HOME": str(tmp_path / "state")} if env is None else env
    real = World.real(env)
    world = World(real.clock, real.ids, real.processes, files, env)
    return Approvals(world, [Path(site.root), Path(site.git_dir)])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestDeciding:
    def test_an_approval_is_of_one_digest_in_one_directory(self, approvals: Approvals, site: Site) -> None:
        assert approvals.judge(site, DIGEST) == UNKNOWN
        approvals.approve(site, DIGEST, NOW)
        assert approvals.judge(site, DIGEST) == Judgement(Verdict.APPROVED)
        assert approvals.judge(site, OTHER) == Judgement(Verdict.CHANGED, "changed since it was approved")
        for other in (replace(site, device=0), replace(site, inode=0), replace(site, git_dir="/elsewhere")):
            reason = "approved for another directory of this name, which was here before"
            assert approvals.judge(other, DIGEST) == Judgement(Verdict.CHANGED, reason)
        for root in ("/elsewhere", "/caf\udce9"):
            assert approvals.judge(replace(site, root=root), DIGEST) == UNKNOWN

    def test_only_an_approval_is_approved(self) -> None:
        assert [verdict for verdict in Verdict if Judgement(verdict).approved] == [Verdict.APPROVED]

    def test_the_newest_approval_counts(self, approvals: Approvals, site: Site) -> None:
        approvals.approve(site, DIGEST, NOW)
        approvals.approve(site, OTHER, NOW)
        assert approvals.judge(site, OTHER).approved
        assert not approvals.judge(site, DIGEST).approved

    def test_a_refusal_beats_an_approval_until_both_are_forgotten(self, approvals: Approvals, site: Site) -> None:
        assert not approvals.denied(site)
        approvals.approve(site, DIGEST, NOW)
        approvals.deny(site, NOW)
        assert approvals.denied(site)
        assert approvals.judge(site, DIGEST) == Judgement(Verdict.DENIED, "denied on this machine")
        with pytest.raises(NotTrusted):
            approvals.approve(site, DIGEST, NOW)
        assert approvals.revoke(site)
        assert not approvals.revoke(site)
        assert approvals.judge(site, DIGEST) == UNKNOWN

    def test_the_list_has_every_record_by_path(self, approvals: Approvals, site: Site, state: Path) -> None:
        assert approvals.entries() == []
        first = replace(site, root="/a")
        approvals.approve(site, DIGEST, NOW)
        approvals.deny(site, NOW)
        approvals.deny(first, NOW)
        (state / "notes").write_text("{}")
        (state / "broken.allow").write_text("{")
        expected = [Entry(DENY, first, "", NOW), Entry(ALLOW, site, DIGEST, NOW), Entry(DENY, site, "", NOW)]
        assert approvals.entries() == expected


class TestPlace:
    @pytest.mark.parametrize("umask", [0o000, 0o077, 0o400])
    def test_the_records_are_private_to_their_owner(
        self, approvals: Approvals, site: Site, state: Path, umask: int
    ) -> None:
        approvals.approve(site, OTHER, NOW)
        before = os.umask(umask)
        try:
            approvals.approve(site, DIGEST, NOW)
        finally:
            os.umask(before)
        (record,) = state.iterdir()
        assert [mode(path) for path in (record, state, state.parent)] == [0o600, 0o700, 0o700]
        assert json.loads(record.read_bytes()) == asdict(Entry(ALLOW, site, DIGEST, NOW))

    @pytest.mark.parametrize(
        ("xdg", "person", "place"),
        [
            ("{}/xdg", "{}/person", "xdg/volon/trust"),
            ("relative", "{}/person", "person/.local/state/volon/trust"),
            ("", "{}/person", "person/.local/state/volon/trust"),
            (None, "{}/person", "person/.local/state/volon/trust"),
        ],
    )
    def test_it_is_where_the_rules_of_xdg_say(
        self, tmp_path: Path, site: Site, xdg: str | None, person: str, place: str
    ) -> None:
        (tmp_path / "person").mkdir()
        env = {"HOME": person.format(tmp_path)} | ({} if xdg is None else {"XDG_STATE_HOME": xdg.format(tmp_path)})
        opened(tmp_path, site, env=env).approve(site, DIGEST, NOW)
        assert len(list((tmp_path / place).iterdir())) == 1

    @pytest.mark.parametrize("env", [{}, {"XDG_STATE_HOME": "a", "HOME": "b"}])
    def test_without_a_place_there_is_no_approval(self, tmp_path: Path, site: Site, env: dict[str, str]) -> None:
        approvals = opened(tmp_path, site, env=env)
        assert approvals.judge(site, DIGEST).verdict is Verdict.UNKNOWN
        with pytest.raises(NotTrusted):
            approvals.approve(site, DIGEST, NOW)

    @pytest.mark.parametrize("level", [0, 1, 2])
    @pytest.mark.parametrize("kind", ["link", "file", "of others", "writable by its group", "writable by all"])
    def test_a_place_that_is_not_the_users_alone_is_not_used(
        self, approvals: Approvals, site: Site, state: Path, level: int, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        approvals.approve(site, DIGEST, NOW)
        place = (state.parents[1], state.parent, state)[level]
        spoil(place, kind, monkeypatch)
        private = level > 0 or not kind.startswith("writable")
        assert approvals.judge(site, DIGEST).approved is not private
        if private:
            for decide in (approvals.entries, lambda: approvals.deny(site, NOW), lambda: approvals.revoke(site)):
                with pytest.raises(NotTrusted, match=str(place)):
                    decide()

    def test_a_place_inside_the_repository_is_not_used(self, tmp_path: Path, site: Site) -> None:
        (tmp_path / "way").symlink_to(site.root)
        for home in (site.root, f"{site.root}/deep/state", f"{site.git_dir}/x", str(tmp_path / "way" / "state")):
            approvals = opened(tmp_path, site, env={"XDG_STATE_HOME": home})
            with pytest.raises(NotTrusted, match="inside this repository"):
                approvals.approve(site, DIGEST, NOW)
        assert opened(tmp_path, site, env={"XDG_STATE_HOME": f"{site.root}-state"}).judge(site, DIGEST) == UNKNOWN


def spoil(place: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a directory one that cannot be relied upon."""
    if kind == "of others":
        uid, real = os.geteuid(), paths.Path.lstat
        monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
        monkeypatch.setattr(
            paths.Path, "lstat", lambda one: real(one) if str(one) == str(place) else _Ours(real(one), uid + 1)
        )
    elif kind.startswith("writable"):
        place.chmod(0o720 if "group" in kind else 0o702)
    else:
        place.rename(place.with_name("moved"))
        place.symlink_to("moved") if kind == "link" else place.write_text("")


class _Ours:
    """A file's facts as if it belonged to somebody."""

    def __init__(self, found: os.stat_result, uid: int) -> None:
        self.st_mode, self.st_uid = found.st_mode, uid


class TestRecords:
    @pytest.mark.parametrize("kind", ["link", "writable", "of others", "directory", "gone"])
    def test_one_that_somebody_else_could_have_written_is_none(
        self, approvals: Approvals, site: Site, state: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        approvals.approve(site, DIGEST, NOW)
        (record,) = state.iterdir()
        if kind == "of others":
            real, theirs = paths.Path.lstat, os.geteuid() + 1
            monkeypatch.setattr(
                paths.Path, "lstat", lambda one: _Ours(real(one), theirs) if str(one) == str(record) else real(one)
            )
        elif kind == "writable":
            record.chmod(0o620)
        else:
            record.rename(state.parent / "moved")
            if kind == "link":
                record.symlink_to("../moved")
            elif kind == "directory":
                record.mkdir()
        assert approvals.judge(site, DIGEST) == UNKNOWN

    @pytest.mark.parametrize(
        "change",
        [
            lambda _: "",
            lambda text: text[:-3],
            lambda _: "[1]",
            lambda _: "null",
            lambda _: "[" * 60_000,
            lambda text: text.replace('"site"', '"place"'),
            lambda text: text.replace('"device"', '"disk"'),
            lambda text: text.replace('"digest"', '"sum"'),
            lambda text: text.replace('"kind": "allow"', '"kind": "deny"'),
            lambda text: text.replace("/repo", "/other"),
            lambda text: text.replace('"root": "', '"root": 5, "was": "'),
            lambda text: " " * (1 << 16) + text,
        ],
    )
    def test_one_that_is_not_what_was_written_is_none(
        self, approvals: Approvals, site: Site, state: Path, change: Callable[[str], str]
    ) -> None:
        approvals.approve(site, DIGEST, NOW)
        (record,) = state.iterdir()
        text = record.read_text()
        assert change(text) != text
        record.write_text(change(text))
        assert approvals.judge(site, DIGEST) == UNKNOWN

    def test_a_record_of_another_directory_gives_nothing_under_this_name(
        self, approvals: Approvals, site: Site, state: Path
    ) -> None:
        approvals.approve(site, DIGEST, NOW)
        (record,) = state.iterdir()
        other = replace(site, root="/elsewhere")
        approvals.approve(other, DIGEST, NOW)
        (theirs,) = set(state.iterdir()) - {record}
        theirs.write_bytes(record.read_bytes())
        assert approvals.judge(other, DIGEST) == UNKNOWN

    def test_a_refusal_that_cannot_be_read_still_refuses(self, approvals: Approvals, site: Site, state: Path) -> None:
        approvals.deny(site, NOW)
        (record,) = state.iterdir()
        record.write_text("?")
        assert approvals.denied(site)


class _FailingFiles(RealFiles):
    """A disk on which one kind of call fails."""

    failing = ""

    def _fail(self, what: str) -> None:
        if what == self.failing:
            raise OSError(errno.EIO, "Input/output error")

    def stat(self, place: Place) -> Stat | None:
        self._fail("stat")
        return super().stat(place)

    def listdir(self, place: Place) -> list[str]:
        self._fail("listdir")
        return super().listdir(place)

    def rename(self, source: Place, target: Place) -> None:
        self._fail("rename")
        super().rename(source, target)

    def unlink(self, place: Place) -> None:
        self._fail("unlink")
        super().unlink(place)


def test_what_fails_decides_nothing_and_is_said(
    tmp_path: Path, site: Site, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened(tmp_path, site)
    whole.approve(site, DIGEST, NOW)
    failing = opened(tmp_path, site, files=_FailingFiles)
    seen = []
    decisions: dict[str, Callable[[], object]] = {
        "stat": lambda: failing.revoke(site),
        "unlink": lambda: failing.revoke(site),
        "listdir": failing.entries,
        "rename": lambda: failing.deny(site, NOW),
    }
    for call, decide in decisions.items():
        with monkeypatch.context() as patch:
            patch.setattr(_FailingFiles, "failing", call)
            with pytest.raises(NotCommitted) as caught:
                decide()
            seen.append(told(caught.value))
        assert whole.judge(site, DIGEST).approved
    monkeypatch.setattr(_FailingFiles, "failing", "stat")
    assert failing.judge(site, DIGEST) == Judgement(Verdict.UNKNOWN, "[Errno 5] Input/output error")
    golden("trust-refusals", "\n".join([*seen, *(refusal(make) for make in refusals(tmp_path, site))]))


def refusals(tmp_path: Path, site: Site) -> list[Callable[[], object]]:
    """Every way in which the place can be refused."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "open" / "volon").mkdir(parents=True)
    (tmp_path / "open" / "volon").chmod(0o777)
    denied = opened(tmp_path, site, env={"XDG_STATE_HOME": str(tmp_path / "denied")})
    denied.deny(site, NOW)
    places = [site.root, *(str(tmp_path / name) for name in ("file", "file/below", "link", "open")), ""]
    approvals = [denied, *(opened(tmp_path, site, env={"XDG_STATE_HOME": place}) for place in places)]
    approving = [functools.partial(one.approve, site, DIGEST, NOW) for one in approvals]
    gone = tmp_path / "gone"
    return [*approving, functools.partial(Site.of, gone, tmp_path), functools.partial(Site.of, tmp_path, gone)]


def refusal(run: Callable[[], object]) -> str:
    """What a person reads."""
    with pytest.raises(VolonError) as caught:
        run()
    return told(caught.value)
