//! The bytes of a parameter file, block by block.

use bellpepper_core::SynthesisError;
use blstrs::{G1Affine, G2Affine, Scalar};
use group::Curve;
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group};
use rand_core::RngCore;
use rayon::prelude::*;
use std::ops::Range;

use super::fixed_base::{CHUNK, FixedBase, Scratch};
use super::queries::Queries;
use super::waste::ToxicWaste;
use crate::circuit::R1cs;
use crate::parameters::Query;

/// Makes the parameters of one circuit. Everything secret in it is overwritten when it is dropped.
pub struct Generator {
    backend: Backend,
    verifying_key: Vec<u8>,
    queries: Queries,
    g1: FixedBase<G1>,
    g2: FixedBase<G2>,
}

/// A part of a parameter file: some points of a query, after the count if they are its first, after the verifying
/// key if they are the file's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    query: Query,
    points: Range<usize>,
    bytes: usize,
}

impl Block {
    /// The number of points, each a multiplication.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Its length in the file.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Bytes of points in a block: a fraction of a second's work.
const BLOCK_BYTES: usize = 12 << 20;

const COUNT_BYTES: usize = 4;

impl Generator {
    /// Draws the secrets and evaluates the circuit's polynomials at the secret point: seconds, on all threads.
    ///
    /// With the same circuit and `rng` the file is bellperson's. Errors: UnconstrainedVariable when an auxiliary
    /// variable is in no constraint, PolynomialDegreeTooLarge above 2³² constraints or points, UnexpectedIdentity
    /// for draws of which nothing can be made (chance: 2⁻²³⁰).
    pub fn new(circuit: R1cs, rng: &mut impl RngCore, backend: Backend) -> Result<Self, SynthesisError> {
        let waste = ToxicWaste::draw(rng);
        let queries = Queries::new(circuit, waste.trapdoor())?;
        let counts = Query::ALL.map(|query| queries.count(query));
        if counts.iter().any(|&count| u32::try_from(count).is_err()) {
            return Err(SynthesisError::PolynomialDegreeTooLarge);
        }
        let [in_g1 @ .., in_g2] = counts;
        let (g1, g2): (G1Affine, G2Affine) = (waste.g1.to_affine(), waste.g2.to_affine());
        Ok(Self {
            backend,
            verifying_key: verifying_key(&waste, &queries.ic),
            queries,
            g1: FixedBase::new(backend, g1.as_ref(), width(in_g1.iter().sum(), G1_WIDTH)),
            g2: FixedBase::new(backend, g2.as_ref(), width(in_g2, G2_WIDTH)),
        })
    }

    /// The `.vk` file.
    pub fn verifying_key(&self) -> &[u8] {
        &self.verifying_key
    }

    /// The blocks of the `.params` file in order. They depend on the circuit alone, unless an element of a query is
    /// zero by chance.
    pub fn blocks(&self) -> Vec<Block> {
        Query::ALL.into_iter().flat_map(|query| self.blocks_of(query)).collect()
    }

    fn blocks_of(&self, query: Query) -> impl Iterator<Item = Block> {
        let (count, step) = (self.queries.count(query), BLOCK_BYTES / query.point_bytes() as usize);
        let head = if query == Query::H { self.verifying_key.len() } else { 0 } + COUNT_BYTES;
        (0..count.div_ceil(step).max(1)).map(move |index| {
            let points = index * step..count.min((index + 1) * step);
            let bytes = points.len() * query.point_bytes() as usize + if index == 0 { head } else { 0 };
            Block { query, points, bytes }
        })
    }

    /// A block's bytes, made on all threads. `done` hears of points as they are made, from any thread.
    ///
    /// Panics when the block is of another circuit.
    pub fn encode(&self, block: &Block, done: &(dyn Fn(usize) + Sync)) -> Vec<u8> {
        let points = block.points.clone();
        let mut bytes = vec![0; block.bytes];
        let (head, body) =
            bytes.split_at_mut(block.bytes - points.len() * block.query.point_bytes() as usize);
        if let Some(key) = head.len().checked_sub(COUNT_BYTES) {
            head[..key].copy_from_slice(&self.verifying_key[..key]);
            head[key..].copy_from_slice(&(self.queries.count(block.query) as u32).to_be_bytes());
        }
        match block.query {
            Query::BG2 => self.encode_points(&self.g2, block, body, done),
            _ => self.encode_points(&self.g1, block, body, done),
        }
        bytes
    }

    fn encode_points<G: Group>(
        &self,
        base: &FixedBase<G>,
        block: &Block,
        bytes: &mut [u8],
        done: &(dyn Fn(usize) + Sync),
    ) {
        let chunks = bytes.par_chunks_mut(CHUNK * G::ENCODED).enumerate();
        chunks.for_each_init(Scratch::new, |scratch, (chunk, bytes)| {
            let (start, count) = (block.points.start + chunk * CHUNK, bytes.len() / G::ENCODED);
            self.queries.fill(block.query, start, scratch.scalars(count));
            G::encode(self.backend, base.multiples(count, scratch), bytes);
            done(count);
        });
    }
}

/// Digits of this many bits at most: the tables take 94 and 100 MB, and a bit less takes a sum more for each point.
const G1_WIDTH: u32 = 17;
const G2_WIDTH: u32 = 16;

/// Tables pay when they hold a small part of the points that they serve.
fn width(points: usize, widest: u32) -> u32 {
    (points.max(1).ilog2().saturating_sub(3)).clamp(4, widest)
}

/// As bellperson writes it: α, β in both groups, γ, δ in both groups, and a point for each public input.
fn verifying_key(waste: &ToxicWaste, ic: &[Scalar]) -> Vec<u8> {
    let trapdoor = waste.trapdoor();
    let g1 = |scalar: &Scalar| (waste.g1 * scalar).to_affine().to_uncompressed();
    let g2 = |scalar: &Scalar| (waste.g2 * scalar).to_affine().to_uncompressed();
    let mut bytes = Vec::new();
    bytes.extend(g1(&trapdoor.alpha));
    bytes.extend(g1(&trapdoor.beta));
    bytes.extend(g2(&trapdoor.beta));
    bytes.extend(g2(&trapdoor.gamma));
    bytes.extend(g1(&trapdoor.delta));
    bytes.extend(g2(&trapdoor.delta));
    bytes.extend((ic.len() as u32).to_be_bytes());
    ic.iter().for_each(|scalar| bytes.extend(g1(scalar)));
    bytes
}
