//! C1 compared with the reference's on every tier, over shapes that small networks lack: several partitions, eleven
//! layers, base trees under one or two nodes.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its files has failed")]

use filecoin_proofs::constants::{
    LAYERS, SECTOR_SIZE_16_KIB, SECTOR_SIZE_32_KIB, SectorShape16KiB, SectorShape32KiB,
};
use filecoin_proofs::{
    PoRepProofPartitions, UnpaddedBytesAmount, add_piece, seal_commit_phase1, seal_pre_commit_phase1,
    seal_pre_commit_phase2,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::fs::File;
use storage_proofs_core::api_version::ApiVersion;

use super::*;
use crate::fr32;

const PROVER: Node = [2; 32];
const NUMBER: u64 = 7;
const TICKET: Node = [3; 32];
const SEED: Node = [5; 32];

/// Seals a sector of `size` bytes with the reference and compares both C1.
fn same<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(size: u64) {
    let folder = tempfile::tempdir().unwrap();
    let [unsealed, sealed, cache] = ["unsealed", "sealed", "cache"].map(|name| folder.path().join(name));
    let mut config = PoRepConfig::new_groth16(size, [9; 32], ApiVersion::V1_1_0);
    config.partitions = PoRepProofPartitions(2);
    let user_bytes = fr32::unpadded(size);
    let mut data = vec![0; user_bytes as usize];
    ChaCha8Rng::seed_from_u64(size).fill_bytes(&mut data);
    let target = File::create(&unsealed).unwrap();
    let (piece, _) = add_piece(data.as_slice(), target, UnpaddedBytesAmount(user_bytes), &[]).unwrap();
    let pieces = [piece];

    File::create(&sealed).unwrap();
    fs::create_dir(&cache).unwrap();
    let number = NUMBER.into();
    let phase1 = seal_pre_commit_phase1::<_, _, _, T>(
        &config, &cache, &unsealed, &sealed, PROVER, number, TICKET, &pieces,
    );
    fs::copy(&unsealed, &sealed).unwrap();
    let made = seal_pre_commit_phase2::<_, _, T>(&config, phase1.unwrap(), &cache, &sealed).unwrap();
    let expected = seal_commit_phase1::<_, T>(
        &config,
        &cache,
        &sealed,
        PROVER,
        number,
        TICKET,
        SEED,
        made.clone(),
        &pieces,
    )
    .unwrap();
    let replica = Replica {
        cache: &cache,
        sealed: &sealed,
        replica_id: expected.replica_id.into(),
        comm_d: made.comm_d,
        comm_r: made.comm_r,
        seed: SEED,
    };
    for backend in Backend::supported() {
        let proofs = open_with::<T>(backend, &config, &replica).unwrap();
        assert_eq!(proofs.len(), 2);
        assert_eq!(
            bincode::serialize(&proofs).unwrap(),
            bincode::serialize(&expected.vanilla_proofs).unwrap(),
            "{}",
            backend.name()
        );
    }
}

#[test]
fn eight_base_trees() {
    same::<SectorShape16KiB>(SECTOR_SIZE_16_KIB);
}

#[test]
fn sixteen_base_trees_and_eleven_layers() {
    LAYERS.write().unwrap().insert(SECTOR_SIZE_32_KIB, 11);
    same::<SectorShape32KiB>(SECTOR_SIZE_32_KIB);
}
