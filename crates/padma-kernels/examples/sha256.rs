//! Cycles of the SHA-256 kernels, beside what the instruction that they wait for allows.
//!
//! `cargo run --release --example sha256`. Every figure is the least of many slices. A cycle is the time of one dependent
//! addition, so that the figures hold at any clock.
#![allow(clippy::print_stdout, reason = "a report on the terminal")]

mod timing;

use padma_kernels::Backend;
use padma_kernels::pages::Nodes;
use padma_kernels::sha256::{Layer, Parents, hash_pairs, label_nodes};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::time::Duration;
use timing::least;

const NODES: usize = 1 << 18;
/// Labels of a slice.
const SLICE: usize = 1 << 10;

fn main() {
    let cycle = cycle();
    println!("a cycle takes {cycle:.4} ns");
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("sha") {
        // SAFETY: the CPU has the feature.
        let [latency, throughput] = unsafe { rnds2() }.map(|time| time / cycle);
        println!("sha256rnds2: latency {latency:.2}, throughput {throughput:.2} cycles");
    }
    let parents = parents();
    for backend in Backend::supported() {
        let children = vec![[1; 32]; 2048];
        let mut nodes = vec![[0; 32]; 1024];
        let pairs = per(least(1000, || hash_pairs(backend, &children, &mut nodes)), 1024) / cycle;
        println!("{:9} pair of nodes: {pairs:.0} cycles, {:.1} a block", backend.name(), pairs / 2.0);
        for sectors in [1, 2, 4, 8, 16, 32] {
            for layer in [1, 2] {
                let label = labels(backend, layer, sectors, &parents) / cycle;
                println!(
                    "{:9} layer {layer}, {sectors} at a time: {label:.0} cycles a label, {:.1} a block",
                    backend.name(),
                    label / 20.0
                );
            }
        }
    }
}

/// Nanoseconds a label.
fn labels(backend: Backend, number: u32, sectors: usize, parents: &[Parents]) -> f64 {
    let replica_ids = vec![[9; 32]; sectors];
    let previous = Nodes::zeroed(sectors * NODES);
    let mut labels = Nodes::zeroed(sectors * NODES);
    let mut layer = Layer {
        number,
        replica_ids: &replica_ids,
        previous: (number > 1).then_some(&previous),
        labels: &mut labels,
    };
    let mut first = 0;
    let slice = least(200, || {
        label_nodes(backend, first, &parents[first..first + SLICE], &mut layer);
        first = (first + SLICE) % NODES;
    });
    per(slice, SLICE * sectors)
}

/// The node before, and others anywhere before it; expander parents anywhere.
fn parents() -> Vec<Parents> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut below = |limit: usize| rng.next_u32() % limit as u32;
    let parent = |node: usize, i: usize, below: &mut dyn FnMut(usize) -> u32| match (node, i) {
        (0, _) => 0,
        (_, 0) => node as u32 - 1,
        (_, 1..6) => below(node),
        _ => below(NODES),
    };
    (0..NODES).map(|node| std::array::from_fn(|i| parent(node, i, &mut below))).collect()
}

fn per(time: Duration, count: usize) -> f64 {
    time.as_nanos() as f64 / count as f64
}

/// Instructions of a measured chain.
const CHAIN: usize = 1 << 12;

/// Nanoseconds of a dependent addition.
#[cfg(target_arch = "x86_64")]
fn cycle() -> f64 {
    // SAFETY: touches one register of its own.
    let chain = || unsafe {
        std::arch::asm!(".rept 4096", "add {0}, 3", ".endr", inout(reg) 1_u64 => _, options(nomem, nostack));
    };
    per(least(1000, chain), CHAIN)
}

#[cfg(not(target_arch = "x86_64"))]
fn cycle() -> f64 {
    1.0
}

/// Nanoseconds of `sha256rnds2`: one that waits for the one before, and one of four that do not wait for each other.
///
/// # Safety
/// The CPU has the SHA extensions.
#[cfg(target_arch = "x86_64")]
unsafe fn rnds2() -> [f64; 2] {
    // SAFETY: registers that are said to change.
    let alone = || unsafe {
        std::arch::asm!(
            ".rept 2048", "sha256rnds2 xmm1, xmm2, xmm0", "sha256rnds2 xmm2, xmm1, xmm0", ".endr",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, options(nomem, nostack)
        );
    };
    // SAFETY: as above.
    let four = || unsafe {
        std::arch::asm!(
            ".rept 1024",
            "sha256rnds2 xmm1, xmm5, xmm0", "sha256rnds2 xmm2, xmm5, xmm0",
            "sha256rnds2 xmm3, xmm5, xmm0", "sha256rnds2 xmm4, xmm5, xmm0",
            ".endr",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
            options(nomem, nostack)
        );
    };
    [per(least(1000, alone), CHAIN), per(least(1000, four), CHAIN)]
}
