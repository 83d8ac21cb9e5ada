//! The container itself: what stands in files, variables, processes and open files, and what can be written.

use crate::{Attempt, Facts, Outcome};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

const NO_TOKEN: &str =
    "`automountServiceAccountToken: false`, and no volume of tokens: admission holds both";
const NO_ROOT: &str = "a root of its own: system folders and nothing else of the machine";
const ENVIRONMENT: &str = "the shim clears the environment and says what is the agent's";
const READ_ONLY: &str =
    "`readOnlyRootFilesystem`, and a read-only mount of what the start gate left";
const READ_ONLY_HERE: &str = "the root and what the start gate left are read-only mounts";
const OWN_PROCESSES: &str = "processes of the pod's other containers are not in its namespace; the shim holds what the agent has";

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "account-token",
        tries: "the places of service-account tokens and cloud identities",
        cluster: NO_TOKEN,
        local: NO_ROOT,
        way: tokens,
    },
    Attempt {
        name: "secret-files",
        tries: "the places of secrets, keys and contracts of the trusted roles",
        cluster: "the mounts are those of other containers",
        local: NO_ROOT,
        way: secrets,
    },
    Attempt {
        name: "home-files",
        tries: "credentials in the home folders of people: SSH, clouds, git, Docker, kubectl, browsers",
        cluster: "the image has no such folder",
        local: NO_ROOT,
        way: homes,
    },
    Attempt {
        name: "environment",
        tries: "credentials and addresses in the own environment",
        cluster: ENVIRONMENT,
        local: ENVIRONMENT,
        way: |_| environment("self"),
    },
    Attempt {
        name: "environment-of-first",
        tries: "the same in the environment of the first process",
        cluster: "the container has no variable with a credential; the UID is the init container's",
        local: ENVIRONMENT,
        way: |_| environment("1"),
    },
    Attempt {
        name: "environment-of-others",
        tries: "the same in every process that is to be seen",
        cluster: OWN_PROCESSES,
        local: "a PID namespace of its own",
        way: all_environments,
    },
    Attempt {
        name: "command-lines",
        tries: "credentials in the command lines of all processes",
        cluster: OWN_PROCESSES,
        local: "a PID namespace of its own",
        way: command_lines,
    },
    Attempt {
        name: "shim-memory",
        tries: "UIDs and proofs in the memory of the shim",
        cluster: "the shim never had them",
        local: "the shim never had them",
        way: memory,
    },
    Attempt {
        name: "open-files",
        tries: "files and sockets that somebody left open",
        cluster: "runtimes close what is not the container's",
        local: "the runner closes what is not the agent's",
        way: |_| open_files(),
    },
    Attempt {
        name: "unix-sockets",
        tries: "sockets of container engines, desktops, agents of SSH and GPG, anywhere in the files",
        cluster: "no path of the host is mounted: admission holds it",
        local: NO_ROOT,
        way: sockets,
    },
    Attempt {
        name: "other-roots",
        tries: "the files of others through `/proc/PID/root` and `/proc/PID/cwd`",
        cluster: OWN_PROCESSES,
        local: "a PID namespace of its own",
        way: roots,
    },
    Attempt {
        name: "other-volumes",
        tries: "volumes of other roles: outbox, record, contract, and what stands beside the workspace",
        cluster: "a `subPath` of the run's volume, and no other volume",
        local: NO_ROOT,
        way: volumes,
    },
    Attempt {
        name: "write-root",
        tries: "writing into the root and the system's folders",
        cluster: READ_ONLY,
        local: READ_ONLY_HERE,
        way: write_root,
    },
    Attempt {
        name: "replace-shim",
        tries: "another program in the place of the shim, by writing, renaming, linking and deleting",
        cluster: READ_ONLY,
        local: READ_ONLY_HERE,
        way: replace,
    },
    Attempt {
        name: "replace-settings",
        tries: "other settings in the place of those that the start gate left",
        cluster: READ_ONLY,
        local: READ_ONLY_HERE,
        way: settings,
    },
    Attempt {
        name: "replace-names",
        tries: "`/etc/hosts` and `/etc/resolv.conf`, which lead to the gateway",
        cluster: "both belong to root, and the agent is not",
        local: READ_ONLY_HERE,
        way: names,
    },
    Attempt {
        name: "debugger",
        tries: "`/proc/1/mem` for writing",
        cluster: "the first process is the shim: it holds nothing that the agent has not, and nothing trusts it",
        local: "the first process is not the agent's to change, or is the shim, which nothing trusts",
        way: write_memory,
    },
    Attempt {
        name: "host-processes",
        tries: "processes that are not the container's",
        cluster: "a PID namespace of its own",
        local: "a PID namespace of its own",
        way: processes,
    },
    Attempt {
        name: "namespace-of-host",
        tries: "namespaces that are shared with the host, by their numbers",
        cluster: "no host namespace: admission holds it",
        local: "user, mount, PID, IPC and network namespaces of its own",
        way: namespaces,
    },
];

