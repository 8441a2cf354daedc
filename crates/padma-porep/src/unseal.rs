//! Data back out of a replica.

use padma_kernels::Backend;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::check::{self, Check};
use crate::error::{ProofError, Result};
use crate::files;
use crate::fr32::{self, PADDED_QUAD, QUAD};
use crate::graph::{Graph, GraphVersion};
use crate::layers::{Labels, make_layer};
use crate::node::{self, Node, NodeFile, damaged};
use crate::pc2;
use crate::seal::{SectorPaths, replica_id};
use crate::sector::{Sector, SectorSize};
use crate::tree::Tree;

/// What [`unseal_range`] needs. `offset` and `size` are unpadded bytes of the sector's data.
pub struct Unseal {
    pub sector: Sector,
    pub sealed: PathBuf,
    /// The sector's cache folder. While layers are in it, the last is the key, and PC1 need not run; from an earlier one it
    /// goes on. By its `p_aux` a damaged replica is known before labels are made for it.
    pub cache: Option<PathBuf>,
    pub ticket: Bytes32,
    pub comm_d: Bytes32,
    pub comm_r: Bytes32,
    pub offset: u64,
    pub size: u64,
    pub output: PathBuf,
}

/// Writes `size` bytes of data from `offset` to `output`.
///
/// Without the last layer, or when it does not give data with CommD, layers are made again, which takes as long as PC1
/// and two layers of memory; before that the replica must have CommR, where the cache folder's `p_aux` can say so. The
/// whole sector is decoded and must have CommD, so a wrong ticket or a damaged replica is PROOF_SECTOR_DAMAGED, never wrong
/// data. Further errors: PROOF_BAD_INPUT, PROOF_IO, PROOF_BACKEND.
pub fn unseal_range(request: &Unseal) -> Result<()> {
    let size = request.sector.size;
    let user_bytes = size.user_bytes();
    if request.size == 0 || request.offset.checked_add(request.size).is_none_or(|end| end > user_bytes) {
        return Err(ProofError::bad_input(format!(
            "the range {} + {} is not inside the sector's {user_bytes} bytes",
            request.offset, request.size
        )));
    }
    request.sealed.metadata().map_err(ProofError::io("open", &request.sealed))?;
    let replica = NodeFile::open(request.sealed.clone(), size.nodes())?;
    // FAIL: killed in here → the temporary file stays, and the next try overwrites it.
    let partial = files::temporary(&request.output);
    let done = unseal_to(&partial, request, &replica);
    let done = done.and_then(|()| files::publish(&partial, &request.output));
    done.and(files::remove_if_there(&partial))
}

/// From the most that was kept to nothing. A layer that is there is no more than a promise: CommD decides.
fn unseal_to(partial: &Path, request: &Unseal, replica: &NodeFile) -> Result<()> {
    let (last, before) = kept_layers(request);
    let unseal = |kept: Option<Kept>| write_range(request, replica, &Keys::from(request, kept)?, partial);
    if let Some(done) = last.and_then(|last| unless_damaged(unseal(Some(last)))) {
        return done;
    }
    // FAIL: the replica or its key is damaged. To make a key anew takes hours, to look at the replica minutes.
    check_replica(request)?;
    before.and_then(|before| unless_damaged(unseal(Some(before)))).unwrap_or_else(|| unseal(None))
}

/// None when the layer that was kept may be what is damaged: once more, with more labels made anew.
fn unless_damaged(done: Result<()>) -> Option<Result<()>> {
    (!matches!(done, Err(ProofError::SectorDamaged { .. }))).then_some(done)
}

/// Error: PROOF_SECTOR_DAMAGED when the replica is known not to have CommR. Without a `p_aux` of this CommR nothing is
/// known, and CommD alone decides.
fn check_replica(request: &Unseal) -> Result<()> {
    let Some(cache) = request.cache.clone() else { return Ok(()) };
    let paths = SectorPaths { unsealed: PathBuf::new(), sealed: request.sealed.clone(), cache };
    let (size, comm_d, comm_r) = (request.sector.size, request.comm_d, Some(request.comm_r));
    let found = check::replica(&Check { size, paths, comm_d, comm_r, deep: true });
    found.map_err(|error| match error {
        ProofError::SectorDamaged { detail } => {
            ProofError::SectorDamaged { detail: format!("this is no replica of CommR: {detail}") }
        }
        other => other,
    })
}

/// A layer in the cache folder, and its number from 1.
type Kept = (usize, NodeFile);

/// The last layer and the highest before it, of those that are whole by their length.
fn kept_layers(request: &Unseal) -> (Option<Kept>, Option<Kept>) {
    let Unseal { sector: Sector { size, .. }, cache: Some(cache), .. } = request else { return (None, None) };
    let layer = |number: usize| {
        let layer = NodeFile::open(node::layer(cache, number), size.nodes());
        layer.ok().map(|layer| (number, layer))
    };
    (layer(size.layers()), (1..size.layers()).rev().find_map(layer))
}

/// The labels of the last layer.
enum Keys {
    Kept(NodeFile),
    Made(Labels),
}

