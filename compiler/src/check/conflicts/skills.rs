//! Files of a skill: each has a place of its own, and one of them is what an agent reads first.

use super::missing;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::spec::{FIRST, Skill};
use crate::values::file_name::FileName;
use std::collections::BTreeMap;

pub(super) fn check(skill: &Skill, findings: &mut Findings) {
    let mut known: BTreeMap<FileName, _> = BTreeMap::new();
    let mut unclear = skill.spoilt;
    for file in &skill.files {
        let at = file.place.as_ref().map_or(file.path.span, |p| p.span);
        let Some(place) = file.stands() else {
            unclear = true;
            let message = format!(
                "`{}` cannot stand in a skill by its own name",
                file.path.value
            );
            let write = "say where: `file \"notes/what is new.md\" as=\"news.md\"`";
            findings.push(Finding::new(Code::MissingProperty, at, message).help(write));
            continue;
        };
        match known.get(&place) {
            Some(first) => findings.push(
                Finding::new(
                    Code::Conflict,
                    at,
                    format!(
                        "two files of skill `{}` are its `{place}`",
                        skill.name.value
                    ),
                )
                .related(*first, "the first")
                .help("give one of them another place by `as`"),
            ),
            None => drop(known.insert(place, at)),
        }
    }
    if !unclear && !known.keys().any(|place| place.to_string() == FIRST) {
        let message = format!("skill `{}` has no `{FIRST}`", skill.name.value);
        let write = "file \"skills/jobs.md\" as=\"SKILL.md\"";
        findings.push(missing(skill.name.span, message, write));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    fn found(files: &str) -> Vec<(&'static str, String)> {
        let skill = format!("skill \"jobs\" {{\n about \"Jobs\"\n{files}\n}}");
        Trial::new()
            .declare(&skill)
            .in_agent("skill \"jobs\"")
            .found()
    }

    #[test]
    fn a_file_whose_name_is_no_place_needs_one() {
        let odd = "\"what is new.md\"".to_owned();
        let files = format!("file \"run.kdl\" as=\"SKILL.md\"\nfile {odd}");
        // There is no such file either.
        assert_eq!(found(&files), [("PA0206", odd.clone()), ("PA0305", odd)]);
    }

    #[test]
    fn the_name_of_a_file_is_its_place() {
        let files = "file \"target.kdl\" as=\"SKILL.md\"\nfile \"run.kdl\"";
        assert_eq!(found(files), []);
        let twice = format!("{files}\nfile \"policy.kdl\" as=\"run.kdl\"");
        assert_eq!(found(&twice), [("PA0215", "\"run.kdl\"".to_owned())]);
    }
}
