//! A sector's files against its commitments: which are there, whether they are whole, and whether they hold what CommD
//! and CommR say.
//!
//! Without `deep` only lengths, `p_aux`, `t_aux` and the roots that files end with are looked at. With it every node is
//! hashed again: TreeR from the replica, TreeC from the layers, TreeD from its leaves, CommD from the data; and where
//! the last layer is still there, the replica is decoded. Reads only.

use filecoin_proofs::{DefaultPieceHasher, DefaultTreeHasher, MerkleTreeTrait, PersistentAux, TemporaryAux};
use padma_kernels::Backend;
use std::io::ErrorKind;
use std::path::Path;

use crate::Bytes32;
use crate::c1::read_aux;
use crate::error::{ProofError, Result};
use crate::node::{Node, NodeFile, damaged, layer, store};
use crate::pc2::waves::{self, DataFile};
use crate::pc2::{self, GrowingTree, Target};
use crate::poseidon::Hasher;
use crate::seal::SectorPaths;
use crate::sector::SectorSize;
use crate::shape::{Shape, with_shape};
use crate::tree::Tree;
use crate::tree_d;

/// What [`sector`] needs.
pub struct Check {
    pub size: SectorSize,
    pub paths: SectorPaths,
    pub comm_d: Bytes32,
    /// None before PC2: then only the data is looked at.
    pub comm_r: Option<Bytes32>,
    /// Hash everything again.
    pub deep: bool,
}

/// What was found of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub part: &'static str,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Right,
    /// There, and not what it must be; with the reason.
    Wrong(String),
    /// Not there at all, which may be as it should.
    Absent,
}

/// Looks at the files of a sector. The parts, where they apply: `unsealed`, `sealed`, `p_aux`, `t_aux`, `tree-r-last`,
/// `tree-d`, `layers`, `tree-c`, and with `deep` `decoded`.
///
/// Errors: PROOF_IO, PROOF_BACKEND. What is wrong with the files is a finding.
pub fn sector(check: &Check) -> Result<Vec<Finding>> {
    with_shape!(check.size, Tree => Checker::<Tree>::new(check)?.findings())
}

/// Whether the replica is the one that CommR is of: TreeR is made again of it, in memory: minutes where PC1 takes hours.
/// Where `p_aux` is missing or not of this CommR, the root of TreeR is not known, and nothing is found. `paths.unsealed` and
/// `comm_d` are not read.
///
/// Errors: PROOF_SECTOR_DAMAGED when it is another or cannot be read, PROOF_BACKEND.
pub(crate) fn replica(check: &Check) -> Result<()> {
    with_shape!(check.size, Tree => Checker::<Tree>::new(check)?.replica_of_comm_r())
}

struct Checker<'a, T> {
    check: &'a Check,
    backend: Backend,
    hasher: Hasher,
    shape: Shape,
    _shape: std::marker::PhantomData<T>,
}

impl<'a, T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>> Checker<'a, T> {
    fn new(check: &'a Check) -> Result<Self> {
        let (backend, shape) = (Backend::current()?, Shape::of::<T>(check.size.nodes()));
        Ok(Self { check, backend, hasher: Hasher::new(backend), shape, _shape: std::marker::PhantomData })
    }

    fn findings(&self) -> Result<Vec<Finding>> {
        let mut findings =
            vec![self.finding("unsealed", self.is_there(&self.check.paths.unsealed), || self.unsealed())?];
        if let Some(comm_r) = self.check.comm_r {
            self.replica(&comm_r, &mut findings)?;
        }
        Ok(findings)
    }

    fn replica(&self, comm_r: &Node, findings: &mut Vec<Finding>) -> Result<()> {
        let cache = |name: &str| self.is_there(&self.check.paths.cache.join(name));
        let stored = |name: &str| self.is_there(&store(&self.check.paths.cache, name));
        let tree = |name: &str| {
            (0..self.shape.bases)
                .any(|base| self.is_there(&self.shape.file(&self.check.paths.cache, name, base)))
        };
        let is_layer_there = |number: usize| self.is_there(&layer(&self.check.paths.cache, number));
        let layers = (1..=self.check.size.layers()).any(is_layer_there);
        let sealed = self.is_there(&self.check.paths.sealed);
        findings.extend([
            self.finding("sealed", sealed, || self.sealed().map(drop))?,
            self.finding("p_aux", cache("p_aux"), || self.roots(comm_r).map(drop))?,
            self.finding("t_aux", cache("t_aux"), || self.lowest().map(drop))?,
            self.finding("tree-r-last", tree("tree-r-last"), || self.tree_r(comm_r, sealed))?,
            self.finding("tree-d", stored("tree-d"), || self.tree_d())?,
            self.finding("layers", layers, || self.layers(comm_r))?,
            self.finding("tree-c", tree("tree-c"), || self.tree_c(comm_r))?,
        ]);
        let last = is_layer_there(self.check.size.layers());
        if self.check.deep && sealed {
            findings.push(self.finding("decoded", last, || self.decoded())?);
        }
        Ok(())
    }

