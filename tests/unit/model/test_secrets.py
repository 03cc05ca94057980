"""Secrets: well-known shapes are taken out, prose stays."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar

import pytest

from volon.model.secrets import _IN_FILES, _shaped, redact, tokens

if TYPE_CHECKING:
    import re

# The shapes are put together here so that no scanner takes this file for a leak.
SECRETS = (
    ("AWS key", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("GitHub token", "ghp" + "_" + "a1B2" * 9),
    ("GitHub token", "github_pat" + "_" + "a1B2" * 15),
    ("GitLab token", "glpat" + "-" + "a1B2" * 5),
    ("Slack token", "xoxb" + "-1234567890-abcdefghij"),
    ("Google key", "AIza" + "S" * 35),
    ("Stripe key", "sk_live" + "_" + "a1B2" * 6),
    ("SendGrid key", "SG" + "." + "a1B2c3" * 3 + "a1B2." + "a1B2" * 10 + "a1B"),
    ("Hugging Face token", "hf" + "_" + "a1B2" * 8 + "ab"),
    ("Docker token", "dckr" + "_pat_" + "a1B2" * 7),
    ("age key", "AGE-SECRET-" + "KEY-1" + "Q2Z7" * 14 + "QP"),
    ("private key", "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----"),
    ("npm token", "npm" + "_" + "a1B2" * 9),
    ("API key", "sk-ant-" + "a1B2" * 10),
    ("JWT", "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0." + "c2lnbmF0dXJlMTIz"),
    ("private key", "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"),
    ("URL password", "bob:" + "hunter22"),
)


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_well_known_secrets_are_taken_out(kind: str, secret: str) -> None:
    around = (
        (f"before https://{secret}@host/x after", "@host")
        if kind == "URL password"
        else (f"before {secret} after", "after")
    )
    text, kinds = redact(around[0])
    assert secret not in text
    assert kinds == (kind,)
    assert text.startswith("before ")
    assert around[1] in text
    assert redact(text) == (text, ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_secret_in_a_file_is_found_in_the_encodings_that_shells_write(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    for kind, secret in SECRETS:
        if kind not in {"URL password", "API key"}:
            assert kind in tokens(f"{mark}before {secret} after".encode(encoding)).values()


@pytest.mark.parametrize(("kind", "signs", "shape"), _IN_FILES)
def test_what_a_file_is_searched_for_begins_with_a_sign_and_a_file_of_any_bytes_is_searched_there_alone(
    kind: str, signs: tuple[bytes, ...], shape: re.Pattern[bytes]
) -> None:
    """Large archives hold the short signs by chance: they are not held against every shape from end to end."""

    class Counted:
        places: ClassVar[list[int]] = []

        def match(self, data: bytes, place: int) -> re.Match[bytes] | None:
            self.places.append(place)
            return shape.match(data, place)

    told = b" ".join(secret.encode() for _, secret in SECRETS) + b" AKIA" + b"A" * 40 + b"xoxa-xoxb-" + b"a1B2-" * 9
    noise = random.Random(7).randbytes(100_000)
    for data in (told, noise + told, noise.join([told, told, told]), told.replace(b" ", b"")):
        assert list(_shaped(data, signs, shape)) == [found[0] for found in shape.finditer(data)], kind
    places = [place for place in range(len(noise)) if noise.startswith(signs, place)]
    assert list(_shaped(noise, signs, Counted())) == []  # type: ignore[arg-type]
    assert Counted.places == places


@pytest.mark.parametrize(
    "line",
    ['AWS_SECRET_ACCESS_KEY="{}"', "aws_secret_access_key = {}", '  "SecretAccessKey": "{}",', "secretAccessKey: {}"],
)
def test_the_second_half_of_an_aws_key_is_known_by_its_name(line: str) -> None:
    key = "aB3/" * 10
    assert list(tokens(f"# ours\n{line.format(key)}\n".encode()).values()) == ["AWS secret key"]
    for other in ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", key[:-1], f"{key}a", "os.environ[name]"):
        assert tokens(line.format(other).encode()) == {}


def test_a_private_key_that_was_cut_off_goes_to_the_end() -> None:
    assert redact("x -----BEGIN " + "OPENSSH PRIVATE KEY-----\nb3Blbn\nabc") == (
        "x [redacted: private key]",
        ("private key",),
    )


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("password=hunter22x", "password=[redacted: password]"),
        ('"db_password": "hunter22x", "a": 1', '"db_password": "[redacted: password]", "a": 1'),
        ("export API_KEY=abcdef123 next", "export API_KEY=[redacted: password] next"),
        ("PRİVATE_\u212aEY=abcdef123 next", "PRİVATE_\u212aEY=[redacted: password] next"),
        ("pa\u017fsword=hunter22x", "pa\u017fsword=[redacted: password]"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "Authorization: Bearer [redacted: bearer token]"),
    ],
)
def test_assigned_passwords_are_taken_out(text: str, redacted: str) -> None:
    assert redact(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "the password reset is untested",
        "password: untested so far",
        "password: ask Bob",
        "password=$PASSWORD",
        "api_key=<your key>",
        "secret = os.environ['X']",
        "token: none yet",
        "59e64c3 " + "a" * 40,
        "https://example.org/a:b@c",
        "skeleton-in-the-closet",
        "npm_config_cache",
    ],
)
def test_prose_and_placeholders_stay(text: str) -> None:
    assert redact(text) == (text, ())


def test_redacting_long_text_is_fast_and_stable() -> None:
    hostile = "eyJ" + "a" * 100_000 + " " + "password" * 5_000 + "=" + "-----BEGIN " * 5_000
    assert redact(redact(hostile)[0])[1] == ()


def test_what_nobody_sees_is_taken_out_only_where_it_hid_a_secret() -> None:
    plain = "\x1b[2Jred \u200b password=hunter2hunter2"
    assert redact(plain)[0] == "\x1b[2Jred \u200b password=[redacted: password]"
