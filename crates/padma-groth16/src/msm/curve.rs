//! The groups' sums as blstrs has them.

use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group};

/// A group with the type of its sums.
pub trait Curve: Group {
    type Projective: group::Group<Scalar = Scalar>;

    fn to_projective(point: &Self::Affine) -> Self::Projective;
}

macro_rules! curve {
    ($group:ident, $affine:ident, $projective:ident) => {
        impl Curve for $group {
            type Projective = $projective;

            fn to_projective(point: &Self::Affine) -> $projective {
                let mut affine = $affine::default();
                *affine.as_mut() = *point;
                affine.into()
            }
        }
    };
}

curve!(G1, G1Affine, G1Projective);
curve!(G2, G2Affine, G2Projective);

/// A packed point for what is left to do in Jacobian coordinates.
pub(super) fn unpack<G: Curve>(backend: Backend, point: &G::Packed) -> G::Projective {
    G::to_projective(&G::unpack(backend, point))
}
