//! Aggregates of real proofs under an SRS of one's own, and the reference's over the same files.

use super::support::in_child;
use super::verify::{Case, case};
use filecoin_proofs_api::seal::{self, SealCommitPhase2Output};
use filecoin_proofs_api::{RegisteredAggregationProof, RegisteredSealProof};
use padma_porep::aggregate::{aggregate_seals, verify_aggregate};
use padma_porep::sector::SectorSize;
use padma_porep::verify::SealProof;
use padma_porep::{Result, params, srs};
use std::env::var_os;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SETTING: &str = "FIL_PROOFS_PARAMETER_CACHE";

/// Five sectors (the two of the devnet by turns), so the last is repeated to eight.
struct Sectors {
    _folder: TempDir,
    srs: PathBuf,
    cases: Vec<Case>,
}

impl Sectors {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let srs = made(folder.path(), 8);
        let cases = [0, 1, 0, 1, 1].map(|number| case("devnet-2kib", &format!("sector-{number}.json")));
        Self { _folder: folder, srs, cases: cases.into() }
    }

    fn key(&self) -> &[u8] {
        &self.cases[0].key
    }

    fn claims(&self) -> Vec<SealProof> {
        self.cases.iter().map(|case| case.claim).collect()
    }

    fn aggregate(&self) -> Result<Vec<u8>> {
        let proofs: Vec<_> = self.cases.iter().map(|case| (case.claim, &case.proof[..])).collect();
        aggregate_seals(&self.srs, self.key(), &proofs)
    }

    fn verifies(&self, claims: &[SealProof], aggregate: &[u8]) -> bool {
        verify_aggregate(&self.srs, self.key(), claims, aggregate).unwrap()
    }
}

/// An SRS for so many proofs, in a folder of its own below `folder`.
fn made(folder: &Path, proofs: usize) -> PathBuf {
    let folder = folder.join(format!("srs-{proofs}"));
    srs::generate(proofs, "a test", &folder).unwrap();
    folder.join(srs::trusted().unwrap().file)
}

