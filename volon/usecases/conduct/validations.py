"""The five validations of a phase: all of them run, whatever the others found, and each says what it saw.

Source: seed 002 (Phase Validation Logic); contract §6 (conduct).
"""

from __future__ import annotations

import io

from volon.foreground import NotStarted, Streams, attend
from volon.model.conduct.looking import added, undone, unresolved, with_directories
from volon.model.conduct.records import Validation
from volon.model.facts import WITHOUT_STATE
from volon.model.text import clip_line
from volon.repo.blobs import decode
from volon.repo.phases import touched
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from volon.model.conduct.ready import ReadyPhase
    from volon.usecases.conduct.steps import StepRequest
    from volon.workspace import Workspace

_UNDONE = "unfinished work"
_KEPT = 4 << 20
_LARGEST = 1 << 20
_SHOWN = 44  # characters of a command that failed: so a line of a check has room on a terminal
_SPECIFICATION = f":(top,exclude){layout.READY.parent.path}"


def validated(
    workspace: Workspace, phase: ReadyPhase, start: str, asked: StepRequest, out: BinaryIO
) -> list[Validation]:
    """Return what each of the five found.

    Args:
        workspace: where.
        phase: of which its files are expected.
        start: the commit that the phase began from.
        asked: the command lines to run.
        out: where they write, besides.
    """
    looking = _Looking(workspace, start)
    return [
        _files(workspace, phase.expected),
        commands(workspace, "tests", asked.test, out),
        looking.imports(asked.imports, out),
        commands(workspace, "lint", asked.lint, out),
        Validation(_UNDONE, "skipped", "the phase allows TODO and FIXME") if phase.stubs else looking.undone(),
    ]


def _files(workspace: Workspace, expected: Sequence[str]) -> Validation:
    if not expected:
        return Validation("files", "skipped", "none is named")
    missing = [path for path in expected if not (workspace.repository.root / path).exists()]
    if missing:
        return Validation("files", "failed", f"{len(missing)} of {len(expected)} are missing", "\n".join(missing))
    says = f"{'all ' * (len(expected) > 1)}{len(expected)} {'are' if len(expected) > 1 else 'is'} there"
    named = b"".join(path.encode() + b"\0" for path in expected)
    # Of what lies in a submodule git does not say; then nothing is said.
    status, out = workspace.repository.git.ask("check-ignore", "-z", "--stdin", stdin=named, ok=(0, 1, 128))
    ignored = [] if status else decode(out).split("\0")[:-1]
    more = f", {len(ignored)} of them ignored by git, and so in no commit" if ignored else ""
    return Validation("files", "passed", f"{says}{more}", "\n".join(ignored))


def commands(workspace: Workspace, name: str, lines: Sequence[str], out: BinaryIO) -> Validation:
    """Run command lines, each to its end, also behind one that failed.

    Raises:
        KeyboardInterrupt: somebody wanted volon to end meanwhile; the command has ended, with all of its group.
    """
    if not lines:
        return Validation(name, "skipped", "no command is named")
    failed, texts = [], []
    for line in lines:
        status, said = _ran(workspace, line, out)
        texts.append(f"$ {line}\n{said}" + (f"[exit status {status}]\n" if status else ""))
        failed += [line] if status else []
    first = f"{len(failed)} of {len(lines)} failed: {clip_line(failed[0], _SHOWN)}" if failed else ""
    says = first or f"{len(lines)} passed"
    return Validation(name, "failed" if failed else "passed", says, "".join(texts))


def _ran(workspace: Workspace, line: str, out: BinaryIO) -> tuple[int, str]:
    both = _Both(out)
    try:
        ended = attend(
            workspace.world.processes,
            ("/bin/sh", "-c", line),
            cwd=workspace.repository.root,
            env=workspace.world.env,
            streams=Streams(None, both, both),
            end=True,
        )
    except NotStarted as error:
        return error.status, error.reason
    if ended.interrupted:
        # Of a command that was ended nothing was found out.
        raise KeyboardInterrupt
    text = both.getvalue().decode("utf-8", "replace")
    more = f"\n[what came after {_KEPT} bytes is in the ticket's log]\n" if both.tell() >= _KEPT else ""
    ending = "" if text.endswith("\n") or not text else "\n"
    return ended.returncode, f"{text}{ending}{more}"


class _Both(io.BytesIO):
    """Keeps what is written, up to a bound, and passes all of it on."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """See `BytesIO.write`."""
        self._out.write(data)
        self._out.flush()
        super().write(bytes(data)[: max(_KEPT - self.tell(), 0)])
        return len(bytes(data))


class _Looking:
    """What the phase has touched since its start, as git sees it."""

    def __init__(self, workspace: Workspace, start: str) -> None:
        self._workspace, self._start, self._git = workspace, start, workspace.repository.git
        facts = workspace.repository.facts()
        self._new = [one.path for one in facts.changes if one.untracked]
        since = touched(workspace.repository, start, facts.head or start)
        here = [one.path for one in facts.changes if not one.deleted]
        self._files = sorted({*here, *since.get("A", ()), *since.get("M", ())})

    def imports(self, lines: Sequence[str], out: BinaryIO) -> Validation:
        python = [path for path in self._files if path.endswith(".py")]
        listed = decode(self._git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")) if python else ""
        known = with_directories(listed.split("\0"))
        found = [said for path in python for said in unresolved(path, self._text(path), known)]
        ran = commands(self._workspace, "imports", lines, out)
        if found:
            return Validation("imports", "failed", f"{len(found)} do not resolve", "\n".join((*found, ran.output)))
        if python and not lines:
            return Validation(
                "imports", "passed", f"those of {len(python)} Python files resolve, as far as they lie here"
            )
        return ran

    def undone(self) -> Validation:
        """Only lines that the phase added are looked at: what was there before is not its work."""
        words = ("diff-index", "-p", "-U0", "--no-ext-diff", "--no-textconv", "--no-renames", "--diff-filter=AM")
        patch = decode(self._git.run(*words, self._start, "--", *WITHOUT_STATE, _SPECIFICATION))
        found = [said for path, number, line in added(patch) for said in undone(path, iter([(number, line)]))]
        for path in self._new:
            if not layout.is_specification(path):
                found += undone(path, iter(enumerate(self._text(path).split("\n"), 1)))
        if found:
            return Validation(_UNDONE, "failed", f"TODO or FIXME on {len(found)} lines", "\n".join(found))
        return Validation(_UNDONE, "passed", "no TODO or FIXME was added")

    def _text(self, path: str) -> str:
        """The text of a file; nothing of what is no small text file."""
        file = self._workspace.repository.root / path
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST:
            return ""
        data = file.read_bytes()
        return "" if b"\0" in data else data.decode("utf-8", "replace")
