/* nthkill: let something bad happen before the Nth file-changing system call of a whole process tree.
 *
 * What it promises
 *   The program under test and all its descendants (git, for one) run under ptrace with a seccomp filter that stops
 *   them only at system calls which change files. Those calls are counted over the whole tree, in the order in which
 *   they happen. Before the Nth one runs, one thing happens:
 *       kill     every process of the tree gets SIGKILL; the Nth call is never executed
 *       errno    the Nth call (sticky: the Nth and every later one) fails with a given error; it is never executed.
 *                Reading on in an open directory fails once: where it fails for ever, git asks again for ever
 *                (dir-iterator.c), whoever calls it; opening the directory does fail for ever
 *       kill one the process that makes the Nth call gets SIGKILL, and nobody else
 *       signal   the root process, or the whole tree as Ctrl-C does it, gets a signal; the call then goes on
 *   With N = 0 nothing happens and the calls are only counted. Whoever uses it must check `hit`: a run that was not
 *   hit proves nothing.
 *
 * What counts
 *   write, pwrite64, writev on files (not on pipes, terminals, /dev, /proc, memfd), rename*, unlink*, link*, symlink*,
 *   mkdir*, rmdir, fsync, fdatasync, ftruncate, truncate, chmod*, chown*, utimensat, copy_file_range, fallocate, and
 *   open* with O_CREAT or O_TRUNC. With `below` set, also what can fail without changing anything: taking a flock, fork, and
 *   opening, listing or reading files below that directory.
 *
 * Limits: Linux on x86-64, one tracer; a tree whose processes write at the same time has no fixed order.
 *
 * Two ways in: the program (main, below) runs any command; the library (`nk_fork`) is a fork() whose child is traced,
 * so that a warmed-up interpreter can be killed thousands of times without starting it each time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__linux__) || !defined(__x86_64__)
#error "nthkill knows the system calls of Linux on x86-64 only"
#endif

enum nk_action { NK_COUNT, NK_KILL, NK_ERRNO, NK_SIGNAL_ROOT, NK_SIGNAL_TREE, NK_KILL_ONE };

struct nk_plan {
    long at;           /* N, from 1; 0 only counts */
    int action;        /* enum nk_action */
    int value;         /* the errno or the signal */
    int sticky;        /* errno: every call from N on fails; signal: it is sent again at N + 1 */
    int seconds;       /* kill the whole tree after so long; 0 waits for ever */
    int trace_fd;      /* where every counted call is written as a line, or -1 */
    const char *below; /* count what can fail while reading below this directory too, or NULL */
    int alone;         /* count the calls of the root process only; its children go undisturbed */
};

struct nk_outcome {
    long count;    /* calls seen */
    int hit;       /* 1 when the Nth call was reached and the action was taken */
    int timed_out; /* 1 when `seconds` had passed */
    int status;    /* exit status of the root process, or 128 + the signal that ended it */
    int number;    /* which system call was hit */
};

/* --- which system calls stop ---------------------------------------------------------------------------------- */

static const struct { int number; const char *name; } CHANGING[] = {
    {SYS_write, "write"}, {SYS_pwrite64, "pwrite64"}, {SYS_writev, "writev"}, {SYS_rename, "rename"},
    {SYS_renameat, "renameat"}, {SYS_renameat2, "renameat2"}, {SYS_unlink, "unlink"}, {SYS_unlinkat, "unlinkat"},
    {SYS_link, "link"}, {SYS_linkat, "linkat"}, {SYS_symlink, "symlink"}, {SYS_symlinkat, "symlinkat"},
    {SYS_mkdir, "mkdir"}, {SYS_mkdirat, "mkdirat"}, {SYS_rmdir, "rmdir"}, {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"}, {SYS_ftruncate, "ftruncate"}, {SYS_truncate, "truncate"}, {SYS_chmod, "chmod"},
    {SYS_fchmod, "fchmod"}, {SYS_fchmodat, "fchmodat"}, {SYS_chown, "chown"}, {SYS_fchown, "fchown"},
    {SYS_fchownat, "fchownat"}, {SYS_open, "open"}, {SYS_openat, "openat"}, {SYS_creat, "creat"},
    {SYS_utimensat, "utimensat"}, {SYS_sync_file_range, "sync_file_range"}, {SYS_copy_file_range, "copy_file_range"},
    {SYS_fallocate, "fallocate"},
};
static const struct { int number; const char *name; } FAILING[] = {
    {SYS_flock, "flock"}, {SYS_fork, "fork"}, {SYS_vfork, "vfork"}, {SYS_clone, "clone"}, {SYS_clone3, "clone3"},
    {SYS_read, "read"}, {SYS_pread64, "pread64"}, {SYS_getdents64, "getdents64"},
};
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

static const char *name_of(long number) {
    for (int i = 0; i < LENGTH(CHANGING); i++) if (CHANGING[i].number == number) return CHANGING[i].name;
    for (int i = 0; i < LENGTH(FAILING); i++) if (FAILING[i].number == number) return FAILING[i].name;
    return "?";
}

/* Of the opens only those that make or empty a file change one; a stop costs more than the call itself. The flags are
 * the low half of an argument, on a machine that puts the low half first. */
static int only_changing_opens(struct sock_filter *code, int number) {
    int argument = number == SYS_open ? 1 : number == SYS_openat ? 2 : -1, n = 0;
    if (argument < 0) return 0;
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 4);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return n;
}

