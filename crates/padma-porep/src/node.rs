//! Files of nodes: 32 bytes each, one after another.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{ProofError, Result};

/// A field element or a digest, little-endian.
pub(crate) use padma_kernels::node::Node;

const BYTES: u64 = size_of::<Node>() as u64;

/// A file that has as many nodes as it must.
pub(crate) struct NodeFile {
    file: File,
    path: PathBuf,
    nodes: u64,
}

impl NodeFile {
    /// Error: PROOF_SECTOR_DAMAGED when the file is missing or not of `nodes` nodes.
    pub(crate) fn open(path: PathBuf, nodes: u64) -> Result<Self> {
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = opened.map_err(|cause| damaged(&path, &cause.to_string()))?;
        if length != nodes * BYTES {
            return Err(damaged(&path, &format!("{length} bytes instead of {}", nodes * BYTES)));
        }
        Ok(Self { file, path, nodes })
    }

    /// How many nodes the file has.
    pub(crate) fn len(&self) -> u64 {
        self.nodes
    }

    /// Fills `nodes` from the node at `first`.
    pub(crate) fn read(&self, first: u64, nodes: &mut [Node]) -> Result<()> {
        let read = self.file.read_exact_at(nodes.as_flattened_mut(), first * BYTES);
        read.map_err(|cause| damaged(&self.path, &cause.to_string()))
    }

    pub(crate) fn read_one(&self, index: u64) -> Result<Node> {
        let mut node = [Node::default()];
        self.read(index, &mut node)?;
        Ok(node[0])
    }
}

pub(crate) fn damaged(path: &Path, what: &str) -> ProofError {
    ProofError::SectorDamaged { detail: format!("{}: {what}", path.display()) }
}

/// The path of one of the reference's stores in a cache folder.
pub(crate) fn store(cache: &Path, name: &str) -> PathBuf {
    cache.join(format!("sc-02-data-{name}.dat"))
}

/// The path of a layer, from 1 on, in a cache folder.
pub(crate) fn layer(cache: &Path, number: usize) -> PathBuf {
    store(cache, &format!("layer-{number}"))
}
