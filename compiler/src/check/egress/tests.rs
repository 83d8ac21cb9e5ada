use super::super::testing::{Case, base};
use super::check;

fn egress(wish: &str, bound: &str) -> Case {
    base()
        .agent(&format!("    egress {{\n{wish}\n    }}"))
        .permit(&format!("    egress {{\n{bound}\n    }}"))
}

fn http(host: &str, method: &str, path: &str) -> String {
    format!("        http \"{host}\" {{\n            allow \"{method}\" \"{path}\"\n        }}")
}

#[test]
fn a_silent_policy_permits_no_egress() {
    let tunnel = base().agent("    egress {\n        tunnel \"packages.example.com\"\n    }");
    assert_eq!(tunnel.codes(check), ["PA0411"]);
    let route = base().agent(&format!(
        "    egress {{\n{}\n    }}",
        http("a.example.com", "GET", "/x")
    ));
    assert_eq!(route.codes(check), ["PA0412"]);
}

#[test]
fn upstreams_are_no_egress() {
    let case = base()
        .permit("    upstream \"packages.example.com\"")
        .agent("    egress {\n        tunnel \"packages.example.com\"\n    }");
    assert_eq!(case.codes(check), ["PA0411"]);
}

#[test]
fn tunnels_by_host_and_port() {
    let bound = "        tunnel \"*.example.com\" acknowledge=\"ours\"\n        tunnel \"db.example.org\" port=5432 acknowledge=\"ours\"";
    for (wish, codes) in [
        ("tunnel \"a.example.com\"", vec![]),
        ("tunnel \"*.example.com\"", vec![]),
        ("tunnel \"a.b.example.com\"", vec!["PA0411"]),
        ("tunnel \"example.com\"", vec!["PA0411"]),
        ("tunnel \"a.example.com\" port=22", vec!["PA0411"]),
        ("tunnel \"db.example.org\"", vec!["PA0411"]),
        ("tunnel \"db.example.org\" port=5432", vec![]),
        ("tunnel \"*.example.org\"", vec!["PA0411"]),
        ("tunnel \"a.example.com.evil.org\"", vec!["PA0411"]),
    ] {
        assert_eq!(
            egress(&format!("        {wish}"), bound).codes(check),
            codes,
            "{wish}"
        );
    }
}

#[test]
fn a_tunnel_that_nobody_acknowledged_is_a_warning() {
    let found = egress(
        "        tunnel \"a.example.com\"",
        "        tunnel \"*.example.com\"",
    )
    .findings(check);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code.number(), "PA0502");
    assert_eq!(found[0].severity, crate::diag::Severity::Warning);
    // Each policy has to say it for itself.
    let second =
        "\npolicy \"second\" {\n    egress {\n        tunnel \"a.example.com\"\n    }\n}\n";
    let case = egress(
        "        tunnel \"a.example.com\"",
        "        tunnel \"*.example.com\" acknowledge=\"ours\"",
    );
    assert!(case.codes(check).is_empty());
    assert_eq!(case.also(second).codes(check), ["PA0502"]);
}

#[test]
fn requests_by_host_method_and_path() {
    let bound = http("*.example.com", "GET", "/repos/acme/**");
    for (wish, count) in [
        (http("a.example.com", "GET", "/repos/acme/site"), 0),
        (http("a.example.com", "GET", "/repos/acme/**"), 0),
        (http("a.example.com", "GET", "/repos/**"), 1),
        (http("a.example.com", "POST", "/repos/acme/site"), 1),
        (http("a.example.org", "GET", "/repos/acme/site"), 1),
        (http("*.example.com", "GET", "/repos/acme/site"), 0),
        (http("a.b.example.com", "GET", "/repos/acme/site"), 1),
    ] {
        assert_eq!(
            egress(&wish, &bound).codes(check),
            vec!["PA0412"; count],
            "{wish}"
        );
    }
}

