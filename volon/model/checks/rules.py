"""Every rule that `volon validate` knows, in one table; the page docs/RULES.md is made from it.

Source: contract §4 (`volon validate`).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.checks import rules_claims, rules_files, rules_plans, rules_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.checks.rule import Rule

RULES: dict[str, Rule] = {
    rule.id: rule for rule in (*rules_files.RULES, *rules_records.RULES, *rules_plans.RULES, *rules_claims.RULES)
}
"""By id, in the order of the page."""

HELP = "urn:volon:rule:"
"""What stands before a rule's id in its address; see DECISIONS (2026-11-21, the address of a rule)."""

_INTRO = """\
# The rules of `volon validate`

Generated from `volon/model/checks/rules.py`; do not edit. Each rule has a name that stays, and two examples that a test
runs. `volon validate --explain RULE` prints one of them in the terminal.

An **error** makes `volon validate` exit with the code in the table (7 goes before 9, 9 before 1); a **warning** is
shown and exits 0, or 1 with `--strict`; a **note** says what could not be looked at. [CI.md](CI.md) shows how to run
it, and what a capsule's claims are held against.
"""


def find(rule: str) -> Rule:
    """Return a rule by its id.

    Raises:
        UsageError: there is no such rule; near misses are offered.
    """
    if rule in RULES:
        return RULES[rule]
    import difflib  # noqa: PLC0415  only for a typing error

    if kind := [one for one in RULES if one.startswith(f"{rule}.")]:
        raise UsageError(f"'{rule}' is a kind of rules.", hints=[f"Name one of {', '.join(kind)}."])
    near = difflib.get_close_matches(rule, RULES, n=3, cutoff=0.5)
    kinds = ", ".join(dict.fromkeys(one.partition(".")[0] for one in RULES))
    hints = [f"Did you mean {', '.join(near)}?"] if near else [f"Name a kind to see its rules: {kinds}."]
    raise UsageError(f"There is no rule '{rule}'.", hints=hints)


def render_page() -> str:
    """The page docs/RULES.md."""
    rows = [f"| [`{rule.id}`](#{rule.id}) | {rule.gravity} | {_exit(rule)} | {rule.says} |" for rule in RULES.values()]
    table = "\n".join(["| rule | gravity | exit | broken when |", "|---|---|---|---|", *rows])
    return "\n".join([_INTRO, table, *(_section(rule) for rule in RULES.values())]) + "\n"


def _exit(rule: Rule) -> int:
    return int(rule.exit_code)


def _section(rule: Rule) -> str:
    return "\n".join(
        [
            "",
            f'<a id="{rule.id}"></a>',
            "",
            f"## {rule.id}",
            "",
            f"{rule.says} {rule.advice}",
            "",
            f"Wrong, in a {rule.where}:",
            "",
            f"```text\n{rule.wrong}\n```",
            "",
            "Right:",
            "",
            f"```text\n{rule.right}\n```",
        ]
    )