fn found(paths: impl IntoIterator<Item = PathBuf>) -> Outcome {
    let mut count = 0;
    for path in paths {
        count += 1;
        let read = match path.is_dir() {
            true => fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()),
            false => fs::read(&path).is_ok_and(|bytes| !bytes.is_empty()),
        };
        if read {
            return Outcome::Escaped(path.display().to_string());
        }
    }
    Outcome::Blocked(format!("none of {count} places has anything"))
}

fn tokens(_: &Facts) -> Outcome {
    let places = [
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "/run/secrets/kubernetes.io/serviceaccount/token",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        "/var/run/secrets/azure/tokens/azure-identity-token",
        "/var/run/secrets/tokens",
        "/var/run/secrets/workload-spiffe-credentials",
        "/etc/kubernetes",
        "/etc/rancher",
        "/var/lib/kubelet",
    ];
    found(places.map(PathBuf::from))
}

fn secrets(_: &Facts) -> Outcome {
    let places = [
        "/run/secrets",
        "/var/run/secrets",
        "/etc/pure-agent",
        "/record",
        "/outbox",
        "/run/secrets/pure-agent-key/key",
    ];
    found(places.map(PathBuf::from))
}

fn homes(_: &Facts) -> Outcome {
    let own = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut homes: Vec<PathBuf> = vec![PathBuf::from("/root")];
    for entry in fs::read_dir("/home").into_iter().flatten().flatten() {
        homes.push(entry.path());
    }
    homes.push(own);
    let places = [
        ".ssh",
        ".aws",
        ".azure",
        ".config/gcloud",
        ".kube/config",
        ".docker/config.json",
        ".netrc",
        ".git-credentials",
        ".gnupg",
        ".npmrc",
        ".pypirc",
        ".cargo/credentials.toml",
        ".claude.json",
        ".config/gh/hosts.yml",
        ".bash_history",
        ".mozilla",
        ".config/google-chrome",
        ".vault-token",
    ];
    let machine = [
        "/etc/shadow",
        "/etc/ssh/ssh_host_ed25519_key",
        "/etc/ssl/private",
        "/var/lib/docker",
        "/var/spool/cron",
    ];
    let all = homes
        .iter()
        .flat_map(|home| places.map(|place| home.join(place)));
    found(all.chain(machine.map(PathBuf::from)))
}

/// What looks like a credential that is not the agent's own: by its name, or because it is a UID.
fn strange(variables: &[u8]) -> Option<String> {
    let own = std::env::var("PURE_AGENT_BEARER").unwrap_or_default();
    let texts = variables
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy);
    let all: Vec<String> = texts.map(std::borrow::Cow::into_owned).collect();
    all.into_iter().find_map(|variable| {
        let (name, value) = variable.split_once('=')?;
        let upper = name.to_ascii_uppercase();
        let words = [
            "SECRET",
            "TOKEN",
            "PASSWORD",
            "CREDENTIAL",
            "_KEY",
            "PURE_AGENT_UID",
            "PURE_AGENT_RUN",
            "SSH_AUTH_SOCK",
            "AWS_",
            "KUBECONFIG",
        ];
        let named = words.iter().any(|word| upper.contains(word));
        let mine = !own.is_empty() && value.contains(&own);
        let git = upper.starts_with("GIT_CONFIG_KEY");
        (!mine && !git && !value.is_empty() && (named || is_uid(value))).then(|| name.to_owned())
    })
}

