use padma_porep::params::{self, FileDigest};
use padma_porep::progress::Progress;
use padma_porep::sector::SectorSize;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn names_and_digests_are_the_networks() {
    let names = params::parameter_files(SectorSize::GiB32).unwrap();
    assert!(
        names
            .params
            .starts_with("v28-stacked-proof-of-replication-merkletree-poseidon_hasher-8-8-0-sha256_hasher-")
    );
    assert!(names.verifying_key.ends_with(".vk") && names.metadata.ends_with(".meta"));
    for size in SectorSize::ALL {
        let trusted = params::trusted(size).unwrap();
        assert_eq!(trusted.len(), 2);
        assert!(trusted.iter().all(|file| file.digest.len() == 32 && file.cid.starts_with("Qm")));
    }
}

#[test]
fn a_digest_is_the_first_half_of_blake2b() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    std::fs::write(&path, "abc").unwrap();
    let done = AtomicU64::new(0);
    let digest = params::digest_file(&path, &mut Progress::new(&done)).unwrap();
    // BLAKE2b-512("abc"), RFC 7693 appendix A.
    assert_eq!(digest, FileDigest { bytes: 3, digest: "ba80a53f981c4d0d6a2797b69f12f6e9".to_owned() });
    assert_eq!(done.load(Ordering::Relaxed), 3);
    let missing = params::digest_file(&folder.path().join("gone"), &mut Progress::new(&done));
    assert_eq!(missing.unwrap_err().code(), "PROOF_IO");
}

#[test]
fn a_manifest_belongs_to_one_seed_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let names = params::parameter_files(SectorSize::KiB2).unwrap();
    for name in [&names.params, &names.verifying_key, &names.metadata] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let made = params::write_manifest(SectorSize::KiB2, "a seed", folder.path()).unwrap();
    assert_eq!(params::manifest_of(SectorSize::KiB2, "a seed", folder.path()).unwrap(), made);
    assert_eq!(made.files[&names.params].bytes, names.params.len() as u64);
    let other = |size, seed| params::manifest_of(size, seed, folder.path()).unwrap_err().code();
    assert_eq!(other(SectorSize::KiB2, "another"), "PROOF_PARAMS_DAMAGED");
    assert_eq!(other(SectorSize::MiB8, "a seed"), "PROOF_PARAMS_DAMAGED");
}
