//! CommP in constant memory: a stack of one finished subtree a level, instead of all leaf hashes.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use rayon::prelude::*;
use std::io::Read;
use std::mem;
use std::sync::atomic::AtomicU64;

use crate::Bytes32;
use crate::error::{ProofError, Result};
use crate::fr32::{self, PADDED_QUAD, QUAD};
use crate::progress::Progress;
use crate::source::Source;
use crate::tree::{Tree, root_of, zero_root};

const NODE: usize = size_of::<Node>();
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

/// One block on its way: data, then what it is padded to.
struct Block {
    data: Vec<u8>,
    /// Bytes of data; less than there is room for at the end of the source.
    filled: usize,
    padded: Vec<u8>,
}

impl Block {
    fn new() -> Self {
        Self { data: vec![0; BLOCK_QUADS * QUAD], filled: 0, padded: vec![0; BLOCK_QUADS * PADDED_QUAD] }
    }

    fn is_full(&self) -> bool {
        self.filled == self.data.len()
    }

    /// Bytes of whole quads after padding.
    fn padded_bytes(&self) -> usize {
        self.filled.div_ceil(QUAD) * PADDED_QUAD
    }

    fn fill(&mut self, source: &mut dyn Read, progress: &mut Progress<'_>) -> std::io::Result<()> {
        self.filled = fill(source, &mut self.data, |bytes| progress.advance(bytes))?;
        Ok(())
    }

    /// Pads whole quads and adds them to the tree: a whole block by all threads, a shorter last one quad by quad.
    fn pad_and_hash(&mut self, backend: Backend, tree: &mut Tree) {
        let quads = self.filled.div_ceil(QUAD);
        self.data[self.filled..quads * QUAD].fill(0);
        let (data, padded) = (&self.data[..quads * QUAD], &mut self.padded[..quads * PADDED_QUAD]);
        if quads == BLOCK_QUADS {
            let parts = padded.par_chunks_exact_mut(SUBTREE_QUADS * PADDED_QUAD);
            let pad_and_hash = |(padded, quads): (&mut [u8], &[u8])| {
                fr32::pad(quads, padded);
                root_of(backend, padded.as_chunks().0)
            };
            let roots: Vec<Node> =
                parts.zip(data.par_chunks_exact(SUBTREE_QUADS * QUAD)).map(pad_and_hash).collect();
            tree.push(root_of(backend, &roots), BLOCK_LEVEL);
        } else {
            fr32::pad(data, padded);
            padded.as_chunks().0.chunks_exact(4).for_each(|quad| tree.push(root_of(backend, quad), 2));
        }
    }
}

/// Reads `source` to its end, pads and hashes it, and hands every padded block to `write`, in order. While one block is
/// hashed, the next one is read and the one before is written.
///
/// Errors when the source holds more than `piece_size` unpadded bytes. Memory: three blocks, whatever the size.
pub(crate) fn stream(
    source: &mut (dyn Read + Send),
    name: &Source,
    piece_size: Option<u64>,
    progress: &mut Progress<'_>,
    mut write: impl FnMut(&[u8]) -> Result<()> + Send,
) -> Result<PieceCommitment> {
    let backend = Backend::current()?;
    let [mut done, mut block, mut next] = [Block::new(), Block::new(), Block::new()];
    let (mut tree, mut payload_size) = (Tree::new(backend), 0);
    let mut written = Ok(());
    block.fill(source, progress).map_err(|cause| name.io(cause))?;
    loop {
        payload_size += block.filled as u64;
        if let Some(limit) = piece_size.filter(|limit| payload_size > *limit) {
            return Err(ProofError::PieceTooLarge { what: name.to_string(), limit });
        }
        let is_last = !block.is_full();
        let read_and_write = || {
            written = write(&done.padded[..done.padded_bytes()]);
            if is_last { Ok(()) } else { next.fill(source, progress) }
        };
        let (read, ()) = rayon::join(read_and_write, || block.pad_and_hash(backend, &mut tree));
        mem::replace(&mut written, Ok(()))?;
        read.map_err(|cause| name.io(cause))?;
        mem::swap(&mut done, &mut block);
        mem::swap(&mut block, &mut next);
        if is_last {
            break;
        }
    }
    write(&done.padded[..done.padded_bytes()])?;
    progress.finish();
    let padded_size = fr32::padded(piece_size.unwrap_or_else(|| fr32::piece_size_for(payload_size)));
    let height = (padded_size / NODE as u64).ilog2() as usize;
    Ok(PieceCommitment { comm_p: tree.root(height), padded_size, payload_size })
}

/// Reads until `buffer` is full or the source ends; returns how much was read.
fn fill(source: &mut dyn Read, buffer: &mut [u8], mut seen: impl FnMut(u64)) -> std::io::Result<usize> {
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
    let piece = stream(&mut *reader, source, None, progress, |_| Ok(()))?;
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
