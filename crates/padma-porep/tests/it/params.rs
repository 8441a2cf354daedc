use padma_porep::params::{self, Circuit, FileDigest, Recipe};
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
fn a_manifest_belongs_to_one_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = |circuit, size, seed: &str| Recipe { circuit, size, seed: seed.to_owned() };
    let ours = recipe(Circuit::Porep, SectorSize::KiB2, "a seed");
    let names = params::parameter_files(SectorSize::KiB2).unwrap();
    for name in [&names.verifying_key, &names.metadata] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    assert!(!params::has_manifest(folder.path()));
    let digest = FileDigest { bytes: 7, digest: "of the params".to_owned() };
    let made = params::write_manifest(&ours, digest.clone(), folder.path()).unwrap();
    assert!(params::has_manifest(folder.path()));
    assert_eq!(params::manifest_of(&ours, folder.path()).unwrap(), made);
    assert_eq!(made.files[&names.params], digest);
    assert_eq!(made.files[&names.verifying_key].bytes, names.verifying_key.len() as u64);
    for other in [
        recipe(Circuit::Porep, SectorSize::KiB2, "another"),
        recipe(Circuit::Porep, SectorSize::MiB8, "a seed"),
        recipe(Circuit::WindowPost, SectorSize::KiB2, "a seed"),
    ] {
        assert_eq!(params::manifest_of(&other, folder.path()).unwrap_err().code(), "PROOF_PARAMS_DAMAGED");
    }
}

#[test]
fn a_manifest_without_a_circuit_is_of_seal_proofs() {
    let folder = tempfile::tempdir().unwrap();
    let old = r#"{"format":1,"generator":"filecoin-proofs 19.1","seed":"s","sectorSize":2048,"warning":"","files":{}}"#;
    std::fs::write(folder.path().join("manifest.json"), old).unwrap();
    let recipe = Recipe { circuit: Circuit::Porep, size: SectorSize::KiB2, seed: "s".to_owned() };
    assert_eq!(params::manifest_of(&recipe, folder.path()).unwrap().generator, "filecoin-proofs 19.1");
}

#[test]
fn circuits_have_names_and_files_of_their_own() {
    for circuit in Circuit::ALL {
        assert_eq!(Circuit::from_name(circuit.name()).unwrap(), circuit);
    }
    assert_eq!(Circuit::from_name("seal").unwrap_err().code(), "PROOF_BAD_INPUT");
    let prefix = "v28-proof-of-spacetime-fallback-merkletree-poseidon_hasher-8-0-0-";
    let names =
        [Circuit::WindowPost, Circuit::WinningPost].map(|circuit| circuit.files(SectorSize::KiB2).unwrap());
    assert!(names.iter().all(|names| names.params.starts_with(prefix)));
    assert_ne!(names[0], names[1]);
    // The network lists them under these names.
    for files in
        SectorSize::ALL.iter().flat_map(|&size| Circuit::ALL.map(|circuit| circuit.files(size).unwrap()))
    {
        assert!(filecoin_proofs_api::get_parameter_data(&files.id).is_some(), "{}", files.id);
    }
}