fn environment(of: &str) -> Outcome {
    match fs::read(format!("/proc/{of}/environ")) {
        Ok(variables) => match strange(&variables) {
            Some(name) => Outcome::Escaped(name),
            None => Outcome::Blocked(format!("{} bytes, nothing of worth", variables.len())),
        },
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .collect()
}

fn all_environments(_: &Facts) -> Outcome {
    let pids = pids();
    for pid in &pids {
        if let Some(name) = fs::read(format!("/proc/{pid}/environ"))
            .ok()
            .and_then(|all| strange(&all))
        {
            return Outcome::Escaped(format!("process {pid}: {name}"));
        }
    }
    Outcome::Blocked(format!("{} processes, nothing of worth", pids.len()))
}

fn command_lines(_: &Facts) -> Outcome {
    let pids = pids();
    for pid in &pids {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let words: Vec<String> = words.map(std::borrow::Cow::into_owned).collect();
        let key = words
            .iter()
            .any(|word| word == "--key" || word.starts_with("--secret"));
        if key || words.iter().any(|word| is_uid(word)) {
            return Outcome::Escaped(format!("process {pid}"));
        }
    }
    Outcome::Blocked(format!("{} command lines, nothing of worth", pids.len()))
}

/// Whether a text is a UID as Kubernetes gives them.
fn is_uid(text: &str) -> bool {
    let groups: Vec<&str> = text.trim().split('-').collect();
    let hex = groups
        .iter()
        .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
    hex && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
}

/// Every text that looks like a UID in what an agent may read: what a claim could be made of.
pub(crate) fn uids() -> Vec<String> {
    let mut found = BTreeSet::new();
    for file in [
        "self/mountinfo",
        "self/cgroup",
        "1/environ",
        "1/cmdline",
        "1/cgroup",
        "1/mountinfo",
        "self/environ",
        "sys/kernel/random/boot_id",
    ] {
        collect(
            &fs::read(format!("/proc/{file}")).unwrap_or_default(),
            &mut found,
        );
    }
    for file in [
        "/etc/hostname",
        "/etc/hosts",
        "/etc/machine-id",
        "/etc/mtab",
    ] {
        collect(&fs::read(file).unwrap_or_default(), &mut found);
    }
    found.extend(
        fs::read_to_string("/etc/hostname")
            .ok()
            .map(|name| name.trim().to_owned()),
    );
    collect(&of_shim(), &mut found);
    for entry in fs::read_dir("/run/pure-agent")
        .into_iter()
        .flatten()
        .flatten()
    {
        let small = entry.metadata().is_ok_and(|data| data.len() < 1 << 20);
        if small {
            collect(&fs::read(entry.path()).unwrap_or_default(), &mut found);
        }
    }
    found.into_iter().take(64).collect()
}

fn collect(bytes: &[u8], found: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(bytes);
    let of_uid = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | '_');
    for word in text.split(|c| !of_uid(c)) {
        let word = word.replace('_', "-");
        let starts = (0..word.len().saturating_sub(35))
            .filter(|at| *at == 0 || word.as_bytes()[*at - 1] == b'-');
        let uids = starts
            .filter_map(|at| word.get(at..at + 36))
            .filter(|word| is_uid(word));
        found.extend(uids.map(str::to_owned));
    }
}

/// The memory of the process that started this one, as far as it lets itself be read.
fn of_shim() -> Vec<u8> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let parent = std::os::unix::process::parent_id();
    let maps = fs::read_to_string(format!("/proc/{parent}/maps")).unwrap_or_default();
    let Ok(mut memory) = fs::File::open(format!("/proc/{parent}/mem")) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let Some((from, to)) = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'))
        else {
            continue;
        };
        let (Ok(from), Ok(to)) = (u64::from_str_radix(from, 16), u64::from_str_radix(to, 16))
        else {
            continue;
        };
        if all.len() < 64 << 20 && memory.seek(SeekFrom::Start(from)).is_ok() {
            let size = (to - from).min(16 << 20);
            drop((&memory).take(size).read_to_end(&mut all));
        }
    }
    all
}

