//! The first files of a workspace: small, and they compile.

/// Files of a new workspace, by path.
pub const FILES: &[(&str, &str)] = &[
    ("pure-agent.kdl", include_str!("init/pure-agent.kdl")),
    ("specs/hello.kdl", include_str!("init/hello.kdl")),
    ("policies/base.kdl", include_str!("init/base.kdl")),
    ("targets/kind.kdl", include_str!("init/kind.kdl")),
];

/// What to do with them.
pub const NEXT: &str = "  pure-agent check           every mistake, with what to write instead
  pure-agent plan            what the run may do
  pure-agent compile         the objects that Kubernetes and Argo get
then put your images with their digests into `specs/hello.kdl` and `targets/kind.kdl`
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Options, check_all, compile};
    use crate::load::{Extra, Loader};
    use crate::world::Memory;

    #[test]
    fn a_new_workspace_compiles_without_a_finding() {
        let mut world = Memory::default();
        for (path, text) in FILES {
            world.add(*path, *text);
        }
        let mut loader = Loader::open(&world, Extra::default());
        let specs = loader.spec_paths();
        let checked = check_all(
            &mut loader,
            &specs,
            Options {
                as_of: None,
                whole: true,
            },
        );
        let found: Vec<_> = loader.findings.iter().collect();
        assert!(found.is_empty(), "{found:?}");
        let unit = checked.units.first().unwrap();
        assert!(!compile(unit, &loader.sources).unwrap().objects.is_empty());
    }

    #[test]
    fn its_target_is_the_one_that_we_ship() {
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/targets/kind.kdl");
        let ours = FILES
            .iter()
            .find(|(path, _)| *path == "targets/kind.kdl")
            .unwrap()
            .1;
        assert_eq!(std::fs::read_to_string(shipped).unwrap(), ours);
    }
}
