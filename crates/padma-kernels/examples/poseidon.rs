//! Nanoseconds of one Poseidon hash, by arity and backend, beside neptune's.
//!
//! `cargo run --release --example poseidon`. Every figure is the least of many short slices, so that of a machine
//! shared with others is still that of the CPU.
#![allow(clippy::print_stdout, reason = "a report on the terminal")]

mod timing;

use blstrs::Scalar;
use ff::Field;
use generic_array::typenum::{U2, U4, U8, U11};
use neptune::poseidon::{Arity as NeptuneArity, Poseidon, PoseidonConstants};
use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::poseidon::{Arity, hash_many};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::hint::black_box;
use std::time::Duration;
use timing::least;

/// Hashes of a slice: less than an interval of the scheduler.
const SLICE: usize = 64;
const SLICES: usize = 100;

fn main() {
    for arity in Arity::ALL {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let elements: Vec<Scalar> = (0..SLICE * arity.elements()).map(|_| Scalar::random(&mut rng)).collect();
        let nodes: Vec<Node> = elements.iter().map(Scalar::to_bytes_le).collect();
        for backend in Backend::supported() {
            let mut digests = [Node::default(); SLICE];
            let time =
                least(SLICES, || hash_many(backend, arity, &nodes, &mut digests).expect("field elements"));
            line(arity, backend.name(), time);
            black_box(digests);
        }
        line(
            arity,
            "neptune",
            match arity {
                Arity::Two => neptune::<U2>(&elements),
                Arity::Four => neptune::<U4>(&elements),
                Arity::Eight => neptune::<U8>(&elements),
                Arity::Eleven => neptune::<U11>(&elements),
            },
        );
    }
}

fn neptune<A: NeptuneArity<Scalar>>(elements: &[Scalar]) -> Duration {
    let constants = PoseidonConstants::<Scalar, A>::new();
    least(SLICES, || {
        for preimage in elements.chunks(A::to_usize()) {
            black_box(Poseidon::new_with_preimage(preimage, &constants).hash());
        }
    })
}

fn line(arity: Arity, who: &str, time: Duration) {
    println!("{:2} elements {who:9} {:8.0} ns", arity.elements(), time.as_nanos() as f64 / SLICE as f64);
}
