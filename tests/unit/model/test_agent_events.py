"""The table of how agents call hooks: what it names is whole, and the agent that calls is recognised."""

from __future__ import annotations

import pytest

from volon.model.agents.events import BOTH, EVENTS, MARKS, PROTOCOLS, SECONDS, protocol
from volon.model.agents.hosts import HOSTS


def test_every_agent_is_one_that_volon_can_be_installed_for() -> None:
    assert set(PROTOCOLS) <= set(HOSTS)


def test_every_name_and_limit_belongs_to_an_event_of_ours() -> None:
    for one in PROTOCOLS.values():
        assert set(one.names) <= set(EVENTS)
        assert set(one.hears) <= set(one.names)
        assert {"session-start", "prompt", "pre-compact", "turn-end"} <= set(one.names)
    assert set(SECONDS) == set(EVENTS)


@pytest.mark.parametrize(("variable", "agent"), MARKS)
def test_an_agent_that_is_not_named_is_recognised_by_its_variable(variable: str, agent: str) -> None:
    assert protocol("", {variable: "1"}) is PROTOCOLS[agent]
    assert protocol("nobody", {variable: "1"}) is PROTOCOLS[agent]


def test_without_a_name_and_a_variable_it_is_codex_whose_form_is_the_strictest() -> None:
    assert protocol("", {"CLAUDE_PROJECT_DIR": "/shop"}) is PROTOCOLS["codex"]


def test_a_named_agent_is_believed_except_for_copilot_running_the_hooks_of_claude() -> None:
    assert protocol("gemini", {"CLAUDECODE": "1"}) is PROTOCOLS["gemini"]
    assert protocol("claude", {"COPILOT_CLI": "1"}).form == BOTH
