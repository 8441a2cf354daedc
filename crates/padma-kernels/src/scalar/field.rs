//! blst's Fp and Fp2 as values.

use blst::{blst_fp, blst_fp2};

/// What the affine addition formulas need of a field. Elements are Montgomery residues, fully reduced.
///
/// The `set_…` write where the result is to stay: blst writes words of 64 bits, and a copy of them by wider loads would
/// wait until they have left the store buffer.
pub trait Field: Copy + Default + PartialEq {
    const ONE: Self;
    /// b of the curve y² = x³ + b over this field: 4 for G1, 4(1 + u) for G2.
    const B: Self;
    /// Length of an element's canonical encoding.
    const BYTES: usize;

    fn set_product(&mut self, a: &Self, b: &Self);
    fn set_square(&mut self, a: &Self);
    fn set_sum(&mut self, a: &Self, b: &Self);
    fn set_difference(&mut self, a: &Self, b: &Self);
    /// Adds in place.
    fn increase(&mut self, b: &Self);
    /// Subtracts in place.
    fn decrease(&mut self, b: &Self);
    /// The inverse of a non-zero element; zero for zero.
    fn inverse(&self) -> Self;

    fn mul(&self, other: &Self) -> Self {
        let mut out = Self::default();
        out.set_product(self, other);
        out
    }

    fn square(&self) -> Self {
        let mut out = Self::default();
        out.set_square(self);
        out
    }

    fn add(&self, other: &Self) -> Self {
        let mut out = Self::default();
        out.set_sum(self, other);
        out
    }

    fn negate(&self) -> Self {
        let mut out = Self::default();
        out.decrease(self);
        out
    }

    /// From [`Self::BYTES`] big-endian bytes, of Fp2 the second component first; none unless they are below the modulus.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// The reverse of [`Self::read`].
    fn write(&self, bytes: &mut [u8]);

    /// An element of Fp from the words of its residue.
    fn from_words(words: &[u64; 6]) -> Self;

    fn is_zero(&self) -> bool {
        *self == Self::default()
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

/// 4·2³⁸⁴ mod p.
const FP_FOUR: blst_fp = blst_fp {
    l: [
        0xaa27_0000_000c_fff3,
        0x53cc_0032_fc34_000a,
        0x478f_e97a_6b0a_807f,
        0xb1d3_7ebe_e6ba_24d7,
        0x8ec9_733b_bf78_ab2f,
        0x09d6_4551_3d83_de7e,
    ],
};

/// p, big-endian.
const MODULUS: [u8; 48] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64,
    0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab,
    0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

macro_rules! field {
    ($type:ident, $one:expr, $b:expr, $words:expr, $read:ident, $write:ident, $mul:ident, $sqr:ident, $add:ident, $sub:ident, $inverse:ident) => {
        impl Field for $type {
            const ONE: Self = $one;
            const B: Self = $b;
            const BYTES: usize = size_of::<Self>();

            fn set_product(&mut self, a: &Self, b: &Self) {
                // SAFETY: valid pointers.
                unsafe { blst::$mul(self, a, b) };
            }

            fn set_square(&mut self, a: &Self) {
                // SAFETY: valid pointers.
                unsafe { blst::$sqr(self, a) };
            }

            fn set_sum(&mut self, a: &Self, b: &Self) {
                // SAFETY: valid pointers.
                unsafe { blst::$add(self, a, b) };
            }

            fn set_difference(&mut self, a: &Self, b: &Self) {
                // SAFETY: valid pointers.
                unsafe { blst::$sub(self, a, b) };
            }

            fn increase(&mut self, b: &Self) {
                // SAFETY: valid pointers; blst reads both operands before it writes the result.
                unsafe { blst::$add(self, self, b) };
            }

            fn decrease(&mut self, b: &Self) {
                // SAFETY: valid pointers; blst reads both operands before it writes the result.
                unsafe { blst::$sub(self, self, b) };
            }

            fn inverse(&self) -> Self {
                let mut out = Self::default();
                // SAFETY: valid pointers.
                unsafe { blst::$inverse(&mut out, self) };
                out
            }

            fn from_words(words: &[u64; 6]) -> Self {
                $words(blst_fp { l: *words })
            }

            fn read(bytes: &[u8]) -> Option<Self> {
                $read(bytes)
            }

            fn write(&self, bytes: &mut [u8]) {
                $write(self, bytes);
            }
        }
    };
}

field!(
    blst_fp,
    FP_ONE,
    FP_FOUR,
    std::convert::identity,
    read_fp,
    write_fp,
    blst_fp_mul,
    blst_fp_sqr,
    blst_fp_add,
    blst_fp_sub,
    blst_fp_eucl_inverse
);
field!(
    blst_fp2,
    blst_fp2 { fp: [FP_ONE, blst_fp { l: [0; 6] }] },
    blst_fp2 { fp: [FP_FOUR, FP_FOUR] },
    |first| blst_fp2 { fp: [first, blst_fp::default()] },
    read_fp2,
    write_fp2,
    blst_fp2_mul,
    blst_fp2_sqr,
    blst_fp2_add,
    blst_fp2_sub,
    blst_fp2_eucl_inverse
);

fn read_fp(bytes: &[u8]) -> Option<blst_fp> {
    let bytes: &[u8; 48] = bytes.try_into().ok()?;
    if *bytes >= MODULUS {
        return None;
    }
    let mut out = blst_fp::default();
    // SAFETY: 48 bytes are read.
    unsafe { blst::blst_fp_from_bendian(&mut out, bytes.as_ptr()) };
    Some(out)
}

fn write_fp(element: &blst_fp, bytes: &mut [u8]) {
    assert_eq!(bytes.len(), size_of::<blst_fp>());
    // SAFETY: 48 bytes are written, as many as there are.
    unsafe { blst::blst_bendian_from_fp(bytes.as_mut_ptr(), element) };
}

fn read_fp2(bytes: &[u8]) -> Option<blst_fp2> {
    let (second, first) = bytes.split_at_checked(size_of::<blst_fp>())?;
    Some(blst_fp2 { fp: [read_fp(first)?, read_fp(second)?] })
}

fn write_fp2(element: &blst_fp2, bytes: &mut [u8]) {
    let (second, first) = bytes.split_at_mut(size_of::<blst_fp>());
    write_fp(&element.fp[0], first);
    write_fp(&element.fp[1], second);
}
