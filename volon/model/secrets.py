"""Secrets in volon's own text: a small, conservative set of well-known shapes, replaced by their kind.

It errs on the side of leaving text alone: prose about passwords stays, a pasted token does not. Files are
another matter (they are skipped by name, not rewritten).

Source: contract §7 (in volon's own text secrets are redacted), reliability S13.
"""

from __future__ import annotations

from volon.model.text import clip_line, one_line
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

_PRIVATE = r"[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_SHAPES: tuple[tuple[str, Sequence[str], str], ...] = (
    (
        "private key",
        ("-----BEGIN ",),
        rf"-----BEGIN {_PRIVATE}(?:.{{0,20000}}?-----END {_PRIVATE}|.{{0,20000}})",
    ),
    ("age key", ("AGE-SECRET-KEY-1",), r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,70}\b"),
    ("AWS key", ("AKIA", "ASIA", "ABIA", "ACCA"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    (
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b",
    ),
    ("GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,64}"),
    (
        "Slack token",
        ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"),
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}",
    ),
    ("Slack webhook", ("https://hooks.slack.com/",), r"https://hooks\.slack\.com/services/[A-Za-z0-9/_-]{20,100}"),
    ("Google key", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("Stripe key", ("sk_live_", "rk_live_"), r"\b[rs]k_live_[A-Za-z0-9]{20,250}\b"),
    ("SendGrid key", ("SG.",), r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    ("Hugging Face token", ("hf_",), r"\bhf_[A-Za-z0-9]{30,40}\b"),
    ("Docker token", ("dckr_pat_",), r"\bdckr_pat_[A-Za-z0-9_-]{20,40}"),
    ("npm token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", ("pypi-AgE",), r"\bpypi-AgE[A-Za-z0-9_-]{50,500}"),
    ("API key", ("sk-",), r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,250}"),
    ("JWT", ("eyJ",), r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"),
    ("URL password", ("://",), r"(?<=://)[A-Za-z0-9._~%+-]{1,100}:[^\s:/@]{3,200}(?=@)"),
    ("bearer token", ("bearer ",), r"(?i:(?<=\bbearer ))[A-Za-z0-9._~+/-]{20,2000}={0,2}"),
)
"""Kinds, how what has their shape begins or what stands before it (in small letters where case is free), and the shape.

Looking for the second costs far less than compiling the third, and looking for that.
"""
_ASSIGNED = pattern(
    r"(?i)(?P<name>\b[a-z0-9_.-]{0,40}(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key)"
    r"[\"']?\s{0,3}[=:]\s{0,3})(?P<quote>[\"']?)(?P<value>(?!\[redacted)[^\s\"',;&]{6,500})(?P=quote)"
)
_NAMES = ("passw", "secret", "token", "key")
"""One of these is in whatever `_ASSIGNED` finds."""
_PATTERNS = tuple((kind, signs, pattern(f"(?s){shape}")) for kind, signs, shape in _SHAPES)
_TOO_COMMON = frozenset({"URL password", "bearer token", "API key"})
_IN_FILES = tuple(
    (kind, tuple(sign.encode() for sign in signs), pattern(f"(?s){shape}".encode()))
    for kind, signs, shape in (
        *_SHAPES,
        (
            "AWS secret key",
            ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "SecretAccessKey"),
            (
                r"(?:aws_secret_access_key|AWS_SECRET_ACCESS_KEY|[sS]ecretAccessKey)[\"']?\s{0,3}[=:]\s{0,3}[\"']?"
                # The one of the manuals is nobody's.
                r"(?![A-Za-z0-9/+]{30}EXAMPLEKEY)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
            ),
        ),
        ("vendor's API key", ("sk-ant-", "sk-proj-"), r"\bsk-(?:ant|proj)-[A-Za-z0-9_-]{32,250}"),
    )
    if kind not in _TOO_COMMON
)
"""What is hardly ever anything else: examples of URLs and headers with passwords are ordinary source text.

Each of these begins with one of its signs.
"""
_SIGNS = tuple(sign for _, signs, _ in _IN_FILES for sign in signs)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How a text begins that PowerShell and Notepad wrote: letters with zeros between them."""
_HARMLESS = pattern(r"(?i)\$\{?[A-Za-z_]|<[a-z_ -]+>|\*{3,}|x{6,}$|\{\{|os\.environ|getenv|None$|null$|true$|false$")


_UNSEEN = pattern(
    r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\x00-\x08\x0e-\x1f\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
"""What nobody sees between the letters of a token, which it would keep from being known as one."""


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace what looks like a secret; where letters that nobody sees hid one, those are taken out.

    Returns:
        The text with `[redacted: KIND]` in the places, and the kinds that were found, each once.
    """
    done = _redacted(text)
    if not text.isprintable() and (bare := _UNSEEN.sub("", text)) != text:
        uncovered = _redacted(bare)
        if uncovered[0] != _UNSEEN.sub("", done[0]):
            return uncovered
    return done


def _redacted(text: str) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []
    seen = f"{text}\n{text.casefold()}"
    for kind, signs, shape in _PATTERNS:
        if any(sign in seen for sign in signs):
            text, count = shape.subn(f"[redacted: {kind}]", text)
            found += [kind] * bool(count)
    if any(name in seen for name in _NAMES):
        text = _ASSIGNED.sub(lambda match: _assigned(match, found), text)
    return text, tuple(dict.fromkeys(found))


def tokens(data: bytes) -> dict[bytes, str]:
    """Return each token of a well-known shape in the bytes of a file, with its kind; in linear time."""
    if data[:2] in _UTF_16:
        data = data.replace(b"\0", b"")
    for sign in _SIGNS:
        if sign in data:
            break
    else:
        return {}
    return {token: kind for kind, signs, shape in _IN_FILES for token in _shaped(data, signs, shape)}


def _shaped(data: bytes, signs: Sequence[bytes], shape: re.Pattern[bytes]) -> Iterator[bytes]:
    """What `finditer` finds, looked for where a sign stands alone: large files of any bytes hold the short ones."""
    from heapq import merge  # noqa: PLC0415  only where there is a sign

    end = 0
    for place in merge(*(_places(data, sign) for sign in signs)):
        if place >= end and (match := shape.match(data, place)):
            end = match.end()
            yield match[0]


def _places(data: bytes, sign: bytes) -> Iterator[int]:
    place = data.find(sign)
    while place >= 0:
        yield place
        place = data.find(sign, place + 1)


def _assigned(match: re.Match[str], found: list[str]) -> str:
    """`password=…` keeps its name; a variable or a placeholder is no secret, nor is a plain word in a sentence."""
    in_prose = match["name"].endswith(" ") and not match["quote"] and match["value"].rstrip(".!?").isalpha()
    if in_prose or _HARMLESS.match(match["value"]):
        return match[0]
    found.append("password")
    return f"{match['name']}{match['quote']}[redacted: password]{match['quote']}"


_NAMED = pattern(r"(?i)--?[a-z0-9_-]{0,40}(?:password|passwd|secret|token|api-?key|private-?key|credentials?)")


def redact_words(words: Sequence[str]) -> list[str]:
    """Replace what looks like a secret in the words of a command, also where an option only names it: `--token T`."""
    kept = [redact(word)[0] for word in words]
    for place, word in enumerate(words[:-1]):
        if _NAMED.fullmatch(word) and not words[place + 1].startswith("-") and not _HARMLESS.match(words[place + 1]):
            kept[place + 1] = "[redacted: password]"
    return kept


def clean_line(text: str, most: int) -> str:
    """A stranger's text on one line: first without secrets, and then cut, for half a token is known to nobody."""
    return clip_line(one_line(redact(text)[0]), most)


def clean_command(text: str, most: int) -> str:
    """A command as `clean_line` has a text, also without what an option names as secret."""
    import shlex  # noqa: PLC0415  only where a stranger's commands are read

    try:
        words = shlex.split(text, posix=False)
    except ValueError:
        words = text.split()
    kept = redact_words(words)
    return clean_line(text if kept == words else " ".join(kept), most)
