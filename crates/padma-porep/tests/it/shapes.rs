//! The circuits of large sectors, over small ones whose trees have the same shape: 16 KiB for 32 GiB, 32 KiB for
//! 64 GiB. The oracle is the reference's circuit with all its gadgets.

use super::support::{SEED, TICKET};
use filecoin_proofs::constants::{LAYERS, SectorShape16KiB, SectorShape32KiB};
use filecoin_proofs::{
    DefaultPieceHasher, DefaultTreeHasher, MerkleTreeTrait, PoRepConfig, SealCommitPhase1Output,
    UnpaddedBytesAmount, add_piece, seal_commit_phase1, seal_pre_commit_phase1, seal_pre_commit_phase2,
};
use filecoin_proofs_api::seal::{SealCommitPhase1Output as Opened, VanillaSealProof};
use filecoin_proofs_api::{RegisteredSealProof, SectorId};
use padma_groth16::circuit::Witness;
use padma_porep::circuit::SealCircuit;
use std::fs::{self, File};
use storage_proofs_core::api_version::ApiVersion;
use storage_proofs_porep::stacked::Proof;

type Proofs<Tree> = Vec<Vec<Proof<Tree, DefaultPieceHasher>>>;

/// C1's output for a sector of so many bytes.
fn sealed<Tree: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    bytes: u64,
) -> SealCommitPhase1Output<Tree> {
    let folder = tempfile::tempdir().unwrap();
    let [cache, unsealed, sealed] = ["cache", "unsealed", "sealed"].map(|name| folder.path().join(name));
    fs::create_dir(&cache).unwrap();
    File::create(&sealed).unwrap();
    let config = PoRepConfig::new_groth16(bytes, [5; 32], ApiVersion::V1_1_0);
    let data: Vec<u8> = (0..bytes / 128 * 127).map(|index| ((index * index) >> 3) as u8).collect();
    let size = UnpaddedBytesAmount(data.len() as u64);
    let (piece, _) = add_piece(&data[..], File::create(&unsealed).unwrap(), size, &[]).unwrap();
    let (pieces, prover, sector) = ([piece], [3; 32], SectorId::from(1));
    let phase1 = seal_pre_commit_phase1::<_, _, _, Tree>(
        &config, &cache, &unsealed, &sealed, prover, sector, TICKET, &pieces,
    );
    let made = seal_pre_commit_phase2(&config, phase1.unwrap(), &cache, &sealed).unwrap();
    seal_commit_phase1(&config, &cache, &sealed, prover, sector, TICKET, SEED, made, &pieces).unwrap()
}

/// One challenge, as opened in a sector of a registered size.
fn circuit<Tree: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    opened: SealCommitPhase1Output<Tree>,
    registered_proof: RegisteredSealProof,
    wrap: fn(Proofs<Tree>) -> VanillaSealProof,
) -> SealCircuit {
    let SealCommitPhase1Output { mut vanilla_proofs, comm_r, comm_d, replica_id, seed, ticket } = opened;
    vanilla_proofs[0].truncate(1);
    let vanilla_proofs = wrap(vanilla_proofs);
    let opened = Opened { registered_proof, vanilla_proofs, comm_r, comm_d, replica_id, seed, ticket };
    SealCircuit::of(opened).unwrap().remove(0)
}

#[track_caller]
fn check(circuit: SealCircuit) {
    let (witness, wanted) = (circuit.witness().unwrap(), Witness::of(circuit).unwrap());
    assert_eq!((witness.input.len(), witness.aux.len()), (wanted.input.len(), wanted.aux.len()));
    assert_eq!(witness.input, wanted.input);
    assert_eq!(witness.aux.iter().zip(&wanted.aux).position(|(ours, theirs)| ours != theirs), None);
}

#[test]
fn eleven_layers_and_sub_trees_are_as_the_circuit_has_them() {
    LAYERS.write().unwrap().insert(16 << 10, 11);
    let opened = sealed::<SectorShape16KiB>(16 << 10);
    check(circuit(opened, RegisteredSealProof::StackedDrg32GiBV1_1, VanillaSealProof::StackedDrg32GiBV1));
}

#[test]
fn top_trees_are_as_the_circuit_has_them() {
    let opened = sealed::<SectorShape32KiB>(32 << 10);
    check(circuit(opened, RegisteredSealProof::StackedDrg64GiBV1_1, VanillaSealProof::StackedDrg64GiBV1));
}
