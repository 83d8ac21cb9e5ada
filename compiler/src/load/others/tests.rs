use crate::check::trial::Trial;

/// A spec whose run submits these.
fn spec(name: &str, others: &[&str]) -> String {
    let export = |other: &&str| {
        format!(" always \"submit\" {{\n  run \"{other}\" file=\"{other}.kdl\"\n }}\n")
    };
    let exports: String = others.iter().map(export).collect();
    let base = include_str!("../../../../golden/pages/base/run.kdl");
    base.replace(
        "run \"hello\" {",
        &format!("run \"{name}\" {{\n export {{\n{exports} }}"),
    )
}

/// `hello` submits the first of these, and so on.
fn trial(specs: &[(&str, &[&str])]) -> Trial {
    let names = specs.iter().map(|(name, _)| format!("submit \"{name}\"\n"));
    let names: String = names.collect();
    let trial = Trial::new()
        .edit("target.kdl", "    dns {", &format!("{names}    dns {{"))
        .in_policy("export \"submit\" {\n run \"*\"\n times 99\n}");
    specs.iter().fold(trial, |trial, (name, others)| {
        let file = match *name {
            "hello" => "run.kdl".to_owned(),
            name => format!("{name}.kdl"),
        };
        let text = spec(name, others).replace("hello.kdl", "run.kdl");
        trial.file(&file, &text)
    })
}

#[test]
fn s4_15_runs_submit_each_other_without_a_circle() {
    let chain = trial(&[
        ("hello", &["a", "b"]),
        ("a", &["c"]),
        ("b", &["c"]),
        ("c", &[]),
    ]);
    assert_eq!(chain.codes(), [""; 0]);
    for (specs, circle) in [
        (&[("hello", &["hello"][..])][..], "hello → hello"),
        (&[("hello", &["a"]), ("a", &["hello"])], "hello → a → hello"),
        (
            &[
                ("hello", &["a"]),
                ("a", &["b"]),
                ("b", &["c"]),
                ("c", &["a"]),
            ],
            "a → b → c → a",
        ),
    ] {
        let out = trial(specs).outcome();
        let told: Vec<&str> = out.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(told, [format!("runs submit each other: {circle}")]);
        let code = out.findings.iter().next().map(|f| f.code.number());
        assert_eq!(code, Some("PA0307"));
    }
}

#[test]
fn a_chain_has_an_end() {
    let names: Vec<String> = (0..20).map(|n| format!("r{n}")).collect();
    let chain = |length: usize| {
        let mut specs: Vec<(&str, Vec<&str>)> = vec![("hello", vec![&names[0]])];
        for at in 0..length {
            let next = (at + 1 < length).then(|| names[at + 1].as_str());
            specs.push((&names[at], next.into_iter().collect()));
        }
        let specs: Vec<(&str, &[&str])> = specs.iter().map(|(n, o)| (*n, o.as_slice())).collect();
        trial(&specs).codes()
    };
    assert_eq!(chain(16), [""; 0]);
    assert_eq!(chain(17), ["PA0307"]);
}

/// Many ways to one run are followed once.
#[test]
fn a_lattice_takes_no_time() {
    let names: Vec<String> = (0..14).map(|n| format!("r{n}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut specs: Vec<(&str, &[&str])> = vec![("hello", &all[..1])];
    for at in 0..all.len() {
        specs.push((all[at], &all[at + 1..]));
    }
    assert_eq!(trial(&specs).codes(), [""; 0]);
}

#[test]
fn the_file_declares_the_run() {
    let case = |text: &str| {
        trial(&[("hello", &["a"]), ("a", &[])])
            .file("a.kdl", text)
            .found()
    };
    let found = |code, under: &str| [(code, under.to_owned())];
    assert_eq!(case(&spec("b", &[])), found("PA0301", "\"a\""));
    let none = "version 1\n\nsecret \"x\" {\n from \"x\" key=\"X\"\n}\n";
    assert_eq!(case(none), found("PA0303", "\"a.kdl\""));
    let policy = include_str!("../../../../golden/pages/base/policy.kdl");
    assert_eq!(case(policy), found("PA0308", "\"a.kdl\""));
    let lost = trial(&[("hello", &["a"]), ("a", &[])]).run("\"a.kdl\"", "\"b.kdl\"");
    assert_eq!(lost.found(), found("PA0305", "\"b.kdl\""));
    let outside = trial(&[("hello", &["a"]), ("a", &[])]).run("\"a.kdl\"", "\"../a.kdl\"");
    assert_eq!(outside.codes(), ["PA0306"]);
}