    fn is_there(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    /// What `look` finds wrong is a finding; what the system refuses is not.
    fn finding(&self, part: &'static str, there: bool, look: impl FnOnce() -> Result<()>) -> Result<Finding> {
        let state = match if there { look().map(|()| State::Right) } else { Ok(State::Absent) } {
            Err(ProofError::SectorDamaged { detail } | ProofError::VanillaInvalid { detail }) => {
                State::Wrong(detail)
            }
            // FAIL: a link to nothing, or the file was removed meanwhile.
            Err(ProofError::Io { path, cause, .. }) if cause.kind() == ErrorKind::NotFound => {
                State::Wrong(format!("{}: {cause}", path.display()))
            }
            other => other?,
        };
        Ok(Finding { part, state })
    }

    /// Not longer than the sector, and with zeros after it of CommD.
    fn unsealed(&self) -> Result<()> {
        let Check { size, paths, comm_d, deep, .. } = self.check;
        let data = DataFile::open(&paths.unsealed)?;
        if data.length() > size.bytes() {
            return Err(damaged(&paths.unsealed, &format!("{} bytes, more than the sector", data.length())));
        }
        if !deep {
            return Ok(());
        }
        let mut root = Tree::new(self.backend);
        self.each_wave(|first, nodes| {
            data.read(first * size_of::<Node>() as u64, nodes.as_flattened_mut())?;
            root.push_leaves(nodes);
            Ok(())
        })?;
        if root.root(size.nodes().ilog2() as usize) == *comm_d {
            Ok(())
        } else {
            Err(damaged(&paths.unsealed, "it does not have this CommD"))
        }
    }

    fn sealed(&self) -> Result<NodeFile> {
        NodeFile::open(self.check.paths.sealed.clone(), self.check.size.nodes())
    }

    /// `p_aux`, whose roots hash to CommR.
    fn roots(&self, comm_r: &Node) -> Result<PersistentAux<Node>> {
        let cache = &self.check.paths.cache;
        let aux: PersistentAux<Node> = read_aux(cache, "p_aux")?;
        match self.hasher.pair(&aux.comm_c, &aux.comm_r_last) {
            Ok(hash) if hash == *comm_r => Ok(aux),
            _ => Err(damaged(&cache.join("p_aux"), "its roots do not hash to CommR")),
        }
    }

    /// The first row of TreeR's files, by `t_aux`.
    fn lowest(&self) -> Result<u32> {
        let cache = &self.check.paths.cache;
        let aux: TemporaryAux<T, DefaultPieceHasher> = read_aux(cache, "t_aux")?;
        let lowest =
            u32::try_from(aux.tree_r_last_config.rows_to_discard).unwrap_or(u32::MAX).saturating_add(1);
        let known = aux.labels.len() == self.check.size.layers() && lowest <= self.shape.height;
        if known { Ok(lowest) } else { Err(damaged(&cache.join("t_aux"), "it is of another kind of sector")) }
    }

    fn tree_r(&self, comm_r: &Node, sealed: bool) -> Result<()> {
        let (root, lowest) = (self.roots(comm_r)?.comm_r_last, self.lowest()?);
        self.check_top("tree-r-last", lowest, &root)?;
        if !(self.check.deep && sealed) {
            return Ok(());
        }
        let replica = self.sealed()?;
        let leaves = |first: u64, nodes: &mut [Node]| replica.read(first, nodes);
        self.grow("tree-r-last", lowest, true, &self.check.paths.sealed, leaves, &root)
    }

    fn replica_of_comm_r(&self) -> Result<()> {
        let roots = self.check.comm_r.and_then(|comm_r| self.roots(&comm_r).ok());
        let Some(PersistentAux { comm_r_last, .. }) = roots else { return Ok(()) };
        let replica = self.sealed()?;
        let leaves = |first: u64, nodes: &mut [Node]| replica.read(first, nodes);
        self.grow("tree-r-last", 0, false, &self.check.paths.sealed, leaves, &comm_r_last)
    }

    /// From its own leaves: whether those are the layers' columns says [`Self::layers`].
    fn tree_c(&self, comm_r: &Node) -> Result<()> {
        let (root, cache) = (self.roots(comm_r)?.comm_c, &self.check.paths.cache);
        let bases = self.check_top("tree-c", 0, &root)?;
        if !self.check.deep {
            return Ok(());
        }
        let each = self.shape.row(0);
        let leaves =
            |first: u64, nodes: &mut [Node]| bases[(first / each) as usize].read(first % each, nodes);
        self.grow("tree-c", 0, true, &self.shape.file(cache, "tree-c", 0), leaves, &root)
    }

    /// All of them, whose columns make TreeC.
    fn layers(&self, comm_r: &Node) -> Result<()> {
        let Check { size, paths: SectorPaths { cache, .. }, deep, .. } = self.check;
        let open = |number: usize| NodeFile::open(layer(cache, number), size.nodes());
        let layers = (1..=size.layers()).map(open).collect::<Result<Vec<_>>>()?;
        if !deep {
            return Ok(());
        }
        let (root, column) = (self.roots(comm_r)?.comm_c, pc2::column_arity(layers.len())?);
        let columns = |first: u64, hashes: &mut [Node]| {
            let read = |layer: &NodeFile| {
                let mut nodes = vec![Node::default(); hashes.len()];
                layer.read(first, &mut nodes).map(|()| nodes)
            };
            let labels = layers.iter().map(read).collect::<Result<Vec<_>>>()?;
            let made = self.hasher.columns(column, &labels).map_err(|wrong| {
                damaged(
                    &store(cache, "layer-*"),
                    &format!("node {} is no field element", first + wrong.index as u64),
                )
            })?;
            hashes.copy_from_slice(&made);
            Ok(())
        };
        self.grow("layers", 0, false, &store(cache, "layer-*"), columns, &root)
    }

    fn tree_d(&self) -> Result<()> {
        let Check { size, paths, comm_d, deep, .. } = self.check;
        let path = store(&paths.cache, "tree-d");
        let tree = NodeFile::open(path.clone(), 2 * size.nodes() - 1)?;
        if tree.read_one(tree.len() - 1)? != *comm_d {
            return Err(damaged(&path, "its root is not CommD"));
        }
        if *deep { tree_d::check(self.backend, &tree, &path, size.nodes()) } else { Ok(()) }
    }

    /// The replica without its key, which is the last layer, has CommD.
    fn decoded(&self) -> Result<()> {
        let Check { size, paths, comm_d, .. } = self.check;
        let keys = NodeFile::open(layer(&paths.cache, size.layers()), size.nodes())?;
        let (replica, mut root) = (self.sealed()?, Tree::new(self.backend));
        self.each_wave(|first, nodes| {
            replica.read(first, nodes)?;
            let mut key = vec![Node::default(); nodes.len()];
            keys.read(first, &mut key)?;
            root.push_leaves(
                &pc2::decode(&key, nodes).map_err(|wrong| wave_error(&paths.sealed, first, wrong.index))?,
            );
            Ok(())
        })?;
        if root.root(size.nodes().ilog2() as usize) == *comm_d {
            Ok(())
        } else {
            Err(damaged(&paths.sealed, "without its key it does not have this CommD"))
        }
    }

    /// The files of a tree are whole, and the roots that they end with make `root`.
    fn check_top(&self, name: &'static str, lowest: u32, root: &Node) -> Result<Vec<NodeFile>> {
        let cache = &self.check.paths.cache;
        let file =
            |base: u64| NodeFile::open(self.shape.file(cache, name, base), self.shape.file_nodes(lowest));
        let bases = (0..self.shape.bases).map(file).collect::<Result<Vec<_>>>()?;
        let tops = bases.iter().map(|base| base.read_one(base.len() - 1)).collect::<Result<Vec<_>>>()?;
        match self.shape.root(&self.hasher, tops) {
            Ok(top) if top == *root => Ok(bases),
            _ => Err(damaged(&self.shape.file(cache, name, 0), "its root is not the one in p_aux")),
        }
    }

    /// Hashes `leaves` up to the root, which must be `root`, and compares each row with the files if `compare`.
    fn grow(
        &self,
        name: &'static str,
        lowest: u32,
        compare: bool,
        source: &Path,
        leaves: impl Fn(u64, &mut [Node]) -> Result<()>,
        root: &Node,
    ) -> Result<()> {
        let target = if compare { Target::Compared(&self.check.paths.cache) } else { Target::Dropped };
        let mut tree = GrowingTree::new(self.hasher, self.shape, target, name, lowest);
        self.each_wave(|first, nodes| {
            leaves(first, nodes)?;
            padma_kernels::node::check(nodes).map_err(|wrong| wave_error(source, first, wrong.index))?;
            tree.push(nodes.to_vec(), |_| ())
        })?;
        if tree.root() == *root {
            Ok(())
        } else {
            Err(damaged(source, "the root over it is not the one in p_aux"))
        }
    }

    fn each_wave(&self, mut work: impl FnMut(u64, &mut [Node]) -> Result<()>) -> Result<()> {
        let leaves = waves::leaves(self.shape);
        let mut nodes = vec![Node::default(); leaves as usize];
        for first in (0..self.check.size.nodes()).step_by(leaves as usize) {
            nodes.fill(Node::default());
            work(first, &mut nodes)?;
        }
        Ok(())
    }
}

fn wave_error(path: &Path, first: u64, index: usize) -> ProofError {
    damaged(path, &format!("node {} is no field element", first + index as u64))
}
