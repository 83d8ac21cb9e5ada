//! The roles of a run: the pod of each, and its command line, as the WorkflowTemplate has them.

mod around;

use super::job::Job;
use super::places::Places;
use super::pod::{Container, File, Mount, Network, Pod};
use super::relay::Port;
use crate::emit::names::{GATEWAY_HOST, Role};
use crate::emit::{paths, pods};
pub(super) use around::finds;
use around::{SYSTEM, accounts, alone, places_of};
use pure_agent_runtime::contract::{AGENT_PORT, CONTROL_PORT, EXPORT_PORT, SecretRole};
use std::path::Path;

/// Seconds that a role of this machine may wait for another.
const PATIENCE: &str = "10";
/// Bytes of scratch space of a role that needs little.
const LITTLE: u64 = 16 << 20;

/// The ports of the gateway on this machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Ports {
    pub(super) agent: Port,
    pub(super) control: Port,
    pub(super) export: Port,
}

/// What the router and the export step are told of those before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) phase: &'static str,
    pub(super) exit_code: String,
    pub(super) start_code: String,
    pub(super) pod_reason: &'static str,
    pub(super) end_reason: &'static str,
}

/// Writes the command lines of one run.
pub(super) struct Roles<'j> {
    pub(super) job: &'j Job,
    pub(super) places: Places,
    pub(super) ports: Ports,
}

