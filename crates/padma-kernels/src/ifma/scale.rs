//! One point at a time between blst's form and that of [`super::addition`].

use crate::scalar::{Field, Point};

/// 2³⁶⁸ mod p: blst's product by it multiplies by 2⁻¹⁶.
const DOWN: [u64; 6] = [
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0001_0000_0000_0000,
];

/// 2⁴⁰⁰ mod p: blst's product by it multiplies by 2¹⁶.
const UP: [u64; 6] = [
    0x5635_0003_480e_6299,
    0x8670_deb2_699e_b128,
    0x0983_e84e_f669_7c98,
    0xe3e8_a053_a4e6_fe97,
    0x385c_20d3_23ec_f271,
    0x156d_a47f_1286_6eb6,
];

pub(crate) fn pack<F: Field>(point: Point<F>) -> Point<F> {
    Point { x: point.x, y: point.y.mul(&F::from_words(&DOWN)) }
}

/// Coordinates may be a little above p; a product by blst is canonical all the same.
pub(crate) fn unpack<F: Field>(point: Point<F>) -> Point<F> {
    Point { x: point.x.mul(&F::ONE), y: point.y.mul(&F::from_words(&UP)) }
}
