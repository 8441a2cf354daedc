//! Nanoseconds of one addition in a batch, by group and backend, beside blst's additions of one point to another.
//!
//! `cargo run --release --example kernels -- [MiB of points]`. Every figure is the least of many short slices, so
//! that of a machine shared with others is still that of the CPU.
#![allow(clippy::print_stdout, reason = "a report on the terminal")]

mod timing;

use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group, Pair};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::time::Duration;
use timing::least;

/// Pairs of a slice: two batches, and less than an interval of the scheduler.
const SLICE: usize = 1 << 11;

trait Peer: Group {
    const NAME: &'static str;
    fn generator() -> Self::Affine;
    /// `count` additions of one point after another to a Jacobian point.
    fn add_mixed(points: &[Self::Affine], count: usize);
    /// blst's own sum of all points, by affine additions with shared inversions.
    fn sum_all(points: &[Self::Affine]);
}

macro_rules! peer {
    ($group:ident, $name:literal, $affine:ident, $jacobian:ident, $generator:ident, $to_affine:ident, $add:ident, $sum:ident) => {
        impl Peer for $group {
            const NAME: &'static str = $name;

            fn generator() -> $affine {
                let mut point = $affine::default();
                // SAFETY: valid pointers.
                unsafe { blst::$to_affine(&mut point, blst::$generator()) };
                point
            }

            fn add_mixed(points: &[$affine], count: usize) {
                let mut sum = blst::$jacobian::default();
                for point in points.iter().cycle().take(count) {
                    // SAFETY: valid pointers; the result may be an operand.
                    unsafe { blst::$add(&mut sum, &sum, point) };
                }
                std::hint::black_box(&sum);
            }

            fn sum_all(points: &[$affine]) {
                let mut sum = blst::$jacobian::default();
                // One pointer and then null: the points lie in a row.
                let list = [points.as_ptr(), std::ptr::null()];
                // SAFETY: as many points as it says lie in a row.
                unsafe { blst::$sum(&mut sum, list.as_ptr(), points.len()) };
                std::hint::black_box(&sum);
            }
        }
    };
}

peer!(
    G1,
    "G1",
    blst_p1_affine,
    blst_p1,
    blst_p1_generator,
    blst_p1_to_affine,
    blst_p1_add_or_double_affine,
    blst_p1s_add
);
peer!(
    G2,
    "G2",
    blst_p2_affine,
    blst_p2,
    blst_p2_generator,
    blst_p2_to_affine,
    blst_p2_add_or_double_affine,
    blst_p2s_add
);
use blst::{blst_p1_affine, blst_p2_affine};

fn main() {
    let mebibytes = std::env::args().nth(1).map_or(400, |count| count.parse().expect("a number of MiB"));
    report::<G1>(mebibytes);
    report::<G2>(mebibytes);
}

fn report<G: Peer>(mebibytes: usize) {
    let points = mebibytes * (1 << 20) / size_of::<G::Packed>();
    for backend in Backend::supported() {
        if backend == Backend::Avx2 && G::NAME == "G2" {
            continue; // The same code as portable.
        }
        let near = multiples::<G>(backend, 2048);
        let far = grown::<G>(backend, &near, points);
        line::<G>(backend.name(), "L2", slices(1000, additions::<G>(backend, &near)));
        line::<G>(backend.name(), "memory", slices(1000, additions::<G>(backend, &far)));
        line::<G>(backend.name(), "doublings", slices(50, doublings::<G>(backend, &near)));
        let mut bytes = vec![0; G::ENCODED * near.len()];
        let mut decoded = near.clone();
        G::encode(backend, &near, &mut bytes);
        let encode = least(100, || G::encode(backend, &near, &mut bytes));
        let decode = least(100, || G::decode(backend, &bytes, &mut decoded).expect("points"));
        line::<G>(backend.name(), "decode", per(decode, near.len()));
        line::<G>(backend.name(), "encode", per(encode, near.len()));
    }
    let points: Vec<_> = multiples::<G>(Backend::Portable, 2048)
        .iter()
        .map(|point| G::unpack(Backend::Portable, point))
        .collect();
    line::<G>("blst", "mixed", per(least(200, || G::add_mixed(&points, 2048)), 2048));
    line::<G>("blst", "p*s_add", per(least(200, || G::sum_all(&points)), 2047));
}

fn line<G: Peer>(who: &str, what: &str, nanoseconds: f64) {
    println!("{} {who:9} {what:10} {nanoseconds:7.1} ns", G::NAME);
}

fn per(time: Duration, count: usize) -> f64 {
    time.as_nanos() as f64 / count as f64
}

/// The least time of one addition.
fn slices(times: usize, (left, mut act): (usize, impl FnMut())) -> f64 {
    per(least(times, &mut act), left)
}

/// Random pairs of points; each slice has pairs of its own.
fn additions<G: Peer>(backend: Backend, points: &[G::Packed]) -> (usize, impl FnMut()) {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut index = move || rng.next_u32() % points.len() as u32;
    let pairs: Vec<_> = (0..SLICE * 256).map(|_| Pair { left: index(), right: index() }).collect();
    let mut sums = vec![G::Packed::default(); SLICE];
    let mut at = 0;
    (SLICE, move || {
        G::add_pairs(backend, points, points, &pairs[at..at + SLICE], &mut sums);
        at = (at + SLICE) % pairs.len();
    })
}

fn doublings<G: Peer>(backend: Backend, points: &[G::Packed]) -> (usize, impl FnMut()) {
    let pairs: Vec<_> = (0..points.len() as u32).map(|index| Pair { left: index, right: index }).collect();
    let mut sums = vec![G::Packed::default(); pairs.len()];
    (pairs.len(), move || G::add_pairs(backend, points, points, &pairs, &mut sums))
}

/// G, 2G, 3G …
fn multiples<G: Peer>(backend: Backend, count: usize) -> Vec<G::Packed> {
    grown::<G>(backend, &[G::pack(backend, &G::generator())], count)
}

/// `points` and then, doubling their number as often as it takes, each plus the last: 1 … n and n + 1 … 2n times G.
fn grown<G: Peer>(backend: Backend, points: &[G::Packed], count: usize) -> Vec<G::Packed> {
    let mut points = points.to_vec();
    while points.len() < count {
        let last = points.len() as u32 - 1;
        let pairs: Vec<_> = (0..=last).map(|left| Pair { left, right: last }).collect();
        let mut sums = vec![G::Packed::default(); pairs.len()];
        G::add_pairs(backend, &points, &points, &pairs, &mut sums);
        points.append(&mut sums);
    }
    points.truncate(count);
    points
}
