//! Products, sums and reductions compared with blst's field, at the ends of their ranges.

use blstrs::Scalar;
use ff::Field;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;
use crate::node::{node, words};

/// Runs a test where the CPU can.
macro_rules! on_fma {
    ($test:ident) => {
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the CPU has the features.
            unsafe { $test() }
        }
    };
}

fn power(bits: u64) -> Scalar {
    Scalar::from(2).pow_vartime([bits])
}

fn scalar(words: [u64; 4]) -> Scalar {
    Option::from(Scalar::from_bytes_le(&node(words))).expect("below the modulus")
}

fn limbs(value: &Scalar) -> Limbs {
    let value = words(&value.to_bytes_le());
    balanced(value, false)
}

/// Eight scalars at a time: edges, and random ones.
fn eights() -> Vec<[Scalar; 8]> {
    let mut rng = ChaCha8Rng::seed_from_u64(51);
    let half = Scalar::from(2).invert().expect("not zero");
    let mut all =
        vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, half, -half, power(254), -power(254), power(50)];
    // Digits in the middle between two multiples, at each limb.
    all.extend(
        (0..5)
            .flat_map(|limb| [power(51 * limb + 50), -power(51 * limb + 50), power(51 * limb) - Scalar::ONE]),
    );
    all.resize_with(all.len() + 257, || Scalar::random(&mut rng));
    all.as_chunks().0.to_vec()
}

#[target_feature(enable = "avx2,fma")]
fn load(values: &[Scalar; 8], constant: &Scalar) -> FrX8 {
    FrX8::load(&values.map(|value| words(&value.to_bytes_le())), &limbs(constant))
}

/// The value of each lane.
#[target_feature(enable = "avx2,fma")]
fn values(value: &FrX8) -> [Scalar; 8] {
    value.store().map(scalar)
}

#[test]
fn a_value_is_loaded_with_a_constant_and_divided() {
    on_fma!(loading);
}

#[target_feature(enable = "avx2,fma")]
fn loading() {
    let divisor = power(51).invert().expect("not zero");
    for constant in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE] {
        for lanes in eights() {
            let expected = lanes.map(|value| (value + constant) * divisor);
            assert_eq!(values(&load(&lanes, &constant)), expected);
        }
    }
}

#[test]
fn products_and_squares_are_those_of_the_field() {
    on_fma!(products);
}

#[target_feature(enable = "avx2,fma")]
fn products() {
    let scale = power(2 * 51 + 255).invert().expect("not zero");
    let all = eights();
    for (i, a) in all.iter().enumerate() {
        let b = &all[(i * 7 + 3) % all.len()];
        let (x, y) = (load(a, &Scalar::ZERO), load(b, &Scalar::ZERO));
        let expected: [Scalar; 8] = std::array::from_fn(|lane| a[lane] * b[lane] * scale);
        assert_eq!(values(&x.mul(&y)), expected);
        assert_eq!(values(&x.square()), a.map(|a| a.square() * scale));
        let fourth = x.square().square();
        let scale = scale.square() * power(255).invert().expect("not zero");
        assert_eq!(values(&fourth), a.map(|a| a.square().square() * scale));
        let constant = b[0];
        let expected = a.map(|a| a * constant * power(51 + 255).invert().expect("not zero"));
        assert_eq!(values(&x.mul_constant(&limbs(&constant))), expected);
    }
}

#[test]
fn sums_are_those_of_the_field() {
    on_fma!(sums);
}

#[target_feature(enable = "avx2,fma")]
fn sums() {
    let all = eights();
    for (i, a) in all.iter().enumerate() {
        let x = load(a, &Scalar::ZERO);
        let constant = all[(i + 1) % all.len()][i % 8];
        let mut dot = Dot::begin(&limbs(&constant), 13);
        (0..13).for_each(|_| dot.add_product(&x, &limbs(&constant)));
        dot.add_value(&x);
        let loaded = power(51).invert().expect("not zero");
        let divisor = power(306).invert().expect("not zero");
        let of = |a: Scalar| {
            let value = a * loaded;
            (value * constant * Scalar::from(13) + constant + value) * divisor
        };
        assert_eq!(values(&dot.reduce()), a.map(of));

        let mut narrow = Narrow::begin(&limbs(&constant), 12);
        (0..12).for_each(|_| narrow.add_multiple(((1_u64 << 44) - 1) as f64, &x));
        let factor = Scalar::from(12 * ((1 << 44) - 1));
        assert_eq!(values(&narrow.reduce()), a.map(|a| (a * loaded * factor + constant) * loaded));
    }
}

/// r / 2²⁰⁴, what the highest limb of r counts.
const TOP_OF_R: f64 = 0x73ed_a753_299d_7d48_u64 as f64 / 4096.0;

