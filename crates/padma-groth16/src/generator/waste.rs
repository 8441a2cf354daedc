//! The secrets of a set-up, drawn as bellperson draws them.

use blstrs::{G1Projective, G2Projective, Scalar};
use ff::Field;
use group::Group;
use rand_core::RngCore;

use super::secret::Secret;

/// The bases, which the parameters show, and the trapdoor, with which proofs can be forged.
pub(super) struct ToxicWaste {
    pub g1: G1Projective,
    pub g2: G2Projective,
    trapdoor: Secret<Trapdoor>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Trapdoor {
    pub alpha: Scalar,
    pub beta: Scalar,
    pub gamma: Scalar,
    pub delta: Scalar,
    pub tau: Scalar,
}

impl ToxicWaste {
    /// The order of the draws is bellperson's: it decides the bytes of the parameters.
    pub fn draw(rng: &mut impl RngCore) -> Self {
        let (g1, g2) = (G1Projective::random(&mut *rng), G2Projective::random(&mut *rng));
        let mut trapdoor = Secret::<Trapdoor>::zeroed(1);
        let Trapdoor { alpha, beta, gamma, delta, tau } = &mut trapdoor[0];
        for secret in [alpha, beta, gamma, delta, tau] {
            *secret = Scalar::random(&mut *rng);
        }
        Self { g1, g2, trapdoor }
    }

    pub fn trapdoor(&self) -> &Trapdoor {
        &self.trapdoor[0]
    }
}
