"""The page of the documentation about coding agents, made from the table.

Source: issue "Where agents live"; agents.md §1.
"""

from __future__ import annotations

from volon.model.agents import AS_OF
from volon.model.agents.hosts import HOSTS, NAME, SHARED
from volon.model.agents.parts import HOOKS, INSTRUCTIONS, MCP, PARTS, STATUSLINE
from volon.model.agents.parts import SKILLS as SKILLS_PART
from volon.model.agents.servers import ADDED, ASKS, SANDBOXED, SERVED
from volon.model.agents.texts import BLOCK, SKILLS
from volon.model.agents.wiring import HOOKED, LINES, events, parts_of

_PARTS = {
    SKILLS_PART: f"skills, which agents also offer as commands ({', '.join(f'`/{name}`' for name in SKILLS)})",
    INSTRUCTIONS: f"a block of nine lines in `{SHARED}`",
    HOOKS: "what an agent runs when a session begins, is compacted or ends: `volon hook`",
    STATUSLINE: "the line below its prompt: `volon statusline`",
    MCP: "volon's tools by the Model Context Protocol: `volon mcp`; only when you ask for it",
}
_TABLE = "".join(f"| `{name}` | {_PARTS[name]} |\n" for name in PARTS)

_HEAD = f"""\
# Coding agents

Generated from the tables in `volon/model/agents/`; do not edit.

An agent that does not know of volon cannot pause with it. `volon agents install` writes what agents read about a
repository, and puts into their settings that they call volon by themselves:

| part | what it is |
|---|---|
{_TABLE}
```console
$ volon agents install claude codex
Installed for Claude Code, Codex
  created    .agents/skills: conduct, pause-task, resume-task, task-status
  created    .claude/settings.json: hooks, statusline
  created    .claude/skills: conduct, pause-task, resume-task, task-status
  created    .codex/hooks.json: hooks
  created    AGENTS.md
There: $pause-task or /pause-task (an agent that runs has to be started again)
Yours to commit: volon leaves these files to you
Yours to do: Codex runs hooks once you trust them: type /hooks there
Yours to do: To share pauses run volon init, and commit what it writes
$ volon agents status
Installed for Claude Code, Codex
  as written .agents/skills: conduct, pause-task, resume-task, task-status
  as written .claude/settings.json: hooks, statusline
  as written .claude/skills: conduct, pause-task, resume-task, task-status
  as written .codex/hooks.json: hooks
  as written AGENTS.md
$ volon agents uninstall
Taken back from Claude Code, Codex
…
```

| command | what it does |
|---|---|
| `volon agents list` | names the agents there are, the parts there are for each, and why it seems to be used here |
| `volon agents install [NAME…] [--all]` | writes their files; without a name for those \
that seem to be used here: a file of theirs is in the repository, or their program is on PATH |
| `volon agents install --with PART` or `--without PART` | adds a part, or takes one back; `upgrade` keeps to it |
| `volon agents status` | says whether the files are as this volon would write them |
| `volon agents upgrade` | writes them anew where they are not |
| `volon agents uninstall [NAME…]` | takes them back |

`--dry-run` says what would be written. Each is one operation: all or nothing, and `volon undo` takes it back.

## What it writes

The skills are written to the [specification](https://agentskills.io/specification), without the placeholders that
only some agents fill in: what one types after the name reaches all of them. Names and descriptions, which an agent
carries all the time, are together less than a hundred tokens of four bytes.

The block:

```markdown
{BLOCK}```

Hooks, the status line and tools are entries in the agent's own settings: [which, and where](#their-settings).

## What holds

* **A second run changes nothing**, and uninstalling leaves every file as it was, to the byte: what was put into a
  file of yours is taken out again, with the blank line before it; a file that volon made is gone, and a directory that
  is empty then.
* **What you edit is yours.** A file or block that is not what volon wrote there is named and kept, by an upgrade
  and by uninstalling. What you do not want at all is left out by `--without`; an upgrade would write it again.
  `.volon/agents.json` remembers the digest of each; git's line ends do not count.
* **Names that are taken are left to their owner**: the skill is then `volon-pause-task`, and its command
  `/volon-pause-task`.
* **Where the block stands** is where the agent looks: in `{SHARED}`; in `CLAUDE.md` where that hides it, unless it
  says `@{SHARED}` or is a link to it; in `GEMINI.md` and `QWEN.md`, as those agents read no other.
* **Settings are edited in place.** Comments, order, indentation, line ends and your own hooks stay as they are, and
  uninstalling takes volon's entries out from between whatever you have written since. An entry that you edited is
  kept and named; so is a file that is no JSON or has a key twice: the line is named, what belongs there is printed.
* **Nothing is done in your place.** No trust is written: an agent that asks before it runs a repository's hooks goes on
  asking you. No file outside of the repository is touched: where an agent has settings of its user's only, the command
  is printed. The status line of another tool is left alone.
* **Hooks that are committed work in every clone**, also without `.volon/`. After `volon init`, once what it wrote
  is committed, a clone has the paused work of others as well, and knows what volon wrote.
* **A hook is `volon` on PATH**, with no path of this machine in it, at the events where there is something to do.
  What is committed does nothing at a colleague's without volon: `command -v volon >/dev/null && volon hook … || true`.
* **An entry that could not start is not written**: `--with mcp` wants `pip install 'volon[mcp]'` first.
* **No file is written through a link.** `.volon/agents.json` may come with a stranger's clone: whatever it says, only
  the files below are touched, and in them only what has the form of volon's own: a skill laid out as volon does it, a
  text between its marks, an entry that runs volon and nothing else.

## Hooks

`volon hook EVENT --agent NAME` is what an agent's hooks call, with what the agent says on standard input. It exits
0 whatever happens, and starts nothing where there is nothing to do. In a repository without `.volon/` it does nothing,
unless the repository itself has a file that calls it: a colleague's clone, in which the first session that leaves
something unfinished makes `.volon/`. That a user has hooks for all repositories, by the plugin or in the home
directory, decides for none.

| EVENT | what happens |
|---|---|
| `session-start` | the model reads a brief of at most 400 tokens, where a task is in progress, paused or \
blocked; what a session left that was killed before is saved |
| `pre-compact` | the task in progress is saved as a checkpoint, and goes on; after the compaction the brief is \
told again |
| `session-end` | what nobody paused is paused, in the background, with a note that is marked as derived |
| `prompt`, `post-compact`, `turn-end` | the session is noted; the brief after a compaction where an agent \
hears it then |

What is saved is the task in progress with all uncommitted work; without a task the uncommitted work, where a file of
it was changed since the session began, as a new task that is called after what was asked for. What was uncommitted
before and nobody touched is left alone, and nothing is saved that was saved already. While another session goes on in
the same working tree, or one began by `/clear`, what the one that is over left is saved as a checkpoint, and the task
stays in progress until the last is over. The note says what the session was asked for and what its agent said last;
where you left a note yourself that stays, and the words stand in the capsule. Key files, commands and next actions that
are not known anew are those of the last pause. Of an agent that never says that a session is over (Kiro; OpenCode does
when one is deleted) the work is saved when the next session begins.

A call in a terminal, or one that is told nothing on standard input, is answered, and begins no session. Where an agent
runs one hook from two files, it is told once. What a hook could not do is in `hook-failures` below `.git/volon`;
with `VOLON_DEBUG=1` that, and why nothing was noted or saved, is said on standard error. `volon doctor` says which
sessions are not over, so that the task is not paused yet, and of which that are over nothing was saved yet.

## Tools

`volon mcp` gives agents what the commands give, by the Model Context Protocol: [MCP.md](MCP.md). One that has the
skills needs no server, so nothing of it is written until you ask: `volon agents install --with {MCP}`.

## The plugin

The repository of volon is a marketplace of one [plugin](../plugins/volon/README.md), which Claude Code, Codex and
Copilot CLI read alike, and an extension for Gemini CLI. It brings skills and hooks to every repository of one user;
`volon agents install` writes them into one repository, for whoever works there.

## When something is wrong

`volon doctor` names what is wrong between volon and an agent, with the line and the way out of each; `--fix` mends what
volon itself wrote: [AGENT_FAULTS.md](AGENT_FAULTS.md).

## The agents

As of {AS_OF}. *Tried* is the version that was seen to read the skills and the block (`python -m tests.clients` shows
it of five; Qwen Code was looked at by hand); of the others the documentation, or the tools that write for them, say so.

| `--agent` | | skills | instructions | tried |
|---|---|---|---|---|
"""
_SETTINGS = f"""
## Their settings

*Tried* is the version that was seen to run hooks, that of Qwen Code by hand; that their models hear what those say is
shown of five (`python -m tests.clients`), and that what one of them paused each other resumes (`--pairs`). Time limits
are in the unit the agent counts in: in milliseconds for Gemini CLI.

| `--agent` | hooks | at | tools (`--with {MCP}`) | status line | tried |
|---|---|---|---|---|---|
"""
_ASKS = """
What is left to you:

"""


