/* What an agent may ask of the kernel beside files and plain sockets. Each attempt runs in a process of its own, with a
 * time limit, and changes nothing that outlives it: where permission comes first, the arguments are such that nothing
 * would happen behind it.
 *
 *   kernel                    tries everything and prints a line `NAME\tOUTCOME\tEVIDENCE` for each attempt
 *   kernel icmp ADDRESS...    one echo request for each address; escaped where one is answered
 *   kernel fifo PATH          a FIFO; escaped where it was made
 *   kernel forks COUNT        so many processes at once; blocked where the system gives fewer. They end with this one
 *   kernel kill PID           SIGKILL; escaped where it was sent
 *
 * Outcomes: `blocked`, `escaped`, `not-applicable`. Static, without name service: it runs in an empty image.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 8 };

static void tell(const char *name, const char *outcome, const char *evidence) {
    char line[512];
    int n = snprintf(line, sizeof line, "%s\t%s\t%s\n", name, outcome, evidence);
    if (n > 0 && write(1, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1) < 0) _exit(1);
}

/* What the kernel said to a call that must be refused. */
static void judged(const char *name, long result) {
    char evidence[160];
    if (result >= 0) { tell(name, "escaped", "the kernel did it"); return; }
    snprintf(evidence, sizeof evidence, "%s", strerror(errno));
    tell(name, "blocked", evidence);
}

/* The same where refusals for the sake of the arguments show that permission was there. */
static void permitted(const char *name, long result) {
    char evidence[160];
    int refused = result < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS || errno == EROFS ||
                                 errno == EAFNOSUPPORT || errno == ENODEV || errno == EPROTONOSUPPORT);
    snprintf(evidence, sizeof evidence, "%s", result < 0 ? strerror(errno) : "the kernel did it");
    tell(name, refused ? "blocked" : "escaped", evidence);
}

/* Opens one of these for writing, and writes nothing. */
static void writable(const char *name, const char *const *paths) {
    char evidence[160] = "none of them is there";
    for (; *paths; paths++) {
        int fd = open(*paths, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        struct stat status;
        /* Runtimes put /dev/null in the place of what nobody should have. */
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) {
            snprintf(evidence, sizeof evidence, "%.100s: masked", *paths);
            close(fd);
            continue;
        }
        if (fd >= 0) { tell(name, "escaped", *paths); close(fd); return; }
        if (errno != ENOENT) snprintf(evidence, sizeof evidence, "%.100s: %s", *paths, strerror(errno));
    }
    tell(name, "blocked", evidence);
}

static void readable(const char *name, const char *const *paths) {
    char evidence[160] = "none of them is there", byte[1];
    for (; *paths; paths++) {
        int fd = open(*paths, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && read(fd, byte, 1) > 0) { tell(name, "escaped", *paths); close(fd); return; }
        if (errno != ENOENT) snprintf(evidence, sizeof evidence, "%.100s: %s", *paths, strerror(errno));
        if (fd >= 0) close(fd);
    }
    tell(name, "blocked", evidence);
}

static void become_root(const char *n) {
    if (geteuid() == 0) { tell(n, "escaped", "the agent is root"); return; }
    judged(n, setuid(0));
}
static void become_group(const char *n) {
    gid_t root = 0;
    if (setgid(0) == 0 && getegid() == 0) { tell(n, "escaped", "the group is root's"); return; }
    judged(n, setgroups(1, &root));
}
static void become_somebody(const char *n) { judged(n, setresuid(geteuid() + 1, geteuid() + 1, geteuid() + 1)); }
static void new_privileges(const char *n) {
    int set = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    tell(n, set == 1 ? "blocked" : "escaped", set == 1 ? "no_new_privs is set" : "programs may give privileges");
}
static void capabilities(const char *n) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &head, sets) < 0) { judged(n, -1); return; }
    int any = sets[0].effective || sets[1].effective || sets[0].permitted || sets[1].permitted;
    tell(n, any ? "escaped" : "blocked", any ? "there are capabilities" : "the sets are empty");
}
static void ambient(const char *n) { judged(n, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0)); }
static void seccomp_off(const char *n) {
    int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
    tell(n, mode > 0 || (mode < 0 && errno == EPERM) ? "blocked" : "escaped", mode > 0 ? "a filter is set" : "no filter is set");
}

