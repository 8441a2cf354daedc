use blst::blst_fr;
use blstrs::Scalar;
use ff::{Field, PrimeField};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;
use crate::Backend;

type Eight = [[u64; 4]; 8];

impl FrX8 {
    /// Residues of blst (x·2²⁵⁶, below r) as x·2²⁶⁰, below 16r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn from_blst(elements: &[[u64; 4]; 8]) -> Self {
        let [a, b, c, d] = gather(elements);
        let mask = lanes(MASK);
        let joined = |low, high| _mm512_and_si512(_mm512_or_si512(low, high), mask);
        Self([
            _mm512_and_si512(_mm512_slli_epi64::<4>(a), mask),
            joined(_mm512_srli_epi64::<48>(a), _mm512_slli_epi64::<16>(b)),
            joined(_mm512_srli_epi64::<36>(b), _mm512_slli_epi64::<28>(c)),
            joined(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<40>(d)),
            _mm512_srli_epi64::<12>(d),
        ])
    }

    /// x·2²⁶⁰ below 17r in carried limbs, as blst's residues: x·2²⁵⁶, fully reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn to_blst(self, elements: &mut [[u64; 4]; 8]) {
        // r = 1 mod 16, so v + (−v mod 16)·r is a multiple of 16; below 32r it divides to less than 2r.
        let digit = _mm512_and_si512(_mm512_sub_epi64(_mm512_setzero_si512(), self.0[0]), lanes(15));
        let sum = self.add_limbs(Self(MODULUS.map(|limb| {
            // A digit of 4 bits times a limb of 52 fits 56 bits; r's high bits pass the 52 of the multiplier.
            let low = _mm512_mul_epu32(digit, lanes(limb & 0xffff_ffff));
            let high = _mm512_mul_epu32(digit, lanes(limb >> 32));
            _mm512_add_epi64(low, _mm512_slli_epi64::<32>(high))
        })));
        let l = sum.carry().0;
        let mask = lanes(MASK);
        let shifted = |low, high| {
            _mm512_and_si512(
                _mm512_or_si512(_mm512_srli_epi64::<4>(low), _mm512_slli_epi64::<48>(high)),
                mask,
            )
        };
        let sixteenth = Self([
            shifted(l[0], l[1]),
            shifted(l[1], l[2]),
            shifted(l[2], l[3]),
            shifted(l[3], l[4]),
            _mm512_srli_epi64::<4>(l[4]),
        ]);
        sixteenth.canonical().store(elements);
    }
}

/// 0, 1, 2, r−1, r−2, (r−1)/2, 2³², 2⁵² and random elements: enough for every pair of lanes to meet.
fn samples() -> Vec<Scalar> {
    let mut rng = ChaCha8Rng::seed_from_u64(52);
    let one = Scalar::ONE;
    let mut samples = vec![
        Scalar::ZERO,
        one,
        one.double(),
        -one,
        -one.double(),
        -one * Scalar::TWO_INV,
        Scalar::from(1 << 32),
    ];
    samples.push(Scalar::from(1 << 52));
    samples.extend((samples.len()..64).map(|_| Scalar::random(&mut rng)));
    samples
}

fn words(scalar: &Scalar) -> [u64; 4] {
    blst_fr::from(*scalar).l
}

/// `eight` at every vector of the samples rotated against itself; lanes compared with `one`.
fn check(one: impl Fn(&Scalar, &Scalar) -> Scalar, eight: unsafe fn(&Eight, &Eight, &mut Eight)) {
    if !Backend::Avx512.is_supported() {
        return;
    }
    let samples = samples();
    for shift in 0..samples.len() {
        for start in (0..samples.len()).step_by(8) {
            let left: [Scalar; 8] = std::array::from_fn(|lane| samples[start + lane]);
            let right: [Scalar; 8] =
                std::array::from_fn(|lane| samples[(start + lane + shift) % samples.len()]);
            let mut out = [[0; 4]; 8];
            // SAFETY: the CPU has the features.
            unsafe { eight(&left.each_ref().map(words), &right.each_ref().map(words), &mut out) };
            for lane in 0..8 {
                assert_eq!(
                    out[lane],
                    words(&one(&left[lane], &right[lane])),
                    "{:?} {:?}",
                    left[lane],
                    right[lane]
                );
            }
        }
    }
}

macro_rules! agrees {
    ($name:ident, $one:expr, |$a:ident, $b:ident| $eight:expr) => {
        #[test]
        fn $name() {
            #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
            fn eight(a: &Eight, b: &Eight, out: &mut Eight) {
                let ($a, $b) = (FrX8::from_blst(a), FrX8::from_blst(b));
                $eight.to_blst(out);
            }
            check($one, eight);
        }
    };
}

agrees!(keeps_elements, |a, _| *a, |a, _b| a);
agrees!(adds, |a, b| a + b, |a, b| a.add(b).reduce());
agrees!(subtracts, |a, b| a - b, |a, b| a.sub::<16>(b).reduce());
agrees!(multiplies, |a, b| a * b, |a, b| a.mul(b));
agrees!(multiplies_reduced, |a, b| a * b, |a, b| a.reduce().mul(b.reduce()));
agrees!(squares, |a, _| a.square(), |a, _b| a.square());
agrees!(chains, |a, b| (a.square() - b).square() * b, |a, b| a.square().sub::<16>(b).square().mul(b));
agrees!(sums_products, |a, b| *a * b + a.square() + b.square(), |a, b| {
    let (a, b) = (a.reduce(), b.reduce());
    Columns::product(a, b).add_product(a, a).add_product(b, b).reduce()
});

/// Raw loads and stores, and the two reductions, over the whole range of a value: k·r + x for k = 0 … 34.
#[test]
fn every_representative_reduces() {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn eight(a: &Eight, out: &mut Eight, reduced: &mut Eight) {
        let mut value = FrX8::load(a);
        for _ in 0..35 {
            value.reduce().store(reduced);
            value.reduce().canonical().store(out);
            assert_eq!(a, out);
            let bound = u64::from(u32::MAX) << 32;
            // 1.4 · r < 0.64 · 2²⁵⁶
            assert!(reduced.iter().all(|words| words[3] < bound / 100 * 64));
            value = value.add(FrX8::splat(&MODULUS));
        }
    }
    if !Backend::Avx512.is_supported() {
        return;
    }
    for eight_samples in samples().chunks(8) {
        let elements: Eight = std::array::from_fn(|lane| words(&eight_samples[lane]));
        let (mut out, mut reduced) = ([[0; 4]; 8], [[0; 4]; 8]);
        // SAFETY: the CPU has the features.
        unsafe { eight(&elements, &mut out, &mut reduced) };
    }
}

#[test]
fn constants_are_those_of_the_field() {
    // 52 bits are 13 digits.
    let bits = |i: usize| u64::from_str_radix(&Scalar::MODULUS[2..][64 - 13 * (i + 1)..64 - 13 * i], 16);
    for (i, limb) in MODULUS.iter().enumerate().take(4) {
        assert_eq!(bits(i), Ok(*limb));
    }
    assert_eq!(u64::from_str_radix(&Scalar::MODULUS[2..14], 16), Ok(MODULUS[4]));
    assert_eq!(MODULUS[0].wrapping_mul(1 + (1 << 32)) & MASK, 1);
    let sum = (0..5).fold(0, |carry, i| {
        let sum = MODULUS[i] + COMPLEMENT[i] + carry;
        assert_eq!(sum & MASK, 0);
        sum >> BITS
    });
    assert_eq!(sum, 1);
}