static int install_filter(int wide) {
    struct sock_filter code[16 + 2 * (LENGTH(CHANGING) + LENGTH(FAILING))];
    int n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < LENGTH(CHANGING) + (wide ? LENGTH(FAILING) : 0); i++) {
        int number = i < LENGTH(CHANGING) ? CHANGING[i].number : FAILING[i - LENGTH(CHANGING)].number;
        int more = wide ? 0 : only_changing_opens(code + n, number);
        n += more;
        if (more) continue;
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* --- what a stopped process is about to do --------------------------------------------------------------------- */

static int path_of_fd(pid_t pid, long fd, char *path, size_t size) {
    char link[64];
    if ((int)fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", pid);
    else snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, (int)fd);
    ssize_t length = readlink(link, path, size - 1);
    path[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* The path that a call names by a directory descriptor and a string; its symbolic links stay as they are. */
static void path_named(pid_t pid, long dir, unsigned long address, char *path, size_t size) {
    char name[2048] = "";
    struct iovec here = {name, sizeof name - 1}, there = {(void *)address, sizeof name - 1};
    /* A string near the end of a mapping: read up to the page's end at least. */
    if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0) {
        there.iov_len = here.iov_len = 4096 - address % 4096 < sizeof name ? 4096 - address % 4096 : sizeof name - 1;
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0) name[0] = 0;
    }
    if (name[0] == '/') { snprintf(path, size, "%s", name); return; }
    char base[2048];
    if (!path_of_fd(pid, dir, base, sizeof base)) base[0] = 0;
    snprintf(path, size, "%s/%s", base, name);
}

static void path_of_call(pid_t pid, const struct user_regs_struct *r, char *path, size_t size) {
    switch (r->orig_rax) {
    case SYS_openat: case SYS_unlinkat: case SYS_mkdirat: case SYS_fchmodat: case SYS_fchownat: case SYS_utimensat:
        path_named(pid, (long)r->rdi, r->rsi, path, size); return;
    case SYS_renameat: case SYS_renameat2: case SYS_linkat:
        path_named(pid, (long)r->rdx, r->r10, path, size); return;
    case SYS_symlinkat: path_named(pid, (long)r->rsi, r->rdx, path, size); return;
    case SYS_rename: case SYS_link: case SYS_symlink: path_named(pid, AT_FDCWD, r->rsi, path, size); return;
    case SYS_open: case SYS_creat: case SYS_unlink: case SYS_mkdir: case SYS_rmdir: case SYS_chmod: case SYS_chown:
    case SYS_truncate:
        path_named(pid, AT_FDCWD, r->rdi, path, size); return;
    case SYS_fork: case SYS_vfork: case SYS_clone: case SYS_clone3: snprintf(path, size, "-"); return;
    default: path_of_fd(pid, (long)r->rdi, path, size);
    }
}

/* Where a rename or link comes from; empty for all other calls. */
static void source_of_call(pid_t pid, const struct user_regs_struct *r, char *path, size_t size) {
    path[0] = 0;
    switch (r->orig_rax) {
    case SYS_renameat: case SYS_renameat2: case SYS_linkat: path_named(pid, (long)r->rdi, r->rsi, path, size); return;
    case SYS_rename: case SYS_link: path_named(pid, AT_FDCWD, r->rdi, path, size); return;
    }
}

static int starts_with(const char *text, const char *prefix) { return !strncmp(text, prefix, strlen(prefix)); }

static int is_file(const char *path) {
    return path[0] == '/' && !starts_with(path, "/dev/null") && !starts_with(path, "/dev/pts") &&
           !starts_with(path, "/dev/tty") && !starts_with(path, "/proc/") && !starts_with(path, "/memfd:");
}

static int counts(const struct user_regs_struct *r, const char *path, const char *below) {
    int reading = 0;
    switch (r->orig_rax) {
    case SYS_write: case SYS_writev: case SYS_pwrite64: return is_file(path);
    case SYS_open: reading = !(r->rsi & (O_CREAT | O_TRUNC)); break;
    case SYS_openat: reading = !(r->rdx & (O_CREAT | O_TRUNC)); break;
    case SYS_read: case SYS_pread64: case SYS_getdents64: reading = 1; break;
    /* Threads share everything; only new processes can be refused in a way that matters here. */
    case SYS_clone: return below != NULL && !(r->rdi & 0x10000 /* CLONE_THREAD */);
    case SYS_flock: return below != NULL && !(r->rsi & 8 /* LOCK_UN: nobody is refused to let go */);
    case SYS_fork: case SYS_vfork: case SYS_clone3: return below != NULL;
    }
    return reading ? below != NULL && starts_with(path, below) : is_file(path);
}

/* --- the tree -------------------------------------------------------------------------------------------------- */

struct tree { pid_t pid[4096]; int size; };

static void join(struct tree *tree, pid_t pid) {
    for (int i = 0; i < tree->size; i++) if (tree->pid[i] == pid) return;
    if (tree->size < LENGTH(tree->pid)) tree->pid[tree->size++] = pid;
}

static void leave(struct tree *tree, pid_t pid) {
    for (int i = 0; i < tree->size; i++) if (tree->pid[i] == pid) { tree->pid[i] = tree->pid[--tree->size]; return; }
}

static void signal_tree(const struct tree *tree, int number) {
    for (int i = 0; i < tree->size; i++) kill(tree->pid[i], number);
}

static void refuse(pid_t pid, struct user_regs_struct *r, int error) {
    r->orig_rax = (unsigned long long)-1; /* no such call: it is skipped and rax is what the program sees */
    r->rax = (unsigned long long)-(long)error;
    ptrace(PTRACE_SETREGS, pid, 0, r);
}

/* One counted call of one stopped process; returns 1 when the process must not be continued. */
static int meet(pid_t pid, pid_t root, const struct nk_plan *plan, struct nk_outcome *out, const struct tree *tree) {
    struct user_regs_struct r;
    char path[4200] = "";
    if ((plan->alone && pid != root) || ptrace(PTRACE_GETREGS, pid, 0, &r)) return 0;
    path_of_call(pid, &r, path, sizeof path);
    if (!counts(&r, path, plan->below)) return 0;
    out->count++;
    if (plan->trace_fd >= 0) {
        char source[4200];
        source_of_call(pid, &r, source, sizeof source);
        dprintf(plan->trace_fd, "%ld %s %s%s%s\n", out->count, name_of((long)r.orig_rax), source, *source ? " -> " : "", path);
    }
    int again = plan->sticky && out->count > plan->at && !(plan->action == NK_ERRNO && r.orig_rax == SYS_getdents64);
    int due = plan->at && (out->count == plan->at || again);
    if (!due || plan->action == NK_COUNT) return 0;
    if (!out->hit) { out->hit = 1; out->number = (int)r.orig_rax; }
    switch (plan->action) {
    case NK_KILL: signal_tree(tree, SIGKILL); return 1;
    case NK_ERRNO: refuse(pid, &r, plan->value); return 0;
    case NK_KILL_ONE: kill(pid, SIGKILL); return 0;
    case NK_SIGNAL_ROOT: if (out->count <= plan->at + 1) kill(root, plan->value); return 0;
    case NK_SIGNAL_TREE: if (out->count <= plan->at + 1) signal_tree(tree, plan->value); return 0;
    }
    return 0;
}

static volatile sig_atomic_t alarmed;
static void on_alarm(int number) { (void)number; alarmed = 1; }

static void follow(pid_t root, const struct nk_plan *plan, struct nk_outcome *out) {
    static struct tree tree;
    tree.size = 0;
    join(&tree, root);
    int dying = 0, state;
    for (;;) {
        pid_t pid = waitpid(-1, &state, __WALL);
        /* Between two calls of a program that never rests the alarm interrupts nothing. */
        if (alarmed && !out->timed_out) { out->timed_out = dying = 1; signal_tree(&tree, SIGKILL); }
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return; /* ECHILD: nobody is left */
        if (WIFEXITED(state) || WIFSIGNALED(state)) {
            leave(&tree, pid);
            if (pid == root) out->status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
            continue;
        }
        join(&tree, pid);
        int event = state >> 16, number = WSTOPSIG(state);
        if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
            unsigned long born;
            if (!ptrace(PTRACE_GETEVENTMSG, pid, 0, &born)) join(&tree, (pid_t)born);
        }
        if (dying) { kill(pid, SIGKILL); continue; }
        if (event == PTRACE_EVENT_SECCOMP && meet(pid, root, plan, out, &tree)) { dying = 1; continue; }
        int swallow = event || number == SIGTRAP || number == SIGSTOP;
        ptrace(PTRACE_CONT, pid, 0, swallow ? 0 : number);
    }
}

