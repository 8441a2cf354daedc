//! Eight elements of Fp or of Fp2 = Fp(u), u² = −1: as many [`FpX8`] as the field's degree over Fp.

use std::arch::x86_64::*;

use super::columns::Columns;
use super::fp::{FpX8, montgomery};
use super::words::{Places, scatter_points};

/// Eight field elements. Every operation is that of [`FpX8`] on each component unless it says otherwise.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(super) struct ExtX8<const DEGREE: usize>(pub(super) [FpX8; DEGREE]);

/// Words of an Fp element in memory.
pub(super) const FP_WORDS: usize = 6;

impl<const DEGREE: usize> ExtX8<DEGREE> {
    /// An element of Fp in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn splat(limbs: &[u64; 8]) -> Self {
        let mut out = [FpX8::splat(&[0; 8]); DEGREE];
        out[0] = FpX8::splat(limbs);
        Self(out)
    }

    /// # Safety
    /// Every point must be valid for reads of `word` words and an element.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) unsafe fn load(points: &Places, word: usize) -> Self {
        let mut out = [FpX8([_mm512_setzero_si512(); 8]); DEGREE];
        for (i, component) in out.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *component = unsafe { FpX8::load(points, word + FP_WORDS * i) };
        }
        Self(out)
    }

    /// Eight points in a row, of carried coordinates below 2³⁸⁴.
    ///
    /// # Safety
    /// `points` must be valid for writes of eight points.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) unsafe fn store(x: Self, y: Self, points: *mut u64) {
        let stride = 2 * FP_WORDS * DEGREE;
        // SAFETY: the caller's promise.
        unsafe {
            if DEGREE == 1 {
                scatter_points([x.0[0].to_words(), y.0[0].to_words()], points, stride, 0);
            } else {
                scatter_points([x.0[0].to_words(), x.0[1].to_words()], points, stride, 0);
                scatter_points([y.0[0].to_words(), y.0[1].to_words()], points, stride, stride / 2);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn carry(self) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.carry();
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn settle(self) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.settle();
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn canonical(self) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.canonical();
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        let mut out = self.0;
        for (component, other) in out.iter_mut().zip(other.0) {
            *component = component.plus(other);
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        let mut out = self.0;
        for (component, other) in out.iter_mut().zip(other.0) {
            *component = component.minus(other);
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn plus_modulus<const K: u64>(self) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.plus_modulus::<K>();
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn negate_lanes(self, lanes: __mmask8) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.negate_lanes(lanes);
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn blend(self, lanes: __mmask8, other: Self) -> Self {
        let mut out = self.0;
        for (component, other) in out.iter_mut().zip(other.0) {
            *component = component.blend(lanes, other);
        }
        Self(out)
    }

    /// The lanes all of whose components are 0 itself, carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn zeros(self) -> __mmask8 {
        let mut zero = 0xff;
        for component in self.0 {
            zero &= component.zeros();
        }
        zero
    }

    /// The lanes all of whose components, carried, are p, 2p, 3p, 4p or 5p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn multiples_of_modulus(self) -> __mmask8 {
        let mut zero = 0xff;
        for component in self.0 {
            zero &= component.equals_multiple::<1>()
                | component.equals_multiple::<2>()
                | component.equals_multiple::<3>()
                | component.equals_multiple::<4>()
                | component.equals_multiple::<5>();
        }
        zero
    }

    /// The product of carried factors below 2⁵·p, carried, in 0 … 2.0001p.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn mul(&self, other: &Self) -> Self {
        if DEGREE == 1 {
            let mut out = self.0;
            out[0] = montgomery!(self.0[0], other.0[0]).carry();
            Self(out)
        } else {
            self.product(other).plus_modulus::<1>().carry()
        }
    }

    /// `self·other − less`, settled; `less` in −1.0001p … 1.0001p, not necessarily carried.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn mul_minus(&self, other: &Self, less: &Self) -> Self {
        if DEGREE == 1 {
            let mut out = self.0;
            out[0] = montgomery!(self.0[0], other.0[0]).minus(less.0[0]).plus_modulus::<3>().settle();
            Self(out)
        } else {
            self.product(other).minus(*less).plus_modulus::<3>().settle()
        }
    }

    /// `self² − less`, settled; `self` below 2.0001p and carried, `less` in 0 … 2.0002p.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn square_minus(&self, less: &Self) -> Self {
        self.squared().minus(*less).plus_modulus::<4>().settle()
    }

    /// The square of what is below 2.0001p, carried, in 0 … 2.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        self.squared().carry()
    }

    /// Over Fp2, by Karatsuba, reduced once a component, of which the first may be negative: above −2⁻²⁰·p. Not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn product(&self, other: &Self) -> Self {
        let mut out = self.0;
        let (a, b) = (self.0, other.0);
        let low = Columns::product(a[0], b[0]);
        let high = Columns::product(a[1], b[1]);
        out[0] = low.minus(&high).reduce();
        let mixed = Columns::product(a[0].plus(a[1]).carry(), b[0].plus(b[1]).carry());
        out[1] = mixed.minus(&low).minus(&high).reduce();
        Self(out)
    }

    /// Not carried, not negative. Over Fp2: (a + bu)² = (a + b)(a − b) + 2ab·u.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn squared(&self) -> Self {
        let mut out = self.0;
        let a = self.0;
        if DEGREE == 1 {
            out[0] = a[0].squared();
        } else {
            let difference = a[0].minus(a[1]).plus_modulus::<3>().carry();
            out[0] = a[0].plus(a[1]).carry().product(difference);
            out[1] = a[0].plus(a[0]).carry().product(a[1]);
        }
        Self(out)
    }
}
