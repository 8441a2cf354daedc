//! Sums of scalars times points beside blst's and bellperson's. The points are known multiples of the generator, so
//! that a third answer is a single multiplication.
#![allow(clippy::unwrap_used, reason = "a test that cannot make its points has failed")]

use std::sync::Arc;

use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use ec_gpu_gen::multiexp_cpu::{FullDensity, multiexp_cpu};
use ec_gpu_gen::threadpool::Worker;
use ff::{Field, PrimeField};
use group::prime::PrimeCurveAffine;
use group::{Curve as _, Group as _};
use padma_groth16::circuit::Density;
use padma_groth16::msm::{Curve, Selection, canonical, multiexp, multiexp_many, sum_selected};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Points are multiples of the generator from this one's opposite to this one: among thousands of them are many
/// duplicates, opposites and infinities.
const LARGEST: i64 = 300;

/// What the peers have for a group.
trait Oracle: Curve<Projective: Peer> {
    fn affine(point: &Affine<Self>) -> Self::Affine;
}

/// blstrs' affine points.
type Affine<G> = <<G as Curve>::Projective as group::Curve>::AffineRepr;

/// blst's Pippenger.
trait Peer:
    group::Curve<AffineRepr: Default + PrimeCurveAffine<Curve = Self, Scalar = Scalar>>
    + group::Group<Scalar = Scalar>
{
    fn pippenger(points: &[Self], scalars: &[Scalar]) -> Self;
}

macro_rules! oracle {
    ($group:ident, $affine:ident, $projective:ident) => {
        impl Oracle for $group {
            fn affine(point: &$affine) -> Self::Affine {
                *point.as_ref()
            }
        }

        impl Peer for $projective {
            fn pippenger(points: &[Self], scalars: &[Scalar]) -> Self {
                Self::multi_exp(points, scalars)
            }
        }
    };
}