def agents_page() -> str:
    """Return the text of docs/CODING_AGENTS.md."""
    rows = []
    for name, host in HOSTS.items():
        told = f"`{host.own}`" + (f", else `{SHARED}`" if host.shares else "") if host.own else f"`{SHARED}`"
        skills = f"`{host.skills.replace(NAME, 'NAME')}`" if host.skills else "none"
        rows.append(f"| `{name}` | {host.title} | {skills} | {told} | {host.version or 'no'} |\n")
    wired = [_wired(name) for name in HOSTS if set(parts_of(name)) - {SKILLS_PART, INSTRUCTIONS}]
    asked = (*(one.asks for one in HOOKED.values() if one.asks), *ASKS.values(), *SANDBOXED.values())
    asks = [f"* {said}.\n" for said in asked]
    return "".join([_HEAD, *rows, _SETTINGS, *wired, _ASKS, *asks])


def _wired(name: str) -> str:
    hooks = HOOKED.get(name)
    path, at = (f"`{hooks.path}`", ", ".join(events(name))) if hooks else ("", "")
    served = ", ".join(f"`{one[0]}`" for one in SERVED.get(name, ())) or (
        f"`{ADDED[name].what}`" if name in ADDED else ""
    )
    line = f"`{LINES[name][0]}`" if name in LINES else ""
    tried = HOSTS[name].version or "no" if hooks else ""
    return f"| `{name}` | {path} | {at} | {served} | {line} | {tried} |\n"
