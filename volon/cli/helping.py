"""How help looks: the everyday commands first, whole sentences, and for each command what one types.

Source: contract §4 (the short help shows eight; aliases work and stay out of it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    import typer

SECTIONS = {
    "Every day": ("pause-task", "resume-task", "status", "restore", "undo"),
    "As you need them": ("task", "init", "validate"),
}
"""The short help, in this order."""

MORE = """
More:
  continue    the light resume          checkpoint  diff, grep, bisect and others
  handoff     go on elsewhere           run         record a command
  doctor      find and repair damage    trust       what may run by itself
  pipeline    a graph of tickets        conduct     a READY.md, phase by phase
  schema      the schemas of --json     prompt      for your shell's prompt
  brief       what to read on return    agents      tell coding agents of volon
  statusline  an agent's status line    mcp         a server for agents
  hook        what coding agents call   import      of stash and other tools

Each has --help with examples and -C DIR; all but prompt, statusline and hook
have --json and -q.
"""

EXAMPLES = {
    "init": ("volon init --dry-run",),
    "mcp": ("volon mcp", "claude mcp add volon -- volon mcp"),
    "task start": ('volon task start "Retry with backoff"', "volon task start TASK-20261119-001"),
    "task create": ('volon task create "Retry with backoff" --accept "three tries"',),
    "task done": ('volon task done TASK-20261119-001 --note "merged"',),
    "task block": ('volon task block TASK-20261119-001 "no test account"',),
    "task unblock": ('volon task unblock TASK-20261119-001 --note "the account is there"',),
    "task list": ("volon task list --json",),
    "task show": ("volon task show TASK-20261119-001",),
    "pause-task": (
        "volon pause-task",
        'volon pause-task "backoff untested" --next "pytest tests/test_retry.py"',
        'volon pause-task restart "see the failing test" --plan "fewer tries"',
    ),
    "resume-task": (
        "volon resume-task --dry-run     # only look",
        "volon resume-task --restore     # put the files back, too",
        "volon resume-task 3             # go on from checkpoint 03",
    ),
    "continue": ("volon continue",),
    "import": ("volon import", "volon import stash --dry-run", "volon import .planning/HANDOFF.json"),
    "status": ("volon status", "volon status --conflicts"),
    "restore": (
        "volon restore 3 --dry-run       # the plan; nothing is written",
        "volon restore 3 --path src/app.py",
        "volon restore 3 --onto HEAD     # merged into what HEAD is now",
        "volon restore 3 --worktree ../beside",
    ),
    "undo": ("volon undo --dry-run", "volon undo --list"),
    "validate": ("volon validate", "volon validate --staged --strict", "volon validate --format sarif"),
    "doctor": ("volon doctor", "volon doctor --fix --dry-run"),
    "checkpoint list": ("volon checkpoint list", "volon checkpoint list --files"),
    "checkpoint show": ("volon checkpoint show 3",),
    "checkpoint diff": (
        "volon checkpoint diff 3             # since then",
        "volon checkpoint diff 3 5 src --patch",
    ),
    "checkpoint grep": ("volon checkpoint grep 'def backoff' src", "volon checkpoint grep -i todo --checkpoint 3"),
    "checkpoint bisect": (
        "volon checkpoint bisect -- pytest -q tests/test_retry.py",
        "volon checkpoint bisect --good 2 --bad 7 --run 'make test'",
    ),
    "checkpoint purge-files": (
        "volon checkpoint purge-files --older-than 30d --keep 20",
        "volon checkpoint purge-files 3 --yes",
    ),
    "handoff push": ("volon handoff push --dry-run", "volon handoff push"),
    "handoff pull": ("volon handoff pull", "volon handoff pull --remote backup"),
    "handoff claim": ("volon handoff claim",),
    "handoff release": ("volon handoff release",),
    "handoff export": ("volon handoff export ../work.volon",),
    "handoff import": ("volon handoff import ../work.volon",),
    "run": ("volon run -- pytest -q",),
    "pipeline run": (
        "volon pipeline run ci.yaml",
        "volon pipeline run ci.yaml --until test --jobs 4 --keep-going",
    ),
    "pipeline pause": ("volon pipeline pause", "volon pipeline pause ci.yaml --wait"),
    "pipeline resume": ("volon pipeline resume ci.yaml", "volon pipeline resume ci.yaml --done deploy"),
    "pipeline ui": ("volon pipeline ui", "volon pipeline ui ci.yaml"),
    "pipeline graph": ("volon pipeline graph ci.yaml", "volon pipeline graph ci.yaml --format html -o ci.html"),
    "pipeline status": ("volon pipeline status", "volon pipeline status --json"),
    "conduct start": (
        'volon conduct start "A shop with baskets"',
        "volon conduct start --worker ./agent --fix-worker ./mend --yes",
    ),
    "conduct budget": ("volon conduct budget", "volon conduct budget --json"),
    "conduct status": ("volon conduct status", "volon conduct status --json"),
    "conduct pause": ("volon conduct pause", "volon conduct pause --wait"),
    "conduct resume": ("volon conduct resume", "volon conduct resume --rerun p2.implement.api"),
    "conduct continue": ("volon conduct continue",),
    "conduct sessions": ("volon conduct sessions", "volon conduct sessions --status stale --status paused"),
    "conduct complete": ("volon conduct complete", "volon conduct complete --force"),
    "conduct rollback": ("volon conduct rollback", "volon conduct rollback --phase 2 --yes"),
    "conduct subtask": ("volon conduct subtask --worker ./agent", "volon conduct subtask --from 4 --from 7"),
    "conduct discover": (
        "volon conduct discover 'No such field' --evidence 'src/api.py:12'",
        "volon conduct discover 3 --approved",
    ),
    "conduct step": ("volon conduct step check PLAN-20261121-001 1 --round 0 --last",),
    "agents install": ("volon agents install --dry-run", "volon agents install --agent claude --agent codex"),
    "agents uninstall": ("volon agents uninstall --agent codex", "volon agents uninstall"),
    "agents upgrade": ("volon agents upgrade --dry-run",),
    "agents status": ("volon agents status",),
    "agents list": ("volon agents list",),
    "trust": ("volon trust", "volon trust --list"),
    "brief": ("volon brief", "volon brief --agent --budget 300"),
    "prompt": ("volon prompt",),
    "statusline": ("volon statusline < payload.json",),
    "hook": ("volon hook session-start --agent claude",),
    "schema": ("volon schema", "volon schema status-result", "volon schema --json"),
}
"""What one types, for each command."""


class Command(TyperCommand):
    """A command whose usage line says `N`, not `{N}`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  typer's own copy of click has no public types
        """What follows the name; what must be said stands bare, as people write it."""
        return [f"{piece[1:-1]}" if piece[:1] == "{" else piece for piece in super().collect_usage_pieces(ctx)]


