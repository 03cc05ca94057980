"""What a run of volon on a hostile repository may do, and everything it did besides.

Allowed programs: git, by the absolute path it was found under, and git's own children, for the questions in
`GIT_QUESTIONS`. Allowed writes: below the working tree's `.volon/` and `.design/`; in the git directory `volon/`, new
objects, refs below `refs/volon/`, and the one file `info/exclude`; of the user's own, files of rows in `volon/` of the
cache. No network. Nothing outside is opened, changed or repeated. Every byte on the terminal is harmless, and the exit
code is one that is documented.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from tests.hostile.ground import INJECTED, OUTSIDE_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hostile.ground import Case, Ground
    from tests.hostile.tracing import Call, Ran

CPU_SECONDS = 2.0
PEAK_BYTES = 256 << 20
EXIT_CODES = frozenset(range(12))
GIT_QUESTIONS = frozenset(
    {
        *(
            "status",
            "rev-parse",
            "diff-index",
            "diff-files",
            "diff-tree",
            "log",
            "rev-list",
            "merge-base",
            "for-each-ref",
            "show-ref",
            "check-ignore",
            "check-attr",
        ),
        *(
            "cat-file",
            "ls-files",
            "ls-tree",
            "hash-object",
            "fast-import",
            "unpack-objects",
            "update-ref",
            "config",
            "version",
            "var",
            "symbolic-ref",
        ),
    }
)
COMMITTING = frozenset({"update-index"})
THROWN_AWAY = frozenset(
    {
        *("init", "read-tree", "update-index", "write-tree", "commit-tree", "checkout-index"),
        *("mktree", "hash-object", "grep", "merge-tree"),
    }
)
"""What time travel and the forecast ask of a git directory of its own, which is gone afterwards."""
_ASIDE = frozenset(
    {"brief", "checkpoint", "status", "resume-task", "resume", "continue", "restore", "undo", "pause", "pause-task"}
)
SPEAKING = frozenset(
    {
        *("remote", "ls-remote", "fetch", "push", "bundle", "hash-object", "rev-list", "remote-https", "remote-http"),
        *("upload-pack", "receive-pack", "index-pack", "pack-objects", "unpack-objects", "maintenance"),
        # In a scratch directory: whose attributes a snapshot has, and which paths the index of one that came.
        *("read-tree", "init"),
    }
)
"""What `handoff` asks besides, and what git starts at the other end when that is a directory of this machine."""
_OTHER_END = re.compile(
    r"git -c core\.hooksPath=/dev/null [^;&|`$()<>]* (?:upload|receive)-pack '(?:[^']|'\\'')*'", re.DOTALL
)
_VISIBLE_FORMAT = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OPTIONS_WITH_VALUE = {"-c", "-C", "--git-dir", "--work-tree"}
_IN_VOLONS_VOICE = re.compile(rf"(?:\s*(?:Hint|Error|Caused by|Back|Now): )?{INJECTED}")


@cache
def git_programs() -> frozenset[str]:
    """The absolute paths under which git may be started."""
    found = shutil.which("git") or ""
    core = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    return frozenset({found, os.path.realpath(found), f"{core}/git"})


class Outside:
    """What lies outside the repository, remembered before a run."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._before = self._digest()

    def changed(self) -> list[str]:
        """The paths that are not what they were."""
        now = self._digest()
        return sorted(path for path in self._before.keys() | now.keys() if self._before.get(path) != now.get(path))

    def _digest(self) -> dict[str, str]:
        found = {}
        for top in (self._ground.outside, self._ground.live / "origin"):
            for path in top.rglob("*"):
                found[str(path)] = _content(path)
        return found


