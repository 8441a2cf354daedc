//! Verification against real proofs: one of lotus, and padma's own fixtures.

use padma_porep::sector::{Sector, SectorSize, prover_id};
use padma_porep::verify::{SealProof, verify_seals};
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    miner_id: u64,
    prover_id: String,
    sector_number: u64,
    ticket: String,
    seed: String,
    comm_d: String,
    comm_r: String,
    proof: String,
}

pub struct Case {
    pub key: Vec<u8>,
    pub claim: SealProof,
    pub proof: Vec<u8>,
}

/// Something that is done to a case, and its name.
type Change = (&'static str, fn(&mut Case));

fn bytes32(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// A proof of test/fixtures/<folder> with the `.vk` beside it.
pub fn case(folder: &str, file: &str) -> Case {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures").join(folder);
    let recorded: Recorded = serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap();
    let is_key = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "vk");
    let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let key = fs::read(files.find(is_key).unwrap()).unwrap();
    let miner = prover_id(recorded.miner_id);
    assert_eq!(bytes32(&recorded.prover_id), miner);
    let claim = SealProof {
        sector: Sector { size: SectorSize::KiB2, prover_id: miner, number: recorded.sector_number },
        ticket: bytes32(&recorded.ticket),
        seed: bytes32(&recorded.seed),
        comm_r: bytes32(&recorded.comm_r),
        comm_d: bytes32(&recorded.comm_d),
    };
    Case { key, claim, proof: hex::decode(recorded.proof).unwrap() }
}

fn lotus() -> Case {
    case("lotus-2kib", "sector-2.json")
}

impl Case {
    fn verifies(&self) -> bool {
        verify_seals(&self.key, &[(self.claim, &self.proof)]).unwrap() == [true]
    }
}

#[test]
fn a_proof_of_lotus_verifies() {
    assert!(lotus().verifies());
}

#[test]
fn the_fixtures_of_the_devnet_verify() {
    for file in ["sector-0.json", "sector-1.json"] {
        let case = case("devnet-2kib", file);
        assert!(case.verifies());
        let elsewhere = Case { key: lotus().key, ..case };
        assert!(!elsewhere.verifies(), "under the key of another set");
    }
}

#[test]
fn every_input_counts() {
    let changes: [Change; 8] = [
        ("ticket", |case| case.claim.ticket[31] ^= 1),
        ("seed", |case| case.claim.seed[0] ^= 1),
        ("CommR", |case| case.claim.comm_r[0] ^= 1),
        ("CommD", |case| case.claim.comm_d[0] ^= 1),
        ("prover", |case| case.claim.sector.prover_id[0] ^= 1),
        ("padding of the prover", |case| case.claim.sector.prover_id[31] ^= 1),
        ("number", |case| case.claim.sector.number += 1),
        ("proof of another", |case| case.proof.rotate_left(96)),
    ];
    for (name, change) in changes {
        let mut case = lotus();
        change(&mut case);
        assert!(!case.verifies(), "{name}");
    }
}

#[test]
fn malformed_bytes_are_a_wrong_proof() {
    let changes: [Change; 9] = [
        ("empty", |case| case.proof.clear()),
        ("short", |case| case.proof.truncate(191)),
        ("long", |case| case.proof.push(0)),
        ("twice", |case| case.proof.extend_from_within(..)),
        ("zeros", |case| case.proof.fill(0)),
        ("infinity", |case| case.proof[..48].copy_from_slice(&infinity())),
        ("zero CommR", |case| case.claim.comm_r = [0; 32]),
        ("zero CommD", |case| case.claim.comm_d = [0; 32]),
        ("CommR and CommD above the modulus", |case| {
            (case.claim.comm_r, case.claim.comm_d) = ([255; 32], [255; 32])
        }),
    ];
    for (name, change) in changes {
        let mut case = lotus();
        change(&mut case);
        assert!(!case.verifies(), "{name}");
    }
}

fn infinity() -> [u8; 48] {
    let mut point = [0; 48];
    point[0] = 0xc0;
    point
}

#[test]
fn no_flipped_bit_of_a_proof_verifies() {
    for bit in (0..192 * 8).step_by(13) {
        let mut case = lotus();
        case.proof[bit / 8] ^= 1 << (bit % 8);
        assert!(!case.verifies(), "bit {bit}");
    }
}

#[test]
fn another_sector_size_is_another_proof() {
    let mut case = lotus();
    case.claim.sector.size = SectorSize::MiB8;
    assert!(!case.verifies());
    case.claim.sector.size = SectorSize::GiB32;
    assert!(!case.verifies());
}

#[test]
fn an_unusable_key_is_an_error() {
    let case = lotus();
    let refused = |key: &[u8]| verify_seals(key, &[(case.claim, &case.proof)]).unwrap_err().code();
    assert_eq!(refused(&[]), "PROOF_PARAMS_DAMAGED");
    assert_eq!(refused(&case.key[..case.key.len() - 1]), "PROOF_PARAMS_DAMAGED");
    assert_eq!(refused(&[&case.key[..], &[0]].concat()), "PROOF_PARAMS_DAMAGED");
    let mut bent = case.key.clone();
    bent[10] ^= 1;
    assert_eq!(refused(&bent), "PROOF_PARAMS_DAMAGED");
    let fewer = fewer_inputs(&case.key);
    assert_eq!(refused(&fewer), "PROOF_PARAMS_DAMAGED");
}

/// A well-formed key of a circuit with one public input less.
fn fewer_inputs(key: &[u8]) -> Vec<u8> {
    let counter = 3 * 96 + 3 * 192;
    let mut key = key[..key.len() - 96].to_vec();
    let count = u32::from_be_bytes(key[counter..counter + 4].try_into().unwrap());
    key[counter..counter + 4].copy_from_slice(&(count - 1).to_be_bytes());
    key
}
