//! Parents of the SDR graph: the digests that the reference ships for its parents files, and labels under both versions.

use super::pc1::{PARENTS, by_reference};
use super::support::{Fixture, in_child};
use filecoin_proofs_api::RegisteredSealProof::StackedDrg8MiBV1;
use padma_kernels::Backend;
use padma_kernels::sha256::{Layer, label_nodes};
use padma_porep::Bytes32;
use padma_porep::graph::{Graph, GraphVersion};
use padma_porep::sector::SectorSize;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;

/// SHA-256 of all parents as little-endian words: of the reference's parents file.
fn digest(size: SectorSize, porep_id: Bytes32, version: GraphVersion) -> String {
    const CHUNK: u64 = 1 << 12;
    let nodes = size.bytes() / 32;
    let graph = Graph::new(nodes, &porep_id, version);
    let mut hash = Sha256::new();
    let firsts: Vec<u64> = (0..nodes).step_by(CHUNK as usize).collect();
    for firsts in firsts.chunks(64) {
        let chunks = firsts.par_iter().map(|first| graph.parents(*first, CHUNK.min(nodes - first)));
        for parents in chunks.collect::<Vec<_>>() {
            let bytes: Vec<u8> =
                parents.as_flattened().iter().flat_map(|parent| parent.to_le_bytes()).collect();
            hash.update(bytes);
        }
    }
    hex::encode(hash.finalize())
}

/// The porep id of a proof type of the first version: its number.
fn first_version(proof_type: u8) -> Bytes32 {
    let mut id = [0; 32];
    id[0] = proof_type;
    id
}

#[test]
fn the_digests_are_those_of_the_references_files() {
    let of = |size: SectorSize| digest(size, size.porep_id(), GraphVersion::V1_1);
    assert_eq!(of(SectorSize::KiB2), "840057702eea7652cf97e04306c30fe57174714d90de156a25eddd6075c25b97");
    assert_eq!(of(SectorSize::MiB8), "03cd13565ded97c240a5f52e54295ad127bd0461b57904cb3a4d79b097bbecab");
    assert_eq!(of(SectorSize::MiB512), "b5877d1963793efebc261fd8fde4dd6bc59e6b5c7abf52617a4ee023b8dc173a");
}

#[test]
fn so_are_those_of_the_first_version() {
    let of = |size, proof_type| digest(size, first_version(proof_type), GraphVersion::V1);
    assert_eq!(of(SectorSize::KiB2, 0), "3da49221e2ed55371b86d0bf3d6526fcf128af61bed904f966428db1b531750d");
    assert_eq!(of(SectorSize::MiB8, 1), "a76604f2f59f2744c7151653bbb1d8596b6b57d295e6fa6c1f0c41d725b502ce");
    assert_eq!(of(SectorSize::MiB512, 2), "3adcc092423aa76d6a7184016893406da44dd974b219a89cd3ece25e4e3018f5");
}

/// padma seals proof types of V1_1 alone; what it does for them must hold for the other graph too.
#[test]
fn whole_layers_of_the_first_version_are_the_references() {
    const CHUNK: usize = 1 << 12;
    let own = tempfile::tempdir().unwrap();
    if !in_child("graph::whole_layers_of_the_first_version_are_the_references", &[(PARENTS, own.path())]) {
        return;
    }
    let (fixture, porep_id) = (Fixture::new(SectorSize::MiB8), first_version(1));
    let (cache, theirs) = by_reference(&fixture, StackedDrg8MiBV1);
    let hash = Sha256::new().chain_update(fixture.sector.prover_id);
    let hash = hash.chain_update(fixture.sector.number.to_be_bytes()).chain_update(fixture.ticket);
    let mut replica_id: Bytes32 = hash.chain_update(theirs.comm_d).chain_update(porep_id).finalize().into();
    replica_id[31] &= 0x3f;
    let nodes = SectorSize::MiB8.nodes() as usize;
    let graph = Graph::new(nodes as u64, &porep_id, GraphVersion::V1);
    for backend in Backend::supported() {
        let mut previous: Option<Vec<Bytes32>> = None;
        for number in 1..=2 {
            let mut labels = vec![[0; 32]; nodes];
            let (replica_ids, previous_labels) = (&[replica_id], previous.as_deref());
            let mut layer = Layer { number, replica_ids, previous: previous_labels, labels: &mut labels };
            for first in (0..nodes).step_by(CHUNK) {
                let parents = graph.parents(first as u64, CHUNK as u64);
                label_nodes(backend, first, &parents, &mut layer);
            }
            let expected = fs::read(cache.join(format!("sc-02-data-layer-{number}.dat"))).unwrap();
            assert!(labels.as_flattened() == expected, "layer {number} on {}", backend.name());
            previous = Some(labels);
        }
    }
}

/// Nodes far up in the graphs of the network's sizes, whose digests would take long.
#[test]
fn large_graphs_have_the_references_parents() {
    use filecoin_hashers::poseidon::PoseidonHasher;
    use storage_proofs_core::{api_version::ApiVersion, drgraph::Graph as _};
    use storage_proofs_porep::stacked::StackedBucketGraph;
    for size in [SectorSize::GiB32, SectorSize::GiB64] {
        let nodes = size.bytes() / 32;
        for (version, theirs) in
            [(GraphVersion::V1, ApiVersion::V1_0_0), (GraphVersion::V1_1, ApiVersion::V1_1_0)]
        {
            let graph = Graph::new(nodes, &size.porep_id(), version);
            let reference = StackedBucketGraph::<PoseidonHasher>::new_stacked(
                nodes as usize,
                6,
                8,
                size.porep_id(),
                theirs,
            )
            .unwrap();
            for node in [0, 1, 2, 3, 1 << 20, nodes / 3, (1 << 29) + 1, nodes / 2, nodes - 1] {
                let mut expected = [0; 14];
                reference.parents(node as usize, &mut expected).unwrap();
                assert_eq!(graph.parents(node, 1), [expected], "node {node} of {nodes}");
            }
        }
    }
}
