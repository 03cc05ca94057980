"""The forecast: what a real merge would say, and not a trace that it was asked."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import open_at
from volon.repo.trials.forecast import forecasting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = [f"line {number}\n" for number in range(30)]
PAIRS = 500


def text(**changed: str) -> str:
    """Thirty lines, with some of them replaced: `l3="x"`."""
    return "".join(changed.get(f"l{number}", line.rstrip()) + "\n" for number, line in enumerate(LINES))


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Two branches that disagree about line 3 of `f` and agree about all else."""
    repo = RepoBuilder.init(tmp_path / "shop")
    repo.commit("Begin", {"f": text(), "g": "g\n"})
    repo.git("branch", "start")
    repo.git("switch", "-q", "-c", "theirs")
    repo.commit("Theirs", {"f": text(l3="theirs"), "theirs": "x\n"})
    repo.git("switch", "-q", "main")
    return repo


def asked(repo: RepoBuilder, theirs: str = "theirs") -> tuple[str, ...]:
    """The forecast for the working tree as it is, against a branch."""
    here = open_at(repo.root)
    facts = here.facts()
    with forecasting(here) as forecast:
        mine = forecast.present(facts.head, [change.path for change in facts.changes])
        return forecast.conflicts(mine, _id(repo, theirs))


def _id(repo: RepoBuilder, name: str) -> str:
    return repo.git("rev-parse", name).strip()


def test_a_conflict_is_named_and_what_fits_is_not(repo: RepoBuilder) -> None:
    repo.write("f", text(l3="mine"))
    repo.write("new", "x")
    assert asked(repo) == ("f",)
    repo.write("f", text(l20="mine"))
    assert asked(repo) == ()


def test_nothing_is_touched(repo: RepoBuilder) -> None:
    repo.write("f", text(l3="mine"))
    before = _traces(repo)
    assert asked(repo) == ("f",)
    assert _traces(repo) == before


def _traces(repo: RepoBuilder) -> tuple[object, ...]:
    index = (repo.root / ".git" / "index").stat()
    files = sorted(_files(repo.root))
    return index.st_ino, index.st_mtime_ns, repo.git("count-objects"), repo.git("for-each-ref"), files


def _files(root: Path) -> Iterator[tuple[str, int]]:
    for path in root.rglob("*"):
        if path.is_file():
            yield str(path), path.stat().st_mtime_ns


def test_names_no_terminal_could_show_are_named_as_they_are(repo: RepoBuilder) -> None:
    name = "é\n\udcff"
    repo.git("switch", "-q", "theirs")
    repo.commit("Odd", {name: "theirs\n"})
    repo.git("switch", "-q", "main")
    repo.write(name, "mine\n")
    assert asked(repo) == (name,)


def test_a_deleted_file_that_the_other_side_edited_conflicts(repo: RepoBuilder) -> None:
    (repo.root / "f").unlink()
    assert asked(repo) == ("f",)


