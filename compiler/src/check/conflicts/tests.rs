use crate::check::trial::Trial;

const IMAGE: &str = "images.example.com/agents/own@sha256:3333333333333333333333333333333333333333333333333333333333333333";

/// Codes and underlined texts of the conflicts alone.
fn conflicts(trial: &Trial) -> Vec<(&'static str, String)> {
    let mine = |c: &&str| matches!(*c, "PA0215" | "PA0204" | "PA0209");
    trial.found().into_iter().filter(|(c, _)| mine(c)).collect()
}

fn one(code: &'static str, text: &str) -> Vec<(&'static str, String)> {
    vec![(code, text.to_owned())]
}

fn server(lines: &str) -> Vec<(&'static str, String)> {
    conflicts(&Trial::new().declare(&format!("mcp \"own\" {{\n{lines}\n}}")))
}

#[test]
fn a_server_is_built_in_or_an_image() {
    assert_eq!(server(""), one("PA0204", "\"own\""));
    let both = format!("builtin \"fetch\"\nhost \"docs.example.com\"\nimage \"{IMAGE}\"");
    assert_eq!(server(&both), one("PA0215", &format!("\"{IMAGE}\"")));
}

#[test]
fn a_builtin_takes_what_it_is_for() {
    let linear = "builtin \"linear\"\nauth \"claude\"\nteam \"ENG\"\n";
    assert_eq!(server(linear), []);
    for (line, text) in [
        ("command \"/x\"", "command \"/x\""),
        ("port 8000", "8000"),
        ("resources {\n cpu \"1\"\n}", "\"1\""),
        ("effect \"get_issue\"", "\"get_issue\""),
        ("repo \"github.com/a/b\"", "\"github.com/a/b\""),
        ("host \"docs.example.com\"", "\"docs.example.com\""),
    ] {
        assert_eq!(
            server(&format!("{linear}{line}")),
            one("PA0215", text),
            "{line}"
        );
    }
    assert_eq!(server("builtin \"linear\"").len(), 2);
    assert_eq!(server("builtin \"git\""), one("PA0204", "\"git\""));
    assert_eq!(
        server("builtin \"git\"\nrepo \"github.com/a/b\"\nteam \"X\""),
        one("PA0215", "\"X\"")
    );
    assert_eq!(server("builtin \"fetch\""), one("PA0204", "\"fetch\""));
}

/// A page comes from a host that the agent chooses among many: no credential goes with it.
#[test]
fn fetch_has_no_credential() {
    let lines = "builtin \"fetch\"\nhost \"docs.example.com\"\nauth \"claude\"";
    assert_eq!(server(lines), one("PA0215", "\"claude\""));
}

#[test]
fn an_image_has_no_credential_and_a_command() {
    let image = format!("image \"{IMAGE}\"\n");
    assert_eq!(server(&format!("{image}command \"/x\"\nport 8000")), []);
    assert_eq!(
        server(&format!("{image}command \"/x\"")),
        one("PA0204", &format!("\"{IMAGE}\""))
    );
    assert_eq!(
        server(&format!("{image}port 8000")),
        one("PA0204", &format!("\"{IMAGE}\""))
    );
    for (line, text) in [
        ("auth \"claude\"", "\"claude\""),
        ("team \"X\"", "\"X\""),
        ("repo \"github.com/a/b\"", "\"github.com/a/b\""),
    ] {
        let lines = format!("{image}command \"/x\"\nport 8000\n{line}");
        assert_eq!(server(&lines), one("PA0215", text));
    }
}

#[test]
fn a_model_has_an_address_and_a_credential() {
    let model = |lines: &str| {
        conflicts(&Trial::new().declare(&format!("model \"m\" {{\n id \"x\"\n{lines}\n}}")))
    };
    assert_eq!(model("provider \"openai\""), one("PA0204", "\"openai\""));
    assert_eq!(model("provider \"openai\"\nauth \"claude\""), []);
    assert_eq!(
        model("provider \"openai\"\nurl \"https://llm.example.com\""),
        []
    );
    assert_eq!(model("provider \"ollama\""), one("PA0204", "\"ollama\""));
    assert_eq!(
        model("provider \"compatible\"\nauth \"claude\""),
        one("PA0204", "\"compatible\"")
    );
    assert_eq!(
        model("provider \"ollama\"\nurl \"http://ollama.models.svc:11434\""),
        []
    );
}

