use super::*;
use crate::{list, object};

#[test]
fn an_object_looks_as_people_write_it() {
    let value = object! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => object! { "name" => "a", "labels" => object! { "on" => "yes", "b" => "1" } },
        "data" => object! { "text" => "one\n\n  two: x\n", "last" => "a\nb", "empty" => "" },
        "list" => list![object! { "a" => 1, "b" => list!["x", list![true]] }, list![], object! {}],
        "nothing" => Value::Null,
    };
    let expected = r#"apiVersion: v1
data:
  empty: ""
  last: |-
    a
    b
  text: |
    one

      two: x
kind: ConfigMap
list:
- a: 1
  b:
  - x
  - - true
- []
- {}
metadata:
  labels:
    b: "1"
    "on": "yes"
  name: a
nothing: null
"#;
    assert_eq!(document(&value), expected);
}

#[test]
fn what_could_be_another_type_is_quoted() {
    for text in [
        "",
        "y",
        "N",
        "Yes",
        "OFF",
        "true",
        "NULL",
        "~",
        "1",
        "-1",
        "1.5",
        "1e3",
        ".5",
        ".inf",
        "0x1",
        "0o7",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "<<",
        "=",
        "-",
        "? a",
        "a: b",
        "a:",
        "a #b",
        " a",
        "a ",
        "a  b",
        "{a",
        "[a",
        "!a",
        "&a",
        "*a",
        "%a",
        "@a",
        "`a",
        "'a",
        "\"a",
        "#a",
        "|",
        ">",
        ",a",
        "nan",
        "Infinity",
        "---",
        "...",
        "- a",
        "123abc",
        "0bundle",
    ] {
        let yaml = document(&object! { "a" => text });
        assert!(yaml.starts_with("a: \""), "{yaml}");
    }
    for text in [
        "a",
        "/etc/x",
        "a b, c (d)",
        "sha256:ab",
        "http://x:80/y",
        "key=value",
        "a.b/c-d",
    ] {
        assert_eq!(document(&object! { "a" => text }), format!("a: {text}\n"));
    }
}

#[test]
fn text_that_readers_split_differently_is_never_a_block() {
    for text in [
        "\na",
        " a\nb",
        "\ta\nb",
        "a\n\tb",
        "a\n  \tb",
        "a \nb",
        "a\t\nb",
        "a\n\n",
        "\n",
        "a\r\nb",
        "a\n\u{85}b",
        "a\n\u{2028}",
        "a\n\u{feff}",
        "a\n\u{202e}b",
        "a\n\u{1}",
        "a\n ",
        "a\n\u{e000}",
        "a\n\u{e0041}b",
        "a\u{a0}\nb",
    ] {
        let yaml = document(&object! { "a" => text });
        assert_eq!(yaml.lines().count(), 1, "{yaml}");
        assert!(yaml.starts_with("a: \"") && yaml.is_ascii(), "{yaml}");
    }
    assert_eq!(
        document(&object! { "a" => "x\ty\n---\n# z" }),
        "a: |-\n  x\ty\n  ---\n  # z\n"
    );
}

#[test]
fn characters_that_nobody_sees_are_escaped() {
    let text = "\u{0}\u{7f}\u{85}\u{a0}\u{200b}\u{202e}\u{feff}\u{ffff}\u{e0041}é😀";
    let expected = concat!(
        r#""\x00\x7F\x85\xA0\u200B\u202E\uFEFF\uFFFF\U000E0041"#,
        "é😀\"\n"
    );
    assert_eq!(document(&Value::from(text)), expected);
}

#[test]
fn a_stream_divides_documents() {
    let values = [object! { "a" => 1 }, object! {}, Value::from("x\ny")];
    assert_eq!(stream(&values), "a: 1\n---\n{}\n---\n\"x\\ny\"\n");
    assert_eq!(stream([]), "");
}

#[test]
fn a_long_key_is_written_so_that_readers_find_it() {
    let long = "k".repeat(2_000);
    let value = object! { "m" => object! { long.clone() => list![1], "z" => "a\nb" } };
    assert_eq!(
        document(&value),
        format!("m:\n  ? {long}\n  :\n  - 1\n  z: |-\n    a\n    b\n")
    );
}