static void mount_tmpfs(const char *n) { judged(n, mount("none", "/tmp", "tmpfs", 0, NULL)); }
static void mount_proc(const char *n) { judged(n, mount("proc", "/tmp", "proc", 0, NULL)); }
static void mount_bind(const char *n) { judged(n, mount("/", "/tmp", NULL, MS_BIND, NULL)); }
static void mount_remount(const char *n) { judged(n, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL)); }
static void mount_cgroup(const char *n) { judged(n, mount("cgroup", "/tmp", "cgroup", 0, "memory")); }
static void mount_fsopen(const char *n) { judged(n, syscall(SYS_fsopen, "tmpfs", 0)); }
static void mount_tree(const char *n) { judged(n, syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */)); }
static void unmount(const char *n) { judged(n, umount2("/proc", MNT_DETACH)); }
static void change_root(const char *n) { judged(n, chroot("/tmp")); }
static void pivot(const char *n) { permitted(n, syscall(SYS_pivot_root, "/tmp", "/tmp")); }
static void user_namespace(const char *n) { judged(n, unshare(CLONE_NEWUSER)); }
static void net_namespace(const char *n) { judged(n, unshare(CLONE_NEWNET)); }
static void mount_namespace(const char *n) { judged(n, unshare(CLONE_NEWNS)); }
static void clone_namespace(const char *n) {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) _exit(0);
    judged(n, pid);
}
static void clone3_namespace(const char *n) {
    struct { uint64_t flags, pidfd, child, parent, signal, stack, size, tls; } args = {.flags = CLONE_NEWUSER, .signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) _exit(0);
    judged(n, pid);
}
/* The namespaces of the first process: those of the container, or, where these are the host's, the host's. */
static void enter_namespace(const char *n) {
    const char *const kinds[] = {"mnt", "net", "pid", "user", "ipc", "uts", "cgroup"};
    char path[64], evidence[160] = "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "/proc/1/ns/%s", kinds[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) { snprintf(evidence, sizeof evidence, "%s: %s", path, strerror(errno)); continue; }
        long result = setns(fd, 0);
        int error = errno;
        close(fd);
        if (result == 0) { tell(n, "escaped", path); return; }
        snprintf(evidence, sizeof evidence, "%s: %s", path, strerror(error));
    }
    tell(n, "blocked", evidence);
}
static void file_handle(const char *n) {
    /* The handle of the root of a file system: enough to walk a host's disk from a bind mount of it. */
    struct { struct file_handle head; uint64_t number; } handle = {.head = {8, 1}, .number = 2};
    int mount_fd = open("/workspace", O_RDONLY | O_CLOEXEC);
    if (mount_fd < 0) mount_fd = open("/tmp", O_RDONLY | O_CLOEXEC);
    long result = open_by_handle_at(mount_fd, &handle.head, O_RDONLY);
    if (result < 0 && errno == ESTALE) { tell(n, "escaped", "handles are opened"); return; }
    judged(n, result);
}

/* A process of somebody else: of another user, or the first one where that is no shim of ours. */
static void trace(const char *n) {
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    char path[300], target[256], evidence[160] = "there is no process of anybody else";
    while (folder && (entry = readdir(folder))) {
        int pid = atoi(entry->d_name);
        struct stat status;
        snprintf(path, sizeof path, "/proc/%s", entry->d_name);
        if (pid <= 0 || pid == getpid() || stat(path, &status) < 0) continue;
        snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
        ssize_t size = readlink(path, target, sizeof target - 1);
        target[size > 0 ? size : 0] = 0;
        int ours = status.st_uid == geteuid() && pid != 1;
        int shim = pid == 1 && strstr(target, "pure-agent-runtime");
        if (ours || shim) continue;
        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
            ptrace(PTRACE_DETACH, pid, NULL, NULL);
            snprintf(evidence, sizeof evidence, "process %d, %.100s", pid, target);
            tell(n, "escaped", evidence);
            return;
        }
        snprintf(evidence, sizeof evidence, "process %d: %s", pid, strerror(errno));
    }
    tell(n, "blocked", evidence);
}
static void signal_others(const char *n) {
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    char path[300], evidence[160] = "there is no process of anybody else";
    while (folder && (entry = readdir(folder))) {
        int pid = atoi(entry->d_name);
        struct stat status;
        snprintf(path, sizeof path, "/proc/%s", entry->d_name);
        if (pid <= 0 || stat(path, &status) < 0 || status.st_uid == geteuid()) continue;
        int reached = kill(pid, 0) == 0;
        snprintf(evidence, sizeof evidence, "process %d: %s", pid, reached ? "it can be told" : strerror(errno));
        if (reached) { tell(n, "escaped", evidence); return; }
    }
    tell(n, "blocked", evidence);
}

