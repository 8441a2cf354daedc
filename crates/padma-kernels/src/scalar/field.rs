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

/// (2³⁸⁴)² mod p: the product with it makes a residue of a number.
const FP_ENTER: blst_fp = blst_fp {
    l: [
        0xf4df_1f34_1c34_1746,
        0x0a76_e6a6_09d1_04f1,
        0x8de5_476c_4c95_b6d5,
        0x67eb_88a9_939d_83c0,
        0x9a79_3e85_b519_952d,
        0x1198_8fe5_92ca_e3aa,
    ],
};

/// p, low word first.
pub(crate) const MODULUS: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
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

/// Word by word: blst's own reading goes byte by byte, which takes as long as the product.
fn read_fp(bytes: &[u8]) -> Option<blst_fp> {
    let (words, []) = bytes.as_chunks::<8>() else { return None };
    let words: &[[u8; 8]; 6] = words.try_into().ok()?;
    let number = blst_fp { l: std::array::from_fn(|i| u64::from_be_bytes(words[5 - i])) };
    if number.l.iter().rev().ge(MODULUS.iter().rev()) {
        return None;
    }
    Some(number.mul(&FP_ENTER))
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
