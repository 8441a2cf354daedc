//! Against blst at the ends of the ranges that the arithmetic allows.

use blst::blst_fp_mul;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use super::*;
use crate::Backend;
use crate::fma::words::{load, store};
use crate::scalar::Field;

/// 0, 1, p − 1, limbs of ones and of zeros, and random elements.
fn elements() -> Vec<blst_fp> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut minus_one = FP_MODULUS;
    minus_one[0] -= 1;
    let mut words = vec![[0; 6], [1, 0, 0, 0, 0, 0], minus_one, [u64::MAX; 6]];
    words.push([0xffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_0000_0000_ffff, u64::MAX, 0, 0]);
    words.push([0x7fff_ffff_ffff, 0x7fff_ffff, 0x7fff, 0, 0x7fff_ffff_ffff_0000, 0x1a00_7fff_ffff_0000]);
    words.push([0x8000_0000_0000, 0x8000_0000, 0x8000, 0x8000_0000_0000, 0x8000_0000, 0x8000]);
    words.push([1 << 63, 1 << 47, 1 << 31, 1 << 63, 1 << 47, 1 << 31]);
    words.extend((0..56).map(|_| std::array::from_fn(|_| rng.next_u64())));
    words
        .into_iter()
        .map(|mut words| {
            words[5] = words[5].min(words[5] % FP_MODULUS[5] + u64::from(words == minus_one) * FP_MODULUS[5]);
            blst_fp { l: words }
        })
        .collect()
}

fn product(a: &blst_fp, b: &blst_fp) -> blst_fp {
    let mut out = blst_fp::default();
    // SAFETY: valid pointers.
    unsafe { blst_fp_mul(&mut out, a, b) };
    out
}

#[target_feature(enable = "avx2,fma")]
fn raw(elements: &[blst_fp]) -> FpX4 {
    FpX4(load(std::array::from_fn(|lane| &elements[lane])))
}

#[target_feature(enable = "avx2,fma")]
fn settled(value: &FpX4) -> [blst_fp; 4] {
    let mut out = [blst_fp::default(); 4];
    store(&value.settle(), out.each_mut());
    out
}

/// Factors as an addition has them: a difference of two elements, of limbs within 2⁴⁸, and a reduced one.
#[target_feature(enable = "avx2,fma")]
fn check_products() {
    let all = elements();
    let one = FpX4::splat(&blst_fp::ONE);
    for a in all.chunks(4) {
        for b in all.chunks(4) {
            for c in [all.len() - 4, 0, 4].map(|at| &all[at..at + 4]) {
                let difference = raw(a).minus(&raw(b));
                let value = difference.mul(&raw(c).minus(&FpX4([lanes(UNIT); 8])).mul(&one));
                let (products, squares) = (settled(&value), settled(&value.square()));
                for lane in 0..4 {
                    let expected = product(&a[lane].add(&b[lane].negate()), &c[lane]);
                    assert_eq!(products[lane], expected);
                    assert_eq!(squares[lane], expected.square());
                }
                for limb in &value.0[..7] {
                    let size = _mm256_andnot_pd(lanes(-0.0), *limb);
                    let beyond = _mm256_cmp_pd::<_CMP_GT_OQ>(size, lanes(HALF + 32.0));
                    assert_eq!(_mm256_movemask_pd(beyond), 0);
                }
            }
        }
    }
}

/// All limbs of both factors at their ends, of all signs.
#[target_feature(enable = "avx2,fma")]
fn check_extremes() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let powers: [blst_fp; 8] = std::array::from_fn(|i| {
        let mut words = [0; 6];
        words[48 * i / 64] = 1 << (48 * i % 64);
        product(&blst_fp { l: words }, &square_of_radix())
    });
    for round in 0..2000 {
        let mut ends = |most: f64| -> [f64; 8] {
            let bits = rng.next_u32();
            std::array::from_fn(|i| {
                let sign = if round > 3 && bits >> i & 1 == 1 { -1.0 } else { 1.0 };
                // The highest limb of 0.6 and 2.
                sign * if i == 7 { (most / 16.0).floor() } else { most }
            })
        };
        let (a, b) = (ends((1_u64 << 48) as f64 + 1.0), ends(HALF + 32.0));
        let value = FpX4(a.map(|limb| lanes(limb))).mul(&FpX4(b.map(|limb| lanes(limb))));
        let square = FpX4(b.map(|limb| lanes(limb))).square();
        let element = |limbs: [f64; 8]| {
            limbs.iter().zip(&powers).fold(blst_fp::default(), |sum, (limb, power)| {
                let size = blst_fp { l: [limb.abs() as u64, 0, 0, 0, 0, 0] };
                let part = product(&size, power);
                sum.add(&if *limb < 0.0 { part.negate() } else { part })
            })
        };
        let (a, b) = (element(a), element(b));
        assert_eq!(settled(&value), [product(&a, &b); 4], "round {round}");
        assert_eq!(settled(&square), [product(&b, &b); 4], "round {round}");
    }
}

/// 2⁷⁶⁸ mod p.
fn square_of_radix() -> blst_fp {
    (0..384).fold(blst_fp::ONE, |power, _| power.add(&power))
}

/// Each element and its multiples next to a multiple of p, in loose limbs.
#[target_feature(enable = "avx2,fma")]
fn check_settle() {
    let all = elements();
    for four in all.chunks(4) {
        for multiple in -3..=3 {
            let mut value = raw(four).minus(&FpX4([lanes(UNIT); 8]));
            for (i, p) in MODULUS.limbs().iter().enumerate() {
                let moved = if i < 7 { (1_u64 << 48) as f64 } else { 0.0 };
                value.0[i] = _mm256_fmadd_pd(lanes(f64::from(multiple)), *p, value.0[i]);
                value.0[i] = _mm256_add_pd(value.0[i], lanes(moved));
                if i > 0 {
                    value.0[i] = _mm256_sub_pd(value.0[i], lanes(1.0));
                }
            }
            assert_eq!(settled(&value).as_slice(), four, "{multiple}p");
        }
    }
}

fn on_this_cpu(check: unsafe fn()) {
    if Backend::Avx2.is_supported() {
        // SAFETY: the CPU has the features.
        unsafe { check() };
    }
}

#[test]
fn multiplies() {
    on_this_cpu(check_products);
}

#[test]
fn multiplies_extremes() {
    on_this_cpu(check_extremes);
}

#[test]
fn settles() {
    on_this_cpu(check_settle);
}
