"""The digest by which Codex knows a hook is the one its own client names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from volon.model.agents.agreed import digests

if TYPE_CHECKING:
    from volon.model.syntax.jsonc import Json

HOOK: dict[str, Json] = {"type": "command", "command": "volon hook session-start --agent codex", "timeout": 10}


def test_it_is_what_the_client_said_of_the_same_hook() -> None:
    said = "sha256:6ea461112b7b5d43d707ef01bf6e3f9b9d83893be92277da0d0fa3db1c5f182f"
    assert said in digests("session_start", HOOK)
    assert said not in digests("session_end", HOOK)
    assert said not in digests("session_start", {**HOOK, "timeout": 11})


@pytest.mark.parametrize(
    "hook", [{**HOOK, "async": True}, {**HOOK, "timeout": 1.5}, {**HOOK, "timeout": True}, [], None]
)
def test_of_another_form_nothing_is_known(hook: Json) -> None:
    assert digests("session_start", hook) == frozenset()