#[test]
fn s4_19_a_temperature_is_one_that_the_provider_takes() {
    let model = |provider: &str, temperature: &str| {
        let lines = format!("id \"x\"\n{provider}\ntemperature {temperature}");
        conflicts(&Trial::new().declare(&format!("model \"m\" {{\n{lines}\n}}")))
    };
    let anthropic = "provider \"anthropic\"\nauth \"claude\"";
    let others = [
        "provider \"openai\"\nauth \"claude\"",
        "provider \"gemini\"\nauth \"claude\"",
        "provider \"ollama\"\nurl \"http://ollama.models.svc:11434\"",
        "provider \"compatible\"\nurl \"https://llm.example.com\"",
    ];
    for fits in ["0", "0.3", "0.300", "1", "1.0"] {
        assert_eq!(model(anthropic, fits), [], "{fits}");
    }
    for much in ["1.001", "2"] {
        assert_eq!(model(anthropic, much), one("PA0215", much));
    }
    for other in others {
        assert_eq!(model(other, "2"), [], "{other}");
        for wrong in ["2.001", "3", "-1", "0.0001", "1e0", "0_0.3"] {
            assert_eq!(model(other, wrong), one("PA0209", wrong), "{other}");
        }
    }
    assert_eq!(model("provider \"stub\"", "0.3"), one("PA0215", "0.3"));
    let mistyped = Trial::new().run(
        "provider \"anthropic\"",
        "provider \"anthropic\"\n    temperature \"0.3\"",
    );
    assert_eq!(mistyped.found(), one("PA0208", "\"0.3\""));
}

/// Some harnesses send no bound, and the gateway lets no request through without one.
#[test]
fn a_model_that_codex_or_gemini_asks_has_a_bound() {
    for harness in ["codex", "gemini"] {
        let asked = Trial::new().run("\"claude-code\"", &format!("\"{harness}\""));
        assert_eq!(conflicts(&asked), one("PA0204", "\"sonnet\""));
        let provider = "provider \"anthropic\"";
        let bound = format!("{provider}\n    max-tokens 32_000");
        assert_eq!(conflicts(&asked.run(provider, &bound)), []);
    }
    // One that nobody asks by it needs none.
    let other = "model \"other\" {\n provider \"openai\"\n id \"x\"\n auth \"claude\"\n}";
    assert_eq!(conflicts(&Trial::new().declare(other)), []);
}

#[test]
fn only_a_generic_harness_has_a_command() {
    let extra = Trial::new().in_agent("command \"/bin/sh\"");
    assert_eq!(conflicts(&extra), one("PA0215", "\"/bin/sh\""));
    let generic = Trial::new().run("\"claude-code\"", "\"generic\"");
    assert_eq!(conflicts(&generic), one("PA0204", "\"generic\""));
    assert_eq!(generic.in_agent("command \"/bin/agent\"").found(), []);
}

#[test]
fn a_system_prompt_is_a_text_or_a_file() {
    let trial = |system: &str| Trial::new().file("p.md", "Write.").in_agent(system).found();
    assert_eq!(trial("system \"Write.\""), []);
    assert_eq!(trial("system file=\"p.md\""), []);
    assert_eq!(
        trial("system \"Write.\" file=\"p.md\""),
        one("PA0215", "\"p.md\"")
    );
    assert_eq!(trial("system"), one("PA0215", "system"));
}

#[test]
fn an_argument_is_bound_to_one_thing() {
    let bind = |what: &str| {
        let tools = format!(
            "mcp \"l\" {{\n builtin \"linear\"\n auth \"claude\"\n team \"ENG\"\n}}\ntools \"t\" {{\n server \"l\" {{\n allow \"get_issue\" {{\n bind \"issue_id\" {what}\n}}\n}}\n}}"
        );
        conflicts(
            &Trial::new()
                .declare(&tools)
                .in_run("input \"issue\" {\n match \"[A-Z]+\"\n}"),
        )
    };
    assert_eq!(bind("input=\"issue\""), []);
    assert_eq!(bind("value=\"ENG-1\""), []);
    assert_eq!(
        bind("input=\"issue\" value=\"ENG-1\""),
        one("PA0215", "\"ENG-1\"")
    );
    assert_eq!(bind(""), one("PA0215", "bind \"issue_id\""));
}

#[test]
fn an_approval_has_what_decides() {
    let key = "approver \"kim\" key=\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBCwVzP8iK3f5ChFgAgjTr0mYeLZobVxCjK/MScgPTf0\"";
    let (url, auth) = ("url \"https://gatekeeper.example.com\"", "auth \"claude\"");
    let approval = |via: &str, lines: &[&str]| {
        let text = format!(
            "approval \"a\" {{\n via \"{via}\"\n timeout \"10m\"\n{}\n}}",
            lines.join("\n")
        );
        conflicts(&Trial::new().declare(&text))
    };
    assert_eq!(approval("gatekeeper", &[url, auth]), []);
    assert_eq!(approval("signature", &[key]), []);
    assert_eq!(
        approval("gatekeeper", &[auth]),
        one("PA0204", "\"gatekeeper\"")
    );
    assert_eq!(
        approval("gatekeeper", &[url]),
        one("PA0204", "\"gatekeeper\"")
    );
    assert_eq!(
        approval("gatekeeper", &[url, auth, key]),
        one("PA0215", "\"kim\"")
    );
    assert_eq!(approval("signature", &[]), one("PA0204", "\"signature\""));
    assert_eq!(
        approval("signature", &[key, auth]),
        one("PA0215", "\"claude\"")
    );
    assert_eq!(
        approval("signature", &[key, url]),
        one("PA0215", "\"https://gatekeeper.example.com\"")
    );
}