def _content(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "special"
    if path.stat().st_size > 1 << 24:
        return f"large {path.stat().st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def findings(case: Case, ground: Ground, ran: Ran, outside: Outside) -> list[str]:
    """Everything a run did that it may not do."""
    return [
        *_programs(ran),
        *_writes(ground, ran),
        *_reads(case, ground, ran),
        *(f"connects: {call.text[:200]}" for call in ran.calls if _is_network(call)),
        *(f"changed outside: {path}" for path in outside.changed() if not _places(ground, ran).fullmatch(path)),
        *(["the canary fired: " + ground.fired.read_text(errors="replace")[:200]] if ground.fired.exists() else []),
        *_modes(ground),
        *_ending(ran),
        *_terminal(ran, coloured=bool(case.env.get("FORCE_COLOR"))),
    ]


def _programs(ran: Ran) -> Iterator[str]:
    for call in ran.calls:
        if call.name not in {"execve", "execveat"}:
            continue
        question = _question(call.words)
        allowed = GIT_QUESTIONS | (COMMITTING if "--commit-state" in ran.argv else set())
        allowed |= THROWN_AWAY if ran.argv[0] in _ASIDE else set()
        allowed |= SPEAKING if ran.argv[0] == "handoff" else set()
        if _is_own_command(ran, call) or _is_other_end(ran, call):
            continue
        if call.paths[0] not in git_programs():
            yield f"starts {call.paths[0]} {call.words[1:8]}"
        elif question not in allowed:
            yield f"starts git {question}"


def _is_own_command(ran: Ran, call: Call) -> bool:
    """What a person typed after `volon run --`, word for word, found where a shell would find it."""
    own = ran.argv[ran.argv.index("--") + 1 :] if ran.argv[0] == "run" else ()
    return bool(own) and tuple(call.words) == tuple(own) and call.paths[0] == shutil.which(own[0])


def _is_other_end(ran: Ran, call: Call) -> bool:
    """git's own shell for a remote that is a directory of this machine: volon's words, and a path in quotes."""
    words = tuple(call.words)
    return ran.argv[0] == "handoff" and words[1:2] == ("-c",) and _OTHER_END.fullmatch(words[2]) is not None


def _question(words: tuple[str, ...]) -> str:
    """The git command among its words, after git's own options."""
    rest = iter(words[1:])
    for word in rest:
        if word in _OPTIONS_WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def _writes(ground: Ground, ran: Ran) -> Iterator[str]:
    allowed = _places(ground, ran)
    for call in ran.calls:
        for path in call.paths if call.writes else ():
            if not allowed.fullmatch(path):
                yield f"writes {path}: {call.text[:160]}"


def _places(ground: Ground, ran: Ran) -> re.Pattern[str]:
    """Where bytes may land."""
    committing = "--commit-state" in ran.argv
    root, git, objects = (re.escape(str(path)) for path in (ground.root, ground.git_dir, ground.objects))
    below = [f"{root}/[.](?:volon|design)", f"{git}/volon", f"{git}/refs/volon", f"{git}/objects", objects]
    below += [f"{git}/(?:refs/heads|logs)"] * committing
    below += [rf"{root}/(?![.]git(?:/|$)).*"] * _puts_files_back(ran)
    below += [rf"{root}/[.](?:claude|agents|codex)"] * (ran.argv[0] == "agents")
    alone = ["/dev/null", f"{git}/info", rf"{git}/info/(?:exclude|[.]volon-tmp-\w+-\d+)", rf"{git}/refs"]
    below += [re.escape(str(ground.state))] * (ran.argv[0] == "trust")
    alone += [rf"{git}/(?:index|HEAD)(?:[.]lock)?"] * committing
    alone += [rf"{git}/(?:index(?:[.]lock)?|[.]volon-tmp-\w+-\d+|sharedindex[.][0-9a-f]+)"] * _puts_files_back(ran)
    alone += [rf"{root}/(?:(?:AGENTS|CLAUDE)[.]md|[.]volon-tmp-\w+-\d+)"] * (ran.argv[0] == "agents")
    alone += [rf"{git}/packed-refs(?:[.]lock)?"] * ("purge-files" in ran.argv)
    cache = re.escape(str(ground.home / "cache"))
    alone += [cache, rf"{cache}/volon", rf"{cache}/volon/(?:#\d+|[a-z]+-\d+-[0-9a-f]+-[0-9a-f]+)"]
    return re.compile("|".join([*(f"{place}(?:/.*)?" for place in below), *alone]), re.DOTALL)


def _puts_files_back(ran: Ran) -> bool:
    """A restore writes files of the user's and git's index: below the working tree, and nothing of git's but that."""
    return ran.argv[0] == "restore" and "--dry-run" not in ran.argv


def _reads(case: Case, ground: Ground, ran: Ran) -> Iterator[str]:
    if not case.reads_outside:
        far = f"{ground.outside}/"
        seen = {path for call in ran.calls for path in call.paths if path.startswith(far) and not call.writes}
        seen -= _typed(ground, ran)
        yield from (f"opens {path}" for path in sorted(seen) if not os.path.isdir(path))
        yield from (f"lists {path}" for path in sorted(seen) if os.path.isdir(path))
    if OUTSIDE_MARK in ran.out + ran.err:
        yield "reveals what lies outside"
    if OUTSIDE_MARK.encode() in _written(ground):
        yield "copies what lies outside into the repository"


def _typed(ground: Ground, ran: Ran) -> set[str]:
    """The one file that the user's own words name, wherever links on the way to it lead, as for any other program."""
    return {os.path.realpath(ground.root / ran.argv[2])} if ran.argv[:2] == ("handoff", "import") else set()


def _written(ground: Ground) -> bytes:
    tops = (ground.root / ".volon", ground.root / ".design", ground.git_dir / "volon")
    files = (path for top in tops if not top.is_symlink() for path in top.rglob("*"))
    return b"".join(p.read_bytes() for p in files if p.is_file() and not p.is_symlink() and p.stat().st_size < 1 << 24)


def _is_network(call: Call) -> bool:
    # A name service may be asked who the user is; that socket is local.
    return call.name in {"socket", "connect", "bind"} and "AF_UNIX" not in call.text and "UNIX" not in call.text


def _modes(ground: Ground) -> Iterator[str]:
    """What lies in the git directory is for its owner alone, whatever the umask (S15)."""
    top = ground.git_dir / "volon"
    made = [top, *top.rglob("*")] if top.is_dir() and not top.is_symlink() else []
    for path in made:
        if not path.is_symlink() and path.stat().st_mode & 0o077 and path.name not in ground.loose:
            yield f"{path} may be read by others: {path.stat().st_mode & 0o777:o}"


def _ending(ran: Ran) -> Iterator[str]:
    if ran.code not in EXIT_CODES:
        yield f"exit code {ran.code}: {ran.err[-300:]}"
    if "Traceback" in ran.err + ran.out:
        yield f"a traceback: {ran.err[-300:]}"
    if ran.cpu > CPU_SECONDS:
        yield f"took {ran.cpu:.1f} processor seconds"
    if ran.peak > PEAK_BYTES:
        yield f"took {ran.peak >> 20} MiB of memory"


def _terminal(ran: Ran, *, coloured: bool) -> Iterator[str]:
    for name, text in (("stdout", ran.out), ("stderr", ran.err)):
        bad = dangerous(_COLOUR.sub("", text) if coloured else text)
        if bad:
            yield f"{name} has {', '.join(f'U+{ord(char):04X}' for char in bad[:8])}"
        for line in text.splitlines():
            if _IN_VOLONS_VOICE.match(line):
                yield f"{name}: a stranger's text stands where volon speaks: {line[:120]!r}"


def dangerous(text: str) -> list[str]:
    """The characters a terminal might obey, or that hide: controls, format characters, lone surrogates."""
    return sorted({char for char in text if char != "\n" and _is_dangerous(char)})


def _is_dangerous(char: str) -> bool:
    if "\udc80" <= char <= "\udcff":
        return True
    hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return hidden and not _VISIBLE_FORMAT.match(char)
