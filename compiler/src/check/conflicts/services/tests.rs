use crate::check::trial::Trial;

/// A run whose agent has one typed tool of this form.
fn tool(body: &str) -> Trial {
    let server = format!(
        "mcp \"stats\" {{\n builtin \"http\"\n url \"https://stats.example.com\"\n tool \"t\" {{\n about \"does\"\n{body}\n}}\n}}\ntools \"list\" {{\n server \"stats\" {{\n allow \"t\"\n}}\n}}"
    );
    let service = "upstream \"stats.example.com\"\nservice \"stats.example.com\" {\n allow \"GET\" \"/**\"\n allow \"POST\" \"/**\"\n}";
    Trial::new()
        .declare(&server)
        .in_agent("tools \"list\"")
        .in_policy(service)
}

const NAME: &str = "arg \"name\" {\n one-of \"auth\" \"lb\"\n}\n";

#[test]
fn a_tool_is_one_request() {
    assert_eq!(tool("get \"/stats\"").codes(), [""; 0]);
    assert_eq!(
        tool("get \"/stats\"\npost \"/stats\"").found(),
        [("PA0215", "\"/stats\"".to_owned())]
    );
    assert!(tool("pick \"/a\"").codes().contains(&"PA0204"));
}

#[test]
fn every_name_is_declared() {
    for body in [
        "get \"/{nam}\"",
        "get \"/a\"\npick \"/{nam}\"",
        "get \"/a\"\nwhen \"nam\" is=\"x\" {\n path \"/b\"\n}",
        "get \"/a\"\nwhen \"name\" is=\"lb\" {\n path \"/{nam}\"\n}",
    ] {
        assert_eq!(tool(&format!("{NAME}{body}")).codes(), ["PA0301"], "{body}");
    }
}

#[test]
fn what_decides_a_place_is_always_there() {
    let optional = NAME.replace("\n}", "\n required #false\n}");
    for body in [
        "get \"/{name}\"",
        "get \"/a\"\npick \"/{name}\"",
        "get \"/a\"\nwhen \"name\" is=\"lb\" {\n path \"/b\"\n}",
    ] {
        assert_eq!(
            tool(&format!("{optional}{body}")).codes(),
            ["PA0709"],
            "{body}"
        );
        let default = optional.replace("required #false", "default \"lb\"");
        assert_eq!(tool(&format!("{default}{body}")).codes(), [""; 0], "{body}");
    }
    assert_eq!(tool(&format!("{optional}get \"/a\"")).codes(), [""; 0]);
}

#[test]
fn listed_values_can_stand_in_their_path() {
    for value in ["a/b", "..", "a?b", "a%2f"] {
        let case = tool(&format!(
            "arg \"name\" {{\n one-of \"auth\" \"{value}\"\n}}\nget \"/{{name}}\""
        ));
        assert_eq!(case.codes(), ["PA0215"], "{value}");
        // In a pointer or a query any text is one value.
        let other = tool(&format!(
            "arg \"name\" {{\n one-of \"auth\" \"{value}\"\n}}\nget \"/a\"\npick \"/{{name}}\""
        ));
        assert_eq!(other.codes(), [""; 0], "{value}");
    }
}

#[test]
fn an_argument_is_a_text_or_a_number() {
    let arg = |body: &str| tool(&format!("arg \"n\" {{\n{body}\n}}\nget \"/a\"")).codes();
    for fine in [
        "max 10",
        "min -5\nmax 10",
        "max 10\ndefault \"3\"",
        "match \"[a-z]+\"",
        "size \"100\"",
    ] {
        assert_eq!(arg(fine), [""; 0], "{fine}");
    }
    for wrong in [
        "max 10\nsize \"10\"",
        "max 10\nmatch \"[0-9]+\"",
        "max 10\none-of \"1\" \"2\"",
        "min 5\nmax 4",
        "max 10\ndefault \"11\"",
        "max 10\ndefault \"03\"",
        "max 10\ndefault \"x\"",
        "match \"[a-z]+\"\none-of \"a\"",
        "one-of \"a\"\ndefault \"b\"",
    ] {
        assert_eq!(arg(wrong), ["PA0215"], "{wrong}");
    }
    assert_eq!(arg("min 5"), ["PA0204"]);
}

#[test]
fn one_argument_decides_by_values_that_it_has() {
    let when = |body: &str| {
        tool(&format!(
            "{NAME}arg \"other\" {{\n one-of \"x\"\n}}\narg \"free\"\nget \"/a\"\n{body}"
        ))
        .codes()
    };
    assert_eq!(when("when \"name\" is=\"lb\" {\n path \"/b\"\n}"), [""; 0]);
    assert_eq!(when("when \"name\" is=\"lb\""), ["PA0204"]);
    assert_eq!(
        when("when \"name\" is=\"db\" {\n path \"/b\"\n}"),
        ["PA0215"]
    );
    assert_eq!(
        when("when \"free\" is=\"db\" {\n path \"/b\"\n}"),
        ["PA0215"]
    );
    let two =
        "when \"name\" is=\"lb\" {\n path \"/b\"\n}\nwhen \"other\" is=\"x\" {\n path \"/b\"\n}";
    assert_eq!(when(two), ["PA0215"]);
}

#[test]
fn a_server_of_typed_tools_is_complete_and_nothing_else() {
    let server = |body: &str| {
        Trial::new()
            .declare(&format!("mcp \"s\" {{\n{body}\n}}\ntools \"l\" {{\n server \"s\" {{\n allow \"fetch\"\n}}\n}}"))
            .in_agent("tools \"l\"")
            .codes()
    };
    assert!(
        server("builtin \"http\"")
            .iter()
            .filter(|c| **c == "PA0204")
            .count()
            == 2
    );
    let fetch = "builtin \"fetch\"\nhost \"a.example.com\"\nurl \"https://a.example.com\"";
    assert!(server(fetch).contains(&"PA0215"));
    let host = "builtin \"http\"\nurl \"https://a.example.com\"\nhost \"a.example.com\"\ntool \"fetch\" {\n about \"x\"\n get \"/\"\n}";
    assert!(server(host).contains(&"PA0215"));
}