impl Keys {
    /// The layers after the one that was kept, or all, are made. Errors: PROOF_SECTOR_DAMAGED when it cannot be read,
    /// PROOF_BACKEND.
    fn from(request: &Unseal, kept: Option<Kept>) -> Result<Self> {
        let size = request.sector.size;
        match kept {
            Some((number, layer)) if number == size.layers() => Ok(Self::Kept(layer)),
            Some((number, layer)) => {
                let mut labels = labels(request).with_room_for_kept();
                labels.resume(0, |first, labels| layer.read(first, labels))?;
                Self::make(labels, number, size)
            }
            None => Self::make(labels(request), 0, size),
        }
    }

    /// Goes on from `labels` of so many layers.
    fn make(mut labels: Labels, whole: usize, size: SectorSize) -> Result<Self> {
        let backend = Backend::current()?;
        let graph = Graph::new(size.nodes(), &size.porep_id(), GraphVersion::V1_1);
        for number in whole + 1..=size.layers() {
            make_layer(backend, &graph, number as u32, &mut labels, &mut [], || Ok(()))?;
        }
        labels.finish();
        Ok(Self::Made(labels))
    }

    fn read(&self, first: u64, nodes: &mut [Node]) -> Result<()> {
        match self {
            Self::Kept(layer) => layer.read(first, nodes),
            Self::Made(labels) => {
                labels.read(0, first, nodes);
                Ok(())
            }
        }
    }
}

/// Room for the labels of the replica.
fn labels(request: &Unseal) -> Labels {
    let Unseal { sector, ticket, comm_d, .. } = request;
    Labels::new(&[replica_id(sector, ticket, comm_d)], sector.size.nodes(), 1)
}

/// Writes the range. Error: PROOF_SECTOR_DAMAGED when the replica without these keys does not have CommD.
fn write_range(request: &Unseal, replica: &NodeFile, keys: &Keys, partial: &Path) -> Result<()> {
    let file = File::create(partial).map_err(ProofError::io("create", partial))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut root = Tree::new(Backend::current()?);
    for first in (0..replica.len()).step_by(WAVE as usize) {
        let data = decode_wave(replica, keys, first)?;
        root.push_leaves(&data);
        let range = wanted(request, first, data.as_flattened());
        out.write_all(&range).map_err(ProofError::io("write", partial))?;
    }
    if root.root(replica.len().ilog2() as usize) != request.comm_d {
        let what = "the replica or its key is wrong: they do not give data with this CommD";
        return Err(damaged(&request.sealed, what));
    }
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(ProofError::io("write", partial))
}

/// Nodes that are decoded at a time.
const WAVE: u64 = 1 << 15;

fn decode_wave(replica: &NodeFile, keys: &Keys, first: u64) -> Result<Vec<Node>> {
    let mut nodes = vec![Node::default(); WAVE.min(replica.len()) as usize];
    let mut key = nodes.clone();
    replica.read(first, &mut nodes)?;
    keys.read(first, &mut key)?;
    pc2::decode(&key, &nodes).map_err(|wrong| {
        let node = first + wrong.index as u64;
        ProofError::SectorDamaged {
            detail: format!("node {node} of the replica or its key is no field element"),
        }
    })
}

/// What the range has of `padded` data that begins at the node `first`.
fn wanted(request: &Unseal, first: u64, padded: &[u8]) -> Vec<u8> {
    let start = fr32::unpadded(first * size_of::<Node>() as u64);
    let end = start + fr32::unpadded(padded.len() as u64);
    let inside = |offset: u64| (offset.clamp(start, end) - start) as usize;
    let (from, to) = (inside(request.offset), inside(request.offset + request.size));
    let (first, last) = (from / QUAD, to.div_ceil(QUAD));
    let mut data = vec![0; (last - first) * QUAD];
    fr32::unpad(&padded[first * PADDED_QUAD..last * PADDED_QUAD], &mut data);
    data.truncate(to - first * QUAD);
    data.split_off(from - first * QUAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(keys: Keys) -> Vec<Node> {
        match keys {
            Keys::Made(labels) => {
                let mut layer = vec![[0; 32]; 64];
                labels.read(0, 0, &mut layer);
                layer
            }
            Keys::Kept(_) => panic!("the last layer was not kept"),
        }
    }

    #[test]
    fn layers_go_on_from_one_that_was_kept() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (size, cache) = (SectorSize::KiB2, folder.path().to_owned());
        let request = Unseal {
            sector: Sector { size, prover_id: [1; 32], number: 1 },
            sealed: cache.join("sealed"),
            cache: Some(cache.clone()),
            ticket: [2; 32],
            comm_d: [3; 32],
            comm_r: [4; 32],
            offset: 0,
            size: 1,
            output: cache.join("data"),
        };
        let anew = made(Keys::from(&request, None).expect("a backend"));
        let mut first = labels(&request);
        let graph = Graph::new(size.nodes(), &size.porep_id(), GraphVersion::V1_1);
        make_layer(Backend::Portable, &graph, 1, &mut first, &mut [], || Ok(()))
            .expect("nothing fails beside");
        let last_layer_after = |layer: &[Node]| {
            std::fs::write(node::layer(&cache, 1), layer.as_flattened()).expect("a file");
            let kept = kept_layers(&request).1.expect("it is there");
            assert_eq!(kept.0, 1);
            made(Keys::from(&request, Some(kept)).expect("a backend"))
        };
        assert!(last_layer_after(&made(Keys::Made(first))) == anew);
        assert!(last_layer_after(&[[0; 32]; 64]) != anew);
    }
}
