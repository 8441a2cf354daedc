//! blst's Fp and Fp2 as values.

use blst::{blst_fp, blst_fp2};

/// What the affine addition formulas need of a field. Elements are Montgomery residues, fully reduced.
pub trait Field: Copy + Default + PartialEq {
    const ONE: Self;
    fn mul(&self, other: &Self) -> Self;
    fn square(&self) -> Self;
    fn add(&self, other: &Self) -> Self;
    fn sub(&self, other: &Self) -> Self;
    /// The inverse of a non-zero element; zero for zero.
    fn inverse(&self) -> Self;

    fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn negate(&self) -> Self {
        Self::default().sub(self)
    }
}

/// 2³⁸⁴ mod p.
const FP_ONE: blst_fp = blst_fp {
    l: [
        0x7609_0000_0002_fffd,
        0xebf4_000b_c40c_0002,
        0x5f48_9857_53c7_58ba,
        0x77ce_5853_7052_5745,
        0x5c07_1a97_a256_ec6d,
        0x15f6_5ec3_fa80_e493,
    ],
};

macro_rules! field {
    ($type:ident, $one:expr, $mul:ident, $sqr:ident, $add:ident, $sub:ident, $inverse:ident) => {
        impl Field for $type {
            const ONE: Self = $one;

            fn mul(&self, other: &Self) -> Self {
                let mut out = Self::default();
                // SAFETY: three valid pointers; blst reads both operands before it writes the result.
                unsafe { blst::$mul(&mut out, self, other) };
                out
            }

            fn square(&self) -> Self {
                let mut out = Self::default();
                // SAFETY: valid pointers.
                unsafe { blst::$sqr(&mut out, self) };
                out
            }

            fn add(&self, other: &Self) -> Self {
                let mut out = Self::default();
                // SAFETY: valid pointers.
                unsafe { blst::$add(&mut out, self, other) };
                out
            }

            fn sub(&self, other: &Self) -> Self {
                let mut out = Self::default();
                // SAFETY: valid pointers.
                unsafe { blst::$sub(&mut out, self, other) };
                out
            }

            fn inverse(&self) -> Self {
                let mut out = Self::default();
                // SAFETY: valid pointers.
                unsafe { blst::$inverse(&mut out, self) };
                out
            }
        }
    };
}

field!(blst_fp, FP_ONE, blst_fp_mul, blst_fp_sqr, blst_fp_add, blst_fp_sub, blst_fp_eucl_inverse);
field!(
    blst_fp2,
    blst_fp2 { fp: [FP_ONE, blst_fp { l: [0; 6] }] },
    blst_fp2_mul,
    blst_fp2_sqr,
    blst_fp2_add,
    blst_fp2_sub,
    blst_fp2_eucl_inverse
);