fn memory(_: &Facts) -> Outcome {
    let all = of_shim();
    let holds = |text: &str| {
        all.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    // The trusted roles are told these, and no agent is. The program of the shim is the same for every role, but what it
    // says itself is no value.
    let told = [
        "PURE_AGENT_UID=",
        "PURE_AGENT_INPUTS=",
        "AWS_SECRET_ACCESS_KEY=",
    ];
    match told.into_iter().find(|word| holds(word)) {
        Some(word) => Outcome::Escaped(word.to_owned()),
        None => Outcome::Blocked(format!("{} bytes read, nothing of worth", all.len())),
    }
}

fn open_files() -> Outcome {
    let mut strange = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
    {
        let number: u32 = entry.file_name().to_string_lossy().parse().unwrap_or(0);
        let Ok(target) = fs::read_link(entry.path()) else {
            continue;
        };
        let target = target.display().to_string();
        // The folder that is being read is open, too.
        if number > 2 && !target.starts_with("/proc/") {
            strange.push(target);
        }
    }
    Outcome::escaped_if(
        !strange.is_empty(),
        format!(
            "{} files beside the three: {}",
            strange.len(),
            strange.join(" ")
        ),
    )
}

/// Walks what can be seen, within bounds, and gives what fits.
fn walk(start: &Path, most: usize, fits: &mut dyn FnMut(&Path, &fs::FileType)) -> usize {
    let (mut waiting, mut seen) = (vec![start.to_owned()], 0);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            seen += 1;
            if seen > most {
                return seen;
            }
            let path = entry.path();
            let skipped = ["/proc", "/sys"].iter().any(|skip| path == Path::new(skip));
            if kind.is_dir() && !skipped {
                waiting.push(path);
            } else {
                fits(&path, &kind);
            }
        }
    }
    seen
}

fn sockets(_: &Facts) -> Outcome {
    let mut open = None;
    let mut all = 0;
    for start in ["/run", "/var", "/tmp", "/workspace", "/home", "/"] {
        all += walk(Path::new(start), 60_000, &mut |path, kind| {
            if kind.is_socket()
                && open.is_none()
                && std::os::unix::net::UnixStream::connect(path).is_ok()
            {
                open = Some(path.display().to_string());
            }
        });
    }
    match open {
        Some(path) => Outcome::Escaped(path),
        None => Outcome::Blocked(format!("{all} names, no socket that accepts")),
    }
}

fn roots(_: &Facts) -> Outcome {
    let own = fs::metadata("/").map(|data| inode(&data)).ok();
    for pid in pids() {
        for link in ["root", "cwd"] {
            let path = PathBuf::from(format!("/proc/{pid}/{link}"));
            let other = link == "root" && fs::metadata(&path).map(|data| inode(&data)).ok() != own;
            let climbs = fs::read_dir(path.join("..")).is_ok()
                && fs::metadata(path.join("../etc/shadow"))
                    .is_ok_and(|_| fs::read(path.join("../etc/shadow")).is_ok());
            if other && fs::read_dir(&path).is_ok() || climbs {
                return Outcome::Escaped(path.display().to_string());
            }
        }
    }
    Outcome::Blocked("all processes have this root".to_owned())
}

fn inode(data: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (data.dev(), data.ino())
}

fn volumes(facts: &Facts) -> Outcome {
    let beside = facts.workspace.join("../outbox");
    let places = [
        "/outbox",
        "/record",
        "/etc/pure-agent",
        "/var/lib/kubelet/pods",
        "/mnt",
    ];
    found(places.map(PathBuf::from).into_iter().chain([beside]))
}