fn export(kind: &str, lines: &str) -> Vec<(&'static str, String)> {
    let text = format!("export {{\n offer \"{kind}\" {{\n auth \"claude\"\n{lines}\n}}\n}}");
    conflicts(&Trial::new().in_run(&text))
}

#[test]
fn each_kind_of_export_has_its_settings() {
    let to = "on \"linear\"\nto \"ENG-1\"\n";
    let pull = "on \"github\"\nrepo \"a/b\"\nbase \"main\"\nbranch \"x/*\"\n";
    let bucket = "to \"s3://logs/x\"\nregion \"eu-central-1\"\n";
    let hook = "url \"https://hooks.example.com/x\"\n";
    let notify = "host \"hooks.example.com\"\ntext \"The run has ended\"\n";
    for (kind, right) in [
        ("comment", to),
        ("report", to),
        ("upload", to),
        ("pull-request", pull),
        ("s3", bucket),
        ("notify", notify),
        ("webhook", hook),
    ] {
        assert_eq!(export(kind, right), [], "{kind}");
        // Without any one of its lines it is incomplete.
        for line in right.lines() {
            let less = right.replacen(&format!("{line}\n"), "", 1);
            assert_eq!(
                export(kind, &less),
                one("PA0204", &format!("\"{kind}\"")),
                "{kind} {line}"
            );
        }
    }
    for (kind, right, line, text) in [
        ("comment", to, "size \"1Mi\"", "\"1Mi\""),
        ("comment", to, "repo \"a/b\"", "\"a/b\""),
        ("report", to, "exclude \"x\"", "\"x\""),
        ("upload", to, "files 3", "3"),
        ("pull-request", pull, "region \"x\"", "\"x\""),
        ("pull-request", pull, "to \"a/b\"", "to \"a/b\""),
        ("s3", bucket, "on \"linear\"", "\"linear\""),
        (
            "notify",
            notify,
            "url \"https://hooks.example.com/x\"",
            "\"https://hooks.example.com/x\"",
        ),
        ("notify", notify, "size \"1Mi\"", "\"1Mi\""),
        ("webhook", hook, "protect \"x\"", "\"x\""),
        (
            "webhook",
            hook,
            "host \"x.example.com\"",
            "\"x.example.com\"",
        ),
        ("webhook", hook, "summary", "summary"),
        ("comment", to, "text \"x\"", "\"x\""),
    ] {
        assert_eq!(
            export(kind, &format!("{right}{line}")),
            one("PA0215", text),
            "{kind} {line}"
        );
    }
}

#[test]
fn s2_23_people_are_notified_by_one_host() {
    let notify = |lines: &str| export("notify", &format!("{lines}\ntext \"x\""));
    assert_eq!(notify("host \"hooks.example.com\"\nsummary"), []);
    assert_eq!(
        notify("host \"*.example.com\""),
        one("PA0209", "\"*.example.com\"")
    );
    // The address is a secret, and no part of it stands in a spec.
    assert_eq!(
        notify("host \"https://hooks.example.com/T0/x\""),
        one("PA0209", "\"https://hooks.example.com/T0/x\"")
    );
}

#[test]
fn an_export_is_done_on_the_service_that_can() {
    let comment = export("comment", "on \"github\"\nto \"ENG-1\"");
    assert_eq!(comment, one("PA0215", "\"github\""));
}

/// The bucket is what a policy bounds and a reviewer sees: nobody hands it in.
#[test]
fn a_bucket_is_never_an_input() {
    let text = "input \"place\"\nexport {\n offer \"s3\" {\n to input=\"place\"\n region \"eu-central-1\"\n auth \"claude\"\n}\n}";
    assert_eq!(
        conflicts(&Trial::new().in_run(text)),
        one("PA0215", "\"place\"")
    );
    assert_eq!(
        export("s3", "to \"logs/x\"\nregion \"x\""),
        one("PA0209", "\"logs/x\"")
    );
}

#[test]
fn a_place_is_one_thing() {
    let lines = "input \"issue\"\nexport {\n offer \"comment\" {\n on \"linear\"\n to PLACE\n auth \"claude\"\n}\n}";
    let trial = |place: &str| conflicts(&Trial::new().in_run(&lines.replace("PLACE", place)));
    assert_eq!(trial("input=\"issue\""), []);
    assert_eq!(
        trial("\"ENG-1\" input=\"issue\""),
        one("PA0215", "\"ENG-1\"")
    );
    assert_eq!(trial(""), one("PA0215", "to"));
}

