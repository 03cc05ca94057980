"""Faults of what agents are told of volon, and of what colleagues get of it.

Source: issue "Where agents live" (`doctor` knows at least 25 integration faults); agents.md §1.2 to §1.6.
"""

from __future__ import annotations

from volon.model.agents.fault import NOTE, PROBLEM, Fault

FILES = {
    "agents.manifest": Fault(
        PROBLEM,
        "`.volon/agents.json` cannot be read, or a later volon wrote it.",
        "volon does not know what it wrote for agents: it neither renews nor takes back any of it.",
        "Install that later volon, or take an earlier version of the file from git.",
    ),
    "agents.file-gone": Fault(
        PROBLEM,
        "A skill that volon wrote, or its block in a file of instructions, is not there any more.",
        "The agents that read it do not know of volon, or lack a command.",
        "`volon agents upgrade` writes it again; `volon agents uninstall` says that it is not wanted.",
        mends=True,
    ),
    "agents.file-old": Fault(
        NOTE,
        "A file is as another version of volon wrote it, or is missing from what this one writes.",
        "Agents are told of commands as they were.",
        "`volon agents upgrade`.",
        mends=True,
    ),
    "agents.file-edited": Fault(
        NOTE,
        "A file or block was edited since volon wrote it.",
        "It is a person's now: no upgrade touches it, so it grows old.",
        "Keep it, or move it away and run `volon agents upgrade`.",
    ),
    "agents.file-linked": Fault(
        NOTE,
        "A file that volon would write is reached through a link, or is none.",
        "volon writes nothing there, and the agents that read it are not told.",
        "Put a real file or directory in the place of the link, then run `volon agents upgrade`.",
    ),
    "agents.file-unfit": Fault(
        NOTE,
        "A file that volon would write into is no text in UTF-8, as UTF-16 is not, or is too large.",
        "volon writes nothing there, and the agents that read it are not told.",
        "Save it as UTF-8, then run `volon agents upgrade`.",
    ),
    "agents.name-taken": Fault(
        NOTE,
        "Both names of a skill, `NAME` and `volon-NAME`, belong to somebody else's files.",
        "The agent has no such command of volon's.",
        "Rename the other file, then run `volon agents upgrade`.",
    ),
    "agents.name-clash": Fault(
        PROBLEM,
        "Beside a file that volon writes there is one whose name differs only in capitals.",
        "On a disk that does not tell them apart, one takes the place of the other.",
        "Keep one of the two names.",
    ),
}
"""What volon wrote for agents."""

INSTRUCTIONS = {
    "agents.block-twice": Fault(
        PROBLEM,
        "volon's block stands in a file of instructions more than once.",
        "The agent reads it as often, in all its versions, and volon renews none of them.",
        "Delete all but one of them, then run `volon agents upgrade`.",
    ),
    "agents.block-open": Fault(
        PROBLEM,
        "The first line of volon's block is there without its last one, or the other way round.",
        "volon cannot tell what of the file is its own, and renews nothing.",
        "Delete what is left of the block, then run `volon agents upgrade`.",
    ),
    "agents.block-hidden": Fault(
        PROBLEM,
        "The block stands in `AGENTS.md`, and Claude Code reads `CLAUDE.md` instead, as there is one.",
        "Claude Code is not told of volon.",
        "Write `@AGENTS.md` into `CLAUDE.md`, or run `volon agents upgrade`, which puts the block there.",
        mends=True,
    ),
    "agents.aider-reads": Fault(
        NOTE,
        "`.aider.conf.yml` has a list under `read` that lacks `AGENTS.md`.",
        "Aider is not told of volon.",
        "Add `AGENTS.md` to the list.",
    ),
}
"""Files of instructions."""

SKILLS = {
    "agents.skill-name": Fault(
        PROBLEM,
        "A skill of volon's calls itself otherwise than its directory.",
        "Agents that keep to the specification pass it over.",
        "Write the name of the directory.",
    ),
    "agents.skill-key": Fault(
        NOTE,
        "A skill of volon's has a key that the specification of skills does not know.",
        "Strict readers refuse the skill.",
        "Delete the line.",
    ),
    "agents.skill-twice": Fault(
        NOTE,
        "A skill stands in `.agents/skills` and in a directory of Codex's own.",
        "Codex lists it twice, and may read the older one.",
        "Keep the one in `.agents/skills`, and move the other away.",
    ),
    "agents.skill-shadowed": Fault(
        PROBLEM,
        "A command file has the name of a skill of volon's.",
        "The agent runs that command instead.",
        "Rename the command file.",
    ),
}
"""Skills."""

SHARING = {
    "agents.ignored": Fault(
        NOTE,
        "A file that volon wrote for agents is ignored by git.",
        "It is in no commit, and colleagues do not get it.",
        "Take the line out of the file of patterns, or add an exception below it.",
    ),
    "agents.half-committed": Fault(
        NOTE,
        "Some files that volon wrote for agents are in git's index, and others are not.",
        "Colleagues get half of it.",
        "`git add` the others, or keep them to this clone by lines in `.git/info/exclude`.",
    ),
}
"""What colleagues get."""