/// Lower limbs at the ends of their range and in the middle, under the highest of a value of `bound` · r.
fn ends(bound: f64) -> Vec<Limbs> {
    let (half, top) = (HALF as f64, (bound * TOP_OF_R).floor() - 1.0);
    let lower = |i: u32, bits: u32| if bits >> i & 1 == 0 { half } else { -half };
    let mut all = Vec::new();
    for top in [top, -top] {
        all.extend((0..16).map(|bits| [lower(0, bits), lower(1, bits), lower(2, bits), lower(3, bits), top]));
        all.extend([[0.0, 0.0, 0.0, 0.0, top], [1.0, -1.0, half - 1.0, 1.0 - half, top]]);
    }
    all
}

/// The same limbs in every lane but the last, which has them negated.
#[target_feature(enable = "avx2,fma")]
fn raw(limbs: &Limbs) -> FrX8 {
    FrX8(limbs.map(|limb| [_mm256_set1_pd(limb), _mm256_setr_pd(limb, limb, limb, -limb)]))
}

/// The limbs of the first lane and of the last.
#[target_feature(enable = "avx2,fma")]
fn lanes(value: &FrX8) -> [Limbs; 2] {
    let lanes = value.0.map(|limb| {
        let mut lanes = [0.0; 8];
        // SAFETY: four doubles each, at any alignment.
        unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), limb[0]) };
        // SAFETY: four doubles each, at any alignment.
        unsafe { _mm256_storeu_pd(lanes[4..].as_mut_ptr(), limb[1]) };
        assert!(lanes[..7].iter().all(|lane| *lane == lanes[0]), "lanes are alike");
        [lanes[0], lanes[7]]
    });
    [lanes.map(|lane| lane[0]), lanes.map(|lane| lane[1])]
}

/// What limbs are worth, exactly, mod r.
fn residue(limbs: &Limbs) -> Scalar {
    let digit = |limb: f64| {
        let size = Scalar::from(limb.abs() as u64);
        assert_eq!(limb.fract(), 0.0);
        if limb < 0.0 { -size } else { size }
    };
    limbs.iter().rev().fold(Scalar::ZERO, |value, limb| value * power(BITS.into()) + digit(*limb))
}

/// It is worth what it should, its lower limbs are in their range, and it is at most `bound` · r to either side of zero.
fn check(limbs: &Limbs, expected: Scalar, bound: f64) {
    assert_eq!(residue(limbs), expected, "{limbs:?}");
    assert!(limbs[..4].iter().all(|limb| limb.abs() <= HALF as f64), "{limbs:?}");
    assert!(limbs[4].abs() <= bound * TOP_OF_R + 1.0, "{limbs:?}: more than {bound} r");
}

#[test]
fn products_are_right_at_the_ends_of_their_ranges() {
    on_fma!(products_at_the_ends);
}

#[target_feature(enable = "avx2,fma")]
fn products_at_the_ends() {
    let divisor = power(255).invert().expect("not zero");
    let bound = |a: f64, b: f64| 0.5 + 0.91 * a * b;
    // What is multiplied must give a value again.
    for (a, b) in [(1.1, 0.59), (0.59, 1.1), (0.81, 0.81)] {
        assert!(bound(a, b) < 1.1);
        for x in ends(a) {
            let vector = raw(&x);
            for y in ends(b) {
                let expected = residue(&x) * residue(&y) * divisor;
                let [first, last] = lanes(&vector.mul(&raw(&y)));
                check(&first, expected, bound(a, b));
                check(&last, expected, bound(a, b));
                let [first, last] = lanes(&vector.mul_constant(&y));
                check(&first, expected, bound(a, b));
                check(&last, -expected, bound(a, b));
            }
        }
    }
    for x in ends(0.81) {
        let expected = residue(&x).square() * divisor;
        lanes(&raw(&x).square()).iter().for_each(|lane| check(lane, expected, bound(0.81, 0.81)));
    }
}

#[test]
fn sums_are_right_at_the_ends_of_their_ranges() {
    on_fma!(sums_at_the_ends);
}

#[target_feature(enable = "avx2,fma")]
fn sums_at_the_ends() {
    let divisor = power(306).invert().expect("not zero");
    for x in ends(1.1) {
        let (vector, value) = (raw(&x), residue(&x));
        for y in ends(1.1) {
            let mut dot = Dot::begin(&y, 13);
            (0..13).for_each(|_| dot.add_product(&vector, &y));
            dot.add_value(&vector);
            let [first, last] = lanes(&dot.reduce());
            let (product, constant) = (value * residue(&y) * Scalar::from(13), residue(&y));
            check(&first, (product + constant + value) * divisor, 0.5001);
            check(&last, (constant - product - value) * divisor, 0.5001);
        }
    }
}
