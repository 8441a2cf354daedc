//! CommP in constant memory: a stack of one finished subtree a level, instead of all leaf hashes.

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::atomic::AtomicU64;

use crate::Bytes32;
use crate::error::{ProofError, Result};
use crate::fr32::{self, PADDED_QUAD, QUAD};
use crate::progress::Progress;
use crate::source::Source;

const NODE: usize = 32;
/// Quads read, padded and hashed at a time: 1 MiB of padded data, whole subtrees for the worker threads.
const BLOCK_QUADS: usize = 8192;
const BLOCK_LEVEL: usize = (BLOCK_QUADS * 4).ilog2() as usize;
/// Quads that one thread takes at a time.
const SUBTREE_QUADS: usize = 512;

/// A piece's root, its size with padding and how many bytes of data it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceCommitment {
    pub comm_p: Bytes32,
    pub padded_size: u64,
    pub payload_size: u64,
}

/// SHA-256 of two nodes with the two highest bits cleared, so that the node is a field element.
pub(crate) fn hash_pair(left: &[u8], right: &[u8]) -> Bytes32 {
    let mut node: Bytes32 = Sha256::new().chain_update(left).chain_update(right).finalize().into();
    node[31] &= 0x3f;
    node
}

/// Root of `2^level` zero nodes.
pub(crate) fn zero_root(level: usize) -> Bytes32 {
    (0..level).fold([0; NODE], |node, _| hash_pair(&node, &node))
}

/// The root of a power of two of nodes that are already in memory.
fn root_of(nodes: &[u8]) -> Bytes32 {
    let mut row: Vec<Bytes32> =
        nodes.chunks_exact(2 * NODE).map(|pair| hash_pair(&pair[..NODE], &pair[NODE..])).collect();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| hash_pair(&pair[0], &pair[1])).collect();
    }
    row[0]
}

/// A binary tree that grows from the left and remembers one finished subtree a level.
#[derive(Default)]
struct Tree {
    levels: Vec<Option<Bytes32>>,
}

impl Tree {
    /// Adds a finished subtree of `2^level` leaves; everything before it is a multiple of that size.
    fn push(&mut self, mut node: Bytes32, mut level: usize) {
        loop {
            if self.levels.len() <= level {
                self.levels.resize(level + 1, None);
            }
            match self.levels[level].take() {
                None => {
                    self.levels[level] = Some(node);
                    return;
                }
                Some(left) => node = hash_pair(&left, &node),
            }
            level += 1;
        }
    }

    /// The root over `2^height` leaves, those not yet there being zero.
    fn root(mut self, height: usize) -> Bytes32 {
        self.levels.resize(height + 1, None);
        let mut zero = [0; NODE];
        let mut carry: Option<Bytes32> = None;
        for level in &self.levels[..height] {
            carry = match (level, carry) {
                (None, None) => None,
                (None, Some(node)) => Some(hash_pair(&node, &zero)),
                (Some(left), None) => Some(hash_pair(left, &zero)),
                (Some(left), Some(node)) => Some(hash_pair(left, &node)),
            };
            zero = hash_pair(&zero, &zero);
        }
        self.levels[height].or(carry).unwrap_or(zero)
    }

    /// Pads whole quads and adds them: a whole block by all threads, a shorter last one quad by quad.
    fn push_quads(&mut self, quads: &[u8], padded: &mut [u8]) {
        if quads.len() == BLOCK_QUADS * QUAD {
            let parts = padded.par_chunks_exact_mut(SUBTREE_QUADS * PADDED_QUAD);
            let pad_and_hash = |(padded, quads): (&mut [u8], &[u8])| {
                fr32::pad(quads, padded);
                root_of(padded)
            };
            let roots: Vec<Bytes32> =
                parts.zip(quads.par_chunks_exact(SUBTREE_QUADS * QUAD)).map(pad_and_hash).collect();
            self.push(root_of(roots.as_flattened()), BLOCK_LEVEL);
        } else {
            fr32::pad(quads, padded);
            padded.chunks_exact(PADDED_QUAD).for_each(|quad| self.push(root_of(quad), 2));
        }
    }
}

/// Reads `source` to its end, pads and hashes it, and hands every padded block to `write`.
///
/// Errors when the source holds more than `piece_size` unpadded bytes. Memory: two blocks, whatever the size.
pub(crate) fn stream(
    source: &mut dyn std::io::Read,
    name: &Source,
    piece_size: Option<u64>,
    progress: &mut Progress<'_>,
    mut write: impl FnMut(&[u8]) -> Result<()>,
) -> Result<PieceCommitment> {
    let mut input = vec![0; BLOCK_QUADS * QUAD];
    let mut output = vec![0; BLOCK_QUADS * PADDED_QUAD];
    let (mut tree, mut payload_size) = (Tree::default(), 0);
    loop {
        let filled =
            fill(source, &mut input, |bytes| progress.advance(bytes)).map_err(|cause| name.io(cause))?;
        payload_size += filled as u64;
        if let Some(limit) = piece_size.filter(|limit| payload_size > *limit) {
            return Err(ProofError::PieceTooLarge { what: name.to_string(), limit });
        }
        let quads = filled.div_ceil(QUAD);
        input[filled..quads * QUAD].fill(0);
        let padded = &mut output[..quads * PADDED_QUAD];
        tree.push_quads(&input[..quads * QUAD], padded);
        write(padded)?;
        if filled < input.len() {
            break;
        }
    }
    progress.finish();
    let padded_size = fr32::padded(piece_size.unwrap_or_else(|| fr32::piece_size_for(payload_size)));
    let height = (padded_size / NODE as u64).ilog2() as usize;
    Ok(PieceCommitment { comm_p: tree.root(height), padded_size, payload_size })
}

/// Reads until `buffer` is full or the source ends; returns how much was read.
fn fill(
    source: &mut dyn std::io::Read,
    buffer: &mut [u8],
    mut seen: impl FnMut(u64),
) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => {
                filled += count;
                seen(count as u64);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// CommP of `source`, zero-padded to the next 127·2ⁿ bytes. Errors: unreadable or empty source.
pub fn comm_p(source: &Source, progress: &mut Progress<'_>) -> Result<PieceCommitment> {
    if let Source::Zeros { size } = *source {
        check_not_empty(source, size)?;
        return Ok(zeros(size, fr32::piece_size_for(size), progress));
    }
    let mut reader = source.open()?;
    let piece = stream(&mut reader, source, None, progress, |_| Ok(()))?;
    source.check_read(piece.payload_size)?;
    check_not_empty(source, piece.payload_size)?;
    Ok(piece)
}

/// Zeros need no hashing of data: the root depends on the height alone.
pub(crate) fn zeros(payload_size: u64, piece_size: u64, progress: &mut Progress<'_>) -> PieceCommitment {
    progress.advance(payload_size);
    progress.finish();
    let padded_size = fr32::padded(piece_size);
    let comm_p = zero_root((padded_size / NODE as u64).ilog2() as usize);
    PieceCommitment { comm_p, padded_size, payload_size }
}

pub(crate) fn check_not_empty(source: &Source, payload_size: u64) -> Result<()> {
    if payload_size > 0 {
        return Ok(());
    }
    Err(ProofError::bad_input(format!("{source} is empty: a piece has at least one byte")))
}

/// [`comm_p`] for callers that show no progress.
pub fn comm_p_quietly(source: &Source) -> Result<PieceCommitment> {
    comm_p(source, &mut Progress::new(&AtomicU64::new(0)))
}