/* fork() whose child is traced: returns 0 in the child. In the caller it returns when the whole tree has ended: 1 with
 * *out filled, or -1. The caller must have no other children. */
int nk_fork(const struct nk_plan *plan, struct nk_outcome *out) {
    memset(out, 0, sizeof *out);
    pid_t root = fork();
    if (root < 0) return -1;
    if (!root) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(126);
        raise(SIGSTOP); /* until the tracer has set its options */
        if (install_filter(plan->below != NULL)) _exit(126);
        return 0;
    }
    int state;
    if (waitpid(root, &state, 0) < 0 || !WIFSTOPPED(state)) return -1;
    long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, root, 0, options)) { kill(root, SIGKILL); waitpid(root, &state, 0); return -1; }
    struct sigaction wake = {.sa_handler = on_alarm}, before;
    sigaction(SIGALRM, &wake, &before);
    alarmed = 0;
    alarm((unsigned)plan->seconds);
    ptrace(PTRACE_CONT, root, 0, 0);
    follow(root, plan, out);
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
    return 1;
}

#ifndef NK_LIBRARY
static int usage(void) {
    fprintf(stderr, "usage: nthkill N [-e ERRNO | -s SIGNAL | -S SIGNAL] [-f] [-t SECONDS] [-b DIR] [-o FD] [-v] -- COMMAND …\n"
                    "  -e  the Nth call fails with ERRNO; -f: and every later one\n"
                    "  -s  the root process gets SIGNAL; -S: every process of the tree; -f: and once more at the next call\n"
                    "  -b  count what can fail while reading below DIR too\n"
                    "  -o  write 'count=… hit=… timeout=… status=…' to this descriptor instead of standard error\n"
                    "  -v  name every counted call on standard error\n");
    return 2;
}

