"""The seal around every test, and the fixtures that most tests need.

* `repo`: a real repository with one commit; `make_repo` makes more of them.
* `volon`: runs a command inside this process, in `repo`; `volon_process` runs a real one.
* `golden`: compares a text with `tests/golden/output/`.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.golden import Golden
from tests.support.repos import RepoBuilder
from tests.support.running import VolonInProcess, VolonProcess
from tests.support.seal import sealed_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


# No example has a time limit: a machine may be as slow as it likes.
hypothesis.settings.register_profile("volon", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("volon")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden texts from what was seen, instead of comparing",
    )


@pytest.fixture(scope="session", autouse=True)
def _sealed_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Seal the process before anything else runs, so that fixtures of wider scope are sealed as well."""
    # Who was started in the background ignores Ctrl-C, and so would everything a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = dict(os.environ)
    sealed = sealed_environment(tmp_path_factory.mktemp("session-home"), before)
    os.environ.clear()
    os.environ.update(sealed)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The sealed home directory of this test."""
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _seal(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a home, an environment and a working directory of its own."""
    sealed = sealed_environment(home)
    for name in set(os.environ) - set(sealed):
        monkeypatch.delenv(name)
    for name, value in sealed.items():
        monkeypatch.setenv(name, value)
    # Not a repository: a test that forgets to say where it works must not find this checkout.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., RepoBuilder]:
    """Make empty repositories: `make_repo("name")`, with further options of `git init`."""

    def make(name: str, *options: str) -> RepoBuilder:
        return RepoBuilder.init(tmp_path / name, *options)

    return make


@pytest.fixture
def repo(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    """A repository on branch `main` with one commit of `README.md` and `src/app.py`."""
    built = make_repo("repo")
    built.commit("Begin", {"README.md": "# Shop\n", "src/app.py": "def run():\n    return 1\n"})
    return built


@pytest.fixture
def volon(repo: RepoBuilder) -> VolonInProcess:
    """volon inside this process, working in `repo`."""
    return VolonInProcess(repo.root)


@pytest.fixture
def volon_process(repo: RepoBuilder) -> VolonProcess:
    """volon as a real process, working in `repo`."""
    return VolonProcess(repo.root)


@pytest.fixture
def golden(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Golden:
    """Golden texts, with this test's directories replaced by `$REPO`, `$HOME` and `$TMP`."""
    places = {"$REPO": tmp_path / "repo", "$HOME": home, "$TMP": tmp_path}
    return Golden(places, update=bool(request.config.getoption("--update-golden")))
