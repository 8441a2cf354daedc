//! Against blst at the ends of the ranges that the arithmetic allows.

use blst::{blst_fp, blst_fp_mul};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use super::*;
use crate::Backend;

/// p in words.
const P: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];

/// `k·p + words`, below 2³⁸⁴.
fn plus_multiple(words: [u64; 6], k: u64) -> [u64; 6] {
    let mut carry = 0u128;
    std::array::from_fn(|i| {
        carry += u128::from(words[i]) + u128::from(k) * u128::from(P[i]);
        let low = carry as u64;
        carry >>= 64;
        low
    })
}

/// `a·b / 2³⁸⁴ mod p`, fully reduced, for one factor below p and one below 2³⁸⁴.
fn blst_product(a: [u64; 6], b: [u64; 6]) -> [u64; 6] {
    let mut out = blst_fp::default();
    // SAFETY: valid pointers.
    unsafe { blst_fp_mul(&mut out, &blst_fp { l: a }, &blst_fp { l: b }) };
    out.l
}

/// The residue times 2⁻³⁸⁴.
fn residue(words: [u64; 6]) -> [u64; 6] {
    blst_product([1, 0, 0, 0, 0, 0], words)
}

/// Values below p: 0, 1, p − 1 and random ones.
fn elements() -> Vec<[u64; 6]> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut elements = vec![[0; 6], [1, 0, 0, 0, 0, 0], [P[0] - 1, P[1], P[2], P[3], P[4], P[5]]];
    elements.extend((0..61).map(|_| {
        let mut words: [u64; 6] = std::array::from_fn(|_| rng.next_u64());
        words[5] %= P[5];
        words
    }));
    elements
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn load(elements: &[[u64; 6]]) -> FpX8 {
    assert_eq!(elements.len(), 8);
    // SAFETY: eight elements of six words.
    unsafe { FpX8::load(&Places::in_a_row(elements.as_ptr().cast(), 48), 0) }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn words(value: FpX8) -> [[u64; 6]; 8] {
    // SAFETY: vectors and their words are the same bytes.
    let columns: [[u64; 8]; 6] = unsafe { std::mem::transmute(value.to_words()) };
    std::array::from_fn(|lane| std::array::from_fn(|word| columns[word][lane]))
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn check_settle() {
    for k in 1..7 {
        for eight in elements().chunks(8) {
            let value = load(&eight.iter().map(|words| plus_multiple(*words, k)).collect::<Vec<_>>());
            // Limbs that borrow: what is added to one is taken from the next.
            let mut loose = value.0;
            for i in 0..7 {
                loose[i] = _mm512_add_epi64(loose[i], lanes(77 << BITS));
                loose[i + 1] = _mm512_sub_epi64(loose[i + 1], lanes(77));
            }
            for settled in [value.settle(), FpX8(loose).settle()] {
                for (words, expected) in words(settled).iter().zip(eight) {
                    assert!(words[5] <= P[5] + P[5] / 10_000, "{k}p + {expected:x?}");
                    assert_eq!(residue(*words), residue(*expected), "{k}p + {expected:x?}");
                }
                let canonical = words(settled.canonical());
                assert!(canonical.as_slice() == eight, "{k}p");
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn check_products() {
    let all = elements();
    // 2⁴¹⁶ mod p: blst's product by it multiplies by 2³².
    let up = [
        0x44f6_480e_a8e9_b9af,
        0xa96f_7d65_766c_8fe4,
        0xe82e_fd42_28b5_40fe,
        0x6723_e5f0_ade5_3b2e,
        0x25ff_6eb6_fdd4_230a,
        0x14c8_ee06_ef23_c24a,
    ];
    let lift = |eight: &[[u64; 6]], k| load(&eight.iter().map(|e| plus_multiple(*e, k)).collect::<Vec<_>>());
    for (a, b) in all.chunks(8).flat_map(|a| all.chunks(8).map(move |b| (a, b))) {
        for (k, l) in [(0, 0), (8, 0), (8, 8)] {
            let (x, y) = (lift(a, k), lift(b, l));
            let product = words(x.product(y).carry());
            let columns = words(Columns::product(x, y).reduce().carry());
            let square = words(x.squared().carry());
            for lane in 0..8 {
                let expected = blst_product(a[lane], b[lane]);
                assert_eq!(blst_product(up, product[lane]), expected);
                assert_eq!(blst_product(up, columns[lane]), expected);
                assert_eq!(blst_product(up, square[lane]), blst_product(a[lane], a[lane]));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn check_comparisons() {
    let values: [[u64; 6]; 8] =
        std::array::from_fn(|i| plus_multiple([(i % 2) as u64, 0, 0, 0, 0, 0], i as u64 / 2));
    let value = load(&values);
    assert_eq!(value.zeros(), 0b1);
    assert_eq!(value.equals_multiple::<1>(), 0b100);
    assert_eq!(value.equals_multiple::<3>(), 0b100_0000);
    assert_eq!(value.below_modulus(), 0b11);
}

fn on_this_cpu(check: unsafe fn()) {
    if Backend::Avx512.is_supported() {
        // SAFETY: the CPU has the features.
        unsafe { check() };
    }
}

#[test]
fn settles() {
    on_this_cpu(check_settle);
}

#[test]
fn multiplies() {
    on_this_cpu(check_products);
}

#[test]
fn compares() {
    on_this_cpu(check_comparisons);
}
