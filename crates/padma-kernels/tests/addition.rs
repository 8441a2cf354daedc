//! Sums of pairs: each backend against blst, one pair at a time.

use blst::{blst_p1_affine, blst_p2_affine};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group, NEGATE, Pair};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::HashMap;

mod support;
use support::Oracle;

/// Points known by their scalars: `scalars[i]`·G is point `i`; the first is infinity.
struct Known<G: Oracle> {
    scalars: Vec<i64>,
    points: Vec<G::Affine>,
}

impl<G: Oracle> Known<G> {
    fn new(scalars: impl IntoIterator<Item = i64>) -> Self {
        let scalars: Vec<_> = std::iter::once(0).chain(scalars).collect();
        let points = scalars.iter().map(|&scalar| signed::<G>(scalar)).collect();
        Self { scalars, points }
    }

    /// The sums on every backend are those of the scalars.
    fn check(&self, pairs: &[Pair], what: &str) {
        let scalar = |index: u32| {
            let scalar = self.scalars[(index & !NEGATE) as usize];
            if index & NEGATE == 0 { scalar } else { -scalar }
        };
        let mut sums = HashMap::new();
        let expected: Vec<_> = pairs
            .iter()
            .map(|pair| scalar(pair.left) + scalar(pair.right))
            .map(|sum| *sums.entry(sum).or_insert_with(|| signed::<G>(sum)))
            .collect();
        for backend in Backend::supported() {
            let sums = add::<G>(backend, &self.points, &self.points, pairs);
            for (index, (sum, expected)) in sums.iter().zip(&expected).enumerate() {
                assert_eq!(sum, expected, "{what}: pair {index} on {}", backend.name());
            }
        }
    }
}

fn signed<G: Oracle>(scalar: i64) -> G::Affine {
    let point = G::multiple(scalar.unsigned_abs());
    if scalar < 0 { G::negated(&point) } else { point }
}

fn add<G: Group>(
    backend: Backend,
    left: &[G::Affine],
    right: &[G::Affine],
    pairs: &[Pair],
) -> Vec<G::Affine> {
    let pack = |points: &[G::Affine]| points.iter().map(|point| G::pack(backend, point)).collect::<Vec<_>>();
    let mut sums = vec![G::Packed::default(); pairs.len()];
    G::add_pairs(backend, &pack(left), &pack(right), pairs, &mut sums);
    sums.iter().map(|sum| G::unpack(backend, sum)).collect()
}

fn pair(left: u32, right: u32) -> Pair {
    Pair { left, right }
}

/// Ordinary pairs, by steps that keep every sum's operands apart.
fn ordinary(count: usize, among: u32) -> Vec<Pair> {
    (0..count as u32).map(|i| pair(1 + i % among, 1 + (i + 1 + i / among % (among - 1)) % among)).collect()
}

fn every_length<G: Oracle>() {
    let known = Known::<G>::new(1..=65);
    for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 1023, 1024, 1025, 1033, 2049, 4097] {
        known.check(&ordinary(count, 65), &format!("{count} pairs"));
    }
}

fn every_sign<G: Oracle>() {
    let known = Known::<G>::new((1..=30).chain([i64::MAX / 2, -77]));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut index = || (rng.next_u32() & NEGATE) | (1 + rng.next_u32() % 32);
    let pairs: Vec<_> = (0..700).map(|_| pair(index(), index())).collect();
    known.check(&pairs, "random signs");
}

/// One pair of each kind that needs care, in every lane and at the ends of batches, among ordinary ones.
fn one_exception<G: Oracle>() {
    let known = Known::<G>::new((1..=65).chain([-7]));
    let kinds = [
        pair(0, 5),
        pair(5, 0),
        pair(0, 0),
        pair(7, 7),
        pair(7, 7 | NEGATE),
        pair(7 | NEGATE, 7),
        pair(7 | NEGATE, 7 | NEGATE),
        pair(NEGATE, 9 | NEGATE),
        pair(9 | NEGATE, NEGATE),
        pair(NEGATE, NEGATE),
        pair(7, 66),
        pair(7, 66 | NEGATE),
        pair(66 | NEGATE, 7),
        pair(7 | NEGATE, 66),
    ];
    for (kind, exception) in kinds.into_iter().enumerate() {
        for at in [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 19] {
            let mut pairs = ordinary(20, 65);
            pairs[at] = exception;
            known.check(&pairs, &format!("kind {kind} at {at}"));
        }
        let mut pairs = ordinary(1100, 65);
        for at in [0, 1000, 1023, 1024, 1099] {
            pairs[at] = exception;
        }
        known.check(&pairs, &format!("kind {kind} in two batches"));
    }
}