static void module(const char *n) { permitted(n, syscall(SYS_init_module, NULL, 0, "")); }
static void kexec(const char *n) { permitted(n, syscall(SYS_kexec_load, 0, 1, NULL, 0)); }
static void swap_on(const char *n) { permitted(n, swapon("/tmp/no-such-file", 0)); }
static void accounting(const char *n) { permitted(n, acct("/tmp/no-such-file")); }
static void host_name(const char *n) { char name[64] = "x"; gethostname(name, sizeof name); judged(n, sethostname(name, strlen(name))); }
static void clock_set(const char *n) { struct timespec bad = {-1, -1}; long r = clock_settime(CLOCK_REALTIME, &bad); if (r < 0 && errno == EINVAL) { /* judged before permission */ struct timespec now; clock_gettime(CLOCK_REALTIME, &now); r = clock_settime(CLOCK_REALTIME, &now); } judged(n, r); }
static void io_port(const char *n) {
#ifdef SYS_iopl
    judged(n, syscall(SYS_iopl, 3));
#else
    tell(n, "not-applicable", "this machine has no ports");
#endif
}
static void kernel_log(const char *n) { char text[64]; judged(n, syscall(SYS_syslog, 3, text, sizeof text)); }
static void keyring(const char *n) {
    long added = syscall(SYS_add_key, "user", "pure-agent-escape", "x", 1, -3 /* session */);
    if (added >= 0) { tell(n, "escaped", "add_key"); return; }
    judged(n, syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -4 /* user */, 0));
}
static void ring(const char *n) { char params[120] = {0}; judged(n, syscall(SYS_io_uring_setup, 4, params)); }
static void bpf_map(const char *n) {
    union bpf_attr attr; memset(&attr, 0, sizeof attr);
    attr.map_type = BPF_MAP_TYPE_ARRAY; attr.key_size = 4; attr.value_size = 4; attr.max_entries = 1;
    judged(n, syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}
static void performance(const char *n) {
    struct perf_event_attr attr; memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr; attr.type = PERF_TYPE_SOFTWARE; attr.config = PERF_COUNT_SW_CPU_CLOCK;
    judged(n, syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0));
}
static void user_faults(const char *n) { judged(n, syscall(SYS_userfaultfd, 0)); }
static void fan_notify(const char *n) { judged(n, syscall(SYS_fanotify_init, 0, 0)); }

