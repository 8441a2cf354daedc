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
