/* A stand-in for every role of a run: does what the role's place in the cluster allows, and nothing that a
 * real runtime does. It tries every address that it is told and prints one JSON line with what it found, so
 * that a test can compare the network, the files and the environment with what was declared.
 *
 *   standin ROLE ...          gateway, start, agent, router, pack, export: the command lines of the pods
 *   standin probe             prints what is reachable, then sleeps (a pod to compare with)
 *   standin ANYTHING ELSE     listens on the ports of /ports
 *
 * Addresses to try: lines `LABEL tcp|udp ADDRESS PORT` of /probes. Outcomes: `open`; `refused` (something
 * answered); `silent`; `unreachable`. Static, without name service: it runs in an empty image.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 128, PATIENCE_MS = 3000 };

struct probe {
    char label[96], kind[8], address[64];
    int port, fd;
    const char *outcome;
};

static struct probe probes[MOST];
static int count;
static char line[65536];
static size_t used;

static void say(const char *text) {
    size_t n = strlen(text);
    if (used + n < sizeof line) { memcpy(line + used, text, n); used += n; }
}

static void quoted(const char *text) {
    say("\"");
    for (; *text; text++) {
        char one[2] = {*text, 0};
        if (*text == '"' || *text == '\\') say("\\");
        if ((unsigned char)*text >= ' ') say(one);
    }
    say("\"");
}

static void field(const char *key, const char *value) { say(", "); quoted(key); say(": "); quoted(value); }

static void finish_line(void) {
    say("}\n");
    for (size_t at = 0; at < used;) {
        ssize_t n = write(1, line + at, used - at);
        if (n <= 0) break;
        at += (size_t)n;
    }
    used = 0;
}

static void begin(const char *role) { used = 0; say("{\"role\": "); quoted(role); }

static void add(const char *label, const char *kind, const char *address, int port) {
    if (count == MOST) return;
    struct probe *p = &probes[count++];
    snprintf(p->label, sizeof p->label, "%s", label);
    snprintf(p->kind, sizeof p->kind, "%s", kind);
    snprintf(p->address, sizeof p->address, "%s", address);
    p->port = port; p->fd = -1; p->outcome = "silent";
}

static void read_probes(void) {
    FILE *f = fopen("/probes", "r");
    char label[96], kind[8], address[64]; int port;
    if (!f) return;
    while (fscanf(f, "%95s %7s %63s %d", label, kind, address, &port) == 4) add(label, kind, address, port);
    fclose(f);
}

static socklen_t where(const char *address, int port, struct sockaddr_storage *out) {
    struct sockaddr_in *v4 = (void *)out; struct sockaddr_in6 *v6 = (void *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET; v4->sin_port = htons((unsigned short)port); return sizeof *v4;
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6; v6->sin6_port = htons((unsigned short)port); return sizeof *v6;
    }
    return 0;
}

static const char *meaning(int error) {
    switch (error) {
    case 0: return "open";
    case ECONNREFUSED: case ECONNRESET: return "refused";
    case EINPROGRESS: case EAGAIN: case ETIMEDOUT: return "silent";
    default: return "unreachable";
    }
}

/* A question for `kubernetes.default.svc.cluster.local`, type A. */
static const unsigned char question[] =
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0akubernetes\x07" "default\x03svc\x07" "cluster\x05local\x00\x00\x01\x00\x01";