def test_a_driver_that_only_the_repository_names_does_not_run(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("config", "merge.odd.driver", f"touch {tmp_path / 'ran'}; cp %B %A")
    repo.write(".gitattributes", "f merge=odd\n")
    repo.write("f", text(l3="mine"))
    assert asked(repo) == ("f",)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_attributes_count_as_in_a_merge(repo: RepoBuilder, place: str) -> None:
    repo.write(place, "f merge=union\n")
    repo.write("f", text(l3="mine"))
    assert asked(repo) == ()


def test_line_ends_count_as_in_a_merge(repo: RepoBuilder) -> None:
    repo.git("config", "core.autocrlf", "true")
    repo.write("f", text(l20="mine").replace("\n", "\r\n"))
    assert asked(repo) == ()


def test_a_shallow_clone_is_asked_as_far_as_it_goes(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit("On", {"g": "more\n"})
    url = repo.root.as_uri()
    repo.git("clone", "-q", "--depth", "1", "--no-single-branch", url, str(tmp_path / "shallow"))
    shallow = RepoBuilder(tmp_path / "shallow")
    shallow.write("f", text(l3="mine"))
    assert "f" in asked(shallow, "origin/theirs")


def test_after_a_rebase_only_the_uncommitted_work_is_held_against_the_branch(repo: RepoBuilder) -> None:
    """The branch has the commit below the work under another id, and a change beside it on top."""
    repo.commit("A", {"f": text(l10="A")})
    paused = repo.head()
    repo.write("f", text(l10="A, better"))
    here = open_at(repo.root)
    repo.git("switch", "-q", "-c", "rebased", "start", check=False)
    with forecasting(here) as forecast:
        mine = forecast.present(paused, ["f"])
        repo.git("checkout", "-q", "--", "f")
        repo.git("switch", "-q", "-c", "rebased", "start")
        repo.commit("Other", {"g": "other\n"})
        rebased = repo.commit("A", {"f": text(l10="A")})
        assert forecast.conflicts(mine, rebased) == ("f",)
        assert forecast.conflicts_onto(paused, mine, rebased) == ()


def test_an_unborn_branch_and_other_object_formats_can_be_asked(tmp_path: Path) -> None:
    repo = RepoBuilder.init(tmp_path / "new", "--object-format=sha256")
    repo.write("f", "mine\n")
    with forecasting(open_at(repo.root)) as forecast:
        mine = forecast.present(None, ["f"])
        repo.commit("Theirs", {"f": "theirs\n"})
        assert forecast.conflicts(mine, repo.head()) == ("f",)


def test_five_hundred_random_pairs_are_forecast_as_git_merges_them(tmp_path: Path) -> None:
    repo = RepoBuilder.init(tmp_path / "shop")
    pairs = _random_pairs(repo, random.Random(PAIRS))
    with forecasting(open_at(repo.root)) as forecast:
        said = [sorted(forecast.conflicts(*pair)) for pair in pairs]
    repo.git("clone", "-q", "--shared", "--no-checkout", str(repo.root), str(tmp_path / "clone"))
    happened = [_merged(RepoBuilder(tmp_path / "clone"), *pair) for pair in pairs]
    assert said == happened
    assert PAIRS // 4 < sum(map(bool, happened)) < PAIRS * 3 // 4


FILES = ("a", "b", "c d", "deep/e", "deep/f")
Tree = dict[str, tuple[str, ...]]


def _random_pairs(repo: RepoBuilder, chance: random.Random) -> list[tuple[str, str]]:
    """Commit pairs of random edits on one base: lines replaced, added and deleted; files made, deleted and renamed."""
    base: Tree = {name: tuple(f"{name} {number}" for number in range(12)) for name in FILES}
    trees = [_edited(base, chance) for _ in range(2 * PAIRS)]
    stream = [_commit("refs/heads/base", base), *(_commit(f"refs/heads/e{n}", tree, 1) for n, tree in enumerate(trees))]
    feed(repo, "fast-import", "--quiet", stdin="".join(stream))
    ids = feed(repo, "cat-file", "--batch-check=%(objectname)", stdin="".join(f"e{n}\n" for n in range(len(trees))))
    return list(zip(ids.split()[::2], ids.split()[1::2], strict=True))


def feed(repo: RepoBuilder, *words: str, stdin: str) -> str:
    """What git prints when it reads this."""
    return subprocess.run(
        ["git", *words], cwd=repo.root, input=stdin, capture_output=True, text=True, check=True
    ).stdout


def _commit(ref: str, tree: Tree, parent: int | None = None) -> str:
    mark, begin = ("", f"from :{parent}\ndeleteall\n") if parent else ("mark :1\n", "")
    files = "".join(f"M 100644 inline {path}\n{_data(lines)}" for path, lines in tree.items())
    return f"commit {ref}\n{mark}committer A <a@b> 0 +0000\ndata 0\n{begin}{files}\n"


def _data(lines: tuple[str, ...]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    return f"data {len(text)}\n{text}\n"


def _edited(base: Tree, chance: random.Random) -> Tree:
    tree = dict(base)
    for _ in range(chance.randint(1, 4)):
        name, word = chance.choice(list(tree)), chance.choice("xyz")
        lines = list(tree.pop(name))
        at = chance.randrange(len(lines)) if lines else 0
        match chance.choice(("replace", "replace", "replace", "insert", "delete", "remove", "rename", "make")):
            case "replace":
                lines[at : at + 1] = [word]
            case "insert":
                lines[at:at] = [word]
            case "delete":
                lines[at : at + 1] = []
            case "make":
                tree[f"new {chance.choice('12')}"] = (word,)
            case "rename":
                name = f"{word} {name}"
            case _:
                continue
        tree[name] = tuple(lines)
    return tree


def _merged(clone: RepoBuilder, mine: str, theirs: str) -> list[str]:
    clone.git("checkout", "-q", "-f", "--detach", mine)
    clone.git("merge", "-q", "--no-edit", theirs, check=False)
    unmerged = clone.git("ls-files", "-u", "-z").split("\0")
    return sorted({line.partition("\t")[2] for line in unmerged if line})
