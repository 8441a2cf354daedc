//! Nanoseconds a point of our sums, beside blst's and bellperson's with as many threads: elapsed, and of all cores
//! together, which another program's load falsifies less.
//!
//! `msm [g1|g2] [FROM] [TO]`: 2^FROM to 2^TO points (16 to 22). PADMA_BACKEND says which backend.
#![allow(clippy::print_stdout, reason = "it prints a table")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use blst::{MultiPoint, blst_p1_affine, blst_p2_affine};
use blstrs::{G1Affine, G2Affine, Scalar};
use ec_gpu_gen::multiexp_cpu::{FullDensity, multiexp_cpu};
use ec_gpu_gen::threadpool::Worker;
use ff::{Field, PrimeField};
use group::prime::PrimeCurveAffine;
use padma_groth16::msm::{Curve, Selection, canonical, multiexp, sum_selected};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Pair};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// The size at which bellperson is timed too: it is too slow for the larger ones.
const BELLPERSON: u32 = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default| {
        arguments.get(index).map_or(default, |text| text.parse().expect("a number of bits"))
    };
    let (from, to) = (number(1, 16), number(2, 22));
    let backend = Backend::current().expect("a backend of this CPU");
    println!("{}, {} threads", backend.name(), rayon::current_num_threads());
    println!("group  log2  scalars           ours   (cores)       blst   (cores)   ratio (cores)");
    match arguments.first().map(String::as_str) {
        None => {
            table::<G1>("G1", backend, from, to);
            table::<G2>("G2", backend, from, to);
        }
        Some("g1") => table::<G1>("G1", backend, from, to),
        Some("g2") => table::<G2>("G2", backend, from, to),
        Some(other) => println!("no group {other}"),
    }
}

/// What the peers have for a group.
trait Peer: Curve {
    type Bellperson: PrimeCurveAffine<Scalar = Scalar>;
    fn generator() -> Self::Affine;
    fn blst(points: &[Self::Affine], scalars: &[u8]);
    fn bellperson(points: &[Self::Affine]) -> Vec<Self::Bellperson>;
}

macro_rules! peer {
    ($group:ident, $affine:ident, $bellperson:ident) => {
        impl Peer for $group {
            type Bellperson = $bellperson;

            fn generator() -> $affine {
                *$bellperson::generator().as_ref()
            }

            fn blst(points: &[$affine], scalars: &[u8]) {
                black_box(points.mult(scalars, 255));
            }

            fn bellperson(points: &[$affine]) -> Vec<$bellperson> {
                let convert = |point: &$affine| {
                    let mut converted = $bellperson::default();
                    *converted.as_mut() = *point;
                    converted
                };
                points.iter().map(convert).collect()
            }
        }
    };
}

peer!(G1, blst_p1_affine, G1Affine);
peer!(G2, blst_p2_affine, G2Affine);

fn table<G: Peer>(name: &str, backend: Backend, from: u32, to: u32) {
    let points = points::<G>(backend, 1 << to);
    let affine: Vec<G::Affine> = points.iter().map(|point| G::unpack(backend, point)).collect();
    for log in from..=to {
        let (packed, affine) = (&points[..1 << log], &affine[..1 << log]);
        let repeats = if log < 20 { 5 } else { 2 };
        let random = scalars(1 << log, 0);
        let words = canonical(&random);
        let ours = best(repeats, || {
            black_box(multiexp::<G>(backend, packed, &words));
        });
        row::<G>(name, log, "random", ours, affine, &random);
        for (kind, percent) in [("50 % boolean", 50), ("98 % boolean", 98)] {
            let scalars = scalars(1 << log, percent);
            let ours = best(repeats, || {
                black_box(sum_selected::<G>(backend, packed, &Selection::all(&scalars)));
            });
            row::<G>(name, log, kind, ours, affine, &scalars);
        }
        if log == BELLPERSON {
            bellperson::<G>(name, log, affine, &random);
        }
    }
}

fn row<G: Peer>(name: &str, log: u32, kind: &str, ours: Cost, points: &[G::Affine], scalars: &[Scalar]) {
    let bytes: Vec<u8> = scalars.iter().flat_map(Scalar::to_bytes_le).collect();
    let peer = best(if log < 20 { 3 } else { 1 }, || G::blst(points, &bytes));
    let (ours, peer) = (ours.per_point(log), peer.per_point(log));
    print!("{name:5} {log:5}  {kind:12} {:9.1} {:9.1}  ", ours.elapsed, ours.cores);
    println!(
        "{:9.1} {:9.1} {:7.2} {:7.2}",
        peer.elapsed,
        peer.cores,
        peer.elapsed / ours.elapsed,
        peer.cores / ours.cores
    );
}

fn bellperson<G: Peer>(name: &str, log: u32, points: &[G::Affine], scalars: &[Scalar]) {
    let (bases, exponents) = (Arc::new(G::bellperson(points)), scalars.iter().map(Scalar::to_repr).collect());
    let exponents: Arc<Vec<_>> = Arc::new(exponents);
    let cost = best(1, || {
        let sum = multiexp_cpu(&Worker::new(), (bases.clone(), 0), FullDensity, exponents.clone()).wait();
        black_box(sum.expect("as many bases as exponents"));
    })
    .per_point(log);
    println!("{name:5} {log:5}  random, bellperson: {:.1} {:.1}", cost.elapsed, cost.cores);
}

/// Nanoseconds.
#[derive(Clone, Copy)]
struct Cost {
    elapsed: f64,
    cores: f64,
}

impl Cost {
    fn per_point(self, log: u32) -> Self {
        let points = f64::from(1 << log);
        Self { elapsed: self.elapsed / points, cores: self.cores / points }
    }
}

fn best(repeats: usize, mut work: impl FnMut()) -> Cost {
    let mut best = Cost { elapsed: f64::INFINITY, cores: f64::INFINITY };
    for _ in 0..repeats {
        let (start, before) = (Instant::now(), cores());
        work();
        best.elapsed = best.elapsed.min(start.elapsed().as_nanos() as f64);
        best.cores = best.cores.min(cores() - before);
    }
    best
}

/// Nanoseconds that the threads of this process have run.
fn cores() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| {
        let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<f64>().ok()
    });
    times.sum()
}

/// Of `percent` out of 100 scalars half are 0 and half are 1; the others are random.
fn scalars(count: usize, percent: u32) -> Vec<Scalar> {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let draw = |_| match rng.next_u32() {
        draw if draw % 100 < percent => Scalar::from(u64::from(draw >> 31)),
        _ => Scalar::random(&mut rng),
    };
    (0..count).map(draw).collect()
}

/// Multiples of the generator: each block is the one before plus a point.
fn points<G: Peer>(backend: Backend, count: usize) -> Vec<G::Packed> {
    const BLOCK: usize = 1 << 12;
    let mut points = vec![G::Packed::default(); count.max(BLOCK)];
    points[0] = G::pack(backend, &G::generator());
    let mut known = 1;
    while known < points.len() {
        // Doubles the multiples while there are few; then a block at a time.
        let step = known.min(BLOCK);
        let pairs: Vec<_> = (0..step as u32).map(|left| Pair { left, right: step as u32 - 1 }).collect();
        let (old, new) = points.split_at_mut(known);
        let last = &old[known - step..];
        G::add_pairs(backend, last, &old[..step], &pairs, &mut new[..step]);
        known += step;
    }
    points.truncate(count);
    points
}