static void start_probe(struct probe *p) {
    struct sockaddr_storage to;
    socklen_t size = where(p->address, p->port, &to);
    int udp = !strcmp(p->kind, "udp");
    if (!size) { p->outcome = "unreachable"; return; }
    p->fd = socket(to.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    if (p->fd < 0) { p->outcome = "unreachable"; return; }
    int error = connect(p->fd, (void *)&to, size) ? errno : 0;
    if (udp && !error) error = send(p->fd, question, sizeof question - 1, 0) < 0 ? errno : EINPROGRESS;
    p->outcome = meaning(error);
    if (error != EINPROGRESS) { close(p->fd); p->fd = -1; }
}

static void settle(struct probe *p) {
    int error = 0; socklen_t size = sizeof error; char answer[512];
    if (!strcmp(p->kind, "udp")) error = recv(p->fd, answer, sizeof answer, 0) < 0 ? errno : 0;
    else getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    p->outcome = meaning(error);
    close(p->fd); p->fd = -1;
}

/* Tries everything at once. */
static void try_all(void) {
    struct timespec begin_, now;
    clock_gettime(CLOCK_MONOTONIC, &begin_);
    for (int i = 0; i < count; i++) start_probe(&probes[i]);
    for (;;) {
        struct pollfd wait[MOST]; int index[MOST], waiting = 0;
        for (int i = 0; i < count; i++)
            if (probes[i].fd >= 0) {
                wait[waiting] = (struct pollfd){probes[i].fd, !strcmp(probes[i].kind, "udp") ? POLLIN : POLLOUT, 0};
                index[waiting++] = i;
            }
        clock_gettime(CLOCK_MONOTONIC, &now);
        long left = PATIENCE_MS - ((now.tv_sec - begin_.tv_sec) * 1000 + (now.tv_nsec - begin_.tv_nsec) / 1000000);
        if (!waiting || left <= 0) break;
        poll(wait, (nfds_t)waiting, (int)left);
        for (int i = 0; i < waiting; i++) if (wait[i].revents) settle(&probes[index[i]]);
    }
    for (int i = 0; i < count; i++) if (probes[i].fd >= 0) { close(probes[i].fd); probes[i].fd = -1; }
}

static const char *outcome(const char *label) {
    for (int i = 0; i < count; i++) if (!strcmp(probes[i].label, label)) return probes[i].outcome;
    return "";
}

static void say_probes(void) {
    say(", \"probes\": {");
    for (int i = 0; i < count; i++) {
        if (i) say(", ");
        quoted(probes[i].label); say(": "); quoted(probes[i].outcome);
    }
    say("}");
}

static int readable(const char *path) {
    char byte; int fd = open(path, O_RDONLY), ok = fd >= 0 && read(fd, &byte, 1) == 1;
    if (fd >= 0) close(fd);
    return ok;
}

static int writable(const char *directory) {
    char path[256]; snprintf(path, sizeof path, "%s/.tried", directory);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    if (fd >= 0) { close(fd); unlink(path); }
    return fd >= 0;
}

/* What this container can see of itself: user, names of variables, files that matter. */
static void say_place(char **environment) {
    static const char *const seen[] = {"/var/run/secrets/kubernetes.io", "/etc/pure-agent/contract.json", "/run/secrets/pure-agent-key/key",
        "/run/pure-agent/pure-agent-runtime", "/workspace", "/outbox", "/record", NULL};
    static const char *const tried[] = {"/", "/tmp", "/workspace", "/outbox", "/record", "/run/pure-agent", "/home/agent", NULL};
    char text[32]; const char *comma = "";
    snprintf(text, sizeof text, "%d", (int)getuid()); field("uid", text);
    say(", \"env\": [");
    for (char **one = environment; *one; one++) {
        char name[128]; snprintf(name, sizeof name, "%.*s", (int)strcspn(*one, "="), *one);
        say(comma); quoted(name); comma = ", ";
    }
    say("], \"seen\": [");
    comma = "";
    for (int i = 0; seen[i]; i++) if (!access(seen[i], F_OK)) { say(comma); quoted(seen[i]); comma = ", "; }
    say("], \"secrets\": [");
    comma = "";
    DIR *secrets = opendir("/run/secrets/pure-agent");
    for (struct dirent *entry; secrets && (entry = readdir(secrets));) {
        char path[512]; snprintf(path, sizeof path, "/run/secrets/pure-agent/%s", entry->d_name);
        if (entry->d_name[0] != '.' && readable(path)) { say(comma); quoted(entry->d_name); comma = ", "; }
    }
    if (secrets) closedir(secrets);
    say("], \"writable\": [");
    comma = "";
    for (int i = 0; tried[i]; i++) if (writable(tried[i])) { say(comma); quoted(tried[i]); comma = ", "; }
    say("]");
}

/* The address that /etc/hosts gives a name. */
static int known_as(const char *name, char *address) {
    FILE *f = fopen("/etc/hosts", "r"); char text[512], first[64]; int found = 0;
    while (f && !found && fgets(text, sizeof text, f)) {
        char *hash = strchr(text, '#'); if (hash) *hash = 0;
        if (sscanf(text, "%63s", first) != 1) continue;
        for (char *word = strtok(text, " \t\n"); word; word = strtok(NULL, " \t\n"))
            if (!strcmp(word, name)) { strcpy(address, first); found = 1; }
    }
    if (f) fclose(f);
    return found;
}

/* Asks the gateway for its addresses, and adds its three ports in each family. */
static void add_gateway(void) {
    char address[64], answer[1024]; struct sockaddr_storage to; size_t got = 0;
    if (!known_as("gateway.pure-agent", address)) return;
    add("gateway-8080", "tcp", address, 8080); add("gateway-9090", "tcp", address, 9090); add("gateway-9091", "tcp", address, 9091);
    socklen_t size = where(address, 8080, &to);
    int fd = socket(to.ss_family, SOCK_STREAM, 0);
    struct timeval patience = {3, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (size && !connect(fd, (void *)&to, size) && write(fd, "GET /addresses HTTP/1.0\r\n\r\n", 27) == 27)
        for (ssize_t n; got < sizeof answer - 1 && (n = read(fd, answer + got, sizeof answer - 1 - got)) > 0;) got += (size_t)n;
    close(fd);
    answer[got] = 0;
    char *body = strstr(answer, "\r\n\r\n");
    for (char *word = body ? strtok(body, " \r\n") : NULL; word; word = strtok(NULL, " \r\n"))
        if (strchr(word, ':')) {
            add("gateway-8080-v6", "tcp", word, 8080); add("gateway-9090-v6", "tcp", word, 9090); add("gateway-9091-v6", "tcp", word, 9091);
        }
}

static int listen_on(int port) {
    int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1, zero = 0;
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port), .sin6_addr = in6addr_any};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, (void *)&at, sizeof at) || listen(fd, 64)) { perror("listen"); exit(1); }
    return fd;
}

