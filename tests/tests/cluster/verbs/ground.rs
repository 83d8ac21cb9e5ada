//! A workspace, a namespace of its own, and the users that commands are run as.

use pure_agent_tests::cluster::bundle::OPERATORS;
use pure_agent_tests::cluster::images::{root, run, tools};
use pure_agent_tests::cluster::kubectl::{kubectl, reachable, sure};
use pure_agent_tests::cluster::place::Facts;
use pure_agent_tests::cluster::wait;
use pure_agent_tests::command::{Ended, Folder};
use pure_agent_tests::program::nobodys;
use pure_agent_tests::readers::skipped;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// The spec of these tests.
pub(super) const SPEC: &str = "verbs";
/// A user with every right of RBAC, and in the group of operators.
pub(super) const OPERATOR: &str = "pure-agent-test-operator";

/// The image of the real runtime, made once; none, said loudly, where it cannot be made.
fn runtime() -> Option<&'static str> {
    static IMAGE: OnceLock<Option<String>> = OnceLock::new();
    let made = IMAGE.get_or_init(|| match make() {
        Ok(image) => Some(image),
        Err(why) => {
            skipped(&format!("no image of the runtime: {why}"));
            None
        }
    });
    made.as_deref()
}

fn make() -> Result<String, String> {
    let target = "x86_64-unknown-linux-musl";
    let mut build = Command::new(env!("CARGO"));
    nobodys(&mut build);
    build
        .args([
            "build",
            "--quiet",
            "--target",
            target,
            "--package",
            "pure-agent-runtime",
            "--features",
            "roles",
        ])
        .args(["--bin", "pure-agent-runtime"])
        .env("CC_x86_64_unknown_linux_musl", "gcc")
        .current_dir(root());
    run(&mut build)?;
    let built = root().join("target").join(target).join("debug");
    // With its debug information it is larger than the memory of the start gate, which copies it.
    let program = built.join("pure-agent-runtime-stripped");
    let mut strip = Command::new("strip");
    strip
        .arg("-o")
        .arg(&program)
        .arg(built.join("pure-agent-runtime"));
    run(&mut strip)?;
    let name = "localhost/pure-agent-test-verbs-runtime";
    let mut image = Command::new(tools().join("image"));
    image
        .arg(format!("{name}:test"))
        .arg(format!("{}:/pure-agent-runtime", program.display()));
    Ok(format!("{name}@{}", run(&mut image)?.trim()))
}

/// A place for one test; it is taken away with it.
pub(super) struct Ground {
    pub(super) namespace: String,
    pub(super) folder: Folder,
}

