//! A proof's three points from the sums over the queries.

use blstrs::{G1Projective, G2Projective};
use group::prime::PrimeCurveAffine;
use group::{Curve, Group};

use super::Blinding;
use crate::Proof;
use crate::parameters::VerifyingKey;

/// The five sums of one proof.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub h: G1Projective,
    pub l: G1Projective,
    pub a: G1Projective,
    pub b_g1: G1Projective,
    pub b_g2: G2Projective,
}

impl Sums {
    pub(super) fn zero() -> Self {
        let (g1, g2) = (G1Projective::identity(), G2Projective::identity());
        Self { h: g1, l: g1, a: g1, b_g1: g1, b_g2: g2 }
    }

    /// A = α + Σa + rδ, B = β + Σb + sδ, C = L + H + sA + rB − rsδ, where B is taken in G1.
    pub(super) fn prove(&self, key: &VerifyingKey, Blinding { r, s }: Blinding) -> Proof {
        let a = self.a + key.alpha_g1 + key.delta_g1 * r;
        let b_g1 = self.b_g1 + key.beta_g1 + key.delta_g1 * s;
        let b = self.b_g2 + key.beta_g2 + key.delta_g2 * s;
        let c = self.h + self.l + a * s + b_g1 * r - key.delta_g1.to_curve() * (r * s);
        Proof { a: a.to_affine(), b: b.to_affine(), c: c.to_affine() }
    }
}
