//! The head of a parameter file, which is also the whole of a `.vk` file.

use blstrs::{G1Affine, G2Affine};
use group::prime::PrimeCurveAffine;
use std::io::{self, Read};

const G1_BYTES: usize = 96;
const G2_BYTES: usize = 192;

/// A Groth16 verifying key (<https://eprint.iacr.org/2016/260>, with δ and β in both groups for the prover).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub alpha_g1: G1Affine,
    pub beta_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub gamma_g2: G2Affine,
    pub delta_g1: G1Affine,
    pub delta_g2: G2Affine,
    /// One point for each public input, the constant one included.
    pub ic: Vec<G1Affine>,
}

impl VerifyingKey {
    /// Bytes in a file.
    pub fn encoded_bytes(&self) -> u64 {
        (3 * G1_BYTES + 3 * G2_BYTES + 4 + self.ic.len() * G1_BYTES) as u64
    }

    /// Reads a key and checks that every point is in its group. Errors: those of `reader`; `InvalidData` with the
    /// point's name.
    pub fn read(mut reader: impl Read) -> io::Result<Self> {
        let alpha_g1 = g1(&mut reader, "alpha in G1")?;
        let beta_g1 = g1(&mut reader, "beta in G1")?;
        let beta_g2 = g2(&mut reader, "beta in G2")?;
        let gamma_g2 = g2(&mut reader, "gamma in G2")?;
        let delta_g1 = g1(&mut reader, "delta in G1")?;
        let delta_g2 = g2(&mut reader, "delta in G2")?;
        let mut count = [0; 4];
        reader.read_exact(&mut count)?;
        // No capacity ahead: a damaged count must end in a short read, not in a huge allocation.
        let ic = (0..u32::from_be_bytes(count)).map(|_| g1(&mut reader, "a public input's point"));
        Ok(Self {
            alpha_g1,
            beta_g1,
            beta_g2,
            gamma_g2,
            delta_g1,
            delta_g2,
            ic: ic.collect::<io::Result<_>>()?,
        })
    }
}

fn g1(reader: &mut impl Read, what: &'static str) -> io::Result<G1Affine> {
    let mut bytes = [0; G1_BYTES];
    reader.read_exact(&mut bytes)?;
    let point = Option::from(G1Affine::from_uncompressed(&bytes));
    point.filter(|point: &G1Affine| !bool::from(point.is_identity())).ok_or_else(|| not_a_point(what))
}

fn g2(reader: &mut impl Read, what: &'static str) -> io::Result<G2Affine> {
    let mut bytes = [0; G2_BYTES];
    reader.read_exact(&mut bytes)?;
    let point = Option::from(G2Affine::from_uncompressed(&bytes));
    point.filter(|point: &G2Affine| !bool::from(point.is_identity())).ok_or_else(|| not_a_point(what))
}

fn not_a_point(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is not a point of its group"))
}