static void raw_socket(const char *n) { judged(n, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static void raw_socket6(const char *n) { permitted(n, socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)); }
static void packet_socket(const char *n) { judged(n, socket(AF_PACKET, SOCK_RAW, htons(3))); }
static void vsock(const char *n) { permitted(n, socket(40 /* AF_VSOCK */, SOCK_STREAM, 0)); }
static void families(const char *n) {
    const int list[] = {15 /* KEY */, 19 /* BLUETOOTH */, 21 /* RDS */, 29 /* CAN */, 30 /* TIPC */, 39 /* NFC */, 43 /* SMC */, 44 /* XDP */};
    char evidence[160] = "";
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        int types[] = {SOCK_RAW, SOCK_STREAM, SOCK_SEQPACKET};
        for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
            int fd = socket(list[i], types[k], 0);
            if (fd < 0) { snprintf(evidence, sizeof evidence, "family %d: %s", list[i], strerror(errno)); continue; }
            snprintf(evidence, sizeof evidence, "family %d", list[i]);
            tell(n, "escaped", evidence);
            return;
        }
    }
    tell(n, "blocked", evidence);
}
static void routes(const char *n) {
    /* The route to loopback once more: it does not change where anything goes. */
    struct { struct nlmsghdr head; struct rtmsg route; struct rtattr attr; uint32_t to; struct rtattr oif; uint32_t device; } ask = {
        .head = {sizeof ask, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0},
        .route = {AF_INET, 32, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_LINK, RTN_UNICAST, 0},
        .attr = {8, RTA_DST}, .to = htonl(0x7f0000fe), .oif = {8, RTA_OIF}, .device = 1};
    struct { struct nlmsghdr head; struct nlmsgerr error; char more[256]; } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) { judged(n, fd); return; }
    if (send(fd, &ask, sizeof ask, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < (ssize_t)(sizeof answer.head + 4)) { judged(n, -1); return; }
    errno = -answer.error.error;
    if (answer.error.error == 0) { ask.head.nlmsg_type = RTM_DELROUTE; if (send(fd, &ask, sizeof ask, 0) < 0) errno = EIO; }
    judged(n, answer.error.error == 0 ? 0 : -1);
}
static void link_up(const char *n) {
    struct ifreq request; memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo"); request.ifr_mtu = 65000;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    judged(n, ioctl(fd, SIOCSIFMTU, &request));
}
static void mark(const char *n) { int one = 1; judged(n, setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_MARK, &one, sizeof one)); }
static void transparent(const char *n) { int one = 1; judged(n, setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_IP, IP_TRANSPARENT, &one, sizeof one)); }
static void low_port(const char *n) {
    /* Not a way out: whether the agent could take the place of a server that others of its pod expect. */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr = {htonl(INADDR_ANY)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        int came = poll(&wait, 1, 2000);
        tell(n, came > 0 ? "escaped" : "blocked", came > 0 ? "somebody came" : "it listens, and nobody comes");
        return;
    }
    judged(n, -1);
}
static void terminal(const char *n) {
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) { judged(n, fd); return; }
    judged(n, ioctl(fd, TIOCSTI, "\n"));
}
static void shared_memory(const char *n) {
    char line[256];
    FILE *list = fopen("/proc/sysvipc/shm", "re");
    int rows = -1;
    while (list && fgets(line, sizeof line, list)) rows++;
    if (list) fclose(list);
    tell(n, rows > 0 ? "escaped" : "blocked", rows > 0 ? "there are segments of others" : "there are none");
}
static void block_device(const char *n) { judged(n, mknod("/tmp/escape-block", S_IFBLK | 0600, makedev(8, 0))); unlink("/tmp/escape-block"); }
static void char_device(const char *n) { judged(n, mknod("/tmp/escape-memory", S_IFCHR | 0600, makedev(1, 1))); unlink("/tmp/escape-memory"); }
static void devices(const char *n) {
    static const char *const paths[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/kvm",
        "/dev/net/tun", "/dev/fuse", "/dev/vsock", "/dev/vhost-vsock", "/dev/vhost-net", "/dev/loop-control", "/dev/mapper/control", "/dev/uinput", NULL};
    writable(n, paths);
}
static void kernel_memory(const char *n) { static const char *const p[] = {"/proc/kcore", "/proc/kpageflags", "/proc/kmsg", NULL}; readable(n, p); }
static void kernel_settings(const char *n) { static const char *const p[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/net/ipv4/ip_forward", NULL}; writable(n, p); }
static void system_request(const char *n) { static const char *const p[] = {"/proc/sysrq-trigger", "/proc/timer_list", NULL}; writable(n, p); }
static void system_files(const char *n) { static const char *const p[] = {"/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/module/kernel/parameters/panic", NULL}; writable(n, p); }
static void release_agent(const char *n) {
    static const char *const p[] = {"/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/rdma/release_agent", "/sys/fs/cgroup/pids/release_agent",
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max", NULL};
    if (mkdir("/sys/fs/cgroup/escape", 0700) == 0) { rmdir("/sys/fs/cgroup/escape"); tell(n, "escaped", "a cgroup was made"); return; }
    writable(n, p);
}
static void debug_files(const char *n) { static const char *const p[] = {"/sys/kernel/debug/sched/features", "/sys/kernel/tracing/trace", "/sys/kernel/security/lockdown", "/sys/firmware/efi/efivars", NULL}; writable(n, p); }
static void priority(const char *n) { judged(n, setpriority(PRIO_PROCESS, 0, -20)); }
static void real_time(const char *n) { struct sched_param p = {.sched_priority = 1}; judged(n, sched_setscheduler(0, SCHED_FIFO, &p)); }
static void more_files(const char *n) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max += 1; limit.rlim_cur = limit.rlim_max;
    judged(n, setrlimit(RLIMIT_NOFILE, &limit));
}
static void immunity(const char *n) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    judged(n, fd < 0 ? -1 : write(fd, "-1000", 5));
}

static const struct { const char *name; void (*way)(const char *); } ways[] = {
    {"setuid-root", become_root}, {"setgid-root", become_group}, {"setuid-other", become_somebody},
    {"new-privileges", new_privileges}, {"capabilities", capabilities}, {"ambient-capability", ambient}, {"no-seccomp", seccomp_off},
    {"mount-tmpfs", mount_tmpfs}, {"mount-proc", mount_proc}, {"mount-bind", mount_bind}, {"mount-remount-root", mount_remount},
    {"mount-cgroup", mount_cgroup}, {"mount-fsopen", mount_fsopen}, {"mount-open-tree", mount_tree}, {"unmount-proc", unmount},
    {"chroot", change_root}, {"pivot-root", pivot}, {"unshare-user", user_namespace}, {"unshare-net", net_namespace},
    {"unshare-mount", mount_namespace}, {"clone-user", clone_namespace}, {"clone3-user", clone3_namespace}, {"setns", enter_namespace},
    {"open-by-handle", file_handle}, {"ptrace-others", trace}, {"signal-others", signal_others}, {"init-module", module}, {"kexec", kexec},
    {"swapon", swap_on}, {"acct", accounting}, {"sethostname", host_name}, {"set-clock", clock_set}, {"iopl", io_port}, {"kernel-log", kernel_log},
    {"keyring", keyring}, {"io-uring", ring}, {"bpf", bpf_map}, {"perf-event", performance}, {"userfaultfd", user_faults},
    {"fanotify", fan_notify}, {"raw-socket", raw_socket}, {"raw-socket-v6", raw_socket6}, {"packet-socket", packet_socket},
    {"vsock", vsock}, {"socket-families", families}, {"netlink-route", routes}, {"interface-settings", link_up}, {"socket-mark", mark},
    {"ip-transparent", transparent}, {"impersonate-gateway", low_port}, {"terminal-input", terminal}, {"sysv-shared-memory", shared_memory},
    {"mknod-block", block_device}, {"mknod-char", char_device}, {"device-nodes", devices}, {"kernel-memory", kernel_memory},
    {"proc-sys", kernel_settings}, {"sysrq", system_request}, {"sys-files", system_files}, {"cgroup-release-agent", release_agent},
    {"debug-files", debug_files}, {"priority", priority}, {"real-time", real_time}, {"raise-rlimit", more_files}, {"oom-immunity", immunity},
};

static void alone(const char *name, void (*way)(const char *)) {
    int status = 0;
    pid_t pid = fork();
    if (pid < 0) { tell(name, "not-applicable", "no process could be made"); return; }
    if (pid == 0) { alarm(SECONDS); way(name); _exit(0); }
    if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status)) {
        char evidence[64];
        snprintf(evidence, sizeof evidence, "signal %d ended it", WTERMSIG(status));
        tell(name, "blocked", evidence);
    }
}