/// Makes a file, and takes it away again.
fn made(path: &Path) -> Result<(), String> {
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
    {
        Ok(_) => {
            drop(fs::remove_file(path));
            Ok(())
        }
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

fn write_root(_: &Facts) -> Outcome {
    let folders = [
        "/",
        "/etc",
        "/usr",
        "/usr/bin",
        "/usr/local/bin",
        "/bin",
        "/lib",
        "/opt",
        "/root",
        "/run",
        "/run/pure-agent",
        "/proc",
        "/sys",
        "/boot",
        "/srv",
    ];
    let mut why = String::new();
    for folder in folders {
        // A root of its own may have folders that are its own: they go with it.
        let own = folder == "/run" || folder == "/root";
        match made(&Path::new(folder).join("pure-agent-escape")) {
            Ok(()) if !own => return Outcome::Escaped(folder.to_owned()),
            Ok(()) => {}
            Err(e) => why = e,
        }
    }
    Outcome::Blocked(why)
}

/// The folder of what the start gate left.
fn left() -> Option<PathBuf> {
    let parent = std::os::unix::process::parent_id();
    let shim = fs::read_link(format!("/proc/{parent}/exe")).ok();
    let beside = shim.and_then(|path| path.parent().map(Path::to_owned));
    let places = [Some(PathBuf::from("/run/pure-agent")), beside];
    places
        .into_iter()
        .flatten()
        .find(|folder| folder.join("bearer").exists())
}

fn replace(facts: &Facts) -> Outcome {
    let Some(folder) = left() else {
        return Outcome::NotApplicable("what the start gate left is not to be found".to_owned());
    };
    let shim = folder.join("pure-agent-runtime");
    let own = facts.scratch.join("escape-shim");
    drop(fs::write(&own, "#!/bin/sh\n"));
    let tried = [
        fs::OpenOptions::new().write(true).open(&shim).map(drop),
        fs::rename(&own, &shim),
        fs::hard_link(&own, folder.join("escape-link")),
        std::os::unix::fs::symlink(&own, folder.join("escape-link")),
        fs::remove_file(&shim),
        fs::rename(&folder, folder.with_file_name("escape-moved")),
    ];
    drop(fs::remove_file(&own));
    refused(tried)
}

fn refused<const N: usize>(tried: [std::io::Result<()>; N]) -> Outcome {
    let mut why = String::new();
    for one in tried {
        match one {
            Ok(()) => return Outcome::Escaped("it was done".to_owned()),
            Err(e) => why = e.to_string(),
        }
    }
    Outcome::Blocked(why)
}

fn settings(_: &Facts) -> Outcome {
    let Some(folder) = left() else {
        return Outcome::NotApplicable("what the start gate left is not to be found".to_owned());
    };
    let open = |name: &str| {
        fs::OpenOptions::new()
            .write(true)
            .open(folder.join(name))
            .map(drop)
    };
    refused([
        open("bearer"),
        open("agent.json"),
        open("models.json"),
        fs::remove_file(folder.join("agent.json")),
        fs::set_permissions(
            folder.join("agent.json"),
            std::os::unix::fs::PermissionsExt::from_mode(0o666),
        ),
    ])
}

fn names(_: &Facts) -> Outcome {
    let open = |name: &str| fs::OpenOptions::new().append(true).open(name).map(drop);
    refused([
        open("/etc/hosts"),
        open("/etc/resolv.conf"),
        open("/etc/hostname"),
        open("/etc/passwd"),
    ])
}

fn write_memory(_: &Facts) -> Outcome {
    let open = fs::OpenOptions::new().write(true).open("/proc/1/mem");
    let first = fs::read_link("/proc/1/exe").unwrap_or_default();
    let shim = first
        .file_name()
        .is_some_and(|name| name == "pure-agent-runtime" || name == "pure-agent");
    match open {
        Ok(_) if shim => {
            Outcome::Blocked("it is the shim, of the same user, which nothing trusts".to_owned())
        }
        Ok(_) => Outcome::Escaped(format!("the first process is {}", first.display())),
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

fn processes(_: &Facts) -> Outcome {
    let names = pids()
        .into_iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
    let known = [
        "systemd",
        "init",
        "kubelet",
        "containerd",
        "containerd-shim",
        "kthreadd",
        "sshd",
        "dockerd",
        "bash",
    ];
    let host = names.iter().find(|name| known.contains(&name.as_str()));
    match host {
        Some(name) => Outcome::Escaped(name.clone()),
        None => Outcome::Blocked(format!("{} processes, all of the container", names.len())),
    }
}

/// The first namespaces of a machine have numbers that are fixed in the kernel's sources.
fn namespaces(_: &Facts) -> Outcome {
    let fixed = [
        ("user", 0xEFFF_FFFD_u32),
        ("ipc", 0xEFFF_FFFF),
        ("pid", 0xEFFF_FFFC),
    ];
    // A user namespace is the runtime's choice on a cluster, where the agent's user has no rights in it anyway.
    let own_users = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let mut shared = Vec::new();
    for (name, number) in fixed {
        let link = fs::read_link(format!("/proc/self/ns/{name}")).unwrap_or_default();
        let host = link.display().to_string() == format!("{name}:[{number}]");
        if host && name != "user" {
            shared.push(name);
        }
    }
    Outcome::escaped_if(
        !shared.is_empty(),
        format!(
            "shared: {shared:?}; users {}",
            own_users.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
    )
}
