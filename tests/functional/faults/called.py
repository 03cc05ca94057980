"""Cases of what agents call: settings, hooks, servers, programs by their path, and trust."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.functional.faults.case import Case
from volon import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.functional.faults.case import Place

CLAUDE, LOCAL, GEMINI = ".claude/settings.json", ".claude/settings.local.json", ".gemini/settings.json"
CODEX, COPILOT, CURSOR = ".codex/hooks.json", ".github/hooks/ours.json", ".cursor/hooks.json"
START = "volon hook session-start --agent {}"


def grouped(agent: str, event: str = "SessionStart", command: str = START, **more: object) -> dict[str, Any]:
    """Settings in which a group has one hook."""
    return {"hooks": {event: [{"hooks": [{"type": "command", "command": command.format(agent), **more}]}]}}


def flat(agent: str, event: str = "sessionStart", command: str = START, **more: object) -> dict[str, Any]:
    """Settings in which an event has one hook."""
    return {"version": 1, "hooks": {event: [{"type": "command", "command": command.format(agent), **more}]}}


def server(key: str = "mcpServers", command: object = "volon", **more: object) -> dict[str, Any]:
    """Settings with a server."""
    return {key: {"volon": {"command": command, "args": ["mcp"], **more}}}


def said(at: Place, path: str, what: dict[str, Any]) -> None:
    """Write settings, a line for each value; those of the user where the path begins with ~."""
    text = json.dumps(what, indent=2) + "\n"
    if path.startswith("~/"):
        (at.home / path[2:]).parent.mkdir(parents=True, exist_ok=True)
        (at.home / path[2:]).write_text(text)
    else:
        at.repo.write(path, text)


def line(at: Place, path: str, part: str) -> str:
    """Where the first line with a part of it stands, as it is shown."""
    text = (at.home / path[2:]).read_text() if path.startswith("~/") else at.repo.read(path).decode()
    return f"{path}:{next(number for number, one in enumerate(text.splitlines(), 1) if part in one)}"


def settings(path: str, what: dict[str, Any], part: str, key: str) -> Callable[[Place], str]:
    """A fault that is made by settings."""

    def make(at: Place) -> str:
        said(at, path, what)
        return f"{line(at, path, part)} ({key})"

    return make


def put(path: str, what: dict[str, Any]) -> Callable[[Place], None]:
    """Settings as they have to be."""
    return lambda at: said(at, path, what)


def fault(
    code: str,
    path: str,
    wrong: dict[str, Any],
    right: dict[str, Any],
    part: str,
    key: str,
    innocent: Callable[[Place], object] | None = None,
) -> Case:
    """A fault that is in settings alone."""
    case = Case(code, settings(path, wrong, part, key), put(path, right), (), innocent)
    case.make.__name__ = path.replace("/", " ").strip()
    return case


ENTRY, HOOK = "hooks.SessionStart[0].hooks[0]", '"command":'


def broken(at: Place) -> str:
    at.repo.write(CLAUDE, '{\n  "hooks": {\n    "SessionStart": volon\n  }\n}\n')
    return f"{CLAUDE}:3"


def twice(second: str, first: str = CLAUDE) -> Callable[[Place], str]:
    def make(at: Place) -> str:
        said(at, first, grouped("claude"))
        said(at, second, grouped("claude"))
        return line(at, second, HOOK)

    make.__name__ = f"{first} and {second}".replace("/", " ")
    return make


def gone(path: str) -> Callable[[Place], object]:
    return lambda at: (at.home / path[2:] if path.startswith("~/") else at.repo.root / path).unlink()


def by_path(where: str, version: str = __version__, *, scope: str = CLAUDE) -> Callable[[Place], str]:
    """A hook that calls volon by a path of its own."""

    def make(at: Place) -> str:
        program = at.installed(where, version) / "volon"
        said(at, scope, grouped("claude", command=f"{program} hook session-start --agent claude"))
        return line(at, scope, HOOK)

    make.__name__ = f"{where} {version}"
    return make


AGREED = "sha256:79cae1cd5849d69ead3d1e908acfbd2577156759ccbab5869ed1099a60e3b768"
"""What Codex 0.169.0 wrote down of the hook of `grouped`."""


def trusted(at: Place, level: str = "trusted", *, hook: bool = True) -> Path:
    """What Codex writes down when its user agrees."""
    root = at.repo.root
    row = f'\n[hooks.state."{root}/{CODEX}:session_start:0:0"]\ntrusted_hash = "{AGREED}"\n' if hook else ""
    config = at.home / ".codex/config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f'model = "m"\n\n[projects."{root}"]\ntrust_level = "{level}"\n{row}')
    return config


def no_project(at: Place) -> str:
    said(at, CODEX, grouped("codex"))
    trusted(at, "untrusted")
    return "~/.codex/config.toml:3"


def no_hook(at: Place) -> str:
    said(at, CODEX, grouped("codex"))
    trusted(at, hook=False)
    return f"{line(at, CODEX, HOOK)} ({ENTRY})"


def changed_hook(at: Place) -> str:
    said(at, CODEX, grouped("codex", timeout=10))
    trusted(at)
    return f"{line(at, CODEX, HOOK)} ({ENTRY})"


def folders(at: Place, level: str = "DO_NOT_TRUST") -> str:
    said(at, "~/.gemini/trustedFolders.json", {"/": "TRUST_FOLDER", str(at.repo.root): level})
    return f"~/.gemini/trustedFolders.json:3 ({at.repo.root})"


def other_names(at: Place) -> str:
    at.edit(GEMINI, "{", '{\n  "context": {\n    "fileName": ["AGENTS.md"]},')
    return f"{GEMINI}:3 (context.fileName)"


def no_extra(at: Place) -> str:
    said(at, ".mcp.json", server())
    at.tools[:] = [at.installed("bare", __version__, extra=False)]
    return ".mcp.json:4 (mcpServers.volon)"


def two_servers(at: Place) -> str:
    said(at, ".mcp.json", {"mcpServers": {"volon": {"command": "volon", "args": ["mcp"]}}})
    said(at, "~/.claude.json", {"mcpServers": {"volon": {"command": "git-volon", "args": ["mcp"]}}})
    return "~/.claude.json:4 (mcpServers.volon)"


def two_lines(at: Place) -> str:
    said(at, CLAUDE, {"statusLine": {"type": "command", "command": "volon statusline"}})
    said(at, LOCAL, {"statusLine": {"type": "command", "command": "other line"}})
    return f"{LOCAL}:4 (statusLine)"


def anothers_line(at: Place) -> str:
    at.edit(CLAUDE, "volon statusline", "other line")
    at.edit(".volon/agents.json", '"statusLine"', '"statusLine2"')
    return f"{line(at, CLAUDE, 'other line')} (statusLine)"


def commented(at: Place) -> str:
    at.repo.write(CODEX, json.dumps(grouped("codex"), indent=2).replace("{\n", "{\n  // ours\n", 1))
    return f"{CODEX}:2"


def two_plugins(at: Place) -> str:
    at.repo.write(".opencode/plugins/volon.ts", at.repo.read(".opencode/plugin/volon.ts"))
    return ".opencode/plugins/volon.ts:1"


def another_limit(at: Place) -> str:
    at.edit(CLAUDE, '"timeout": 10', '"timeout": 20')
    return CLAUDE


def a_failure(at: Place) -> str:
    at.volon("hook", "no-such-event", "--agent", "claude", env={"PATH": at.path()})
    return "$REPO/.git/volon/hook-failures:1"


def with_plugin(at: Place) -> str:
    said(at, CLAUDE, {**grouped("claude"), "enabledPlugins": {"volon@tools": True}})
    return f"{line(at, CLAUDE, 'volon@tools')} (enabledPlugins.volon@tools)"


def turned_off(at: Place) -> str:
    said(at, ".mcp.json", server())
    said(at, LOCAL, {"disabledMcpjsonServers": ["other", "volon"]})
    return f"{LOCAL}:4 (disabledMcpjsonServers)"


GEMINIS = grouped("gemini", timeout=10000)
CALLED = [
    Case("agents.settings-broken", broken, put(CLAUDE, grouped("claude")), ()),
    Case(
        "agents.settings-broken",
        commented,
        put(CODEX, grouped("codex")),
        (),
        lambda at: at.repo.write(GEMINI, f"// ours\n{json.dumps(GEMINIS)}"),
    ),
    Case(
        "agents.file-edited", another_limit, lambda at: at.edit(CLAUDE, '"timeout": 20', '"timeout": 10'), ("claude",)
    ),
    Case("agents.status-line", anothers_line, agents=("claude",)),
    Case("agents.plugin-twice", two_plugins, gone(".opencode/plugins/volon.ts"), ("opencode",)),
    Case("agents.hook-failed", a_failure, gone(".git/volon/hook-failures"), ("claude",)),
    Case(
        "agents.context-name",
        other_names,
        lambda at: at.edit(GEMINI, '"AGENTS.md"', '"AGENTS.md", "GEMINI.md"'),
        ("gemini",),
    ),
    Case(
        "agents.status-line",
        two_lines,
        gone(LOCAL),
        (),
        put("~/.claude/settings.json", {"statusLine": {"command": "x"}}),
    ),
    fault(
        "agents.event-unknown",
        GEMINI,
        grouped("gemini", "PreCompact", "volon hook pre-compact --agent gemini"),
        grouped("gemini", "PreCompress", "volon hook pre-compact --agent gemini"),
        HOOK,
        "hooks.PreCompact[0].hooks[0]",
        innocent=put(GEMINI, grouped("gemini", "PreCompact", "other")),
    ),
    fault(
        "agents.event-unknown",
        CURSOR,
        flat("cursor", "SessionStart"),
        flat("cursor"),
        HOOK,
        "hooks.SessionStart[0]",
        innocent=put(COPILOT, flat("copilot", "SessionStart")),
    ),
    fault("agents.hooks-unwrapped", CODEX, grouped("codex")["hooks"], grouped("codex"), "SessionStart", "SessionStart"),
    fault(
        "agents.hook-shape",
        CLAUDE,
        {"hooks": {"SessionStart": [{"type": "command", "command": START.format("claude")}]}},
        grouped("claude"),
        HOOK,
        "hooks.SessionStart[0]",
    ),
    fault(
        "agents.hook-shape",
        CURSOR,
        grouped("cursor", "sessionStart"),
        flat("cursor"),
        HOOK,
        "hooks.sessionStart[0].hooks[0]",
    ),
    fault(
        "agents.hook-type",
        CLAUDE,
        {"hooks": {"SessionStart": [{"hooks": [{"command": START.format("claude")}]}]}},
        grouped("claude"),
        "command",
        ENTRY,
        innocent=put(CURSOR, {"hooks": {"sessionStart": [{"command": START.format("cursor")}]}}),
    ),
    fault(
        "agents.hook-args",
        CODEX,
        grouped("codex", command="volon", args=["hook", "session-start", "--agent", "codex"]),
        grouped("codex"),
        "args",
        f"{ENTRY}.args",
        innocent=put(CLAUDE, grouped("claude", command="volon", args=["hook", "session-start"])),
    ),
    fault(
        "agents.hook-event",
        CLAUDE,
        grouped("claude", command="volon hook session-end --agent claude"),
        grouped("claude"),
        HOOK,
        ENTRY,
    ),
    fault(
        "agents.hook-agent",
        GEMINI,
        grouped("claude", timeout=10000),
        GEMINIS,
        HOOK,
        ENTRY,
        innocent=put(CLAUDE, grouped("claude", command="volon hook session-start")),
    ),
    fault(
        "agents.timeout-unit",
        GEMINI,
        grouped("gemini", timeout=10),
        GEMINIS,
        "timeout",
        f"{ENTRY}.timeout",
        innocent=put(CLAUDE, grouped("claude", timeout=10)),
    ),
    fault(
        "agents.timeout-unit",
        CLAUDE,
        grouped("claude", timeout=60000),
        grouped("claude", timeout=10),
        "timeout",
        f"{ENTRY}.timeout",
        innocent=put(GEMINI, GEMINIS),
    ),
    fault(
        "agents.timeout-end",
        CODEX,
        grouped("codex", "SessionEnd", "volon hook session-end --agent codex", timeout=10),
        grouped("codex", "SessionEnd", "volon hook session-end --agent codex", timeout=3),
        "timeout",
        "hooks.SessionEnd[0].hooks[0].timeout",
        innocent=put(CLAUDE, grouped("claude", "SessionEnd", "volon hook session-end --agent claude", timeout=10)),
    ),
    fault(
        "agents.hooks-off",
        CLAUDE,
        {**grouped("claude"), "disableAllHooks": True},
        {**grouped("claude"), "disableAllHooks": False},
        "disableAllHooks",
        "disableAllHooks",
        innocent=put("~/.gemini/settings.json", {"hooksConfig": {"enabled": False}}),
    ),
    fault(
        "agents.hooks-off",
        GEMINI,
        {**GEMINIS, "hooksConfig": {"enabled": False}},
        {**GEMINIS, "hooksConfig": {"enabled": True}},
        '"enabled"',
        "hooksConfig.enabled",
    ),
    Case("agents.hook-twice", twice(LOCAL), gone(LOCAL), (), put(COPILOT, flat("copilot"))),
    Case("agents.hook-twice", twice("~/.claude/settings.json"), gone("~/.claude/settings.json"), ()),
    Case("agents.plugin-twice", with_plugin, put(CLAUDE, grouped("claude")), ()),
    Case("agents.server-extra", no_extra, lambda at: at.tools.__setitem__(0, at.home.parent / "tool/bin"), ()),
    fault("agents.server-key", ".vscode/mcp.json", server(), server("servers"), HOOK, "mcpServers.volon"),
    fault(
        "agents.server-command",
        ".mcp.json",
        {"mcpServers": {"volon": {"command": "volon mcp"}}},
        server(),
        HOOK,
        "mcpServers.volon.command",
    ),
    fault(
        "agents.server-command",
        "opencode.json",
        {"mcp": {"volon": {"type": "local", "command": "volon", "args": ["mcp"]}}},
        {"mcp": {"volon": {"type": "local", "command": ["volon", "mcp"]}}},
        HOOK,
        "mcp.volon.command",
    ),
    Case("agents.server-off", turned_off, gone(LOCAL), ()),
    fault(
        "agents.server-off",
        "opencode.json",
        {"mcp": {"volon": {"type": "local", "command": ["volon", "mcp"], "enabled": False}}},
        {"mcp": {"volon": {"type": "local", "command": ["volon", "mcp"], "enabled": True}}},
        '"enabled"',
        "mcp.volon.enabled",
    ),
    Case("agents.server-twice", two_servers, gone("~/.claude.json"), ()),
    fault(
        "agents.path-gone",
        CLAUDE,
        grouped("claude", command="/no/such/volon hook session-start --agent claude"),
        grouped("claude"),
        HOOK,
        ENTRY,
    ),
    fault(
        "agents.path-gone",
        ".mcp.json",
        server(command="/no/such/volon"),
        server(),
        HOOK,
        "mcpServers.volon",
    ),
    Case("agents.path-temporary", by_path("fresh"), put(CLAUDE, grouped("claude")), ()),
    Case("agents.path-other", by_path("older", "0.0.1"), put(CLAUDE, grouped("claude")), ()),
    Case(
        "agents.path-shared",
        by_path("stays"),
        put(CLAUDE, grouped("claude")),
        (),
        put(GEMINI, GEMINIS),
    ),
    Case("agents.codex-project", no_project, trusted, (), put(CODEX, grouped("codex"))),
    Case("agents.codex-hook", no_hook, trusted, (), put(CODEX, grouped("codex"))),
    Case("agents.codex-hook", changed_hook, put(CODEX, grouped("codex")), (), trusted),
    Case("agents.gemini-folder", folders, lambda at: folders(at, "TRUST_FOLDER"), ("gemini",)),
]
