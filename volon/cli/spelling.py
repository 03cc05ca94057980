"""Commands as they are to be typed where volon was called, in the places where they are not so anyway.

That is with `-C DIR` where that was said, and by the path of the program where `volon` alone would not be found. What
is named from the top of the working tree (the file of a pipeline, volon's own files, a working tree beside this one) is
named from the directory volon works in.
What is respelled are the commands that volon says, never the words of people: the fields of results that hold commands
or sentences of volon's own.

Source: contract §4 (every warning carries the command that resolves it).
"""

from __future__ import annotations

import os
import re
import shlex

from volon.model.syntax.gitpath import shell_word
from volon.plain import fields, is_dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SPOKEN = {"command", "next_command", "resume_command", "undo_command", "hint", "hints", "warnings"}
"""The fields that hold commands, or sentences of volon's own that may end in one."""
_ELSEWHERE = re.compile(r"\bvolon -C ('[^']*'|[^\s']+)")
_VOLON = re.compile(
    r"(?<![\w./-])volon (?=(?:init|task|pause-task|resume-task|continue|status|restore|undo|validate|doctor|checkpoint"
    r"|agents|brief|handoff|import|pipeline|conduct|run|trust|schema)\b)"
)
_PIPELINE = re.compile(r"""\b(volon pipeline \w+ )(?!-|FILE\b)((?:'[^']*'|"[^"]*"|[\w@%+=:,./-])+)""")
_BESIDE = re.compile(r"""(?<= --worktree )(?:\.\./[\w@%+=:,./-]*|'\.\./[^']*')""")
_OURS = re.compile(r"\b(git (?:add|checkout --ours --) )((?:\.(?:volon|design|prelude)\b[^\s,]* ?)+)(?<! )")
_GIT = re.compile(r"(^|: |&& )git (?=[a-z])")


class Spelling:
    """How the commands of one run are spelled.

    Args:
        directory: what `-C` said; None without.
        program: what starts volon here.
        top, start: the top of the working tree and the directory volon works in, as real paths, where these differ.
    """

    def __init__(self, directory: str | None, program: str, top: str = "", start: str = "") -> None:
        self._directory, self._program, self._top, self._start = directory, program, top, start
        there = "" if directory is None else f" -C {shell_word(directory)}"
        self._volon, self._git = f"{program}{there} ", f"git{there} "

    def text(self, said: str) -> str:
        """Respell the commands in a sentence of volon's."""
        said = self._below(said) if self._top else said
        said = _ELSEWHERE.sub(self._beside, said)
        said = _VOLON.sub(lambda _: self._volon, said)
        return said if self._directory is None else _GIT.sub(lambda found: f"{found[1]}{self._git}", said)

    def path(self, path: str) -> str:
        """Return a path, given from the top of the working tree, as it is from where volon was called."""
        return os.path.join(self._directory or "", self._from_start(path))  # noqa: PTH118  `link/..` stays as it is

    def _from_start(self, path: str) -> str:
        absolute = os.path.isabs(path)  # noqa: PTH117  text, as everything here
        return path if absolute or not self._top else os.path.relpath(f"{self._top}/{path}", self._start)

    def _below(self, said: str) -> str:
        """The paths of a sentence as they are from the directory volon works in, which is not the top."""
        said = _PIPELINE.sub(lambda found: found[1] + self._words(found[2]), said)
        said = _BESIDE.sub(lambda found: self._words(found[0]), said)
        return _OURS.sub(lambda found: found[1] + self._words(found[2]), said)

    def _words(self, said: str) -> str:
        return " ".join(shell_word(self._from_start(path)) for path in shlex.split(said))

    def _beside(self, found: re.Match[str]) -> str:
        """Another working tree is named as seen from the top of this one."""
        [path] = shlex.split(found[1])
        whole = os.path.normpath(os.path.join(self._directory or "", self._from_start(path)))  # noqa: PTH118  as above
        return f"{self._program} -C {shell_word(whole)}"

    def result(self, value: Any) -> Any:  # noqa: ANN401  any result comes back as what it was
        """Respell the commands in a result, however deep."""
        changed = {one.name: self._field(one.name, getattr(value, one.name)) for one in fields(value)}
        return replace(value, **changed)

    def _field(self, name: str, value: Any) -> Any:  # noqa: ANN401  as above
        if isinstance(value, str):
            return self.text(value) if name in _SPOKEN else value
        # A tuple with names is one row of thousands, and says no commands.
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self._field(name, one) for one in value)
        return self.result(value) if is_dataclass(value) and not isinstance(value, type) else value
