"""The rules of what `volon conduct` keeps of a plan: its head, its checks, and the results of its phases.

Source: contract §3 (plans); `volon.model.conduct.records` has the formats.
"""

from __future__ import annotations

from volon.model.checks.rule import Rule, unreadable, warning

RULES = (
    Rule(
        "conduct-plan.field-missing",
        "A key that every plan has is missing or empty.",
        "git has the file as it was made; `volon conduct start` makes a new plan.",
        "plan",
        "title:",
        "title: A shop",
    ),
    Rule(
        "conduct-plan.field-invalid",
        "A key of a plan holds something else than what its kind allows.",
        "The message says what is expected.",
        "plan",
        "schema_version: one",
        "schema_version: 1",
    ),
    unreadable(
        "conduct-plan.ready-changed",
        "The plan's copy of READY.md is gone, or is not the one the plan was made of.",
        "What the phases were agreed on must not change under them. Put it back as it was, or begin anew: "
        "`volon conduct start`.",
        "specification",
        "# Another shop",
        "# A shop",
    ),
    Rule(
        "conduct-check.field-missing",
        "A key that every check of a phase has is missing or empty.",
        "A check is written once and by nobody but volon; git has it as it was.",
        "check",
        "round:",
        "round: 0",
    ),
    Rule(
        "conduct-check.field-invalid",
        "A key of a check holds something else than what its kind allows.",
        "The message says what is expected.",
        "check",
        "passed: maybe",
        "passed: true",
    ),
    Rule(
        "conduct-discovery.field-missing",
        "A key that everything found out has, its evidence among them, is missing or empty.",
        "git has the file as it was; `volon conduct discover` writes it down again.",
        "discovery",
        "title:",
        "title: Slow",
    ),
    Rule(
        "conduct-discovery.field-invalid",
        "A key of what was found out holds something else than what its kind allows.",
        "The message says what is expected.",
        "discovery",
        "impact: large",
        "impact: minor",
    ),
    unreadable(
        "conduct-discovery.misnumbered",
        "The number of what was found out is another one than that in the name of its file, or none from 1 to 999999.",
        "Rename the file, or put its number back: git has it as it was. Until then the plan is not gone on with.",
        "discovery",
        "number: 7",
        "number: 1",
    ),
    Rule(
        "conduct-result.field-missing",
        "A key that every result of a phase has is missing or empty.",
        "A result is written once and by nobody but volon; git has it as it was.",
        "result",
        "name:",
        "name: Base",
    ),
    Rule(
        "conduct-result.field-invalid",
        "A key of a result holds something else than what its kind allows.",
        "The message says what is expected.",
        "result",
        "fixes: some",
        "fixes: 0",
    ),
    unreadable(
        "conduct-result.out-of-order",
        "A phase has a result, and one before it has none; or the file is named after another phase.",
        "That cannot come about by itself: a result was deleted, renamed, or came without the others. git has it.",
        "result",
        "phase: 2",
        "phase: 1",
    ),
    warning(
        "conduct-result.check-missing",
        "The check that the phase passed is not there.",
        "Commit `checks/` together with `results/`: it says what was looked at.",
        "result",
        'check: ".volon/plans/PLAN-20261119-001/checks/p1.check.7.md"',
        'check: ".volon/plans/PLAN-20261119-001/checks/p1.check.0.md"',
    ),
    warning(
        "conduct-result.commit-missing",
        "The commit that the phase ended with is not in this repository.",
        "It was squashed away or never pushed: the phase cannot be rolled back to from here.",
        "result",
        'checkpoint: "5d0f1e2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e"',
        'checkpoint: "…"',
    ),
)