/* Answers every request with this pod's addresses. */
static void serve(const int *ports, int n) {
    struct pollfd wait[16]; char body[1024] = "", reply[2048];
    struct ifaddrs *all = NULL; getifaddrs(&all);
    for (struct ifaddrs *one = all; one; one = one->ifa_next) {
        char text[64]; if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK)) continue;
        if (one->ifa_addr->sa_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text, sizeof text);
        else if (one->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr))
            inet_ntop(AF_INET6, &((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr, text, sizeof text);
        else continue;
        strcat(body, text); strcat(body, "\n");
    }
    int size = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(body), body);
    for (int i = 0; i < n; i++) wait[i] = (struct pollfd){listen_on(ports[i]), POLLIN, 0};
    for (;;) {
        if (poll(wait, (nfds_t)n, -1) < 0) continue;
        for (int i = 0; i < n; i++) {
            if (!wait[i].revents) continue;
            int fd = accept(wait[i].fd, NULL, NULL); char request[2048]; struct timeval patience = {1, 0};
            if (fd < 0) continue;
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            if (read(fd, request, sizeof request) > 0 && write(fd, reply, (size_t)size) < 0) perror("reply");
            close(fd);
        }
    }
}

static const char *option(int argc, char **argv, const char *name) {
    for (int i = 2; i + 1 < argc; i++) if (!strcmp(argv[i], name)) return argv[i + 1];
    return NULL;
}

static void need(int holds, const char *what) {
    if (holds) return;
    begin("failure"); field("missing", what); finish_line();
    exit(1);
}

/* What every pod of the runtime's image has. */
static void need_contract(int argc, char **argv) {
    const char *path = option(argc, argv, "--contract"), *digest = option(argc, argv, "--digest"), *bundle = option(argc, argv, "--bundle");
    need(path && readable(path), "contract");
    need(digest && strlen(digest) == 64, "digest");
    need(bundle && strlen(bundle) == 64 && strspn(bundle, "0") < 64, "bundle digest");
}

static void copy(const char *from, const char *to, int mode) {
    char buffer[65536]; ssize_t n; int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0700);
    need(in >= 0 && out >= 0, to);
    while ((n = read(in, buffer, sizeof buffer)) > 0) need(write(out, buffer, (size_t)n) == n, to);
    need(!fchmod(out, (mode_t)mode), to);
    close(in); close(out);
}

