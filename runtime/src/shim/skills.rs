//! Skills: where an agent reads them.
//!
//! The start gate leaves them in its folder, which no agent can write ([`leave`]). A harness looks for them in the home
//! of its user, so that is where the shim puts a copy before each turn ([`place`]); what an agent made of the copy
//! before does not matter.

use crate::contract::{Harness, Skill};
use crate::start::create;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};

/// Name of their folder.
pub const FOLDER: &str = "skills";

/// Writes them into a new folder, for everybody to read.
///
/// # Errors
/// What cannot be written, and a place that is not below the folder.
pub fn leave(folder: &Path, skills: &[Skill]) -> io::Result<()> {
    if skills.is_empty() {
        return Ok(());
    }
    write(&folder.join(FOLDER), skills, 0o444)
}

/// Puts copies where a harness looks for them.
///
/// # Errors
/// As [`leave`].
pub fn place(home: &Path, harness: Harness, skills: &[Skill]) -> io::Result<()> {
    let Some(folder) = folder(harness).filter(|_| !skills.is_empty()) else {
        return Ok(());
    };
    let folder = home.join(folder);
    for skill in skills {
        match fs::remove_dir_all(folder.join(&skill.name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    write(&folder, skills, 0o644)
}

/// Where a harness looks, below its home; others are told where they were left.
fn folder(harness: Harness) -> Option<&'static str> {
    match harness {
        Harness::ClaudeCode => Some(".claude/skills"),
        Harness::Codex => Some(".codex/skills"),
        Harness::Gemini => Some(".gemini/skills"),
        Harness::Generic => None,
    }
}

fn write(folder: &Path, skills: &[Skill], mode: u32) -> io::Result<()> {
    for skill in skills {
        for (place, text) in &skill.files {
            let path = below(&below(folder, &skill.name)?, place)?;
            let mut folders = DirBuilder::new();
            folders.recursive(true).mode(0o755);
            folders.create(path.parent().unwrap_or(folder))?;
            let script = if text.starts_with("#!") { 0o111 } else { 0 };
            create(&path, text.as_bytes(), mode | script)?;
        }
    }
    Ok(())
}

/// A path that leads nowhere else.
fn below(folder: &Path, place: &str) -> io::Result<PathBuf> {
    let plain = |part| matches!(part, Component::Normal(_));
    match !place.is_empty() && Path::new(place).components().all(plain) {
        true => Ok(folder.join(place)),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let name = format!("pure-agent-skills-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn skill(files: &[(&str, &str)]) -> Skill {
        let files = files
            .iter()
            .map(|(place, text)| ((*place).to_owned(), (*text).to_owned()));
        Skill {
            name: "jobs".to_owned(),
            about: "Jobs".to_owned(),
            files: files.collect::<BTreeMap<_, _>>(),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn texts_are_left_for_reading_and_scripts_for_running() {
        let scratch = Scratch::new("left");
        let skills = [skill(&[
            ("SKILL.md", "read"),
            ("scripts/plan.sh", "#!/bin/sh\n"),
        ])];
        leave(&scratch.0, &skills).unwrap();
        let at = |place: &str| scratch.0.join("skills/jobs").join(place);
        assert_eq!(fs::read_to_string(at("SKILL.md")).unwrap(), "read");
        assert_eq!(
            (mode(&at("SKILL.md")), mode(&at("scripts/plan.sh"))),
            (0o444, 0o555)
        );
        assert_eq!(mode(&at("scripts")), 0o755);
        assert!(leave(&scratch.0, &skills).is_err(), "it was there before");
    }

    #[test]
    fn each_turn_finds_what_was_compiled() {
        let scratch = Scratch::new("placed");
        let skills = [skill(&[("SKILL.md", "read")])];
        let (harness, folder) = (Harness::ClaudeCode, scratch.0.join(".claude/skills/jobs"));
        place(&scratch.0, harness, &skills).unwrap();
        fs::write(folder.join("SKILL.md"), "mine").unwrap();
        fs::write(folder.join("more.md"), "mine").unwrap();
        place(&scratch.0, harness, &skills).unwrap();
        assert_eq!(fs::read_to_string(folder.join("SKILL.md")).unwrap(), "read");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn no_place_leads_out_of_the_folder() {
        let scratch = Scratch::new("out");
        for place in ["../out", "/etc/out", "a/../../out", ".", "", "./a/.."] {
            let folder = scratch.0.join("folder");
            let wrong = leave(&folder, &[skill(&[(place, "x")])]);
            assert!(wrong.is_err(), "{place}");
        }
        assert!(!scratch.0.join("out").exists());
    }
}
