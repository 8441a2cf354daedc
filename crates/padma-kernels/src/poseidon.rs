//! Poseidon over the scalar field as Filecoin uses it, very many preimages at a time.
//!
//! The instance is that of the [Poseidon paper](https://eprint.iacr.org/2019/458) at 128 bits of security, with
//! x⁵, eight full rounds, the Cauchy matrix 1 / (width + i + j), and the domain tag 2^arity − 1 of a full Merkle
//! node in the first element. The digest is the second element. [`tables`] says how the rounds are computed.

#[cfg(target_arch = "x86_64")]
mod fma;
mod grain;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod linear;
mod scalar;
mod tables;

use crate::Backend;
use crate::node::{self, Node, NotReduced};

/// How many elements a hash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arity {
    /// CommR, columns of two layers, the top of the trees of 64 GiB.
    Two,
    Four,
    /// Nodes of TreeC and TreeR.
    Eight,
    /// Columns of eleven layers.
    Eleven,
}

impl Arity {
    pub const ALL: [Self; 4] = [Self::Two, Self::Four, Self::Eight, Self::Eleven];

    /// Elements of a preimage.
    pub const fn elements(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
            Self::Eleven => 11,
        }
    }

    /// Rounds with one S-box (calc_round_numbers.py of the paper's authors, with their margin).
    const fn partial_rounds(self) -> usize {
        match self {
            Self::Two => 55,
            Self::Four => 56,
            Self::Eight | Self::Eleven => 57,
        }
    }
}

/// `digests[i]` = the hash of `preimages[i · arity .. (i + 1) · arity]`.
///
/// AVX2 and AVX-512 compute eight at a time, so it pays to have many. One thread; split the slices to use more.
/// Panics when the lengths disagree. Error: a preimage has a node that is no field element; no digest is then written.
pub fn hash_many(
    backend: Backend,
    arity: Arity,
    preimages: &[Node],
    digests: &mut [Node],
) -> Result<(), NotReduced> {
    assert_eq!(preimages.len(), digests.len() * arity.elements(), "preimages and digests disagree");
    node::check(preimages)?;
    match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => {
            assert!(backend.is_supported(), "this CPU cannot run {}", backend.name());
            // SAFETY: the CPU has the features.
            unsafe { ifma::hash_many(arity, preimages, digests) }
        }
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => {
            assert!(backend.is_supported(), "this CPU cannot run {}", backend.name());
            // SAFETY: the CPU has the features.
            unsafe { fma::hash_many(arity, preimages, digests) }
        }
        _ => scalar::hash_many(arity, preimages, digests),
    }
    Ok(())
}

/// Field elements of eight hashes, in words, the lowest first.
#[cfg(target_arch = "x86_64")]
type Lanes = [[u64; 4]; 8];

/// Eight preimages at a time: `hash` takes their first elements, their second and so on. Lanes without a preimage have
/// zeros, whose hash nobody reads.
#[cfg(target_arch = "x86_64")]
fn by_eight<const ARITY: usize>(
    preimages: &[Node],
    digests: &mut [Node],
    hash: impl Fn(&[Lanes; ARITY]) -> Lanes,
) {
    for (preimages, digests) in preimages.chunks(8 * ARITY).zip(digests.chunks_mut(8)) {
        let mut elements = [[[0; 4]; 8]; ARITY];
        for (lane, preimage) in preimages.chunks_exact(ARITY).enumerate() {
            elements.iter_mut().zip(preimage).for_each(|(lanes, element)| lanes[lane] = node::words(element));
        }
        digests.iter_mut().zip(hash(&elements)).for_each(|(digest, hash)| *digest = node::node(hash));
    }
}
