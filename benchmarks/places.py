"""Where it is measured: the wheel in an environment of its own, repositories small and large, records by thousands."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]
FILES, PER_DIRECTORY = 114_000, 500
_WORDS = (
    *("retry", "backoff", "connection", "timeout", "measured", "intermittent", "the", "of", "when", "second"),
    *("scheduler", "behind", "request", "headers", "because", "configuration", "a", "rewritten", "queue", "later"),
)


def run(*argv: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> str:
    """Run something that has to succeed, and give back its output."""
    done = subprocess.run([str(word) for word in argv], cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{argv} exited {done.returncode}\n{(done.stdout + done.stderr).decode('utf-8', 'replace')}")
    return done.stdout.decode()


def install_wheel(where: Path) -> Path:
    """Build the wheel of this checkout and install it, with its dependencies, into a fresh environment.

    A recent pip is asked for first: the start script that old ones write imports `re`.

    Returns:
        The environment's directory of programs.
    """
    venv.create(where, with_pip=True)
    python = where / "bin/python"
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", where / "dist", ROOT, cwd=where)
    run(python, "-m", "pip", "install", "-q", "--upgrade", "pip", cwd=where)
    (wheel,) = (where / "dist").glob("*.whl")
    run(python, "-m", "pip", "install", "-q", f"{wheel}[mcp]", cwd=where)
    run(python, "-m", "pip", "uninstall", "-q", "-y", "setuptools", cwd=where)
    run(python, "-m", "compileall", "-q", where / "lib", cwd=where)
    return where / "bin"


@dataclass
class Places:
    """Repositories, each made when it is first asked for.

    Attributes:
        home: where they are made.
        bin: the programs of the environment that volon is installed in.
        env: the environment they run in.
    """

    home: Path
    bin: Path
    env: Mapping[str, str]

    def volon(self, *words: str) -> list[str]:
        """The words that run volon."""
        return [str(self.bin / "volon"), *words]

    @property
    def python(self) -> list[str]:
        """A bare interpreter."""
        return [str(self.bin / "python"), "-I", "-c", "pass"]

    @cached_property
    def has_snapshots(self) -> bool:
        """Whether this volon takes snapshots, so that leaving them out has to be asked for."""
        return "--no-snapshot" in run(*self.volon("pause-task", "--help"), cwd=self.home, env=self.env)

    @cached_property
    def small(self) -> Path:
        """A few files, one paused task."""
        root = self._repository("small")
        self._paused(root)
        return root

    @cached_property
    def large(self) -> Path:
        """114,000 files, 10 of them changed and 5 more untracked, one paused task."""
        root = self._repository("large", files=FILES)
        for number in range(10):
            self._file(root, number * 1_000).write_text("changed\n")
        for number in range(5):
            (root / f"untracked-{number}.txt").write_text("new\n")
        self._paused(root)
        return root

    @cached_property
    def busy(self) -> Path:
        """114,000 files, 1,000 of them changed and 200 more untracked, one paused task."""
        root = self._busy("busy")
        self._paused(root)
        return root

    @cached_property
    def stashed(self) -> Path:
        """The same without volon, for git's own stash."""
        return self._busy("stashed")

    def _busy(self, name: str) -> Path:
        root = self._repository(name, files=FILES)
        for number in range(1_000):
            self._file(root, number * 100).write_text(f"changed {number}\n" * 40)
        for number in range(200):
            (root / f"untracked-{number}.txt").write_text(f"new {number}\n" * 40)
        return root

    @cached_property
    def tasks(self) -> Path:
        """5,000 tasks."""
        root = self._repository("tasks")
        write_tasks(root, 5_000)
        return root

    @cached_property
    def capsules(self) -> Path:
        """10,000 capsules of 2.8 KB, no two alike, and their tasks; no checkpoints, which would be read as well."""
        root = self._repository("capsules")
        self._paused(root)
        [sample] = (root / ".volon/pcc/tasks").iterdir()
        lines = (
            "checkpoint: null" if line.startswith("checkpoint: ") else line for line in sample.read_text().split("\n")
        )
        text = "\n".join(lines)
        for number in range(10_000):
            name = f"TASK-202501{number // 1000 + 1:02d}-{number % 1000:03d}"
            (sample.parent / f"{name}.md").write_text(_capsule(text, random.Random(number)).replace(sample.stem, name))
        write_tasks(root, 10_000)
        return root

    @cached_property
    def crowded(self) -> Path:
        """10,000 tasks and 10,000 checkpoints, one task paused."""
        root = self._repository("crowded")
        self._paused(root)
        write_tasks(root, 10_000)
        [sample] = (root / ".design/checkpoints").iterdir()
        text = sample.read_text()
        for number in range(2, 10_001):
            copy = text.replace("number: 1\n", f"number: {number}\n", 1)
            (sample.parent / f"{number:02d}-work-2026-11-19.md").write_text(_sealed(copy, number))
        return root

    def frontmatters(self, form: str) -> list[str]:
        """The capsules' frontmatter as it is, or as JSON, for a validator of either; and their schema, first."""
        where = self.home / f"frontmatters-{form}"
        where.mkdir()
        schema = json.loads(run(*self.volon("schema", "capsule"), cwd=self.small, env=self.env))
        (where / "schema.json").write_text(json.dumps(schema))
        names = []
        for capsule in sorted((self.capsules / ".volon/pcc/tasks").glob("*.md")):
            front = capsule.read_text().split("---\n")[1]
            names.append(str(where / f"{capsule.stem}.{form}"))
            Path(names[-1]).write_text(front if form == "yaml" else json.dumps(dict(map(_typed, front.splitlines()))))
        return [str(where / "schema.json"), *names]

    @cached_property
    def taskwarrior(self) -> str | None:
        """taskwarrior with 5,000 tasks of its own, when it is installed."""
        program = shutil.which("task")
        if program is not None:
            (self.home / "taskrc").write_text("confirmation=off\n")
            rows = [{"description": f"Work item number {number}", "status": "pending"} for number in range(5_000)]
            run(program, "import", "-", cwd=self.home, env=self.env, stdin=json.dumps(rows).encode())
        return program

    @cached_property
    def backlog(self) -> Path:
        """A Backlog.md project with 5,000 tasks of its own."""
        root = self._repository("backlog")
        run("backlog", "init", "bench", "--defaults", cwd=root, env=self.env)
        for number in range(1, 5_001):
            text = (
                f"---\nid: TASK-{number}\ntitle: Work item number {number}\nstatus: To Do\nassignee: []\n"
                "created_date: '2025-01-01 00:00'\nlabels: []\ndependencies: []\n---\n\n"
                f"## Description\n\nWork item number {number}\n"
            )
            (root / f"backlog/tasks/task-{number} - Work-item-number-{number}.md").write_text(text)
        return root

    def _repository(self, name: str, files: int = 20) -> Path:
        root = self.home / name
        run("git", "init", "-q", "-b", "main", root, cwd=self.home, env=self.env)
        for number in range(files):
            path = self._file(root, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"content of file {number}\n")
        git = ("git", "-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "gc.auto=0")
        run(*git, "add", "-A", cwd=root, env=self.env)
        run(*git, "commit", "-q", "-m", "Begin", cwd=root, env=self.env)
        return root

    def _file(self, root: Path, number: int) -> Path:
        return root / f"src/part-{number // PER_DIRECTORY:03d}/file-{number:06d}.txt"

    def _paused(self, root: Path) -> None:
        self._file(root, 1).write_text("work in progress\n")
        run(*self.volon("task", "start", "Retry with backoff"), cwd=root, env=self.env)
        run(*self.volon("pause-task", "backoff untested"), cwd=root, env=self.env)


def _typed(line: str) -> tuple[str, object]:
    """A line of frontmatter as key and value of JSON."""
    key, value = line.split(": ", 1)
    return key, json.loads(value) if value[0] in '"0123456789n' else value


def _capsule(sample: str, chance: random.Random) -> str:
    """A capsule with a plan, key files, commands, next actions and questions of its own, of about 2.8 KB."""

    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count))

    def file() -> str:
        return f"src/part-000/file-{chance.randrange(20):06d}.txt"

    acceptance = "\n".join(f"- [{chance.choice(' x')}] {words(6)}" for _ in range(3))
    sections = (
        ("**Acceptance criteria (brief)**", acceptance),
        ("## Current plan / hypothesis", "\n\n".join(words(26) for _ in range(3))),
        ("**Commands run + outcomes**", "\n".join(f"- `pytest -q -k {words(1)}` → fail" for _ in range(3))),
        ("## Next 1–3 actions", "\n".join(f"{number}. See `{file()}:{number}`, {words(8)}" for number in (1, 2, 3))),
        ("## Open questions / blockers", "\n".join(f"- [ ] {words(9)}?" for _ in range(3))),
    )
    for title, content in sections:
        head, found, below = sample.partition(f"{title}\n\n")
        sample = f"{head}{found}{content}\n{below.partition(chr(10))[2]}"
    old = next(line for line in sample.split("\n") if line.startswith("- `src/"))
    text = sample.replace(old, "\n".join(f"- `{file()}` — {words(6)}" for _ in range(3)))
    return text.replace("Retry with backoff", words(max(1, (2_800 - len(text.encode())) // 9)), 1)


def write_tasks(root: Path, count: int) -> None:
    """Write tasks as volon does, most of them done."""
    where = root / ".volon/tasks"
    where.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"TASK-202501{number // 1000 + 1:02d}-{number % 1000:03d}"
        status = "todo" if number % 10 == 0 else "done"
        (where / f"{name}.md").write_text(
            f"---\nid: {name}\ntitle: Work item number {number}\nstatus: {status}\npriority: B\ntype: task\n"
            "project: null\ncontext: null\ntags: []\nparent_id: null\n"
            'created_at: "2025-01-01T00:00:00Z"\nupdated_at: "2025-01-01T00:00:00Z"\n'
            f'uid: "01JGFJJZ00{number:016d}"\n---\n\n# Work item number {number}\n\n## Description\n\n'
            "Something to be done, in two or three lines that say what it is about\nand why it matters.\n\n"
            "## Acceptance\n\n- [ ] It works\n- [x] It is tested\n\n## Updates\n\n- [2025-01-01T00:00:00Z] created\n"
        )


def _sealed(text: str, number: int) -> str:
    """A copied checkpoint with a uid of its own and a digest that holds."""
    front, fence, body = text.partition("\n---\n")
    lines = [f'uid: "01JGFJJZ00{number:016d}"' if line.startswith("uid: ") else line for line in front.split("\n")]
    [digest] = [place for place, line in enumerate(lines) if line.startswith("content_sha256: ")]
    without = "\n".join(lines[:digest] + lines[digest + 1 :]) + fence + body
    lines[digest] = f'content_sha256: "{sha256(without.encode()).hexdigest()}"'
    return "\n".join(lines) + fence + body