#[test]
fn a_run_does_not_contradict_itself() {
    let run = |lines: &str| {
        conflicts(
            &Trial::new()
                .in_run(lines)
                .in_policy("schedule every=\"1m\""),
        )
    };
    assert_eq!(
        run("finish {\n require \"nothing\"\n reminders 2\n}"),
        one("PA0215", "2")
    );
    assert_eq!(run("finish {\n require \"nothing\"\n reminders 0\n}"), []);
    let schedule = |late: &str| {
        run(&format!(
            "schedule \"0 * * * *\" {{\n timezone \"UTC\"\n catch-up \"{late}\"\n}}"
        ))
    };
    assert_eq!(schedule("1h"), one("PA0215", "\"1h\""));
    assert_eq!(schedule("59m"), []);
    let never = Trial::new().run("size \"1Gi\"", "size \"1Gi\"\nkeep \"never\" for=\"1d\"");
    assert_eq!(conflicts(&never), one("PA0215", "\"1d\""));
}

#[test]
fn a_default_is_a_value_that_would_be_taken() {
    let input =
        |lines: &str| conflicts(&Trial::new().in_run(&format!("input \"x\" {{\n{lines}\n}}")));
    assert_eq!(input("match \"[a-z]+\"\ndefault \"abc\""), []);
    assert_eq!(
        input("match \"[a-z]+\"\ndefault \"abc1\""),
        one("PA0215", "\"abc1\"")
    );
    assert_eq!(input("one-of \"a\" \"b\"\ndefault \"b\""), []);
    assert_eq!(
        input("one-of \"a\" \"b\"\ndefault \"c\""),
        one("PA0215", "\"c\"")
    );
    assert_eq!(
        input("size \"3\"\ndefault \"한국\""),
        one("PA0215", "\"한국\"")
    );
    assert_eq!(
        input("size \"3\"\none-of \"abcd\" \"a\""),
        one("PA0215", "\"abcd\"")
    );
    assert_eq!(
        input("match \"[a-z]+\"\none-of \"a\""),
        one("PA0215", "\"[a-z]+\"")
    );
    assert_eq!(
        input("required #true\ndefault \"x\""),
        one("PA0215", "#true")
    );
    assert_eq!(input("required #false\ndefault \"x\""), []);
}

#[test]
fn a_policy_bounds_what_a_kind_has() {
    let rule = |text: &str| conflicts(&Trial::new().in_policy(text));
    assert_eq!(rule("export \"comment\" {\n on \"linear\"\n}"), []);
    assert_eq!(
        rule("export \"comment\" {\n repo \"a/*\"\n}"),
        one("PA0215", "\"a/*\"")
    );
    assert_eq!(
        rule("export \"s3\" {\n base \"main\"\n}"),
        one("PA0215", "\"main\"")
    );
    assert_eq!(
        rule("export \"webhook\" {\n to \"s3://abc/x\"\n}"),
        one("PA0215", "\"s3://abc/x\"")
    );
    assert_eq!(
        rule("export \"webhook\" {\n host \"hooks.example.com\"\n}"),
        one("PA0215", "\"hooks.example.com\"")
    );
    assert_eq!(
        rule("export \"comment\" {\n summary\n}"),
        one("PA0215", "summary")
    );
}

/// What was refused is not missed too: one mistake is one finding.
#[test]
fn a_mistake_is_reported_once() {
    for text in [
        "mcp \"s\" {\n builtin \"linaer\"\n}",
        "mcp \"s\" {\n builtin \"git\"\n rep \"github.com/a/b\"\n}",
        "mcp \"s\" {\n builtin \"fetch\"\n host \"*\"\n}",
        "model \"m\" {\n provider \"ollama\"\n id \"x\"\n url \"nonsense\"\n}",
        "approval \"a\" {\n via \"gatekeeper\"\n url \"nonsense\"\n auth \"claude\"\n timeout \"1m\"\n}",
    ] {
        let found = Trial::new().declare(text).found();
        let errors: Vec<_> = found
            .iter()
            .filter(|(c, _)| !c.starts_with("PA08"))
            .collect();
        assert_eq!(errors.len(), 1, "{text} {errors:?}");
    }
    for (limits, policy) in [
        ("tokens 500_000", "tokens 1_000_000"),
        ("turns 50", "turns 200"),
    ] {
        let word = limits.split(' ').next().unwrap_or_default();
        let wrong = Trial::new().policy(policy, &format!("{word} \"many\""));
        assert_eq!(wrong.found().len(), 1, "{:?}", wrong.found());
    }
}
