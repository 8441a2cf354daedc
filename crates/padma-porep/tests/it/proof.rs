//! C2, with the devnet's parameters: PADMA_PARAMETERS, or those that padma's set-up put into its cache folder.

use super::support::{Fixture, SEED, in_child};
use padma_porep::Result;
use padma_porep::c2::{self, C2};
use padma_porep::params;
use padma_porep::sector::SectorSize;
use padma_porep::verify::{SealProof, verify_seals};
use std::env::var_os;
use std::fs;
use std::path::{Path, PathBuf};

const SIZE: SectorSize = SectorSize::KiB2;
const SETTING: &str = "FIL_PROOFS_PARAMETER_CACHE";

fn parameters() -> PathBuf {
    let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || set("XDG_CACHE_HOME").unwrap_or_else(|| set("HOME").unwrap().join(".cache")).join("padma");
    let default = || set("PADMA_CACHE").unwrap_or_else(cache).join("parameters/padma-devnet-1");
    let folder = set("PADMA_PARAMETERS").unwrap_or_else(default);
    assert!(
        folder.join("manifest.json").is_file(),
        "no parameters in {}: run `npm run quickstart`",
        folder.display()
    );
    folder
}

/// A sector ready for C2: the file of C1, and the claim.
fn opened() -> (Fixture, PathBuf, SealProof) {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    let commit1 = sector.c1(made).unwrap();
    let (ticket, seed) = (sector.ticket, SEED);
    let claim = SealProof { sector: sector.sector, ticket, seed, comm_r: made.comm_r, comm_d: made.comm_d };
    (sector, commit1, claim)
}

fn prove(commit1: &Path, claim: &SealProof) -> Result<Vec<u8>> {
    let request = C2 { commit1: commit1.to_owned(), claim: *claim };
    c2::prove(&[request], None).map(|proven| proven.proofs.concat())
}

#[test]
fn a_sector_is_proven() {
    if !in_child("proof::a_sector_is_proven", &[(SETTING, &parameters())]) {
        return;
    }
    let (_sector, commit1, claim) = opened();
    let proof = prove(&commit1, &claim).unwrap();
    assert_eq!(proof.len(), SIZE.proof_bytes());
    let names = params::parameter_files(SIZE).unwrap();
    let key = fs::read(Path::new(&var_os(SETTING).unwrap()).join(names.verifying_key)).unwrap();
    assert_eq!(verify_seals(&key, &[(claim, &proof)]).unwrap(), [true]);
    let other = SealProof { seed: [1; 32], ..claim };
    assert_eq!(prove(&commit1, &other).unwrap_err().code(), "PROOF_BAD_INPUT");
}

#[test]
fn missing_parameters_are_named_and_nothing_is_made() {
    let own = tempfile::tempdir().unwrap();
    let nowhere = own.path().join("nowhere");
    if !in_child("proof::missing_parameters_are_named_and_nothing_is_made", &[(SETTING, &nowhere)]) {
        assert!(!nowhere.exists());
        return;
    }
    let (_sector, commit1, claim) = opened();
    let missing = prove(&commit1, &claim).unwrap_err();
    assert_eq!(missing.code(), "PROOF_PARAMS_MISSING");
    assert!(missing.facts().iter().any(|(name, path)| *name == "path" && path.contains("nowhere")));
}

#[test]
fn truncated_parameters_are_refused() {
    let own = tempfile::tempdir().unwrap();
    let name = "proof::truncated_parameters_are_refused";
    if !in_child(name, &[(SETTING, own.path())]) {
        return;
    }
    let folder = PathBuf::from(var_os(SETTING).unwrap());
    let names = params::parameter_files(SIZE).unwrap();
    fs::write(folder.join(names.params), []).unwrap();
    fs::write(folder.join(names.verifying_key), []).unwrap();
    let (_sector, commit1, claim) = opened();
    assert_eq!(prove(&commit1, &claim).unwrap_err().code(), "PROOF_PARAMS_DAMAGED");
}
