//! Images of agents and servers, by repository. The digest is the shape's business.

use super::denial::{Wish, ask, nearest_rule, patterns};
use crate::codes::Code;
use crate::diag::Findings;
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::values::image::Image;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let reached = reach(unit);
    for agent in &reached.agents {
        if let Some(image) = &agent.image {
            permitted(
                unit,
                findings,
                image,
                &format!("agent `{}`", agent.name.value),
            );
        }
    }
    for server in &reached.servers {
        if let Some(image) = &server.image {
            permitted(
                unit,
                findings,
                image,
                &format!("mcp `{}`", server.name.value),
            );
        }
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, image: &Spanned<Image>, of: &str) {
    let repository = image.value.repository();
    let wish = Wish {
        code: Code::ImageGrant,
        span: image.span,
        what: format!("image `{repository}` of {of}"),
        line: format!("image \"{repository}\""),
    };
    ask(unit, findings, &wish, |policy| {
        let fits = policy.images.iter().any(|p| p.value.matches(repository));
        (!fits).then(|| nearest_rule(policy, "image", repository, patterns(&policy.images)))
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::base;
    use super::check;

    #[test]
    fn the_base_case_is_clean() {
        assert!(base().codes(check).is_empty());
    }

    #[test]
    fn an_image_from_elsewhere_is_refused_with_both_places() {
        let case = base().run(
            "images.example.com/agents/claude@",
            "images.example.org/agents/claude@",
        );
        let found = case.findings(check);
        let [only] = found.as_slice() else {
            panic!("{found:#?}")
        };
        assert_eq!(only.code.number(), "PA0401");
        assert_eq!(only.related.len(), 1);
        assert!(only.message.contains("policy `base`"), "{}", only.message);
    }

    #[test]
    fn neither_a_longer_path_nor_a_tag_slips_through() {
        for name in [
            "agents/claude/evil",
            "agents",
            "agents-claude/x",
            "other/agents/claude",
        ] {
            let image = format!("images.example.com/{name}@");
            let case = base().run("images.example.com/agents/claude@", &image);
            assert_eq!(case.codes(check), ["PA0401"], "{name}");
        }
        let tagged = base().run("agents/claude@", "agents/claude:v1@");
        assert!(tagged.codes(check).is_empty());
    }

    #[test]
    fn every_policy_has_to_permit() {
        let second = "\npolicy \"second\" {\n    image \"ghcr.io/**\"\n}\n";
        let found = base().also(second).findings(check);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("`second`"));
        let silent = base()
            .also("\npolicy \"second\" {\n    env \"LANG\"\n}\n")
            .findings(check);
        assert!(silent[0].related[0].label.contains("permits no image"));
    }

    #[test]
    fn one_finding_for_all_policies_that_refuse() {
        let case = base()
            .run(
                "images.example.com/agents/claude@",
                "images.example.org/agents/claude@",
            )
            .also("\npolicy \"second\" {\n    image \"ghcr.io/**\"\n}\n");
        let found = case.findings(check);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].related.len(), 2);
    }

    #[test]
    fn image_servers_are_bounded_once_a_tool_is_granted() {
        let server = "mcp \"wiki\" {\n    image \"images.example.org/wiki@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n    port 8000\n}\n";
        let tools =
            "tools \"reading\" {\n    server \"wiki\" {\n        allow \"read\"\n    }\n}\n";
        let unused = base().declare(server);
        assert!(unused.codes(check).is_empty());
        let used = base()
            .declare(&format!("{server}{tools}"))
            .agent("    tools \"reading\"");
        assert_eq!(used.codes(check), ["PA0401"]);
    }
}
