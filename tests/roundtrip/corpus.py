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
    "long/" + "n" * 200,
    "a/b/c/d/e/f/g.txt",
    "k.id",
    "k.enc",
    "k.flt",
    "k.own",
    "logs/x.log",
    ".gitignore",
    ".gitattributes",
    "dir/.gitignore",
    "dir/.gitattributes",
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
)
IGNORES = (b"*.log\n", b"/dir/\n!/dir/sub/\n", b"scratch/\n*.bin\n", b"*\n!.gitignore\n")
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
    b"*.txt -text\n[attr]own text eol=crlf\nd own\n",
)
"""`turn` is a filter of the user's own configuration, `own` one that only the repository names."""

CONFLICTS = ("merge", "cherry-pick", "rebase", "revert", "stash apply")
"""What git was in the middle of; after the last only the conflicts are there, and no operation."""

EXTRAS = (
    "nested",
    "nested-unborn",
    "submodule",
    "submodule-changed",
    "skip-worktree",
    "assume-unchanged",
    "conflict",
    "conflict",
    "resolved",
    "ignored",
    "sparse",
    "sparse-cone",
    "exclude",
    "info-attributes",
    "pipe",
    "linked",
    "stash",
    "split-index",
    "index-version-4",
    "untracked-cache",
    "packed",
)

WORK = ("write", "append", "delete", "mode", "link", "stage", "stage", "unstage", "intend", "move")
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
        during: what a conflict comes from, where `extras` has one.
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
    during: str
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
        first += f" during={self.during!r}" if {"conflict", "resolved"} & set(self.extras) else ""
        return "\n  ".join([f"{first} exact={self.exact} undo={self.undo}", *lists])


@st.composite
def deeds(draw: st.DrawFn, verbs: tuple[str, ...], names: tuple[str, ...]) -> tuple[Deed, ...]:
    """Some deeds, one after the other, to a few names."""
    return tuple(
        Deed(draw(st.sampled_from(verbs)), name, draw(_data(name)))
        for name in draw(st.lists(st.sampled_from(names), min_size=2, max_size=9))
    )


def _data(name: str) -> st.SearchStrategy[bytes]:
    """What could be in a file of this name: rules of git's mean something only where git looks for them."""
    rules = {".gitattributes": ATTRIBUTES, ".gitignore": IGNORES}.get(name.rpartition("/")[2])
    return st.sampled_from(rules) if rules else st.one_of(st.sampled_from(CONTENTS), _LITTLE)


_LITTLE = st.binary(max_size=40)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Any recipe. It is about a few names only, so that what is done meets what was done before."""
    names = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=6, unique=True)))
    return Recipe(
        object_format=draw(st.sampled_from(("sha1", "sha1", "sha256"))),
        head=draw(st.sampled_from(("branch", "branch", "branch", "branch", "detached", "unborn"))),
        attributes=draw(st.sampled_from(ATTRIBUTES)),
        autocrlf=draw(st.sampled_from(("", "", "true", "input"))),
        extras=tuple(sorted(set(draw(st.lists(st.sampled_from(EXTRAS), max_size=4))))),
        during=draw(st.sampled_from(CONFLICTS)),
        base=draw(deeds(("write", "write", "write", "write", "link", "mode"), names)),
        work=draw(deeds(WORK, names)),
        wreck=draw(deeds(WRECK, names)),
        exact=draw(st.booleans()),
        undo=draw(st.booleans()),
    )


RECIPES = recipes()
