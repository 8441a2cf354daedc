//! What PC1 and PC2 do beside hashing, on one thread: fr32, encoding, parents.
//!
//! `cargo run --release --example data`. Every figure is the least of many short slices, so that of a machine shared with
//! others is still that of the CPU. None of it is chosen by backend: `PADMA_PORTABLE=1` shows what the build's target
//! changes.
#![allow(clippy::print_stdout, reason = "a report on the terminal")]

#[path = "../../padma-kernels/examples/timing/mod.rs"]
mod timing;

use padma_kernels::node::{Node, decode, encode};
use padma_porep::fr32::{PADDED_QUAD, QUAD, pad, unpad};
use padma_porep::graph::{Graph, GraphVersion};
use padma_porep::sector::SectorSize;
use std::hint::black_box;
use std::time::Duration;
use timing::least;

/// Quads of a slice: 64 KiB, which stay in the second-level cache.
const QUADS: usize = 512;
const SLICES: usize = 1000;

fn main() {
    let data: Vec<u8> = (0..QUADS * QUAD).map(|index| ((index * index) >> 3) as u8).collect();
    let (mut padded, mut back) = (vec![0; QUADS * PADDED_QUAD], vec![0; QUADS * QUAD]);
    bytes("fr32 pad", least(SLICES, || pad(black_box(&data), &mut padded)));
    bytes("fr32 unpad", least(SLICES, || unpad(black_box(&padded), &mut back)));

    let keys: Vec<Node> = padded.as_chunks().0.to_vec();
    let mut replica = keys.clone();
    let coded = least(SLICES, || encode(black_box(&keys), &keys, &mut replica).expect("field elements"));
    nodes("encode", coded, keys.len());
    let mut back = keys.clone();
    let coded = least(SLICES, || decode(black_box(&keys), &replica, &mut back).expect("field elements"));
    nodes("decode", coded, keys.len());

    for size in [SectorSize::MiB8, SectorSize::MiB512] {
        let graph = Graph::new(size.nodes(), &size.porep_id(), GraphVersion::V1_1);
        let made = least(SLICES, || drop(black_box(graph.parents(size.nodes() / 2, 1 << 10))));
        nodes(&format!("parents, {} MiB", size.bytes() >> 20), made, 1 << 10);
    }
}

fn bytes(what: &str, time: Duration) {
    let bytes = (QUADS * PADDED_QUAD) as f64;
    println!("{what:16} {:8.2} GB/s of padded data", bytes / time.as_nanos() as f64);
}

fn nodes(what: &str, time: Duration, count: usize) {
    println!("{what:16} {:8.1} ns a node", time.as_nanos() as f64 / count as f64);
}