#[test]
fn an_aggregate_proves_its_claims_and_no_others() {
    let sectors = Sectors::new();
    let aggregate = sectors.aggregate().unwrap();
    let claims = sectors.claims();
    assert!(sectors.verifies(&claims, &aggregate));
    type Change = (&'static str, fn(&mut Vec<SealProof>));
    let changes: [Change; 7] = [
        ("seed", |claims| claims[1].seed[0] ^= 1),
        ("ticket", |claims| claims[2].ticket[0] ^= 1),
        ("CommR", |claims| claims[4].comm_r[0] ^= 1),
        ("number", |claims| claims[3].sector.number += 1),
        ("order", |claims| claims.swap(0, 1)),
        ("one less", |claims| claims.truncate(4)),
        ("impossible CommD", |claims| claims[0].comm_d = [255; 32]),
    ];
    for (name, change) in changes {
        let mut changed = claims.clone();
        change(&mut changed);
        assert!(!sectors.verifies(&changed, &aggregate), "{name}");
    }
}

#[test]
fn a_changed_aggregate_is_a_wrong_one() {
    let sectors = Sectors::new();
    let (aggregate, claims) = (sectors.aggregate().unwrap(), sectors.claims());
    assert!(!sectors.verifies(&claims, &[]));
    assert!(!sectors.verifies(&claims, &aggregate[..aggregate.len() - 1]));
    assert!(!sectors.verifies(&claims, &[&aggregate[..], &[0]].concat()));
    for at in (0..aggregate.len()).step_by(aggregate.len() / 60) {
        let mut changed = aggregate.clone();
        changed[at] ^= 1;
        assert!(!sectors.verifies(&claims, &changed), "byte {at}");
    }
}

#[test]
fn an_aggregate_is_bound_to_its_srs_and_key() {
    let sectors = Sectors::new();
    let (aggregate, claims) = (sectors.aggregate().unwrap(), sectors.claims());
    let other = tempfile::tempdir().unwrap();
    srs::generate(8, "another seed", &other.path().join("srs")).unwrap();
    let other = other.path().join("srs").join(srs::trusted().unwrap().file);
    assert!(!verify_aggregate(&other, sectors.key(), &claims, &aggregate).unwrap());
    let lotus = case("lotus-2kib", "sector-2.json");
    assert!(!verify_aggregate(&sectors.srs, &lotus.key, &claims, &aggregate).unwrap());
}

#[test]
fn too_few_too_many_and_mixed_sectors_are_refused() {
    let sectors = Sectors::new();
    let refused = |claims: &[SealProof]| {
        let error = verify_aggregate(&sectors.srs, sectors.key(), claims, &[]).unwrap_err();
        (error.code(), error.to_string())
    };
    let claims = sectors.claims();
    let text = |count: usize| format!("an aggregate is of 4 to 819 sectors, not of {count}");
    for count in [0, 3, 820] {
        assert_eq!(refused(&vec![claims[0]; count]), ("PROOF_BAD_INPUT", text(count)));
    }
    let mut mixed = claims;
    mixed[1].sector.size = SectorSize::MiB8;
    assert_eq!(refused(&mixed).0, "PROOF_BAD_INPUT");
}

#[test]
fn a_wrong_proof_among_them_is_named() {
    let mut sectors = Sectors::new();
    sectors.cases[1].claim.sector.number = 41;
    sectors.cases[3].proof = vec![0; 192];
    sectors.cases[3].claim.sector.number = 43;
    let error = sectors.aggregate().unwrap_err();
    assert_eq!(error.code(), "PROOF_BAD_INPUT");
    assert!(error.to_string().ends_with("of sector 41, 43"), "{error}");
}

#[test]
fn an_srs_that_cannot_be_used_says_why() {
    let mut sectors = Sectors::new();
    let folder = tempfile::tempdir().unwrap();
    sectors.srs = made(folder.path(), 4);
    let short = sectors.aggregate().unwrap_err();
    assert_eq!(short.code(), "PROOF_BAD_INPUT");
    assert!(short.to_string().ends_with("is for 4 proofs, not for 8"), "{short}");
    let file = folder.path().join("srs");
    let mut damage = |change: fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(made(folder.path(), 16)).unwrap();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
        sectors.srs = file.clone();
        sectors.aggregate().unwrap_err().code()
    };
    assert_eq!(damage(|bytes| bytes.truncate(bytes.len() - 1)), "PROOF_PARAMS_DAMAGED");
    assert_eq!(damage(|bytes| bytes.push(0)), "PROOF_PARAMS_DAMAGED");
    assert_eq!(damage(|bytes| bytes[4 + 48 + 9] ^= 1), "PROOF_PARAMS_DAMAGED");
    assert_eq!(damage(|bytes| bytes[0] = 255), "PROOF_PARAMS_DAMAGED");
    assert_eq!(damage(|bytes| bytes.truncate(2)), "PROOF_PARAMS_DAMAGED");
    sectors.srs = folder.path().join("nowhere");
    assert_eq!(sectors.aggregate().unwrap_err().code(), "PROOF_PARAMS_MISSING");
}

/// The reference takes key and SRS from one folder, which it reads once a process.
#[test]
fn the_reference_makes_the_same_bytes_and_takes_them() {
    let own = tempfile::tempdir().unwrap();
    let name = "aggregate::the_reference_makes_the_same_bytes_and_takes_them";
    if !in_child(name, &[(SETTING, own.path())]) {
        return;
    }
    let folder = PathBuf::from(var_os(SETTING).unwrap());
    let sectors = Sectors::new();
    let names = params::parameter_files(SectorSize::KiB2).unwrap();
    fs::write(folder.join(names.verifying_key), sectors.key()).unwrap();
    fs::copy(&sectors.srs, folder.join(srs::trusted().unwrap().file)).unwrap();
    let claims = sectors.claims();
    let seeds: Vec<_> = claims.iter().map(|claim| claim.seed).collect();
    let comm_rs: Vec<_> = claims.iter().map(|claim| claim.comm_r).collect();
    let outputs: Vec<_> =
        sectors.cases.iter().map(|case| SealCommitPhase2Output { proof: case.proof.clone() }).collect();
    let (proof, version) = (RegisteredSealProof::StackedDrg2KiBV1_1, RegisteredAggregationProof::SnarkPackV2);
    let theirs = seal::aggregate_seal_commit_proofs(proof, version, &comm_rs, &seeds, &outputs).unwrap();
    let ours = sectors.aggregate().unwrap();
    assert_eq!(ours, theirs);
    let inputs = claims.iter().flat_map(|claim| {
        let SealProof { sector, ticket, seed, comm_r, comm_d } = *claim;
        let number = sector.number.into();
        seal::get_seal_inputs(proof, comm_r, comm_d, sector.prover_id, number, ticket, seed).unwrap()
    });
    let inputs = inputs.collect();
    assert!(
        seal::verify_aggregate_seal_commit_proofs(proof, version, ours, &comm_rs, &seeds, inputs).unwrap()
    );
}
