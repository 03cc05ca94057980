"""Where coding agents look for what they are told about a repository: one table.

A file that several agents read is written once. Of the agents with a `version` it was seen that they read what stands
here; of the others their documentation says so, or that of the tools that write for them.

Source: agents.md §1.2, §1.3; the tables of spec-kit 1.2.3 and OpenSpec 1.13.2.
"""

from __future__ import annotations

from volon.plain import NamedTuple

NAME = "{name}"
"""Stands in `Host.skills` for the name of a skill."""
SHARED = "AGENTS.md"
"""The file of instructions that most agents read."""
_COMMON = ".agents/skills/{name}/SKILL.md"


class Host(NamedTuple):
    """An agent that volon can be installed for.

    Attributes:
        title: what people call it.
        skills: the file in which it reads a skill, or a command of that name; empty where it knows neither. The ending
            tells the format.
        call: what one types before a skill's name.
        own: its own file of instructions.
        shares: whether it reads `AGENTS.md` where its own file is not there.
        program: its name on PATH; empty where it has none, or one that says nothing.
        traces: what shows in a repository that it is used there.
        rivals: files that would answer to the same name as its skill.
        version: the one that was tried.
    """

    title: str
    skills: str
    call: str = "/"
    own: str = ""
    shares: bool = True
    program: str = ""
    traces: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    version: str = ""


def _below(directory: str) -> str:
    return f"{directory}/skills/{NAME}/SKILL.md"