/* An echo request from a socket that needs no privilege, where the kernel gives one. */
static int echoed(const char *address, char *evidence, size_t size) {
    int six = strchr(address, ':') != NULL;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1) return 0;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    if (fd < 0) { snprintf(evidence, size, "no socket: %s", strerror(errno)); return 0; }
    unsigned char packet[32] = {six ? ICMP6_ECHO_REQUEST : ICMP_ECHO, 0}, answer[256];
    packet[7] = 1;
    memcpy(packet + 8, "pure-agent-escape", 17);
    long sent = six ? sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&v6, sizeof v6)
                    : sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&v4, sizeof v4);
    struct pollfd wait = {fd, POLLIN, 0};
    int got = 0;
    if (sent < 0) snprintf(evidence, size, "%s: %s", address, strerror(errno));
    else if (poll(&wait, 1, 2000) > 0 && recv(fd, answer, sizeof answer, 0) > 0) got = 1;
    else snprintf(evidence, size, "%s: no answer", address);
    if (got) snprintf(evidence, size, "%s answered", address);
    close(fd);
    return got;
}

static void forks(int most) {
    char evidence[96];
    int count = 0, ends[2];
    if (most > 10000 || pipe(ends) < 0) { judged("forks", -1); return; }
    for (; count < most; count++) {
        pid_t pid = fork();
        if (pid < 0) break;
        /* Each ends when this process does: nobody else holds the other end. */
        if (pid == 0) { char byte; close(ends[1]); alarm(20); _exit(read(ends[0], &byte, 1) < 0); }
    }
    snprintf(evidence, sizeof evidence, "%d of %d processes%s%s", count, most, count < most ? ": " : "", count < most ? strerror(errno) : "");
    tell("forks", count < most ? "blocked" : "escaped", evidence);
    close(ends[1]);
    while (wait(NULL) > 0) {}
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_DFL);
    if (argc > 1 && strcmp(argv[1], "icmp") == 0) {
        char evidence[160] = "there is no address";
        int got = 0;
        for (int i = 2; i < argc && !got; i++) got = echoed(argv[i], evidence, sizeof evidence);
        tell("icmp", got ? "escaped" : "blocked", evidence);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "fifo") == 0) { judged("fifo", mkfifo(argv[2], 0666)); return 0; }
    if (argc > 2 && strcmp(argv[1], "kill") == 0) { judged("kill", kill(atoi(argv[2]), SIGKILL)); return 0; }
    if (argc > 2 && strcmp(argv[1], "forks") == 0) { forks(atoi(argv[2])); return 0; }
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) alone(ways[i].name, ways[i].way);
    return 0;
}
