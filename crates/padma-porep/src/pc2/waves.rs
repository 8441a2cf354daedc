//! Data and labels, read ahead by a thread of its own.

use padma_kernels::node::NotReduced;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::Replication;
use crate::error::{ProofError, Result};
use crate::node::{Node, NodeFile, damaged, layer};
use crate::shape::{ARITY, Shape};

/// Rows above its leaves that a wave is hashed to at once; the rest is left until the base tree is whole.
pub(super) const ROWS: u32 = 3;
/// Leaves of a wave (128 KiB a layer), or of a larger one where many threads share it.
const LEAVES: [u64; 2] = [ARITY.pow(4), ARITY.pow(5)];
/// Leaves that a thread has enough to do with for a wave.
const EACH: u64 = 1 << 9;

/// A part of a base tree.
pub(super) struct Wave {
    first: u64,
    /// Labels, layer by layer.
    pub layers: Vec<Vec<Node>>,
    pub data: Vec<Node>,
}

impl Wave {
    /// `whose` node at the place `wrong` is no field element.
    pub(super) fn no_element(&self, wrong: NotReduced, whose: &str) -> ProofError {
        let node = self.first + wrong.index as u64;
        ProofError::SectorDamaged { detail: format!("node {node}: {whose} cannot be field elements") }
    }
}

/// Leaves of a wave of trees of a shape: at most a whole base tree.
pub(crate) fn leaves(shape: Shape) -> u64 {
    let [few, many] = LEAVES;
    let leaves = if EACH * rayon::current_num_threads() as u64 <= few { few } else { many };
    leaves.min(shape.row(0))
}

/// All waves of a sector.
pub(super) struct Waves {
    layers: Vec<NodeFile>,
    data: DataFile,
    nodes: u64,
    leaves: u64,
}

impl Waves {
    /// Errors: PROOF_SECTOR_DAMAGED when a layer is missing or not whole, PROOF_IO when the data is.
    pub(super) fn open(replication: &Replication, layers: usize, shape: Shape) -> Result<Self> {
        let Replication { nodes, unsealed, cache, .. } = *replication;
        let layer = |number: usize| NodeFile::open(layer(cache, number), nodes);
        Ok(Self {
            layers: (1..=layers).map(layer).collect::<Result<_>>()?,
            data: DataFile::open(unsealed)?,
            nodes,
            leaves: leaves(shape),
        })
    }

    /// Calls `work` with one wave after the other, while the next, and none after it, is read. Errors: those of `work`,
    /// PROOF_SECTOR_DAMAGED, PROOF_IO.
    pub(super) fn each(&self, mut work: impl FnMut(Wave) -> Result<()>) -> Result<()> {
        thread::scope(|scope| {
            let (send, receive) = sync_channel(0);
            scope.spawn(move || {
                let starts = (0..self.nodes).step_by(self.leaves as usize);
                // It ends when nobody listens any more: `work` has failed.
                let _ = starts.map(|first| self.read(first)).try_for_each(|wave| send.send(wave));
            });
            receive.iter().try_for_each(|wave| work(wave?))
        })
    }

    fn read(&self, first: u64) -> Result<Wave> {
        let empty = || vec![Node::default(); self.leaves as usize];
        let layer = |file: &NodeFile| {
            let mut nodes = empty();
            file.read(first, &mut nodes)?;
            Ok(nodes)
        };
        let layers = self.layers.iter().map(layer).collect::<Result<_>>()?;
        let mut data = empty();
        self.data.read(first * size_of::<Node>() as u64, data.as_flattened_mut())?;
        Ok(Wave { first, layers, data })
    }
}

/// The unsealed data, zeros after its end.
pub(crate) struct DataFile {
    file: File,
    path: PathBuf,
    length: u64,
}

impl DataFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(ProofError::io("open", path))?;
        let length = file.metadata().map_err(ProofError::io("open", path))?.len();
        Ok(Self { file, path: path.to_owned(), length })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// `bytes` is all zeros before.
    pub(crate) fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let there = self.length.saturating_sub(offset).min(bytes.len() as u64);
        let read = self.file.read_exact_at(&mut bytes[..there as usize], offset);
        // FAIL: the file was cut meanwhile.
        read.map_err(|cause| damaged(&self.path, &cause.to_string()))
    }
}
