//! The cache of SDR parents, which the reference reads where a setting says.

use super::support::{Fixture, in_child};
use padma_porep::sector::SectorSize;
use std::fs;
use std::path::{Path, PathBuf};

/// The one parents file of a run with an empty parents folder.
fn parents_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "cache")).unwrap()
}

fn folder() -> PathBuf {
    std::env::var_os("FIL_PROOFS_PARENT_CACHE").unwrap().into()
}

#[test]
fn zeroed_parents_are_made_again() {
    let own = tempfile::tempdir().unwrap();
    if !in_child("parents::zeroed_parents_are_made_again", &[("FIL_PROOFS_PARENT_CACHE", own.path())]) {
        return;
    }
    let first = Fixture::new(SectorSize::KiB2).replicate();
    let file = parents_file(&folder());
    let good = fs::read(&file).unwrap();
    assert_eq!(good.len() as u64, SectorSize::KiB2.parent_cache_bytes());
    fs::write(&file, vec![0; good.len()]).unwrap();
    assert_eq!(Fixture::new(SectorSize::KiB2).replicate(), first);
    assert_eq!(fs::read(&file).unwrap(), good);
}

#[test]
fn torn_parents_are_made_again_or_have_a_code() {
    let name = "parents::torn_parents_are_made_again_or_have_a_code";
    for checked in ["true", "false"] {
        let own = tempfile::tempdir().unwrap();
        let settings = [("FIL_PROOFS_PARENT_CACHE", own.path()), (CHECKED, Path::new(checked))];
        if in_child(name, &settings) {
            return torn_parents();
        }
    }
}

const CHECKED: &str = "FIL_PROOFS_VERIFY_CACHE";

fn torn_parents() {
    let first = Fixture::new(SectorSize::KiB2).replicate();
    fs::write(parents_file(&folder()), [0; 100]).unwrap();
    let sector = Fixture::new(SectorSize::KiB2);
    if std::env::var(CHECKED).unwrap() == "true" {
        assert_eq!(sector.replicate(), first);
    } else {
        assert_eq!(sector.pc1().unwrap_err().code(), "PROOF_PARENTS_DAMAGED");
    }
}
