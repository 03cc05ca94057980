"""Faults of what agents call: settings, hooks, MCP servers, programs and trust.

Source: issue "Where agents live" (`doctor` knows at least 25 integration faults); agents.md §1.2 to §1.6.
"""

from __future__ import annotations

from volon.model.agents.fault import NOTE, PROBLEM, Fault

SETTINGS = {
    "agents.settings-broken": Fault(
        PROBLEM,
        "A file of an agent's settings is no JSON, or says a key twice; for Codex a comment is none, either.",
        "The agent leaves all of it out, or does not start; volon writes nothing into it.",
        "Mend the line that is named.",
    ),
    "agents.context-name": Fault(
        PROBLEM,
        "`context.fileName` names files of instructions, and the one with volon's block is none of them.",
        "Gemini CLI or Qwen Code is not told of volon.",
        "Add that file to the list.",
    ),
    "agents.status-line": Fault(
        NOTE,
        "Another tool's status line stands where volon's would, or in a file that counts more.",
        "Claude Code shows that one, and not where the task stands.",
        "`volon agents install --without statusline` leaves it to the other tool; or take that one out, and run "
        "`volon agents upgrade`.",
    ),
}
"""Settings of agents."""

HOOKS = {
    "agents.event-unknown": Fault(
        PROBLEM,
        "A hook stands under an event that this agent does not have; another agent calls it so.",
        "It never runs, and nobody says so.",
        "Give the event the name it has here.",
    ),
    "agents.hooks-unwrapped": Fault(
        PROBLEM,
        "Events stand at the top of a file in which the agent looks for them under `hooks`.",
        "None of the hooks runs.",
        'Put them into `"hooks": { … }`.',
    ),
    "agents.hook-shape": Fault(
        PROBLEM,
        "A hook stands directly under its event where the agent wants groups of hooks, or the other way round.",
        "It never runs.",
        "Put it where the agent looks.",
    ),
    "agents.hook-type": Fault(
        PROBLEM,
        'A hook does not say `"type": "command"` where the agent asks for it.',
        "The agent passes it over, or refuses the file.",
        "Add it.",
    ),
    "agents.hook-args": Fault(
        PROBLEM,
        "A hook has `args`, which only Claude Code runs.",
        "`volon` is called without a command, and says how it is used.",
        "Write the whole line into `command`.",
    ),
    "agents.hook-event": Fault(
        PROBLEM,
        "`volon hook` is told of another event than the one it stands under.",
        "It saves or says something at the wrong time.",
        "Name the event that it is.",
    ),
    "agents.hook-agent": Fault(
        PROBLEM,
        "`--agent` names another agent than the one that reads the file.",
        "The answer has a form which this agent drops, or calls a failure.",
        "Name the one that reads it.",
    ),
    "agents.timeout-unit": Fault(
        PROBLEM,
        "A time limit counts seconds where the agent counts milliseconds, or the other way round.",
        "The hook is ended before it began, or an agent waits for hours.",
        "Write the number that is named.",
    ),
    "agents.timeout-end": Fault(
        NOTE,
        "The time limit at the end of a session is longer than the agent ever waits there.",
        "What takes longer is ended all the same.",
        "Write what it waits. volon itself goes on in a process of its own.",
    ),
    "agents.hooks-off": Fault(
        PROBLEM,
        "A switch in the settings turns every hook off (`disableAllHooks`, `hooksConfig.enabled`).",
        "No session begins with what is paused, and none is saved at its end.",
        "Take the switch out, if you want hooks.",
    ),
    "agents.hook-twice": Fault(
        NOTE,
        "The same event calls volon from two files that one agent reads, or twice from one.",
        "It costs time at each event; what volon says is said once.",
        "Take one of the two out.",
    ),
    "agents.plugin-twice": Fault(
        NOTE,
        "volon's plugin for Claude Code is on, and settings call volon, too; or OpenCode has volon's plugin twice.",
        "Each hook runs twice.",
        "Keep one of the two.",
    ),
    "agents.hook-failed": Fault(
        NOTE,
        "A hook of volon's could not do its work. It told the agent nothing, and left a line for you.",
        "A brief was not told, or a session not saved.",
        "Mend what the last line says, then delete the file.",
    ),
}
"""Hooks."""

