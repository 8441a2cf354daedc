//! The powers that aggregates need.

use padma_porep::srs;
use std::fs;

#[test]
fn the_networks_file_is_known_by_name_and_digest() {
    let trusted = srs::trusted().unwrap();
    assert_eq!(trusted.file, "v28-fil-inner-product-v1.srs");
    assert_eq!(trusted.digest, "ae20310138f5ba81451d723f858e3797");
}

#[test]
fn a_seed_gives_one_file_of_its_own_in_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name);
    let name = srs::trusted().unwrap().file;
    let made = srs::generate(4, "a seed", &dir("one")).unwrap();
    assert_eq!((made.proofs, &made.seed[..]), (4, "a seed"));
    assert!(made.warning.contains("devnet only"));
    let bytes = fs::read(dir("one").join(&name)).unwrap();
    assert_eq!(bytes.len() as u64, made.files[&name].bytes);
    assert_eq!(bytes.len(), 4 * 4 + 8 * 2 * (48 + 96));
    assert_eq!(srs::generate(4, "a seed", &dir("one")).unwrap(), made, "the one that is there");
    assert_eq!(srs::generate(4, "a seed", &dir("again")).unwrap().files, made.files);
    assert_ne!(srs::generate(4, "another", &dir("other")).unwrap().files, made.files);
    assert_ne!(made.files[&name].digest, srs::trusted().unwrap().digest);
    let refused = |proofs, seed| srs::generate(proofs, seed, &dir("one")).unwrap_err().code();
    assert_eq!(refused(4, "another"), "PROOF_PARAMS_DAMAGED");
    assert_eq!(refused(8, "a seed"), "PROOF_PARAMS_DAMAGED");
    assert_eq!(fs::read(dir("one").join(&name)).unwrap(), bytes, "nothing was overwritten");
}

#[test]
fn what_a_killed_run_left_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, partial) = (folder.path().join("srs"), folder.path().join("srs.partial"));
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("half"), "half").unwrap();
    srs::generate(2, "a seed", &dir).unwrap();
    assert!(!partial.exists() && !dir.join("half").exists());
}

#[test]
fn its_length_is_a_power_of_two_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for proofs in [0, 1, 3, 1000, 16384] {
        let refused = srs::generate(proofs, "a seed", &folder.path().join("srs")).unwrap_err();
        assert_eq!(refused.code(), "PROOF_BAD_INPUT", "{proofs}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
