//! The graph of the SDR layers: which labels go into a node's label.
//!
//! Six parents are of the node's own layer (DRSample), eight of the layer before: a Feistel permutation of all edges. Its
//! round function is a BLAKE2b of half an index and a key. There are but 2^11 halves at 8 MiB and 2^17 at 32 GiB, so the
//! whole function fits into three small tables, and the parents of a node are had in less time than it takes to read them
//! from a file. The reference hashes 24 times a node and keeps the result in a file as large as two sectors.

use padma_kernels::sha256::{BASE_PARENTS, Parents};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::Bytes32;

/// Expander parents of a node.
const EXPANDER_PARENTS: u64 = 8;
/// Rounds of the permutation; there would be a fourth key.
const ROUNDS: usize = 3;

/// The order of a node's own parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphVersion {
    /// The node before is the last of the six; indices beyond 32 bits are cut. Proof types 0 … 4.
    V1,
    /// The node before is the first of the six, so that hashing cannot begin early. Proof types 5 … 9.
    V1_1,
}

/// The graph of one sector size and one kind of proof.
pub struct Graph {
    nodes: u64,
    version: GraphVersion,
    /// The rng of a node is seeded with this and the node's number.
    seed: [u8; 28],
    tables: [Vec<u32>; ROUNDS],
    /// Bits of half an index of the permutation.
    half: u32,
}

impl Graph {
    /// `nodes` is a power of two, at most 2^31.
    pub fn new(nodes: u64, porep_id: &Bytes32, version: GraphVersion) -> Self {
        let mut seed = [0; 28];
        seed.copy_from_slice(&domain_seed("Filecoin_DRSample", porep_id)[..28]);
        let half = half_bits(nodes * EXPANDER_PARENTS);
        let keys = domain_seed("Filecoin_Feistel", porep_id);
        let table = |round: usize| {
            let key = u64::from_le_bytes(std::array::from_fn(|byte| keys[8 * round + byte]));
            (0..1_u64 << half).into_par_iter().map(|right| round_function(right, key, half)).collect()
        };
        Self { nodes, version, seed, tables: std::array::from_fn(table), half }
    }

    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    /// The parents of the nodes from `first` on.
    pub fn parents(&self, first: u64, count: u64) -> Vec<Parents> {
        (first..first + count).map(|node| self.parents_of(node)).collect()
    }

    fn parents_of(&self, node: u64) -> Parents {
        let mut parents = [0; BASE_PARENTS + EXPANDER_PARENTS as usize];
        let (base, expander) = parents.split_at_mut(BASE_PARENTS);
        if node > 1 {
            self.base(node, base);
        }
        for (edge, parent) in (EXPANDER_PARENTS * node..).zip(expander) {
            let permuted = self.permuted(edge);
            *parent = match self.version {
                GraphVersion::V1 => permuted as u32 / EXPANDER_PARENTS as u32,
                GraphVersion::V1_1 => (permuted / EXPANDER_PARENTS) as u32,
            };
        }
        parents
    }

    /// DRSample: the node before, and five at distances that are uniform within a bucket, itself one of log n. Each node
    /// stands for five of a metagraph.
    fn base(&self, node: u64, parents: &mut [u32]) {
        const DRAWN: u64 = BASE_PARENTS as u64 - 1;
        let mut seed = [0; 32];
        seed[..28].copy_from_slice(&self.seed);
        seed[28..].copy_from_slice(&(node as u32).to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(seed);
        let meta = node * DRAWN;
        let buckets = u64::from((meta - 1).ilog2()) + 1;
        let (before, drawn) = match self.version {
            GraphVersion::V1 => parents.split_last_mut(),
            GraphVersion::V1_1 => parents.split_first_mut(),
        }
        .unwrap_or_else(|| unreachable!("there are six"));
        for parent in drawn {
            let bucket = rng.next_u64() % buckets + 1;
            let largest = meta.min(1 << bucket);
            let smallest = (largest >> 1).max(2);
            let distance = smallest + rng.next_u64() % (largest - smallest + 1);
            *parent = ((meta - distance) / DRAWN).min(node - 1) as u32;
        }
        *before = node as u32 - 1;
    }

    /// The permutation of all edges; of a larger power of four, so it is repeated until the result is one.
    fn permuted(&self, edge: u64) -> u64 {
        let mut edge = self.permuted_once(edge);
        while edge >= self.nodes * EXPANDER_PARENTS {
            edge = self.permuted_once(edge);
        }
        edge
    }

    fn permuted_once(&self, edge: u64) -> u64 {
        let (mut left, mut right) = (edge >> self.half, edge & ((1 << self.half) - 1));
        for table in &self.tables {
            (left, right) = (right, left ^ u64::from(table[right as usize]));
        }
        (left << self.half) | right
    }
}

fn domain_seed(domain: &str, porep_id: &Bytes32) -> Bytes32 {
    Sha256::new().chain_update(domain).chain_update(porep_id).finalize().into()
}

/// Half the bits of the least power of four that is not below `elements`; at least one.
fn half_bits(elements: u64) -> u32 {
    elements.next_power_of_two().ilog2().div_ceil(2).max(1)
}

fn round_function(right: u64, key: u64, half: u32) -> u32 {
    let mut message = [0; 16];
    message[..8].copy_from_slice(&right.to_be_bytes());
    message[8..].copy_from_slice(&key.to_be_bytes());
    let digest = blake2b_simd::blake2b(&message);
    let first = u64::from_be_bytes(std::array::from_fn(|byte| digest.as_bytes()[byte]));
    (first & ((1 << half) - 1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_of_all_edges() {
        for nodes in [2, 4, 64, 128] {
            let graph = Graph::new(nodes, &[5; 32], GraphVersion::V1_1);
            let mut seen: Vec<_> = (0..8 * nodes).map(|edge| graph.permuted(edge)).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..8 * nodes), "{nodes}");
        }
    }
}
