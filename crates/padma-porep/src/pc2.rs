//! PC2: the replica, TreeC and TreeR in one pass over data and labels. Files and values are the reference's.
//!
//! The sector goes through in *waves*, aligned to the trees: while one is hashed the next is read. Of a wave are made
//! its columns' hashes, which are leaves of TreeC, and its part of the replica, which are leaves of TreeR; both trees
//! grow from left to right. Each file is written once. Memory: two waves, and one node in 512 of a base tree.

#[cfg(test)]
mod fuzz;
mod grow;
#[cfg(test)]
mod tests;
pub(crate) mod waves;

use filecoin_proofs::{
    DefaultPieceHasher, DefaultTreeHasher, MerkleTreeTrait, PersistentAux, StoreConfig, TemporaryAux,
};
use padma_kernels::Backend;
use padma_kernels::node::{self, NotReduced};
use padma_kernels::poseidon::Arity;
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::Write;
use std::marker::PhantomData;
use std::path::Path;
use storage_proofs_core::cache_key::CacheKey;
use storage_proofs_core::util::default_rows_to_discard;
use storage_proofs_porep::stacked::Labels;

pub(crate) use self::grow::{GrowingTree, Target};
use self::waves::{Wave, Waves};
use crate::error::{ProofError, Result};
use crate::node::Node;
use crate::poseidon::{self, Hasher};
use crate::progress::Progress;
use crate::shape::{ARITY, Shape};

/// A replica to be made.
pub(crate) struct Replication<'a> {
    /// Nodes of the sector.
    pub nodes: u64,
    /// fr32-padded data; may end before the sector does, the rest is zeros.
    pub unsealed: &'a Path,
    /// Made or emptied.
    pub sealed: &'a Path,
    /// Has the layers; gets TreeC, TreeR, `p_aux` and `t_aux`, none of which may be there.
    pub cache: &'a Path,
}

/// Makes the replica and its trees from PC1's `labels`; returns CommR.
///
/// `progress` counts nodes: each of the replica, and each of the two trees. [`nodes`] is how many there are.
/// Errors: PROOF_SECTOR_DAMAGED when a file is missing, short, or holds what is no field element; PROOF_IO;
/// PROOF_BACKEND. FAIL: killed in here → files are torn; the next run makes them anew from data and labels.
pub(crate) fn replicate<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    labels: Labels<T>,
    replication: &Replication,
    progress: &mut Progress<'_>,
) -> Result<Node> {
    replicate_with(Backend::current()?, labels, replication, progress)
}

fn replicate_with<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    backend: Backend,
    mut labels: Labels<T>,
    replication: &Replication,
    progress: &mut Progress<'_>,
) -> Result<Node> {
    let Replication { nodes, sealed, cache, .. } = *replication;
    labels.update_root(cache);
    let (hasher, shape) = (Hasher::new(backend), Shape::of::<T>(nodes));
    let discarded = default_rows_to_discard(shape.row(0) as usize, ARITY as usize);
    let trees = Trees {
        hasher,
        column: column_arity(labels.len())?,
        tree_c: GrowingTree::new(hasher, shape, Target::Written(cache), "tree-c", 0),
        tree_r: GrowingTree::new(hasher, shape, Target::Written(cache), "tree-r-last", discarded as u32 + 1),
        replica: File::create(sealed).map_err(ProofError::io("create", sealed))?,
        replication,
    };
    let waves = Waves::open(replication, labels.len(), shape)?;
    let (comm_c, comm_r_last) = trees.grow(&waves, progress)?;
    let aux = PersistentAux { comm_c, comm_r_last };
    write_aux(cache, "p_aux", &aux)?;
    write_aux(cache, "t_aux", &temporary_aux(labels, cache, nodes, shape, discarded))?;
    Ok(hasher.pair(&comm_c, &comm_r_last).expect("hashes are field elements"))
}

/// What [`replicate`] counts up to in a sector of `nodes`.
pub(crate) fn nodes<T: MerkleTreeTrait>(nodes: u64) -> u64 {
    let shape = Shape::of::<T>(nodes);
    nodes + 2 * shape.bases * shape.file_nodes(0)
}