impl Ground {
    /// A workspace for a namespace; nothing is applied. None where there is no cluster or no image.
    pub(super) fn new(name: &str) -> Option<Self> {
        let runtime = if reachable() { runtime()? } else { return None };
        let ground = Self {
            namespace: format!("pure-agent-test-verbs-{name}"),
            folder: Folder::new(&format!("verbs-{name}")),
        };
        ground.clear("--wait=true");
        let key = ground.folder.path.join("approver");
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key);
        run(&mut keygen).unwrap();
        let public = ground.folder.read("approver.pub");
        let public = public.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let fill = |text: &str| {
            text.replace("RUNTIME", runtime)
                .replace("APPROVER", &public)
        };
        ground
            .folder
            .write("spec.kdl", fill(include_str!("spec.kdl")));
        ground
            .folder
            .write("policy.kdl", fill(include_str!("policy.kdl")));
        ground.folder.write("target.kdl", ground.target(runtime));
        ground.folder.write("pure-agent.kdl", WORKSPACE);
        ground.kubeconfig("admin", None, &[]);
        ground.kubeconfig(OPERATOR, Some(OPERATOR), &[OPERATORS]);
        Some(ground)
    }

    /// The same, applied, with the Secrets that runs need, and everything in force.
    pub(super) fn applied(name: &str) -> Option<Self> {
        let ground = Self::new(name)?;
        let done = ground.run("admin", &["apply", "--yes"]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        ground.secrets();
        ground.grant(OPERATOR, "cluster-admin");
        ground.in_force();
        Some(ground)
    }

    pub(super) fn secrets(&self) {
        for (name, key) in [
            ("model-keys", "ANTHROPIC_API_KEY"),
            ("export-keys", "HOOK_KEY"),
        ] {
            let _made = sure(
                &format!(
                    "create secret generic {name} -n {} --from-literal={key}=0123456789",
                    self.namespace
                ),
                "",
            );
        }
    }

    /// Policies take a moment: a pod of nobody's is refused by ours then, in the namespace's and the spec's.
    pub(super) fn in_force(&self) {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "x", "namespace": self.namespace, "labels": {"pure-agent.dev/spec": SPEC}},
            // Good enough for Pod Security, which is asked first.
            "spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{"name": "x", "image": "x", "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}});
        for rule in ["maker", "role"] {
            let account = format!("system:serviceaccount:{}:{SPEC}-launcher", self.namespace);
            let by = if rule == "role" {
                format!("--as={account}")
            } else {
                String::new()
            };
            wait(&format!("rule {rule}"), Duration::from_secs(120), || {
                let answer = kubectl(
                    &format!("create --dry-run=server -f - {by}"),
                    &pod.to_string(),
                );
                answer.err.contains("pure-agent: ").then_some(())
            });
        }
    }

    fn target(&self, runtime: &str) -> String {
        let facts = Facts::of_cluster();
        let servers = facts.servers();
        format!(
            "version 1\n\ntarget \"test\" {{\n    namespace \"{}\"\n    runtime \"{runtime}\"\n    argo {{\n        \
             minimum \"3.7.15\"\n        controller \"{}\"\n        executor \"{}\"\n    }}\n{servers}    dns {{\n        \
             namespace \"kube-system\"\n        label \"k8s-app\" \"kube-dns\"\n        port 53\n        port 5353\n    }}\n    \
             closed \"198.51.100.1:80\"\n    operator \"{OPERATORS}\"\n}}\n",
            self.namespace, facts.controller, facts.executor,
        )
    }

    /// A kubeconfig by which commands are run as a user; none: as whoever runs the tests.
    pub(super) fn kubeconfig(&self, name: &str, user: Option<&str>, groups: &[&str]) {
        let text = sure("config view --raw --minify --flatten -o json", "");
        let mut config: Value = serde_json::from_str(&text).unwrap();
        if let Some(user) = user {
            let credentials = &mut config["users"][0]["user"];
            credentials["as"] = json!(user);
            credentials["as-groups"] = json!(groups);
        }
        self.folder
            .write(&format!("{name}.conf"), config.to_string());
    }

    /// Gives a user a ClusterRole in the namespace.
    pub(super) fn grant(&self, user: &str, role: &str) {
        let _made = sure(
            &format!(
                "create rolebinding {user}-{role} -n {} --clusterrole={role} --user={user}",
                self.namespace
            ),
            "",
        );
    }

    /// Runs a command as a user.
    pub(super) fn run(&self, user: &str, args: &[&str]) -> Ended {
        let output = self.command(user, args).output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(super) fn command(&self, user: &str, args: &[&str]) -> Command {
        let mut command = self.folder.command(args);
        command.env("KUBECONFIG", self.folder.path.join(format!("{user}.conf")));
        command
    }

    /// Runs a command that must end well; gives its output.
    pub(super) fn sure(&self, user: &str, args: &[&str]) -> String {
        let done = self.run(user, args);
        assert_eq!(
            done.code,
            Some(0),
            "{args:?} by {user}: {}{}",
            done.out,
            done.err
        );
        done.out
    }

    /// Starts a run and waits until its agent waits.
    pub(super) fn waiting_run(&self) -> String {
        let name = self.sure("admin", &["submit", "--input", "issue=ABC-1"]);
        let name = name.trim().to_owned();
        self.waits(&name);
        name
    }

    /// Waits until the agent of a run waits.
    pub(super) fn waits(&self, name: &str) {
        wait("the agent", Duration::from_secs(240), || {
            let status = self.run("admin", &["status", name, "--no-usage", "--output", "json"]);
            let status: Value = serde_json::from_str(&status.out).unwrap_or_default();
            let pods = status["pods"].as_array()?.clone();
            pods.iter()
                .any(|pod| pod["role"] == "agent" && pod["phase"] == "Running")
                .then_some(())
        });
    }

    fn clear(&self, wait: &str) {
        let namespace = &self.namespace;
        let _gone = kubectl(
            &format!("delete workflows --all -n {namespace} --ignore-not-found --wait=false"),
            "",
        );
        for kind in [
            "validatingadmissionpolicybindings",
            "validatingadmissionpolicies",
        ] {
            let all = kubectl(&format!("get {kind} -o name"), "").out;
            let ours = all
                .lines()
                .filter(|name| name.contains(&format!(".{namespace}.")));
            for name in ours {
                let _gone = kubectl(&format!("delete --ignore-not-found {name}"), "");
            }
        }
        let _gone = kubectl(
            &format!("delete namespace {namespace} --ignore-not-found {wait}"),
            "",
        );
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if std::env::var_os("PURE_AGENT_KEEP").is_none() {
            self.clear("--wait=false");
        }
    }
}

const WORKSPACE: &str = "version 1\n\nspecs \"spec.kdl\"\npolicies \"policy.kdl\"\ntargets \"target.kdl\"\n\
                         require \"verbs\"\ntarget \"test\"\n";
