#!/usr/bin/python3 -I
"""Tries to leave, to see and to change what is not the agent's. Writes for each attempt what came of it."""

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import socket
import stat
import subprocess
import urllib.request

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = json.load(open(os.path.join(HERE, "targets.json")))
ATTEMPTS = []
NO = (errno.EPERM, errno.ENOSYS, errno.EACCES, errno.EAFNOSUPPORT)


def attempt(function):
    ATTEMPTS.append(function)
    return function


def call(number, *arguments):
    """A call of the kernel that must not be had; gives what it returned where it was."""
    ctypes.set_errno(0)
    got = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    if got == -1 and ctypes.get_errno() in NO:
        return None
    return f"call {number} gave {got}, {errno.errorcode.get(ctypes.get_errno())}"


def refused(name, number, *arguments):
    if X86:
        run = lambda: call(number, *arguments)
        run.__name__ = f"call_{name}"
        ATTEMPTS.append(run)


for name, number, *arguments in [
    ("mount", 165, 0, 0, 0, 0, 0), ("umount2", 166, 0, 0), ("pivot_root", 155, 0, 0), ("chroot", 161, 0),
    ("open_tree", 428, -100, 0, 1), ("move_mount", 429, -1, 0, -1, 0, 0), ("fsopen", 430, 0, 0), ("mount_setattr", 442, -1, 0, 0, 0, 0),
    ("unshare_user", 272, 0x10000000), ("unshare_net", 272, 0x40000000), ("unshare_mounts", 272, 0x20000), ("setns", 308, 0, 0),
    ("clone_user", 56, 0x10000000 | 17, 0, 0, 0, 0), ("clone3", 435, 0, 0),
    ("ptrace_attach", 101, 16, 1, 0, 0), ("process_vm_readv", 310, 1, 0, 0, 0, 0, 0), ("process_vm_writev", 311, 1, 0, 0, 0, 0, 0),
    ("pidfd_getfd", 438, 0, 0, 0), ("kcmp", 312, 1, 1, 0, 0, 0),
    ("keyctl", 250, 0, 0, 0, 0, 0), ("add_key", 248, 0, 0, 0, 0, 0), ("request_key", 249, 0, 0, 0, 0),
    ("bpf", 321, 0, 0, 0), ("perf_event_open", 298, 0, 0, -1, -1, 0), ("userfaultfd", 323, 0), ("io_uring_setup", 425, 1, 0),
    ("open_by_handle_at", 304, -100, 0, 0), ("name_to_handle_at", 303, -100, 0, 0, 0, 0),
    ("kexec_load", 246, 0, 0, 0, 0), ("init_module", 175, 0, 0, 0), ("finit_module", 313, -1, 0, 0), ("reboot", 169, 0, 0, 0, 0),
    ("settimeofday", 164, 0, 0), ("clock_settime", 227, 0, 0), ("sethostname", 170, 0, 0), ("swapon", 167, 0, 0), ("acct", 163, 0),
    ("quotactl", 179, 0, 0, 0, 0), ("syslog", 103, 3, 0, 0), ("iopl", 172, 3), ("ioperm", 173, 0, 1, 1), ("modify_ldt", 154, 0, 0, 0),
    ("fanotify_init", 300, 0, 0), ("lookup_dcookie", 212, 0, 0, 0), ("personality", 135, 0x0400000),
    ("x32_write", 0x40000001, 1, 0, 0), ("x32_mount", 0x40000000 + 165, 0, 0, 0, 0, 0),
]:
    refused(name, number, *arguments)


def no_socket(name, *kind):
    def run():
        try:
            socket.socket(*kind).close()
        except OSError as e:
            return None if e.errno in NO else f"{e}"
        return "it is open"

    run.__name__ = f"socket_{name}"
    ATTEMPTS.append(run)