int main(int argc, char **argv) {
    struct nk_plan plan = {.action = NK_KILL, .trace_fd = -1};
    struct nk_outcome out;
    int option, report = 2;
    if (argc < 2) return usage();
    plan.at = atol(argv[1]);
    optind = 2;
    while ((option = getopt(argc, argv, "+e:s:S:ft:b:o:v")) != -1) switch (option) {
        case 'e': plan.action = NK_ERRNO; plan.value = atoi(optarg); break;
        case 's': plan.action = NK_SIGNAL_ROOT; plan.value = atoi(optarg); break;
        case 'S': plan.action = NK_SIGNAL_TREE; plan.value = atoi(optarg); break;
        case 'f': plan.sticky = 1; break;
        case 't': plan.seconds = atoi(optarg); break;
        case 'b': plan.below = optarg; break;
        case 'o': report = atoi(optarg); break;
        case 'v': plan.trace_fd = 2; break;
        default: return usage();
    }
    if (optind >= argc) return usage();
    if (report > 2) fcntl(report, F_SETFD, FD_CLOEXEC);
    int forked = nk_fork(&plan, &out);
    if (!forked) { execvp(argv[optind], argv + optind); perror("nthkill: exec"); _exit(127); }
    if (forked < 0) { perror("nthkill: ptrace"); return 126; }
    dprintf(report, "count=%ld hit=%d timeout=%d status=%d\n", out.count, out.hit, out.timed_out, out.status);
    return out.status;
}
#endif