impl Roles<'_> {
    pub(super) fn gateway(&self) -> (Pod, Container) {
        let mut command = self.command("gateway");
        let key = text(&self.places.key);
        let record = text(&self.places.record);
        command.extend(["--key".to_owned(), key, "--record".to_owned(), record]);
        // Nobody but this machine speaks to it, at ports that nobody else has.
        let local = [
            "--listen",
            "127.0.0.1",
            "--agent-port",
            "0",
            "--control-port",
            "0",
            "--export-port",
            "0",
        ];
        command.extend(local.map(str::to_owned));
        command.extend(self.elsewhere());
        let mut container = self.container(Role::Gateway, "gateway", command);
        container
            .env
            .insert("PURE_AGENT_INPUTS".to_owned(), self.job.inputs.clone());
        for name in ["/etc/hosts", "/etc/resolv.conf"] {
            if let Ok(real) = std::fs::canonicalize(name) {
                container.mounts.push(Mount::read(real, name));
            }
        }
        container
            .files
            .push(File::public("/etc/nsswitch.conf", "hosts: files dns\n"));
        container
            .mounts
            .push(Mount::write(self.job.folder.join("record"), paths::RECORD));
        container.files.push(self.key());
        container.files.extend(self.secrets(SecretRole::Gateway));
        container.files.extend(self.trust());
        (self.pod(Role::Gateway, Network::Machine), container)
    }

    /// The pod of an agent, its start gate and its main container.
    pub(super) fn agent(
        &self,
        cycle: u32,
        chosen: Option<&str>,
    ) -> Option<(Pod, Container, Container)> {
        let agent = self.job.agent(chosen)?;
        let user = agent.user;
        let left = self.job.folder.join("start");
        let pod = Pod {
            network: Network::Doors(vec![AGENT_PORT]),
            user,
            scratch: vec![left.clone()],
        };
        let number = cycle.to_string();
        let folder = self.folder_of_start();
        let mut start = self.command("start");
        start.extend(self.gateway_of("--gateway", "--port", AGENT_PORT, &self.ports.agent));
        start.extend(["--patience", PATIENCE, "--folder", &folder].map(str::to_owned));
        start.extend([
            "--answer".to_owned(),
            text(&self.places.answers.join("start")),
        ]);
        start.extend(self.must_be_closed());
        let mut gate = self.container(Role::Agent, "start", start);
        gate.user = user;
        gate.env
            .insert("PURE_AGENT_CYCLE".to_owned(), number.clone());
        if let Some(chosen) = chosen {
            gate.env
                .insert("PURE_AGENT_AGENT".to_owned(), chosen.to_owned());
        }
        gate.mounts.push(Mount::write(left.clone(), paths::RUN_DIR));
        gate.mounts.push(self.answers());
        let mut command = vec![
            self.shim(),
            "agent".to_owned(),
            "--cycle".to_owned(),
            number,
        ];
        command.extend(["--folder".to_owned(), folder]);
        command.extend(self.homes());
        let address = match self.job.isolated {
            true => format!("{GATEWAY_HOST}:{AGENT_PORT}"),
            false => self.ports.agent.address().to_string(),
        };
        command.extend(["--gateway".to_owned(), address, "--".to_owned()]);
        command.extend(agent.contract.command.iter().cloned());
        let mut main = self.stranger(user, command);
        main.memory = Some(agent.resources.memory);
        let size = agent.resources.storage;
        // What the user names may lie below these, and not the other way round.
        let mut mounts = vec![
            Mount::read(left, paths::RUN_DIR),
            Mount::memory(paths::HOME, size, true),
            Mount::memory(paths::TMP, size, false),
            Mount::memory("/var/tmp", LITTLE, false),
            Mount::write(self.job.folder.join("workspace"), paths::WORKSPACE),
        ];
        mounts.append(&mut main.mounts);
        main.mounts = mounts;
        main.env.extend(agent.contract.env.clone());
        Some((pod, gate, main))
    }

    pub(super) fn router(&self, cycle: u32, attempt: &Attempt) -> (Pod, Container) {
        let Attempt {
            phase,
            exit_code,
            start_code,
            pod_reason,
            end_reason,
        } = attempt;
        let number = cycle.to_string();
        let mut command = self.command("router");
        for (name, value) in [
            ("--cycle", number.as_str()),
            ("--phase", phase),
            ("--exit-code", exit_code),
            ("--start-code", start_code),
            ("--pod-reason", pod_reason),
            ("--end-reason", end_reason),
            ("--patience", PATIENCE),
        ] {
            command.extend([name.to_owned(), value.to_owned()]);
        }
        self.of_control("router", command)
    }

    /// A step that the gateway does.
    pub(super) fn step(&self, number: u32) -> (Pod, Container) {
        let number = number.to_string();
        let mut command = self.command("step");
        command.extend(["--cycle", &number, "--patience", PATIENCE].map(str::to_owned));
        self.of_control("step", command)
    }

    /// The choice of the agent.
    pub(super) fn choice(&self) -> (Pod, Container) {
        let mut command = self.command("choose");
        command.extend(["--patience", PATIENCE].map(str::to_owned));
        self.of_control("route", command)
    }

    /// A role that asks the control port, and answers in a file of this name.
    fn of_control(&self, name: &str, mut command: Vec<String>) -> (Pod, Container) {
        let address = match self.job.isolated {
            true => format!("{GATEWAY_HOST}:{CONTROL_PORT}"),
            false => self.ports.control.address().to_string(),
        };
        command.extend(["--gateway".to_owned(), address]);
        command.extend(["--key".to_owned(), text(&self.places.key)]);
        command.extend(["--answer".to_owned(), text(&self.places.answers.join(name))]);
        let mut container = self.container(Role::Router, name, command);
        container.mounts.push(self.answers());
        container.files.push(self.key());
        let network = Network::Doors(vec![CONTROL_PORT]);
        (self.pod(Role::Router, network), container)
    }

    /// Packing. It runs as the agent's user does, for files may be for their owner alone.
    pub(super) fn pack(&self, chosen: Option<&str>) -> (Pod, Container) {
        let mut command = self.command("pack");
        command.extend(["--workspace".to_owned(), text(&self.places.workspace)]);
        command.extend(["--outbox".to_owned(), text(&self.places.outbox)]);
        let mut container = self.container(Role::Pack, "pack", command);
        let agent = self.job.agent(chosen);
        let user = agent.map_or(container.user, |agent| agent.user);
        container.user = user;
        container.mounts.push(Mount::read(
            self.job.folder.join("workspace"),
            paths::WORKSPACE,
        ));
        container
            .mounts
            .push(Mount::write(self.job.folder.join("outbox"), paths::OUTBOX));
        let pod = Pod {
            user,
            ..self.pod(Role::Pack, Network::Doors(Vec::new()))
        };
        (pod, container)
    }

    pub(super) fn export(&self, cycles: &str, packing: &str) -> (Pod, Container) {
        let mut command = self.command("export");
        command.extend(
            [
                "--cycles",
                cycles,
                "--packing",
                packing,
                "--patience",
                PATIENCE,
            ]
            .map(str::to_owned),
        );
        command.extend(self.gateway_of(
            "--gateway",
            "--control-port",
            CONTROL_PORT,
            &self.ports.control,
        ));
        command.extend([
            "--export-port".to_owned(),
            self.port(EXPORT_PORT, &self.ports.export),
        ]);
        command.extend(["--key".to_owned(), text(&self.places.key)]);
        command.extend(["--outbox".to_owned(), text(&self.places.outbox)]);
        command.extend([
            "--answer".to_owned(),
            text(&self.places.answers.join("export")),
        ]);
        command.extend(self.elsewhere());
        if self.job.dry {
            command.push("--dry-run".to_owned());
        }
        let mut container = self.container(Role::Export, "export", command);
        container.mounts.push(self.answers());
        container
            .mounts
            .push(Mount::read(self.job.folder.join("outbox"), paths::OUTBOX));
        container.files.push(self.key());
        container.files.extend(self.secrets(SecretRole::Export));
        container.files.extend(self.trust());
        let network = Network::Doors(vec![CONTROL_PORT, EXPORT_PORT]);
        (self.pod(Role::Export, network), container)
    }

    fn command(&self, role: &str) -> Vec<String> {
        let contract = text(&self.places.contract);
        let digest = &self.job.contract.digest;
        let bundle = &self.job.bundle;
        [
            paths::RUNTIME,
            role,
            "--contract",
            &contract,
            "--digest",
            digest,
            "--bundle",
            bundle,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn pod(&self, role: Role, network: Network) -> Pod {
        Pod {
            network,
            user: user(role),
            scratch: Vec::new(),
        }
    }

    /// A container of the runtime.
    fn container(&self, role: Role, name: &str, command: Vec<String>) -> Container {
        let env = [
            ("PURE_AGENT_RUN", &self.job.name),
            ("PURE_AGENT_UID", &self.job.uid),
        ];
        let mut container = Container {
            name: name.to_owned(),
            command,
            env: env
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .into(),
            user: user(role),
            memory: None,
            folder: "/".into(),
            mounts: vec![
                Mount::read(&self.job.program, paths::RUNTIME),
                Mount::read(self.job.folder.join("contract.json"), paths::CONTRACT),
                Mount::memory(paths::TMP, LITTLE, false),
            ],
            files: accounts(user(role)),
        };
        if role != Role::Gateway {
            container.files.extend(alone());
        }
        container
    }

    /// The container of an agent.
    fn stranger(&self, user: u32, command: Vec<String>) -> Container {
        let mut mounts = Vec::new();
        let mut path = Vec::new();
        for folder in &self.job.agent_path {
            mounts.push(Mount::read(folder, folder));
            path.extend(places_of(folder).map(|place| text(&place)));
        }
        path.extend(SYSTEM.map(str::to_owned));
        let env = [("PATH", path.join(":")), ("LANG", "C.UTF-8".to_owned())];
        let mut files = accounts(user);
        files.extend(alone());
        Container {
            name: "agent".to_owned(),
            command,
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            user,
            memory: None,
            folder: "/".into(),
            mounts,
            files,
        }
    }

    fn shim(&self) -> String {
        format!("{}/{}", paths::RUN_DIR, super::RUNTIME)
    }

    fn folder_of_start(&self) -> String {
        match self.job.isolated {
            true => paths::RUN_DIR.to_owned(),
            false => text(&self.job.folder.join("start")),
        }
    }

    /// Where an agent works, lives and scribbles.
    fn homes(&self) -> Vec<String> {
        if self.job.isolated {
            return Vec::new();
        }
        let at = |name: &str| text(&self.job.folder.join(name));
        let all = [
            ("--workspace", at("workspace")),
            ("--home", at("home")),
            ("--tmp", at("tmp")),
        ];
        all.into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }

    fn gateway_of(&self, host: &str, name: &str, inside: u16, outside: &Port) -> [String; 4] {
        let address = if self.job.isolated {
            GATEWAY_HOST
        } else {
            "127.0.0.1"
        };
        let port = self.port(inside, outside);
        [host.to_owned(), address.to_owned(), name.to_owned(), port]
    }

    fn port(&self, inside: u16, outside: &Port) -> String {
        match self.job.isolated {
            true => inside.to_string(),
            false => outside.get().to_string(),
        }
    }

    /// What is surely open on this machine: were any of it open in there, nothing would be kept apart.
    fn must_be_closed(&self) -> Vec<String> {
        if !self.job.isolated {
            return vec!["--nothing-closed".to_owned()];
        }
        let Ports {
            agent,
            control,
            export,
        } = &self.ports;
        let own = [agent, control, export].map(|port| port.address().to_string());
        let resolvers = super::missing::resolvers();
        let all = own.into_iter().chain(resolvers);
        all.flat_map(|address| ["--closed".to_owned(), address])
            .collect()
    }

    fn elsewhere(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, place) in [
            ("--secrets", &self.places.secrets),
            ("--trust-bundle", &self.places.trust),
        ] {
            if let Some(place) = place {
                all.extend([name.to_owned(), text(place)]);
            }
        }
        all
    }

    fn answers(&self) -> Mount {
        Mount::write(self.job.folder.join("answers"), super::places::ANSWER)
    }

    fn key(&self) -> File {
        File::secret(Path::new(paths::KEY_DIR).join("key"), self.job.key.clone())
    }

    fn secrets(&self, role: SecretRole) -> Vec<File> {
        let mine = self.job.plan.secrets.iter();
        let mine = mine.filter(|secret| secret.used_for.role() == role);
        mine.filter_map(|secret| {
            let value = self.job.secrets.get(&secret.name)?;
            Some(File::secret(paths::secret(&secret.name), value.to_vec()))
        })
        .collect()
    }

    fn trust(&self) -> Option<File> {
        let bundle = self.job.plan.target.trust_bundle.as_ref()?;
        let text = String::from_utf8_lossy(self.job.trust.as_deref()?).into_owned();
        Some(File::public(paths::trust_bundle(&bundle.key), text))
    }
}

/// The user of a role.
pub(super) fn user(role: Role) -> u32 {
    u32::try_from(pods::user(role)).unwrap_or(u32::MAX)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
