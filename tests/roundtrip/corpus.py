"""What the repositories are made of: a recipe says all of it, and Hypothesis draws recipes.

A recipe is plain data, so that a finding can be printed, shrunk and run again.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = (
    "a.txt",
    "b.bin",
    "dir",
    "dir/c.txt",
    "dir/sub/d",
    "dir/sub/run.sh",
    "-x",
    " sp ace",
    'q"uote\\',
    "new\nline",
    "ü/é.txt",
    "\udcff\udcfe",
    "k.id",
    "k.enc",
    "k.flt",
    "k.own",
    "logs/x.log",
    ".gitignore",
    ".gitattributes",
)
"""Files are at these names, and links; some can only be there when others are not."""

CONTENTS = (
    b"",
    b"one\n",
    b"one\r\ntwo\r\n",
    b"one\ntwo\r\n",
    b"no end",
    bytes(range(256)),
    b"$Id$\n",
    b"$Id: 0123 $\n",
    "\ufeffä\n".encode("utf-16-le"),
    b"many\n" * 3000,
    b"*.log\n",
)
TARGETS = (b"a.txt", b"dir/sub", b"../outside", b"/etc/hostname", b"nowhere", b"\xff")

ATTRIBUTES = (
    b"",
    b"* text=auto\n",
    b"*.txt text eol=crlf\n",
    b"*.txt text eol=lf\n",
    b"* -text\n",
    b"*.id ident\n",
    b"*.enc text working-tree-encoding=UTF-16LE\n",
    b"*.flt filter=turn\n*.own filter=own\n",
    b"*.bin binary\n* text=auto eol=crlf\n*.id ident\n*.flt filter=turn\n",
)
"""`turn` is a filter of the user's own configuration, `own` one that only the repository names."""

EXTRAS = (
    "nested",
    "nested-unborn",
    "submodule",
    "skip-worktree",
    "assume-unchanged",
    "conflict",
    "sparse",
    "pipe",
    "linked",
    "stash",
    "split-index",
    "index-version-4",
    "reflogs",
    "packed",
)

WORK = ("write", "append", "delete", "mode", "link", "stage", "unstage", "intend", "move")
WRECK = (*WORK, "checkout", "reset", "add-all", "scratch", "remove-tree", "refresh", "read-only")


@dataclass(frozen=True)
class Deed:
    """Something done to a working tree: `verb` says what, to `name`, with `data`."""

    verb: str
    name: str
    data: bytes

    def __repr__(self) -> str:
        return f"{self.verb} {self.name!r} {self.data[:20]!r}"


@dataclass(frozen=True, repr=False)
class Recipe:
    """One repository, what was done before the pause, and what happened to it after.

    Attributes:
        head: `branch`, `detached` or `unborn`.
        autocrlf: of `core.autocrlf`; empty when it is not set.
        base: what is committed.
        work: what was in progress at the pause.
        wreck: what happened then.
        exact: restore with `--exact`.
        undo: take the restore back, and forth again.
    """

    object_format: str
    head: str
    attributes: bytes
    autocrlf: str
    extras: tuple[str, ...]
    base: tuple[Deed, ...]
    work: tuple[Deed, ...]
    wreck: tuple[Deed, ...]
    exact: bool
    undo: bool

    def __repr__(self) -> str:
        return "Recipe(…)"

    def __str__(self) -> str:
        lists = (f"{name}: {'; '.join(map(str, getattr(self, name)))}" for name in ("base", "work", "wreck"))
        first = f"{self.object_format} {self.head} {self.attributes!r} autocrlf={self.autocrlf!r} {self.extras}"
        return "\n  ".join([f"{first} exact={self.exact} undo={self.undo}", *lists])


def deeds(verbs: tuple[str, ...], at_most: int) -> st.SearchStrategy[tuple[Deed, ...]]:
    """Some deeds, one after the other."""
    data = st.one_of(st.sampled_from(CONTENTS), st.sampled_from(CONTENTS), st.binary(max_size=40))
    deed = st.builds(Deed, st.sampled_from(verbs), st.sampled_from(NAMES), data)
    return st.lists(deed, max_size=at_most).map(tuple)


RECIPES = st.builds(
    Recipe,
    object_format=st.sampled_from(("sha1", "sha1", "sha256")),
    head=st.sampled_from(("branch", "branch", "branch", "detached", "unborn")),
    attributes=st.sampled_from(ATTRIBUTES),
    autocrlf=st.sampled_from(("", "", "true", "input")),
    extras=st.lists(st.sampled_from(EXTRAS), max_size=3, unique=True).map(lambda found: tuple(sorted(found))),
    base=deeds(("write", "write", "write", "link", "mode"), 8),
    work=deeds(WORK, 8),
    wreck=deeds(WRECK, 8),
    exact=st.booleans(),
    undo=st.booleans(),
)