oracle!(G1, G1Affine, G1Projective);
oracle!(G2, G2Affine, G2Projective);

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn signed(value: i64) -> Scalar {
    let magnitude = Scalar::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// Points and which multiples of the generator they are.
struct Points<G: Oracle> {
    multiples: Vec<i64>,
    points: Vec<G::Projective>,
}

impl<G: Oracle> Points<G> {
    fn new(multiples: Vec<i64>) -> Self {
        let generator = G::Projective::generator();
        let mut table = vec![G::Projective::identity()];
        (0..LARGEST).for_each(|index| table.push(table[index as usize] + generator));
        let point = |&multiple: &i64| {
            let point = table[multiple.unsigned_abs() as usize];
            if multiple < 0 { -point } else { point }
        };
        let points = multiples.iter().map(point).collect();
        Self { multiples, points }
    }

    fn random(count: usize, rng: &mut ChaCha20Rng) -> Self {
        let span = 2 * LARGEST as u64 + 1;
        Self::new((0..count).map(|_| (rng.next_u64() % span) as i64 - LARGEST).collect())
    }

    fn packed(&self, backend: Backend) -> Vec<G::Packed> {
        let mut affine = vec![Affine::<G>::default(); self.points.len()];
        G::Projective::batch_normalize(&self.points, &mut affine);
        affine.iter().map(|point| G::pack(backend, &G::affine(point))).collect()
    }

    /// From the multiples alone.
    fn sum(&self, scalars: &[Scalar]) -> G::Projective {
        let terms = self.multiples.iter().zip(scalars).map(|(&multiple, scalar)| signed(multiple) * scalar);
        G::Projective::generator() * terms.sum::<Scalar>()
    }

    /// The peers refuse points at infinity.
    fn finite(&self, scalars: &[Scalar]) -> (Vec<G::Projective>, Vec<Scalar>) {
        let pairs = self.points.iter().zip(scalars).filter(|(point, _)| !bool::from(point.is_identity()));
        pairs.map(|(point, scalar)| (*point, *scalar)).unzip()
    }

    fn assert_peers_agree(&self, scalars: &[Scalar], expected: G::Projective) {
        let (points, scalars) = self.finite(scalars);
        if points.is_empty() {
            return assert_eq!(expected, G::Projective::identity());
        }
        assert_eq!(G::Projective::pippenger(&points, &scalars), expected);
        let mut bases = vec![Affine::<G>::default(); points.len()];
        G::Projective::batch_normalize(&points, &mut bases);
        let exponents = Arc::new(scalars.iter().map(PrimeField::to_repr).collect());
        let sum = multiexp_cpu(&Worker::new(), (Arc::new(bases), 0), FullDensity, exponents);
        assert_eq!(sum.wait().unwrap(), expected);
    }
}

fn agrees<G: Oracle>(points: &Points<G>, scalars: &[Scalar], what: &str) {
    let expected = points.sum(scalars);
    points.assert_peers_agree(scalars, expected);
    for backend in Backend::supported() {
        let packed = points.packed(backend);
        let what = format!("{} points, {what}, {}", scalars.len(), backend.name());
        assert_eq!(multiexp::<G>(backend, &packed, &canonical(scalars)), expected, "{what}");
        let selection = Selection::all(scalars);
        assert_eq!(sum_selected::<G>(backend, &packed, &selection), expected, "{what}, selected");
    }
}

fn random(count: usize, rng: &mut ChaCha20Rng) -> Vec<Scalar> {
    (0..count).map(|_| Scalar::random(&mut *rng)).collect()
}

fn agrees_for_every_length<G: Oracle>(lengths: &[usize]) {
    let mut rng = rng(1);
    for &length in lengths {
        let points = Points::<G>::random(length, &mut rng);
        agrees(&points, &random(length, &mut rng), "random");
    }
}

#[test]
fn any_number_of_points_in_g1() {
    let few: Vec<usize> = (0..20).collect();
    agrees_for_every_length::<G1>(&few);
    agrees_for_every_length::<G1>(&[31, 64, 100, 255, 256, 257, 1000, 5000]);
}

#[test]
fn any_number_of_points_in_g2() {
    agrees_for_every_length::<G2>(&[0, 1, 2, 3, 7, 8, 9, 100, 257, 2000]);
}

/// Scalars that fill few buckets, or the first and last digits of windows.
fn special_scalars() -> Vec<(&'static str, Scalar)> {
    let two = Scalar::from(2);
    let half = -Scalar::ONE * two.invert().unwrap();
    // The same digit in windows of 4, 8 and 16 bits.
    let digits = (0..31).fold(Scalar::ZERO, |sum, _| sum * Scalar::from(256) + Scalar::from(0x77));
    vec![
        ("0", Scalar::ZERO),
        ("1", Scalar::ONE),
        ("2", two),
        ("r - 1", -Scalar::ONE),
        ("r - 2", -two),
        ("2^254", two.pow_vartime([254])),
        ("2^192", two.pow_vartime([192])),
        ("(r - 1)/2", half),
        ("(r + 1)/2", half + Scalar::ONE),
        ("equal digits", digits),
        ("opposite digits", -digits),
    ]
}

fn agrees_for_special_scalars<G: Oracle>(length: usize) {
    let points = Points::<G>::random(length, &mut rng(2));
    let special = special_scalars();
    for (name, scalar) in &special {
        agrees(&points, &vec![*scalar; length], name);
    }
    let mixed: Vec<_> = special.iter().map(|(_, scalar)| *scalar).cycle().take(length).collect();
    agrees(&points, &mixed, "mixed");
}

#[test]
fn special_scalars_in_g1() {
    agrees_for_special_scalars::<G1>(12);
    agrees_for_special_scalars::<G1>(1200);
}

#[test]
fn special_scalars_in_g2() {
    agrees_for_special_scalars::<G2>(300);
}

#[test]
fn coinciding_points() {
    let scalar = Scalar::random(rng(3));
    let alternating = |a: i64, b: i64| (0..1000).map(|index| if index % 2 == 0 { a } else { b }).collect();
    for (a, b) in [(0, 0), (7, 7), (7, -7), (-7, 7), (0, 7), (7, 0), (1, 2)] {
        let points = Points::<G1>::new(alternating(a, b));
        agrees(&points, &vec![scalar; 1000], &format!("{a} and {b} under one scalar"));
        agrees(&points, &random(1000, &mut rng(4)), &format!("{a} and {b}"));
    }
}

/// More than a thread sorts or sums at a time, and few different digits, so that threads share buckets.
#[test]
fn more_points_than_a_thread_takes() {
    let length = (1 << 17) + 12_345;
    let mut rng = rng(5);
    let points = Points::<G1>::random(length, &mut rng);
    let draw = |_| Scalar::from(rng.next_u64() % 5) * Scalar::from(0x1234_5678_9abc_def1);
    let scalars: Vec<Scalar> = (0..length).map(draw).collect();
    let backend = Backend::detect();
    let packed = points.packed(backend);
    assert_eq!(multiexp::<G1>(backend, &packed, &canonical(&scalars)), points.sum(&scalars));
}

/// So many bases that they are read in a row and in two parts; most are multiplied by 0. The last have few different
/// digits, so that nearly all of them find their bucket taken.
#[test]
fn bases_far_larger_than_the_caches() {
    const ENDS: usize = 25_000;
    let mut rng = rng(8);
    let points = Points::<G1>::random(ENDS, &mut rng);
    let draw = |_| Scalar::from(rng.next_u64() % 3) * Scalar::from(0x1234_5678_9abc_def1);
    let same: Vec<Scalar> = (0..ENDS).map(draw).collect();
    let mut scalars = random(ENDS, &mut rng);
    let expected = points.sum(&scalars) + points.sum(&same);
    scalars.resize(1 << 21, Scalar::ZERO);
    scalars.extend(same);
    for backend in Backend::supported() {
        let mut bases = points.packed(backend);
        let last = bases.clone();
        bases.resize(1 << 21, bases[0]);
        bases.extend(last);
        assert_eq!(multiexp::<G1>(backend, &bases, &canonical(&scalars)), expected, "{}", backend.name());
    }
}

#[test]
fn several_vectors_have_the_sums_of_each() {
    let mut rng = rng(6);
    let points = Points::<G1>::random(700, &mut rng);
    let vectors: Vec<_> = (0..3).map(|_| random(700, &mut rng)).collect();
    let words: Vec<_> = vectors.iter().map(|scalars| canonical(scalars)).collect();
    let expected: Vec<_> = vectors.iter().map(|scalars| points.sum(scalars)).collect();
    for backend in Backend::supported() {
        let packed = points.packed(backend);
        let vectors: Vec<&[[u64; 4]]> = words.iter().map(Vec::as_slice).collect();
        assert_eq!(multiexp_many::<G1>(backend, &packed, &vectors), expected);
        assert_eq!(multiexp_many::<G1>(backend, &packed, &[]), []);
        assert_eq!(multiexp_many::<G1>(backend, &[], &[&[], &[]]), vec![G1Projective::identity(); 2]);
    }
}

/// Of 100 values about `booleans` are 0 or 1.
fn witness(count: usize, booleans: u32, rng: &mut ChaCha20Rng) -> Vec<Scalar> {
    let draw = |_| match rng.next_u32() {
        draw if draw % 100 < booleans => Scalar::from(u64::from(draw >> 31)),
        _ => Scalar::random(&mut *rng),
    };
    (0..count).map(draw).collect()
}

fn density(count: usize, contains: impl Fn(usize) -> bool) -> Density {
    let mut density = Density::empty(count);
    (0..count).filter(|&index| contains(index)).for_each(|index| density.insert(index));
    density
}

fn selections_agree<G: Oracle>(count: usize) {
    let mut rng = rng(7);
    let (input, aux) = (witness(37, 50, &mut rng), witness(count, 95, &mut rng));
    let all = density(37, |_| true);
    let densities = [
        density(count, |_| true),
        density(count, |_| false),
        density(count, |index| index % 2 == 0),
        density(count, |index| index % 2 == 1),
        density(count, |index| index / 64 % 3 == 1 || index % 7 == 0),
    ];
    for aux_density in densities {
        let chosen: Vec<_> =
            input.iter().copied().chain(aux_density.iter().map(|index| aux[index])).collect();
        let points = Points::<G>::random(chosen.len(), &mut rng);
        let selection = Selection::of(&input, &all).then(&aux, &aux_density);
        assert_eq!(selection, Selection::all(&input).then(&aux, &aux_density));
        assert_eq!(selection, Selection::all(&chosen));
        assert_eq!(selection.len(), chosen.len());
        for backend in Backend::supported() {
            let sum = sum_selected::<G>(backend, &points.packed(backend), &selection);
            assert_eq!(sum, points.sum(&chosen), "{} of {count}, {}", chosen.len(), backend.name());
        }
    }
}

#[test]
fn selections_in_g1() {
    selections_agree::<G1>(0);
    selections_agree::<G1>(63);
    selections_agree::<G1>(70_000);
}

#[test]
fn selections_in_g2() {
    selections_agree::<G2>(3000);
}

#[test]
#[should_panic(expected = "a scalar for each base")]
fn a_missing_base_panics() {
    let bases = Points::<G1>::new(vec![1; 9]).packed(Backend::Portable);
    multiexp::<G1>(Backend::Portable, &bases, &[[1, 0, 0, 0]; 10]);
}

#[test]
fn a_part_of_a_selection_is_the_selection_of_a_part() {
    let values: Vec<Scalar> =
        (0..300u64).map(|index| [0, 1, index, 1, 0, 7][index as usize % 6].into()).collect();
    let whole = Selection::all(&values);
    for range in [0..300, 0..0, 0..1, 1..2, 5..123, 123..300, 300..300] {
        assert_eq!(whole.slice(range.clone()), Selection::all(&values[range]));
    }
}
