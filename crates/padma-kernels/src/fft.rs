//! Fourier transforms over the scalar field, on all cores, and the quotient polynomial of Groth16.
//!
//! Same domains, cosets and order as bellperson's `EvaluationDomain`: ω is the root of unity of the field, squared
//! down to the domain's order, and the coset is that of the multiplicative generator 7.

#[cfg(target_arch = "x86_64")]
mod adx;
mod array;
mod blocks;
mod eight;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod passes;
mod permute;
mod plan;
mod portable;
mod small;
#[cfg(test)]
mod tests;
mod tile;
mod twiddles;

use std::mem::ManuallyDrop;

use blstrs::Scalar;
use ff::{Field, PrimeField};

use crate::Backend;
#[cfg(target_arch = "x86_64")]
use crate::ifma::fr::FrX8;
use plan::Plan;
use portable::{Blst, ScalarX8};

/// Why a domain cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    #[error("the field has no domain of 2^{0} elements")]
    TooLarge(u32),
    #[error("this CPU cannot run the backend {}", .0.name())]
    Unsupported(Backend),
}

/// The 2^log roots of unity ωⁱ, with what their transforms need: half as many twiddles as there are elements, of 32
/// bytes each on the scalar backends and 80 on AVX-512.
pub struct Domain {
    log: u32,
    tier: Tier,
}

enum Tier {
    Small,
    Scalar(Box<Plan<ScalarX8<Blst>>>),
    #[cfg(target_arch = "x86_64")]
    Adx(Box<Plan<ScalarX8<adx::Adx>>>),
    #[cfg(target_arch = "x86_64")]
    Ifma(Box<Plan<FrX8>>),
}

/// Below this a pass over columns and a block of sixteen do not fit.
const SMALLEST_PLAN: u32 = 7;

impl Domain {
    /// The domain of 2^`log` elements, `log` < 32. Takes as long as a transform on AVX-512, a
    /// ninth of one on the scalar backends; keep it for the next proof.
    pub fn new(backend: Backend, log: u32) -> Result<Self, DomainError> {
        if log >= Scalar::S {
            return Err(DomainError::TooLarge(log));
        }
        if !backend.is_supported() {
            return Err(DomainError::Unsupported(backend));
        }
        let tier = match backend {
            _ if log < SMALLEST_PLAN => Tier::Small,
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => Tier::Ifma(Box::new(Plan::new(log))),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => Tier::Adx(Box::new(Plan::new(log))),
            _ => Tier::Scalar(Box::new(Plan::new(log))),
        };
        Ok(Self { log, tier })
    }

    /// How many elements it has.
    #[allow(clippy::len_without_is_empty, reason = "a domain has at least one element")]
    pub fn len(&self) -> usize {
        1 << self.log
    }

    /// Coefficients to evaluations at ωⁱ, in place and in natural order. Panics unless there are [`Self::len`].
    pub fn fft(&self, coefficients: &mut [Scalar]) {
        self.to_evaluations(coefficients, false);
    }

    /// Coefficients to evaluations at 7·ωⁱ. Panics unless there are [`Self::len`].
    pub fn coset_fft(&self, coefficients: &mut [Scalar]) {
        self.to_evaluations(coefficients, true);
    }

    /// The inverse of [`Self::fft`].
    pub fn ifft(&self, evaluations: &mut [Scalar]) {
        self.to_coefficients(evaluations, false);
    }

    /// The inverse of [`Self::coset_fft`].
    pub fn icoset_fft(&self, evaluations: &mut [Scalar]) {
        self.to_coefficients(evaluations, true);
    }

    /// The coefficients of (A·B − C)/Z, Z = xⁿ − 1, from the evaluations of A, B and C at ωⁱ, the missing ones being
    /// zero: n − 1 integers of four words, little-endian, below r.
    ///
    /// On the coset Z is constant, so this is (A·B mod (xⁿ − 7ⁿ) − C)/(7ⁿ − 1): six transforms, where evaluating C
    /// on the coset too takes seven. Works in place of `a` and `b` and `c`, which are grown to n: reserve that much.
    ///
    /// Panics when there are more evaluations than the domain has elements.
    pub fn quotient(&self, mut a: Vec<Scalar>, mut b: Vec<Scalar>, mut c: Vec<Scalar>) -> Vec<[u64; 4]> {
        for evaluations in [&mut a, &mut b, &mut c] {
            assert!(evaluations.len() <= self.len(), "more evaluations than the domain has elements");
            evaluations.resize(self.len(), Scalar::ZERO);
        }
        match &self.tier {
            Tier::Small => small::quotient(&mut a, b, c),
            Tier::Scalar(plan) => plan.quotient(&mut a, b, c),
            #[cfg(target_arch = "x86_64")]
            Tier::Adx(plan) => plan.quotient(&mut a, b, c),
            #[cfg(target_arch = "x86_64")]
            Tier::Ifma(plan) => plan.quotient(&mut a, b, c),
        }
        a.truncate(self.len() - 1);
        into_words(a)
    }

    fn to_coefficients(&self, scalars: &mut [Scalar], coset: bool) {
        assert_eq!(scalars.len(), self.len(), "as many elements as the domain");
        match &self.tier {
            Tier::Small => small::to_coefficients(scalars, coset),
            Tier::Scalar(plan) => plan.to_coefficients(scalars, coset),
            #[cfg(target_arch = "x86_64")]
            Tier::Adx(plan) => plan.to_coefficients(scalars, coset),
            #[cfg(target_arch = "x86_64")]
            Tier::Ifma(plan) => plan.to_coefficients(scalars, coset),
        }
    }

    fn to_evaluations(&self, scalars: &mut [Scalar], coset: bool) {
        assert_eq!(scalars.len(), self.len(), "as many elements as the domain");
        match &self.tier {
            Tier::Small => small::to_evaluations(scalars, coset),
            Tier::Scalar(plan) => plan.to_evaluations(scalars, coset),
            #[cfg(target_arch = "x86_64")]
            Tier::Adx(plan) => plan.to_evaluations(scalars, coset),
            #[cfg(target_arch = "x86_64")]
            Tier::Ifma(plan) => plan.to_evaluations(scalars, coset),
        }
    }
}

/// The words of scalars, in the same memory.
fn into_words(scalars: Vec<Scalar>) -> Vec<[u64; 4]> {
    let mut scalars = ManuallyDrop::new(scalars);
    // SAFETY: a scalar is a `blst_fr` and nothing else (repr(transparent)), and that is four words.
    unsafe { Vec::from_raw_parts(scalars.as_mut_ptr().cast(), scalars.len(), scalars.capacity()) }
}
