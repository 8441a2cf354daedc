//! C1: the reference's openings byte for byte, and every defect found.

use super::support::{Fixture, SEED, damage};
use filecoin_proofs_api::seal::{SealPreCommitPhase2Output, seal_commit_phase1};
use filecoin_proofs_api::{PieceInfo, RegisteredSealProof, SectorId, UnpaddedBytesAmount};
use padma_porep::fr32;
use padma_porep::seal::Commitments;
use padma_porep::sector::SectorSize;
use serde_json::Value;
use std::fs;

/// What C1's file holds when the reference opens the replica.
fn reference(fixture: &Fixture, made: Commitments, registered_proof: RegisteredSealProof) -> String {
    let piece = |piece: &padma_porep::piece::Piece| PieceInfo {
        commitment: piece.comm_p,
        size: UnpaddedBytesAmount(fr32::unpadded(piece.size)),
    };
    let pieces: Vec<PieceInfo> = fixture.pieces.iter().map(piece).collect();
    let paths = fixture.paths();
    let Commitments { comm_r, comm_d } = made;
    let opened = seal_commit_phase1(
        paths.cache,
        paths.sealed,
        fixture.sector.prover_id,
        SectorId::from(fixture.sector.number),
        fixture.ticket,
        SEED,
        SealPreCommitPhase2Output { registered_proof, comm_r, comm_d },
        &pieces,
    );
    format!(r#"{{"format":1,"output":{}}}"#, serde_json::to_string(&opened.unwrap()).unwrap())
}

pub fn same_as_reference(fixture: &Fixture, made: Commitments, registered_proof: RegisteredSealProof) {
    let opened = fs::read_to_string(fixture.c1(made).unwrap()).unwrap();
    assert!(opened == reference(fixture, made, registered_proof), "the reference opens something else");
}

fn same(size: SectorSize, registered_proof: RegisteredSealProof, comm_r: &str) {
    let fixture = Fixture::new(size);
    let made = fixture.replicate();
    assert_eq!(hex::encode(made.comm_r), comm_r);
    same_as_reference(&fixture, made, registered_proof);
}

#[test]
fn opens_2_kib_as_the_reference_does() {
    let comm_r = "4576458b5c398104d0f0276eb1054057c606a0ab6d06c0a0ac3020262a8f323e";
    same(SectorSize::KiB2, RegisteredSealProof::StackedDrg2KiBV1_1, comm_r);
}

#[test]
fn opens_8_mib_as_the_reference_does() {
    let comm_r = "f27c46cce63159f12b5b7edb056ed6f37fcf3606519702ccf4d4237f3e04a31c";
    same(SectorSize::MiB8, RegisteredSealProof::StackedDrg8MiBV1_1, comm_r);
}

/// The columns of the first challenge: its own node and its parents'.
fn opened_nodes(fixture: &Fixture, made: Commitments) -> (usize, Vec<usize>) {
    let opened: Value = serde_json::from_slice(&fs::read(fixture.c1(made).unwrap()).unwrap()).unwrap();
    let columns = &opened["output"]["vanilla_proofs"]["StackedDrg2KiBV1"][0][0]["replica_column_proofs"];
    let node = |column: &Value| column["column"]["index"].as_u64().unwrap() as usize;
    let all = |kind: &str| columns[kind].as_array().unwrap().iter().map(node).collect::<Vec<_>>();
    (node(&columns["c_x"]), [all("drg_parents"), all("exp_parents")].concat())
}

#[test]
fn every_defect_is_found() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    let (challenge, parents) = opened_nodes(&fixture, made);
    let cache = |name: &str| fixture.path("cache").join(name);
    let store = |name: &str| cache(&format!("sc-02-data-{name}.dat"));
    let (leaves, nodes) = (64, 73);
    let mut defects = vec![
        (fixture.path("sealed"), challenge),
        (store("layer-1"), challenge),
        (store("layer-2"), challenge),
        (store("tree-d"), challenge),
        (store("tree-d"), challenge ^ 1),
        (store("tree-c"), challenge),
        (store("tree-c"), challenge ^ 7),
        (store("tree-c"), leaves + challenge / 8),
        (store("tree-c"), leaves + ((challenge / 8) ^ 7)),
        (store("tree-c"), nodes - 1),
        (store("tree-r-last"), 0),
        (cache("p_aux"), 0),
        (cache("p_aux"), 1),
    ];
    for parent in parents {
        defects.extend([(store("layer-1"), parent), (store("layer-2"), parent), (store("tree-c"), parent)]);
    }
    for (file, node) in defects {
        // The lowest byte, and the highest, which makes a node that is no field element.
        let whole = fs::read(&file).unwrap();
        for (byte, change) in [(0, 1), (31, 0x80)] {
            let mut bytes = whole.clone();
            bytes[32 * node + byte] ^= change;
            fs::write(&file, bytes).unwrap();
            let found = fixture.c1(made).unwrap_err();
            assert_eq!(found.code(), "PROOF_VANILLA_INVALID", "node {node} of {}: {found}", file.display());
        }
        fs::write(&file, whole).unwrap();
    }
    fixture.c1(made).unwrap();
}

#[test]
fn another_ticket_is_not_this_replica() {
    let mut fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    fixture.ticket = [8; 32];
    assert_eq!(fixture.c1(made).unwrap_err().code(), "PROOF_VANILLA_INVALID");
}

#[test]
fn pieces_that_are_not_comm_d_are_refused() {
    let mut fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    damage(&fixture.path("unsealed"), 0);
    fixture.c1(made).unwrap();
    fixture.pieces[0].comm_p[0] ^= 1;
    assert_eq!(fixture.c1(made).unwrap_err().code(), "PROOF_PIECES_MISMATCH");
}