for name, *kind in [
    ("raw_4", socket.AF_INET, socket.SOCK_RAW, 1), ("raw_6", socket.AF_INET6, socket.SOCK_RAW, 58), ("packet", 17, socket.SOCK_RAW, 0),
    ("vsock", 40, socket.SOCK_STREAM, 0), ("audit", 16, socket.SOCK_RAW, 9), ("generic_netlink", 16, socket.SOCK_RAW, 16),
    ("netfilter", 16, socket.SOCK_RAW, 12), ("alg", 38, socket.SOCK_SEQPACKET, 0), ("bluetooth", 31, socket.SOCK_RAW, 1),
    ("xdp", 44, socket.SOCK_RAW, 0), ("can", 29, socket.SOCK_RAW, 1), ("tipc", 30, socket.SOCK_STREAM, 0), ("ppp", 24, socket.SOCK_DGRAM, 0),
]:
    no_socket(name, *kind)


def no_connection(name, address, family=socket.AF_INET):
    def run():
        s = socket.socket(family, socket.SOCK_STREAM)
        s.settimeout(2)
        try:
            s.connect(address)
        except OSError:
            return None
        return f"{address} is open"

    run.__name__ = f"connect_{name}"
    ATTEMPTS.append(run)


for at, (host, port) in enumerate(TARGETS["tcp"]):
    no_connection(f"machine_{at}", (host, port), socket.AF_INET6 if ":" in host else socket.AF_INET)
for at, name in enumerate(TARGETS["unix"]):
    no_connection(f"unix_{at}", name.replace("@", "\0", 1) if name.startswith("@") else name, socket.AF_UNIX)
no_connection("control", ("gateway.pure-agent", 9090))
no_connection("export", ("gateway.pure-agent", 9091))
no_connection("metadata", ("169.254.169.254", 80))
no_connection("metadata_6", ("fd00:ec2::254", 80), socket.AF_INET6)
no_connection("outside", ("198.51.100.1", 443))
no_connection("outside_6", ("2001:db8::1", 443), socket.AF_INET6)
no_connection("api", ("172.18.0.2", 6443))


@attempt
def dns_by_udp():
    for host in ["198.51.100.53", *TARGETS["resolvers"]]:
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(1)
        try:
            s.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1", (host, 53))
            return f"{host} answers {s.recv(512)}"
        except OSError:
            pass


@attempt
def names():
    try:
        return str(socket.getaddrinfo("example.com", 443))
    except OSError:
        return None


@attempt
def another_interface():
    message = b"\x20\0\0\0\x10\0\5\6\1\0\0\0\0\0\0\0" + b"\0" * 16
    with socket.socket(16, socket.SOCK_RAW, 0) as s:
        s.send(message)
        answer = s.recv(256)
    code = int.from_bytes(answer[16:20], "little", signed=True)
    return None if code in (-errno.EPERM, -errno.EOPNOTSUPP) else f"netlink answers {code}"


@attempt
def broadcast():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try:
        s.sendto(b"x", ("255.255.255.255", 9))
    except OSError:
        return None
    return "it was sent"


def holds(path):
    try:
        with open(path, "rb") as f:
            return f.read(64)
    except OSError:
        return b""


@attempt
def files_of_users():
    seen = [p for p in ("/root", "/home", "/srv", "/mnt", "/opt", "/media") if os.path.isdir(p)]
    found = {p: os.listdir(p) for p in seen}
    found.get("/home", []).remove("agent")
    left = {p: names for p, names in found.items() if names}
    return str(left) if left else None


@attempt
def files_of_the_system():
    secret = ["/etc/shadow", "/etc/sudoers", "/etc/ssh", "/etc/machine-id", "/etc/kubernetes", "/var/lib", "/var/log", "/sys/kernel", "/boot"]
    found = [path for path in secret if os.path.exists(path)]
    users = open("/etc/passwd").read().splitlines()
    return str(found or users) if found or len(users) != 2 else None


@attempt
def files_of_the_run():
    secret = ["/run/secrets", "/etc/pure-agent", "/record", "/outbox", "/run/answer", TARGETS["folder"] + "/contract.json", TARGETS["folder"] + "/record"]
    found = [path for path in secret if os.path.exists(path)]
    return str(found) if found else None


@attempt
def sockets_of_the_machine():
    found = []
    for folder in ("/run", "/var", "/tmp", "/dev"):
        for at, _, files in os.walk(folder):
            found += [f"{at}/{f}" for f in files if stat.S_ISSOCK(os.lstat(f"{at}/{f}").st_mode)]
    return str(found) if found else None


