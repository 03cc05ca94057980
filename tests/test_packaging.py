"""Wheel, sdist and editable install all carry the templates and start as volon, `python -m volon` and `git volon`.

Source: design §4 (top-level `templates/` must ship in the wheel and work in an editable install).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from volon import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

# One process has them all: what is built and installed for them is built and installed once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.*"))
MANUAL = f"volon-{__version__}.data"
"""Where a wheel keeps what goes beside the package."""
READ_TEMPLATE = "templating.packaged({name!r})"


def run(*argv: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{argv} exited {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from the unpacked sdist, so that the sdist is proved complete."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


class Installed:
    """A fresh virtual environment that borrows this one's dependencies, but never its volon."""

    def __init__(self, where: Path) -> None:
        venv.create(where, with_pip=False, symlinks=True)
        self.bin = where / "bin"
        self.where = where
        [site] = where.glob("lib/python*/site-packages")
        borrowed = [path for path in sys.path if path.endswith("site-packages")]
        (site / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")

    def install(self, *what: str | Path) -> None:
        """Install without looking at any index."""
        words = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q")
        run(sys.executable, "-m", "pip", "--python", self.bin / "python", "install", *words, *what, cwd=self.where)

    def run(self, *argv: str | Path) -> str:
        """Run something with this environment first on the path, outside of any checkout."""
        env = {**os.environ, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}
        for name in ("MANPATH", "PYTHONPATH"):
            env.pop(name, None)
        return run(*argv, cwd=self.where, env=env)


@pytest.fixture(scope="module", params=["wheel", "sdist", "editable"])
def installed(
    request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    where = tmp_path_factory.mktemp(str(request.param))
    environment = Installed(where / "venv")
    if request.param == "editable":
        environment.install("-e", _copied_checkout(where / "checkout"))
    else:
        [package] = built.glob("*.whl" if request.param == "wheel" else "*.tar.gz")
        environment.install(package)
    yield environment
    shutil.rmtree(where)


def _copied_checkout(target: Path) -> Path:
    """An editable install may leave files beside the sources; so it gets a copy."""
    target.mkdir()
    for name in ("volon", "templates", "docs/man"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target / name)
    return target


def test_every_template_can_be_read(installed: Installed) -> None:
    script = "import sys; from volon import templating; sys.stdout.write(READ)"
    for name in TEMPLATES:
        seen = installed.run("python", "-c", script.replace("READ", READ_TEMPLATE.format(name=name)))
        assert seen == (ROOT / "templates" / name).read_text(encoding="utf-8")
    assert TEMPLATES


@pytest.mark.parametrize("argv", [("volon",), ("python", "-m", "volon"), ("git", "volon")], ids=" ".join)
def test_it_starts_and_knows_its_version(installed: Installed, argv: tuple[str, ...]) -> None:
    assert __version__ in installed.run(*argv, "--version")


def test_git_finds_the_manual_page_beside_the_program(installed: Installed) -> None:
    pages = installed.bin.parent / "share/man/man1"
    for name in ("volon.1", "git-volon.1"):
        assert (pages / name).read_text(encoding="utf-8") == (ROOT / "docs/man" / name).read_text(encoding="utf-8")
    if not shutil.which("man"):
        pytest.skip("not verified: there is no man here to find it")
    for name in ("volon", "git-volon"):
        assert installed.run("man", "-w", name).strip() in {str(pages / "volon.1"), str(pages / f"{name}.1")}
    shown = " ".join(re.sub(".\b", "", installed.run("git", "volon", "--help")).split())
    assert "pause unfinished work" in shown
    assert "volon pause-task" in shown


def test_the_program_that_runs_is_the_installed_one(installed: Installed) -> None:
    place = installed.run("python", "-c", "import volon; print(volon.__file__)").strip()
    assert place.startswith(str(installed.where.parent))


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"volon", f"volon-{__version__}.dist-info", MANUAL}
    pages = {f"{MANUAL}/data/share/man/man1/{name}" for name in ("volon.1", "git-volon.1")}
    assert {name for name in names if name.startswith(MANUAL)} == pages
    assert {f"volon/_templates/{name}" for name in TEMPLATES} <= set(names)
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_sdist_holds_what_a_packager_needs(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for path in ("pyproject.toml", "README.md", "LICENSE", "tests/conftest.py", "docs/TESTING.md", "CHANGELOG.md"):
        assert path in names
    assert {f"templates/{name}" for name in TEMPLATES} <= names
