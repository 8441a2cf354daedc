//! Random input at edge lengths: every backend that the CPU has gives what portable gives.
//!
//! Seeds are fixed, so that a failure comes again; what portable gives is compared with other libraries in the tests
//! beside this one. For a longer run `PADMA_FUZZ_ROUNDS` says under how many sets of seeds.

mod support;

use blstrs::Scalar;
use ff::Field;
use padma_kernels::node::{Node, decode, encode};
use padma_kernels::poseidon::{Arity, hash_many};
use padma_kernels::sha256::{BASE_PARENTS, Layer, Parents, hash_pairs, label_nodes};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::cell::Cell;
use support::{EDGES, fuzz_rounds, same_on_all};

/// Rounds of a test, each with a seed of its own.
const ROUNDS: u64 = 4;

thread_local! {
    /// The set of seeds of a test.
    static ROUND: Cell<u64> = const { Cell::new(0) };
}

struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64((ROUND.get() << 32) + seed))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0.next_u64() as usize % limit
    }

    /// Any bytes; one in four is all zeros, all ones, or but one bit.
    fn bytes(&mut self) -> Node {
        let mut bytes = [0; 32];
        match self.below(12) {
            0 => {}
            1 => bytes.fill(0xff),
            2 => bytes[self.below(32)] = 1 << self.below(8),
            _ => self.0.fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A field element; one in four is near zero, near the modulus, or near a power of two.
    fn element(&mut self) -> Node {
        let near = Scalar::from(self.below(3) as u64);
        let element = match self.below(12) {
            0 => near,
            1 => -near,
            2 => Scalar::from(2).pow_vartime([self.below(255) as u64]) - near,
            _ => Scalar::random(&mut self.0),
        };
        element.to_bytes_le()
    }

    fn many<T>(&mut self, count: usize, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| one(self)).collect()
    }

    /// Parents of the nodes of a layer: any earlier ones, and any of the layer before.
    fn graph(&mut self, nodes: usize) -> Vec<Parents> {
        let mut parent = |node: usize, i: usize| match i {
            0 => node.saturating_sub(1) as u32,
            1..BASE_PARENTS => self.below(node.max(1)) as u32,
            _ => self.below(nodes) as u32,
        };
        (0..nodes).map(|node| std::array::from_fn(|i| parent(node, i))).collect()
    }
}

#[test]
fn tree_nodes() {
    for seed in 0..ROUNDS {
        for count in EDGES {
            let children = Random::new(seed).many(2 * count, Random::bytes);
            same_on_all(format!("{count} pairs of seed {seed}"), |backend| {
                let mut parents = vec![[1; 32]; count];
                hash_pairs(backend, &children, &mut parents);
                parents
            });
        }
    }
}

/// A layer of some sectors, in two calls of any lengths.
#[test]
fn labels() {
    const NODES: usize = 40;
    for sectors in EDGES {
        let mut random = Random::new(sectors as u64);
        let graph = random.graph(NODES);
        let ids = random.many(sectors, Random::bytes);
        let before = random.many(sectors * NODES, Random::bytes);
        let cut = random.below(NODES + 1);
        for number in [1, 2, 11] {
            same_on_all(format!("layer {number} of {sectors} sectors, cut at {cut}"), |backend| {
                let mut labels = vec![[0; 32]; sectors * NODES];
                let previous = (number > 1).then_some(&before[..]);
                let mut layer = Layer { number, replica_ids: &ids, previous, labels: &mut labels };
                for (first, parents) in [(0, &graph[..cut]), (cut, &graph[cut..])] {
                    label_nodes(backend, first, parents, &mut layer);
                }
                labels
            });
        }
    }
}

#[test]
fn poseidon() {
    for (arity, seed) in Arity::ALL.into_iter().zip(100..) {
        for count in EDGES {
            let preimages = Random::new(seed).many(count * arity.elements(), Random::element);
            same_on_all(format!("{count} hashes of {arity:?}"), |backend| {
                let mut digests = vec![[1; 32]; count];
                hash_many(backend, arity, &preimages, &mut digests).expect("field elements");
                digests
            });
        }
    }
}

/// Encoding has one way for all backends: the field of blst is what it must equal.
#[test]
fn replicas() {
    for seed in 0..ROUNDS {
        for count in EDGES {
            let mut random = Random::new(seed);
            let (keys, data) = (random.many(count, Random::element), random.many(count, Random::element));
            let scalar = |node: &Node| Scalar::from_bytes_le(node).expect("a field element");
            let sums = keys.iter().zip(&data).map(|(key, data)| scalar(key) + scalar(data));
            let expected: Vec<Node> = sums.map(|sum| sum.to_bytes_le()).collect();
            let (mut replica, mut back) = (vec![[1; 32]; count], vec![[1; 32]; count]);
            encode(&keys, &data, &mut replica).expect("field elements");
            decode(&keys, &replica, &mut back).expect("field elements");
            assert!(replica == expected && back == data, "{count} nodes of seed {seed}");
        }
    }
}

/// All of that under other seeds.
#[test]
fn again() {
    for round in 1..=fuzz_rounds() {
        ROUND.set(round);
        tree_nodes();
        labels();
        poseidon();
        replicas();
    }
}
