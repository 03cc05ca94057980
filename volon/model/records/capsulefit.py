"""Making a capsule fit: one thing after the other gets shorter, in a fixed order, until the words are few enough.

No heading and no next action is ever dropped; every cut says how much it left out.

Source: contract §3 (at most 400 words, "… n more"), origins §2.2.
"""

from __future__ import annotations

from volon.model.text import clip_line, clip_words, count_words
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from volon.model.records.capsulevalues import Capsule

    Step = Callable[[Capsule, "More"], Capsule | None]

More = dict[str, int]
"""How many entries of which list were left out."""
MAX_LINE = 2_000
"""The most characters of a text that stands on one line of a frontmatter."""
_MARK = 4
"""The words that `clip_words` puts in the place of what it cuts."""


def fit(capsule: Capsule, words: Callable[[Capsule, More], int], limit: int) -> tuple[Capsule, More]:
    """Shorten a capsule.

    Args:
        capsule: normalised.
        words: counts the words of the body it would become.
        limit: the most words allowed.

    Returns:
        What is left, and how much of what was left out.
    """
    more: More = {}
    capsule = _capped(capsule, more)
    shorter = _shorter(capsule, more)
    while words(capsule, more) > limit and (smaller := next(shorter, None)) is not None:
        capsule = smaller
    return capsule, more


def _shorter(capsule: Capsule, more: More) -> Iterator[Capsule]:
    """Take one thing after the other; `more` says what was taken so far."""
    for step in _STEPS:
        while (smaller := step(capsule, more)) is not None:
            capsule = smaller
            yield capsule


def _capped(capsule: Capsule, more: More) -> Capsule:
    """Cut what is far too long at once, so that the steps, which take one thing at a time, have little to do."""
    changed: dict[str, Any] = {}
    for name, most in _MOST:
        values = getattr(capsule, name)
        if len(values) > most:
            more[name] = len(values) - most
            changed[name] = values[-most:] if name == "commands" else values[:most]
    for name in ON_ONE_LINE:
        changed[name] = clip_line(getattr(capsule, name) or "", MAX_LINE) or None
    return replace(capsule, diffstat=_cut_diffstat(capsule.diffstat, _MOST_FILES, more), **changed)


def _cut_diffstat(diffstat: str, most: int, more: More) -> str:
    """Keep the first files of a diff stat; the last line, which sums them up, stays."""
    *files, total = diffstat.split("\n")
    files = [line for line in files if not line.startswith("… ")]
    if len(files) <= most:
        return diffstat
    more["diffstat"] = more.get("diffstat", 0) + len(files) - most
    return "\n".join([*files[:most], f"… {more['diffstat']} more files", total])


def _drop(name: str, least: int) -> Step:
    """Drop a list's last entry, down to `least`; of the commands the oldest goes first."""

    def step(capsule: Capsule, more: More) -> Capsule | None:
        values = getattr(capsule, name)
        if len(values) <= least:
            return None
        more[name] = more.get(name, 0) + 1
        return replace(capsule, **{name: values[1:] if name == "commands" else values[:-1]})

    return step


def _drop_diffstat(least: int) -> Step:
    """Drop a file's line, down to `least`; the last line, which sums them up, stays."""

    def step(capsule: Capsule, more: More) -> Capsule | None:
        files = [line for line in capsule.diffstat.split("\n")[:-1] if not line.startswith("… ")]
        cut = _cut_diffstat(capsule.diffstat, max(least, len(files) - 1), more)
        return None if cut == capsule.diffstat else replace(capsule, diffstat=cut)

    return step


def _clip(name: str, limit: int) -> Step:
    """Cut a text to `limit` words."""

    def step(capsule: Capsule, _: More) -> Capsule | None:
        text = getattr(capsule, name)
        if count_words(text) <= limit + _MARK:
            return None
        changed: dict[str, Any] = {name: clip_words(text, limit)}
        return replace(capsule, **changed)

    return step


def _clip_each(name: str, limit: int, part: str | None = None) -> Step:
    """Cut the longest entry of a list to `limit` words; `part` names its text when that is not the entry itself."""

    def size(entry: object) -> int:
        return count_words(str(getattr(entry, part) if part else entry))

    def step(capsule: Capsule, _: More) -> Capsule | None:
        values = list(getattr(capsule, name))
        index = max(range(len(values)), key=lambda n: size(values[n]), default=None)
        if index is None or size(values[index]) <= limit + _MARK:
            return None
        entry = values[index]
        short = clip_words(getattr(entry, part) if part else entry, limit)
        values[index] = replace(entry, **{part: short}) if part else short
        changed: dict[str, Any] = {name: tuple(values)}
        return replace(capsule, **changed)

    return step


_MOST = (
    ("untracked", 20),
    ("commands", 5),
    ("key_files", 20),
    ("acceptance", 20),
    ("questions", 10),
    ("blockers", 10),
)
_MOST_FILES = 20
ON_ONE_LINE = ("note", "summary")
"""The texts of the frontmatter: they are clipped when they are far too long, and do not count as words."""
_STEPS = (
    _drop("untracked", 5),
    _drop_diffstat(5),
    _clip_each("commands", 12, "outcome"),
    _clip_each("key_files", 12, "why"),
    _drop("commands", 2),
    _drop("key_files", 5),
    _drop("acceptance", 5),
    _clip("plan", 80),
    _drop("untracked", 0),
    _drop_diffstat(0),
    _clip("plan", 40),
    _clip_each("acceptance", 12, "text"),
    _clip_each("questions", 20),
    _clip_each("blockers", 20),
    _drop("questions", 3),
    _drop("blockers", 3),
    _clip("goal", 30),
    _drop("commands", 0),
    _drop("key_files", 0),
    _drop("acceptance", 0),
    _clip_each("next_actions", 40),
    _drop("questions", 1),
    _drop("blockers", 1),
    _clip("plan", 0),
    _clip("diffstat", 0),
    _clip_each("next_actions", 20),
    _clip_each("questions", 8),
    _clip_each("blockers", 8),
    _clip("goal", 10),
)
