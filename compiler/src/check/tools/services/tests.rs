use crate::check::trial::Trial;

const SERVER: &str = "mcp \"stats\" {\n builtin \"http\"\n url \"https://stats.example.com/v1\"\n tool \"status\" {\n about \"State\"\n arg \"name\" {\n one-of \"auth\" \"lb\"\n}\n get \"/services/{name}\"\n}\n tool \"restart\" {\n about \"Restarts\"\n arg \"name\" {\n match \"[a-z]+\"\n}\n post \"/services/{name}/restart\"\n}\n}\n";

/// The base whose agent has these grants of typed tools; the policy lets the gateway call the host.
fn granted(grants: &str) -> Trial {
    let tools = format!("tools \"t\" {{\n server \"stats\" {{\n {grants}\n}}\n}}");
    Trial::new()
        .declare(&format!("{SERVER}{tools}"))
        .in_agent("tools \"t\"")
        .in_policy("upstream \"stats.example.com\"")
}

const BOTH: &str = "allow \"status\"\nallow \"restart\"";

fn service(rules: &str) -> String {
    format!("service \"stats.example.com\" {{\n {rules}\n}}")
}

const GET: &str = "allow \"GET\" \"/v1/services/*\"";
const POST: &str = "allow \"POST\" \"/v1/services/*/restart\"";

#[test]
fn a_silent_policy_permits_no_request() {
    let (finding, related) = {
        let found = granted("allow \"status\"\nallow \"restart\"").found();
        (found.clone(), found.len())
    };
    assert_eq!(related, 2);
    assert!(
        finding.iter().all(|(code, _)| *code == "PA0405"),
        "{finding:?}"
    );
    assert_eq!(
        granted(BOTH)
            .in_policy(&service(&format!("{GET}\n{POST}")))
            .codes(),
        [""; 0]
    );
}

/// What a spec calls a tool says nothing: a rule on names permits none of these.
#[test]
fn names_permit_nothing() {
    let named = granted(BOTH).in_policy("tool \"http\" \"*\"");
    assert_eq!(named.codes(), ["PA0405"; 2]);
    let lies = granted(BOTH)
        .in_policy(&service(GET))
        .run("tool \"restart\"", "tool \"get_status\"")
        .run("allow \"restart\"", "allow \"get_status\"");
    assert_eq!(lies.codes(), ["PA0405"]);
}

#[test]
fn method_host_port_and_path_count() {
    let with = |rule: &str| {
        granted("allow \"status\"\nallow \"restart\"")
            .in_policy(rule)
            .codes()
    };
    let post = |rest: &str| service(&format!("{POST}\n{rest}"));
    assert_eq!(with(&post(GET)), [""; 0]);
    assert_eq!(with(&post("allow \"GET\" \"/v1/**\"")), [""; 0]);
    for rest in [
        "allow \"HEAD\" \"/v1/services/*\"",
        "allow \"GET\" \"/services/*\"",
        "allow \"GET\" \"/v1/services/auth\"",
        "allow \"GET\" \"/v1/services/a*\"",
    ] {
        assert_eq!(with(&post(rest)), ["PA0405"], "{rest}");
    }
    let other = service(&format!("{GET}\n{POST}")).replace("stats.example.com", "api.example.com");
    assert_eq!(with(&other), ["PA0405"; 2]);
    let port = service(&format!("{GET}\n{POST}")).replace("\" {", "\" port=8443 {");
    assert_eq!(with(&port), ["PA0405"; 2]);
}

/// A tool that asks elsewhere for some values needs every place.
#[test]
fn other_places_of_a_tool_are_bounded_too() {
    let when = "get \"/services/{name}\"\n when \"name\" is=\"lb\" {\n url \"https://lb.example.com\"\n path \"/lb-health\"\n}";
    let case = || {
        granted("allow \"status\"\nallow \"restart\"")
            .run("get \"/services/{name}\"", when)
            .in_policy(&service(&format!("{GET}\n{POST}")))
    };
    assert_eq!(case().codes(), ["PA0403", "PA0405"]);
    let permitted = "upstream \"lb.example.com\"\nservice \"lb.example.com\" {\n allow \"GET\" \"/lb-health\"\n}";
    assert_eq!(case().in_policy(permitted).codes(), [""; 0]);
    // The value that is not named goes to the server's own place; when all are, nothing goes there.
    let all = format!("{when}\n when \"name\" is=\"auth\" {{\n path \"/auth\"\n}}");
    let all = granted("allow \"status\"\nallow \"restart\"")
        .run("get \"/services/{name}\"", &all)
        .in_policy(permitted)
        .in_policy(&service(&format!("allow \"GET\" \"/v1/auth\"\n{POST}")));
    assert_eq!(all.codes(), [""; 0]);
}

#[test]
fn approval_is_needed_where_a_call_could_be_one_that_needs_it() {
    for rule in [
        "approve \"POST\" \"/v1/services/*/restart\"",
        "approve \"POST\" \"/v1/**\"",
        // One service among those that the tool can restart.
        "allow \"POST\" \"/v1/**\"\napprove \"POST\" \"/v1/services/database/restart\"",
    ] {
        let case = granted(BOTH).in_policy(&service(&format!("{GET}\n{rule}")));
        assert_eq!(case.codes(), ["PA0406"], "{rule}");
    }
    let other = "allow \"POST\" \"/v1/**\"\napprove \"POST\" \"/v1/services/database/stop\"";
    assert_eq!(
        granted(BOTH)
            .in_policy(&service(&format!("{GET}\n{other}")))
            .codes(),
        [""; 0]
    );
}