#[test]
fn rules_of_one_policy_do_not_lend_to_each_other() {
    // A method of one rule with the path of another.
    let bound = "        http \"a.example.com\" {\n            allow \"GET\" \"/**\"\n            allow \"POST\" \"/jobs\"\n        }";
    assert_eq!(
        egress(&http("a.example.com", "POST", "/admin"), bound).codes(check),
        ["PA0412"]
    );
    // A path of one policy with the method of another.
    let second = format!(
        "\npolicy \"second\" {{\n    egress {{\n{}\n    }}\n}}\n",
        http("a.example.com", "POST", "/**")
    );
    assert_eq!(
        egress(&http("a.example.com", "GET", "/x"), bound)
            .also(&second)
            .codes(check),
        ["PA0412"]
    );
}

#[test]
fn no_tunnel_to_what_the_gateway_calls_with_a_credential() {
    for host in ["api.anthropic.com", "*.anthropic.com"] {
        let rule = format!("        tunnel \"{host}\" acknowledge=\"no\"");
        let wish = format!("        tunnel \"{host}\"");
        assert_eq!(egress(&wish, &rule).codes(check), ["PA0501"], "{host}");
        let other = format!("        tunnel \"{host}\" port=8443");
        let rule = format!("        tunnel \"{host}\" port=8443 acknowledge=\"no\"");
        assert_eq!(egress(&other, &rule).codes(check), ["PA0501"], "{host}");
    }
}

#[test]
fn no_request_to_a_model_even_without_a_credential() {
    let route = http("api.anthropic.com", "GET", "/v1/models");
    assert_eq!(egress(&route, &route).codes(check), ["PA0501"]);
    let open = base().run(
        "    auth \"claude\"\n",
        "    url \"https://llm.example.com\"\n",
    );
    let route = http("llm.example.com", "POST", "/v1/messages");
    let case = open
        .agent(&format!("    egress {{\n{route}\n    }}"))
        .permit(&format!("    egress {{\n{route}\n    }}"));
    assert_eq!(case.codes(check), ["PA0501"]);
}

#[test]
fn where_an_export_writes_an_agent_may_read_and_not_write() {
    let export = "secret \"hub\" {\n    from \"hub\" key=\"k\"\n}";
    let run = "    export {\n        offer \"pull-request\" {\n            on \"github\"\n            repo \"acme/*\"\n            base \"main\"\n            branch \"agent/**\"\n            auth \"hub\"\n        }\n    }";
    let with = |method: &str| {
        let route = http("api.github.com", method, "/repos/acme/**");
        egress(&route, &route).declare(export).in_run(run)
    };
    assert!(with("GET").codes(check).is_empty());
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(with(method).codes(check), ["PA0501"], "{method}");
    }
}

#[test]
fn no_tunnel_beside_a_route() {
    let wish = format!(
        "        tunnel \"a.example.com\"\n{}",
        http("a.example.com", "GET", "/x")
    );
    let bound = format!(
        "        tunnel \"*.example.com\" acknowledge=\"ours\"\n{}",
        http("*.example.com", "GET", "/**")
    );
    assert_eq!(egress(&wish, &bound).codes(check), ["PA0501"]);
}

#[test]
fn a_link_that_approves_is_not_fetched() {
    let case = base()
        .declare("secret \"gate\" {\n    from \"gate\" key=\"k\"\n}\napproval \"human\" {\n    via \"gatekeeper\"\n    url \"https://gatekeeper.example.com\"\n    auth \"gate\"\n    timeout \"10m\"\n}\nmcp \"web\" {\n    builtin \"fetch\"\n    host \"*.example.com\"\n}\ntools \"t\" {\n    server \"web\" {\n        approve \"fetch\" by=\"human\"\n    }\n}")
        .agent("    tools \"t\"");
    assert_eq!(case.codes(check), ["PA0501"]);
    assert!(
        case.run("host \"*.example.com\"", "host \"docs.example.com\"")
            .codes(check)
            .is_empty()
    );
}

#[test]
fn internal_hosts_need_an_open_target() {
    let bound = "        tunnel \"mirror.build.svc\" acknowledge=\"ours\"";
    assert_eq!(
        egress("        tunnel \"mirror.build.svc\"", bound).codes(check),
        ["PA0504"]
    );
}
