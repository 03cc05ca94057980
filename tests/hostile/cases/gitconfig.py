"""Git's own configuration, hooks and attributes, as a directory brings them that was unpacked with its `.git` (S7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.hostile.ground import Case
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.ground import Ground

_HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "p4-changelist", "post-applypatch", "post-checkout"),
    *("post-commit", "post-index-change", "post-merge", "post-receive", "post-rewrite", "post-update", "pre-auto-gc"),
    *(
        "pre-applypatch",
        "pre-commit",
        "pre-merge-commit",
        "pre-push",
        "pre-rebase",
        "pre-receive",
        "prepare-commit-msg",
    ),
    *("proc-receive", "push-to-checkout", "reference-transaction", "sendemail-validate", "update"),
)
_ATTRIBUTES = "* filter=evil diff=evil merge=evil\n"
# key → value; FIRE is the canary, OUTSIDE a directory that nobody may touch.
_SETTINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "fsmonitor": (("core.fsmonitor", "FIRE"), ("core.fsmonitorHookVersion", "1")),
    "fsmonitor-daemon": (("core.fsmonitor", "true"),),
    "external-diff": (("diff.external", "FIRE"),),
    "diff-command": (("diff.evil.command", "FIRE"),),
    "textconv": (("diff.evil.textconv", "FIRE"), ("diff.evil.cachetextconv", "true")),
    "filter-clean": (("filter.evil.clean", "FIRE"),),
    "filter-required": (
        ("filter.evil.clean", "FIRE"),
        ("filter.evil.smudge", "FIRE"),
        ("filter.evil.required", "true"),
    ),
    "filter-process": (("filter.evil.process", "FIRE"), ("filter.evil.required", "true")),
    "filter-shell": (("filter.evil.clean", "FIRE %f; FIRE | cat"),),
    "merge-driver": (("merge.evil.driver", "FIRE"), ("merge.default", "evil")),
    "lfs-extension": (("filter.lfs.clean", "FIRE"), ("lfs.extension.evil.clean", "FIRE")),
    "pager": (("core.pager", "FIRE"), ("pager.status", "FIRE"), ("pager.log", "FIRE"), ("pager.config", "FIRE")),
    "alias": (("alias.status", "!FIRE"), ("alias.log", "!FIRE"), ("alias.rev-parse", "!FIRE"), ("alias.x", "!FIRE")),
    "signing": (
        ("commit.gpgSign", "true"),
        ("tag.gpgSign", "true"),
        ("gpg.program", "FIRE"),
        ("gpg.format", "openpgp"),
    ),
    "show-signature": (("log.showSignature", "true"), ("gpg.program", "FIRE"), ("gpg.ssh.program", "FIRE")),
    "ssh-signing": (("commit.gpgSign", "true"), ("gpg.format", "ssh"), ("gpg.ssh.program", "FIRE")),
    "ssh-key-command": (("gpg.format", "ssh"), ("gpg.ssh.defaultKeyCommand", "FIRE"), ("commit.gpgSign", "true")),
    "editor": (("core.editor", "FIRE"), ("sequence.editor", "FIRE")),
    "askpass": (("core.askPass", "FIRE"),),
    "ssh-command": (("core.sshCommand", "FIRE"), ("remote.origin.url", "ssh://example.invalid/x")),
    "git-proxy": (("core.gitProxy", "FIRE"), ("remote.origin.url", "git://example.invalid/x")),
    "credential-helper": (("credential.helper", "FIRE"), ("remote.origin.url", "https://example.invalid/x")),
    "remote-helper": (("remote.origin.vcs", "evil"), ("protocol.allow", "always")),
    "ext-protocol": (("remote.origin.url", "ext::FIRE"), ("protocol.ext.allow", "always")),
    "upload-pack": (("remote.origin.uploadpack", "FIRE"), ("uploadpack.packObjectsHook", "FIRE")),
    "alternate-refs": (("core.alternateRefsCommand", "FIRE"),),
    "trailer": (("trailer.evil.command", "FIRE"), ("trailer.evil.cmd", "FIRE")),
    "diff-filter": (("interactive.diffFilter", "FIRE"), ("color.ui", "always"), ("color.pager", "true")),
    "tools": (("diff.tool", "evil"), ("difftool.evil.cmd", "FIRE"), ("mergetool.evil.cmd", "FIRE")),
    "garbage-collection": (
        ("gc.auto", "1"),
        ("gc.autoPackLimit", "1"),
        ("maintenance.auto", "true"),
        ("gc.autoDetach", "true"),
    ),
    "trace": (("trace2.eventTarget", "OUTSIDE/trace"), ("trace2.normalTarget", "OUTSIDE/trace")),
    "template": (("init.templateDir", "OUTSIDE"), ("commit.template", "OUTSIDE/secret.txt")),
    "attributes-file": (("core.attributesFile", "OUTSIDE/attributes"), ("filter.evil.clean", "FIRE")),
    "order-file": (("diff.orderFile", "OUTSIDE/secret.txt"), ("blame.ignoreRevsFile", "OUTSIDE/secret.txt")),
    "worktree-parent": (("core.worktree", "../.."),),
    "worktree-outside": (("core.worktree", "OUTSIDE"),),
    "bare": (("core.bare", "true"),),
    "format-version": (("core.repositoryFormatVersion", "99"),),
    "unknown-extension": (("core.repositoryFormatVersion", "1"), ("extensions.evil", "true")),
    "object-format": (("core.repositoryFormatVersion", "1"), ("extensions.objectFormat", "md5")),
    "shared": (("core.sharedRepository", "0666"),),
    "reflogs": (("core.logAllRefUpdates", "always"),),
    "fast-import": (("fastimport.unpackLimit", "1"), ("core.bigFileThreshold", "1"), ("pack.packSizeLimit", "1")),
    "no-sync": (("core.fsync", "none"), ("core.fsyncMethod", "writeout-only"), ("core.fsyncObjectFiles", "false")),
    "index-features": (("core.splitIndex", "true"), ("core.untrackedCache", "true"), ("index.sparse", "true")),
    "formats": (
        ("format.pretty", "%x1b]0;x%x07"),
        ("log.date", "format:\x1b]0;x\x07"),
        ("color.ui", "always"),
        ("log.decorate", "full"),
    ),
    "noisy-diff": (
        ("diff.interHunkContext", "1000"),
        ("diff.srcPrefix", "x/"),
        ("diff.noprefix", "true"),
        ("diff.algorithm", "patience"),
    ),
    "submodule-summary": (
        ("status.submoduleSummary", "true"),
        ("diff.submodule", "log"),
        ("submodule.recurse", "true"),
    ),
    "hidden-status": (
        ("status.showUntrackedFiles", "no"),
        ("status.branch", "false"),
        ("diff.ignoreSubmodules", "all"),
    ),
    "replace": (("core.useReplaceRefs", "true"), ("core.checkStat", "minimal"), ("core.trustctime", "false")),
    "directory-trust": (("safe.directory", "*"), ("safe.bareRepository", "all")),
    "odd-values": (("core.quotePath", "maybe"), ("core.abbrev", "0"), ("i18n.logOutputEncoding", "UTF-7")),
}
_PUBLISHED = {
    "fsmonitor": "S7, embedded bare repositories (2022)",
    "alias": "S7, CVE-2021-46101 kind",
    "ext-protocol": "S7, CVE-2022-24439",
    "upload-pack": "S7, CVE-2024-32004",
    "remote-helper": "S7, CVE-2023-40590 kind",
}


def cases() -> Iterator[Case]:
    """Every setting that names a program, and some that change what git writes or says."""
    for name, pairs in _SETTINGS.items():
        attack = f"the repository's configuration sets {', '.join(key for key, _ in pairs)}"
        for base in ("cloned", "paused"):
            yield Case(
                f"config/{name}/{base}",
                attack,
                _PUBLISHED.get(name, "S7"),
                partial(_set, pairs),
                base=base,
                reads_outside=name in {"attributes-file", "order-file"},
            )
    yield Case("hooks/directory", "every hook there is lies in .git/hooks", "S7", _hooks, base="paused")
    yield Case("hooks/path", "core.hooksPath leads to a directory of hooks", "S7", _hooks_path, base="paused")
    yield Case("hooks/tracked", "core.hooksPath leads to tracked files", "S7, CVE-2024-32002 kind", _hooks_tracked)
    yield Case("filter/include", "the filter is named in an included file", "S7", _included, reads_outside=True)
    yield Case("filter/include-if", "the filter is named in a file included for this directory", "S7", _included_if)
    yield Case("filter/worktree-config", "the filter is named in config.worktree", "S7", _worktree_config)
    yield Case(
        "filter/strange-name", "the name of the filter has dots, blanks and an equals sign", "S7", _strange_filter
    )
    yield Case("filter/many", "two thousand filters are named, one of them is used", "S7, S14", _many_filters)
    yield Case("filter/submodule", "a submodule's own configuration names a filter", "S7", _submodule_filter)
    yield Case("filter/embedded", "a gitlink leads to a repository that brings a filter", "S7", _embedded_filter)
    yield Case(
        "fsmonitor/submodule", "a submodule's own configuration names fsmonitor and hooks", "S7", _submodule_monitor
    )
    yield Case("fsmonitor/nested", "an untracked nested repository names fsmonitor", "S7", _nested_monitor)
    yield Case(
        "fsmonitor/embedded-bare", "volon runs inside an embedded bare repository", "S7", _bare, where="repo/inner"
    )
    yield Case("filter/info-attributes", "attributes stand in .git/info/attributes", "S7", _info_attributes)
    yield Case(
        "promisor/missing", "an object is missing and a promisor remote names a program", "S7", _promisor, base="paused"
    )
    yield Case("config/broken", "the configuration cannot be read, and says so with escapes", "S10", _broken)
    yield Case("config/include-loop", "the configuration includes itself", "S14", _loop)
    yield Case("config/filter-and-global", "the user's own filter has the name of the repository's", "S7", _same_name)


def _shown(ground: Ground, text: str) -> str:
    return text.replace("FIRE", str(ground.fire)).replace("OUTSIDE", str(ground.outside))


def _dirty(ground: Ground) -> None:
    """Make git look at the content of files: times differ, attributes apply to everything."""
    ground.write(".gitattributes", _ATTRIBUTES)
    ground.write("src/app.py", "def run():\n    return 4\n")
    ground.write("new.bin", b"\x00\x01")
    ground.far("attributes", _ATTRIBUTES)


def _set(pairs: tuple[tuple[str, str], ...], ground: Ground) -> None:
    _dirty(ground)
    for key, value in pairs:
        ground.repo.git("config", "--file", ".git/config", "--replace-all", key, _shown(ground, value))


def _hooks(ground: Ground) -> None:
    _dirty(ground)
    _make_hooks(ground, ".git/hooks")


def _make_hooks(ground: Ground, where: str) -> None:
    for name in _HOOKS:
        ground.write(f"{where}/{name}", f"#!/bin/sh\nexec {ground.fire} {name}\n")
        (ground.root / where / name).chmod(0o755)


def _hooks_path(ground: Ground) -> None:
    _dirty(ground)
    for name in _HOOKS:
        (ground.live / "bin" / name).symlink_to(ground.fire)
    ground.config(("core.hooksPath", str(ground.live / "bin")))


def _hooks_tracked(ground: Ground) -> None:
    _dirty(ground)
    _make_hooks(ground, "hooks")
    ground.repo.git("add", "hooks")
    ground.config(("core.hooksPath", "hooks"))


def _filter(ground: Ground, name: str = "evil") -> str:
    return f'[filter "{name}"]\n\tclean = {ground.fire}\n\tprocess = {ground.fire}\n\trequired = true\n'


def _included(ground: Ground) -> None:
    _dirty(ground)
    ground.far("included", _filter(ground))
    ground.config(("include.path", str(ground.outside / "included")))


def _included_if(ground: Ground) -> None:
    _dirty(ground)
    ground.write("tracked.config", _filter(ground))
    ground.config(("includeIf.gitdir:**.path", "../tracked.config"))


def _worktree_config(ground: Ground) -> None:
    _dirty(ground)
    ground.config(("core.repositoryFormatVersion", "1"), ("extensions.worktreeConfig", "true"))
    ground.write(".git/config.worktree", _filter(ground))


def _strange_filter(ground: Ground) -> None:
    _dirty(ground)
    name = "a.b=c d"
    ground.write(".git/config", ground.repo.read(".git/config") + _filter(ground, name).encode())
    ground.write(".gitattributes", "* filter=a.b=c\n*.py filter=a.b=c\n")
    ground.write(".git/config", ground.repo.read(".git/config") + _filter(ground, "a.b=c").encode())


def _many_filters(ground: Ground) -> None:
    _dirty(ground)
    text = "".join(f'[filter "f{n}"]\n\tclean = {ground.fire}\n' for n in range(2000)) + _filter(ground)
    ground.write(".git/config", ground.repo.read(".git/config") + text.encode())


def _submodule(ground: Ground) -> str:
    """Add a submodule with a change inside; gives the path of its configuration."""
    other = RepoBuilder.init(ground.live / "library")
    other.commit("Library", {"lib.py": "x = 1\n"})
    ground.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "lib")
    ground.repo.git("commit", "-q", "-m", "Add the library")
    ground.write("lib/lib.py", "x = 2\n")
    ground.write("lib/.gitattributes", _ATTRIBUTES)
    return ".git/modules/lib/config"


def _submodule_filter(ground: Ground) -> None:
    path = _submodule(ground)
    ground.write(path, ground.repo.read(path) + _filter(ground).encode())


def _submodule_monitor(ground: Ground) -> None:
    path = _submodule(ground)
    ground.write(
        path,
        ground.repo.read(path) + f"[core]\n\tfsmonitor = {ground.fire}\n\thooksPath = {ground.live}/bin\n".encode(),
    )
    for name in _HOOKS:
        (ground.live / "bin" / name).symlink_to(ground.fire)


def _embedded_filter(ground: Ground) -> None:
    """A gitlink without `.gitmodules`, whose repository lies in the working tree with its own `.git`."""
    inner = RepoBuilder.init(ground.root / "inner")
    commit = inner.commit("Inner", {"a.py": "x = 1\n"})
    ground.repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},inner")
    ground.write(
        "inner/.git/config",
        inner.read(".git/config") + _filter(ground).encode() + f"[core]\n\tfsmonitor = {ground.fire}\n".encode(),
    )
    ground.write("inner/.gitattributes", _ATTRIBUTES)
    ground.write("inner/a.py", "x = 2\n")


def _nested_monitor(ground: Ground) -> None:
    inner = RepoBuilder.init(ground.root / "nested")
    inner.commit("Inner", {"a.py": "x = 1\n"})
    inner.git("config", "core.fsmonitor", str(ground.fire))


def _bare(ground: Ground) -> None:
    """A bare repository among tracked files, as it can come with a clone."""
    RepoBuilder.init(ground.root / "inner", "--bare")
    config = f"[core]\n\tbare = false\n\tworktree = {ground.root}\n\tfsmonitor = {ground.fire}\n"
    ground.write("inner/config", f"{config}\trepositoryformatversion = 0\n")


def _info_attributes(ground: Ground) -> None:
    _dirty(ground)
    (ground.root / ".gitattributes").unlink()
    ground.write(".git/info/attributes", _ATTRIBUTES)
    ground.write(".git/config", ground.repo.read(".git/config") + _filter(ground).encode())


def _promisor(ground: Ground) -> None:
    ground.repo.commit("More", {"big.txt": "content\n"})
    blob = ground.repo.git("rev-parse", "HEAD:big.txt").strip()
    (ground.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for pairs in (
        (("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin")),
        (
            ("remote.origin.promisor", "true"),
            ("remote.origin.url", f"ext::{ground.fire}"),
            ("protocol.allow", "always"),
        ),
        (("remote.origin.uploadpack", str(ground.fire)), ("remote.origin.partialCloneFilter", "blob:none")),
    ):
        for key, value in pairs:
            ground.repo.git("config", "--file", ".git/config", "--replace-all", key, value)
    ground.write("big.txt", "other\n")


def _broken(ground: Ground) -> None:
    ground.write(".git/config", b"[core\x1b]0;x\x07\n\tINJECTED-5be2 = \x1b[2J\n")


def _loop(ground: Ground) -> None:
    ground.config(("include.path", "config"))


def _same_name(ground: Ground) -> None:
    _dirty(ground)
    ground.write(".gitattributes", "* filter=lfs\n")
    ground.write(".git/config", ground.repo.read(".git/config") + _filter(ground, "lfs").encode())