@attempt
def writes():
    done = []
    for path in ("/x", "/usr/x", "/usr/bin/sh", "/etc/x", "/etc/passwd", "/run/x", "/run/pure-agent/bearer", "/run/pure-agent/pure-agent-runtime",
                 "/dev/x", "/var/x", f"{HERE}/x", f"{HERE}/agent", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
                 "/proc/sysrq-trigger", "/proc/1/oom_score_adj_", "/proc/self/uid_map"):
        try:
            with open(path, "a") as f:
                f.write("x")
                f.flush()
            done.append(path)
        except OSError:
            pass
    return str(done) if done else None


@attempt
def links_out():
    for path in ("../../../../../../etc/shadow", "/proc/self/root/../../etc/shadow", "/proc/1/root/etc/shadow", "/proc/1/cwd/../etc/shadow", "/dev/fd/../root/etc/shadow"):
        if holds(path):
            return path


@attempt
def open_folders():
    for process in [p for p in os.listdir("/proc") if p.isdigit()]:
        try:
            for fd in os.listdir(f"/proc/{process}/fd"):
                leads = os.readlink(f"/proc/{process}/fd/{fd}")
                if leads.startswith("/") and not leads.startswith(("/dev/", "/proc/", "/workspace", "/tmp", HERE)):
                    return f"{process} has {leads} open"
        except OSError:
            pass


@attempt
def processes_of_others():
    lines = {p: holds(f"/proc/{p}/cmdline") for p in os.listdir("/proc") if p.isdigit()}
    strange = {p: line for p, line in lines.items() if line and not any(w in line for w in (b"agent", b"python", b"sh\0"))}
    return str(strange) if strange or len(lines) > 8 else None


@attempt
def what_others_were_told():
    for process in [p for p in os.listdir("/proc") if p.isdigit()]:
        for part in ("environ", "cmdline"):
            try:
                text = open(f"/proc/{process}/{part}", "rb").read()
            except OSError:
                continue
            if b"PURE_AGENT_UID" in text or b"--uid" in text or b"MARK_OF_THE_USER" in text:
                return f"{part} of {process}"


@attempt
def memory_of_others():
    for path in ("/proc/1/mem", "/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/kmsg", "/dev/port"):
        try:
            with open(path, "rb+" if path == "/proc/1/mem" else "rb") as f:
                f.seek(4096)
                if f.read(1):
                    return path
        except (OSError, ValueError):
            pass


@attempt
def what_the_kernel_tells():
    for path in ("/proc/kallsyms", "/proc/keys", "/proc/timer_list", "/proc/kmsg", "/proc/sched_debug"):
        if holds(path):
            return path


@attempt
def the_first_process():
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(1, number)
        except OSError:
            pass
    state = [line for line in open("/proc/1/status") if line.startswith("State")]
    return None if "S" in state[0] or "R" in state[0] else str(state)


@attempt
def everybody():
    me = os.getpid()
    # Whoever is not of this container would have this number, too.
    try:
        os.kill(TARGETS["process"], 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "the number of the run is known"
    return None if TARGETS["process"] <= me else "the run itself is there"


@attempt
def rights():
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    wrong = {name: status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status[name], 16)}
    if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2" or "0" in status["Uid"].split():
        wrong["status"] = status["Uid"]
    return str(wrong) if wrong else None


@attempt
def becoming_root():
    for become in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)):
        try:
            become()
            return "it is root"
        except OSError:
            pass