static void append(const char *path, const char *text) {
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0664);
    need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

/* As long as the image says, so that something can happen meanwhile. */
static void linger(void) {
    int seconds = 0; FILE *f = fopen("/linger", "r");
    if (f && fscanf(f, "%d", &seconds) == 1) sleep((unsigned)seconds);
    if (f) fclose(f);
}

static void report(const char *role, const char *cycle, char **environment) {
    read_probes(); add_gateway(); try_all();
    begin(role);
    if (cycle) field("cycle", cycle);
    say_probes(); say_place(environment); finish_line();
}

static void over(int signal_) { (void)signal_; _exit(0); }

int main(int argc, char **argv, char **environment) {
    const char *role = argc > 1 ? argv[1] : "", *cycle = option(argc, argv, "--cycle");
    signal(SIGTERM, over); signal(SIGPIPE, SIG_IGN);
    if (!strcmp(role, "gateway")) {
        need_contract(argc, argv);
        need(getenv("PURE_AGENT_UID") && getenv("PURE_AGENT_RUN") && getenv("PURE_AGENT_INPUTS"), "environment");
        need(readable("/run/secrets/pure-agent-key/key"), "key"); need(writable("/record"), "record");
        report(role, NULL, environment);
        serve((int[]){8080, 9090, 9091}, 3);
    } else if (!strcmp(role, "start")) {
        need_contract(argc, argv);
        need(getenv("PURE_AGENT_UID") && getenv("PURE_AGENT_RUN") && getenv("PURE_AGENT_CYCLE"), "environment");
        copy("/proc/self/exe", "/run/pure-agent/pure-agent-runtime", 0755);
        report(role, getenv("PURE_AGENT_CYCLE"), environment);
    } else if (!strcmp(role, "agent")) {
        need(cycle != NULL, "cycle");
        report(role, cycle, environment);
        append("/workspace/log", cycle); append("/workspace/log", "\n");
        linger();
        return !strcmp(cycle, "1") ? 3 : 0;
    } else if (!strcmp(role, "router")) {
        char next[16]; const char *phase = option(argc, argv, "--phase"), *code = option(argc, argv, "--exit-code");
        need_contract(argc, argv);
        need(readable("/run/secrets/pure-agent-key/key"), "key");
        need(cycle && phase && code, "arguments");
        report(role, cycle, environment);
        need(!strcmp(outcome("gateway-9090"), "open"), "gateway's control port");
        begin("told"); field("cycle", cycle); field("phase", phase); field("exit-code", code); finish_line();
        snprintf(next, sizeof next, "%d", atoi(cycle) + 1);
        int fd = open("/dev/termination-log", O_WRONLY | O_TRUNC); const char *answer = atoi(cycle) < 2 ? next : "stop";
        need(fd >= 0 && write(fd, answer, strlen(answer)) > 0, "termination message");
    } else if (!strcmp(role, "pack")) {
        need_contract(argc, argv);
        report(role, NULL, environment);
        copy("/workspace/log", "/outbox/log", 0644);
    } else if (!strcmp(role, "export")) {
        const char *cycles = option(argc, argv, "--cycles"), *packing = option(argc, argv, "--packing"); char text[64] = ""; int fd;
        need_contract(argc, argv);
        need(readable("/run/secrets/pure-agent-key/key"), "key");
        report(role, NULL, environment);
        need(cycles && packing && (fd = open("/outbox/log", O_RDONLY)) >= 0 && read(fd, text, sizeof text - 1) > 0, "outbox");
        for (char *c = text; *c; c++) if (*c == '\n') *c = ' ';
        begin("told"); field("cycles", cycles); field("packing", packing); field("log", text); finish_line();
    } else if (!strcmp(role, "probe")) {
        report(role, NULL, environment);
        for (;;) pause();
    } else {
        int ports[16], n = 0; FILE *f = fopen("/ports", "r");
        while (f && n < 16 && fscanf(f, "%d", &ports[n]) == 1) n++;
        need(n > 0, "/ports");
        serve(ports, n);
    }
    return 0;
}