fn only_exceptions<G: Oracle>() {
    let known = Known::<G>::new(1..=65);
    let all = |pair: fn(u32) -> Pair| (0..1050).map(|i| pair(1 + i % 65)).collect::<Vec<_>>();
    known.check(&all(|i| pair(i, i)), "doublings");
    known.check(&all(|i| pair(i | NEGATE, i | NEGATE)), "negated doublings");
    known.check(&all(|i| pair(i, i | NEGATE)), "opposite points");
    known.check(&all(|i| pair(i, 0)), "infinity on the right");
    known.check(&all(|i| pair(0, i | NEGATE)), "infinity on the left");
    known.check(&all(|_| pair(0, NEGATE)), "infinity");
}

/// Equal points in two places, and as sums of the kernel itself, whose representatives need not be canonical.
fn sums_of_sums<G: Oracle>() {
    let scalars: Vec<i64> = (1..=40).collect();
    let points: Vec<_> = scalars.iter().map(|&scalar| signed::<G>(scalar)).collect();
    for backend in Backend::supported() {
        let mut packed: Vec<_> = points.iter().map(|point| G::pack(backend, point)).collect();
        let mut known = scalars.clone();
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for round in 0..12 {
            let mut index = || (rng.next_u32() & NEGATE) | (rng.next_u32() % packed.len() as u32);
            let pairs: Vec<_> = (0..100).map(|_| pair(index(), index())).collect();
            let mut sums = vec![G::Packed::default(); pairs.len()];
            G::add_pairs(backend, &packed, &packed, &pairs, &mut sums);
            let scalar = |index: u32| {
                let scalar = known[(index & !NEGATE) as usize];
                if index & NEGATE == 0 { scalar } else { -scalar }
            };
            known = pairs.iter().map(|pair| scalar(pair.left) + scalar(pair.right)).collect();
            for (sum, &scalar) in sums.iter().zip(&known) {
                assert_eq!(
                    G::unpack(backend, sum),
                    signed::<G>(scalar),
                    "round {round} on {}",
                    backend.name()
                );
            }
            packed = sums;
        }
    }
}

/// Left and right are different slices, of different lengths.
fn two_slices<G: Oracle>() {
    let left: Vec<_> = (1..=20).map(signed::<G>).collect();
    let right: Vec<_> = (100..=103).map(signed::<G>).collect();
    let pairs: Vec<_> = (0..20).map(|i| pair(i, i % 4)).collect();
    for backend in Backend::supported() {
        for (i, sum) in (0i64..).zip(add::<G>(backend, &left, &right, &pairs)) {
            assert_eq!(sum, signed::<G>(1 + i + 100 + i % 4), "pair {i} on {}", backend.name());
        }
    }
}

macro_rules! of_both_groups {
    ($($name:ident),*) => {
        mod g1 {
            $(#[test] fn $name() { super::$name::<super::G1>(); })*
        }
        mod g2 {
            $(#[test] fn $name() { super::$name::<super::G2>(); })*
        }
    };
}

of_both_groups!(every_length, every_sign, one_exception, only_exceptions, sums_of_sums, two_slices);

/// Multiples of r of no point: (0, ±2) have x = 0 as infinity has.
#[test]
fn zero_abscissas_are_not_infinity() {
    let two = blst::blst_fp::default();
    let (mut point, mut encoded) = (blst_p1_affine::default(), [0u8; 96]);
    encoded[95] = 2;
    let mut packed = [Default::default(); 1];
    for backend in Backend::supported() {
        G1::decode(backend, &encoded, &mut packed).expect("a point of the curve");
        point = G1::unpack(backend, &packed[0]);
        assert_eq!(point.x, two);
        let generator = G1::multiple(1);
        let points = [point, generator];
        // Of order 3: twice it is its opposite.
        let opposite = G1::negated(&point);
        let sums =
            add::<G1>(backend, &points, &points, &[pair(0, 0), pair(0, NEGATE), pair(0, 1), pair(1, 0)]);
        assert_eq!(sums[0], opposite);
        assert_eq!(sums[1], blst_p1_affine::default());
        assert_eq!(sums[2], G1::sum(&point, &generator));
        assert_eq!(sums[3], sums[2]);
    }
    assert_ne!(point, blst_p1_affine::default());
    assert_ne!(G2::multiple(1), blst_p2_affine::default());
}

#[test]
fn indices_out_of_range_are_refused() {
    for backend in Backend::supported() {
        for bad in [pair(3, 0), pair(0, 3), pair(3 | NEGATE, 0), pair(0, NEGATE - 1)] {
            let points: Vec<_> = (1..4).map(G1::multiple).collect();
            let refused =
                std::panic::catch_unwind(|| add::<G1>(backend, &points, &points, &[pair(0, 1), bad]));
            assert!(refused.is_err(), "{bad:?} on {}", backend.name());
        }
    }
}
