"""The rules that a file must keep to be read at all: bytes, fences, YAML.

Source: reliability S9, contract §4.
"""

from __future__ import annotations

from volon.model.checks.rule import unmerged, unreadable

_EXPAND = "Write plain `key: value` lines, lists and quoted text; [FORMAT.md](FORMAT.md) has the accepted subset."

RULES = (
    unreadable(
        "record.unreadable",
        "The file cannot be read: it is a symbolic link, no regular file, or access is denied.",
        "volon follows no links inside its directories, so that a clone cannot make it read or write elsewhere.",
        "task",
        "a symbolic link to ../../elsewhere.md",
        "a regular file",
    ),
    unreadable(
        "record.too-large",
        "The file is larger than 16 MiB.",
        "A record is a short text. Move what made it grow to a file of its own.",
        "context",
        "word word word … (17 MiB)",
        "word word word",
    ),
    unreadable(
        "record.encoding",
        "The file is no UTF-8 text.",
        "Save it as UTF-8.",
        "context",
        "caf\\xe9 (Latin-1)",
        "café (UTF-8)",
    ),
    unmerged(
        "record.conflict-markers",
        "The file still holds the conflict markers of a merge.",
        "While git has it as unmerged, keep one side (`git checkout --ours -- FILE`, or `--theirs`), or write what is "
        "true of both; git has both. Once it was added, `volon doctor --fix` puts back what a pause wrote.",
        "task",
        "<<<<<<< HEAD\npriority: B\n=======\npriority: A\n>>>>>>> feat/retry",
        "priority: B",
    ),
    unmerged(
        "record.unmerged",
        "The index holds both sides of an unfinished merge of this file (only with `--staged`).",
        "Resolve it, then `git add` the file.",
        "task",
        "a path with stages 1, 2 and 3 in the index",
        "a path that was added after it had been resolved",
    ),
    unreadable(
        "frontmatter.unclosed",
        "The frontmatter begins with `---` but is never closed by another `---`.",
        "Put `---` alone on a line below the last key.",
        "capsule",
        "summary: null\n\n#",
        "summary: null\n---\n\n#",
    ),
    unreadable(
        "yaml.syntax",
        "The text is not readable as YAML.",
        "Quote what holds brackets, colons or quotes.",
        "config",
        'exclude: ["*.log"',
        'exclude: ["*.log"]',
    ),
    unreadable(
        "yaml.not-a-mapping",
        "The YAML is no list of `key: value` lines.",
        _EXPAND,
        "config",
        "- version\n- 1",
        "version: 1",
    ),
    unreadable(
        "yaml.several-documents",
        "There is more than one YAML document, or a directive.",
        "Keep one; a `---` within the YAML begins another.",
        "config",
        "version: 1\n---",
        "version: 1",
    ),
    unreadable(
        "yaml.anchor",
        "Anchors and aliases are not accepted.",
        "They can make a small file mean a huge one. Write the value where it is meant.",
        "config",
        'exclude: &skipped ["*.log"]',
        'exclude: ["*.log"]',
    ),
    unreadable(
        "yaml.tag",
        "Tags are not accepted.",
        "What a value is, is said by its key. Leave the tag out.",
        "config",
        "limit: !!int 200000",
        "limit: 200000",
    ),
    unreadable(
        "yaml.merge-key",
        "Merge keys (`<<`) are not accepted.",
        "Write the keys where they are meant.",
        "config",
        "<<: 1",
        "version: 1",
    ),
    unreadable(
        "yaml.duplicate-key",
        "A key stands twice in one mapping.",
        "Readers disagree about which of the two counts. Remove one.",
        "config",
        "version: 1\nversion: 1",
        "version: 1",
    ),
    unreadable(
        "yaml.complex-key",
        "A key is no plain word on one line.",
        _EXPAND,
        "config",
        "? version\n: 1",
        "version: 1",
    ),
    unreadable(
        "yaml.flow-mapping",
        "A mapping is written in `{ }`.",
        "Write it as indented `key: value` lines.",
        "config",
        "tokens: {limit: 200000}",
        "tokens:\n  limit: 200000",
    ),
    unreadable(
        "yaml.nested-flow",
        "Something other than plain values stands in `[ ]`.",
        "Write such a list as `- ` lines.",
        "config",
        'exclude: [["*.log"]]',
        'exclude: ["*.log"]',
    ),
    unreadable(
        "yaml.too-deep",
        "The YAML is nested more than 16 levels deep.",
        _EXPAND,
        "config",
        "a:\n a:\n  … (17 levels)",
        "version: 1",
    ),
    unreadable(
        "yaml.too-many-values",
        "The YAML holds more than 2,000 values.",
        "Long lists belong into the body of a record, or into a file of their own.",
        "config",
        "exclude: [a, a, a, … (2,001 values)]",
        'exclude: ["*.log"]',
    ),
    unreadable(
        "yaml.too-large",
        "There are more than 64 KiB of YAML.",
        "Long text belongs into the body of a record.",
        "config",
        "# … (65 KiB)",
        "version: 1",
    ),
)
