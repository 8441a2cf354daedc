//! What tests of kernels share: backends side by side, and blst's own points as an oracle.
#![allow(dead_code, reason = "each test file uses a part")]

use blst::{blst_p1, blst_p1_affine, blst_p2, blst_p2_affine};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group};
use std::fmt::Display;

/// Lengths where kernels change their ways: nothing, less than a vector, around one and around several.
pub const EDGES: [usize; 18] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/// What `work` gives on portable, after a check that every backend of this CPU gives the same.
#[track_caller]
pub fn same_on_all<T: PartialEq>(what: impl Display, work: impl Fn(Backend) -> T) -> T {
    let expected = work(Backend::Portable);
    for backend in Backend::supported() {
        assert!(work(backend) == expected, "{} differs from portable: {what}", backend.name());
    }
    expected
}

/// How many sets of seeds more a fuzzed test takes: `PADMA_FUZZ_ROUNDS`, else one.
pub fn fuzz_rounds() -> u64 {
    let rounds = std::env::var_os("PADMA_FUZZ_ROUNDS");
    rounds.map_or(1, |rounds| rounds.to_str().and_then(|rounds| rounds.parse().ok()).expect("a number"))
}

/// What blst says of a group.
pub trait Oracle: Group {
    /// `scalar` times the generator.
    fn multiple(scalar: u64) -> Self::Affine;
    fn negated(point: &Self::Affine) -> Self::Affine;
    /// By Jacobian arithmetic.
    fn sum(left: &Self::Affine, right: &Self::Affine) -> Self::Affine;
    /// Uncompressed, with flags.
    fn serialize(point: &Self::Affine) -> Vec<u8>;
}

macro_rules! oracle {
    ($group:ident, $affine:ident, $jacobian:ident, $generator:ident, $mult:ident, $to_affine:ident, $from_affine:ident, $negate:ident, $add:ident, $serialize:ident) => {
        impl Oracle for $group {
            fn multiple(scalar: u64) -> $affine {
                let (mut point, mut affine) = ($jacobian::default(), $affine::default());
                // SAFETY: valid pointers; 64 bits are read from eight bytes.
                unsafe {
                    blst::$mult(&mut point, blst::$generator(), scalar.to_le_bytes().as_ptr(), 64);
                    blst::$to_affine(&mut affine, &point);
                }
                affine
            }

            fn negated(point: &$affine) -> $affine {
                let (mut jacobian, mut affine) = ($jacobian::default(), $affine::default());
                // SAFETY: valid pointers.
                unsafe {
                    blst::$from_affine(&mut jacobian, point);
                    blst::$negate(&mut jacobian, true);
                    blst::$to_affine(&mut affine, &jacobian);
                }
                affine
            }

            fn sum(left: &$affine, right: &$affine) -> $affine {
                let (mut jacobian, mut affine) = ($jacobian::default(), $affine::default());
                // SAFETY: valid pointers; the result may be an operand.
                unsafe {
                    blst::$from_affine(&mut jacobian, left);
                    blst::$add(&mut jacobian, &jacobian, right);
                    blst::$to_affine(&mut affine, &jacobian);
                }
                affine
            }

            fn serialize(point: &$affine) -> Vec<u8> {
                let mut bytes = vec![0; Self::ENCODED];
                // SAFETY: as many bytes are written as there are.
                unsafe { blst::$serialize(bytes.as_mut_ptr(), point) };
                bytes
            }
        }
    };
}

oracle!(
    G1,
    blst_p1_affine,
    blst_p1,
    blst_p1_generator,
    blst_p1_mult,
    blst_p1_to_affine,
    blst_p1_from_affine,
    blst_p1_cneg,
    blst_p1_add_or_double_affine,
    blst_p1_affine_serialize
);
oracle!(
    G2,
    blst_p2_affine,
    blst_p2,
    blst_p2_generator,
    blst_p2_mult,
    blst_p2_to_affine,
    blst_p2_from_affine,
    blst_p2_cneg,
    blst_p2_add_or_double_affine,
    blst_p2_affine_serialize
);