@attempt
def programs_of_root():
    for program in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["pkexec", "id", "-u"], ["mount"], ["newuidmap", "1", "0", "0", "1"]):
        try:
            done = subprocess.run(program, capture_output=True, timeout=10, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.stdout.strip() == b"0":
            return str(program)


@attempt
def a_program_of_another_user():
    with open("/tmp/program", "w") as f:
        f.write("#!/bin/sh\nid -u\n")
    os.chmod("/tmp/program", 0o6755)
    if subprocess.run(["/tmp/program"], capture_output=True).stdout.strip() in (b"0", b""):
        return "it ran as somebody else"


@attempt
def a_device():
    for path, kind, number in (("/tmp/d", stat.S_IFBLK, os.makedev(8, 0)), ("/workspace/d", stat.S_IFCHR, os.makedev(1, 1))):
        try:
            os.mknod(path, kind | 0o666, number)
            open(path, "rb").read(1)
            return path
        except OSError:
            pass


@attempt
def typing_for_others():
    import fcntl

    master, worker = os.openpty()
    for request in (0x5412, 0x541C):
        try:
            fcntl.ioctl(worker, request, b"x")
            return hex(request)
        except OSError as e:
            if e.errno not in NO:
                return str(e)


@attempt
def a_terminal():
    try:
        os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return None
    return "it has the terminal of the run"


@attempt
def new_privileges():
    # PR_SET_NO_NEW_PRIVS off, PR_CAPBSET_READ of CAP_SYS_ADMIN
    off = LIBC.prctl(38, 0, 0, 0, 0) == 0
    return "no_new_privs is off" if off or LIBC.prctl(23, 21, 0, 0, 0) == 1 else None


@attempt
def another_kind_of_call():
    if not X86:
        return None
    # getpid by int 0x80, as a program of 32 bits
    child = os.fork()
    if child == 0:
        import mmap

        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
        function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
        os._exit(0 if function() == os.getpid() else 1)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) != 0 else "a call of 32 bits was answered"


@attempt
def bounds():
    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    core, _ = resource.getrlimit(resource.RLIMIT_CORE)
    size = os.statvfs("/tmp")
    return None if 0 < most <= 8192 and core <= 1 and size.f_blocks * size.f_frsize <= 2 << 30 else f"{most} {core} {size}"


@attempt
def shared_memory():
    lines = [len(open(f"/proc/sysvipc/{kind}").read().splitlines()) for kind in ("shm", "sem", "msg")]
    return None if lines == [1, 1, 1] else str(lines)


def asks(path, method="GET", body=None, bearer=None, **fields):
    headers = {"Content-Type": "application/json"} | fields
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(os.environ["PURE_AGENT_GATEWAY"] + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code


@attempt
def another_claim():
    body = json.dumps({"cycle": 1, "proof": "0" * 64}).encode()
    status = asks("/v1/claim", "POST", body)
    return None if status >= 400 else f"{status}"


@attempt
def no_bearer_and_another():
    got = [asks("/v1/inputs"), asks("/v1/inputs", bearer="x" * 43), asks("/v1/record", bearer=os.environ["PURE_AGENT_BEARER"]),
           asks("/metrics", bearer=os.environ["PURE_AGENT_BEARER"])]
    return None if all(status >= 400 for status in got) else str(got)


@attempt
def a_tunnel():
    s = socket.create_connection(("gateway.pure-agent", 8080), 5)
    host = f"127.0.0.1:{TARGETS['tcp'][0][1]}"
    s.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {os.environ['PURE_AGENT_BEARER']}\r\n\r\n".encode())
    answer = s.recv(64)
    return None if b" 200" not in answer else str(answer)


@attempt
def a_route():
    port = TARGETS["tcp"][0][1]
    got = [asks(f"/http/127.0.0.1:{port}/", bearer=os.environ["PURE_AGENT_BEARER"]), asks("/http/localhost/", bearer=os.environ["PURE_AGENT_BEARER"])]
    return None if all(status >= 400 for status in got) else str(got)


@attempt
def links_for_whoever_packs():
    for name, to in (("shadow", "/etc/shadow"), ("root", "/"), ("up", "../../.."), ("key", "/run/secrets/pure-agent-key/key")):
        os.symlink(to, f"/workspace/{name}")
    os.mkfifo("/workspace/pipe")
    socket.socket(socket.AF_UNIX).bind("/workspace/socket")


def outcome(function):
    try:
        return function()
    except Exception as e:  # what cannot be tried is not known to be closed
        return f"{type(e).__name__}: {e}"


results = {function.__name__: outcome(function) for function in ATTEMPTS}
with open("/workspace/attempts.json", "w") as f:
    json.dump(results, f, indent=1)