pub(crate) fn column_arity(layers: usize) -> Result<Arity> {
    poseidon::arity(layers).ok_or_else(|| ProofError::Library {
        step: "PC2",
        detail: format!("no hash takes columns of {layers} layers"),
    })
}

/// What grows.
struct Trees<'a> {
    hasher: Hasher,
    column: Arity,
    tree_c: GrowingTree<'a>,
    tree_r: GrowingTree<'a>,
    replica: File,
    replication: &'a Replication<'a>,
}

impl Trees<'_> {
    /// The roots of TreeC and TreeR.
    fn grow(mut self, waves: &Waves, progress: &mut Progress<'_>) -> Result<(Node, Node)> {
        waves.each(|wave| self.wave(&wave, progress))?;
        progress.finish();
        Ok((self.tree_c.root(), self.tree_r.root()))
    }

    fn wave(&mut self, wave: &Wave, progress: &mut Progress<'_>) -> Result<()> {
        let columns = self.hasher.columns(self.column, &wave.layers);
        let columns = columns.map_err(|wrong| wave.no_element(wrong, "its labels"))?;
        self.tree_c.push(columns, |nodes| progress.advance(nodes))?;
        let replica = encode(wave).map_err(|wrong| wave.no_element(wrong, "its data or label"))?;
        let sealed = self.replication.sealed;
        self.replica.write_all(replica.as_flattened()).map_err(ProofError::io("write", sealed))?;
        progress.advance(replica.len() as u64);
        self.tree_r.push(replica, |nodes| progress.advance(nodes))
    }
}

/// Nodes that one thread encodes at a time.
const CHUNK: usize = 1 << 11;

/// The wave's part of the replica: data and the labels of the last layer.
fn encode(wave: &Wave) -> std::result::Result<Vec<Node>, NotReduced> {
    combine(&wave.layers[wave.layers.len() - 1], &wave.data, node::encode)
}

/// The data of a part of a replica, whose `keys` are the labels of the last layer.
pub(crate) fn decode(keys: &[Node], replica: &[Node]) -> std::result::Result<Vec<Node>, NotReduced> {
    combine(keys, replica, node::decode)
}

type Combine = fn(&[Node], &[Node], &mut [Node]) -> std::result::Result<(), NotReduced>;

/// On all threads.
fn combine(keys: &[Node], values: &[Node], with: Combine) -> std::result::Result<Vec<Node>, NotReduced> {
    let mut combined = vec![Node::default(); keys.len()];
    let parts = keys.par_chunks(CHUNK).zip(values.par_chunks(CHUNK));
    combined.par_chunks_mut(CHUNK).zip(parts).enumerate().try_for_each(
        |(chunk, (combined, (keys, values)))| {
            with(keys, values, combined).map_err(|wrong| wrong.behind(chunk * CHUNK))
        },
    )?;
    Ok(combined)
}

fn write_aux(cache: &Path, name: &str, aux: &impl serde::Serialize) -> Result<()> {
    let bytes = bincode::serialize(aux)
        .map_err(|error| ProofError::Library { step: "PC2", detail: format!("{name}: {error}") })?;
    let path = cache.join(name);
    fs::write(&path, bytes).map_err(ProofError::io("write", &path))
}

/// Where the reference finds layers and trees.
fn temporary_aux<T: MerkleTreeTrait>(
    labels: Labels<T>,
    cache: &Path,
    nodes: u64,
    shape: Shape,
    rows_to_discard: usize,
) -> TemporaryAux<T, DefaultPieceHasher> {
    let config = |key: CacheKey, size: u64, rows_to_discard: usize| StoreConfig {
        path: cache.to_owned(),
        id: key.to_string(),
        size: Some(size as usize),
        rows_to_discard,
    };
    TemporaryAux {
        labels,
        tree_d_config: config(CacheKey::CommDTree, 2 * nodes - 1, 0),
        tree_r_last_config: config(CacheKey::CommRLastTree, shape.file_nodes(0), rows_to_discard),
        tree_c_config: config(CacheKey::CommCTree, shape.file_nodes(0), 0),
        _g: PhantomData,
    }
}