SERVERS = {
    "agents.server-extra": Fault(
        PROBLEM,
        "An MCP server of volon's is named, and that volon was installed without the extra `mcp`.",
        "The agent says that the server failed, at each start.",
        "Install `volon[mcp]`, or take the entry out.",
    ),
    "agents.server-key": Fault(
        PROBLEM,
        "The server stands under a key that this agent does not read.",
        "The agent has none of volon's tools.",
        "Move it under the key that is named.",
    ),
    "agents.server-command": Fault(
        PROBLEM,
        "The server's command has a form that this agent does not run: a whole line, or a list.",
        "The agent looks for a program of that name, and finds none.",
        "Write it in the form that is named.",
    ),
    "agents.server-off": Fault(
        NOTE,
        "The server is there and turned off.",
        "The agent has none of volon's tools.",
        "Turn it on, or take it out.",
    ),
    "agents.server-twice": Fault(
        NOTE,
        "One agent is told of two servers of volon's, under two names or with two commands.",
        "All tools are there twice, or which command runs depends on the directory.",
        "Take one of the two out.",
    ),
}
"""MCP servers."""

PATHS = {
    "agents.path-gone": Fault(
        PROBLEM,
        "A hook, server or status line calls volon by a path at which there is no program.",
        "The agent says that it failed, or nothing.",
        "Write `volon`, which is looked up on PATH.",
    ),
    "agents.path-temporary": Fault(
        PROBLEM,
        "A hook, server or status line calls a volon in a temporary directory.",
        "It works until the machine is started again.",
        "Write `volon`, which is looked up on PATH.",
    ),
    "agents.path-other": Fault(
        PROBLEM,
        "A hook, server or status line calls a volon of another version by its path.",
        "Two versions work on the same records.",
        "Write `volon`, which is looked up on PATH, or upgrade that one.",
    ),
    "agents.path-shared": Fault(
        NOTE,
        "A file that colleagues get calls volon by a path of this machine.",
        "Theirs is elsewhere.",
        "Write `volon`, which is looked up on PATH.",
    ),
}
"""Programs that are named by a path."""

TRUST = {
    "agents.codex-project": Fault(
        NOTE,
        "Codex's user has not said that this directory is trusted.",
        "Codex runs none of the repository's hooks.",
        "Start Codex there; it asks.",
    ),
    "agents.codex-hook": Fault(
        NOTE,
        "Codex's user has not agreed to a hook, or it was changed since.",
        "Codex does not run it.",
        "Type `/hooks` in Codex and look at it.",
    ),
    "agents.gemini-folder": Fault(
        NOTE,
        "Gemini CLI was told not to trust this directory, or one it lies in.",
        "It reads no settings of the repository, and runs no hook.",
        "Type `/permissions` in Gemini CLI.",
    ),
}
"""What an agent's user has not agreed to."""

PROGRAMS = {
    "agents.volon-missing": Fault(
        PROBLEM,
        "`volon` is not on PATH.",
        "What agents are told to run, and what their hooks call, is not found.",
        "Install it for good, as with `uv tool install volon` or `pipx install volon`, or add its directory to PATH.",
    ),
    "agents.volon-twice": Fault(
        PROBLEM,
        "Two different versions of volon are on PATH.",
        "Which one an agent runs depends on the PATH it was started with.",
        "Upgrade or remove one of them.",
    ),
    "agents.volon-other": Fault(
        NOTE,
        "The `volon` on PATH is of another version than the one that was asked.",
        "Agents run that one, which may know other commands.",
        "Upgrade it, or ask that one: `volon doctor`.",
    ),
    "agents.git-volon": Fault(
        NOTE,
        "`volon` is on PATH, and `git-volon` is not.",
        "`git volon` is no command.",
        "Install volon anew, or add the directory of its programs to PATH.",
    ),
    "agents.program-old": Fault(
        NOTE,
        "An agent's program is older than the version that was tried.",
        "It may not read what volon writes for it.",
        "Upgrade the agent.",
    ),
}
"""Programs."""