class Group(TyperGroup):
    """A group that shows its commands in sections, each with what the first half of its first sentence says."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  as above
        """Write the commands, then the options: whoever asks for help looks for a command."""
        self.format_commands(ctx, formatter)
        TyperCommand.format_options(self, ctx, formatter)  # type: ignore[arg-type]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  as above
        """Write the commands that are shown, those of `SECTIONS` first."""
        shown = {name: one for name, one in self.commands.items() if not one.hidden}
        sections = {title: [name for name in names if name in shown] for title, names in SECTIONS.items()}
        if not ctx.parent:
            shown = {name: shown[name] for names in sections.values() for name in names}
        for title, names in sections.items() if not ctx.parent else (("Commands", list(shown)),):
            rows = [(name, _first(shown[name].help)) for name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
        if not ctx.parent:
            formatter.write(MORE)


def _first(text: str | None) -> str:
    said = (text or "").partition("\n\n")[0].partition(";")[0]
    return " ".join(said.split()).removesuffix(".") + "."


def dress(app: typer.Typer, above: str = "") -> None:
    """Give every command of an application its name, its examples and its form."""
    for info in app.registered_commands:
        info.cls = Command
        info.name = info.name or getattr(info.callback, "__name__", "").replace("_", "-")
        info.epilog = examples(f"{above}{info.name}")
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            dress(group.typer_instance, f"{group.name} ")


def examples(name: str) -> str | None:
    """Return the last part of a command's help; None for an alias, whose command has it."""
    lines = EXAMPLES.get(name)
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines))) if lines else None