#[test]
fn calls_are_counted_by_what_they_ask() {
    let bound = service(&format!("{GET}\n{POST} times=2"));
    assert_eq!(granted(BOTH).in_policy(&bound).codes(), ["PA0407"]);
    let twice = |n: u32| {
        granted(&format!("allow \"status\"\nallow \"restart\" times={n}"))
            .in_policy(&bound)
            .codes()
    };
    assert_eq!((twice(2), twice(3)), (vec![], vec!["PA0407"]));
    // A second name for the same request is not a second allowance.
    let again = "tool \"again\" {\n about \"The same\"\n arg \"x\" {\n match \"[a-z]+\"\n}\n post \"/services/{x}/restart\"\n}\n tool \"status\" {";
    let both = granted("allow \"status\"\nallow \"restart\" times=2\nallow \"again\" times=2")
        .run("tool \"status\" {", again)
        .in_policy(&bound);
    assert_eq!(both.codes(), ["PA0407"]);
}

#[test]
fn tools_and_arguments_are_those_of_the_spec() {
    let rules = service(&format!("{GET}\n{POST}"));
    let unknown = granted("allow \"status\"\nallow \"restat\"").in_policy(&rules);
    assert!(
        unknown
            .found()
            .contains(&("PA0415", "\"restat\"".to_owned())),
        "{:?}",
        unknown.found()
    );
    let bound = granted("allow \"status\" {\n bind \"nam\" value=\"auth\"\n}\nallow \"restart\"")
        .in_policy(&rules);
    assert_eq!(bound.found(), [("PA0417", "\"nam\"".to_owned())]);
}

#[test]
fn a_tool_that_nobody_is_granted_is_told() {
    let case = granted("allow \"status\"").in_policy(&service(GET));
    assert_eq!(case.found(), [("PA0801", "\"restart\"".to_owned())]);
}

/// With a credential an answer is private; a text that the agent chooses and that is posted can carry it away.
#[test]
fn what_is_read_with_a_credential_can_leave_by_what_is_posted() {
    let auth = |case: Trial| {
        case.run(
            "url \"https://stats.example.com/v1\"",
            "url \"https://stats.example.com/v1\"\n auth \"key\"",
        )
        .declare("secret \"key\" {\n from \"stats\" key=\"K\"\n}")
        .in_policy("secret \"stats\" key=\"*\" for=\"mcp\" to=\"stats.example.com\"")
        .in_policy(&service(&format!("{GET}\n{POST}")))
    };
    assert_eq!(auth(granted(BOTH)).codes(), ["PA0510"]);
    // What reads sends what is asked to the service only, and a listed value says little.
    let read = granted("allow \"status\"").run(
        "post \"/services/{name}/restart\"",
        "get \"/services/{name}/restart\"",
    );
    let read = auth(read.run("allow \"status\"", "allow \"status\"\nallow \"restart\""));
    assert!(!read.codes().contains(&"PA0510"), "{:?}", read.codes());
    let listed = auth(granted(BOTH).run("match \"[a-z]+\"", "one-of \"auth\" \"lb\""));
    assert_eq!(listed.codes(), [""; 0]);
}

#[test]
fn a_secret_does_not_travel_in_the_clear() {
    let inside = granted(BOTH)
        .run("https://stats.example.com/v1", "http://stats.monitoring.svc:7100/v1")
        .run("builtin \"http\"", "builtin \"http\"\n auth \"key\"")
        .declare("secret \"key\" {\n from \"stats\" key=\"K\"\n}")
        .in_policy("upstream \"stats.monitoring.svc\" port=7100\nsecret \"stats\" key=\"*\" for=\"mcp\" to=\"stats.monitoring.svc\"\nservice \"stats.monitoring.svc\" port=7100 {\n allow \"GET\" \"/v1/**\"\n allow \"POST\" \"/v1/**\"\n}");
    let codes = inside.codes();
    assert!(codes.contains(&"PA0503"), "{codes:?}");
    // The target does not open the range where it is.
    assert!(codes.contains(&"PA0504"), "{codes:?}");
}

#[test]
fn a_bound_constant_is_a_value_of_its_argument() {
    let rules = service(&format!("{GET}\n{POST}"));
    let with = |tool: &str, value: &str| {
        let other = if tool == "status" {
            "restart"
        } else {
            "status"
        };
        let bind =
            format!("allow \"{tool}\" {{\n bind \"name\" value=\"{value}\"\n}}\nallow \"{other}\"");
        granted(&bind).in_policy(&rules).codes()
    };
    assert_eq!(
        (with("status", "lb"), with("restart", "db")),
        (vec![], vec![])
    );
    assert_eq!(with("status", "db"), ["PA0215"]);
    assert_eq!(with("restart", "db1"), ["PA0215"]);
}
