use super::*;

#[test]
fn every_code_and_every_node_has_a_text() {
    for code in Code::ALL {
        assert!(
            explain(code.number())
                .unwrap()
                .starts_with(&format!("# {}", code.number()))
        );
        assert!(explain(&code.number().to_lowercase()).is_ok());
    }
    for (_, path, def) in walk() {
        let text = explain(path).unwrap();
        assert!(
            text.contains(path.as_str()) && text.contains("Example:"),
            "{path}"
        );
        assert!(explain(def.name).is_ok());
    }
}

#[test]
fn a_path_names_one_node_and_a_name_all_of_its_nodes() {
    assert!(
        explain("agent/egress/http")
            .unwrap()
            .starts_with("agent/egress/http  (in a run spec)")
    );
    let all = explain("http").unwrap();
    assert!(
        all.contains("policy/egress/http") && all.contains("agent/egress/http"),
        "{all}"
    );
    assert!(
        explain("egress/http")
            .unwrap()
            .contains("policy/egress/http")
    );
    assert_eq!(explain("version").unwrap().matches("(in a").count(), 1);
}

#[test]
fn a_wrong_name_is_told_the_near_one() {
    assert!(explain("agnet").unwrap_err().contains("`agent`"));
    assert!(explain("agent/egress/htp").unwrap_err().contains("http`"));
    assert!(explain("PA0299").unwrap_err().contains("PA02"));
    assert!(explain("zzzzzzzz").unwrap_err().contains("lists all"));
}

#[test]
fn the_list_is_complete() {
    let text = list();
    assert!(Code::ALL.iter().all(|c| text.contains(c.number())));
    assert!(
        walk()
            .iter()
            .all(|(_, path, _)| text.contains(&format!("  {path} ")))
    );
}
