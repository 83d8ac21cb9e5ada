use super::rights;
use crate::emit::testing;

#[test]
fn the_account_of_a_gateway_that_submits_makes_workflows_and_no_other_has_a_right() {
    let plan = testing::submitting();
    assert!(plan.submitted().into_iter().eq(["daily"]));
    let objects = rights(&plan).unwrap();
    let objects: Vec<String> = objects
        .iter()
        .map(|object| crate::json::canonical(&object.value))
        .collect();
    assert_eq!(objects.len(), 2);
    let rule =
        r#""rules":[{"apiGroups":["argoproj.io"],"resources":["workflows"],"verbs":["create"]}]"#;
    assert!(objects[0].contains(rule), "{}", objects[0]);
    assert!(objects[1].contains("-gateway"), "{}", objects[1]);
    assert!(rights(&testing::rich()).unwrap().is_empty());
}