HOSTS = {
    "agents": Host("any agent that reads .agents/skills", _COMMON),
    "aider": Host("Aider", "", program="aider", traces=(".aider.conf.yml",)),
    "alquimia": Host("Alquimia AI", _below(".alquimia"), traces=(".alquimia",)),
    "amazon-q": Host("Amazon Q Developer", _below(".amazonq"), program="q", traces=(".amazonq",)),
    "amp": Host("Amp", _COMMON, program="amp", traces=(".amp",)),
    "antigravity": Host("Antigravity", _COMMON, program="agy", traces=(".agent",)),
    "auggie": Host("Auggie", _below(".augment"), program="auggie", traces=(".augment",)),
    "bob": Host("IBM Bob", _below(".bob"), traces=(".bob",)),
    "claude": Host(
        "Claude Code",
        _below(".claude"),
        own="CLAUDE.md",
        program="claude",
        traces=(".claude", "CLAUDE.md"),
        rivals=(".claude/commands/{name}.md",),
        version="2.1.329",
    ),
    "cline": Host("Cline", _below(".cline"), traces=(".cline", ".clinerules")),
    "codearts": Host("CodeArts", _below(".codeartsdoer"), traces=(".codeartsdoer",)),
    "codeassistant": Host("SourceCraft Code Assistant", _below(".codeassistant"), traces=(".codeassistant",)),
    "codebuddy": Host("CodeBuddy Code", _below(".codebuddy"), program="codebuddy", traces=(".codebuddy",)),
    "codex": Host("Codex", _COMMON, call="$", program="codex", traces=(".codex",), version="0.169.0"),
    "command-code": Host("Command Code", _below(".commandcode"), traces=(".commandcode",)),
    "continue": Host("Continue", _below(".continue"), traces=(".continue",)),
    "copilot": Host(
        "GitHub Copilot",
        _COMMON,
        program="copilot",
        traces=(".github/copilot-instructions.md", ".github/skills", ".github/agents"),
        version="1.0.102",
    ),
    "costrict": Host("CoStrict", _below(".cospec"), traces=(".cospec",)),
    "crush": Host("Crush", _below(".crush"), program="crush", traces=(".crush",)),
    "cursor": Host("Cursor", _COMMON, program="cursor-agent", traces=(".cursor", ".cursorrules")),
    "devin": Host("Devin Desktop, once Windsurf", _below(".devin"), program="devin", traces=(".devin", ".windsurf")),
    "docker-agent": Host("Docker Agent", _COMMON),
    "droid": Host("Factory Droid", _below(".factory"), program="droid", traces=(".factory",)),
    "dsh": Host("DeepSeek Harness", _below(".dsh"), program="dsh", traces=(".dsh",)),
    "firebender": Host("Firebender", ".firebender/commands/{name}.mdc", traces=(".firebender",)),
    "forge": Host("ForgeCode", _below(".forge"), program="forge", traces=(".forge",)),
    "gemini": Host(
        "Gemini CLI",
        _COMMON,
        own="GEMINI.md",
        shares=False,
        program="gemini",
        traces=(".gemini", "GEMINI.md"),
        version="0.61.0",
    ),
    "goose": Host("Goose", ".goose/recipes/{name}.yaml", program="goose", traces=(".goose",)),
    "grok": Host("Grok Build", _below(".grok"), program="grok", traces=(".grok",)),
    "hermes": Host("Hermes Agent", _below(".hermes"), program="hermes", traces=(".hermes", "HERMES.md")),
    "iflow": Host("iFlow", _below(".iflow"), program="iflow", traces=(".iflow",)),
    "junie": Host("Junie", _below(".junie"), program="junie", traces=(".junie",)),
    "kilocode": Host("Kilo Code", _below(".kilocode"), traces=(".kilocode", ".kilo")),
    "kimi": Host("Kimi Code", _below(".kimi-code"), program="kimi", traces=(".kimi-code", ".kimi")),
    "kiro": Host(
        "Kiro", _below(".kiro"), own=".kiro/steering/volon.md", shares=False, program="kiro-cli", traces=(".kiro",)
    ),
    "lingma": Host("Lingma", _below(".lingma"), traces=(".lingma",)),
    "minimax": Host("MiniMax Code", _below(".minimax"), program="mcode", traces=(".minimax",)),
    "muse": Host("Muse Code", _COMMON),
    "opencode": Host(
        "OpenCode",
        _COMMON,
        program="opencode",
        traces=(".opencode", "opencode.json"),
        rivals=(".opencode/command/{name}.md", ".opencode/commands/{name}.md"),
        version="1.18.33",
    ),
    "oh-my-pi": Host("Oh My Pi", _below(".omp"), program="omp", traces=(".omp",)),
    "pi": Host("Pi", _below(".pi"), traces=(".pi",)),
    "qoder": Host("Qoder", _below(".qoder"), program="qodercli", traces=(".qoder",)),
    "qwen": Host(
        "Qwen Code",
        _below(".qwen"),
        own="QWEN.md",
        shares=False,
        program="qwen",
        traces=(".qwen", "QWEN.md"),
        version="0.15.10",
    ),
    "rovodev": Host("Rovo Dev", _below(".rovodev"), traces=(".rovodev",)),
    "shai": Host("SHAI", ".shai/commands/{name}.md", program="shai", traces=(".shai",)),
    "tabnine": Host("Tabnine", ".tabnine/agent/commands/{name}.toml", traces=(".tabnine",)),
    "trae": Host("Trae", _below(".trae"), traces=(".trae",)),
    "vibe": Host("Mistral Vibe", _below(".vibe"), program="vibe", traces=(".vibe",)),
    "zcode": Host("ZCode", _below(".zcode"), program="zcode", traces=(".zcode",)),
    "zed": Host("Zed", _COMMON, traces=(".zed",)),
    "zoo": Host("Zoo Code, once Roo Code", _below(".roo"), traces=(".roo",)),
}
"""By the names volon has for them."""
HOMES = {"claude": ("CLAUDE_CONFIG_DIR", ".claude"), "codex": ("CODEX_HOME", ".codex")}
"""What is its user's an agent keeps where a variable says, else in a directory of the home; of others nothing says."""
ALIASES = {"windsurf": "devin", "roo": "zoo", "agy": "antigravity", "github-copilot": "copilot", "factory": "droid"}
"""Other names, of agents that were renamed or that other tools call otherwise."""
